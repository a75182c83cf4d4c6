/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command whose system calls are watched, and one of which goes wrong. */
#ifndef VFSCAP_TESTS_FAULTS_TRACE_H
#define VFSCAP_TESTS_FAULTS_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** enum trace_what - what becomes of a system call */
enum trace_what {
	TRACE_KILL_ENTRY, /* it is not made: the command is killed before */
	TRACE_KILL_EXIT,  /* it is the last one that is made */
	TRACE_ERROR,	  /* it is not made, and fails */
	TRACE_SHORT,	  /* it has half of the bytes to read or write */
};

/** TRACE_CALLS - more than there are numbers of system calls */
#define TRACE_CALLS 1024

/**
 * struct trace_fault - which call it is, and what becomes of it
 * @what:	see there
 * @at:		its number, from 1 on, among those that are counted
 * @error:	the errno of TRACE_ERROR
 * @follow:	count the calls of all processes that it begins too; otherwise
 *		all calls of the first one are counted from the return of
 *		execve(2) on. What follows leaves out the calls of the program
 *		loader, and those whose failing no program survives.
 * @some:	count only the calls in @call, with @follow
 * @call:	by their numbers
 */
struct trace_fault {
	enum trace_what what;
	unsigned long at;
	int error;
	bool follow, some;
	bool call[TRACE_CALLS];
};

/**
 * struct trace_outcome - what came of it
 * @begun:	it could be run at all
 * @late:	it was killed, for a signal came
 * @reached:	it made that many calls
 * @status:	of the first process, as waitpid(2) has it
 * @crashed:	a signal by which one of its processes ended, other than SIGKILL
 * @call:	the number of the call that went wrong
 * @argument:	its first two arguments
 */
struct trace_outcome {
	bool begun, late, reached;
	int status, crashed;
	uint64_t call, argument[2];
};

/**
 * trace_run() - run a command
 * @command:	its arguments, ended by NULL; looked for in PATH
 * @fault:	what goes wrong
 * @fd:		its standard input, output and error; NULL: those of the caller
 * @outcome:	what came of it
 *
 * Where calls cannot be made to fail, on machines other than x86-64, nothing
 * is reached.
 */
void trace_run(char **command, const struct trace_fault *fault, const int *fd,
	       struct trace_outcome *outcome);

/** trace_call() - the number of a system call by its name; -1: not known here */
int trace_call(const char *name);

/** trace_name() - the other way; NULL where it is not known here */
const char *trace_name(uint64_t call);

#endif
