/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of a tar archive -> records. */
#include "scan/members.h"

#include "form/form.h"
#include "scan/seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One run over an archive. */
struct run {
	struct members *m;
	struct tar *tar;
	struct seen *seen;
	char *rel, *link; /* of the member, from tar_rel() */
	size_t rel_room, link_room;
};

static int rel_of(const char *path, char **rel, size_t *room, bool *leads_out)
{
	size_t need = strlen(path) + 2;

	if (need > *room) {
		char *more = realloc(*rel, need);

		if (!more)
			return -ENOMEM;
		*rel = more;
		*room = need;
	}
	*leads_out = tar_rel(path, *rel);
	return 0;
}

static void take_stat(struct scan_record *r, const struct tar_member *t)
{
	r->has_stat = true;
	r->stat.st_mode = t->mode;
	tar_owner(t, &r->stat.st_uid, &r->stat.st_gid);
}

static bool same(const struct tar_member *t, const struct seen_value *v)
{
	for (size_t i = 0; i < t->copies; i++)
		if (t->copy[i].broken || t->copy[i].size != v->size ||
		    memcmp(t->copy[i].value, v->value, v->size) != 0)
			return false;
	return true;
}

/*
 * A hard link is a further name of its target, and has its value. Some writers
 * state it again, some readers pass over that: no matter where it is the same.
 */
static int take_link(struct run *run, struct scan_record *r)
{
	const struct tar_member *t = r->member;
	const struct seen_value *target;
	bool leads_out;
	int error = rel_of(t->link, &run->link, &run->link_room, &leads_out);

	if (error)
		return error;
	r->link = run->link;
	target = seen_find(run->seen, run->link);
	r->script = target && target->script;
	if (target && same(t, target)) {
		r->error = 0;
		r->value = target->value;
		r->size = target->size;
		r->copy = NULL;
		r->disagree = false;
	}
	return 0;
}

/* Of a value alone: to look is to read what else is passed over by seeking. */
static bool is_script(struct run *run, const struct tar_member *t)
{
	const uint8_t *data;
	ssize_t n = S_ISREG(t->mode) ? tar_peek(run->tar, 2, &data) : 0;

	return n > 0 && form_script(data, (size_t)n);
}

static int remember(struct run *run, struct scan_record *r)
{
	const struct seen_value value = {r->value, (uint32_t)r->size,
					 r->script};

	return seen_add(run->seen, r->rel, r->value ? &value : NULL, &r->again);
}

static int take_member(struct run *run, const struct tar_member *t,
		       struct scan_record *r)
{
	const struct members *m = run->m;
	const struct tar_copy *copy = tar_chosen(t, m->who);
	int error = rel_of(t->path, &run->rel, &run->rel_room, &r->leads_out);

	if (error)
		return error;
	r->rel = run->rel;
	r->path = t->path;
	r->member = t;
	r->copy = copy;
	r->error = copy ? 0 : ENODATA;
	r->value = copy ? copy->value : NULL;
	r->size = copy ? copy->size : 0;
	r->disagree = tar_disagree(t);
	if (t->type == '1')
		error = take_link(run, r);
	else if (r->value)
		r->script = is_script(run, t);
	return error ? error : remember(run, r);
}

static void look_for_image(struct members *m, const char *rel)
{
	m->layout |= strcmp(rel, "oci-layout") == 0;
	m->manifest |= strcmp(rel, "manifest.json") == 0;
}

static int one_member(struct run *run, const struct tar_member *t)
{
	struct members *m = run->m;
	struct scan_record r = {
		.source = m->scan->input->source,
		.layer = m->layer,
		.view = SCAN_STORED,
		.packed = true,
		.dirfd = -1,
		.fd = -1,
	};
	bool told;
	int error;

	m->extended |= t->parts > 1;
	if (t->stray)
		return 0;
	error = take_member(run, t, &r);
	if (error)
		return error;
	m->count++;
	m->scan->totals->entries++;
	look_for_image(m, r.rel);
	told = r.value || r.again || m->scan->options->all;
	if (told)
		take_stat(&r, t);
	if (m->each)
		return m->each(m->ctx, t, r.rel, told ? &r : NULL);
	return told ? m->scan->fn(m->scan->ctx, &r) : 0;
}

static int tell(const struct members *m, enum scan_what what, int error,
		const char *reason)
{
	return scan_tell(m->scan, what, m->layer, error, reason);
}

static int all_members(struct run *run)
{
	struct members *m = run->m;
	const struct tar_member *t;
	int more, stop;

	while ((more = tar_next(run->tar, &t)) > 0) {
		stop = one_member(run, t);
		if (stop)
			return stop;
	}
	if (more == 0)
		more = tar_rest(run->tar, &m->trailing);
	if (more == 0)
		return 0;
	m->failed = true;
	return more == -ENOMEM ? more
			       : tell(m, SCAN_UNREAD, more, tar_why(run->tar));
}

static int what_else(struct run *run)
{
	struct members *m = run->m;
	int stop = 0;

	if (m->trailing)
		stop = tell(m, SCAN_NOTICE, 0,
			    "bytes follow the end-of-archive marker; no reader "
			    "looks at them unless it is told to ignore the "
			    "marker");
	if (!stop && !m->failed && tar_unmarked(run->tar))
		stop = tell(m, SCAN_NOTICE, 0,
			    "it has no end-of-archive marker; by its digest "
			    "nothing is missing");
	if (!stop && seen_full(run->seen))
		stop = tell(m, SCAN_UNREAD, EFBIG,
			    "it has too many members to know of the last ones "
			    "whether their paths came before, or which value a "
			    "hard link has");
	return stop;
}

int members_scan(struct members *m)
{
	struct run run = {.m = m, .seen = seen_new()};
	int error = run.seen ? tar_open(&run.tar, m->in) : -ENOMEM;

	/* A layer is compared with its digest when it is read. */
	if (!error && m->layer)
		tar_vouched(run.tar);
	if (!error)
		error = all_members(&run);
	if (!error)
		error = what_else(&run);
	tar_close(run.tar);
	seen_free(run.seen);
	free(run.rel);
	free(run.link);
	return error;
}
