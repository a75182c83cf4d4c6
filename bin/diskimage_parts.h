/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bin/diskimage.c and bin/diskplace.c share. */
#ifndef DISKIMAGE_PARTS_H
#define DISKIMAGE_PARTS_H

#include "bin/diskimage.h"
#include "change/blocks.h"

/** disk_image_failed() - say that something about the image itself failed */
void disk_image_failed(const struct disk_image *image, int error,
		       const char *why);

/** disk_image_new_blocks() - which blocks of the image become other ones, their
 *  places counted from its beginning; false where that is not known, which was
 *  said. block_list_free() them in any case */
bool disk_image_new_blocks(struct disk_image *image, struct disk_change *change,
			   size_t changes, struct block_list *blocks);

/** disk_image_in_place() - write them into the image, by way of the journal */
bool disk_image_in_place(struct disk_image *image,
			 const struct block_list *blocks,
			 const char *parameters);

#endif /* DISKIMAGE_PARTS_H */
