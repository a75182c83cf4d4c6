/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files that write to ext file systems share; nobody else includes it.
 */
#ifndef DISK_EXT4_WRITE_H
#define DISK_EXT4_WRITE_H

#include "disk/ext4_io.h"

/** EXT_ATTRIBUTE - the one that is written */
#define EXT_ATTRIBUTE "security.capability"

/** struct ext_writer - a file system that is being changed in memory */
struct ext_writer {
	ext2_filsys fs;
	struct ext2_inode_large *inode; /* the one that is being changed */
	char *block;			/* room for one block */
	char *why;			/* of DISK_WHY_SIZE */
};

/** struct ext_attributes - where the attributes of an inode are */
struct ext_attributes {
	unsigned ours;	     /* how many are EXT_ATTRIBUTE */
	ext2_ino_t value_in; /* the inode that ours has its value in, or 0 */
	uint64_t counted;    /* blocks that the inode is charged for it */
	size_t space;	     /* that ours takes where it is */
	unsigned count;	     /* of all */
	unsigned in_block;
	bool ours_in_block;
	size_t body_left; /* bytes in the inode for entries and values, once
			      * ours is gone from there */
	uint32_t shared;  /* how many inodes have the block; 0: there is none */
};

/** ext_say_why() - fill in the reason with its inode, 0: the file system; returns
 *  @error */
int ext_say_why(const struct ext_writer *w, int error, ext2_ino_t inode,
		const char *format, ...) __attribute__((format(printf, 4, 5)));

/** ext_failed() - the same for what libext2fs returned; 0 where that is 0 */
int ext_failed(const struct ext_writer *w, errcode_t code, ext2_ino_t inode);

/** ext_refuse() - is the file system one to write to? 0, or an errno, negated,
 *  and the reason */
int ext_refuse(const struct ext_writer *w, const struct disk *disk);

/** ext_refuse_inode() - is the inode, which was read, one to write to? */
int ext_refuse_inode(const struct ext_writer *w,
		     const struct disk_change *change);

/**
 * ext_attributes() - check the attributes of the inode, which was read, as
 * closely as it takes for libext2fs to write them anew without loss
 *
 * Return: 0, or a negated errno and the reason.
 */
int ext_attributes(const struct ext_writer *w, ext2_ino_t inode,
		   struct ext_attributes *seen);

/**
 * ext_hold_values() - what the inode's block has in inodes of their own will be
 * named once more
 *
 * Return: 0, or a negated errno and the reason.
 */
int ext_hold_values(const struct ext_writer *w, ext2_ino_t inode);

#endif /* DISK_EXT4_WRITE_H */
