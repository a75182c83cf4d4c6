/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The namespaces and the mounts in which the kernel was measured. */
#include "userns_measured.h"

#include "sandbox.h"
#include "suite.h"
#include "userns_maps.h"

#include <stdio.h>
#include <string.h>

static struct named {
	const char *name;
	const char *parent;
	const char *map; /* in the parent's ids; NULL: none was written */
	struct vfscap_userns ns;
} named[] = {
	{.name = "A", .map = "0:100000:65536"},
	{.name = "B", .map = "0:200000:65536"},
	{.name = "A/c", .parent = "A", .map = "0:1000:1000"},
	{.name = "A/i", .parent = "A", .map = "0:0:65536"},
	{.name = "A/n", .parent = "A", .map = "1:1:1000"},
	{.name = "A/c/g", .parent = "A/c", .map = "0:5:1"},
	{.name = "Z", .map = "0:0:1"},
	{.name = "ID", .map = "0:0:4294967295"},
	{.name = "M", .map = "0:300000:5,5:100000:1"},
	{.name = "N", .map = "1:100001:1000"},
	{.name = "U", .map = "0:1000:1"},
	{.name = "E"},
};

const struct vfscap_userns *userns_ns_of(const char *name)
{
	size_t size = strcspn(name, "=@ ");

	if (strncmp(name, "init", size) == 0)
		return NULL;
	if (strncmp(name, "Ac", size) == 0 && size == 2)
		return userns_ns_of("A/c");
	for (size_t i = 0; i < ROWS(named); i++)
		if (strncmp(name, named[i].name, size) == 0 &&
		    !named[i].name[size])
			return &named[i].ns;
	ck_abort_msg("no namespace %s", name);
	return NULL;
}

static void make_named(void)
{
	for (size_t i = 0; i < ROWS(named); i++) {
		struct named *n = &named[i];
		struct vfscap_idmap map = userns_map_of(n->map);

		if (vfscap_userns_init(
			    &n->ns, n->parent ? userns_ns_of(n->parent) : NULL,
			    &map, NULL))
			sandbox_die("no namespace %s", n->name);
	}
}

struct vfscap_mount userns_ext4, userns_idmapped, userns_tmpfs_a;
struct vfscap_mount userns_overlay, userns_overlay_a;

static void make_mounts(void)
{
	userns_idmapped.idmap = &userns_ns_of("A")->map;
	userns_tmpfs_a.fs = userns_ns_of("A");
	userns_overlay.lower = &userns_ext4;
	userns_overlay_a.lower = &userns_ext4;
	userns_overlay_a.fs = userns_ns_of("A");
}

void userns_make_measured(void)
{
	make_named();
	make_mounts();
}

/* ----------------------------- in a few words ---------------------------- */

size_t userns_split(char *text, char *field[USERNS_FIELDS])
{
	size_t n = 0;

	for (char *at = strtok(text, " "); at && n < USERNS_FIELDS;
	     at = strtok(NULL, " "))
		field[n++] = at;
	return n;
}

const char *userns_answer(int error, const struct vfscap *c)
{
	static char texts[2][32];
	static unsigned turn;
	char *text = texts[turn++ % 2];

	if (error)
		return vfscap_error_name(error);
	sprintf(text, "v%u%s", c->revision, c->effective ? "e" : "");
	if (c->revision == 3)
		sprintf(text + strlen(text), ":%u", c->rootid);
	return text;
}

bool userns_begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

void userns_check_get(const char *what, const struct userns_value *v,
		      const struct vfscap_mount *mount, const char *reader,
		      const char *wanted)
{
	struct vfscap seen = {0};
	int error = vfscap_predict_get(v->bytes, v->size, mount,
				       userns_ns_of(reader), &seen);

	if (strcmp(wanted, "-") == 0)
		wanted = "EOVERFLOW";
	expect(strcmp(userns_answer(error, &seen), wanted) == 0,
	       "%s: %s sees %s, not %s", what, reader,
	       userns_answer(error, &seen), wanted);
}
