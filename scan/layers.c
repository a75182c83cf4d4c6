/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layers that are read at once, as their reader has them begun and hears them. */
#include "scan/layers_ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What becomes of a layer, in this order. */
enum state {
	COMING,
	RUNNING, /* a process reads it, and has said nothing */
	WAITING, /* it has much to say, or is through */
	OVER,	 /* it was heard, or is none for a process */
};

/* struct queued - a layer in line to be heard */
struct queued {
	struct oci_apart apart;
	enum state state;
	bool fit; /* for a process */
	int fd;
	uint64_t number; /* of the process */
};

struct layers {
	struct layers_reader by;
	struct pack pack; /* a question, where nobody is asked */
	struct queued *line;
	size_t count, room;
	size_t turn; /* the next to be heard */
	size_t next; /* the next to be begun */
	size_t fit, running, begun;
};

struct layers *layers_new(const struct layers_reader *reader)
{
	struct layers *l = calloc(1, sizeof(*l));

	if (l)
		l->by = *reader;
	return l;
}

static uint64_t worth(const struct layers *l)
{
	uint64_t least = l->by.scan->options->layer_least;

	return least ? least : LAYERS_WORTH;
}

int layers_add(struct layers *l, const struct oci_layer *layer)
{
	size_t room = l->room ? 2 * l->room : 16;
	struct queued *q;

	if (l->count == l->room) {
		q = reallocarray(l->line, room, sizeof(*q));
		if (!q)
			return -ENOMEM;
		l->line = q;
		l->room = room;
	}
	q = &l->line[l->count++];
	*q = (struct queued){.fd = -1};
	q->fit = oci_apart(l->by.oci, layer, &q->apart) &&
		 q->apart.stored >= worth(l);
	l->fit += q->fit;
	return 0;
}

/* -------------------------------- questions ------------------------------- */

static struct pack *question(struct layers *l)
{
	if (l->by.say)
		return say_begin(l->by.say);
	l->pack.used = 0;
	l->pack.failed = false;
	return &l->pack;
}

static int ask(struct layers *l, struct closed_answer *answer, int *fd)
{
	struct unpack u = {l->pack.bytes, l->pack.used, l->pack.failed};

	if (l->by.say)
		return say_ask(l->by.say, answer, fd);
	*fd = -1;
	*answer = (struct closed_answer){0};
	layers_answer(l->by.outside, &u, answer, fd);
	return 0;
}

static bool begin(struct layers *l, struct queued *q)
{
	struct closed_answer answer;
	struct pack *p = question(l);

	pack_number(p, ASK_BEGIN);
	layers_pack(p, &q->apart);
	if (ask(l, &answer, &q->fd) || answer.error || q->fd < 0)
		return false;
	q->number = answer.number;
	q->state = RUNNING;
	l->running++;
	l->begun++;
	return true;
}

/* struct heard - a process whose turn it is */
struct heard {
	struct layers *l;
	struct queued *q;
};

static int end(void *ctx, bool now, char how[JAIL_WHY_SIZE])
{
	const struct heard *heard = ctx;
	struct closed_answer answer;
	struct pack *p = question(heard->l);
	int fd, error;

	pack_number(p, ASK_END);
	pack_number(p, heard->q->number);
	pack_number(p, now);
	error = ask(heard->l, &answer, &fd);
	if (!error && !answer.error)
		return 0;
	snprintf(how, JAIL_WHY_SIZE, "%.*s", JAIL_WHY_SIZE - 1,
		 !error && *answer.why ? answer.why
				       : "nobody knows how the process that "
					 "reads it ended");
	return -EIO;
}

/* --------------------------------- ahead ---------------------------------- */

/* Those that run wait for none; all of them together are bounded. */
static bool room_for_more(const struct layers *l)
{
	size_t jobs = l->by.scan->options->jobs;

	if (jobs > LAYERS_AT_ONCE)
		jobs = LAYERS_AT_ONCE;
	return l->running < jobs && l->begun < LAYERS_MOST &&
	       l->begun < 4 * jobs;
}

static void begin_some(struct layers *l)
{
	for (; l->next < l->count && room_for_more(l); l->next++) {
		struct queued *q = &l->line[l->next];

		/* The next chance comes with the next layer. */
		if (q->state == COMING && q->fit && !begin(l, q)) {
			q->fit = false;
			return;
		}
	}
}

/* Which of those that run are to be waited for, besides @fd. */
static size_t all_running(const struct layers *l, int fd,
			  struct pollfd poll[LAYERS_MOST + 1])
{
	size_t count = 1;

	poll[0] = (struct pollfd){.fd = fd, .events = POLLIN};
	for (size_t i = l->turn; i < l->next; i++) {
		const struct queued *q = &l->line[i];

		if (q->state == RUNNING && q->fd != fd)
			poll[count++] =
				(struct pollfd){.fd = q->fd, .events = POLLIN};
	}
	return count;
}

static void take_waiting(struct layers *l, const struct pollfd *poll,
			 size_t count)
{
	for (size_t i = l->turn; i < l->next; i++)
		for (size_t k = 1; k < count; k++)
			if (l->line[i].fd == poll[k].fd && poll[k].revents) {
				l->line[i].state = WAITING;
				l->running--;
			}
}

/* Until the one whose turn it is says something, others go on. */
static void wait_for(void *ctx, int fd)
{
	const struct heard *heard = ctx;
	struct pollfd poll_for[LAYERS_MOST + 1];
	struct layers *l = heard->l;
	size_t count;

	do {
		begin_some(l);
		count = all_running(l, fd, poll_for);
		if (poll(poll_for, count, -1) < 0) {
			if (errno != EINTR)
				return;
			continue;
		}
		take_waiting(l, poll_for, count);
	} while (!poll_for[0].revents);
}

/* --------------------------------- its turn ------------------------------- */

static int take(void *ctx, unsigned kind, struct unpack *message)
{
	const struct layers_reader *by = &((struct heard *)ctx)->l->by;

	return by->take ? by->take(by->ctx, kind, message) : -EPROTO;
}

static int hear(struct layers *l, struct queued *q)
{
	struct heard heard = {l, q};
	const struct scan_work work = {
		.fd = -1,
		.take = take,
		.wait = wait_for,
		.ctx = &heard,
	};

	return scan_closed_hear(l->by.scan, &work, q->apart.digest, q->fd, end,
				&heard);
}

bool layers_hear(struct layers *l, int *stop)
{
	struct queued *q = &l->line[l->turn];
	bool began;

	/* One alone is read as fast without. */
	if (l->fit > 1)
		begin_some(l);
	began = q->state != COMING;
	if (began) {
		*stop = hear(l, q);
		close(q->fd);
		q->fd = -1;
		l->running -= q->state == RUNNING;
		l->begun--;
	}
	q->state = OVER;
	l->turn++;
	if (l->next < l->turn)
		l->next = l->turn;
	return began;
}

void layers_free(struct layers *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		if (l->line[i].fd >= 0)
			close(l->line[i].fd);
	free(l->line);
	free(l->pack.bytes);
	free(l);
}
