/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stores with several images: which one is meant, and layers that they share. */
#include "oci/parts.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

/* What one manifest says is no layer may be one of another. */
static int by_digest(const void *a, const void *b)
{
	const struct oci_layer *x = a, *y = b;
	int order = strcmp(x->digest, y->digest);

	return order ? order : !x->foreign - !y->foreign;
}

static void keep(void *layer)
{
	(void)layer;
}

int mark_repeated(struct oci *oci)
{
	void *known = NULL;
	int error = 0;

	for (size_t i = 0; i < oci->images; i++) {
		for (size_t k = 0; k < oci->image[i].layers && !error; k++) {
			struct oci_layer *layer = &oci->image[i].layer[k];
			void *const *found = tsearch(layer, &known, by_digest);

			error = found ? 0 : -ENOMEM;
			layer->repeated = found && *found != layer;
		}
	}
	tdestroy(known, keep);
	return error;
}

bool oci_repeated(const struct oci *oci, size_t image, size_t layer)
{
	return oci->image[image].layer[layer].repeated;
}

static bool same_image(const struct oci_image *a, const struct oci_image *b)
{
	return a->digest && b->digest && strcmp(a->digest, b->digest) == 0;
}

/* An index gives all of its images one name. */
static bool ref_is_enough(const struct oci *oci, const struct oci_image *m)
{
	for (size_t i = 0; m->ref && i < oci->images; i++) {
		const struct oci_image *other = &oci->image[i];

		if (other != m && other->ref &&
		    strcmp(other->ref, m->ref) == 0 && !same_image(other, m))
			return false;
	}
	return m->ref;
}

static const char *name_of(const struct oci *oci, const struct oci_image *m)
{
	if (m->digest && !ref_is_enough(oci, m))
		return m->digest;
	return m->ref ? m->ref : "(no name)";
}

/* The first that makes a file system; NULL where there is none, or where there
 * is another one. A digest may have several names. */
static struct oci_image *the_only(const struct oci *oci)
{
	struct oci_image *only = NULL;

	for (size_t i = 0; i < oci->images; i++) {
		struct oci_image *m = &oci->image[i];

		if (m->artifact)
			continue;
		if (only && !same_image(only, m))
			return NULL;
		only = only ? only : m;
	}
	return only;
}

/* The names of all that can be chosen, as many as there is room for. */
static void name_all(const struct oci *oci, char why[OCI_WHY_SIZE])
{
	const char *comma = ":";
	int used = snprintf(why, OCI_WHY_SIZE,
			    "several images are there; choose one by :REF or "
			    "by :DIGEST");

	for (size_t i = 0; i < oci->images && used < OCI_WHY_SIZE - 1; i++) {
		const struct oci_image *m = &oci->image[i];

		if (m->artifact)
			continue;
		used += snprintf(why + used, OCI_WHY_SIZE - (size_t)used,
				 "%s %s%s%s", comma, name_of(oci, m),
				 m->platform ? " " : "",
				 m->platform ? m->platform : "");
		comma = ",";
	}
}

int oci_only(const struct oci *oci, struct oci_image **image,
	     char why[OCI_WHY_SIZE])
{
	size_t real = 0;

	*image = the_only(oci);
	if (*image)
		return 0;
	for (size_t i = 0; i < oci->images; i++)
		real += !oci->image[i].artifact;
	if (real)
		name_all(oci, why);
	else
		snprintf(why, OCI_WHY_SIZE,
			 "there is no image that makes a file system");
	return -EINVAL;
}
