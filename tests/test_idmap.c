/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What id maps map, alone and in each other: by tables, by generated maps. */
#include "suite.h"
#include "userns_maps.h"
#include "vfscap.h"

#include <string.h>

#define A "0:100000:65536"

static uint64_t seed;

/* --------------------------------- mapping ------------------------------- */

#define GAPS "0:100000:1000,5000:7:3,2000:0:5,4294967294:50:1"

static const struct mapping {
	const char *map;
	uint32_t id;
	uint32_t outside; /* or NONE */
	uint32_t inside;
} mappings[] = {
	{A, 0, 100000, NONE},
	{A, 1, 100001, NONE},
	{A, 65535, 165535, NONE},
	{A, 65536, NONE, NONE},
	{A, 99999, NONE, NONE},
	{A, 100000, NONE, 0},
	{A, 165535, NONE, 65535},
	{A, 165536, NONE, NONE},
	{A, 4294967294, NONE, NONE},
	{A, NONE, NONE, NONE},
	{GAPS, 0, 100000, 2000},
	{GAPS, 4, 100004, 2004},
	{GAPS, 5, 100005, NONE},
	{GAPS, 7, 100007, 5000},
	{GAPS, 9, 100009, 5002},
	{GAPS, 50, 100050, 4294967294},
	{GAPS, 999, 100999, NONE},
	{GAPS, 1000, NONE, NONE},
	{GAPS, 2004, 4, NONE},
	{GAPS, 2005, NONE, NONE},
	{GAPS, 5002, 9, NONE},
	{GAPS, 5003, NONE, NONE},
	{GAPS, 100999, NONE, 999},
	{GAPS, 101000, NONE, NONE},
	{GAPS, 4294967294, 50, NONE},
	{GAPS, NONE, NONE, NONE},
	{"0:0:4294967295", 0, 0, 0},
	{"0:0:4294967295", 4294967294, 4294967294, 4294967294},
	{"0:0:4294967295", NONE, NONE, NONE},
	{"0:4294967290:5", 4, 4294967294, NONE},
	{"0:4294967290:5", 4294967289, NONE, NONE},
	{"0:4294967290:5", NONE, NONE, NONE},
};

START_TEST(mapping)
{
	const struct mapping *row = &mappings[_i];
	struct vfscap_idmap map = userns_map_of(row->map);
	uint32_t outside = NONE, inside = NONE;

	ck_assert_int_eq(vfscap_idmap_outside(&map, row->id, &outside),
			 row->outside != NONE);
	ck_assert_uint_eq(outside, row->outside);
	ck_assert_int_eq(vfscap_idmap_inside(&map, row->id, &inside),
			 row->inside != NONE);
	ck_assert_uint_eq(inside, row->inside);
}
END_TEST

/* -------------------------------- composing ------------------------------ */

static const struct composing {
	const char *inner;
	const char *outer;
	const char *composed; /* or NULL */
	unsigned extent;      /* at fault */
} composings[] = {
	{"0:1000:1000", A, "0:101000:1000", 0},
	{"0:0:65536", A, A, 0},
	{"1:1:1000", A, "1:100001:1000", 0},
	{"0:65535:1", A, "0:165535:1", 0},
	{"5:6:7", "0:0:4294967295", "5:6:7", 0},
	{"0:0:4294967295", "0:0:4294967295", "0:0:4294967295", 0},
	{"0:4294967294:1", "4294967294:9:1", "0:9:1", 0},
	{"0:9:1", "9:4294967294:1", "0:4294967294:1", 0},
	{"7:10:10,0:0:7", "0:500:10,10:100:10", "7:100:10,0:500:7", 0},
	{"0:65536:1", A, NULL, 1},
	{"0:0:65537", A, NULL, 1},
	{"0:65535:2", A, NULL, 1},
	{"0:100000:1", A, NULL, 1},
	{"0:0:1,1:65530:7", A, NULL, 2},
	{"0:0:1,1:1:1,2:70000:1,3:80000:1", A, NULL, 3},
	{"0:0:4294967295", A, NULL, 1},
	/* Side by side on both sides, and yet two extents. */
	{"0:5:10", "0:100:10,10:110:10", NULL, 1},
	{"0:9:2", "0:100:10,10:110:10", NULL, 1},
	{"0:5:5,5:10:5", "0:100:10,10:110:10", "0:105:5,5:110:5", 0},
	{"0:10:10", "10:50:10,0:0:10", "0:50:10", 0},
};

START_TEST(composing)
{
	const struct composing *row = &composings[_i];
	struct vfscap_idmap inner = userns_map_of(row->inner), in = inner;
	struct vfscap_idmap outer = userns_map_of(row->outer), out = outer;
	struct vfscap_idmap map = userns_map_of("3:1:4");
	int error = row->composed ? 0 : VFSCAP_ERR_MAP_PARENT;
	unsigned extent = 0;

	ck_assert_int_eq(vfscap_idmap_compose(&inner, &outer, &map, &extent),
			 error);
	ck_assert_uint_eq(extent, row->extent);
	ck_assert_str_eq(userns_map_inline(&map),
			 row->composed ? row->composed : "3:1:4");

	ck_assert_int_eq(vfscap_idmap_compose(&in, &outer, &in, NULL), error);
	ck_assert_str_eq(userns_map_inline(&in),
			 row->composed ? row->composed : row->inner);
	ck_assert_int_eq(vfscap_idmap_compose(&inner, &out, &out, NULL), error);
	ck_assert_str_eq(userns_map_inline(&out),
			 row->composed ? row->composed : row->outer);
}
END_TEST

/* Counts that no map can have: of a caller who did not parse it. */
START_TEST(composing_many)
{
	struct vfscap_idmap a = userns_map_of("0:0:1"), many = a, to = a;
	struct vfscap_userns ns = {.map = a};
	unsigned extent = 0;

	many.count = VFSCAP_EXTENTS + 1;
	ck_assert_int_eq(vfscap_idmap_compose(&many, &a, &to, &extent),
			 VFSCAP_ERR_MAP_MANY);
	ck_assert_int_eq(vfscap_idmap_compose(&a, &many, &to, NULL),
			 VFSCAP_ERR_MAP_MANY);
	ck_assert_uint_eq(extent, VFSCAP_EXTENTS + 1);
	ck_assert_mem_eq(&to, &a, sizeof(to));
	extent = 0;
	ck_assert_int_eq(vfscap_userns_init(&ns, NULL, &many, &extent),
			 VFSCAP_ERR_MAP_MANY);
	ck_assert_uint_eq(extent, VFSCAP_EXTENTS + 1);
	ck_assert_mem_eq(&ns.map, &a, sizeof(a));
}
END_TEST

/* Where no map was written, nothing is within it, and it is within all. */
START_TEST(composing_empty)
{
	struct vfscap_idmap empty = {0}, a = userns_map_of(A), map = a;
	unsigned extent = 0;

	ck_assert_int_eq(vfscap_idmap_compose(&a, &empty, &map, &extent),
			 VFSCAP_ERR_MAP_PARENT);
	ck_assert_uint_eq(extent, 1);
	ck_assert_int_eq(vfscap_idmap_compose(&empty, &a, &map, NULL), 0);
	ck_assert_uint_eq(map.count, 0);
}
END_TEST

/* ------------------------------- properties ------------------------------ */

/* As the documentation says it: with one difference for a whole extent. */
static uint32_t slow_outside(const struct vfscap_idmap *map, uint64_t id)
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct vfscap_extent *e = &map->extent[i];

		if (id >= e->inside && id < (uint64_t)e->inside + e->count)
			return (uint32_t)(id - e->inside + e->outside);
	}
	return NONE;
}

static uint32_t outside_of(const struct vfscap_idmap *map, uint32_t id)
{
	uint32_t to = NONE;

	expect(vfscap_idmap_outside(map, id, &to) == (to != NONE),
	       "outside(%u) is %u", id, to);
	return to;
}

static uint32_t inside_of(const struct vfscap_idmap *map, uint32_t id)
{
	uint32_t to = NONE;

	expect(vfscap_idmap_inside(map, id, &to) == (to != NONE),
	       "inside(%u) is %u", id, to);
	return to;
}

/* There and back again is where it began. */
static void check_id(const struct vfscap_idmap *map, uint32_t id)
{
	uint32_t outside = outside_of(map, id), inside = inside_of(map, id);

	expect(outside == slow_outside(map, id), "%s: outside(%u) is %u",
	       userns_map_inline(map), id, outside);
	expect(outside == NONE || inside_of(map, outside) == id,
	       "%s: %u comes back as another", userns_map_inline(map), id);
	expect(inside == NONE || outside_of(map, inside) == id,
	       "%s: %u goes out as another", userns_map_inline(map), id);
}

/* The ids around both ends of each extent, and some between. */
static void for_edges(const struct vfscap_idmap *map,
		      void (*check)(const struct vfscap_idmap *, uint32_t))
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct vfscap_extent *e = &map->extent[i];
		uint32_t between = userns_below(e->count);

		for (uint32_t k = 0; k < 2; k++) {
			uint32_t first = k ? e->outside : e->inside;

			check(map, first - 1);
			check(map, first);
			check(map, first + between);
			check(map, first + e->count - 1);
			check(map, first + e->count);
		}
	}
}

#define MAPS 1500

START_TEST(there_and_back)
{
	userns_seed(seed);
	for (size_t i = 0; i < MAPS; i++) {
		struct vfscap_idmap map =
			userns_some_map(userns_some_extents());
		struct vfscap_idmap a = userns_map_of(userns_map_inline(&map));
		struct vfscap_idmap b = userns_map_of(userns_map_lines(&map));

		expect(memcmp(&map, &a, sizeof(map)) == 0 &&
			       memcmp(&map, &b, sizeof(map)) == 0,
		       "%s: read as another", userns_map_inline(&map));
		for_edges(&map, check_id);
	}
}
END_TEST

/* The maps of for_edges()'s second argument, which has no room for three. */
static struct vfscap_idmap outer_map, inner_map;

static void check_composed(const struct vfscap_idmap *composed, uint32_t id)
{
	uint32_t between = outside_of(&inner_map, id);
	uint32_t out = between == NONE ? NONE : outside_of(&outer_map, between);

	expect(outside_of(composed, id) == out, "%s in %s: %u goes elsewhere",
	       userns_map_inline(&inner_map), userns_map_inline(&outer_map),
	       id);
	check_id(composed, id);
}

START_TEST(map_in_map)
{
	userns_seed(seed);
	for (size_t i = 0; i < MAPS; i++) {
		struct vfscap_idmap composed;

		outer_map = userns_some_map(userns_some_extents());
		inner_map =
			userns_some_inner(&outer_map, userns_some_extents());
		expect(!vfscap_idmap_compose(&inner_map, &outer_map, &composed,
					     NULL),
		       "%s not within %s", userns_map_inline(&inner_map),
		       userns_map_inline(&outer_map));
		for_edges(&composed, check_composed);
	}
}
END_TEST

/* ------------------------------- namespaces ------------------------------ */

/* A chain by its maps, each in the ids of the one before, and an id. */
static const struct owning {
	const char *chain[3];
	uint32_t id;
	bool owned;
} ownings[] = {
	{{NULL}, 0, true},
	{{NULL}, 1, false},
	{{NULL}, NONE, false},
	{{A}, 0, true},
	{{A}, 100000, true},
	{{A}, 100001, false},
	{{A}, 99999, false},
	{{A}, 1, false},
	{{A}, NONE, false},
	{{A, "0:1000:1000"}, 0, true},
	{{A, "0:1000:1000"}, 100000, true},
	{{A, "0:1000:1000"}, 101000, true},
	{{A, "0:1000:1000"}, 1000, false},
	{{A, "0:1000:1000"}, 101001, false},
	{{A, "0:1000:1000", "0:5:1"}, 101005, true},
	{{A, "0:1000:1000", "0:5:1"}, 101000, true},
	{{A, "0:1000:1000", "0:5:1"}, 100000, true},
	{{A, "0:1000:1000", "0:5:1"}, 5, false},
	{{A, "0:0:65536"}, 100000, true},
	{{A, "1:1:1000"}, 100000, true},
	{{A, "1:1:1000"}, 100001, false},
	{{"1:100001:1000"}, 0, true},
	{{"1:100001:1000"}, 100001, false},
	{{"1:100001:1000"}, 100000, false},
	{{"5:100000:1,0:300000:5"}, 300000, true},
	{{"5:100000:1,0:300000:5"}, 100000, false},
	{{"0:4294967294:1"}, 4294967294, true},
	{{"0:4294967294:1"}, NONE, false},
	{{"0:0:1"}, 0, true},
	{{"0:0:4294967295"}, 1, false},
};

START_TEST(owning)
{
	const struct owning *row = &ownings[_i];
	const struct vfscap_userns *ns = NULL;
	struct vfscap_userns chain[3];

	for (size_t i = 0; i < 3 && row->chain[i]; i++) {
		struct vfscap_idmap relative = userns_map_of(row->chain[i]);

		ck_assert_int_eq(
			vfscap_userns_init(&chain[i], ns, &relative, NULL), 0);
		ns = &chain[i];
	}
	ck_assert_int_eq(vfscap_owns(ns, row->id), row->owned);
}
END_TEST

START_TEST(namespaces)
{
	struct vfscap_idmap a = userns_map_of(A),
			    far = userns_map_of("0:9:1,1:70000:1");
	struct vfscap_userns parent, ns, before, unmapped = {0};
	unsigned extent = 0;

	ck_assert(vfscap_owns(&unmapped, 0) && !vfscap_owns(&unmapped, 1));
	ck_assert_int_eq(vfscap_userns_init(&parent, NULL, &a, NULL), 0);
	ck_assert_ptr_null(parent.parent);
	memset(&ns, 0xa5, sizeof(ns));
	before = ns;
	ck_assert_int_eq(vfscap_userns_init(&ns, &parent, &far, &extent),
			 VFSCAP_ERR_MAP_PARENT);
	ck_assert_uint_eq(extent, 2);
	ck_assert_mem_eq(&ns, &before, sizeof(ns));
	ck_assert_int_eq(vfscap_userns_init(&ns, &unmapped, &a, &extent),
			 VFSCAP_ERR_MAP_PARENT);
	ck_assert_uint_eq(extent, 1);

	/* One that nobody wrote a map of still has its place in the chain. */
	unmapped.parent = &parent;
	ck_assert(vfscap_owns(&unmapped, 100000));
}
END_TEST

/* ---------------------------------- main --------------------------------- */

int main(void)
{
	Suite *suite = suite_create("idmap");

	seed = suite_seed("idmap");
	suite_add(suite, mapping, ROWS(mappings));
	suite_add(suite, composing, ROWS(composings));
	suite_add(suite, composing_many, 1);
	suite_add(suite, composing_empty, 1);
	suite_add(suite, there_and_back, 1);
	suite_add(suite, map_in_map, 1);
	suite_add(suite, owning, ROWS(ownings));
	suite_add(suite, namespaces, 1);
	return suite_run(suite);
}
