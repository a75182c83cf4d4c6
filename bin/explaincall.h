/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the options of fcapexplain say of the process. */
#ifndef EXPLAINCALL_H
#define EXPLAINCALL_H

#include "bin/tool.h"
#include "explain/explain.h"

/** struct explain_option - an option of a process, in the order given */
struct explain_option {
	const char *name, *value;
};

/** struct explain_call - how the process is named; all point into the arguments */
struct explain_call {
	struct tool *tool;
	const char *profile, *pid, *oci; /* at most one of them */
	const char *root; /* where paths of interpreters begin, or NULL */
	struct explain_option *option; /* allocated */
	size_t options;
	bool uid, gid, userns; /* options say them */
	enum sandbox sandbox;
};

/** call_add() - one more option; exits where memory is lacking */
void call_add(struct explain_call *call, const char *name, const char *value);

/**
 * call_subject() - the process; exits with 2 where the call is wrong
 * @uid, @gid: whom an image runs as, or NULL
 *
 * Return: 0, or -1 and @why where there is no such process: with ids of an image
 * that is no fault of the call.
 */
int call_subject(struct explain_call *call, struct subject *subject,
		 const uint32_t *uid, const uint32_t *gid,
		 char why[EXPLAIN_WHY_SIZE]);

/** call_follows_image() - does the process run as whom an image says? */
bool call_follows_image(const struct explain_call *call);

#endif /* EXPLAINCALL_H */
