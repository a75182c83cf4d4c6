/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stages that decompress: what all of them have in common. */
#include "stream/stage.h"

#include <errno.h>
#include <string.h>

/*
 * All of a chain of stages together may need this much, so that the whole
 * process stays below 64 MiB.
 */
#define MEMORY_MAX (UINT64_C(48) << 20)
#define MIB (UINT64_C(1) << 20)

uint64_t decoder_memory_left(const struct in *from)
{
	uint64_t left = MEMORY_MAX;

	for (; from; from = from->from)
		left -= from->memory < left ? from->memory : left;
	return left;
}

int decoder_memory(struct decoder *d, uint64_t bytes)
{
	uint64_t left = decoder_memory_left(d->in.from);

	if (bytes > left)
		return in_fail(
			&d->in, -EFBIG,
			"it needs %llu MiB of memory to be decompressed, %llu "
			"are allowed; compress it again with a smaller window: "
			"xz -8, or zstd without --long and --ultra",
			(unsigned long long)((bytes + MIB - 1) / MIB),
			(unsigned long long)(left / MIB));
	if (bytes > d->in.memory)
		d->in.memory = bytes;
	return 0;
}

int decoder_corrupted(struct decoder *d, const char *detail)
{
	return in_fail(&d->in, -EBADMSG, "the %s data is corrupted%s%s",
		       d->ops->name, detail ? ": " : "", detail ? detail : "");
}

static int cut_off(struct decoder *d)
{
	return in_fail(&d->in, -EBADMSG, "the %s data is cut off",
		       d->ops->name);
}

static int followed(struct decoder *d)
{
	return in_fail(&d->in, -EBADMSG,
		       "the %s data is followed by something else",
		       d->ops->name);
}

/* Tapes and block devices leave zero bytes behind the data. */
static int padding(struct decoder *d)
{
	const uint8_t *data;
	ssize_t n;

	while ((n = in_peek(d->in.from, 1, &data)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (data[i])
				return followed(d);
		in_consume(d->in.from, (size_t)n);
	}
	d->over = true;
	return n < 0 ? in_fail_from(&d->in, (int)n) : 0;
}

static bool begins(const struct decoder *d, const uint8_t *data, size_t size)
{
	const struct codec *codec = codec_named(d->ops->name);
	size_t magic = codec->magic_size;

	return (d->ops->skippable && codec_skippable(data, size)) ||
	       memcmp(data, codec->magic, size < magic ? size : magic) == 0;
}

static int next_stream(struct decoder *d)
{
	const uint8_t *data;
	ssize_t n = in_peek(d->in.from, CODEC_HEAD, &data);

	if (n < 0)
		return in_fail_from(&d->in, (int)n);
	d->over = n == 0;
	if (n == 0)
		return d->streams ? 0 : cut_off(d);
	if (d->streams && d->ops->padded && !*data)
		return padding(d);
	if (d->streams && !begins(d, data, (size_t)n))
		return followed(d);
	d->streams++;
	d->between = false;
	return d->ops->begin(d, data, (size_t)n);
}

static int decode_more(struct decoder *d, struct flow *flow)
{
	size_t room = flow->room;
	ssize_t n = in_peek(d->in.from, 1, &flow->data);
	int error;

	if (n < 0)
		return in_fail_from(&d->in, (int)n);
	flow->size = (size_t)n;
	error = d->ops->decode(d, flow);
	in_consume(d->in.from, (size_t)n - flow->size);
	if (!error && !d->between && room == flow->room &&
	    flow->size == (size_t)n)
		return n ? decoder_corrupted(d, NULL) : cut_off(d);
	return error;
}

static int decoder_fill(struct in *in, uint8_t *to, size_t room, size_t *got)
{
	struct decoder *d = (struct decoder *)in;
	struct flow flow = {.to = to, .room = room};
	int error = 0;

	while (!error && flow.room && !d->over)
		error = d->between ? next_stream(d) : decode_more(d, &flow);
	*got = room - flow.room;
	return error;
}

static void decoder_release(struct in *in)
{
	struct decoder *d = (struct decoder *)in;

	d->ops->release(d);
}

static const struct in_ops decoder_in_ops = {
	.fill = decoder_fill,
	.release = decoder_release,
};

void *decoder_new(size_t size, const struct decoder_ops *ops, struct in *from)
{
	struct decoder *d = in_new(size, &decoder_in_ops, from);

	if (!d)
		return NULL;
	d->ops = ops;
	d->between = true;
	return d;
}
