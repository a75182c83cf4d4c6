/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gzip, with zlib. */
#include "stream/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

/* The largest window, and a gzip header: no zlib header, none without. */
#define WINDOW_GZIP (15 + 16)
#define MEMORY_LEVEL 8

struct gzip_in {
	struct decoder decoder;
	z_stream z;
};

static int gzip_begin(struct decoder *d, const uint8_t *head, size_t size)
{
	struct gzip_in *g = (struct gzip_in *)d;

	(void)head;
	(void)size;
	inflateReset(&g->z);
	return 0;
}

static int gzip_decode(struct decoder *d, struct flow *flow)
{
	struct gzip_in *g = (struct gzip_in *)d;
	int status;

	g->z.next_in = (Bytef *)flow->data;
	g->z.avail_in = (uInt)flow->size;
	g->z.next_out = flow->to;
	g->z.avail_out = (uInt)flow->room;
	status = inflate(&g->z, Z_NO_FLUSH);
	flow->data = g->z.next_in;
	flow->size = g->z.avail_in;
	flow->to = g->z.next_out;
	flow->room = g->z.avail_out;
	d->between = status == Z_STREAM_END;
	if (status == Z_MEM_ERROR)
		return in_fail(&d->in, -ENOMEM, "out of memory");
	if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
		return decoder_corrupted(d, g->z.msg);
	return 0;
}

static void gzip_in_release(struct decoder *d)
{
	struct gzip_in *g = (struct gzip_in *)d;

	inflateEnd(&g->z);
}

static const struct decoder_ops gzip_in_ops = {
	.name = "gzip",
	.padded = true,
	.begin = gzip_begin,
	.decode = gzip_decode,
	.release = gzip_in_release,
};

int gzip_reader(struct in **in, struct in *from)
{
	struct gzip_in *g = decoder_new(sizeof(*g), &gzip_in_ops, from);

	if (!g)
		return -ENOMEM;
	*in = &g->decoder.in;
	if (inflateInit2(&g->z, WINDOW_GZIP) == Z_OK)
		return 0;
	in_close(*in);
	return -ENOMEM;
}

/* --------------------------------- writing -------------------------------- */

struct gzip_out {
	struct encoder encoder;
	z_stream z;
};

static int gzip_encode(struct encoder *e, struct flow *flow, bool finish)
{
	struct gzip_out *g = (struct gzip_out *)e;
	int status;

	g->z.next_in = (Bytef *)flow->data;
	g->z.avail_in = (uInt)flow->size;
	g->z.next_out = flow->to;
	g->z.avail_out = (uInt)flow->room;
	status = deflate(&g->z, finish ? Z_FINISH : Z_NO_FLUSH);
	flow->data = g->z.next_in;
	flow->size = g->z.avail_in;
	flow->room = g->z.avail_out;
	if (status == Z_STREAM_END)
		return 1;
	return status == Z_OK || status == Z_BUF_ERROR ? 0 : -EINVAL;
}

static void gzip_out_release(struct encoder *e)
{
	struct gzip_out *g = (struct gzip_out *)e;

	deflateEnd(&g->z);
}

static const struct encoder_ops gzip_out_ops = {
	.encode = gzip_encode,
	.release = gzip_out_release,
};

/* Its header has neither a name nor a time. */
int gzip_writer(struct out **out, struct out *to, int level)
{
	struct gzip_out *g =
		encoder_new(sizeof(*g), &gzip_out_ops, to, STAGE_WINDOW);

	if (!g)
		return -ENOMEM;
	*out = &g->encoder.out;
	if (deflateInit2(&g->z, level, Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) == Z_OK)
		return 0;
	out_close(*out);
	*out = NULL;
	return -ENOMEM;
}
