/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call of fcapinspect: what its arguments ask for.
 */
#ifndef INSPECTCALL_H
#define INSPECTCALL_H

#include "bin/progress.h"
#include "bin/told.h"
#include "bin/tool.h"

/** struct inspect - the options, and what is made of them */
struct inspect {
	struct tool tool;
	struct report report;
	const struct report_format *format;
	struct scan_options options;
	struct scan_totals totals;
	struct progress progress;
	struct userns caller;
	struct told told;
	uint32_t check; /* issues that count; none: no --check */
	struct ns_chain chain;
	const char *userns[NS_DEPTH];
	char *where; /* all of them, outermost first */
	size_t levels;
	bool ghosts, force;
	const char *value, *text, *output_path;
	uint8_t *bytes; /* of --value */
	size_t size;
	struct vfscap_sets sets; /* of --text */
	bool capabilities;
};

/** inspect_options() - take all of them, or exit with 2; the inputs begin at
 *  optind */
void inspect_options(struct inspect *inspect, int argc, char **argv);

/** inspect_prepare() - check what the inputs and values are, and read maps and
 *  listings; or exit */
void inspect_prepare(struct inspect *inspect, char **inputs);

#endif /* INSPECTCALL_H */
