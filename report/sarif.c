/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Issues as a SARIF 2.1.0 document: one run, a rule for each issue code.
 *
 * Results are written as they are found. What could not be had comes meanwhile
 * and has its place behind them, so it waits in a file without a name.
 */
#include "report/sarif.h"
#include "form/form.h"
#include "form/json.h"
#include "report/report.h"
#include "stream/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII)
#define SCHEMA                                                                \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/" \
	"sarif-schema-2.1.0.json"

struct sarif {
	FILE *waiting;	/* notifications, with commas between them; or NULL */
	bool lost;	/* some could not be kept */
	bool any, told; /* a result, a notification was written */
	bool incomplete;
};

static const char *level_name(enum issue_level level)
{
	static const char *const names[] = {
		[ISSUE_NOTE] = "note",
		[ISSUE_WARNING] = "warning",
		[ISSUE_ERROR] = "error",
	};

	return names[level];
}

/* Writes what stands before it and @json, or for want of memory neither; frees
 * @json, which may be NULL for the same reason. */
static int put(FILE *out, const char *before, json_t *json)
{
	char *text = json ? form_json_text(json, FLAGS) : NULL;

	json_decref(json);
	if (!text)
		return -ENOMEM;
	fputs(before, out);
	fputs(text, out);
	free(text);
	return 0;
}

/* --------------------------------- the rules ------------------------------ */

static json_t *rule(const struct issue_text *issue)
{
	return json_pack(
		"{s:s, s:{s:s}, s:{s:s}, s:{s:o}, s:{s:s}, s:{s:[s]}}", "id",
		issue->code, "shortDescription", "text", issue->message,
		"fullDescription", "text", issue->message, "help", "text",
		json_sprintf("fcapinspect(1) explains it in its section "
			     "ISSUES: %s",
			     issue->code),
		"defaultConfiguration", "level", level_name(issue->level),
		"properties", "tags", "security");
}

static json_t *driver(void)
{
	json_t *rules = json_array();

	for (int i = 0; i < ISSUES; i++)
		if (json_array_append_new(rules, rule(&issue_texts[i]))) {
			json_decref(rules);
			return NULL;
		}
	return json_pack("{s:{s:s, s:s, s:o}}", "driver", "name", "fcapinspect",
			 "version", VFSCAP_VERSION, "rules", rules);
}

int sarif_begin(struct report *report)
{
	static const char start[] = "{\"$schema\":\"" SCHEMA "\",\n"
				    "\"version\":\"2.1.0\",\n"
				    "\"runs\":[{\"tool\":";

	report->sarif = calloc(1, sizeof(*report->sarif));
	if (!report->sarif)
		return -ENOMEM;
	if (put(report->out, start, driver())) {
		free(report->sarif);
		report->sarif = NULL;
		return -ENOMEM;
	}
	fputs(",\n\"results\":[", report->out);
	return 0;
}

/* -------------------------------- the results ----------------------------- */

static json_t *result(const struct view *v, int issue)
{
	const struct issue_text *text = &issue_texts[issue];
	const struct scan_record *r = v->record;

	return json_pack("{s:s, s:i, s:s, s:o, s:[o], s:{s:o}, s:o}", "ruleId",
			 text->code, "ruleIndex", issue, "level",
			 level_name(text->level), "message",
			 sarif_result_message(r, text->message), "locations",
			 sarif_location(r), "partialFingerprints",
			 "primaryLocationLineHash",
			 sarif_fingerprint(r, text->code), "properties",
			 sarif_properties(v));
}

int sarif_write(const struct report *report, const struct view *v)
{
	uint32_t found = v->issues & report->issues;
	int error = 0;

	if (!report->sarif || v->record->what != SCAN_ENTRY)
		return 0;
	for (int i = 0; i < ISSUES && !error; i++) {
		if (!(found >> i & 1))
			continue;
		error = put(report->out, report->sarif->any ? ",\n" : "\n",
			    result(v, i));
		report->sarif->any |= !error;
	}
	return error;
}

/* ------------------------------- notifications ---------------------------- */

static json_t *notification(enum issue_level level, const struct scan_record *r,
			    const char *text)
{
	return json_pack("{s:s, s:o, s:[o]}", "level", level_name(level),
			 "message", sarif_message(text), "locations",
			 sarif_location(r));
}

/* Where one waits; NULL where it cannot. */
static FILE *waiting_room(struct sarif *s)
{
	int fd;

	if (s->waiting)
		return s->waiting;
	fd = spool_open(NULL);
	if (fd >= 0)
		s->waiting = fdopen(fd, "w+");
	if (fd >= 0 && !s->waiting)
		close(fd);
	return s->waiting;
}

int sarif_tell(const struct report *report, enum issue_level level,
	       const struct scan_record *r, const char *text)
{
	struct sarif *s = report->sarif;
	if (!s)
		return 0;
	s->incomplete |= level == ISSUE_ERROR;
	if (!waiting_room(s)) {
		s->lost = true;
		return 0;
	}
	if (put(s->waiting, s->told ? ",\n" : "", notification(level, r, text)))
		return -ENOMEM;
	s->told = true;
	return 0;
}

/* What waited, or a word on what could not. */
static int put_notifications(const struct sarif *s, FILE *out)
{
	char buf[4096];
	size_t n;

	if (s->lost ||
	    (s->waiting && (fflush(s->waiting) || ferror(s->waiting))))
		return put(out, "",
			   json_pack("{s:s, s:{s:s}}", "level", "error",
				     "message", "text",
				     "notifications could not be kept for "
				     "want of room for a temporary file; "
				     "they are on standard error"));
	if (!s->waiting)
		return 0;
	rewind(s->waiting);
	while ((n = fread(buf, 1, sizeof(buf), s->waiting)) > 0)
		fwrite(buf, 1, n, out);
	return ferror(s->waiting) ? -EIO : 0;
}

int sarif_end(struct report *report, int status)
{
	struct sarif *s = report->sarif;
	int error;

	if (!s)
		return 0;
	fprintf(report->out,
		"],\n\"invocations\":[{\"executionSuccessful\":%s,"
		"\"exitCode\":%d,\n\"toolExecutionNotifications\":[",
		s->incomplete || status > 1 ? "false" : "true", status);
	error = put_notifications(s, report->out);
	fputs("]}]}]}\n", report->out);
	if (s->waiting)
		fclose(s->waiting);
	free(s);
	report->sarif = NULL;
	return error;
}
