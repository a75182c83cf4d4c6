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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** JAIL_MEMORY - bytes of address space that the process has at most, besides
 *  what it has when it begins; JAIL_MEMORY_WRITING - of one that compresses:
 *  zstd --ultra -22 takes more than a gigabyte */
#define JAIL_MEMORY (UINT64_C(1) << 30)
#define JAIL_MEMORY_WRITING (UINT64_C(4) << 30)

/** struct jail - the process, seen from outside */
struct jail {
	pid_t pid;
	int fd; /* a socket to it; -1: another process has it */
};

/** JAIL_NO_... - what the kernel, or the build, has not got to close it with */
#define JAIL_NO_SECCOMP 1u
#define JAIL_NO_LANDLOCK 2u

/** JAIL_KEPT - the most descriptors that it keeps */
#define JAIL_KEPT 8

/** struct jail_directory - one below which it may open files for reading; or
 *  @writes: also make, write, rename and remove them. What it makes has no
 *  set-user-ID bit */
struct jail_directory {
	int fd; /* one of those that it keeps */
	bool writes;
};

/** struct jail_with - what it has besides */
struct jail_with {
	/** @keep, @kept: descriptors */
	const int *keep;
	size_t kept;

	/** @memory: JAIL_MEMORY_..., 0: JAIL_MEMORY */
	uint64_t memory;

	/** @open: it has those descriptors alone, but is not closed: for who was
	 *  told to close nothing, and has work done beside its own */
	bool open;

	/** @directory, @directories: no file at all, where there is none */
	const struct jail_directory *directory;
	size_t directories;
};

/**
 * jail_work - what runs in it
 * @end: a socket to the one outside
 * @lacks: JAIL_NO_...
 * Return: 0, or anything else: it did not get to its end.
 */
typedef int jail_work(void *ctx, int end, unsigned lacks);

/**
 * jail_start() - run @work in a process of its own
 * @ctx: handed to @work, which sees memory as it is now, and changes only its
 * own
 *
 * Return: 0 or a negated errno.
 */
int jail_start(struct jail *jail, const struct jail_with *with, jail_work *work,
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

/** JAIL_NOT_CLOSED - how a process ends that could not be closed: none of its
 *  work was done */
#define JAIL_NOT_CLOSED 100

/**
 * jail_close() - close the process that calls it, for good: no new privileges,
 * no capability, no file system, no system call but those that work goes on with
 *
 * @lacks: what was left out since there is none of it
 *
 * Return: 0 or a negated errno.
 */
int jail_close(const struct jail_with *with, unsigned *lacks);

/** jail_deny_calls() - the part of it that is seccomp's; 0 or a negated errno:
 *  -ENOSYS where the build lacks it, else what the kernel says
 *  @directories: but for those that make and open files */
int jail_deny_calls(bool directories);

#endif /* JAIL_H */
