/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of the disk, read in large pieces of which a few are kept. */
#include "disk/erofs.h"

#include <errno.h>
#include <stdlib.h>

uint32_t erofs_16(const uint8_t *bytes)
{
	return (uint32_t)(bytes[0] | bytes[1] << 8);
}

uint32_t erofs_32(const uint8_t *bytes)
{
	return erofs_16(bytes) | erofs_16(bytes + 2) << 16;
}

uint64_t erofs_64(const uint8_t *bytes)
{
	return erofs_32(bytes) | (uint64_t)erofs_32(bytes + 4) << 32;
}

static bool load(const struct erofs *fs, struct erofs_piece *p, uint64_t number)
{
	uint64_t left = fs->disk->size - number * EROFS_PIECE;
	size_t size = left < EROFS_PIECE ? (size_t)left : EROFS_PIECE;

	if (p->there && p->number == number)
		return true;
	if (!p->bytes)
		p->bytes = malloc(EROFS_PIECE);
	if (!p->bytes)
		return false;
	p->number = number;
	p->there =
		disk_read(fs->disk, number * EROFS_PIECE, p->bytes, size) == 0;
	return p->there;
}

int erofs_bytes(struct erofs *fs, uint64_t at, size_t size,
		const uint8_t **bytes)
{
	uint64_t number = at / EROFS_PIECE;
	size_t from = (size_t)(at % EROFS_PIECE);
	struct erofs_piece *p = &fs->piece[number % EROFS_PIECES];

	if (at > fs->disk->size || size > fs->disk->size - at ||
	    size > sizeof(fs->joined))
		return -EBADMSG;
	*bytes = fs->joined;
	if (size == 0)
		return 0;
	if (size <= EROFS_PIECE - from && load(fs, p, number)) {
		*bytes = p->bytes + from;
		return 0;
	}
	/* Across pieces, or beside something that cannot be read. */
	return disk_read(fs->disk, at, fs->joined, size);
}

void erofs_forget(struct erofs *fs)
{
	for (size_t i = 0; i < EROFS_PIECES; i++)
		free(fs->piece[i].bytes);
}
