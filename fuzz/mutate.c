/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes archives so that they mostly stay ones: whole blocks are moved, the
 * lengths of records and the checksums of headers are made right again.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fuzzer's own code is not built to tell which memory it has written. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define WRITTEN(data, size) __msan_unpoison(data, size)
#endif
#endif
#ifndef WRITTEN
#define WRITTEN(data, size) ((void)(data))
#endif

static size_t mutate(uint8_t *data, size_t size, size_t room)
{
	size = LLVMFuzzerMutate(data, size, room);
	WRITTEN(data, room);
	return size;
}

static unsigned below(unsigned *seed, size_t end)
{
	*seed = *seed * 1103515245 + 12345;
	return end ? (*seed >> 8) % (unsigned)end : 0;
}

/* A record whose bytes were changed mostly ends at the next newline. */
static void mend_records(uint8_t *body, size_t size)
{
	size_t at = 0;

	while (at < size) {
		uint8_t *end = memchr(body + at, '\n', size - at);
		size_t length = end ? (size_t)(end - body) + 1 - at : 0;
		char digits[24];
		int n = snprintf(digits, sizeof(digits), "%zu ", length);

		if (!end || length < (size_t)n + 2)
			return;
		memcpy(body + at, digits, (size_t)n);
		at += length;
	}
}

static void mend(uint8_t *data, size_t size, unsigned *seed)
{
	bool records = below(seed, 4) == 0;

	for (size_t at = 0; at + TAR_BLOCK <= size;) {
		uint8_t *block = data + at;
		int64_t n;

		if (tar_zero(block))
			return;
		if (tar_number(block + AT_SIZE, SIZE_LONG, &n) != 0 || n < 0 ||
		    n > FUZZ_MAX)
			n = 0;
		if (below(seed, 64))
			tar_put_sum(block);
		at += TAR_BLOCK;
		if (records && block[AT_TYPE] && strchr("xXg", block[AT_TYPE]))
			mend_records(data + at, (size_t)n < size - at
							? (size_t)n
							: size - at);
		if (!strchr("123456", block[AT_TYPE]))
			at += (size_t)tar_padded((uint64_t)n);
	}
}

/* A run of blocks goes in elsewhere, or away. */
static size_t move_blocks(uint8_t *data, size_t size, size_t room,
			  unsigned *seed)
{
	size_t blocks = size / TAR_BLOCK, from = below(seed, blocks);
	size_t n = 1 + below(seed, 3), to = below(seed, blocks + 1) * TAR_BLOCK;
	uint8_t run[3 * TAR_BLOCK];

	if (from + n > blocks)
		return size;
	memcpy(run, data + from * TAR_BLOCK, n * TAR_BLOCK);
	if (below(seed, 3) == 0) {
		memmove(data + from * TAR_BLOCK, data + (from + n) * TAR_BLOCK,
			size - (from + n) * TAR_BLOCK);
		return size - n * TAR_BLOCK;
	}
	if (size + n * TAR_BLOCK > room)
		return size;
	memmove(data + to + n * TAR_BLOCK, data + to, size - to);
	memcpy(data + to, run, n * TAR_BLOCK);
	return size + n * TAR_BLOCK;
}

/* Without bytes that are added or removed all that follows keeps its place. */
static void mutate_block(uint8_t *data, size_t size, unsigned *seed)
{
	size_t blocks = size / TAR_BLOCK, at = below(seed, blocks) * TAR_BLOCK;

	mutate(data + at, TAR_BLOCK, TAR_BLOCK);
}

/* Changes of what matters most: types, magics, sizes. */
static void mutate_field(uint8_t *data, size_t size, unsigned *seed)
{
	static const char kinds[] = "xgXLK01234567SDVMA\0";
	uint8_t *block = data + below(seed, size / TAR_BLOCK) * TAR_BLOCK;

	switch (below(seed, 3)) {
	case 0:
		block[AT_TYPE] = (uint8_t)kinds[below(seed, sizeof(kinds) - 1)];
		break;
	case 1:
		memcpy(block + AT_MAGIC,
		       below(seed, 2) ? "ustar  " : "ustar\00000", 8);
		break;
	default:
		tar_put_number(block + AT_SIZE, below(seed, 1100));
	}
}

size_t archive_mutate(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	unsigned what = below(&seed, 8);

	WRITTEN(data, room);
	if (size < TAR_BLOCK || what == 0)
		size = mutate(data, size, room);
	else if (what < 3)
		size = move_blocks(data, size, room, &seed);
	else if (what < 5)
		mutate_field(data, size, &seed);
	else
		mutate_block(data, size, &seed);
	mend(data, size, &seed);
	return size;
}
