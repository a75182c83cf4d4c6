/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The codec: the bytes of a security.capability value <-> struct vfscap. */
#include "vfscap.h"

/*
 * Every field is a little-endian 32-bit word, on every architecture:
 *
 *   word  0          1               2                 3           4      5
 *   v1    magic_etc  permitted low   inheritable low
 *   v2    magic_etc  permitted low   inheritable low   p. high     i. high
 *   v3    as v2                                                           rootid
 *
 * magic_etc holds the revision in bits 24 to 31 and flags in bits 0 to 23. It is
 * taken apart by division, which compilers make shifts of, since that is what
 * provers understand (proof/).
 */
#define REVISION_UNIT UINT32_C(0x1000000)
#define FLAG_EFFECTIVE UINT32_C(1)

/* Where the high half of a mask counts from. */
#define HALF_UNIT UINT64_C(0x100000000)

/* Shorter than this there is no header to look at. */
#define HEADER_SIZE 4

static const size_t size_of_revision[] = {
	[1] = VFSCAP_SIZE_1,
	[2] = VFSCAP_SIZE_2,
	[3] = VFSCAP_SIZE_3,
};

#define LAST_REVISION \
	(sizeof(size_of_revision) / sizeof(size_of_revision[0]) - 1)

_Static_assert(LAST_REVISION == 3, "three revisions");
_Static_assert(VFSCAP_FLAG_MASK + FLAG_EFFECTIVE == REVISION_UNIT - 1,
	       "flags and revision share one word");

static uint32_t get_word(const uint8_t *bytes, size_t index)
{
	const uint8_t *b = bytes + 4 * index;

	return b[0] + ((uint32_t)b[1] << 8) + ((uint32_t)b[2] << 16) +
	       ((uint32_t)b[3] << 24);
}

static void put_word(uint8_t *bytes, size_t index, uint32_t word)
{
	uint8_t *b = bytes + 4 * index;

	b[0] = (uint8_t)(word % 0x100);
	b[1] = (uint8_t)(word / 0x100 % 0x100);
	b[2] = (uint8_t)(word / 0x10000 % 0x100);
	b[3] = (uint8_t)(word / 0x1000000);
	/* That these are the word again, step by step, for provers. */
	//@ assert b[0] == word % 0x100;
	//@ assert b[1] == word / 0x100 % 0x100;
	//@ assert b[2] == word / 0x10000 % 0x100;
	//@ assert b[3] == word / 0x1000000;
	//@ assert word == b[0] + 0x100 * (word / 0x100);
	//@ assert word / 0x100 == b[1] + 0x100 * (word / 0x10000);
	//@ assert word / 0x10000 == b[2] + 0x100 * b[3];
	//@ assert le32(b, 0) == word;
}

static uint64_t wide(uint32_t low, uint32_t high)
{
	return high * HALF_UNIT + low;
}

static uint32_t low_half(uint64_t mask)
{
	return (uint32_t)(mask % HALF_UNIT);
}

static uint32_t high_half(uint64_t mask)
{
	return (uint32_t)(mask / HALF_UNIT);
}

/*
 * 1 for revision 3, 0 for those before. Values with and without a rootid come
 * mixed, and a processor guesses jumps badly then: so this is a number to reckon
 * with, from which compilers make no jump. Where there is no rootid, the place of
 * the header is read or written instead.
 */
static uint32_t has_rootid(uint8_t revision)
{
	return revision / 3u;
}

/* Length first, then the header: what execve looks at, in its order. */
static int read_magic(const uint8_t *bytes, size_t size, uint32_t *magic)
{
	uint32_t revision;

	if (size == 0)
		return VFSCAP_ERR_EMPTY;
	if (size < HEADER_SIZE)
		return VFSCAP_ERR_SHORT;
	if (size > VFSCAP_SIZE_MAX)
		return VFSCAP_ERR_LONG;

	*magic = get_word(bytes, 0);
	revision = *magic / REVISION_UNIT;
	if (revision < 1 || revision > LAST_REVISION)
		return VFSCAP_ERR_REVISION;
	return size == size_of_revision[revision] ? 0 : VFSCAP_ERR_LENGTH;
}

/* The whole of a value whose header was found good. */
static void read_value(const uint8_t *bytes, uint32_t magic, struct vfscap *cap)
{
	uint8_t revision = (uint8_t)(magic / REVISION_UNIT);
	uint32_t flags = magic % REVISION_UNIT;
	uint32_t rooted = has_rootid(revision);
	bool high = revision >= 2;

	cap->permitted =
		wide(get_word(bytes, 1), high ? get_word(bytes, 3) : 0);
	cap->inheritable =
		wide(get_word(bytes, 2), high ? get_word(bytes, 4) : 0);
	cap->rootid = rooted * get_word(bytes, 5 * rooted);
	cap->flags = flags - flags % 2;
	cap->revision = revision;
	cap->effective = flags % 2;
}

int vfscap_decode_lenient(const void *value, size_t size, struct vfscap *cap)
{
	uint32_t magic;
	int error = read_magic(value, size, &magic);

	if (!error)
		read_value(value, magic, cap);
	return error;
}

int vfscap_decode_strict(const void *value, size_t size, struct vfscap *cap)
{
	uint32_t magic;
	int error = read_magic(value, size, &magic);

	if (error)
		return error;
	if (magic / REVISION_UNIT == 1)
		return VFSCAP_ERR_LEGACY;
	if (magic % REVISION_UNIT > FLAG_EFFECTIVE)
		return VFSCAP_ERR_FLAGS;
	read_value(value, magic, cap);
	return 0;
}

static int check_encodable(const struct vfscap *cap)
{
	if (cap->revision < 1 || cap->revision > LAST_REVISION)
		return VFSCAP_ERR_STRUCT;
	if (cap->flags > VFSCAP_FLAG_MASK || cap->flags % 2)
		return VFSCAP_ERR_STRUCT;
	if ((1 - has_rootid(cap->revision)) * cap->rootid != 0)
		return VFSCAP_ERR_ROOTID;
	if (cap->revision == 1 &&
	    (cap->permitted > UINT32_MAX || cap->inheritable > UINT32_MAX))
		return VFSCAP_ERR_HIGH_BITS;
	return 0;
}

static uint32_t magic_of(const struct vfscap *cap)
{
	return cap->revision * REVISION_UNIT + cap->flags +
	       cap->effective * FLAG_EFFECTIVE;
}

/*
 * The mirror image of read_value(). What stands in the place of a rootid that is
 * not there is written over by the header.
 */
static void put_value(uint8_t *bytes, uint32_t magic, const struct vfscap *cap)
{
	uint8_t revision = cap->revision;

	put_word(bytes, 5 * has_rootid(revision), cap->rootid);
	put_word(bytes, 0, magic);
	put_word(bytes, 1, low_half(cap->permitted));
	//@ assert le32(bytes, 0) == magic;
	put_word(bytes, 2, low_half(cap->inheritable));
	//@ assert le32(bytes, 0) == magic;
	if (revision >= 2) {
		put_word(bytes, 3, high_half(cap->permitted));
		//@ assert le32(bytes, 0) == magic;
		put_word(bytes, 4, high_half(cap->inheritable));
		//@ assert le32(bytes, 0) == magic;
	}
}

int vfscap_encode(const struct vfscap *cap, void *buf, size_t size,
		  size_t *used)
{
	int error = check_encodable(cap);

	if (error)
		return error;
	if (size < size_of_revision[cap->revision])
		return VFSCAP_ERR_BUFFER;
	put_value(buf, magic_of(cap), cap);
	*used = size_of_revision[cap->revision];
	return 0;
}

uint32_t vfscap_canonical(struct vfscap *cap)
{
	uint32_t cleared = cap->flags;

	cap->flags = 0;
	return cleared;
}

bool vfscap_equivalent(const struct vfscap *a, const struct vfscap *b)
{
	return a->permitted == b->permitted &&
	       a->inheritable == b->inheritable &&
	       a->effective == b->effective && a->rootid == b->rootid;
}

unsigned vfscap_remarks(const struct vfscap *cap, uint64_t known)
{
	uint64_t caps = cap->permitted | cap->inheritable;
	unsigned remarks = 0;

	if (cap->revision == 1)
		remarks |= VFSCAP_REMARK_LEGACY;
	if (cap->flags)
		remarks |= VFSCAP_REMARK_FLAGS;
	if (cap->revision == 3 && cap->rootid == 0)
		remarks |= VFSCAP_REMARK_ROOTID_ZERO;
	if (cap->rootid == VFSCAP_ROOTID_INVALID)
		remarks |= VFSCAP_REMARK_ROOTID_INVALID;
	if (caps & ~known)
		remarks |= VFSCAP_REMARK_UNKNOWN;
	if (!caps)
		remarks |= cap->effective ? VFSCAP_REMARK_EFFECTIVE_EMPTY
					  : VFSCAP_REMARK_EMPTY;
	return remarks;
}
