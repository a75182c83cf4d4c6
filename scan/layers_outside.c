/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that read a layer each, as who begins and ends them sees them. */
#include "scan/layers_ask.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------- blobs --------------------------------- */

/* A closed process opens no blob of a layout: it asks for each. */
static int ask_for(void *ctx, const char *name, uint64_t *size,
		   char why[OCI_WHY_SIZE])
{
	struct say *say = ctx;
	struct closed_answer answer;
	struct pack *p = say_begin(say);
	int fd, error;

	pack_number(p, ASK_BLOB);
	pack_text(p, name);
	error = say_ask(say, &answer, &fd);
	if (error || answer.error) {
		snprintf(why, OCI_WHY_SIZE, "%s",
			 error ? strerror(-error) : answer.why);
		return error ? error : answer.error;
	}
	*size = answer.number;
	return fd;
}

void layers_ask_blobs(struct oci_place *place, struct say *say)
{
	if (!say || place->kind != OCI_LAYOUT)
		return;
	place->open = ask_for;
	place->open_ctx = say;
}

static void open_blob(const struct oci_place *place, struct unpack *question,
		      struct closed_answer *answer, int *fd)
{
	const char *name = unpack_text(question);

	if (!unpack_right(question) || !name || place->kind != OCI_LAYOUT)
		return;
	*fd = oci_open_blob(place->fd, name, &answer->number, answer->why);
	answer->error = *fd < 0 ? *fd : 0;
}

void layers_answer_blob(const struct oci_place *place, struct unpack *question,
			struct closed_answer *answer, int *fd)
{
	answer->error = -EBADMSG;
	if (unpack_number(question, ASK_BLOB) == ASK_BLOB)
		open_blob(place, question, answer, fd);
}

/* --------------------------------- a layer -------------------------------- */

void layers_pack(struct pack *p, const struct oci_apart *a)
{
	pack_text(p, a->name);
	pack_text(p, a->digest);
	pack_number(p, a->digest == a->diff_id);
	pack_text(p, a->diff_id);
	pack_text(p, a->codec);
	pack_number(p, a->size);
	pack_number(p, a->offset);
	pack_number(p, a->stored);
}

/* Its texts are those of the message; without name and digest it is none. */
static void layers_unpack(struct unpack *u, struct oci_apart *a)
{
	bool one;

	a->name = unpack_text(u);
	a->digest = unpack_text(u);
	one = unpack_number(u, 1);
	a->diff_id = unpack_text(u);
	a->codec = unpack_text(u);
	a->size = unpack_number(u, UINT64_MAX);
	a->offset = unpack_number(u, UINT64_MAX);
	a->stored = unpack_number(u, UINT64_MAX);
	if (one)
		a->diff_id = a->digest;
	u->wrong |= !a->name || !a->digest;
}

/* struct one - a layer that is to be read, and its blob where it has a file */
struct one {
	struct layers_outside *outside;
	struct oci_apart apart;
	uint64_t size;
	int fd;
};

static int opened(void *ctx, const char *name, uint64_t *size,
		  char why[OCI_WHY_SIZE])
{
	const struct one *one = ctx;

	(void)name;
	(void)why;
	*size = one->size;
	return one->fd;
}

static int read_one(struct scan *scan, struct say *say, void *ctx)
{
	struct one *one = ctx;
	const struct layers_outside *outside = one->outside;
	const bool layout = outside->place->kind == OCI_LAYOUT;
	struct oci_place place = {
		.kind = outside->place->kind,
		.fd = layout ? -1 : one->fd,
		.stat = outside->place->stat,
		.open = layout ? opened : NULL,
		.open_ctx = one,
	};
	uint64_t limit = scan->options->max_size ? scan->options->max_size
						 : SCAN_MAX_SIZE;
	struct oci *oci;
	int stop = oci_alone(&oci, &place, &one->apart, limit);

	if (!stop)
		stop = outside->read(scan, say, oci);
	oci_close(oci);
	return stop;
}

/* ------------------------------- the processes ---------------------------- */

static size_t free_number(const struct layers_outside *outside)
{
	size_t i = 0;

	while (i < LAYERS_MOST && outside->begun[i])
		i++;
	return i;
}

static int start(struct layers_outside *outside, struct one *one, size_t number)
{
	const struct scan_work work = {
		.fd = one->fd,
		.read = read_one,
		.hold = LAYERS_HOLD,
		.ctx = one,
	};

	return scan_closed_start(outside->scan, &work, &outside->jail[number]);
}

static void begin(struct layers_outside *outside, struct unpack *question,
		  struct closed_answer *answer, int *fd)
{
	const struct oci_place *place = outside->place;
	const bool layout = place->kind == OCI_LAYOUT;
	struct one one = {.outside = outside, .fd = place->fd};
	size_t number = free_number(outside);

	layers_unpack(question, &one.apart);
	if (!unpack_right(question) || number == LAYERS_MOST ||
	    outside->all++ >= OCI_ALL_LAYERS_MAX)
		return;
	if (layout)
		one.fd = oci_open_blob(place->fd, one.apart.name, &one.size,
				       answer->why);
	answer->error = one.fd < 0 ? one.fd : start(outside, &one, number);
	if (layout && one.fd >= 0)
		close(one.fd);
	if (answer->error)
		return;
	outside->begun[number] = true;
	answer->number = number;
	*fd = outside->jail[number].fd;
	outside->jail[number].fd = -1;
}

static int end(struct layers_outside *outside, size_t number, bool now,
	       char how[JAIL_WHY_SIZE])
{
	struct jail *jail = &outside->jail[number];

	if (now)
		kill(jail->pid, SIGKILL);
	outside->begun[number] = false;
	return jail_end(jail, how);
}

static void end_one(struct layers_outside *outside, struct unpack *question,
		    struct closed_answer *answer)
{
	size_t number = (size_t)unpack_number(question, LAYERS_MOST - 1);
	bool now = unpack_number(question, 1);

	if (unpack_right(question) && outside->begun[number])
		answer->error = end(outside, number, now, answer->why);
}

void layers_answer(struct layers_outside *outside, struct unpack *question,
		   struct closed_answer *answer, int *fd)
{
	answer->error = -EBADMSG;
	switch (unpack_number(question, ASK_END)) {
	case ASK_BLOB:
		open_blob(outside->place, question, answer, fd);
		break;
	case ASK_BEGIN:
		begin(outside, question, answer, fd);
		break;
	default:
		end_one(outside, question, answer);
	}
}

void layers_end(struct layers_outside *outside)
{
	char how[JAIL_WHY_SIZE];

	for (size_t i = 0; i < LAYERS_MOST; i++)
		if (outside->begun[i])
			end(outside, i, true, how);
}
