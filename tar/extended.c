/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extended headers: records of pax, long names of GNU tar. */
#include "tar/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int tar_said_twice(struct tar *t, int error)
{
	if (error == -ENOMEM)
		return tar_no_memory(t);
	return tar_fail(t, -EBADMSG,
			"its headers name the entry or its target differently, "
			"and so would readers");
}

/* To some readers a name of no bytes is one, to others it is none. */
static int take_name(struct tar *t, struct tar_names *names, enum tar_say who,
		     const void *bytes, size_t size)
{
	int error;

	if (size == 0)
		return tar_fail(t, -EBADMSG,
				"an empty name in an extended header");
	if (memchr(bytes, 0, size))
		return tar_fail(t, -EBADMSG, "a NUL in a name");
	error = tar_names_say(names, who, bytes, size);
	return error ? tar_said_twice(t, error) : 0;
}

/* Where two headers say it differently, each reader goes on elsewhere. */
static int take_size(struct tar *t, const struct tar_record *r)
{
	uint64_t size = 0;

	if (r->value_size == 0)
		return tar_fail(t, -EBADMSG,
				"an extended header takes back the "
				"entry's size");
	for (size_t i = 0; i < r->value_size; i++) {
		if (r->value[i] < '0' || r->value[i] > '9' ||
		    size > INT64_MAX / 10 - 1)
			return tar_fail(
				t, -EBADMSG,
				"an extended header's size is no number "
				"that a file can have");
		size = 10 * size + (uint64_t)(r->value[i] - '0');
	}
	if (t->size_said && t->size != size)
		return tar_fail(
			t, -EBADMSG,
			"extended headers disagree over the size of the "
			"entry, and so would readers");
	t->size_said = true;
	t->size = size;
	return 0;
}

static int take_record(struct tar *t, char type, size_t at,
		       const struct tar_record *r)
{
	bool path = tar_record_is(r, "path"), link;

	link = tar_record_is(r, "linkpath");
	if (type == 'g' && (path || link || tar_record_is(r, "size")))
		return tar_fail(t, -EBADMSG,
				"a global header gives every entry the same "
				"%.*s",
				(int)r->key_size, r->key);
	if (path || link)
		return take_name(t, path ? &t->paths : &t->links,
				 TAR_SAY_RECORD, r->value, r->value_size);
	if (tar_record_is(r, "GNU.sparse.name"))
		return take_name(t, &t->paths, TAR_SAY_SPARSE, r->value,
				 r->value_size);
	t->sparse |=
		r->key_size > 12 && memcmp(r->key, "GNU.sparse.m", 12) == 0;
	if (tar_record_is(r, "size"))
		return take_size(t, r);
	return tar_take_value(t, type, at, r);
}

static int take_records(struct tar *t, char type, size_t at, size_t size)
{
	struct tar_record r;
	size_t next = 0;
	int more, error;

	while ((more = tar_record(t->head + at, size, &next, &r)) > 0) {
		error = take_record(t, type, at, &r);
		if (error)
			return error;
	}
	if (more < 0)
		return tar_fail(t, -EBADMSG,
				"a malformed record in an extended header, %zu "
				"bytes into it",
				next);
	return 0;
}

/* GNU's long names end with a NUL, or with the body. */
static int take_long_name(struct tar *t, char type, size_t at, size_t size)
{
	const char *name = (const char *)t->head + at;

	return take_name(t, type == 'L' ? &t->paths : &t->links, TAR_SAY_LONG,
			 name, strnlen(name, size));
}

/* Of two headers the later one counts, but not to all readers. */
static int begin_extended(struct tar *t)
{
	int error = tar_names_again(&t->paths);

	t->sparse = false;
	if (!error)
		error = tar_names_again(&t->links);
	return error ? tar_said_twice(t, error) : 0;
}

int tar_take_extended(struct tar *t, char type, size_t header)
{
	static const uint8_t zero[TAR_BLOCK];
	int64_t size;
	size_t at = header + TAR_BLOCK;
	int error;

	if (tar_number(t->head + header + AT_SIZE, SIZE_LONG, &size) != 0 ||
	    size < 0 || size > TAR_HEADER_MAX)
		return tar_fail(
			t, -EBADMSG,
			"an extended header without a size, or longer than "
			"%d MiB",
			TAR_HEADER_MAX >> 20);
	error = tar_take(t, tar_padded((uint64_t)size));
	if (!error)
		error = tar_add_part(t, type, header, (size_t)size);
	if (error)
		return error;
	if (type == 'L' || type == 'K')
		return take_long_name(t, type, at, (size_t)size);
	/* Some readers look for records there. */
	if (memcmp(t->head + at + size, zero,
		   t->member.head_size - at - (size_t)size) != 0)
		return tar_fail(t, -EBADMSG,
				"bytes behind the end of an extended header");
	t->extended = true;
	error = type == 'g' ? 0 : begin_extended(t);
	return error ? error : take_records(t, type, at, (size_t)size);
}
