/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id maps and re-basing: by tables, by generated maps, and by the kernel. */
#include "sandbox.h"
#include "suite.h"
#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define A "0:100000:65536"
#define B "0:300000:65536"
#define NONE VFSCAP_ROOTID_INVALID

static uint64_t seed, state;

/* ---------------------------- maps in and as text ------------------------ */

/* A map in the one form or the other; good until the call after the next. */
static const char *show(const struct vfscap_idmap *map, char between, char end)
{
	static char texts[2][16384];
	static unsigned turn;
	char *text = texts[turn++ % 2], *at = text;

	*at = '\0';
	for (uint32_t i = 0; i < map->count; i++) {
		const struct vfscap_extent *e = &map->extent[i];

		at += sprintf(at, "%u%c%u%c%u%c", e->inside, between,
			      e->outside, between, e->count, end);
	}
	if (end == ',' && at > text)
		at[-1] = '\0';
	return text;
}

static const char *inline_form(const struct vfscap_idmap *map)
{
	return show(map, ':', ',');
}

static struct vfscap_idmap map_of(const char *text)
{
	struct vfscap_idmap map = {0};
	unsigned extent = 0;
	int error = vfscap_idmap_parse(&map, text, strlen(text), &extent);

	expect(!error, "'%s': extent %u: %s", text, extent,
	       vfscap_error_name(error));
	return map;
}

/* --------------------------------- parsing ------------------------------- */

/* What a text means, in the form with colons; NULL where it is that itself. */
static const struct good {
	const char *text;
	const char *meaning;
} good[] = {
	{A, NULL},
	{"0:0:4294967295", NULL},
	{"0:1:4294967294", NULL},
	{"1:0:4294967294", NULL},
	{"4294967294:0:1", NULL},
	{"0:4294967294:1", NULL},
	{"0:100000:5,5:200000:5", NULL},
	{"5:200000:5,0:100000:5", NULL},
	{"0:5:1,1:6:1,2:7:1", NULL},
	{"0:1:1,1:0:1", NULL},
	{"100:0:100,0:100:100", NULL},
	{"0 100000 65536", A},
	{"0 100000 65536\n", A},
	{"0\t100000\t65536\n", A},
	{"         0     100000      65536\n", A},
	{" \t0 \t100000\t 65536 \t\n", A},
	{"0 100000 65536\r\n", A},
	{"0\v100000\f65536", A},
	{"0 : 100000 : 65536 ", A},
	{"00:0100000:0000000065536", A},
	{"0:100000:65536\n", A},
	{"0 1 1\n1 0 1", "0:1:1,1:0:1"},
	{"0 1 1\n1 0 1\n", "0:1:1,1:0:1"},
	{"0:1:1\n1:0:1\n", "0:1:1,1:0:1"},
	{" 0:1:1 , 1:0:1 ", "0:1:1,1:0:1"},
	{"         0          0 4294967295\n", "0:0:4294967295"},
};

START_TEST(parse_good)
{
	const struct good *row = &good[_i];
	struct vfscap_idmap map;
	unsigned extent = 77;

	ck_assert_int_eq(vfscap_idmap_parse(&map, row->text, strlen(row->text),
					    &extent),
			 0);
	ck_assert_str_eq(inline_form(&map),
			 row->meaning ? row->meaning : row->text);
	ck_assert_uint_eq(extent, 77);
}
END_TEST

/* As much of a string as there is, with the NULs in it. */
#define TEXT(text) text, sizeof(text) - 1

static const struct bad {
	const char *text;
	size_t size;
	int error;
	unsigned extent;
} bad[] = {
	{TEXT(""), VFSCAP_ERR_MAP_EMPTY, 1},
	{TEXT(" "), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("\n"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT(","), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("\n0:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT(",0:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0,1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0 0\n1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT(":0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0::1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0 0 1 1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1 x"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1x"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("x:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0;0;1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("-1:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("+1:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0x1:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("1e3:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("root:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1\0"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1\0,5:5:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0\0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1\n\0"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1,"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1, "), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1,\n"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1\n\n"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1,,1:1:1"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0 0 1\n\n1 1 1"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1 1:1:1"), VFSCAP_ERR_MAP_FORM, 1},

	{TEXT("4294967295:0:1"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("0:4294967295:1"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("4294967295:4294967295:0"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("4294967296:0:1"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("0:4294967296:1"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("0:0:4294967296"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("0:0:18446744073709551617"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("0:0:1,5:99999999999999999999999:1"), VFSCAP_ERR_MAP_NUMBER, 2},

	{TEXT("0:0:0"), VFSCAP_ERR_MAP_ZERO, 1},
	{TEXT("0:0:1,1:1:0"), VFSCAP_ERR_MAP_ZERO, 2},

	{TEXT("1:0:4294967295"), VFSCAP_ERR_MAP_RANGE, 1},
	{TEXT("0:1:4294967295"), VFSCAP_ERR_MAP_RANGE, 1},
	{TEXT("4294967294:0:2"), VFSCAP_ERR_MAP_RANGE, 1},
	{TEXT("0:4294967294:2"), VFSCAP_ERR_MAP_RANGE, 1},
	{TEXT("0:0:1,2:4294967290:6"), VFSCAP_ERR_MAP_RANGE, 2},

	{TEXT("0:0:1,0:5:1"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("0:0:1,5:0:1"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("0:0:2,5:1:1"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("0:10:2,1:20:1"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("10:10:1,0:100:65536"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("10:10:1,100:0:65536"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("0:0:10,20:20:10,15:40:6"), VFSCAP_ERR_MAP_OVERLAP, 3},
	{TEXT("0:0:10,20:20:10,40:15:6"), VFSCAP_ERR_MAP_OVERLAP, 3},
	{TEXT("0:0:4294967295,7:7:1"), VFSCAP_ERR_MAP_OVERLAP, 2},
};

START_TEST(parse_bad)
{
	const struct bad *row = &bad[_i];
	struct vfscap_idmap map, before;
	unsigned extent = 77;

	memset(&map, 0xa5, sizeof(map));
	before = map;
	ck_assert_int_eq(vfscap_idmap_parse(&map, row->text, row->size,
					    &extent),
			 row->error);
	ck_assert_uint_eq(extent, row->extent);
	ck_assert_int_eq(vfscap_idmap_parse(&map, row->text, row->size, NULL),
			 row->error);
	ck_assert_mem_eq(&map, &before, sizeof(map));
}
END_TEST

/* A text ends where the caller says, not at a NUL. */
START_TEST(parse_size)
{
	struct vfscap_idmap map;

	ck_assert_int_eq(vfscap_idmap_parse(&map, "0:1:10000", 6, NULL), 0);
	ck_assert_str_eq(inline_form(&map), "0:1:10");
	ck_assert_int_eq(vfscap_idmap_parse(&map, NULL, 0, NULL),
			 VFSCAP_ERR_MAP_EMPTY);
}
END_TEST

/* As many extents of one id, in either form. */
static int parse_many(unsigned extents, char between, char end, unsigned *at)
{
	static char text[16384];
	struct vfscap_idmap map;
	size_t used = 0;

	for (unsigned i = 0; i < extents; i++)
		used += (size_t)sprintf(text + used, "%u%c%u%c1%c", 2 * i,
					between, 3 * i, between, end);
	return vfscap_idmap_parse(&map, text, used - (end == ','), at);
}

START_TEST(parse_extents)
{
	static const char betweens[] = ": ", ends[] = ",\n";
	unsigned extent = 0;

	for (size_t form = 0; form < 2; form++) {
		char between = betweens[form], end = ends[form];

		ck_assert_int_eq(parse_many(VFSCAP_EXTENTS, between, end, NULL),
				 0);
		ck_assert_int_eq(parse_many(VFSCAP_EXTENTS + 1, between, end,
					    &extent),
				 VFSCAP_ERR_MAP_MANY);
		ck_assert_uint_eq(extent, VFSCAP_EXTENTS + 1);
	}
}
END_TEST

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
	struct vfscap_idmap map = map_of(row->map);
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
	struct vfscap_idmap inner = map_of(row->inner), in = inner;
	struct vfscap_idmap outer = map_of(row->outer), out = outer;
	struct vfscap_idmap map = map_of("3:1:4");
	int error = row->composed ? 0 : VFSCAP_ERR_MAP_PARENT;
	unsigned extent = 0;

	ck_assert_int_eq(vfscap_idmap_compose(&inner, &outer, &map, &extent),
			 error);
	ck_assert_uint_eq(extent, row->extent);
	ck_assert_str_eq(inline_form(&map),
			 row->composed ? row->composed : "3:1:4");

	ck_assert_int_eq(vfscap_idmap_compose(&in, &outer, &in, NULL), error);
	ck_assert_str_eq(inline_form(&in),
			 row->composed ? row->composed : row->inner);
	ck_assert_int_eq(vfscap_idmap_compose(&inner, &out, &out, NULL), error);
	ck_assert_str_eq(inline_form(&out),
			 row->composed ? row->composed : row->outer);
}
END_TEST

/* Where no map was written, nothing is within it, and it is within all. */
START_TEST(composing_empty)
{
	struct vfscap_idmap empty = {0}, a = map_of(A), map = a;
	unsigned extent = 0;

	ck_assert_int_eq(vfscap_idmap_compose(&a, &empty, &map, &extent),
			 VFSCAP_ERR_MAP_PARENT);
	ck_assert_uint_eq(extent, 1);
	ck_assert_int_eq(vfscap_idmap_compose(&empty, &a, &map, NULL), 0);
	ck_assert_uint_eq(map.count, 0);
}
END_TEST

/* ------------------------------ generated maps --------------------------- */

/* Up to @top in about as many steps for each of its magnitudes. */
static uint32_t some_number(unsigned magnitudes)
{
	unsigned bits = suite_below(&state, magnitudes);

	return suite_below(&state, 2U << bits);
}

/* Starts for ranges as long as the extents, in any order, with gaps or without;
 * one time in four, the last one ends where ids do. */
static void lay_out(const struct vfscap_idmap *map, uint32_t *start)
{
	uint32_t order[VFSCAP_EXTENTS], at = 0, shift;

	for (uint32_t i = 0; i < map->count; i++) {
		uint32_t other = suite_below(&state, i + 1);

		order[i] = order[other];
		order[other] = i;
	}
	for (uint32_t i = 0; i < map->count; i++) {
		if (suite_below(&state, 3))
			at += some_number(18);
		start[order[i]] = at;
		at += map->extent[order[i]].count;
	}
	shift = suite_below(&state, 4) ? 0 : UINT32_MAX - at;
	for (uint32_t i = 0; i < map->count; i++)
		start[i] += shift;
}

static void new_outsides(struct vfscap_idmap *map)
{
	uint32_t start[VFSCAP_EXTENTS];

	lay_out(map, start);
	for (uint32_t i = 0; i < map->count; i++)
		map->extent[i].outside = start[i];
}

static struct vfscap_idmap some_map(unsigned extents)
{
	struct vfscap_idmap map = {.count = extents};
	uint32_t start[VFSCAP_EXTENTS];

	for (unsigned i = 0; i < extents; i++)
		map.extent[i].count = 1 + some_number(18);
	lay_out(&map, start);
	for (unsigned i = 0; i < extents; i++)
		map.extent[i].inside = start[i];
	new_outsides(&map);
	return map;
}

/* Few, as most maps have them; more than five, which the kernel sorts; all. */
static unsigned some_extents(void)
{
	static const unsigned ends[] = {3, 3, 6, 12, 40};

	if (suite_below(&state, 60) == 0)
		return VFSCAP_EXTENTS;
	return 1 + suite_below(&state, ends[suite_below(&state, ROWS(ends))]);
}

static const struct vfscap_extent *some_extent(const struct vfscap_idmap *map)
{
	return &map->extent[suite_below(&state, map->count)];
}

/* A map whose outside ids are inside ids of another one. */
static struct vfscap_idmap some_inner(const struct vfscap_idmap *outer,
				      unsigned extents)
{
	struct vfscap_idmap map = {0};
	uint32_t inside = suite_below(&state, 3) ? 0 : some_number(16);

	for (unsigned i = 0; i < extents; i++) {
		const struct vfscap_extent *o = some_extent(outer);
		uint32_t skipped = suite_below(&state, o->count);
		uint32_t count = 1 + suite_below(&state, o->count - skipped);
		struct vfscap_extent *e = &map.extent[map.count];
		struct vfscap_idmap checked;

		*e = (struct vfscap_extent){inside, o->inside + skipped, count};
		map.count++;
		if (vfscap_idmap_parse(&checked, inline_form(&map),
				       strlen(inline_form(&map)), NULL))
			map.count--;
		else
			inside += count + some_number(4);
	}
	return map;
}

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
	       inline_form(map), id, outside);
	expect(outside == NONE || inside_of(map, outside) == id,
	       "%s: %u comes back as another", inline_form(map), id);
	expect(inside == NONE || outside_of(map, inside) == id,
	       "%s: %u goes out as another", inline_form(map), id);
}

/* The ids around both ends of each extent, and some between. */
static void for_edges(const struct vfscap_idmap *map,
		      void (*check)(const struct vfscap_idmap *, uint32_t))
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct vfscap_extent *e = &map->extent[i];
		uint32_t between = suite_below(&state, e->count);

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
	state = seed;
	for (size_t i = 0; i < MAPS; i++) {
		struct vfscap_idmap map = some_map(some_extents());
		struct vfscap_idmap a = map_of(inline_form(&map));
		struct vfscap_idmap b = map_of(show(&map, ' ', '\n'));

		expect(memcmp(&map, &a, sizeof(map)) == 0 &&
			       memcmp(&map, &b, sizeof(map)) == 0,
		       "%s: read as another", inline_form(&map));
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
	       inline_form(&inner_map), inline_form(&outer_map), id);
	check_id(composed, id);
}

START_TEST(map_in_map)
{
	state = seed;
	for (size_t i = 0; i < MAPS; i++) {
		struct vfscap_idmap composed;

		outer_map = some_map(some_extents());
		inner_map = some_inner(&outer_map, some_extents());
		expect(!vfscap_idmap_compose(&inner_map, &outer_map, &composed,
					     NULL),
		       "%s not within %s", inline_form(&inner_map),
		       inline_form(&outer_map));
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
		struct vfscap_idmap relative = map_of(row->chain[i]);

		ck_assert_int_eq(
			vfscap_userns_init(&chain[i], ns, &relative, NULL), 0);
		ns = &chain[i];
	}
	ck_assert_int_eq(vfscap_owns(ns, row->id), row->owned);
}
END_TEST

START_TEST(namespaces)
{
	struct vfscap_idmap a = map_of(A), far = map_of("0:9:1,1:70000:1");
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

/* -------------------------------- re-basing ------------------------------ */

/* A value in a few letters, "v3e/2:1000": revision, effective flag, other
 * flags, rootid. The sets are always the same ones, and fit every revision. */
static struct vfscap value_of(const char *text)
{
	struct vfscap c = {.permitted = 0x2001, .inheritable = 0x80000000};

	c.revision = (uint8_t)(text[1] - '0');
	c.effective = text[2] == 'e';
	if (strchr(text, '/'))
		c.flags = (uint32_t)strtoul(strchr(text, '/') + 1, NULL, 16);
	if (strchr(text, ':'))
		c.rootid = (uint32_t)strtoul(strchr(text, ':') + 1, NULL, 10);
	return c;
}

static bool identical(const struct vfscap *a, const struct vfscap *b)
{
	return a->revision == b->revision && a->effective == b->effective &&
	       a->flags == b->flags && a->rootid == b->rootid &&
	       a->permitted == b->permitted && a->inheritable == b->inheritable;
}

enum { CLAIM = 1, KEEP = 2, DROP = 4 };

#define SAME VFSCAP_REBASED_SAME
#define CHANGED VFSCAP_REBASED_CHANGED
#define KEPT VFSCAP_REBASED_KEPT
#define DROPPED VFSCAP_REBASED_DROPPED
#define FROM VFSCAP_ERR_UNMAPPED_FROM
#define TO VFSCAP_ERR_UNMAPPED_TO
#define INSIDE VFSCAP_ERR_KEPT_INSIDE

/* From the outside ids of the one map to those of the other; no map: inside. */
static const struct rebasing {
	const char *from;
	const char *to;
	unsigned options;
	const char *old;
	int result; /* an error, or what was done */
	const char *new_value;
} rebasings[] = {
	/* To the inside view. What counts everywhere goes on doing so. */
	{A, NULL, 0, "v1", SAME, "v1"},
	{A, NULL, 0, "v1e/fffffe", SAME, "v1e/fffffe"},
	{A, NULL, 0, "v2", SAME, "v2"},
	{A, NULL, 0, "v2e", SAME, "v2e"},
	{A, NULL, CLAIM, "v2e", SAME, "v2e"},
	{A, NULL, 0, "v3:0", SAME, "v3:0"},
	{A, NULL, 0, "v3e/2:0", SAME, "v3e/2:0"},
	{A, NULL, 0, "v3:100000", CHANGED, "v2"},
	{A, NULL, 0, "v3e:100000", CHANGED, "v2e"},
	{A, NULL, CLAIM, "v3e:100000", CHANGED, "v2e"},
	{A, NULL, 0, "v3e/80:100000", CHANGED, "v2e/80"},
	{A, NULL, 0, "v3:100001", CHANGED, "v3:1"},
	{A, NULL, 0, "v3/80:101000", CHANGED, "v3/80:1000"},
	{A, NULL, 0, "v3:165535", CHANGED, "v3:65535"},
	{A, NULL, 0, "v3:165536", FROM, NULL},
	{A, NULL, 0, "v3:99999", FROM, NULL},
	{A, NULL, 0, "v3:1000", FROM, NULL},
	{A, NULL, 0, "v3:4294967294", FROM, NULL},
	{A, NULL, 0, "v3:4294967295", FROM, NULL},
	{A, NULL, KEEP, "v3:1000", INSIDE, NULL},
	{A, NULL, KEEP, "v3:70000", KEPT, NULL},
	{A, NULL, KEEP, "v3:4294967295", KEPT, NULL},
	{A, NULL, DROP, "v3:1000", DROPPED, NULL},
	{A, NULL, DROP, "v3:4294967295", DROPPED, NULL},
	{A, NULL, DROP, "v2", SAME, "v2"},
	{A, NULL, KEEP, "v3:101000", CHANGED, "v3:1000"},
	{"5:100000:1,0:200000:5", NULL, 0, "v3:100000", CHANGED, "v3:5"},
	{"5:100000:1,0:200000:5", NULL, 0, "v3:200000", CHANGED, "v2"},
	{"1:100001:9", NULL, 0, "v3:100001", CHANGED, "v3:1"},
	{"1000:1000:1", NULL, 0, "v3:1000", SAME, "v3:1000"},
	{"0:0:4294967295", NULL, 0, "v3:1000", SAME, "v3:1000"},
	{"0:0:4294967295", NULL, 0, "v3:4294967295", FROM, NULL},

	/* To a namespace's outside ids: it is root's there. */
	{NULL, B, 0, "v1", CHANGED, "v3:300000"},
	{NULL, B, 0, "v1e/2", CHANGED, "v3e/2:300000"},
	{NULL, B, 0, "v2", CHANGED, "v3:300000"},
	{NULL, B, 0, "v2e/fffffe", CHANGED, "v3e/fffffe:300000"},
	{NULL, B, CLAIM, "v2", CHANGED, "v3:300000"},
	{NULL, B, 0, "v3e:0", CHANGED, "v3e:300000"},
	{NULL, B, 0, "v3:1", CHANGED, "v3:300001"},
	{NULL, B, 0, "v3e/2:1000", CHANGED, "v3e/2:301000"},
	{NULL, B, 0, "v3:65535", CHANGED, "v3:365535"},
	{NULL, B, 0, "v3:65536", TO, NULL},
	{NULL, B, 0, "v3:300000", TO, NULL},
	{NULL, B, 0, "v3:4294967295", TO, NULL},
	{NULL, B, KEEP, "v3:65536", KEPT, NULL},
	{NULL, B, KEEP, "v3:300000", INSIDE, NULL},
	{NULL, B, KEEP, "v3:365535", INSIDE, NULL},
	{NULL, B, KEEP, "v3:365536", KEPT, NULL},
	{NULL, B, DROP, "v3:300000", DROPPED, NULL},
	{NULL, B, DROP, "v2", CHANGED, "v3:300000"},
	{NULL, "1:300001:9", 0, "v2", TO, NULL},
	{NULL, "1:300001:9", KEEP, "v2", KEPT, NULL},
	{NULL, "1:300001:9", DROP, "v1", DROPPED, NULL},
	{NULL, "1:0:9", KEEP, "v2", INSIDE, NULL},
	{NULL, "1:300001:9", 0, "v3:1", CHANGED, "v3:300001"},
	{NULL, "0:0:1", 0, "v1", SAME, "v1"},
	{NULL, "0:0:1", 0, "v2e", SAME, "v2e"},
	{NULL, "0:0:1", 0, "v3e:0", SAME, "v3e:0"},
	{NULL, "5:0:1,0:7:1", 0, "v3e:5", CHANGED, "v2e"},
	{NULL, "5:0:1,0:7:1", 0, "v2", CHANGED, "v3:7"},

	/* From the one to the other. */
	{A, B, 0, "v1", SAME, "v1"},
	{A, B, 0, "v1/2", SAME, "v1/2"},
	{A, B, 0, "v2e", SAME, "v2e"},
	{A, B, 0, "v3e:0", SAME, "v3e:0"},
	{A, B, CLAIM, "v1", CHANGED, "v3:300000"},
	{A, B, CLAIM, "v2e/2", CHANGED, "v3e/2:300000"},
	{A, B, CLAIM, "v3:0", CHANGED, "v3:300000"},
	{A, B, CLAIM, "v3:100000", CHANGED, "v3:300000"},
	{A, B, 0, "v3e:100000", CHANGED, "v3e:300000"},
	{A, B, 0, "v3:100001", CHANGED, "v3:300001"},
	{A, B, 0, "v3e/fffffe:101000", CHANGED, "v3e/fffffe:301000"},
	{A, B, 0, "v3:165535", CHANGED, "v3:365535"},
	{A, B, 0, "v3:165536", FROM, NULL},
	{A, B, 0, "v3:1000", FROM, NULL},
	{A, B, 0, "v3:300000", FROM, NULL},
	{A, B, KEEP, "v3:1000", KEPT, NULL},
	{A, B, KEEP, "v3:299999", KEPT, NULL},
	{A, B, KEEP, "v3:300000", INSIDE, NULL},
	{A, B, KEEP, "v3:365535", INSIDE, NULL},
	{A, B, KEEP, "v3:365536", KEPT, NULL},
	{A, B, KEEP, "v3:4294967295", KEPT, NULL},
	{A, B, DROP, "v3:300000", DROPPED, NULL},
	{A, "0:300000:1000", 0, "v3:100999", CHANGED, "v3:300999"},
	{A, "0:300000:1000", 0, "v3:101000", TO, NULL},
	{A, "0:300000:1000", KEEP, "v3:101000", KEPT, NULL},
	{A, "0:300000:1000", DROP, "v3:101000", DROPPED, NULL},
	{A, "0:100500:10", 0, "v3:100005", CHANGED, "v3:100505"},
	{A, "0:100500:10", KEEP, "v3:100505", INSIDE, NULL},
	{A, "0:100500:10", KEEP, "v3:100600", KEPT, NULL},
	{A, "1:300001:9", CLAIM, "v2", TO, NULL},
	{A, "1:300001:9", CLAIM | KEEP, "v2", KEPT, NULL},
	{A, "1:300001:9", CLAIM | DROP, "v2", DROPPED, NULL},
	{A, "1:300001:9", 0, "v2", SAME, "v2"},
	{A, "1:300001:9", 0, "v3:100000", TO, NULL},
	{A, A, 0, "v3:100000", SAME, "v3:100000"},
	{A, A, 0, "v3:101000", SAME, "v3:101000"},
	{A, A, CLAIM, "v2", CHANGED, "v3:100000"},
	{A, "0:0:65536", 0, "v3:100000", CHANGED, "v2"},
	{A, "0:0:65536", 0, "v3:100007", CHANGED, "v3:7"},
	{"0:0:65536", A, CLAIM, "v2", CHANGED, "v3:100000"},
	{"0:0:65536", A, 0, "v3:7", CHANGED, "v3:100007"},
	{"0:1000:9,9:500000:9", "0:700000:5,5:900000:50", 0, "v3:500003",
	 CHANGED, "v3:900007"},
	{"9:500000:9,0:1000:9", "5:900000:50,0:700000:5", 0, "v3:1004", CHANGED,
	 "v3:700004"},

	/* What a peer loses: a nested rootid is not made the new root's, a
	 * re-base drops nothing, the way back makes no nested one root's. */
	{A, B, DROP, "v3e:101000", CHANGED, "v3e:301000"},
	{A, B, DROP, "v3e:100000", CHANGED, "v3e:300000"},
	{A, NULL, DROP, "v3e:101000", CHANGED, "v3e:1000"},
	{A, "0:0:65536", DROP, "v3e:101000", CHANGED, "v3e:1000"},

	/* With neither map, inside ids are inside ids. */
	{NULL, NULL, 0, "v2", SAME, "v2"},
	{NULL, NULL, 0, "v3:1000", SAME, "v3:1000"},
};

static int rebase(const struct rebasing *row, const struct vfscap *old,
		  struct vfscap *new_value, enum vfscap_rebased *done)
{
	struct vfscap_idmap from = map_of(row->from ? row->from : A);
	struct vfscap_idmap to = map_of(row->to ? row->to : A);
	struct vfscap_rebase how = {
		.from = row->from ? &from : NULL,
		.to = row->to ? &to : NULL,
		.claim = row->options & CLAIM,
	};

	if (row->options & KEEP)
		how.unmapped = VFSCAP_UNMAPPED_KEEP;
	if (row->options & DROP)
		how.unmapped = VFSCAP_UNMAPPED_DROP;
	return vfscap_rebase(&how, old, new_value, done);
}

START_TEST(rebasing)
{
	const struct rebasing *row = &rebasings[_i];
	struct vfscap old = value_of(row->old), same = old;
	struct vfscap result = value_of("v3/4:77"), untouched = result;
	struct vfscap wanted = value_of(row->new_value ? row->new_value : "v2");
	enum vfscap_rebased done = (enum vfscap_rebased)99;
	int error = rebase(row, &old, &result, &done);

	ck_assert_msg((error ? error : (int)done) == row->result,
		      "%s from %s to %s: %d, done %d", row->old, row->from,
		      row->to, error, done);
	ck_assert(!error || (int)done == 99);
	ck_assert_msg(identical(&result, row->new_value ? &wanted : &untouched),
		      "%s from %s to %s: v%u:%u, not %s", row->old, row->from,
		      row->to, result.revision, result.rootid, row->new_value);
	ck_assert(identical(&old, &same));

	/* The one may be the other. */
	error = rebase(row, &old, &old, &done);
	ck_assert_int_eq(error ? error : (int)done, row->result);
	ck_assert(identical(&old, row->new_value ? &wanted : &same));
}
END_TEST

/* What went from one namespace to another comes back as it was. */
START_TEST(rebasing_back)
{
	enum vfscap_rebased done;

	state = seed;
	for (size_t i = 0; i < MAPS; i++) {
		struct vfscap_idmap a = some_map(some_extents()), b = a;
		struct vfscap_rebase there = {.from = &a, .to = &b};
		struct vfscap_rebase back = {.from = &b, .to = &a};
		const struct vfscap_extent *e = some_extent(&a);
		struct vfscap old = value_of("v3e/2:0"), moved, returned;

		new_outsides(&b);
		old.rootid = e->outside + suite_below(&state, e->count);
		expect(!vfscap_rebase(&there, &old, &moved, &done) &&
			       !vfscap_rebase(&back, &moved, &returned, &done),
		       "rootid %u from %s to %s", old.rootid, inline_form(&a),
		       inline_form(&b));
		/* What is 0 on either side counts everywhere, and stays. */
		if (old.rootid && moved.rootid)
			expect(identical(&returned, &old),
			       "%u comes back as %u", old.rootid,
			       returned.rootid);
	}
}
END_TEST

/* ------------------------ the kernel: its namespaces --------------------- */

#define PAGE 4096 /* as much as can be written to a map */

/* A process that does nothing but be in a namespace of its own. */
struct child {
	pid_t pid; /* 0: none */
	int fd;
};

/* What a child is to do: to write a map for a child of its own. */
static struct errand {
	char text[PAGE];
	size_t size;
	uint32_t id; /* to be, in its own namespace */
	int error;
	pid_t pid;
} * errand;

static void serve(int fd) __attribute__((noreturn));

/* Without its mark of being dumpable, nobody could write the child's maps. */
static void be_child(int fd)
{
	if (unshare(CLONE_NEWUSER) != 0 ||
	    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		sandbox_die("no user namespace: %s", strerror(errno));
	serve(fd);
}

static void await(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		sandbox_die("a process in a namespace has gone");
}

static void tell(int fd)
{
	if (write(fd, "", 1) != 1)
		sandbox_die("nobody listens: %s", strerror(errno));
}

static void start(struct child *child)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		sandbox_die("socketpair: %s", strerror(errno));
	fflush(NULL);
	child->pid = fork();
	if (child->pid < 0)
		sandbox_die("fork: %s", strerror(errno));
	if (child->pid == 0) {
		close(ends[0]);
		be_child(ends[1]);
	}
	close(ends[1]);
	child->fd = ends[0];
	await(child->fd);
}

static void end(struct child *child)
{
	if (child->pid) {
		close(child->fd);
		waitpid(child->pid, NULL, 0);
	}
	child->pid = 0;
}

/* Write a map, and say what the kernel says; a map can be written once. */
static int give_map(struct child *child, const char *file, const char *text,
		    size_t size)
{
	char path[64];
	int fd, error;

	if (!child->pid)
		start(child);
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)child->pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		sandbox_die("%s: %s", path, strerror(errno));
	error = write(fd, text, size) < 0 ? errno : 0;
	close(fd);
	return error;
}

/* The namespace below is made by an id that this one has. */
static void become(uint32_t id)
{
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0 ||
	    setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0 ||
	    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
		sandbox_die("becoming %u: %s", id, strerror(errno));
}

static void serve(int fd)
{
	struct child below = {0};
	bool full = false, ready = false;
	char byte;

	tell(fd);
	while (read(fd, &byte, 1) == 1) {
		if (!ready)
			become(errand->id);
		ready = true;
		if (full)
			end(&below);
		errand->error =
			give_map(&below, "uid_map", errand->text, errand->size);
		errand->pid = below.pid;
		full = errand->error == 0;
		tell(fd);
	}
	end(&below);
	_exit(0);
}

/* ------------------------- the kernel: what it reads --------------------- */

static unsigned long taken, refused, not_within;

static void conclude(const char *what)
{
	printf("idmap: %s: the kernel took %lu, refused %lu", what, taken,
	       refused);
	if (not_within)
		printf(" and %lu that are not within the map above",
		       not_within);
	printf("\n");
	fflush(stdout);
}

/* One text; the child is a new one as soon as it has a map. */
static int kernel_reads(const char *text, size_t size)
{
	static struct child child;
	int error = give_map(&child, "uid_map", text, size);

	if (error)
		refused++;
	else
		taken++;
	if (!error)
		end(&child);
	return error;
}

static const char *quote(const char *text, size_t size)
{
	static char copy[PAGE + 1];

	memcpy(copy, text, size);
	copy[size] = '\0';
	return suite_quote(copy);
}

static void check_parser(const char *text, size_t size)
{
	struct vfscap_idmap map;
	int error = vfscap_idmap_parse(&map, text, size, NULL);
	int said = kernel_reads(text, size);

	expect(said == (error ? EINVAL : 0), "'%s': %s, kernel: %s",
	       quote(text, size), vfscap_error_name(error), strerror(said));
}

/* The texts of the tables that are lines of numbers, and the last extents. */
START_TEST(kernel_tables)
{
	char many[PAGE];
	size_t used = 0;

	for (size_t i = 0; i < ROWS(good); i++)
		if (!strpbrk(good[i].text, ":,"))
			check_parser(good[i].text, strlen(good[i].text));
	for (size_t i = 0; i < ROWS(bad); i++)
		if (!strpbrk(bad[i].text, ":,"))
			check_parser(bad[i].text, bad[i].size);
	for (unsigned i = 0; i <= VFSCAP_EXTENTS; i++) {
		used += (size_t)sprintf(many + used, "%u %u 1\n", 2 * i, 3 * i);
		if (i + 2 >= VFSCAP_EXTENTS)
			check_parser(many, used);
		if (i + 2 >= VFSCAP_EXTENTS)
			check_parser(many, used - 1);
	}
	conclude("texts of the tables");
}
END_TEST

/*
 * What the kernel takes and the library does not: numbers that the kernel cuts
 * to 32 bits, what lies behind a NUL, and the no-break space of Latin-1.
 */
static const struct {
	const char *text;
	size_t size;
} liberties[] = {
	{TEXT("4294967296 0 1")},
	{TEXT("0 4294967301 1")},
	{TEXT("0 0 4294967297")},
	{TEXT("18446744073709551617 0 1")},
	{TEXT("0 0 1\0")},
	{TEXT("0 0 1\0junk")},
	{TEXT("0 0 1\n\0")},
	{TEXT("0\xa0"
	      "0\xa0"
	      "1")},
};

START_TEST(kernel_liberties)
{
	struct vfscap_idmap map;

	for (size_t i = 0; i < ROWS(liberties); i++) {
		ck_assert_int_ne(vfscap_idmap_parse(&map, liberties[i].text,
						    liberties[i].size, NULL),
				 0);
		ck_assert_int_eq(
			kernel_reads(liberties[i].text, liberties[i].size), 0);
	}
}
END_TEST

/* -------------------------- the kernel: made-up texts -------------------- */

struct text {
	char bytes[PAGE];
	size_t size;
};

/* Sometimes as people would write it, sometimes as nobody would. */
static void add_line(struct text *t, const struct vfscap_extent *e, bool odd)
{
	static const char *const blanks[] = {" ",  "\t",  "   ", " \t ",
					     "\v", " \f", "\r",	 "          "};
	const uint32_t numbers[] = {e->inside, e->outside, e->count};

	for (size_t i = 0; i < 3; i++) {
		unsigned blank = odd ? suite_below(&state, ROWS(blanks)) : 0;
		bool zero = odd && suite_below(&state, 8) == 0;

		t->size += (size_t)sprintf(t->bytes + t->size, "%s%s%u",
					   i || odd ? blanks[blank] : "",
					   zero ? "00" : "", numbers[i]);
	}
	if (odd && suite_below(&state, 2))
		t->bytes[t->size++] = ' ';
	t->bytes[t->size++] = '\n';
}

static struct text text_of(const struct vfscap_idmap *map)
{
	struct text t = {.size = 0};
	bool odd = suite_below(&state, 2);

	for (uint32_t i = 0; i < map->count; i++)
		add_line(&t, &map->extent[i], odd);
	if (suite_below(&state, 2))
		t.size--;
	return t;
}

/* One number becomes another that is just right, or just wrong. */
static void spoil_number(struct vfscap_idmap *map)
{
	struct vfscap_extent *e = &map->extent[suite_below(&state, map->count)];
	const struct vfscap_extent *o = some_extent(map);
	const uint32_t others[] = {
		0,
		1,
		UINT32_MAX - 1,
		UINT32_MAX,
		o->inside,
		o->outside,
		o->inside + o->count,
		o->outside + o->count,
		UINT32_MAX - e->inside,
		UINT32_MAX - e->outside,
	};
	uint32_t *numbers[] = {&e->inside, &e->outside, &e->count};
	uint32_t *number = numbers[suite_below(&state, 3)];

	*number = others[suite_below(&state, ROWS(others))] +
		  suite_below(&state, 3) - 1;
}

static void spoil_byte(struct text *t)
{
	static const char bytes[] = " \t\n\r\v\f0123456789-+x;#.";
	size_t at = suite_below(&state, (unsigned)t->size);
	char *byte = t->bytes + at;

	switch (suite_below(&state, 3)) {
	case 0:
		*byte = bytes[suite_below(&state, sizeof(bytes) - 1)];
		break;
	case 1:
		memmove(byte, byte + 1, --t->size - at);
		break;
	default:
		memmove(byte + 1, byte, t->size++ - at);
		*byte = bytes[suite_below(&state, sizeof(bytes) - 1)];
	}
}

/* Numbers that the kernel would cut. */
static bool has_wide_number(const struct text *t)
{
	uint64_t number = 0;

	for (size_t i = 0; i < t->size; i++) {
		char c = t->bytes[i];

		number = c >= '0' && c <= '9'
				 ? number * 10 + (uint64_t)(c - '0')
				 : 0;
		if (number > UINT32_MAX)
			return true;
	}
	return false;
}

/* A third of them as they should be. */
static struct text some_text(struct vfscap_idmap *map)
{
	unsigned what = suite_below(&state, 3);
	struct text t;

	if (what == 1)
		spoil_number(map);
	t = text_of(map);
	if (what == 2)
		spoil_byte(&t);
	if (has_wide_number(&t))
		return some_text(map);
	return t;
}

#define TEXTS 3000

START_TEST(kernel_parser)
{
	state = seed;
	for (size_t i = 0; i < TEXTS; i++) {
		struct vfscap_idmap map = some_map(1 + suite_below(&state, 20));
		struct text t = some_text(&map);

		check_parser(t.bytes, t.size);
	}
	conclude("made-up texts");
}
END_TEST

/* ------------------------- the kernel: maps in maps ---------------------- */

/* Extents come in another order from /proc as soon as there are six. */
static int by_inside(const void *a, const void *b)
{
	const struct vfscap_extent *left = a, *right = b;

	return left->inside < right->inside ? -1 : left->inside > right->inside;
}

static void sort(struct vfscap_idmap *map)
{
	qsort(map->extent, map->count, sizeof(map->extent[0]), by_inside);
}

static struct vfscap_idmap read_map(pid_t pid)
{
	struct vfscap_idmap map = {0};
	char path[64], text[4 * PAGE];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	file = fopen(path, "re");
	if (!file)
		sandbox_die("%s: %s", path, strerror(errno));
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	expect(!vfscap_idmap_parse(&map, text, size, NULL),
	       "%s: not a map: '%s'", path, quote(text, size % PAGE));
	return map;
}

static void check_same(const struct vfscap_idmap *composed, pid_t pid)
{
	struct vfscap_idmap map = read_map(pid), wanted = *composed;

	sort(&wanted);
	sort(&map);
	expect(strcmp(inline_form(&wanted), inline_form(&map)) == 0,
	       "%s in the kernel, not %s", inline_form(&map),
	       inline_form(&wanted));
}

/* A namespace below the child's: the text counts in the child's ids. */
static void check_below(const struct child *child,
			const struct vfscap_idmap *outer, const struct text *t)
{
	struct vfscap_idmap inner, composed;
	int error = vfscap_idmap_parse(&inner, t->bytes, t->size, NULL);
	int wanted = error ? EINVAL : 0;

	if (!error && vfscap_idmap_compose(&inner, outer, &composed, NULL))
		wanted = EPERM;
	memcpy(errand->text, t->bytes, t->size);
	errand->size = t->size;
	errand->id = outer->extent[0].inside;
	tell(child->fd);
	await(child->fd);
	expect(errand->error == wanted, "'%s' in %s: %s, not %s",
	       quote(t->bytes, t->size), inline_form(outer),
	       strerror(errand->error), strerror(wanted));
	*(wanted == EINVAL ? &refused : wanted ? &not_within : &taken) += 1;
	if (!errand->error)
		check_same(&composed, errand->pid);
}

/* Ids of the outer map at first, then some that may be none. */
static struct text some_text_below(const struct vfscap_idmap *outer)
{
	struct vfscap_idmap map =
		some_inner(outer, 1 + suite_below(&state, 12));
	struct vfscap_extent *e;

	e = &map.extent[suite_below(&state, map.count)];
	switch (suite_below(&state, 4)) {
	case 0:
		e->count += suite_below(&state, 4);
		break;
	case 1:
		e->outside += suite_below(&state, 5) - 2;
		break;
	default:
		break;
	}
	return some_text(&map);
}

#define OUTER_MAPS 60
#define INNER_MAPS 25

START_TEST(kernel_composing)
{
	state = seed;
	errand = sandbox_shared(sizeof(*errand));
	for (size_t i = 0; i < OUTER_MAPS; i++) {
		struct vfscap_idmap outer =
			some_map(1 + suite_below(&state, 12));
		const char *text = show(&outer, ' ', '\n');
		struct child child = {0};

		if (give_map(&child, "uid_map", text, strlen(text)) ||
		    give_map(&child, "gid_map", text, strlen(text)))
			sandbox_die("map %s", inline_form(&outer));
		check_same(&outer, child.pid);
		for (size_t k = 0; k < INNER_MAPS; k++) {
			struct text t = some_text_below(&outer);

			check_below(&child, &outer, &t);
		}
		end(&child);
	}
	conclude("maps within maps");
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *suite_of_tables(void)
{
	Suite *suite = suite_create("idmap");

	suite_add(suite, parse_good, ROWS(good));
	suite_add(suite, parse_bad, ROWS(bad));
	suite_add(suite, parse_size, 1);
	suite_add(suite, parse_extents, 1);
	suite_add(suite, mapping, ROWS(mappings));
	suite_add(suite, composing, ROWS(composings));
	suite_add(suite, composing_empty, 1);
	suite_add(suite, there_and_back, 1);
	suite_add(suite, map_in_map, 1);
	suite_add(suite, owning, ROWS(ownings));
	suite_add(suite, namespaces, 1);
	suite_add(suite, rebasing, ROWS(rebasings));
	suite_add(suite, rebasing_back, 1);
	return suite;
}

static Suite *suite_of_the_kernel(void)
{
	Suite *suite = suite_create("idmap by the kernel");

	suite_add(suite, kernel_tables, 1);
	suite_add(suite, kernel_liberties, 1);
	suite_add(suite, kernel_parser, 1);
	suite_add(suite, kernel_composing, 1);
	return suite;
}

/* What needs root comes last: without it, the process ends there. */
int main(void)
{
	static const char *const tools[] = {NULL};
	int status;

	seed = suite_seed("idmap");
	status = suite_run(suite_of_tables());
	if (status)
		return status;
	sandbox_enter("idmap by the kernel", tools);
	return suite_run(suite_of_the_kernel());
}
