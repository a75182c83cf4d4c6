/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of the attribute as bytes, and whose files they are of. */
#include "userns_values.h"

#include "suite.h"
#include "tsv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct userns_value userns_encoded(const struct vfscap *cap)
{
	struct userns_value v;

	expect(!vfscap_encode(cap, v.bytes, sizeof(v.bytes), &v.size),
	       "v%u:%u: cannot be encoded", cap->revision, cap->rootid);
	return v;
}

struct userns_value userns_value_of(const char *text)
{
	struct vfscap c = {.permitted = 1 << 13};
	const char *colon = strchr(text, ':');
	struct userns_value v;

	if (text[0] != 'v') {
		v.size = text[0] == '('
				 ? 0
				 : tsv_bytes(text, v.bytes, sizeof(v.bytes));
		return v;
	}
	c.revision = (uint8_t)(text[1] - '0');
	c.effective = text[2] == 'e';
	c.rootid = colon ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0;
	return userns_encoded(&c);
}

bool userns_same(const struct userns_value *a, const struct userns_value *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

const char *userns_hex(const struct userns_value *v)
{
	static char text[3][2 * sizeof(v->bytes) + 1];
	static unsigned turn;

	turn = (turn + 1) % 3;
	text[turn][0] = '\0';
	for (size_t i = 0; i < v->size; i++)
		sprintf(text[turn] + 2 * i, "%02x", v->bytes[i]);
	return text[turn];
}

uint64_t userns_mask_in(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 16) : 0;
}

/* --------------------------------- owners -------------------------------- */

bool userns_has_id(const struct vfscap_userns *ns, uint32_t id)
{
	return !ns || vfscap_idmap_inside(&ns->map, id, &id);
}

bool userns_shown(const struct vfscap_mount *m, uint32_t *id)
{
	if (m->lower)
		return userns_shown(m->lower, id);
	if (m->idmap && m->fs && !vfscap_idmap_inside(&m->fs->map, *id, id))
		return false;
	return !m->idmap || vfscap_idmap_outside(m->idmap, *id, id);
}

bool userns_unshown(const struct vfscap_mount *m, uint32_t *id)
{
	if (m->lower)
		return userns_unshown(m->lower, id);
	if (m->idmap && !vfscap_idmap_inside(m->idmap, *id, id))
		return false;
	return !m->idmap || !m->fs ||
	       vfscap_idmap_outside(&m->fs->map, *id, id);
}

bool userns_shows_id_of(const struct vfscap_mount *m,
			const struct vfscap_userns *ns, uint32_t id)
{
	return userns_shown(m, &id) && userns_has_id(ns, id);
}
