/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a disk within its bounds. */
#include "disk/disk.h"

#include <errno.h>
#include <unistd.h>

/* From a device it is a medium that cannot be read; here it is kept for a file
 * that has no attribute. */
static int read_error(int error)
{
	return error == ENODATA ? -EIO : -error;
}

int disk_read(const struct disk *disk, uint64_t at, void *buf, size_t size)
{
	uint8_t *to = buf;

	if (at > disk->size || size > disk->size - at)
		return -EBADMSG;
	for (at += disk->offset; size;) {
		ssize_t n = pread(disk->fd, to, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return read_error(errno);
		/* It has become shorter since it was opened. */
		if (n == 0)
			return -EBADMSG;
		to += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int disk_part_of(const struct disk *disk, uint64_t offset, uint64_t size,
		 struct disk *part)
{
	if (offset > disk->size || size > disk->size - offset)
		return -EBADMSG;
	*part = (struct disk){
		.fd = disk->fd,
		.offset = disk->offset + offset,
		.size = size,
	};
	return 0;
}
