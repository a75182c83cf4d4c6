/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fcapconvert: convert capability values between revisions. */
#include "bin/tool.h"
#include "form/form.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: fcapconvert --to=REVISION [OPTION]... INPUT...\n"
	"       fcapconvert --to=REVISION [OPTION]... --value=VALUE\n"
	"Convert file capabilities to another revision of the attribute, in "
	"place.\n"
	"\n"
	"  INPUT                 PATH, or file:PATH, tree:DIR\n"
	"      --to=REVISION     1 (only with --value), 2 or 3\n"
	"  -n, --rootid=N        with --to=3: the uid that is root where they "
	"count\n"
	"      --replace-rootid  with --to=3: also where there is another "
	"rootid\n"
	"      --allow-widen     also where more processes can use them "
	"thereby\n"
	"      --dry-run         show what would change, change nothing\n"
	"  -x, --one-file-system stay on the file system of each INPUT\n"
	"      --local           leave out network file systems\n"
	"      --value=VALUE     convert 0xHEX, 0sBASE64 or HEX and print it\n"
	"      --format=FORMAT   with --value: text (default, 0xHEX), json or\n"
	"                        getfattr\n"
	"      --kernel=LISTING  running, builtin, X.Y or @FILE: for names\n"
	"  -q, --quiet           no notices, only errors\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 done; 2 wrong call, nothing done; 3 something failed "
	"or was\n"
	"refused.\n";

struct tally {
	uintmax_t changed, unchanged, owned;
};

struct conversion {
	struct tool tool;
	struct convert convert;
	struct scan_options options;
	struct scan_totals totals;
	const struct report_format *format;
	const char *value;
	bool rootid_given, allow_widen, dry_run;
	struct tally tally;
};

/* -------------------------------- options -------------------------------- */

enum {
	OPT_TO = 256,
	OPT_REPLACE_ROOTID,
	OPT_ALLOW_WIDEN,
	OPT_DRY_RUN,
	OPT_LOCAL,
	OPT_VALUE,
	OPT_FORMAT,
	OPT_KERNEL,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option options[] = {
	{"to", required_argument, NULL, OPT_TO},
	{"rootid", required_argument, NULL, 'n'},
	{"replace-rootid", no_argument, NULL, OPT_REPLACE_ROOTID},
	{"allow-widen", no_argument, NULL, OPT_ALLOW_WIDEN},
	{"dry-run", no_argument, NULL, OPT_DRY_RUN},
	{"one-file-system", no_argument, NULL, 'x'},
	{"local", no_argument, NULL, OPT_LOCAL},
	{"value", required_argument, NULL, OPT_VALUE},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"kernel", required_argument, NULL, OPT_KERNEL},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{0},
};

static void take_revision(struct conversion *c, const char *text)
{
	if (strlen(text) != 1 || *text < '1' || *text > '3')
		tool_usage(&c->tool, "--to: '%s' is neither 1, 2 nor 3", text);
	c->convert.to = (unsigned)(*text - '0');
}

static void take_option(struct conversion *c, int option)
{
	switch (option) {
	case OPT_TO:
		take_revision(c, optarg);
		break;
	case 'n':
		c->convert.rootid = tool_rootid(&c->tool, optarg);
		c->rootid_given = true;
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
	case 'x':
		c->options.one_file_system = true;
		break;
	case OPT_LOCAL:
		c->options.local = true;
		break;
	case OPT_VALUE:
		c->value = optarg;
		break;
	case OPT_FORMAT:
		c->format = report_format_find(optarg);
		if (!c->format)
			tool_usage(&c->tool,
				   "--format: '%s' is neither text, json nor "
				   "getfattr",
				   optarg);
		break;
	case OPT_KERNEL:
		c->tool.kernel = optarg;
		break;
	case 'q':
		c->tool.quiet = true;
		break;
	case OPT_HELP:
		tool_help(&c->tool);
	case OPT_VERSION:
		tool_version(&c->tool);
	default:
		tool_usage(&c->tool, "wrong option");
	}
}

static void check_options(const struct conversion *c, bool inputs)
{
	const struct tool *tool = &c->tool;

	if (!c->convert.to)
		tool_usage(tool, "--to=1, --to=2 or --to=3 is missing");
	if (!inputs && !c->value)
		tool_usage(tool, "an INPUT is missing");
	if (inputs && c->value)
		tool_usage(tool, "INPUT and --value exclude each other");
	if (c->convert.to == 1 && !c->value)
		tool_usage(tool, "--to=1 is for --value alone: no kernel since "
				 "4.14 writes revision 1 to a file");
	if (c->convert.to == 3 && !c->convert.rootid)
		tool_usage(tool, "--to=3 needs --rootid=N, the uid that is "
				 "root where the capabilities count, 1 to "
				 "4294967294");
	if (c->convert.to != 3 &&
	    (c->rootid_given || c->convert.replace_rootid))
		tool_usage(tool, "--rootid and --replace-rootid belong to "
				 "--to=3");
	if (c->format && !c->value)
		tool_usage(tool, "--format belongs to --value");
	if (c->value &&
	    (c->dry_run || c->options.local || c->options.one_file_system))
		tool_usage(tool, "--dry-run, --local and -x belong to INPUT");
}

/* ------------------------------- one value ------------------------------- */

/* "cap_syslog,cap_bpf", those above 31. */
static void high_names(const struct conversion *c, const struct vfscap *cap,
		       char buf[VFSCAP_TEXT_SIZE])
{
	struct vfscap_sets sets = {
		.permitted = (cap->permitted | cap->inheritable) >> 32 << 32,
	};
	struct vfscap_listing names = c->tool.listing;

	/* With nothing known each is named: "= a,b+p". */
	names.known = 0;
	vfscap_text_format(&sets, &names, buf, VFSCAP_TEXT_SIZE);
	buf[strlen(buf) - strlen("+p")] = '\0';
	memmove(buf, buf + strlen("= "), strlen(buf + strlen("= ")) + 1);
}

static bool allowed_to_widen(struct conversion *c, const char *path,
			     const struct change_value *old,
			     const struct change_value *new)
{
	char before[CHANGE_WHO_SIZE], after[CHANGE_WHO_SIZE];

	if (c->allow_widen || !change_widens(old, new))
		return true;
	change_who(old, before);
	change_who(new, after);
	tool_file(&c->tool, LEVEL_ERROR, path,
		  "refused, since it widens who can use the capabilities: "
		  "before, %s; after, %s; --allow-widen does it",
		  before, after);
	return false;
}

/*
 * @old converted, and whether that is wanted: false where it is refused, which
 * is said, or where nothing is to be done.
 */
static bool convert_one(struct conversion *c, const char *path,
			const struct change_value *old,
			struct change_value *new)
{
	char names[VFSCAP_TEXT_SIZE];

	*new = *old;
	switch (convert_value(&c->convert, &old->cap, &new->cap)) {
	case CONVERT_UNCHANGED:
		c->tally.unchanged++;
		return false;
	case CONVERT_CLEARED:
		tool_file(&c->tool, LEVEL_NOTICE, path,
			  "unknown flag bits 0x%x are cleared", old->cap.flags);
		break;
	case CONVERT_OTHER_ROOTID:
		tool_file(&c->tool, LEVEL_ERROR, path,
			  "left alone: it has rootid %u already; "
			  "--replace-rootid changes it",
			  old->cap.rootid);
		return false;
	case CONVERT_HIGH_BITS:
		high_names(c, &old->cap, names);
		tool_file(&c->tool, LEVEL_ERROR, path,
			  "refused: revision 1 has no room for %s", names);
		return false;
	default:
		break;
	}
	return allowed_to_widen(c, path, old, new);
}

static void print_value(struct conversion *c, const struct vfscap *cap)
{
	struct userns initial = {.name = "initial", .initial = true};
	struct view_context context = {
		.listing = &c->tool.listing,
		.caller = &initial,
	};
	struct report report = {
		.out = stdout,
		.listing = &c->tool.listing,
	};
	struct scan_record r = {
		.source = "--value",
		.view = SCAN_STORED,
		.dirfd = -1,
		.fd = -1,
	};
	uint8_t bytes[VFSCAP_SIZE_MAX];
	char hex[FORM_HEX_SIZE(VFSCAP_SIZE_MAX)];
	struct view v;

	if (vfscap_encode(cap, bytes, sizeof(bytes), &r.size))
		return; /* cannot be: convert_value() made it */
	if (!c->format || c->format->write == report_text) {
		form_hex(bytes, r.size, hex);
		printf("0x%s\n", hex);
		return;
	}
	r.value = bytes;
	view_of(&r, &context, &v);
	if (c->format->write(&report, &v))
		tool_file(&c->tool, LEVEL_ERROR, "--value", "no memory");
}

static void convert_given_value(struct conversion *c)
{
	struct change_value old = {.have = CHANGE_VALUE}, new;
	uint8_t *value;
	size_t size;
	int error;

	tool_value(&c->tool, c->value, &value, &size);
	error = vfscap_decode_lenient(value, size, &old.cap);
	free(value);
	if (error) {
		tool_file(&c->tool, LEVEL_ERROR, "--value", "%s",
			  vfscap_strerror(error));
		return;
	}
	if (convert_one(c, "--value", &old, &new) || c->tally.unchanged)
		print_value(c, &new.cap);
}

/* -------------------------------- live files ----------------------------- */

static void show(const struct conversion *c, const char *path,
		 const struct change_value *old, const struct change_value *new)
{
	char before[TOOL_TEXT_SIZE], after[TOOL_TEXT_SIZE];

	tool_value_text(&c->tool, old, before);
	tool_value_text(&c->tool, new, after);
	report_path(stdout, path);
	printf(": %s -> %s\n", before, after);
}

static void refuse(struct conversion *c, const char *path, int error,
		   const struct change_file *file,
		   const struct change_value *new)
{
	char why[CHANGE_WHY_SIZE];

	change_why(error, file, new, why);
	tool_file(&c->tool, LEVEL_ERROR, path, "%s", why);
}

static void write_one(struct conversion *c, const char *path,
		      struct change_file *file, const struct change_value *new)
{
	uid_t owner = file->stat.st_uid;
	struct change_result result;
	int error = change_apply(file, new, &result);

	if (error) {
		refuse(c, path, error, file, new);
		return;
	}
	c->tally.changed++;
	if (owner != 0 && owner != getuid())
		c->tally.owned++;
	if (result.rootid_differs)
		tool_file(&c->tool, LEVEL_NOTICE, path,
			  "set; on this mount its rootid is seen as %u",
			  result.rootid);
}

static void convert_file(struct conversion *c, const struct scan_record *r)
{
	struct change_value new;
	struct change_file file;
	int error = r->name ? change_open(r->dirfd, r->name, &r->stat, &file)
			    : change_open_fd(r->fd, &r->stat, &file);

	if (error) {
		refuse(c, r->path, error, NULL, NULL);
		return;
	}
	/* What was read while scanning may be another name's old news. */
	if (file.now.have == CHANGE_VALUE &&
	    convert_one(c, r->path, &file.now, &new)) {
		if (c->dry_run)
			show(c, r->path, &file.now, &new);
		else
			write_one(c, r->path, &file, &new);
	}
	change_close(&file);
}

static int take_record(void *ctx, const struct scan_record *r)
{
	struct conversion *c = ctx;
	struct userns caller = {.name = "caller"};
	struct view_context context = {
		.listing = &c->tool.listing,
		.caller = &caller,
	};
	struct view v;

	if (r->what == SCAN_ENTRY && !r->error && r->has_stat) {
		convert_file(c, r);
		return 0;
	}
	if (r->what == SCAN_LEFT_OUT && c->tool.quiet)
		return 0;
	if (r->what != SCAN_LEFT_OUT)
		tool_worse(&c->tool, TOOL_INCOMPLETE);
	view_of(r, &context, &v);
	fflush(stdout);
	report_trouble(stderr, c->tool.name, r,
		       r->what == SCAN_ENTRY ? &v : NULL);
	return 0;
}

static void convert_input(struct conversion *c, const char *arg)
{
	struct scan_input input;
	const char *why;
	int error;

	if (scan_input(arg, &input, &why) == 0 &&
	    (input.backend->run == scan_file ||
	     input.backend->run == scan_tree)) {
		error = scan_run(&input, &c->options, &c->totals, take_record,
				 c);
		if (error)
			tool_file(&c->tool, LEVEL_ERROR, arg, "%s",
				  strerror(-error));
	} else {
		tool_file(&c->tool, LEVEL_ERROR, arg,
			  "only files and trees are converted in place by "
			  "this version");
	}
}

static void summary(const struct conversion *c)
{
	if (c->tool.quiet || c->value)
		return;
	tool_error(&c->tool, "%ju converted, %ju were so already%s",
		   c->tally.changed, c->tally.unchanged,
		   c->dry_run ? " (a dry run: nothing was written)" : "");
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

int main(int argc, char **argv)
{
	static struct conversion c = {
		.tool = {.name = "fcapconvert", .help = help},
	};
	int option;

	tool_begin();
	while ((option = getopt_long(argc, argv, "n:xq", options, NULL)) != -1)
		take_option(&c, option);
	check_options(&c, optind < argc);
	tool_privileges(&c.tool, true, false, false);
	tool_listing(&c.tool, c.value ? "builtin" : "running");
	if (c.value)
		convert_given_value(&c);
	for (int i = optind; i < argc; i++)
		convert_input(&c, argv[i]);
	summary(&c);
	return tool_finish(&c.tool);
}
