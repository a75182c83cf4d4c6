/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that several tools have. */
#include "bin/toolopt.h"

#include <getopt.h>
#include <string.h>

/* ------------------------------ what is wrong ---------------------------- */

static _Noreturn void wrong_letter(const struct tool *tool, const char *letters)
{
	char letter = (char)optopt;

	if (letter != ':' && strchr(letters, letter))
		tool_usage(tool, "option requires an argument -- '%c'", letter);
	tool_usage(tool, "invalid option -- '%c'", letter);
}

/* Is it the beginning of more than one? */
static bool is_ambiguous(const char *word, const struct option *options)
{
	size_t size = strcspn(word, "="), found = 0;

	for (; options->name; options++)
		found += strncmp(options->name, word, size) == 0;
	return found > 1;
}

/* What getopt_long(3) would say itself, as it is: a word may be the name of a
 * file, which somebody else chose. */
static _Noreturn void wrong_word(const struct tool *tool, const char *word,
				 const struct option *options)
{
	if (!optopt && is_ambiguous(word + 2, options))
		tool_usage(tool, "option '%s' is ambiguous", word);
	if (!optopt)
		tool_usage(tool, "unrecognized option '%s'", word);
	if (strchr(word, '='))
		tool_usage(tool, "option '%.*s' doesn't allow an argument",
			   (int)strcspn(word, "="), word);
	tool_usage(tool, "option '%s' requires an argument", word);
}

static bool is_value(const struct option *options, int value)
{
	while (options->name && options->val != value)
		options++;
	return options->name != NULL;
}

int tool_getopt(const struct tool *tool, int argc, char **argv,
		const char *letters, const struct option *options, int *index)
{
	const char *word;
	int option;

	opterr = 0;
	option = getopt_long(argc, argv, letters, options, index);
	if (option != '?')
		return option;
	/* Of a letter in the midst of others it is the word before. */
	word = argv[optind - 1];
	if (optopt &&
	    (strncmp(word, "--", 2) != 0 || !is_value(options, optopt)))
		wrong_letter(tool, letters);
	wrong_word(tool, word, options);
}

/* ------------------------------ what they do ------------------------------ */

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
	}
}

void tool_scan_defaults(const struct tool *tool, struct scan_options *o)
{
	if (!o->jobs)
		o->jobs = tool_jobs(tool, NULL);
}

/* ---------------------------- what goes together -------------------------- */

void tool_needs(const struct tool *tool, const struct tool_need *need,
		size_t count)
{
	for (; count; need++, count--)
		if (need->given && !need->met)
			tool_usage(tool, "%s belongs to %s", need->option,
				   need->needs);
}

static bool is_live(const struct scan_input *input)
{
	return input->backend->run == scan_file ||
	       input->backend->run == scan_tree;
}

bool tool_may_be_live(const char *arg)
{
	struct scan_input input;
	const char *why;

	return scan_input(arg, &input, &why) != 0 || is_live(&input);
}

void tool_live_options(const struct tool *tool, const struct scan_options *o,
		       char **inputs)
{
	static const char files[] = "files and trees";
	bool live = false;

	for (; *inputs && !live; inputs++)
		live = tool_may_be_live(*inputs);
	tool_needs(tool,
		   (const struct tool_need[]){
			   {o->one_file_system, "-x", live, files},
			   {o->local, "--local", live, files},
			   {o->stored, "--stored", live, files}},
		   3);
}

bool tool_is_stdin(const char *arg)
{
	struct scan_input input;
	const char *why;

	return scan_input(arg, &input, &why) == 0 && !is_live(&input) &&
	       strcmp(input.location, "-") == 0;
}

void tool_check_inputs(const struct tool *tool,
		       const struct scan_options *options, const char *file,
		       char **inputs)
{
	bool taken = file && strcmp(file, "-") == 0;
	struct scan_input input;
	const char *why;

	for (; *inputs; inputs++) {
		if (scan_input(*inputs, &input, &why) == 0)
			tool_disk_options(tool, options, &input);
		if (!tool_is_stdin(*inputs))
			continue;
		if (taken)
			tool_usage(tool, "standard input can be read only "
					 "once");
		taken = true;
	}
}
