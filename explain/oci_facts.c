/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an OCI configuration says, as a message, and back: mirror images. */
#include "explain/oci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void config_facts_free(struct config_facts *f)
{
	free(f->groups);
	free(f->root);
	*f = (struct config_facts){0};
}

/* ---------------------------------- there -------------------------------- */

static void pack_map(struct pack *p, const struct vfscap_idmap *map)
{
	pack_number(p, map->count);
	for (uint32_t i = 0; i < map->count; i++) {
		pack_number(p, map->extent[i].inside);
		pack_number(p, map->extent[i].outside);
		pack_number(p, map->extent[i].count);
	}
}

void config_facts_pack(struct pack *p, const struct config_facts *f)
{
	pack_number(p, f->uid);
	pack_number(p, f->gid);
	pack_number(p, f->group_count);
	for (size_t i = 0; i < f->group_count; i++)
		pack_number(p, f->groups[i]);
	pack_number(p, f->userns);
	pack_map(p, &f->map[NS_UID]);
	pack_map(p, &f->map[NS_GID]);
	pack_number(p, f->pid);
	for (int i = 0; i <= SUBJECT_AMBIENT; i++)
		pack_number(p, f->set[i]);
	pack_number(p, f->no_new_privs);
	pack_text(p, f->root);
}

/* --------------------------------- and back ------------------------------ */

/* All but the one that is none. */
static uint32_t unpack_id(struct unpack *u)
{
	return (uint32_t)unpack_number(u, UINT32_MAX - 1);
}

static uint64_t unpack_set(struct unpack *u, uint64_t known)
{
	uint64_t set = unpack_number(u, UINT64_MAX);

	u->wrong |= (set & ~known) != 0;
	return set;
}

static void unpack_map(struct unpack *u, struct vfscap_idmap *map)
{
	map->count = (uint32_t)unpack_number(u, VFSCAP_EXTENTS);
	for (uint32_t i = 0; i < map->count; i++)
		map->extent[i] = (struct vfscap_extent){
			.inside = unpack_id(u),
			.outside = unpack_id(u),
			.count = unpack_id(u),
		};
}

static int unpack_groups(struct unpack *u, struct config_facts *f)
{
	f->group_count = (size_t)unpack_number(u, EXPLAIN_GROUPS);
	f->groups = calloc(f->group_count + 1, sizeof(*f->groups));
	if (!f->groups)
		return -ENOMEM;
	for (size_t i = 0; i < f->group_count; i++)
		f->groups[i] = unpack_id(u);
	return 0;
}

static bool possible(const struct config_facts *f)
{
	bool mapped = f->map[NS_UID].count && f->map[NS_GID].count;

	return f->userns != CONFIG_MAPPED || mapped;
}

int config_facts_unpack(struct unpack *u, uint64_t known,
			struct config_facts *f)
{
	const char *root;

	*f = (struct config_facts){.uid = unpack_id(u)};
	f->gid = unpack_id(u);
	if (unpack_groups(u, f))
		return -ENOMEM;
	f->userns = (enum config_userns)unpack_number(u, CONFIG_OF_PID);
	unpack_map(u, &f->map[NS_UID]);
	unpack_map(u, &f->map[NS_GID]);
	f->pid = (uint32_t)unpack_number(u, UINT32_MAX);
	for (int i = 0; i <= SUBJECT_AMBIENT; i++)
		f->set[i] = unpack_set(u, known);
	f->no_new_privs = unpack_number(u, 1);
	root = unpack_text(u);
	if (!unpack_right(u) || !possible(f))
		return -EPROTO;
	f->root = root ? strdup(root) : NULL;
	return !root == !f->root ? 0 : -ENOMEM;
}
