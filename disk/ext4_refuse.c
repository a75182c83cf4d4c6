/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is not written to, on ext file systems, and why, in words. */
#include "disk/ext4_write.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int ext_say_why(const struct ext_writer *w, int error, ext2_ino_t inode,
		const char *format, ...)
{
	va_list args;
	int n = 0;

	if (inode)
		n = snprintf(w->why, DISK_WHY_SIZE, "inode %u: ", inode);
	va_start(args, format);
	vsnprintf(w->why + n, DISK_WHY_SIZE - (size_t)n, format, args);
	va_end(args);
	return error;
}

static const struct {
	errcode_t code;
	int error;
	const char *words;
} failures[] = {
	{EXT2_ET_BAD_MAGIC, EBADMSG, "this is no ext file system"},
	{EXT2_ET_BLOCK_ALLOC_FAIL, ENOSPC, "the file system has no free block"},
	{EXT2_ET_INODE_ALLOC_FAIL, ENOSPC, "the file system has no free inode"},
	{EXT2_ET_EA_NO_SPACE, ENOSPC,
	 "neither it nor its extended attribute block has room for the "
	 "attribute"},
	{EXT2_ET_UNSUPP_FEATURE, ENOTSUP,
	 "the file system has a feature that is not known"},
	{EXT2_ET_RO_UNSUPP_FEATURE, ENOTSUP,
	 "the file system has a feature that is not known, and is not to be "
	 "written to"},
	{EXT2_ET_REV_TOO_HIGH, ENOTSUP,
	 "the file system is of a revision that is not known"},
	{EXT2_ET_UNKNOWN_CSUM, ENOTSUP,
	 "the file system has checksums of a kind that is not known"},
	{EXT2_ET_MISSING_EA_FEATURE, ENOTSUP,
	 "the file system has no extended attributes (feature ext_attr)"},
	{EXT2_ET_NO_MEMORY, ENOMEM, "no memory"},
	{EXT2_ET_SB_CSUM_INVALID, EBADMSG,
	 "the checksum of the superblock is wrong"},
	{EXT2_ET_CORRUPT_SUPERBLOCK, EBADMSG, "the superblock is corrupt"},
	{EXT2_ET_INODE_BITMAP_CSUM_INVALID, EBADMSG,
	 "the checksum of an inode bitmap is wrong"},
	{EXT2_ET_BLOCK_BITMAP_CSUM_INVALID, EBADMSG,
	 "the checksum of a block bitmap is wrong"},
	{EXT2_ET_INODE_CSUM_INVALID, EBADMSG,
	 "the checksum of an inode is wrong"},
	{EXT2_ET_EXT_ATTR_CSUM_INVALID, EBADMSG,
	 "the checksum of an extended attribute block is wrong"},
	{EXT2_ET_BAD_EA_HEADER, EBADMSG,
	 "its extended attribute block is corrupt"},
	{EXT2_ET_BAD_EA_HASH, EBADMSG,
	 "the hash of an extended attribute is wrong"},
	{EXT2_ET_EA_INODE_CORRUPTED, EBADMSG,
	 "an inode that holds a value of it is corrupt"},
};

int ext_failed(const struct ext_writer *w, errcode_t code, ext2_ino_t inode)
{
	if (!code)
		return 0;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].code == code)
			return ext_say_why(w, -failures[i].error, inode, "%s",
					   failures[i].words);
	}
	/* The I/O manager's are errnos. */
	if (code > 0 && code < 4096)
		return ext_say_why(w, -(int)code, inode, "%s",
				   strerror((int)code));
	return ext_say_why(w, -EBADMSG, inode,
			   "it is corrupt (error %ld of libext2fs)",
			   (long)(code - EXT2_ET_BASE));
}

/* ------------------------------ the file system --------------------------- */

static int refuse_features(const struct ext_writer *w)
{
	const struct ext2_super_block *s = w->fs->super;

	if (s->s_feature_compat & ~(uint32_t)EXT2_LIB_FEATURE_COMPAT_SUPP)
		return ext_failed(w, EXT2_ET_UNSUPP_FEATURE, 0);
	if (ext2fs_has_feature_readonly(w->fs->super))
		return ext_say_why(w, -EROFS, 0,
				   "the file system is marked as one not to be "
				   "written to (feature read-only)");
	if (ext2fs_has_feature_shared_blocks(w->fs->super))
		return ext_say_why(w, -ENOTSUP, 0,
				   "files of it share blocks (feature "
				   "shared_blocks): it cannot be written to");
	return 0;
}

static int refuse_state(const struct ext_writer *w)
{
	const struct ext2_super_block *s = w->fs->super;

	if (ext2fs_has_feature_journal_needs_recovery(w->fs->super))
		return ext_say_why(w, -EUCLEAN, 0,
				   "the journal needs recovery: mount the file "
				   "system and unmount it, or run e2fsck");
	if (s->s_state & EXT2_ERROR_FS || s->s_error_count)
		return ext_say_why(w, -EUCLEAN, 0,
				   "the file system has errors recorded: run "
				   "e2fsck");
	if (!(s->s_state & EXT2_VALID_FS))
		return ext_say_why(
			w, -EUCLEAN, 0,
			"the file system is mounted or was not unmounted "
			"cleanly: run e2fsck");
	if (s->s_last_orphan || ext2fs_has_feature_orphan_present(w->fs->super))
		return ext_say_why(
			w, -EUCLEAN, 0,
			"the file system has files that were deleted "
			"while open: run e2fsck");
	return 0;
}

/* Multiple mount protection: "MMP" and what its sequence is when all is well. */
static int refuse_mounted(const struct ext_writer *w)
{
	static const uint8_t clean[] = {'P', 'M', 'M', 0, 'P', 'M', 'M', 0xff};
	errcode_t code;

	if (!ext2fs_has_feature_mmp(w->fs->super) || !w->fs->super->s_mmp_block)
		return 0;
	code = io_channel_read_blk64(w->fs->io, w->fs->super->s_mmp_block, 1,
				     w->block);
	if (code)
		return ext_failed(w, code, 0);
	if (memcmp(w->block, clean, sizeof(clean)) != 0)
		return ext_say_why(
			w, -EBUSY, 0,
			"the file system is in use, its multiple mount "
			"protection says");
	return 0;
}

static int refuse_groups(const struct ext_writer *w)
{
	errcode_t code = ext2fs_check_desc(w->fs);

	for (dgrp_t i = 0; !code && i < w->fs->group_desc_count; i++) {
		if (!ext2fs_group_desc_csum_verify(w->fs, i))
			return ext_say_why(w, -EBADMSG, 0,
					   "the checksum of group %u is wrong",
					   i);
	}
	return code == 0 ? 0
	       : code == EXT2_ET_NO_MEMORY
		       ? ext_failed(w, code, 0)
		       : ext_say_why(w, -EBADMSG, 0,
				     "the group descriptors "
				     "are corrupt");
}

int ext_refuse(const struct ext_writer *w, const struct disk *disk)
{
	struct ext2_super_block *s = w->fs->super;
	int error;

	if (ext2fs_blocks_count(s) > disk->size / w->fs->blocksize)
		return ext_say_why(w, -EBADMSG, 0,
				   "the file system is cut short: it has %llu "
				   "blocks of %u bytes",
				   (unsigned long long)ext2fs_blocks_count(s),
				   w->fs->blocksize);
	/* libext2fs takes it as it is. */
	if (EXT2_INODE_SIZE(s) > EXT2_GOOD_OLD_INODE_SIZE &&
	    s->s_want_extra_isize >
		    EXT2_INODE_SIZE(s) - EXT2_GOOD_OLD_INODE_SIZE)
		return ext_failed(w, EXT2_ET_CORRUPT_SUPERBLOCK, 0);
	error = refuse_features(w);
	if (!error)
		error = refuse_state(w);
	if (!error)
		error = refuse_mounted(w);
	return error ? error : refuse_groups(w);
}

/* --------------------------------- the inode ------------------------------ */

static bool is_reserved(struct ext2_super_block *s, ext2_ino_t inode)
{
	return inode < EXT2_FIRST_INODE(s) || inode == s->s_journal_inum ||
	       inode == s->s_usr_quota_inum || inode == s->s_grp_quota_inum ||
	       inode == s->s_prj_quota_inum || inode == s->s_orphan_file_inum;
}

int ext_refuse_inode(const struct ext_writer *w,
		     const struct disk_change *change)
{
	const struct ext2_inode_large *inode = w->inode;
	ext2_ino_t number = (ext2_ino_t)change->inode;
	size_t extra = EXT2_INODE_SIZE(w->fs->super) - EXT2_GOOD_OLD_INODE_SIZE;

	if (inode->i_links_count == 0)
		return ext_say_why(w, -ESTALE, number,
				   "it is not in use any more");
	if (inode->i_generation != change->generation)
		return ext_say_why(
			w, -ESTALE, number,
			"it is another file now: its generation is %u, "
			"not %u",
			inode->i_generation, change->generation);
	if (!LINUX_S_ISREG(inode->i_mode) ||
	    is_reserved(w->fs->super, number) ||
	    inode->i_flags & EXT4_EA_INODE_FL)
		return ext_say_why(w, -EINVAL, number, "it is no regular file");
	if (inode->i_flags & (EXT2_IMMUTABLE_FL | EXT2_APPEND_FL))
		return ext_say_why(w, -EPERM, number,
				   "it is immutable or append-only (chattr)");
	if (extra && (inode->i_extra_isize > extra || inode->i_extra_isize & 3))
		return ext_say_why(w, -EBADMSG, number, "it is corrupt");
	return 0;
}
