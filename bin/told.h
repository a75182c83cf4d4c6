/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fcapinspect could not have: a line on standard error, and a word in the
 * output where its format has a place for that.
 */
#ifndef BIN_TOLD_H
#define BIN_TOLD_H

#include "bin/tool.h"

/** struct told - who tells, and where else */
struct told {
	struct tool *tool;
	const struct report_format *format;
	const struct report *report;
};

/** told_trouble() - report_trouble() to both; does not set the exit status */
void told_trouble(const struct told *told, enum issue_level level,
		  const struct scan_record *record, const struct view *view);

/** told_fault() - an error concerning a record, as tool_file() has it */
void told_fault(const struct told *told, const struct scan_record *record,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/** told_input() - the same of an input as a whole */
void told_input(const struct told *told, const char *arg, const char *why);

#endif /* BIN_TOLD_H */
