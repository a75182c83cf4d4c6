/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fcapset does to the members of an archive. */
#include "bin/setjob.h"
#include "scan/seen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ------------------------------- the members ----------------------------- */

static int by_rel(const void *a, const void *b)
{
	const struct set_job *x = a, *y = b;

	return strcmp(x->rel, y->rel);
}

struct set_job *set_member_find(const struct set_members *s, const char *rel)
{
	const struct set_job key = {.rel = (char *)rel};

	return bsearch(&key, s->job, s->jobs, sizeof(*s->job), by_rel);
}

static bool sort_members(struct set_members *s)
{
	for (size_t i = 0; i < s->jobs; i++) {
		struct set_job *job = &s->job[i];

		job->rel = malloc(strlen(job->path) + 2);
		if (!job->rel) {
			tool_error(s->tool, "no memory");
			tool_worse(s->tool, TOOL_INCOMPLETE);
			return false;
		}
		tar_rel(job->path, job->rel);
	}
	qsort(s->job, s->jobs, sizeof(*s->job), by_rel);
	for (size_t i = 1; i < s->jobs; i++)
		if (by_rel(&s->job[i - 1], &s->job[i]) == 0)
			tool_usage(s->tool, "'%s': a member is named twice",
				   s->job[i].path);
	return true;
}

/* -------------------------------- deciding ------------------------------- */

static void old_value(const struct tar_copy *copy, struct change_value *old)
{
	*old = (struct change_value){.have = CHANGE_NONE};
	if (!copy)
		return;
	old->have = CHANGE_VALUE;
	if (!copy->broken &&
	    vfscap_decode_lenient(copy->value, copy->size, &old->cap) == 0)
		return;
	old->have = CHANGE_HIDDEN;
	old->error = EBADMSG;
}

/* Of a disk image there is no archive. */
static void say(const struct set_members *s, enum tool_level level,
		const struct set_job *job, const char *what)
{
	if (s->archive)
		archive_file(s->archive, level, job->path, "%s", what);
	else
		tool_file(s->tool, level, job->path, "%s", what);
}

static bool refuse(const struct set_members *s, const struct set_job *job,
		   const char *why)
{
	say(s, LEVEL_ERROR, job, why);
	return false;
}

static bool is_file(const struct set_members *s, const struct set_job *job,
		    const struct tar_member *m)
{
	if (m->type == '1') {
		archive_file(s->archive, LEVEL_ERROR, job->path,
			     "it is a hard link to '%s': name that, and all of "
			     "its names get it",
			     m->link);
		return false;
	}
	return S_ISREG(m->mode) ||
	       refuse(s, job, "it is no regular file: only those are executed");
}

/* What is replaced though it cannot be read: nobody could execute the file. */
static void tell_replaced(const struct set_members *s,
			  const struct set_job *job,
			  const struct change_value *old)
{
	char text[200];

	snprintf(text, sizeof(text), "replaced: there was %s",
		 change_hidden(old->error));
	say(s, LEVEL_NOTICE, job, text);
}

/* A removal of what is not there is refused, as of live files. */
bool set_member_allowed(const struct set_members *s, struct set_job *job,
			const struct change_value *old)
{
	if (job->want.have == CHANGE_NONE)
		return old->have != CHANGE_NONE || s->options->force ||
		       refuse(s, job, "there is no attribute to remove");
	if (s->options->merge && old->have != CHANGE_NONE)
		return set_merge(s->tool, job, old, &job->new);
	if (old->have == CHANGE_HIDDEN) {
		tell_replaced(s, job, old);
		return true;
	}
	if (s->options->allow_widen || !change_widens(old, &job->new))
		return true;
	tool_refuse_widening(s->tool, job->path, old, &job->new);
	return false;
}

/* It is so already: with all readers, byte for byte? */
static bool nothing_to_do(const struct tar_member *m,
			  const struct tar_value *value,
			  const struct tar_change *change)
{
	if (change->add)
		return false;
	for (size_t i = 0; i < m->copies; i++) {
		const struct tar_copy *c = &m->copy[i];

		if (c->in == 'g')
			continue;
		if (!value || c->broken || c->size != value->size ||
		    memcmp(c->value, value->bytes, c->size) != 0)
			return false;
	}
	return true;
}

static enum archive_verdict make_change(const struct set_members *s,
					const struct set_job *job,
					const struct tar_member *m,
					struct tar_change *change)
{
	const struct tar_value *value = NULL;
	struct tar_value encoded;
	const char *why;

	if (job->new.have == CHANGE_VALUE) {
		vfscap_encode(&job->new.cap, encoded.bytes,
			      sizeof(encoded.bytes), &encoded.size);
		value = &encoded;
	}
	why = tar_change_to(m, value, change);
	if (why) {
		refuse(s, job, why);
		return ARCHIVE_REFUSED;
	}
	return nothing_to_do(m, value, change) ? ARCHIVE_SAME : ARCHIVE_CHANGED;
}

enum archive_verdict set_member(struct set_members *s, struct set_job *job,
				const struct tar_member *m,
				struct tar_change *change)
{
	enum archive_verdict verdict;
	struct change_value old;

	job->found = true;
	job->new = job->want;
	old_value(tar_chosen(m, s->archive->who), &old);
	if (!is_file(s, job, m) || !set_member_allowed(s, job, &old))
		return ARCHIVE_REFUSED;
	verdict = make_change(s, job, m, change);
	if (verdict == ARCHIVE_CHANGED && s->options->dry_run)
		tool_show_change(s->tool, job->path, &old, &job->new);
	return verdict;
}

/* -------------------------------- hard links ----------------------------- */

/* The member that a path is a further name of, or NULL. */
static const struct set_job *named(const struct set_members *s, const char *rel)
{
	const struct seen_value *v = seen_find(s->names, rel);
	size_t place;

	if (!v)
		return NULL;
	memcpy(&place, v->value, sizeof(place));
	return &s->job[place];
}

/* The member that a hard link is a further name of, where that was set. */
static const struct set_job *target_of(const struct set_members *s,
				       const struct tar_member *m, bool *failed)
{
	char *rel = malloc(strlen(m->link) + 2);
	const struct set_job *job;

	*failed = !rel;
	if (!rel) {
		archive_file(s->archive, LEVEL_ERROR, m->path, "no memory");
		return NULL;
	}
	tar_rel(m->link, rel);
	job = set_member_find(s, rel);
	if (!job || !job->found)
		job = named(s, rel);
	free(rel);
	return job;
}

/* A link to this name is one to the member. */
static bool remember_name(struct set_members *s, const struct set_job *target,
			  const char *rel)
{
	const size_t place = (size_t)(target - s->job);
	const struct seen_value value = {
		.value = (const uint8_t *)&place,
		.size = sizeof(place),
	};
	bool again;

	if (seen_add(s->names, rel, &value, &again) == 0 &&
	    !seen_full(s->names))
		return true;
	archive_file(s->archive, LEVEL_ERROR, rel,
		     "too many names of members that are to be set");
	return false;
}

/* A further name of a member that was set: what it states itself follows. */
static enum archive_verdict hard_link(struct set_members *s,
				      const struct set_job *target,
				      const struct tar_member *m,
				      struct tar_change *change)
{
	enum archive_verdict verdict = ARCHIVE_SAME;

	if (m->copies)
		verdict = make_change(s, target, m, change);
	/* What states nothing need not state anything. */
	if (change->add && verdict == ARCHIVE_CHANGED)
		change->add = false;
	return verdict;
}

/* ------------------------------ all members ------------------------------ */

/* A dump names a file by each of its names: no matter where all say the same. */
static bool wants_the_same(const struct set_job *a, const struct set_job *b)
{
	return change_same(&a->want, &b->want);
}

static enum archive_verdict decide_link(struct set_members *s,
					struct set_job *job, const char *rel,
					const struct tar_member *m,
					struct tar_change *change)
{
	bool failed;
	const struct set_job *target = target_of(s, m, &failed);

	if (failed)
		return ARCHIVE_REFUSED;
	if (job && (!target || !wants_the_same(job, target)))
		return set_member(s, job, m, change);
	if (!target)
		return ARCHIVE_SAME;
	if (!remember_name(s, target, rel))
		return ARCHIVE_REFUSED;
	if (job)
		job->found = true;
	else
		archive_file(s->archive, LEVEL_NOTICE, m->path,
			     "a hard link to '%s': a further name of the same "
			     "file",
			     target->path);
	return hard_link(s, target, m, change);
}

static enum archive_verdict decide(void *ctx, const struct tar_member *m,
				   const char *rel, struct tar_change *change)
{
	struct set_members *s = ctx;
	struct set_job *job = m->stray ? NULL : set_member_find(s, rel);

	if (m->stray)
		return ARCHIVE_SAME;
	if (job && s->rewrite && strcmp(job->layer, s->archive->layer) != 0)
		job = NULL;
	if (m->type == '1')
		return decide_link(s, job, rel, m, change);
	return job ? set_member(s, job, m, change) : ARCHIVE_SAME;
}

bool set_missing(struct set_members *s)
{
	bool missing = false;

	for (size_t i = 0; i < s->jobs; i++) {
		if (s->job[i].found)
			continue;
		tool_file(s->tool, LEVEL_ERROR, s->job[i].path,
			  "ENOENT: there is no such member");
		missing = true;
	}
	return missing;
}

static enum archive_verdict end(void *ctx)
{
	return set_missing(ctx) ? ARCHIVE_REFUSED : ARCHIVE_SAME;
}

static void again(void *ctx, bool silent)
{
	struct set_members *s = ctx;

	if (silent)
		s->quiet = s->tool->quiet;
	s->tool->quiet = silent || s->quiet;
}

void set_archive(struct set_members *s)
{
	s->archive->decide = decide;
	s->archive->end = end;
	s->archive->again = again;
	s->archive->ctx = s;
	s->names = seen_new();
	if (!s->names) {
		tool_error(s->tool, "no memory");
		tool_worse(s->tool, TOOL_INCOMPLETE);
	} else if (sort_members(s)) {
		if (s->archive->input->backend->run == scan_tar)
			archive_rewrite(s->archive);
		else
			set_image(s);
	}
	seen_free(s->names);
	for (size_t i = 0; i < s->jobs; i++) {
		free(s->job[i].rel);
		free(s->job[i].layer);
	}
}
