/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which blobs the new store has, which it no longer has, and their names. */
#include "oci/rewrite.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------- lists --------------------------------- */

struct fresh *fresh_named(const struct oci_out *out, const char *name)
{
	for (size_t i = 0; i < out->freshes; i++)
		if (strcmp(out->fresh[i].name, name) == 0)
			return &out->fresh[i];
	return NULL;
}

int add_fresh(struct oci_out *out, const char *name, const char *beside,
	      const struct replacement *layer, char *text)
{
	struct fresh *more, own = {.layer = layer, .text = text};

	if ((!layer && !text) || fresh_named(out, name)) {
		free(text);
		return layer || text ? 0 : -ENOMEM;
	}
	own.size = text ? strlen(text) : 0;
	own.name = strdup(name);
	own.beside = beside ? strdup(beside) : NULL;
	more = reallocarray(out->fresh, out->freshes + 1, sizeof(*more));
	if (more)
		out->fresh = more;
	if (!more || !own.name || (beside && !own.beside)) {
		free(own.name);
		free(own.beside);
		free(text);
		return -ENOMEM;
	}
	more[out->freshes++] = own;
	return 0;
}

const struct gone *gone_named(const struct oci_out *out, const char *name)
{
	for (size_t i = 0; i < out->gones; i++)
		if (strcmp(out->gone[i].name, name) == 0)
			return &out->gone[i];
	return NULL;
}

int add_gone(struct oci_out *out, const char *name, const char *from,
	     const char *to)
{
	struct gone *more;
	char *copy;

	if (gone_named(out, name))
		return 0;
	more = reallocarray(out->gone, out->gones + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	out->gone = more;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	more += out->gones++;
	*more = (struct gone){.name = copy};
	strcpy(more->from, from);
	strcpy(more->to, to);
	return 0;
}

/* ---------------------------------- names --------------------------------- */

const char *digits_of(const char *digest)
{
	const char *colon = strchr(digest, ':');

	return colon ? colon + 1 : digest;
}

char *replace_digits(const char *text, const char *from, const char *to)
{
	char *copy = strdup(text), *at = copy;
	size_t len = strlen(from);

	if (!len || strlen(to) != len)
		return copy;
	while (at && (at = strstr(at, from))) {
		memcpy(at, to, len);
		at += len;
	}
	return copy;
}

/* ------------------------------ what is needed ---------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* 1 where it was not there before. New names resolve to themselves. */
static int need_name(struct rewrite *rw, const char *name)
{
	char resolved[STORE_NAME], *copy, **found;

	copy = strdup(rewrite_resolve(rw, name, resolved) ? resolved : name);
	found = copy ? tsearch(copy, &rw->needed, by_text) : NULL;
	if (found && *found == copy)
		return 1;
	free(copy);
	return found ? 0 : -ENOMEM;
}

static const json_t *json_of(const struct rewrite *rw, const char *digest)
{
	const struct document *old;

	for (size_t i = 0; i < rw->remades; i++)
		if (strcmp(rw->remade[i]->digest, digest) == 0)
			return rw->remade[i]->json;
	old = document_digested(rw->out->oci->state, digest);
	return old ? old->json : NULL;
}

/* Later, since documents can refer to each other in long chains. */
static int push(struct rewrite *rw, const json_t *json)
{
	const json_t **more;

	if (!json)
		return 0;
	more = reallocarray(rw->pending, rw->pendings + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	rw->pending = more;
	more[rw->pendings++] = json;
	return 0;
}

static int need_digest(struct rewrite *rw, const char *digest)
{
	char name[STORE_NAME], why[OCI_WHY_SIZE];
	int news;

	if (!digest || blob_name(digest, name, why) != 0)
		return 0;
	news = need_name(rw, name);
	return news == 1 ? push(rw, json_of(rw, digest)) : news;
}

static int need_json(struct rewrite *rw, const json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;
	int error = need_digest(rw, string_in(json, "digest"));

	json_array_foreach(json, i, value) if (!error) error =
		need_json(rw, value);
	/* Nothing is changed by a loop over what is constant. */
	json_object_foreach((json_t *)(uintptr_t)json, key, value) if (!error)
		error = need_json(rw, value);
	return error;
}

static int need_entries(struct rewrite *rw, const json_t *entries)
{
	const json_t *entry, *name;
	size_t i, j;
	int news = 0;

	json_array_foreach(entries, i, entry)
	{
		news = need_name(rw, string_in(entry, "Config"));
		json_array_foreach(json_object_get(entry, "Layers"), j,
				   name) if (news >= 0 && json_is_string(name))
			news = need_name(rw, json_string_value(name));
		if (news < 0)
			return news;
	}
	return 0;
}

bool is_needed(const struct rewrite *rw, const char *name)
{
	return tfind(name, &rw->needed, by_text);
}

int find_needed(struct rewrite *rw)
{
	const struct oci_state *state = rw->out->oci->state;
	int error = 0;

	if (state->index)
		error = push(rw,
			     rw->index ? rw->index->json : state->index->json);
	while (!error && rw->pendings)
		error = need_json(rw, rw->pending[--rw->pendings]);
	if (!error && state->manifest)
		error = need_entries(rw, rw->manifest ? rw->manifest->json
						      : state->manifest->json);
	return error;
}

/* --------------------------------- placing -------------------------------- */

/* Under its digest, where that is needed: in place of the old one. */
static int place(struct rewrite *rw, const char *digest, const char *old,
		 const struct replacement *layer, const char *text)
{
	char name[STORE_NAME], old_digest[DIGEST_SIZE] = "";
	int error = blob_name(digest, name, rw->why);

	if (error || !is_needed(rw, name))
		return error;
	error = add_fresh(rw->out, name, old, layer,
			  text ? strdup(text) : NULL);
	if (error || !old || (layer && !layer->layer))
		return error;
	blob_name_digest(old, old_digest);
	return add_gone(rw->out, old, digits_of(old_digest), digits_of(digest));
}

static int place_documents(struct rewrite *rw)
{
	int error = 0;

	for (size_t i = 0; i < rw->remades && !error; i++) {
		const struct remade *r = rw->remade[i];

		if (r == rw->index || r == rw->manifest)
			error = add_fresh(rw->out, r->old->name, r->old->name,
					  NULL, strdup(r->text));
		else
			error = place(rw, r->digest, r->old->name, NULL,
				      r->text);
	}
	return error;
}

static int place_layers(struct rewrite *rw)
{
	const struct oci *oci = rw->out->oci;
	char resolved[STORE_NAME];
	int error = 0;

	for (size_t i = 0; i < oci->images; i++) {
		const struct oci_image *image = &oci->image[i];

		for (size_t j = 0; j < image->layers && !error; j++) {
			const struct replacement *r = rewrite_layer(
				rw, image->layer[j].name, resolved);

			if (r)
				error = place(rw, r->digest, resolved, r, NULL);
		}
	}
	return error;
}

/* After the layer that it lies upon. */
static const char *below(const struct oci *oci,
			 const struct image_origin *origin)
{
	const struct oci_image *image =
		&oci->image[origin - oci->state->origin];

	return image->layers ? image->layer[image->layers - 1].name
			     : origin->config->name;
}

static int place_added(struct rewrite *rw)
{
	const struct oci_out *out = rw->out;
	int error = 0;

	for (size_t i = 0; i < out->count && !error; i++) {
		const struct replacement *r = out->done[i];

		if (r->origin)
			error = place(rw, r->digest, below(out->oci, r->origin),
				      r, NULL);
	}
	return error;
}

/* What is needed stays, but for what is written anew under the same name. */
static int settle_gone(struct rewrite *rw)
{
	struct oci_out *out = rw->out;
	size_t kept = 0;
	int error = 0;

	for (size_t i = 0; i < out->gones; i++) {
		if (is_needed(rw, out->gone[i].name))
			free(out->gone[i].name);
		else
			out->gone[kept++] = out->gone[i];
	}
	out->gones = kept;
	for (size_t i = 0; i < out->freshes && !error; i++)
		error = add_gone(out, out->fresh[i].name, "", "");
	return error;
}

int place_blobs(struct rewrite *rw)
{
	int error = place_layers(rw);

	if (!error)
		error = place_added(rw);
	if (!error)
		error = place_documents(rw);
	return error ? error : settle_gone(rw);
}
