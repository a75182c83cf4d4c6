/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Backends in a process of their own, and their records outside. */
#include "scan/closed.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

enum { KIND_RECORD, KIND_TOTALS };

/* -------------------------------- inside --------------------------------- */

/* struct run - one input, as both sides see it */
struct run {
	struct scan *scan;
	const struct scan_work *work;
	struct scan_unpacked got;
};

/* One path of some sixteen million bytes has no place. */
static int send_too_large(struct say *say)
{
	const struct scan_record r = {
		.what = SCAN_UNREAD,
		.path = "",
		.rel = ".",
		.error = EFBIG,
		.reason = "an entry is larger than can be handed over",
	};

	scan_record_pack(say_begin(say), &r);
	return say_send(say, KIND_RECORD);
}

static int send_record(void *ctx, const struct scan_record *record)
{
	struct say *say = ctx;
	int error;

	scan_record_pack(say_begin(say), record);
	error = say_send(say, KIND_RECORD);
	return error == -EFBIG ? send_too_large(say) : error;
}

static int send_totals(struct say *say, const struct scan_totals *totals)
{
	struct pack *p = say_begin(say);

	pack_number(p, totals->entries);
	pack_number(p, totals->vanished);
	return say_send(say, KIND_TOTALS);
}

static int work_inside(void *ctx, struct say *say, char why[CLOSED_WHY_SIZE])
{
	struct run *run = ctx;
	struct scan_totals totals = {0};
	struct scan scan = *run->scan;
	int stop, error;

	(void)why;
	scan.totals = &totals;
	scan.fn = send_record;
	scan.ctx = say;
	stop = run->work->read(&scan, say, run->work->ctx);
	error = send_totals(say, &totals);
	return stop ? stop : error;
}

/* -------------------------------- outside -------------------------------- */

static int take_record(struct run *run, struct unpack *u)
{
	int error = scan_record_unpack(u, &run->got);

	if (error)
		return error;
	run->got.record.source = run->scan->input->source;
	if (!*run->got.record.path)
		run->got.record.path = run->scan->input->location;
	return run->scan->fn(run->scan->ctx, &run->got.record);
}

static int take_totals(struct run *run, struct unpack *u)
{
	uint64_t entries = unpack_number(u, UINT64_MAX);
	uint64_t vanished = unpack_number(u, UINT64_MAX);

	if (!unpack_right(u))
		return -EPROTO;
	run->scan->totals->entries += entries;
	run->scan->totals->vanished += vanished;
	return 0;
}

static int take(void *ctx, unsigned kind, struct unpack *u)
{
	struct run *run = ctx;

	switch (kind) {
	case KIND_RECORD:
		return take_record(run, u);
	case KIND_TOTALS:
		return take_totals(run, u);
	default:
		return kind >= SCAN_OWN_KIND && run->work->take
			       ? run->work->take(run->work->ctx, kind, u)
			       : -EPROTO;
	}
}

static void answer(void *ctx, struct unpack *question, struct closed_answer *to,
		   int *fd)
{
	const struct run *run = ctx;

	run->work->answer(run->work->ctx, question, to, fd);
}

static int tell(void *ctx, const char *sentence)
{
	const struct run *run = ctx;

	return scan_tell(run->scan, SCAN_NOTICE, NULL, 0, sentence);
}

int scan_closed_run(const struct closed *closed, char why[CLOSED_WHY_SIZE])
{
	json_object_seed(0);
	return closed_run(closed, why);
}

static void wait_for(void *ctx, int fd)
{
	const struct run *run = ctx;

	run->work->wait(run->work->ctx, fd);
}

static struct closed closed_of(struct run *run)
{
	const struct scan_work *work = run->work;
	const enum sandbox sandbox = run->scan->options->sandbox;

	return (struct closed){
		.with = {.keep = &work->fd,
			 .kept = work->fd >= 0,
			 .open = sandbox == SANDBOX_NO},
		.how = {.sandbox = sandbox, .ctx = run},
		.work = work_inside,
		.work_ctx = run,
		.hold = work->hold,
		.take = take,
		.answer = work->answer ? answer : NULL,
		.wait = work->wait ? wait_for : NULL,
		.ctx = run,
	};
}

/* Of records alone it is known what there is to say. */
static int ended(struct run *run, const char *layer, int result,
		 const char *why)
{
	free(run->got.copy);
	return *why ? scan_tell(run->scan, SCAN_UNREAD, layer, result, why)
		    : result;
}

static int run_closed(struct run *run)
{
	struct closed closed = closed_of(run);
	char why[CLOSED_WHY_SIZE];
	int result;

	closed.how.tell = tell;
	result = scan_closed_run(&closed, why);
	return ended(run, NULL, result, why);
}

int scan_closed_start(struct scan *scan, const struct scan_work *work,
		      struct jail *jail)
{
	struct run run = {.scan = scan, .work = work};
	const struct closed closed = closed_of(&run);
	char why[CLOSED_WHY_SIZE];

	return closed_start(&closed, jail, why);
}

int scan_closed_hear(struct scan *scan, const struct scan_work *work,
		     const char *layer, int fd, closed_end *end, void *end_ctx)
{
	struct run run = {.scan = scan, .work = work};
	const struct closed closed = closed_of(&run);
	char why[CLOSED_WHY_SIZE];
	int result = closed_hear(&closed, fd, end, end_ctx, why);

	return ended(&run, layer, result, why);
}

int scan_closed(struct scan *scan, const struct scan_work *work)
{
	struct run run = {.scan = scan, .work = work};

	if (scan->options->sandbox == SANDBOX_NO)
		return work->read(scan, NULL, work->ctx);
	return run_closed(&run);
}

/* ------------------------------- one open file ---------------------------- */

struct one {
	int fd;
	int (*read)(struct scan *scan, int fd);
};

static int read_one(struct scan *scan, struct say *say, void *ctx)
{
	const struct one *one = ctx;

	(void)say;
	return one->read(scan, one->fd);
}

int scan_closed_fd(struct scan *scan, int fd,
		   int (*read)(struct scan *scan, int fd))
{
	struct one one = {fd, read};
	const struct scan_work work = {.fd = fd, .read = read_one, .ctx = &one};

	return scan_closed(scan, &work);
}
