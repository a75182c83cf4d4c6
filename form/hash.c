/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-1-3: a hash under a key, for tables that hostile names fill. */
#include "form/form.h"

#include <string.h>
#include <sys/auxv.h>

static void rounds(uint64_t v[4], int n)
{
	while (n--) {
		v[0] += v[1];
		v[1] = (v[1] << 13 | v[1] >> 51) ^ v[0];
		v[0] = v[0] << 32 | v[0] >> 32;
		v[2] += v[3];
		v[3] = (v[3] << 16 | v[3] >> 48) ^ v[2];
		v[0] += v[3];
		v[3] = (v[3] << 21 | v[3] >> 43) ^ v[0];
		v[2] += v[1];
		v[1] = (v[1] << 17 | v[1] >> 47) ^ v[2];
		v[2] = v[2] << 32 | v[2] >> 32;
	}
}

static void word_in(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, 1);
	v[0] ^= word;
}

uint64_t form_hash(const uint64_t key[2], uint64_t seed, const void *bytes,
		   size_t size)
{
	uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575),
			 key[1] ^ UINT64_C(0x646f72616e646f6d),
			 key[0] ^ UINT64_C(0x6c7967656e657261),
			 key[1] ^ UINT64_C(0x7465646279746573)};
	const uint8_t *at = bytes;
	uint64_t word;

	word_in(v, seed);
	for (size_t i = 0; i < size / 8; i++, at += 8) {
		memcpy(&word, at, 8);
		word_in(v, word);
	}
	word = (uint64_t)size << 56;
	memcpy(&word, at, size % 8);
	word_in(v, word);
	v[2] ^= 0xff;
	rounds(v, 3);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void form_hash_key(uint64_t key[2])
{
	/* 16 random bytes that the kernel gives each process. */
	const void *random = (const void *)getauxval(AT_RANDOM);

	key[0] = key[1] = 0;
	if (random)
		memcpy(key, random, 16);
}
