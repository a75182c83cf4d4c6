/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of inodes of an ext file system: all directories are read, and what
 * each is called in its parent makes paths.
 */
#include "disk/ext4.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* struct dir - a directory, by what its parent says; not by its own ".." */
struct dir {
	uint32_t number;
	uint32_t parent; /* 0: none has named it */
	char *name;
};

/* struct name - a name of an inode that is wanted */
struct name {
	uint32_t dir, inode;
	char *name;
};

struct naming {
	struct ext *ext;
	struct ext_marks *marks;
	struct dir *dir; /* by their numbers */
	size_t dirs;
	struct name *name;
	size_t names, room;
	bool full;   /* there are more than are kept */
	bool again;  /* directories are read once more, to hand over at once */
	bool secret; /* some are encrypted */
	struct ext_node now; /* the directory that is read */
	char *path;
};

/* ---------------------------------- paths --------------------------------- */

static int by_number(const void *a, const void *b)
{
	const struct dir *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static struct dir *find_dir(const struct naming *n, uint32_t number)
{
	const struct dir key = {.number = number};

	return bsearch(&key, n->dir, n->dirs, sizeof(*n->dir), by_number);
}

/* Put a name before what is there: the path grows towards its beginning. */
static bool prepend(const struct naming *n, size_t *at, const char *name)
{
	size_t len = strlen(name);

	if (len + 1 > *at)
		return false;
	if (n->path[*at])
		n->path[--*at] = '/';
	*at -= len;
	memcpy(n->path + *at, name, len);
	return true;
}

/* The path of @name in a directory; NULL where it is too long, or goes round. A
 * directory without a name stands for itself. */
static const char *path_of(const struct naming *n, uint32_t number,
			   const char *name)
{
	size_t at = DISK_PATH_MAX - 1, steps = 0;
	char nameless[32];

	n->path[at] = '\0';
	if (!prepend(n, &at, name))
		return NULL;
	while (number != EXT2_ROOT_INO) {
		const struct dir *dir = find_dir(n, number);

		snprintf(nameless, sizeof(nameless), "<inode %u>", number);
		if (steps++ > n->dirs ||
		    !prepend(n, &at, dir && dir->name ? dir->name : nameless))
			return NULL;
		if (!dir || !dir->name)
			break;
		number = dir->parent;
	}
	return n->path + at;
}

static int hand_over(struct naming *n, uint32_t dir, uint32_t inode,
		     const char *name)
{
	const char *path = path_of(n, dir, name);

	ext_mark(n->marks->named, inode);
	if (!path)
		return ext_unread(n->ext, inode, ELOOP,
				  "inode %u: its path is too long, or its "
				  "directories contain each other",
				  inode);
	return ext_hand_over(n->ext, path, inode, n->ext->options->all);
}

/* --------------------------------- collecting ----------------------------- */

static int name_dir(struct naming *n, struct dir *dir, const char *shown)
{
	if (dir->name || dir->number == EXT2_ROOT_INO)
		return ext_unread(n->ext, dir->number, EBADMSG,
				  "inode %u: the directory is named twice, in "
				  "inodes %u and %u",
				  dir->number, dir->parent, n->now.number);
	dir->parent = n->now.number;
	dir->name = strdup(shown);
	return dir->name ? 0 : -ENOMEM;
}

static void forget_names(struct naming *n)
{
	for (size_t i = 0; i < n->names; i++)
		free(n->name[i].name);
	free(n->name);
	n->name = NULL;
	n->names = n->room = 0;
}

static int keep_name(struct naming *n, uint32_t inode, const char *shown)
{
	size_t more = n->room ? 2 * n->room : 64;

	if (n->full || n->names == EXT_NAMES_MAX) {
		n->full = true;
		forget_names(n);
		return 0;
	}
	if (n->names == n->room) {
		struct name *name = reallocarray(n->name, more, sizeof(*name));

		if (!name)
			return -ENOMEM;
		n->name = name;
		n->room = more;
	}
	n->name[n->names] = (struct name){
		.dir = n->now.number,
		.inode = inode,
		.name = strdup(shown),
	};
	return n->name[n->names++].name ? 0 : -ENOMEM;
}

static bool is_dots(const struct ext_dirent *e)
{
	return e->name[0] == '.' &&
	       (e->len == 1 || (e->len == 2 && e->name[1] == '.'));
}

static int take_entry(struct naming *n, const struct ext_dirent *e)
{
	char shown[EXT_NAME_SIZE];
	bool wanted = ext_marked(n->marks->wanted, e->inode);
	struct dir *dir = ext_marked(n->marks->dirs, e->inode) && !n->again
				  ? find_dir(n, e->inode)
				  : NULL;
	int stop = 0;

	if (!wanted && !dir)
		return 0;
	if (!ext_dirent_shown(n->now.flags, e, shown))
		return n->again ? 0
				: ext_unread(n->ext, n->now.number, EBADMSG,
					     "inode %u: the directory has a "
					     "name that cannot be, of inode "
					     "%u",
					     n->now.number, e->inode);
	n->secret |= n->now.flags & EXT4_ENCRYPT_FL;
	if (dir)
		stop = name_dir(n, dir, shown);
	if (stop || !wanted)
		return stop;
	return n->again ? hand_over(n, n->now.number, e->inode, shown)
			: keep_name(n, e->inode, shown);
}

static int take(void *ctx, const struct ext_dirent *e)
{
	struct naming *n = ctx;

	if (!e)
		return n->again ? 0
				: ext_unread(n->ext, n->now.number, EBADMSG,
					     "%s", n->ext->why);
	return e->len && is_dots(e) ? 0 : take_entry(n, e);
}

/* ------------------------------ all directories --------------------------- */

static int read_dirs(struct naming *n)
{
	uint64_t budget = ext_budget(n->ext);
	int stop = 0;

	for (size_t i = 0; i < n->dirs && !stop; i++) {
		int error = ext_inode_read(n->ext, EXT_DIR, n->dir[i].number,
					   &n->now);

		if (!error)
			stop = ext_dir_read(n->ext, &n->now, &budget, take, n);
		else if (!n->again)
			stop = ext_unread(n->ext, n->dir[i].number, -error,
					  "%s", n->ext->why);
	}
	return stop;
}

static int list_dirs(struct naming *n)
{
	const struct ext *ext = n->ext;
	uint64_t number = 0;
	size_t count = 0;

	while ((number = ext_next(ext, n->marks->dirs, number + 1)) !=
	       UINT64_MAX)
		count++;
	n->dir = calloc(count + 1, sizeof(*n->dir));
	n->path = malloc(DISK_PATH_MAX);
	if (!n->dir || !n->path)
		return -ENOMEM;
	number = 0;
	while ((number = ext_next(ext, n->marks->dirs, number + 1)) !=
	       UINT64_MAX)
		n->dir[n->dirs++].number = (uint32_t)number;
	return 0;
}

static int hand_names(struct naming *n)
{
	int stop = 0;

	for (size_t i = 0; i < n->names && !stop; i++)
		stop = hand_over(n, n->name[i].dir, n->name[i].inode,
				 n->name[i].name);
	return stop;
}

static int hand_root(struct naming *n)
{
	if (!ext_marked(n->marks->wanted, EXT2_ROOT_INO))
		return 0;
	ext_mark(n->marks->named, EXT2_ROOT_INO);
	return ext_hand_over(n->ext, ".", EXT2_ROOT_INO, n->ext->options->all);
}

static int name_all(struct naming *n)
{
	int stop = list_dirs(n);

	if (!stop)
		stop = hand_root(n);
	if (!stop)
		stop = read_dirs(n);
	if (!stop)
		stop = hand_names(n);
	n->again = true;
	if (!stop && n->full)
		stop = read_dirs(n);
	if (!stop && n->secret)
		stop = ext_notice(n->ext, "names in encrypted directories are "
					  "shown as their bytes in "
					  "hexadecimal");
	return stop;
}

int ext_names(struct ext *ext, struct ext_marks *marks)
{
	struct naming n = {.ext = ext, .marks = marks};
	int stop;

	/* Nothing is wanted: then no directory need be read. */
	if (ext_next(ext, marks->wanted, 1) == UINT64_MAX)
		return 0;
	stop = name_all(&n);
	forget_names(&n);
	for (size_t i = 0; i < n.dirs; i++)
		free(n.dir[i].name);
	free(n.dir);
	free(n.path);
	return stop;
}
