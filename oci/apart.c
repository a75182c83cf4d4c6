/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A layer apart from its store, for another process to read. */
#include "oci/parts.h"

#include <errno.h>
#include <stdlib.h>

bool oci_apart(const struct oci *oci, const struct oci_layer *layer,
	       struct oci_apart *apart)
{
	const struct store *store = &oci->state->store;
	const struct store_member *member;

	if (layer->foreign)
		return false;
	*apart = (struct oci_apart){
		.name = layer->name,
		.digest = layer->digest,
		.diff_id = layer->diff_id,
		.size = layer->size,
		.stored = layer->size,
	};
	if (store->directory)
		return true;
	member = store_find(store, layer->name);
	if (!member || member->type != '0')
		return false;
	apart->offset = member->body;
	apart->stored = member->size;
	apart->codec = store->codec ? store->codec->name : NULL;
	return true;
}

static struct oci *one_image(void)
{
	struct oci *oci = calloc(1, sizeof(*oci));

	if (!oci)
		return NULL;
	oci->state = calloc(1, sizeof(*oci->state));
	oci->image = calloc(1, sizeof(*oci->image));
	if (oci->image)
		oci->image->layer = calloc(1, sizeof(*oci->image->layer));
	if (oci->state && oci->image && oci->image->layer)
		return oci;
	if (oci->image)
		free(oci->image->layer);
	free(oci->image);
	free(oci->state);
	free(oci);
	return NULL;
}

int oci_alone(struct oci **oci, struct oci_place *place,
	      const struct oci_apart *apart, uint64_t max_size)
{
	struct oci *own = one_image();

	*oci = NULL;
	if (!own)
		return -ENOMEM;
	own->kind = place->kind;
	own->images = own->image->layers = 1;
	*own->image->layer = (struct oci_layer){
		.digest = apart->digest,
		.diff_id = apart->diff_id,
		.name = apart->name,
		.size = apart->size,
	};
	if (store_alone(&own->state->store, place, apart, max_size) != 0) {
		oci_close(own);
		return -ENOMEM;
	}
	*oci = own;
	return 0;
}
