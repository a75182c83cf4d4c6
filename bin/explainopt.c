/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the arguments of fcapexplain ask for. */
#include "bin/explainopt.h"
#include "bin/toolopt.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static const char help[] =
	"Usage: fcapexplain [OPTION]... INPUT...\n"
	"       fcapexplain [OPTION]... --oci-config=FILE\n"
	"Say what execve(2) of a file gives to a process, why, and what would "
	"change it.\n"
	"\n"
	"  INPUT                 as for fcapinspect: PATH, - or "
	"KIND:LOCATION\n"
	"\n"
	"The process, without any of these the caller:\n"
	"      --profile=NAME    root, user, docker, podman, k8s-baseline or\n"
	"                        k8s-restricted\n"
	"      --pid=N           a running process\n"
	"      --oci-config=FILE that of an OCI runtime's config.json; without "
	"INPUT,\n"
	"                        of all files below its root\n"
	"      --userns=MAP      in a user namespace of this map; again: one "
	"below it\n"
	"      --uid=REAL[:EFFECTIVE[:SAVED]], --gid=REAL[:EFFECTIVE[:SAVED]]\n"
	"      --groups=GID[,GID...]\n"
	"      --permitted=SET, --effective=SET, --inheritable=SET,\n"
	"      --bounding=SET, --ambient=SET\n"
	"                        SET: names with commas, all, none, 0xMASK, a "
	"decimal\n"
	"                        mask, or a text as cap_from_text(3) reads "
	"it; ~SET is\n"
	"                        all but that\n"
	"      --cap-add=SET, --cap-drop=SET\n"
	"                        as container tools do\n"
	"      --securebits=BITS noroot, no-setuid-fixup, keep-caps and so "
	"on, or a number\n"
	"      --no-new-privs    no_new_privs is set\n"
	"      --shared-fs       another process shares its directories\n"
	"      --traced[=privileged]\n"
	"                        it is traced, by one with CAP_SYS_PTRACE\n"
	"\n"
	"The file:\n"
	"      --nosuid          as if it were on a mount with nosuid\n"
	"      --as-stored=VALUE as if this were stored: 0xHEX, 0sBASE64, HEX, "
	"or CAPS\n"
	"      --root=DIR        scripts' interpreters are below DIR\n"
	"  -a, --all             files without the attribute too\n"
	"  -x, --one-file-system stay on the file system of each INPUT\n"
	"      --local           leave out network file systems\n"
	"  -j, --jobs=N          threads that read a tree, processes that "
	"read\n"
	"                        layers of an image (default: one a "
	"processor)\n"
	"      --stored          of live files the stored bytes, where "
	"getxattr hides them\n"
	"      --partition=N     of a partitioned disk, this one alone\n"
	"      --offset=BYTES    where a disk image begins in its file: "
	"N[KMGT]\n"
	"      --max-size=SIZE   let nothing compressed become larger: "
	"N[KMGT]\n"
	"      --sandbox=WHEN    read what is untrusted in a closed process: "
	"auto, tell,\n"
	"                        require or no\n"
	"\n"
	"      --kernel=LISTING  running, builtin, X.Y or @FILE; X.Y has the "
	"rules of that\n"
	"                        release too\n"
	"  -v, --verbose         the reasons of all files, not only of those "
	"named\n"
	"      --format=FORMAT   text (default) or json\n"
	"  -q, --quiet           no notices, only errors\n"
	"  -h, --help, --version\n"
	"\n"
	"Exit status: 0 all would run and get something; 1 one would fail, or "
	"silently\n"
	"get nothing of what it names; 2 wrong call; 3 something could not be "
	"read.\n";

/* -------------------------------- options -------------------------------- */

enum {
	OPT_PROFILE = 256,
	OPT_PID,
	OPT_OCI_CONFIG,
	OPT_PROCESS,
	OPT_NOSUID,
	OPT_AS_STORED,
	OPT_ROOT,
	OPT_FORMAT,
};

static const struct option options[] = {
	{"profile", required_argument, NULL, OPT_PROFILE},
	{"pid", required_argument, NULL, OPT_PID},
	{"oci-config", required_argument, NULL, OPT_OCI_CONFIG},
	{"userns", required_argument, NULL, OPT_PROCESS},
	{"uid", required_argument, NULL, OPT_PROCESS},
	{"gid", required_argument, NULL, OPT_PROCESS},
	{"groups", required_argument, NULL, OPT_PROCESS},
	{"permitted", required_argument, NULL, OPT_PROCESS},
	{"effective", required_argument, NULL, OPT_PROCESS},
	{"inheritable", required_argument, NULL, OPT_PROCESS},
	{"bounding", required_argument, NULL, OPT_PROCESS},
	{"ambient", required_argument, NULL, OPT_PROCESS},
	{"cap-add", required_argument, NULL, OPT_PROCESS},
	{"cap-drop", required_argument, NULL, OPT_PROCESS},
	{"securebits", required_argument, NULL, OPT_PROCESS},
	{"no-new-privs", no_argument, NULL, OPT_PROCESS},
	{"shared-fs", no_argument, NULL, OPT_PROCESS},
	{"traced", optional_argument, NULL, OPT_PROCESS},
	{"nosuid", no_argument, NULL, OPT_NOSUID},
	{"as-stored", required_argument, NULL, OPT_AS_STORED},
	{"root", required_argument, NULL, OPT_ROOT},
	{"all", no_argument, NULL, 'a'},
	{"verbose", no_argument, NULL, 'v'},
	{"format", required_argument, NULL, OPT_FORMAT},
	TOOL_SCAN_OPTIONS,
	TOOL_STORED_OPTION,
	TOOL_OPTIONS,
	{0},
};

static void take_option(struct explain *e, int option, int index)
{
	switch (option) {
	case OPT_PROFILE:
		e->call.profile = optarg;
		break;
	case OPT_PID:
		e->call.pid = optarg;
		break;
	case OPT_OCI_CONFIG:
		e->call.oci = optarg;
		break;
	case OPT_PROCESS:
		call_add(&e->call, options[index].name, optarg);
		break;
	case OPT_NOSUID:
		e->given.nosuid = true;
		break;
	case OPT_AS_STORED:
		e->as_stored = optarg;
		break;
	case OPT_ROOT:
		e->call.root = optarg;
		break;
	case 'a':
		e->all = true;
		break;
	case 'v':
		e->verbose = true;
		break;
	case OPT_FORMAT:
		e->json = tool_json(&e->tool, optarg);
		break;
	default:
		if (!tool_scan_option(&e->tool, &e->options, option))
			tool_option(&e->tool, option);
	}
}

/* What goes together, and what would go unheard. */
static void check_options(const struct explain *e, char **inputs)
{
	const struct explain_call *call = &e->call;

	if ((call->profile != NULL) + (call->pid != NULL) +
		    (call->oci != NULL) >
	    1)
		tool_usage(&e->tool, "--profile, --pid and --oci-config "
				     "exclude each other");
	if (call->pid && call->userns)
		tool_usage(&e->tool, "--userns and --pid exclude each other: a "
				     "process has a user namespace");
	if (e->options.stored && e->as_stored)
		tool_usage(&e->tool, "--stored and --as-stored exclude each "
				     "other: what is stored is not asked "
				     "about");
	if (!*inputs && !call->oci)
		tool_usage(&e->tool, "an INPUT is missing");
}

void explain_options(struct explain *e, int argc, char **argv)
{
	int option, index = 0;

	e->tool.help = help;
	e->call.tool = &e->tool;
	while ((option = tool_getopt(&e->tool, argc, argv, "axj:vqh", options,
				     &index)) != -1)
		take_option(e, option, index);
	tool_scan_defaults(&e->tool, &e->options);
	e->call.sandbox = e->options.sandbox;
	check_options(e, argv + optind);
	/* Without one, the root of a configuration is a tree. */
	if (optind < argc)
		tool_live_options(&e->tool, &e->options, argv + optind);
	tool_check_inputs(&e->tool, &e->options, e->call.oci, argv + optind);
}

/* -------------------------------- meaning --------------------------------- */

/* Live files by the running kernel; what is stored does not depend on it. */
static const char *default_listing(char **inputs)
{
	struct scan_input input;
	const char *why;

	if (!*inputs)
		return "running";
	for (; *inputs; inputs++)
		if (scan_input(*inputs, &input, &why) != 0 ||
		    input.backend->run == scan_file ||
		    input.backend->run == scan_tree)
			return "running";
	return "builtin";
}

/* Words of the command line that the kernel was booted with. */
static bool booted_without(void)
{
	FILE *file = fopen("/proc/cmdline", "re");
	bool found = false;
	char word[64];

	while (file && !found && fscanf(file, "%63s", word) == 1)
		found = strcmp(word, "no_file_caps") == 0;
	if (file)
		fclose(file);
	return found;
}

void explain_kernel(struct explain *e, char **inputs)
{
	const char *fallback = default_listing(inputs);
	const char *kernel = e->tool.kernel ? e->tool.kernel : fallback;
	struct utsname names;

	tool_listing(&e->tool, fallback);
	e->kernel.known = e->tool.listing.known;
	if (strcmp(kernel, "running") == 0) {
		if (uname(&names) == 0)
			(void)vfscap_release_parse(names.release,
						   &e->kernel.release);
		e->kernel.no_file_caps = booted_without();
	} else if (e->tool.listing.source == VFSCAP_SOURCE_RELEASE) {
		(void)vfscap_release_parse(kernel, &e->kernel.release);
	}
}

/* The value that --as-stored has: bytes, or capabilities as a text. */
void explain_value(struct explain *e)
{
	size_t len = e->as_stored ? strlen(e->as_stored) : 0;
	struct vfscap_sets sets;
	struct vfscap cap;
	int error;

	if (!e->as_stored)
		return;
	e->given.size = 0;
	if (!strpbrk(e->as_stored, "=+-") ||
	    strncmp(e->as_stored, "0s", 2) == 0) {
		tool_value(&e->tool, "--as-stored", e->as_stored, &e->value,
			   &e->given.size);
		e->given.value = e->value;
		return;
	}
	tool_text(&e->tool, "--as-stored", e->as_stored, &sets);
	error = vfscap_from_sets(&sets, 0, &cap);
	e->value = malloc(len + VFSCAP_SIZE_MAX);
	if (error || !e->value ||
	    vfscap_encode(&cap, e->value, VFSCAP_SIZE_MAX, &e->given.size))
		tool_usage(&e->tool, "--as-stored '%s': %s", e->as_stored,
			   error ? vfscap_strerror(error) : "no memory");
	e->given.value = e->value;
}
