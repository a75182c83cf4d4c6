/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What reading a live file and a live tree have in common: the path where the
 * scan is, and one record for each entry that is asked.
 */
#ifndef SCAN_LIVE_H
#define SCAN_LIVE_H

#include "scan/scan.h"
#include "scan/stored.h"
#include "vfscap.h"

/** struct live - a live input while it is read */
struct live {
	struct scan *scan;
	struct scan_mounts mounts; /* see live_mounts() */
	char *path;		   /* of what is asked now */
	size_t path_len, path_room;
	size_t root_len;      /* of the input's own path in it */
	struct stored stored; /* for --stored */
};

/** live_start() - begin with the input's own path; 0 or -ENOMEM. Whatever it
 *  returns, live_finish() frees it */
int live_start(struct live *live, struct scan *scan);
void live_finish(struct live *live);

/** live_path() - be at @name in the directory whose path is @len bytes long; 0
 *  or -ENOMEM */
int live_path(struct live *live, size_t len, const char *name);

/** live_tell() - hand over a record of what is no entry, at the path; what the
 *  scan's function returns */
int live_tell(struct live *live, enum scan_what what, int error,
	      const char *reason);

/** live_hand_over() - hand over a record of what is at the path; what the scan's
 *  function returns */
int live_hand_over(struct live *live, struct scan_record *record);

/**
 * live_look() - ask an entry, and count it
 * @fs, @dirfd, @name: as for scan_ask()
 * @value: where the record's value is
 *
 * Touches nothing but its arguments, so that threads can look at once.
 *
 * Return: is there something to tell? Then @record has all but its path.
 */
bool live_look(const struct scan_options *options, struct scan_totals *totals,
	       const struct scan_fs *fs, int dirfd, const char *name,
	       uint8_t value[VFSCAP_SIZE_MAX], struct scan_record *record);

/**
 * live_ask() - ask the entry at the path, and hand over its record where there is
 * something to tell
 * @fs, @dirfd, @name: as for scan_ask()
 *
 * Return: what the scan's function returns; an entry that has vanished is counted
 */
int live_ask(struct live *live, const struct scan_fs *fs, int dirfd,
	     const char *name);

/** live_mounts() - know what is mounted where; 0 or a negated errno */
int live_mounts(struct live *live);

/** live_no_mounts() - tell that it is not known, and what for that is needed
 *  @error: of live_mounts() */
int live_no_mounts(struct live *live, int error, const char *purpose);

/** live_left_out() - is the input on a network file system that is not to be
 *  asked? Then that was told, and @error is what came of it */
bool live_left_out(struct live *live, int *error);

/** live_grow() - let an array have room for @need elements of @size bytes; 0 or
 *  -ENOMEM */
int live_grow(void **array, size_t *room, size_t need, size_t size);

#endif /* SCAN_LIVE_H */
