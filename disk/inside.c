/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries and blocks from a closed process, which is not trusted. */
#include "disk/inside.h"
#include "jail/closed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/** BLOCK_MAX - the largest block of a file system */
#define BLOCK_MAX 65536

/* A reason is a sentence. */
#define REASON_MAX 1024

/* -------------------------------- inside --------------------------------- */

void inside_pack_entry(struct pack *p, const struct disk_entry *e)
{
	pack_number(p, e->what);
	pack_number(p, (uint64_t)e->error);
	pack_number(p, e->inode);
	pack_number(p, e->generation);
	pack_number(p, e->mode);
	pack_number(p, e->uid);
	pack_number(p, e->gid);
	pack_number(p, e->links);
	pack_number(p, e->deleted);
	pack_number(p, e->script);
	pack_number(p, e->partition);
	pack_text(p, e->path);
	pack_text(p, e->reason);
	pack_bytes(p, e->value,
		   e->size < DISK_VALUE_MAX ? e->size : DISK_VALUE_MAX);
}

void inside_pack_block(struct pack *p, uint64_t at, const uint8_t *old,
		       const uint8_t *new, size_t size)
{
	pack_number(p, at);
	pack_bytes(p, old, size);
	pack_bytes(p, new, size);
}

static int send_entry(void *ctx, const struct disk_entry *e)
{
	struct say *say = ctx;

	inside_pack_entry(say_begin(say), e);
	return say_send(say, INSIDE_ENTRY);
}

static int send_block(void *ctx, uint64_t at, const uint8_t *old,
		      const uint8_t *new, size_t size)
{
	struct say *say = ctx;

	inside_pack_block(say_begin(say), at, old, new, size);
	return say_send(say, INSIDE_BLOCK);
}

static int work_inside(void *ctx, struct say *say, char why[CLOSED_WHY_SIZE])
{
	const struct inside *inside = ctx;
	const struct inside_out out = {
		.entry = send_entry, .block = send_block, .ctx = say};

	return inside->work(inside->work_ctx, &out, why);
}

/* -------------------------------- outside -------------------------------- */

/* An entry has a value or an error, what could not be read an error, a notice
 * its words. That there is no attribute is said of entries alone: as an error of
 * what could not be read it would be taken for nothing. */
static bool possible(const struct disk_entry *e)
{
	if (e->what == DISK_ENTRY)
		return !e->value == (e->error != 0);
	return !e->value &&
	       (e->what == DISK_NOTICE ? e->reason != NULL
				       : e->error && e->error != ENODATA);
}

static bool right(const struct unpack *u, const struct disk_entry *e)
{
	return unpack_right(u) && possible(e) && e->size <= DISK_VALUE_MAX &&
	       (!e->path || strlen(e->path) <= DISK_PATH_MAX) &&
	       (!e->reason || strlen(e->reason) <= REASON_MAX);
}

static int take_entry(const struct inside *inside, struct unpack *u)
{
	struct disk_entry e = {
		.what = (enum disk_what)unpack_number(u, DISK_NOTICE),
	};

	e.error = (int)unpack_number(u, 4095);
	e.inode = unpack_number(u, UINT64_MAX);
	e.generation = (uint32_t)unpack_number(u, UINT32_MAX);
	e.mode = (uint32_t)unpack_number(u, UINT32_MAX);
	e.uid = (uint32_t)unpack_number(u, UINT32_MAX);
	e.gid = (uint32_t)unpack_number(u, UINT32_MAX);
	e.links = (uint32_t)unpack_number(u, UINT32_MAX);
	e.deleted = unpack_number(u, 1);
	e.script = unpack_number(u, 1);
	e.partition = (unsigned)unpack_number(u, UINT32_MAX);
	e.path = unpack_text(u);
	e.reason = unpack_text(u);
	e.value = unpack_bytes(u, &e.size);
	return right(u, &e) ? inside->entry(inside->ctx, &e) : -EPROTO;
}

static int take_block(const struct inside *inside, struct unpack *u)
{
	uint64_t at = unpack_number(u, UINT64_MAX);
	size_t size, new_size;
	const uint8_t *old = unpack_bytes(u, &size);
	const uint8_t *new = unpack_bytes(u, &new_size);

	if (!unpack_right(u) || !size || size > BLOCK_MAX || new_size != size)
		return -EPROTO;
	return inside->block(inside->ctx, at, old, new, size);
}

int inside_take(const struct inside *inside, unsigned kind, struct unpack *u)
{
	if (kind == INSIDE_ENTRY && inside->entry)
		return take_entry(inside, u);
	if (kind == INSIDE_BLOCK && inside->block)
		return take_block(inside, u);
	return -EPROTO;
}

static int take(void *ctx, unsigned kind, struct unpack *u)
{
	return inside_take(ctx, kind, u);
}

int inside_run(const struct inside *inside, char why[DISK_WHY_SIZE])
{
	const struct closed closed = {
		.with = {.keep = &inside->fd, .kept = 1},
		.how = inside->how,
		.work = work_inside,
		.work_ctx = (void *)(uintptr_t)inside,
		.take = take,
		.ctx = (void *)(uintptr_t)inside,
	};
	char words[CLOSED_WHY_SIZE];
	int result = closed_run(&closed, words);

	snprintf(why, DISK_WHY_SIZE, "%.*s", DISK_WHY_SIZE - 1, words);
	return result;
}
