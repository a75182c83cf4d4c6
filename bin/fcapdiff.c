/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fcapdiff: compare the file capabilities of two inputs. */
#include "bin/diffside.h"
#include "bin/toolopt.h"
#include "form/form.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: fcapdiff [OPTION]... A B\n"
	"Compare the file capabilities of two files, trees, archives, images "
	"or dumps.\n"
	"\n"
	"  A, B                  PATH, - (a tar archive on standard input), or "
	"KIND:LOCATION,\n"
	"                        KIND one of file, tree, tar, oci, "
	"oci-archive,\n"
	"                        docker-archive, rpm, getfattr, ext4, "
	"squashfs, erofs,\n"
	"                        disk\n"
	"      --partition=N     of a partitioned disk, this one alone\n"
	"      --offset=BYTES    where a disk image begins in its file: "
	"N[KMGT]\n"
	"      --max-size=SIZE   let nothing compressed become larger: "
	"N[KMGT]\n"
	"      --sandbox=WHEN    read what is untrusted in a closed process: "
	"auto, tell,\n"
	"                        require or no\n"
	"      --bytes           compare stored bytes, not what they mean\n"
	"      --stored          of live files the stored bytes, where there "
	"is a way\n"
	"  -x, --one-file-system stay on the file system of each input\n"
	"      --local           leave out network file systems\n"
	"  -j, --jobs=N          threads that read a tree, processes that "
	"read\n"
	"                        layers of an image (default: one a "
	"processor)\n"
	"      --format=FORMAT   text (default) or json\n"
	"  -o, --output=FILE     write to FILE, which appears when it is "
	"whole\n"
	"      --force           let --output replace a file\n"
	"      --kernel=LISTING  running, builtin, X.Y or @FILE: for names\n"
	"  -q, --quiet           no notices, only errors\n"
	"  -h, --help, --version\n"
	"\n"
	"Exit status: 0 no difference; 1 there are differences; 2 wrong call; "
	"3\n"
	"something could not be read or compared.\n";

enum { A, B };

struct diff {
	struct tool tool;
	struct report report;
	struct scan_options options;
	struct scan_totals totals;
	struct userns caller;
	struct side side[2];
	const char *output_path;
	bool bytes, json, force;
};

/* -------------------------------- options -------------------------------- */

enum {
	OPT_BYTES = 256,
	OPT_FORMAT,
	OPT_FORCE,
};

static const struct option options[] = {
	{"bytes", no_argument, NULL, OPT_BYTES},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"output", required_argument, NULL, 'o'},
	{"force", no_argument, NULL, OPT_FORCE},
	TOOL_SCAN_OPTIONS,
	TOOL_STORED_OPTION,
	TOOL_OPTIONS,
	{0},
};

static void take_option(struct diff *d, int option)
{
	switch (option) {
	case OPT_BYTES:
		d->bytes = true;
		break;
	case OPT_FORMAT:
		d->json = tool_json(&d->tool, optarg);
		break;
	case 'o':
		d->output_path = optarg;
		break;
	case OPT_FORCE:
		d->force = true;
		break;
	default:
		if (!tool_scan_option(&d->tool, &d->options, option))
			tool_option(&d->tool, option);
	}
}

static void take_options(struct diff *d, int argc, char **argv)
{
	int option;

	while ((option = tool_getopt(&d->tool, argc, argv, "xj:o:qh", options,
				     NULL)) != -1)
		take_option(d, option);
	tool_scan_defaults(&d->tool, &d->options);
	if (argc - optind != 2)
		tool_usage(&d->tool, "two inputs are compared, not %d",
			   argc - optind);
	tool_needs(&d->tool,
		   &(struct tool_need){d->force, "--force",
				       d->output_path != NULL, "--output"},
		   1);
	tool_live_options(&d->tool, &d->options, argv + optind);
}

/* --------------------------------- meaning -------------------------------- */

static void view_item(const struct diff *d, const struct side_item *item,
		      struct view *v)
{
	const struct view_context context = {
		.listing = &d->tool.listing,
		.caller = &d->caller,
	};

	view_of(item->record, &context, v);
}

static bool same_bytes(const struct scan_record *a, const struct scan_record *b)
{
	return a->size == b->size &&
	       (!a->size || memcmp(a->value, b->value, a->size) == 0);
}

/* Malformed values have no meaning to compare. */
static bool is_same(const struct diff *d, const struct view *a,
		    const struct view *b)
{
	if (d->bytes || (a->decode && b->decode))
		return same_bytes(a->record, b->record);
	return !a->decode && !b->decode && vfscap_equivalent(&a->cap, &b->cap);
}

/* ----------------------------------- text --------------------------------- */

static void put_hex(FILE *out, const struct scan_record *r)
{
	char hex[FORM_HEX_SIZE(64)];

	fputs("0x", out);
	for (size_t at = 0; at < r->size; at += 64) {
		size_t left = r->size - at;

		form_hex(r->value + at, left < 64 ? left : 64, hex);
		fputs(hex, out);
	}
}

/* @exact: with the bytes, where the words do not tell two values apart */
static void put_value(FILE *out, const struct view *v, bool exact)
{
	if (v->decode) {
		put_hex(out, v->record);
		fprintf(out, " [%s]", vfscap_strerror(v->decode));
		return;
	}
	report_value(out, v);
	if (exact) {
		fputs(" [", out);
		put_hex(out, v->record);
		putc(']', out);
	}
}

static char *value_text(const struct view *v)
{
	struct form_memory text;
	FILE *out = form_memory_open(&text);

	if (!out)
		return NULL;
	put_value(out, v, false);
	return form_memory_close(&text, out);
}

static int write_text(const struct diff *d, const char *rel,
		      const struct view *a, const struct view *b)
{
	FILE *out = d->report.out;
	char *before = a ? value_text(a) : NULL;
	char *after = b ? value_text(b) : NULL;
	bool exact = before && after && strcmp(before, after) == 0;
	bool failed = (a && !before) || (b && !after);

	free(before);
	free(after);
	if (failed)
		return -ENOMEM;
	fputs(!a ? "+ " : !b ? "- " : "! ", out);
	report_path(out, rel);
	putc(' ', out);
	if (a)
		put_value(out, a, exact);
	if (a && b)
		fputs(" -> ", out);
	if (b)
		put_value(out, b, exact);
	putc('\n', out);
	return 0;
}

/* ----------------------------------- JSON --------------------------------- */

static json_t *record_of(const struct diff *d, const struct view *v)
{
	return v ? report_record_json(&d->report, v) : json_null();
}

static int write_json(const struct diff *d, const char *rel,
		      const struct view *a, const struct view *b)
{
	const char *change = !a ? "added" : !b ? "removed" : "changed";
	json_t *o = json_pack("{s:o, s:s, s:o, s:o}", "rel",
			      report_json_path(rel), "change", change, "a",
			      record_of(d, a), "b", record_of(d, b));

	if (o && !form_utf8(rel) &&
	    json_object_set_new(o, "rel_bytes",
				report_json_hex((const uint8_t *)rel,
						strlen(rel)))) {
		json_decref(o);
		o = NULL;
	}
	return report_json_line(o, JSON_COMPACT, d->report.out);
}

/* -------------------------------- comparing ------------------------------- */

/* The path to show: of two single files that of the first, if it has one. */
static const char *rel_of(const struct diff *d, const struct side_item *item)
{
	if (*item->key)
		return item->key;
	return d->side[A].rel ? d->side[A].rel : item->record->rel;
}

static void tell(struct diff *d, const char *rel, const struct view *a,
		 const struct view *b)
{
	int error =
		d->json ? write_json(d, rel, a, b) : write_text(d, rel, a, b);

	tool_worse(&d->tool, TOOL_NO);
	if (error)
		tool_file(&d->tool, LEVEL_ERROR, rel, "%s", strerror(-error));
}

/* Only one side has it. It is a difference where the other is known not to. */
static void tell_one(struct diff *d, int which, const struct side_item *item)
{
	struct view v;

	if (item->state != ITEM_VALUE ||
	    !side_lacks(&d->side[!which], item->key))
		return;
	view_item(d, item, &v);
	tell(d, rel_of(d, item), which == A ? &v : NULL,
	     which == B ? &v : NULL);
}

/* Of a live file there are stored bytes where they were asked for. */
static bool has_bytes(struct side *s, const struct side_item *item)
{
	if (item->record->view == SCAN_STORED)
		return true;
	if (!s->visible_said)
		tool_file(s->tool, LEVEL_ERROR, s->arg,
			  "--bytes: of live files there is what getxattr "
			  "shows, not the bytes that are stored; ask for "
			  "these with --stored, look at an image of the file "
			  "system, or compare without --bytes");
	s->visible_said = true;
	return false;
}

static void compare(struct diff *d, const struct side_item *a,
		    const struct side_item *b)
{
	struct view before, after;

	if (a->state != ITEM_VALUE || b->state != ITEM_VALUE)
		return;
	if (d->bytes) {
		bool stored = has_bytes(&d->side[A], a);

		if (!has_bytes(&d->side[B], b) || !stored)
			return;
	}
	view_item(d, a, &before);
	view_item(d, b, &after);
	if (!is_same(d, &before, &after))
		tell(d, rel_of(d, a), &before, &after);
}

/* What an archive had and has no more is as good as not there. */
static const struct side_item *next_item(const struct side *s, size_t *at)
{
	while (*at < s->count && s->item[*at].state == ITEM_GONE)
		++*at;
	return *at < s->count ? &s->item[*at] : NULL;
}

static void compare_sides(struct diff *d)
{
	const struct side_item *a, *b;
	size_t at[2] = {0};

	for (;;) {
		int order;

		a = next_item(&d->side[A], &at[A]);
		b = next_item(&d->side[B], &at[B]);
		if (!a && !b)
			break;
		order = !a ? 1 : !b ? -1 : strcmp(a->key, b->key);
		if (order < 0)
			tell_one(d, A, a);
		else if (order > 0)
			tell_one(d, B, b);
		else
			compare(d, a, b);
		at[A] += order <= 0;
		at[B] += order >= 0;
	}
}

/* ---------------------------------- inputs ------------------------------- */

static bool is_live(const struct side *s)
{
	return s->input.backend->run == scan_file ||
	       s->input.backend->run == scan_tree;
}

/* False where an input is none: there is nothing to compare then. */
static bool find_inputs(struct diff *d, char **args)
{
	const char *why[2] = {0};
	struct side *s = d->side;

	for (int i = A; i <= B; i++) {
		s[i].arg = args[i];
		s[i].tool = &d->tool;
		scan_input(args[i], &s[i].input, &why[i]);
	}
	if (tool_is_stdin(args[A]) && tool_is_stdin(args[B]))
		tool_usage(&d->tool, "standard input can be read only once");
	for (int i = A; i <= B; i++)
		if (why[i])
			tool_file(&d->tool, LEVEL_ERROR, args[i], "%s", why[i]);
	if (why[A] || why[B])
		return false;
	s[A].pair = s[B].pair = s[A].input.backend->run == scan_file &&
				s[B].input.backend->run == scan_file;
	return true;
}

/* They belong to one of both: a tree is compared with its image. */
static void check_disk_options(const struct diff *d)
{
	const struct side *a = &d->side[A], *b = &d->side[B];
	bool first =
		scan_is_disk(&a->input) || a->input.backend->run == scan_file;

	tool_disk_options(&d->tool, &d->options, first ? &a->input : &b->input);
}

static void run(struct diff *d)
{
	side_read(&d->side[A], &d->options, &d->totals);
	side_read(&d->side[B], &d->options, &d->totals);
	compare_sides(d);
	if (d->totals.vanished && !d->tool.quiet)
		tool_error(&d->tool,
			   "%ju entries vanished while they were read",
			   (uintmax_t)d->totals.vanished);
	side_free(&d->side[A]);
	side_free(&d->side[B]);
}

/* ---------------------------------- main --------------------------------- */

int main(int argc, char **argv)
{
	static struct diff d = {
		.tool = {.name = "fcapdiff", .help = help},
		.options = {.contents = true, .merged = true},
	};
	struct output output;
	bool found, live;

	tool_begin();
	take_options(&d, argc, argv);
	found = find_inputs(&d, argv + optind);
	if (found)
		check_disk_options(&d);
	live = found && (is_live(&d.side[A]) || is_live(&d.side[B]));
	tool_listing(&d.tool, live ? "running" : "builtin");
	d.report.listing = &d.tool.listing;
	tool_caller(&d.tool, &d.caller);
	if (found && tool_output(&d.tool, &output, d.output_path, d.force)) {
		d.report.out = output.file;
		run(&d);
		tool_output_done(&d.tool, &output);
	}
	return tool_finish(&d.tool);
}
