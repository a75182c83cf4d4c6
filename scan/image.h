/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images that are open already, and read by a closed process. */
#ifndef SCAN_IMAGE_H
#define SCAN_IMAGE_H

#include "jail/closed.h"
#include "oci/oci.h"
#include "scan/scan.h"

/** scan_image_archive() - all images of an archive; @fd stays the caller's */
int scan_image_archive(struct scan *scan, enum oci_kind kind, int fd);

/** scan_image_ask() - inside: have the blobs of a layout opened as @say asks,
 *  instead of opening them; nothing for archives */
void scan_image_ask(struct oci_place *place, struct say *say);

/** scan_image_answer() - outside: as in struct closed, @ctx the place */
void scan_image_answer(void *place, struct unpack *question,
		       struct closed_answer *answer, int *fd);

#endif /* SCAN_IMAGE_H */
