/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From changed layers up to index.json: which documents become which. */
#include "oci/rewrite.h"
#include "form/json.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/*
 * A manifest that has another as its subject follows it, so one pass over all
 * documents need not do; each pass settles one level more.
 */
#define PASSES (2 * OCI_DEPTH_MAX + 4)

/* ------------------------------ changed layers ---------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct layer_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int name_layer(struct rewrite *rw, const char *name,
		      const struct replacement *layer)
{
	struct layer_name *own = malloc(sizeof(*own)), **found;

	if (!own)
		return -ENOMEM;
	*own = (struct layer_name){name, layer};
	found = tsearch(own, &rw->layers, by_name);
	if (!found || *found != own)
		free(own);
	return found ? 0 : -ENOMEM;
}

/* One content can lie under several names in a docker archive. */
static int name_layers(struct rewrite *rw, const struct replacement *r)
{
	const struct oci *oci = rw->out->oci;

	for (size_t i = 0; i < oci->images; i++) {
		const struct oci_image *image = &oci->image[i];

		for (size_t j = 0; j < image->layers; j++) {
			const struct oci_layer *layer = &image->layer[j];

			if (strcmp(layer->digest, r->layer->digest) == 0 &&
			    name_layer(rw, layer->name, r) != 0)
				return -ENOMEM;
		}
	}
	return 0;
}

bool rewrite_resolve(struct rewrite *rw, const char *name, char *resolved)
{
	char why[OCI_WHY_SIZE];
	uint64_t size;
	int error = store_resolve(&rw->out->oci->state->store, name, resolved,
				  &size, why);

	if (error && error != -ENOENT && error != -EBADMSG && !rw->failed) {
		rw->failed = error;
		strcpy(rw->why, why);
	}
	return !error;
}

const struct replacement *rewrite_layer(struct rewrite *rw, const char *name,
					char *resolved)
{
	struct layer_name key = {.name = resolved};
	void *const *found;

	if (!name || !rewrite_resolve(rw, name, resolved))
		return NULL;
	found = tfind(&key, &rw->layers, by_name);
	return found ? ((const struct layer_name *)*found)->layer : NULL;
}

static bool is_added(const struct layer_edit *edit, const struct replacement *r)
{
	for (size_t i = 0; i < edit->adds; i++)
		if (strcmp(edit->added[i]->diff_id, r->diff_id) == 0)
			return true;
	return false;
}

int edit_begin(const struct rewrite *rw, struct layer_edit *edit, size_t layers,
	       const struct document *manifest, const struct document *config)
{
	const struct oci_out *out = rw->out;

	*edit = (struct layer_edit){
		.changed = calloc(layers + 1, sizeof(*edit->changed)),
		.layers = layers,
		.added = calloc(out->count + 1, sizeof(*edit->added)),
	};
	if (!edit->changed || !edit->added)
		return -ENOMEM;
	for (size_t i = 0; i < out->count; i++) {
		const struct replacement *r = out->done[i];
		const struct image_origin *origin = r->origin;

		if (!origin)
			continue;
		if ((manifest && origin->manifest ? origin->manifest == manifest
						  : origin->config == config) &&
		    !is_added(edit, r))
			edit->added[edit->adds++] = r;
	}
	return 0;
}

bool edit_empty(const struct layer_edit *edit)
{
	for (size_t i = 0; i < edit->layers; i++)
		if (edit->changed[i])
			return false;
	return edit->adds == 0;
}

void edit_end(struct layer_edit *edit)
{
	free(edit->changed);
	free(edit->added);
}

/* ---------------------------- documents made anew ------------------------- */

static struct remade *find_remade(const struct rewrite *rw,
				  const struct document *old,
				  const char *digest)
{
	for (size_t i = 0; i < rw->remades; i++) {
		struct remade *r = rw->remade[i];

		if (r->old == old && (!digest || !strcmp(r->digest, digest)))
			return r;
	}
	return NULL;
}

static struct remade *add_remade(struct rewrite *rw, const struct document *old)
{
	struct remade **more =
		reallocarray(rw->remade, rw->remades + 1, sizeof(*more));
	struct remade *own = calloc(1, sizeof(*own));

	if (more)
		rw->remade = more;
	if (!more || !own) {
		free(own);
		return NULL;
	}
	own->old = old;
	rw->remade[rw->remades++] = own;
	return own;
}

static void set_remade(struct remade *remade, json_t *json, char *text,
		       const char *digest)
{
	json_decref(remade->json);
	free(remade->text);
	remade->json = json;
	remade->text = text;
	remade->size = strlen(text);
	strcpy(remade->digest, digest);
}

/*
 * Takes @json over. An index or a manifest becomes one other; a config can
 * become several, where manifests share it whose layers do not.
 */
int keep_remade(struct rewrite *rw, const struct document *old, json_t *json,
		struct remade **remade)
{
	bool several = old->kind == DOCUMENT_OTHER;
	char *text = form_json_text(json, JSON_COMPACT | JSON_ENCODE_ANY);
	char digest[DIGEST_SIZE];

	*remade = NULL;
	if (!text || json_equal(json, old->json)) {
		json_decref(json);
		free(text);
		return text ? 0 : -ENOMEM;
	}
	digest_bytes(old->digest, text, strlen(text), digest);
	*remade = find_remade(rw, old, several ? digest : NULL);
	if (!*remade)
		*remade = add_remade(rw, old);
	else if (strcmp((*remade)->digest, digest) == 0)
		rw->settled++;
	if (!*remade) {
		json_decref(json);
		free(text);
		return -ENOMEM;
	}
	rw->visited++;
	set_remade(*remade, json, text, digest);
	return 0;
}

int remake_config(struct rewrite *rw, const struct document *config,
		  const struct layer_edit *edit, struct remade **remade)
{
	json_t *json;
	int error;

	*remade = NULL;
	if (!config || edit_empty(edit))
		return 0;
	json = form_json_copy(config->json);
	if (!json)
		return -ENOMEM;
	error = edit_config(json, edit);
	if (!error)
		return keep_remade(rw, config, json, remade);
	json_decref(json);
	return error;
}

/* --------------------------------- manifests ------------------------------ */

/* What is known of manifests and indexes; made anew before each document. */
static int rename_documents(const struct rewrite *rw, struct renames *renames)
{
	int error = 0;

	for (size_t i = 0; i < rw->remades && !error; i++) {
		const struct remade *r = rw->remade[i];

		if (r->old->kind != DOCUMENT_OTHER)
			error = add_rename(renames, r->old->digest, r->digest,
					   r->size, false);
	}
	return error;
}

static int manifest_layers(struct rewrite *rw, const struct document *manifest,
			   struct layer_edit *edit, struct renames *renames)
{
	const json_t *layers = json_object_get(manifest->json, "layers"),
		     *layer;
	char name[STORE_NAME], resolved[STORE_NAME], why[OCI_WHY_SIZE];
	size_t i;

	json_array_foreach(layers, i, layer)
	{
		const char *digest = string_in(layer, "digest");
		const struct replacement *r;

		if (!digest || blob_name(digest, name, why) != 0)
			continue;
		r = rewrite_layer(rw, name, resolved);
		edit->changed[i] = r;
		if (!r)
			continue;
		if (add_rename(renames, digest, r->digest, r->size, true) != 0)
			return -ENOMEM;
		if (r->layer->diff_id && strcmp(r->layer->diff_id, digest) &&
		    add_rename(renames, r->layer->diff_id, r->diff_id, r->size,
			       true) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int edit_manifest(struct rewrite *rw, json_t *json,
			 const struct document *config,
			 const struct layer_edit *edit, struct renames *renames)
{
	struct remade *fresh;
	int error = remake_config(rw, config, edit, &fresh);

	if (!error && fresh)
		error = add_rename(renames, config->digest, fresh->digest,
				   fresh->size, false);
	if (!error)
		error = rename_documents(rw, renames);
	if (!error)
		error = edit_digests(json, renames);
	return error ? error : edit_manifest_layers(json, edit);
}

static int remake_manifest(struct rewrite *rw, struct document *manifest)
{
	size_t layers =
		json_array_size(json_object_get(manifest->json, "layers"));
	json_t *json = form_json_copy(manifest->json);
	struct document *config = NULL;
	struct renames renames = {0};
	struct layer_edit edit = {0};
	struct remade *remade;
	int error = manifest_config(rw->out->oci->state, manifest, &config,
				    rw->why);

	/* Of an image that is not all there nothing changes. */
	if (error == -EBADMSG && rw->out->oci->kind == OCI_DOCKER) {
		*rw->why = '\0';
		error = 0;
	}
	if (!error && !json)
		error = -ENOMEM;
	if (!error)
		error = edit_begin(rw, &edit, layers, manifest, config);
	if (!error)
		error = manifest_layers(rw, manifest, &edit, &renames);
	if (!error)
		error = edit_manifest(rw, json, config, &edit, &renames);
	if (!error)
		error = keep_remade(rw, manifest, json, &remade);
	else
		json_decref(json);
	edit_end(&edit);
	free(renames.item);
	return error;
}

/* ---------------------------------- indexes ------------------------------- */

static int remake_index(struct rewrite *rw, struct document *index)
{
	json_t *json = form_json_copy(index->json);
	struct renames renames = {0};
	struct remade *remade;
	int error = json ? rename_documents(rw, &renames) : -ENOMEM;

	if (!error)
		error = edit_digests(json, &renames);
	if (!error)
		error = keep_remade(rw, index, json, &remade);
	else
		json_decref(json);
	free(renames.item);
	return error;
}

/* Only descriptors with something chosen in them: another image with the same
 * manifest keeps it. */
static int remake_root(struct rewrite *rw)
{
	const struct oci_state *state = rw->out->oci->state;
	json_t *json = form_json_copy(state->index->json), *descriptor;
	struct renames renames = {0};
	size_t i;
	int error = json ? rename_documents(rw, &renames) : -ENOMEM;

	json_array_foreach(json_object_get(json, "manifests"), i,
			   descriptor) if (!error && state->touched[i]) error =
		edit_digests(descriptor, &renames);
	if (!error)
		error = keep_remade(rw, state->index, json, &rw->index);
	else
		json_decref(json);
	free(renames.item);
	return error;
}

static int remake(struct rewrite *rw, struct document *document)
{
	if (document == rw->out->oci->state->index)
		return 0;
	if (document->kind == DOCUMENT_MANIFEST && document->chosen)
		return remake_manifest(rw, document);
	if (document->kind == DOCUMENT_INDEX &&
	    (document->chosen || document->above))
		return remake_index(rw, document);
	return 0;
}

/* What was read last is furthest down. Until nothing changes any more. */
static int remake_all(struct rewrite *rw)
{
	const struct oci_state *state = rw->out->oci->state;
	int error = 0;

	for (int pass = 0; !error && (!pass || rw->visited != rw->settled);
	     pass++) {
		if (pass == PASSES)
			return oci_fail(rw->why, -EFBIG,
					"too long a chain of manifests that "
					"have each other as their subject");
		rw->visited = rw->settled = 0;
		for (size_t i = state->documents; i-- > 0 && !error;)
			error = remake(rw, state->document[i]);
	}
	if (!error && state->index)
		error = remake_root(rw);
	return error;
}

/* ----------------------------------- all ---------------------------------- */

static void free_rewrite(struct rewrite *rw)
{
	for (size_t i = 0; i < rw->remades; i++) {
		json_decref(rw->remade[i]->json);
		free(rw->remade[i]->text);
		free(rw->remade[i]);
	}
	free(rw->remade);
	tdestroy(rw->layers, free);
	tdestroy(rw->needed, free);
	free(rw->pending);
}

int rewrite_documents(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	struct rewrite rw = {.out = out, .why = why};
	int error = 0;

	*why = '\0';
	for (size_t i = 0; i < out->count && !error; i++)
		if (out->done[i]->layer)
			error = name_layers(&rw, out->done[i]);
	if (!error && out->count)
		error = remake_all(&rw);
	if (!error && out->count && out->oci->state->manifest)
		error = remake_entries(&rw);
	if (!error && out->count)
		error = find_needed(&rw);
	if (!error && out->count)
		error = place_blobs(&rw);
	if (!error)
		error = rw.failed;
	free_rewrite(&rw);
	if (error && !*why)
		oci_fail(why, error, "documents cannot be made: %s",
			 strerror(-error));
	return error;
}
