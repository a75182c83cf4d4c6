/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens ext file systems: by the superblock, or by a copy where that is damaged. */
#include "disk/ext4.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SUPER_AT 1024
#define SUPER_SIZE 1024

/* Descriptors are all in memory. Of a file system of 128 TiB with usual groups
 * they have as much as this. */
#define DESCRIPTORS_MAX (64 << 20)

/* ------------------------------ the superblock ---------------------------- */

/* struct super - a superblock as it is looked at before the library sees it */
struct super {
	uint8_t raw[SUPER_SIZE];
	uint64_t at;
	uint64_t block;	 /* bytes */
	uint64_t second; /* where the first copy must be, in blocks */
	bool sum_wrong;
};

/* Those that reading has to know of, by their bits. */
static const uint32_t known = EXT2_LIB_FEATURE_INCOMPAT_SUPP &
			      ~(uint32_t)EXT3_FEATURE_INCOMPAT_JOURNAL_DEV;

static int refuse_features(struct ext *ext, uint32_t features)
{
	static const char *const names[32] = {
		[0] = "compression",
		[3] = "journal_dev",
		[12] = "dirdata",
	};
	char list[EXT_WHY_SIZE] = "";
	size_t used = 0;

	for (unsigned bit = 0; bit < 32 && used < sizeof(list) - 32; bit++) {
		if (!(features & ~known & UINT32_C(1) << bit))
			continue;
		if (names[bit])
			used += (size_t)sprintf(list + used, " %s", names[bit]);
		else
			used += (size_t)sprintf(list + used, " FEATURE_I%u",
						bit);
	}
	return ext_why(ext, -ENOTSUP, "it has features that are not known:%s",
		       list);
}

static uint64_t count_blocks(const uint8_t *raw)
{
	bool wide = ext_le32(raw + 0x60) & EXT4_FEATURE_INCOMPAT_64BIT;

	return ext_le32(raw + 4) | (uint64_t)(wide ? ext_le32(raw + 0x150) : 0)
					   << 32;
}

/* What the library would allocate for the descriptors. */
static int check_sizes(struct ext *ext, struct super *super)
{
	const uint8_t *raw = super->raw;
	uint32_t log = ext_le32(raw + 0x18), per_group = ext_le32(raw + 0x20);
	uint64_t blocks = count_blocks(raw), groups;

	if (log > 6 || per_group < 8 || !ext_le32(raw + 0x28))
		return ext_why(ext, -EBADMSG,
			       "its superblock has sizes that cannot be");
	super->block = UINT64_C(1024) << log;
	super->second = (uint64_t)per_group + ext_le32(raw + 0x14);
	groups = blocks / per_group + 1;
	if (groups > DESCRIPTORS_MAX / 64)
		return ext_why(ext, -EFBIG,
			       "it says that it has %" PRIu64 " blocks: more "
			       "than are read",
			       blocks);
	if (groups * 32 > ext->disk->size)
		return ext_why(ext, -EBADMSG,
			       "it says that it has %" PRIu64 " blocks, for "
			       "which the image is too small",
			       blocks);
	return 0;
}

/* 0, or what stands against it; EBADMSG with @sum_wrong: nothing else does */
static int look_at(struct ext *ext, struct super *super)
{
	const uint8_t *raw = super->raw;
	uint32_t features;
	bool sums;
	int error = disk_read(ext->disk, super->at, super->raw, SUPER_SIZE);

	super->block = 0;
	super->sum_wrong = false;
	if (error)
		return ext_why(ext, error, "its superblock cannot be read");
	if (ext_le16(raw + 0x38) != EXT2_SUPER_MAGIC)
		return ext_why(ext, -EBADMSG,
			       "it has no superblock of ext2, "
			       "ext3 or ext4");
	features = ext_le32(raw + 0x60);
	sums = ext_le32(raw + 0x64) & EXT4_FEATURE_RO_COMPAT_METADATA_CSUM;
	super->sum_wrong = sums && ext_crc(UINT32_MAX, raw, 0x3fc) !=
					   ext_le32(raw + 0x3fc);
	error = check_sizes(ext, super);
	if (error || super->sum_wrong) {
		super->sum_wrong = !error;
		return error ? error
			     : ext_why(ext, -EBADMSG,
				       "the checksum of its superblock is "
				       "wrong");
	}
	if (ext_le32(raw + 0x4c) && features & ~known)
		return refuse_features(ext, features);
	return 0;
}

/* ---------------------------------- opening ------------------------------- */

static int library_open(struct ext *ext, const struct super *super, int flags)
{
	bool copy = super->at != SUPER_AT;
	errcode_t error =
		ext_io_open(&ext->io, EXT2_FLAG_64BITS | flags,
			    copy ? (int)(super->at / super->block) : 0,
			    copy ? (unsigned)super->block : 0, &ext->fs);

	if (!error)
		return 0;
	ext->fs = NULL;
	if (error == EXT2_ET_NO_MEMORY || error == ENOMEM)
		return -ENOMEM;
	if (error == EXT2_ET_SHORT_READ || error == EBADMSG)
		return ext_why(ext, -EBADMSG,
			       "it is cut off within its group "
			       "descriptors");
	if (error > 0 && error < 4096)
		return ext_why(ext, -(int)error,
			       "its group descriptors cannot "
			       "be read");
	return ext_why(ext, -EBADMSG, "its superblock is damaged");
}

static void forget(struct ext *ext)
{
	if (ext->fs)
		ext2fs_free(ext->fs);
	free(ext->group);
	ext->fs = NULL;
	ext->group = NULL;
}

/* What is kept of inodes is memory for each that the superblock tells of. So
 * many there may be although the image is cut off, and has no room for them. */
#define INODES_CUT_MAX (UINT32_C(1) << 26)

static int check_inodes(struct ext *ext)
{
	if ((uint64_t)ext->groups * ext->per_group != ext->inodes ||
	    (ext->inodes > INODES_CUT_MAX &&
	     (uint64_t)ext->inodes * ext->inode_size > ext->disk->size))
		return ext_why(ext, -EBADMSG,
			       "it says that it has %u inodes, for which there "
			       "is no room",
			       ext->inodes);
	return 0;
}

static int open_by(struct ext *ext, const struct super *super, int flags)
{
	const struct ext2_super_block *s;
	int error = library_open(ext, super, flags);

	if (error)
		return error;
	s = ext->fs->super;
	ext->block = ext->fs->blocksize;
	ext->inode_size = EXT2_INODE_SIZE(ext->fs->super);
	ext->inodes = s->s_inodes_count;
	ext->per_group = s->s_inodes_per_group;
	ext->groups = ext->fs->group_desc_count;
	ext->sums = ext2fs_has_feature_metadata_csum(ext->fs->super);
	ext->seed = ext->fs->csum_seed;
	error = check_inodes(ext);
	if (!error)
		error = ext_groups(ext);
	if (error)
		forget(ext);
	return error;
}

/* The first copy: where the damaged one says, else where mke2fs puts it. */
static uint64_t place_of_copy(const struct super *damaged, unsigned i,
			      uint64_t *block)
{
	if (i == 0) {
		*block = damaged->block;
		return damaged->second;
	}
	*block = UINT64_C(512) << i;
	return 8 * *block + (*block == 1024);
}

#define COPIES 8

/* Whether a copy is better: one that says where all of the inode tables are. */
static bool open_copy(struct ext *ext, const struct super *damaged)
{
	struct super super;

	for (unsigned i = 0; i < COPIES; i++) {
		uint64_t at, number = place_of_copy(damaged, i, &at);

		if (!at || number > INT32_MAX)
			continue;
		super.at = number * at;
		if (look_at(ext, &super) || super.block != at)
			continue;
		if (open_by(ext, &super, 0))
			continue;
		if (ext->misplaced == 0) {
			snprintf(ext->notice, sizeof(ext->notice),
				 "its copy in block %" PRIu64 " is read "
				 "instead",
				 number);
			return true;
		}
		forget(ext);
	}
	return false;
}

/* The notice so far says what is read instead. */
static void say_instead(struct ext *ext, const char *why)
{
	char instead[EXT_WHY_SIZE];

	memcpy(instead, ext->notice, sizeof(instead));
	snprintf(ext->notice, sizeof(ext->notice), "%.120s: %.100s", why,
		 instead);
}

static int open_anyhow(struct ext *ext)
{
	struct super super = {.at = SUPER_AT};
	char why[EXT_WHY_SIZE];
	int error = look_at(ext, &super);

	if (!error)
		error = open_by(ext, &super, 0);
	if (error == -ENOTSUP || error == -ENOMEM || error == -EFBIG ||
	    (!error && !ext->misplaced))
		return error;
	if (!error)
		ext_why(ext, 0, "its group descriptors are damaged");
	memcpy(why, ext->why, sizeof(why));
	forget(ext);
	if (open_copy(ext, &super)) {
		say_instead(ext, why);
		return 0;
	}
	if (error && super.sum_wrong) {
		ext->doubtful = true;
		error = open_by(ext, &super, EXT2_FLAG_IGNORE_CSUM_ERRORS);
	} else if (!error) {
		error = open_by(ext, &super, 0);
	} else {
		memcpy(ext->why, why, sizeof(why));
	}
	return error;
}

int ext_open(struct ext *ext, const struct disk *disk)
{
	int error;

	ext->disk = disk;
	ext->io.disk = disk;
	ext->bitmap_group = UINT32_MAX;
	error = open_anyhow(ext);
	if (error)
		return error;
	for (int i = 0; i < EXT_ROOMS; i++)
		ext->room[i] = malloc(ext->inode_size);
	ext->piece = malloc(EXT_PIECE);
	ext->attrs = malloc(ext->block);
	ext->bitmap = malloc(ext->block);
	ext->value = malloc(DISK_VALUE_MAX);
	return ext->room[EXT_ENTRY] && ext->room[EXT_DIR] &&
			       ext->room[EXT_VALUE] && ext->piece &&
			       ext->attrs && ext->bitmap && ext->value
		       ? 0
		       : -ENOMEM;
}

void ext_close(struct ext *ext)
{
	forget(ext);
	ext_io_close(&ext->io);
	for (int i = 0; i < EXT_ROOMS; i++)
		free(ext->room[i]);
	free(ext->piece);
	free(ext->attrs);
	free(ext->bitmap);
	free(ext->value);
}
