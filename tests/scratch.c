/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for what a suite makes, the commands that make it, and bytes changed
 * in it. */
#include "scratch.h"
#include "suite.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static char scratch[PATH_MAX];

static void keep_in_memory(void)
{
	if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("scratch", scratch, "tmpfs", 0, "size=1g,mode=700") != 0)
		perror("tmpfs");
}

const char *scratch_make(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(scratch, sizeof(scratch), "%s/vfscap.XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(scratch)) {
		perror(scratch);
		exit(EXIT_FAILURE);
	}
	keep_in_memory();
	return scratch;
}

void scratch_enter(void)
{
	if (chdir(scratch_make()) != 0) {
		perror(scratch);
		exit(EXIT_FAILURE);
	}
	setenv("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin", 1);
	setenv("LC_ALL", "C", 1);
}

void scratch_remove(void)
{
	char command[sizeof(scratch) + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", scratch);
	if (chdir("/") == 0)
		umount(scratch);
	if (system(command) != 0)
		perror(scratch);
}

static void run(const char *command)
{
	char *whole;
	int status;

	ck_assert_int_ge(asprintf(&whole, "{ %s\n} >said 2>&1", command), 0);
	status = system(whole);
	if (status != 0 && system("tail -n 40 said") != 0)
		perror("tail");
	ck_assert_msg(status == 0, "status %#x: %s", (unsigned)status, command);
	free(whole);
}

void shell(const char *format, ...)
{
	char *command;
	va_list args;

	va_start(args, format);
	ck_assert_int_ge(vasprintf(&command, format, args), 0);
	va_end(args);
	run(command);
	free(command);
}

/* debugfs says what went wrong and goes on. */
void debugfs(const char *image, const char *format, ...)
{
	FILE *script = fopen("script", "w");
	va_list args;

	ck_assert_ptr_nonnull(script);
	va_start(args, format);
	vfprintf(script, format, args);
	va_end(args);
	ck_assert_int_eq(fclose(script), 0);
	shell("debugfs -w -f script %s 2>err; cat err\n"
	      "! grep -v '^debugfs 1' err",
	      image);
}

void scratch_put(const char *file, uint64_t at, uint64_t number, size_t size)
{
	int fd = open(file, O_RDWR | O_CLOEXEC);
	uint8_t bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	expect(pwrite(fd, bytes, size, (off_t)at) == (ssize_t)size, "%s", file);
	close(fd);
}
