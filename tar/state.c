/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a tar stream: its state, its errors, the raw bytes of headers. */
#include "tar/state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------- errors -------------------------------- */

int tar_fail(struct tar *t, int error, const char *format, ...)
{
	int n = snprintf(t->why, sizeof(t->why), "at byte %llu: ",
			 (unsigned long long)in_offset(t->in));
	va_list args;

	va_start(args, format);
	vsnprintf(t->why + n, sizeof(t->why) - (size_t)n, format, args);
	va_end(args);
	return error;
}

int tar_source_failed(struct tar *t, int error)
{
	return tar_fail(t, error, "%s", in_why(t->in));
}

int tar_no_memory(struct tar *t)
{
	return tar_fail(t, -ENOMEM, "no memory");
}

const char *tar_why(const struct tar *t)
{
	return t->why;
}

/* --------------------------------- memory -------------------------------- */

/* Room for @need elements of @size bytes. */
int tar_grow(void *array, size_t *room, size_t need, size_t size)
{
	void **at = array, *more;
	size_t want = *room ? *room : 16;

	if (need <= *room)
		return 0;
	while (want < need)
		want *= 2;
	more = reallocarray(*at, want, size);
	if (!more)
		return -1;
	*at = more;
	*room = want;
	return 0;
}

int tar_open(struct tar **tar, struct in *in)
{
	struct tar *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->in = in;
	*tar = t;
	return 0;
}

void tar_vouched(struct tar *t)
{
	t->vouched = true;
}

bool tar_unmarked(const struct tar *t)
{
	return t->unmarked;
}

void tar_forget_names(struct tar *t)
{
	tar_names_forget(&t->paths);
	tar_names_forget(&t->links);
	t->sparse = false;
}

void tar_close(struct tar *t)
{
	if (!t)
		return;
	for (int i = 0; i < GLOBALS; i++)
		free(t->global[i].value);
	free(t->head);
	free(t->part);
	free(t->copy);
	free(t->decoded);
	free(t->path);
	free(t->link);
	tar_forget_names(t);
	free(t);
}

/* ------------------------------- the head -------------------------------- */

/* Takes @size bytes over from the source into the head. */
int tar_take(struct tar *t, uint64_t size)
{
	const uint8_t *data;

	if (size > TAR_HEAD_MAX || t->member.head_size + size > TAR_HEAD_MAX)
		return tar_fail(t, -EBADMSG,
				"more than %d MiB of headers before one entry",
				TAR_HEAD_MAX >> 20);
	if (tar_grow(&t->head, &t->head_room,
		     t->member.head_size + (size_t)size, 1) != 0)
		return tar_no_memory(t);
	while (size) {
		size_t want = size < IN_PEEK ? (size_t)size : IN_PEEK;
		ssize_t n = in_peek(t->in, want, &data);

		if (n < 0)
			return tar_source_failed(t, (int)n);
		if ((size_t)n < want)
			return tar_fail(t, -EBADMSG,
					"the archive is cut off "
					"within a header");
		memcpy(t->head + t->member.head_size, data, want);
		in_consume(t->in, want);
		t->member.head_size += want;
		size -= want;
	}
	return 0;
}

int tar_add_part(struct tar *t, char type, size_t at, size_t body)
{
	if (tar_grow(&t->part, &t->part_room, t->member.parts + 1,
		     sizeof(*t->part)) != 0)
		return tar_no_memory(t);
	t->part[t->member.parts++] = (struct tar_part){type, at, body};
	return 0;
}
