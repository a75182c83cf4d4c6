/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bzip2, with libbz2. */
#include "stream/stage.h"

#include <bzlib.h>
#include <errno.h>

/* What the largest blocks need, as bzip2(1) has it. */
#define MEMORY (4 << 20)

struct bzip2_in {
	struct decoder decoder;
	bz_stream bz;
};

/* libbz2 reads one stream; it ends well where none was begun. */
static int bzip2_begin(struct decoder *d, const uint8_t *head, size_t size)
{
	struct bzip2_in *b = (struct bzip2_in *)d;
	int error = decoder_memory(d, MEMORY);

	(void)head;
	(void)size;
	if (error)
		return error;
	BZ2_bzDecompressEnd(&b->bz);
	if (BZ2_bzDecompressInit(&b->bz, 0, 0) == BZ_OK)
		return 0;
	return in_fail(&d->in, -ENOMEM, "out of memory");
}

static int bzip2_decode(struct decoder *d, struct flow *flow)
{
	struct bzip2_in *b = (struct bzip2_in *)d;
	int status;

	b->bz.next_in = (char *)flow->data;
	b->bz.avail_in = (unsigned)flow->size;
	b->bz.next_out = (char *)flow->to;
	b->bz.avail_out = (unsigned)flow->room;
	status = BZ2_bzDecompress(&b->bz);
	flow->data = (const uint8_t *)b->bz.next_in;
	flow->size = b->bz.avail_in;
	flow->to = (uint8_t *)b->bz.next_out;
	flow->room = b->bz.avail_out;
	d->between = status == BZ_STREAM_END;
	if (status == BZ_MEM_ERROR)
		return in_fail(&d->in, -ENOMEM, "out of memory");
	return status == BZ_OK || status == BZ_STREAM_END
		       ? 0
		       : decoder_corrupted(d, NULL);
}

static void bzip2_in_release(struct decoder *d)
{
	struct bzip2_in *b = (struct bzip2_in *)d;

	BZ2_bzDecompressEnd(&b->bz);
}

static const struct decoder_ops bzip2_in_ops = {
	.name = "bzip2",
	.begin = bzip2_begin,
	.decode = bzip2_decode,
	.release = bzip2_in_release,
};

int bzip2_reader(struct in **in, struct in *from)
{
	struct bzip2_in *b = decoder_new(sizeof(*b), &bzip2_in_ops, from);

	if (!b)
		return -ENOMEM;
	*in = &b->decoder.in;
	return 0;
}

/* --------------------------------- writing -------------------------------- */

struct bzip2_out {
	struct encoder encoder;
	bz_stream bz;
};

static int bzip2_encode(struct encoder *e, struct flow *flow, bool finish)
{
	struct bzip2_out *b = (struct bzip2_out *)e;
	int status;

	b->bz.next_in = (char *)flow->data;
	b->bz.avail_in = (unsigned)flow->size;
	b->bz.next_out = (char *)flow->to;
	b->bz.avail_out = (unsigned)flow->room;
	status = BZ2_bzCompress(&b->bz, finish ? BZ_FINISH : BZ_RUN);
	flow->data = (const uint8_t *)b->bz.next_in;
	flow->size = b->bz.avail_in;
	flow->room = b->bz.avail_out;
	if (status == BZ_STREAM_END)
		return 1;
	return status == BZ_RUN_OK || status == BZ_FINISH_OK ? 0 : -EINVAL;
}

static void bzip2_out_release(struct encoder *e)
{
	struct bzip2_out *b = (struct bzip2_out *)e;

	BZ2_bzCompressEnd(&b->bz);
}

static const struct encoder_ops bzip2_out_ops = {
	.encode = bzip2_encode,
	.release = bzip2_out_release,
};

int bzip2_writer(struct out **out, struct out *to, int level)
{
	struct bzip2_out *b =
		encoder_new(sizeof(*b), &bzip2_out_ops, to, STAGE_WINDOW);
	int status;

	if (!b)
		return -ENOMEM;
	*out = &b->encoder.out;
	status = BZ2_bzCompressInit(&b->bz, level, 0, 0);
	if (status == BZ_OK)
		return 0;
	out_close(*out);
	*out = NULL;
	return status == BZ_PARAM_ERROR ? -EINVAL : -ENOMEM;
}
