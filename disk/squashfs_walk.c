/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of a squashfs, from the root down. */
#include "disk/squashfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A listing is runs of entries, each behind a header of its own. */
#define RUN 12
#define RUN_MAX 256
#define NAME 8
#define NAME_MAX_SIZE 256
#define TYPE_MAX 7

/* struct level - a directory that is being read */
struct level {
	struct sq_at at;
	uint32_t left;	 /* bytes of the listing */
	uint32_t run;	 /* entries of the run */
	uint32_t block;	 /* of the run's inodes */
	uint32_t number; /* what theirs are counted from */
	uint32_t inode;	 /* the directory's own number */
	size_t path;	 /* bytes of its path */
};

struct name {
	uint64_t ref;
	uint32_t number;
	unsigned type;
	size_t size;
	char bytes[NAME_MAX_SIZE];
};

struct walk {
	struct squashfs *fs;
	struct level *level;
	size_t depth, room;
	char *path; /* DISK_PATH_MAX + 1 bytes, as far as they are used */
	size_t path_room;
	uint64_t budget; /* bytes of listings that there can be */
};

/* ------------------------------- what is kept ----------------------------- */

static int grow(void **items, size_t *room, size_t wanted, size_t size)
{
	size_t n = *room ? *room : 64;
	void *more;

	if (wanted <= *room)
		return 0;
	while (n < wanted)
		n *= 2;
	more = realloc(*items, n * size);
	if (!more)
		return -ENOMEM;
	*items = more;
	*room = n;
	return 0;
}

static const char *shown(const struct walk *w)
{
	return *w->path ? w->path : ".";
}

/* Something in the directory, or the rest of it. */
static int tell_in(struct walk *w, const struct level *l, int error)
{
	w->path[l->path] = '\0';
	return sq_tell(w->fs, DISK_UNREAD, shown(w), -error, w->fs->why);
}

/* --------------------------------- a listing ------------------------------ */

static int take(struct walk *w, struct level *l, void *buf, uint32_t size)
{
	if (size > l->left)
		return sq_fail(w->fs, -EBADMSG,
			       "directory inode %" PRIu32
			       ": its listing ends within an entry",
			       l->inode);
	l->left -= size;
	return sq_read(w->fs, &l->at, buf, size);
}

static int next_run(struct walk *w, struct level *l)
{
	uint8_t head[RUN];
	int error = take(w, l, head, sizeof(head));

	if (error)
		return error;
	l->run = sq_32(head);
	l->block = sq_32(head + 4);
	l->number = sq_32(head + 8);
	if (l->run >= RUN_MAX)
		return sq_fail(w->fs, -EBADMSG,
			       "directory inode %" PRIu32 ": a run of %" PRIu32
			       " entries",
			       l->inode, l->run);
	l->run++;
	return 0;
}

/* 0 at the end, 1 where there is one. */
static int next_name(struct walk *w, struct level *l, struct name *name)
{
	uint8_t head[NAME];
	int error = 0;

	if (!l->run && !l->left)
		return 0;
	if (!l->run)
		error = next_run(w, l);
	if (!error)
		error = take(w, l, head, sizeof(head));
	if (error)
		return error;
	l->run--;
	name->ref = (uint64_t)l->block << 16 | sq_16(head);
	/* A difference, with a sign. */
	name->number =
		l->number + sq_16(head + 2) - (head[3] & 0x80 ? 0x10000U : 0);
	name->type = sq_16(head + 4);
	name->size = (size_t)sq_16(head + 6) + 1;
	if (name->size > sizeof(name->bytes))
		return sq_fail(w->fs, -EBADMSG,
			       "directory inode %" PRIu32
			       ": a name of %zu bytes",
			       l->inode, name->size);
	error = take(w, l, name->bytes, (uint32_t)name->size);
	return error ? error : 1;
}

/* Such names would lead elsewhere. */
static bool is_name(const struct name *n)
{
	if (n->bytes[0] == '.' &&
	    (n->size == 1 || (n->size == 2 && n->bytes[1] == '.')))
		return false;
	return !memchr(n->bytes, '/', n->size) &&
	       !memchr(n->bytes, '\0', n->size);
}

/* ---------------------------------- entering ------------------------------ */

static int push(struct walk *w, const struct sq_inode *inode, size_t path)
{
	struct level l = {
		.left = inode->size, .inode = inode->number, .path = path};
	int error = 0;

	if (!inode->size)
		return 0;
	error = sq_seek(w->fs, &w->fs->directories, inode->list, &l.at);
	if (!error && inode->size > w->budget)
		error = sq_fail(w->fs, -EBADMSG,
				"directory inode %" PRIu32
				": its listing of %" PRIu32
				" bytes is larger than what is left of all",
				inode->number, inode->size);
	if (error)
		return tell_in(w, &l, error);
	w->budget -= inode->size;
	error = grow((void **)&w->level, &w->room, w->depth + 1,
		     sizeof(*w->level));
	if (!error)
		w->level[w->depth++] = l;
	return error;
}

/* A directory has one parent, and is not below itself. */
static int enter(struct walk *w, const struct sq_inode *inode, size_t path)
{
	int added = sq_refs_add(&w->fs->visited, inode->ref);
	int stop;

	if (added == -ENOMEM)
		return added;
	if (added == -EFBIG)
		return sq_tell(w->fs, DISK_UNREAD, shown(w), EFBIG,
			       "there are too many directories");
	if (!added) {
		sq_fail(w->fs, 0,
			"inode %" PRIu32
			": a directory that is in another one already, or "
			"below itself",
			inode->number);
		return sq_tell(w->fs, DISK_UNREAD, shown(w), EBADMSG,
			       w->fs->why);
	}
	stop = sq_entry(w->fs, shown(w), inode);
	return stop ? stop : push(w, inode, path);
}

/* What the kernel would take for another inode, once one is in its memory. */
static int compare(struct walk *w, const struct name *name,
		   const struct sq_inode *inode)
{
	if (name->number == inode->number && name->type == inode->type)
		return 0;
	sq_fail(w->fs, 0,
		"its directory calls it inode %" PRIu32
		" of type %u, and it is inode %" PRIu32 " of type %u",
		name->number, name->type, inode->number, inode->type);
	return sq_tell(w->fs, DISK_NOTICE, shown(w), 0, w->fs->why);
}

/* ---------------------------------- a name -------------------------------- */

static int bad_name(struct walk *w, const struct level *l,
		    const struct name *name)
{
	sq_fail(w->fs, 0,
		"directory inode %" PRIu32 ": inode %" PRIu32
		" has a name with '/' or NUL, or \".\" or \"..\" for one",
		l->inode, name->number);
	return tell_in(w, l, -EBADMSG);
}

static int too_deep(struct walk *w, const struct level *l)
{
	sq_fail(w->fs, 0,
		"directory inode %" PRIu32
		": a path in it would have more than %d bytes",
		l->inode, DISK_PATH_MAX);
	return tell_in(w, l, -EFBIG);
}

static int append(struct walk *w, size_t at, const struct name *name)
{
	int error =
		grow((void **)&w->path, &w->path_room, at + name->size + 2, 1);

	if (error)
		return error;
	if (at)
		w->path[at++] = '/';
	memcpy(w->path + at, name->bytes, name->size);
	w->path[at + name->size] = '\0';
	return 0;
}

static int meet(struct walk *w, const struct level *l, const struct name *name)
{
	size_t end = l->path + !!l->path + name->size;
	struct sq_inode inode;
	int error;

	if (!is_name(name))
		return bad_name(w, l, name);
	if (end > DISK_PATH_MAX)
		return too_deep(w, l);
	error = append(w, l->path, name);
	if (!error)
		error = sq_inode_read(w->fs, name->ref, &inode);
	if (error == -ENOMEM)
		return error;
	if (error)
		return sq_tell(w->fs, DISK_UNREAD, w->path, -error, w->fs->why);
	error = compare(w, name, &inode);
	if (error)
		return error;
	if (inode.type == SQ_DIRECTORY)
		return enter(w, &inode, end);
	return sq_entry(w->fs, w->path, &inode);
}

/* ---------------------------------- the walk ------------------------------ */

static int step(struct walk *w)
{
	struct level *l = &w->level[w->depth - 1], copy;
	struct name name;
	int status = next_name(w, l, &name);

	copy = *l; /* levels may move */
	if (status <= 0)
		w->depth--;
	if (status == 0 || status == -ENOMEM)
		return status;
	return status < 0 ? tell_in(w, &copy, status) : meet(w, &copy, &name);
}

static int walk_root(struct walk *w)
{
	struct sq_inode root;
	int error = sq_inode_read(w->fs, w->fs->root, &root);

	if (!error && root.type != SQ_DIRECTORY)
		error = sq_fail(w->fs, -EBADMSG,
				"inode %" PRIu32
				": the root is not a directory",
				root.number);
	if (error == -ENOMEM)
		return error;
	if (error)
		return sq_tell(w->fs, DISK_UNREAD, w->fs->lacking ? NULL : ".",
			       -error, w->fs->why);
	error = enter(w, &root, 0);
	while (!error && w->depth)
		error = step(w);
	return error;
}

int sq_walk(struct squashfs *fs)
{
	struct walk w = {.fs = fs};
	int error = sq_count(fs, &fs->directories, &w.budget);

	if (error)
		return sq_tell(fs, DISK_UNREAD, NULL, -error, fs->why);
	fs->misses += w.budget / 128;
	error = grow((void **)&w.path, &w.path_room, 1, 1);
	if (!error) {
		*w.path = '\0';
		error = walk_root(&w);
	}
	free(w.path);
	free(w.level);
	return error;
}
