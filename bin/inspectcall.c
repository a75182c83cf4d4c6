/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the arguments of fcapinspect ask for. */
#include "bin/inspectcall.h"
#include "bin/check.h"
#include "bin/toolopt.h"
#include "form/form.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: fcapinspect [OPTION]... INPUT...\n"
	"       fcapinspect [OPTION]... --value=VALUE | --text=CAPS | "
	"--capabilities\n"
	"Show the file capabilities of files, trees, archives, container "
	"images "
	"and disk\n"
	"images.\n"
	"\n"
	"  INPUT                 PATH, - (a tar archive on standard input), or "
	"KIND:LOCATION,\n"
	"                        KIND one of file, tree, tar, oci, "
	"oci-archive,\n"
	"                        docker-archive, rpm, getfattr, ext4, "
	"squashfs, erofs,\n"
	"                        disk\n"
	"      --partition=N     of a partitioned disk, this one alone\n"
	"      --offset=BYTES    where a disk image begins in its file: "
	"N[KMGT]\n"
	"      --orphans         inodes without a name too, deleted ones among "
	"them\n"
	"      --merged          of a container image, the file system that "
	"its layers "
	"make\n"
	"      --max-size=SIZE   let nothing compressed become larger: "
	"N[KMGT]\n"
	"      --sandbox=WHEN    read what is untrusted in a closed process: "
	"auto, tell,\n"
	"                        require or no\n"
	"  -a, --all             entries without capabilities too\n"
	"  -x, --one-file-system stay on the file system of each INPUT\n"
	"      --local           leave out network file systems\n"
	"  -j, --jobs=N          threads that read a tree, processes that "
	"read\n"
	"                        layers of an image (default: one a "
	"processor)\n"
	"      --stored          of live files the stored bytes, where there "
	"is a way\n"
	"      --ghosts          only what execve honours and getxattr hides\n"
	"      --check[=CODE,..] exit 1 where there is a risk or breakage, and "
	"say what;\n"
	"                        =all: where anything is odd\n"
	"      --format=FORMAT   text (default), json, getfattr, or sarif: "
	"what "
	"--check finds\n"
	"  -0, --null            PATH NUL CAPS NUL ROOTID NUL, nothing "
	"escaped\n"
	"  -o, --output=FILE     write to FILE, which appears when it is "
	"whole\n"
	"      --force           let --output replace a file\n"
	"      --kernel=LISTING  running, builtin, X.Y or @FILE\n"
	"      --userns=MAP      what a user namespace of this map sees; "
	"again: one\n"
	"                        below it. INSIDE:OUTSIDE:COUNT[,...], @FILE, "
	"pid:N,\n"
	"                        subuid:USER, rootless:USER\n"
	"      --value=VALUE     decode 0xHEX, 0sBASE64 or HEX\n"
	"      --text=CAPS       read a text as cap_from_text(3) does\n"
	"      --capabilities    list the capabilities there are\n"
	"      --unordered       with several threads, what is found first "
	"comes "
	"first\n"
	"      --progress=WHEN   auto (on a terminal, the default), always or "
	"never\n"
	"  -q, --quiet           no notices, only errors\n"
	"  -r, -n, -v            accepted for getcap's sake: -v is --all, the "
	"others are\n"
	"                        the rule\n"
	"  -h, --help, --version\n"
	"\n"
	"Exit status: 0 done; 1 --check or --ghosts found something; 2 wrong\n"
	"call; 3 something could not be read.\n";

/* -------------------------------- options -------------------------------- */

enum {
	OPT_GHOSTS = 256,
	OPT_CHECK,
	OPT_FORMAT,
	OPT_FORCE,
	OPT_VALUE,
	OPT_TEXT,
	OPT_CAPABILITIES,
	OPT_USERNS,
	OPT_MERGED,
	OPT_ORPHANS,
	OPT_PROGRESS,
	OPT_UNORDERED,
};

static const struct option options[] = {
	{"all", no_argument, NULL, 'a'},
	{"ghosts", no_argument, NULL, OPT_GHOSTS},
	{"check", optional_argument, NULL, OPT_CHECK},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"null", no_argument, NULL, '0'},
	{"output", required_argument, NULL, 'o'},
	{"force", no_argument, NULL, OPT_FORCE},
	{"value", required_argument, NULL, OPT_VALUE},
	{"text", required_argument, NULL, OPT_TEXT},
	{"capabilities", no_argument, NULL, OPT_CAPABILITIES},
	{"userns", required_argument, NULL, OPT_USERNS},
	{"merged", no_argument, NULL, OPT_MERGED},
	{"orphans", no_argument, NULL, OPT_ORPHANS},
	{"unordered", no_argument, NULL, OPT_UNORDERED},
	{"progress", required_argument, NULL, OPT_PROGRESS},
	TOOL_SCAN_OPTIONS,
	TOOL_STORED_OPTION,
	TOOL_OPTIONS,
	{0},
};

static void take_option(struct inspect *in, int option)
{
	switch (option) {
	case 'a':
	case 'v':
		in->options.all = in->report.all = true;
		break;
	case 'r':
	case 'n':
		break;
	case '0':
		in->report.null = true;
		break;
	case 'o':
		in->output_path = optarg;
		break;
	case OPT_GHOSTS:
		in->ghosts = true;
		break;
	case OPT_CHECK:
		in->check |= check_issues(&in->tool, optarg);
		break;
	case OPT_FORMAT:
		in->format = report_format_find(optarg);
		if (!in->format)
			tool_usage(&in->tool,
				   "--format: '%s' is neither text, json, "
				   "getfattr nor sarif",
				   optarg);
		break;
	case OPT_FORCE:
		in->force = true;
		break;
	case OPT_VALUE:
		in->value = optarg;
		break;
	case OPT_TEXT:
		in->text = optarg;
		break;
	case OPT_CAPABILITIES:
		in->capabilities = true;
		break;
	case OPT_USERNS:
		if (in->levels == NS_DEPTH)
			tool_usage(&in->tool,
				   "--userns: %d namespaces nest at most",
				   NS_DEPTH);
		in->userns[in->levels++] = optarg;
		break;
	case OPT_MERGED:
		in->options.merged = true;
		break;
	case OPT_UNORDERED:
		in->options.unordered = true;
		break;
	case OPT_PROGRESS:
		if (progress_find(optarg, &in->progress.when))
			tool_usage(&in->tool,
				   "--progress: '%s' is neither auto, always "
				   "nor never",
				   optarg);
		break;
	case OPT_ORPHANS:
		in->options.orphans = true;
		break;
	default:
		if (!tool_scan_option(&in->tool, &in->options, option))
			tool_option(&in->tool, option);
	}
}

static bool may_be_image(const char *arg)
{
	struct scan_input input;
	const char *why;

	if (scan_input(arg, &input, &why) != 0)
		return true;
	return input.backend->run == scan_file ||
	       (scan_is_archive(&input) && input.backend->run != scan_tar);
}

/* What would go unheard. */
static void check_needs(const struct inspect *in, char **inputs)
{
	static const char image[] = "container images, such as oci:DIR";
	const struct scan_options *o = &in->options;
	bool any = *inputs != NULL, images = false;

	tool_needs(&in->tool,
		   (const struct tool_need[]){
			   {in->force, "--force", in->output_path != NULL,
			    "--output"},
			   {o->one_file_system, "-x", any, "INPUT"},
			   {o->local, "--local", any, "INPUT"},
			   {o->stored, "--stored", any, "INPUT"},
			   {o->partition, "--partition", any, "INPUT"},
			   {o->offset, "--offset", any, "INPUT"},
			   {o->orphans, "--orphans", any, "INPUT"},
			   {o->merged, "--merged", any, "INPUT"},
			   {o->unordered, "--unordered", any, "INPUT"},
			   {in->levels, "--userns", any || in->value,
			    "INPUT or --value"}},
		   10);
	for (; *inputs && !images; inputs++)
		images = may_be_image(*inputs);
	tool_needs(&in->tool,
		   &(struct tool_need){o->merged, "--merged", images, image},
		   1);
}

void inspect_options(struct inspect *in, int argc, char **argv)
{
	int modes, option;

	in->tool.help = help;
	while ((option = tool_getopt(&in->tool, argc, argv, "avxj:0o:qrnh",
				     options, NULL)) != -1)
		take_option(in, option);
	in->progress.name = in->tool.name;
	if (in->tool.quiet && in->progress.when == PROGRESS_AUTO)
		in->progress.when = PROGRESS_NEVER;
	tool_scan_defaults(&in->tool, &in->options);

	modes = (in->value != NULL) + (in->text != NULL) + in->capabilities +
		(optind < argc);
	if (modes == 0)
		tool_usage(&in->tool, "an INPUT is missing");
	if (modes > 1)
		tool_usage(&in->tool, "INPUT, --value, --text and "
				      "--capabilities exclude each other");
	if (in->report.null && in->format->write != report_text)
		tool_usage(&in->tool, "--null is a form of --format=text");
	check_needs(in, argv + optind);
	if (optind < argc)
		tool_live_options(&in->tool, &in->options, argv + optind);
	if ((in->text || in->capabilities) &&
	    (in->check || in->ghosts || in->report.null ||
	     (in->format->write != report_text &&
	      in->format->write != report_json)))
		tool_usage(&in->tool, "--text and --capabilities go with "
				      "--format=text and --format=json alone");
}

/* -------------------------------- meaning --------------------------------- */

/* Live files by the running kernel; what is stored does not depend on it. */
static const char *default_listing(const struct inspect *in, char **inputs)
{
	if (in->value)
		return "builtin";
	if (!*inputs)
		return "running";
	for (; *inputs; inputs++)
		if (tool_may_be_live(*inputs))
			return "running";
	return "builtin";
}

static void take_userns(struct inspect *in)
{
	char why[NS_WHY_SIZE];
	struct form_memory where;
	FILE *out = form_memory_open(&where);

	for (size_t i = 0; i < in->levels; i++) {
		if (ns_chain_add(&in->chain, in->userns[i], NULL, why))
			tool_usage(&in->tool, "--userns: %s", why);
		if (out)
			fprintf(out, "%s%s", i ? " " : "", in->userns[i]);
	}
	if (out)
		in->where = form_memory_close(&where, out);
	if (!in->where) {
		tool_error(&in->tool, "no memory");
		exit(TOOL_INCOMPLETE);
	}
}

void inspect_prepare(struct inspect *in, char **inputs)
{
	tool_check_inputs(&in->tool, &in->options, NULL, inputs);
	take_userns(in);
	tool_listing(&in->tool, default_listing(in, inputs));
	in->report.listing = &in->tool.listing;
	in->report.issues = in->check;
	/* A document of issues is about those that count, if any were chosen. */
	if (in->format->begin && !in->check)
		in->report.issues = issues_default();
	in->told = (struct told){&in->tool, in->format, &in->report};
	if (*inputs)
		tool_caller(&in->tool, &in->caller);
	/* A wrong call must not get as far as an output file. */
	if (in->value)
		tool_value(&in->tool, "--value", in->value, &in->bytes,
			   &in->size);
	if (in->text)
		tool_text(&in->tool, "--text", in->text, &in->sets);
}
