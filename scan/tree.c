/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Live trees, walked by directory descriptor. */
#include "scan/ahead.h"
#include "scan/dirents.h"
#include "scan/live.h"

#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The walk is a stack of levels, one a directory on the way down. A level reads
 * its directory piece by piece: all entries of a piece are asked at once, its
 * subdirectories' names are kept and entered one after the other, then comes
 * the next piece. So a directory of ten million entries costs no more memory
 * than a small one.
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
#define LEVELS_OPEN 64

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

struct walk {
	struct live live;
	struct level *level;
	size_t depth, level_room;
	char *names;
	size_t names_used, names_room;
	char *piece;
	struct ahead *ahead; /* NULL: one thread */
};

static struct level *top(struct walk *w)
{
	return &w->level[w->depth - 1];
}

/* -------------------------------- one piece ------------------------------ */

static int keep_name(struct walk *w, const char *name)
{
	size_t size = strlen(name) + 1;

	if (live_grow((void **)&w->names, &w->names_room, w->names_used + size,
		      1))
		return -ENOMEM;
	memcpy(w->names + w->names_used, name, size);
	w->names_used += size;
	return 0;
}

/* The path of a level below the root of the tree, until the next call. */
static const char *below_root(struct walk *w, const struct level *l)
{
	char *path = w->live.path;
	size_t at = w->live.root_len;

	path[l->path_len] = '\0';
	while (path[at] == '/')
		at++;
	return path + at;
}

/* A subdirectory is to be entered, or asked before that by another thread. */
static int keep_directory(struct walk *w, const char *name)
{
	struct level *l = top(w);
	struct ahead_node *node;

	if (!w->ahead)
		return keep_name(w, name);
	node = ahead_new(below_root(w, l), name, l->dev, l->fs);
	if (!node)
		return -ENOMEM;
	*(l->children ? &l->last->next : &l->children) = node;
	l->last = node;
	l->ready++;
	return 0;
}

/* Under --local: the network file system that an entry is on, or NULL. */
static const char *network_of(const struct walk *w, int dirfd, const char *name)
{
	return w->live.scan->options->local
		       ? scan_mounts_network(&w->live.mounts, dirfd, name)
		       : NULL;
}

static int take_entry(struct walk *w, const struct dirents_entry *e)
{
	const struct level *l = top(w);
	bool directory = dirents_is_directory(l->fd, e);
	const char *network = network_of(w, l->fd, e->name);
	int error = live_path(&w->live, l->path_len, e->name);

	if (error)
		return error;
	if (network)
		return live_tell(&w->live, SCAN_LEFT_OUT, 0, network);
	error = live_ask(&w->live, l->fs, l->fd, e->name);
	if (!error && directory)
		error = keep_directory(w, e->name);
	return error;
}

static int take_piece(struct walk *w, size_t size)
{
	struct level *l = top(w);
	struct ahead_node *last = l->children ? l->last : NULL;
	const struct dirents_entry *e;
	int error = 0;

	for (size_t at = 0; !error && (e = dirents_next(w->piece, size, &at));)
		error = take_entry(w, e);
	if (w->ahead && !error)
		ahead_offer(w->ahead, last ? last->next : l->children);
	return error;
}

static int unread(struct walk *w, size_t path_len, int error,
		  const char *reason)
{
	w->live.path[path_len] = '\0';
	return live_tell(&w->live, SCAN_UNREAD, error, reason);
}

/* ------------------------- what was asked ahead -------------------------- */

static bool same_directory(int fd, const struct level *l)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == l->dev &&
	       st.st_ino == l->ino;
}

/* A level's descriptor; one that was asked ahead may get it only now. */
static int level_fd(struct walk *w, struct level *l)
{
	int fd;

	if (l->fd >= 0 || !l->node)
		return l->fd;
	fd = ahead_open(w->level[0].fd, below_root(w, l));
	if (fd >= 0 && !same_directory(fd, l)) {
		close(fd);
		fd = -1;
	}
	l->fd = fd;
	return fd;
}

/* Without its directory, which may have gone since, an entry can be told of,
 * but not looked at. */
static int hand_over_kept(struct walk *w, struct level *l,
			  const struct ahead_kept *kept)
{
	const char *name = l->node->names + kept->name;
	struct scan_record r = kept->record;
	int error;

	if (r.value)
		r.value = kept->value;
	if (r.what == SCAN_ENTRY) {
		r.dirfd = level_fd(w, l);
		r.name = r.dirfd >= 0 ? name : NULL;
	}
	error = live_path(&w->live, l->path_len, name);
	return error ? error : live_hand_over(&w->live, &r);
}

static int hand_over_piece(struct walk *w, struct level *l)
{
	const struct ahead_node *node = l->node;
	const struct ahead_piece *piece = &node->piece[l->piece];
	int error = 0;

	l->ready += piece->children - (l->piece ? piece[-1].children : 0);
	l->read_all = ++l->piece == node->pieces;
	while (!error && l->kept < piece->kept)
		error = hand_over_kept(w, l, &node->kept[l->kept++]);
	return error;
}

/* Takes the node over. */
static int enter_asked(struct walk *w, struct ahead_node *node)
{
	struct scan_totals *totals = w->live.scan->totals;
	struct level *l;

	if (live_grow((void **)&w->level, &w->level_room, w->depth + 1,
		      sizeof(*l))) {
		ahead_free_all(node);
		return -ENOMEM;
	}
	l = &w->level[w->depth++];
	*l = (struct level){
		.fd = -1,
		.dev = node->dev,
		.ino = node->ino,
		.fs = node->fs,
		.path_len = strlen(w->live.path),
		.names_base = w->names_used,
		.names_next = w->names_used,
		.children = node->children,
		.node = node,
		.read_all = node->pieces == 0,
	};
	node->children = NULL;
	totals->entries += node->totals.entries;
	totals->vanished += node->totals.vanished;
	return 0;
}

static int read_piece(struct walk *w)
{
	struct level *l = top(w);
	long n;

	if (l->node)
		return hand_over_piece(w, l);
	n = dirents_read(l->fd, w->piece);

	if (n > 0)
		return take_piece(w, (size_t)n);
	l->read_all = true;
	if (n == 0)
		return 0;
	if (vfscap_answer((int)n) == VFSCAP_ANSWER_GONE) {
		w->live.scan->totals->vanished++;
		return 0;
	}
	return unread(w, l->path_len, (int)-n, "the directory cannot be read");
}

/* A level that will be closed must have been read to its end. */
static int read_level(struct walk *w)
{
	int error;

	do
		error = read_piece(w);
	while (!error && !top(w)->read_all && w->depth > LEVELS_OPEN);
	return error;
}

/* ------------------------------- down and up ----------------------------- */

/*
 * A file system that can hold no capability is not read, but other ones can be
 * mounted on it: those take the place of its subdirectories.
 */
static int pass_over(struct walk *w, bool say)
{
	struct level *l = top(w);
	const char *below;
	size_t next = 0;
	int error =
		say ? live_tell(&w->live, SCAN_LEFT_OUT, 0, l->fs->name) : 0;
	int unknown = live_mounts(&w->live);

	l->read_all = true;
	if (!error && unknown)
		error = live_tell(
			&w->live, SCAN_UNREAD, -unknown,
			"/proc/self/mountinfo is needed to tell what is "
			"mounted below");
	while (!error &&
	       (below = scan_mounts_below(&w->live.mounts, l->fd, &next)))
		error = keep_name(w, below);
	return error;
}

/*
 * Enter an open directory whose path is w->live.path. Takes @fd over.
 */
static int enter(struct walk *w, int fd)
{
	struct level *l, *above;
	struct stat st;
	bool same_fs;

	if (fstat(fd, &st) != 0 || live_grow((void **)&w->level, &w->level_room,
					     w->depth + 1, sizeof(*l)) != 0) {
		int error = errno;

		close(fd);
		return live_tell(&w->live, SCAN_UNREAD, error, NULL);
	}
	l = &w->level[w->depth];
	above = w->depth ? l - 1 : NULL;
	*l = (struct level){
		.fd = fd,
		.dev = st.st_dev,
		.ino = st.st_ino,
		.path_len = strlen(w->live.path),
		.names_base = w->names_used,
		.names_next = w->names_used,
	};
	same_fs = above && above->dev == st.st_dev;
	l->fs = same_fs ? above->fs : scan_fs_of(fd);
	if (above && !same_fs && w->live.scan->options->one_file_system) {
		close(fd);
		return 0;
	}
	w->depth++;
	return l->fs->barren ? pass_over(w, !same_fs) : 0;
}

/*
 * What was a directory when it was listed may have gone, or been replaced by
 * something that must not be followed.
 */
static int cannot_enter(struct walk *w, int error)
{
	if (vfscap_answer(-error) == VFSCAP_ANSWER_GONE) {
		w->live.scan->totals->vanished++;
		return 0;
	}
	return live_tell(
		&w->live, SCAN_UNREAD, error,
		error == ELOOP || error == ENOTDIR
			? "it was a directory when it was listed and has "
			  "been replaced; run again"
			: "the directory cannot be opened");
}

static void close_level(struct level *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static void free_level(struct walk *w, struct level *l)
{
	close_level(l);
	if (w->ahead)
		ahead_drop(w->ahead, l->children);
	else
		ahead_free_all(l->children);
	l->children = NULL;
	if (l->node)
		ahead_free(l->node);
	l->node = NULL;
}

/* Without an order, one that was asked by now comes before those that were not;
 * only a few are looked at, since there may be thousands. Before which? */
static struct ahead_node *before_next(struct walk *w, const struct level *l)
{
	struct ahead_node *before = NULL, *node = l->children;

	if (!w->live.scan->options->unordered)
		return NULL;
	for (size_t i = 0; i < l->ready && i < 32; i++) {
		if (ahead_asked(w->ahead, node))
			return before;
		before = node;
		node = node->next;
	}
	return NULL;
}

static struct ahead_node *take_child(struct walk *w, struct level *l)
{
	struct ahead_node *before = before_next(w, l);
	struct ahead_node **at = before ? &before->next : &l->children;
	struct ahead_node *node = *at;

	*at = node->next;
	if (l->last == node)
		l->last = before;
	node->next = NULL;
	l->ready--;
	return node;
}

/* A mount point on a file system that was passed over: nobody has asked it yet,
 * and it may be a file. */
static int ask_mount_point(struct walk *w, const struct level *l,
			   const char *name, bool *left_out)
{
	const char *network = network_of(w, l->fd, name);

	*left_out = network != NULL;
	return network ? live_tell(&w->live, SCAN_LEFT_OUT, 0, network)
		       : live_ask(&w->live, scan_fs_of(-1), l->fd, name);
}

static int enter_by_name(struct walk *w, const char *name)
{
	struct level *l = top(w);
	bool left_out = false;
	int fd, error = 0;

	if (l->fs->barren)
		error = ask_mount_point(w, l, name, &left_out);
	if (error || left_out)
		return error;
	if (l->fd < 0)
		return cannot_enter(w, ESTALE);
	fd = openat(l->fd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK |
			    O_CLOEXEC);
	if (fd < 0 && l->fs->barren && errno == ENOTDIR)
		return 0;
	return fd < 0 ? cannot_enter(w, errno) : enter(w, fd);
}

static int descend_by_name(struct walk *w)
{
	struct level *l = top(w);
	const char *name = w->names + l->names_next;
	int error = live_path(&w->live, l->path_len, name);

	l->names_next += strlen(name) + 1;
	return error ? error : enter_by_name(w, name);
}

static int descend_by_node(struct walk *w)
{
	struct level *l = top(w);
	struct ahead_node *node = take_child(w, l);
	bool asked = ahead_claim(w->ahead, node);
	int error;

	if (!asked)
		level_fd(w, l);
	error = live_path(&w->live, l->path_len, node->name);
	if (!error && asked)
		return enter_asked(w, node);
	if (!error)
		error = enter_by_name(w, node->name);
	ahead_drop(w->ahead, node);
	return error;
}

static int descend(struct walk *w)
{
	size_t depth = w->depth;
	int error = top(w)->ready ? descend_by_node(w) : descend_by_name(w);

	if (w->depth > depth && depth > LEVELS_OPEN)
		close_level(&w->level[depth - 1]);
	return error;
}

/* Open a closed level again, from the one below it that is left. */
static int reopen(struct walk *w, int below, struct level *l)
{
	int fd = openat(below, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && same_directory(fd, l)) {
		l->fd = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return unread(w, l->path_len, ESTALE,
		      "a directory below it was moved away while it was read; "
		      "some of its subdirectories were not entered; run again");
}

/* One that has to be come back to from below. */
static bool is_closed(const struct level *l)
{
	return l->fd < 0 && !l->node;
}

/*
 * Leave the top level. Where its parent cannot be come back to, neither can the
 * closed ones above it.
 */
static int leave(struct walk *w)
{
	struct level *left = top(w);
	int error = 0;

	w->depth--;
	if (w->depth && is_closed(top(w)))
		error = reopen(w, level_fd(w, left), top(w));
	free_level(w, left);
	while (!error && w->depth && is_closed(top(w)))
		free_level(w, &w->level[--w->depth]);
	w->names_used = w->level[w->depth].names_base;
	return error;
}

static int walk_all(struct walk *w)
{
	const struct scan_options *options = w->live.scan->options;
	size_t depth = 0;
	int error = 0;

	while (!error && w->depth) {
		struct level *l = top(w);

		if (options->progress && w->depth > depth)
			options->progress(options->progress_ctx, w->live.path);
		depth = w->depth;
		if (l->ready || l->names_next < w->names_used) {
			error = descend(w);
		} else if (!l->read_all) {
			w->names_used = l->names_next = l->names_base;
			error = read_level(w);
		} else {
			error = leave(w);
		}
	}
	return error;
}

/* -------------------------------- the backend ---------------------------- */

static void finish(struct walk *w)
{
	ahead_finish(w->ahead);
	w->ahead = NULL;
	while (w->depth)
		free_level(w, &w->level[--w->depth]);
	live_finish(&w->live);
	free(w->level);
	free(w->names);
	free(w->piece);
}

/* A bare directory is a tree, whatever is in it; but someone who names the
 * layout of images may have meant those. */
static int hint(struct walk *w, int fd)
{
	const struct scan *scan = w->live.scan;
	struct stat st;

	if (!scan->options->contents ||
	    scan->input->location != scan->input->source ||
	    fstatat(fd, "oci-layout", &st, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	return live_tell(&w->live, SCAN_NOTICE, 0,
			 "it looks like a layout of images: oci: before the "
			 "path reads their layers");
}

static int run_tree(struct walk *w)
{
	int error, fd;

	if (live_left_out(&w->live, &error))
		return error;
	w->piece = malloc(DIRENTS_SIZE);
	if (!w->piece)
		return -ENOMEM;
	fd = open(w->live.path,
		  O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return live_tell(&w->live, SCAN_UNREAD, errno,
				 "the directory cannot be opened");
	error = live_ask(&w->live, scan_fs_of(fd), fd, NULL);
	if (!error)
		error = hint(w, fd);
	if (error) {
		close(fd);
		return error;
	}
	w->ahead = ahead_start(w->live.scan->options, &w->live.mounts, fd);
	error = enter(w, fd);
	return error ? error : walk_all(w);
}

int scan_tree(struct scan *scan)
{
	struct walk w = {0};
	int error = live_start(&w.live, scan);

	if (!error)
		error = run_tree(&w);
	finish(&w);
	return error;
}
