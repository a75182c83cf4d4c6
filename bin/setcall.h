/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call of fcapset: what its arguments ask for.
 */
#ifndef SETCALL_H
#define SETCALL_H

#include "bin/diskimage.h"
#include "bin/setjob.h"
#include "scan/dump.h"

enum mode { MODE_PAIRS, MODE_CAPS, MODE_REMOVE, MODE_RESTORE };

struct set {
	struct tool tool;
	struct set_options options;
	enum mode mode;
	const char *caps, *restore, *root;
	const char *rootid; /* the last -n so far */
	size_t rootid_from; /* the first job that it holds for */
	const char *in;	    /* --in: where the members are */
	struct archive archive;
	struct disk_image disk; /* @input: set where the members are in one */
	struct scan_input input;
	bool rewrite;
	bool verify; /* -v so far */
	bool ahead;  /* looking for what holds for the whole call */
	const char *userns[NS_DEPTH], *gid_map[NS_DEPTH];
	size_t levels, levels_seen;
	struct set_job *job;
	size_t jobs;
};

/** set_add_job() - one more file, to lose its attribute unless more is said */
struct set_job *set_add_job(struct set *s, const char *path);

/** set_take_dump() - jobs for what the dump of --restore says; @dump is to be
 *  kept as long as they are */
void set_take_dump(struct set *s, struct dump *dump);

/** set_take_archive() - where the members of --in are, or exit with 2: what the
 *  options ask for does not go together */
void set_take_archive(struct set *s);

/** set_run_archive() - set them */
void set_run_archive(struct set *s);

#endif /* SETCALL_H */
