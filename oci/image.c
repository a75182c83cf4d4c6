/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images and their layers out of documents. */
#include "oci/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------- what is read as a layer ---------------------- */

static const char *const layer_types[] = {
	"application/vnd.oci.image.layer.v1.tar",
	"application/vnd.oci.image.layer.v1.tar+gzip",
	"application/vnd.oci.image.layer.v1.tar+zstd",
	"application/vnd.oci.image.layer.nondistributable.v1.tar",
	"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
	"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
	"application/vnd.docker.image.rootfs.diff.tar",
	"application/vnd.docker.image.rootfs.diff.tar.gzip",
	"application/vnd.docker.image.rootfs.diff.tar.zstd",
	"application/vnd.docker.image.rootfs.foreign.diff.tar",
	"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
};

/* Words in the media types of what is no layer; the first that fits. */
static const struct {
	const char *part, *reason;
} others[] = {
	{"+encrypted", "it is encrypted"},
	{"in-toto", "it is an attestation"},
	{"helm", "it is a Helm chart"},
	{"wasm", "it is a WebAssembly module"},
	{"simplesigning", "it is a signature"},
	{"notary", "it is a signature"},
	{"", "its media type is that of another kind of artifact"},
};

/* The compression is told by the bytes, so no media type at all will do. */
static const char *not_a_layer(const char *type)
{
	if (!type)
		return NULL;
	for (size_t i = 0; i < sizeof(layer_types) / sizeof(*layer_types); i++)
		if (strcmp(layer_types[i], type) == 0)
			return NULL;
	for (size_t i = 0;; i++)
		if (strstr(type, others[i].part))
			return others[i].reason;
}

static bool is_called_attestation(const json_t *descriptor)
{
	const json_t *platform = json_object_get(descriptor, "platform");
	const char *os = string_in(platform, "os");
	const char *arch = string_in(platform, "architecture");

	return annotation_of(descriptor, "vnd.docker.reference.type") ||
	       (os && arch && strcmp(os, "unknown") == 0 &&
		strcmp(arch, "unknown") == 0);
}

/* Whatever it is called, what has a layer of files can be run by those who do
 * not look at that. */
bool is_attestation(const json_t *descriptor, const struct document *manifest)
{
	const json_t *layers = json_object_get(manifest->json, "layers");
	const json_t *layer;
	size_t i;

	json_array_foreach(layers, i, layer)
	{
		if (!not_a_layer(string_in(layer, "mediaType")))
			return false;
	}
	return is_called_attestation(descriptor);
}

/* --------------------------------- an image ------------------------------- */

static int add_image(struct oci *oci, size_t layers, struct oci_image **added,
		     char why[OCI_WHY_SIZE])
{
	struct oci_state *state = oci->state;
	struct image_origin *origin;
	struct oci_image *image;

	if (oci->images >= OCI_IMAGES_MAX || layers > OCI_LAYERS_MAX ||
	    layers > OCI_ALL_LAYERS_MAX - state->layers)
		return oci_fail(why, -EFBIG,
				"more than %d images, or an image with more "
				"than %d layers, or more than %d in all; "
				"choose fewer by :REF or by :DIGEST",
				OCI_IMAGES_MAX, OCI_LAYERS_MAX,
				OCI_ALL_LAYERS_MAX);
	state->layers += layers;
	image = reallocarray(oci->image, oci->images + 1, sizeof(*image));
	if (image)
		oci->image = image;
	origin = reallocarray(state->origin, oci->images + 1, sizeof(*origin));
	if (origin)
		state->origin = origin;
	if (!image || !origin)
		return oci_no_memory(why);
	image += oci->images;
	*image = (struct oci_image){
		.layer = calloc(layers + 1, sizeof(*image->layer))};
	origin[oci->images] = (struct image_origin){0};
	if (!image->layer)
		return oci_no_memory(why);
	image->layers = layers;
	oci->images++;
	*added = image;
	return 0;
}

/* "os/architecture/variant" of a descriptor's platform, or of a config. */
static const char *platform_of(struct oci_state *state, const json_t *object)
{
	const char *os = string_in(object, "os");
	const char *arch = string_in(object, "architecture");
	const char *variant = string_in(object, "variant");
	const char *kept;
	char *text;

	if (!os || !arch)
		return NULL;
	if (asprintf(&text, "%s/%s%s%s", os, arch, variant ? "/" : "",
		     variant ? variant : "") < 0)
		return NULL;
	kept = keep_string(state, text);
	free(text);
	return kept;
}

static const char *user_of(const struct document *config)
{
	return string_in(json_object_get(config->json, "config"), "User");
}

static const json_t *diff_ids_of(const struct document *config)
{
	return json_object_get(json_object_get(config->json, "rootfs"),
			       "diff_ids");
}

/* A config that names other layers than the manifest is of another image. */
static int set_diff_ids(struct oci_image *image, const struct document *config,
			char why[OCI_WHY_SIZE])
{
	const json_t *ids = diff_ids_of(config);

	if (json_array_size(ids) != image->layers)
		return oci_fail(why, -EBADMSG,
				"%s: the config has %zu layers, the manifest "
				"%zu",
				config->name, json_array_size(ids),
				image->layers);
	for (size_t i = 0; i < image->layers; i++) {
		const char *id = json_string_value(json_array_get(ids, i));

		if (!id)
			return oci_fail(why, -EBADMSG,
					"%s: a diff_id that is no text",
					config->name);
		image->layer[i].diff_id = id;
	}
	return 0;
}

/*
 * Under which name does it lie? What is wrong with the blob is told by
 * oci_layer_open(): other layers can be read all the same.
 */
static int set_name(struct oci_state *state, struct oci_layer *layer,
		    const char *name, bool urls)
{
	char resolved[STORE_NAME], why[OCI_WHY_SIZE];
	uint64_t size;
	int error = store_resolve(&state->store, name, resolved, &size, why);

	if (error == -ENOENT && urls && !layer->foreign)
		layer->foreign = "it is not in the store, which names a URL "
				 "for it";
	layer->name = keep_string(state, error ? name : resolved);
	return layer->name ? 0 : -ENOMEM;
}

/* -------------------------------- manifests ------------------------------- */

static int read_layer(struct oci_state *state, struct oci_layer *layer,
		      const json_t *descriptor, char why[OCI_WHY_SIZE])
{
	const json_t *size = json_object_get(descriptor, "size");
	bool urls = json_array_size(json_object_get(descriptor, "urls")) > 0;
	char name[STORE_NAME];
	int error;

	layer->digest = string_in(descriptor, "digest");
	layer->media_type = string_in(descriptor, "mediaType");
	layer->size = json_is_integer(size) && json_integer_value(size) >= 0
			      ? (uint64_t)json_integer_value(size)
			      : UINT64_MAX;
	if (!layer->foreign)
		layer->foreign = not_a_layer(layer->media_type);
	if (!layer->digest)
		return oci_fail(why, -EBADMSG, "a layer without a digest");
	error = blob_name(layer->digest, name, why);
	if (!error && set_name(state, layer, name, urls) != 0)
		error = oci_no_memory(why);
	return error;
}

int manifest_config(struct oci_state *state, const struct document *manifest,
		    struct document **config, char why[OCI_WHY_SIZE])
{
	const json_t *descriptor = json_object_get(manifest->json, "config");
	const char *type = string_in(descriptor, "mediaType");
	const char *digest = string_in(descriptor, "digest");
	char name[STORE_NAME];
	int error;

	*config = NULL;
	if (type &&
	    strcmp(type, "application/vnd.oci.image.config.v1+json") != 0 &&
	    strcmp(type, "application/vnd.docker.container.image.v1+json") != 0)
		return 0;
	if (!digest)
		return oci_fail(why, -EBADMSG, "%s: no config is named",
				manifest->name);
	error = blob_name(digest, name, why);
	if (!error)
		error = document_load(state, name, digest, config, why);
	if (error)
		return error == -ENOENT ? -EBADMSG : error;
	return document_size_is(*config, descriptor, why);
}

static int add_config(struct oci *oci, struct oci_image *image,
		      struct document *manifest, bool attestation,
		      char why[OCI_WHY_SIZE])
{
	struct image_origin *origin = &oci->state->origin[oci->images - 1];
	int error;

	origin->manifest = manifest;
	image->artifact = true;
	if (attestation)
		return 0;
	error = manifest_config(oci->state, manifest, &origin->config, why);
	image->artifact = !origin->config;
	if (error || !origin->config)
		return error;
	if (!image->platform)
		image->platform = platform_of(oci->state, origin->config->json);
	image->user = user_of(origin->config);
	return set_diff_ids(image, origin->config, why);
}

int image_of_manifest(struct oci *oci, struct document *manifest,
		      const json_t *descriptor, const char *ref,
		      char why[OCI_WHY_SIZE])
{
	const json_t *layers = json_object_get(manifest->json, "layers"),
		     *layer;
	bool attestation = is_attestation(descriptor, manifest);
	struct oci_image *image;
	size_t i;
	int error = add_image(oci, json_array_size(layers), &image, why);

	if (error)
		return error;
	image->ref = ref;
	image->digest = manifest->digest;
	image->platform = platform_of(oci->state,
				      json_object_get(descriptor, "platform"));
	json_array_foreach(layers, i, layer)
	{
		if (attestation)
			image->layer[i].foreign = "it is an attestation";
		error = read_layer(oci->state, &image->layer[i], layer, why);
		if (error)
			return error;
	}
	return add_config(oci, image, manifest, attestation, why);
}

/* ------------------------- entries of manifest.json ----------------------- */

static int read_entry_layer(struct oci_state *state, struct oci_layer *layer,
			    const json_t *entry, size_t i,
			    char why[OCI_WHY_SIZE])
{
	const char *name = json_string_value(
		json_array_get(json_object_get(entry, "Layers"), i));
	const json_t *source;
	bool urls;

	if (!name)
		return oci_fail(why, -EBADMSG,
				"manifest.json: a layer without a name");
	source = json_object_get(json_object_get(entry, "LayerSources"),
				 layer->diff_id);
	urls = json_array_size(json_object_get(source, "urls")) > 0;
	layer->digest = layer->diff_id;
	layer->media_type = string_in(source, "mediaType");
	layer->size = UINT64_MAX;
	layer->foreign = not_a_layer(layer->media_type);
	return set_name(state, layer, name, urls) ? oci_no_memory(why) : 0;
}

int image_of_entry(struct oci *oci, size_t entry, char why[OCI_WHY_SIZE])
{
	struct listed *e = &oci->state->entry[entry];
	const json_t *tags = json_object_get(e->json, "RepoTags");
	struct oci_image *image;
	size_t layers = json_array_size(json_object_get(e->json, "Layers"));
	int error = add_image(oci, layers, &image, why);

	if (error)
		return error;
	oci->state->origin[oci->images - 1] =
		(struct image_origin){.config = e->config, .entry = entry};
	image->ref = json_string_value(json_array_get(tags, 0));
	image->platform = platform_of(oci->state, e->config->json);
	image->user = user_of(e->config);
	error = set_diff_ids(image, e->config, why);
	for (size_t i = 0; i < image->layers && !error; i++)
		error = read_entry_layer(oci->state, &image->layer[i], e->json,
					 i, why);
	return error;
}
