/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fcapconvert does to the files of a disk image. */
#include "bin/convjob.h"
#include "bin/diskimage.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* struct stored - a conversion of an image under way */
struct stored {
	struct conversion *c;
	struct disk_change *change;
	size_t count, room;
	void *known; /* inodes with several names, of tsearch(3) */
	bool refused;
};

/* -------------------------------- one value ------------------------------ */

/* The values before and after; what is refused, kept or dropped is said. */
static enum verdict one_value(struct stored *s, const struct scan_record *r,
			      struct change_value *old,
			      struct change_value *new)
{
	int error = vfscap_decode_lenient(r->value, r->size, &old->cap);

	*new = (struct change_value){.have = CHANGE_NONE};
	old->have = CHANGE_VALUE;
	if (!error)
		return convert_one(s->c, r->path, old, new);
	*old = (struct change_value){.have = CHANGE_HIDDEN, .error = EBADMSG};
	return convert_undecodable(s->c, r->path, NULL, error);
}

static int add(struct stored *s, const struct scan_record *r,
	       uint32_t generation, const struct change_value *new)
{
	struct disk_change *change;
	size_t more = s->room ? 2 * s->room : 64;

	if (s->count == s->room) {
		change = reallocarray(s->change, more, sizeof(*change));
		if (!change)
			return -ENOMEM;
		s->change = change;
		s->room = more;
	}
	change = &s->change[s->count++];
	*change = (struct disk_change){
		.inode = r->stat.st_ino,
		.generation = generation,
		.remove = new->have == CHANGE_NONE,
	};
	if (!change->remove)
		vfscap_encode(&new->cap, change->value, sizeof(change->value),
			      &change->size);
	return 0;
}

/* ------------------------------ several names ---------------------------- */

static int by_number(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Did the inode come before, under another name? A negated errno where that is
 * not known. */
static int is_known(struct stored *s, const struct scan_record *r)
{
	uint64_t *number, **found;

	if (r->stat.st_nlink < 2)
		return 0;
	number = malloc(sizeof(*number));
	if (!number)
		return -ENOMEM;
	*number = r->stat.st_ino;
	found = tsearch(number, &s->known, by_number);
	if (found && *found == number)
		return 0;
	free(number);
	return found ? 1 : -ENOMEM;
}

/* --------------------------------- all of it ----------------------------- */

static int wrong_type(mode_t mode)
{
	return S_ISREG(mode)   ? 0
	       : S_ISDIR(mode) ? -EISDIR
	       : S_ISLNK(mode) ? -ELOOP
			       : -ENXIO;
}

static int convert_file(struct stored *s, const struct scan_record *r,
			uint32_t generation)
{
	struct conversion *c = s->c;
	struct change_value old, new;
	enum verdict verdict;
	int error = wrong_type(r->stat.st_mode);

	if (error) {
		tool_refuse(&c->tool, r->path, error, NULL, NULL);
		s->refused = true;
		return 0;
	}
	verdict = one_value(s, r, &old, &new);
	s->refused |= verdict == VERDICT_REFUSED;
	if (verdict != VERDICT_CHANGED)
		return 0;
	if (new.have == CHANGE_NONE)
		c->tally.dropped++;
	else
		c->tally.changed++;
	if (c->dry_run)
		convert_show(c, r, &old, &new);
	return add(s, r, generation, &new);
}

static int take(void *ctx, const struct scan_record *r, uint32_t generation)
{
	struct stored *s = ctx;
	int known;

	if (!r->value)
		return 0;
	known = is_known(s, r);
	return known ? (known < 0 ? known : 0) : convert_file(s, r, generation);
}

void convert_disk(struct conversion *c, struct disk_image *image,
		  const char *parameters)
{
	struct stored s = {.c = c};
	bool done = false;

	c->packed = !image->in_place;
	if (disk_image_open(image) &&
	    disk_image_resume(image, parameters, &done) && !done &&
	    disk_image_scan(image, take, &s) && !s.refused && !image->dry_run)
		disk_image_write(image, s.change, s.count, parameters);
	disk_image_close(image);
	tdestroy(s.known, free);
	free(s.change);
}
