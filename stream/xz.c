/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz, with liblzma. */
#include "stream/stage.h"

#include <errno.h>
#include <lzma.h>

struct xz_in {
	struct decoder decoder;
	lzma_stream lzma;
};

/* liblzma reads concatenated streams by itself, and what pads them. */
static int xz_begin(struct decoder *d, const uint8_t *head, size_t size)
{
	struct xz_in *x = (struct xz_in *)d;
	uint64_t left = decoder_memory_left(d->in.from);

	(void)head;
	(void)size;
	if (lzma_stream_decoder(&x->lzma, left,
				LZMA_CONCATENATED |
					LZMA_TELL_UNSUPPORTED_CHECK) == LZMA_OK)
		return 0;
	return in_fail(&d->in, -ENOMEM, "out of memory");
}

static int result(struct xz_in *x, lzma_ret status)
{
	struct decoder *d = &x->decoder;

	switch (status) {
	case LZMA_OK:
	case LZMA_STREAM_END:
	case LZMA_BUF_ERROR:
		return decoder_memory(d, lzma_memusage(&x->lzma));
	case LZMA_MEMLIMIT_ERROR:
		return decoder_memory(d, lzma_memusage(&x->lzma));
	case LZMA_MEM_ERROR:
		return in_fail(&d->in, -ENOMEM, "out of memory");
	case LZMA_OPTIONS_ERROR:
		return decoder_corrupted(
			d, "or it has options that liblzma does not know");
	case LZMA_UNSUPPORTED_CHECK:
		return decoder_corrupted(
			d, "or its checksum is one that liblzma does not know");
	default:
		return decoder_corrupted(d, NULL);
	}
}

static int xz_decode(struct decoder *d, struct flow *flow)
{
	struct xz_in *x = (struct xz_in *)d;
	lzma_ret status;

	x->lzma.next_in = flow->data;
	x->lzma.avail_in = flow->size;
	x->lzma.next_out = flow->to;
	x->lzma.avail_out = flow->room;
	status = lzma_code(&x->lzma, flow->size ? LZMA_RUN : LZMA_FINISH);
	flow->data = x->lzma.next_in;
	flow->size = x->lzma.avail_in;
	flow->to = x->lzma.next_out;
	flow->room = x->lzma.avail_out;
	d->between = status == LZMA_STREAM_END;
	return result(x, status);
}

static void xz_in_release(struct decoder *d)
{
	struct xz_in *x = (struct xz_in *)d;

	lzma_end(&x->lzma);
}

static const struct decoder_ops xz_in_ops = {
	.name = "xz",
	.begin = xz_begin,
	.decode = xz_decode,
	.release = xz_in_release,
};

int xz_reader(struct in **in, struct in *from)
{
	struct xz_in *x = decoder_new(sizeof(*x), &xz_in_ops, from);

	if (!x)
		return -ENOMEM;
	x->lzma = (lzma_stream)LZMA_STREAM_INIT;
	*in = &x->decoder.in;
	return 0;
}

/* --------------------------------- writing -------------------------------- */

struct xz_out {
	struct encoder encoder;
	lzma_stream lzma;
};

static int xz_encode(struct encoder *e, struct flow *flow, bool finish)
{
	struct xz_out *x = (struct xz_out *)e;
	lzma_ret status;

	x->lzma.next_in = flow->data;
	x->lzma.avail_in = flow->size;
	x->lzma.next_out = flow->to;
	x->lzma.avail_out = flow->room;
	status = lzma_code(&x->lzma, finish ? LZMA_FINISH : LZMA_RUN);
	flow->data = x->lzma.next_in;
	flow->size = x->lzma.avail_in;
	flow->room = x->lzma.avail_out;
	if (status == LZMA_STREAM_END)
		return 1;
	if (status == LZMA_MEM_ERROR)
		return -ENOMEM;
	return status == LZMA_OK ? 0 : -EINVAL;
}

static void xz_out_release(struct encoder *e)
{
	struct xz_out *x = (struct xz_out *)e;

	lzma_end(&x->lzma);
}

static const struct encoder_ops xz_out_ops = {
	.encode = xz_encode,
	.release = xz_out_release,
};

int xz_writer(struct out **out, struct out *to, int level)
{
	struct xz_out *x =
		encoder_new(sizeof(*x), &xz_out_ops, to, STAGE_WINDOW);
	lzma_ret status;

	if (!x)
		return -ENOMEM;
	x->lzma = (lzma_stream)LZMA_STREAM_INIT;
	*out = &x->encoder.out;
	status = lzma_easy_encoder(&x->lzma, (uint32_t)level, LZMA_CHECK_CRC64);
	if (status == LZMA_OK)
		return 0;
	out_close(*out);
	*out = NULL;
	return status == LZMA_MEM_ERROR ? -ENOMEM : -EINVAL;
}
