/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads tar streams member by member. */
#include "tar/state.h"

#include <errno.h>
#include <string.h>

/* How much of the padding is there; an error comes when it is read. */
uint64_t tar_padding_there(struct tar *t)
{
	const uint8_t *data;
	ssize_t n;

	if (!t->vouched || !t->padding)
		return t->padding;
	n = in_peek(t->in, (size_t)t->padding, &data);
	return n < 0 || (uint64_t)n > t->padding ? t->padding : (uint64_t)n;
}

static int finish_body(struct tar *t)
{
	uint64_t rest = t->body + t->padding;
	int error = 0;

	if (rest == 0)
		return 0;
	if (t->vouched) {
		error = in_skip(t->in, t->body);
		rest = error ? 0 : tar_padding_there(t);
	}
	if (!error)
		error = in_skip(t->in, rest);
	t->body = t->padding = 0;
	return error ? tar_source_failed(t, error) : 0;
}

static int finish_member(struct tar *t, bool stray)
{
	struct tar_member *m = &t->member;

	m->stray = stray;
	tar_place_copies(t);
	m->head = t->head;
	m->part = t->part;
	m->copy = t->copy;
	t->body = m->body;
	t->padding = tar_padded(m->body) - m->body;
	if (!stray)
		tar_apply(t->copy, m->copies, m->part, m->parts);
	return 1;
}

static int begin_member(struct tar *t)
{
	int error = finish_body(t);

	if (!error)
		error = tar_keep_globals(t);
	if (error)
		return error;
	tar_forget_names(t);
	t->size_said = false;
	t->decoded_size = 0;
	t->member = (struct tar_member){.offset = in_offset(t->in)};
	return tar_inherit(t) ? tar_no_memory(t) : 0;
}

/* One header and what belongs to it: 1 with the entry's own, 2 where more
 * headers come before it. */
static int take_header(struct tar *t)
{
	size_t header = t->member.head_size;
	const uint8_t *data;
	ssize_t n = in_peek(t->in, TAR_BLOCK, &data);
	int error;
	char type;

	if (n < 0)
		return tar_source_failed(t, (int)n);
	t->unmarked = n == 0 && t->vouched && !t->member.parts;
	if (t->unmarked && in_offset(t->in))
		return 0;
	if (n == 0 && in_offset(t->in))
		return tar_fail(
			t, -EBADMSG,
			"no end-of-archive marker: the archive is cut off");
	if (n < TAR_BLOCK)
		return tar_fail(t, -EBADMSG,
				n ? "the archive is cut off within a header"
				  : "it is empty, and no tar archive");
	if (tar_zero(data))
		return t->member.parts ? finish_member(t, true) : 0;
	if (!tar_sum_right(data))
		return tar_fail(t, -EBADMSG,
				"no tar header: its checksum is wrong");
	type = (char)data[AT_TYPE];
	error = tar_take(t, TAR_BLOCK);
	if (error)
		return error;
	if (type && strchr("xXgLK", type)) {
		error = tar_take_extended(t, type, header);
		return error ? error : 2;
	}
	error = tar_take_entry(t, header);
	return error ? error : finish_member(t, false);
}

int tar_next(struct tar *t, const struct tar_member **member)
{
	int got = begin_member(t);

	if (got)
		return got;
	do
		got = take_header(t);
	while (got == 2);
	*member = &t->member;
	return got;
}

ssize_t tar_peek(struct tar *t, size_t want, const uint8_t **data)
{
	ssize_t n;

	if (t->sparse || t->member.type == 'S')
		return 0;
	if (want > t->body)
		want = (size_t)t->body;
	n = want ? in_peek(t->in, want, data) : 0;
	return n > (ssize_t)want ? (ssize_t)want : n;
}

ssize_t tar_body(struct tar *t, void *buf, size_t size)
{
	const uint8_t *data;
	ssize_t n;

	if (size > t->body)
		size = (size_t)t->body;
	if (!size)
		return 0;
	n = in_peek(t->in, 1, &data);
	if (n <= 0)
		return tar_source_failed(t, n ? (int)n : -EBADMSG);
	if ((size_t)n < size)
		size = (size_t)n;
	memcpy(buf, data, size);
	in_consume(t->in, size);
	t->body -= size;
	return (ssize_t)size;
}

int tar_rest(struct tar *t, uint64_t *trailing)
{
	static const uint8_t zero[TAR_BLOCK];
	const uint8_t *data;
	ssize_t n;

	*trailing = 0;
	while ((n = in_peek(t->in, 1, &data)) > 0) {
		size_t at = 0, size = (size_t)n;

		while (!*trailing && size - at >= TAR_BLOCK &&
		       memcmp(data + at, zero, TAR_BLOCK) == 0)
			at += TAR_BLOCK;
		while (!*trailing && at < size && !data[at])
			at++;
		*trailing += size - at;
		in_consume(t->in, size);
	}
	return n < 0 ? tar_source_failed(t, (int)n) : 0;
}
