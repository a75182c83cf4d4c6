/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jail: a function run in a process that has nothing but a few descriptors.
 *
 * What parses untrusted bytes runs there: it has no capability and cannot get
 * any, opens nothing (landlock, seccomp with everything denied but reading,
 * writing and memory), and its memory is bounded. Whatever goes wrong with it,
 * the process outside goes on.
 */
#ifndef JAIL_H
#define JAIL_H

#include <stddef.h>
#include <sys/types.h>

/** JAIL_MEMORY - bytes of address space that the process has at most, besides
 *  what it has when it begins */
#define JAIL_MEMORY (UINT64_C(1) << 30)

/** struct jail - the process, seen from outside */
struct jail {
	pid_t pid;
	int fd; /* a socket to it */
};

/** JAIL_NO_... - what the kernel, or the build, has not got to close it with */
#define JAIL_NO_SECCOMP 1u
#define JAIL_NO_LANDLOCK 2u

/** JAIL_KEPT - the most descriptors that it keeps */
#define JAIL_KEPT 6

/**
 * jail_work - what runs in it
 * @end: a socket to the one outside
 * @lacks: JAIL_NO_...
 * Return: 0, or anything else: it did not get to its end.
 */
typedef int jail_work(void *ctx, int end, unsigned lacks);

/**
 * jail_start() - run @work in a process of its own
 * @keep, @kept: the other descriptors that it has
 * @ctx: handed to @work, which sees memory as it is now, and changes only its
 * own
 *
 * Return: 0 or a negated errno.
 */
int jail_start(struct jail *jail, const int *keep, size_t kept, jail_work *work,
	       void *ctx);

/** JAIL_WHY_SIZE - room for a sentence */
#define JAIL_WHY_SIZE 160

/**
 * jail_end() - wait for its end; what it has still to write is lost
 * @why: where it did not end as it should, in words
 * Return: 0, or -EIO and @why.
 */
int jail_end(struct jail *jail, char why[JAIL_WHY_SIZE]);

/* --------------------------------- inside --------------------------------- */

/**
 * jail_close() - close the process that calls it, for good: no new privileges,
 * no capability, no file system, no system call but those that work goes on with
 *
 * @lacks: what was left out since there is none of it
 *
 * Return: 0 or a negated errno.
 */
int jail_close(unsigned *lacks);

/** jail_deny_calls() - the part of it that is seccomp's; 0 or a negated errno:
 *  -ENOSYS where the build lacks it, else what the kernel says */
int jail_deny_calls(void);

#endif /* JAIL_H */
