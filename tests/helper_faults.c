/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a command again and again, each time with another of its allocations or
 * system calls going wrong, and judges what came of it.
 *
 *	helper_faults [OPTION]... FAULT COMMAND [ARGUMENT...]
 *
 * FAULT is malloc (with -p: the library that is preloaded), entry or exit
 * (killed there), short (half of what was to be read or written) or the name of
 * an errno; ":CALL,CALL..." behind it: these system calls alone.
 *
 *	-d DIR	what the command changes: as it was, or as it is after the
 *		command that nothing was wrong with
 *	-m	live files in DIR, of which each may be as it was
 *	-x NAME	of DIR, a journal: not looked at
 *	-b	a file that is changed block by block, half of which -a and -u mend
 *	-l	where something could not be had, its other lines may differ too
 *	-r NAME	of DIR, a report: where something could not be had, it says so
 *	-a	the same command, once more, does what is left
 *	-u CMD	and this command of a shell makes DIR what it was
 *	-t	what it writes has times in it
 *	-s N	one in N
 *	-p LIB	the library for malloc
 *	-i FILE	standard input
 *
 * Exit status: 0 all was well; 1 something was not; 2 it could not be run; 4
 * calls cannot be made to fail here.
 */
#include "tests/faults/judge.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/** TIME_LIMIT - seconds for one run; what takes longer hangs */
#define TIME_LIMIT 60

/* --------------------------------- one run -------------------------------- */

static void empty(struct said *s)
{
	if (ftruncate(s->fd, 0) != 0 || lseek(s->fd, 0, SEEK_SET) != 0)
		err(2, "what was said");
}

static void read_said(struct said *s)
{
	ssize_t size = lseek(s->fd, 0, SEEK_END);

	free(s->text);
	s->text = need(calloc(1, (size_t)size + 1));
	s->size = (size_t)size;
	if (pread(s->fd, s->text, s->size, 0) != size)
		err(2, "what was said");
}

/* In a process of its own, which whoever traces it can wait for. */
static void run_allocating(struct faults *f, const int fd[3])
{
	pid_t pid = fork();
	bool late = false;
	int status;

	if (pid < 0)
		err(2, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int i = 0; i < 3; i++)
			if (dup2(fd[i], i) < 0)
				_exit(127);
		setenv("LD_PRELOAD", f->preload, 1);
		execvp(f->command[0], f->command);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) != pid) {
		late = true;
		kill(pid, SIGKILL);
	}
	f->outcome = (struct trace_outcome){
		.begun = true,
		.late = late,
		.status = status,
		.reached =
			f->failing->at && f->failing->count >= f->failing->at,
		.crashed = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
	};
}

static void run_with(struct faults *f, unsigned long at)
{
	const int fd[3] = {f->input, f->out.fd, f->err.fd};

	empty(&f->out);
	empty(&f->err);
	lseek(f->input, 0, SEEK_SET);
	alarm(TIME_LIMIT);
	f->fault.at = at;
	*f->failing = (struct failing){.at = at};
	if (f->allocations)
		run_allocating(f, fd);
	else
		trace_run(f->command, &f->fault, fd, &f->outcome);
	alarm(0);
	read_said(&f->out);
	read_said(&f->err);
}

/* ----------------------------- what comes after --------------------------- */

static void go_on(struct faults *f)
{
	struct trace_outcome outcome = f->outcome;

	if (!f->again || !needs_more(f))
		return;
	run_with(f, 0);
	if (f->outcome.status != f->status)
		wrong(f, "once more, it ends with status %x",
		      f->outcome.status);
	f->outcome = outcome;
	judge_rest(f, "once more, it", false);
}

static void undo(struct faults *f)
{
	if (!f->undo)
		return;
	if (system(f->undo) != 0)
		wrong(f, "it cannot be undone");
	judge_rest(f, "undoing it", true);
}

/* ----------------------------------- all ---------------------------------- */

static void restore(struct faults *f)
{
	if (f->dir)
		state_restore(&f->before, f->dir);
}

static void once_without(struct faults *f)
{
	restore(f);
	run_with(f, 0);
	if (!f->outcome.begun)
		errx(2, "%s cannot be run", f->command[0]);
	if (!WIFEXITED(f->outcome.status) || WEXITSTATUS(f->outcome.status) > 1)
		errx(2, "without a fault, it ends with status %x: %s",
		     f->outcome.status, f->err.text);
}

static void learn(struct faults *f)
{
	struct state other;

	if (f->dir)
		state_read(&f->before, f->dir);
	if (f->dir && f->times) {
		once_without(f);
		state_read(&other, f->dir);
		sleep(1);
	}
	once_without(f);
	f->status = f->outcome.status;
	f->right.size = f->out.size;
	f->right.text = need(memcpy(need(calloc(1, f->out.size + 1)),
				    f->out.text, f->out.size));
	if (!f->dir)
		return;
	state_read(&f->after, f->dir);
	if (f->times) {
		state_vary(&f->after, &other);
		state_free(&other);
	}
}

static void every(struct faults *f)
{
	for (f->at = 1;; f->at += f->step) {
		restore(f);
		run_with(f, f->at);
		if (!f->outcome.reached)
			break;
		f->runs++;
		judge(f);
		go_on(f);
		undo(f);
	}
	restore(f);
	if (f->runs == 0 && f->fault.what > TRACE_KILL_EXIT && !f->fault.some)
		exit(4);
}

/* --------------------------------- options -------------------------------- */

static void take_calls(struct faults *f, char *names)
{
	for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
		int call = trace_call(name);

		if (call < 0)
			errx(2, "no system call %s", name);
		f->fault.call[call] = f->fault.some = true;
	}
}

static void take_error(struct faults *f, const char *name)
{
	f->fault.what = TRACE_ERROR;
	for (f->fault.error = 1; f->fault.error < 134; f->fault.error++) {
		const char *is = strerrorname_np(f->fault.error);

		if (is && strcmp(is, name) == 0)
			return;
	}
	errx(2, "no error %s", name);
}

static void take_fault(struct faults *f, const char *text)
{
	char *name = need(strdup(text)), *calls = strchr(name, ':');

	f->name = text;
	if (calls) {
		*calls = '\0';
		take_calls(f, calls + 1);
	}
	f->allocations = strcmp(name, "malloc") == 0;
	if (strcmp(name, "short") == 0)
		f->fault.what = TRACE_SHORT;
	else if (strcmp(name, "exit") == 0)
		f->fault.what = TRACE_KILL_EXIT;
	else if (!f->allocations && strcmp(name, "entry") != 0)
		take_error(f, name);
	free(name);
}

static void take_options(struct faults *f, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+d:mblx:r:au:ts:p:i:")) >= 0) {
		switch (c) {
		case 'd':
			f->dir = optarg;
			break;
		case 'm':
			f->mixed = true;
			break;
		case 'x':
			f->journal = optarg;
			break;
		case 'b':
			f->half = true;
			break;
		case 'l':
			f->free = true;
			break;
		case 'r':
			f->report = optarg;
			break;
		case 'a':
			f->again = true;
			break;
		case 'u':
			f->undo = optarg;
			break;
		case 't':
			f->times = true;
			break;
		case 's':
			f->step = strtoul(optarg, NULL, 10);
			break;
		case 'p':
			f->preload = optarg;
			break;
		case 'i':
			f->input = open(optarg, O_RDONLY | O_CLOEXEC);
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind < 2 || f->step == 0)
		errx(2, "helper_faults [OPTION]... FAULT COMMAND...");
	take_fault(f, argv[optind]);
	f->command = argv + optind + 1;
}

static void prepare(struct faults *f)
{
	char number[16];

	f->out.fd = memfd_create("out", MFD_CLOEXEC);
	f->err.fd = memfd_create("err", MFD_CLOEXEC);
	f->failing_fd = memfd_create("failing", 0);
	if (f->input < 0 || f->out.fd < 0 || f->err.fd < 0 ||
	    f->failing_fd < 0 ||
	    ftruncate(f->failing_fd, sizeof(*f->failing)) != 0)
		err(2, "files");
	f->failing = mmap(NULL, sizeof(*f->failing), PROT_READ | PROT_WRITE,
			  MAP_SHARED, f->failing_fd, 0);
	if (f->failing == MAP_FAILED)
		err(2, "files");
	if (f->allocations) {
		snprintf(number, sizeof(number), "%d", f->failing_fd);
		setenv("FAILING_FD", number, 1);
	} else {
		close(f->failing_fd);
	}
}

/* It ends the wait for what hangs. */
static void wake(int signal)
{
	(void)signal;
}

int main(int argc, char **argv)
{
	static struct faults f = {.step = 1, .fault.follow = true};

	sigaction(SIGALRM, &(struct sigaction){.sa_handler = wake}, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	f.input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	take_options(&f, argc, argv);
	prepare(&f);
	learn(&f);
	every(&f);
	printf("%lu %s: %lu refused, %lu survived, %lu wrong\n", f.runs, f.name,
	       f.refused, f.survived, f.wrong);
	return f.wrong != 0;
}
