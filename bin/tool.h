/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tools share: exit statuses, messages, options that mean the same
 * everywhere.
 */
#ifndef TOOL_H
#define TOOL_H

#include "change/change.h"
#include "report/report.h"
#include "scan/scan.h"
#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** enum tool_status - exit statuses; the highest of two wins */
enum tool_status {
	TOOL_DONE = 0,	     /* all of it was done, nothing to report */
	TOOL_NO = 1,	     /* the answer is no */
	TOOL_USAGE = 2,	     /* the call is wrong; nothing was done */
	TOOL_INCOMPLETE = 3, /* something could not be had, or was refused */
};

/** struct tool - one run of a tool */
struct tool {
	const char *name;
	const char *help; /* what --help prints */
	bool quiet;	  /* notices are not printed; errors are */
	enum tool_status status;
	struct vfscap_listing listing;
	const char *kernel; /* the argument of --kernel, or NULL */
	uint64_t raised;    /* PRIVILEGE_* that tool_output() keeps besides its
			     * own */
};

/** tool_begin() - first of all: what is opened must not become standard input,
 *  output or error because those are closed */
void tool_begin(void);

/** tool_worse() - let the exit status be at least @status; 3 wins over 1 */
void tool_worse(struct tool *tool, enum tool_status status);

/** tool_error() - "NAME: ..." on standard error; does not set the status */
void tool_error(const struct tool *tool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** tool_file() - "NAME: PATH: ..." with the path escaped; LEVEL_NOTICE is not
 *  printed under --quiet, LEVEL_ERROR sets the status to 3 */
enum tool_level { LEVEL_NOTICE, LEVEL_ERROR };
void tool_file(struct tool *tool, enum tool_level level, const char *path,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

/** tool_usage() - a wrong call: the message, where to look, exit status 2 */
_Noreturn void tool_usage(const struct tool *tool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** tool_option_file() - a file that an option names cannot be had: exit status 2,
 *  or 3 where it is not the call that is wrong */
_Noreturn void tool_option_file(const struct tool *tool, const char *option,
				const char *path, int error);

/** tool_option_failed() - what an option's file holds cannot be had, or used:
 *  exit status 3, and why */
void tool_option_failed(struct tool *tool, const char *option, const char *path,
			const char *why);

/** tool_help(), tool_version() - print and exit with 0 */
_Noreturn void tool_help(struct tool *tool);
_Noreturn void tool_version(struct tool *tool);

/**
 * tool_listing() - the capability listing that --kernel asks for
 * @fallback: what holds without the option: "running" or "builtin"
 *
 * Exits with 2 where the option's argument is wrong, with a line number where
 * a file is.
 */
void tool_listing(struct tool *tool, const char *fallback);

/** tool_listing_source() - "running", "builtin" and so on, in words */
const char *tool_listing_source(const struct vfscap_listing *listing);

/**
 * tool_text() - parse capabilities, or exit with 2 and say where it is wrong
 * @what: what the text is, for the message
 */
void tool_text(const struct tool *tool, const char *what, const char *text,
	       struct vfscap_sets *sets);

/** tool_rootid() - read 0 to 4294967294, as strtoul(3) with base 0, or exit */
uint32_t tool_rootid(const struct tool *tool, const char *text);

/** tool_level() - read a level of compression, 0 to 22, or exit with 2 */
int tool_level(const struct tool *tool, const char *text);

/** tool_size() - read a number of bytes, with K, M, G or T behind it in units of
 *  1024, or exit with 2 */
uint64_t tool_size(const struct tool *tool, const char *option,
		   const char *text);

/** tool_jobs() - read how many threads there are to be, 1 to 256, or exit;
 *  NULL: as many as there are processors for this process */
unsigned tool_jobs(const struct tool *tool, const char *text);

/** tool_json() - read --format=text or json; is it json? Exits with 2 otherwise */
bool tool_json(const struct tool *tool, const char *text);

/** tool_sandbox() - read auto, tell, require or no, or exit with 2 */
enum sandbox tool_sandbox(const struct tool *tool, const char *text);

/**
 * struct tool_reading - by whom a file is read that an option names
 *
 * With SANDBOX_TELL a notice says it of the file.
 */
struct tool_reading {
	struct tool *tool;
	const char *path;
	struct closed_how how;
};

/** tool_reading() - fill it in; @reading stays where it is while it is read */
const struct closed_how *tool_reading(struct tool_reading *reading,
				      struct tool *tool, const char *path,
				      enum sandbox sandbox);

/** tool_partition() - read the number of a partition, 1 or more, or exit */
unsigned tool_partition(const struct tool *tool, const char *text);

/**
 * tool_disk_options() - --partition, --offset and --orphans belong to disk images,
 * or exit with 2
 * @input: an input that they are given for
 */
void tool_disk_options(const struct tool *tool,
		       const struct scan_options *options,
		       const struct scan_input *input);

/**
 * tool_value() - read 0xHEX|0sBASE64|HEX, or exit with 2
 * @option: "--value", for the message
 * @value: the bytes, for the caller to free
 */
void tool_value(const struct tool *tool, const char *option, const char *text,
		uint8_t **value, size_t *size);

/** tool_known() - is every capability of the sets in the listing? If not, one
 *  line names those that are not. */
bool tool_known(struct tool *tool, const char *path,
		const struct vfscap_sets *sets);

/** tool_names() - the names of a set of capabilities, "cap_a,cap_b" */
void tool_names(const struct tool *tool, uint64_t caps,
		char buf[VFSCAP_TEXT_SIZE]);

/** tool_refuse_widening() - say that a change was refused since it widens, and
 *  who could use the capabilities before and after */
void tool_refuse_widening(struct tool *tool, const char *path,
			  const struct change_value *before,
			  const struct change_value *after);

/** tool_refuse() - say why a change failed, as change_why() knows it */
void tool_refuse(struct tool *tool, const char *path, int error,
		 const struct change_file *file,
		 const struct change_value *new);

/** tool_show_change() - "PATH: OLD -> NEW" on standard output */
void tool_show_change(const struct tool *tool, const char *path,
		      const struct change_value *old,
		      const struct change_value *new);

/** tool_value_text() - a value as a text with its rootid, for messages */
#define TOOL_TEXT_SIZE (VFSCAP_TEXT_SIZE + 32)
void tool_value_text(const struct tool *tool, const struct change_value *value,
		     char buf[TOOL_TEXT_SIZE]);

/** tool_caller() - view_userns_caller(); without /proc a notice, which is no
 *  error */
void tool_caller(struct tool *tool, struct userns *caller);

/** tool_privileges() - privilege_start() or a warning */
void tool_privileges(struct tool *tool, uint64_t raised);

/** tool_finish() - flush standard output; returns the exit status */
int tool_finish(struct tool *tool);

/* -------------------------------- output files ---------------------------- */

/** struct output - standard output, or a file that appears when it is whole */
struct output {
	FILE *file;
	const char *path; /* NULL: standard output */
	char *temporary;
	int dirfd;
	const char *base;
	bool replace;
};

/**
 * output_open() - make a file beside its target, with what the caller may do:
 * before privileges are given up
 * @path: NULL for standard output
 * @replace: an existing regular file may be replaced; its owner, mode and
 * extended attributes are carried over
 *
 * Return: 0 or a negated errno: -EEXIST without @replace, -ELOOP where the
 * target is a link, -EINVAL where it is no regular file.
 */
int output_open(struct output *output, const char *path, bool replace);

/**
 * output_commit() - make it durable and rename it into place
 *
 * Return: 0 or a negated errno; then the target is as it was.
 */
int output_commit(struct output *output);

/** output_abandon() - remove what was written */
void output_abandon(struct output *output);

/**
 * tool_output() - where a tool that only reads writes to: opens --output, or
 * standard output, and gives up the privileges that are of no use from here on
 * @path: of --output, or NULL
 * @force: --force
 *
 * Return: false where it cannot be, which was said; privileges are as they were.
 */
bool tool_output(struct tool *tool, struct output *output, const char *path,
		 bool force);

/** tool_output_done() - output_commit(), and say what fails */
void tool_output_done(struct tool *tool, struct output *output);

#endif /* TOOL_H */
