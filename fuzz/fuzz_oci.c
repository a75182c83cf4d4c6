/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images: their documents, as a directory and as an archive, show the same
 * images, twice the same, within the limits; what an image is called chooses it;
 * layers end, whole or with words. stores.c says what an input is.
 */
#include "stores.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void add_string(struct text *t, const char *string)
{
	text_add(t, string ? string : "-", string ? strlen(string) + 1 : 2);
}

static void add_layer(struct text *t, const struct oci_layer *l)
{
	must(l->digest && (l->foreign || l->name));
	add_string(t, l->digest);
	add_string(t, l->diff_id);
	add_string(t, l->media_type);
	add_string(t, l->foreign);
	text_add(t, &l->size, sizeof(l->size));
	text_add(t, &l->repeated, sizeof(l->repeated));
}

static void tell(struct text *t, const struct oci *oci)
{
	must(oci->images <= OCI_IMAGES_MAX);
	for (size_t i = 0; i < oci->images; i++) {
		const struct oci_image *m = &oci->image[i];

		must(m->layers <= OCI_LAYERS_MAX);
		add_string(t, m->ref);
		add_string(t, m->platform);
		add_string(t, m->digest);
		for (size_t k = 0; k < m->layers; k++) {
			must(oci_repeated(oci, i, k) == m->layer[k].repeated);
			add_layer(t, &m->layer[k]);
		}
	}
}

static int open_at(const char *location, enum oci_kind kind, struct oci **oci)
{
	char why[OCI_WHY_SIZE] = "";
	int error = oci_open(oci, kind, location, 1 << 20, why);

	must(error <= 0 && (!error || *why) && !error == !!*oci);
	return error;
}

/* Every layer comes to an end. */
static void read_layers(struct oci *oci)
{
	for (size_t i = 0; i < oci->images && i < 4; i++)
		for (size_t k = 0; k < oci->image[i].layers && k < 4; k++) {
			char why[OCI_WHY_SIZE] = "";
			struct oci_blob blob;
			int error = oci_layer_open(oci, &oci->image[i].layer[k],
						   &blob, why);

			must(!error == !*why);
			if (error)
				continue;
			error = oci_layer_verify(&blob, why);
			must(error <= 0 && !error == !*why);
			oci_layer_close(&blob);
		}
}

/* By its digest an image is chosen, with others that are the same. */
static void choose(const struct oci *oci, const char *path)
{
	const char *digest = oci->images ? oci->image[0].digest : NULL;
	char location[STORE_PATH_SIZE + DIGEST_SIZE + 1];
	struct oci_image *only;
	char why[OCI_WHY_SIZE] = "";
	struct oci *chosen;

	must(!oci_only(oci, &only, why) == !*why);
	if (!digest)
		return;
	snprintf(location, sizeof(location), "%s:%s", path, digest);
	must(open_at(location, oci->kind, &chosen) == 0);
	must(chosen->images && chosen->images <= oci->images);
	for (size_t i = 0; i < chosen->images; i++)
		must(chosen->image[i].digest);
	oci_close(chosen);
}

static int look(const char *path, enum oci_kind kind, struct text *t)
{
	struct oci *oci;
	int error = open_at(path, kind, &oci);

	*t = (struct text){0};
	if (error)
		return error;
	tell(t, oci);
	read_layers(oci);
	choose(oci, path);
	oci_close(oci);
	return 0;
}

static void look_twice(const char *a, enum oci_kind kind, const char *b,
		       enum oci_kind other)
{
	struct text x, y;
	int error = look(a, kind, &x);

	must(look(b, other, &y) == error);
	must(text_equal(&x, &y));
	free(x.bytes);
	free(y.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct store_files files;
	char archive[STORE_PATH_SIZE];
	const char *dir;

	if (size > 16384 || !store_files(&files, data, size))
		return -1;
	store_archive_of(&files, archive);
	look_twice(archive, OCI_DOCKER, archive, OCI_DOCKER);
	dir = store_directory_of(&files);
	if (dir)
		look_twice(archive, OCI_ARCHIVE, dir, OCI_LAYOUT);
	store_forget(&files);
	return 0;
}
