/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listings and releases: names are found by what they are, a listing written out
 * is read again as it was, and a failure says where and changes nothing.
 */
#include "fuzz.h"

#include "vfscap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* All but the names before the NUL is of no account. */
static bool same(const struct vfscap_listing *a, const struct vfscap_listing *b)
{
	for (unsigned i = 0; i < VFSCAP_BITS; i++)
		if (strcmp(a->name[i], b->name[i]) != 0)
			return false;
	return a->known == b->known;
}

static void check_names(const struct vfscap_listing *l)
{
	char upper[VFSCAP_NAME_SIZE];

	for (int i = 0; i < VFSCAP_BITS; i++) {
		const char *name = l->name[i];
		size_t size = strlen(name);

		must(size < VFSCAP_NAME_SIZE);
		must(!*name == !(l->known >> i & 1));
		must(vfscap_listing_find(l, name, size) == (*name ? i : -1));
		for (size_t k = 0; k <= size; k++)
			upper[k] = (char)toupper((unsigned char)name[k]);
		must(vfscap_listing_find(l, upper, size) == (*name ? i : -1));
		must(!*name || vfscap_listing_find(l, name, size - 1) != i);
	}
}

static void check_again(const struct vfscap_listing *l)
{
	struct vfscap_listing back;
	char text[VFSCAP_BITS * (VFSCAP_NAME_SIZE + 8)];
	int size = 0;

	for (unsigned i = 0; i < VFSCAP_BITS; i++)
		if (l->known >> i & 1)
			size += sprintf(text + size, "%u\t%s\n", i, l->name[i]);
	must(vfscap_listing_parse(&back, text, (size_t)size, NULL) == 0);
	must(same(l, &back));
	must(vfscap_listing_parse(&back, text, (size_t)size - 1, NULL) == 0);
	must(same(l, &back));
}

static void check_listing(const char *text, size_t size)
{
	struct vfscap_listing l, painted;
	unsigned line = 0, lines = 1;
	int error;

	memset(&l, 0xa5, sizeof(l));
	painted = l;
	error = vfscap_listing_parse(&l, text, size, &line);
	for (size_t i = 0; i + 1 < size; i++)
		lines += text[i] == '\n';
	if (error) {
		must(error >= VFSCAP_ERR_LIST_LINE &&
		     error <= VFSCAP_ERR_LIST_EMPTY);
		must(memcmp(&l, &painted, sizeof(l)) == 0);
		must(line >= 1 && line <= lines);
		return;
	}
	must(l.known && l.source == VFSCAP_SOURCE_FILE);
	must((unsigned)__builtin_popcountll(l.known) == lines);
	check_names(&l);
	check_again(&l);
}

/* A release has a listing from the first one that had capabilities on. */
static void check_release(const char *text)
{
	struct vfscap_listing l, all;
	uint64_t release = 77;
	int error = vfscap_release_parse(text, &release);

	must(!error || (error == VFSCAP_ERR_RELEASE && release == 77));
	if (vfscap_listing_release(&l, text)) {
		must(error || release < VFSCAP_RELEASE(2, 2, 0));
		return;
	}
	must(!error && release >= VFSCAP_RELEASE(2, 2, 0));
	vfscap_listing_builtin(&all);
	must(l.known && !(l.known & ~all.known) && !(l.known & (l.known + 1)));
	must(l.source == VFSCAP_SOURCE_RELEASE);
	check_names(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct take take = {data, size};
	char *text = take_text(&take);

	check_listing((const char *)data, size);
	check_release(text);
	free(text);
	return 0;
}
