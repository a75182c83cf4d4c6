/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which part of a disk is meant: by an offset, by a partition's number. */
#include "disk/disk.h"

#include <errno.h>
#include <stdio.h>

struct wanted {
	unsigned number;
	struct disk_partition found;
};

static int take(void *ctx, const struct disk_partition *part)
{
	struct wanted *w = ctx;

	if (part->number == w->number)
		w->found = *part;
	return 0;
}

static int find(const struct disk *disk, struct wanted *w,
		char why[DISK_WHY_SIZE])
{
	int error = table_read(disk, take, w, why);

	if (error > 0)
		snprintf(why, DISK_WHY_SIZE, "there is no partition table");
	else if (!error && !w->found.number)
		snprintf(why, DISK_WHY_SIZE, "there is no partition %u",
			 w->number);
	else if (!error && w->found.container)
		snprintf(why, DISK_WHY_SIZE,
			 "partition %u is an extended one, which only holds "
			 "others",
			 w->number);
	else
		return error;
	return -EINVAL;
}

int disk_choose(const struct disk *disk, uint64_t offset, unsigned partition,
		struct disk *part, char why[DISK_WHY_SIZE])
{
	struct wanted w = {.number = partition};
	int error =
		offset > disk->size
			? -EINVAL
			: disk_part_of(disk, offset, disk->size - offset, part);

	if (error)
		snprintf(why, DISK_WHY_SIZE,
			 "the offset lies beyond its %llu bytes",
			 (unsigned long long)disk->size);
	if (error || !partition)
		return error;
	error = find(part, &w, why);
	if (!error) {
		struct disk whole = *part;

		error = disk_part_of(&whole, w.found.offset, w.found.size,
				     part);
		if (error)
			snprintf(why, DISK_WHY_SIZE,
				 "partition %u does not lie within the disk",
				 partition);
	}
	return error;
}
