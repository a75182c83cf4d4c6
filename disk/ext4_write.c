/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which blocks of an ext file system are other ones once attributes change. */
#include "disk/ext4_write.h"

#include <errno.h>
#include <ext2fs/ext2_ext_attr.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ------------------------------- one inode -------------------------------- */

static int read_inode(const struct ext_writer *w, ext2_ino_t number)
{
	return ext_failed(
		w,
		ext2fs_read_inode_full(w->fs, number, EXT2_INODE(w->inode),
				       (int)EXT2_INODE_SIZE(w->fs->super)),
		number);
}

static int write_inode(const struct ext_writer *w, ext2_ino_t number)
{
	return ext_failed(
		w,
		ext2fs_write_inode_full(w->fs, number, EXT2_INODE(w->inode),
					(int)EXT2_INODE_SIZE(w->fs->super)),
		number);
}

/* As setxattr(2) does. The time is seconds, and where there is room for it
 * nanoseconds and two more bits of the seconds. */
static int set_ctime(const struct ext_writer *w, ext2_ino_t number)
{
	size_t end = offsetof(struct ext2_inode_large, i_ctime_extra) +
		     sizeof(w->inode->i_ctime_extra);
	struct timespec now;
	int error = read_inode(w, number);

	if (error)
		return error;
	clock_gettime(CLOCK_REALTIME, &now);
	w->inode->i_ctime = (uint32_t)now.tv_sec;
	if (EXT2_INODE_SIZE(w->fs->super) > EXT2_GOOD_OLD_INODE_SIZE &&
	    (size_t)EXT2_GOOD_OLD_INODE_SIZE + w->inode->i_extra_isize >= end)
		w->inode->i_ctime_extra =
			(uint32_t)now.tv_nsec << 2 |
			((uint64_t)(now.tv_sec - (int32_t)now.tv_sec) >> 32 &
			 3);
	return write_inode(w, number);
}

/* Has it got the value already, or none where none is wanted? 1 or 0, or a
 * negated errno. */
static int is_done(const struct ext_writer *w, struct ext2_xattr_handle *h,
		   const struct disk_change *change)
{
	void *value;
	size_t size;
	errcode_t code = ext2fs_xattr_get(h, EXT_ATTRIBUTE, &value, &size);
	int done;

	if (code == EXT2_ET_EA_KEY_NOT_FOUND)
		return change->remove;
	if (code)
		return ext_failed(w, code, (ext2_ino_t)change->inode);
	done = !change->remove && size == change->size &&
	       memcmp(value, change->value, size) == 0;
	ext2fs_free_mem(&value);
	return done;
}

static int read_handle(const struct ext_writer *w, ext2_ino_t number,
		       struct ext2_xattr_handle **h)
{
	errcode_t code = ext2fs_xattrs_open(w->fs, number, h);

	if (code) {
		*h = NULL;
		return ext_failed(w, code, number);
	}
	code = ext2fs_xattrs_read(*h);
	if (code)
		ext2fs_xattrs_close(h);
	return ext_failed(w, code, number);
}

/* Reads the attributes again, and what is there must be what was to be. */
static int verify(const struct ext_writer *w, const struct disk_change *change,
		  const struct ext_attributes *before,
		  struct ext_attributes *after)
{
	ext2_ino_t number = (ext2_ino_t)change->inode;
	struct ext2_xattr_handle *h;
	int error = read_inode(w, number), done;

	if (!error)
		error = ext_attributes(w, number, after);
	if (!error)
		error = read_handle(w, number, &h);
	if (error)
		return error;
	done = is_done(w, h, change);
	ext2fs_xattrs_close(&h);
	if (done < 0)
		return done;
	if (!done || after->count - after->ours != before->count - before->ours)
		return ext_say_why(w, -EIO, number,
				   "what libext2fs made of it is not what was "
				   "wanted");
	return 0;
}

/* libext2fs leaves an empty block to an inode that it has moved the last
 * attribute out of. */
static int drop_empty_block(const struct ext_writer *w, ext2_ino_t number,
			    const struct ext_attributes *after)
{
	if (!after->shared || after->in_block)
		return 0;
	return ext_failed(w, ext2fs_free_ext_attr(w->fs, number, NULL), number);
}

static int set_value(const struct ext_writer *w, struct ext2_xattr_handle *h,
		     const struct disk_change *change)
{
	errcode_t code =
		change->remove ? ext2fs_xattr_remove(h, EXT_ATTRIBUTE)
			       : ext2fs_xattr_set(h, EXT_ATTRIBUTE,
						  change->value, change->size);

	return ext_failed(w, code, (ext2_ino_t)change->inode);
}

static int set_block(const struct ext_writer *w, ext2_ino_t number,
		     blk64_t block)
{
	int error = read_inode(w, number);

	if (error)
		return error;
	ext2fs_file_acl_block_set(w->fs, EXT2_INODE(w->inode), block);
	return write_inode(w, number);
}

/* libext2fs writes the block anew with each change, a copy where others share
 * it. It is taken from the inode meanwhile where it does not matter. */
static int set_in_body(const struct ext_writer *w, struct ext2_xattr_handle *h,
		       const struct disk_change *change)
{
	ext2_ino_t number = (ext2_ino_t)change->inode;
	blk64_t block = ext2fs_file_acl_block(w->fs, EXT2_INODE(w->inode));
	int error = block ? set_block(w, number, 0) : 0;

	if (!error)
		error = ext_failed(w, ext2fs_xattrs_read(h), number);
	if (!error)
		error = set_value(w, h, change);
	if (!error && block)
		error = set_block(w, number, block);
	return error;
}

/* With no other in its block the block goes, and there need not be a free one
 * to copy a shared block to. */
static int set_anywhere(const struct ext_writer *w, struct ext2_xattr_handle *h,
			const struct disk_change *change,
			const struct ext_attributes *before)
{
	size_t needed = EXT2_EXT_ATTR_LEN(strlen("capability")) +
			EXT2_EXT_ATTR_SIZE(change->size);
	bool body = change->remove || needed <= before->body_left;
	ext2_ino_t number = (ext2_ino_t)change->inode;
	int error = 0;

	if (body && before->ours_in_block && before->in_block == 1 &&
	    !before->value_in) {
		error = ext_failed(w, ext2fs_free_ext_attr(w->fs, number, NULL),
				   number);
		if (!error)
			error = read_inode(w, number);
	} else if (!body || before->ours_in_block) {
		/* The copy of a shared block names them too. */
		if (before->shared > 1)
			error = ext_hold_values(w, number);
		return error ? error : set_value(w, h, change);
	}
	return error ? error : set_in_body(w, h, change);
}

/* Quotas count blocks and values in inodes, and are nothing that libext2fs
 * keeps. */
static int refuse_quota(const struct ext_writer *w, ext2_ino_t number,
			const struct ext_attributes *before,
			const struct ext_attributes *after)
{
	if (!ext2fs_has_feature_quota(w->fs->super) ||
	    (!before->shared == !after->shared && !before->value_in &&
	     !after->value_in))
		return 0;
	return ext_say_why(
		w, -ENOTSUP, number,
		"the file system has quotas, and what the inode takes "
		"of them would change: mount it to change this one");
}

/* libext2fs frees the inode of a value, and does not count. */
static int discharge(const struct ext_writer *w, ext2_ino_t number,
		     const struct ext_attributes *before,
		     const struct ext_attributes *after)
{
	struct ext2_inode *inode = EXT2_INODE(w->inode);
	int error = read_inode(w, number);
	errcode_t code;

	if (error || before->counted == after->counted)
		return error;
	code = ext2fs_iblk_sub_blocks(w->fs, inode, before->counted);
	if (!code)
		code = ext2fs_iblk_add_blocks(w->fs, inode, after->counted);
	return code ? ext_say_why(w, -EBADMSG, number,
				  "it has fewer blocks than its attributes")
		    : write_inode(w, number);
}

static int write_value(const struct ext_writer *w,
		       const struct disk_change *change,
		       struct ext2_xattr_handle *h,
		       const struct ext_attributes *before)
{
	ext2_ino_t number = (ext2_ino_t)change->inode;
	struct ext_attributes after;
	int error = set_anywhere(w, h, change, before);

	if (!error)
		error = verify(w, change, before, &after);
	if (!error)
		error = drop_empty_block(w, number, &after);
	if (!error)
		error = verify(w, change, before, &after);
	if (!error)
		error = refuse_quota(w, number, before, &after);
	if (!error)
		error = discharge(w, number, before, &after);
	return error ? error : set_ctime(w, number);
}

static int change_inode(const struct ext_writer *w,
			const struct disk_change *change)
{
	ext2_ino_t number = (ext2_ino_t)change->inode;
	struct ext2_xattr_handle *h = NULL;
	struct ext_attributes before;
	int error, done;

	if (change->inode == 0 ||
	    change->inode > w->fs->super->s_inodes_count ||
	    !ext2fs_test_inode_bitmap2(w->fs->inode_map, number))
		return ext_say_why(w, -ESTALE, number, "it is not in use");
	error = read_inode(w, number);
	if (!error)
		error = ext_refuse_inode(w, change);
	if (!error)
		error = ext_attributes(w, number, &before);
	if (!error)
		error = read_handle(w, number, &h);
	if (error)
		return error;
	done = is_done(w, h, change);
	error = done < 0 ? done : 0;
	if (!done)
		error = write_value(w, change, h, &before);
	ext2fs_xattrs_close(&h);
	return error;
}

/* ----------------------------- the file system ---------------------------- */

static int begin(struct ext_writer *w, struct ext_io *io)
{
	errcode_t code = ext_io_open(
		io, EXT2_FLAG_RW | EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP, 0, 0,
		&w->fs);
	size_t size;
	int error;

	if (code) {
		w->fs = NULL;
		return ext_failed(w, code, 0);
	}
	size = EXT2_INODE_SIZE(w->fs->super);
	if (size < sizeof(*w->inode))
		size = sizeof(*w->inode);
	w->inode = calloc(1, size);
	w->block = malloc(w->fs->blocksize);
	if (!w->inode || !w->block)
		return ext_failed(w, EXT2_ET_NO_MEMORY, 0);
	error = ext_refuse(w, io->disk);
	return error ? error : ext_failed(w, ext2fs_read_bitmaps(w->fs), 0);
}

/* The time of the last write stays: a file system that differs in nothing else
 * need not differ in that. Backups of the superblock are not written either. */
static int finish(struct ext_writer *w)
{
	errcode_t code;

	if (w->fs->super->s_wtime)
		w->fs->now = w->fs->super->s_wtime;
	code = ext2fs_close(w->fs);
	if (!code)
		w->fs = NULL;
	return ext_failed(w, code, 0);
}

static int check_changes(const struct ext_writer *w,
			 const struct disk_change *change, size_t changes)
{
	for (size_t i = 0; i < changes; i++) {
		if (change[i].inode > UINT32_MAX)
			return ext_say_why(w, -ESTALE, 0,
					   "inode %llu: there is none",
					   (unsigned long long)change[i].inode);
		if ((i && change[i].inode <= change[i - 1].inode) ||
		    (!change[i].remove &&
		     (!change[i].size ||
		      change[i].size > sizeof(change[i].value))))
			return ext_say_why(
				w, -EINVAL, (ext2_ino_t)change[i].inode,
				"it is out of order, or its value has "
				"no size that is possible");
	}
	return 0;
}

int ext_write(const struct disk *disk, const struct disk_change *change,
	      size_t changes, disk_block_fn *fn, void *ctx,
	      char why[DISK_WHY_SIZE])
{
	struct ext_writer w = {.why = why};
	struct ext_io io = {.disk = disk};
	int error;

	why[0] = '\0';
	error = check_changes(&w, change, changes);
	if (!error)
		error = begin(&w, &io);
	for (size_t i = 0; !error && i < changes; i++)
		error = change_inode(&w, change + i);
	if (!error)
		error = finish(&w);
	if (w.fs)
		ext2fs_free(w.fs);
	free(w.inode);
	free(w.block);
	if (!error)
		error = ext_io_changed(&io, fn, ctx);
	if (error < 0 && !why[0])
		ext_say_why(&w, error, 0, "%s", strerror(-error));
	ext_io_close(&io);
	return error;
}
