/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pack: numbers, bytes and texts as one message, and back.
 *
 * A message comes from a process that may have been taken over: whoever unpacks
 * it says for each part what is possible, and asks at the end whether all of it
 * was right. Both sides are one program, so numbers are as this machine has them.
 */
#ifndef JAIL_PACK_H
#define JAIL_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct pack - a message that is being made; zero is an empty one */
struct pack {
	uint8_t *bytes;
	size_t used, room;
	bool failed; /* memory is lacking */
};

void pack_number(struct pack *pack, uint64_t number);

/** pack_bytes() - NULL and no bytes are told apart */
void pack_bytes(struct pack *pack, const void *bytes, size_t size);

/** pack_text() - up to its NUL; or NULL */
void pack_text(struct pack *pack, const char *text);

/** struct unpack - a message that is being read */
struct unpack {
	const uint8_t *at;
	size_t left;
	bool wrong; /* something in it is not possible */
};

/** unpack_number() - at most @most; 0 where it is wrong */
uint64_t unpack_number(struct unpack *unpack, uint64_t most);

/** unpack_bytes() - NULL where there are none, or where it is wrong */
const uint8_t *unpack_bytes(struct unpack *unpack, size_t *size);

/** unpack_text() - likewise; it ends with its one NUL */
const char *unpack_text(struct unpack *unpack);

/** unpack_right() - nothing was wrong, and nothing is left */
bool unpack_right(const struct unpack *unpack);

#endif /* JAIL_PACK_H */
