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
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLED, ENDED, BROKEN };

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

/* Until the command's next stop; 0 where it has none any more. */
static bool next_stop(pid_t pid, int signal, int *status)
{
	if (ptrace(PTRACE_SYSCALL, pid, NULL, (long)signal) != 0)
		return false;
	return waitpid(pid, status, 0) == pid && WIFSTOPPED(*status);
}

static int kill_at(pid_t pid, unsigned long n, bool at_exit)
{
	bool begun = false, inside = false;
	unsigned long count = 0;
	int status, signal = 0;

	while (next_stop(pid, signal, &status)) {
		signal = 0;
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
			begun = inside = true; /* still in execve(2) */
		} else if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			signal = WSTOPSIG(status);
		} else if (begun) {
			inside = !inside;
			count += inside;
			if (count == n && inside != at_exit)
				return KILLED;
		}
	}
	return begun ? ENDED : BROKEN;
}

int main(int argc, char **argv)
{
	bool at_exit = argc > 3 && strcmp(argv[2], "exit") == 0;
	unsigned long n;
	int status, result;
	pid_t pid;

	if (argc < 4 || (!at_exit && strcmp(argv[2], "entry") != 0)) {
		fprintf(stderr, "helper_killed N entry|exit COMMAND...\n");
		return BROKEN;
	}
	n = strtoul(argv[1], NULL, 10);
	pid = start(argv + 3);
	if (pid < 0 || waitpid(pid, &status, 0) != pid ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, (long)OPTIONS) != 0)
		return BROKEN;
	result = kill_at(pid, n, at_exit);
	if (result == KILLED) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return result;
}
