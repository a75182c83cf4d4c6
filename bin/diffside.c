/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One side of a comparison: only what has the attribute is kept. */
#include "bin/diffside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more. */
static int grow(void *array, size_t *room, size_t count, size_t size)
{
	size_t more = *room ? 2 * *room : 64;
	void **at = array, *bigger;

	if (count < *room)
		return 0;
	bigger = reallocarray(*at, more, size);
	if (!bigger)
		return -ENOMEM;
	*at = bigger;
	*room = more;
	return 0;
}

/* ----------------------------- taking records ----------------------------- */

/* A file that was asked, not something in it: by what getxattr shows, or by what
 * its file system stores. */
static bool is_live(const struct scan_record *r)
{
	return (r->view == SCAN_VISIBLE || r->asked) && !r->packed;
}

static bool is_own(const struct side *s, const struct scan_record *r)
{
	return s->pair && is_live(r);
}

static int keep(struct side *s, const struct scan_record *r,
		enum item_state state)
{
	struct side_item *item;
	size_t size = is_live(r) ? 0 : scan_record_size(r) + sizeof(*item);

	/* What an archive has may be anything; what a tree has is there. */
	if (size > SCAN_KEPT_MAX - s->kept)
		return -EFBIG;
	s->kept += size;
	if (grow(&s->item, &s->room, s->count, sizeof(*item)))
		return -ENOMEM;
	item = &s->item[s->count];
	*item = (struct side_item){
		.state = state,
		.order = s->count,
		.record = scan_record_copy(r),
	};
	if (!item->record)
		return -ENOMEM;
	item->key = is_own(s, r) ? "" : item->record->rel;
	s->count++;
	return 0;
}

/* Where nothing is known. Only of a tree it is known how far that goes: what an
 * archive or a dump has after an error may be of any path. */
static int note_gap(struct side *s, const struct scan_record *r)
{
	if (s->input.backend->run != scan_tree || strcmp(r->rel, ".") == 0) {
		s->unknown = true;
		return 0;
	}
	if (grow(&s->gap, &s->gap_room, s->gaps, sizeof(*s->gap)))
		return -ENOMEM;
	s->gap[s->gaps] = strdup(r->rel);
	return s->gap[s->gaps] ? (s->gaps++, 0) : -ENOMEM;
}

static int keep_rel(struct side *s, const struct scan_record *r)
{
	if (!is_own(s, r) || s->rel)
		return 0;
	s->rel = strdup(r->rel);
	return s->rel ? 0 : -ENOMEM;
}

/* The same path can be in two partitions. */
static bool of_another_partition(struct side *s, const struct scan_record *r)
{
	if (!s->partition)
		s->partition = r->partition;
	if (s->partition == r->partition)
		return false;
	if (!s->partitions_said)
		tool_file(s->tool, LEVEL_ERROR, s->arg,
			  "partitions %u and %u have file capabilities; "
			  "--partition=N says which is to be compared",
			  s->partition, r->partition);
	s->partitions_said = s->unknown = true;
	return true;
}

static int take_entry(struct side *s, const struct scan_record *r)
{
	if (of_another_partition(s, r))
		return 0;
	if (keep_rel(s, r))
		return -ENOMEM;
	if (!r->error)
		return keep(s, r, ITEM_VALUE);
	if (view_none(r))
		return r->again ? keep(s, r, ITEM_GONE) : 0;
	tool_worse(s->tool, TOOL_INCOMPLETE);
	report_trouble(stderr, s->tool->name, r, NULL);
	return keep(s, r, ITEM_UNREAD);
}

static int take_record(void *side, const struct scan_record *r)
{
	struct side *s = side;

	if (r->what == SCAN_ENTRY)
		return take_entry(s, r);
	if (r->what == SCAN_UNREAD)
		tool_worse(s->tool, TOOL_INCOMPLETE);
	if (r->what == SCAN_UNREAD || !s->tool->quiet)
		report_trouble(stderr, s->tool->name, r, NULL);
	return r->what == SCAN_UNREAD || r->what == SCAN_LEFT_OUT
		       ? note_gap(s, r)
		       : 0;
}

/* --------------------------------- in order ------------------------------- */

static int by_key(const void *a, const void *b)
{
	const struct side_item *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Of several entries of one path the last counts, as it does when an archive is
 * extracted. */
static void keep_last(struct side *s)
{
	size_t to = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (i + 1 < s->count &&
		    strcmp(s->item[i].key, s->item[i + 1].key) == 0)
			scan_record_free(s->item[i].record);
		else
			s->item[to++] = s->item[i];
	}
	s->count = to;
}

void side_read(struct side *s, const struct scan_options *options,
	       struct scan_totals *totals)
{
	struct scan_options o = *options;
	int error;

	/* A file without the attribute has a path too. */
	o.all |= s->pair;
	error = scan_run(&s->input, &o, totals, take_record, s);
	if (error) {
		tool_file(s->tool, LEVEL_ERROR, s->arg, "%s", strerror(-error));
		s->unknown = true;
	}
	if (s->count)
		qsort(s->item, s->count, sizeof(*s->item), by_key);
	if (s->gaps)
		qsort(s->gap, s->gaps, sizeof(*s->gap), by_name);
	keep_last(s);
}

/* ----------------------------------- gaps --------------------------------- */

struct prefix {
	const char *path;
	size_t len;
};

static int compare_prefix(const void *prefix, const void *gap)
{
	const struct prefix *p = prefix;
	const char *name = *(char *const *)gap;
	int order = strncmp(p->path, name, p->len);

	return order ? order : -(name[p->len] != '\0');
}

bool side_lacks(const struct side *s, const char *key)
{
	struct prefix p = {.path = key};
	size_t len = strlen(key);

	if (s->unknown)
		return false;
	if (!s->gaps)
		return true;
	while (p.len < len) {
		const char *slash = strchr(key + p.len + 1, '/');

		p.len = slash ? (size_t)(slash - key) : len;
		if (bsearch(&p, s->gap, s->gaps, sizeof(*s->gap),
			    compare_prefix))
			return false;
	}
	return true;
}

void side_free(struct side *s)
{
	for (size_t i = 0; i < s->count; i++)
		scan_record_free(s->item[i].record);
	for (size_t i = 0; i < s->gaps; i++)
		free(s->gap[i]);
	free(s->item);
	free(s->gap);
	free(s->rel);
}
