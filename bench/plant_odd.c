/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plants trees of odd shapes: plant_odd deep DIR LEVELS, directories in one
 * another, or plant_odd wide DIR ENTRIES, names in one directory, which share
 * inodes so that the test needs little memory. The last one has a capability.
 */
#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_AN_INODE 10000

static void fail(const char *what)
{
	fprintf(stderr, "plant_odd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int create(int at, const char *name)
{
	int fd =
		openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	if (fd < 0)
		fail(name);
	return fd;
}

static void plant_capable(int at)
{
	static const struct vfscap cap = {
		.permitted = UINT64_C(1) << 13,
		.revision = 2,
	};
	int fd = create(at, "capable");

	if (vfscap_set_fd(fd, &cap, VFSCAP_EXPECT_NONE) != 0)
		fail("capable");
	close(fd);
}

static int deep(int at, long levels)
{
	for (long i = 0; i < levels; i++) {
		int next;

		if (mkdirat(at, "d", 0755) != 0)
			fail("d");
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (next < 0)
			fail("d");
		close(at);
		at = next;
	}
	return at;
}

static int wide(int at, long entries)
{
	char first[32], name[32];

	for (long i = 0; i < entries; i++) {
		snprintf(name, sizeof(name), "%ld", i);
		if (i % NAMES_AN_INODE == 0) {
			close(create(at, name));
			memcpy(first, name, sizeof(first));
		} else if (linkat(at, first, at, name, 0) != 0) {
			fail(name);
		}
	}
	return at;
}

int main(int argc, char **argv)
{
	int at;

	if (argc != 4 ||
	    (strcmp(argv[1], "deep") != 0 && strcmp(argv[1], "wide") != 0)) {
		fputs("Usage: plant_odd {deep|wide} DIR COUNT\n", stderr);
		return 2;
	}
	at = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		fail(argv[2]);
	at = argv[1][0] == 'd' ? deep(at, atol(argv[3]))
			       : wide(at, atol(argv[3]));
	plant_capable(at);
	close(at);
	return 0;
}
