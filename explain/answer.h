/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answer: what is told of one file: the outcome, the reasons in the order of the
 * kernel, what would change it.
 */
#ifndef EXPLAIN_ANSWER_H
#define EXPLAIN_ANSWER_H

#include "explain/explain.h"

#include <stdio.h>

/** struct answer_line - a reason: its stable code and its sentence */
struct answer_line {
	const char *code;
	char sentence[EXPLAIN_WHY_SIZE];
};

/** ANSWER_REASONS - more than there can be at once */
#define ANSWER_REASONS (VFSCAP_REASONS + 1)

/** struct answer - owned by the caller; it may not be copied */
struct answer {
	const struct scan_record *record;
	const struct vfscap_kernel *kernel;
	const struct subject *subject;
	struct program program;
	struct vfscap_outcome outcome;

	/** @wanted: what the file names; @missing: what of that the process
	 *  does not get; @gained: what it did not have before */
	uint64_t wanted, missing, gained;

	/** @silent: it runs, and silently without any of what it names */
	bool silent;

	/** @main: the reason that decides where it fails or is silent, or
	 *  NULL */
	const struct answer_line *main;

	struct answer_line reason[ANSWER_REASONS];
	unsigned reasons;
	struct remedy remedy[EXPLAIN_REMEDIES];
	unsigned remedies;
};

/** struct answer_given - what options say of all files */
struct answer_given {
	bool nosuid;	      /* as on a mount with nosuid */
	const uint8_t *value; /* instead of the file's, or NULL */
	size_t size;
};

/**
 * answer_of() - ask about one record
 *
 * Return: 0, or -1 and @why where it cannot be told; answer_free() it in any
 * case.
 */
int answer_of(struct answer *answer, const struct scan_record *record,
	      const struct vfscap_kernel *kernel, const struct subject *subject,
	      const struct answer_given *given, char why[EXPLAIN_WHY_SIZE]);
void answer_free(struct answer *answer);

/** answer_no() - would it fail, or silently get nothing? */
bool answer_no(const struct answer *answer);

/** answer_text() - as text: one line, or @all of it */
void answer_text(FILE *out, const struct answer *answer, bool all);

/** answer_json() - as one JSON object; 0 or -ENOMEM */
int answer_json(FILE *out, const struct answer *answer);

#endif /* EXPLAIN_ANSWER_H */
