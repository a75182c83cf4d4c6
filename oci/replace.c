/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The new content of a layer: digested, compressed, digested, kept for later. */
#include "oci/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void layer_file_name(unsigned number, char name[64])
{
	snprintf(name, 64, ".vfscap.%ld.%u", (long)getpid(), number);
}

static int codec_of(struct oci *oci, const struct oci_layer *layer,
		    const struct codec **codec, char why[OCI_WHY_SIZE])
{
	struct oci_blob blob;
	int error = oci_layer_open(oci, layer, &blob, why);

	if (!error) {
		*codec = blob.codec;
		oci_layer_close(&blob);
	}
	return error;
}

static const struct oci_layer *top_of(const struct oci_image *image)
{
	return image->layers ? &image->layer[image->layers - 1] : NULL;
}

/* Compressed as the top layer is. A layer in an OCI image can be compressed
 * only with what a media type names. */
static int codec_of_new(struct oci *oci, const struct oci_image *image,
			const struct codec **codec, char why[OCI_WHY_SIZE])
{
	const struct oci_layer *top = top_of(image);
	int error = 0;

	*codec = oci->kind == OCI_DOCKER ? NULL : codec_named("gzip");
	if (top && !top->foreign)
		error = codec_of(oci, top, codec, why);
	if (!error && *codec && !(*codec)->media)
		*codec = codec_named("gzip");
	return error;
}

static const struct image_origin *origin_of(const struct oci *oci,
					    const struct oci_image *image)
{
	return &oci->state->origin[image - oci->image];
}

static int check_replace(const struct oci_out *out,
			 const struct oci_layer *layer,
			 const struct oci_image *image, char why[OCI_WHY_SIZE])
{
	if (out->now || (!layer && !image))
		return oci_fail(why, -EINVAL, "another layer is not finished");
	if (layer && layer->foreign)
		return oci_fail(why, -ENOTSUP, "%.100s: %.200s", layer->digest,
				layer->foreign);
	if (!layer && !origin_of(out->oci, image)->config)
		return oci_fail(why, -ENOTSUP,
				"no container image: it cannot get a layer");
	for (size_t i = 0; layer && i < out->count; i++)
		if (out->done[i]->layer &&
		    strcmp(out->done[i]->layer->digest, layer->digest) == 0)
			return oci_fail(why, -EINVAL,
					"%.100s: it was replaced already",
					layer->digest);
	return 0;
}

static int start(struct oci_out *out, const struct oci_layer *layer,
		 const struct oci_image *image, char why[OCI_WHY_SIZE])
{
	struct replacement *now = calloc(1, sizeof(*now));

	if (!now)
		return oci_no_memory(why);
	out->now = now;
	now->layer = layer;
	now->origin = layer ? NULL : origin_of(out->oci, image);
	now->offset = out->spooled;
	now->number = out->numbers++;
	return layer ? codec_of(out->oci, layer, &now->codec, why)
		     : codec_of_new(out->oci, image, &now->codec, why);
}

/* What the blob's digest is made with: as the old one, as its name says. */
static void algorithm_of(const struct oci_layer *layer,
			 char digest[DIGEST_SIZE])
{
	const char *own =
		layer && layer->digest != layer->diff_id ? layer->digest : NULL;

	*digest = '\0';
	if (layer && layer->name)
		blob_name_digest(layer->name, digest);
	if (own)
		strcpy(digest, own);
	if (!*digest)
		strcpy(digest, "sha256");
}

static int open_layer_file(struct oci_out *out)
{
	char name[64];

	if (out->spool >= 0) {
		out->layer_fd = out->spool;
		return lseek(out->spool, (off_t)out->spooled, SEEK_SET) < 0
			       ? -errno
			       : 0;
	}
	layer_file_name(out->now->number, name);
	out->layer_fd =
		openat(out->fd, name,
		       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0644);
	return out->layer_fd < 0 ? -errno : 0;
}

static int open_stages(struct oci_out *out, const struct oci_layer *like)
{
	const struct oci_layer *layer = out->now->layer;
	struct sink_stages *s = &out->stages;
	char algorithm[DIGEST_SIZE];
	int error = open_layer_file(out);

	algorithm_of(like, algorithm);
	if (!error)
		error = out_fd(&s->file, out->layer_fd);
	if (!error)
		error = out_digested(&s->blob, s->file, algorithm);
	if (!error && out->now->codec)
		error = codec_writer(out->now->codec, &s->packed, s->blob,
				     out->level);
	if (!error)
		error = out_digested(&s->tar, s->packed ? s->packed : s->blob,
				     layer && layer->diff_id ? layer->diff_id
							     : "sha256");
	return error;
}

static void close_stages(struct oci_out *out)
{
	out_close(out->stages.tar);
	out_close(out->stages.packed);
	out_close(out->stages.blob);
	out_close(out->stages.file);
	out->stages = (struct sink_stages){0};
	if (out->layer_fd >= 0 && out->layer_fd != out->spool)
		close(out->layer_fd);
	out->layer_fd = -1;
}

int oci_replace(struct oci_out *out, const struct oci_layer *layer,
		const struct oci_image *image, struct out **sink,
		char why[OCI_WHY_SIZE])
{
	int error = check_replace(out, layer, image, why);

	*sink = NULL;
	if (error)
		return error;
	error = start(out, layer, image, why);
	if (!error) {
		error = open_stages(out, layer ? layer : top_of(image));
		if (error)
			oci_fail(why, error,
				 "the new layer cannot be written: %s",
				 strerror(-error));
	}
	if (error)
		oci_unreplace(out);
	else
		*sink = out->stages.tar;
	return error;
}

void oci_unreplace(struct oci_out *out)
{
	char name[64];

	close_stages(out);
	if (!out->now)
		return;
	layer_file_name(out->now->number, name);
	if (out->spool < 0)
		unlinkat(out->fd, name, 0);
	free(out->now);
	out->now = NULL;
}

static int finish_stages(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	struct sink_stages *s = &out->stages;
	struct out *stages[] = {s->tar, s->packed, s->blob, s->file};
	int error = 0;

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++) {
		if (error || !stages[i])
			continue;
		error = out_finish(stages[i]);
		if (error)
			oci_fail(why, error, "the new layer: %.300s",
				 out_why(stages[i]));
	}
	if (error)
		return error;
	out_digest(s->tar, out->now->diff_id);
	out_digest(s->blob, out->now->digest);
	out->now->size = out_offset(s->blob);
	return 0;
}

static bool same_content(const struct replacement *now)
{
	const struct oci_layer *layer = now->layer;

	if (!layer)
		return false;
	return strcmp(now->digest, layer->digest) == 0 ||
	       (layer->diff_id && strcmp(now->diff_id, layer->diff_id) == 0);
}

static int keep_now(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	struct replacement **more =
		reallocarray(out->done, out->count + 1, sizeof(*more));

	if (!more)
		return oci_no_memory(why);
	out->done = more;
	out->done[out->count++] = out->now;
	out->spooled += out->spool >= 0 ? out->now->size : 0;
	out->now = NULL;
	return 0;
}

/* Content that is the same again is no reason to compress it anew. */
int oci_replaced(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	int error;

	if (!out->now)
		return oci_fail(why, -EINVAL, "no layer was begun");
	error = finish_stages(out, why);
	if (!error && out->spool < 0 && fsync(out->layer_fd) != 0)
		error = oci_fail(why, -errno, "the new layer: %s",
				 strerror(errno));
	close_stages(out);
	if (!error && !same_content(out->now))
		error = keep_now(out, why);
	if (out->now)
		oci_unreplace(out);
	return error;
}
