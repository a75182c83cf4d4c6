/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk through a live tree: a stack of levels, one a directory on the way
 * down. A level reads its directory piece by piece: all entries of a piece are
 * asked at once, its subdirectories' names are kept and entered one after the
 * other, then comes the next piece. So a directory of ten million entries costs
 * no more memory than a small one.
 *
 * Descriptors are bounded: only the first LEVELS_OPEN levels keep theirs. One
 * further down is read to its end before its first subdirectory is entered, is
 * closed meanwhile, and is come back to through "..", which must be the same
 * directory still: a directory that was moved elsewhere must not lead us there.
 *
 * With several threads, most directories were asked by ahead.c when the walk
 * comes to them. Such a level has a node, whose pieces are handed over instead
 * of being read, and no descriptor until one is wanted.
 */
#ifndef SCAN_WALK_H
#define SCAN_WALK_H

#include "scan/ahead.h"
#include "scan/live.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define LEVELS_OPEN 64

/** struct level - a directory on the way down */
struct level {
	int fd; /* -1: closed, to be opened again from below */
	dev_t dev;
	ino_t ino;
	const struct scan_fs *fs;
	size_t path_len;   /* of this directory in the path */
	size_t names_next; /* the next subdirectory in walk->names */
	size_t names_base; /* where this level's names begin */
	bool read_all;

	/* With several threads, instead of names: the nodes of its
	 * subdirectories that are still to be entered, the last of them, and
	 * how many there are in the pieces that were read. */
	struct ahead_node *children, *last;
	size_t ready;

	/* Of one that was asked ahead. */
	struct ahead_node *node;
	size_t piece, kept;
};

/** struct walk - a walk under way; zero at first */
struct walk {
	struct live live;
	struct level *level;
	size_t depth, level_room;
	char *names;
	size_t names_used, names_room;
	char *piece;
	struct ahead *ahead; /* NULL: one thread */
};

/** walk_top() - where the walk is */
static inline struct level *walk_top(struct walk *w)
{
	return &w->level[w->depth - 1];
}

/** walk_keep_name() - a subdirectory's name, to be entered later; 0 or -ENOMEM */
int walk_keep_name(struct walk *w, const char *name);

/** level_path() - the path of a level below the root of the tree, and its length,
 *  unless @len is NULL; good until the path changes, which it cuts off behind the
 *  level's */
const char *level_path(struct walk *w, const struct level *l, size_t *len);

/** level_fd() - a level's descriptor; one that was asked ahead may get it only
 *  now. -1: it is closed, or not what it was */
int level_fd(struct walk *w, struct level *l);

/** level_unread() - tell that what is left of a level cannot be read; what the
 *  scan's function returns */
int level_unread(struct walk *w, const struct level *l, int error,
		 const char *reason);

/** level_enter() - one level more: an open directory whose path is the walk's.
 *  Takes @fd over. Where it may not be entered, there is no level more */
int level_enter(struct walk *w, int fd);

/** level_enter_asked() - the same of one that was asked ahead. Takes the node
 *  over */
int level_enter_asked(struct walk *w, struct ahead_node *node);

/** level_leave() - leave the top level */
int level_leave(struct walk *w);

/** level_close(), level_free() - give up its descriptor; all that it has */
void level_close(struct level *l);
void level_free(struct walk *w, struct level *l);

#endif /* SCAN_WALK_H */
