/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options that several tools have, for getopt_long(3): rows for their tables, and
 * what each of them does.
 */
#ifndef TOOLOPT_H
#define TOOLOPT_H

#include "bin/tool.h"

#include <getopt.h>

/* Beyond those that a tool has itself. */
enum {
	TOOL_OPT_LOCAL = 1024,
	TOOL_OPT_STORED,
	TOOL_OPT_PARTITION,
	TOOL_OPT_OFFSET,
	TOOL_OPT_MAX_SIZE,
	TOOL_OPT_SANDBOX,
	TOOL_OPT_KERNEL,
	TOOL_OPT_HELP,
	TOOL_OPT_VERSION,
};

/** TOOL_SCAN_OPTIONS - of a scan; their letters are "xj:" */
#define TOOL_SCAN_OPTIONS                                                   \
	{"one-file-system", no_argument, NULL, 'x'},                        \
		{"local", no_argument, NULL, TOOL_OPT_LOCAL},               \
		{"jobs", required_argument, NULL, 'j'},                     \
		{"partition", required_argument, NULL, TOOL_OPT_PARTITION}, \
		{"offset", required_argument, NULL, TOOL_OPT_OFFSET},       \
		{"max-size", required_argument, NULL, TOOL_OPT_MAX_SIZE},   \
	{                                                                   \
		"sandbox", required_argument, NULL, TOOL_OPT_SANDBOX        \
	}

/** TOOL_STORED_OPTION - and where stored bytes may be asked for */
#define TOOL_STORED_OPTION                                   \
	{                                                    \
		"stored", no_argument, NULL, TOOL_OPT_STORED \
	}

/** TOOL_OPTIONS - of all; their letters are "qh", or "q" alone */
#define TOOL_OPTIONS                                           \
	{"kernel", required_argument, NULL, TOOL_OPT_KERNEL},  \
		{"quiet", no_argument, NULL, 'q'},             \
		{"help", no_argument, NULL, TOOL_OPT_HELP},    \
	{                                                      \
		"version", no_argument, NULL, TOOL_OPT_VERSION \
	}

/** tool_getopt() - getopt_long(3); where that would say what is wrong, it exits
 *  with 2, and words of the call are escaped as everywhere */
int tool_getopt(const struct tool *tool, int argc, char **argv,
		const char *letters, const struct option *options, int *index);

/** tool_scan_option() - take an option of a scan, or TOOL_STORED_OPTION, with its
 *  argument in optarg; false: it is none. Exits with 2 where it is wrong */
bool tool_scan_option(struct tool *tool, struct scan_options *options,
		      int option);

/** tool_option() - take one of TOOL_OPTIONS */
void tool_option(struct tool *tool, int option);

/** tool_scan_defaults() - after the last option: what none of them has said */
void tool_scan_defaults(const struct tool *tool, struct scan_options *options);

/* ---------------------------- what goes together -------------------------- */

/** struct tool_need - an option that does nothing without another thing */
struct tool_need {
	bool given;
	const char *option;
	bool met;
	const char *needs; /* "--output", or what inputs there must be */
};

/** tool_needs() - all that were given have what they need, or exit with 2 and name
 *  the first that has not */
void tool_needs(const struct tool *tool, const struct tool_need *need,
		size_t count);

/** tool_may_be_live() - is an input a file or a tree? What is none at all may be,
 *  and is told where it is read */
bool tool_may_be_live(const char *input);

/** tool_live_options() - -x, --local and --stored belong to files and trees: where
 *  none of the inputs is one, exit with 2 */
void tool_live_options(const struct tool *tool,
		       const struct scan_options *options, char **inputs);

/** tool_is_stdin() - is an input what standard input gives? */
bool tool_is_stdin(const char *input);

/**
 * tool_check_inputs() - tool_disk_options() of all inputs, and that standard input
 * is read once at most, before the first of them is read: a wrong call must not
 * get that far
 * @file: of an option, "-" for standard input; or NULL
 */
void tool_check_inputs(const struct tool *tool,
		       const struct scan_options *options, const char *file,
		       char **inputs);

#endif /* TOOLOPT_H */
