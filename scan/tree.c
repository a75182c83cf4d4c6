/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Live trees, walked by directory descriptor. */
#include "scan/dirents.h"
#include "scan/walk.h"

#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -------------------------------- one piece ------------------------------ */

/* A subdirectory is to be entered, or asked before that by another thread. */
static int keep_directory(struct walk *w, const char *name)
{
	struct level *l = walk_top(w);
	struct ahead_node *node;
	const char *path;
	size_t len;

	if (!w->ahead || (l->fs->overlay && w->live.scan->options->writes))
		return walk_keep_name(w, name);
	path = level_path(w, l, &len);
	node = ahead_new(path, len, name, l->dev, l->fs);
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
	const struct level *l = walk_top(w);
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
	struct level *l = walk_top(w);
	struct ahead_node *last = l->children ? l->last : NULL;
	const struct dirents_entry *e;
	int error = 0;

	for (size_t at = 0; !error && (e = dirents_next(w->piece, size, &at));)
		error = take_entry(w, e);
	if (w->ahead && !error)
		ahead_offer(w->ahead, last ? last->next : l->children);
	return error;
}

/* ------------------------- what was asked ahead -------------------------- */

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

static int read_piece(struct walk *w)
{
	struct level *l = walk_top(w);
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
	return level_unread(w, l, (int)-n, "the directory cannot be read");
}

/* A level that will be closed must have been read to its end. */
static int read_level(struct walk *w)
{
	int error;

	do
		error = read_piece(w);
	while (!error && !walk_top(w)->read_all && w->depth > LEVELS_OPEN);
	return error;
}

/* ------------------------------- down and up ----------------------------- */

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
	struct level *l = walk_top(w);
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
	return fd < 0 ? cannot_enter(w, errno) : level_enter(w, fd);
}

static int descend_by_name(struct walk *w)
{
	struct level *l = walk_top(w);
	const char *name = w->names + l->names_next;
	int error = live_path(&w->live, l->path_len, name);

	l->names_next += strlen(name) + 1;
	return error ? error : enter_by_name(w, name);
}

static int descend_by_node(struct walk *w)
{
	struct level *l = walk_top(w);
	struct ahead_node *node = take_child(w, l);
	bool asked = ahead_claim(w->ahead, node);
	int error;

	if (!asked)
		level_fd(w, l);
	error = live_path(&w->live, l->path_len, node->name);
	if (!error && asked)
		return level_enter_asked(w, node);
	if (!error)
		error = enter_by_name(w, node->name);
	ahead_drop(w->ahead, node);
	return error;
}

static int descend(struct walk *w)
{
	size_t depth = w->depth;
	int error =
		walk_top(w)->ready ? descend_by_node(w) : descend_by_name(w);

	if (w->depth > depth && depth > LEVELS_OPEN)
		level_close(&w->level[depth - 1]);
	return error;
}

static int walk_all(struct walk *w)
{
	const struct scan_options *options = w->live.scan->options;
	size_t depth = 0;
	int error = 0;

	while (!error && w->depth) {
		struct level *l = walk_top(w);

		if (options->progress && w->depth > depth)
			options->progress(options->progress_ctx, w->live.path);
		depth = w->depth;
		if (l->ready || l->names_next < w->names_used) {
			error = descend(w);
		} else if (!l->read_all) {
			w->names_used = l->names_next = l->names_base;
			error = read_level(w);
		} else {
			error = level_leave(w);
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
		level_free(w, &w->level[--w->depth]);
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
	error = level_enter(w, fd);
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
