/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scan hands over, as text, and small trees to scan. */
#ifndef VFSCAP_TESTS_SCANNED_H
#define VFSCAP_TESTS_SCANNED_H

#include "scan/scan.h"

#include <stddef.h>

/** scanned_jobs - how many threads a scan has, unless it says so itself */
extern unsigned scanned_jobs;

/** struct scanned - the records of a scan; all may be zero at first */
struct scanned {
	/** @text: what @print said, which see */
	char text[16384];
	size_t used;

	unsigned records;

	/** @result: of scan_run() */
	int result;

	struct scan_totals totals;
	struct scan_options options;

	/** @print: says a line a record, with scanned_say(); or NULL */
	void (*print)(struct scanned *s, const struct scan_record *r);

	/** @meanwhile: called at every record; or NULL */
	void (*meanwhile)(const struct scan_record *r);
};

/** scanned_say() - append to the text */
void scanned_say(struct scanned *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** scanned_outcome() - a @print: entries, what was not read, what left out */
void scanned_outcome(struct scanned *s, const struct scan_record *r);

/**
 * scanned_run() - scan an input
 * @arg: as the command line has it
 *
 * Asserts that no descriptor is left open, whatever there was.
 */
void scanned_run(struct scanned *s, const char *arg);

/**
 * scanned_sort() - put the lines in the order of their bytes
 *
 * That of a directory is its own.
 */
void scanned_sort(struct scanned *s);

/** scanned_descriptors() - how many descriptors this process has open */
int scanned_descriptors(void);

/* ---------------------------------- files -------------------------------- */

/** tree_enter() - enter an empty directory; a test that hangs is killed */
void tree_enter(void);

/** tree_file() - make a file with value_v2 */
void tree_file(const char *path);

/** tree_dir() - make a directory */
void tree_dir(const char *path);

#endif /* VFSCAP_TESTS_SCANNED_H */
