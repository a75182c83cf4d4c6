/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images that are open already, and read by closed processes. */
#ifndef SCAN_IMAGE_H
#define SCAN_IMAGE_H

#include "scan/layers.h"

/** struct scan_image - a store, as both sides see it */
struct scan_image {
	struct oci_place place;
	struct layers_outside outside;
};

/**
 * scan_image_found() - what may be the archive of an image, open; outside
 * @fd: stays the caller's; what reads the archive has that of the place
 *
 * Return: 0 or a negated errno; then too it is ended by scan_image_end().
 */
int scan_image_found(struct scan *scan, struct scan_image *image, int fd);
void scan_image_end(struct scan_image *image);

/** scan_image_archive() - inside: all images of it */
int scan_image_archive(struct scan *scan, struct say *say, enum oci_kind kind,
		       struct scan_image *image);

/** scan_image_answer() - outside: as in struct scan_work, @ctx the image */
void scan_image_answer(void *image, struct unpack *question,
		       struct closed_answer *answer, int *fd);

#endif /* SCAN_IMAGE_H */
