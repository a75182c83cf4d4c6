/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in for readers whose library a build lacks. */
#include "disk/disk.h"

#include <errno.h>
#include <stdio.h>

#if !defined(HAVE_EXT4) || !defined(HAVE_SQUASHFS)
static int lacks(disk_fn *fn, void *ctx, const char *reason)
{
	const struct disk_entry e = {
		.what = DISK_UNREAD, .error = ENOTSUP, .reason = reason};

	return fn(ctx, &e);
}
#endif

#ifndef HAVE_EXT4
static const char no_ext[] = "this build reads no ext2, ext3 and ext4: it was "
			     "made without libext2fs";

int ext_scan(const struct disk *disk, const struct disk_options *options,
	     disk_fn *fn, void *ctx)
{
	(void)disk;
	(void)options;
	return lacks(fn, ctx, no_ext);
}

int ext_find(const struct disk *disk, const char *path, disk_fn *fn, void *ctx)
{
	(void)disk;
	(void)path;
	return lacks(fn, ctx, no_ext);
}

int ext_inode(const struct disk *disk, uint64_t inode, disk_fn *fn, void *ctx)
{
	(void)disk;
	(void)inode;
	return lacks(fn, ctx, no_ext);
}

int ext_write(const struct disk *disk, const struct disk_change *change,
	      size_t changes, disk_block_fn *fn, void *ctx,
	      char why[DISK_WHY_SIZE])
{
	(void)disk;
	(void)change;
	(void)changes;
	(void)fn;
	(void)ctx;
	snprintf(why, DISK_WHY_SIZE, "%s", no_ext);
	return -ENOTSUP;
}
#endif

#ifndef HAVE_SQUASHFS
int squashfs_scan(const struct disk *disk, const struct disk_options *options,
		  disk_fn *fn, void *ctx)
{
	(void)disk;
	(void)options;
	return lacks(fn, ctx,
		     "this build reads no squashfs: it was made without "
		     "libsquashfs");
}
#endif

#ifndef HAVE_BLKID
int table_read(const struct disk *disk, disk_partition_fn *fn, void *ctx,
	       char why[DISK_WHY_SIZE])
{
	(void)disk;
	(void)fn;
	(void)ctx;
	snprintf(why, DISK_WHY_SIZE,
		 "this build reads no partition tables: it was made without "
		 "libblkid; --offset=BYTES says where a file system begins");
	return -ENOTSUP;
}
#endif
