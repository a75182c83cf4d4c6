/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sinks: what all of them have in common, and the one that writes a descriptor. */
#include "stream/stage.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *out_new(size_t size, const struct out_ops *ops, struct out *to)
{
	struct out *out = calloc(1, size);

	if (!out)
		return NULL;
	out->ops = ops;
	out->to = to;
	return out;
}

void out_close(struct out *out)
{
	if (out && out->ops->release)
		out->ops->release(out);
	free(out);
}

int out_fail(struct out *out, int error, const char *words, ...)
{
	va_list list;

	va_start(list, words);
	vsnprintf(out->why, sizeof(out->why), words, list);
	va_end(list);
	out->error = error;
	return error;
}

int out_fail_to(struct out *out, int error)
{
	return out_fail(out, error, "%s", out->to->why);
}

const char *out_why(const struct out *out)
{
	return out->why;
}

int out_write(struct out *out, const void *data, size_t size)
{
	if (out->error || !size)
		return out->error;
	out->error = out->ops->write(out, data, size);
	out->offset += out->error ? 0 : size;
	return out->error;
}

int out_finish(struct out *out)
{
	if (!out->error && out->ops->finish)
		out->error = out->ops->finish(out);
	return out->error;
}

uint64_t out_offset(const struct out *out)
{
	return out->offset;
}

/* Move what the source has at hand, at most @most bytes: how many, 0 at its end,
 * or an error. */
static ssize_t copy_some(struct out *out, struct in *in, uint64_t most,
			 bool *from_failed)
{
	const uint8_t *data;
	ssize_t n = in_peek(in, 1, &data);
	int error;

	*from_failed = n < 0;
	if (n <= 0)
		return n;
	if ((uint64_t)n > most)
		n = (ssize_t)most;
	error = out_write(out, data, (size_t)n);
	if (error)
		return error;
	in_consume(in, (size_t)n);
	return n;
}

int out_copy(struct out *out, struct in *in, uint64_t size, bool *from_failed)
{
	*from_failed = false;
	while (size) {
		ssize_t n = copy_some(out, in, size, from_failed);

		if (n < 0)
			return (int)n;
		if (n == 0) {
			*from_failed = true;
			return in_cut(in, size);
		}
		size -= (uint64_t)n;
	}
	return 0;
}

int out_copy_all(struct out *out, struct in *in, bool *from_failed)
{
	ssize_t n;

	do
		n = copy_some(out, in, UINT64_MAX, from_failed);
	while (n > 0);
	return (int)n;
}

/* ------------------------------ a descriptor ------------------------------ */

struct fd_out {
	struct out out;
	int fd;
	size_t used;
	uint8_t buffer[STAGE_WINDOW];
};

static int write_all(struct fd_out *f, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = write(f->fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return out_fail(&f->out, -errno,
					"it cannot be written: %m");
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int fd_finish(struct out *out)
{
	struct fd_out *f = (struct fd_out *)out;
	size_t used = f->used;

	f->used = 0;
	return write_all(f, f->buffer, used);
}

/* What is large goes out as it is. */
static int fd_write(struct out *out, const uint8_t *data, size_t size)
{
	struct fd_out *f = (struct fd_out *)out;
	int error = 0;

	if (size > sizeof(f->buffer) - f->used)
		error = fd_finish(out);
	if (error)
		return error;
	if (size >= sizeof(f->buffer) / 2 && !f->used)
		return write_all(f, data, size);
	memcpy(f->buffer + f->used, data, size);
	f->used += size;
	return 0;
}

static const struct out_ops fd_ops = {.write = fd_write, .finish = fd_finish};

int out_fd(struct out **out, int fd)
{
	struct fd_out *f = out_new(sizeof(*f), &fd_ops, NULL);

	if (!f)
		return -ENOMEM;
	f->fd = fd;
	stage_widen_pipe(fd);
	*out = &f->out;
	return 0;
}
