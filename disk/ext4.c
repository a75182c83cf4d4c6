/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ext2, ext3 and ext4: all that has the attribute, one file, one inode. */
#include "disk/ext4.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static const struct disk_options none;

/* What could not be opened is an entry. 1: there is nothing to go on with. */
static int begin(struct ext *ext, const struct disk *disk, int *stop)
{
	int error = ext_open(ext, disk);

	*stop = error;
	if (error && error != -ENOMEM)
		*stop = ext_unread(ext, NULL, 0, -error, "%s", ext->why);
	return error != 0;
}

/* ----------------------------------- all ---------------------------------- */

static int tell_state(struct ext *ext)
{
	const struct ext2_super_block *super = ext->fs->super;
	int stop = 0;

	if (ext->notice[0])
		stop = ext_notice(ext, "%s", ext->notice);
	if (!stop && ext->doubtful)
		stop = ext_unread(ext, NULL, 0, EBADMSG,
				  "the checksum of its superblock is wrong, "
				  "and there is no good copy");
	if (!stop && ext2fs_has_feature_journal_needs_recovery(ext->fs->super))
		stop = ext_notice(ext, "its journal needs recovery: the image "
				       "may be older than the file system");
	if (!stop && super->s_state & EXT2_ERROR_FS)
		stop = ext_notice(ext, "errors are recorded in it, and it was "
				       "not checked since");
	return stop;
}

static int scan(struct ext *ext, struct ext_marks *marks)
{
	size_t words = ext_words(ext);
	int stop;

	marks->wanted = calloc(words, sizeof(*marks->wanted));
	marks->dirs = calloc(words, sizeof(*marks->dirs));
	marks->named = calloc(words, sizeof(*marks->named));
	if (!marks->wanted || !marks->dirs || !marks->named)
		return -ENOMEM;
	stop = ext_tables(ext, marks);
	if (!stop)
		stop = ext_names(ext, marks);
	return stop ? stop : ext_unnamed(ext, marks);
}

int ext_scan(const struct disk *disk, const struct disk_options *options,
	     disk_fn *fn, void *ctx)
{
	struct ext ext = {.options = options, .fn = fn, .ctx = ctx};
	struct ext_marks marks = {0};
	int stop;

	if (!begin(&ext, disk, &stop)) {
		stop = tell_state(&ext);
		if (!stop)
			stop = scan(&ext, &marks);
	}
	free(marks.wanted);
	free(marks.dirs);
	free(marks.named);
	ext_close(&ext);
	return stop;
}

/* --------------------------------- one file ------------------------------- */

struct search {
	struct ext *ext;
	const struct ext_node *dir;
	const char *name;
	size_t len;
	uint32_t found;
	bool trouble;
	char why[EXT_WHY_SIZE];
};

static int compare(void *ctx, const struct ext_dirent *entry)
{
	struct search *s = ctx;
	char shown[EXT_NAME_SIZE];

	if (!entry) {
		if (!s->trouble)
			memcpy(s->why, s->ext->why, sizeof(s->why));
		s->trouble = true;
		return 0;
	}
	if (!ext_dirent_shown(s->dir->flags, entry, shown) ||
	    strlen(shown) != s->len || memcmp(shown, s->name, s->len) != 0)
		return 0;
	s->found = entry->inode;
	return 1;
}

static int read_directory(struct ext *ext, uint32_t number,
			  struct ext_node *dir)
{
	int error = ext_inode_read(ext, EXT_DIR, number, dir);

	if (!error && !LINUX_S_ISDIR(dir->mode))
		error = ext_why(ext, -ENOTDIR, "inode %u: it is no directory",
				number);
	return error;
}

/* The inode of a name in directory *@number; 0, or a negated errno and why. */
static int step(struct ext *ext, uint32_t *number, const char *name, size_t len)
{
	struct search s = {.ext = ext, .name = name, .len = len};
	uint64_t budget = ext_budget(ext);
	struct ext_node dir;
	int error = read_directory(ext, *number, &dir);

	if (error)
		return error;
	s.dir = &dir;
	error = ext_dir_read(ext, &dir, &budget, compare, &s);
	if (error < 0)
		return error;
	if (!s.found && s.trouble)
		return ext_why(ext, -EBADMSG, "%s", s.why);
	if (!s.found)
		return ext_why(ext, -ENOENT,
			       "inode %u: the directory does not have it",
			       *number);
	*number = s.found;
	return 0;
}

/* Where a path has come to, from the root down. ".." goes back to where it came
 * from, whatever the directory's own entry says, and the root has nothing above
 * it: so the kernel walks, and a corrupt entry leads nowhere. */
struct walk {
	uint32_t *number;
	size_t depth;
};

static int walk(struct ext *ext, struct walk *w, const char *name, size_t len)
{
	uint32_t number = w->number[w->depth];
	struct ext_node dir;
	int error;

	if (len == 2 && memcmp(name, "..", 2) == 0) {
		error = read_directory(ext, number, &dir);
		w->depth -= !error && w->depth;
		return error;
	}
	error = step(ext, &number, name, len);
	if (!error)
		w->number[++w->depth] = number;
	return error;
}

/* The next part of a path, those that mean nothing left out. */
static const char *next_part(const char *at, size_t *len)
{
	do {
		at += strspn(at, "/");
		*len = strcspn(at, "/");
		if (*len != 1 || *at != '.')
			break;
		at++;
	} while (*at);
	return at;
}

static int follow(struct ext *ext, const char *path, struct walk *w,
		  char *clean)
{
	size_t len, used = 0;
	int error = 0;

	for (path = next_part(path, &len); *path;
	     path = next_part(path + len, &len)) {
		if (!error)
			error = walk(ext, w, path, len);
		if (used)
			clean[used++] = '/';
		memcpy(clean + used, path, len);
		used += len;
	}
	if (!used)
		clean[used++] = '.';
	clean[used] = '\0';
	return error;
}

static int find(struct ext *ext, const char *path)
{
	struct walk w = {
		.number = calloc(strlen(path) / 2 + 2, sizeof(*w.number))};
	char *clean = malloc(strlen(path) + 2);
	int stop = -ENOMEM;

	if (clean && w.number) {
		w.number[0] = EXT2_ROOT_INO;
		stop = follow(ext, path, &w, clean);
		if (!stop)
			stop = ext_hand_over(ext, clean, w.number[w.depth],
					     true);
		else if (stop != -ENOMEM)
			stop = ext_unread(ext, clean, 0, -stop, "%s", ext->why);
	}
	free(w.number);
	free(clean);
	return stop;
}

int ext_find(const struct disk *disk, const char *path, disk_fn *fn, void *ctx)
{
	struct ext ext = {.options = &none, .fn = fn, .ctx = ctx};
	int stop;

	if (!begin(&ext, disk, &stop))
		stop = find(&ext, path);
	ext_close(&ext);
	return stop;
}

/* -------------------------------- one inode ------------------------------- */

static int hand_inode(struct ext *ext, uint64_t number)
{
	struct ext_node node;

	if (number < 1 || number > ext->inodes)
		return ext_unread(ext, NULL, 0, ENOENT,
				  "inode %" PRIu64 ": there are only %u inodes",
				  number, ext->inodes);
	ext_inode_read(ext, EXT_ENTRY, (uint32_t)number, &node);
	if (node.raw && !node.mode && !node.links)
		return ext_unread(ext, NULL, node.number, ENOENT,
				  "inode %u: it is not in use", node.number);
	return ext_hand_over(ext, NULL, node.number, true);
}

int ext_inode(const struct disk *disk, uint64_t inode, disk_fn *fn, void *ctx)
{
	struct ext ext = {.options = &none, .fn = fn, .ctx = ctx};
	int stop;

	if (!begin(&ext, disk, &stop))
		stop = hand_inode(&ext, inode);
	ext_close(&ext);
	return stop;
}
