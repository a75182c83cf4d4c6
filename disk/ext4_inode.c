/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single inodes of an ext file system. */
#include "disk/ext4.h"

#include <errno.h>

/* Where things are in an inode. */
#define AT_LINKS 0x1a
#define AT_FLAGS 0x20
#define AT_BLOCKS_HIGH 0x74
#define AT_GENERATION 0x64
#define AT_ATTR_BLOCK 0x68
#define AT_SIZE_HIGH 0x6c
#define AT_ATTR_BLOCK_HIGH 0x76
#define AT_UID_HIGH 0x78
#define AT_GID_HIGH 0x7a
#define AT_SUM 0x7c
#define AT_EXTRA 0x80
#define AT_SUM_HIGH 0x82

/* --------------------------------- checksums ------------------------------ */

static uint32_t inode_seed(const struct ext *ext, uint32_t number,
			   const uint8_t *raw)
{
	uint64_t both = number | (uint64_t)ext_le32(raw + AT_GENERATION) << 32;

	return ext_crc64(ext->seed, both);
}

/* Does the space behind the first 128 bytes have the rest of the checksum? */
static bool wide_sum(const struct ext *ext, const uint8_t *raw)
{
	return ext->inode_size > EXT2_GOOD_OLD_INODE_SIZE &&
	       ext_le16(raw + AT_EXTRA) >= AT_SUM_HIGH + 2 - AT_EXTRA;
}

bool ext_inode_sum_right(const struct ext *ext, uint32_t number,
			 const uint8_t *raw)
{
	static const uint8_t zero[2];
	uint32_t sum, said = ext_le16(raw + AT_SUM);
	size_t at = AT_SUM_HIGH;

	if (!ext->sums)
		return true;
	sum = ext_crc(inode_seed(ext, number, raw), raw, AT_SUM);
	sum = ext_crc(sum, zero, 2);
	sum = ext_crc(sum, raw + AT_SUM + 2,
		      EXT2_GOOD_OLD_INODE_SIZE - AT_SUM - 2);
	if (ext->inode_size == EXT2_GOOD_OLD_INODE_SIZE)
		return (sum & 0xffff) == said;
	sum = ext_crc(sum, raw + AT_EXTRA, 2);
	if (!wide_sum(ext, raw)) {
		sum = ext_crc(sum, raw + at, ext->inode_size - at);
		return (sum & 0xffff) == said;
	}
	sum = ext_crc(sum, zero, 2);
	sum = ext_crc(sum, raw + at + 2, ext->inode_size - at - 2);
	return sum == (said | ext_le16(raw + AT_SUM_HIGH) << 16);
}

/* ------------------------------- what is in it ---------------------------- */

int ext_inode_attrs(const struct ext *ext, const uint8_t *raw, size_t *at)
{
	uint32_t extra;

	if (ext->inode_size == EXT2_GOOD_OLD_INODE_SIZE)
		return 0;
	extra = ext_le16(raw + AT_EXTRA);
	if (extra % 4 || extra > ext->inode_size - EXT2_GOOD_OLD_INODE_SIZE)
		return -EBADMSG;
	*at = EXT2_GOOD_OLD_INODE_SIZE + extra;
	return extra && *at + 8 <= ext->inode_size &&
	       ext_le32(raw + *at) == EXT2_EXT_ATTR_MAGIC;
}

uint64_t ext_inode_block(const struct ext *ext, const uint8_t *raw)
{
	uint64_t block = ext_le32(raw + AT_ATTR_BLOCK);

	if (ext2fs_has_feature_64bit(ext->fs->super))
		block |= (uint64_t)ext_le16(raw + AT_ATTR_BLOCK_HIGH) << 32;
	return block;
}

/* Directories have the upper half only where the feature says so. */
static uint64_t size_of(const struct ext *ext, const uint8_t *raw,
			uint32_t mode)
{
	uint64_t size = ext_le32(raw + 4);

	if (LINUX_S_ISREG(mode) || ext2fs_has_feature_largedir(ext->fs->super))
		size |= (uint64_t)ext_le32(raw + AT_SIZE_HIGH) << 32;
	return size;
}

int ext_inode_decode(struct ext *ext, struct ext_node *node)
{
	const uint8_t *raw = node->raw;
	int has;

	node->mode = ext_le16(raw);
	node->uid = ext_le16(raw + 2) | ext_le16(raw + AT_UID_HIGH) << 16;
	node->gid = ext_le16(raw + 0x18) | ext_le16(raw + AT_GID_HIGH) << 16;
	node->links = ext_le16(raw + AT_LINKS);
	node->flags = ext_le32(raw + AT_FLAGS);
	node->dtime = ext_le32(raw + 0x14);
	node->generation = ext_le32(raw + AT_GENERATION);
	node->size = size_of(ext, raw, node->mode);
	node->attr_block = ext_inode_block(ext, raw);
	node->seed = inode_seed(ext, node->number, raw);
	if (!ext_inode_sum_right(ext, node->number, raw))
		return ext_why(ext, -EBADMSG, "inode %u: its checksum is wrong",
			       node->number);
	has = ext_inode_attrs(ext, raw, &node->attrs);
	if (has <= 0)
		node->attrs = 0;
	return has >= 0 ? 0
			: ext_why(ext, -EBADMSG,
				  "inode %u: its size is one that cannot be",
				  node->number);
}

bool ext_inode_there(const struct ext *ext, uint32_t number)
{
	uint64_t table = ext->group[(number - 1) / ext->per_group].table;
	uint64_t behind =
		(uint64_t)((number - 1) % ext->per_group + 1) * ext->inode_size;

	return table && table < ext->disk->size &&
	       behind <= ext->disk->size - table;
}

int ext_inode_read(struct ext *ext, enum ext_room room, uint32_t number,
		   struct ext_node *node)
{
	const struct ext_group *group;
	uint64_t at;
	int error;

	*node = (struct ext_node){.number = number};
	if (number < 1 || number > ext->inodes)
		return ext_why(ext, -EBADMSG,
			       "inode %u: there are only %u inodes", number,
			       ext->inodes);
	group = &ext->group[(number - 1) / ext->per_group];
	if (!group->table)
		return ext_why(ext, -EBADMSG, "inode %u: of its group, %s",
			       number, group->fault);
	at = (uint64_t)((number - 1) % ext->per_group) * ext->inode_size;
	error = disk_read(ext->disk, group->table + at, ext->room[room],
			  ext->inode_size);
	if (error)
		return ext_why(ext, error, "inode %u: it cannot be read",
			       number);
	node->raw = ext->room[room];
	return ext_inode_decode(ext, node);
}
