/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a scan is, in one line of a terminal's standard error, for work that
 * takes more than a second.
 */
#ifndef BIN_PROGRESS_H
#define BIN_PROGRESS_H

#include "scan/scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** enum progress_when - what --progress says */
enum progress_when {
	PROGRESS_AUTO, /* where standard error is a terminal */
	PROGRESS_ALWAYS,
	PROGRESS_NEVER,
};

/** struct progress - over all inputs of a call; zero at first but for @when and
 *  @name */
struct progress {
	enum progress_when when;
	const char *name; /* the tool's */

	/* Of progress.c. */
	bool on, shown;
	uint64_t hits;
	struct timespec begun, last;
	const struct scan_totals *totals;
	scan_fn *fn;
	void *ctx;
};

/** progress_find() - the word of --progress: 0, or -1 where it is none */
int progress_find(const char *word, enum progress_when *when);

/**
 * progress_scan() - scan_run(), with the line
 *
 * The line is gone before a record is handed over, and at the end.
 */
int progress_scan(struct progress *progress, const struct scan_input *input,
		  const struct scan_options *options,
		  struct scan_totals *totals, scan_fn *fn, void *ctx);

#endif /* BIN_PROGRESS_H */
