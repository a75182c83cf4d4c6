/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories read piece by piece, a large piece a system call. */
#ifndef SCAN_DIRENTS_H
#define SCAN_DIRENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** DIRENTS_SIZE - the bytes of a piece */
#define DIRENTS_SIZE (256 * 1024)

/** struct dirents_entry - the kernel's struct linux_dirent64 */
struct dirents_entry {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

/** dirents_read() - the next piece of a directory
 *  Return: its bytes, 0 at the end, or a negated errno */
long dirents_read(int fd, void *piece);

/**
 * dirents_next() - the next entry of a piece but "." and ".."
 * @at: 0 at first, then as the last call left it
 * Return: NULL where there is no further one.
 */
const struct dirents_entry *dirents_next(const void *piece, size_t size,
					 size_t *at);

/** dirents_is_directory() - is it a directory? Asked where the list does not
 *  say */
bool dirents_is_directory(int dirfd, const struct dirents_entry *entry);

#endif /* SCAN_DIRENTS_H */
