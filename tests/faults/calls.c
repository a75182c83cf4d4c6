/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System calls by their names. */
#include "tests/faults/trace.h"

#include <string.h>
#include <sys/syscall.h>

/* Newer than some headers; the same number everywhere. */
#define SYS_setxattrat 463
#define SYS_getxattrat 464
#define SYS_listxattrat 465
#define SYS_removexattrat 466

#define CALL(name)                \
	{                         \
#name, SYS_##name \
	}

/* All that a tool makes, as far as tests name them. */
static const struct {
	const char *name;
	int number;
} calls[] = {
	CALL(read),
	CALL(write),
	CALL(pread64),
	CALL(pwrite64),
	CALL(readv),
	CALL(writev),
	CALL(openat),
	CALL(openat2),
	CALL(close),
	CALL(close_range),
	CALL(fstat),
	CALL(newfstatat),
	CALL(statx),
	CALL(fstatfs),
	CALL(statfs),
	CALL(lseek),
	CALL(mmap),
	CALL(mprotect),
	CALL(munmap),
	CALL(mremap),
	CALL(brk),
	CALL(ioctl),
	CALL(fcntl),
	CALL(flock),
	CALL(fsync),
	CALL(fdatasync),
	CALL(ftruncate),
	CALL(fallocate),
	CALL(copy_file_range),
	CALL(fadvise64),
	CALL(getdents64),
	CALL(readlinkat),
	CALL(mkdirat),
	CALL(unlinkat),
	CALL(renameat),
	CALL(renameat2),
	CALL(linkat),
	CALL(fchmod),
	CALL(fchown),
	CALL(setxattr),
	CALL(lsetxattr),
	CALL(fsetxattr),
	CALL(getxattr),
	CALL(lgetxattr),
	CALL(fgetxattr),
	CALL(listxattr),
	CALL(llistxattr),
	CALL(flistxattr),
	CALL(removexattr),
	CALL(fremovexattr),
	CALL(setxattrat),
	CALL(getxattrat),
	CALL(listxattrat),
	CALL(removexattrat),
	CALL(clone),
	CALL(clone3),
	CALL(wait4),
	CALL(pipe2),
	CALL(dup),
	CALL(dup3),
	CALL(kill),
	CALL(prctl),
	CALL(prlimit64),
	CALL(seccomp),
	CALL(capget),
	CALL(capset),
	CALL(unshare),
	CALL(setns),
	CALL(setresuid),
	CALL(setresgid),
	CALL(setgroups),
	CALL(getrandom),
	CALL(sched_getaffinity),
	CALL(rt_sigaction),
	CALL(rt_sigprocmask),
};

int trace_call(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	return -1;
}

const char *trace_name(uint64_t call)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if ((uint64_t)calls[i].number == call)
			return calls[i].name;
	return NULL;
}
