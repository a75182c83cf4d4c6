/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images of ext file systems, made by mke2fs and debugfs, and written to. */
#ifndef VFSCAP_TESTS_EXTIMAGE_H
#define VFSCAP_TESTS_EXTIMAGE_H

#include "disk/disk.h"

/** extimage_find() - the inode of a path, and the block of its attributes */
struct disk_change extimage_find(const char *image, const char *path,
				 unsigned long long *block);

/** struct written - what ext_write() did */
struct written {
	int error;
	size_t blocks;
	char why[DISK_WHY_SIZE];
};

/**
 * extimage_write() - call ext_write() and put the blocks in place
 *
 * Fails where the image has changed before, where blocks are not in ascending
 * order or do not tell what was there, or where an error comes with blocks.
 */
struct written extimage_write(const char *image,
			      const struct disk_change *change, size_t changes);

#endif /* VFSCAP_TESTS_EXTIMAGE_H */
