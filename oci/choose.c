/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which images a REF means, in index.json and in manifest.json. */
#include "oci/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** VISITS - descriptors of indexes and manifests that are looked at, in all */
#define VISITS (16 * OCI_IMAGES_MAX)

#define REF_NAME "org.opencontainers.image.ref.name"
#define IMAGE_NAME "io.containerd.image.name"

/* -------------------------------- index.json ------------------------------ */

struct walk {
	struct oci *oci;
	const char *ref; /* a digest may be meant further down */
	bool collect;
	char *why;
};

/* What is known on the way down to a descriptor. */
struct place {
	const char *name;
	bool chosen;
	int depth;
};

static const struct {
	const char *type;
	enum document_kind kind;
} types[] = {
	{"application/vnd.oci.image.index.v1+json", DOCUMENT_INDEX},
	{"application/vnd.docker.distribution.manifest.list.v2+json",
	 DOCUMENT_INDEX},
	{"application/vnd.oci.image.manifest.v1+json", DOCUMENT_MANIFEST},
	{"application/vnd.docker.distribution.manifest.v2+json",
	 DOCUMENT_MANIFEST},
};

/* DOCUMENT_OTHER: some other kind of thing, which is passed over. */
static enum document_kind kind_of_type(const char *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(types[i].type, type) == 0)
			return types[i].kind;
	return DOCUMENT_OTHER;
}

static int check_descriptor(const struct document *document,
			    const json_t *descriptor, char why[OCI_WHY_SIZE])
{
	const char *type = string_in(descriptor, "mediaType");

	if (type && kind_of_type(type) != document->kind)
		return oci_fail(why, -EBADMSG, "%s: it is no %.80s",
				document->name, type);
	return document_size_is(document, descriptor, why);
}

/*
 * What nobody has chosen may be missing. docker save also names the images of
 * other platforms, which it does not put there.
 */
static int load_descriptor(struct walk *w, const json_t *descriptor,
			   bool chosen, struct document **document)
{
	const char *digest = string_in(descriptor, "digest");
	char name[STORE_NAME];
	int error;

	*document = NULL;
	if (!digest)
		return oci_fail(w->why, -EBADMSG,
				"index: a descriptor without a digest");
	error = blob_name(digest, name, w->why);
	if (!error)
		error = document_load(w->oci->state, name, digest, document,
				      w->why);
	if (error == -ENOENT) {
		*document = NULL;
		return chosen && w->oci->kind != OCI_DOCKER ? -EBADMSG : 0;
	}
	return error ? error : check_descriptor(*document, descriptor, w->why);
}

static bool is_digest(const struct walk *w, const char *digest)
{
	return w->ref && digest && strcmp(w->ref, digest) == 0;
}

static int visit(struct walk *w, const json_t *descriptor, struct place here,
		 bool *any);

static int visit_index(struct walk *w, struct document *document,
		       struct place here, bool *any)
{
	json_t *child;
	bool below = false;
	size_t i;
	int error = 0;

	here.depth++;
	json_array_foreach(json_object_get(document->json, "manifests"), i,
			   child)
	{
		error = visit(w, child, here, &below);
		if (error)
			return error;
	}
	document->above |= below;
	*any |= below;
	return 0;
}

/* What docker save writes is in both. */
static bool has_entry(const struct oci *oci, const char *config)
{
	const struct oci_state *state = oci->state;

	for (size_t i = 0; config && i < state->entries; i++)
		if (strcmp(state->entry[i].config->digest, config) == 0)
			return true;
	return false;
}

/* Without its config nobody can run it; docker save leaves out what it has not. */
static bool has_config(const struct oci *oci, const char *config)
{
	char name[STORE_NAME], resolved[STORE_NAME], why[OCI_WHY_SIZE];
	uint64_t size;

	return !config || blob_name(config, name, why) != 0 ||
	       store_resolve(&oci->state->store, name, resolved, &size, why) !=
		       -ENOENT;
}

static int visit_manifest(struct walk *w, struct document *document,
			  const json_t *descriptor, struct place here,
			  bool *any)
{
	const char *config =
		string_in(json_object_get(document->json, "config"), "digest");

	if (is_digest(w, config))
		here.chosen = true;
	if (!here.chosen)
		return 0;
	document->chosen = true;
	*any = true;
	if (w->oci->kind == OCI_DOCKER &&
	    (has_entry(w->oci, config) || !has_config(w->oci, config)))
		return 0;
	if (w->collect)
		return image_of_manifest(w->oci, document, descriptor,
					 here.name, w->why);
	w->oci->hidden += w->oci->kind == OCI_DOCKER &&
			  !is_attestation(descriptor, document);
	return 0;
}

static int visit(struct walk *w, const json_t *descriptor, struct place here,
		 bool *any)
{
	const char *type = string_in(descriptor, "mediaType");
	struct document *document;
	int error;

	if (here.depth > OCI_DEPTH_MAX || ++w->oci->state->visits > VISITS)
		return oci_fail(w->why, -EFBIG,
				"index: too many image indexes and manifests, "
				"or too many within each other");
	if (type && kind_of_type(type) == DOCUMENT_OTHER) {
		w->oci->others += here.chosen;
		return 0;
	}
	if (is_digest(w, string_in(descriptor, "digest")))
		here.chosen = true;
	error = load_descriptor(w, descriptor, here.chosen, &document);
	if (error || !document)
		return error;
	document->chosen |= here.chosen;
	if (document->kind == DOCUMENT_INDEX)
		return visit_index(w, document, here, any);
	return visit_manifest(w, document, descriptor, here, any);
}

static bool is_named(const json_t *descriptor, const char *ref)
{
	const char *name = annotation_of(descriptor, REF_NAME);
	const char *image = annotation_of(descriptor, IMAGE_NAME);

	return (name && strcmp(name, ref) == 0) ||
	       (image && same_name(image, ref));
}

static int visit_root(struct walk *w, size_t i, const json_t *descriptor,
		      bool *any)
{
	struct place here = {
		.name = annotation_of(descriptor, REF_NAME),
		.chosen = !w->ref || is_named(descriptor, w->ref),
	};
	bool below = false;
	int error;

	if (!here.name)
		here.name = annotation_of(descriptor, IMAGE_NAME);
	error = visit(w, descriptor, here, &below);
	w->oci->state->touched[i] |= below;
	*any |= below;
	return error;
}

int index_choose(struct oci *oci, const char *ref, bool collect, bool *any,
		 char why[OCI_WHY_SIZE])
{
	struct oci_state *state = oci->state;
	struct walk w = {oci, ref, collect, why};
	const json_t *manifests, *descriptor;
	size_t i;
	int error = 0;

	*any = false;
	if (!state->index)
		return 0;
	manifests = json_object_get(state->index->json, "manifests");
	if (!state->touched)
		state->touched = calloc(json_array_size(manifests) + 1,
					sizeof(*state->touched));
	if (!state->touched)
		return oci_no_memory(why);
	json_array_foreach(manifests, i, descriptor)
	{
		error = visit_root(&w, i, descriptor, any);
		if (error)
			break;
	}
	return error;
}

/* ------------------------------ manifest.json ----------------------------- */

/* The digest that the name of a config is, where it is one. */
static const char *digest_of_name(const char *name, char digest[DIGEST_SIZE])
{
	size_t len = strlen(name);

	blob_name_digest(name, digest);
	if (!*digest && len == 64 + 5 && strcmp(name + 64, ".json") == 0) {
		strcpy(digest, "sha256:");
		strncat(digest, name, 64);
		if (!digest_known(digest))
			*digest = '\0';
	}
	return *digest ? digest : NULL;
}

static int read_entry(struct oci_state *state, struct listed *entry,
		      json_t *json, char why[OCI_WHY_SIZE])
{
	const char *config = string_in(json, "Config");
	char digest[DIGEST_SIZE];
	int error;

	entry->json = json;
	if (!config || !json_is_array(json_object_get(json, "Layers")))
		return oci_fail(why, -EBADMSG,
				"manifest.json: an image without its config or "
				"its layers");
	error = document_load(state, config, digest_of_name(config, digest),
			      &entry->config, why);
	return error == -ENOENT ? -EBADMSG : error;
}

int entries_read(struct oci_state *state, char why[OCI_WHY_SIZE])
{
	json_t *array = state->manifest->json, *json;
	char said[OCI_WHY_SIZE];
	size_t i;
	int error = entry_list_types(array, said);

	if (error)
		return oci_fail(why, error, "manifest.json: %.240s", said);
	if (json_array_size(array) > OCI_IMAGES_MAX)
		return oci_fail(why, -EFBIG,
				"manifest.json: more than %d images",
				OCI_IMAGES_MAX);
	state->entry =
		calloc(json_array_size(array) + 1, sizeof(*state->entry));
	if (!state->entry)
		return oci_no_memory(why);
	json_array_foreach(array, i, json)
	{
		error = read_entry(state, &state->entry[i], json, why);
		if (error)
			break;
		state->entries++;
	}
	return error;
}

bool entry_tagged(const json_t *entry, const char *ref)
{
	const json_t *tag;
	size_t i;

	json_array_foreach(json_object_get(entry, "RepoTags"), i,
			   tag) if (json_is_string(tag) &&
				    same_name(json_string_value(tag),
					      ref)) return true;
	return false;
}

bool entries_choose(struct oci_state *state, const char *ref)
{
	bool any = false;

	for (size_t i = 0; i < state->entries; i++) {
		struct listed *e = &state->entry[i];

		e->chosen |= !ref || strcmp(e->config->digest, ref) == 0 ||
			     entry_tagged(e->json, ref);
		any |= e->chosen;
	}
	return any;
}

/* ----------------------------------- both --------------------------------- */

/* One of the two does not know the name: the images are those with the configs
 * that the other has chosen. */
static void entries_of_index(struct oci_state *state)
{
	for (size_t i = 0; i < state->documents; i++) {
		const struct document *m = state->document[i];
		const char *config =
			string_in(json_object_get(m->json, "config"), "digest");

		if (m->kind == DOCUMENT_MANIFEST && m->chosen && config)
			entries_choose(state, config);
	}
}

static int index_of_entries(struct oci *oci, char why[OCI_WHY_SIZE])
{
	bool collect = oci->kind != OCI_DOCKER, any;
	int error = 0;

	for (size_t i = 0; i < oci->state->entries && !error; i++) {
		const struct listed *e = &oci->state->entry[i];

		if (e->chosen)
			error = index_choose(oci, e->config->digest, collect,
					     &any, why);
	}
	return error;
}

static int add_entries(struct oci *oci, char why[OCI_WHY_SIZE])
{
	int error = 0;

	for (size_t i = 0; i < oci->state->entries && !error; i++)
		if (oci->state->entry[i].chosen)
			error = image_of_entry(oci, i, why);
	return error;
}

static bool has_image(const struct oci *oci, const struct listed *entry)
{
	for (size_t i = 0; i < oci->images; i++) {
		const struct document *config = oci->state->origin[i].config;

		if (config &&
		    strcmp(config->digest, entry->config->digest) == 0)
			return true;
	}
	return false;
}

/* Of an archive that docker loads too. */
static void count_hidden(struct oci *oci)
{
	const struct oci_state *state = oci->state;

	for (size_t i = 0; i < state->entries && oci->kind != OCI_DOCKER; i++)
		oci->hidden += state->entry[i].chosen &&
			       !has_image(oci, &state->entry[i]);
}

const char *oci_hidden(const struct oci *oci)
{
	if (!oci->hidden)
		return NULL;
	return oci->kind == OCI_DOCKER
		       ? "its index.json names an image that manifest.json "
			 "does not, and some load that; oci-archive: has it"
		       : "its manifest.json names an image that index.json "
			 "does not, and some load that; docker-archive: has it";
}

int oci_choose(struct oci *oci, char why[OCI_WHY_SIZE])
{
	struct oci_state *state = oci->state;
	bool in_entries = entries_choose(state, state->ref), in_index;
	bool collect = oci->kind != OCI_DOCKER || (state->both && !state->ref);
	int error = index_choose(oci, state->ref, collect, &in_index, why);

	if (!error && in_index && !in_entries)
		entries_of_index(state);
	if (!error && in_entries && !in_index && state->ref)
		error = index_of_entries(oci, why);
	if (!error && oci->kind == OCI_DOCKER)
		error = add_entries(oci, why);
	if (!error && state->ref && oci->images == 0)
		error = oci_fail(why, -ENOENT, "it has no image \"%.200s\"",
				 state->ref);
	if (!error && mark_repeated(oci) != 0)
		error = oci_no_memory(why);
	if (!error)
		count_hidden(oci);
	return error;
}
