/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lz4 frames, with liblz4. */
#include "stream/stage.h"

#include <errno.h>
#include <lz4frame.h>

/* Two of the largest blocks, and what they refer to. */
#define MEMORY (9 << 20)

struct lz4_in {
	struct decoder decoder;
	LZ4F_dctx *context;
};

static int lz4_begin(struct decoder *d, const uint8_t *head, size_t size)
{
	(void)head;
	(void)size;
	return decoder_memory(d, MEMORY);
}

static int lz4_decode(struct decoder *d, struct flow *flow)
{
	struct lz4_in *l = (struct lz4_in *)d;
	size_t to = flow->room, from = flow->size;
	size_t status = LZ4F_decompress(l->context, flow->to, &to, flow->data,
					&from, NULL);

	if (LZ4F_isError(status))
		return decoder_corrupted(d, LZ4F_getErrorName(status));
	flow->data += from;
	flow->size -= from;
	flow->to += to;
	flow->room -= to;
	d->between = status == 0;
	return 0;
}

static void lz4_in_release(struct decoder *d)
{
	struct lz4_in *l = (struct lz4_in *)d;

	LZ4F_freeDecompressionContext(l->context);
}

static const struct decoder_ops lz4_in_ops = {
	.name = "lz4",
	.skippable = true,
	.begin = lz4_begin,
	.decode = lz4_decode,
	.release = lz4_in_release,
};

int lz4_reader(struct in **in, struct in *from)
{
	struct lz4_in *l = decoder_new(sizeof(*l), &lz4_in_ops, from);

	if (!l)
		return -ENOMEM;
	*in = &l->decoder.in;
	if (!LZ4F_isError(
		    LZ4F_createDecompressionContext(&l->context, LZ4F_VERSION)))
		return 0;
	in_close(*in);
	return -ENOMEM;
}

/* --------------------------------- writing -------------------------------- */

/* liblz4 wants room for all that one call can yield. */
#define PIECE 65536

struct lz4_out {
	struct encoder encoder;
	LZ4F_cctx *context;
	LZ4F_preferences_t preferences;
	bool begun;
};

static int took(struct flow *flow, size_t status)
{
	if (LZ4F_isError(status))
		return -EINVAL;
	flow->to += status;
	flow->room -= status;
	return 0;
}

static int lz4_encode(struct encoder *e, struct flow *flow, bool finish)
{
	struct lz4_out *l = (struct lz4_out *)e;
	size_t piece = flow->size < PIECE ? flow->size : PIECE;
	int error = 0;

	if (!l->begun)
		error = took(flow,
			     LZ4F_compressBegin(l->context, flow->to,
						flow->room, &l->preferences));
	l->begun = true;
	if (error)
		return error;
	if (finish)
		return took(flow, LZ4F_compressEnd(l->context, flow->to,
						   flow->room, NULL))
			       ? -EINVAL
			       : 1;
	error = took(flow, LZ4F_compressUpdate(l->context, flow->to, flow->room,
					       flow->data, piece, NULL));
	flow->data += piece;
	flow->size -= piece;
	return error;
}

static void lz4_out_release(struct encoder *e)
{
	struct lz4_out *l = (struct lz4_out *)e;

	LZ4F_freeCompressionContext(l->context);
}

static const struct encoder_ops lz4_out_ops = {
	.encode = lz4_encode,
	.release = lz4_out_release,
};

int lz4_writer(struct out **out, struct out *to, int level)
{
	const LZ4F_preferences_t preferences = {
		.compressionLevel = level,
		.frameInfo = {.blockSizeID = LZ4F_max4MB,
			      .blockMode = LZ4F_blockIndependent,
			      .contentChecksumFlag =
				      LZ4F_contentChecksumEnabled}};
	size_t room =
		LZ4F_HEADER_SIZE_MAX + LZ4F_compressBound(PIECE, &preferences);
	struct lz4_out *l = encoder_new(sizeof(*l), &lz4_out_ops, to, room);

	if (!l)
		return -ENOMEM;
	l->preferences = preferences;
	*out = &l->encoder.out;
	if (!LZ4F_isError(
		    LZ4F_createCompressionContext(&l->context, LZ4F_VERSION)))
		return 0;
	out_close(*out);
	*out = NULL;
	return -ENOMEM;
}
