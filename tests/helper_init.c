/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first process of a virtual machine: loads modules, runs programs, says how each ended. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <sys/io.h>
#endif

/* What scripts/check-kernel.sh gives to qemu. */
#define REPORT "/dev/ttyS1"
#define EXIT_PORT 0xf4

/* Ends the machine, whose qemu ends with 2 * status + 1. */
static void leave(int status) __attribute__((noreturn));
static void leave(int status)
{
	fflush(NULL);
	tcdrain(1);
#if defined(__x86_64__) || defined(__i386__)
	if (ioperm(EXIT_PORT, 1, 1) == 0)
		outb((unsigned char)status, EXIT_PORT);
#endif
	reboot(RB_AUTOBOOT);
	_exit(status);
}

static void die(const char *what)
{
	printf("init: %s: %s\n", what, strerror(errno));
	leave(2);
}

/* ------------------------------ the surroundings ------------------------- */

static void mount_on(const char *type, const char *dir, const char *options)
{
	mkdir(dir, 0755);
	if (mount("none", dir, type, 0, options) != 0)
		die(dir);
}

/* Lines that end as they were written: what is compared is text. */
static void open_report(void)
{
	struct termios t;
	int fd = open(REPORT, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &t) != 0)
		return;
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
	dup2(fd, 1);
	dup2(fd, 2);
	close(fd);
}

static void set_up(void)
{
	mount_on("devtmpfs", "/dev", NULL);
	open_report();
	mount_on("proc", "/proc", NULL);
	mount_on("sysfs", "/sys", NULL);
	mount_on("tmpfs", "/tmp", "mode=1777");
	mount_on("tmpfs", "/run", "mode=755");
	symlink("/proc/self/fd", "/dev/fd");
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/tmp", 1);
	setenv("LC_ALL", "C", 1);
}

static void load_module(char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 ||
	    (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST))
		printf("init: %s: %s\n", path, strerror(errno));
	close(fd);
}

/* Calls a function for each line of a file. */
static void for_each_line(const char *path, void (*fn)(char *))
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		die(path);
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		fn(line);
	}
	free(line);
	fclose(f);
}

/* -------------------------------- programs ------------------------------- */

static int programs, failed;

/* Whatever else ends meanwhile was left behind by programs. */
static int wait_for(pid_t child)
{
	int status;
	pid_t pid;

	do {
		pid = wait(&status);
	} while (pid > 0 && pid != child);
	return pid == child ? status : -1;
}

static void tell_end(int status, const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("-- %s %d, after %ld s\n",
	       WIFSIGNALED(status) ? "signal" : "status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	       (long)(now.tv_sec - since->tv_sec));
	fflush(stdout);
}

static void run(char *line)
{
	struct timespec start;
	int status;
	pid_t child;

	printf("== %s\n", line);
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &start);
	child = fork();
	if (child == 0) {
		setsid();
		execl("/bin/sh", "sh", "-c", line, NULL);
		_exit(127);
	}
	status = wait_for(child);
	programs++;
	failed += status != 0;
	tell_end(status, &start);
}

int main(void)
{
	struct utsname kernel;

	if (getpid() != 1) {
		fputs("init: for the first process of a virtual machine\n",
		      stderr);
		return 2;
	}
	set_up();
	for_each_line("/modules", load_module);
	if (uname(&kernel) == 0)
		printf("Linux %s\n", kernel.release);
	if (chdir("/vfscap") != 0)
		die("/vfscap");
	for_each_line("/programs", run);
	printf("init: %d programs, %d failed\n", programs, failed);
	leave(failed != 0);
}
