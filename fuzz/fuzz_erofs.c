/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of EROFS: it does not crash and comes to an end, what it hands
 * over is whole, and reading twice shows the same. fuzz_erofs.seeds makes the
 * images.
 */
#include "images.h"

#include "disk/erofs.h"

#include <string.h>
#include <sys/stat.h>

#define SUPER 1024
#define SUPER_SIZE 144

/* ------------------------------ what is changed --------------------------- */

/* struct all - an image as it was made, and the places found so far */
struct all {
	const uint8_t *bytes;
	size_t size, block, meta, shared;
	struct places *places;
	unsigned depth;
};

static void add(struct all *a, size_t at, const char *sizes)
{
	for (; *sizes; sizes++) {
		size_t size = (size_t)(*sizes - '0');

		places_add(a->places, a->size, at, size);
		at += size;
	}
}

static void add_entry(struct all *a, size_t at)
{
	size_t name_len;

	if (at > a->size || a->size - at < 4)
		return;
	name_len = a->bytes[at];
	add(a, at, "112");
	places_add(a->places, a->size, at + 4, name_len);
	places_add(a->places, a->size, at + 4 + name_len,
		   erofs_16(a->bytes + at + 2));
}

static void add_attributes(struct all *a, size_t at, size_t room)
{
	const uint8_t *bytes = a->bytes + at;
	size_t used;

	if (!room || at > a->size || room > a->size - at)
		return;
	add(a, at, "41");
	used = 12 + 4 * (size_t)bytes[4];
	for (size_t i = 12; i < used && i + 4 <= room; i += 4) {
		add(a, at + i, "4");
		add_entry(a, a->shared + 4 * (size_t)erofs_32(bytes + i));
	}
	while (used + 4 <= room) {
		add_entry(a, at + used);
		used += 4 + (size_t)bytes[used] + erofs_16(bytes + used + 2);
		used = (used + 3) & ~(size_t)3;
	}
}

static void add_inode(struct all *a, uint64_t nid);

/* A block of a directory, and what its entries are names of. */
static void add_block(struct all *a, size_t at, size_t size)
{
	size_t entries = size < 12 ? 0 : erofs_16(a->bytes + at + 8) / 12u;

	for (size_t i = 0; i < entries && 12 * (i + 1) <= size; i++) {
		add(a, at + 12 * i, "8211");
		/* Not "." and "..", and no further than needed. */
		if (a->bytes[at + erofs_16(a->bytes + at + 12 * i + 8)] != '.')
			add_inode(a, erofs_64(a->bytes + at + 12 * i));
	}
	places_add(a->places, a->size, at + 12 * entries, size - 12 * entries);
}

static void add_dir(struct all *a, size_t start, size_t tail, size_t size)
{
	size_t block = a->block, at;

	for (size_t done = 0; done < size; done += block) {
		size_t left = size - done < block ? size - done : block;

		at = tail && left == size - done ? tail : start + done;
		if (at < a->size && left <= a->size - at)
			add_block(a, at, left);
	}
}

static void add_inode(struct all *a, uint64_t nid)
{
	size_t at = a->meta + (size_t)nid * 32, attributes, room;
	const uint8_t *bytes = a->bytes + at;
	uint32_t format, slots;

	if (at > a->size || a->size - at < 64 || a->depth > 8)
		return;
	format = erofs_16(bytes);
	slots = erofs_16(bytes + 2);
	add(a, at, format & 1 ? "22228444484" : "22224444224");
	attributes = at + (format & 1 ? 64 : 32);
	room = slots ? 12 + 4 * ((size_t)slots - 1) : 0;
	add_attributes(a, attributes, room);
	if (!S_ISDIR(erofs_16(bytes + 4)))
		return;
	a->depth++;
	add_dir(a, (size_t)erofs_32(bytes + 16) * a->block,
		(format >> 1 & 7) == 2 ? attributes + room : 0,
		erofs_32(bytes + 8));
	a->depth--;
}

static void find(const uint8_t *bytes, size_t size, struct places *places)
{
	const uint8_t *super = bytes + SUPER;
	struct all a = {bytes, size, 0, 0, 0, places, 0};

	must(size >= SUPER + SUPER_SIZE);
	a.block = (size_t)1 << super[12];
	a.meta = erofs_32(super + 40) * a.block;
	a.shared = erofs_32(super + 44) * a.block;
	add(&a, SUPER, "444112884444");
	add(&a, SUPER + 80, "4222114813488");
	add(&a, SUPER + 4 * (size_t)erofs_32(super + 92), "2111");
	add_inode(&a, erofs_16(super + 14));
	add_inode(&a, erofs_64(super + 96));
}

static void mend(uint8_t *bytes, size_t size)
{
	uint8_t *super = bytes + SUPER;
	size_t block = super[12] < 20 ? (size_t)1 << super[12] : 0;
	uint32_t crc;

	if (block > SUPER)
		block -= SUPER;
	if (!(super[8] & 1) || block < SUPER_SIZE || block > size - SUPER)
		return;
	memset(super + 4, 0, 4);
	crc = erofs_crc(UINT32_MAX, super, block);
	for (size_t i = 0; i < 4; i++)
		super[4 + i] = (uint8_t)(crc >> 8 * i);
}

/* -------------------------------- the target ------------------------------ */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct images_form form = {find, mend};

	(void)argc, (void)argv;
	images_load(&form);
	return 0;
}

static void read_image(const struct disk *disk, unsigned how)
{
	struct seen first = {.count = 0};

	scan_twice(erofs_scan, disk, how, &first);
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
