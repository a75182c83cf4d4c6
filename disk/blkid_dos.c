/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MBRs, and the chain of boot records in an extended partition. */
#include "disk/blkid.h"

#include <errno.h>
#include <string.h>

/* struct slot - one of the four entries of a boot record, in sectors */
struct slot {
	uint8_t type;
	uint64_t start, count; /* @count 0: not used */
};

/* Fails where the disk ends before, or cannot be read. */
static int read_record(const struct table *t, uint64_t sector, uint8_t *data,
		       struct slot slot[4])
{
	int error = sector > UINT32_MAX * UINT64_C(2)
			    ? -EBADMSG
			    : disk_read(t->disk, sector * t->sector, data, 512);

	for (size_t i = 0; i < 4 && !error; i++) {
		const uint8_t *p = data + 446 + 16 * i;

		slot[i] =
			(struct slot){p[4], get_le32(p + 8), get_le32(p + 12)};
	}
	return error;
}

static bool is_record(const uint8_t *data)
{
	return data[510] == 0x55 && data[511] == 0xaa;
}

static bool is_extended(const struct slot *slot)
{
	return slot->type == 0x05 || slot->type == 0x0f || slot->type == 0x85;
}

bool dos_empty(const struct table *t)
{
	uint8_t data[512];
	struct slot slot[4];

	return read_record(t, 0, data, slot) != 0 ||
	       !(slot[0].count | slot[1].count | slot[2].count | slot[3].count);
}

static bool is_known(struct table *t, const struct slot *slot)
{
	char type[TABLE_TYPE_SIZE];
	struct slot inner[4];
	uint8_t data[512];

	if (!slot->count)
		return false;
	if (is_extended(slot))
		return read_record(t, slot->start, data, inner) == 0 &&
		       is_record(data);
	table_type(t, slot->start * t->sector, slot->count * t->sector, type);
	return *type;
}

unsigned dos_score(struct table *t)
{
	uint8_t data[512];
	struct slot slot[4];
	unsigned score = 0;

	if (read_record(t, 0, data, slot) != 0)
		return 0;
	for (size_t i = 0; i < 4; i++)
		score += is_known(t, &slot[i]);
	return score;
}

/* --------------------------- an extended partition ----------------------- */

/* struct chain - where its chain of boot records is; all in sectors */
struct chain {
	uint64_t start, count; /* of the extended partition */
	uint64_t at, room;     /* the record, and what is said to be its part */
	uint64_t seen[TABLE_MAX];
	unsigned length;
};

/*
 * The first two entries are what they say; in the last two there may be
 * anything, and they count as the kernel has it: where they lie within.
 */
static bool is_logical(const struct chain *c, const struct slot *slot, size_t i)
{
	uint64_t start = c->at + slot->start;

	if (!slot->count || is_extended(slot))
		return false;
	return i < 2 ||
	       (slot->start + slot->count <= c->room && start >= c->start &&
		start + slot->count <= c->start + c->count);
}

static int give_logical(struct table *t, const struct chain *c,
			const struct slot slot[4], unsigned *number)
{
	int stop = 0;

	for (size_t i = 0; i < 4 && !stop; i++)
		if (is_logical(c, &slot[i], i))
			stop = table_give(t, (*number)++, c->at + slot[i].start,
					  slot[i].count, false);
	return stop;
}

/* A record may be met again, or the chain be longer than any. */
static bool may_visit(struct table *t, struct chain *c)
{
	for (unsigned i = 0; i < c->length; i++) {
		if (c->seen[i] != c->at)
			continue;
		table_fault(t, -ELOOP,
			    "the chain of logical partitions comes back to "
			    "sector %ju",
			    (uintmax_t)c->at);
		return false;
	}
	if (c->length == TABLE_MAX) {
		table_fault(t, -EFBIG,
			    "a chain of more than %d logical partitions",
			    TABLE_MAX);
		return false;
	}
	c->seen[c->length++] = c->at;
	return true;
}

/* A new extended partition may not have a first record yet. */
static bool is_blank(const struct chain *c, const uint8_t *data)
{
	static const uint8_t zero[512];

	return c->length == 1 && memcmp(data, zero, sizeof(zero)) == 0;
}

/* The record where the chain is; false where there is none. */
static bool read_link(struct table *t, struct chain *c, struct slot slot[4])
{
	uint8_t data[512];
	int error;

	if (!may_visit(t, c))
		return false;
	error = read_record(t, c->at, data, slot);
	if (error)
		table_fault(t, error,
			    "the boot record of a logical partition, at sector "
			    "%ju, %s",
			    (uintmax_t)c->at,
			    error == -EBADMSG
				    ? "lies beyond the end of the disk"
				    : "cannot be read");
	else if (!is_record(data) && !is_blank(c, data))
		table_fault(t, -EBADMSG,
			    "at sector %ju there is no boot record of a "
			    "logical partition",
			    (uintmax_t)c->at);
	return !error && is_record(data);
}

/* Goes on to the next record, where there is one. */
static bool next_link(struct chain *c, const struct slot slot[4])
{
	for (size_t i = 0; i < 4; i++) {
		if (!slot[i].count || !is_extended(&slot[i]))
			continue;
		c->at = c->start + slot[i].start;
		c->room = slot[i].count;
		return true;
	}
	return false;
}

static int give_extended(struct table *t, const struct slot *extended,
			 unsigned *number)
{
	struct chain c = {
		.start = extended->start,
		.count = extended->count,
		.at = extended->start,
		.room = extended->count,
	};
	struct slot slot[4];
	int stop = 0;

	while (!stop && read_link(t, &c, slot)) {
		stop = give_logical(t, &c, slot, number);
		if (!next_link(&c, slot))
			break;
	}
	return stop;
}

/* ---------------------------------- the MBR ------------------------------ */

/* What other systems have within a partition of theirs, such as a BSD its label,
 * is not looked at: none of them has the attribute. */
int dos_give(struct table *t)
{
	uint8_t data[512];
	struct slot slot[4];
	unsigned number = 5;
	int stop = 0, error = read_record(t, 0, data, slot);

	if (error) {
		table_fault(t, error, "the MBR changed while it was read");
		return 0;
	}
	for (unsigned i = 0; i < 4 && !stop; i++)
		if (slot[i].count)
			stop = table_give(t, i + 1, slot[i].start,
					  slot[i].count, is_extended(&slot[i]));
	for (size_t i = 0; i < 4 && !stop; i++)
		if (slot[i].count && is_extended(&slot[i]))
			stop = give_extended(t, &slot[i], &number);
	return stop;
}
