/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the fields of ext file systems are, and their checksums. All of it goes
 * through an image in one way: each group, each inode, each block of an inode.
 */
#include "extfields.h"

#include "disk/erofs.h"

#include <string.h>
#include <sys/stat.h>

#define SUPER 1024
#define SUPER_SIZE 1024
#define SUPER_SUM 0x3fc
#define BLOCKS_MAX 400

#define RO_UNINIT 0x10
#define RO_SUMS 0x400
#define INCOMPAT_SEED 0x2000

#define INODE_SUM 0x7c
#define INODE_SUM_HI 0x82
#define INODE_EXTRA 0x80
#define FLAG_EXTENTS 0x80000
#define FLAG_INLINE 0x10000000

#define ATTR_MAGIC 0xea020000
#define NODE_MAGIC 0xf30a

/* struct ext_image - an image on the way through it */
struct ext_image {
	uint8_t *bytes;
	size_t size, block, inode_size, desc_size;
	uint32_t per_group, groups, ro, seed;
	unsigned budget;       /* blocks that are still looked at */
	struct places *places; /* NULL: sums are made right */
};

/* struct ext_file - an inode on that way */
struct ext_file {
	uint8_t *raw;
	size_t at;
	uint32_t number, seed;
	bool dir;
};

static uint32_t get32(const uint8_t *b)
{
	return erofs_32(b);
}
static uint32_t get16(const uint8_t *b)
{
	return erofs_16(b);
}

static void put(uint8_t *b, uint32_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		b[i] = (uint8_t)(number >> 8 * i);
}

/* It is the sum that EROFS has too. */
static uint32_t crc(uint32_t sum, const uint8_t *bytes, size_t size)
{
	return erofs_crc(sum, bytes, size);
}

static uint32_t crc_32(uint32_t sum, uint32_t number)
{
	uint8_t bytes[4];

	put(bytes, number, 4);
	return crc(sum, bytes, 4);
}

static uint32_t crc16(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		sum ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xa001 : 0);
	}
	return sum;
}

/* ---------------------------------- places -------------------------------- */

static void add(const struct ext_image *x, size_t at, const char *sizes)
{
	for (; *sizes; sizes++) {
		size_t size = (size_t)(*sizes - '0');

		places_add(x->places, x->size, at, size);
		at += size;
	}
}

static void add_entries(const struct ext_image *x, size_t at, size_t end,
			size_t base)
{
	while (at + 16 <= end && get32(x->bytes + at)) {
		const uint8_t *e = x->bytes + at;

		add(x, at, "112444");
		places_add(x->places, x->size, at + 16, e[0]);
		places_add(x->places, x->size, base + get16(e + 2),
			   get32(e + 8) < 64 ? get32(e + 8) : 64);
		at += (16 + (size_t)e[0] + 3) & ~(size_t)3;
	}
}

static void add_dirents(const struct ext_image *x, size_t at)
{
	size_t end = at + x->block;

	while (at + 12 <= end) {
		size_t len = get16(x->bytes + at + 4);

		add(x, at, "4211");
		places_add(x->places, x->size, at + 8, x->bytes[at + 6]);
		if (len < 12)
			return;
		at += len;
	}
}

static void add_inode(const struct ext_image *x, const struct ext_file *f)
{
	size_t extra = get16(f->raw + INODE_EXTRA);

	add(x, f->at, "22444442244");
	add(x, f->at + 0x28, "444444444444444");
	add(x, f->at + 0x28, "222242");
	add(x, f->at + 0x64, "444222222");
	if (x->inode_size <= 128)
		return;
	add(x, f->at + INODE_EXTRA, "22");
	if (extra + 132 < x->inode_size) {
		add(x, f->at + 128 + extra, "4");
		add_entries(x, f->at + 132 + extra, f->at + x->inode_size,
			    f->at + 132 + extra);
	}
}

/* ------------------------------- an inode's blocks ------------------------ */

static uint8_t *block_at(struct ext_image *x, uint64_t number)
{
	if (number < 1 || number >= x->size / x->block || !x->budget)
		return NULL;
	x->budget--;
	return x->bytes + number * x->block;
}

static void take_dir_block(struct ext_image *x, const struct ext_file *f,
			   uint64_t number)
{
	uint8_t *b = f->dir ? block_at(x, number) : NULL;
	uint8_t *tail = b ? b + x->block - 12 : NULL;

	if (b && x->places)
		add_dirents(x, (size_t)(b - x->bytes));
	else if (b && (x->ro & RO_SUMS) && tail[7] == 0xde && !get32(tail))
		put(tail + 8, crc(f->seed, b, x->block - 12), 4);
}

static void take_node(struct ext_image *x, const struct ext_file *f,
		      uint8_t *node, size_t room, unsigned depth)
{
	size_t entries = get16(node + 2), most = get16(node + 4);

	if (get16(node) != NODE_MAGIC || depth > 4)
		return;
	for (size_t i = 0; i < entries && 12 * (i + 2) <= room; i++) {
		uint8_t *e = node + 12 * (i + 1);
		uint8_t *below =
			get16(node + 6) ? block_at(x, get32(e + 4)) : NULL;

		if (x->places)
			add(x, (size_t)(e - x->bytes), "4224");
		if (below)
			take_node(x, f, below, x->block, depth + 1);
		for (uint32_t n = 0; !get16(node + 6) && n < get16(e + 4) % 64;
		     n++)
			take_dir_block(x, f, (uint64_t)get32(e + 8) + n);
	}
	if (x->places)
		add(x, (size_t)(node - x->bytes), "22224");
	else if (depth && (x->ro & RO_SUMS) && 12 * (most + 1) + 4 <= room)
		put(node + 12 * (most + 1), crc(f->seed, node, 12 * (most + 1)),
		    4);
}

static void take_attributes(struct ext_image *x, uint64_t number)
{
	uint8_t *b = block_at(x, number);
	uint32_t sum;

	if (!b || get32(b) != ATTR_MAGIC)
		return;
	if (x->places) {
		add(x, (size_t)(b - x->bytes), "444444");
		add_entries(x, (size_t)(b - x->bytes) + 32,
			    (size_t)(b - x->bytes) + x->block,
			    (size_t)(b - x->bytes));
	} else if (x->ro & RO_SUMS) {
		sum = crc_32(crc_32(x->seed, (uint32_t)number), 0);
		put(b + 16, 0, 4);
		put(b + 16, crc(sum, b, x->block), 4);
	}
}

static void take_blocks(struct ext_image *x, const struct ext_file *f)
{
	uint32_t flags = get32(f->raw + 0x20);

	if (get32(f->raw + 0x68))
		take_attributes(x, get32(f->raw + 0x68));
	if (flags & FLAG_INLINE)
		return;
	if (flags & FLAG_EXTENTS) {
		take_node(x, f, f->raw + 0x28, 60, 0);
		return;
	}
	for (size_t i = 0; i < 12; i++)
		take_dir_block(x, f, get32(f->raw + 0x28 + 4 * i));
}

static void mend_inode(const struct ext_image *x, const struct ext_file *f)
{
	bool high = x->inode_size > 128 && get16(f->raw + INODE_EXTRA) >= 4;
	uint32_t sum;

	put(f->raw + INODE_SUM, 0, 2);
	if (high)
		put(f->raw + INODE_SUM_HI, 0, 2);
	sum = crc(f->seed, f->raw, x->inode_size);
	put(f->raw + INODE_SUM, sum, 2);
	if (high)
		put(f->raw + INODE_SUM_HI, sum >> 16, 2);
}

static void take_inode(struct ext_image *x, size_t at, uint32_t number)
{
	struct ext_file f = {.raw = x->bytes + at, .at = at, .number = number};

	if (!get16(f.raw) && !get16(f.raw + 0x1a))
		return;
	f.dir = S_ISDIR(get16(f.raw));
	f.seed = crc(crc_32(x->seed, number), f.raw + 0x64, 4);
	if (x->places)
		add_inode(x, &f);
	take_blocks(x, &f);
	if (!x->places && (x->ro & RO_SUMS))
		mend_inode(x, &f);
}

/* ---------------------------------- groups -------------------------------- */

static void mend_group(struct ext_image *x, uint8_t *desc, uint32_t group)
{
	uint8_t *bitmap = block_at(x, get32(desc + 4)), number[4];
	size_t rest = x->desc_size - 32;
	uint32_t sum;

	put(number, group, 4);
	if (bitmap && x->per_group / 8 <= x->block && (x->ro & RO_SUMS)) {
		sum = crc(x->seed, bitmap, x->per_group / 8);
		put(desc + 0x1a, sum, 2);
		if (x->desc_size > 32)
			put(desc + 0x3a, sum >> 16, 2);
	}
	put(desc + 0x1e, 0, 2);
	if (x->ro & RO_SUMS) {
		sum = crc(crc_32(x->seed, group), desc, x->desc_size);
	} else {
		sum = crc16(0xffff, x->bytes + SUPER + 0x68, 16);
		sum = crc16(crc16(sum, number, 4), desc, 0x1e);
		sum = crc16(sum, desc + 32, rest);
	}
	put(desc + 0x1e, sum, 2);
}

static void take_group(struct ext_image *x, size_t at, uint32_t group)
{
	uint8_t *desc = x->bytes + at;
	uint64_t table = (uint64_t)get32(desc + 8) * x->block;

	if (x->places)
		add(x, at, "444222242222");
	for (uint32_t i = 0; i < x->per_group && i < 4096;
	     i++, table += x->inode_size)
		if (table && table + x->inode_size <= x->size)
			take_inode(x, (size_t)table,
				   group * x->per_group + i + 1);
	if (!x->places && (x->ro & (RO_SUMS | RO_UNINIT)))
		mend_group(x, desc, group);
}

/* -------------------------------- an image -------------------------------- */

/* What it says of itself, if that can be. */
static bool begin(struct ext_image *x)
{
	const uint8_t *super = x->bytes + SUPER;
	bool wide =
		x->size >= SUPER + SUPER_SIZE && (get32(super + 0x60) & 0x80);

	if (x->size < SUPER + SUPER_SIZE || get32(super + 0x18) > 6 ||
	    !get32(super + 0x20))
		return false;
	x->block = (size_t)1024 << get32(super + 0x18);
	x->inode_size = get32(super + 0x4c) ? get16(super + 0x58) : 128;
	x->desc_size = wide ? get16(super + 0xfe) : 32;
	x->per_group = get32(super + 0x28);
	x->groups = (get32(super + 4) - get32(super + 0x14) +
		     get32(super + 0x20) - 1) /
		    get32(super + 0x20);
	x->ro = get32(super + 0x64);
	x->seed = get32(super + 0x60) & INCOMPAT_SEED
			  ? get32(super + 0x270)
			  : crc(UINT32_MAX, super + 0x68, 16);
	x->budget = BLOCKS_MAX;
	return x->inode_size >= 128 && x->inode_size <= x->block &&
	       x->desc_size >= 32 && x->desc_size <= x->block;
}

static void take_image(struct ext_image *x)
{
	size_t at = x->block > SUPER ? x->block : 2 * SUPER;

	for (uint32_t i = 0; i < x->groups && i < 8; i++, at += x->desc_size)
		if (at + x->desc_size <= x->size)
			take_group(x, at, i);
}

void extfields_find(const uint8_t *bytes, size_t size, struct places *places)
{
	struct ext_image x = {.bytes = (uint8_t *)(uintptr_t)bytes,
			      .size = size,
			      .places = places};

	must(begin(&x));
	add(&x, SUPER, "444444444444444222222244444224222");
	add(&x, SUPER + 0x54, "422444");
	add(&x, SUPER + 0xe0, "444");
	add(&x, SUPER + 0xfc, "114442444");
	add(&x, SUPER + 0x150, "44422");
	add(&x, SUPER + 0x174, "11244444");
	add(&x, SUPER + 0x270, "44");
	take_image(&x);
}

void extfields_mend(uint8_t *bytes, size_t size)
{
	struct ext_image x = {.bytes = bytes, .size = size};
	uint8_t *super = bytes + SUPER;

	if (!begin(&x))
		return;
	take_image(&x);
	if (x.ro & RO_SUMS)
		put(super + SUPER_SUM, crc(UINT32_MAX, super, SUPER_SUM), 4);
}
