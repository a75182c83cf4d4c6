/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of the attribute as bytes, and whose files they are of. */
#ifndef VFSCAP_TESTS_USERNS_VALUES_H
#define VFSCAP_TESTS_USERNS_VALUES_H

#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct userns_value - bytes that are stored, whether they mean something */
struct userns_value {
	size_t size;
	uint8_t bytes[64];
};

/** userns_encoded() - a value that can be encoded */
struct userns_value userns_encoded(const struct vfscap *cap);

/**
 * userns_value_of() - the value that a text means
 * @text: as the measured rows write it, "v3e:1000", always CAP_NET_RAW; or
 * hexadecimal; or in parentheses, which means an empty one
 */
struct userns_value userns_value_of(const char *text);

/** userns_same() - are they the same bytes? */
bool userns_same(const struct userns_value *a, const struct userns_value *b);

/**
 * userns_hex() - the bytes in hexadecimal
 *
 * Return: a static buffer; good for three values at once.
 */
const char *userns_hex(const struct userns_value *v);

/** userns_mask_in() - the hexadecimal number behind a name, "P="; 0 if none */
uint64_t userns_mask_in(const char *text, const char *name);

/* --------------------------------- owners -------------------------------- */

/*
 * All ids are those of the initial namespace. overlayfs shows what the layer
 * shows.
 */

/** userns_has_id() - is it an id of the namespace, too? NULL: the initial one */
bool userns_has_id(const struct vfscap_userns *ns, uint32_t id);

/**
 * userns_shown() - an owner on the plain mount as a mount shows him
 *
 * Return: false where there is none; @id may have changed.
 */
bool userns_shown(const struct vfscap_mount *m, uint32_t *id);

/**
 * userns_unshown() - the owner on the plain mount of whom a mount shows
 *
 * Return: false where there is none; @id may have changed.
 */
bool userns_unshown(const struct vfscap_mount *m, uint32_t *id);

/** userns_shows_id_of() - does a mount show an owner as one that is mapped? */
bool userns_shows_id_of(const struct vfscap_mount *m,
			const struct vfscap_userns *ns, uint32_t id);

#endif /* VFSCAP_TESTS_USERNS_VALUES_H */
