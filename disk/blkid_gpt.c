/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of a GPT. */
#include "disk/blkid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_SIZE 92
#define ENTRY_SIZE 128

/* struct header - what matters here of a header */
struct header {
	uint64_t entries; /* the sector where they begin */
	uint32_t count, size;
};

/* Of what begins as a header does. */
static bool read_header(const struct table *t, uint64_t at, struct header *h)
{
	uint8_t data[HEADER_SIZE];

	if (disk_read(t->disk, at, data, sizeof(data)) != 0 ||
	    memcmp(data, "EFI PART", 8) != 0)
		return false;
	h->entries = get_le64(data + 72);
	h->count = get_le32(data + 80);
	h->size = get_le32(data + 84);
	return true;
}

/* libblkid has all entries in memory at once, up to four gigabytes. */
bool gpt_bounded(struct table *t)
{
	const uint64_t last = (t->disk->size / t->sector - 1) * t->sector,
		       at[] = {t->sector, last};
	struct header h;

	for (size_t i = 0; i < 2; i++) {
		if (!read_header(t, at[i], &h) ||
		    (uint64_t)h.count * h.size <= TABLE_MAX * ENTRY_SIZE)
			continue;
		table_fault(t, -EFBIG,
			    "a GPT of %ju entries of %ju bytes: at most %d are "
			    "read",
			    (uintmax_t)h.count, (uintmax_t)h.size, TABLE_MAX);
		return false;
	}
	return true;
}

/* An entry without a type is not used. */
static int give_entry(struct table *t, unsigned number, const uint8_t *entry)
{
	static const uint8_t unused[16];
	uint64_t first = get_le64(entry + 32), last = get_le64(entry + 40);

	if (memcmp(entry, unused, sizeof(unused)) == 0)
		return 0;
	return table_give(t, number, first,
			  last < first		       ? 0
			  : last - first == UINT64_MAX ? UINT64_MAX
						       : last - first + 1,
			  false);
}

int gpt_give(struct table *t, uint64_t header)
{
	struct header h;
	uint8_t *data;
	size_t size;
	int stop = 0;

	if (!read_header(t, header, &h) || h.size != ENTRY_SIZE ||
	    h.count > TABLE_MAX || h.entries > t->disk->size / t->sector) {
		table_fault(t, -EBADMSG, "the GPT changed while it was read");
		return 0;
	}
	size = (size_t)h.count * ENTRY_SIZE;
	data = malloc(size);
	if (!data)
		return -ENOMEM;
	if (disk_read(t->disk, h.entries * t->sector, data, size) != 0)
		table_fault(t, -EBADMSG, "the GPT changed while it was read");
	else
		for (unsigned i = 0; i < h.count && !stop; i++)
			stop = give_entry(t, i + 1,
					  data + (size_t)i * ENTRY_SIZE);
	free(data);
	return stop;
}
