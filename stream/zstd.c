/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zstd, with libzstd. */
#include "stream/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* decoder_memory() decides; this is where the library gives up at last. */
#define WINDOW_LOG_MAX 26

/* Besides the window: blocks that come in and go out. */
#define BLOCKS (512 * 1024)

struct zstd_in {
	struct decoder decoder;
	ZSTD_DCtx *context;
};

static uint64_t little_endian(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | bytes[size];
	return value;
}

/* RFC 8878, 3.1.1.1: a frame without a window has all of its content as one. */
static uint64_t window_of(const uint8_t *head, size_t size)
{
	static const uint8_t id_size[] = {0, 1, 2, 4};
	static const uint8_t content_size[] = {1, 2, 4, 8};
	uint8_t flags = size > 5 ? head[4] : 0;
	size_t at = 5 + id_size[flags & 3];

	if (size <= 5 || little_endian(head, 4) != ZSTD_MAGICNUMBER)
		return 0;
	if (!(flags & 0x20)) {
		uint64_t base = UINT64_C(1) << (10 + (head[5] >> 3));

		return base + base / 8 * (head[5] & 7);
	}
	if (at + content_size[flags >> 6] > size)
		return 0;
	return little_endian(head + at, content_size[flags >> 6]);
}

static int zstd_begin(struct decoder *d, const uint8_t *head, size_t size)
{
	uint64_t window = window_of(head, size);

	if (window > UINT64_MAX - BLOCKS)
		window -= BLOCKS;
	return decoder_memory(d, window + BLOCKS);
}

static int failed(struct decoder *d, size_t status)
{
	switch (ZSTD_getErrorCode(status)) {
	case ZSTD_error_memory_allocation:
		return in_fail(&d->in, -ENOMEM, "out of memory");
	case ZSTD_error_dictionary_wrong:
		return in_fail(&d->in, -ENOTSUP,
			       "the zstd data needs a dictionary");
	default:
		return decoder_corrupted(d, ZSTD_getErrorName(status));
	}
}

static int zstd_decode(struct decoder *d, struct flow *flow)
{
	struct zstd_in *z = (struct zstd_in *)d;
	ZSTD_inBuffer in = {flow->data, flow->size, 0};
	ZSTD_outBuffer out = {flow->to, flow->room, 0};
	size_t status = ZSTD_decompressStream(z->context, &out, &in);

	flow->data += in.pos;
	flow->size -= in.pos;
	flow->to += out.pos;
	flow->room -= out.pos;
	d->between = status == 0;
	return ZSTD_isError(status) ? failed(d, status) : 0;
}

static void zstd_in_release(struct decoder *d)
{
	struct zstd_in *z = (struct zstd_in *)d;

	ZSTD_freeDCtx(z->context);
}

static const struct decoder_ops zstd_in_ops = {
	.name = "zstd",
	.skippable = true,
	.begin = zstd_begin,
	.decode = zstd_decode,
	.release = zstd_in_release,
};

int zstd_reader(struct in **in, struct in *from)
{
	struct zstd_in *z = decoder_new(sizeof(*z), &zstd_in_ops, from);

	if (!z)
		return -ENOMEM;
	*in = &z->decoder.in;
	z->context = ZSTD_createDCtx();
	if (z->context &&
	    !ZSTD_isError(ZSTD_DCtx_setParameter(
		    z->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		return 0;
	in_close(*in);
	return -ENOMEM;
}

/* --------------------------------- writing -------------------------------- */

struct zstd_out {
	struct encoder encoder;
	ZSTD_CCtx *context;
};

static int zstd_encode(struct encoder *e, struct flow *flow, bool finish)
{
	struct zstd_out *z = (struct zstd_out *)e;
	ZSTD_inBuffer in = {flow->data, flow->size, 0};
	ZSTD_outBuffer out = {flow->to, flow->room, 0};
	size_t status = ZSTD_compressStream2(
		z->context, &out, &in, finish ? ZSTD_e_end : ZSTD_e_continue);

	if (in.pos)
		flow->data += in.pos;
	flow->size -= in.pos;
	flow->room -= out.pos;
	if (ZSTD_isError(status))
		return ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation
			       ? -ENOMEM
			       : -EINVAL;
	return finish && !status;
}

static void zstd_out_release(struct encoder *e)
{
	struct zstd_out *z = (struct zstd_out *)e;

	ZSTD_freeCCtx(z->context);
}

static const struct encoder_ops zstd_out_ops = {
	.encode = zstd_encode,
	.release = zstd_out_release,
};

int zstd_writer(struct out **out, struct out *to, int level)
{
	struct zstd_out *z =
		encoder_new(sizeof(*z), &zstd_out_ops, to, STAGE_WINDOW);

	if (!z)
		return -ENOMEM;
	*out = &z->encoder.out;
	z->context = ZSTD_createCCtx();
	if (z->context &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(
		    z->context, ZSTD_c_compressionLevel, level)) &&
	    !ZSTD_isError(
		    ZSTD_CCtx_setParameter(z->context, ZSTD_c_checksumFlag, 1)))
		return 0;
	out_close(*out);
	*out = NULL;
	return -ENOMEM;
}
