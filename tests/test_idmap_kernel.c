/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps within maps: what becomes of them, by the kernel. */
#include "sandbox.h"
#include "suite.h"
#include "userns_child.h"
#include "userns_maps.h"
#include "vfscap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed;
static unsigned long taken, refused, not_within;

/* ----------------------- what happens in a namespace --------------------- */

/* What a child is to do: to write a map for a child of its own. */
static struct errand {
	char text[USERNS_PAGE];
	size_t size;
	uint32_t id; /* to be, in its own namespace */
	int error;
	pid_t pid;
} * errand;

static struct userns_child below;

static void leave(void)
{
	userns_child_end(&below);
}

/* The namespace below is made by an id that this one has. */
static void serve(void)
{
	static bool full, ready;

	if (!ready)
		userns_become(errand->id);
	ready = true;
	if (full)
		userns_child_end(&below);
	errand->error =
		userns_child_map(&below, "uid_map", errand->text, errand->size);
	errand->pid = below.pid;
	full = errand->error == 0;
}

/* ------------------------------- maps in maps ---------------------------- */

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
	char path[64], text[4 * USERNS_PAGE];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	file = fopen(path, "re");
	if (!file)
		sandbox_die("%s: %s", path, strerror(errno));
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	expect(!vfscap_idmap_parse(&map, text, size, NULL),
	       "%s: not a map: '%s'", path,
	       userns_quote(text, size % USERNS_PAGE));
	return map;
}

static void check_same(const struct vfscap_idmap *composed, pid_t pid)
{
	struct vfscap_idmap map = read_map(pid), wanted = *composed;

	sort(&wanted);
	sort(&map);
	expect(strcmp(userns_map_inline(&wanted), userns_map_inline(&map)) == 0,
	       "%s in the kernel, not %s", userns_map_inline(&map),
	       userns_map_inline(&wanted));
}

/* A namespace below the child's: the text counts in the child's ids. */
static void check_below(const struct userns_child *child,
			const struct vfscap_idmap *outer,
			const struct userns_text *t)
{
	struct vfscap_idmap inner, composed;
	int error = vfscap_idmap_parse(&inner, t->bytes, t->size, NULL);
	int wanted = error ? EINVAL : 0;

	if (!error && vfscap_idmap_compose(&inner, outer, &composed, NULL))
		wanted = EPERM;
	memcpy(errand->text, t->bytes, t->size);
	errand->size = t->size;
	errand->id = outer->extent[0].inside;
	userns_child_serve(child);
	expect(errand->error == wanted, "'%s' in %s: %s, not %s",
	       userns_quote(t->bytes, t->size), userns_map_inline(outer),
	       strerror(errand->error), strerror(wanted));
	*(wanted == EINVAL ? &refused : wanted ? &not_within : &taken) += 1;
	if (!errand->error)
		check_same(&composed, errand->pid);
}

/* Ids of the outer map at first, then some that may be none. */
static struct userns_text some_text_below(const struct vfscap_idmap *outer)
{
	struct vfscap_idmap map =
		userns_some_inner(outer, 1 + userns_below(12));
	struct vfscap_extent *e;

	e = &map.extent[userns_below(map.count)];
	switch (userns_below(4)) {
	case 0:
		e->count += userns_below(4);
		break;
	case 1:
		e->outside += userns_below(5) - 2;
		break;
	default:
		break;
	}
	return userns_some_text(&map);
}

#define OUTER_MAPS 60
#define INNER_MAPS 25

START_TEST(kernel_composing)
{
	userns_seed(seed);
	errand = sandbox_shared(sizeof(*errand));
	for (size_t i = 0; i < OUTER_MAPS; i++) {
		struct vfscap_idmap outer =
			userns_some_map(1 + userns_below(12));
		const char *text = userns_map_lines(&outer);
		struct userns_child child = {.serve = serve, .leave = leave};

		if (userns_child_map(&child, "uid_map", text, strlen(text)) ||
		    userns_child_map(&child, "gid_map", text, strlen(text)))
			sandbox_die("map %s", userns_map_inline(&outer));
		check_same(&outer, child.pid);
		for (size_t k = 0; k < INNER_MAPS; k++) {
			struct userns_text t = some_text_below(&outer);

			check_below(&child, &outer, &t);
		}
		userns_child_end(&child);
	}
	printf("idmap: maps within maps: the kernel took %lu, refused %lu and "
	       "%lu that are not within the map above\n",
	       taken, refused, not_within);
	fflush(stdout);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

int main(void)
{
	static const char *const tools[] = {NULL};
	Suite *suite = suite_create("idmap by the kernel");

	seed = suite_seed("idmap by the kernel");
	sandbox_enter("idmap by the kernel", tools);
	suite_add(suite, kernel_composing, 1);
	return suite_run(suite);
}
