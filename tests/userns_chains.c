/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains of user namespaces, measured ones and made-up ones, with processes. */
#include "userns_chains.h"

#include "sandbox.h"
#include "suite.h"
#include "userns_maps.h"

/* One more extent, in any place, unless it would map an id twice. */
static bool add_extent(struct vfscap_idmap *map, struct vfscap_extent extent)
{
	struct vfscap_idmap more = *map;
	uint32_t at = userns_below(map->count + 1);

	more.extent[more.count++] = more.extent[at];
	more.extent[at] = extent;
	if (!userns_map_valid(&more))
		return false;
	*map = more;
	return true;
}

/* Ids of the parent; of the initial namespace, from a few areas, so that chains
 * meet each other. */
static void some_outside(const struct vfscap_idmap *parent,
			 struct vfscap_extent *extent)
{
	static const uint32_t areas[] = {0,	 1000,	 100000,
					 165536, 300000, 4294900000};
	const struct vfscap_extent *e;
	uint32_t skipped;

	if (!parent) {
		extent->outside =
			areas[userns_below(ROWS(areas))] + userns_below(3000);
		extent->count = 1 + userns_below(60000);
		return;
	}
	e = userns_some_extent(parent);
	skipped = userns_one_in(2) ? 0 : userns_below(e->count);
	extent->outside = e->inside + skipped;
	extent->count = 1 + userns_below(e->count - skipped);
}

/* With gaps, in no order; one in five lacks a root. From six extents on, the
 * kernel keeps them otherwise. */
static struct vfscap_idmap some_relative(const struct vfscap_idmap *parent)
{
	struct vfscap_idmap map = {0};
	struct vfscap_extent extent = {
		.inside = userns_one_in(5) ? 1 + userns_below(1000) : 0};
	unsigned wanted = 1 + userns_below(6);

	for (unsigned i = 0; i < wanted; i++) {
		some_outside(parent, &extent);
		if (userns_one_in(4))
			extent.count = 1 + userns_below(3) % extent.count;
		if (!add_extent(&map, extent))
			continue;
		extent.inside += extent.count;
		if (!userns_one_in(3))
			extent.inside += userns_below(500);
	}
	return map;
}

/* An id that is not root's. */
static uint32_t own_id(const struct vfscap_idmap *map)
{
	for (uint32_t i = 0; i < map->count; i++) {
		if (map->extent[i].inside)
			return map->extent[i].inside;
		if (map->extent[i].count > 1)
			return 1;
	}
	return NONE;
}

/* The next level down; no map: none is written. */
static void add_level(struct userns_chain *c, struct vfscap_idmap relative)
{
	size_t i = c->depth++;
	const struct vfscap_userns *parent = i ? &c->ns[i - 1] : NULL;

	c->relative[i] = relative;
	c->process[i].ns = &c->ns[i];
	c->process[i].id = own_id(&relative);
	if (vfscap_userns_init(&c->ns[i], parent, &relative, NULL))
		sandbox_die("no chain: %s", userns_map_lines(&relative));
}

/* The first ones were measured; each level is within the one before. */
static const char *const known_chains[][USERNS_LEVELS] = {
	{"0:100000:65536", "0:1000:1000", "0:5:1"},
	{"0:100000:65536", "0:0:65536"},
	{"0:100000:65536", "1:1:1000"},
	{"0:200000:65536"},
	{"0:0:1"},
	{"0:0:4294967295"},
	{"0:300000:5,5:100000:1"},
	{"1:100001:1000"},
	{"0:1000:1"},
	{""},
	{"0:100000:65536", ""},
};

/* Whoever goes there from the level above is not to be root for want of another
 * id. */
static struct vfscap_idmap some_level(const struct userns_chain *c)
{
	const struct vfscap_idmap *parent =
		c->depth ? &c->relative[c->depth - 1] : NULL;
	struct vfscap_idmap map = some_relative(parent);
	uint32_t root;

	if (parent && own_id(&map) == NONE &&
	    vfscap_idmap_outside(&map, 0, &root) &&
	    root == c->process[c->depth - 1].id)
		return some_level(c);
	return map;
}

static void fill_chain(struct userns_chain *c)
{
	unsigned depth = 1 + userns_below(USERNS_LEVELS);

	if (c->number < ROWS(known_chains)) {
		const char *const *maps = known_chains[c->number];

		while (c->depth < USERNS_LEVELS && maps[c->depth])
			add_level(c, userns_map_of(maps[c->depth]));
		return;
	}
	while (c->depth < depth &&
	       (!c->depth || c->process[c->depth - 1].id != NONE))
		add_level(c, some_level(c));
}

void userns_make_chain(struct userns_chain *c, size_t number)
{
	struct vfscap_idmap map;

	c->number = number;
	fill_chain(c);
	userns_start_line(c->process, c->relative, c->depth);
	map = some_relative(NULL);
	c->spare.ns = &c->spare_ns;
	c->spare.id = own_id(&map);
	if (vfscap_userns_init(&c->spare_ns, NULL, &map, NULL))
		sandbox_die("no namespace");
	userns_start(&c->spare, userns_map_lines(&map));
}

const struct userns_process *userns_some_host(const struct userns_chain *c,
					      size_t from)
{
	const struct userns_process *hosts[USERNS_LEVELS];
	unsigned n = 0;

	for (size_t i = from; i < c->depth; i++)
		if (c->process[i].id != NONE)
			hosts[n++] = &c->process[i];
	return n ? hosts[userns_below(n)] : NULL;
}

const struct userns_process *
userns_some_idmap(const struct userns_chain *c,
		  const struct userns_process *host)
{
	size_t i = userns_below((unsigned)c->depth + 1);
	const struct userns_process *p =
		i < c->depth ? &c->process[i] : &c->spare;

	return p == host || !p->ns->map.count ? &c->spare : p;
}
