/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partition tables: reading twice shows the same partitions, a fault has words,
 * and what is chosen of a disk lies within it. fuzz_table.seeds makes the disks;
 * sums of a GPT are made right after a change.
 */
#include "images.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE "EFI PART"
#define ENTRIES_MAX 16384

static uint64_t get(const uint8_t *bytes, size_t size)
{
	uint64_t number = 0;

	while (size--)
		number = number << 8 | bytes[size];
	return number;
}

static void put32(uint8_t *bytes, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
}

static uint32_t crc(const uint8_t *bytes, size_t size)
{
	uint32_t sum = UINT32_MAX;

	while (size--) {
		sum ^= *bytes++;
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
	}
	return ~sum;
}

/* Calls a function for each sector that begins as a header does. */
static void each_header(uint8_t *bytes, size_t size,
			void (*fn)(uint8_t *bytes, size_t size, size_t at,
				   void *ctx),
			void *ctx)
{
	for (size_t at = 512; at + 512 <= size; at += 512)
		if (memcmp(bytes + at, SIGNATURE, 8) == 0)
			fn(bytes, size, at, ctx);
}

/* ------------------------------ what is changed --------------------------- */

static void add(struct places *p, size_t size, size_t at, const char *sizes)
{
	for (; *sizes; sizes++) {
		places_add(p, size, at, (size_t)(*sizes - '0'));
		at += (size_t)(*sizes - '0');
	}
}

static void add_header(uint8_t *bytes, size_t size, size_t at, void *places)
{
	size_t sector = at % 4096 ? 512 : 4096;
	size_t entries = (size_t)get(bytes + at + 72, 8) * sector;

	add(places, size, at, "8444488888888444");
	for (size_t i = 0; i < 4; i++)
		add(places, size, entries + 128 * i, "88888888");
}

static void add_mbr(uint8_t *bytes, size_t size, size_t at,
		    struct places *places)
{
	if (at + 512 > size || bytes[at + 510] != 0x55 ||
	    bytes[at + 511] != 0xaa)
		return;
	for (size_t i = 0; i < 4; i++)
		add(places, size, at + 446 + 16 * i, "1111111144");
	add(places, size, at + 510, "2");
}

static void find(const uint8_t *bytes, size_t size, struct places *places)
{
	uint8_t *own = (uint8_t *)(uintptr_t)bytes;

	for (size_t at = 0; at < size; at += 512)
		add_mbr(own, size, at, places);
	each_header(own, size, add_header, places);
}

static void mend_header(uint8_t *bytes, size_t size, size_t at, void *ctx)
{
	uint8_t *h = bytes + at;
	uint64_t sector = at % 4096 ? 512 : 4096;
	uint64_t entries = get(h + 72, 8) * sector, length = get(h + 12, 4);
	uint64_t total = get(h + 80, 4) * get(h + 84, 4);

	(void)ctx;
	if (length < 92 || length > 512)
		return;
	if (total <= ENTRIES_MAX && entries < size && total <= size - entries)
		put32(h + 88, crc(bytes + entries, (size_t)total));
	put32(h + 16, 0);
	put32(h + 16, crc(h, (size_t)length));
}

static void mend(uint8_t *bytes, size_t size)
{
	each_header(bytes, size, mend_header, NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct images_form form = {find, mend};

	(void)argc, (void)argv;
	images_load(&form);
	return 0;
}

/* -------------------------------- the target ------------------------------ */

/* struct partitions - what was handed over */
struct partitions {
	struct text said;
	const struct disk *disk;
	unsigned number; /* of the last one that is none of containers */
};

static int take(void *ctx, const struct disk_partition *part)
{
	struct partitions *p = ctx;
	uint64_t numbers[] = {part->number, part->offset, part->size,
			      part->container};

	must(part->number);
	must(memchr(part->type, 0, sizeof(part->type)));
	text_add(&p->said, numbers, sizeof(numbers));
	text_add(&p->said, part->type, strlen(part->type) + 1);
	if (!part->container)
		p->number = part->number;
	return 0;
}

static int read_all(const struct disk *disk, struct partitions *p)
{
	char why[DISK_WHY_SIZE];
	int error;

	*p = (struct partitions){.disk = disk};
	error = table_read(disk, take, p, why);
	must(error <= 1);
	must(error >= 0 || *why);
	must(error != 1 || !p->said.size);
	return error;
}

static void choose(const struct disk *disk, unsigned number)
{
	char why[DISK_WHY_SIZE] = "";
	struct disk part;
	int error = disk_choose(disk, 0, number, &part, why);

	must(error <= 0 && (!error || *why));
	if (error)
		return;
	must(part.offset >= disk->offset);
	must(part.offset - disk->offset <= disk->size);
	must(part.size <= disk->size - (part.offset - disk->offset));
}

static void read_image(const struct disk *disk, unsigned how)
{
	struct partitions first, second = {.number = 0};
	int error = read_all(disk, &first);

	/* libblkid takes its time. */
	if (how & 1) {
		must(read_all(disk, &second) == error);
		must(text_equal(&first.said, &second.said));
	}
	choose(disk, first.number ? first.number : how % 8);
	free(first.said.bytes);
	free(second.said.bytes);
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
