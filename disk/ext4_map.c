/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which blocks an inode of an ext file system has: by extents, or by pointers.
 * Every block that is read is taken off a budget, so that no tree is too bushy.
 */
#include "disk/ext4.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define AT_MAP 0x28
#define MAP_SIZE 60

#define EXTENT_MAGIC 0xf30a
#define EXTENT_SIZE 12
#define EXTENT_DEPTH_MAX 5
#define EXTENT_LENGTH_MAX 32768 /* longer: not written yet */

#define POINTERS_DIRECT 12

struct walk {
	struct ext *ext;
	const struct ext_node *node;
	uint64_t *budget;
	uint64_t next; /* logical blocks come in order */
	uint64_t end;  /* behind the last that its size allows */
	ext_run_fn *fn;
	void *ctx;
};

static int spend(struct walk *w, uint64_t blocks)
{
	if (blocks > *w->budget) {
		*w->budget = 0;
		return ext_why(w->ext, -EBADMSG,
			       "inode %u: with it, there are more blocks than "
			       "there can be",
			       w->node->number);
	}
	*w->budget -= blocks;
	return 0;
}

static int corrupt(struct walk *w)
{
	return ext_why(w->ext, -EBADMSG, "inode %u: its block map is corrupt",
		       w->node->number);
}

/* A run of blocks of the file, what lies beyond its size cut off. */
static int hand_run(struct walk *w, uint64_t logical, uint64_t physical,
		    uint64_t count)
{
	int error;

	if (!ext_block_valid(w->ext, physical) ||
	    !ext_block_valid(w->ext, physical + count - 1))
		return corrupt(w);
	if (logical >= w->end)
		return 0;
	if (count > w->end - logical)
		count = w->end - logical;
	error = spend(w, count);
	return error ? error : w->fn(w->ctx, logical, physical, count);
}

/* A block of the map itself. NULL and @error, or the caller's to free. */
static uint8_t *read_block(struct walk *w, uint64_t block, int *error)
{
	struct ext *ext = w->ext;
	uint8_t *data;

	*error = ext_block_valid(ext, block) ? spend(w, 1) : corrupt(w);
	if (*error)
		return NULL;
	data = malloc(ext->block);
	*error = data ? disk_read(ext->disk, block * ext->block, data,
				  ext->block)
		      : -ENOMEM;
	if (!*error)
		return data;
	free(data);
	ext_why(ext, *error,
		"inode %u: block %" PRIu64 " of its map cannot be read",
		w->node->number, block);
	return NULL;
}

/* --------------------------------- extents -------------------------------- */

static int walk_extents(struct walk *w, const uint8_t *head, size_t size,
			unsigned depth);

static uint64_t place48(const uint8_t *low, const uint8_t *high)
{
	return ext_le32(low) | (uint64_t)ext_le16(high) << 32;
}

static int walk_leaf(struct walk *w, const uint8_t *extent)
{
	uint64_t logical = ext_le32(extent), length = ext_le16(extent + 4);
	bool written = length <= EXTENT_LENGTH_MAX;

	if (!written)
		length -= EXTENT_LENGTH_MAX;
	if (!length || logical < w->next)
		return corrupt(w);
	w->next = logical + length;
	if (!written)
		return 0;
	return hand_run(w, logical, place48(extent + 8, extent + 6), length);
}

static bool tail_right(const struct walk *w, const uint8_t *node)
{
	size_t at = EXTENT_SIZE + EXTENT_SIZE * (size_t)ext_le16(node + 4);

	return !w->ext->sums ||
	       (at + 4 <= w->ext->block &&
		ext_crc(w->node->seed, node, at) == ext_le32(node + at));
}

static int walk_index(struct walk *w, const uint8_t *index, unsigned depth)
{
	uint64_t block = place48(index + 4, index + 8);
	int error;
	uint8_t *node = read_block(w, block, &error);

	if (!node)
		return error;
	if (!tail_right(w, node))
		error = ext_why(w->ext, -EBADMSG,
				"inode %u: the checksum of block %" PRIu64
				" of its map is wrong",
				w->node->number, block);
	else
		error = walk_extents(w, node, w->ext->block, depth - 1);
	free(node);
	return error;
}

/* Of a tree, at most EXTENT_DEPTH_MAX deep. */
static int walk_extents(struct walk *w, const uint8_t *head, size_t size,
			unsigned depth)
{
	size_t count = ext_le16(head + 2);
	int stop = 0;

	if (ext_le16(head) != EXTENT_MAGIC || ext_le16(head + 6) != depth ||
	    count > size / EXTENT_SIZE - 1)
		return corrupt(w);
	for (size_t i = 1; i <= count && !stop; i++) {
		const uint8_t *entry = head + i * EXTENT_SIZE;

		stop = depth ? walk_index(w, entry, depth)
			     : walk_leaf(w, entry);
	}
	return stop;
}

/* --------------------------------- pointers ------------------------------- */

/* @count pointers, each of which means @span blocks of the file. */
static int walk_pointers(struct walk *w, const uint8_t *pointer, size_t count,
			 uint64_t span)
{
	size_t each = w->ext->block / 4;
	int stop = 0;

	for (size_t i = 0; i < count && w->next < w->end && !stop; i++) {
		uint32_t block = ext_le32(pointer + 4 * i);
		uint8_t *below;

		if (block && span > 1) {
			below = read_block(w, block, &stop);
			if (below)
				stop = walk_pointers(w, below, each,
						     span / each);
			free(below);
			continue;
		}
		if (block)
			stop = hand_run(w, w->next, block, 1);
		w->next += span;
	}
	return stop;
}

static int walk_all_pointers(struct walk *w, const uint8_t *map)
{
	uint64_t span = 1;
	int stop = walk_pointers(w, map, POINTERS_DIRECT, 1);

	for (unsigned level = 0; level < 3 && !stop; level++) {
		span *= w->ext->block / 4;
		stop = walk_pointers(
			w, map + 4 * (size_t)(POINTERS_DIRECT + level), 1,
			span);
	}
	return stop;
}

/* ---------------------------------- of both ------------------------------- */

int ext_map(struct ext *ext, const struct ext_node *node, uint64_t *budget,
	    ext_run_fn *fn, void *ctx)
{
	const uint8_t *map = node->raw + AT_MAP;
	struct walk w = {
		.ext = ext,
		.node = node,
		.budget = budget,
		.end = node->size / ext->block + (node->size % ext->block != 0),
		.fn = fn,
		.ctx = ctx,
	};
	unsigned depth = ext_le16(map + 6);

	if (!(node->flags & EXT4_EXTENTS_FL))
		return walk_all_pointers(&w, map);
	return depth <= EXTENT_DEPTH_MAX
		       ? walk_extents(&w, map, MAP_SIZE, depth)
		       : corrupt(&w);
}
