/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fcapconvert: convert values between revisions and user namespaces. */
#include "bin/convcall.h"
#include "bin/toolopt.h"
#include "form/form.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: fcapconvert [OPTION]... INPUT...\n"
	"       fcapconvert [OPTION]... --value=VALUE\n"
	"       fcapconvert --undo=JOURNAL\n"
	"Convert file capabilities to another revision or another user "
	"namespace: files\n"
	"and trees in place, an archive or image into an output, an ext4 image "
	"either way.\n"
	"\n"
	"  INPUT                 PATH, or file:PATH, tree:DIR; - (a tar "
	"archive "
	"on standard\n"
	"                        input), tar:FILE, oci:DIR[:REF], "
	"oci-archive:FILE[:REF],\n"
	"                        docker-archive:FILE[:REF], ext4:IMAGE, "
	"disk:IMAGE\n"
	"      --partition=N     of a partitioned disk, the partition that is "
	"meant\n"
	"      --offset=BYTES    where a disk image begins in its file: "
	"N[KMGT]\n"
	"      --in-place        change an ext4 image where it is; with "
	"--journal\n"
	"  -o, --output=OUT      where an archive or image is written to; - is "
	"standard\n"
	"                        output, and the rule for standard input\n"
	"      --force           let --output replace what is there\n"
	"      --level=N         of compression, as the input was compressed\n"
	"      --max-size=SIZE   let nothing compressed become larger: "
	"N[KMGT]\n"
	"      --sandbox=WHEN    read it in a closed process: auto, tell, "
	"require or no\n"
	"      --to=REVISION     1 (only of values, archives and images), 2 or "
	"3\n"
	"  -n, --rootid=N        with --to=3: the uid that is root where they "
	"count\n"
	"      --replace-rootid  with --to=3: also where there is another "
	"rootid\n"
	"      --map-from=MAP    rootids are outside ids of this map: make "
	"them "
	"inside ids\n"
	"      --map-to=MAP      rootids are inside ids: make them outside ids "
	"of this map;\n"
	"                        with both, re-base. INSIDE:OUTSIDE:COUNT"
	"[,...], @FILE,\n"
	"                        pid:N, subuid:USER, rootless:USER\n"
	"      --claim           with both: what counts everywhere is to count "
	"there alone\n"
	"      --unmapped=WHAT   of a rootid that a map lacks: error "
	"(default), "
	"keep, drop\n"
	"      --undecodable=WHAT  of a value that cannot be read: likewise\n"
	"      --irreversible    also drop what could not be written back\n"
	"      --journal=FILE    write each change down before it is made; the "
	"same\n"
	"                        command over it goes on where it ended\n"
	"      --undo=JOURNAL    restore what was converted\n"
	"      --allow-widen     also where more processes can use them "
	"thereby\n"
	"      --dry-run         show what would change, change nothing\n"
	"  -x, --one-file-system stay on the file system of each INPUT\n"
	"      --local           leave out network file systems\n"
	"  -j, --jobs=N          threads that read a tree (default: one a "
	"processor)\n"
	"      --value=VALUE     convert 0xHEX, 0sBASE64 or HEX and print it\n"
	"      --format=FORMAT   of --value: text (default, 0xHEX), json or "
	"getfattr;\n"
	"                        of --dry-run: text or json\n"
	"      --kernel=LISTING  running, builtin, X.Y or @FILE: for names\n"
	"  -q, --quiet           no notices, only errors\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 done; 2 wrong call, nothing done; 3 something failed "
	"or was\n"
	"refused.\n";

/* -------------------------------- options -------------------------------- */

enum {
	OPT_TO = 256,
	OPT_REPLACE_ROOTID,
	OPT_ALLOW_WIDEN,
	OPT_DRY_RUN,
	OPT_VALUE,
	OPT_FORMAT,
	OPT_MAP_FROM,
	OPT_MAP_TO,
	OPT_CLAIM,
	OPT_UNMAPPED,
	OPT_UNDECODABLE,
	OPT_IRREVERSIBLE,
	OPT_JOURNAL,
	OPT_UNDO,
	OPT_FORCE,
	OPT_LEVEL,
	OPT_IN_PLACE,
};

static const struct option options[] = {
	{"to", required_argument, NULL, OPT_TO},
	{"rootid", required_argument, NULL, 'n'},
	{"replace-rootid", no_argument, NULL, OPT_REPLACE_ROOTID},
	{"map-from", required_argument, NULL, OPT_MAP_FROM},
	{"map-to", required_argument, NULL, OPT_MAP_TO},
	{"claim", no_argument, NULL, OPT_CLAIM},
	{"unmapped", required_argument, NULL, OPT_UNMAPPED},
	{"undecodable", required_argument, NULL, OPT_UNDECODABLE},
	{"irreversible", no_argument, NULL, OPT_IRREVERSIBLE},
	{"journal", required_argument, NULL, OPT_JOURNAL},
	{"undo", required_argument, NULL, OPT_UNDO},
	{"output", required_argument, NULL, 'o'},
	{"force", no_argument, NULL, OPT_FORCE},
	{"level", required_argument, NULL, OPT_LEVEL},
	{"in-place", no_argument, NULL, OPT_IN_PLACE},
	{"allow-widen", no_argument, NULL, OPT_ALLOW_WIDEN},
	{"dry-run", no_argument, NULL, OPT_DRY_RUN},
	{"value", required_argument, NULL, OPT_VALUE},
	{"format", required_argument, NULL, OPT_FORMAT},
	TOOL_SCAN_OPTIONS,
	TOOL_OPTIONS,
	{0},
};

static void take_revision(struct conversion *c, const char *text)
{
	if (strlen(text) != 1 || *text < '1' || *text > '3')
		tool_usage(&c->tool, "--to: '%s' is neither 1, 2 nor 3", text);
	c->convert.to = (unsigned)(*text - '0');
}

/* One of three words; their order is that of both enums. */
static unsigned take_policy(const struct conversion *c, const char *option,
			    const char *word)
{
	static const char *const words[] = {
		[VFSCAP_UNMAPPED_ERROR] = "error",
		[VFSCAP_UNMAPPED_KEEP] = "keep",
		[VFSCAP_UNMAPPED_DROP] = "drop",
	};

	for (unsigned i = 0; i < 3; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	tool_usage(&c->tool, "%s: '%s' is neither error, keep nor drop", option,
		   word);
}

static void take_format(struct conversion *c, const char *name)
{
	c->format = report_format_find(name);
	/* There are no documents of values. */
	if (!c->format || c->format->begin)
		tool_usage(&c->tool,
			   "--format: '%s' is neither text, json nor getfattr",
			   name);
}

/* The rest: of maps, and of disk images. */
static void take_further_option(struct convert_call *call, int option)
{
	struct conversion *c = &call->c;

	switch (option) {
	case OPT_MAP_FROM:
		if (call->from)
			tool_usage(&c->tool, "--map-from is given twice");
		call->from = optarg;
		break;
	case OPT_MAP_TO:
		if (call->to)
			tool_usage(&c->tool, "--map-to is given twice");
		call->to = optarg;
		break;
	case OPT_CLAIM:
		c->convert.rebase.claim = true;
		break;
	case OPT_UNMAPPED:
		c->convert.rebase.unmapped =
			take_policy(c, "--unmapped", optarg);
		call->unmapped_given = true;
		break;
	case OPT_UNDECODABLE:
		c->undecodable = take_policy(c, "--undecodable", optarg);
		break;
	case OPT_IN_PLACE:
		call->disk.in_place = true;
		break;
	default:
		if (!tool_scan_option(&c->tool, &c->options, option))
			tool_option(&c->tool, option);
	}
}

static void take_option(struct convert_call *call, int option)
{
	struct conversion *c = &call->c;

	switch (option) {
	case OPT_TO:
		take_revision(c, optarg);
		break;
	case 'n':
		c->convert.rootid = tool_rootid(&c->tool, optarg);
		call->rootid_given = true;
		break;
	case OPT_REPLACE_ROOTID:
		c->convert.replace_rootid = true;
		break;
	case OPT_ALLOW_WIDEN:
		c->allow_widen = true;
		break;
	case OPT_DRY_RUN:
		c->dry_run = true;
		break;
	case OPT_VALUE:
		call->value = optarg;
		break;
	case OPT_FORMAT:
		take_format(c, optarg);
		break;
	case OPT_IRREVERSIBLE:
		c->irreversible = true;
		break;
	case OPT_JOURNAL:
		call->journal = optarg;
		break;
	case OPT_UNDO:
		call->undo = optarg;
		break;
	case 'o':
		call->archive.out = optarg;
		break;
	case OPT_FORCE:
		call->archive.force = true;
		break;
	case OPT_LEVEL:
		call->archive.level = tool_level(&c->tool, optarg);
		break;
	default:
		take_further_option(call, option);
	}
}

/* -------------------------------- the journal ---------------------------- */

static void open_journal(struct convert_call *call, char **inputs)
{
	char *text = convert_parameters(call, inputs);
	struct tool_reading reading;
	const struct closed_how *how =
		tool_reading(&reading, &call->c.tool, call->journal,
			     call->c.options.sandbox);
	char why[JOURNAL_WHY_SIZE];

	if (!text)
		form_failed(errno, why);
	if (!text ||
	    journal_open(&call->c.journal, call->journal, text, how, why)) {
		tool_error(&call->c.tool, "--journal: %s: %s",
			   call->journal ? call->journal : "in memory", why);
		exit(TOOL_INCOMPLETE);
	}
	free(text);
}

/* ---------------------------------- inputs ------------------------------- */

static void take_disk(struct convert_call *call)
{
	call->disk.input = &call->input;
	call->disk.tool = &call->c.tool;
	call->disk.out = call->archive.out;
	call->disk.force = call->archive.force;
	call->disk.journal = call->journal;
	call->disk.dry_run = call->c.dry_run;
	call->disk.options = call->c.options;
}

/* Contents are meant only by their kind: a bare file is the file itself. */
static void find_archive(struct convert_call *call, char **inputs)
{
	const struct tool *tool = &call->c.tool;
	const char *why;

	call->archive.max_size = call->c.options.max_size;
	for (char **arg = inputs; *arg; arg++) {
		if (scan_input(*arg, &call->input, &why) != 0 ||
		    !(scan_is_archive(&call->input) ||
		      scan_is_disk(&call->input)))
			continue;
		if (inputs[1])
			tool_usage(tool, "an archive or image is the only "
					 "INPUT of a call");
		if (scan_is_disk(&call->input))
			take_disk(call);
		else
			call->archive.input = &call->input;
	}
	if (!call->archive.input)
		return;
	call->archive.tool = &call->c.tool;
	call->archive.dry_run = call->c.dry_run;
	call->archive.sandbox = call->c.options.sandbox;
	if (!call->archive.out && strcmp(*inputs, "-") == 0)
		call->archive.out = "-";
}

static void convert_image(struct convert_call *call, char **inputs)
{
	char *text = convert_parameters(call, inputs);
	char words[FORM_FAILED_SIZE];

	if (!text) {
		tool_error(&call->c.tool, "--journal: %s",
			   form_failed(errno, words));
		tool_worse(&call->c.tool, TOOL_INCOMPLETE);
		return;
	}
	convert_disk(&call->c, &call->disk, text);
	free(text);
}

static void put_tally(const struct conversion *c, bool undo)
{
	tool_error(&c->tool, "%ju %s%s, %ju %s so already", c->tally.changed,
		   c->dry_run ? "would be " : "",
		   undo ? "restored" : "converted", c->tally.unchanged,
		   c->dry_run ? "are" : "were");
	if (c->tally.kept || c->tally.dropped)
		tool_error(&c->tool, "%ju kept, %ju dropped", c->tally.kept,
			   c->tally.dropped);
	if (c->tally.owned)
		tool_error(&c->tool,
			   "warning: the owners of %ju of them, neither root "
			   "nor you, can change the programs and keep the "
			   "capabilities",
			   c->tally.owned);
	if (c->totals.vanished)
		tool_error(&c->tool,
			   "%ju entries vanished while they were read",
			   (uintmax_t)c->totals.vanished);
}

/* Of an image or of files, as the journal says; those of files are counted. */
static void undo(struct conversion *c, const char *journal)
{
	if (disk_image_undo(&c->tool, journal, c->options.sandbox, c->dry_run))
		return;
	convert_undo(c, journal);
	if (!c->tool.quiet)
		put_tally(c, true);
}

static void convert_input(struct conversion *c, const char *arg)
{
	struct scan_input input;
	const char *why;
	int error;

	if (scan_input(arg, &input, &why) != 0 ||
	    (input.backend->run != scan_file &&
	     input.backend->run != scan_tree)) {
		tool_file(&c->tool, LEVEL_ERROR, arg,
			  "only files, trees, archives and images are "
			  "converted");
		return;
	}
	c->base = realpath(input.location, NULL);
	c->whole = input.backend->run == scan_tree;
	c->options.writes = true;
	c->options.progress = batch_tick;
	c->options.progress_ctx = c;
	error = scan_run(&input, &c->options, &c->totals, convert_record, c);
	batch_make(c);
	if (error < 0)
		tool_file(&c->tool, LEVEL_ERROR, arg, "%s", strerror(-error));
	free(c->base);
	c->base = NULL;
}

int main(int argc, char **argv)
{
	static struct convert_call call = {
		.c = {.tool = {.name = "fcapconvert", .help = help},
		      .journal = {.fd = -1}},
		.archive = {.level = -1},
		.disk = {.fd = -1, .place = -1},
	};
	struct conversion *c = &call.c;
	int option;

	tool_begin();
	while ((option = tool_getopt(&c->tool, argc, argv, "n:o:xj:q", options,
				     NULL)) != -1)
		take_option(&call, option);
	tool_scan_defaults(&c->tool, &c->options);
	find_archive(&call, argv + optind);
	convert_check_call(&call, optind < argc);
	convert_read_maps(&call);
	if (c->dry_run)
		tool_caller(&c->tool, &c->caller);
	else
		view_userns_caller(&c->caller);
	if (!convert_packed(&call))
		tool_privileges(&c->tool,
				PRIVILEGE_WRITE | (call.journal || call.undo
							   ? PRIVILEGE_OPEN
							   : 0));
	tool_listing(&c->tool, call.value || convert_packed(&call) ? "builtin"
								   : "running");
	if (call.archive.input) {
		convert_archive(c, &call.archive);
	} else if (call.disk.input) {
		convert_image(&call, argv + optind);
	} else if (call.value) {
		convert_given(c, call.value);
	} else if (call.undo) {
		undo(c, call.undo);
	} else {
		open_journal(&call, argv + optind);
		for (int i = optind; i < argc && !c->stop; i++)
			convert_input(c, argv[i]);
	}
	batch_free(&c->batch);
	journal_close(&c->journal);
	/* Then there is no output, whatever was found. */
	if ((call.disk.begun || call.archive.placed) &&
	    c->tool.status != TOOL_DONE)
		; /* it was said what is missing */
	else if (convert_packed(&call) && !c->dry_run &&
		 c->tool.status != TOOL_DONE)
		tool_error(&c->tool, "nothing was converted");
	else if (!c->tool.quiet && !call.value && !call.undo &&
		 !call.disk.by_journal)
		put_tally(c, false);
	return tool_finish(&c->tool);
}
