/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id maps as text, and generated ones. */
#include "userns_maps.h"

#include "sandbox.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

/* -------------------------------- as text -------------------------------- */

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

const char *userns_map_inline(const struct vfscap_idmap *map)
{
	return show(map, ':', ',');
}

const char *userns_map_lines(const struct vfscap_idmap *map)
{
	return show(map, ' ', '\n');
}

struct vfscap_idmap userns_map_of(const char *text)
{
	struct vfscap_idmap map = {0};
	unsigned extent = 0;
	int error;

	if (!text || !*text)
		return map;
	error = vfscap_idmap_parse(&map, text, strlen(text), &extent);
	if (error)
		sandbox_die("'%s': extent %u: %s", text, extent,
			    vfscap_error_name(error));
	return map;
}

bool userns_map_valid(const struct vfscap_idmap *map)
{
	const char *text = userns_map_inline(map);
	struct vfscap_idmap checked;

	return !vfscap_idmap_parse(&checked, text, strlen(text), NULL);
}

/* ---------------------------- generated values --------------------------- */

static uint64_t state;

void userns_seed(uint64_t seed)
{
	state = seed;
}

uint64_t userns_random(void)
{
	return suite_random(&state);
}

unsigned userns_below(unsigned end)
{
	return suite_below(&state, end);
}

bool userns_one_in(unsigned n)
{
	return userns_below(n) == 0;
}

/* ----------------------------- generated maps ---------------------------- */

/* Small ones about as often as those of any greater magnitude. */
static uint32_t some_number(unsigned magnitudes)
{
	unsigned bits = userns_below(magnitudes);

	return userns_below(2U << bits);
}

/* Starts for ranges as long as the extents, in any order, with gaps or without;
 * one time in four, the last one ends where ids do. */
static void lay_out(const struct vfscap_idmap *map, uint32_t *start)
{
	uint32_t order[VFSCAP_EXTENTS], at = 0, shift;

	for (uint32_t i = 0; i < map->count; i++) {
		uint32_t other = userns_below(i + 1);

		order[i] = order[other];
		order[other] = i;
	}
	for (uint32_t i = 0; i < map->count; i++) {
		if (userns_below(3))
			at += some_number(18);
		start[order[i]] = at;
		at += map->extent[order[i]].count;
	}
	shift = userns_below(4) ? 0 : UINT32_MAX - at;
	for (uint32_t i = 0; i < map->count; i++)
		start[i] += shift;
}

void userns_new_outsides(struct vfscap_idmap *map)
{
	uint32_t start[VFSCAP_EXTENTS];

	lay_out(map, start);
	for (uint32_t i = 0; i < map->count; i++)
		map->extent[i].outside = start[i];
}

struct vfscap_idmap userns_some_map(unsigned extents)
{
	struct vfscap_idmap map = {.count = extents};
	uint32_t start[VFSCAP_EXTENTS];

	for (unsigned i = 0; i < extents; i++)
		map.extent[i].count = 1 + some_number(18);
	lay_out(&map, start);
	for (unsigned i = 0; i < extents; i++)
		map.extent[i].inside = start[i];
	userns_new_outsides(&map);
	return map;
}

unsigned userns_some_extents(void)
{
	static const unsigned ends[] = {3, 3, 6, 12, 40};

	if (userns_one_in(60))
		return VFSCAP_EXTENTS;
	return 1 + userns_below(ends[userns_below(ROWS(ends))]);
}

const struct vfscap_extent *userns_some_extent(const struct vfscap_idmap *map)
{
	return &map->extent[userns_below(map->count)];
}

struct vfscap_idmap userns_some_inner(const struct vfscap_idmap *outer,
				      unsigned extents)
{
	struct vfscap_idmap map = {0};
	uint32_t inside = userns_below(3) ? 0 : some_number(16);

	for (unsigned i = 0; i < extents; i++) {
		const struct vfscap_extent *o = userns_some_extent(outer);
		uint32_t skipped = userns_below(o->count);
		uint32_t count = 1 + userns_below(o->count - skipped);
		struct vfscap_extent *e = &map.extent[map.count];

		*e = (struct vfscap_extent){inside, o->inside + skipped, count};
		map.count++;
		if (userns_map_valid(&map))
			inside += count + some_number(4);
		else
			map.count--;
	}
	return map;
}

/* ----------------------------- generated texts --------------------------- */

/* Sometimes as people would write it, sometimes as nobody would. */
static void add_line(struct userns_text *t, const struct vfscap_extent *e,
		     bool odd)
{
	static const char *const blanks[] = {" ",  "\t",  "   ", " \t ",
					     "\v", " \f", "\r",	 "          "};
	const uint32_t numbers[] = {e->inside, e->outside, e->count};

	for (size_t i = 0; i < 3; i++) {
		unsigned blank = odd ? userns_below(ROWS(blanks)) : 0;
		bool zero = odd && userns_one_in(8);

		t->size += (size_t)sprintf(t->bytes + t->size, "%s%s%u",
					   i || odd ? blanks[blank] : "",
					   zero ? "00" : "", numbers[i]);
	}
	if (odd && userns_below(2))
		t->bytes[t->size++] = ' ';
	t->bytes[t->size++] = '\n';
}

static struct userns_text text_of(const struct vfscap_idmap *map)
{
	struct userns_text t = {.size = 0};
	bool odd = userns_below(2);

	for (uint32_t i = 0; i < map->count; i++)
		add_line(&t, &map->extent[i], odd);
	if (userns_below(2))
		t.size--;
	return t;
}

/* One number becomes another that is just right, or just wrong. */
static void spoil_number(struct vfscap_idmap *map)
{
	struct vfscap_extent *e = &map->extent[userns_below(map->count)];
	const struct vfscap_extent *o = userns_some_extent(map);
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
	uint32_t *number = numbers[userns_below(3)];

	*number = others[userns_below(ROWS(others))] + userns_below(3) - 1;
}

static void spoil_byte(struct userns_text *t)
{
	static const char bytes[] = " \t\n\r\v\f0123456789-+x;#.";
	size_t at = userns_below((unsigned)t->size);
	char *byte = t->bytes + at;

	switch (userns_below(3)) {
	case 0:
		*byte = bytes[userns_below(sizeof(bytes) - 1)];
		break;
	case 1:
		memmove(byte, byte + 1, --t->size - at);
		break;
	default:
		memmove(byte + 1, byte, t->size++ - at);
		*byte = bytes[userns_below(sizeof(bytes) - 1)];
	}
}

/* Numbers that the kernel would cut. */
static bool has_wide_number(const struct userns_text *t)
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

struct userns_text userns_some_text(struct vfscap_idmap *map)
{
	unsigned what = userns_below(3);
	struct userns_text t;

	if (what == 1)
		spoil_number(map);
	t = text_of(map);
	if (what == 2)
		spoil_byte(&t);
	if (has_wide_number(&t))
		return userns_some_text(map);
	return t;
}

const char *userns_quote(const char *text, size_t size)
{
	static char copy[USERNS_PAGE + 1];

	memcpy(copy, text, size);
	copy[size] = '\0';
	return suite_quote(copy);
}
