/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes of an ext file system: in inodes, in blocks, values in inodes. */
#include "disk/ext4.h"

#include <errno.h>
#include <inttypes.h>

/* An entry: 16 bytes, then its name, up to the next multiple of four. */
#define ENTRY_SIZE 16

/* Before the entries: in an inode, in a block. */
#define HEADER_IN 4
#define HEADER_BLOCK 32
#define AT_SUM 16

/* What the kernel takes for the value of one inode. */
#define VALUE_INODE_MAX (1 << 24)

static size_t entry_size(const uint8_t *entry)
{
	return (ENTRY_SIZE + (size_t)entry[0] + 3) / 4 * 4;
}

/* A word of zero ends the entries; it lies within, or they are corrupt. */
static const uint8_t *entries_end(const struct ext_attrs *set)
{
	const uint8_t *entry = set->first;

	for (;;) {
		size_t rest = (size_t)(set->end - entry);

		if (rest < 4)
			return NULL;
		if (ext_le32(entry) == 0)
			return entry;
		if (rest < ENTRY_SIZE || rest <= entry_size(entry) ||
		    memchr(entry + ENTRY_SIZE, 0, entry[0]))
			return NULL;
		entry += entry_size(entry);
	}
}

/* A value lies between the entries and the end, as the kernel has it. */
static bool value_fits(const struct ext_attrs *set, const uint8_t *names_end,
		       const uint8_t *entry)
{
	size_t offset = ext_le16(entry + 2), size = ext_le32(entry + 8);
	size_t room = (size_t)(set->end - set->base);

	if (size == 0)
		return true;
	if (offset > room || set->base + offset < names_end + 4)
		return false;
	return size <= room && (size + 3) / 4 * 4 <= room - offset;
}

static bool entry_fits(const struct ext *ext, const struct ext_attrs *set,
		       const uint8_t *names_end, const uint8_t *entry)
{
	uint32_t inode = ext_le32(entry + 4), size = ext_le32(entry + 8);

	if (!inode)
		return value_fits(set, names_end, entry);
	return ext2fs_has_feature_ea_inode(ext->fs->super) &&
	       inode != EXT2_ROOT_INO && inode <= ext->inodes && size &&
	       size <= VALUE_INODE_MAX;
}

int ext_attr_find(const struct ext *ext, const struct ext_attrs *set,
		  const char *name, struct ext_attr *attr)
{
	const uint8_t *names_end = entries_end(set), *entry = set->first;
	size_t len = strlen(name + 1);
	int found = 0;

	if (!names_end)
		return -EBADMSG;
	for (; entry < names_end; entry += entry_size(entry)) {
		if (!entry_fits(ext, set, names_end, entry))
			return -EBADMSG;
		if (found || entry[1] != (uint8_t)name[0] || entry[0] != len ||
		    memcmp(entry + ENTRY_SIZE, name + 1, len) != 0)
			continue;
		attr->size = ext_le32(entry + 8);
		attr->inode = ext_le32(entry + 4);
		attr->value = set->base;
		if (attr->size && !attr->inode)
			attr->value += ext_le16(entry + 2);
		found = 1;
	}
	return found;
}

struct ext_attrs ext_attrs_in(const struct ext *ext, const uint8_t *raw,
			      size_t at)
{
	return (struct ext_attrs){
		.first = raw + at + HEADER_IN,
		.base = raw + at + HEADER_IN,
		.end = raw + ext->inode_size,
	};
}

static bool block_sum_right(const struct ext *ext, uint64_t block)
{
	static const uint8_t zero[4];
	const uint8_t *b = ext->attrs;
	uint32_t sum = ext_crc64(ext->seed, block);

	sum = ext_crc(sum, b, AT_SUM);
	sum = ext_crc(sum, zero, 4);
	sum = ext_crc(sum, b + AT_SUM + 4, ext->block - AT_SUM - 4);
	return sum == ext_le32(b + AT_SUM);
}

static int read_attrs_block(struct ext *ext, uint64_t block)
{
	int error;

	/* Many inodes share one. */
	if (block == ext->attrs_at)
		return 0;
	ext->attrs_at = 0;
	if (!ext_block_valid(ext, block))
		return ext_why(ext, -EBADMSG,
			       "its block of attributes, %" PRIu64 ", is not "
			       "one of the file system",
			       block);
	error = disk_read(ext->disk, block * ext->block, ext->attrs,
			  ext->block);
	if (error)
		return ext_why(ext, error,
			       "its block of attributes, %" PRIu64 ", cannot "
			       "be read",
			       block);
	if (ext_le32(ext->attrs) != EXT2_EXT_ATTR_MAGIC ||
	    ext_le32(ext->attrs + 8) != 1)
		return ext_why(ext, -EBADMSG,
			       "block %" PRIu64 " should hold its attributes, "
			       "and does not",
			       block);
	if (ext->sums && !block_sum_right(ext, block))
		return ext_why(ext, -EBADMSG,
			       "the checksum of its block of attributes, "
			       "%" PRIu64 ", is wrong",
			       block);
	ext->attrs_at = block;
	return 0;
}

int ext_attrs_block(struct ext *ext, uint64_t block, struct ext_attrs *set)
{
	int error = read_attrs_block(ext, block);

	*set = (struct ext_attrs){
		.first = ext->attrs + HEADER_BLOCK,
		.base = ext->attrs,
		.end = ext->attrs + ext->block,
	};
	return error;
}

/* --------------------------- a value in an inode -------------------------- */

struct filling {
	struct ext *ext;
	uint64_t size;
};

static int fill(void *ctx, uint64_t logical, uint64_t physical, uint64_t count)
{
	struct filling *f = ctx;
	uint64_t at = logical * f->ext->block, size = count * f->ext->block;

	if (size > f->size - at)
		size = f->size - at;
	return disk_read(f->ext->disk, physical * f->ext->block,
			 f->ext->value + at, size);
}

/* Lustre keeps no checksum, but whose it is. */
static bool value_sum_right(const struct ext *ext, const struct ext_node *owner,
			    const struct ext_node *node, size_t size)
{
	uint32_t said = ext_le32(node->raw + 8), parent;

	parent = ext_le32(node->raw + 16);
	return size < node->size ||
	       said == ext_crc(ext->seed, ext->value, size) ||
	       (parent == owner->number &&
		node->generation == owner->generation);
}

static int value_inode(struct ext *ext, const struct ext_node *owner,
		       const struct ext_attr *attr, size_t *size)
{
	struct filling f = {ext, attr->size};
	uint64_t budget = 2 * (DISK_VALUE_MAX / ext->block) + 8;
	struct ext_node node, cut;
	int error = ext_inode_read(ext, EXT_VALUE, attr->inode, &node);

	if (error)
		return error;
	if (!(node.flags & EXT4_EA_INODE_FL) || node.size != attr->size)
		return ext_why(ext, -EBADMSG,
			       "inode %u should hold its value, and does not",
			       attr->inode);
	if (f.size > DISK_VALUE_MAX)
		f.size = DISK_VALUE_MAX;
	memset(ext->value, 0, f.size);
	cut = node;
	cut.size = f.size;
	error = ext_map(ext, &cut, &budget, fill, &f);
	if (error < 0)
		return error;
	*size = f.size;
	return value_sum_right(ext, owner, &node, *size)
		       ? 0
		       : ext_why(ext, -EBADMSG,
				 "the checksum of its value, in inode %u, is "
				 "wrong",
				 attr->inode);
}

/* -------------------------------- of an inode ----------------------------- */

static int find_in(struct ext *ext, const struct ext_node *node,
		   struct ext_attr *attr)
{
	struct ext_attrs set;
	int found;

	if (!node->attrs)
		return 0;
	set = ext_attrs_in(ext, node->raw, node->attrs);
	found = ext_attr_find(ext, &set, EXT_CAPABILITY, attr);
	return found >= 0 ? found
			  : ext_why(ext, found,
				    "the attributes in it are "
				    "corrupt");
}

static int find_in_block(struct ext *ext, const struct ext_node *node,
			 struct ext_attr *attr)
{
	struct ext_attrs set;
	int found;

	if (!node->attr_block)
		return 0;
	found = ext_attrs_block(ext, node->attr_block, &set);
	if (found)
		return found;
	found = ext_attr_find(ext, &set, EXT_CAPABILITY, attr);
	return found >= 0 ? found
			  : ext_why(ext, found,
				    "its block of attributes, %" PRIu64 ", is "
				    "corrupt",
				    node->attr_block);
}

int ext_value(struct ext *ext, const struct ext_node *node,
	      const uint8_t **value, size_t *size)
{
	struct ext_attr attr = {0};
	char why[EXT_WHY_SIZE];
	int found = find_in(ext, node, &attr), error = 0;

	if (found == 0)
		found = find_in_block(ext, node, &attr);
	if (found == 0)
		return -ENODATA;
	if (found > 0 && attr.inode) {
		error = value_inode(ext, node, &attr, size);
		attr.value = ext->value;
	} else if (found > 0) {
		*size = attr.size;
	}
	*value = attr.value;
	if (found > 0 && !error)
		return 0;
	memcpy(why, ext->why, sizeof(why));
	return ext_why(ext, found < 0 ? found : error, "inode %u: %.200s",
		       node->number, why);
}
