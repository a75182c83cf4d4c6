/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of live files that are decided and not made yet.
 *
 * Before a change is made its line in the journal is durable, and a sync costs
 * as much for one line as for many: so changes are collected, written down
 * together, and made one after the other. Until then their files are held open.
 * Each is read again before it is written, and must have the value that was
 * decided about. Without a journal nothing is collected.
 */
#ifndef CONVBATCH_H
#define CONVBATCH_H

#include "change/journal.h"

struct conversion;
struct batch_change;

/** struct batch - in the order in which they were decided */
struct batch {
	struct batch_change *change;
	struct journal_entry *entry; /* of each, beside it */
	size_t count, room;
	uint64_t since; /* the first of them: nanoseconds */
};

/**
 * batch_add() - a change is decided
 * @path: as messages have it; copied
 * @entry: what the journal is to say; its path is taken over, and may be NULL
 * where nothing is to be remembered
 * @file: taken over
 *
 * It is made by now, or later with others. Where it cannot be, that is said, and
 * where it must not be because there is no journal of it, @c->stop is set.
 */
void batch_add(struct conversion *c, const char *path,
	       const struct journal_entry *entry,
	       const struct change_file *file);

/** batch_has() - is a change of this inode among them? */
bool batch_has(const struct batch *batch, const struct change_file *file);

/** batch_make() - write all of them down, and make them */
void batch_make(struct conversion *c);

/** batch_tick() - time has passed in a walk: none waits for long. For
 *  struct scan_options, with the conversion as its context */
void batch_tick(void *conversion, const char *path);

/** batch_free() - drop what is left */
void batch_free(struct batch *batch);

#endif /* CONVBATCH_H */
