/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of attributes: inodes have the number of one. */
#include "disk/squashfs.h"

#include <errno.h>
#include <inttypes.h>
#include <sqfs/xattr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More sets that have the attribute, each with a value of its own or beside
 * other attributes, are in no image that makes sense. */
#define FOUND_MAX (1 << 20)

/* A set that was broken is read that far again, to say why; together they are
 * read no further than that. */
#define WHY_MAX (1 << 20)
#define WHYS_MAX (1 << 26)

/* Sets that are empty take no room: without a limit there could be as many as
 * there are numbers. */
#define SETS_MAX (1 << 24)

/* The table begins with where the pairs are, how many sets there are, and
 * nothing; a set is where its first pair is, how many there are, their bytes. */
#define TABLE 16
#define SET 16

static const char name[] = "capability";
#define NAME_SIZE (sizeof(name) - 1)

/* ---------------------------------- one set ------------------------------- */

/* Is it ours? The name is read in any case. */
static int read_key(struct squashfs *fs, struct sq_at *at, uint64_t *room,
		    unsigned *type, bool *ours)
{
	uint8_t head[4], key[NAME_SIZE];
	int error = sq_read(fs, at, head, sizeof(head));
	uint32_t size;

	if (error)
		return error;
	*type = sq_16(head);
	size = sq_16(head + 2);
	if (*room < sizeof(head) + size)
		return sq_fail(fs, -EBADMSG, "the sets share their bytes");
	*room -= sizeof(head) + size;
	*ours = false;
	if ((*type & SQFS_XATTR_PREFIX_MASK) != SQFS_XATTR_SECURITY ||
	    size != NAME_SIZE)
		return sq_read(fs, at, NULL, size);
	error = sq_read(fs, at, key, sizeof(key));
	*ours = !error && memcmp(key, name, sizeof(key)) == 0;
	return error;
}

/* Where the value itself is, if it is elsewhere. */
static int follow(struct squashfs *fs, struct sq_at *at)
{
	uint8_t size[4], ref[8];
	int error = sq_read(fs, at, size, sizeof(size));

	if (!error)
		error = sq_read(fs, at, ref, sizeof(ref));
	return error ? error : sq_seek(fs, &fs->pairs, sq_64(ref), at);
}

static int pass_value(struct squashfs *fs, struct sq_at *at, uint64_t *room)
{
	uint8_t size[4];
	int error = sq_read(fs, at, size, sizeof(size));
	uint64_t all;

	if (error)
		return error;
	all = sizeof(size) + (uint64_t)sq_32(size);
	if (*room < all)
		return sq_fail(fs, -EBADMSG, "the sets share their bytes");
	*room -= all;
	return sq_read(fs, at, NULL, all - sizeof(size));
}

/* -ENODATA where it is not among them; else @at is where the value is. As in the
 * kernel, the first of several counts. */
static int search(struct squashfs *fs, struct sq_at *at, uint32_t count,
		  uint64_t *room)
{
	int error = 0;

	while (count-- && !error) {
		unsigned type;
		bool ours = false;

		error = read_key(fs, at, room, &type, &ours);
		if (!error && ours)
			return type & SQFS_XATTR_FLAG_OOL ? follow(fs, at) : 0;
		if (!error)
			error = pass_value(fs, at, room);
	}
	return error ? error : -ENODATA;
}

static int read_set(struct squashfs *fs, uint32_t set, uint64_t *room,
		    struct sq_at *at)
{
	uint8_t entry[SET];
	int error = sq_table(fs, &fs->set_table, fs->xattr_table + TABLE, set,
			     sizeof(entry), entry);

	if (!error)
		error = sq_seek(fs, &fs->pairs, sq_64(entry), at);
	return error ? error : search(fs, at, sq_32(entry + 8), room);
}

/* --------------------------------- all of them ---------------------------- */

static int keep(struct squashfs *fs, const struct sq_found *found)
{
	if (fs->founds == fs->room) {
		size_t room = fs->room ? 2 * fs->room : 64;
		struct sq_found *more =
			realloc(fs->found, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		fs->found = more;
		fs->room = room;
	}
	fs->found[fs->founds++] = *found;
	return 0;
}

static int look_at(struct squashfs *fs, uint32_t set, uint64_t *room)
{
	struct sq_at at = {0};
	int error = read_set(fs, set, room, &at);

	if (error == -ENODATA)
		return 0;
	if (error == -ENOMEM || error == -ENOTSUP)
		return error;
	return keep(fs, &(struct sq_found){.set = set,
					   .broken = error,
					   .block = at.block,
					   .offset = at.offset});
}

/* The block of the last set ends with it. Otherwise there are sets that inodes
 * may have, and of which nothing would be said. */
static bool has_more(struct squashfs *fs)
{
	uint8_t entry[SET];

	return fs->sets % (SQ_BLOCK / SET) &&
	       sq_table(fs, &fs->set_table, fs->xattr_table + TABLE, fs->sets,
			sizeof(entry), entry) == 0;
}

/* No two sets have the same bytes, so that all together cannot have more than
 * there are. */
static int look_at_all(struct squashfs *fs)
{
	uint64_t room;
	int error = sq_count(fs, &fs->pairs, &room);

	while (!error && fs->known < fs->sets && fs->known < SETS_MAX &&
	       fs->founds < FOUND_MAX) {
		error = look_at(fs, fs->known, &room);
		if (!error)
			fs->known++;
	}
	if (!error && fs->known == fs->sets && has_more(fs))
		return sq_fail(fs, -EBADMSG,
			       "it is said to have %" PRIu32
			       " sets, and has more",
			       fs->sets);
	return error;
}

static int open_table(struct squashfs *fs)
{
	uint64_t start = fs->xattr_table, end = fs->bytes_used, pairs, list;
	uint8_t head[TABLE];
	int error;

	if (end < TABLE || start > end - TABLE)
		return sq_fail(fs, -EBADMSG, "it begins behind the end");
	error = disk_read(fs->disk, start, head, sizeof(head));
	if (error)
		return sq_fail(fs, error, "%s", strerror(-error));
	pairs = sq_64(head);
	fs->sets = sq_32(head + 8);
	/* What inodes have a number of, though. */
	if (!fs->sets)
		return sq_fail(fs, -EBADMSG, "it is said to have no sets");
	list = ((uint64_t)fs->sets + SQ_BLOCK / SET - 1) / (SQ_BLOCK / SET) * 8;
	if (list > end - TABLE - start)
		return sq_fail(fs, -EBADMSG,
			       "it is said to have %" PRIu32
			       " sets, for which there is no room",
			       fs->sets);
	if (pairs < SQ_SUPER || pairs >= start)
		return sq_fail(fs, -EBADMSG,
			       "its pairs are said to be at byte %" PRIu64,
			       pairs);
	fs->pairs = (struct sq_region){"attributes", pairs, start};
	fs->set_table = (struct sq_region){"sets of attributes", pairs, start};
	return 0;
}

int sq_sets_read(struct squashfs *fs)
{
	char why[DISK_WHY_SIZE];
	int error = fs->xattr_table == SQ_NONE ? 0 : open_table(fs);

	if (error)
		fs->sets = 0;
	else if (fs->sets)
		error = look_at_all(fs);
	if (!error || error == -ENOMEM)
		return error;
	memcpy(why, fs->why, sizeof(why));
	return sq_fail(fs, error, "the table of attributes: %.150s", why);
}

/* ---------------------------------- values -------------------------------- */

static int by_set(const void *a, const void *b)
{
	const struct sq_found *x = a, *y = b;

	return (x->set > y->set) - (x->set < y->set);
}

static const struct sq_found *find(const struct squashfs *fs, uint32_t set)
{
	struct sq_found key = {.set = set};

	return fs->founds ? bsearch(&key, fs->found, fs->founds, sizeof(key),
				    by_set)
			  : NULL;
}

bool sq_sets_has(const struct squashfs *fs, uint32_t set)
{
	if (set == SQ_NO_SET || fs->xattr_table == SQ_NONE)
		return false;
	return set >= fs->known || find(fs, set);
}

static int read_value(struct squashfs *fs, struct sq_at *at, size_t *size)
{
	uint8_t head[4];
	int error = sq_read(fs, at, head, sizeof(head));

	if (error)
		return error;
	*size = sq_32(head);
	if (*size > DISK_VALUE_MAX)
		*size = DISK_VALUE_MAX;
	return sq_read(fs, at, fs->value, *size);
}

static int why_unknown(struct squashfs *fs, uint32_t set)
{
	if (set < fs->sets)
		return sq_fail(fs, -EFBIG,
			       "there are too many sets of attributes with it");
	if (!fs->sets)
		return sq_fail(fs, -EBADMSG,
			       "the table of attributes is not readable");
	return sq_fail(fs, -EBADMSG, "there are %" PRIu32, fs->sets);
}

/* It is read again, for the reason. Alone it can be whole, or have had no room
 * beside the others. */
static int why_broken(struct squashfs *fs, uint32_t set)
{
	uint64_t room = WHY_MAX;
	struct sq_at at;
	int error;

	if (fs->whys > WHYS_MAX)
		return sq_fail(fs, -EBADMSG, "it is broken, as many others");
	error = read_set(fs, set, &room, &at);
	fs->whys += WHY_MAX - room;
	if (error == 0 || error == -ENODATA)
		return sq_fail(fs, -EBADMSG, "the sets share their bytes");
	return error == -ENOMEM ? error : -EBADMSG;
}

static int value_of(struct squashfs *fs, uint32_t set, size_t *size)
{
	const struct sq_found *found = find(fs, set);
	struct sq_at at;

	if (set >= fs->known)
		return why_unknown(fs, set);
	if (found->broken)
		return why_broken(fs, set);
	at = (struct sq_at){&fs->pairs, found->block, found->offset};
	return read_value(fs, &at, size);
}

int sq_sets_value(struct squashfs *fs, uint32_t set, size_t *size)
{
	char why[DISK_WHY_SIZE];
	int error;

	if (!sq_sets_has(fs, set))
		return -ENODATA;
	error = value_of(fs, set, size);
	if (!error || error == -ENOMEM)
		return error;
	memcpy(why, fs->why, sizeof(why));
	return sq_fail(fs, error, "set of attributes %" PRIu32 ": %.150s", set,
		       why);
}
