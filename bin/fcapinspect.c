/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fcapinspect: show the file capabilities of files and trees. */
#include "bin/check.h"
#include "bin/describe.h"
#include "bin/inspectcall.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------- records ------------------------------- */

/*
 * What a record means for the exit status, and its line on standard error. A
 * value whose bytes we have is done, whether it decodes or not.
 */
static void judge(struct inspect *in, const struct view *v)
{
	const struct scan_record *r = v->record;

	if (r->error && !view_none(r))
		tool_worse(&in->tool, TOOL_INCOMPLETE);
	if ((r->error && !view_none(r)) || v->decode > 0) {
		fflush(in->report.out);
		if (r->error)
			told_trouble(&in->told, ISSUE_ERROR, r, v);
		else
			report_trouble(stderr, in->tool.name, r, v);
	}
	if (v->gaps) {
		told_fault(&in->told, r,
			   "ancestors of user namespace %s are not known, so "
			   "rootid %u may be root of one of them",
			   v->userns, v->cap.rootid);
	}
	if (v->script_errno && in->report.issues >> ISSUE_SCRIPT & 1)
		told_fault(&in->told, r,
			   "whether it is a script cannot be read: %s",
			   scan_open_why(-v->script_errno));
	if (v->issues & in->check) {
		tool_worse(&in->tool, TOOL_NO);
		check_say(&in->tool, v, in->check);
	}
	if (in->ghosts && v->ghost)
		tool_worse(&in->tool, TOOL_NO);
}

static int take_record(void *ctx, const struct scan_record *r)
{
	struct inspect *in = ctx;
	struct view_context context = {
		.listing = &in->tool.listing,
		.caller = &in->caller,
		.chain = &in->chain,
		.where = in->where,
		.look_inside = in->report.issues >> ISSUE_SCRIPT & 1 ||
			       in->format->write == report_json,
	};
	struct view v;

	if (r->what == SCAN_LEFT_OUT || r->what == SCAN_NOTICE) {
		if (!in->tool.quiet)
			told_trouble(&in->told, ISSUE_NOTE, r, NULL);
		return 0;
	}
	view_of(r, &context, &v);
	if (r->what == SCAN_UNREAD) {
		tool_worse(&in->tool, TOOL_INCOMPLETE);
		told_trouble(&in->told, ISSUE_ERROR, r, NULL);
	} else {
		judge(in, &v);
	}
	if (in->ghosts && !v.ghost)
		return 0;
	return in->format->write(&in->report, &v);
}

static void inspect_value(struct inspect *in)
{
	struct scan_record r = {
		.source = "--value",
		.view = SCAN_STORED,
		.value = in->bytes,
		.size = in->size,
		.dirfd = -1,
		.fd = -1,
	};

	if (take_record(in, &r))
		told_fault(&in->told, &r, "no memory");
}

static void inspect_inputs(struct inspect *in, char **args)
{
	for (; *args; args++) {
		struct scan_input input;
		const char *why;
		int error;

		if (scan_input(*args, &input, &why)) {
			told_input(&in->told, *args, why);
			continue;
		}
		error = progress_scan(&in->progress, &input, &in->options,
				      &in->totals, take_record, in);
		if (error)
			told_input(&in->told, *args, strerror(-error));
	}
	if (in->totals.vanished && !in->tool.quiet)
		tool_error(&in->tool,
			   "%ju entries vanished while they were read",
			   (uintmax_t)in->totals.vanished);
}

/* ---------------------------------- main --------------------------------- */

static void run(struct inspect *in, char **inputs)
{
	struct describe d = {
		.tool = &in->tool,
		.out = in->report.out,
		.json = in->format->write == report_json,
	};

	if (in->value)
		inspect_value(in);
	else if (in->text)
		describe_text(&d, &in->sets);
	else if (in->capabilities)
		describe_capabilities(&d);
	else
		inspect_inputs(in, inputs);
}

static void run_document(struct inspect *in, char **inputs)
{
	const struct report_format *format = in->format;
	int error = format->begin ? format->begin(&in->report) : 0;

	if (!error)
		run(in, inputs);
	if (format->end && !error)
		error = format->end(&in->report, (int)in->tool.status);
	if (error)
		tool_file(&in->tool, LEVEL_ERROR,
			  in->output_path ? in->output_path : "standard output",
			  "%s", strerror(-error));
}

static void run_to_output(struct inspect *in, char **inputs)
{
	struct output output;

	if (!tool_output(&in->tool, &output, in->output_path, in->force))
		return;
	in->report.out = output.file;
	run_document(in, inputs);
	tool_output_done(&in->tool, &output);
}

int main(int argc, char **argv)
{
	static struct inspect in = {
		.tool = {.name = "fcapinspect"},
		.format = &report_formats[0],
		.options = {.contents = true},
	};

	tool_begin();
	inspect_options(&in, argc, argv);
	inspect_prepare(&in, argv + optind);
	run_to_output(&in, argv + optind);
	free(in.bytes);
	free(in.where);
	return tool_finish(&in.tool);
}
