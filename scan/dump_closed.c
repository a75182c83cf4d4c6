/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump read by a closed process, and what it says of it. */
#include "scan/closed.h"
#include "scan/dump.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KIND_ENTRY, KIND_FAULT };

/* struct job - as both sides see it */
struct job {
	int fd;
	enum dump_form form;
	const struct vfscap_listing *listing;
	struct dump *dump;
	struct dump_fault *fault;
	bool failed; /* the dump is refused: @fault */
};

/* -------------------------------- inside --------------------------------- */

void dump_entry_pack(struct pack *p, const struct dump_entry *e)
{
	pack_text(p, e->path);
	pack_text(p, e->rel);
	pack_bytes(p, e->value, e->size);
	pack_number(p, e->line);
}

static int send_entry(struct say *say, const struct dump_entry *e)
{
	dump_entry_pack(say_begin(say), e);
	return say_send(say, KIND_ENTRY);
}

static int send_fault(struct say *say, const struct dump_fault *fault)
{
	struct pack *p = say_begin(say);

	pack_number(p, fault->line);
	pack_number(p, (uint64_t)fault->error);
	pack_text(p, fault->why);
	return say_send(say, KIND_FAULT);
}

static int work_inside(void *ctx, struct say *say, char why[CLOSED_WHY_SIZE])
{
	struct job *job = ctx;
	struct dump_fault fault;
	struct dump dump;
	int error = 0;

	(void)why;
	if (dump_read_fd(job->fd, job->form, job->listing, &dump, &fault))
		return send_fault(say, &fault);
	for (size_t i = 0; !error && i < dump.count; i++)
		error = send_entry(say, &dump.entry[i]);
	dump_free(&dump);
	return error;
}

/* -------------------------------- outside -------------------------------- */

static uint8_t *copied(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	return copy ? memcpy(copy, bytes, size) : NULL;
}

int dump_entry_unpack(struct unpack *u, struct dump *dump)
{
	const char *path = unpack_text(u), *rel = unpack_text(u);
	size_t size, line;
	const uint8_t *value = unpack_bytes(u, &size);
	uint8_t *copy = NULL;
	char *below;

	line = (size_t)unpack_number(u, SIZE_MAX);
	if (!unpack_right(u) || !path || !rel)
		return -EPROTO;
	below = strdup(rel);
	copy = value ? copied(value, size) : NULL;
	if (!below || !copy != !value) {
		free(below);
		free(copy);
		return -ENOMEM;
	}
	return dump_add(dump, strdup(path), below, copy, size, line) ? -ENOMEM
								     : 0;
}

static int take_fault(struct job *job, struct unpack *u)
{
	const char *why;

	*job->fault = (struct dump_fault){0};
	job->fault->line = (size_t)unpack_number(u, SIZE_MAX);
	job->fault->error = (int)unpack_number(u, 4095);
	why = unpack_text(u);
	if (!unpack_right(u) || !why)
		return -EPROTO;
	snprintf(job->fault->why, sizeof(job->fault->why), "%s", why);
	job->failed = true;
	return 0;
}

static int take(void *ctx, unsigned kind, struct unpack *u)
{
	struct job *job = ctx;

	if (job->failed)
		return -EPROTO;
	if (kind == KIND_ENTRY)
		return dump_entry_unpack(u, job->dump);
	return kind == KIND_FAULT ? take_fault(job, u) : -EPROTO;
}

/* What has gone wrong with the process is no fault of a line. */
static void fill_fault(struct job *job, int error, const char *words)
{
	*job->fault = (struct dump_fault){.error = *words ? 0 : -error};
	if (*words)
		snprintf(job->fault->why, sizeof(job->fault->why), "%s", words);
	else
		snprintf(job->fault->why, sizeof(job->fault->why),
			 "cannot be read: %s", strerror(-error));
	job->failed = true;
}

static int read_closed(struct job *job, const struct closed_how *how)
{
	const struct closed closed = {
		/* All of it is in memory at once. */
		.with = {.keep = &job->fd,
			 .kept = 1,
			 .memory = JAIL_MEMORY_WRITING},
		.how = *how,
		.work = work_inside,
		.work_ctx = job,
		.take = take,
		.ctx = job,
	};
	char words[CLOSED_WHY_SIZE];
	int error = scan_closed_run(&closed, words);

	if (error)
		fill_fault(job, error, words);
	if (job->failed)
		dump_free(job->dump);
	return job->failed ? -1 : 0;
}

int dump_read(const char *path, const struct closed_how *how,
	      enum dump_form form, const struct vfscap_listing *listing,
	      struct dump *dump, struct dump_fault *fault)
{
	struct job job = {
		.form = form,
		.listing = listing,
		.dump = dump,
		.fault = fault,
	};
	int error;

	*dump = (struct dump){0};
	job.fd = dump_open(path, fault);
	if (job.fd < 0)
		return -1;
	error = read_closed(&job, how);
	if (job.fd != STDIN_FILENO)
		close(job.fd);
	return error;
}
