/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source that is a part of another one. */
#include "stream/stage.h"

#include <errno.h>

struct part {
	struct in in;
	uint64_t left;
};

static ssize_t part_peek(struct in *in, size_t want, const uint8_t **data)
{
	struct part *p = (struct part *)in;
	ssize_t n;

	*data = (const uint8_t *)"";
	if (in->error || !p->left)
		return in->error;
	n = in_peek(in->from, want < p->left ? want : (size_t)p->left, data);
	if (n < 0)
		return in_fail_from(in, (int)n);
	if (n == 0)
		return want ? in_cut(in, p->left) : 0;
	return (uint64_t)n < p->left ? n : (ssize_t)p->left;
}

static void part_consume(struct in *in, size_t size)
{
	struct part *p = (struct part *)in;

	in_consume(in->from, size);
	p->left -= size;
}

static int part_skip(struct in *in, uint64_t size)
{
	struct part *p = (struct part *)in;
	int error;

	if (in->error)
		return in->error;
	if (size > p->left)
		return in_cut(in, size - p->left);
	error = in_skip(in->from, size);
	if (error)
		return in_fail_from(in, error);
	p->left -= size;
	return 0;
}

static const struct in_ops part_ops = {
	.peek = part_peek,
	.consume = part_consume,
	.skip = part_skip,
};

int in_part(struct in **in, struct in *from, uint64_t size)
{
	struct part *p = in_new(sizeof(*p), &part_ops, from);

	if (!p)
		return -ENOMEM;
	p->left = size;
	*in = &p->in;
	return 0;
}
