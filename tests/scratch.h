/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for what a suite makes, in memory where that is allowed. */
#ifndef VFSCAP_TESTS_SCRATCH_H
#define VFSCAP_TESTS_SCRATCH_H

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

#endif /* VFSCAP_TESTS_SCRATCH_H */
