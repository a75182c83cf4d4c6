/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command whose system calls are watched, by ptrace(2). */
#include "tests/faults/trace.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)
#define FOLLOW (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

/** PROCESSES - processes and threads at a time */
#define PROCESSES 64

/** LOADER_SIZE - the program loader's code ends before */
#define LOADER_SIZE 0x60000

/* struct process - one of those that are watched */
struct process {
	pid_t pid;
	bool inside;  /* a call */
	bool pending; /* the call that it is in is to fail */
};

struct trace {
	const struct trace_fault *fault;
	struct trace_outcome *outcome;
	struct process process[PROCESSES];
	pid_t first;
	bool begun, killed;
	uint64_t loader;
	unsigned long count;
};

/* ------------------------------- the command ------------------------------ */

static pid_t start(char **command, const int *fd)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (int i = 0; fd && i < 3; i++)
		if (dup2(fd[i], i) < 0)
			_exit(127);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

static struct process *process_of(struct trace *t, pid_t pid)
{
	struct process *room = NULL;

	for (size_t i = 0; i < PROCESSES; i++) {
		if (t->process[i].pid == pid)
			return &t->process[i];
		if (!room && t->process[i].pid == 0)
			room = &t->process[i];
	}
	if (room)
		*room = (struct process){.pid = pid};
	return room;
}

/* Where the loader is: 0 for what has none. */
static uint64_t loader_of(pid_t pid)
{
	char path[32];
	Elf64_auxv_t entry;
	uint64_t base = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && read(fd, &entry, sizeof(entry)) == sizeof(entry))
		if (entry.a_type == AT_BASE)
			base = entry.a_un.a_val;
	if (fd >= 0)
		close(fd);
	return base;
}

/* --------------------------------- one call ------------------------------- */

/* Their failing is what no program looks for: it ends, or waits for ever. */
static bool always_works(uint64_t call)
{
	return call == SYS_exit || call == SYS_exit_group ||
	       call == SYS_rt_sigreturn || call == SYS_futex ||
	       call == SYS_execve || call == SYS_restart_syscall ||
	       call == SYS_rseq || call == SYS_set_robust_list;
}

/* The argument that is a count of bytes; 0 where none is. */
static unsigned count_argument(uint64_t call)
{
	switch (call) {
	case SYS_read:
	case SYS_write:
	case SYS_pread64:
	case SYS_pwrite64:
		return 2;
	case SYS_copy_file_range:
		return 4;
	default:
		return 0;
	}
}

static bool counts(const struct trace *t, const struct __ptrace_syscall_info *i)
{
	const struct trace_fault *f = t->fault;
	unsigned argument;

	if (!f->follow)
		return true;
	if (t->loader && i->instruction_pointer - t->loader < LOADER_SIZE)
		return false;
	if (f->some && (i->entry.nr >= TRACE_CALLS || !f->call[i->entry.nr]))
		return false;
	argument = count_argument(i->entry.nr);
	if (f->what == TRACE_SHORT)
		return argument && i->entry.args[argument] > 1;
	return f->what != TRACE_ERROR || !always_works(i->entry.nr);
}

#ifdef __x86_64__
#define REGISTER(name) offsetof(struct user_regs_struct, name)

static void set(pid_t pid, size_t reg, uint64_t value)
{
	ptrace(PTRACE_POKEUSER, pid, reg, value);
}

static void halve(pid_t pid, const struct __ptrace_syscall_info *i)
{
	unsigned argument = count_argument(i->entry.nr);

	set(pid, argument == 2 ? REGISTER(rdx) : REGISTER(r8),
	    i->entry.args[argument] / 2);
}

static void make_none(pid_t pid)
{
	set(pid, REGISTER(orig_rax), UINT64_MAX);
}

/* brk(2) says where the end is, which is no error. */
static void make_error(pid_t pid, uint64_t call, int error)
{
	set(pid, REGISTER(rax),
	    call == SYS_brk ? 0 : (uint64_t) - (int64_t)error);
}

#define CAN_FAIL true
#else
static void halve(pid_t pid, const struct __ptrace_syscall_info *i)
{
	(void)pid;
	(void)i;
}

static void make_none(pid_t pid)
{
	(void)pid;
}

static void make_error(pid_t pid, uint64_t call, int error)
{
	(void)pid;
	(void)call;
	(void)error;
}

#define CAN_FAIL false
#endif

static void reach(struct trace *t, struct process *p,
		  const struct __ptrace_syscall_info *i)
{
	t->outcome->reached = true;
	t->outcome->call = i->entry.nr;
	memcpy(t->outcome->argument, i->entry.args, sizeof(uint64_t[2]));
	switch (t->fault->what) {
	case TRACE_KILL_ENTRY:
		t->killed = true;
		break;
	case TRACE_KILL_EXIT:
		p->pending = true;
		break;
	case TRACE_ERROR:
		p->pending = true;
		/* Whatever close(2) says, the descriptor is gone. */
		if (i->entry.nr != SYS_close)
			make_none(p->pid);
		break;
	case TRACE_SHORT:
		halve(p->pid, i);
		break;
	}
}

static void enter(struct trace *t, struct process *p)
{
	struct __ptrace_syscall_info i;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof(i), &i) <= 0 ||
	    i.op != PTRACE_SYSCALL_INFO_ENTRY || !counts(t, &i))
		return;
	if (++t->count == t->fault->at)
		reach(t, p, &i);
}

static void leave(struct trace *t, struct process *p)
{
	if (!p->pending)
		return;
	p->pending = false;
	if (t->fault->what == TRACE_KILL_EXIT)
		t->killed = true;
	else
		make_error(p->pid, t->outcome->call, t->fault->error);
}

/* -------------------------------- all of them ----------------------------- */

/* The signal to go on with. */
static int stopped(struct trace *t, struct process *p, int status)
{
	int event = status >> 16, signal = WSTOPSIG(status);

	if (event == PTRACE_EVENT_EXEC && !t->begun) {
		t->begun = p->inside = true; /* still in execve(2) */
		t->loader = loader_of(p->pid);
	}
	if (event)
		return 0;
	if (signal != (SIGTRAP | 0x80)) {
		/* So a new one begins. */
		return signal == SIGSTOP ? 0 : signal;
	}
	p->inside = !p->inside;
	if (t->begun && p->inside)
		enter(t, p);
	else if (t->begun)
		leave(t, p);
	return 0;
}

static void ended(struct trace *t, struct process *p, int status)
{
	if (p->pid == t->first)
		t->outcome->status = status;
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		t->outcome->crashed = WTERMSIG(status);
	*p = (struct process){0};
}

static void kill_all(struct trace *t)
{
	for (size_t i = 0; i < PROCESSES; i++)
		if (t->process[i].pid)
			kill(t->process[i].pid, SIGKILL);
}

static void watch(struct trace *t)
{
	int status, signal;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		struct process *p;

		if (pid < 0) {
			t->outcome->late = true;
			kill_all(t);
			continue;
		}
		p = process_of(t, pid);
		if (!p || !WIFSTOPPED(status)) {
			if (p)
				ended(t, p, status);
			continue;
		}
		signal = stopped(t, p, status);
		if (t->killed)
			kill_all(t);
		else
			ptrace(PTRACE_SYSCALL, pid, NULL, (long)signal);
	}
}

void trace_run(char **command, const struct trace_fault *fault, const int *fd,
	       struct trace_outcome *outcome)
{
	struct trace t = {.fault = fault, .outcome = outcome};
	long more = fault->follow ? OPTIONS | FOLLOW : OPTIONS;
	int status;

	*outcome = (struct trace_outcome){0};
	if (fault->what > TRACE_KILL_EXIT && !CAN_FAIL)
		return;
	t.first = start(command, fd);
	if (t.first < 0 || waitpid(t.first, &status, 0) != t.first ||
	    !WIFSTOPPED(status))
		return;
	process_of(&t, t.first);
	if (ptrace(PTRACE_SETOPTIONS, t.first, NULL, more) != 0 ||
	    ptrace(PTRACE_SYSCALL, t.first, NULL, 0L) != 0)
		kill(t.first, SIGKILL);
	watch(&t);
	outcome->begun = t.begun;
}
