/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a dump asks of fcapset. */
#include "bin/setcall.h"
#include "form/form.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static void restore_entry(struct set *s, const struct dump_entry *e, int root)
{
	struct set_job *job;
	struct vfscap cap;
	const char *path = s->root ? e->rel : e->path;
	int error;

	if (!e->value) {
		tool_file(&s->tool, LEVEL_ERROR, e->path,
			  "%s: line %zu: the dump says that the value could "
			  "not be read",
			  s->restore, e->line);
		return;
	}
	error = vfscap_decode_strict(e->value, e->size, &cap);
	if (!error && cap.rootid == VFSCAP_ROOTID_INVALID)
		error = VFSCAP_ERR_ROOTID_INVALID;
	if (error) {
		tool_file(&s->tool, LEVEL_ERROR, e->path,
			  "%s: line %zu: the kernel would not write it: %s",
			  s->restore, e->line, vfscap_strerror(error));
		return;
	}
	job = set_add_job(s, s->in ? e->rel : path);
	job->root = root;
	job->rootid_given = true;
	job->want.have = CHANGE_VALUE;
	job->want.cap = cap;
}

/*
 * Names in a dump are not trusted: below --root, below the current directory,
 * or for an absolute name below "/", no link is followed.
 */
static int restore_root(struct set *s, const struct dump_entry *e, int root,
			int slash)
{
	return !s->root && e->path[0] == '/' ? slash : root;
}

static _Noreturn void refuse_dump(const struct set *s,
				  const struct dump_fault *fault)
{
	char number[FORM_ERRNO_SIZE];

	if (fault->error)
		tool_error(&s->tool, "--restore: %s: %s: %s", s->restore,
			   form_errno(fault->error, number), fault->why);
	else if (fault->line)
		tool_error(&s->tool, "--restore: %s: line %zu: %s", s->restore,
			   fault->line, fault->why);
	else
		tool_error(&s->tool, "--restore: %s: %s", s->restore,
			   fault->why);
	exit(TOOL_INCOMPLETE);
}

static int by_rel(const void *a, const void *b)
{
	const struct dump_entry *const *x = a, *const *y = b;

	return strcmp((*x)->rel, (*y)->rel);
}

static bool same_bytes(const struct dump_entry *a, const struct dump_entry *b)
{
	return a->size == b->size && !a->value == !b->value &&
	       (!a->value || memcmp(a->value, b->value, a->size) == 0);
}

/* A dump that says two things of one file is refused: one of them would be
 * lost. */
static void refuse_twice(struct set *s, const struct dump *dump)
{
	const struct dump_entry **sorted =
		calloc(dump->count + 1, sizeof(*sorted));

	if (!sorted) {
		tool_error(&s->tool, "no memory");
		exit(TOOL_INCOMPLETE);
	}
	for (size_t i = 0; i < dump->count; i++)
		sorted[i] = &dump->entry[i];
	qsort(sorted, dump->count, sizeof(*sorted), by_rel);
	for (size_t i = 1; i < dump->count; i++)
		if (by_rel(&sorted[i - 1], &sorted[i]) == 0 &&
		    !same_bytes(sorted[i - 1], sorted[i]))
			tool_file(&s->tool, LEVEL_ERROR, sorted[i]->path,
				  "%s: lines %zu and %zu give it different "
				  "values",
				  s->restore, sorted[i - 1]->line,
				  sorted[i]->line);
	free(sorted);
}

void set_take_dump(struct set *s, struct dump *dump)
{
	const char *base = s->root ? s->root : ".";
	int root = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int slash = root < 0 ? -1 : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct dump_fault fault;
	struct tool_reading reading;
	const struct closed_how *how;

	if (root < 0 || slash < 0)
		tool_option_file(&s->tool, s->root ? "--root" : "--restore",
				 root < 0 ? base : "/", errno);
	how = tool_reading(&reading, &s->tool, s->restore, s->archive.sandbox);
	if (dump_read(s->restore, how, DUMP_ANY, &s->tool.listing, dump,
		      &fault))
		refuse_dump(s, &fault);
	if (!dump->count && !s->tool.quiet)
		tool_error(&s->tool, "--restore: %s: there is nothing in it",
			   s->restore);
	refuse_twice(s, dump);
	for (size_t i = 0; i < dump->count; i++)
		restore_entry(s, &dump->entry[i],
			      restore_root(s, &dump->entry[i], root, slash));
}
