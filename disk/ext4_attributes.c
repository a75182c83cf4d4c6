/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attributes of an inode as they are laid out. libext2fs takes more than it
 * writes back as it was: what it would not is refused here.
 */
#include "disk/ext4_write.h"

#include <errno.h>
#include <ext2fs/ext2_ext_attr.h>
#include <string.h>

/* Where entries are: in the inode or in a block. */
struct region {
	const char *entries; /* in the order of bytes that the host has */
	size_t size;	     /* to the end of the values */
	size_t used;	     /* by all of them; each_entry() counts */
	size_t before; /* offsets of values count from so many bytes before */
};

/* What ext_attributes() and ext_hold_values() do with an entry. */
typedef int entry_fn(const struct ext_writer *w, ext2_ino_t inode,
		     const struct ext2_ext_attr_entry *e, const char *name,
		     void *ctx);

static bool value_fits(const struct region *r,
		       const struct ext2_ext_attr_entry *e)
{
	size_t end = r->size + r->before;

	if (e->e_value_inum)
		return e->e_value_offs == 0 && e->e_value_size <= 64 << 10;
	return e->e_value_size <= end &&
	       e->e_value_offs <= end - e->e_value_size;
}

static size_t space_of(const struct ext2_ext_attr_entry *e)
{
	size_t size = EXT2_EXT_ATTR_LEN((size_t)e->e_name_len);

	if (!e->e_value_inum)
		size += EXT2_EXT_ATTR_SIZE((size_t)e->e_value_size);
	return size;
}

/* Reads one entry. All of them must fit where they are written anew. */
static bool read_entry(struct region *r, size_t at,
		       struct ext2_ext_attr_entry *e)
{
	const char *name = r->entries + at + sizeof(*e);

	if (r->size - at < sizeof(*e))
		return false;
	memcpy(e, r->entries + at, sizeof(*e));
	if (EXT2_EXT_ATTR_LEN(e->e_name_len) > r->size - at ||
	    memchr(name, '\0', e->e_name_len) || !value_fits(r, e))
		return false;
	r->used += space_of(e);
	return r->used + sizeof(uint32_t) <= r->size;
}

static int each_entry(const struct ext_writer *w, ext2_ino_t inode,
		      struct region *r, entry_fn *fn, void *ctx)
{
	static const char end[sizeof(uint32_t)];
	struct ext2_ext_attr_entry e;
	size_t at = 0;
	int error = 0;

	while (!error) {
		if (r->size - at < sizeof(end))
			goto bad;
		if (memcmp(r->entries + at, end, sizeof(end)) == 0)
			return 0;
		if (!read_entry(r, at, &e))
			goto bad;
		error = fn(w, inode, &e, r->entries + at + sizeof(e), ctx);
		at += EXT2_EXT_ATTR_LEN(e.e_name_len);
	}
	return error;
bad:
	return ext_say_why(w, -EBADMSG, inode,
			   "its extended attributes are corrupt");
}

/* ------------------------------- where they are --------------------------- */

static bool find_body(const struct ext_writer *w, struct region *r)
{
	size_t size = EXT2_INODE_SIZE(w->fs->super);
	size_t extra = w->inode->i_extra_isize;
	const char *bytes = (const char *)w->inode;
	uint32_t magic;

	*r = (struct region){0};
	if (size <= EXT2_GOOD_OLD_INODE_SIZE + sizeof(magic) ||
	    extra < sizeof(uint16_t) ||
	    extra >= size - EXT2_GOOD_OLD_INODE_SIZE - sizeof(magic))
		return false;
	bytes += EXT2_GOOD_OLD_INODE_SIZE + extra;
	memcpy(&magic, bytes, sizeof(magic));
	*r = (struct region){
		.entries = bytes + sizeof(magic),
		.size = size - EXT2_GOOD_OLD_INODE_SIZE - extra - sizeof(magic),
	};
	return magic == EXT2_EXT_ATTR_MAGIC;
}

/* @shared: 0 where there is none */
static int find_block(const struct ext_writer *w, ext2_ino_t inode,
		      struct region *r, uint32_t *shared)
{
	blk64_t block = ext2fs_file_acl_block(w->fs, EXT2_INODE(w->inode));
	struct ext2_ext_attr_header header;
	errcode_t code;

	*shared = 0;
	if (!block)
		return 0;
	if (block < w->fs->super->s_first_data_block ||
	    block >= ext2fs_blocks_count(w->fs->super) ||
	    !ext2fs_test_block_bitmap2(w->fs->block_map, block))
		return ext_say_why(
			w, -EBADMSG, inode,
			"its extended attribute block is none in use");
	code = ext2fs_read_ext_attr3(w->fs, block, w->block, inode);
	if (code)
		return ext_failed(w, code, inode);
	memcpy(&header, w->block, sizeof(header));
	if (header.h_magic != EXT2_EXT_ATTR_MAGIC || header.h_refcount == 0)
		return ext_say_why(w, -EBADMSG, inode,
				   "its extended attribute block is corrupt");
	*shared = header.h_refcount;
	*r = (struct region){
		.entries = w->block + sizeof(header),
		.size = w->fs->blocksize - sizeof(header),
		.before = sizeof(header),
	};
	return 0;
}

/* ---------------------------------- looking ------------------------------- */

static bool is(const struct ext2_ext_attr_entry *e, const char *name,
	       const char *wanted)
{
	return e->e_name_len == strlen(wanted) &&
	       memcmp(name, wanted, e->e_name_len) == 0;
}

/* Whoever names a value in another inode is charged for all of it. */
static uint64_t blocks_of(const struct ext_writer *w,
			  const struct ext2_ext_attr_entry *e)
{
	uint64_t unit = (uint64_t)w->fs->blocksize << w->fs->cluster_ratio_bits;

	if (!e->e_value_inum)
		return 0;
	return EXT2FS_C2B(w->fs, (e->e_value_size + unit - 1) / unit);
}

/* libext2fs tells attributes by their names: one of an index that it has no
 * prefix for must not be taken for ours. */
static int look(const struct ext_writer *w, ext2_ino_t inode,
		const struct ext2_ext_attr_entry *e, const char *name,
		void *ctx)
{
	struct ext_attributes *seen = ctx;

	seen->count++;
	if (e->e_name_index == 6 && is(e, name, "capability")) {
		seen->ours++;
		seen->value_in = e->e_value_inum;
		seen->counted = blocks_of(w, e);
		seen->space = space_of(e);
	} else if (is(e, name, EXT_ATTRIBUTE) &&
		   (e->e_name_index == 0 || e->e_name_index > 4)) {
		return ext_say_why(
			w, -EBADMSG, inode,
			"an attribute of the index %u is named " EXT_ATTRIBUTE,
			e->e_name_index);
	}
	return 0;
}

int ext_attributes(const struct ext_writer *w, ext2_ino_t inode,
		   struct ext_attributes *seen)
{
	struct region r;
	unsigned in_body, ours;
	int error = 0;
	size_t body;

	*seen = (struct ext_attributes){0};
	if (find_body(w, &r))
		error = each_entry(w, inode, &r, look, seen);
	in_body = seen->count;
	ours = seen->ours;
	body = r.used - (ours ? seen->space : 0) + sizeof(uint32_t);
	seen->body_left = r.size > body ? r.size - body : 0;
	if (!error)
		error = find_block(w, inode, &r, &seen->shared);
	if (!error && seen->shared)
		error = each_entry(w, inode, &r, look, seen);
	seen->in_block = seen->count - in_body;
	seen->ours_in_block = seen->ours > ours;
	if (!error && seen->ours > 1)
		error = ext_say_why(w, -EBADMSG, inode,
				    "it has the attribute more than once");
	return error;
}

/* --------------------------- values in other inodes ----------------------- */

static int hold(const struct ext_writer *w, ext2_ino_t inode,
		const struct ext2_ext_attr_entry *e, const char *name,
		void *ctx)
{
	ext2_ino_t number = e->e_value_inum;
	struct ext2_inode value;
	uint64_t names;
	errcode_t code;

	(void)name;
	(void)ctx;
	if (!number)
		return 0;
	code = ext2fs_read_inode(w->fs, number, &value);
	if (code)
		return ext_failed(w, code, inode);
	names = ext2fs_get_ea_inode_ref(&value);
	if (!(value.i_flags & EXT4_EA_INODE_FL) || names == 0 ||
	    names == UINT64_MAX)
		return ext_say_why(
			w, -EBADMSG, inode,
			"inode %u, which holds a value of it, is corrupt",
			number);
	ext2fs_set_ea_inode_ref(&value, names + 1);
	return ext_failed(w, ext2fs_write_inode(w->fs, number, &value), inode);
}

int ext_hold_values(const struct ext_writer *w, ext2_ino_t inode)
{
	struct region r;
	uint32_t shared;
	int error = find_block(w, inode, &r, &shared);

	return error || !shared ? error : each_entry(w, inode, &r, hold, NULL);
}
