/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fcapconvert does to one value and to one file, and how it is undone.
 */
#ifndef CONVJOB_H
#define CONVJOB_H

#include "bin/convbatch.h"
#include "bin/tool.h"
#include "change/journal.h"

/** enum undecodable - what becomes of a value that cannot be converted */
enum undecodable { UNDECODABLE_ERROR, UNDECODABLE_KEEP, UNDECODABLE_DROP };

/** enum verdict - what becomes of a value */
enum verdict { VERDICT_SAME, VERDICT_CHANGED, VERDICT_REFUSED };

/** struct conversion - one run of fcapconvert */
struct conversion {
	struct tool tool;
	struct convert convert;
	struct vfscap_idmap from, to; /* what convert.rebase points to */
	enum undecodable undecodable;
	bool allow_widen, irreversible, dry_run;
	bool packed; /* what is written is an archive, to be extracted later */
	const struct report_format *format; /* NULL: text */
	struct scan_options options;
	struct scan_totals totals;
	struct userns caller;
	struct journal journal;
	struct batch batch; /* of live files */
	char *base; /* the input that is read, absolute, without links */
	bool whole; /* @base is a directory, and paths below it follow */
	bool stop;  /* the journal cannot be written: nothing more is done */
	struct tally {
		uintmax_t changed, unchanged, kept, dropped, owned;
	} tally;
};

/** convert_one() - one value; says what is refused, kept or dropped */
enum verdict convert_one(struct conversion *c, const char *path,
			 const struct change_value *old,
			 struct change_value *new);

/** convert_undecodable() - bytes that no reader takes, as --undecodable has it:
 *  refused, or kept or dropped with a line
 *  @layer: of a container image, or NULL; @error: enum vfscap_error */
enum verdict convert_undecodable(struct conversion *c, const char *path,
				 const char *layer, int error);

/** convert_count() - a change to @new is made, or shown */
void convert_count(struct conversion *c, const struct change_value *new);

/** convert_show() - what a dry run shows of one value of @record, in the format
 *  that was asked for */
void convert_show(struct conversion *c, const struct scan_record *record,
		  const struct change_value *old,
		  const struct change_value *new);

/** convert_archive() - the values of an archive or image, into an output */
struct archive;
void convert_archive(struct conversion *c, struct archive *archive);

/** convert_disk() - the values of a disk image, into a copy or in place
 *  @parameters: of this call, for the journal */
struct disk_image;
void convert_disk(struct conversion *c, struct disk_image *image,
		  const char *parameters);

/** convert_given() - convert the argument of --value and print the result */
void convert_given(struct conversion *c, const char *text);

/** convert_record() - a scan_fn: convert a live file in place, by the next
 *  batch_make() at the latest */
int convert_record(void *conversion, const struct scan_record *record);

/** convert_undo() - give every file of a journal its old value back */
void convert_undo(struct conversion *c, const char *path);

#endif /* CONVJOB_H */
