/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images of ext file systems, made by mke2fs and debugfs, and written to. */
#ifdef HAVE_EXT4
#include "extimage.h"
#include "suite.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct disk_change extimage_find(const char *image, const char *path,
				 unsigned long long *block)
{
	struct disk_change change = {0};
	struct ext2_inode inode;
	ext2_ino_t number;
	ext2_filsys fs;

	ck_assert_int_eq(ext2fs_open(image, EXT2_FLAG_64BITS, 0, 0,
				     unix_io_manager, &fs),
			 0);
	ck_assert_msg(ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path,
				   &number) == 0,
		      "%s", path);
	ck_assert_int_eq(ext2fs_read_inode(fs, number, &inode), 0);
	change.inode = number;
	change.generation = inode.i_generation;
	if (block)
		*block = ext2fs_file_acl_block(fs, &inode);
	ext2fs_close(fs);
	return change;
}

/* --------------------------------- writing ------------------------------- */

struct target {
	int fd;
	size_t blocks;
	uint64_t end;
};

static int put(void *ctx, uint64_t at, const uint8_t *old, const uint8_t *new,
	       size_t size)
{
	struct target *t = ctx;
	uint8_t *is = malloc(size);

	expect(at >= t->end, "blocks are out of order");
	expect(memcmp(old, new, size) != 0, "a block does not differ");
	expect(pread(t->fd, is, size, (off_t)at) == (ssize_t)size &&
		       memcmp(is, old, size) == 0,
	       "that was not there");
	expect(pwrite(t->fd, new, size, (off_t)at) == (ssize_t)size, "pwrite");
	free(is);
	t->end = at + size;
	t->blocks++;
	return 0;
}

struct written extimage_write(const char *image,
			      const struct disk_change *change, size_t changes)
{
	struct target t = {.fd = open(image, O_RDWR | O_CLOEXEC)};
	struct disk disk = {.fd = open(image, O_RDONLY | O_CLOEXEC)};
	struct written w = {0};
	struct stat st;

	ck_assert(t.fd >= 0 && disk.fd >= 0);
	ck_assert_int_eq(fstat(disk.fd, &st), 0);
	disk.size = (uint64_t)st.st_size;
	memset(w.why, 'x', sizeof(w.why));
	w.error = ext_write(&disk, change, changes, put, &t, w.why);
	w.blocks = t.blocks;
	ck_assert(memchr(w.why, '\0', sizeof(w.why)));
	if (w.error)
		expect(w.blocks == 0 && w.why[0], "%d %s", w.error, w.why);
	close(t.fd);
	close(disk.fd);
	return w;
}
#endif
