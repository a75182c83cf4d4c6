/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reader of disk images handed over. */
#ifndef VFSCAP_TESTS_DISKLIST_H
#define VFSCAP_TESTS_DISKLIST_H

#include "disk/disk.h"

/** struct disk_list - what a reader handed over, copied */
struct disk_list {
	struct disk_entry entry[600];
	size_t count;
	int ended;
};

/** disk_list_open() - an image to be read; close() its descriptor */
struct disk disk_list_open(const char *image);

/**
 * disk_list_begin() - an empty list, the only one there is
 *
 * disk_list_take() is the function to give to a reader, with no context: it
 * checks what it is handed. What is in the list is good until it is begun anew.
 */
struct disk_list *disk_list_begin(void);
int disk_list_take(void *ctx, const struct disk_entry *entry);

/** disk_list_at() - the one entry with this path, or NULL */
const struct disk_entry *disk_list_at(const struct disk_list *list,
				      const char *path);

/** disk_list_says() - how many have a reason with @text in it */
size_t disk_list_says(const struct disk_list *list, enum disk_what what,
		      int error, const char *text);

#endif /* VFSCAP_TESTS_DISKLIST_H */
