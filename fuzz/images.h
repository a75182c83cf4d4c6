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

/** struct place - a number, or some bytes, that mean something in an image */
struct place {
	size_t at, size;
};

/** struct places - those of an image, as they grow */
struct places {
	struct place *place;
	size_t count, room;
};

/** places_add() - one more, if it lies within the image of @image_size bytes */
void places_add(struct places *places, size_t image_size, size_t at,
		size_t size);

/** struct images_form - what a target knows about its images; either may be
 *  NULL */
struct images_form {
	/** @find: places of an image that is whole, for the mutator */
	void (*find)(const uint8_t *bytes, size_t size, struct places *places);

	/** @mend: make checksums right after a change, or nothing that is
	 *  deeper is ever reached; whatever the bytes are. Of an image that
	 *  is whole it changes nothing */
	void (*mend)(uint8_t *bytes, size_t size);
};

/** images_load() - read the images, once
 *  @form: lasts; NULL where nothing is known */
void images_load(const struct images_form *form);

/** IMAGES_UNMENDED - an input with this bit in its second byte has wrong sums */
#define IMAGES_UNMENDED 0x80

/** images_mutate() - change, add or remove a change of an input */
size_t images_mutate(uint8_t *data, size_t size, size_t room, unsigned seed);

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
