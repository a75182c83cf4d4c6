/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fcapexplain: what execve(2) gives a process, why, and what would change it. */
#include "bin/explainopt.h"
#include "explain/image.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------- records ------------------------------- */

static bool is_live(const struct scan_record *r)
{
	return r->dirfd >= 0 || r->fd >= 0;
}

static bool is_setid(const struct scan_record *r)
{
	return r->has_stat && S_ISREG(r->stat.st_mode) &&
	       r->stat.st_mode & (S_ISUID | S_ISGID);
}

/* The files named, what has the attribute, and with --all what else changes ids
 * or may be executed. */
static bool is_asked(const struct explain *e, const struct scan_record *r,
		     bool named)
{
	if (named || !view_none(r))
		return true;
	if (!e->all)
		return false;
	return is_setid(r) || (r->has_stat && S_ISREG(r->stat.st_mode) &&
			       r->stat.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH));
}

static void note(struct explain *e, const struct answer *a)
{
	for (const struct program *p = &a->program; p; p = p->interpreter)
		if (*p->note)
			tool_file(&e->tool, LEVEL_ERROR,
				  *p->path ? p->path : a->record->path, "%s",
				  p->note);
}

/* Of a running process only some of the namespaces above it may be known. */
static void note_gaps(struct explain *e, const struct answer *a)
{
	const struct vfscap_outcome *o = &a->outcome;

	for (unsigned i = 0; e->who->chain.gaps && i < o->reasons; i++)
		if (o->reason[i].rule == VFSCAP_RULE_FOREIGN_ROOTID)
			tool_file(&e->tool, LEVEL_ERROR, a->record->path,
				  "ancestors of the user namespace of %s are "
				  "not known, so rootid %u may be root of one "
				  "of them",
				  e->who->name, o->reason[i].id);
}

static int answer(struct explain *e, const struct scan_record *r, bool named)
{
	char why[EXPLAIN_WHY_SIZE];
	struct answer *a = malloc(sizeof(*a));
	int error = 0;

	if (!a)
		return -ENOMEM;
	if (answer_of(a, r, &e->kernel, e->who, &e->given, why) != 0) {
		tool_file(&e->tool, LEVEL_ERROR, r->path ? r->path : r->source,
			  "%s", why);
	} else {
		if (answer_no(a))
			tool_worse(&e->tool, TOOL_NO);
		if (e->json)
			error = answer_json(stdout, a);
		else
			answer_text(stdout, a, named || e->verbose);
		note(e, a);
		note_gaps(e, a);
	}
	answer_free(a);
	free(a);
	return error;
}

/* The first record of a file that is named is the file's own. */
static int take_record(void *ctx, const struct scan_record *r)
{
	struct explain *e = ctx;
	bool named = e->named && is_live(r);

	if (r->what == SCAN_LEFT_OUT || r->what == SCAN_NOTICE) {
		if (!e->tool.quiet)
			report_trouble(stderr, e->tool.name, r, NULL);
		return 0;
	}
	if (r->what == SCAN_UNREAD) {
		tool_worse(&e->tool, TOOL_INCOMPLETE);
		report_trouble(stderr, e->tool.name, r, NULL);
		return 0;
	}
	return is_asked(e, r, named) ? answer(e, r, named) : 0;
}

/* --------------------------------- inputs -------------------------------- */

static bool image_kind(const struct scan_input *input, enum oci_kind *kind)
{
	if (input->backend->run == scan_oci)
		*kind = OCI_LAYOUT;
	else if (input->backend->run == scan_oci_archive)
		*kind = OCI_ARCHIVE;
	else if (input->backend->run == scan_docker_archive)
		*kind = OCI_DOCKER;
	else
		return false;
	return true;
}

/* Of an image, the process is the one that it is run as; false where that is not
 * known, which was said. */
static bool choose_process(struct explain *e, const struct scan_input *input)
{
	uint64_t limit =
		e->options.max_size ? e->options.max_size : SCAN_MAX_SIZE;
	char why[EXPLAIN_WHY_SIZE];
	struct image_user user;
	enum oci_kind kind;

	e->who = &e->subject;
	if (!call_follows_image(&e->call) || !image_kind(input, &kind))
		return true;
	if (image_user(kind, input->location, limit, e->options.sandbox, &user,
		       why) != 0) {
		tool_file(&e->tool, LEVEL_ERROR, input->source, "%s", why);
		return false;
	}
	if (!*user.name)
		return true;
	subject_free(&e->image);
	if (call_subject(&e->call, &e->image, &user.uid, &user.gid, why)) {
		tool_file(&e->tool, LEVEL_ERROR, input->source,
			  "it runs as '%s': %s", user.name, why);
		return false;
	}
	e->who = &e->image;
	if (!e->tool.quiet)
		tool_file(&e->tool, LEVEL_NOTICE, input->source,
			  "the image runs as '%s': uid %u, gid %u", user.name,
			  user.uid, user.gid);
	return true;
}

static void explain_scan(struct explain *e, const struct scan_input *input)
{
	int error;

	if (!choose_process(e, input))
		return;
	e->named = input->backend->run == scan_file;
	e->options.all = e->all || e->named;
	error = scan_run(input, &e->options, &e->totals, take_record, e);
	if (error)
		tool_file(&e->tool, LEVEL_ERROR, input->source, "%s",
			  strerror(-error));
}

static void explain_input(struct explain *e, const char *arg)
{
	struct scan_input input;
	const char *why;

	if (scan_input(arg, &input, &why))
		tool_file(&e->tool, LEVEL_ERROR, arg, "%s", why);
	else
		explain_scan(e, &input);
}

/* The root of a bundle is a directory, whatever a configuration calls it. */
static void explain_rootfs(struct explain *e)
{
	struct scan_input input;
	const char *why;

	if (scan_input("tree:", &input, &why))
		return;
	input.source = input.location = e->subject.rootfs;
	tool_disk_options(&e->tool, &e->options, &input);
	explain_scan(e, &input);
}

static void explain_inputs(struct explain *e, char **args)
{
	if (!*args && !e->subject.rootfs)
		tool_file(&e->tool, LEVEL_ERROR, e->call.oci,
			  "it names no root directory; give an INPUT");
	else if (!*args)
		explain_rootfs(e);
	for (; *args; args++)
		explain_input(e, *args);
	if (e->totals.vanished && !e->tool.quiet)
		tool_error(&e->tool,
			   "%ju entries vanished while they were read",
			   (uintmax_t)e->totals.vanished);
}

/* ---------------------------------- main --------------------------------- */

int main(int argc, char **argv)
{
	static struct explain e = {
		.tool = {.name = "fcapexplain"},
		.options = {.contents = true, .merged = true},
	};
	char why[EXPLAIN_WHY_SIZE];

	tool_begin();
	explain_options(&e, argc, argv);
	explain_kernel(&e, argv + optind);
	explain_value(&e);
	if (call_subject(&e.call, &e.subject, NULL, NULL, why))
		tool_usage(&e.tool, "%s", why);
	/* Before 2.6.25 there was one set for all processes. */
	e.kernel.system_bounding = e.subject.process.creds.bounding;
	if (e.call.pid)
		e.tool.raised |= PRIVILEGE_LOOK;
	tool_privileges(&e.tool, e.tool.raised);
	if (e.call.pid)
		privilege_raise(CAP_SYS_PTRACE);
	explain_inputs(&e, argv + optind);
	subject_free(&e.subject);
	subject_free(&e.image);
	free(e.call.option);
	free(e.value);
	return tool_finish(&e.tool);
}
