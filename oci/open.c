/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store of images opened and closed. */
#include "oci/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The file that makes a directory a layout. */
static int check_layout(struct oci_state *state, char why[OCI_WHY_SIZE])
{
	struct document *marker;
	const char *version;
	int error = document_load(state, "oci-layout", NULL, &marker, why);

	if (error == -ENOENT)
		return oci_fail(why, -EBADMSG,
				"no OCI image layout: it has no file "
				"oci-layout; what docker save writes is a "
				"docker-archive:");
	if (error)
		return error;
	version = string_in(marker->json, "imageLayoutVersion");
	if (!version || strncmp(version, "1.", 2) != 0)
		return oci_fail(why, -EBADMSG,
				"oci-layout: not version 1 of the layout");
	return 0;
}

/* @hint: what to say where it has to be there; NULL where it need not */
static int load_root(struct oci_state *state, const char *name,
		     const char *hint, struct document **document,
		     char why[OCI_WHY_SIZE])
{
	int error = document_load(state, name, NULL, document, why);

	if (error != -ENOENT)
		return error;
	*document = NULL;
	return hint ? oci_fail(why, -EBADMSG, "it has no file %s%s", name, hint)
		    : 0;
}

static int read_documents(struct oci *oci, char why[OCI_WHY_SIZE])
{
	struct oci_state *state = oci->state;
	bool docker = oci->kind == OCI_DOCKER;
	int error = docker ? 0 : check_layout(state, why);

	if (!error)
		error = load_root(state, "manifest.json",
				  docker ? ": for the archive of an OCI layout "
					   "use oci-archive:"
					 : NULL,
				  &state->manifest, why);
	if (!error)
		error = load_root(state, "index.json", docker ? NULL : "",
				  &state->index, why);
	if (error)
		return error;
	if (state->index && state->index->kind != DOCUMENT_INDEX)
		return oci_fail(why, -EBADMSG, "index.json: no image index");
	if (state->manifest && !json_is_array(state->manifest->json)) {
		if (docker)
			return oci_fail(why, -EBADMSG,
					"manifest.json: no list of images");
		state->manifest = NULL; /* some other file of that name */
	}
	if (state->manifest)
		error = entries_read(state, why);
	return error ? error : oci_choose(oci, why);
}

int oci_read(struct oci **oci, struct oci_place *place, uint64_t max_size,
	     char why[OCI_WHY_SIZE])
{
	struct oci *own = calloc(1, sizeof(*own));
	struct oci_state *state = calloc(1, sizeof(*state));
	int error;

	*oci = NULL;
	if (!own || !state) {
		free(own);
		free(state);
		oci_lose(place);
		return oci_no_memory(why);
	}
	own->kind = place->kind;
	own->state = state;
	state->both = place->both;
	state->path = place->path;
	state->ref = place->ref;
	place->path = place->ref = NULL;
	error = store_open(&state->store, place, max_size, why);
	if (!error)
		error = read_documents(own, why);
	if (error)
		oci_close(own);
	else
		*oci = own;
	return error;
}

int oci_open(struct oci **oci, enum oci_kind kind, const char *location,
	     uint64_t max_size, char why[OCI_WHY_SIZE])
{
	struct oci_place place;
	int error = oci_find(&place, kind, location, why);

	*oci = NULL;
	return error ? error : oci_read(oci, &place, max_size, why);
}

const char *oci_path(const struct oci *oci)
{
	return oci->state->path;
}

const char *oci_ref(const struct oci *oci)
{
	return oci->state->ref;
}

static void free_documents(struct oci_state *state)
{
	for (size_t i = 0; i < state->documents; i++) {
		json_decref(state->document[i]->json);
		free(state->document[i]->name);
		free(state->document[i]);
	}
	free(state->document);
}

void oci_close(struct oci *oci)
{
	struct oci_state *state;

	if (!oci)
		return;
	state = oci->state;
	for (size_t i = 0; i < oci->images; i++)
		free(oci->image[i].layer);
	free(oci->image);
	free_documents(state);
	for (size_t i = 0; i < state->strings; i++)
		free(state->string[i]);
	free(state->string);
	free(state->origin);
	free(state->touched);
	free(state->entry);
	store_close(&state->store);
	free(state->path);
	free(state->ref);
	free(state);
	free(oci);
}
