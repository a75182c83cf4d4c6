/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The superblock of EROFS, and which features of it are known. */
#include "disk/erofs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define AT 1024
#define SIZE 128

#define MAGIC 0xe0f5e1e2

/* What does not hinder an older reader. */
#define CHECKSUM 0x01
#define PLAIN_PREFIXES 0x10

/* What does. Most of those that are known are about data; 64 bits for the root
 * are what matters here of the last one. */
#define FRAGMENTS 0x20
#define WIDE 0x80
#define KNOWN 0xff

static const char *const unknown[32] = {
	[8] = "metabox",
};

static int no_feature(struct erofs *fs, uint32_t bits)
{
	char names[96] = "";
	size_t len = 0;

	for (unsigned i = 0; i < 32 && len < sizeof(names) - 24; i++) {
		if (!(bits >> i & 1))
			continue;
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s",
					len ? ", " : "");
		len += (size_t)(unknown[i]
					? snprintf(names + len,
						   sizeof(names) - len, "%s",
						   unknown[i])
					: snprintf(names + len,
						   sizeof(names) - len, "0x%x",
						   UINT32_C(1) << i));
	}
	return erofs_fail(fs, -ENOTSUP,
			  "incompatible features that are not known: %s",
			  names);
}

uint32_t erofs_crc(uint32_t crc, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

/* From the superblock to the end of its block, with 0 for the sum itself; of a
 * block that ends before it, as much as a block has. */
static int check_sum(struct erofs *fs, uint32_t stored)
{
	size_t size = (size_t)1 << fs->block_bits;
	const uint8_t *bytes;
	uint32_t crc;
	int error;

	if (size > AT)
		size -= AT;
	error = erofs_bytes(fs, AT, size, &bytes);
	if (error)
		return erofs_fail(fs, error,
				  "the block of the superblock cannot be read");
	crc = erofs_crc(UINT32_MAX, bytes, 4);
	crc = erofs_crc(crc, (const uint8_t[4]){0}, 4);
	crc = erofs_crc(crc, bytes + 8, size - 8);
	fs->checksum_wrong = crc != stored;
	return 0;
}

static int check_fields(struct erofs *fs, const uint8_t super[SIZE])
{
	if (erofs_32(super) != MAGIC)
		return erofs_fail(fs, -EBADMSG, "no EROFS superblock");
	if (super[12] < 9 || super[12] > 16)
		return erofs_fail(fs, -ENOTSUP,
				  "blocks of 2^%u bytes are not known",
				  super[12]);
	if (erofs_32(super + 80) & ~(uint32_t)KNOWN)
		return no_feature(fs, erofs_32(super + 80) & ~(uint32_t)KNOWN);
	if (super[90])
		return erofs_fail(fs, -ENOTSUP,
				  "directory blocks that are no file system "
				  "blocks are not known");
	return 0;
}

int erofs_super(struct erofs *fs)
{
	uint8_t super[SIZE];
	const uint8_t *bytes;
	int error = erofs_bytes(fs, AT, SIZE, &bytes);

	if (error)
		return erofs_fail(fs, error, "the superblock cannot be read");
	memcpy(super, bytes, SIZE);
	error = check_fields(fs, super);
	if (error)
		return error;
	fs->block_bits = super[12];
	fs->root = erofs_16(super + 14);
	if ((erofs_32(super + 80) & WIDE) && erofs_64(super + 112))
		fs->root = erofs_64(super + 112);
	fs->meta = (uint64_t)erofs_32(super + 40) << fs->block_bits;
	fs->shared = (uint64_t)erofs_32(super + 44) << fs->block_bits;
	fs->prefixes = super[91];
	fs->prefixes_at = (uint64_t)erofs_32(super + 92) << 2;
	if (erofs_32(super + 80) & FRAGMENTS)
		fs->packed = erofs_64(super + 96);
	fs->prefixes_plain = erofs_32(super + 8) & PLAIN_PREFIXES;
	if (erofs_32(super + 8) & CHECKSUM)
		error = check_sum(fs, erofs_32(super + 4));
	return error;
}
