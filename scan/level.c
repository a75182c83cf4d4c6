/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The levels of a walk: entered, come back to, left. */
#include "scan/walk.h"

#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int walk_keep_name(struct walk *w, const char *name)
{
	size_t size = strlen(name) + 1;

	if (live_grow((void **)&w->names, &w->names_room, w->names_used + size,
		      1))
		return -ENOMEM;
	memcpy(w->names + w->names_used, name, size);
	w->names_used += size;
	return 0;
}

const char *level_path(struct walk *w, const struct level *l, size_t *len)
{
	char *path = w->live.path;
	size_t at = w->live.root_len;

	path[l->path_len] = '\0';
	while (path[at] == '/')
		at++;
	if (len)
		*len = l->path_len - at;
	return path + at;
}

int level_unread(struct walk *w, const struct level *l, int error,
		 const char *reason)
{
	w->live.path[l->path_len] = '\0';
	return live_tell(&w->live, SCAN_UNREAD, error, reason);
}

static bool same_directory(int fd, const struct level *l)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == l->dev &&
	       st.st_ino == l->ino;
}

/* A level's descriptor; one that was asked ahead may get it only now. */
int level_fd(struct walk *w, struct level *l)
{
	int fd;

	if (l->fd >= 0 || !l->node)
		return l->fd;
	fd = ahead_open(w->level[0].fd, level_path(w, l, NULL));
	if (fd >= 0 && !same_directory(fd, l)) {
		close(fd);
		fd = -1;
	}
	l->fd = fd;
	return fd;
}

void level_close(struct level *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

void level_free(struct walk *w, struct level *l)
{
	level_close(l);
	if (w->ahead)
		ahead_drop(w->ahead, l->children);
	else
		ahead_free_all(l->children);
	l->children = NULL;
	if (l->node)
		ahead_free(l->node);
	l->node = NULL;
}

/* ---------------------------------- down ---------------------------------- */

/*
 * A file system that can hold no capability is not read, but other ones can be
 * mounted on it: those take the place of its subdirectories.
 */
static int pass_over(struct walk *w, bool say)
{
	struct level *l = walk_top(w);
	const char *below;
	size_t next = 0;
	int error =
		say ? live_tell(&w->live, SCAN_LEFT_OUT, 0, l->fs->name) : 0;
	int unknown = live_mounts(&w->live);

	l->read_all = true;
	if (!error && unknown)
		error = live_no_mounts(&w->live, unknown,
				       "tell what is mounted below");
	while (!error &&
	       (below = scan_mounts_below(&w->live.mounts, l->fd, &next)))
		error = walk_keep_name(w, below);
	return error;
}

/*
 * Enter an open directory whose path is w->live.path. Takes @fd over.
 */
int level_enter(struct walk *w, int fd)
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
		.path_len = w->live.path_len,
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

/* Takes the node over. */
int level_enter_asked(struct walk *w, struct ahead_node *node)
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
		.path_len = w->live.path_len,
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

/* ----------------------------------- up ----------------------------------- */

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
	return level_unread(
		w, l, ESTALE,
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
int level_leave(struct walk *w)
{
	struct level *left = walk_top(w);
	int error = 0;

	w->depth--;
	if (w->depth && is_closed(walk_top(w)))
		error = reopen(w, level_fd(w, left), walk_top(w));
	level_free(w, left);
	while (!error && w->depth && is_closed(walk_top(w)))
		level_free(w, &w->level[--w->depth]);
	w->names_used = w->level[w->depth].names_base;
	return error;
}
