/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk as libext2fs sees it that is only read: what is written stays in
 * memory.
 */
#ifndef DISK_EXT4_IO_H
#define DISK_EXT4_IO_H

#include "disk/disk.h"

#include <ext2fs/ext2fs.h>

/** EXT_IO_UNIT - bytes that are kept, compared and handed over together: the
 *  smallest block of a file system, and the size of its superblock */
#define EXT_IO_UNIT 1024

/** EXT_IO_UNITS_MAX - how many are kept; more is EFBIG */
#define EXT_IO_UNITS_MAX (1 << 19)

/** struct ext_unit - one that has got other bytes */
struct ext_unit {
	uint64_t number; /* its offset, in units */
	uint8_t bytes[EXT_IO_UNIT];
};

/** struct ext_io - a disk, and what it would hold */
struct ext_io {
	const struct disk *disk;
	void *tree; /* of tsearch(3) */
	struct ext_unit **unit;
	size_t count, room;
};

/**
 * ext_io_open() - open its file system, which reads and writes through @io
 * @io: zero but for its disk; it stays where it is while the file system is open
 * @super, @block: a copy of the superblock, and the bytes of a block; 0: neither
 *
 * Return: as ext2fs_open2().
 */
errcode_t ext_io_open(struct ext_io *io, int flags, int super, unsigned block,
		      ext2_filsys *fs);

/**
 * ext_io_changed() - hand over each unit that differs from the disk, in
 * ascending order
 *
 * Return: 0, what @fn returned, or a negated errno.
 */
int ext_io_changed(struct ext_io *io, disk_block_fn *fn, void *ctx);

void ext_io_close(struct ext_io *io);

#endif /* DISK_EXT4_IO_H */
