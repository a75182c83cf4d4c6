/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fcapinspect --check: which issues are looked for, and how they are said.
 */
#ifndef BIN_CHECK_H
#define BIN_CHECK_H

#include "bin/tool.h"

/** check_issues() - the issues that --check=CODE,... means, or exit with 2
 *  @codes: NULL: --check alone */
uint32_t check_issues(const struct tool *tool, const char *codes);

/** check_say() - a line on standard error for each of @issues that an entry has */
void check_say(const struct tool *tool, const struct view *view,
	       uint32_t issues);

#endif /* BIN_CHECK_H */
