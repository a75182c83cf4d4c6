/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call of fcapconvert: what its arguments ask for.
 */
#ifndef CONVCALL_H
#define CONVCALL_H

#include "bin/archive.h"
#include "bin/convjob.h"
#include "bin/diskimage.h"

/** struct convert_call - the options and the input */
struct convert_call {
	struct conversion c;
	const char *value, *undo, *journal;
	const char *from, *to;	/* --map-from, --map-to */
	struct archive archive; /* @input: set where the input is one */
	struct disk_image disk; /* likewise */
	struct scan_input input;
	bool rootid_given, unmapped_given;
};

/** convert_packed() - is what is converted an archive or an image? */
bool convert_packed(const struct convert_call *call);

/** convert_check_call() - what is asked for goes together, or exit with 2
 *  @inputs: are there any? */
void convert_check_call(const struct convert_call *call, bool inputs);

/** convert_read_maps() - the maps of the options, or exit with 2 */
void convert_read_maps(struct convert_call *call);

/** convert_parameters() - all that decides what becomes of a file, and which files
 *  there are, as lines of a journal; NULL: no memory */
char *convert_parameters(const struct convert_call *call, char **inputs);

#endif /* CONVCALL_H */
