/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources: what all of them have in common. */
#include "stream/stage.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *in_new(size_t size, const struct in_ops *ops, struct in *from)
{
	struct in *in = calloc(1, size);

	if (!in)
		return NULL;
	in->ops = ops;
	in->from = from;
	in->limit = UINT64_MAX;
	if (ops->fill) {
		in->window = malloc(STAGE_WINDOW);
		if (!in->window) {
			free(in);
			return NULL;
		}
	}
	return in;
}

void in_close(struct in *in)
{
	if (!in)
		return;
	if (in->ops->release)
		in->ops->release(in);
	free(in->window);
	free(in);
}

/* --------------------------------- errors --------------------------------- */

int in_fail(struct in *in, int error, const char *words, ...)
{
	va_list list;

	va_start(list, words);
	vsnprintf(in->why, sizeof(in->why), words, list);
	va_end(list);
	in->error = error;
	return error;
}

int in_fail_from(struct in *in, int error)
{
	return in_fail(in, error, "%s", in->from->why);
}

int in_cut(struct in *in, uint64_t missing)
{
	return in_fail(in, -EBADMSG, "it is cut off: %llu bytes are missing",
		       (unsigned long long)missing);
}

const char *in_why(const struct in *in)
{
	return in->why;
}

/* ------------------------------- the window ------------------------------- */

/* One byte more than the limit tells that there is more. */
static int fill(struct in *in)
{
	size_t room = STAGE_WINDOW - in->end, got = 0;
	int error;

	if (in->limit - in->filled < room)
		room = (size_t)(in->limit - in->filled) + 1;
	error = in->ops->fill(in, in->window + in->end, room, &got);
	if (got > in->limit - in->filled) {
		got--;
		error = in_fail(in, -EFBIG,
				"it decompresses to more than %llu bytes, the "
				"limit of --max-size",
				(unsigned long long)in->limit);
	}
	in->end += got;
	in->filled += got;
	in->error = error;
	in->ended = !error && !got;
	in->used = in->skipped = 0;
	return error;
}

static ssize_t window_peek(struct in *in, size_t want, const uint8_t **data)
{
	size_t there = in->end - in->begin;

	if (there < want && !in->error && !in->ended) {
		memmove(in->window, in->window + in->begin, there);
		in->begin = 0;
		in->end = there;
		while (in->end < want && !in->error && !in->ended)
			fill(in);
		there = in->end;
	}
	*data = in->window + in->begin;
	return there ? (ssize_t)there : in->error;
}

/* Returns how many bytes were gone over. */
static uint64_t window_skip(struct in *in, uint64_t size)
{
	uint64_t there = in->end - in->begin;

	if (size <= there) {
		in->begin += (size_t)size;
		in->skipped += size;
		return size;
	}
	if (!in->ops->seek || in->error || in->ended)
		return 0;
	in->begin = in->end = 0;
	return there + in->ops->seek(in, size - there);
}

/* -------------------------------- its users ------------------------------- */

ssize_t in_peek(struct in *in, size_t want, const uint8_t **data)
{
	return in->window ? window_peek(in, want, data)
			  : in->ops->peek(in, want, data);
}

void in_consume(struct in *in, size_t size)
{
	if (in->window) {
		in->begin += size;
		in->used += size;
	} else {
		in->ops->consume(in, size);
	}
	in->offset += size;
}

static int skip_reading(struct in *in, uint64_t size)
{
	while (size) {
		const uint8_t *data;
		ssize_t n = in_peek(in, 1, &data);

		if (n <= 0)
			return n ? (int)n : in_cut(in, size);
		if ((uint64_t)n > size)
			n = (ssize_t)size;
		in_consume(in, (size_t)n);
		size -= (uint64_t)n;
	}
	return 0;
}

int in_skip(struct in *in, uint64_t size)
{
	uint64_t over = in->window ? window_skip(in, size) : 0;
	int error;

	if (!in->ops->skip) {
		in->offset += over;
		return skip_reading(in, size - over);
	}
	error = in->ops->skip(in, size);
	in->offset += error ? 0 : size;
	return error;
}

int in_drain(struct in *in)
{
	const uint8_t *data;
	ssize_t n;

	while ((n = in_peek(in, 1, &data)) > 0)
		in_consume(in, (size_t)n);
	return (int)n;
}

uint64_t in_offset(const struct in *in)
{
	return in->offset;
}
