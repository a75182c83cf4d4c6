/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which issues fcapinspect looks for, and a line for each that it finds. */
#include "bin/check.h"

#include <stdlib.h>
#include <string.h>

/* A wrong call, with the words that there are. */
static _Noreturn void no_such_code(const struct tool *tool, const char *codes)
{
	char *known = NULL;
	size_t size;
	FILE *out = open_memstream(&known, &size);

	for (int i = 0; out && i < ISSUES; i++)
		fprintf(out, ", %s", issue_texts[i].code);
	if (out)
		fclose(out);
	tool_usage(tool,
		   "--check: no issue code '%.*s'; there are: default, all%s",
		   (int)strcspn(codes, ","), codes, known ? known : "");
}

uint32_t check_issues(const struct tool *tool, const char *codes)
{
	uint32_t issues;
	const char *wrong = issues_parse(codes ? codes : "default", &issues);

	if (wrong)
		no_such_code(tool, wrong);
	return issues;
}

void check_say(const struct tool *tool, const struct view *v, uint32_t issues)
{
	const struct scan_record *r = v->record;

	for (int i = 0; i < ISSUES; i++) {
		if (!((v->issues & issues) >> i & 1))
			continue;
		fprintf(stderr, "%s: ", tool->name);
		report_path(stderr, r->path ? r->path : r->source);
		if (r->layer) {
			fputs(": layer ", stderr);
			report_path(stderr, r->layer);
		}
		if (r->partition)
			fprintf(stderr, ": partition %u", r->partition);
		fprintf(stderr, ": %s: %s\n", issue_texts[i].code,
			issue_texts[i].message);
	}
}
