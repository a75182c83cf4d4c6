/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the readers of partition tables share. libblkid says whether there is a
 * table and of which kind, which copy of it is whole, and what a partition
 * holds. The entries themselves are read from the bytes: libblkid passes over
 * those that it does not like without a word.
 */
#ifndef DISK_BLKID_H
#define DISK_BLKID_H

#include "disk/disk.h"

#include <blkid/blkid.h>

/** TABLE_MAX - partitions of a table, and entries of a GPT */
#define TABLE_MAX 1024

/** TABLE_TYPE_SIZE - of the name of what a partition holds */
#define TABLE_TYPE_SIZE sizeof(((struct disk_partition *)NULL)->type)

/** struct table - a table while it is read */
struct table {
	const struct disk *disk;
	blkid_probe probe;
	unsigned sector; /* bytes of one */
	disk_partition_fn *fn;
	void *ctx;
	unsigned count; /* of partitions handed over */
	int error;	/* the first fault, negated, or 0 */
	char *why;
};

/** table_fault() - note what is wrong, where nothing was before */
void table_fault(struct table *t, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * table_give() - hand a partition over
 * @start, @count: in sectors, as the table has them
 *
 * Return: 0, what the function returned, or -EFBIG after TABLE_MAX of them.
 */
int table_give(struct table *t, unsigned number, uint64_t start, uint64_t count,
	       bool container);

/** table_type() - what @size bytes at @offset hold, as libblkid calls it */
void table_type(struct table *t, uint64_t offset, uint64_t size,
		char type[TABLE_TYPE_SIZE]);

/** gpt_bounded() - are the GPTs of this size of sectors not too large to be read
 *  into memory? Else that is a fault */
bool gpt_bounded(struct table *t);

/** gpt_give() - hand over the entries of the GPT whose header is at @header */
int gpt_give(struct table *t, uint64_t header);

static inline uint16_t get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return get_le16(p) | (uint32_t)get_le16(p + 2) << 16;
}

static inline uint64_t get_le64(const uint8_t *p)
{
	return get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

/** dos_empty() - are there no partitions in the MBR? */
bool dos_empty(const struct table *t);

/** dos_score() - how many partitions of the MBR begin with something that is
 *  known, with sectors of this size */
unsigned dos_score(struct table *t);

/** dos_give() - hand over the partitions of an MBR, and of its extended ones */
int dos_give(struct table *t);

#endif /* DISK_BLKID_H */
