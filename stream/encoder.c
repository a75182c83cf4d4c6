/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stages that compress: what all of them have in common. */
#include "stream/stage.h"

#include <errno.h>
#include <stdlib.h>

/* Libraries count some things in 32 bits. */
#define PIECE ((size_t)1 << 30)

static int encode(struct encoder *e, const uint8_t *data, size_t size,
		  bool finish)
{
	struct flow flow = {.data = data, .size = size};
	int done = 0, error;

	while (finish ? !done : flow.size) {
		flow.to = e->buffer;
		flow.room = e->room;
		done = e->ops->encode(e, &flow, finish);
		if (done < 0)
			return out_fail(&e->out, done,
					"it cannot be compressed");
		error = out_write(e->out.to, e->buffer, e->room - flow.room);
		if (error)
			return out_fail_to(&e->out, error);
	}
	return 0;
}

static int encoder_write(struct out *out, const uint8_t *data, size_t size)
{
	struct encoder *e = (struct encoder *)out;
	int error = 0;

	while (size && !error) {
		size_t piece = size < PIECE ? size : PIECE;

		error = encode(e, data, piece, false);
		data += piece;
		size -= piece;
	}
	return error;
}

static int encoder_finish(struct out *out)
{
	return encode((struct encoder *)out, NULL, 0, true);
}

static void encoder_release(struct out *out)
{
	struct encoder *e = (struct encoder *)out;

	e->ops->release(e);
	free(e->buffer);
}

static const struct out_ops encoder_out_ops = {
	.write = encoder_write,
	.finish = encoder_finish,
	.release = encoder_release,
};

void *encoder_new(size_t size, const struct encoder_ops *ops, struct out *to,
		  size_t room)
{
	struct encoder *e = out_new(size, &encoder_out_ops, to);

	if (!e)
		return NULL;
	e->ops = ops;
	e->room = room;
	e->buffer = malloc(room);
	if (!e->buffer) {
		free(e);
		return NULL;
	}
	return e;
}
