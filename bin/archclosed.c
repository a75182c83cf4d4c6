/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rewrites an untrusted archive, in a process that has closed itself. */
#include "bin/archive.h"
#include "scan/closed.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* struct run - as both sides see it */
struct run {
	struct archive *a;
	const struct archive_work *work;
	bool done;
};

/* What it says itself is written when the tool goes on. */
static int work_inside(void *ctx, struct say *say, char why[CLOSED_WHY_SIZE])
{
	struct run *run = ctx;
	struct archive *a = run->a;
	bool done = run->work->work(a, say, run->work->ctx);
	struct pack *p = say_begin(say);

	(void)why;
	pack_number(p, done);
	pack_number(p, (uint64_t)tool_finish(a->tool));
	pack_bytes(p, a->state, a->state_size);
	return say_send(say, 0);
}

static int take(void *ctx, unsigned kind, struct unpack *u)
{
	struct run *run = ctx;
	struct archive *a = run->a;
	bool done = unpack_number(u, 1);
	uint64_t status = unpack_number(u, TOOL_INCOMPLETE);
	size_t size;
	const uint8_t *state = unpack_bytes(u, &size);

	if (kind || !unpack_right(u) || size != a->state_size)
		return -EPROTO;
	run->done = done;
	tool_worse(a->tool, (enum tool_status)status);
	if (state)
		memcpy(a->state, state, size);
	return 0;
}

static int tell(void *ctx, const char *sentence)
{
	const struct run *run = ctx;

	tool_file(run->a->tool, LEVEL_NOTICE, run->a->input->location, "%s",
		  sentence);
	return 0;
}

static void answer(void *ctx, struct unpack *question, struct closed_answer *to,
		   int *fd)
{
	const struct run *run = ctx;

	run->work->answer(run->work->ctx, question, to, fd);
}

static int run_closed(struct run *run, char why[CLOSED_WHY_SIZE])
{
	const struct jail_with *with = &run->work->with;
	int keep[JAIL_KEPT] = {STDOUT_FILENO, STDERR_FILENO};
	struct closed closed = {
		.with = *with,
		.how = {run->a->sandbox, tell, run},
		.work = work_inside,
		.work_ctx = run,
		.take = take,
		.answer = run->work->answer ? answer : NULL,
		.ctx = run,
	};
	int error;

	memcpy(keep + 2, with->keep, with->kept * sizeof(*with->keep));
	closed.with.keep = keep;
	closed.with.kept += 2;
	closed.with.memory = JAIL_MEMORY_WRITING;
	error = scan_closed_run(&closed, why);
	return error ? error : run->done;
}

int archive_closed(struct archive *a, const struct archive_work *work,
		   char why[CLOSED_WHY_SIZE])
{
	struct run run = {.a = a, .work = work};

	if (a->sandbox == SANDBOX_NO)
		return work->work(a, NULL, work->ctx);
	return run_closed(&run, why);
}
