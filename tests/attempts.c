/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a closed process must not be able to do. */
#include "attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static int file = -1;

int attempts_prepare(void)
{
	file = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file >= 0 && write(file, "text", 4) != 4)
		return -1;
	return file;
}

static int opened(int fd)
{
	int error = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

static int try_open(void)
{
	return opened(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int try_create(void)
{
	return opened(open("made", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(0);
	return waitpid(pid, NULL, 0) == pid ? 0 : errno;
}

int attempt_exec(void)
{
	char *const none[] = {NULL};

	execve("/bin/true", none, none);
	return errno;
}

int attempt_socket(void)
{
	return opened(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

int attempt_setxattr(void)
{
	return setxattr("file", "user.x", "", 0, 0) ? errno : 0;
}

static int try_fsetxattr(void)
{
	return fsetxattr(file, "user.x", "", 0, 0) ? errno : 0;
}

static int try_getxattr(void)
{
	return getxattr("file", "user.y", NULL, 0) < 0 && errno != ENODATA
		       ? errno
		       : 0;
}

static int try_kill(void)
{
	return kill(getppid(), 0) ? errno : 0;
}

static int try_rename(void)
{
	return rename("file", "file") ? errno : 0;
}

/* Outside it may be gone by now. */
int attempt_unlink(void)
{
	return unlink("made") && errno != ENOENT ? errno : 0;
}

static int try_pwrite(void)
{
	return pwrite(file, "t", 1, 0) < 0 ? errno : 0;
}

static int try_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		       ? errno
		       : 0;
}

static int try_capability(void)
{
	cap_t caps = cap_from_text("cap_dac_override=p");
	int error = cap_set_proc(caps) ? errno : 0;

	cap_free(caps);
	return error;
}

const struct attempt attempts[] = {
	{"open", try_open, ATTEMPT_ANY},
	{"create", try_create, ATTEMPT_ANY},
	{"exec", attempt_exec, ATTEMPT_FORKED},
	{"fork", try_fork, ATTEMPT_ANY},
	{"socket", attempt_socket, ATTEMPT_ANY},
	{"setxattr", attempt_setxattr, ATTEMPT_ANY},
	{"fsetxattr", try_fsetxattr, ATTEMPT_ANY},
	{"getxattr", try_getxattr, ATTEMPT_ANY},
	{"kill", try_kill, ATTEMPT_ANY},
	{"rename", try_rename, ATTEMPT_ANY},
	{"unlink", attempt_unlink, ATTEMPT_ANY},
	{"write to a file", try_pwrite, ATTEMPT_ANY},
	{"memory to execute", try_executable_memory, ATTEMPT_ANY},
	{"capability", try_capability, ATTEMPT_ROOT},
};

const size_t attempt_count = sizeof(attempts) / sizeof(attempts[0]);
