/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a command and kills it at one of its system calls, counted over all of
 * them from the return of execve(2) on.
 *
 *	helper_killed N entry|exit COMMAND [ARGUMENT...]
 *
 * Killed at entry, call N is not made; killed at exit, it is the last one made.
 * Exit status: 0 killed; 1 the command ended before; 2 it could not be run.
 */
#include "tests/faults/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KILLED, ENDED, BROKEN };

int main(int argc, char **argv)
{
	struct trace_fault fault = {.what = TRACE_KILL_ENTRY};
	struct trace_outcome outcome;

	if (argc > 3 && strcmp(argv[2], "exit") == 0)
		fault.what = TRACE_KILL_EXIT;
	else if (argc < 4 || strcmp(argv[2], "entry") != 0) {
		fprintf(stderr, "helper_killed N entry|exit COMMAND...\n");
		return BROKEN;
	}
	fault.at = strtoul(argv[1], NULL, 10);
	trace_run(argv + 3, &fault, NULL, &outcome);
	if (!outcome.begun)
		return BROKEN;
	return outcome.reached ? KILLED : ENDED;
}
