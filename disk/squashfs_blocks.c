/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of metadata: read, decompressed, and kept for a while. */
#include "disk/squashfs.h"

#include <errno.h>
#include <inttypes.h>
#include <sqfs/compressor.h>
#include <sqfs/error.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two bytes: how many follow, and whether they are as they are. */
#define HEADER 2
#define STORED 0x8000U

/* struct block - @start 0 is none: the superblock is there */
struct block {
	uint64_t start, next, used;
	uint32_t size;
	uint8_t data[SQ_BLOCK];
};

struct sq_cache {
	struct block block[32];
	struct block *last;
	uint64_t clock;
	uint8_t raw[HEADER + SQ_BLOCK];
};

#define SLOTS (sizeof(((struct sq_cache *)0)->block) / sizeof(struct block))

int sq_fail(struct squashfs *fs, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fs->why, sizeof(fs->why), format, args);
	va_end(args);
	return error;
}

static int bad_block(struct squashfs *fs, const struct sq_region *region,
		     uint64_t start, const char *what)
{
	return sq_fail(fs, -EBADMSG, "%s, block at byte %" PRIu64 ": %s",
		       region->name, start, what);
}

/* --------------------------------- opening -------------------------------- */

/* Without a decompressor, what is not compressed can be read all the same. */
int sq_blocks_open(struct squashfs *fs)
{
	sqfs_compressor_config_t config;
	int error = sqfs_compressor_config_init(&config, fs->compression,
						fs->block_size,
						SQFS_COMP_FLAG_UNCOMPRESS);

	if (!error)
		error = sqfs_compressor_create(&config, &fs->compressor);
	if (error == SQFS_ERROR_ALLOC)
		return -ENOMEM;
	if (error)
		fs->compressor = NULL;
	fs->cache = calloc(1, sizeof(*fs->cache));
	if (!fs->cache)
		return -ENOMEM;
	fs->cache->last = fs->cache->block;
	return 0;
}

void sq_blocks_close(struct squashfs *fs)
{
	if (fs->compressor)
		fs->compressor->base.destroy(&fs->compressor->base);
	free(fs->cache);
}

/* -------------------------------- one block ------------------------------- */

static int lacks(struct squashfs *fs)
{
	const char *name = sqfs_compressor_name_from_id(fs->compression);

	fs->lacking = true;
	if (name)
		return sq_fail(fs, -ENOTSUP,
			       "it is compressed with %s, which this build "
			       "does not read",
			       name);
	return sq_fail(fs, -ENOTSUP,
		       "it is compressed with method %u, which is not known",
		       fs->compression);
}

static int decompress(struct squashfs *fs, const struct sq_region *region,
		      struct block *b, uint32_t size)
{
	int32_t n;

	if (!fs->compressor)
		return lacks(fs);
	/* A decompressor may say more than it has written. */
	memset(b->data, 0, sizeof(b->data));
	n = fs->compressor->do_block(fs->compressor, fs->cache->raw + HEADER,
				     size, b->data, sizeof(b->data));
	if (n == SQFS_ERROR_ALLOC)
		return -ENOMEM;
	if (n <= 0 || n > (int32_t)sizeof(b->data))
		return bad_block(fs, region, b->start,
				 "it cannot be decompressed");
	b->size = (uint32_t)n;
	return 0;
}

static int read_raw(struct squashfs *fs, const struct sq_region *region,
		    uint64_t start, uint32_t *header)
{
	uint64_t room = region->end - start;
	int error;

	if (room > sizeof(fs->cache->raw))
		room = sizeof(fs->cache->raw);
	if (room <= HEADER)
		return bad_block(fs, region, start, "the table is at its end");
	error = disk_read(fs->disk, start, fs->cache->raw, (size_t)room);
	if (error)
		return bad_block(fs, region, start, strerror(-error)), error;
	*header = sq_16(fs->cache->raw);
	if (!(*header & ~STORED) || (*header & ~STORED) > room - HEADER)
		return bad_block(fs, region, start,
				 "its size is not possible there");
	return 0;
}

static int load(struct squashfs *fs, const struct sq_region *region,
		uint64_t start, struct block *b)
{
	uint32_t header = 0, size;
	int error;

	if (!fs->misses)
		return sq_fail(fs, -EFBIG,
			       "%s: too many leaps back and forth in it",
			       region->name);
	fs->misses--;
	error = read_raw(fs, region, start, &header);
	if (error)
		return error;
	size = header & ~STORED;
	b->start = start;
	b->next = start + HEADER + size;
	if (!(header & STORED))
		return decompress(fs, region, b, size);
	memcpy(b->data, fs->cache->raw + HEADER, size);
	b->size = size;
	return 0;
}

static struct block *oldest(struct sq_cache *cache)
{
	struct block *b = cache->block;

	for (size_t i = 1; i < SLOTS; i++)
		if (cache->block[i].used < b->used)
			b = &cache->block[i];
	return b;
}

static struct block *cached(struct sq_cache *cache, uint64_t start)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (cache->block[i].start == start)
			return &cache->block[i];
	return NULL;
}

static int get(struct squashfs *fs, const struct sq_region *region,
	       uint64_t start, struct block **block)
{
	struct sq_cache *cache = fs->cache;
	struct block *b = cache->last;
	int error = 0;

	if (b->start != start)
		b = cached(cache, start);
	if (!b) {
		b = oldest(cache);
		b->start = 0;
		error = load(fs, region, start, b);
		if (error)
			b->start = 0;
	}
	b->used = ++cache->clock;
	cache->last = b;
	*block = b;
	return error;
}

/* ---------------------------------- places -------------------------------- */

int sq_seek(struct squashfs *fs, const struct sq_region *region, uint64_t ref,
	    struct sq_at *at)
{
	uint64_t block = ref >> 16;
	uint32_t offset = ref & 0xffff;

	if (block >= region->end - region->start || offset >= SQ_BLOCK)
		return sq_fail(
			fs, -EBADMSG,
			"%s: a reference leads out of it, to byte %" PRIu64
			" and %" PRIu32,
			region->name, block, offset);
	*at = (struct sq_at){region, region->start + block, offset};
	return 0;
}

int sq_read(struct squashfs *fs, struct sq_at *at, void *buf, uint64_t size)
{
	uint8_t *to = buf;

	while (size) {
		struct block *b;
		uint32_t n;
		int error = get(fs, at->region, at->block, &b);

		if (error)
			return error;
		if (at->offset >= b->size)
			return bad_block(fs, at->region, at->block,
					 "what is wanted lies behind its end");
		n = b->size - at->offset;
		if (n > size)
			n = (uint32_t)size;
		if (to) {
			memcpy(to, b->data + at->offset, n);
			to += n;
		}
		size -= n;
		at->offset += n;
		if (at->offset == b->size) {
			at->block = b->next;
			at->offset = 0;
		}
	}
	return 0;
}

int sq_count(struct squashfs *fs, const struct sq_region *region,
	     uint64_t *bytes)
{
	uint64_t at = region->start;

	*bytes = 0;
	while (region->end - at > HEADER) {
		uint8_t header[HEADER];
		int error = disk_read(fs->disk, at, header, sizeof(header));
		uint32_t size;

		if (error)
			return bad_block(fs, region, at, strerror(-error)),
			       error;
		size = sq_16(header) & ~STORED;
		if (!size || size > SQ_BLOCK ||
		    size > region->end - at - HEADER)
			break;
		at += HEADER + size;
		*bytes += sq_16(header) & STORED ? size : SQ_BLOCK;
	}
	return 0;
}

/* Neighbours are in one block: the list is asked once for them. 0 is none, there
 * is the superblock. */
static int listed(struct squashfs *fs, uint64_t at)
{
	uint8_t place[8];
	int error;

	if (at == fs->listed_at)
		return 0;
	error = disk_read(fs->disk, at, place, sizeof(place));
	if (error)
		return error;
	fs->listed_at = at;
	fs->listed = sq_64(place);
	return 0;
}

int sq_table(struct squashfs *fs, const struct sq_region *region, uint64_t list,
	     uint32_t index, size_t size, uint8_t *entry)
{
	uint32_t each = (uint32_t)(SQ_BLOCK / size);
	struct sq_at at = {.region = region,
			   .offset = index % each * (uint32_t)size};
	int error = listed(fs, list + (uint64_t)(index / each) * 8);

	if (error)
		return sq_fail(fs, error, "%s: %s", region->name,
			       strerror(-error));
	at.block = fs->listed;
	if (at.block < region->start || at.block >= region->end)
		return sq_fail(fs, -EBADMSG,
			       "%s: block %" PRIu32
			       " is said to be at byte %" PRIu64,
			       region->name, index / each, at.block);
	return sq_read(fs, &at, entry, size);
}
