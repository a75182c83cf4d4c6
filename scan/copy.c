/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records that outlive the call that handed them over. */
#include "scan/scan.h"
#include "tar/tar.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/*
 * A copy is one block. It is laid out twice by the same functions: first
 * without a block, which measures it, then for good.
 */
struct block {
	char *start; /* NULL: measuring */
	size_t used;
};

static void *put(struct block *b, const void *from, size_t size)
{
	const size_t align = alignof(max_align_t);
	char *to = b->start ? b->start + b->used : NULL;

	b->used += (size + align - 1) / align * align;
	return to && size ? memcpy(to, from, size) : to;
}

static char *put_text(struct block *b, const char *text)
{
	return text ? put(b, text, strlen(text) + 1) : NULL;
}

/* What does not outlive the call is not in the copy: headers and their parts. */
static struct tar_member *put_member(struct block *b,
				     const struct tar_member *from)
{
	struct tar_member *to = put(b, from, sizeof(*from));
	const char *path = put_text(b, from->path);
	const char *link = put_text(b, from->link);
	struct tar_copy *copy =
		put(b, from->copy, from->copies * sizeof(*from->copy));

	for (size_t i = 0; i < from->copies; i++) {
		const uint8_t *value =
			put(b, from->copy[i].value, from->copy[i].size);

		if (copy)
			copy[i].value = value;
	}
	if (to) {
		to->path = path;
		to->link = link;
		to->copy = copy;
		to->head = NULL;
		to->part = NULL;
		to->head_size = to->parts = 0;
	}
	return to;
}

static struct scan_record *put_record(struct block *b,
				      const struct scan_record *from)
{
	struct scan_record *to = put(b, from, sizeof(*from));
	struct scan_record r = *from;

	r.source = put_text(b, from->source);
	r.path = put_text(b, from->path);
	r.rel = put_text(b, from->rel);
	r.reason = put_text(b, from->reason);
	r.layer = put_text(b, from->layer);
	r.link = put_text(b, from->link);
	r.value = from->value ? put(b, from->value, from->size) : NULL;
	r.shown = from->shown ? put(b, from->shown, from->shown_size) : NULL;
	r.member = from->member ? put_member(b, from->member) : NULL;
	r.copy = r.member && from->copy
			 ? r.member->copy + (from->copy - from->member->copy)
			 : NULL;
	r.dirfd = r.fd = -1;
	r.name = NULL;
	if (to)
		*to = r;
	return to;
}

size_t scan_record_size(const struct scan_record *record)
{
	struct block b = {0};

	put_record(&b, record);
	return b.used;
}

struct scan_record *scan_record_copy(const struct scan_record *record)
{
	struct block b = {0};

	b.start = malloc(scan_record_size(record));
	return b.start ? put_record(&b, record) : NULL;
}

void scan_record_free(struct scan_record *record)
{
	free(record);
}
