/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Troubles on standard error and in documents. */
#include "bin/told.h"
#include "form/form.h"

#include <stdarg.h>
#include <stdlib.h>

/* @text is freed; NULL: no memory. */
static void to_document(const struct told *t, enum issue_level level,
			const struct scan_record *r, char *text)
{
	if (t->format->tell &&
	    (!text || t->format->tell(t->report, level, r, text)))
		tool_file(t->tool, LEVEL_ERROR, r->path ? r->path : r->source,
			  "no memory to write this error to the output");
	free(text);
}

void told_trouble(const struct told *t, enum issue_level level,
		  const struct scan_record *r, const struct view *v)
{
	struct form_memory text;
	FILE *out;

	report_trouble(stderr, t->tool->name, r, v);
	if (!t->format->tell)
		return;
	out = form_memory_open(&text);
	if (out)
		report_trouble_text(out, r, v);
	to_document(t, level, r, out ? form_memory_close(&text, out) : NULL);
}

void told_fault(const struct told *t, const struct scan_record *r,
		const char *format, ...)
{
	const char *name = r->path ? r->path : r->source;
	char *text;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	tool_file(t->tool, LEVEL_ERROR, name, "%s", text ? text : "no memory");
	to_document(t, ISSUE_ERROR, r, text);
}

void told_input(const struct told *t, const char *arg, const char *why)
{
	const struct scan_record r = {
		.what = SCAN_UNREAD, .source = arg, .path = arg, .rel = "."};

	told_fault(t, &r, "%s", why);
}
