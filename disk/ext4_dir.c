/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of an ext file system. */
#include "disk/ext4.h"

#include "form/form.h"

#include <errno.h>
#include <inttypes.h>

/* An entry: inode, length of the entry, length of the name, type. */
#define ENTRY_SIZE 8
#define ENTRY_MIN 12

/* The entry that holds a checksum at the end of a block. */
#define TAIL_SIZE 12
#define TAIL_TYPE 0xde

/* Where a directory begins in its inode: its parent, then entries. */
#define AT_MAP 0x28
#define INLINE_SIZE 60

struct reading {
	struct ext *ext;
	const struct ext_node *dir;
	ext_dirent_fn *fn;
	void *ctx;
	int stop; /* what the function returned */
};

static int trouble(struct reading *r)
{
	r->stop = r->fn(r->ctx, NULL);
	return r->stop;
}

static int trouble_at(struct reading *r, const char *what, uint64_t block)
{
	ext_why(r->ext, 0, "inode %u: %s block %" PRIu64 " of the directory",
		r->dir->number, what, block);
	return trouble(r);
}

/* --------------------------------- entries -------------------------------- */

static size_t entry_length(const struct ext *ext, const uint8_t *entry)
{
	size_t length = ext_le16(entry + 4);

	/* As much as 65536 is written so. */
	return ext->block == 65536 && (length == 65535 || length == 0) ? 65536
								       : length;
}

static size_t name_length(const struct ext *ext, const uint8_t *entry)
{
	return ext2fs_has_feature_filetype(ext->fs->super)
		       ? entry[6]
		       : ext_le16(entry + 6);
}

static int hand_entry(struct reading *r, uint32_t inode, const uint8_t *name,
		      size_t len)
{
	struct ext_dirent e = {.inode = inode, .name = name, .len = len};

	if (!e.inode)
		return 0;
	if (e.inode <= r->ext->inodes) {
		r->stop = r->fn(r->ctx, &e);
		return r->stop;
	}
	ext_why(r->ext, 0,
		"inode %u: an entry of the directory means inode %u, and there "
		"are only %u",
		r->dir->number, e.inode, r->ext->inodes);
	return trouble(r);
}

/* 0 where they are corrupt from @at on: then @stop may be 0 all the same */
static bool read_entries(struct reading *r, const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (size - at >= ENTRY_SIZE && !r->stop) {
		const uint8_t *entry = data + at;
		size_t length = entry_length(r->ext, entry);
		size_t name = name_length(r->ext, entry);

		if (length < ENTRY_MIN || length % 4 || length > size - at ||
		    name > EXT2_NAME_LEN || name > length - ENTRY_SIZE)
			return false;
		hand_entry(r, ext_le32(entry), entry + ENTRY_SIZE, name);
		at += length;
	}
	return r->stop || at == size;
}

/* --------------------------------- checksums ------------------------------ */

static bool leaf_sum_right(const struct reading *r, const uint8_t *data)
{
	size_t size = r->ext->block - TAIL_SIZE;
	const uint8_t *tail = data + size;

	return ext_le32(tail) == 0 && ext_le16(tail + 4) == TAIL_SIZE &&
	       tail[6] == 0 && tail[7] == TAIL_TYPE &&
	       ext_crc(r->dir->seed, data, size) == ext_le32(tail + 8);
}

/* Where the table of an index block begins, or 0. */
static size_t index_at(const struct ext *ext, const uint8_t *data)
{
	size_t first = entry_length(ext, data);

	if (first == ext->block)
		return 8;
	if (first == 12 && entry_length(ext, data + 12) == ext->block - 12 &&
	    ext_le32(data + 24) == 0 && data[29] == 8)
		return 32;
	return 0;
}

/* An index: a limit and a count, its entries, and the sum behind the limit. */
static bool index_sum_right(const struct reading *r, const uint8_t *data)
{
	static const uint8_t zero[4];
	size_t at = index_at(r->ext, data), limit, count;
	uint32_t sum;

	if (!at)
		return false;
	limit = at + 8 * (size_t)ext_le16(data + at);
	count = at + 8 * (size_t)ext_le16(data + at + 2);
	if (limit + 8 > r->ext->block || count > limit)
		return false;
	sum = ext_crc(r->dir->seed, data, count);
	sum = ext_crc(sum, data + limit, 4);
	sum = ext_crc(sum, zero, 4);
	return sum == ext_le32(data + limit + 4);
}

/* The kernel makes the first index of a leaf and leaves the end of that, so that
 * an index may look like a leaf there. */
static bool block_sum_right(const struct reading *r, const uint8_t *data)
{
	return !r->ext->sums || leaf_sum_right(r, data) ||
	       (r->dir->flags & EXT2_INDEX_FL && index_sum_right(r, data));
}

/* ---------------------------------- blocks -------------------------------- */

/* Names in a block whose checksum is wrong are told all the same: better than
 * none, and the error is told too. */
static int read_block(struct reading *r, uint64_t block, const uint8_t *data)
{
	if (!block_sum_right(r, data) &&
	    trouble_at(r, "the checksum is wrong in", block))
		return r->stop;
	if (!read_entries(r, data, r->ext->block))
		trouble_at(r, "there are corrupt entries in", block);
	return r->stop;
}

static int read_singly(struct reading *r, uint64_t block, uint64_t count)
{
	struct ext *ext = r->ext;

	for (; count && !r->stop; block++, count--) {
		int error = disk_read(ext->disk, block * ext->block, ext->piece,
				      ext->block);

		if (error)
			trouble_at(r, "this cannot be read:", block);
		else
			read_block(r, block, ext->piece);
	}
	return r->stop;
}

static int read_run(void *ctx, uint64_t logical, uint64_t physical,
		    uint64_t count)
{
	struct reading *r = ctx;
	struct ext *ext = r->ext;
	uint64_t most = EXT_PIECE / ext->block, n;

	(void)logical;
	for (; count && !r->stop; physical += n, count -= n) {
		n = count < most ? count : most;
		if (disk_read(ext->disk, physical * ext->block, ext->piece,
			      n * ext->block)) {
			read_singly(r, physical, n);
			continue;
		}
		for (uint64_t i = 0; i < n && !r->stop; i++)
			read_block(r, physical + i,
				   ext->piece + i * ext->block);
	}
	return r->stop;
}

/* ----------------------------- within the inode --------------------------- */

static bool read_inline_rest(struct reading *r)
{
	const struct ext_node *dir = r->dir;
	struct ext_attrs set;
	struct ext_attr attr;
	int found;

	if (!dir->attrs)
		return true;
	set = ext_attrs_in(r->ext, dir->raw, dir->attrs);
	found = ext_attr_find(r->ext, &set, EXT_DATA, &attr);
	if (found <= 0)
		return found == 0;
	return !attr.inode && read_entries(r, attr.value, attr.size);
}

static int read_inline(struct reading *r)
{
	const uint8_t *data = r->dir->raw + AT_MAP;

	if (hand_entry(r, ext_le32(data), (const uint8_t *)"..", 2))
		return r->stop;
	if (!read_entries(r, data + 4, INLINE_SIZE - 4) ||
	    (!r->stop && !read_inline_rest(r))) {
		ext_why(r->ext, 0, "inode %u: the directory in it is corrupt",
			r->dir->number);
		trouble(r);
	}
	return r->stop;
}

int ext_dir_read(struct ext *ext, const struct ext_node *dir, uint64_t *budget,
		 ext_dirent_fn *fn, void *ctx)
{
	struct reading r = {ext, dir, fn, ctx, 0};
	int error;

	if (dir->flags & EXT4_INLINE_DATA_FL)
		return read_inline(&r);
	error = ext_map(ext, dir, budget, read_run, &r);
	if (r.stop || error == 0 || error == -ENOMEM)
		return r.stop ? r.stop : error;
	return trouble(&r);
}

uint64_t ext_budget(const struct ext *ext)
{
	return ext->disk->size / ext->block + 1;
}

bool ext_dirent_shown(uint32_t dir, const struct ext_dirent *entry, char *shown)
{
	if (!entry->len)
		return false;
	if (dir & EXT4_ENCRYPT_FL) {
		form_hex(entry->name, entry->len, shown);
		return true;
	}
	if (memchr(entry->name, '/', entry->len) ||
	    memchr(entry->name, 0, entry->len))
		return false;
	memcpy(shown, entry->name, entry->len);
	shown[entry->len] = '\0';
	return true;
}
