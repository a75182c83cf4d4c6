/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stores of images: good and hostile ones read, changed ones judged by others. */
#include "oci/oci.h"
#include "scratch.h"
#include "suite.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT (UINT64_C(1) << 30)

/* Manifests of "nested", which is all the same everywhere. */
#define AMD64                                     \
	"sha256:b5962399784b3fec21505a815848cd79" \
	"5a7a76737504f8aebd08c55c6352d186"
#define ARM64                                     \
	"sha256:96fb2ce6c5000ed4819d0cca735fb09a" \
	"f01650814d6a3ea0fd1bd37a2032ffb9"

static const char *scratch;

/* One word for what a command of the shell says: 0 where it succeeds. */
static int run(const char *format, ...)
{
	char command[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

static const char *in_scratch(const char *name, const char *ref)
{
	static char path[4][512];
	static unsigned n;
	char *own = path[n++ % 4];

	snprintf(own, sizeof(path[0]), "%s/%s%s%s", scratch, name,
		 ref ? ":" : "", ref ? ref : "");
	return own;
}

/* --------------------------------- reading -------------------------------- */

static const struct {
	const char *name;
	enum oci_kind kind;
	const char *ref, *shown;
} good_stores[] = {
#define X "x linux/amd64 gzip gzip;"
	{"simple", OCI_LAYOUT, NULL, X},
	{"simple", OCI_LAYOUT, "x", X},
	{"with:colon", OCI_LAYOUT, NULL, X},
	{"with:colon", OCI_LAYOUT, "x", X},
	{"plain", OCI_LAYOUT, NULL, "x linux/amd64 - -;"},
	{"zstd", OCI_LAYOUT, NULL, "x linux/amd64 zstd zstd;"},
	{"docker-types", OCI_LAYOUT, NULL, X},
	{"sha512", OCI_LAYOUT, NULL, X},
	{"empty", OCI_LAYOUT, NULL, "x linux/amd64;"},
	{"deep8", OCI_LAYOUT, NULL, "x linux/amd64 gzip;"},
	{"user-null", OCI_LAYOUT, NULL, "x linux/amd64 gzip;"},
	{"config-type-null", OCI_LAYOUT, NULL, "x linux/amd64 gzip;"},
	{"shared", OCI_LAYOUT, "y", "y linux/amd64 gzip gzip;"},
	{"shared", OCI_LAYOUT, NULL,
	 X "y linux/amd64 gzip gzip;x2 linux/amd64 gzip gzip;"},
	{"nested", OCI_LAYOUT, "multi",
	 "multi linux/amd64 - -;multi linux/arm64/v8 - -;"
	 "multi unknown/unknown (it is an attestation);"},
	{"nested", OCI_LAYOUT, "arm", "arm linux/arm64/v8 - -;"},
	{"nested", OCI_LAYOUT, ARM64,
	 "multi linux/arm64/v8 - -;arm linux/arm64/v8 - -;"},
	{"disguised", OCI_LAYOUT, NULL, "x linux/amd64 -;y unknown/unknown -;"},
	{"foreign", OCI_LAYOUT, NULL,
	 "x linux/amd64 gzip (it is encrypted) (it is not in the store, which "
	 "names a URL for it) (it is a Helm chart);"},
	{"oci.tar", OCI_ARCHIVE, NULL, X},
	{"oci.tar.gz", OCI_ARCHIVE, "x", X},
	{"oci.tar.xz", OCI_ARCHIVE, NULL, X},
	{"sha512.tar", OCI_ARCHIVE, NULL, X},
	{"twice.tar", OCI_ARCHIVE, NULL, X},
#define DX "docker.io/library/x:latest linux/amd64 - -;"
#define DY "docker.io/library/y:latest linux/amd64 - -;"
	{"docker-old.tar", OCI_DOCKER, NULL, DX DY},
	{"docker-old.tar.gz", OCI_DOCKER, NULL, DX DY},
	{"docker-old.tar", OCI_DOCKER, "x", DX},
	{"docker-old.tar", OCI_DOCKER, "y:latest", DY},
	{"docker-old.tar", OCI_DOCKER, "docker.io/library/y", DY},
	{"docker-new.tar", OCI_DOCKER, NULL, "x:one linux/amd64 - -;"},
	{"docker-new.tar", OCI_DOCKER, "x:two", "x:one linux/amd64 - -;"},
	{"docker-new.tar", OCI_DOCKER, "one", "x:one linux/amd64 - -;"},
	{"docker-new.tar", OCI_ARCHIVE, "one", "one linux/amd64 - -;"},
	{"docker-new.tar", OCI_ARCHIVE, "x:one", "one linux/amd64 - -;"},
};

/* Verified to its end, or in brackets why not. */
static void show_layer(FILE *out, struct oci *oci,
		       const struct oci_layer *layer)
{
	char why[OCI_WHY_SIZE] = "";
	struct oci_blob blob;
	int error;

	if (layer->foreign) {
		fprintf(out, " (%s)", layer->foreign);
		return;
	}
	error = oci_layer_open(oci, layer, &blob, why);
	if (!error) {
		fprintf(out, " %s", blob.codec ? blob.codec->name : "-");
		error = oci_layer_verify(&blob, why);
		oci_layer_close(&blob);
	}
	if (error)
		fprintf(out, " [%d %s]", error, why);
}

static void show(struct oci *oci, char *shown, size_t size)
{
	FILE *out = fmemopen(shown, size, "w");

	for (size_t i = 0; i < oci->images; i++) {
		const struct oci_image *image = &oci->image[i];

		fprintf(out, "%s %s", image->ref ? image->ref : "-",
			image->platform ? image->platform : "-");
		for (size_t j = 0; j < image->layers; j++)
			show_layer(out, oci, &image->layer[j]);
		putc(';', out);
	}
	putc('\0', out);
	fclose(out);
}

static struct oci *opened(const char *location, enum oci_kind kind)
{
	char why[OCI_WHY_SIZE] = "";
	struct oci *oci;
	int error = oci_open(&oci, kind, location, LIMIT, why);

	ck_assert_msg(error == 0, "%s: %d: %s", location, error, why);
	return oci;
}

START_TEST(good_store)
{
	const char *ref = good_stores[_i].ref;
	struct oci *oci = opened(in_scratch(good_stores[_i].name, ref),
				 good_stores[_i].kind);
	char shown[4096];

	show(oci, shown, sizeof(shown));
	ck_assert_str_eq(shown, good_stores[_i].shown);
	ck_assert_str_eq(oci_path(oci), in_scratch(good_stores[_i].name, NULL));
	if (ref)
		ck_assert_str_eq(oci_ref(oci), ref);
	else
		ck_assert_ptr_null(oci_ref(oci));
	oci_close(oci);
}
END_TEST

static const struct {
	const char *name;
	enum oci_kind kind;
	const char *ref;
	int error;
	const char *why;
} bad_stores[] = {
	{"simple", OCI_LAYOUT, "y", -ENOENT, "no image \"y\""},
	{"simple", OCI_LAYOUT, "", -EINVAL, "':'"},
	{"nowhere", OCI_LAYOUT, "x", -ENOENT, "cannot be opened"},
	{"simple", OCI_ARCHIVE, NULL, -EISDIR, "use oci:"},
	{"oci.tar", OCI_LAYOUT, NULL, -ENOTDIR, "oci-archive:"},
	{"oci.tar", OCI_DOCKER, NULL, -EBADMSG, "oci-archive:"},
	{"docker-old.tar", OCI_ARCHIVE, NULL, -EBADMSG, "docker-archive:"},
	{"simple/blobs", OCI_LAYOUT, NULL, -EBADMSG, "oci-layout"},
	{"simple/oci-layout", OCI_ARCHIVE, NULL, -EBADMSG, "archive"},
	{"fifo-layer/pipe", OCI_ARCHIVE, NULL, -ESPIPE, "in a file"},
	{"flipped-manifest", OCI_LAYOUT, NULL, -EBADMSG, "its digest is"},
	{"flipped-config", OCI_LAYOUT, NULL, -EBADMSG, "its digest is"},
	{"longer-manifest", OCI_LAYOUT, NULL, -EBADMSG, "its digest is"},
	{"longer-config", OCI_LAYOUT, NULL, -EBADMSG, "its digest is"},
	{"missing-manifest", OCI_LAYOUT, NULL, -EBADMSG, "not in the store"},
	{"missing-config", OCI_LAYOUT, NULL, -EBADMSG, "not in the store"},
	{"linked-manifest", OCI_LAYOUT, NULL, -EBADMSG, "no regular file"},
	{"linked-config", OCI_LAYOUT, NULL, -EBADMSG, "no regular file"},
	{"linked-blobs", OCI_LAYOUT, NULL, -EBADMSG, "symbolic link"},
	{"fifo-manifest", OCI_LAYOUT, NULL, -EBADMSG, "no regular file"},
	{"fifo-config", OCI_LAYOUT, NULL, -EBADMSG, "no regular file"},
	{"size", OCI_LAYOUT, NULL, -EBADMSG, "bytes, not 1"},
	{"config-size", OCI_LAYOUT, NULL, -EBADMSG, "bytes, not 1"},
	{"md5", OCI_LAYOUT, NULL, -EBADMSG, "not a digest"},
	{"upper", OCI_LAYOUT, NULL, -EBADMSG, "not a digest"},
	{"climbing", OCI_LAYOUT, NULL, -EBADMSG, "not a digest"},
	{"no-digest", OCI_LAYOUT, NULL, -EBADMSG, "without a digest"},
	{"itself", OCI_LAYOUT, NULL, -EBADMSG, "no regular file"},
	{"deep9", OCI_LAYOUT, NULL, -EFBIG, "too many"},
	{"wide", OCI_LAYOUT, NULL, -EFBIG, "more than 1024 images"},
	{"both-kinds", OCI_LAYOUT, NULL, -EBADMSG, "at once"},
	{"other-case", OCI_LAYOUT, NULL, -EBADMSG, "the key \"Layers\""},
	{"long-s", OCI_LAYOUT, NULL, -EBADMSG, "take for \"manifests\""},
	{"digests", OCI_LAYOUT, NULL, -EBADMSG, "the key \"DIGEST\""},
	{"platform-case", OCI_LAYOUT, NULL, -EBADMSG, "the key \"OS\""},
	{"user-case", OCI_LAYOUT, NULL, -EBADMSG, "the key \"user\""},
	{"ids-case", OCI_LAYOUT, NULL, -EBADMSG, "the key \"Diff_IDs\""},
	{"no-list", OCI_LAYOUT, NULL, -EBADMSG,
	 "manifests: it is not an array"},
	{"tags-case.tar", OCI_DOCKER, NULL, -EBADMSG, "the key \"repoTags\""},
	{"sources.tar", OCI_DOCKER, NULL, -EBADMSG, "the key \"URLs\""},
	{"wrong-ids", OCI_LAYOUT, NULL, -EBADMSG, "the config has 2 layers"},
	{"depth100", OCI_LAYOUT, NULL, -EBADMSG, "no image index"},
	{"depth5000", OCI_LAYOUT, NULL, -EBADMSG, "no valid JSON"},
	{"large", OCI_LAYOUT, NULL, -EFBIG, "4194304"},
	{"duplicates", OCI_LAYOUT, NULL, -EBADMSG, "duplicate"},
	{"no-json", OCI_LAYOUT, NULL, -EBADMSG, "no valid JSON"},
	{"user-number", OCI_LAYOUT, NULL, -EBADMSG,
	 ": config.User: it is not a string"},
	{"user-list", OCI_LAYOUT, NULL, -EBADMSG,
	 ": config.User: it is not a string"},
	{"user-true", OCI_LAYOUT, NULL, -EBADMSG,
	 ": config.User: it is not a string"},
	{"config-text", OCI_LAYOUT, NULL, -EBADMSG,
	 ": config: it is not an object"},
	{"ids-object", OCI_LAYOUT, NULL, -EBADMSG,
	 ": rootfs.diff_ids: it is not an array"},
	{"os-number", OCI_LAYOUT, NULL, -EBADMSG, ": os: it is not a string"},
	{"layer-type-number", OCI_LAYOUT, NULL, -EBADMSG,
	 ": layers[0].mediaType: it is not a string"},
	{"layer-size-text", OCI_LAYOUT, NULL, -EBADMSG,
	 ": layers[0].size: it is not an integer"},
	{"layers-object", OCI_LAYOUT, NULL, -EBADMSG,
	 ": layers: it is not an array"},
	{"config-type-list", OCI_LAYOUT, NULL, -EBADMSG,
	 ": config.mediaType: it is not a string"},
	{"name-number", OCI_LAYOUT, NULL, -EBADMSG,
	 "index.json: manifests[0].annotations.org.opencontainers.image.ref."
	 "name: it is not a string"},
	{"manifests-object", OCI_LAYOUT, NULL, -EBADMSG,
	 "index.json: manifests: it is not an array"},
	{"platform-text", OCI_LAYOUT, NULL, -EBADMSG,
	 "index.json: manifests[0].platform: it is not an object"},
	{"tag-number.tar", OCI_DOCKER, NULL, -EBADMSG,
	 "manifest.json: [1].RepoTags[1]: it is not a string"},
	{"config-number.tar", OCI_DOCKER, NULL, -EBADMSG,
	 "manifest.json: [1].Config: it is not a string"},
	{"many.tar", OCI_ARCHIVE, NULL, -EFBIG, "65536 members"},
	{"cut.tar", OCI_ARCHIVE, NULL, -EBADMSG, "cut off"},
	{"fewer.tar", OCI_DOCKER, NULL, -EBADMSG, "the config has 2 layers"},
	{"docker-new.tar", OCI_ARCHIVE, NULL, -EBADMSG, "not in the archive"},
};

START_TEST(bad_store)
{
	char why[OCI_WHY_SIZE] = "";
	struct oci *oci = (struct oci *)(uintptr_t)scratch;
	const char *location =
		in_scratch(bad_stores[_i].name, bad_stores[_i].ref);
	int error = oci_open(&oci, bad_stores[_i].kind, location, LIMIT, why);

	ck_assert_msg(error == bad_stores[_i].error, "%s: %d: %s", location,
		      error, why);
	ck_assert_msg(strstr(why, bad_stores[_i].why) != NULL, "%s: %s",
		      location, why);
	ck_assert_ptr_null(oci);
}
END_TEST

/* The other layer can be read all the same. */
static const struct {
	const char *name;
	enum oci_kind kind;
	const char *shown, *good;
} bad_layers[] = {
	{"flipped-layer", OCI_LAYOUT, "[-74 ", " gzip;"},
	{"flipped-layer.tar", OCI_ARCHIVE, "[-74 ", " gzip;"},
	{"flipped-name", OCI_LAYOUT, "corrupted: its digest is", " gzip;"},
	{"longer-layer", OCI_LAYOUT, "bytes, not ", " gzip;"},
	{"missing-layer", OCI_LAYOUT, "not in the store]", " gzip;"},
	{"linked-layer", OCI_LAYOUT, "no regular file]", " gzip;"},
	{"fifo-layer", OCI_LAYOUT, "no regular file]", " gzip;"},
	{"wrong-id", OCI_LAYOUT, "corrupted: its diff_id is", ";"},
	{"dotdot.tar", OCI_DOCKER, "a name with \"..\" in it]", " -;"},
	{"outside.tar", OCI_DOCKER, "leads nowhere]", " -;"},
	{"loop.tar", OCI_DOCKER, "leads nowhere]", " -;"},
	{"no-layer.tar", OCI_DOCKER, "nowhere: it is not in", " - [-74"},
	{"wrong-layer.tar", OCI_DOCKER, "corrupted: its diff_id is", ";"},
};

START_TEST(bad_layer)
{
	struct oci *oci = opened(in_scratch(bad_layers[_i].name, NULL),
				 bad_layers[_i].kind);
	char shown[4096];

	show(oci, shown, sizeof(shown));
	ck_assert_msg(strstr(shown, bad_layers[_i].shown) != NULL, "%s", shown);
	ck_assert_msg(strstr(shown, bad_layers[_i].good) != NULL, "%s", shown);
	oci_close(oci);
}
END_TEST

START_TEST(too_much)
{
	char why[OCI_WHY_SIZE] = "";
	struct oci_blob blob;
	struct oci *oci;

	ck_assert_int_eq(oci_open(&oci, OCI_LAYOUT, in_scratch("simple", NULL),
				  1000, why),
			 0);
	ck_assert_int_eq(
		oci_layer_open(oci, &oci->image[0].layer[0], &blob, why), 0);
	ck_assert_int_eq(oci_layer_verify(&blob, why), -EFBIG);
	oci_layer_close(&blob);
	oci_close(oci);
	ck_assert_int_eq(oci_open(&oci, OCI_ARCHIVE,
				  in_scratch("oci.tar.gz", NULL), 1000, why),
			 -EFBIG);
}
END_TEST

/* --------------------------------- writing -------------------------------- */

static const struct tar_value bind_service = {.bytes = {1, 0, 0, 2, 0, 4},
					      .size = 20};

/* Every value becomes another one, or all stays as it is. */
static int filter(struct in *in, struct out *out, bool change)
{
	const struct tar_member *m;
	struct tar_where where;
	struct tar *tar;
	int error = tar_open(&tar, in);

	while (!error && tar_next(tar, &m) == 1) {
		enum tar_action action = TAR_SET;
		struct tar_value value = bind_service;
		struct tar_change one = {.action = &action, .value = &value};

		error = tar_put(tar, m, change && m->copies ? &one : NULL, out,
				&where);
	}
	if (!error)
		error = tar_put_rest(tar, out, &where);
	tar_close(tar);
	return error;
}

static void replace(struct oci *oci, struct oci_out *out,
		    const struct oci_layer *layer, bool change)
{
	char why[OCI_WHY_SIZE] = "";
	struct oci_blob blob;
	struct out *sink;
	int error = oci_layer_open(oci, layer, &blob, why);

	if (!error)
		error = oci_replace(out, layer, NULL, &sink, why);
	if (!error)
		error = filter(blob.in, sink, change);
	if (!error)
		error = oci_layer_verify(&blob, why);
	if (!error)
		error = oci_replaced(out, why);
	ck_assert_msg(error == 0, "%s: %d: %s", layer->name, error, why);
	oci_layer_close(&blob);
}

static bool is_earlier(const struct oci *oci, size_t image, size_t layer)
{
	const char *digest = oci->image[image].layer[layer].digest;

	for (size_t i = 0; i <= image; i++)
		for (size_t j = 0; j < oci->image[i].layers; j++) {
			if (i == image && j == layer)
				return false;
			if (strcmp(oci->image[i].layer[j].digest, digest) == 0)
				return true;
		}
	return false;
}

static void replace_all(struct oci *oci, struct oci_out *out, bool change)
{
	for (size_t i = 0; i < oci->images; i++)
		for (size_t j = 0; j < oci->image[i].layers; j++)
			if (!oci->image[i].layer[j].foreign &&
			    !is_earlier(oci, i, j))
				replace(oci, out, &oci->image[i].layer[j],
					change);
}

static bool has_foreign(const struct oci_image *image)
{
	for (size_t i = 0; i < image->layers; i++)
		if (image->layer[i].foreign)
			return true;
	return false;
}

static void add_all(struct oci *oci, struct oci_out *out)
{
	for (size_t i = 0; i < oci->images; i++) {
		char why[OCI_WHY_SIZE] = "";
		struct out *sink;
		int error;

		if (has_foreign(&oci->image[i]))
			continue;
		error = oci_replace(out, NULL, &oci->image[i], &sink, why);
		if (!error)
			error = tar_put_file(sink, "new", 512);
		for (int n = 0; n < 64 && !error; n++)
			error = out_write(sink, "12345678", 8);
		if (!error)
			error = tar_put_marker(sink);
		if (!error)
			error = oci_replaced(out, why);
		ck_assert_msg(error == 0, "%d: %s", error, why);
	}
}

enum mode { NOTHING, SAME, CHANGE, ADD, BOTH, MODES };

static void rewrite(const char *from, enum oci_kind kind, const char *to,
		    bool force, enum mode mode)
{
	struct oci *oci = opened(from, kind);
	char why[OCI_WHY_SIZE] = "";
	struct oci_out *out;
	int error = oci_begin(&out, oci, to, force, -1, why);

	ck_assert_msg(error == 0, "%s: %d: %s", to, error, why);
	if (mode == SAME || mode == CHANGE || mode == BOTH)
		replace_all(oci, out, mode != SAME);
	if (mode == ADD || mode == BOTH)
		add_all(oci, out);
	error = oci_commit(out, why);
	ck_assert_msg(error == 0, "%s: %d: %s", to, error, why);
	oci_close(oci);
}

static const struct {
	const char *name;
	enum oci_kind kind;
	const char *ref;
	const char *other; /* an image that must not change, or NULL */
} stores[] = {
	{"simple", OCI_LAYOUT, NULL, NULL},
	{"plain", OCI_LAYOUT, NULL, NULL},
	{"zstd", OCI_LAYOUT, NULL, NULL},
	{"docker-types", OCI_LAYOUT, NULL, NULL},
	{"sha512", OCI_LAYOUT, NULL, NULL},
	{"empty", OCI_LAYOUT, NULL, NULL},
	{"deep8", OCI_LAYOUT, NULL, NULL},
	{"shared", OCI_LAYOUT, NULL, NULL},
	{"shared", OCI_LAYOUT, "x", "x2"},
	{"shared", OCI_LAYOUT, "x", "y"},
	{"shared", OCI_LAYOUT, "y", "x"},
	{"nested", OCI_LAYOUT, NULL, NULL},
	{"nested", OCI_LAYOUT, "multi", "arm"},
	{"nested", OCI_LAYOUT, "arm", "multi"},
	{"nested", OCI_LAYOUT, ARM64, AMD64},
	{"lazy", OCI_LAYOUT, NULL, NULL},
	{"lazy", OCI_LAYOUT, "x", "s"},
	{"foreign", OCI_LAYOUT, NULL, NULL},
	{"sizeless", OCI_LAYOUT, NULL, NULL},
	{"oci.tar", OCI_ARCHIVE, NULL, NULL},
	{"oci.tar.gz", OCI_ARCHIVE, NULL, NULL},
	{"oci.tar.xz", OCI_ARCHIVE, NULL, NULL},
	{"sha512.tar", OCI_ARCHIVE, NULL, NULL},
	{"twice.tar", OCI_ARCHIVE, NULL, NULL},
	{"nested.tar", OCI_ARCHIVE, "arm", "multi"},
	{"shared.tar", OCI_ARCHIVE, "x2", "x"},
	{"docker-new.tar", OCI_ARCHIVE, "one", "two"},
	{"docker-new.tar", OCI_DOCKER, NULL, NULL},
	{"docker-new.tar", OCI_DOCKER, "x:one", "x:two"},
	{"docker-old.tar", OCI_DOCKER, NULL, NULL},
	{"docker-old.tar.gz", OCI_DOCKER, NULL, NULL},
	{"docker-old.tar", OCI_DOCKER, "x", "y"},
	{"docker-old.tar", OCI_DOCKER, "y", "x"},
	{"docker-links.tar", OCI_DOCKER, NULL, NULL},
	{"docker-links.tar", OCI_DOCKER, "x", "y"},
};

static void expect_same_image(const char *name, enum oci_kind kind,
			      const char *other, const char *made)
{
	struct oci *a = opened(in_scratch(name, other), kind);
	struct oci *b = opened(in_scratch(made, other), kind);

	ck_assert_uint_eq(a->images, b->images);
	for (size_t i = 0; i < a->images; i++) {
		const struct oci_image *x = &a->image[i], *y = &b->image[i];

		ck_assert_uint_eq(x->layers, y->layers);
		if (x->digest)
			ck_assert_str_eq(x->digest, y->digest);
		for (size_t j = 0; j < x->layers; j++)
			ck_assert_str_eq(x->layer[j].digest,
					 y->layer[j].digest);
	}
	oci_close(a);
	oci_close(b);
}

static void expect_changed(const struct oci_blob *blob)
{
	const struct tar_member *m;
	struct tar *tar;

	ck_assert_int_eq(tar_open(&tar, blob->in), 0);
	while (tar_next(tar, &m) == 1)
		if (m->copies)
			ck_assert_mem_eq(m->copy[0].value, bind_service.bytes,
					 20);
	tar_close(tar);
}

static void expect_all_changed(const char *location, enum oci_kind kind)
{
	struct oci *oci = opened(location, kind);
	char why[OCI_WHY_SIZE];

	for (size_t i = 0; i < oci->images; i++)
		for (size_t j = 0; j < oci->image[i].layers; j++) {
			struct oci_blob blob;

			if (oci->image[i].layer[j].foreign)
				continue;
			ck_assert_int_eq(oci_layer_open(oci,
							&oci->image[i].layer[j],
							&blob, why),
					 0);
			expect_changed(&blob);
			ck_assert_int_eq(oci_layer_verify(&blob, why), 0);
			oci_layer_close(&blob);
		}
	oci_close(oci);
}

START_TEST(rewritten)
{
	enum mode mode = (enum mode)(_i % MODES);
	size_t row = (size_t)_i / MODES;
	const char *name = stores[row].name, *ref = stores[row].ref;
	char first[64], second[64];

	snprintf(first, sizeof(first), "first.%d", _i);
	snprintf(second, sizeof(second), "second.%d", _i);
	rewrite(in_scratch(name, ref), stores[row].kind,
		in_scratch(first, NULL), false, mode);
	rewrite(in_scratch(name, ref), stores[row].kind,
		in_scratch(second, NULL), false, mode);
	ck_assert_int_eq(
		run("diff -r %s/%s %s/%s", scratch, first, scratch, second), 0);
	if (mode <= SAME)
		ck_assert_int_eq(run("diff -r %s/%s %s/%s", scratch, first,
				     scratch, name),
				 0);
	/* Neither what is missing can be opened, nor what has a new digest. */
	if (mode == CHANGE && strcmp(name, "docker-new.tar") != 0 &&
	    !(ref && strcmp(ref, ARM64) == 0))
		expect_all_changed(in_scratch(first, ref), stores[row].kind);
	if (stores[row].other)
		expect_same_image(name, stores[row].kind, stores[row].other,
				  first);
	run("rm -rf %s/%s", scratch, second);
}
END_TEST

/* Another program looks at what all of those have written, for to begin that
 * program takes longer than to look. */
START_TEST(verified)
{
	ck_assert_int_eq(run("test $(ls -d %s/first.* | wc -l) = %zu", scratch,
			     ROWS(stores) * MODES),
			 0);
	ck_assert_int_eq(run("python3 tests/oci.py verify %s/first.*", scratch),
			 0);
	run("rm -rf %s/first.*", scratch);
}
END_TEST

/* Blobs that did not change keep mode and time; those that did are gone. */
START_TEST(leaves_alone)
{
	struct stat was, is;

	rewrite(in_scratch("shared", "y"), OCI_LAYOUT,
		in_scratch("alone", NULL), false, CHANGE);
	ck_assert_int_eq(stat(in_scratch("shared/README", NULL), &was), 0);
	ck_assert_int_eq(stat(in_scratch("alone/README", NULL), &is), 0);
	ck_assert_int_eq(was.st_mtime, is.st_mtime);
	ck_assert_int_eq(was.st_mode, is.st_mode);
	/* C, and y's config and manifest changed; A is still needed by x. */
	ck_assert_int_eq(
		run("cd %s && diff -r shared alone | sed "
		    "'s/[0-9a-f]\\{64\\}//' |"
		    " sort | uniq -c | tr -s ' ' >diff.txt;"
		    " grep -q ' 3 Only in shared/blobs/sha256: ' diff.txt &&"
		    " grep -q ' 4 Only in alone/blobs/sha256: ' diff.txt",
		    scratch),
		0);
}
END_TEST

/* ---------------------------------- targets ------------------------------- */

static int try_begin(const char *from, enum oci_kind kind, const char *to,
		     bool force)
{
	struct oci *oci = opened(in_scratch(from, NULL), kind);
	char why[OCI_WHY_SIZE] = "";
	struct oci_out *out;
	int error = oci_begin(&out, oci, in_scratch(to, NULL), force, -1, why);

	if (error)
		ck_assert_str_ne(why, "");
	oci_abandon(out);
	oci_close(oci);
	return error;
}

START_TEST(refused_targets)
{
	ck_assert_int_eq(run("cd %s && mkdir t && cd t && mkdir d && touch f &&"
			     " ln -s ../simple l && cp ../oci.tar a",
			     scratch),
			 0);
	ck_assert_int_eq(try_begin("simple", OCI_LAYOUT, "t/f", false),
			 -EEXIST);
	ck_assert_int_eq(try_begin("simple", OCI_LAYOUT, "t/d", false),
			 -EEXIST);
	ck_assert_int_lt(try_begin("simple", OCI_LAYOUT, "t/f", true), 0);
	ck_assert_int_eq(try_begin("simple", OCI_LAYOUT, "t/d", true), -EINVAL);
	ck_assert_int_eq(try_begin("simple", OCI_LAYOUT, "t/l", true), -ELOOP);
	ck_assert_int_eq(try_begin("oci.tar", OCI_ARCHIVE, "t/l", true),
			 -ELOOP);
	ck_assert_int_eq(try_begin("oci.tar", OCI_ARCHIVE, "t/d", true),
			 -EINVAL);
	ck_assert_int_eq(try_begin("oci.tar", OCI_ARCHIVE, "t/a", false),
			 -EEXIST);
	ck_assert_int_eq(try_begin("oci.tar", OCI_ARCHIVE, "t/x/y", false),
			 -ENOENT);
	ck_assert_int_eq(try_begin("simple", OCI_LAYOUT, "t/..", true),
			 -EISDIR);
	ck_assert_int_eq(run("cd %s/t && test \"$(ls -A | tr '\\n' ' ')\" ="
			     " 'a d f l '",
			     scratch),
			 0);
}
END_TEST

START_TEST(replaced_targets)
{
	ck_assert_int_eq(
		run("cd %s && mkdir r && cp -r simple r/l && cp oci.tar"
		    " r/a && chmod 640 r/a && touch r/l/extra",
		    scratch),
		0);
	rewrite(in_scratch("r/l", NULL), OCI_LAYOUT, in_scratch("r/l/", NULL),
		true, CHANGE);
	rewrite(in_scratch("r/a", NULL), OCI_ARCHIVE, in_scratch("r/a", NULL),
		true, CHANGE);
	expect_all_changed(in_scratch("r/l", NULL), OCI_LAYOUT);
	expect_all_changed(in_scratch("r/a", NULL), OCI_ARCHIVE);
	/* One that is made inside of what is copied is not copied. */
	rewrite(in_scratch("r/l", NULL), OCI_LAYOUT, in_scratch("r/l/in", NULL),
		true, CHANGE);
	ck_assert_int_eq(
		run("cd %s/r && test \"$(ls -A | tr '\\n' ' ')\" = 'a l ' &&"
		    " test \"$(stat -c %%a a)\" = 640 && test -f l/extra &&"
		    " test ! -e l/in/in &&"
		    " python3 $OLDPWD/tests/oci.py verify a",
		    scratch),
		0);
}
END_TEST

START_TEST(abandoned)
{
	struct oci *oci = opened(in_scratch("foreign", NULL), OCI_LAYOUT);
	const struct oci_layer *layer = oci->image[0].layer;
	char why[OCI_WHY_SIZE] = "";
	struct oci_out *out;
	struct out *sink;

	ck_assert_int_eq(mkdir(in_scratch("gone", NULL), 0755), 0);
	ck_assert_int_eq(oci_begin(&out, oci, in_scratch("gone/x", NULL), false,
				   -1, why),
			 0);
	ck_assert_int_eq(oci_replace(out, &layer[1], NULL, &sink, why),
			 -ENOTSUP);
	ck_assert_int_eq(oci_replaced(out, why), -EINVAL);
	ck_assert_int_eq(oci_replace(out, &layer[0], NULL, &sink, why), 0);
	ck_assert_int_eq(out_write(sink, "x", 1), 0);
	ck_assert_int_eq(oci_replace(out, &layer[0], NULL, &sink, why),
			 -EINVAL);
	oci_unreplace(out);
	replace(oci, out, &layer[0], true);
	ck_assert_int_eq(oci_replace(out, &layer[0], NULL, &sink, why),
			 -EINVAL);
	oci_abandon(out);
	oci_close(oci);
	ck_assert_int_eq(rmdir(in_scratch("gone", NULL)), 0);
}
END_TEST

/* What was begun and forgotten leaves no trace. */
static void forget_one(const char *name, enum oci_kind kind, const char *to)
{
	struct oci *oci = opened(in_scratch(name, NULL), kind);
	char why[OCI_WHY_SIZE] = "";
	struct oci_out *out;
	struct out *sink;

	ck_assert_int_eq(
		oci_begin(&out, oci, in_scratch(to, NULL), false, -1, why), 0);
	ck_assert_int_eq(
		oci_replace(out, &oci->image[0].layer[0], NULL, &sink, why), 0);
	for (int i = 0; i < 100000; i++)
		ck_assert_int_eq(out_write(sink, "something", 9), 0);
	oci_unreplace(out);
	replace(oci, out, &oci->image[0].layer[1], true);
	ck_assert_int_eq(oci_commit(out, why), 0);
	oci_close(oci);
	ck_assert_int_eq(
		run("python3 tests/oci.py verify %s", in_scratch(to, NULL)), 0);
	expect_same_image("simple", OCI_LAYOUT, "x", "simple");
}

START_TEST(forgotten)
{
	forget_one("simple", OCI_LAYOUT, "forgotten");
	forget_one("oci.tar", OCI_ARCHIVE, "forgotten.tar");
}
END_TEST

/* ------------------------------- other programs --------------------------- */

/* Each makes a store out of an unpacked image, or takes one that we wrote. */
static const struct {
	const char *name, *make;
	enum oci_kind kind;
	const char *ref, *take;
} others[] = {
	{"umoci",
	 "umoci init --layout umoci && umoci new --image umoci:x &&"
	 " umoci unpack --rootless --image umoci:x b && echo hello >b/rootfs/f"
	 " && umoci repack --image umoci:x b",
	 OCI_LAYOUT, "x",
	 "umoci unpack --rootless --image new:x u && grep -q hello u/rootfs/f"
	 " && umoci stat --image new:x"},
	{"skopeo-layout", "skopeo copy oci:simple:x oci:skopeo-layout:x",
	 OCI_LAYOUT, "x", "skopeo copy oci:new:x dir:d"},
	{"skopeo-oci", "skopeo copy oci:simple:x oci-archive:skopeo-oci:x",
	 OCI_ARCHIVE, NULL,
	 "skopeo copy oci-archive:new dir:d && skopeo inspect oci-archive:new"},
	{"skopeo-docker",
	 "skopeo copy oci:simple:x docker-archive:skopeo-docker:x:y",
	 OCI_DOCKER, "x:y",
	 "skopeo copy docker-archive:new dir:d &&"
	 " skopeo inspect docker-archive:new"},
	{"old-docker", "cp docker-old.tar old-docker", OCI_DOCKER, "x",
	 "skopeo copy docker-archive:new:x:latest dir:d"},
	{"new-docker", "cp docker-new.tar new-docker", OCI_DOCKER, "x:one",
	 "skopeo copy docker-archive:new:x:one dir:d"},
};

START_TEST(other_programs)
{
	for (enum mode mode = CHANGE; mode <= BOTH; mode++) {
		ck_assert_int_eq(run("cd %s && rm -rf new d u b %s && (%s)"
				     " >log 2>&1",
				     scratch, others[_i].name, others[_i].make),
				 0);
		rewrite(in_scratch(others[_i].name, others[_i].ref),
			others[_i].kind, in_scratch("new", NULL), false, mode);
		ck_assert_int_eq(run("python3 tests/oci.py verify %s/new &&"
				     " cd %s && (%s) >log 2>&1 ||"
				     " { cat log; false; }",
				     scratch, scratch, others[_i].take),
				 0);
	}
}
END_TEST

/* ---------------------------------- main ---------------------------------- */

static Suite *oci_suite(void)
{
	Suite *suite = suite_create("oci");

	suite_add(suite, good_store, ROWS(good_stores));
	suite_add(suite, bad_store, ROWS(bad_stores));
	suite_add(suite, bad_layer, ROWS(bad_layers));
	suite_add(suite, too_much, 1);
	suite_add(suite, rewritten, ROWS(stores) * MODES);
	suite_add(suite, verified, 1);
	suite_add(suite, leaves_alone, 1);
	suite_add(suite, refused_targets, 1);
	suite_add(suite, replaced_targets, 1);
	suite_add(suite, abandoned, 1);
	suite_add(suite, forgotten, 1);
	if (run("command -v umoci skopeo >/dev/null") == 0)
		suite_add(suite, other_programs, ROWS(others));
	else
		suite_skip("other programs", "umoci or skopeo is missing");
	return suite;
}

int main(void)
{
	int status = EXIT_FAILURE;

	if (run("python3 -c '' && command -v zstd >/dev/null") != 0) {
		suite_skip("oci", "python3 or zstd is missing");
		return 0;
	}
	scratch = scratch_make();
	if (run("python3 -B tests/oci.py make %s", scratch) == 0)
		status = suite_run(oci_suite());
	scratch_remove();
	return status;
}
