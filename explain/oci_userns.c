/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user namespace of an OCI configuration. */
#include "explain/oci.h"

#include <stdio.h>
#include <string.h>

/* More kinds of namespaces than there are. */
#define NAMESPACES_MAX 64

/* --------------------------------- mappings ------------------------------ */

static int read_extent(const struct config *config, const json_t *extent,
		       const char *place, struct vfscap_extent *to)
{
	static const char *const keys[] = {"containerID", "hostID", "size"};
	uint32_t *const id[] = {&to->inside, &to->outside, &to->count};

	if (!json_is_object(extent))
		return config_fail(config, "%s: it is not an object", place);
	for (int i = 0; i < 3; i++) {
		char part[96];
		json_t *number;

		snprintf(part, sizeof(part), "%s.%s", place, keys[i]);
		if (config_find(config, extent, part, &number) ||
		    config_id(config, number, part, id[i]))
			return -1;
	}
	return 0;
}

static int read_map(const struct config *config, const json_t *array,
		    const char *place, struct vfscap_idmap *map)
{
	const json_t *extent;
	size_t i;

	if (json_array_size(array) == 0)
		return config_fail(config,
				   "%s: it is missing, and so all ids "
				   "of the user namespace",
				   place);
	if (json_array_size(array) > VFSCAP_EXTENTS)
		return config_fail(config, "%s: more than %d extents", place,
				   VFSCAP_EXTENTS);
	json_array_foreach(array, i, extent)
	{
		char part[64];

		snprintf(part, sizeof(part), "%s[%zu]", place, i);
		if (read_extent(config, extent, part, &map->extent[i]))
			return -1;
		map->count++;
	}
	return 0;
}

static int read_maps(const struct config *config, const json_t *uids,
		     const json_t *gids)
{
	struct config_facts *facts = config->facts;

	facts->userns = CONFIG_MAPPED;
	if (read_map(config, uids, "linux.uidMappings", &facts->map[NS_UID]))
		return -1;
	return read_map(config, gids, "linux.gidMappings", &facts->map[NS_GID]);
}

/* ------------------------------- linux.namespaces ------------------------ */

/* One that exists: that of a process, or the one that an option gives. */
static int read_existing(const struct config *config, const char *path)
{
	struct config_facts *facts = config->facts;
	int end = 0;

	if (config->subject->chain.depth)
		return 0;
	if (sscanf(path, "/proc/%9u/ns/user%n", &facts->pid, &end) != 1 ||
	    !end || path[end])
		return config_fail(
			config,
			"linux.namespaces: the user namespace is "
			"%.200s; say with --userns what its maps are",
			path);
	facts->userns = CONFIG_OF_PID;
	return 0;
}

/* The entry of the kind "user", or NULL. */
static int find(const struct config *config, const json_t *array,
		const json_t **found)
{
	const json_t *entry;
	size_t i;

	*found = NULL;
	if (json_array_size(array) > NAMESPACES_MAX)
		return config_fail(config, "linux.namespaces: more than %d",
				   NAMESPACES_MAX);
	json_array_foreach(array, i, entry)
	{
		const char *type;
		json_t *found_type;

		if (config_find(config, entry, "linux.namespaces.type",
				&found_type))
			return -1;
		type = json_string_value(found_type);
		if (!type)
			return config_fail(config,
					   "linux.namespaces[%zu].type: it is "
					   "not a string",
					   i);
		if (strcmp(type, "user") == 0 && *found)
			return config_fail(config, "linux.namespaces: there "
						   "are two user namespaces");
		if (strcmp(type, "user") == 0)
			*found = entry;
	}
	return 0;
}

static int make(const struct config *config, const json_t *entry,
		const json_t *uids, const json_t *gids)
{
	json_t *path;

	if (config_member(config, entry, "linux.namespaces.path", JSON_STRING,
			  &path))
		return -1;
	if (path && *json_string_value(path))
		return read_existing(config, json_string_value(path));
	return read_maps(config, uids, gids);
}

int config_userns(const struct config *config)
{
	json_t *section, *array, *uids, *gids;
	const json_t *entry;

	if (config_member(config, config->root, "linux", JSON_OBJECT,
			  &section) ||
	    config_member(config, section, "linux.namespaces", JSON_ARRAY,
			  &array) ||
	    config_member(config, section, "linux.uidMappings", JSON_ARRAY,
			  &uids) ||
	    config_member(config, section, "linux.gidMappings", JSON_ARRAY,
			  &gids) ||
	    find(config, array, &entry))
		return -1;
	if (entry)
		return make(config, entry, uids, gids);
	if (json_array_size(uids) || json_array_size(gids))
		config_warn(config, "linux.uidMappings: without a user "
				    "namespace in linux.namespaces, mappings "
				    "do not count");
	return 0;
}
