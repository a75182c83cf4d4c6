/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ahead: directories of a tree asked by several threads before the walk comes to
 * them.
 *
 * The walk goes through the tree in its own order and offers the subdirectories
 * that it finds. Threads take what the walk will come to next, ask its entries,
 * keep what there is to tell, and offer the subdirectories in turn. When the walk
 * arrives, it claims the directory: either all of it has been asked, or the walk
 * does it by itself. So the order is that of one thread, and whatever is unusual
 * (another file system, a very large or very deep directory, an error) is left to
 * the walk.
 *
 * What is kept is bounded: beyond AHEAD_BYTES, threads wait for the walk.
 */
#ifndef SCAN_AHEAD_H
#define SCAN_AHEAD_H

#include "scan/scan.h"
#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** AHEAD_BYTES - what is kept for the walk at most */
#define AHEAD_BYTES (32 << 20)

/** AHEAD_PIECES - directories of more pieces than this are left to the walk */
#define AHEAD_PIECES 8

/** struct ahead_kept - an entry that there is something to tell of */
struct ahead_kept {
	struct scan_record record; /* without path; its value is @value */
	uint8_t value[VFSCAP_SIZE_MAX];
	size_t name; /* in the node's names */
};

/** struct ahead_piece - where in @kept and below a piece of a directory ends */
struct ahead_piece {
	size_t kept, children;
};

/** struct ahead_node - a directory that the walk will come to */
struct ahead_node {
	/** @next: the subdirectory after it, in the order of the walk */
	struct ahead_node *next;

	/** @dev: of the directory, as of the one that it is in; @ino: once it
	 *  was asked */
	dev_t dev;
	ino_t ino;
	const struct scan_fs *fs;

	/* Once it was asked: */
	struct ahead_piece piece[AHEAD_PIECES];
	size_t pieces;
	struct ahead_kept *kept;
	size_t kept_count;
	char *names;
	struct ahead_node *children; /* in order */
	struct scan_totals totals;

	/* Of ahead.c. */
	struct ahead_node *before, *after;
	int state;
	size_t cost, kept_room, names_used, names_room;
	const char *name; /* its last component */
	char *path;	  /* below the root of the tree; behind the node */
};

struct ahead;

/**
 * ahead_start() - begin
 * @options: its @jobs says how many threads there are, with the caller's
 * @mounts: for @options->local, read already; not changed meanwhile
 * @root: the directory at the top, open; for the caller to close, later
 *
 * Return: NULL where there is to be one thread, or can be no more: the walk then
 * goes without.
 */
struct ahead *ahead_start(const struct scan_options *options,
			  const struct scan_mounts *mounts, int root);

/** ahead_finish() - end all threads; NULL is fine. Nodes stay */
void ahead_finish(struct ahead *ahead);

/**
 * ahead_new() - a node for a subdirectory
 * @dir: the path of the directory that it is in, below the root; "" for that
 * @len: its length
 * @dev, @fs: of that directory
 * Return: NULL where memory is lacking.
 */
struct ahead_node *ahead_new(const char *dir, size_t len, const char *name,
			     dev_t dev, const struct scan_fs *fs);

/** ahead_offer() - subdirectories that the walk will come to next of all; they
 *  are one after another by @next */
void ahead_offer(struct ahead *ahead, struct ahead_node *nodes);

/**
 * ahead_claim() - the walk has come to a directory
 *
 * While another thread asks it, this one asks others. Afterwards the node is the
 * caller's, to free with ahead_free().
 *
 * Return: was it asked?
 */
bool ahead_claim(struct ahead *ahead, struct ahead_node *node);

/** ahead_asked() - would claiming it now say yes, without waiting? */
bool ahead_asked(struct ahead *ahead, const struct ahead_node *node);

/** ahead_drop() - the walk will not come to these */
void ahead_drop(struct ahead *ahead, struct ahead_node *nodes);

/** ahead_free() - free a claimed node; not its children */
void ahead_free(struct ahead_node *node);

/** ahead_free_all() - free nodes and what is below them, once all has ended */
void ahead_free_all(struct ahead_node *nodes);

/** ahead_open() - a directory by its path below the root, through no link; -1
 *  and errno */
int ahead_open(int root, const char *path);

#endif /* SCAN_AHEAD_H */
