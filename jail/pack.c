/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, bytes and texts as one message, and back. */
#include "jail/pack.h"

#include <stdlib.h>
#include <string.h>

static void put(struct pack *p, const void *data, size_t size)
{
	size_t room = p->room ? p->room : 256;
	uint8_t *more;

	while (room - p->used < size)
		room *= 2;
	if (room > p->room) {
		more = realloc(p->bytes, room);
		p->failed |= !more;
		if (!more)
			return;
		p->bytes = more;
		p->room = room;
	}
	if (size)
		memcpy(p->bytes + p->used, data, size);
	p->used += size;
}

void pack_number(struct pack *p, uint64_t number)
{
	put(p, &number, sizeof(number));
}

/* Their number counts from one, so that none at all is zero. */
void pack_bytes(struct pack *p, const void *bytes, size_t size)
{
	pack_number(p, bytes ? (uint64_t)size + 1 : 0);
	if (bytes)
		put(p, bytes, size);
}

void pack_text(struct pack *p, const char *text)
{
	pack_bytes(p, text, text ? strlen(text) + 1 : 0);
}

static const uint8_t *get(struct unpack *u, size_t size)
{
	const uint8_t *data = u->at;

	if (u->wrong || size > u->left) {
		u->wrong = true;
		return NULL;
	}
	u->at += size;
	u->left -= size;
	return data;
}

uint64_t unpack_number(struct unpack *u, uint64_t most)
{
	const uint8_t *data = get(u, sizeof(uint64_t));
	uint64_t number = 0;

	if (data)
		memcpy(&number, data, sizeof(number));
	if (number <= most)
		return number;
	u->wrong = true;
	return 0;
}

const uint8_t *unpack_bytes(struct unpack *u, size_t *size)
{
	uint64_t number = unpack_number(u, (uint64_t)u->left + 1);
	const uint8_t *data = number ? get(u, (size_t)number - 1) : NULL;

	*size = data ? (size_t)number - 1 : 0;
	return data;
}

const char *unpack_text(struct unpack *u)
{
	size_t size;
	const uint8_t *data = unpack_bytes(u, &size);

	if (!data || (size && memchr(data, 0, size) == data + size - 1))
		return (const char *)data;
	u->wrong = true;
	return NULL;
}

bool unpack_right(const struct unpack *u)
{
	return !u->wrong && !u->left;
}
