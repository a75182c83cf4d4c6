/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attribute security.capability in EROFS.
 *
 * A name is stored as an index, which stands for a prefix, and the rest. What the
 * kernel looks for is the index of "security." with "capability", or a long
 * prefix of that index whose infix "capability" begins with, and the rest of it.
 */
#include "disk/erofs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define INDEX_SECURITY 6
#define LONG_PREFIX 0x80
#define INFIX_MAX 255

#define HEADER 12
#define ENTRY 4

static const char name[] = "capability";
#define NAME_LEN (sizeof(name) - 1)

/* ----------------------------- long prefixes ----------------------------- */

/* Bytes of the table, which is in the packed inode or on the disk itself. */
static int table_bytes(struct erofs *fs, const struct erofs_inode *packed,
		       uint64_t at, uint8_t *buf, size_t size)
{
	const uint8_t *bytes;
	size_t there;

	while (packed && size) {
		size_t from = (size_t)(at & ((1u << fs->block_bits) - 1));
		int error;

		if (at >= packed->size)
			return -EBADMSG;
		error = erofs_block(fs, packed, at >> fs->block_bits, &bytes,
				    &there);
		if (error)
			return error;
		there = there - from < size ? there - from : size;
		memcpy(buf, bytes + from, there);
		buf += there;
		at += there;
		size -= there;
	}
	if (size) {
		int error = erofs_bytes(fs, at, size, &bytes);

		if (error)
			return error;
		memcpy(buf, bytes, size);
	}
	return 0;
}

/* How much of the name it stands for; all of what is looked for may be in it. */
static int8_t stands_for(uint8_t base, const uint8_t *infix, size_t len)
{
	if (base != INDEX_SECURITY || len > NAME_LEN ||
	    memcmp(infix, name, len) != 0)
		return -1;
	return (int8_t)len;
}

static int read_prefixes(struct erofs *fs, const struct erofs_inode *packed)
{
	uint64_t at = fs->prefixes_at;

	for (unsigned i = 0; i < fs->prefixes; i++) {
		uint8_t item[1 + INFIX_MAX], head[2];
		size_t size;
		int error;

		at = (at + 3) & ~UINT64_C(3);
		error = table_bytes(fs, packed, at, head, sizeof(head));
		size = error ? 0 : erofs_16(head);
		if (!error && (size < 1 || size > sizeof(item)))
			error = -EBADMSG;
		if (!error)
			error = table_bytes(fs, packed, at + 2, item, size);
		if (error)
			return erofs_fail(fs, error,
					  "prefix %u of names of attributes is "
					  "broken",
					  i);
		at += 2 + size;
		if (i < EROFS_PREFIXES)
			fs->prefix[i] = stands_for(item[0], item + 1, size - 1);
	}
	return 0;
}

int erofs_prefixes(struct erofs *fs)
{
	struct erofs_inode packed;
	bool in_packed = fs->packed && !fs->prefixes_plain;
	int error = 0;

	memset(fs->prefix, -1, sizeof(fs->prefix));
	if (!fs->prefixes)
		return 0;
	if (in_packed) {
		error = erofs_inode(fs, fs->packed, &packed);
		if (!error)
			error = erofs_flat(fs, &packed);
	}
	if (!error)
		error = read_prefixes(fs, in_packed ? &packed : NULL);
	fs->prefixes_error = error;
	return error;
}

/* ------------------------------- attributes ------------------------------ */

static int bad(struct erofs *fs, const struct erofs_inode *inode, int error,
	       const char *what)
{
	return erofs_fail(fs, error, "inode %" PRIu64 ": %s", inode->nid, what);
}

/* One entry, as far as it has been read. */
struct found {
	uint64_t at;
	uint32_t name_len, index, value_size;
};

static int read_entry(struct erofs *fs, uint64_t at, struct found *e)
{
	const uint8_t *bytes;
	int error = erofs_bytes(fs, at, ENTRY, &bytes);

	if (error)
		return error;
	*e = (struct found){at, bytes[0], bytes[1], erofs_16(bytes + 2)};
	return 0;
}

static uint32_t size_of(const struct found *e)
{
	return (ENTRY + e->name_len + e->value_size + 3) & ~3u;
}

/* 0: it is this one; -ENODATA: another one; or it cannot be told. */
static int compare(struct erofs *fs, const struct found *e)
{
	int8_t before = e->index == INDEX_SECURITY ? 0 : -1;
	bool unknown = (e->index & LONG_PREFIX) && fs->prefixes_error;
	const uint8_t *bytes;
	int error;

	if (e->name_len > NAME_LEN)
		return -ENODATA;
	if (e->index & LONG_PREFIX)
		before = fs->prefix[e->index & (LONG_PREFIX - 1)];
	if (unknown)
		before = (int8_t)(NAME_LEN - e->name_len);
	if (before < 0 || (size_t)before + e->name_len != NAME_LEN)
		return -ENODATA;
	error = erofs_bytes(fs, e->at + ENTRY, e->name_len, &bytes);
	if (error)
		return error;
	if (memcmp(bytes, name + before, e->name_len) != 0)
		return -ENODATA;
	return unknown ? fs->prefixes_error : 0;
}

static int take(struct erofs *fs, const struct erofs_inode *inode,
		const struct found *e, const uint8_t **value, size_t *size)
{
	int error = compare(fs, e);

	if (error == -ENODATA)
		return error;
	if (error && (e->index & LONG_PREFIX) && fs->prefixes_error)
		return bad(fs, inode, error,
			   "an attribute's name begins with a prefix that is "
			   "not known");
	if (!error)
		error = erofs_bytes(fs, e->at + ENTRY + e->name_len,
				    e->value_size, value);
	if (error)
		return bad(fs, inode, error, "its attribute cannot be read");
	fs->looked_at += e->value_size;
	*size = e->value_size;
	return 0;
}

static int find_inline(struct erofs *fs, const struct erofs_inode *inode,
		       uint32_t used, const uint8_t **value, size_t *size)
{
	while (used < inode->attributes_size) {
		uint32_t left = inode->attributes_size - used;
		struct found e;
		int error = read_entry(fs, inode->attributes + used, &e);

		if (error)
			return bad(fs, inode, error,
				   "its attributes cannot be read");
		if (size_of(&e) > left)
			return bad(fs, inode, -EBADMSG,
				   "an attribute is longer than the room for "
				   "attributes");
		error = take(fs, inode, &e, value, size);
		if (error != -ENODATA)
			return error;
		used += size_of(&e);
	}
	return -ENODATA;
}

static int find_shared(struct erofs *fs, const struct erofs_inode *inode,
		       unsigned count, const uint8_t **value, size_t *size)
{
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *bytes;
		struct found e;
		int error;

		error = erofs_bytes(fs, inode->attributes + HEADER + 4 * i, 4,
				    &bytes);
		if (!error)
			error = read_entry(
				fs, fs->shared + 4 * (uint64_t)erofs_32(bytes),
				&e);
		if (error)
			return bad(fs, inode, error,
				   "a shared attribute of it cannot be read");
		error = take(fs, inode, &e, value, size);
		if (error != -ENODATA)
			return error;
	}
	return -ENODATA;
}

/* What is claimed again and again is not worth the time: an image in which files
 * have several names looks at its attributes a few times. */
static bool too_much(const struct erofs *fs)
{
	uint64_t slack = UINT64_C(1) << 30;

	return fs->looked_at > slack &&
	       (fs->looked_at - slack) / 16 > fs->disk->size;
}

int erofs_value(struct erofs *fs, const struct erofs_inode *inode,
		const uint8_t **value, size_t *size)
{
	const uint8_t *bytes;
	unsigned shared;
	uint32_t used;
	int error;

	if (!inode->attributes_size)
		return -ENODATA;
	fs->looked_at += inode->attributes_size;
	if (too_much(fs))
		return bad(fs, inode, -EFBIG,
			   "the attributes of all files are more than the file "
			   "system can hold");
	if (inode->attributes_size == HEADER)
		return bad(fs, inode, -ENOTSUP,
			   "attributes of nothing but a header are not known");
	error = erofs_bytes(fs, inode->attributes, HEADER, &bytes);
	if (error)
		return bad(fs, inode, error, "its attributes cannot be read");
	shared = bytes[4];
	used = HEADER + 4 * shared;
	/* They may be more than there is room for. */
	fs->looked_at += used;
	error = find_inline(fs, inode, used, value, size);
	if (error == -ENODATA)
		error = find_shared(fs, inode, shared, value, size);
	/* The kernel goes by the shared ones all the same. */
	if (error == -ENODATA && used > inode->attributes_size)
		return bad(fs, inode, -EBADMSG,
			   "it has more shared attributes than room for them");
	return error;
}
