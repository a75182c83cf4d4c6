/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes inside JSON documents: digests that became others, layers added. */
#ifndef OCI_EDIT_H
#define OCI_EDIT_H

#include "oci/write.h"

/** struct renamed - a digest that became another; it points into others */
struct renamed {
	const char *from, *to;
	uint64_t size;
	bool layer;
};

struct renames {
	struct renamed *item;
	size_t count;
};

int add_rename(struct renames *renames, const char *from, const char *to,
	       uint64_t size, bool layer);

/**
 * edit_digests() - every descriptor, and every annotation that is a digest
 *
 * A descriptor is any object with a digest but annotations, whether it says a
 * size or not: readers follow it. What else it says of content that changed goes:
 * the content itself in "data", and of a layer the tables of contents that lazy
 * pulling looks at.
 */
int edit_digests(json_t *json, const struct renames *renames);

/** struct layer_edit - what becomes of an image's layers: for each @changed or
 *  NULL, and those that are @added on top */
struct layer_edit {
	const struct replacement **changed;
	size_t layers;
	const struct replacement **added;
	size_t adds;
};

/** edit_config() - diff_ids, and an entry of the history for a new layer */
int edit_config(json_t *config, const struct layer_edit *edit);

/** edit_manifest_layers() - descriptors of added layers */
int edit_manifest_layers(json_t *manifest, const struct layer_edit *edit);

/** edit_sources() - LayerSources of an entry of manifest.json, whose keys are
 *  diff_ids */
int edit_sources(json_t *entry, const struct layer_edit *edit);

#endif /* OCI_EDIT_H */
