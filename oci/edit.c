/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests and layers changed inside JSON documents. */
#include "oci/edit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int add_rename(struct renames *renames, const char *from, const char *to,
	       uint64_t size, bool layer)
{
	struct renamed *more =
		reallocarray(renames->item, renames->count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	renames->item = more;
	more[renames->count++] = (struct renamed){from, to, size, layer};
	return 0;
}

static const struct renamed *find(const struct renames *renames,
				  const char *text)
{
	for (size_t i = 0; text && i < renames->count; i++)
		if (strcmp(renames->item[i].from, text) == 0)
			return &renames->item[i];
	return NULL;
}

/* ------------------------------- descriptors ------------------------------ */

/* They describe the bytes of a compressed layer that is no more. */
static const char *const stale[] = {
	"containerd.io/snapshot/stargz/toc.digest",
	"io.containers.estargz.uncompressed-size",
	"io.github.containers.zstd-chunked.manifest-checksum",
	"io.github.containers.zstd-chunked.manifest-position",
	"io.github.containers.zstd-chunked.tarsplit-checksum",
	"io.github.containers.zstd-chunked.tarsplit-position",
};

static void drop_stale(json_t *descriptor, const struct renamed *renamed)
{
	json_t *annotations = json_object_get(descriptor, "annotations");

	json_object_del(descriptor, "data");
	for (size_t i = 0; renamed->layer && i < sizeof(stale) / sizeof(*stale);
	     i++)
		json_object_del(annotations, stale[i]);
}

static int set_descriptor(json_t *descriptor, const char *digest, uint64_t size)
{
	if (json_object_set_new(descriptor, "digest", json_string(digest)) ||
	    json_object_set_new(descriptor, "size",
				json_integer((json_int_t)size)))
		return -ENOMEM;
	return 0;
}

static int edit_descriptor(json_t *object, const struct renames *renames)
{
	const struct renamed *renamed =
		find(renames, string_in(object, "digest"));

	if (!renamed)
		return 0;
	drop_stale(object, renamed);
	/* One that should say a size, and does not, is left without it. */
	if (!json_object_get(object, "size"))
		return json_object_set_new(object, "digest",
					   json_string(renamed->to))
			       ? -ENOMEM
			       : 0;
	return set_descriptor(object, renamed->to, renamed->size);
}

static int edit_annotations(json_t *annotations, const struct renames *renames)
{
	const char *key;
	json_t *value;

	json_object_foreach(annotations, key, value)
	{
		const struct renamed *renamed =
			find(renames, json_string_value(value));

		if (renamed && json_string_set(value, renamed->to) != 0)
			return -ENOMEM;
	}
	return 0;
}

int edit_digests(json_t *json, const struct renames *renames)
{
	const char *key;
	json_t *value;
	size_t i;
	int error = 0;

	json_array_foreach(json, i, value) if (!error) error =
		edit_digests(value, renames);
	if (!json_is_object(json) || error)
		return error;
	error = edit_descriptor(json, renames);
	if (!error)
		error = edit_annotations(json_object_get(json, "annotations"),
					 renames);
	json_object_foreach(json, key,
			    value) if (!error && strcmp(key, "annotations"))
		error = edit_digests(value, renames);
	return error;
}

/* --------------------------------- configs -------------------------------- */

/* Nothing of it may depend on when it was made: the last entry's time. */
static int add_history(json_t *config)
{
	json_t *history = json_object_get(config, "history"), *entry, *created;
	size_t size = json_array_size(history);

	if (!json_is_array(history))
		return 0;
	entry = json_object();
	created = size ? json_object_get(json_array_get(history, size - 1),
					 "created")
		       : json_object_get(config, "created");
	if (created && json_object_set(entry, "created", created) != 0)
		goto failed;
	if (json_object_set_new(entry, "created_by", json_string("fcapset")))
		goto failed;
	return json_array_append_new(history, entry) != 0 ? -ENOMEM : 0;
failed:
	json_decref(entry);
	return -ENOMEM;
}

int edit_config(json_t *config, const struct layer_edit *edit)
{
	json_t *ids =
		json_object_get(json_object_get(config, "rootfs"), "diff_ids");
	int error = 0;

	for (size_t i = 0; i < edit->layers; i++)
		if (edit->changed[i] &&
		    json_array_set_new(ids, i,
				       json_string(edit->changed[i]->diff_id)))
			return -ENOMEM;
	for (size_t i = 0; i < edit->adds && !error; i++) {
		if (json_array_append_new(ids,
					  json_string(edit->added[i]->diff_id)))
			return -ENOMEM;
		error = add_history(config);
	}
	return error;
}

/* --------------------------------- manifests ------------------------------ */

static bool docker_style(const json_t *manifest)
{
	const json_t *config = json_object_get(manifest, "config");
	const char *type = string_in(manifest, "mediaType");

	if (!type)
		type = string_in(config, "mediaType");
	return type && strstr(type, "vnd.docker.");
}

/* Docker's own types know gzip and nothing else for certain. */
static json_t *media_type(const struct codec *codec, bool docker)
{
	const char *suffix = !codec	    ? ""
			     : codec->media ? codec->media
					    : "+gzip";

	if (!docker)
		return json_sprintf("application/vnd.oci.image.layer.v1.tar%s",
				    suffix);
	return json_sprintf("application/vnd.docker.image.rootfs.diff.tar%s%s",
			    *suffix ? "." : "", *suffix ? suffix + 1 : "");
}

static json_t *new_descriptor(const struct replacement *r, bool docker)
{
	json_t *descriptor = json_object();

	if (json_object_set_new(descriptor, "mediaType",
				media_type(r->codec, docker)) ||
	    set_descriptor(descriptor, r->digest, r->size) != 0) {
		json_decref(descriptor);
		return NULL;
	}
	return descriptor;
}

int edit_manifest_layers(json_t *manifest, const struct layer_edit *edit)
{
	json_t *layers = json_object_get(manifest, "layers");
	bool docker = docker_style(manifest);

	for (size_t i = 0; i < edit->adds; i++)
		if (json_array_append_new(layers, new_descriptor(edit->added[i],
								 docker)))
			return -ENOMEM;
	return 0;
}

/* ------------------------------- manifest.json ---------------------------- */

static const struct replacement *by_old_id(const struct layer_edit *edit,
					   const char *diff_id)
{
	for (size_t i = 0; i < edit->layers; i++) {
		const struct replacement *r = edit->changed[i];

		if (r && r->layer->diff_id &&
		    strcmp(r->layer->diff_id, diff_id) == 0)
			return r;
	}
	return NULL;
}

/* The order of the keys is kept, so all of it is made anew. */
int edit_sources(json_t *entry, const struct layer_edit *edit)
{
	json_t *sources = json_object_get(entry, "LayerSources"), *value;
	json_t *fresh;
	const char *key;
	int error = 0;

	if (!json_is_object(sources))
		return 0;
	fresh = json_object();
	json_object_foreach(sources, key, value)
	{
		const struct replacement *r = by_old_id(edit, key);

		if (r)
			error |= set_descriptor(value, r->digest, r->size);
		error |= json_object_set(fresh, r ? r->diff_id : key, value);
	}
	for (size_t i = 0; i < edit->adds; i++)
		error |= json_object_set_new(fresh, edit->added[i]->diff_id,
					     new_descriptor(edit->added[i],
							    false));
	error |= json_object_set_new(entry, "LayerSources", fresh);
	return error ? -ENOMEM : 0;
}
