/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for what a suite makes, in memory where that is allowed. */
#include "scratch.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
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
