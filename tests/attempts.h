/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a closed process must not be able to do. */
#ifndef VFSCAP_TESTS_ATTEMPTS_H
#define VFSCAP_TESTS_ATTEMPTS_H

#include <stddef.h>

/** struct attempt - one thing to try */
struct attempt {
	const char *name;
	int (*attempt)(void); /* 0, or an errno */
	/* outside it works for any user; for root alone; in a process of its
	 * own, which becomes another program */
	enum { ATTEMPT_ANY, ATTEMPT_ROOT, ATTEMPT_FORKED } outside;
};

extern const struct attempt attempts[];
extern const size_t attempt_count;

/** attempts_prepare() - the files that are tried, in the current directory
 *  Return: a descriptor of one of them, for reading and writing, which the closed
 *  process may have; or -1 */
int attempts_prepare(void);

/** attempt_exec() and so on - some of them */
int attempt_exec(void);
int attempt_socket(void);
int attempt_setxattr(void);
int attempt_unlink(void);

#endif /* VFSCAP_TESTS_ATTEMPTS_H */
