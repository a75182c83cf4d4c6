/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images written anew: without a change an archive is the same bytes; with other
 * content for a layer the store opens again with as many images, and each layer
 * that could be verified before can be. stores.h says what an input is.
 */
#include "stores.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char content[] = "what a layer is to hold";

/* A name for what is written, in a directory of its own. */
static char dir[] = "/dev/shm/vfscap-fuzz.XXXXXX";
static char result[sizeof(dir) + 8];

static void remove_result(void)
{
	unlink(result);
	rmdir(dir);
}

static void prepare(void)
{
	if (*result)
		return;
	must(mkdtemp(dir) && atexit(remove_result) == 0);
	snprintf(result, sizeof(result), "%s/result", dir);
}

/* How many of the layers are what they are said to be. */
static size_t count_good(struct oci *oci)
{
	size_t good = 0;

	for (size_t i = 0; i < oci->images; i++)
		for (size_t k = 0; k < oci->image[i].layers; k++) {
			char why[OCI_WHY_SIZE] = "";
			struct oci_blob blob;

			if (oci_layer_open(oci, &oci->image[i].layer[k], &blob,
					   why))
				continue;
			good += oci_layer_verify(&blob, why) == 0;
			oci_layer_close(&blob);
		}
	return good;
}

/* The first that can be, in one image only: what a digest is replaced by is
 * written once. */
static int replace_one(struct oci *oci, struct oci_out *out)
{
	char why[OCI_WHY_SIZE] = "";
	struct out *sink;

	for (size_t i = 0; i < oci->images; i++)
		for (size_t k = 0; k < oci->image[i].layers; k++) {
			if (oci_replace(out, &oci->image[i].layer[k], NULL,
					&sink, why))
				continue;
			must(out_write(sink, content, sizeof(content)) == 0);
			return oci_replaced(out, why);
		}
	return -ENOENT;
}

/* As many images, and no less that is good. */
static void check_result(const struct oci *before, size_t good)
{
	char why[OCI_WHY_SIZE];
	struct oci *after;

	must(oci_open(&after, before->kind, result, 1 << 20, why) == 0);
	must(after->images == before->images);
	must(count_good(after) >= good);
	oci_close(after);
}

static void check_same(const char *path)
{
	struct stat a, b;
	char *x, *y;
	FILE *files[] = {fopen(path, "re"), fopen(result, "re")};

	must(files[0] && files[1]);
	must(fstat(fileno(files[0]), &a) == 0 &&
	     fstat(fileno(files[1]), &b) == 0 && a.st_size == b.st_size);
	x = malloc((size_t)a.st_size);
	y = malloc((size_t)a.st_size);
	must(x && y);
	must(fread(x, (size_t)a.st_size, 1, files[0]) == 1 &&
	     fread(y, (size_t)a.st_size, 1, files[1]) == 1);
	must(memcmp(x, y, (size_t)a.st_size) == 0);
	free(x);
	free(y);
	fclose(files[0]);
	fclose(files[1]);
}

static void rewrite(const char *path, enum oci_kind kind, bool change)
{
	char why[OCI_WHY_SIZE] = "";
	struct oci_out *out;
	struct oci *oci;
	size_t good;
	int error;

	if (oci_open(&oci, kind, path, 1 << 20, why))
		return;
	good = count_good(oci);
	must(oci_begin(&out, oci, result, true, 1, why) == 0);
	if (change && (error = replace_one(oci, out))) {
		must(error < 0);
		oci_abandon(out);
	} else if ((error = oci_commit(out, why))) {
		must(error < 0 && *why);
	} else {
		check_result(oci, good);
		if (!change)
			check_same(path);
	}
	oci_close(oci);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct store_files files;
	char archive[STORE_PATH_SIZE];

	if (size > 16384 || !store_files(&files, data, size))
		return -1;
	prepare();
	store_archive_of(&files, archive);
	for (enum oci_kind kind = OCI_ARCHIVE; kind <= OCI_DOCKER; kind++) {
		rewrite(archive, kind, false);
		rewrite(archive, kind, true);
	}
	store_forget(&files);
	return 0;
}
