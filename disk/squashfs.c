/* SPDX-License-Identifier: GPL-2.0-or-later */
/* squashfs: the superblock, and what is handed over. */
#include "disk/squashfs.h"

#include <errno.h>
#include <inttypes.h>
#include <sqfs/super.h>
#include <stdlib.h>
#include <string.h>

/* How many blocks may be decompressed however few there are. */
#define MISSES (1 << 20)

/* Where in the superblock; all numbers have their lowest byte first. */
enum {
	AT_BLOCK_SIZE = 12,
	AT_COMPRESSION = 20,
	AT_BLOCK_LOG = 22,
	AT_FLAGS = 24,
	AT_IDS = 26,
	AT_MAJOR = 28,
	AT_MINOR = 30,
	AT_ROOT = 32,
	AT_USED = 40,
	AT_ID_TABLE = 48,
	AT_XATTR_TABLE = 56,
	AT_INODES = 64,
	AT_DIRECTORIES = 72,
	AT_FRAGMENTS = 80,
	AT_EXPORT = 88,
};

/* The third says that the data has checksums, which nobody ever wrote. */
#define KNOWN_FLAGS 0x0fffU

/* -------------------------------- the superblock -------------------------- */

static int check_version(struct squashfs *fs, const uint8_t *super)
{
	static const char swapped[] = "sqsh";
	unsigned flags = sq_16(super + AT_FLAGS);

	if (memcmp(super, swapped, 4) == 0)
		return sq_fail(fs, -ENOTSUP,
			       "a squashfs older than version 4.0, of a "
			       "machine with the other byte order");
	if (sq_32(super) != SQFS_MAGIC)
		return sq_fail(fs, -EBADMSG, "not a squashfs: no magic");
	if (sq_16(super + AT_MAJOR) != 4 || sq_16(super + AT_MINOR) != 0)
		return sq_fail(fs, -ENOTSUP,
			       "version %u.%u of squashfs; only 4.0 is known",
			       sq_16(super + AT_MAJOR),
			       sq_16(super + AT_MINOR));
	if (flags & ~KNOWN_FLAGS)
		return sq_fail(fs, -ENOTSUP,
			       "its superblock has flags that are not known: "
			       "0x%x",
			       flags & ~KNOWN_FLAGS);
	return 0;
}

static int check_sizes(struct squashfs *fs, const uint8_t *super)
{
	unsigned log = sq_16(super + AT_BLOCK_LOG);

	fs->block_size = sq_32(super + AT_BLOCK_SIZE);
	fs->bytes_used = sq_64(super + AT_USED);
	fs->compression = sq_16(super + AT_COMPRESSION);
	if (fs->block_size < SQFS_MIN_BLOCK_SIZE ||
	    fs->block_size > SQFS_MAX_BLOCK_SIZE || log > 20 ||
	    fs->block_size != UINT32_C(1) << log)
		return sq_fail(fs, -EBADMSG,
			       "its superblock has blocks of %" PRIu32
			       " bytes, and says that this is 2 to the %u",
			       fs->block_size, log);
	if (fs->bytes_used > fs->disk->size)
		return sq_fail(fs, -EBADMSG,
			       "it is cut off: there should be %" PRIu64
			       " bytes, and there are %" PRIu64,
			       fs->bytes_used, fs->disk->size);
	return 0;
}

/* The next table behind @start ends what begins there. */
static uint64_t end_of(const struct squashfs *fs, const uint8_t *super,
		       uint64_t start)
{
	static const unsigned tables[] = {AT_ID_TABLE,	AT_XATTR_TABLE,
					  AT_INODES,	AT_DIRECTORIES,
					  AT_FRAGMENTS, AT_EXPORT};
	uint64_t end = fs->bytes_used;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		uint64_t table = sq_64(super + tables[i]);

		if (table > start && table < end)
			end = table;
	}
	return end;
}

static int place(struct squashfs *fs, const uint8_t *super, unsigned at,
		 const char *name, struct sq_region *region)
{
	uint64_t start = sq_64(super + at);

	if (start < SQ_SUPER || start >= fs->bytes_used)
		return sq_fail(fs, -EBADMSG,
			       "its superblock has the %s at byte %" PRIu64
			       " of %" PRIu64,
			       name, start, fs->bytes_used);
	*region = (struct sq_region){name, start, end_of(fs, super, start)};
	return 0;
}

/* The numbers of users and groups: blocks, then the list of these. */
static int place_owners(struct squashfs *fs, const uint8_t *super)
{
	uint64_t list;
	int error =
		place(fs, super, AT_ID_TABLE, "table of owners", &fs->owners);

	if (error)
		return error;
	fs->ids = sq_16(super + AT_IDS);
	fs->id_table = fs->owners.start;
	list = (fs->ids * UINT64_C(4) + SQ_BLOCK - 1) / SQ_BLOCK * 8;
	if (!fs->ids || list > fs->bytes_used - fs->id_table)
		return sq_fail(fs, -EBADMSG,
			       "its superblock has %" PRIu32
			       " owners, for which there is no room",
			       fs->ids);
	fs->owners.start = fs->directories.start;
	fs->owners.end = fs->id_table;
	if (fs->owners.start >= fs->owners.end)
		return sq_fail(fs, -EBADMSG,
			       "its superblock has the table of owners before "
			       "the table of directories");
	return 0;
}

static int place_tables(struct squashfs *fs, const uint8_t *super)
{
	int error = place(fs, super, AT_INODES, "table of inodes", &fs->inodes);

	if (!error)
		error = place(fs, super, AT_DIRECTORIES, "table of directories",
			      &fs->directories);
	if (!error && fs->directories.start <= fs->inodes.start)
		error = sq_fail(fs, -EBADMSG,
				"its superblock has the table of directories "
				"before that of inodes");
	if (!error)
		error = place_owners(fs, super);
	fs->root = sq_64(super + AT_ROOT);
	fs->xattr_table = sq_64(super + AT_XATTR_TABLE);
	return error;
}

static int read_super(struct squashfs *fs)
{
	uint8_t super[SQ_SUPER];
	int error = disk_read(fs->disk, 0, super, sizeof(super));

	if (error)
		return sq_fail(fs, error, "the superblock: %s",
			       strerror(-error));
	error = check_version(fs, super);
	if (!error)
		error = check_sizes(fs, super);
	return error ? error : place_tables(fs, super);
}

/* -------------------------------- handing over ---------------------------- */

int sq_tell(struct squashfs *fs, enum disk_what what, const char *path,
	    int error, const char *reason)
{
	struct disk_entry entry = {
		.what = what,
		.path = path,
		.error = error,
		.reason = reason,
	};

	return fs->fn(fs->ctx, &entry);
}

/* To know later who has no name. */
static int note(struct squashfs *fs, const char *path,
		const struct sq_inode *inode)
{
	int added = path ? sq_refs_add(&fs->named, inode->ref) : 0;

	if (added == -EFBIG)
		fs->uncounted = true;
	return added == -ENOMEM ? added : 0;
}

int sq_entry(struct squashfs *fs, const char *path,
	     const struct sq_inode *inode)
{
	bool has = sq_sets_has(fs, inode->set);
	struct disk_entry e = {.what = DISK_ENTRY,
			       .path = path,
			       .inode = inode->number,
			       .links = inode->links};
	int error;

	if (!has && !fs->options->all)
		return 0;
	if (has && note(fs, path, inode) != 0)
		return -ENOMEM;
	error = sq_sets_value(fs, inode->set, &e.size);
	if (error == 0 || error == -ENODATA) {
		int unowned = sq_inode_owner(fs, inode, &e.uid, &e.gid);

		error = unowned ? unowned : error;
		e.mode = unowned ? 0 : inode->mode;
	}
	if (error == -ENOMEM)
		return error;
	e.error = -error;
	if (error && error != -ENODATA)
		e.reason = fs->why;
	if (error)
		e.size = 0;
	else
		e.value = fs->value;
	return fs->fn(fs->ctx, &e);
}

/* ---------------------------------- the whole ----------------------------- */

/* What can be known of attributes is known first: mostly there are none. */
static int scan(struct squashfs *fs)
{
	int error = sq_sets_read(fs);

	if (error == -ENOMEM)
		return error;
	if (error)
		error = sq_tell(fs, DISK_UNREAD, NULL, -error, fs->why);
	if (error || fs->lacking ||
	    (!fs->options->all && !fs->founds && fs->known == fs->sets))
		return error;
	error = sq_walk(fs);
	return error || fs->lacking ? error : sq_nameless(fs);
}

static int open_and_scan(struct squashfs *fs)
{
	int error = read_super(fs);

	if (!error)
		error = sq_blocks_open(fs);
	if (error == -ENOMEM)
		return error;
	if (error)
		return sq_tell(fs, DISK_UNREAD, NULL, -error, fs->why);
	fs->value = malloc(DISK_VALUE_MAX);
	return fs->value ? scan(fs) : -ENOMEM;
}

int squashfs_scan(const struct disk *disk, const struct disk_options *options,
		  disk_fn *fn, void *ctx)
{
	struct squashfs fs = {.disk = disk,
			      .options = options,
			      .fn = fn,
			      .ctx = ctx,
			      .misses = MISSES};
	int stop = open_and_scan(&fs);

	sq_blocks_close(&fs);
	free(fs.value);
	free(fs.found);
	free(fs.visited.slot);
	free(fs.named.slot);
	return stop;
}
