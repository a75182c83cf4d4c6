/* SPDX-License-Identifier: GPL-2.0-or-later */
/* manifest.json of what docker save writes, made anew. */
#include "form/json.h"
#include "oci/rewrite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------- shared names ----------------------------- */

/* Chosen by one tag of several: the others keep the image as it was. */
static bool is_split(const struct oci_state *state, const struct listed *entry)
{
	const json_t *tags = json_object_get(entry->json, "RepoTags"), *tag;
	size_t i;

	if (!entry->chosen || !state->ref ||
	    !entry_tagged(entry->json, state->ref))
		return false;
	json_array_foreach(tags, i,
			   tag) if (!json_is_string(tag) ||
				    !same_name(json_string_value(tag),
					       state->ref)) return true;
	return false;
}

static bool uses(struct rewrite *rw, const struct listed *entry,
		 const char *name)
{
	const json_t *layer;
	char resolved[STORE_NAME];
	size_t i;

	if (strcmp(entry->config->name, name) == 0)
		return true;
	json_array_foreach(json_object_get(entry->json, "Layers"), i,
			   layer) if (json_is_string(layer) &&
				      rewrite_resolve(rw,
						      json_string_value(layer),
						      resolved) &&
				      strcmp(resolved, name) == 0) return true;
	return false;
}

/* Does an image use it that is to stay as it is? */
static bool is_shared(struct rewrite *rw, const char *name)
{
	const struct oci_state *state = rw->out->oci->state;

	for (size_t i = 0; i < state->entries; i++) {
		const struct listed *e = &state->entry[i];

		if ((!e->chosen || is_split(state, e)) && uses(rw, e, name))
			return true;
	}
	return false;
}

/* ---------------------------------- names --------------------------------- */

/*
 * A name with the blob's digest in it has the new one in it; another name stays
 * as it is, unless the old blob has to stay under it.
 */
static char *new_name(struct rewrite *rw, const char *name, const char *from,
		      const char *to, const char *suffix)
{
	char *own = replace_digits(name, from, to);
	char *other;

	if (!own || strcmp(own, name) != 0 || !is_shared(rw, name))
		return own;
	free(own);
	return asprintf(&other, "%s%s", to, suffix) < 0 ? NULL : other;
}

struct digits {
	char from[DIGEST_SIZE], to[DIGEST_SIZE];
};

/* Its name has the digest of the blob or the diff_id. */
static void layer_digits(const struct replacement *r, const char *name,
			 struct digits *d)
{
	char digest[DIGEST_SIZE];

	blob_name_digest(name, digest);
	strcpy(d->from, digits_of(*digest ? digest : r->layer->diff_id));
	strcpy(d->to, digits_of(*digest ? r->digest : r->diff_id));
}

/* --------------------------------- an entry ------------------------------- */

static int set_config(struct rewrite *rw, json_t *json,
		      const struct document *config, const struct remade *fresh)
{
	const char *from = digits_of(config->digest);
	const char *to = digits_of(fresh->digest);
	char *name = new_name(rw, config->name, from, to, ".json");
	int error = name ? 0 : -ENOMEM;

	if (!error)
		error = add_fresh(rw->out, name, config->name, NULL,
				  strdup(fresh->text));
	if (!error)
		error = add_gone(rw->out, config->name, from, to);
	if (!error && strcmp(name, config->name) != 0 &&
	    json_object_set_new(json, "Config", json_string(name)) != 0)
		error = -ENOMEM;
	free(name);
	return error;
}

static int set_layer(struct rewrite *rw, json_t *layers, size_t i,
		     const struct replacement *r)
{
	char resolved[STORE_NAME], *name;
	struct digits d;
	int error;

	rewrite_layer(rw, json_string_value(json_array_get(layers, i)),
		      resolved);
	layer_digits(r, resolved, &d);
	name = new_name(rw, resolved, d.from, d.to, ".tar");
	error = name ? add_fresh(rw->out, name, resolved, r, NULL) : -ENOMEM;
	if (!error)
		error = add_gone(rw->out, resolved, d.from, d.to);
	if (!error && strcmp(name, resolved) != 0 &&
	    json_array_set_new(layers, i, json_string(name)) != 0)
		error = -ENOMEM;
	free(name);
	return error;
}

/* Named as the layer below it, where that has its digest in its name. */
static char *added_name(struct rewrite *rw, const struct replacement *r,
			const struct listed *entry)
{
	const struct oci *oci = rw->out->oci;
	const struct oci_image *image =
		&oci->image[r->origin - oci->state->origin];
	const struct oci_layer *top =
		image->layers ? &image->layer[image->layers - 1] : NULL;
	const char *like = top ? top->name : entry->config->name;
	char digest[DIGEST_SIZE], name[STORE_NAME], why[OCI_WHY_SIZE], *own;

	blob_name_digest(like, digest);
	if (*digest)
		return blob_name(r->digest, name, why) ? NULL : strdup(name);
	if (top && top->diff_id && strstr(like, digits_of(top->diff_id)))
		return replace_digits(like, digits_of(top->diff_id),
				      digits_of(r->diff_id));
	return asprintf(&own, "%s.tar", digits_of(r->diff_id)) < 0 ? NULL : own;
}

/* Beside the member of the layer below, by the name that it had. */
static int add_layer(struct rewrite *rw, json_t *layers,
		     const struct replacement *r, const struct listed *entry)
{
	const json_t *old = json_object_get(entry->json, "Layers");
	size_t count = json_array_size(old);
	char *name = added_name(rw, r, entry);
	char resolved[STORE_NAME];
	int error;

	strcpy(resolved, entry->config->name);
	if (count)
		rewrite_layer(rw,
			      json_string_value(json_array_get(old, count - 1)),
			      resolved);
	error = name ? add_fresh(rw->out, name, resolved, r, NULL) : -ENOMEM;
	if (!error && json_array_append_new(layers, json_string(name)) != 0)
		error = -ENOMEM;
	free(name);
	return error;
}

static int edit_entry(struct rewrite *rw, const struct listed *entry,
		      json_t *json, const struct layer_edit *edit)
{
	json_t *layers = json_object_get(json, "Layers");
	struct remade *config;
	int error = remake_config(rw, entry->config, edit, &config);

	if (!error && config)
		error = set_config(rw, json, entry->config, config);
	for (size_t i = 0; i < edit->layers && !error; i++)
		if (edit->changed[i])
			error = set_layer(rw, layers, i, edit->changed[i]);
	for (size_t i = 0; i < edit->adds && !error; i++)
		error = add_layer(rw, layers, edit->added[i], entry);
	return error ? error : edit_sources(json, edit);
}

static int read_edit(struct rewrite *rw, const struct listed *entry,
		     struct layer_edit *edit)
{
	const json_t *layers = json_object_get(entry->json, "Layers"), *name;
	char resolved[STORE_NAME];
	size_t i;
	int error = edit_begin(rw, edit, json_array_size(layers), NULL,
			       entry->config);

	if (error)
		return error;
	json_array_foreach(layers, i, name) edit->changed[i] =
		rewrite_layer(rw, json_string_value(name), resolved);
	return 0;
}

/* -------------------------------- all of them ----------------------------- */

/* Leaves in @json the tags that REF means, or those that it does not. */
static void keep_tags(json_t *json, const char *ref, bool meant)
{
	json_t *tags = json_object_get(json, "RepoTags");

	for (size_t i = json_array_size(tags); i-- > 0;) {
		const char *tag = json_string_value(json_array_get(tags, i));

		if ((tag && same_name(tag, ref)) != meant)
			json_array_remove(tags, i);
	}
}

/* The image as it was, with its other tags, before the changed one. */
static int split(const struct oci_state *state, json_t *array, json_t *json)
{
	json_t *rest = form_json_copy(json);

	if (!rest)
		return -ENOMEM;
	keep_tags(rest, state->ref, false);
	keep_tags(json, state->ref, true);
	return json_array_append_new(array, rest) != 0 ? -ENOMEM : 0;
}

static int remake_entry(struct rewrite *rw, const struct listed *entry,
			json_t *array)
{
	const struct oci_state *state = rw->out->oci->state;
	json_t *json = form_json_copy(entry->json);
	struct layer_edit edit = {0};
	int error = json ? 0 : -ENOMEM;

	if (!error && entry->chosen)
		error = read_edit(rw, entry, &edit);
	if (!error && entry->chosen && !edit_empty(&edit)) {
		if (is_split(state, entry))
			error = split(state, array, json);
		if (!error)
			error = edit_entry(rw, entry, json, &edit);
	}
	if (!error && json_array_append(array, json) != 0)
		error = -ENOMEM;
	json_decref(json);
	edit_end(&edit);
	return error;
}

int remake_entries(struct rewrite *rw)
{
	struct oci_state *state = rw->out->oci->state;
	json_t *array = json_array();
	int error = array ? 0 : -ENOMEM;

	for (size_t i = 0; i < state->entries && !error; i++)
		error = remake_entry(rw, &state->entry[i], array);
	if (!error)
		return keep_remade(rw, state->manifest, array, &rw->manifest);
	json_decref(array);
	return error;
}
