/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages from a process that is not trusted, and answers to it. */
#include "jail/closed.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is not the work's own. */
enum { KIND_BEGUN = CLOSED_KINDS, KIND_QUESTION, KIND_END };

/* struct head - how each message begins */
struct head {
	uint32_t kind, size;
};

/* What is sent or read at once. */
#define WINDOW 65536

/* -------------------------------- inside --------------------------------- */

struct say {
	int fd;
	const struct closed *here; /* whoever takes it is this process */
	struct pack pack;	   /* that is being made, with its head */
	uint8_t *window;	   /* what is to be sent */
	size_t used, room, hold;
};

static int write_all(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static int flush(struct say *s)
{
	int error = write_all(s->fd, s->window, s->used);

	s->used = 0;
	return error;
}

/* Where there is no memory to hold more, less is held. */
static void grow(struct say *s, size_t need)
{
	size_t room = s->room;
	uint8_t *more;

	while (room < need)
		room *= 2;
	if (room > s->hold)
		room = s->hold;
	more = room > s->room ? realloc(s->window, room) : NULL;
	if (!more)
		return;
	s->window = more;
	s->room = room;
}

static int put(struct say *s, const uint8_t *data, size_t size)
{
	int error;

	if (s->used + size > s->room && s->used + size <= s->hold)
		grow(s, s->used + size);
	error = s->used + size > s->room ? flush(s) : 0;
	if (error || size > s->room)
		return error ? error : write_all(s->fd, data, size);
	memcpy(s->window + s->used, data, size);
	s->used += size;
	return 0;
}

struct pack *say_begin(struct say *s)
{
	s->pack.used = 0;
	s->pack.failed = false;
	return &s->pack;
}

static struct unpack unpack_here(const struct say *s)
{
	return (struct unpack){.at = s->pack.bytes, .left = s->pack.used};
}

static int take_here(const struct say *s, unsigned kind)
{
	struct unpack u = unpack_here(s);

	return s->here->take(s->here->ctx, kind, &u);
}

int say_send(struct say *s, unsigned kind)
{
	const struct head head = {kind, (uint32_t)s->pack.used};
	int error;

	if (s->pack.failed)
		return -ENOMEM;
	if (s->pack.used > CLOSED_MESSAGE_MAX)
		return -EFBIG;
	if (s->here)
		return take_here(s, kind);
	error = put(s, (const uint8_t *)&head, sizeof(head));
	return error ? error : put(s, s->pack.bytes, s->pack.used);
}

/* Room for one descriptor. */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

static int receive_answer(int from, struct closed_answer *answer, int *fd)
{
	union control control = {0};
	struct iovec part = {answer, sizeof(*answer)};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(from, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(*answer))
		return n < 0 ? -errno : -EPROTO;
	/* It came, and there was no number free for it. */
	if (message.msg_flags & MSG_CTRUNC)
		return -EMFILE;
	c = CMSG_FIRSTHDR(&message);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return 0;
}

static int answer_here(const struct say *s, struct closed_answer *answer,
		       int *fd)
{
	struct unpack u = unpack_here(s);

	if (s->pack.failed || !s->here->answer)
		return s->pack.failed ? -ENOMEM : -EPROTO;
	*answer = (struct closed_answer){0};
	s->here->answer(s->here->ctx, &u, answer, fd);
	return 0;
}

int say_ask(struct say *s, struct closed_answer *answer, int *fd)
{
	int error;

	*fd = -1;
	if (s->here)
		return answer_here(s, answer, fd);
	error = say_send(s, KIND_QUESTION);
	if (!error)
		error = flush(s);
	return error ? error : receive_answer(s->fd, answer, fd);
}

/* Who holds its messages is heard when there is much to hear, or all. */
static int say_begun(struct say *s, unsigned lacks, bool now)
{
	int error;

	pack_number(say_begin(s), lacks);
	error = say_send(s, KIND_BEGUN);
	return error || !now ? error : flush(s);
}

static int say_end(struct say *s, int result, const char *why)
{
	struct pack *p = say_begin(s);
	int error;

	pack_number(p, (uint64_t)(int64_t)result);
	pack_text(p, why);
	error = say_send(s, KIND_END);
	return error ? error : flush(s);
}

static int work_inside(void *ctx, int end, unsigned lacks)
{
	const struct closed *closed = ctx;
	struct say s = {
		.fd = end,
		.window = malloc(WINDOW),
		.room = WINDOW,
		.hold = closed->hold,
	};
	const bool refused = closed->how.sandbox == SANDBOX_REQUIRE && lacks;
	char why[CLOSED_WHY_SIZE] = "";
	int result, error = -ENOMEM;

	if (s.window)
		error = say_begun(&s, lacks, refused || !s.hold);
	if (error || refused)
		return error;
	result = closed->work(closed->work_ctx, &s, why);
	return say_end(&s, result, why);
}

/* -------------------------------- outside -------------------------------- */

/* What is not a message makes the process one that has gone wrong. */
#define BROKEN (-EPROTO)

struct hear {
	const struct closed *closed;
	int fd;
	uint8_t window[WINDOW];
	size_t at, end; /* of what was read and not taken */
	uint8_t *message;
	size_t room;
	bool begun, stopped, ended, refused;
	bool gone; /* it says nothing more */
	int result;
	char *why;
};

static int fill(struct hear *h)
{
	ssize_t n;

	if (h->closed->wait)
		h->closed->wait(h->closed->ctx, h->fd);
	do
		n = read(h->fd, h->window, sizeof(h->window));
	while (n < 0 && errno == EINTR);
	h->gone = n <= 0;
	if (h->gone)
		return BROKEN;
	h->at = 0;
	h->end = (size_t)n;
	return 0;
}

static int get(struct hear *h, void *to, size_t size)
{
	uint8_t *at = to;

	while (size) {
		size_t n = h->end - h->at;

		if (!n && fill(h) != 0)
			return BROKEN;
		n = h->end - h->at;
		if (n > size)
			n = size;
		memcpy(at, h->window + h->at, n);
		h->at += n;
		at += n;
		size -= n;
	}
	return 0;
}

static int get_message(struct hear *h, size_t size)
{
	uint8_t *more;

	if (size > CLOSED_MESSAGE_MAX)
		return BROKEN;
	if (size > h->room) {
		more = realloc(h->message, size);
		if (!more)
			return -ENOMEM;
		h->message = more;
		h->room = size;
	}
	return get(h, h->message, size);
}

/* In words what a process could not close itself with. */
static const char *words_for(unsigned lacks)
{
	static const char *const words[] = {
		NULL,
		"no seccomp",
		"no landlock",
		"neither seccomp nor landlock",
	};

	return words[lacks & (JAIL_NO_SECCOMP | JAIL_NO_LANDLOCK)];
}

static int tell(const struct closed_how *how, unsigned lacks)
{
	char words[200];

	if (how->sandbox != SANDBOX_TELL || !how->tell)
		return 0;
	snprintf(words, sizeof(words),
		 "read by a process that has closed itself: no privilege, no "
		 "file to open, few system calls%s%s",
		 lacks ? "; but this kernel or build has " : "",
		 lacks ? words_for(lacks) : "");
	return how->tell(how->ctx, words);
}

static int take_begun(struct hear *h, struct unpack *u)
{
	unsigned lacks = (unsigned)unpack_number(u, 3);

	if (!unpack_right(u) || h->begun)
		return BROKEN;
	h->begun = true;
	if (lacks && h->closed->how.sandbox == SANDBOX_REQUIRE) {
		h->refused = true;
		snprintf(h->why, CLOSED_WHY_SIZE,
			 "it is not read: the process that is to read it "
			 "cannot be closed as is required: this kernel or "
			 "build has %s",
			 words_for(lacks));
		return BROKEN;
	}
	return tell(&h->closed->how, lacks);
}

static int take_end(struct hear *h, struct unpack *u)
{
	uint64_t result = unpack_number(u, UINT64_MAX);
	const char *why = unpack_text(u);

	if (!unpack_right(u) || !why || (int64_t)result < INT32_MIN ||
	    (int64_t)result > 0)
		return BROKEN;
	h->ended = true;
	h->result = (int)(int64_t)result;
	snprintf(h->why, CLOSED_WHY_SIZE, "%s", why);
	return 0;
}

static int send_answer(int to, struct closed_answer *answer, const int *fd)
{
	union control control = {0};
	struct iovec part = {answer, sizeof(*answer)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *c;

	if (*fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(*fd));
		memcpy(CMSG_DATA(c), fd, sizeof(*fd));
	}
	return sendmsg(to, &message, MSG_NOSIGNAL) == sizeof(*answer) ? 0
								      : BROKEN;
}

static int take_question(struct hear *h, struct unpack *u)
{
	struct closed_answer answer;
	int fd = -1, error;

	if (!h->closed->answer)
		return BROKEN;
	memset(&answer, 0, sizeof(answer)); /* its gaps are sent too */
	h->closed->answer(h->closed->ctx, u, &answer, &fd);
	error = send_answer(h->fd, &answer, &fd);
	if (fd >= 0)
		close(fd);
	return error;
}

static int take(struct hear *h)
{
	struct unpack u = {0};
	struct head head;
	int error = get(h, &head, sizeof(head));

	if (!error)
		error = get_message(h, head.size);
	if (error)
		return error;
	u.at = h->message;
	u.left = head.size;
	if (head.kind == KIND_BEGUN)
		error = take_begun(h, &u);
	else if (!h->begun)
		error = BROKEN;
	else if (head.kind == KIND_END)
		error = take_end(h, &u);
	else if (head.kind == KIND_QUESTION)
		error = take_question(h, &u);
	else
		error = h->closed->take(h->closed->ctx, head.kind, &u);
	h->stopped = error && error != BROKEN;
	return error;
}

/* What came of the work, by what it said and by how its process ended. */
static int result_of(struct hear *h, int error, closed_end *end, void *end_ctx)
{
	char how[JAIL_WHY_SIZE] = "";
	int ended = end(end_ctx, error != 0, how);

	if (h->stopped)
		return error;
	if (h->refused)
		return -EPERM;
	if (!error && !ended)
		return h->result;
	snprintf(h->why, CLOSED_WHY_SIZE, "%s",
		 (!error || h->gone) && ended ? how : CLOSED_WRONG);
	return -EIO;
}

int closed_hear(const struct closed *closed, int fd, closed_end *end,
		void *end_ctx, char why[CLOSED_WHY_SIZE])
{
	struct hear *h = calloc(1, sizeof(*h));
	int error = 0;

	*why = '\0';
	if (!h) {
		end(end_ctx, true, why);
		return -ENOMEM;
	}
	h->closed = closed;
	h->fd = fd;
	h->why = why;
	while (!error && !h->ended)
		error = take(h);
	error = result_of(h, error, end, end_ctx);
	free(h->message);
	free(h);
	return error;
}

static int run_here(const struct closed *closed, char *why)
{
	struct say s = {.fd = -1, .here = closed};
	int result = closed->work(closed->work_ctx, &s, why);

	free(s.pack.bytes);
	return result;
}

int closed_start(const struct closed *closed, struct jail *jail,
		 char why[CLOSED_WHY_SIZE])
{
	int error = jail_start(jail, &closed->with, work_inside,
			       (void *)(uintptr_t)closed);

	*why = '\0';
	if (error)
		snprintf(why, CLOSED_WHY_SIZE,
			 "no process to read it in can be begun: %s",
			 strerror(-error));
	return error;
}

static int end_own(void *ctx, bool now, char how[JAIL_WHY_SIZE])
{
	struct jail *jail = ctx;

	if (now)
		kill(jail->pid, SIGKILL);
	return jail_end(jail, how);
}

int closed_run(const struct closed *closed, char why[CLOSED_WHY_SIZE])
{
	struct jail jail;
	int error;

	*why = '\0';
	if (closed->how.sandbox == SANDBOX_NO)
		return run_here(closed, why);
	error = closed_start(closed, &jail, why);
	return error ? error
		     : closed_hear(closed, jail.fd, end_own, &jail, why);
}
