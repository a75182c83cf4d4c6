/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through the directories: which names inodes have. */
#include "disk/ext4.h"

#include <errno.h>
#include <stdlib.h>

struct name {
	size_t name; /* in the tree's text */
	uint32_t dir, inode;
};

struct names {
	struct ext *ext;
	struct ext_marks *marks;
	struct ext_tree tree;
	struct name *name;
	size_t count, room;
	bool many; /* too many to be kept: they are handed over as they come, */
	bool again;	/* now: when directories are read again */
	bool done;	/* nothing is left to be found */
	bool encrypted; /* names that are handed over */
	const struct ext_node *dir;
	uint64_t *told; /* marks of directories that were not read whole */
};

/* --------------------------------- handing over --------------------------- */

static int no_path(struct names *n, uint32_t dir, int error)
{
	const char *what = "nothing leads from the root to this directory";

	if (error == -EALREADY)
		return 0;
	if (error == -ELOOP)
		what = "the directory is in a loop, or below one";
	if (error == -EFBIG)
		what = "the paths of what is in the directory are too long";
	return ext_unread(n->ext, NULL, dir, error == -EFBIG ? EFBIG : EBADMSG,
			  "inode %u: %s", dir, what);
}

static int hand_name(struct names *n, uint32_t dir, const char *name,
		     uint32_t inode)
{
	const char *path;
	int error = ext_tree_path(&n->tree, dir, name, &path);

	if (error)
		return no_path(n, dir, error);
	ext_mark(n->marks->named, inode);
	return ext_hand_over(n->ext, path, inode, n->ext->options->all);
}

/* ---------------------------------- finding ------------------------------- */

static int keep(struct names *n, const char *shown, uint32_t inode)
{
	struct name *name;

	if (n->many || n->count == EXT_NAMES_MAX) {
		n->many = true;
		return 0;
	}
	if (n->count == n->room) {
		size_t room = 2 * n->room + 64;

		name = realloc(n->name, room * sizeof(*name));
		if (!name)
			return -ENOMEM;
		n->name = name;
		n->room = room;
	}
	name = &n->name[n->count++];
	name->dir = n->dir->number;
	name->inode = inode;
	ext_tree_need(&n->tree, name->dir);
	if (n->marks->links)
		n->marks->links--;
	return ext_tree_text(&n->tree, shown, &name->name);
}

static int name_dir(struct names *n, const char *shown, uint32_t inode)
{
	int error = ext_tree_name(&n->tree, inode, n->dir->number, shown);

	if (error != -EEXIST)
		return error;
	return ext_unread(n->ext, NULL, inode, EBADMSG,
			  "inode %u: the directory has more names than one; "
			  "that in inode %u is not followed",
			  inode, n->dir->number);
}

/* @shown is one that is wanted, or a directory, or both */
static int use(struct names *n, const char *shown, uint32_t inode)
{
	bool wanted = ext_marked(n->marks->wanted, inode);
	int stop = 0;

	if (wanted && n->dir->flags & EXT4_ENCRYPT_FL)
		n->encrypted = true;
	if (n->again)
		return wanted ? hand_name(n, n->dir->number, shown, inode) : 0;
	if (ext_marked(n->marks->dirs, inode))
		stop = name_dir(n, shown, inode);
	if (!stop && wanted)
		stop = keep(n, shown, inode);
	if (stop || n->many || n->marks->unsure || n->marks->links ||
	    n->tree.missing)
		return stop;
	n->done = true;
	return 1;
}

/* What was told when they were read first is not told again. */
static int dir_unread(struct names *n, int error)
{
	uint32_t number = n->dir->number;

	if (n->again && ext_marked(n->told, number))
		return 0;
	ext_mark(n->told, number);
	return ext_unread(n->ext, NULL, number, error, "%s", n->ext->why);
}

static bool is_dots(const struct ext_dirent *entry)
{
	return entry->len <= 2 && !memcmp(entry->name, "..", entry->len);
}

static int see(void *ctx, const struct ext_dirent *entry)
{
	struct names *n = ctx;
	char shown[EXT_NAME_SIZE];

	if (!entry)
		return dir_unread(n, EBADMSG);
	if (!ext_marked(n->marks->wanted, entry->inode) &&
	    !ext_marked(n->marks->dirs, entry->inode))
		return 0;
	if (entry->len && is_dots(entry))
		return 0;
	if (ext_dirent_shown(n->dir->flags, entry, shown))
		return use(n, shown, entry->inode);
	return n->again ? 0
			: ext_unread(n->ext, NULL, entry->inode, EBADMSG,
				     "inode %u: its name in the directory of "
				     "inode %u is one that cannot be",
				     entry->inode, n->dir->number);
}

static int read_dirs(struct names *n)
{
	struct ext *ext = n->ext;
	uint64_t budget = ext_budget(ext);
	uint64_t i = ext_next(ext, n->marks->dirs, 0);
	int stop = 0;

	for (; i != UINT64_MAX && !stop && !n->done;
	     i = ext_next(ext, n->marks->dirs, i + 1)) {
		struct ext_node dir;
		int error = ext_inode_read(ext, EXT_DIR, (uint32_t)i, &dir);

		/* One that is corrupt is told of where it is handed over. */
		n->dir = &dir;
		if (dir.raw)
			stop = ext_dir_read(ext, &dir, &budget, see, n);
		else
			stop = dir_unread(n, -error);
	}
	return n->done ? 0 : stop;
}

/* ---------------------------------- of all -------------------------------- */

static int hand_root(struct names *n)
{
	struct ext_marks *marks = n->marks;
	int stop = 0;

	if (!ext_marked(marks->dirs, EXT2_ROOT_INO))
		stop = ext_unread(n->ext, NULL, EXT2_ROOT_INO, EBADMSG,
				  "inode %u: there is no root directory",
				  EXT2_ROOT_INO);
	if (stop || !ext_marked(marks->wanted, EXT2_ROOT_INO))
		return stop;
	ext_mark(marks->named, EXT2_ROOT_INO);
	return ext_hand_over(n->ext, ".", EXT2_ROOT_INO, n->ext->options->all);
}

static int hand_names(struct names *n)
{
	int stop = 0;

	if (n->many) {
		n->again = true;
		return read_dirs(n);
	}
	for (size_t i = 0; i < n->count && !stop; i++) {
		const struct name *name = &n->name[i];

		stop = hand_name(n, name->dir, n->tree.text + name->name,
				 name->inode);
	}
	return stop;
}

int ext_names(struct ext *ext, struct ext_marks *marks)
{
	struct names n = {
		.ext = ext,
		.marks = marks,
		.many = ext->options->all,
	};
	int stop;

	/* Where none has the attribute, no name matters. */
	if (ext_next(ext, marks->wanted, 0) == UINT64_MAX)
		return 0;
	n.told = calloc(ext_words(ext), sizeof(*n.told));
	stop = n.told ? ext_tree_init(&n.tree, ext, marks->dirs) : -ENOMEM;
	if (!stop)
		stop = hand_root(&n);
	if (!stop)
		stop = read_dirs(&n);
	if (!stop)
		stop = hand_names(&n);
	if (!stop && n.encrypted)
		stop = ext_notice(ext, "names in encrypted directories are "
				       "shown in hexadecimal, as they are "
				       "stored");
	ext_tree_free(&n.tree);
	free(n.name);
	free(n.told);
	return stop;
}
