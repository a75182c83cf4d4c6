/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files with id maps: one that is named is read as its text is; the ranges that a
 * file such as /etc/subuid has for a user are those of a slow look at its lines,
 * one after the other; a refusal says why.
 */
#include "fuzz.h"
#include "ns/ns.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LAST UINT64_C(0xfffffffe)

static bool same(const struct vfscap_idmap *a, const struct vfscap_idmap *b)
{
	return a->count == b->count &&
	       memcmp(a->extent, b->extent, a->count * sizeof(*a->extent)) == 0;
}

/* --------------------------- /proc/PID/uid_map ---------------------------- */

static void check_file(const uint8_t *data, size_t size)
{
	int file = memory_file(data, size);
	struct vfscap_idmap map, wanted;
	char arg[FD_PATH_SIZE + 1] = "@", why[NS_WHY_SIZE] = "";
	int error = vfscap_idmap_parse(&wanted, (const char *)data, size, NULL);

	fd_path(file, arg + 1);
	must(ns_map_read(arg, NS_UID, &map, why) == (error ? -1 : 0));
	must(error ? *why != '\0' : same(&map, &wanted));
	close(file);
}

/* ------------------------------ /etc/subuid ------------------------------- */

/* struct look - what a slow look at a file has found */
struct look {
	struct vfscap_idmap map;
	uint64_t inside; /* of the next range */
	bool any, wrong;
};

static bool overlaps(const struct vfscap_idmap *map, uint64_t start,
		     uint64_t count)
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct vfscap_extent *e = &map->extent[i];

		if (start < (uint64_t)e->outside + e->count &&
		    e->outside < start + count)
			return true;
	}
	return false;
}

static void look_range(struct look *l, uint64_t start, uint64_t count)
{
	l->any = true;
	if (l->wrong || !count || start + count - 1 > LAST ||
	    l->inside + count - 1 > LAST || l->map.count == VFSCAP_EXTENTS ||
	    overlaps(&l->map, start, count)) {
		l->wrong = true;
		return;
	}
	l->map.extent[l->map.count++] = (struct vfscap_extent){
		.inside = (uint32_t)l->inside,
		.outside = (uint32_t)start,
		.count = (uint32_t)count,
	};
	l->inside += count;
}

/* Digits up to @end; a number that is too large stays too large. */
static bool number(const uint8_t **at, const uint8_t *end, uint64_t *n)
{
	const uint8_t *start = *at;

	for (*n = 0; *at < end && **at >= '0' && **at <= '9'; ++*at)
		if (*n <= UINT32_MAX)
			*n = *n * 10 + **at - '0';
	return *at > start;
}

static void look_line(struct look *l, const uint8_t *at, const uint8_t *end,
		      const struct passwd *user)
{
	const uint8_t *colon = memchr(at, ':', (size_t)(end - at));
	uint64_t start = 0, count = 0;
	char id[16];
	size_t len;

	if (!colon)
		return;
	len = (size_t)(colon - at);
	snprintf(id, sizeof(id), "%u", user->pw_uid);
	if ((len != strlen(user->pw_name) || memcmp(at, user->pw_name, len)) &&
	    (len != strlen(id) || memcmp(at, id, len)))
		return;
	at = colon + 1;
	if (!number(&at, end, &start) || at == end || *at++ != ':' ||
	    !number(&at, end, &count) || at != end)
		l->wrong = true;
	look_range(l, start, count);
}

static void look(struct look *l, const uint8_t *at, const uint8_t *end,
		 const struct passwd *user, const uint32_t *own)
{
	const uint8_t *newline;

	*l = (struct look){.inside = 0};
	if (own)
		look_range(l, *own, 1);
	l->any = false;
	for (; at < end; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		newline = newline ? newline : end;
		look_line(l, at, newline, user);
	}
}

static void check_ranges(const uint8_t *data, size_t size, const uint32_t *own)
{
	const struct passwd user = {.pw_name = (char[]){"me"}, .pw_uid = 1000};
	FILE *file = fdopen(memory_file(data, size), "r");
	char why[NS_WHY_SIZE] = "";
	struct vfscap_idmap map;
	struct look l;
	bool good;

	must(file);
	look(&l, data, data + size, &user, own);
	good = l.any && !l.wrong;
	must(ns_ranges_read("ids", file, &user, own, &map, why) ==
	     (good ? 0 : -1));
	must(good ? same(&map, &l.map) : *why != '\0');
	fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t own = 1000;

	check_file(data, size);
	check_ranges(data, size, NULL);
	check_ranges(data, size, &own);
	return 0;
}
