/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ext2, ext3 and ext4: all that has the attribute, or one file of it. */
#include "disk/ext4.h"

#include <errno.h>
#include <stdlib.h>

/* ------------------------------- the whole -------------------------------- */

/* What is to be known of the file system before anything in it. */
static int say_state(struct ext *ext)
{
	int stop = 0;

	if (ext->doubtful)
		stop = ext_unread(
			ext, 0, EBADMSG,
			"the checksum of its superblock is wrong, and "
			"no copy of it is better");
	if (!stop && *ext->notice)
		stop = ext_notice(ext, "%s", ext->notice);
	if (!stop && ext2fs_has_feature_journal_needs_recovery(ext->fs->super))
		stop = ext_notice(ext, "its journal needs recovery: what the "
				       "image says may be older than the file "
				       "system");
	if (!stop && ext->fs->super->s_state & EXT2_ERROR_FS)
		stop = ext_notice(ext, "the kernel has found errors in it: "
				       "e2fsck checks it");
	return stop;
}

static uint64_t *new_marks(const struct ext *ext)
{
	return calloc((size_t)ext->inodes / 64 + 1, sizeof(uint64_t));
}

static int scan_open(struct ext *ext)
{
	struct ext_marks marks = {
		.wanted = new_marks(ext),
		.dirs = new_marks(ext),
		.named = new_marks(ext),
	};
	int stop = -ENOMEM;

	if (marks.wanted && marks.dirs && marks.named)
		stop = ext_tables(ext, &marks);
	if (!stop)
		stop = ext_names(ext, &marks);
	if (!stop)
		stop = ext_unnamed(ext, &marks);
	free(marks.wanted);
	free(marks.dirs);
	free(marks.named);
	return stop;
}

/* Of what cannot be opened there is that to tell. */
static int opened(struct ext *ext, const struct disk *disk)
{
	int error = ext_open(ext, disk);

	if (!error && ext->inodes > disk->size / ext->inode_size)
		error = ext_why(ext, -EBADMSG,
				"it says that it has %u inodes, for which the "
				"image is too small",
				ext->inodes);
	if (!error || error == -ENOMEM)
		return error;
	error = ext_unread(ext, 0, -error, "%s", ext->why);
	return error ? error : 1;
}

static int run(const struct disk *disk, const struct disk_options *options,
	       disk_fn *fn, void *ctx, int (*work)(struct ext *ext, void *what),
	       void *what)
{
	struct ext *ext = calloc(1, sizeof(*ext));
	int stop;

	if (!ext)
		return -ENOMEM;
	ext->options = options;
	ext->fn = fn;
	ext->ctx = ctx;
	stop = opened(ext, disk);
	if (!stop)
		stop = work(ext, what);
	else if (stop == 1)
		stop = 0;
	ext_close(ext);
	free(ext);
	return stop;
}

static int scan_all(struct ext *ext, void *what)
{
	int stop = say_state(ext);

	(void)what;
	return stop ? stop : scan_open(ext);
}

int ext_scan(const struct disk *disk, const struct disk_options *options,
	     disk_fn *fn, void *ctx)
{
	return run(disk, options, fn, ctx, scan_all, NULL);
}

/* ------------------------------- one inode -------------------------------- */

static const struct disk_options plain;

static int hand_inode(struct ext *ext, void *what)
{
	const uint64_t *number = what;

	if (!*number || *number > ext->inodes)
		return ext_unread(ext, 0, ENOENT,
				  "inode %ju: there are only %u inodes",
				  (uintmax_t)*number, ext->inodes);
	return ext_hand_over(ext, NULL, (uint32_t)*number, true);
}

int ext_inode(const struct disk *disk, uint64_t inode, disk_fn *fn, void *ctx)
{
	return run(disk, &plain, fn, ctx, hand_inode, &inode);
}

/* ------------------------------- one path --------------------------------- */

/* struct looking - for one name in one directory */
struct looking {
	uint32_t flags; /* of the directory */
	const char *name;
	size_t len;
	uint32_t inode; /* 0: not found */
	bool trouble;	/* some of it could not be read */
};

static int compare(void *ctx, const struct ext_dirent *e)
{
	char shown[EXT_NAME_SIZE];
	struct looking *l = ctx;

	if (!e) {
		l->trouble = true;
		return 0;
	}
	if (!ext_dirent_shown(l->flags, e, shown) || strlen(shown) != l->len ||
	    memcmp(shown, l->name, l->len) != 0)
		return 0;
	l->inode = e->inode;
	return 1;
}

/* The inode of a name; 0 or a positive errno. */
static int look_up(struct ext *ext, uint32_t dir, const char *name, size_t len,
		   uint32_t *inode)
{
	struct looking l = {.name = name, .len = len};
	uint64_t budget = ext_budget(ext);
	struct ext_node node;
	int error = ext_inode_read(ext, EXT_DIR, dir, &node);

	if (error)
		return -error;
	if (!LINUX_S_ISDIR(node.mode))
		return ENOTDIR;
	l.flags = node.flags;
	error = ext_dir_read(ext, &node, &budget, compare, &l);
	*inode = l.inode;
	if (error < 0)
		return -error;
	if (l.inode)
		return 0;
	return l.trouble ? EBADMSG : ENOENT;
}

static bool is_dot(const char *name, size_t len)
{
	return !len || (len == 1 && *name == '.');
}

static int walk(struct ext *ext, const char *path, uint32_t *inode)
{
	int error = 0;

	*inode = EXT2_ROOT_INO;
	while (*path && !error) {
		size_t len = strcspn(path, "/");

		if (len == 2 && path[0] == '.' && path[1] == '.')
			return EINVAL;
		if (!is_dot(path, len))
			error = look_up(ext, *inode, path, len, inode);
		path += len + (path[len] == '/');
	}
	return error;
}

static const char *walk_reason(const struct ext *ext, int error)
{
	switch (error) {
	case ENOENT:
		return "there is no such file in it";
	case ENOTDIR:
		return "something on the way is no directory; links are not "
		       "followed";
	case EINVAL:
		return "'..' is not followed";
	default:
		return ext->why;
	}
}

static int hand_path(struct ext *ext, void *what)
{
	const char *path = what;
	struct disk_entry e = {.what = DISK_UNREAD};
	uint32_t inode;

	e.error = walk(ext, path, &inode);
	if (e.error == ENOMEM)
		return -ENOMEM;
	while (*path == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	e.path = *path ? path : ".";
	if (!e.error)
		return ext_hand_over(ext, e.path, inode, true);
	e.reason = walk_reason(ext, e.error);
	return ext->fn(ext->ctx, &e);
}

int ext_find(const struct disk *disk, const char *path, disk_fn *fn, void *ctx)
{
	return run(disk, &plain, fn, ctx, hand_path, (void *)(uintptr_t)path);
}
