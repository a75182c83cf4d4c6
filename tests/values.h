/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values and files that tests begin with, and memory that has to stay as it is. */
#ifndef VFSCAP_TESTS_VALUES_H
#define VFSCAP_TESTS_VALUES_H

#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>

/** PAINT - the byte that tests fill memory with, to see what is written to it */
#define PAINT 0xa5

/** value_painted() - is there nothing but PAINT? */
bool value_painted(const void *bytes, size_t size);

/** value_v2 - cap_net_raw=ep */
extern const struct vfscap value_v2;

/** value_v3 - capabilities above 32 bits for a root that is not uid 0 */
extern const struct vfscap value_v3;

/** value_plant() - give a file, not what a link means, this value */
void value_plant(const char *path, const struct vfscap *cap);

/**
 * value_scratch() - make an empty directory that every user may search, and
 * enter it
 */
void value_scratch(void);

/** value_special_files() - make a "fifo", a "socket" and a "device" */
void value_special_files(void);

#endif /* VFSCAP_TESTS_VALUES_H */
