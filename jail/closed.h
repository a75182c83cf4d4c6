/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * closed: work on untrusted bytes, done by a closed process; what it says.
 *
 * Messages come through a socket. They are checked by whoever takes them: the
 * process that sends them may have been taken over by what it reads. It opens
 * nothing, and may ask for what it is to have.
 */
#ifndef JAIL_CLOSED_H
#define JAIL_CLOSED_H

#include "jail/jail.h"
#include "jail/pack.h"

/** CLOSED_WHY_SIZE - room for a reason in words */
#define CLOSED_WHY_SIZE 400

/** CLOSED_MESSAGE_MAX - bytes of a message at most; a longer one is not sent:
 *  -EFBIG */
#define CLOSED_MESSAGE_MAX (16 << 20)

/** enum sandbox - by whom what is untrusted is read, as a user says it */
enum sandbox {
	SANDBOX_AUTO,	 /* by a closed process, as far as the kernel can */
	SANDBOX_TELL,	 /* likewise, and a notice says how far that is */
	SANDBOX_REQUIRE, /* or not at all: that is an error */
	SANDBOX_NO,	 /* by this process */
};

/** struct closed_how - how it is to be read */
struct closed_how {
	enum sandbox sandbox;

	/** @tell: with SANDBOX_TELL, called with a sentence once the process has
	 *  closed itself; anything but 0 ends the work. May be NULL */
	int (*tell)(void *ctx, const char *sentence);
	void *ctx;
};

/** CLOSED_WRONG - of a process that has said what cannot be */
#define CLOSED_WRONG "the process that reads it does not say what it should"

/** CLOSED_KINDS - the kinds of messages that work has, counted from 0 */
#define CLOSED_KINDS 200

/** struct closed_answer - to what was asked */
struct closed_answer {
	int error;	 /* 0 or a negated errno */
	uint64_t number; /* what else there is to say */
	char why[CLOSED_WHY_SIZE];
};

struct say;

/** struct closed - one piece of work */
struct closed {
	struct jail_with with;

	struct closed_how how;

	/**
	 * @work: what is done inside; it sees memory as it was when it began,
	 * and what it changes is lost, but with SANDBOX_NO
	 * Return: 0, what saying returned, or a negated errno and @why.
	 */
	int (*work)(void *work_ctx, struct say *say, char why[CLOSED_WHY_SIZE]);
	void *work_ctx;

	/** @hold: messages are kept inside until they are that many bytes, or
	 *  the work is done; 0: some thousand */
	size_t hold;

	/**
	 * @take: called outside for each message
	 * Return: 0; -EPROTO where it cannot be, which ends the process as one
	 * that has gone wrong; anything else ends the work.
	 */
	int (*take)(void *ctx, unsigned kind, struct unpack *message);

	/**
	 * @answer: called outside for what is asked; NULL: nothing may be asked
	 * @fd: where a descriptor is the answer, it; it is closed here once sent
	 */
	void (*answer)(void *ctx, struct unpack *question,
		       struct closed_answer *answer, int *fd);

	/** @wait: called outside whenever more is to be read from @fd, which
	 *  waits for it unless this did. May be NULL */
	void (*wait)(void *ctx, int fd);
	void *ctx;
};

/**
 * closed_run() - have it done
 * @why: on failure a sentence
 *
 * With SANDBOX_NO by this process: what it says is taken and checked likewise.
 *
 * Return: 0; what @take or @tell returned; what the work returned; or another
 * negated errno where its process could not be begun or ended badly, with @why.
 */
int closed_run(const struct closed *closed, char why[CLOSED_WHY_SIZE]);

/**
 * closed_start(), closed_hear() - the same in two steps, for several processes
 * at once: the first begins one, the second hears it, here or in another process
 * that got its socket. With SANDBOX_NO it is a process all the same.
 * @closed: of the first its own half, of the second the other
 * @fd: the socket; it is closed by whoever opened it
 * @end: has the process ended, at once where @now, and says how it ended: 0, or
 * -EIO and @how
 */
typedef int closed_end(void *ctx, bool now, char how[JAIL_WHY_SIZE]);
int closed_start(const struct closed *closed, struct jail *jail,
		 char why[CLOSED_WHY_SIZE]);
int closed_hear(const struct closed *closed, int fd, closed_end *end,
		void *end_ctx, char why[CLOSED_WHY_SIZE]);

/* --------------------------------- inside --------------------------------- */

/** say_begin() - an empty message, to be filled */
struct pack *say_begin(struct say *say);

/** say_send() - send it; 0 or a negated errno */
int say_send(struct say *say, unsigned kind);

/**
 * say_ask() - send it as a question, and wait for the answer
 * @fd: the descriptor that came with it, or -1
 *
 * Return: 0 or a negated errno, where there is no answer.
 */
int say_ask(struct say *say, struct closed_answer *answer, int *fd);

#endif /* JAIL_CLOSED_H */
