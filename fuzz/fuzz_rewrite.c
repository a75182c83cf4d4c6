/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer: what is not changed is the same bytes; values that are set are
 * read again from the same entries; and to a longer value and back is the same.
 */
#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct tar_value v2 = {{1, 0, 0, 2, 0, 0x20}, 20};
static const struct tar_value v3 = {
	{1, 0, 0, 3, 0, 0x20, [20] = 0xa0, 0x86, 1, 0}, 24};

/** struct job - what becomes of each member */
struct job {
	void (*decide)(const struct tar_member *m, struct tar_change *change,
		       void *ctx);
	void *ctx;
	bool may_fail;
};

/* False: a change that would have made it another archive. */
static bool put_member(struct archive_in *a, const struct tar_member *m,
		       const struct job *job, struct out *out)
{
	struct tar_change change = {
		.action = calloc(m->copies + 1, sizeof(*change.action)),
		.value = calloc(m->copies + 1, sizeof(*change.value)),
	};
	struct tar_where where;
	int error;

	must(change.action && change.value);
	if (job)
		job->decide(m, &change, job->ctx);
	error = tar_put(a->tar, m, job ? &change : NULL, out, &where);
	must(where.boundary);
	must(!error || (where.source_failed && job->may_fail));
	free(change.action);
	free(change.value);
	return !error;
}

static void read_back(int fd, struct text *t)
{
	off_t size = lseek(fd, 0, SEEK_END);
	uint8_t *bytes = malloc((size_t)size + 1);

	must(pread(fd, bytes, (size_t)size, 0) == (ssize_t)size);
	*t = (struct text){bytes, (size_t)size, (size_t)size};
	close(fd);
}

/* An archive that can be read, with what @job makes of its members. */
static bool rewrite(const struct text *archive, const struct job *job,
		    struct text *result)
{
	int fd = memfd_create("result", MFD_CLOEXEC), more;
	const struct tar_member *m;
	struct tar_where where;
	struct archive_in a;
	struct out *out;

	archive_in_open(&a, archive->bytes, archive->size, false);
	must(out_fd(&out, fd) == 0);
	while ((more = tar_next(a.tar, &m)) > 0)
		if (!put_member(&a, m, job, out))
			break;
	must(more >= 0);
	must(more || tar_put_rest(a.tar, out, &where) == 0);
	must(out_finish(out) == 0);
	out_close(out);
	archive_in_close(&a);
	read_back(fd, result);
	return !more;
}

static bool readable(const uint8_t *data, size_t size)
{
	const struct tar_member *m;
	struct archive_in a;
	uint64_t trailing;
	int more;

	archive_in_open(&a, data, size, false);
	while ((more = tar_next(a.tar, &m)) > 0)
		continue;
	if (more == 0)
		more = tar_rest(a.tar, &trailing);
	archive_in_close(&a);
	return more == 0;
}

/* ------------------------------ all to one value -------------------------- */

static void set_all(const struct tar_member *m, struct tar_change *change,
		    void *ctx)
{
	const struct tar_value *value = ctx;

	for (size_t i = 0; i < m->copies; i++) {
		change->action[i] = m->copy[i].earlier ? TAR_KEEP : TAR_SET;
		change->value[i] = *value;
	}
}

static void drop_all(const struct tar_member *m, struct tar_change *change,
		     void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < m->copies; i++)
		change->action[i] = m->copy[i].earlier ? TAR_KEEP : TAR_DROP;
}

/* Of what is no file the header may take a size for a claim. */
static bool is_file(const struct tar_member *m)
{
	return !m->stray && m->type != '1' && S_ISREG(m->mode);
}

static void one_value(const struct tar_member *m, struct tar_change *change,
		      void *ctx)
{
	if (is_file(m) && !tar_change_to(m, ctx, change))
		return;
	change->add = false;
	for (size_t i = 0; i < m->copies; i++)
		change->action[i] = TAR_KEEP;
}

static bool has(const struct tar_copy *c, const struct tar_value *value)
{
	return c->size == value->size &&
	       memcmp(c->value, value->bytes, value->size) == 0;
}

/* The entries, without headers that belong to none, and all copies. */
static void entries(const struct text *archive, struct text *list,
		    const struct tar_value *all)
{
	const struct tar_member *m;
	struct archive_in a;
	int more;

	archive_in_open(&a, archive->bytes, archive->size, false);
	while ((more = tar_next(a.tar, &m)) > 0) {
		if (!m->stray)
			describe_entry(list, m);
		for (size_t i = 0; all && i < m->copies; i++)
			must(has(&m->copy[i], all));
	}
	must(more == 0);
	archive_in_close(&a);
}

static void same_entries(const struct text *a, const struct text *b,
			 const struct tar_value *all)
{
	struct text before = {0}, after = {0};

	entries(a, &before, NULL);
	entries(b, &after, all);
	must(text_equal(&before, &after));
	free(before.bytes);
	free(after.bytes);
}

/* ---------------------------------- checks -------------------------------- */

static void check_identity(const struct text *archive)
{
	struct text same;

	rewrite(archive, NULL, &same);
	must(text_equal(archive, &same));
	free(same.bytes);
}

/* To the longer value and back it is what it was when it was set at once. */
static void check_set(const struct text *archive)
{
	struct text a, b, back;
	struct job to_v2 = {set_all, (void *)&v2, false},
		   to_v3 = {set_all, (void *)&v3, false};

	rewrite(archive, &to_v2, &a);
	same_entries(archive, &a, &v2);
	rewrite(archive, &to_v3, &b);
	same_entries(archive, &b, &v3);
	rewrite(&b, &to_v2, &back);
	must(text_equal(&a, &back));
	free(a.bytes);
	free(b.bytes);
	free(back.bytes);
}

/* In the result no copy is left, but with others too a global header's. */
static void check_drop(const struct text *archive)
{
	static const struct tar_value none = {.size = SIZE_MAX};
	struct job job = {drop_all, NULL, false};
	struct text result;

	rewrite(archive, &job, &result);
	same_entries(archive, &result, &none);
	free(result.bytes);
}

/* Was it one whose value could be changed for all readers? */
static bool changeable(const struct tar_member *m)
{
	struct tar_change change = {
		.action = calloc(m->copies + 1, sizeof(*change.action)),
		.value = calloc(m->copies + 1, sizeof(*change.value)),
	};
	bool can = is_file(m) && !tar_change_to(m, &v3, &change);

	/* What was changed before needs no change. */
	must(!can || !change.add);
	free(change.action);
	free(change.value);
	return can;
}

/* Every reader applies the one value, and nothing else is left of the own. */
static void every_reader(const struct text *archive)
{
	const struct tar_member *m;
	struct archive_in a;

	archive_in_open(&a, archive->bytes, archive->size, false);
	while (tar_next(a.tar, &m) > 0) {
		unsigned applied = 0;

		if (!changeable(m))
			continue;
		for (size_t i = 0; i < m->copies; i++) {
			const struct tar_copy *c = &m->copy[i];

			must(has(c, &v3) || c->in == 'g');
			if (has(c, &v3))
				applied |= c->applied;
		}
		must(applied == (1 << TAR_WHOS) - 1);
	}
	archive_in_close(&a);
}

static void check_one_value(const struct text *archive)
{
	struct job job = {one_value, (void *)&v3, true};
	struct text result;

	if (rewrite(archive, &job, &result)) {
		same_entries(archive, &result, NULL);
		every_reader(&result);
	}
	free(result.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text archive = {(uint8_t *)data, size, size};

	if (size > FUZZ_MAX / 2 || !readable(data, size))
		return -1;
	check_identity(&archive);
	check_set(&archive);
	check_drop(&archive);
	check_one_value(&archive);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
			       unsigned seed)
{
	return archive_mutate(data, size, room, seed);
}
