/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as lines, in getcap's form, or framed by NULs; and troubles. */
#include "form/form.h"
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In pieces, for there may be no memory: also for a message that says so. */
#define PIECE 256

/* As much as a piece has room for, and no half of a character. */
static size_t piece_of(const char *path)
{
	size_t len = strnlen(path, PIECE);

	for (int i = 0; len == PIECE - (size_t)i && i < 3; i++)
		len -= (path[len] & 0xc0) == 0x80;
	return len;
}

void report_path(FILE *out, const char *path)
{
	char piece[PIECE + 1], shown[FORM_PATH_SIZE(PIECE)];

	while (*path) {
		size_t len = piece_of(path);

		memcpy(piece, path, len);
		piece[len] = '\0';
		form_path(piece, shown);
		fputs(shown, out);
		path += len;
	}
}

/* PATH NUL CAPS NUL ROOTID-or-empty NUL, nothing escaped. */
static void write_null(FILE *out, const struct view *v)
{
	const char *path = v->record->path ? v->record->path : "";

	fwrite(path, 1, strlen(path) + 1, out);
	fwrite(v->text, 1, strlen(v->text) + 1, out);
	if (v->cap.revision == 3)
		fprintf(out, "%u", v->cap.rootid);
	putc('\0', out);
}

/* The rootid as the namespace asked for sees it, and the one seen from here. */
static void write_below(FILE *out, const struct view *v)
{
	char number[FORM_ERRNO_SIZE];

	if (v->visible == VISIBLE_V3)
		fprintf(out, " [rootid=%u]", v->visible_rootid);
	if (v->visible == VISIBLE_ERROR)
		fprintf(out, " [there: %s]",
			form_errno(v->visible_errno, number));
	if (v->cap.revision == 3)
		fprintf(out, " [rootid %s=%u]",
			v->record->packed || v->record->asked ? "stored"
							      : "here",
			v->cap.rootid);
}

void report_value(FILE *out, const struct view *v)
{
	const char *ghost = view_ghost_reason(v);

	fputs(v->text, out);
	if (v->below)
		write_below(out, v);
	else if (v->cap.revision == 3)
		fprintf(out, " [rootid=%u]", v->cap.rootid);
	if (v->cap.revision == 1)
		fputs(" [v1]", out);
	if (ghost)
		fprintf(out, " [ghost: %s]", ghost);
}

/* A digest is told apart by its beginning. */
#define LAYER_SHOWN 19

static void write_line(FILE *out, const struct view *v)
{
	const char *layer = v->record->layer;

	if (v->record->path) {
		report_path(out, v->record->path);
		putc(' ', out);
	}
	report_value(out, v);
	if (layer)
		fprintf(out, " [layer %.*s]", LAYER_SHOWN, layer);
	if (v->record->partition)
		fprintf(out, " [partition %u]", v->record->partition);
	if (v->record->deleted)
		fputs(" [deleted]", out);
	putc('\n', out);
}

/* Under --all: what has no capabilities to show. */
static void write_other(FILE *out, const struct view *v)
{
	const struct scan_record *r = v->record;
	char number[FORM_ERRNO_SIZE];

	if (r->path)
		report_path(out, r->path);
	if (!view_none(r))
		fprintf(out, "%s?  [%s]", r->path ? " " : "",
			r->error ? form_errno(r->error, number)
				 : vfscap_strerror(v->decode));
	putc('\n', out);
}

int report_text(const struct report *report, const struct view *v)
{
	if (v->decode == 0 && report->null)
		write_null(report->out, v);
	else if (v->decode == 0)
		write_line(report->out, v);
	else if (report->all && !report->null)
		write_other(report->out, v);
	return 0;
}

/* ------------------------------- the troubles ---------------------------- */

/* The reason in words and what to do, for an entry's errno. */
const char *report_reason(const struct scan_record *r)
{
	if (r->what != SCAN_ENTRY || r->asked)
		return NULL;
	switch (vfscap_answer(-r->error)) {
	case VFSCAP_ANSWER_HIDDEN:
		if (r->overlay)
			return "there is a value that getxattr does not show, "
			       "and nobody can execute the file through "
			       "overlayfs; look at and repair it on the "
			       "file system below";
		return "there is a value that getxattr does not show: revision "
		       "1 or unknown flags, which execve honours, or a "
		       "malformed or empty one, with which nobody can execute "
		       "the file; look at the file system's image, or repair "
		       "with fcapset --remove";
	case VFSCAP_ANSWER_FOREIGN:
		return "there is a value whose rootid has no name in this user "
		       "namespace; run in the namespace that it belongs to, or "
		       "in the initial one";
	case VFSCAP_ANSWER_DENIED:
		return "a directory on the way cannot be searched; run with "
		       "cap_dac_read_search";
	default:
		return r->error == ENOSYS
			       ? "/proc is needed to read it; mount it"
			       : NULL;
	}
}

static const char *decode_reason(int error)
{
	return error == VFSCAP_ERR_LONG ? "execve fails with ERANGE"
					: "execve fails with EINVAL";
}

/* Does the reason make the errno's own words superfluous? */
static bool explains(const struct scan_record *r)
{
	return r->reason && (r->error == EBADMSG || r->error == EFBIG ||
			     r->error == ENOTSUP || r->error == EINVAL ||
			     strstr(r->reason, strerror(r->error)));
}

/* Where in an image it is. */
static void write_place(FILE *out, const struct scan_record *r)
{
	/* A diff_id that is none may be anything. */
	if (r->layer) {
		fputs("layer ", out);
		report_path(out, r->layer);
		fputs(": ", out);
	}
	if (r->partition)
		fprintf(out, "partition %u: ", r->partition);
}

/* What is below the root directory of a process takes the right to trace it too,
 * which no tool keeps that only reads; a shell that goes there has it. */
static void put_remedy(FILE *out, const struct scan_record *r)
{
	fputs("; run with cap_dac_read_search", out);
	if (r->path && strncmp(r->path, "/proc/", 6) == 0)
		fputs(", and below /proc/PID/root from there: cd to it, and "
		      "name '.'",
		      out);
}

static void write_reason(FILE *out, const struct scan_record *r,
			 const struct view *v)
{
	const char *reason = report_reason(r);
	char number[FORM_ERRNO_SIZE];

	write_place(out, r);
	if (v && !r->error) {
		fprintf(out, "%s (%s); remove the attribute and set it anew",
			vfscap_strerror(v->decode), decode_reason(v->decode));
		return;
	}
	if (r->what == SCAN_NOTICE) {
		report_path(out, r->reason);
		return;
	}
	if (r->what == SCAN_LEFT_OUT) {
		fputs("left out: a file system of type ", out);
		report_path(out, r->reason);
		return;
	}
	if (r->line)
		fprintf(out, "line %zu: ", r->line);
	fprintf(out, "%s: ", form_errno(r->error, number));
	if (reason)
		fputs(reason, out);
	else if (!explains(r))
		fputs(strerror(r->error), out);
	if (!reason && r->reason) {
		fputs(explains(r) ? "" : ": ", out);
		report_path(out, r->reason);
	}
	if (r->what == SCAN_UNREAD && r->error == EACCES)
		put_remedy(out, r);
}

void report_trouble_text(FILE *out, const struct scan_record *r,
			 const struct view *v)
{
	if (r->path) {
		report_path(out, r->path);
		fputs(": ", out);
	} else if (r->source) {
		report_path(out, r->source);
		fputs(": ", out);
	}
	write_reason(out, r, v);
}

void report_trouble(FILE *out, const char *program, const struct scan_record *r,
		    const struct view *v)
{
	fprintf(out, "%s: ", program);
	report_trouble_text(out, r, v);
	putc('\n', out);
}
