/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inode tables of an ext file system: which inodes may have the attribute. */
#include "disk/ext4.h"

#include <errno.h>
#include <fcntl.h>

/* Blocks of attributes are shared by many inodes: of so many it is remembered
 * whether the name is in them. */
#define BLOCKS_KNOWN 1024

#define AT_LINKS 0x1a
#define AT_FLAGS 0x20

struct known_block {
	uint64_t block; /* 0: none */
	bool has;
};

struct scanning {
	struct ext *ext;
	struct ext_marks *marks;
	struct known_block known[BLOCKS_KNOWN];
};

uint64_t ext_next(const struct ext *ext, const uint64_t *marks, uint64_t number)
{
	for (; number <= ext->inodes; number++) {
		uint64_t word = marks[number / 64] >> number % 64;

		if (word) {
			number += (unsigned)__builtin_ctzll(word);
			return number <= ext->inodes ? number : UINT64_MAX;
		}
		number |= 63;
	}
	return UINT64_MAX;
}

/* -------------------------------- one inode ------------------------------- */

static bool has_name(const uint8_t *bytes, size_t size)
{
	return memmem(bytes, size, EXT_CAPABILITY + 1,
		      sizeof(EXT_CAPABILITY) - 2) != NULL;
}

/* What cannot be read may have it: whoever reads it again says why not. */
static bool block_has_name(struct scanning *s, uint64_t block)
{
	struct known_block *k = &s->known[block % BLOCKS_KNOWN];
	struct ext *ext = s->ext;

	if (k->block == block)
		return k->has;
	k->block = block;
	k->has = !ext_block_valid(ext, block) ||
		 disk_read(ext->disk, block * ext->block, ext->attrs,
			   ext->block) ||
		 has_name(ext->attrs, ext->block);
	return k->has;
}

static bool may_have(struct scanning *s, const uint8_t *raw)
{
	uint64_t block = ext_inode_block(s->ext, raw);
	size_t at = 0;
	int has = ext_inode_attrs(s->ext, raw, &at);

	if (has < 0 || (has > 0 && has_name(raw + at, s->ext->inode_size - at)))
		return true;
	return block && block_has_name(s, block);
}

/* Freed inodes are looked at where those without a name are asked for. */
static bool looked_at(struct scanning *s, uint32_t number, const uint8_t *raw)
{
	struct ext_node node = {.number = number, .raw = raw};

	if (ext_le16(raw + AT_LINKS) || s->ext->options->orphans)
		return true;
	node.dtime = ext_le32(raw + 0x14);
	return !ext_inode_freed(s->ext, &node);
}

static void one_inode(struct scanning *s, uint32_t number, const uint8_t *raw)
{
	struct ext *ext = s->ext;
	uint32_t mode = ext_le16(raw), links = ext_le16(raw + AT_LINKS);
	bool right;

	/* Of those that are reserved only the root can be reached. */
	if ((number < EXT2_FIRST_INO(ext->fs->super) &&
	     number != EXT2_ROOT_INO) ||
	    (!mode && !links) ||
	    (ext_le32(raw + AT_FLAGS) & EXT4_EA_INODE_FL && links))
		return;
	right = !links || ext_inode_sum_right(ext, number, raw);
	if (links && right && LINUX_S_ISDIR(mode))
		ext_mark(s->marks->dirs, number);
	if (links && (!right || ext->options->all))
		ext_mark(s->marks->wanted, number);
	else if (may_have(s, raw) && looked_at(s, number, raw))
		ext_mark(s->marks->wanted, number);
}

/* --------------------------------- one group ------------------------------ */

static void inodes_in(struct scanning *s, uint32_t first, const uint8_t *data,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		one_inode(s, first + (uint32_t)i,
			  data + i * s->ext->inode_size);
}

/* Those that can be read of a piece that cannot. */
static int read_singly(struct scanning *s, uint32_t first, uint64_t at,
		       size_t count)
{
	struct ext *ext = s->ext;
	uint32_t lost = 0;
	int error = 0;

	for (size_t i = 0; i < count; i++) {
		int failed = disk_read(ext->disk, at + i * ext->inode_size,
				       ext->piece, ext->inode_size);

		if (failed) {
			error = failed;
			lost++;
		} else {
			one_inode(s, first + (uint32_t)i, ext->piece);
		}
	}
	if (!lost)
		return 0;
	return ext_unread(ext, 0, -error,
			  "of the inodes %u to %u, %u cannot be read", first,
			  first + (uint32_t)count - 1, lost);
}

static int read_group(struct scanning *s, uint32_t number)
{
	struct ext *ext = s->ext;
	const struct ext_group *group = &ext->group[number];
	const size_t most = EXT_PIECE / ext->inode_size;
	uint32_t first = number * ext->per_group + 1;
	uint64_t at = group->table;
	size_t left = group->used;
	int stop = 0;

	while (left && !stop) {
		size_t count = left < most ? left : most;
		size_t size = count * ext->inode_size;

		if (disk_read(ext->disk, at, ext->piece, size))
			stop = read_singly(s, first, at, count);
		else
			inodes_in(s, first, ext->piece, count);
		first += (uint32_t)count;
		at += size;
		left -= count;
	}
	return stop;
}

/* What comes next is fetched while this is looked at. */
static void fetch_ahead(const struct ext *ext, uint32_t number)
{
	const struct ext_group *group = &ext->group[number];

	if (group->table && group->used)
		posix_fadvise(ext->disk->fd,
			      (off_t)(ext->disk->offset + group->table),
			      (off_t)group->used * ext->inode_size,
			      POSIX_FADV_WILLNEED);
}

int ext_tables(struct ext *ext, struct ext_marks *marks)
{
	static struct scanning s;
	int stop = 0;

	memset(&s, 0, sizeof(s));
	s.ext = ext;
	s.marks = marks;
	for (uint32_t i = 0; i < ext->groups && !stop; i++) {
		const struct ext_group *group = &ext->group[i];

		if (i + 1 < ext->groups)
			fetch_ahead(ext, i + 1);
		if (group->fault)
			stop = ext_unread(ext, 0, EBADMSG, "group %u: %s", i,
					  group->fault);
		if (!stop && group->table)
			stop = read_group(&s, i);
	}
	return stop;
}
