/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The namespaces and the mounts in which the kernel was measured. */
#ifndef VFSCAP_TESTS_USERNS_MEASURED_H
#define VFSCAP_TESTS_USERNS_MEASURED_H

#include "userns_values.h"
#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>

/** userns_make_measured() - make them all; to be called first */
void userns_make_measured(void);

/**
 * userns_ns_of() - a namespace by its name; NULL: the initial one
 *
 * The rows name them with something after: "A/c=0:1000(k101000)", "A uid0".
 */
const struct vfscap_userns *userns_ns_of(const char *name);

/** userns_ext4, ... - what was mounted where; _a: by A. On the idmapped mount,
 *  0 on disk is 100000 to look at. */
extern struct vfscap_mount userns_ext4, userns_idmapped, userns_tmpfs_a;
extern struct vfscap_mount userns_overlay, userns_overlay_a;

/* ------------------------------- in a few words -------------------------- */

#define USERNS_FIELDS 16

/** userns_split() - cut a text at its blanks; returns the number of words */
size_t userns_split(char *text, char *field[USERNS_FIELDS]);

/** userns_begins() - is it the beginning of a text? */
bool userns_begins(const char *text, const char *with);

/**
 * userns_answer() - an errno by name, or a value as the rows write it
 *
 * Return: a static buffer, good until the call after the next.
 */
const char *userns_answer(int error, const struct vfscap *c);

/**
 * userns_check_get() - is what a namespace sees predicted as it was measured?
 * @what: the row, for complaints
 * @wanted: an answer; "-": EOVERFLOW
 */
void userns_check_get(const char *what, const struct userns_value *v,
		      const struct vfscap_mount *mount, const char *reader,
		      const char *wanted);

#endif /* VFSCAP_TESTS_USERNS_MEASURED_H */
