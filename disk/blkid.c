/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partition tables: which there is, by libblkid. */
#include "disk/blkid.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* No table, or none that libblkid knows. */
#define NO_TABLE 1

/* --------------------------------- handing over -------------------------- */

void table_fault(struct table *t, int error, const char *format, ...)
{
	va_list args;

	if (t->error)
		return;
	t->error = error;
	va_start(args, format);
	vsnprintf(t->why, DISK_WHY_SIZE, format, args);
	va_end(args);
}

/* What is too large for bytes lies beyond the end of any disk. */
static uint64_t bytes_of(const struct table *t, uint64_t sectors)
{
	return sectors > UINT64_MAX / t->sector ? UINT64_MAX
						: sectors * t->sector;
}

int table_give(struct table *t, unsigned number, uint64_t start, uint64_t count,
	       bool container)
{
	struct disk_partition p = {
		.number = number,
		.offset = bytes_of(t, start),
		.size = bytes_of(t, count),
		.container = container,
	};
	struct disk part;

	if (t->count++ == TABLE_MAX) {
		table_fault(t, -EFBIG, "more than %d partitions", TABLE_MAX);
		return -EFBIG;
	}
	if (!count)
		strcpy(p.type, "ends before it begins");
	else if (disk_part_of(t->disk, p.offset, p.size, &part) != 0)
		strcpy(p.type, "beyond the end of the disk");
	else if (!container)
		table_type(t, p.offset, p.size, p.type);
	return t->fn(t->ctx, &p);
}

/* -------------------------------- libblkid ------------------------------- */

/* libblkid takes a size of 0 for all there is. */
static int look_at(blkid_probe probe, const struct disk *disk)
{
	if (!disk->size || disk->offset > INT64_MAX ||
	    disk->size > INT64_MAX - disk->offset)
		return -EINVAL;
	errno = 0;
	if (blkid_probe_set_device(probe, disk->fd, (blkid_loff_t)disk->offset,
				   (blkid_loff_t)disk->size) != 0)
		return errno ? -errno : -EINVAL;
	return 0;
}

/* All names of what has more than one: the probing goes on behind each. */
static void all_types(blkid_probe probe, char type[TABLE_TYPE_SIZE])
{
	const char *name;
	size_t used = 0;

	blkid_reset_probe(probe);
	while (used < TABLE_TYPE_SIZE && blkid_do_probe(probe) == 0) {
		if (blkid_probe_lookup_value(probe, "TYPE", &name, NULL) != 0)
			continue;
		used += (size_t)snprintf(type + used, TABLE_TYPE_SIZE - used,
					 "%s%s", used ? " or " : "", name);
	}
}

void table_type(struct table *t, uint64_t offset, uint64_t size,
		char type[TABLE_TYPE_SIZE])
{
	blkid_probe probe = t->probe;
	struct disk part;
	const char *name;
	int found;

	*type = '\0';
	if (disk_part_of(t->disk, offset, size, &part) != 0 ||
	    look_at(probe, &part) != 0)
		return;
	blkid_probe_enable_partitions(probe, 0);
	blkid_probe_enable_superblocks(probe, 1);
	/* A wrong checksum is for a reader to tell of. */
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE |
							 BLKID_SUBLKS_BADCSUM);
	found = blkid_do_safeprobe(probe);
	if (found == -2)
		all_types(probe, type);
	else if (found < 0)
		strcpy(type, "cannot be read");
	else if (blkid_probe_lookup_value(probe, "TYPE", &name, NULL) == 0)
		snprintf(type, TABLE_TYPE_SIZE, "%s", name);
}

static int look_for_tables(struct table *t, int flags)
{
	int error = look_at(t->probe, t->disk);

	if (error)
		return error;
	blkid_probe_enable_superblocks(t->probe, 0);
	blkid_probe_enable_partitions(t->probe, 1);
	blkid_probe_set_partitions_flags(t->probe, flags);
	blkid_probe_reset_partitions_filter(t->probe);
	return blkid_probe_set_sectorsize(t->probe, t->sector) ? -EINVAL : 0;
}

/* Among these kinds, or among all where @kinds is NULL. 0 with a word that
 * libblkid keeps, or "" where there is none. */
static int find_kind(struct table *t, char *kinds[], int flags,
		     const char **kind)
{
	int found, error = look_for_tables(t, flags);

	*kind = "";
	if (error)
		return error;
	if (kinds)
		blkid_probe_filter_partitions_type(t->probe, BLKID_FLTR_ONLYIN,
						   kinds);
	errno = 0;
	found = blkid_do_fullprobe(t->probe);
	if (found < 0)
		return errno ? -errno : -EIO;
	if (found == 0 &&
	    blkid_probe_lookup_value(t->probe, "PTTYPE", kind, NULL) != 0)
		*kind = "";
	return 0;
}

/* Where the header of the GPT is that libblkid believes; 0: nowhere. */
static uint64_t find_header(struct table *t)
{
	blkid_partlist list = NULL;
	blkid_parttable table;

	if (look_for_tables(t, BLKID_PARTS_FORCE_GPT) == 0 &&
	    blkid_probe_filter_partitions_type(t->probe, BLKID_FLTR_ONLYIN,
					       (char *[]){"gpt", NULL}) == 0)
		list = blkid_probe_get_partitions(t->probe);
	table = list ? blkid_partlist_get_table(list) : NULL;
	return table ? (uint64_t)blkid_parttable_get_offset(table) : 0;
}

/* ---------------------------------- a table ------------------------------ */

enum kind { KIND_NONE, KIND_GPT, KIND_DOS, KIND_PROTECTIVE };

static enum kind kind_of(const char *word)
{
	if (strcmp(word, "gpt") == 0)
		return KIND_GPT;
	if (strcmp(word, "dos") == 0)
		return KIND_DOS;
	return strcmp(word, "PMBR") == 0 ? KIND_PROTECTIVE : KIND_NONE;
}

/*
 * A file does not say how large its sectors are: a GPT is there with one size
 * alone. Leaves that of the first kind found, the GPT's where there is one.
 */
static int find_table(struct table *t, char *kinds[], int flags,
		      enum kind *kind)
{
	static const unsigned sizes[] = {512, 4096, 2048, 1024};
	unsigned sector = 512;
	const char *word;

	*kind = KIND_NONE;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		enum kind here;
		int error;

		t->sector = sizes[i];
		if (t->disk->size < 2 * t->sector)
			continue;
		if (!gpt_bounded(t))
			return t->error;
		error = find_kind(t, kinds, flags, &word);
		if (error)
			return error;
		here = kind_of(word);
		if (here == KIND_NONE || (*kind && here != KIND_GPT))
			continue;
		*kind = here;
		sector = t->sector;
		if (here == KIND_GPT)
			break;
	}
	t->sector = sector;
	return 0;
}

static char *const gpt_or_dos[] = {"gpt", "dos", "PMBR", NULL};
static char *const only_gpt[] = {"gpt", NULL};

/* Nor does an MBR say it. A device does, where it is not the usual one; else
 * what begins where the MBR says is what tells. */
static void choose_sector(struct table *t)
{
	unsigned score = dos_score(t);

	t->sector = look_at(t->probe, t->disk)
			    ? 512
			    : blkid_probe_get_sectorsize(t->probe);
	if (t->sector != 512)
		return;
	t->sector = 4096;
	if (dos_score(t) <= score)
		t->sector = 512;
}

/* Without a protective MBR nobody sees a GPT, but it is there. */
static int find_unprotected(struct table *t, enum kind *kind)
{
	enum kind other;
	int error;

	if (*kind != KIND_NONE && !(*kind == KIND_DOS && dos_empty(t)))
		return 0;
	error = find_table(t, (char **)only_gpt, BLKID_PARTS_FORCE_GPT, &other);
	if (error || other != KIND_GPT)
		return error;
	*kind = KIND_GPT;
	table_fault(t, -EBADMSG,
		    "the GPT has no protective MBR: a kernel does not see its "
		    "partitions");
	return 0;
}

static int give_gpt(struct table *t)
{
	uint64_t header = find_header(t);

	if (!header) {
		table_fault(t, -EBADMSG, "the GPT changed while it was read");
		return 0;
	}
	if (header != t->sector)
		table_fault(t, -EBADMSG,
			    "the first GPT is damaged: the partitions are "
			    "those of the second, at byte %ju",
			    (uintmax_t)header);
	return gpt_give(t, header);
}

/* There may be one that only libblkid knows. */
static int give_other(struct table *t)
{
	const char *word;
	int error = find_kind(t, NULL, 0, &word);

	if (error || !*word)
		return error ? error : NO_TABLE;
	table_fault(t, -ENOTSUP,
		    "a partition table of the type %s: only GPT and MBR are "
		    "read",
		    word);
	return 0;
}

static int give(struct table *t, enum kind kind)
{
	switch (kind) {
	case KIND_GPT:
		return give_gpt(t);
	case KIND_DOS:
		choose_sector(t);
		return dos_give(t);
	case KIND_PROTECTIVE:
		table_fault(t, -EBADMSG,
			    "the MBR says that there is a GPT, and neither of "
			    "its copies is whole");
		return 0;
	case KIND_NONE:
		break;
	}
	return give_other(t);
}

int table_read(const struct disk *disk, disk_partition_fn *fn, void *ctx,
	       char why[DISK_WHY_SIZE])
{
	struct table t = {
		.disk = disk,
		.sector = 512,
		.fn = fn,
		.ctx = ctx,
		.why = why,
	};
	enum kind kind;
	int stop;

	*why = '\0';
	if (disk->size < 1024)
		return NO_TABLE;
	t.probe = blkid_new_probe();
	if (!t.probe)
		return -ENOMEM;
	stop = find_table(&t, (char **)gpt_or_dos, 0, &kind);
	if (!stop)
		stop = find_unprotected(&t, &kind);
	if (stop && !t.error)
		table_fault(&t, stop, "the disk cannot be read");
	else if (!stop)
		stop = give(&t, kind);
	blkid_free_probe(t.probe);
	/* libblkid asks for no reading ahead. */
	posix_fadvise(disk->fd, 0, 0, POSIX_FADV_NORMAL);
	return stop ? stop : t.error;
}
