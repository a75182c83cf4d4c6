/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A journal of blocks read by a closed process, and what it says of it. */
#include "change/blocks_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The file, its blocks in their order, and how far the journal has come. */
enum { KIND_FILE, KIND_BLOCK, KIND_STATE };

/* struct job - as both sides see it */
struct job {
	struct blocks_journal *journal;
	int fd;
	bool named; /* it has said which file; and how far it is: */
	bool ended;
};

/* -------------------------------- inside --------------------------------- */

void blocks_file_pack(struct pack *p, const struct blocks_journal *j)
{
	pack_text(p, j->path);
	pack_number(p, j->size);
	pack_text(p, j->parameters);
}

void block_pack(struct pack *p, const struct block *b)
{
	pack_number(p, b->at);
	pack_bytes(p, b->old, b->size);
	pack_bytes(p, b->new, b->size);
}

static int send_journal(struct say *say, const struct blocks_journal *j)
{
	int error;

	blocks_file_pack(say_begin(say), j);
	error = say_send(say, KIND_FILE);
	for (size_t i = 0; !error && i < j->list.count; i++) {
		block_pack(say_begin(say), &j->list.block[i]);
		error = say_send(say, KIND_BLOCK);
	}
	if (error)
		return error;
	pack_number(say_begin(say), j->state);
	return say_send(say, KIND_STATE);
}

static int work_inside(void *ctx, struct say *say, char why[CLOSED_WHY_SIZE])
{
	struct job *job = ctx;
	struct blocks_journal j;
	char words[JOURNAL_WHY_SIZE];
	int error;

	if (blocks_parse(&j, job->fd, words)) {
		snprintf(why, CLOSED_WHY_SIZE, "%s", words);
		return -EBADMSG;
	}
	error = send_journal(say, &j);
	blocks_free(&j);
	return error;
}

/* -------------------------------- outside -------------------------------- */

int blocks_add(struct blocks_journal *j, uint64_t at, const uint8_t *old,
	       const uint8_t *new, size_t size)
{
	if (at > j->size || size > j->size - at)
		return -ERANGE;
	return block_list_add(&j->list, at, old, new, size);
}

/* One that was not written whole may not name a file. */
int blocks_file_unpack(struct unpack *u, struct blocks_journal *j)
{
	const char *path = unpack_text(u), *parameters;

	j->size = unpack_number(u, UINT64_MAX);
	parameters = unpack_text(u);
	if (!unpack_right(u) || !parameters || (path && *path != '/'))
		return -EPROTO;
	j->path = path ? strdup(path) : NULL;
	j->parameters = strdup(parameters);
	return j->parameters && !path == !j->path ? 0 : -ENOMEM;
}

int block_unpack(struct unpack *u, struct blocks_journal *j)
{
	size_t size, new_size;
	uint64_t at = unpack_number(u, UINT64_MAX);
	const uint8_t *old = unpack_bytes(u, &size);
	const uint8_t *new = unpack_bytes(u, &new_size);
	int error;

	if (!unpack_right(u) || !old || !new || size != new_size)
		return -EPROTO;
	error = blocks_add(j, at, old, new, size);
	return error && error != -ENOMEM ? -EPROTO : error;
}

static int take_state(struct job *job, struct unpack *u)
{
	job->journal->state =
		(enum blocks_state)unpack_number(u, BLOCKS_UNDONE);
	job->ended = true;
	return unpack_right(u) && (job->journal->path ||
				   job->journal->state == BLOCKS_WRITTEN)
		       ? 0
		       : -EPROTO;
}

static int take(void *ctx, unsigned kind, struct unpack *u)
{
	struct job *job = ctx;

	if (job->ended || job->named == (kind == KIND_FILE))
		return -EPROTO;
	switch (kind) {
	case KIND_FILE:
		job->named = true;
		return blocks_file_unpack(u, job->journal);
	case KIND_BLOCK:
		return block_unpack(u, job->journal);
	case KIND_STATE:
		return take_state(job, u);
	default:
		return -EPROTO;
	}
}

int blocks_read(struct blocks_journal *j, int fd, const struct closed_how *how,
		char why[JOURNAL_WHY_SIZE])
{
	struct job job = {.journal = j, .fd = fd};
	const struct closed closed = {
		/* All of it is in memory at once. */
		.with = {.keep = &fd, .kept = 1, .memory = JAIL_MEMORY_WRITING},
		.how = *how,
		.work = work_inside,
		.work_ctx = &job,
		.take = take,
		.ctx = &job,
	};
	int error;

	*j = (struct blocks_journal){0};
	error = journal_closed(&closed, why);
	if (!error && !job.ended)
		error = journal_fail(why, CLOSED_WRONG);
	if (error)
		blocks_free(j);
	return error;
}

int blocks_load(struct blocks_journal *j, const char *path,
		const struct closed_how *how, char why[JOURNAL_WHY_SIZE])
{
	int error, fd = journal_open_file(path, O_RDONLY);

	*j = (struct blocks_journal){0};
	if (fd == -ENOENT)
		return 1;
	if (fd < 0)
		return journal_refuse(why, fd);
	error = blocks_read(j, fd, how, why);
	close(fd);
	return error;
}
