/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of squashfs: it does not crash and comes to an end, what it hands
 * over is whole, and reading twice shows the same. fuzz_squashfs.seeds makes the
 * images.
 */
#include "images.h"

#include <string.h>

#define BLOCK 8192
#define STORED 0x8000U
#define NONE UINT64_MAX
#define STREAM_MAX (1 << 20)

/* Where in the superblock. */
enum {
	AT_BLOCK_SIZE = 12,
	AT_FRAGMENTS = 16,
	AT_IDS = 26,
	AT_ID_TABLE = 48,
	AT_XATTR_TABLE = 56,
	AT_INODES = 64,
	AT_DIRECTORIES = 72,
	AT_FRAGMENT_TABLE = 80,
	AT_EXPORT_TABLE = 88,
};

/* ------------------------------ what is changed --------------------------- */

/* struct stream - the bytes of the blocks of a table, and where in the image
 * each is; the image is as its maker made it */
struct stream {
	struct places *places;
	const uint8_t *image;
	size_t image_size, size;
	uint32_t at[STREAM_MAX];
};

static struct stream stream;

static uint64_t number(const uint8_t *p, size_t size)
{
	uint64_t n = 0;

	while (size--)
		n = n << 8 | p[size];
	return n;
}

/* Adds fields that follow one another in the image. */
static void add_plain(struct stream *s, uint64_t at, const char *sizes)
{
	for (; *sizes; sizes++) {
		size_t size = (size_t)(*sizes - '0');

		places_add(s->places, s->image_size, at, size);
		at += size;
	}
}

/* Until the end, or a block that is compressed: of such ones only the headers
 * are known. */
static void open_stream(struct stream *s, uint64_t start, uint64_t end)
{
	bool plain = true;

	s->size = 0;
	while (start + 2 < end) {
		uint32_t header = (uint32_t)number(s->image + start, 2);
		uint32_t n = header & ~STORED;

		add_plain(s, start, "2");
		plain = plain && header & STORED;
		for (uint32_t i = 0; i < n && plain; i++) {
			must(s->size < STREAM_MAX);
			s->at[s->size++] = (uint32_t)start + 2 + i;
		}
		start += 2 + n;
	}
}

/* Adds fields of the stream but for those that go on in the next block; returns
 * where they end. */
static size_t add(struct stream *s, size_t at, const char *sizes)
{
	for (; *sizes; sizes++) {
		size_t size = (size_t)(*sizes - '0'), last = at + size - 1;

		if (size && last < s->size &&
		    s->at[last] == s->at[at] + size - 1)
			places_add(s->places, s->image_size, s->at[at], size);
		at += size;
	}
	return at;
}

static uint64_t take(const struct stream *s, size_t at, size_t size)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = at + i < s->size ? s->image[s->at[at + i]] : 0;
	return number(bytes, size);
}

/* ---------------------------------- inodes -------------------------------- */

static size_t blocks_of(const struct stream *s, size_t body, bool extended)
{
	uint64_t block = number(s->image + AT_BLOCK_SIZE, 4);
	uint64_t size = extended ? take(s, body + 8, 8) : take(s, body + 12, 4);
	bool whole = take(s, body + (extended ? 28 : 4), 4) == UINT32_MAX;

	return (size_t)(size / block + (whole && size % block));
}

/* What follows the fixed part, which begins at @body; returns where it ends. */
static size_t add_tail(struct stream *s, unsigned type, size_t body, size_t at)
{
	uint64_t count;

	switch (type) {
	case 2:
	case 9:
		return at + 4 * blocks_of(s, body, type == 9);
	case 3:
	case 10:
		at += take(s, body + 4, 4);
		return add(s, at, type == 10 ? "4" : "");
	case 8:
		for (count = take(s, body + 16, 2); count; count--)
			at = add(s, at, "444") + take(s, at + 8, 4) + 1;
		return at;
	default:
		return at;
	}
}

static void add_inodes(struct stream *s)
{
	static const char *const bodies[] = {
		NULL,	   "44224",   "4444", "44",  "44",  "44", "4",	"4",
		"4444224", "8884444", "44",   "444", "444", "44", "44",
	};

	for (size_t at = 0; at < s->size;) {
		unsigned type = (unsigned)take(s, at, 2);
		size_t body = add(s, at, "222244");

		must(type && type < sizeof(bodies) / sizeof(bodies[0]));
		at = add_tail(s, type, body, add(s, body, bodies[type]));
	}
}

/* ------------------------------- other tables ----------------------------- */

static void add_directories(struct stream *s)
{
	for (size_t at = 0; at < s->size;) {
		uint64_t count = take(s, at, 4) + 1;

		at = add(s, at, "444");
		while (count--) {
			uint64_t size = take(s, at + 6, 2) + 1;

			at = add(s, at, "22221") - 1 + size;
		}
	}
}

static void add_pairs(struct stream *s)
{
	for (size_t at = 0; at < s->size;) {
		uint64_t size = take(s, at + 2, 2);

		at = add(s, at, "221") - 1 + size;
		size = take(s, at, 4);
		/* A value that is elsewhere has a reference here. */
		at = add(s, at, size == 8 ? "48" : "44") + size -
		     (size == 8 ? 8 : 4);
	}
}

static void add_each(struct stream *s, const char *sizes)
{
	for (size_t at = 0; at < s->size;)
		at = add(s, at, sizes);
}

/* A list of blocks of 8192 bytes; returns where the first one is. */
static uint64_t add_list(struct stream *s, uint64_t at, uint64_t bytes)
{
	for (uint64_t i = 0; i < (bytes + BLOCK - 1) / BLOCK; i++)
		add_plain(s, at + 8 * i, "8");
	return number(s->image + at, 8);
}

static void add_owners(struct stream *s)
{
	uint64_t list = number(s->image + AT_ID_TABLE, 8);
	uint64_t ids = number(s->image + AT_IDS, 2);

	open_stream(s, add_list(s, list, 4 * ids), list);
	add_each(s, "4");
}

static void add_attributes(struct stream *s)
{
	uint64_t table = number(s->image + AT_XATTR_TABLE, 8), pairs, sets;

	if (table == NONE)
		return;
	add_plain(s, table, "844");
	pairs = number(s->image + table, 8);
	sets = number(s->image + table + 8, 4);
	sets = add_list(s, table + 16, 16 * sets);
	open_stream(s, pairs, sets);
	add_pairs(s);
	open_stream(s, sets, table);
	add_each(s, "844");
}

/* Fragments, or the export table, or owners follow: all are blocks, then a list
 * of these. */
static uint64_t end_of_directories(const uint8_t *image)
{
	uint64_t list = number(image + AT_FRAGMENT_TABLE, 8);

	if (list == NONE || !number(image + AT_FRAGMENTS, 4))
		list = number(image + AT_EXPORT_TABLE, 8);
	if (list == NONE)
		list = number(image + AT_ID_TABLE, 8);
	return number(image + list, 8);
}

static void find(const uint8_t *image, size_t size, struct places *places)
{
	struct stream *s = &stream;
	uint64_t directories;

	must(size > 96 && memcmp(image, "hsqs", 4) == 0);
	s->places = places;
	s->image = image;
	s->image_size = size;
	directories = number(image + AT_DIRECTORIES, 8);
	add_plain(s, 0, "4444422222288888888");
	open_stream(s, number(image + AT_INODES, 8), directories);
	add_inodes(s);
	open_stream(s, directories, end_of_directories(image));
	add_directories(s);
	add_owners(s);
	add_attributes(s);
}

/* -------------------------------- the target ------------------------------ */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct images_form form = {.find = find};

	(void)argc, (void)argv;
	images_load(&form);
	return 0;
}

static void read_image(const struct disk *disk, unsigned how)
{
	struct seen first = {.count = 0};

	scan_twice(squashfs_scan, disk, how, &first);
	seen_forget(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	images_each(data, size, read_image);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
			       unsigned seed)
{
	return images_mutate(data, size, room, seed);
}
