/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of live files, written down together and then made. */
#include "bin/convjob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* One sync for so many is little beside making them. */
#define BATCH_MOST 256

/* Files may be held for so long, and are not for much longer. */
#define BATCH_NANOSECONDS UINT64_C(100000000)

struct batch_change {
	struct change_file file;
	char *path;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The walk needs descriptors too. */
static size_t most(const struct conversion *c)
{
	struct rlimit limit;

	if (c->journal.fd < 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur < 8)
		return 1;
	return limit.rlim_cur / 4 < BATCH_MOST ? (size_t)limit.rlim_cur / 4
					       : BATCH_MOST;
}

static bool make_room(struct conversion *c)
{
	struct batch *b = &c->batch;
	size_t room = b->room ? b->room : most(c);

	if (!b->change)
		b->change = calloc(room, sizeof(*b->change));
	if (!b->entry)
		b->entry = calloc(room, sizeof(*b->entry));
	if (b->change && b->entry)
		b->room = room;
	return b->room != 0;
}

static void drop(struct batch *b, size_t i)
{
	change_close(&b->change[i].file);
	free(b->change[i].path);
	free(b->entry[i].path);
}

static void clear(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		drop(b, i);
	b->count = 0;
}

void batch_free(struct batch *b)
{
	clear(b);
	free(b->change);
	free(b->entry);
	*b = (struct batch){0};
}

/* ---------------------------------- making ------------------------------- */

static void failed(struct conversion *c, const char *path,
		   const struct journal_entry *e)
{
	int error = journal_remark(&c->journal, e, "failed");

	if (error)
		tool_file(&c->tool, LEVEL_ERROR, path, "the journal: %s",
			  strerror(-error));
}

static void make_one(struct conversion *c, struct batch_change *change,
		     const struct journal_entry *e)
{
	struct change_result result;
	int error =
		change_apply(&change->file, &e->new, NULL, &e->new, &result);

	if (error) {
		tool_refuse(&c->tool, change->path, error, &change->file,
			    &e->new);
		failed(c, change->path, e);
		return;
	}
	convert_count(c, &e->new);
	if (e->new.have == CHANGE_VALUE && change_owner_risky(&change->file))
		c->tally.owned++;
	if (result.rootid_differs)
		tool_file(&c->tool, LEVEL_NOTICE, change->path,
			  "set; on this mount its rootid is seen as %u",
			  result.rootid);
}

/* Without its line no file is changed, this one or another. */
static void stop(struct conversion *c, const char *path, int error)
{
	c->stop = true;
	tool_file(&c->tool, LEVEL_ERROR, path,
		  "the journal cannot be written, so nothing more is "
		  "changed: %s",
		  strerror(-error));
}

void batch_make(struct conversion *c)
{
	struct batch *b = &c->batch;
	size_t noted = b->count;
	int error = 0;

	/* Without a journal there is one, and it need not be remembered. */
	if (b->count && b->entry[0].path)
		error = journal_note(&c->journal, b->entry, b->count, &noted);
	for (size_t i = 0; i < noted; i++)
		make_one(c, &b->change[i], &b->entry[i]);
	if (error)
		stop(c, b->change[noted].path, error);
	clear(b);
}

/* -------------------------------- collecting ----------------------------- */

bool batch_has(const struct batch *b, const struct change_file *file)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->entry[i].dev == file->stat.st_dev &&
		    b->entry[i].ino == file->stat.st_ino)
			return true;
	return false;
}

void batch_add(struct conversion *c, const char *path,
	       const struct journal_entry *entry,
	       const struct change_file *file)
{
	struct batch *b = &c->batch;
	struct batch_change change = {.file = *file, .path = strdup(path)};

	if (!change.path || !make_room(c)) {
		stop(c, path, -ENOMEM);
		change_close(&change.file);
		free(change.path);
		free(entry->path);
		return;
	}
	if (!b->count)
		b->since = now();
	b->change[b->count] = change;
	b->entry[b->count++] = *entry;
	if (b->count == b->room)
		batch_make(c);
}

void batch_tick(void *conversion, const char *path)
{
	struct conversion *c = conversion;

	(void)path;
	if (c->batch.count && now() - c->batch.since >= BATCH_NANOSECONDS)
		batch_make(c);
}
