/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inodes, and whose they are. */
#include "disk/squashfs.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <sqfs/inode.h>
#include <string.h>
#include <sys/stat.h>

/* What all begin with. */
#define HEAD 16

/* The largest of the fixed parts. */
#define BODY 40

/* struct kind - one type of inode; offsets are those in what follows the head */
struct kind {
	uint8_t size;
	uint8_t links, set; /* offsets; 0xff: it has none */
	uint8_t plain;	    /* the type without attributes */
	uint32_t mode;
};

#define NO 0xff

static const struct kind kinds[] = {
	[SQFS_INODE_DIR] = {16, 4, NO, SQFS_INODE_DIR, S_IFDIR},
	[SQFS_INODE_FILE] = {16, NO, NO, SQFS_INODE_FILE, S_IFREG},
	[SQFS_INODE_SLINK] = {8, 0, NO, SQFS_INODE_SLINK, S_IFLNK},
	[SQFS_INODE_BDEV] = {8, 0, NO, SQFS_INODE_BDEV, S_IFBLK},
	[SQFS_INODE_CDEV] = {8, 0, NO, SQFS_INODE_CDEV, S_IFCHR},
	[SQFS_INODE_FIFO] = {4, 0, NO, SQFS_INODE_FIFO, S_IFIFO},
	[SQFS_INODE_SOCKET] = {4, 0, NO, SQFS_INODE_SOCKET, S_IFSOCK},
	[SQFS_INODE_EXT_DIR] = {24, 0, 20, SQFS_INODE_DIR, S_IFDIR},
	[SQFS_INODE_EXT_FILE] = {40, 24, 36, SQFS_INODE_FILE, S_IFREG},
	/* Its set is behind the target. */
	[SQFS_INODE_EXT_SLINK] = {8, 0, NO, SQFS_INODE_SLINK, S_IFLNK},
	[SQFS_INODE_EXT_BDEV] = {12, 0, 8, SQFS_INODE_BDEV, S_IFBLK},
	[SQFS_INODE_EXT_CDEV] = {12, 0, 8, SQFS_INODE_CDEV, S_IFCHR},
	[SQFS_INODE_EXT_FIFO] = {8, 0, 4, SQFS_INODE_FIFO, S_IFIFO},
	[SQFS_INODE_EXT_SOCKET] = {8, 0, 4, SQFS_INODE_SOCKET, S_IFSOCK},
};

static_assert(SQ_DIRECTORY == SQFS_INODE_DIR, "the type of directories");

/* ---------------------------------- its parts ----------------------------- */

static void take_directory(struct sq_inode *inode, unsigned type,
			   const uint8_t *body)
{
	bool extended = type == SQFS_INODE_EXT_DIR;
	uint64_t block = sq_32(body + (extended ? 8 : 0));
	uint32_t size = extended ? sq_32(body + 4) : sq_16(body + 8);

	inode->list = block << 16 | sq_16(body + (extended ? 18 : 10));
	/* "." and ".." are counted, and are not there. */
	inode->size = size > 3 ? size - 3 : 0;
}

/* A number of four bytes for each block. */
static void take_file(const struct squashfs *fs, struct sq_inode *inode,
		      unsigned type, const uint8_t *body)
{
	bool extended = type == SQFS_INODE_EXT_FILE;
	uint64_t size = extended ? sq_64(body + 8) : sq_32(body + 12);
	uint32_t fragment = sq_32(body + (extended ? 28 : 4));

	inode->tail = size / fs->block_size;
	if (fragment == UINT32_MAX && size % fs->block_size)
		inode->tail++;
	inode->tail *= 4;
}

static int take_link(struct squashfs *fs, struct sq_inode *inode, unsigned type,
		     const uint8_t *body, struct sq_at *at)
{
	uint8_t set[4];
	int error;

	inode->tail = sq_32(body + 4);
	if (type != SQFS_INODE_EXT_SLINK)
		return 0;
	error = sq_read(fs, at, NULL, inode->tail);
	if (!error)
		error = sq_read(fs, at, set, sizeof(set));
	if (error)
		return error;
	inode->set = sq_32(set);
	inode->tail = 0;
	return 0;
}

static int read_body(struct squashfs *fs, struct sq_at *at, unsigned type,
		     struct sq_inode *inode)
{
	const struct kind *kind = &kinds[type];
	uint8_t body[BODY];
	int error = sq_read(fs, at, body, kind->size);

	if (error)
		return error;
	inode->type = kind->plain;
	inode->mode |= kind->mode;
	inode->links = kind->links == NO ? 1 : sq_32(body + kind->links);
	if (kind->set != NO)
		inode->set = sq_32(body + kind->set);
	if (kind->plain == SQFS_INODE_DIR)
		take_directory(inode, type, body);
	if (kind->plain == SQFS_INODE_FILE)
		take_file(fs, inode, type, body);
	return kind->plain == SQFS_INODE_SLINK
		       ? take_link(fs, inode, type, body, at)
		       : 0;
}

static int read_head(struct squashfs *fs, struct sq_at *at,
		     struct sq_inode *inode, unsigned *type)
{
	uint8_t head[HEAD];
	int error = sq_read(fs, at, head, sizeof(head));

	if (error)
		return error;
	*type = sq_16(head);
	inode->mode = sq_16(head + 2) & 07777;
	inode->owner = sq_16(head + 4);
	inode->group = sq_16(head + 6);
	inode->number = sq_32(head + 12);
	if (*type == 0 || *type >= sizeof(kinds) / sizeof(kinds[0]))
		return sq_fail(fs, -EBADMSG,
			       "inode %" PRIu32 ": there is no type %u",
			       inode->number, *type);
	return 0;
}

static int read_inode(struct squashfs *fs, struct sq_at *at,
		      struct sq_inode *inode, unsigned *type)
{
	int error;

	*inode = (struct sq_inode){
		.ref = (at->block - at->region->start) << 16 | at->offset,
		.set = SQ_NO_SET,
	};
	error = read_head(fs, at, inode, type);
	return error ? error : read_body(fs, at, *type, inode);
}

/* -------------------------------- in the table ---------------------------- */

int sq_inode_read(struct squashfs *fs, uint64_t ref, struct sq_inode *inode)
{
	struct sq_at at;
	unsigned type;
	int error = sq_seek(fs, &fs->inodes, ref, &at);

	return error ? error : read_inode(fs, &at, inode, &type);
}

/* The index of a large directory: names behind numbers. */
static int pass_index(struct squashfs *fs, struct sq_at *at, uint32_t count)
{
	int error = 0;

	while (count-- && !error) {
		uint8_t entry[12];

		error = sq_read(fs, at, entry, sizeof(entry));
		if (!error)
			error = sq_read(fs, at, NULL,
					(uint64_t)sq_32(entry + 8) + 1);
	}
	return error;
}

int sq_inode_next(struct squashfs *fs, struct sq_at *at, struct sq_inode *inode)
{
	struct sq_at start = *at;
	uint8_t count[2];
	unsigned type;
	int error = read_inode(fs, at, inode, &type);

	if (error)
		return error;
	if (type != SQFS_INODE_EXT_DIR)
		return sq_read(fs, at, NULL, inode->tail);
	error = sq_read(fs, &start, NULL, HEAD + 16);
	if (!error)
		error = sq_read(fs, &start, count, sizeof(count));
	return error ? error : pass_index(fs, at, sq_16(count));
}

/* ---------------------------------- owners -------------------------------- */

/* Few own nearly all inodes: who they are is asked once. */
static int look_up(struct squashfs *fs, const struct sq_inode *inode,
		   uint32_t index, uint32_t *id)
{
	struct sq_owner *known = &fs->owner[index % SQ_OWNERS];
	uint8_t entry[4];
	int error = 0;

	if (index >= fs->ids)
		return sq_fail(fs, -EBADMSG,
			       "inode %" PRIu32 ": its owner is number %" PRIu32
			       " of %" PRIu32,
			       inode->number, index, fs->ids);
	if (known->number != index + 1) {
		error = sq_table(fs, &fs->owners, fs->id_table, index,
				 sizeof(entry), entry);
		if (!error)
			*known = (struct sq_owner){index + 1, sq_32(entry)};
	}
	if (!error)
		*id = known->id;
	return error;
}

int sq_inode_owner(struct squashfs *fs, const struct sq_inode *inode,
		   uint32_t *uid, uint32_t *gid)
{
	int error = look_up(fs, inode, inode->owner, uid);

	return error ? error : look_up(fs, inode, inode->group, gid);
}
