/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes named by words, and told as text. */
#ifndef VFSCAP_TESTS_SUBJECTS_H
#define VFSCAP_TESTS_SUBJECTS_H

#include "explain/explain.h"

/** struct named - a process and what was said of it; named_free() it */
struct named {
	struct subject subject;
	struct vfscap_listing listing; /* the built-in one */
	char why[EXPLAIN_WHY_SIZE];
	char warnings[8192]; /* a line each */
	char text[4096];
};

/**
 * named_as() - name a process
 * @words: self, profile=NAME, pid=N, oci=PATH, and options as NAME=VALUE or NAME,
 * with blanks between
 *
 * Return: 0, or -1 and @why. Checked with subject_check() too.
 */
int named_as(struct named *n, const char *words);

/** named_text() - ids, sets, and what else there is; ids as the caller has them,
 *  sets in hexadecimal; what is 0 or off is left out */
const char *named_text(struct named *n);

void named_free(struct named *n);

/** subjects_capset() - capset(2) of the process itself */
bool subjects_capset(uint64_t permitted, uint64_t inheritable,
		     uint64_t effective);

#endif /* VFSCAP_TESTS_SUBJECTS_H */
