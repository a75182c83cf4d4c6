/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EROFS images made of the recipes in tests/fixtures/erofs. */
#ifndef VFSCAP_TESTS_EROFSIMAGE_H
#define VFSCAP_TESTS_EROFSIMAGE_H

#include "disklist.h"

/**
 * struct erofs_recipe - what is expected of an image, from expected.txt
 *
 * There a recipe is a line of its name and of what the kernel says to a mount:
 * "mounts", or an errno. Below it, each begins with a tab, is what the reader
 * hands over: a path, what has become of it, the value or the reason.
 */
struct erofs_recipe {
	char name[64];
	char mount[16];
	const char *lines; /* @size bytes */
	size_t size;
};

extern struct erofs_recipe erofs_recipe[];
extern size_t erofs_recipes;

/**
 * erofs_make_images() - all images, as NAME.erofs in the working directory
 * @program: what files with "data=program" hold, or NULL
 *
 * Return: false where python3 is not installed. A recipe that fails, or one that
 * nothing is expected of, ends the process.
 */
bool erofs_make_images(const char *program);

/** erofs_read_image() - what the reader hands over; disklist.h */
const struct disk_list *erofs_read_image(const char *image, bool all);

#endif /* VFSCAP_TESTS_EROFSIMAGE_H */
