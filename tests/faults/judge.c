/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is what came of a run with a fault right? */
#include "tests/faults/judge.h"

#include <err.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void *need(void *memory)
{
	if (!memory)
		err(2, "no memory");
	return memory;
}

void wrong(struct faults *f, const char *format, ...)
{
	const char *call = trace_name(f->outcome.call);
	va_list args;

	f->wrong++;
	printf("FAILED: %s number %lu", f->name, f->at);
	if (!f->allocations)
		printf(" (%s %llu, %llu)", call ? call : "call",
		       (unsigned long long)f->outcome.call,
		       (unsigned long long)f->outcome.argument[0]);
	printf(": ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n%.*s", f->err.size < 1000 ? (int)f->err.size : 1000,
	       f->err.text);
}

static bool killing(const struct faults *f)
{
	return !f->allocations && f->fault.what <= TRACE_KILL_EXIT;
}

/* What is hidden is in nobody's way, where the command could not remove it; what
 * it names as left is known. */
static bool may_be_left(const struct faults *f, const char *path)
{
	const char *call = trace_name(f->outcome.call);

	if (strncmp(path, ".vfscap.", 8) != 0)
		return false;
	return killing(f) ||
	       memmem(f->err.text, f->err.size, path, strcspn(path, "/")) ||
	       (!f->allocations && call && strcmp(call, "unlinkat") == 0);
}

static bool is_journal(const struct faults *f, const char *path)
{
	return f->journal && strcmp(f->journal, path) == 0;
}

/* Each line is one that a run without a fault has, or says that it is none. */
static bool lines_right(const char *text, const char *right, size_t size,
			const char **bad)
{
	const char *line = text, *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		size_t len = (size_t)(end + 1 - line);

		if (memmem(right, size, line, len) ||
		    memmem(line, len, "\"error\":{", 9) ||
		    memmem(line, len, "\"status\":\"unknown\"", 18) ||
		    memmem(line, len, " ?  [", 5))
			continue;
		*bad = line;
		return false;
	}
	return true;
}

/* A report that is all lines, of which none is wrong. */
static bool report_right(const struct faults *f, const char *path,
			 const struct state_file *is)
{
	const struct state_file *becomes = state_find(&f->after, path);
	const char *bad;
	char *text;
	bool right;

	if (!f->report || strcmp(f->report, path) != 0 || !is || !becomes ||
	    f->outcome.status == f->status)
		return false;
	text = need(strndup((const char *)is->byte, is->size));
	right = (is->size == 0 || text[is->size - 1] == '\n') &&
		lines_right(text, (const char *)becomes->byte, becomes->size,
			    &bad);
	free(text);
	return right;
}

/* How many of the files that differ between before and after are what. */
struct count {
	unsigned long old, new, neither, left;
};

static void count_one(struct faults *f, const struct state *now,
		      const char *path, struct count *c)
{
	const struct state_file *was = state_find(&f->before, path),
				*becomes = state_find(&f->after, path),
				*is = state_find(now, path);
	bool old = state_same(is, was), new = state_same(is, becomes);

	if (is_journal(f, path) || (old && new))
		return;
	if (old)
		c->old++;
	else if (new || report_right(f, path, is))
		c->new ++;
	else if (!was && !becomes && may_be_left(f, path))
		c->left++;
	else if (f->half && !f->finished)
		c->old++;
	else if (c->neither++ == 0)
		wrong(f, "%s is neither as it was nor as it should be", path);
}

static void count_all(struct faults *f, struct count *c)
{
	struct state now;

	*c = (struct count){0};
	if (!f->dir)
		return;
	state_read(&now, f->dir);
	for (size_t i = 0; i < now.files; i++)
		count_one(f, &now, now.file[i].path, c);
	for (size_t i = 0; i < f->before.files; i++)
		if (!state_find(&now, f->before.file[i].path))
			count_one(f, &now, f->before.file[i].path, c);
	for (size_t i = 0; i < f->after.files; i++)
		if (!state_find(&now, f->after.file[i].path) &&
		    !state_find(&f->before, f->after.file[i].path))
			count_one(f, &now, f->after.file[i].path, c);
	state_free(&now);
}

static bool said_why(const struct faults *f)
{
	const char *call = trace_name(f->outcome.call);

	if (f->err.size)
		return true;
	/* It was this that could not be written. */
	return !f->allocations && call && strcmp(call, "write") == 0 &&
	       f->outcome.argument[0] == STDERR_FILENO;
}

/* What follows from a value need not be known. */
static bool same_lines(const char *a, const char *b)
{
	while (*a && *b) {
		size_t size = strcspn(a, "\n"), want = strcspn(b, "\n");

		if ((size != want || memcmp(a, b, size) != 0) &&
		    !memmem(a, size, "\"status\":\"unknown\"", 18))
			return false;
		a += size + (a[size] == '\n');
		b += want + (b[want] == '\n');
	}
	return *a == *b;
}

static void judge_done(struct faults *f, const struct count *c)
{
	f->survived++;
	if (c->old)
		wrong(f, "status %d, but %lu files are as they were",
		      WEXITSTATUS(f->status), c->old);
	if (!same_lines(f->out.text, f->right.text))
		wrong(f, "status %d, but it says something else:\n%s",
		      WEXITSTATUS(f->status), f->out.text);
}

static void judge_failed(struct faults *f, const struct count *c)
{
	const char *bad = "";

	f->refused++;
	if (!said_why(f))
		wrong(f, "status 3 without a word");
	if (!f->mixed && c->old && c->new)
		wrong(f, "half of it: %lu files are new, %lu old", c->new,
		      c->old);
	if (!f->free &&
	    !lines_right(f->out.text, f->right.text, f->right.size, &bad))
		wrong(f, "it says what is not so: %.200s", bad);
}

static bool sanitizer_said(const struct faults *f)
{
	return strstr(f->err.text, "Sanitizer") ||
	       strstr(f->err.text, "runtime error:");
}

void judge(struct faults *f)
{
	int status = f->outcome.status;
	struct count c;

	count_all(f, &c);
	if (killing(f)) {
		if (!f->mixed && c.old && c.new)
			wrong(f, "half of it: %lu files are new, %lu old",
			      c.new, c.old);
		return;
	}
	if (f->outcome.late)
		wrong(f, "it hangs");
	else if (f->outcome.crashed)
		wrong(f, "killed by signal %d", f->outcome.crashed);
	else if (sanitizer_said(f))
		wrong(f, "a sanitizer says so");
	else if (status == f->status)
		judge_done(f, &c);
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
		judge_failed(f, &c);
	else
		wrong(f, "it ends with status %x instead of %x", status,
		      f->status);
}

void judge_rest(struct faults *f, const char *what, bool old)
{
	unsigned long before = f->wrong;
	struct count c;

	f->finished = true;
	count_all(f, &c);
	f->finished = false;
	if (f->wrong == before && (old ? c.new : c.old))
		wrong(f, "%s leaves %lu files", what, old ? c.new : c.old);
}

bool needs_more(struct faults *f)
{
	struct count c;

	count_all(f, &c);
	return c.old || f->journal;
}
