/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Journals, of conversions and of blocks: what is read of one can be found in it,
 * lies within what was written whole, and is read again as the same once it is
 * written again; a refusal says why and leaves nothing.
 */
#include "change/blocks.h"
#include "change/journal_parts.h"
#include "fuzz.h"

#include <stdlib.h>
#include <unistd.h>

/* ------------------------------- conversions ------------------------------ */

/* Whoever says it is checked, if it is only this process. */
static const struct closed_how here = {.sandbox = SANDBOX_NO};

static void check_value(const struct change_value *v)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	struct vfscap cap;
	size_t size;

	must(v->have == CHANGE_NONE || v->have == CHANGE_HIDDEN ||
	     v->have == CHANGE_VALUE);
	if (v->have != CHANGE_VALUE)
		return;
	must(vfscap_encode(&v->cap, bytes, sizeof(bytes), &size) == 0);
	must(vfscap_decode_strict(bytes, size, &cap) == 0);
}

static void check_entry(const struct journal *j, const struct journal_entry *e)
{
	const struct journal_entry *found = journal_find(j, e->dev, e->ino);

	must(*e->path == '/');
	must(e->generation >= -1 && e->generation <= UINT32_MAX);
	must(found && found->dev == e->dev && found->ino == e->ino);
	found = journal_find_path(j, e->path);
	must(found && strcmp(found->path, e->path) == 0);
	check_value(&e->old);
	check_value(&e->new);
}

static void check_journal(const uint8_t *data, size_t size)
{
	char why[JOURNAL_WHY_SIZE] = "", *parameters = NULL;
	struct journal j;
	int fd = memory_file(data, size);
	int error = journal_read(&j, fd, &here, &parameters, why);

	close(fd);
	must(!error == !*why);
	if (error)
		must(!j.count && !j.entry && j.fd == -1);
	for (size_t i = 0; i < j.count; i++)
		check_entry(&j, j.entry[i]);
	must(j.whole <= j.size && j.size <= (off_t)size);
	/* But for a last line that was not finished, all of it was read. */
	if (!error)
		must(!j.whole || data[j.whole - 1] == '\n');
	free(parameters);
	journal_close(&j);
}

/* --------------------------------- blocks --------------------------------- */

/* Such a journal is opened by its name, and may be no link. */
static char path[] = "/dev/shm/vfscap-fuzz.XXXXXX";
static int file = -1;

static void remove_file(void)
{
	unlink(path);
}

static int load(const uint8_t *data, size_t size, struct blocks_journal *j)
{
	char why[JOURNAL_WHY_SIZE] = "";
	int error;

	if (file < 0) {
		file = mkstemp(path);
		must(file >= 0 && atexit(remove_file) == 0);
	}
	must(ftruncate(file, 0) == 0);
	must(pwrite(file, data, size, 0) == (ssize_t)size);
	error = blocks_load(j, path, &here, why);
	must(!error || error == -1);
	must(!error == !*why);
	return error;
}

static void check_block(const struct blocks_journal *j, size_t i)
{
	const struct block *b = &j->list.block[i], *last = b - 1;

	must(b->size && b->at <= j->size && b->size <= j->size - b->at);
	must(!i || b->at >= last->at + last->size);
}

static void check_written(const struct blocks_journal *j)
{
	struct blocks_journal back;
	char why[JOURNAL_WHY_SIZE], *parameters = strdup(j->parameters);

	must(parameters);
	must(blocks_write(j, path, why) == 0);
	must(blocks_load(&back, path, &here, why) == 0);
	must(back.state == BLOCKS_BEGUN && back.size == j->size);
	must(strcmp(back.path, j->path) == 0);
	must(strcmp(back.parameters, parameters) == 0);
	must(back.list.count == j->list.count);
	for (size_t i = 0; i < j->list.count; i++) {
		const struct block *a = &j->list.block[i],
				   *b = &back.list.block[i];

		must(a->at == b->at && a->size == b->size);
		must(memcmp(a->old, b->old, 2 * a->size) == 0);
	}
	blocks_free(&back);
	free(parameters);
}

/* Applied, the file has all new blocks; undone, all old ones again. */
static void check_applied(const struct blocks_journal *j)
{
	struct text all = {calloc(1, j->size), j->size, j->size};
	uint8_t *now = malloc(j->size);
	char why[JOURNAL_WHY_SIZE];
	int fd;

	must(all.bytes && now);
	for (size_t i = 0; i < j->list.count; i++)
		memcpy(all.bytes + j->list.block[i].at, j->list.block[i].old,
		       j->list.block[i].size);
	fd = memory_file(all.bytes, all.size);
	must(blocks_apply(j, fd, false, path, why) == 0);
	must(pread(fd, now, all.size, 0) == (ssize_t)all.size);
	for (size_t i = 0; i < j->list.count; i++)
		must(memcmp(now + j->list.block[i].at, j->list.block[i].new,
			    j->list.block[i].size) == 0);
	must(blocks_apply(j, fd, true, path, why) == 0);
	must(pread(fd, now, all.size, 0) == (ssize_t)all.size);
	must(memcmp(now, all.bytes, all.size) == 0);
	close(fd);
	free(all.bytes);
	free(now);
}

static void check_blocks(const uint8_t *data, size_t size)
{
	struct blocks_journal j;

	if (load(data, size, &j) == 0) {
		must(j.parameters);
		must(j.state == BLOCKS_WRITTEN || j.path);
		for (size_t i = 0; i < j.list.count; i++)
			check_block(&j, i);
		if (j.path)
			check_written(&j);
		if (j.path && j.size && j.size <= 16384)
			check_applied(&j);
	}
	must(j.path || !j.list.count);
	blocks_free(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_journal(data, size);
	check_blocks(data, size);
	return 0;
}
