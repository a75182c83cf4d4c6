/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id maps as text, and generated ones. */
#ifndef VFSCAP_TESTS_USERNS_MAPS_H
#define VFSCAP_TESTS_USERNS_MAPS_H

#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NONE VFSCAP_ROOTID_INVALID /* no id */

/* -------------------------------- as text -------------------------------- */

/** userns_map_of() - the map of a text that is one; of NULL or "": none */
struct vfscap_idmap userns_map_of(const char *text);

/** userns_map_valid() - would it be taken as a map? */
bool userns_map_valid(const struct vfscap_idmap *map);

/**
 * userns_map_inline(), userns_map_lines() - a map in the form with colons, and
 * in that of /proc
 *
 * Return: a static buffer, good until the call after the next of either.
 */
const char *userns_map_inline(const struct vfscap_idmap *map);
const char *userns_map_lines(const struct vfscap_idmap *map);

/* ---------------------------- generated values --------------------------- */

/** userns_seed() - where all that is generated here starts: suite_seed() */
void userns_seed(uint64_t seed);

/** userns_random(), userns_below() - as suite_random() and suite_below() */
uint64_t userns_random(void);
unsigned userns_below(unsigned end);

/** userns_one_in() - true one time in @n */
bool userns_one_in(unsigned n);

/* ----------------------------- generated maps ---------------------------- */

/**
 * userns_some_extents() - how many extents a map is to have
 *
 * Few, as most maps have them; more than five, which the kernel sorts; all.
 */
unsigned userns_some_extents(void);

/** userns_some_extent() - one that the map has */
const struct vfscap_extent *userns_some_extent(const struct vfscap_idmap *map);

/** userns_some_map() - extents in any order, with gaps or without */
struct vfscap_idmap userns_some_map(unsigned extents);

/** userns_new_outsides() - have the inside ids be others outside */
void userns_new_outsides(struct vfscap_idmap *map);

/** userns_some_inner() - a map whose outside ids are inside ids of @outer */
struct vfscap_idmap userns_some_inner(const struct vfscap_idmap *outer,
				      unsigned extents);

/* ----------------------------- generated texts --------------------------- */

#define USERNS_PAGE 4096 /* as much as can be written to a map */

/** struct userns_text - lines of numbers, or what somebody takes for them */
struct userns_text {
	char bytes[USERNS_PAGE];
	size_t size;
};

/**
 * userns_some_text() - a map as the kernel may be given it
 * @map: may be spoilt in a number
 *
 * A third of them as they should be. The numbers are such as the kernel does
 * not cut.
 */
struct userns_text userns_some_text(struct vfscap_idmap *map);

/** userns_quote() - a text as it can be printed; see suite_quote() */
const char *userns_quote(const char *text, size_t size);

#endif /* VFSCAP_TESTS_USERNS_MAPS_H */
