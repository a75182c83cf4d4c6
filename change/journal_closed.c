/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A journal read by a closed process, and what it says of it. */
#include "change/journal_parts.h"
#include "form/form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KIND_ENTRY, KIND_END };

/* -------------------------------- messages ------------------------------- */

static void pack_value(struct pack *p, const struct change_value *v)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t size = 0;

	pack_number(p, v->have);
	if (v->have != CHANGE_VALUE)
		return;
	p->failed |= vfscap_encode(&v->cap, bytes, sizeof(bytes), &size) != 0;
	pack_bytes(p, bytes, size);
}

void journal_entry_pack(struct pack *p, const struct journal_entry *e)
{
	pack_text(p, e->path);
	pack_number(p, e->dev);
	pack_number(p, e->ino);
	pack_number(p, (uint64_t)(e->generation + 1));
	pack_value(p, &e->old);
	pack_value(p, &e->new);
}

static void unpack_value(struct unpack *u, struct change_value *v)
{
	const uint8_t *bytes;
	size_t size;

	*v = (struct change_value){.have = CHANGE_NONE};
	v->have = (enum change_have)unpack_number(u, CHANGE_VALUE);
	if (v->have != CHANGE_VALUE)
		return;
	bytes = unpack_bytes(u, &size);
	u->wrong |= !bytes || vfscap_decode_strict(bytes, size, &v->cap) != 0;
}

int journal_entry_unpack(struct unpack *u, struct journal_entry *e,
			 const char **path)
{
	*e = (struct journal_entry){0};
	*path = unpack_text(u);
	e->dev = unpack_number(u, UINT64_MAX);
	e->ino = unpack_number(u, UINT64_MAX);
	e->generation = (int64_t)unpack_number(u, UINT32_MAX + UINT64_C(1)) - 1;
	unpack_value(u, &e->old);
	unpack_value(u, &e->new);
	return unpack_right(u) && *path && **path == '/' ? 0 : -EPROTO;
}

/* -------------------------------- inside --------------------------------- */

/* struct job - as both sides see it */
struct job {
	struct journal *journal;
	int fd;
	char *parameters;
	bool ended; /* it has said the last of it */
};

static int send_entry(void *ctx, const struct journal_entry *e)
{
	struct say *say = ctx;

	journal_entry_pack(say_begin(say), e);
	return say_send(say, KIND_ENTRY);
}

static int send_end(struct say *say, const struct journal_lines *lines)
{
	struct pack *p = say_begin(say);

	pack_text(p, lines->parameters);
	pack_number(p, (uint64_t)lines->whole);
	pack_number(p, (uint64_t)lines->size);
	return say_send(say, KIND_END);
}

static int work_inside(void *ctx, struct say *say, char why[CLOSED_WHY_SIZE])
{
	struct job *job = ctx;
	struct journal_lines lines = {.entry = send_entry, .ctx = say};
	int error = journal_parse(&lines, job->fd, why);

	if (!error)
		error = send_end(say, &lines);
	free(lines.parameters);
	return error;
}

/* -------------------------------- outside -------------------------------- */

static int take_entry(struct job *job, struct unpack *u)
{
	struct journal_entry e;
	const char *path;
	int error = journal_entry_unpack(u, &e, &path);

	return error ? error : journal_remember(job->journal, &e, strdup(path));
}

/* What is behind the whole lines will be cut off: it is less than a line. */
static int take_end(struct job *job, struct unpack *u)
{
	const char *parameters = unpack_text(u);
	off_t whole = (off_t)unpack_number(u, INT64_MAX);
	off_t size = (off_t)unpack_number(u, INT64_MAX);

	if (!unpack_right(u) || !parameters || whole > size ||
	    size - whole > JOURNAL_LINE_MAX)
		return -EPROTO;
	job->ended = true;
	job->journal->whole = whole;
	job->journal->size = size;
	job->parameters = strdup(parameters);
	return job->parameters ? 0 : -ENOMEM;
}

static int take(void *ctx, unsigned kind, struct unpack *u)
{
	struct job *job = ctx;

	if (job->ended)
		return -EPROTO;
	switch (kind) {
	case KIND_ENTRY:
		return take_entry(job, u);
	case KIND_END:
		return take_end(job, u);
	default:
		return -EPROTO;
	}
}

int journal_closed(const struct closed *closed, char why[JOURNAL_WHY_SIZE])
{
	char words[CLOSED_WHY_SIZE], failed[FORM_FAILED_SIZE];
	int error = closed_run(closed, words);

	if (!error)
		return 0;
	return journal_fail(why, "%s",
			    *words	       ? words
			    : error == -EPROTO ? CLOSED_WRONG
			    : error == -ENOMEM ? "no memory"
					       : form_failed(-error, failed));
}

int journal_read(struct journal *j, int fd, const struct closed_how *how,
		 char **parameters, char why[JOURNAL_WHY_SIZE])
{
	struct job job = {.journal = j, .fd = fd};
	const struct closed closed = {
		.with = {.keep = &fd, .kept = 1},
		.how = *how,
		.work = work_inside,
		.work_ctx = &job,
		.take = take,
		.ctx = &job,
	};
	int error;

	*j = (struct journal){.fd = -1};
	error = journal_closed(&closed, why);
	if (!error && !job.ended)
		error = journal_fail(why, CLOSED_WRONG);
	*parameters = job.parameters;
	if (error)
		journal_close(j);
	return error;
}
