/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images of ext file systems made to be read, and what was read of them. */
#ifndef VFSCAP_TESTS_EXTREAD_H
#define VFSCAP_TESTS_EXTREAD_H

#include "disklist.h"
#include "extimage.h"

/** extread_plant() - give an inode of an image the attribute, whatever the value
 *  Return: false where there is no room for it. */
bool extread_plant(const char *image, const char *path, const void *value,
		   size_t size);

/** extread_inode() - the number of an inode by its path */
uint32_t extread_inode(const char *image, const char *path);

/** extread_place() - where the inode is; of its block of attributes and its first
 *  block of data the same, or 0 */
struct extread_place {
	uint64_t inode, attrs, data;
};
struct extread_place extread_place(const char *image, uint32_t inode);

/** extread_flip() - change a byte to another one */
void extread_flip(const char *image, uint64_t at);

/** extread_scan(), extread_find(), extread_number() - read an image; the result is
 *  good until the next call */
const struct disk_list *extread_scan(const char *image, bool all, bool orphans);
const struct disk_entry *extread_find(const char *image, const char *path);
const struct disk_entry *extread_number(const char *image, uint64_t inode);

#endif /* VFSCAP_TESTS_EXTREAD_H */
