/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk: file systems in images and on devices, read without mounting them, and
 * ext written.
 *
 * A reader goes through a file system and calls a function for each entry that
 * has the attribute. It knows bytes and places, not what a value means. Nothing
 * that it reads is trusted: it runs where a crash does no harm, and is to give
 * none; what it cannot read is handed over as an error with its place, and it
 * goes on. Nothing here opens a file or prints.
 */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --------------------------------- the bytes ------------------------------ */

/** struct disk - where a file system is: a part of an open file or device */
struct disk {
	int fd;
	uint64_t offset; /* of its first byte */
	uint64_t size;	 /* bytes from there on */
};

/**
 * disk_read() - read exactly @size bytes at @at, counted from its beginning
 * Return: 0, -EBADMSG where it does not have them, or a negated errno, which is
 * not -ENODATA.
 */
int disk_read(const struct disk *disk, uint64_t at, void *buf, size_t size);

/**
 * disk_part_of() - a part of a disk
 * Return: 0, or -EBADMSG where it does not lie within.
 */
int disk_part_of(const struct disk *disk, uint64_t offset, uint64_t size,
		 struct disk *part);

/* -------------------------------- the entries ----------------------------- */

/** DISK_PATH_MAX - bytes of a path; what is deeper is an error */
#define DISK_PATH_MAX (1 << 20)

/** DISK_VALUE_MAX - bytes of a value; a larger one is cut there, which makes no
 *  difference: it is too large to be a value */
#define DISK_VALUE_MAX (1 << 16)

/** enum disk_what - what a struct disk_entry tells */
enum disk_what {
	DISK_ENTRY,  /* an entry: its value, or @error why that is not known;
		      * ENODATA: it has none */
	DISK_UNREAD, /* what is there, or below, could not be read: @error */
	DISK_NOTICE, /* something worth a line: @reason */
};

/** struct disk_entry - what a reader hands over, valid during the call */
struct disk_entry {
	enum disk_what what;

	/** @path: below the root of the file system, without a leading '/', "."
	 *  for the root itself; NULL where an inode has no name, and where the
	 *  file system as a whole is told of */
	const char *path;

	/** @error: 0 or a positive errno. EBADMSG: what is there is corrupt;
	 *  ENOTSUP: a feature that is not known; EFBIG: beyond a limit */
	int error;

	/** @reason: a sentence to go with @error, or of DISK_NOTICE; it names
	 *  the place as exactly as it is known: "inode 12: ..." */
	const char *reason;

	/** @value, @size: the bytes as stored; NULL where @error is set. An
	 *  empty value is not NULL. */
	const uint8_t *value;
	size_t size;

	uint64_t inode;			/* its number; 0: not known */
	uint32_t generation;		/* 0 where the file system has none */
	uint32_t mode, uid, gid, links; /* @mode 0: none of them is known */

	/** @script: the file has a value and is known to begin with "#!" */
	bool script;

	/** @deleted: the inode was freed, and its bytes are still there */
	bool deleted;

	/** @partition: of a partitioned disk, from 1; 0 where there is none.
	 *  Not the readers' business */
	unsigned partition;
};

/** disk_fn - called for each entry; 0 to go on, anything else stops the reader,
 *  which returns it */
typedef int disk_fn(void *ctx, const struct disk_entry *entry);

/** struct disk_options - what to hand over; zero is the default */
struct disk_options {
	bool all;     /* entries without the attribute too */
	bool orphans; /* inodes that no directory names, deleted ones too */
};

/* -------------------------------- the readers ----------------------------- */

/**
 * ext_scan(), squashfs_scan(), erofs_scan() - all entries of a file system
 *
 * Every name of a hard-linked file is an entry of its own. An inode that has the
 * attribute and no name is an entry without a path where options ask for it,
 * else their number is a notice; EROFS, which cannot tell, says so where they are
 * asked for. Memory is bounded, whatever the bytes say.
 *
 * Return: 0, what the function returned, or -ENOMEM. What is wrong with the file
 * system is an entry, and so is that the build lacks the library: ENOTSUP.
 */
int ext_scan(const struct disk *disk, const struct disk_options *options,
	     disk_fn *fn, void *ctx);
int squashfs_scan(const struct disk *disk, const struct disk_options *options,
		  disk_fn *fn, void *ctx);
int erofs_scan(const struct disk *disk, const struct disk_options *options,
	       disk_fn *fn, void *ctx);

/**
 * ext_find() - one file of an ext file system by its path
 * @path: below the root; no link in it is followed
 *
 * Hands over exactly one entry: the file with its value or ENODATA, or an
 * unread one with ENOENT, ENOTDIR, or what is wrong.
 */
int ext_find(const struct disk *disk, const char *path, disk_fn *fn, void *ctx);

/** ext_inode() - one inode by its number, likewise; without a path */
int ext_inode(const struct disk *disk, uint64_t inode, disk_fn *fn, void *ctx);

/* ------------------------------ partition tables -------------------------- */

/** struct disk_partition - one partition of a table */
struct disk_partition {
	unsigned number; /* as the table or the kernel counts, from 1 */
	uint64_t offset, size;
	bool container; /* an extended partition: what is in it comes by itself */

	/** @type: what the partition holds, as libblkid calls it ("swap",
	 *  "crypto_LUKS"), or "" where it does not know */
	char type[32];
};

/**
 * table_read() - the partitions of a disk
 * @fn: called for each; as disk_fn
 * @why: on failure a sentence
 *
 * Return: 0; 1 where there is no table; what the function returned; or a negated
 * errno and @why.
 */
#define DISK_WHY_SIZE 200
typedef int disk_partition_fn(void *ctx, const struct disk_partition *part);
int table_read(const struct disk *disk, disk_partition_fn *fn, void *ctx,
	       char why[DISK_WHY_SIZE]);

/**
 * disk_choose() - the part of a disk that a user means
 * @offset: bytes from its beginning
 * @partition: of the table that is there, or 0: all that there is from there on
 * @part: the result
 * @why: on failure a sentence
 *
 * Return: 0 or a negated errno.
 */
int disk_choose(const struct disk *disk, uint64_t offset, unsigned partition,
		struct disk *part, char why[DISK_WHY_SIZE]);

/* --------------------------------- writing -------------------------------- */

/** struct disk_change - the attribute of one inode is to become this */
struct disk_change {
	uint64_t inode;
	uint32_t generation; /* it must be this still */
	bool remove;
	uint8_t value[24];
	size_t size; /* never 0 */
};

/** disk_block_fn - called for each block that differs afterwards; both are @size
 *  bytes at @at, counted from the beginning of the file system */
typedef int disk_block_fn(void *ctx, uint64_t at, const uint8_t *old,
			  const uint8_t *new, size_t size);

/**
 * ext_write() - which blocks are other ones once attributes are changed
 * @change: ordered by inode, each there once
 * @fn: called for each block in ascending order, after all went well
 * @why: on failure a sentence that names the inode
 *
 * Nothing is written: the disk is only read. The file system with these blocks
 * in place is one that e2fsck finds no fault with, if it was so before. One with
 * a journal that needs recovery, one in use or with known errors is refused.
 *
 * Return: 0, what the function returned, or a negated errno and @why.
 */
int ext_write(const struct disk *disk, const struct disk_change *change,
	      size_t changes, disk_block_fn *fn, void *ctx,
	      char why[DISK_WHY_SIZE]);

#endif /* DISK_H */
