/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images in archives that are open already. */
#ifndef SCAN_IMAGE_H
#define SCAN_IMAGE_H

#include "oci/oci.h"
#include "scan/scan.h"

/** scan_image_archive() - all images of an archive; @fd stays the caller's */
int scan_image_archive(struct scan *scan, enum oci_kind kind, int fd);

#endif /* SCAN_IMAGE_H */
