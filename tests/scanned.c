/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scan hands over, as text, and small trees to scan. */
#include "scanned.h"
#include "sandbox.h"
#include "suite.h"
#include "values.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

unsigned scanned_jobs;

void scanned_say(struct scanned *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	s->used += (size_t)vsnprintf(s->text + s->used,
				     sizeof(s->text) - s->used, format, args);
	va_end(args);
	ck_assert_uint_lt(s->used, sizeof(s->text));
}

static int take(void *ctx, const struct scan_record *r)
{
	struct scanned *s = ctx;

	s->records++;
	if (s->print)
		s->print(s, r);
	if (s->meanwhile)
		s->meanwhile(r);
	return 0;
}

void scanned_outcome(struct scanned *s, const struct scan_record *r)
{
	static const char *const what[] = {"", "unread ", "left out "};

	scanned_say(s, "%s%s", what[r->what], r->path);
	if (r->error)
		scanned_say(s, " %s", vfscap_error_name(-r->error));
	if (r->what == SCAN_LEFT_OUT)
		scanned_say(s, " %s", r->reason);
	scanned_say(s, "\n");
}

int scanned_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 3; /* ".", "..", and the directory itself */
}

void scanned_run(struct scanned *s, const char *arg)
{
	int before = scanned_descriptors();
	struct scan_input in;
	const char *why;

	ck_assert_int_eq(scan_input(arg, &in, &why), 0);
	if (!s->options.jobs)
		s->options.jobs = scanned_jobs;
	s->result = scan_run(&in, &s->options, &s->totals, take, s);
	ck_assert_int_eq(scanned_descriptors(), before);
}

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void scanned_sort(struct scanned *s)
{
	char *text = s->text, *copy = strdup(text), *rest = copy, *lines[512];
	size_t count = 0;

	while (rest && *rest && count < ROWS(lines))
		lines[count++] = strsep(&rest, "\n");
	qsort(lines, count, sizeof(lines[0]), by_line);
	*text = '\0';
	for (size_t i = 0; i < count; i++)
		text += sprintf(text, "%s\n", lines[i]);
	free(copy);
}

/* ---------------------------------- files -------------------------------- */

void tree_file(const char *path)
{
	sandbox_write(path, "", 0);
	value_plant(path, &value_v2);
}

void tree_dir(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0755), 0);
}

void tree_enter(void)
{
	value_scratch();
	alarm(60);
}
