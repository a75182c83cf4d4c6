/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inodes of EROFS, and the data of those that are flat. */
#include "disk/erofs.h"

#include "form/form.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#define SLOT_BITS 5

/* The bits of i_format. */
#define EXTENDED 0x01
#define LAYOUT(format) ((format) >> 1 & 7)
#define ONE_LINK 0x10
#define KNOWN 0x1f

enum { FLAT_PLAIN, COMPRESSED_FULL, FLAT_INLINE, COMPRESSED_COMPACT, CHUNKS };

static int bad(struct erofs *fs, uint64_t nid, const char *what)
{
	return erofs_fail(fs, -EBADMSG, "inode %" PRIu64 ": %s", nid, what);
}

static bool known_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return true;
	}
	return false;
}

static void read_compact(struct erofs_inode *inode, const uint8_t *bytes,
			 uint32_t format)
{
	inode->size = erofs_32(bytes + 8);
	inode->start = erofs_32(bytes + 16);
	inode->uid = erofs_16(bytes + 24);
	inode->gid = erofs_16(bytes + 26);
	inode->links = erofs_16(bytes + 6);
	/* Where links need no number, its place is for a larger one. */
	if ((format & ONE_LINK) && !S_ISDIR(inode->mode)) {
		inode->start |= (uint64_t)inode->links << 32;
		inode->links = 1;
	}
}

static void read_extended(struct erofs_inode *inode, const uint8_t *bytes)
{
	inode->size = erofs_64(bytes + 8);
	inode->start = erofs_32(bytes + 16) | (uint64_t)erofs_16(bytes + 6)
						      << 32;
	inode->uid = erofs_32(bytes + 24);
	inode->gid = erofs_32(bytes + 28);
	inode->links = erofs_32(bytes + 44);
}

int erofs_inode(struct erofs *fs, uint64_t nid, struct erofs_inode *inode)
{
	uint64_t at = fs->meta + (nid << SLOT_BITS);
	const uint8_t *bytes;
	uint32_t format, slots;

	if (nid > UINT64_MAX >> SLOT_BITS || at < fs->meta ||
	    erofs_bytes(fs, at, 32, &bytes) != 0)
		return bad(fs, nid, "it is not there");
	format = erofs_16(bytes);
	if ((format & EXTENDED) && erofs_bytes(fs, at, 64, &bytes) != 0)
		return bad(fs, nid, "its second half is not there");
	if ((format & ~(uint32_t)KNOWN) || LAYOUT(format) > CHUNKS)
		return erofs_fail(fs, -ENOTSUP,
				  "inode %" PRIu64
				  ": the format 0x%x is not known",
				  nid, format);
	slots = erofs_16(bytes + 2);
	*inode = (struct erofs_inode){
		.nid = nid,
		.attributes = at + (format & EXTENDED ? 64 : 32),
		.attributes_size = slots ? 12 + 4 * (slots - 1) : 0,
		.layout = LAYOUT(format),
		.mode = erofs_16(bytes + 4),
	};
	if (!known_type(inode->mode))
		return bad(fs, nid, "it has no type");
	if (format & EXTENDED)
		read_extended(inode, bytes);
	else
		read_compact(inode, bytes, format);
	return 0;
}

int erofs_flat(struct erofs *fs, const struct erofs_inode *inode)
{
	if (inode->layout == FLAT_PLAIN || inode->layout == FLAT_INLINE)
		return 0;
	return erofs_fail(fs, -ENOTSUP,
			  "inode %" PRIu64
			  ": its data is %s, which is not read",
			  inode->nid,
			  inode->layout == CHUNKS ? "in chunks" : "compressed");
}

/* The last block of an inline inode is behind its attributes, in one block. */
static int tail_at(struct erofs *fs, const struct erofs_inode *inode,
		   size_t size, uint64_t *at)
{
	uint64_t block = UINT64_C(1) << fs->block_bits;

	*at = inode->attributes + inode->attributes_size;
	if ((*at & (block - 1)) + size > block)
		return bad(fs, inode->nid, "its inline data crosses a block");
	return 0;
}

int erofs_block(struct erofs *fs, const struct erofs_inode *inode,
		uint64_t number, const uint8_t **bytes, size_t *size)
{
	uint64_t block = UINT64_C(1) << fs->block_bits;
	uint64_t from = number << fs->block_bits, left = inode->size - from;
	uint64_t at = (inode->start << fs->block_bits) + from;
	int error = 0;

	*size = (size_t)(left < block ? left : block);
	if (inode->layout == FLAT_INLINE && left <= block)
		error = tail_at(fs, inode, *size, &at);
	else if (inode->start > UINT64_MAX >> fs->block_bits || at < from)
		error = bad(fs, inode->nid, "its data is nowhere");
	if (error)
		return error;
	error = erofs_bytes(fs, at, *size, bytes);
	if (error)
		return erofs_fail(fs, error,
				  "inode %" PRIu64 ": block %" PRIu64
				  " of its data cannot be read",
				  inode->nid, number);
	return 0;
}

bool erofs_script(struct erofs *fs, const struct erofs_inode *inode)
{
	const uint8_t *bytes;
	size_t size;

	return S_ISREG(inode->mode) && inode->size &&
	       erofs_flat(fs, inode) == 0 &&
	       erofs_block(fs, inode, 0, &bytes, &size) == 0 &&
	       form_script(bytes, size);
}
