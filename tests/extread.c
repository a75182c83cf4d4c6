/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images of ext file systems made to be read, and what was read of them. */
#ifdef HAVE_EXT4
#include "extread.h"
#include "suite.h"

#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -------------------------------- the library ----------------------------- */

static ext2_filsys open_image(const char *image, int flags)
{
	ext2_filsys fs;

	ck_assert_int_eq(ext2fs_open(image, EXT2_FLAG_64BITS | flags, 0, 0,
				     unix_io_manager, &fs),
			 0);
	return fs;
}

bool extread_plant(const char *image, const char *path, const void *value,
		   size_t size)
{
	uint32_t number = extread_inode(image, path);
	ext2_filsys fs = open_image(image, EXT2_FLAG_RW);
	struct ext2_xattr_handle *handle;
	errcode_t error;

	ck_assert_int_eq(ext2fs_read_bitmaps(fs), 0);
	ck_assert_int_eq(ext2fs_xattrs_open(fs, number, &handle), 0);
	ck_assert_int_eq(ext2fs_xattrs_read(handle), 0);
	error = ext2fs_xattr_set(handle, "security.capability", value, size);
	ext2fs_xattrs_close(&handle);
	ck_assert_int_eq(ext2fs_close(fs), 0);
	return error == 0;
}

uint32_t extread_inode(const char *image, const char *path)
{
	return (uint32_t)extimage_find(image, path, NULL).inode;
}

struct extread_place extread_place(const char *image, uint32_t inode)
{
	ext2_filsys fs = open_image(image, 0);
	uint32_t per_group = fs->super->s_inodes_per_group;
	struct extread_place place;
	struct ext2_inode node;
	blk64_t data = 0;

	place.inode = ext2fs_inode_table_loc(fs, (inode - 1) / per_group) *
			      fs->blocksize +
		      (uint64_t)((inode - 1) % per_group) *
			      EXT2_INODE_SIZE(fs->super);
	ck_assert_int_eq(ext2fs_read_inode(fs, inode, &node), 0);
	place.attrs = ext2fs_file_acl_block(fs, &node) * fs->blocksize;
	ext2fs_bmap2(fs, inode, &node, NULL, 0, 0, NULL, &data);
	place.data = data * fs->blocksize;
	ext2fs_close(fs);
	return place;
}

void extread_flip(const char *image, uint64_t at)
{
	int fd = open(image, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	ck_assert_int_eq(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 0x10;
	ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

/* --------------------------------- reading -------------------------------- */

static struct disk_list *list;

static struct disk begin(const char *image)
{
	struct disk disk = disk_list_open(image);

	ck_assert_uint_gt(disk.size, 0);
	list = disk_list_begin();
	return disk;
}

const struct disk_list *extread_scan(const char *image, bool all, bool orphans)
{
	struct disk disk = begin(image);
	struct disk_options options = {.all = all, .orphans = orphans};

	list->ended = ext_scan(&disk, &options, disk_list_take, NULL);
	close(disk.fd);
	ck_assert_int_eq(list->ended, 0);
	return list;
}

static const struct disk_entry *only(const struct disk *disk)
{
	close(disk->fd);
	ck_assert_int_eq(list->ended, 0);
	ck_assert_uint_eq(list->count, 1);
	return &list->entry[0];
}

const struct disk_entry *extread_find(const char *image, const char *path)
{
	struct disk disk = begin(image);

	list->ended = ext_find(&disk, path, disk_list_take, NULL);
	return only(&disk);
}

const struct disk_entry *extread_number(const char *image, uint64_t inode)
{
	struct disk disk = begin(image);

	list->ended = ext_inode(&disk, inode, disk_list_take, NULL);
	return only(&disk);
}
#endif
