/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A layer as it is read: digested, decompressed, digested, compared. */
#include "oci/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Stages, each over the one before: those of the store, then these. What is
 * not needed is NULL.
 */
enum {
	BLOB_DIGEST = STORE_STAGES, /* of the blob as it lies there */
	TAR,			    /* decompressed */
	TAR_DIGEST,		    /* the diff_id */
};

static int failed(const struct oci_layer *layer, int error, const char *reason,
		  char why[OCI_WHY_SIZE])
{
	return oci_fail(why, error, "%.200s: %.190s",
			layer->name ? layer->name : layer->digest, reason);
}

/* Of a docker archive there is no digest of the blob itself. */
static bool has_blob_digest(const struct oci_layer *layer)
{
	return layer->digest != layer->diff_id;
}

/* A stage that was made is what is read from now on. */
static int stage(struct oci_blob *blob, size_t n, int error)
{
	if (!error && blob->stage[n])
		blob->in = blob->stage[n];
	return error;
}

static int check_layer(const struct oci_layer *layer, char why[OCI_WHY_SIZE])
{
	if (layer->foreign)
		return failed(layer, -ENOTSUP, layer->foreign, why);
	if (!digest_known(layer->digest) ||
	    (layer->diff_id && !digest_known(layer->diff_id)))
		return failed(layer, -EBADMSG,
			      "its digest or diff_id is neither SHA-256 nor "
			      "SHA-512",
			      why);
	return 0;
}

static int open_blob(struct oci *oci, const struct oci_layer *layer,
		     struct oci_blob *blob, char why[OCI_WHY_SIZE])
{
	struct store_blob stored;
	int error =
		store_blob_open(&oci->state->store, layer->name, &stored, why);

	if (error)
		return error == -ENOENT ? -EBADMSG : error;
	memcpy(blob->stage, stored.stage, sizeof(stored.stage));
	blob->in = stored.in;
	blob->fd = stored.fd;
	if (layer->size != UINT64_MAX && layer->size != stored.size)
		return oci_fail(why, -EBADMSG,
				"%.200s: corrupted: it has %llu bytes, not "
				"%llu",
				layer->name, (unsigned long long)stored.size,
				(unsigned long long)layer->size);
	return 0;
}

static int add_stages(struct oci *oci, struct oci_blob *blob)
{
	const struct oci_layer *layer = blob->layer;
	struct in **s = blob->stage;
	int error = 0;

	if (has_blob_digest(layer))
		error = stage(blob, BLOB_DIGEST,
			      in_digested(&s[BLOB_DIGEST], blob->in,
					  layer->digest));
	if (!error)
		error = stage(blob, TAR,
			      in_decompressed(&s[TAR], blob->in,
					      oci->state->store.max_size,
					      &blob->codec));
	/* Uncompressed, both digests are of the same bytes. */
	if (!error && layer->diff_id &&
	    (!s[BLOB_DIGEST] || s[TAR] ||
	     strcmp(layer->digest, layer->diff_id) != 0))
		error = stage(blob, TAR_DIGEST,
			      in_digested(&s[TAR_DIGEST], blob->in,
					  layer->diff_id));
	return error;
}

int oci_layer_open(struct oci *oci, const struct oci_layer *layer,
		   struct oci_blob *blob, char why[OCI_WHY_SIZE])
{
	int error;

	*blob = (struct oci_blob){.layer = layer, .fd = -1};
	error = check_layer(layer, why);
	if (!error)
		error = open_blob(oci, layer, blob, why);
	if (!error) {
		error = add_stages(oci, blob);
		if (error == -ENOTSUP && blob->codec)
			oci_fail(why, error,
				 "%.200s: this build cannot read %s",
				 layer->name, blob->codec->name);
		else if (error)
			failed(layer, error, in_why(blob->in), why);
	}
	if (error)
		oci_layer_close(blob);
	return error;
}

/* -------------------------------- verifying ------------------------------- */

static int compare(const struct oci_blob *blob, struct in *digested,
		   const char *wanted, const char *what, char why[OCI_WHY_SIZE])
{
	char digest[DIGEST_SIZE];

	in_digest(digested, digest);
	if (strcmp(digest, wanted) == 0)
		return 0;
	return oci_fail(why, -EBADMSG, "%.100s: corrupted: its %s is %.80s",
			blob->layer->name, what, digest);
}

/*
 * The blob goes on behind its compressed data where somebody put something
 * there; its digest is of all of it.
 */
int oci_layer_verify(struct oci_blob *blob, char why[OCI_WHY_SIZE])
{
	struct in *whole = blob->stage[BLOB_DIGEST];
	struct in *tar = blob->stage[TAR_DIGEST];
	int error = in_drain(blob->in);

	if (error)
		return failed(blob->layer, error, in_why(blob->in), why);
	if (whole) {
		error = in_drain(whole);
		if (error)
			return failed(blob->layer, error, in_why(whole), why);
		error = compare(blob, whole, blob->layer->digest, "digest",
				why);
	}
	if (!error && tar)
		error = compare(blob, tar, blob->layer->diff_id, "diff_id",
				why);
	return error;
}

void oci_layer_close(struct oci_blob *blob)
{
	struct store_blob stored = {.fd = blob->fd};

	for (size_t i = OCI_STAGES; i-- > STORE_STAGES;)
		in_close(blob->stage[i]);
	memcpy(stored.stage, blob->stage, sizeof(stored.stage));
	store_blob_close(&stored);
	*blob = (struct oci_blob){.fd = -1};
}
