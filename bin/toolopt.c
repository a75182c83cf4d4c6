/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that several tools have. */
#include "bin/toolopt.h"

#include <getopt.h>

bool tool_scan_option(struct tool *tool, struct scan_options *o, int option)
{
	switch (option) {
	case 'x':
		o->one_file_system = true;
		return true;
	case TOOL_OPT_LOCAL:
		o->local = true;
		return true;
	case 'j':
		o->jobs = tool_jobs(tool, optarg);
		return true;
	case TOOL_OPT_STORED:
		o->stored = true;
		tool->raised |= PRIVILEGE_STORED;
		return true;
	case TOOL_OPT_PARTITION:
		o->partition = tool_partition(tool, optarg);
		return true;
	case TOOL_OPT_OFFSET:
		o->offset = tool_size(tool, "--offset", optarg);
		return true;
	case TOOL_OPT_MAX_SIZE:
		o->max_size = tool_size(tool, "--max-size", optarg);
		return true;
	case TOOL_OPT_SANDBOX:
		o->sandbox = tool_sandbox(tool, optarg);
		return true;
	default:
		return false;
	}
}

void tool_option(struct tool *tool, int option)
{
	switch (option) {
	case TOOL_OPT_KERNEL:
		tool->kernel = optarg;
		break;
	case 'q':
		tool->quiet = true;
		break;
	case 'h':
	case TOOL_OPT_HELP:
		tool_help(tool);
	case TOOL_OPT_VERSION:
		tool_version(tool);
	default:
		tool_try(tool);
	}
}

void tool_scan_defaults(const struct tool *tool, struct scan_options *o)
{
	if (!o->jobs)
		o->jobs = tool_jobs(tool, NULL);
}
