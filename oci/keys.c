/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of documents that readers do not take for the same ones. */
#include "form/json.h"
#include "oci/parts.h"

#include <errno.h>

/*
 * What is written in Go takes "Layers" for "layers", and of the two the later
 * one; others take it for nothing. These are the keys that are looked up, by
 * where they stand; a manifest and a config both have a "config".
 */
static const char *const document_keys[] = {
	"mediaType", "manifests", "layers",	  "config", "rootfs",
	"os",	     "variant",	  "architecture", NULL};
static const char *const descriptor_keys[] = {
	"mediaType", "digest", "size", "urls", "annotations", "platform", NULL};
static const char *const platform_keys[] = {"os", "architecture", "variant",
					    NULL};
static const char *const config_keys[] = {"User", NULL};
static const char *const rootfs_keys[] = {"diff_ids", NULL};
static const char *const entry_keys[] = {"Config", "RepoTags", "Layers",
					 "LayerSources", NULL};

static int check_keys(const json_t *object, const char *const *keys,
		      char why[OCI_WHY_SIZE])
{
	for (; *keys; keys++) {
		const char *other = form_json_alike(object, *keys);

		if (other)
			return oci_fail(why, -EBADMSG,
					"the key \"%.80s\", which some readers "
					"take for \"%s\", and others do not",
					other, *keys);
	}
	return 0;
}

static int check_descriptor(const json_t *descriptor, char why[OCI_WHY_SIZE])
{
	int error = check_keys(descriptor, descriptor_keys, why);

	return error ? error
		     : check_keys(json_object_get(descriptor, "platform"),
				  platform_keys, why);
}

static int check_list(const json_t *object, const char *key,
		      char why[OCI_WHY_SIZE])
{
	const json_t *list = json_object_get(object, key), *descriptor;
	int error = 0;
	size_t i;

	json_array_foreach(list, i, descriptor)
	{
		error = check_descriptor(descriptor, why);
		if (error)
			break;
	}
	return error;
}

/* One of manifest.json. */
static int check_entry(const json_t *entry, char why[OCI_WHY_SIZE])
{
	json_t *sources = json_object_get(entry, "LayerSources"), *source;
	int error = check_keys(entry, entry_keys, why);
	const char *key;

	json_object_foreach(sources, key, source)
	{
		if (!error)
			error = check_descriptor(source, why);
	}
	return error;
}

int document_keys_are_plain(const json_t *json, char why[OCI_WHY_SIZE])
{
	const json_t *config = json_object_get(json, "config"), *entry;
	int error = check_keys(json, document_keys, why);
	size_t i;

	if (!error)
		error = check_list(json, "manifests", why);
	if (!error)
		error = check_list(json, "layers", why);
	if (!error)
		error = check_descriptor(config, why);
	if (!error)
		error = check_keys(config, config_keys, why);
	if (!error)
		error = check_keys(json_object_get(json, "rootfs"), rootfs_keys,
				   why);
	json_array_foreach(json, i, entry)
	{
		if (!error)
			error = check_entry(entry, why);
	}
	return error;
}
