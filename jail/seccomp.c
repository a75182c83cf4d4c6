/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls that are left to a closed process; all others fail. */
#include "jail/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

/* Reading, writing and waiting for what is open, memory, the end. recvmsg(2) is of use with
 * the one socket alone: there is no other. */
static const int calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64),
	SCMP_SYS(lseek),
	SCMP_SYS(_llseek),
	SCMP_SYS(fstat),
	SCMP_SYS(fstat64),
	SCMP_SYS(close),
	SCMP_SYS(dup),
	SCMP_SYS(copy_file_range),
	SCMP_SYS(recvmsg),
	SCMP_SYS(fadvise64),
	SCMP_SYS(fadvise64_64),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigreturn),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(sigaltstack),
};

/* struct limited - a call that is allowed where (argument & mask) == value */
struct limited {
	int call;
	unsigned argument;
	uint64_t mask, value;
};

#define FCNTL(command)                                    \
	{SCMP_SYS(fcntl), 1, UINT32_MAX, command},        \
	{                                                 \
		SCMP_SYS(fcntl64), 1, UINT32_MAX, command \
	}

static const struct limited limited[] = {
	/* Memory that cannot be executed. */
	{SCMP_SYS(mmap), 2, PROT_EXEC, 0},
	{SCMP_SYS(mmap2), 2, PROT_EXEC, 0},
	{SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
	FCNTL(F_GETFL),
	FCNTL(F_GETFD),
	FCNTL(F_SETFD),
	FCNTL(F_GETPIPE_SZ),
	FCNTL(F_SETPIPE_SZ),
	/* fstat(3) of an open file; that a path is there is no secret. */
	{SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH},
	/* What a block device is like. */
	{SCMP_SYS(ioctl), 1, UINT32_MAX, BLKGETSIZE64},
	{SCMP_SYS(ioctl), 1, UINT32_MAX, BLKSSZGET},
	{SCMP_SYS(ioctl), 1, UINT32_MAX, BLKPBSZGET},
	/* One open file as a copy of another. */
	{SCMP_SYS(ioctl), 1, UINT32_MAX, FICLONE},
};

/* What is left besides to a process that has directories; where files are,
 * landlock says. Of openat2(2) the mode could not be seen. */
static const int file_calls[] = {
	SCMP_SYS(renameat),	   SCMP_SYS(renameat2),	 SCMP_SYS(unlinkat),
	SCMP_SYS(symlinkat),	   SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
	SCMP_SYS(newfstatat),	   SCMP_SYS(fstatat64),	 SCMP_SYS(statx),
	SCMP_SYS(utimensat),	   SCMP_SYS(fsync),	 SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
};

/* No set-user-ID, set-group-ID or sticky bit. */
#define ODD_MODES 07000

static const struct limited file_limited[] = {
	{SCMP_SYS(openat), 3, ODD_MODES, 0},
	{SCMP_SYS(mkdirat), 2, ODD_MODES, 0},
	{SCMP_SYS(fchmod), 1, ODD_MODES, 0},
	FCNTL(F_DUPFD_CLOEXEC),
};

static int allow(scmp_filter_ctx filter, const struct limited *l)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, l->call, 1,
				SCMP_CMP(l->argument, SCMP_CMP_MASKED_EQ,
					 l->mask, l->value));
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* 0 or a negated errno. A call that an architecture has not is no error. */
static int add(scmp_filter_ctx filter, const int *call, size_t count,
	       const struct limited *l, size_t limits)
{
	int error = 0;

	for (size_t i = 0; !error && i < count; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call[i], 0);
	for (size_t i = 0; !error && i < limits; i++)
		error = allow(filter, &l[i]);
	return error;
}

static int fill(scmp_filter_ctx filter, bool directories)
{
	int error = add(filter, calls, COUNT(calls), limited, COUNT(limited));

	if (!error && directories)
		error = add(filter, file_calls, COUNT(file_calls), file_limited,
			    COUNT(file_limited));
	return error;
}

/** LOAD_TIME - microseconds of a processor: a hundred times what it takes */
#define LOAD_TIME 500000

static volatile sig_atomic_t loaded;

/* The clock cannot be stopped from behind the filter: it rings for nobody. */
static void ring(int signal)
{
	(void)signal;
	if (!loaded)
		_exit(JAIL_NOT_CLOSED);
}

/* Where libseccomp has no memory left it can go round in a loop. */
static int load(scmp_filter_ctx filter)
{
	const struct sigaction action = {
		.sa_handler = ring,
		.sa_flags = SA_RESTART,
	};
	const struct itimerval once = {.it_value.tv_usec = LOAD_TIME};
	int error;

	if (sigaction(SIGPROF, &action, NULL) != 0 ||
	    setitimer(ITIMER_PROF, &once, NULL) != 0)
		return -errno;
	error = seccomp_load(filter);
	loaded = !error;
	return error;
}

int jail_deny_calls(bool directories)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int error;

	if (!filter)
		return -ENOMEM;
	/* What the kernel says, instead of that it has said something. */
	error = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	if (!error)
		error = fill(filter, directories);
	if (!error)
		error = load(filter);
	seccomp_release(filter);
	return error;
}
