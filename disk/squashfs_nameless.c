/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of inodes from its beginning to its end: who has no name? */
#include "disk/squashfs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int nameless(struct squashfs *fs, const struct sq_inode *inode,
		    uint64_t *count)
{
	if (!sq_sets_has(fs, inode->set) || sq_refs_has(&fs->named, inode->ref))
		return 0;
	++*count;
	return fs->options->orphans ? sq_entry(fs, NULL, inode) : 0;
}

static int unread(struct squashfs *fs, int error)
{
	char why[DISK_WHY_SIZE];

	memcpy(why, fs->why, sizeof(why));
	sq_fail(fs, 0,
		"%.100s; of inodes without a name from there on nothing "
		"is known",
		why);
	return sq_tell(fs, DISK_UNREAD, NULL, -error, fs->why);
}

static int read_all(struct squashfs *fs, uint64_t *count)
{
	struct sq_at at = {&fs->inodes, fs->inodes.start, 0};
	int stop = 0;

	while (!stop && at.block < fs->inodes.end) {
		struct sq_inode inode;
		int error = sq_inode_next(fs, &at, &inode);

		if (error == -ENOMEM)
			return error;
		if (error)
			return unread(fs, error);
		stop = nameless(fs, &inode, count);
	}
	return stop;
}

int sq_nameless(struct squashfs *fs)
{
	uint64_t count = 0;
	int stop;

	if (fs->uncounted)
		return sq_tell(fs, DISK_NOTICE, NULL, 0,
			       "too many inodes have the attribute to tell "
			       "whether all have a name");
	stop = read_all(fs, &count);
	if (stop || !count || fs->options->orphans)
		return stop;
	sq_fail(fs, 0,
		"%" PRIu64 " inodes that have the attribute have no name that "
		"could be read",
		count);
	return sq_tell(fs, DISK_NOTICE, NULL, 0, fs->why);
}
