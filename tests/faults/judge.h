/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command that is run again and again with faults, and what came of each. */
#ifndef VFSCAP_TESTS_FAULTS_JUDGE_H
#define VFSCAP_TESTS_FAULTS_JUDGE_H

#include "tests/faults/failing.h"
#include "tests/faults/state.h"
#include "tests/faults/trace.h"

/* struct said - what a run has written */
struct said {
	int fd;
	char *text;
	size_t size;
};

/* struct faults - the call, and what is known of the command */
struct faults {
	struct trace_fault fault;
	const char *name, *preload, *dir, *journal, *report, *undo;
	bool half, finished; /* what may be half until it is finished */
	bool mixed, again, times, free, allocations;
	unsigned long step;
	char **command;
	struct failing *failing;
	int failing_fd, input;
	struct said out, err, right; /* @right: of a run without a fault */
	int status;		     /* of that */
	struct state before, after;
	struct trace_outcome outcome;
	unsigned long at, runs, refused, survived, wrong;
};

/** judge() - what came of the last run; what is wrong is said, and counted */
void judge(struct faults *f);

/** judge_rest() - after another command all must be old, or new */
void judge_rest(struct faults *f, const char *what, bool old);

/** wrong() - say and count it */
void wrong(struct faults *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** needs_more() - is anything of the last run not done, or noted in a journal? */
bool needs_more(struct faults *f);

/** need() - @memory, which there must be */
void *need(void *memory);

#endif
