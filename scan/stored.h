/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stored bytes of live files: past getxattr(2), which translates some values
 * and refuses to show others.
 *
 * Each file system needs a way of its own; those that have one are in the table
 * of stored.c, and a way is a file. A file is asked by the number of its inode,
 * so that its type and its mode do not matter, and nothing is opened but
 * directories and the device that a file system is on.
 */
#ifndef SCAN_STORED_H
#define SCAN_STORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/** STORED_ROOM - bytes for what one call may give: a value of 64 KiB, the most
 *  that any file system stores, and what comes with it */
#define STORED_ROOM ((1 << 16) + 4096)

struct scan_mounts;
struct stored_fs;

/** struct stored - what is known of file systems that were asked; zero at first,
 *  and stored_finish() frees it */
struct stored {
	struct stored_fs *fs;
	size_t count, room;
	uint8_t *buf; /* STORED_ROOM bytes */
};

/** struct stored_file - a live file that is asked */
struct stored_file {
	int fd;	   /* O_PATH: meanwhile the inode stays what it is */
	int dirfd; /* the directory that it is in, or -1 */
	const struct scan_mounts *mounts;
	struct stat stat;
};

/** struct stored_answer - what came of it */
struct stored_answer {
	const uint8_t *value; /* valid until the next call */
	size_t size;
	const char *reason; /* a sentence to go with an error, or NULL */
	const char *notice; /* the same to be told, once a file system */
};

/**
 * stored_ask() - the stored bytes of a file's attribute
 *
 * Raises CAP_SYS_ADMIN around single calls, where the process may.
 *
 * Return: 0, or a negated errno: -ENODATA where the file has none, -EOPNOTSUPP
 * where there is no way, which is a notice.
 */
int stored_ask(struct stored *stored, const struct stored_file *file,
	       struct stored_answer *answer);
void stored_finish(struct stored *stored);

/* --------------------------------- the ways ------------------------------- */

/** struct stored_fs - a file system of which something is kept */
struct stored_fs {
	long type;
	uint64_t id; /* among those of its type */
	int device;  /* open for reading, or -1 */
	uint64_t size;
	int error; /* why it could not be opened */
	bool told;
};

/**
 * stored_xfs(), stored_btrfs() - by an ioctl of the file system
 * @dirfd: a directory on it, open for reading; for btrfs one in the subvolume
 * @buf: STORED_ROOM bytes for the answer
 *
 * Return: as stored_ask(), and -EPERM without CAP_SYS_ADMIN in the initial user
 * namespace; -ESTALE where the inode is another one than that of @file.
 */
int stored_xfs(int dirfd, const struct stored_file *file, uint8_t *buf,
	       struct stored_answer *answer);
int stored_btrfs(int dirfd, const struct stored_file *file, uint8_t *buf,
		 struct stored_answer *answer);

/** stored_ext4() - ext2, ext3 and ext4, from the device that it is on */
int stored_ext4(const struct stored_fs *fs, const struct stored_file *file,
		uint8_t *buf, struct stored_answer *answer);

/** stored_directory() - a directory on the file system of a file, for btrfs in
 *  its subvolume, open for reading; -1 where there is none to be opened */
int stored_directory(const struct stored_file *file);

/**
 * stored_device() - open the block device of a file system, never to be written
 * @size: how many bytes it has
 *
 * Return: a descriptor or a negated errno.
 */
int stored_device(dev_t dev, uint64_t *size);

/**
 * stored_generation() - what tells the inode from an earlier one of its number
 * Return: 0, or a negated errno where the file system does not tell.
 */
int stored_generation(const struct stored_file *file, uint32_t *generation);

#endif /* SCAN_STORED_H */
