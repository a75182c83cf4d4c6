/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fcapconvert does to one value and to one file, and how it is undone.
 */
#ifndef CONVJOB_H
#define CONVJOB_H

#include "bin/tool.h"
#include "change/journal.h"

/** enum undecodable - what becomes of a value that cannot be converted */
enum undecodable { UNDECODABLE_ERROR, UNDECODABLE_KEEP, UNDECODABLE_DROP };

/** struct conversion - one run of fcapconvert */
struct conversion {
	struct tool tool;
	struct convert convert;
	struct vfscap_idmap from, to; /* what convert.rebase points to */
	enum undecodable undecodable;
	bool allow_widen, irreversible, dry_run;
	const struct report_format *format; /* NULL: text */
	struct scan_options options;
	struct scan_totals totals;
	struct userns caller;
	struct journal journal;
	char *base; /* the input that is read, absolute, without links */
	bool whole; /* @base is a directory, and paths below it follow */
	bool stop;  /* the journal cannot be written: nothing more is done */
	struct {
		uintmax_t changed, unchanged, kept, dropped, owned;
	} tally;
};

/** convert_given() - convert the argument of --value and print the result */
void convert_given(struct conversion *c, const char *text);

/** convert_record() - a scan_fn: convert a live file in place */
int convert_record(void *conversion, const struct scan_record *record);

/** convert_undo() - give every file of a journal its old value back */
void convert_undo(struct conversion *c, const char *path);

#endif /* CONVJOB_H */
