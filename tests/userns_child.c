/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes in user namespaces of their own, and the maps that they are given. */
#include "userns_child.h"

#include "sandbox.h"
#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void must(bool done, const char *what)
{
	if (!done)
		sandbox_die("%s: %s", what, strerror(errno));
}

/* ------------------------- two ends of a channel ------------------------- */

void userns_channel(int ends[2])
{
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
	     "socketpair");
}

void userns_tell(int fd)
{
	must(write(fd, "", 1) == 1, "tell");
}

void userns_await(int fd)
{
	char byte;

	must(read(fd, &byte, 1) == 1, "a process in a namespace");
}

/* ------------------------ in a namespace of its own ---------------------- */

/* Without the mark of being dumpable, nobody could write the maps of the
 * namespaces below. */
void userns_become(uint32_t id)
{
	must(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0,
	     "PR_SET_SECUREBITS");
	if (id != VFSCAP_ROOTID_INVALID)
		must(setresgid(id, id, id) == 0 && setresuid(id, id, id) == 0,
		     "setresuid");
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0, "PR_SET_DUMPABLE");
	must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0,
	     "PR_SET_PDEATHSIG");
}

int userns_write_map(pid_t pid, const char *file, const char *text, size_t size)
{
	char path[64];
	int fd, error;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0, path);
	error = write(fd, text, size) < 0 ? errno : 0;
	close(fd);
	return error;
}

static void be_child(const struct userns_child *child, int fd)
	__attribute__((noreturn));
static void be_child(const struct userns_child *child, int fd)
{
	char byte;

	must(unshare(CLONE_NEWUSER) == 0, "CLONE_NEWUSER");
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 &&
		     prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0,
	     "prctl");
	userns_tell(fd);
	while (read(fd, &byte, 1) == 1) {
		if (child->serve)
			child->serve();
		userns_tell(fd);
	}
	if (child->leave)
		child->leave();
	_exit(0);
}

static void start(struct userns_child *child)
{
	int ends[2];

	userns_channel(ends);
	fflush(NULL);
	child->pid = fork();
	must(child->pid >= 0, "fork");
	if (child->pid == 0) {
		close(ends[0]);
		be_child(child, ends[1]);
	}
	close(ends[1]);
	child->fd = ends[0];
	userns_await(child->fd);
}

int userns_child_map(struct userns_child *child, const char *file,
		     const char *text, size_t size)
{
	if (!child->pid)
		start(child);
	return userns_write_map(child->pid, file, text, size);
}

void userns_child_serve(const struct userns_child *child)
{
	userns_tell(child->fd);
	userns_await(child->fd);
}

void userns_child_end(struct userns_child *child)
{
	if (child->pid) {
		close(child->fd);
		waitpid(child->pid, NULL, 0);
	}
	child->pid = 0;
}
