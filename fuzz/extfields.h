/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the fields of ext file systems are, and their checksums. */
#ifndef VFSCAP_FUZZ_EXTFIELDS_H
#define VFSCAP_FUZZ_EXTFIELDS_H

#include "images.h"

/** extfields_find() - of the superblock, groups, inodes, extents, attributes and
 *  directories */
void extfields_find(const uint8_t *bytes, size_t size, struct places *places);

/** extfields_mend() - all checksums of metadata_csum and of uninit_bg */
void extfields_mend(uint8_t *bytes, size_t size);

#endif /* VFSCAP_FUZZ_EXTFIELDS_H */
