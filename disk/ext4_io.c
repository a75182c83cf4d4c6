/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An I/O manager of libext2fs that reads a disk and writes to memory. */
#include "disk/ext4_io.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------- the units ------------------------------ */

static int by_number(const void *a, const void *b)
{
	uint64_t x = ((const struct ext_unit *)a)->number;
	uint64_t y = ((const struct ext_unit *)b)->number;

	return x < y ? -1 : x > y;
}

static struct ext_unit *find(const struct ext_io *io, uint64_t number)
{
	struct ext_unit key;
	void *const *found;

	key.number = number;
	found = tfind(&key, &io->tree, by_number);
	return found ? *found : NULL;
}

/* The last of a disk may be cut short: what it lacks is zero. */
static int read_unit(const struct ext_io *io, uint64_t number,
		     uint8_t bytes[EXT_IO_UNIT], size_t *size)
{
	uint64_t at = number * EXT_IO_UNIT, left;

	if (at >= io->disk->size)
		return -EBADMSG;
	left = io->disk->size - at;
	*size = left < EXT_IO_UNIT ? (size_t)left : EXT_IO_UNIT;
	memset(bytes + *size, 0, EXT_IO_UNIT - *size);
	return disk_read(io->disk, at, bytes, *size);
}

static int make_room(struct ext_io *io)
{
	size_t room = io->room ? 2 * io->room : 64;
	struct ext_unit **more;

	if (io->count < io->room)
		return 0;
	if (io->count >= EXT_IO_UNITS_MAX)
		return -EFBIG;
	more = reallocarray(io->unit, room, sizeof(*more));
	if (!more)
		return -ENOMEM;
	io->unit = more;
	io->room = room;
	return 0;
}

static int keep(struct ext_io *io, uint64_t number,
		const uint8_t bytes[EXT_IO_UNIT])
{
	int error = make_room(io);
	struct ext_unit *unit = error ? NULL : malloc(sizeof(*unit));

	if (!unit)
		return error ? error : -ENOMEM;
	unit->number = number;
	memcpy(unit->bytes, bytes, EXT_IO_UNIT);
	if (!tsearch(unit, &io->tree, by_number)) {
		free(unit);
		return -ENOMEM;
	}
	io->unit[io->count++] = unit;
	return 0;
}

/* A part of one unit. What says what the disk says already takes no memory:
 * libext2fs writes all bitmaps for one bit. */
static int write_unit(struct ext_io *io, uint64_t number, size_t from,
		      const uint8_t *data, size_t n)
{
	struct ext_unit *unit = find(io, number);
	uint8_t bytes[EXT_IO_UNIT];
	size_t size = EXT_IO_UNIT;
	int error = unit ? 0 : read_unit(io, number, bytes, &size);

	if (error)
		return error;
	if (unit)
		memcpy(unit->bytes + from, data, n);
	if (unit || (from + n <= size && !memcmp(bytes + from, data, n)))
		return 0;
	if (from + n > size)
		return -EBADMSG;
	memcpy(bytes + from, data, n);
	return keep(io, number, bytes);
}

static int write_bytes(struct ext_io *io, uint64_t at, const uint8_t *data,
		       size_t size)
{
	int error = 0;

	if (at > io->disk->size || size > io->disk->size - at)
		return -EBADMSG;
	while (!error && size) {
		size_t from = (size_t)(at % EXT_IO_UNIT);
		size_t n =
			EXT_IO_UNIT - from < size ? EXT_IO_UNIT - from : size;

		error = write_unit(io, at / EXT_IO_UNIT, from, data, n);
		at += n;
		data += n;
		size -= n;
	}
	return error;
}

static int read_bytes(const struct ext_io *io, uint64_t at, uint8_t *data,
		      size_t size)
{
	int error = disk_read(io->disk, at, data, size);

	while (!error && io->count && size) {
		const struct ext_unit *unit = find(io, at / EXT_IO_UNIT);
		size_t from = (size_t)(at % EXT_IO_UNIT);
		size_t n =
			EXT_IO_UNIT - from < size ? EXT_IO_UNIT - from : size;

		if (unit)
			memcpy(data, unit->bytes + from, n);
		at += n;
		data += n;
		size -= n;
	}
	return error;
}

/* ------------------------------- the manager ------------------------------ */

/* The manager's functions get a name and no more: it is the address of a struct
 * ext_io in hexadecimal. */
static errcode_t io_open(const char *name, int flags, io_channel *channel);

static struct ext_io *io_of(io_channel channel)
{
	return channel->private_data;
}

static errcode_t io_close(io_channel channel)
{
	if (--channel->refcount > 0)
		return 0;
	free(channel->name);
	free(channel);
	return 0;
}

static errcode_t io_set_blksize(io_channel channel, int size)
{
	if (size <= 0)
		return EINVAL;
	channel->block_size = size;
	return 0;
}

/* A negative count is one of bytes. */
static bool place(io_channel channel, unsigned long long block, int count,
		  uint64_t *at, size_t *size)
{
	uint64_t unit = (uint64_t)channel->block_size;

	*size = count < 0 ? (size_t) - (int64_t)count : (size_t)count * unit;
	return !__builtin_mul_overflow((uint64_t)block, unit, at);
}

static errcode_t io_read64(io_channel channel, unsigned long long block,
			   int count, void *data)
{
	uint64_t at;
	size_t size;

	if (!place(channel, block, count, &at, &size))
		return EBADMSG;
	return -read_bytes(io_of(channel), at, data, size);
}

static errcode_t io_write64(io_channel channel, unsigned long long block,
			    int count, const void *data)
{
	uint64_t at;
	size_t size;

	if (!place(channel, block, count, &at, &size))
		return EBADMSG;
	return -write_bytes(io_of(channel), at, data, size);
}

static errcode_t io_read(io_channel channel, unsigned long block, int count,
			 void *data)
{
	return io_read64(channel, block, count, data);
}

static errcode_t io_write(io_channel channel, unsigned long block, int count,
			  const void *data)
{
	return io_write64(channel, block, count, data);
}

static errcode_t io_write_byte(io_channel channel, unsigned long at, int count,
			       const void *data)
{
	if (count < 0)
		return EINVAL;
	return -write_bytes(io_of(channel), at, data, (size_t)count);
}

static errcode_t io_flush(io_channel channel)
{
	(void)channel;
	return 0;
}

/* Without discard and zeroout libext2fs writes zeros itself. */
static struct struct_io_manager manager = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "a disk in memory",
	.open = io_open,
	.close = io_close,
	.set_blksize = io_set_blksize,
	.read_blk = io_read,
	.write_blk = io_write,
	.read_blk64 = io_read64,
	.write_blk64 = io_write64,
	.write_byte = io_write_byte,
	.flush = io_flush,
};

static errcode_t io_open(const char *name, int flags, io_channel *channel)
{
	uintptr_t address = (uintptr_t)strtoull(name, NULL, 16);
	io_channel made = calloc(1, sizeof(*made));

	(void)flags;
	if (!made)
		return ENOMEM;
	made->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	made->manager = &manager;
	made->name = strdup(name);
	made->block_size = EXT_IO_UNIT;
	made->refcount = 1;
	/* A pointer made a number and back again. */
	made->private_data = (void *)address;
	if (!made->name) {
		free(made);
		return ENOMEM;
	}
	*channel = made;
	return 0;
}

errcode_t ext_io_open(struct ext_io *io, int flags, int super, unsigned block,
		      ext2_filsys *fs)
{
	char name[2 * sizeof(uintptr_t) + 1];

	snprintf(name, sizeof(name), "%" PRIxPTR, (uintptr_t)io);
	return ext2fs_open2(name, NULL, flags, super, block, &manager, fs);
}

/* ------------------------------ what came of it --------------------------- */

static int by_place(const void *a, const void *b)
{
	return by_number(*(struct ext_unit *const *)a,
			 *(struct ext_unit *const *)b);
}

int ext_io_changed(struct ext_io *io, disk_block_fn *fn, void *ctx)
{
	uint8_t old[EXT_IO_UNIT];
	int error = 0;

	if (io->count)
		qsort(io->unit, io->count, sizeof(*io->unit), by_place);
	for (size_t i = 0; !error && i < io->count; i++) {
		const struct ext_unit *unit = io->unit[i];
		size_t size;

		error = read_unit(io, unit->number, old, &size);
		if (!error && memcmp(old, unit->bytes, size) != 0)
			error = fn(ctx, unit->number * EXT_IO_UNIT, old,
				   unit->bytes, size);
	}
	return error;
}

static void nothing(void *unit)
{
	(void)unit;
}

void ext_io_close(struct ext_io *io)
{
	tdestroy(io->tree, nothing);
	for (size_t i = 0; i < io->count; i++)
		free(io->unit[i]);
	free(io->unit);
	*io = (struct ext_io){.disk = io->disk};
}
