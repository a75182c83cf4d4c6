/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the squashfs reader share: blocks of metadata, sets of
 * attributes, inodes. The format is that of version 4.0; of libsquashfs only the
 * decompressors are used, behind checks of all that is given to them.
 *
 * Functions return 0, -ENOMEM, or another negated errno with the reason in
 * struct squashfs.
 */
#ifndef DISK_SQUASHFS_H
#define DISK_SQUASHFS_H

#include "disk/disk.h"

#include <sqfs/predef.h>

/** SQ_BLOCK - bytes of a block of metadata, decompressed */
#define SQ_BLOCK 8192

/** SQ_SUPER - bytes of the superblock: nothing else begins within */
#define SQ_SUPER 96

/** SQ_NONE - a table that is not there, and the number of no set */
#define SQ_NONE UINT64_MAX
#define SQ_NO_SET UINT32_MAX

/* ------------------------------ blocks of metadata ------------------------ */

/** struct sq_region - blocks that follow one another */
struct sq_region {
	const char *name; /* for reasons */
	uint64_t start, end;
};

/** struct sq_at - a place in a region: where the block is, and how far in it */
struct sq_at {
	const struct sq_region *region;
	uint64_t block;
	uint32_t offset;
};

struct sq_cache;

/** struct sq_refs - a set of references to inodes, of a bounded size */
struct sq_refs {
	uint64_t *slot; /* 0 is free: references are kept plus 1 */
	size_t slots, count;
	uint64_t key[2];
};

/** struct sq_found - a set that has the attribute, or that is broken */
struct sq_found {
	uint32_t set;
	bool broken;
	uint64_t block; /* where the size of the value is */
	uint32_t offset;
};

/** struct sq_owner - an entry of the table of owners that was looked up */
struct sq_owner {
	uint32_t number; /* plus 1; 0 is none */
	uint32_t id;
};

#define SQ_OWNERS 256

/** struct squashfs - one file system while it is read */
struct squashfs {
	const struct disk *disk;
	const struct disk_options *options;
	disk_fn *fn;
	void *ctx;
	char why[DISK_WHY_SIZE];

	/* As the superblock has it, and checked. */
	uint32_t block_size, ids;
	uint16_t compression;
	uint64_t bytes_used, root, id_table, xattr_table;
	struct sq_region inodes, directories, owners;

	sqfs_compressor_t *compressor; /* NULL: it is not known here */
	bool lacking;		       /* it was needed */
	struct sq_cache *cache;
	struct sq_owner owner[SQ_OWNERS]; /* by number modulo their count */
	uint64_t listed_at, listed;	  /* an entry of a list of blocks */
	uint64_t misses; /* how many blocks may still be decompressed */

	/* Of the sets below @known it is known which have the attribute. */
	struct sq_region pairs, set_table;
	struct sq_found *found;
	size_t founds, room;
	uint32_t sets, known;
	uint64_t whys;	/* bytes that were read again to say what is broken */
	uint8_t *value; /* DISK_VALUE_MAX bytes */

	struct sq_refs visited; /* directories */
	struct sq_refs named;	/* inodes that have the attribute */
	bool uncounted;		/* @named is not all of them */
};

static inline uint16_t sq_16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t sq_32(const uint8_t *p)
{
	return sq_16(p) | (uint32_t)sq_16(p + 2) << 16;
}

static inline uint64_t sq_64(const uint8_t *p)
{
	return sq_32(p) | (uint64_t)sq_32(p + 4) << 32;
}

/** sq_fail() - note why; returns @error */
int sq_fail(struct squashfs *fs, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** sq_blocks_open() - the decompressor and the cache; sq_blocks_close() frees
 *  them. Where there is no decompressor, blocks that want one are ENOTSUP. */
int sq_blocks_open(struct squashfs *fs);
void sq_blocks_close(struct squashfs *fs);

/** sq_seek() - the place that a reference of the format means */
int sq_seek(struct squashfs *fs, const struct sq_region *region, uint64_t ref,
	    struct sq_at *at);

/** sq_read() - @size bytes, across blocks; @buf NULL passes over them */
int sq_read(struct squashfs *fs, struct sq_at *at, void *buf, uint64_t size);

/** sq_count() - how many bytes the blocks of a region have at most; stops where
 *  there can be no block */
int sq_count(struct squashfs *fs, const struct sq_region *region,
	     uint64_t *bytes);

/** sq_table() - entry @index of a table of @size bytes an entry, whose list of
 *  blocks is at @list; the blocks lie within @region */
int sq_table(struct squashfs *fs, const struct sq_region *region, uint64_t list,
	     uint32_t index, size_t size, uint8_t *entry);

/* ------------------------------ sets of attributes ------------------------ */

/** sq_sets_read() - which sets have the attribute; none where @founds is 0 and
 *  @known is @sets */
int sq_sets_read(struct squashfs *fs);

/** sq_sets_value() - the value of a set
 *  Return: as all, and -ENODATA where it has none */
int sq_sets_value(struct squashfs *fs, uint32_t set, size_t *size);

/** sq_sets_has() - is sq_sets_value() other than -ENODATA? */
bool sq_sets_has(const struct squashfs *fs, uint32_t set);

/* ---------------------------------- inodes -------------------------------- */

/** struct sq_inode - what of an inode matters here */
struct sq_inode {
	uint64_t ref;
	uint32_t number, mode, links, set;
	unsigned type;	       /* of those without attributes */
	uint32_t owner, group; /* in the table of ids */

	/* Of a directory. */
	uint64_t list; /* reference to the listing */
	uint32_t size;

	uint64_t tail; /* bytes that follow what was read */
};

/** SQ_DIRECTORY - the only type that is different for us */
#define SQ_DIRECTORY 1

/** sq_inode_read() - the inode at a reference */
int sq_inode_read(struct squashfs *fs, uint64_t ref, struct sq_inode *inode);

/** sq_inode_next() - the inode at a place, which is then behind it */
int sq_inode_next(struct squashfs *fs, struct sq_at *at,
		  struct sq_inode *inode);

/** sq_inode_owner() - the user and the group, looked up */
int sq_inode_owner(struct squashfs *fs, const struct sq_inode *inode,
		   uint32_t *uid, uint32_t *gid);

/* ----------------------------- the whole of it ---------------------------- */

/** sq_tell() - hand over what is no entry; @path NULL: the file system */
int sq_tell(struct squashfs *fs, enum disk_what what, const char *path,
	    int error, const char *reason);

/** sq_entry() - hand over an inode under a name, or without one, if it has the
 *  attribute or all are wanted */
int sq_entry(struct squashfs *fs, const char *path,
	     const struct sq_inode *inode);

/** sq_walk() - all that has a name */
int sq_walk(struct squashfs *fs);

/** sq_nameless() - what has the attribute and was not met by sq_walk() */
int sq_nameless(struct squashfs *fs);

/** sq_refs_add() - Return: 1, 0 where it is there already, -ENOMEM, or -EFBIG */
int sq_refs_add(struct sq_refs *refs, uint64_t ref);
bool sq_refs_has(const struct sq_refs *refs, uint64_t ref);

#endif /* DISK_SQUASHFS_H */
