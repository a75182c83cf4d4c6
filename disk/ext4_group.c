/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the inode tables of an ext file system are, and which are free. */
#include "disk/ext4.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t table_size(const struct ext *ext)
{
	return (uint64_t)ext->per_group * ext->inode_size;
}

bool ext_block_valid(const struct ext *ext, uint64_t block)
{
	return block > ext->fs->super->s_first_data_block &&
	       block < ext2fs_blocks_count(ext->fs->super);
}

/* Only a descriptor with a right checksum is trusted to say what is unused. */
static uint32_t used_of(const struct ext *ext, uint32_t number)
{
	uint32_t unused = ext2fs_bg_itable_unused(ext->fs, number);

	if (ext2fs_bg_flags_test(ext->fs, number, EXT2_BG_INODE_UNINIT))
		return 0;
	return unused <= ext->per_group ? ext->per_group - unused
					: ext->per_group;
}

static void read_group(struct ext *ext, uint32_t number)
{
	struct ext_group *group = &ext->group[number];
	uint64_t block = ext2fs_inode_table_loc(ext->fs, number);
	uint64_t blocks = ext2fs_blocks_count(ext->fs->super);
	uint64_t length = (table_size(ext) + ext->block - 1) / ext->block;

	group->used = ext->per_group;
	if (ext2fs_has_group_desc_csum(ext->fs)) {
		if (ext2fs_group_desc_csum_verify(ext->fs, number))
			group->used = used_of(ext, number);
		else
			group->fault = "the checksum of its descriptor is "
				       "wrong";
	}
	if (!ext_block_valid(ext, block) || length > blocks - block) {
		group->fault = "its descriptor places its inode table outside "
			       "the file system";
		ext->misplaced++;
	} else {
		group->table = block * ext->block;
	}
}

static int by_table(const void *a, const void *b)
{
	const struct ext_group *x = *(struct ext_group *const *)a;
	const struct ext_group *y = *(struct ext_group *const *)b;

	return x->table < y->table ? -1 : x->table > y->table;
}

/* Where tables overlap nobody can know whose inodes these are, and reading them
 * could take without end. */
static int refuse_overlaps(struct ext *ext)
{
	struct ext_group **order = calloc(ext->groups, sizeof(*order));
	uint64_t end = 0;

	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < ext->groups; i++)
		order[i] = &ext->group[i];
	qsort(order, ext->groups, sizeof(*order), by_table);
	for (uint32_t i = 0; i < ext->groups; i++) {
		struct ext_group *group = order[i];

		if (!group->table)
			continue;
		if (group->table < end) {
			group->table = 0;
			group->fault = "its descriptor places its inode table "
				       "where that of another group is";
			ext->misplaced++;
		} else {
			end = group->table + table_size(ext);
		}
	}
	free(order);
	return 0;
}

int ext_groups(struct ext *ext)
{
	ext->group = calloc(ext->groups, sizeof(*ext->group));
	ext->misplaced = 0;
	if (!ext->group)
		return -ENOMEM;
	for (uint32_t i = 0; i < ext->groups; i++)
		read_group(ext, i);
	return refuse_overlaps(ext);
}

/* ---------------------------------- bitmaps ------------------------------- */

static bool read_bitmap(struct ext *ext, uint32_t group)
{
	uint64_t block = ext2fs_inode_bitmap_loc(ext->fs, group);
	uint32_t size = ext->per_group / 8;

	if (ext->bitmap_group == group)
		return true;
	ext->bitmap_group = UINT32_MAX;
	if (!ext_block_valid(ext, block) || size > ext->block ||
	    disk_read(ext->disk, block * ext->block, ext->bitmap, ext->block))
		return false;
	if (!ext2fs_inode_bitmap_csum_verify(ext->fs, group,
					     (char *)ext->bitmap, (int)size))
		return false;
	ext->bitmap_group = group;
	return true;
}

bool ext_inode_freed(struct ext *ext, const struct ext_node *node)
{
	uint32_t at = (node->number - 1) % ext->per_group;
	uint32_t group = (node->number - 1) / ext->per_group;

	if (at >= ext->group[group].used)
		return true;
	if (at < ext->block * 8 && read_bitmap(ext, group))
		return !(ext->bitmap[at / 8] >> at % 8 & 1);
	/* On the list of orphans it would be the number of the next one. */
	return node->links == 0 && node->dtime > ext->inodes;
}
