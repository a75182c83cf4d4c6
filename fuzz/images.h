/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets of disk images share: an input says which small image is
 * read, how, and what is changed in it before: bytes in blocks that are not
 * empty, so that most of what is changed means something. The images are those in
 * the directory VFSCAP_FUZZ_IMAGES.
 */
#ifndef VFSCAP_FUZZ_IMAGES_H
#define VFSCAP_FUZZ_IMAGES_H

#include "disk/disk.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

/** images_load() - read the images, once */
void images_load(void);

/** images_each() - change an image as an input says, and have it read
 *  @how: any byte, for the reader to choose by */
void images_each(const uint8_t *data, size_t size,
		 void (*read)(const struct disk *disk, unsigned how));

#define SEEN_PATHS 4

/** struct seen - what a reader has handed over; each entry is checked */
struct seen {
	struct text said;
	char *path[SEEN_PATHS];
	size_t paths, count;
	size_t stop_at; /* 0: never */
};

int seen_take(void *seen, const struct disk_entry *entry);
void seen_forget(struct seen *seen);

/** scan_twice() - reading twice shows the same, or ends where it is told to */
typedef int scanner(const struct disk *disk, const struct disk_options *options,
		    disk_fn *fn, void *ctx);
void scan_twice(scanner *scan, const struct disk *disk, unsigned how,
		struct seen *first);

#endif /* VFSCAP_FUZZ_IMAGES_H */
