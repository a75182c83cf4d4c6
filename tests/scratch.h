/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for what a suite makes, in memory where that is allowed; commands
 * that make it, and bytes changed in it. */
#ifndef VFSCAP_TESTS_SCRATCH_H
#define VFSCAP_TESTS_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

/**
 * scratch_make() - make the directory, below TMPDIR or /tmp
 *
 * Root gets a mount namespace and a tmpfs there: programs that make images wait
 * for the disk again and again, most of the time that such a suite takes.
 *
 * Return: its path; where there can be none, the process ends.
 */
const char *scratch_make(void);

/** scratch_enter() - make it and go there, where the tools of root are found */
void scratch_enter(void);

/** scratch_remove() - leave and remove it, with all that is in it */
void scratch_remove(void);

/** shell() - run a command that has to succeed; what it prints goes to a file
 *  "said", and is shown where it does not */
void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** debugfs() - run commands of debugfs, a line each, that may write to an image */
void debugfs(const char *image, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** scratch_put() - put a number of @size bytes there, the lowest byte first */
void scratch_put(const char *file, uint64_t at, uint64_t number, size_t size);

#endif /* VFSCAP_TESTS_SCRATCH_H */
