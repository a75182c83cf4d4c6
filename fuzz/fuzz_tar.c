/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader: it does not crash, what it reads is all of the input, copies lie
 * within the head, and a source that cannot be sought shows the same.
 */
#include "fuzz.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check_copy(const struct tar_member *m, const struct tar_copy *c)
{
	struct tar_record record;
	size_t at = 0;

	must(!(c->applied >> TAR_WHOS));
	must(c->size <= TAR_VALUE_MAX);
	if (c->earlier)
		return;
	must(c->at < m->head_size && c->size_of_record <= m->head_size - c->at);
	must(tar_record(m->head + c->at, c->size_of_record, &at, &record) == 1);
	must(at == c->size_of_record && tar_record_of(&record) == c->key);
	if (!c->base64)
		must(c->value == record.value && c->size == record.value_size);
}

/* Headers follow one another without a gap; the entry's own is the last. */
static void check_parts(const struct tar_member *m)
{
	size_t at = 0;

	must(m->parts > 0);
	for (size_t i = 0; i < m->parts; i++) {
		const struct tar_part *p = &m->part[i];

		must(p->at == at);
		at += TAR_BLOCK + (size_t)tar_padded(p->body);
		must(tar_sum_right(m->head + p->at));
	}
	/* Blocks of a sparse file's map belong to its header. */
	must(at <= m->head_size);
	if (m->stray || m->part[m->parts - 1].type != 'S')
		must(at == m->head_size);
}

static void check_member(const struct tar_member *m)
{
	char *rel;

	must(m->head_size <= TAR_HEAD_MAX && m->head_size % TAR_BLOCK == 0);
	check_parts(m);
	for (size_t i = 0; i < m->copies; i++)
		check_copy(m, &m->copy[i]);
	tar_disagree(m);
	for (enum tar_who who = 0; who < TAR_WHOS; who++)
		must(!tar_chosen(m, who) == !m->copies);
	if (m->stray)
		return;
	rel = malloc(strlen(m->path) + 2);
	tar_rel(m->path, rel);
	free(rel);
}

/* All that was read of an archive, and how it ended. */
struct seen {
	struct text said;
	uint64_t offset;
	char why[256];
	int ended;
};

static void look(struct seen *s, const struct archive_in *a)
{
	const struct tar_member *m;
	uint64_t next = 0, trailing = 0;

	while ((s->ended = tar_next(a->tar, &m)) > 0) {
		must(m->offset == next);
		check_member(m);
		next += m->head_size + (m->stray ? 0 : tar_padded(m->body));
		describe(&s->said, m);
	}
	if (s->ended == 0) {
		must(in_offset(a->in) == next);
		must(tar_rest(a->tar, &trailing) == 0);
	}
	s->offset = s->ended == 0 ? in_offset(a->in) - trailing : 0;
	snprintf(s->why, sizeof(s->why), "%s", tar_why(a->tar));
	must(!*s->why == !s->ended);
}

static void read_both(struct seen seen[2], const uint8_t *data, size_t size)
{
	for (int i = 0; i < 2; i++) {
		struct archive_in a;

		archive_in_open(&a, data, size, i == 1);
		look(&seen[i], &a);
		if (seen[i].ended == 0)
			must(in_offset(a.in) == size);
		archive_in_close(&a);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen[2] = {0};

	if (size > FUZZ_MAX)
		return -1;
	read_both(seen, data, size);
	must(text_equal(&seen[0].said, &seen[1].said));
	must(seen[0].ended == seen[1].ended);
	must(seen[0].offset == seen[1].offset);
	free(seen[0].said.bytes);
	free(seen[1].said.bytes);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
			       unsigned seed)
{
	return archive_mutate(data, size, room, seed);
}
