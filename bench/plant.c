/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plants a tree to walk: plant DIR FILES CAPABLE [BYTES [LABEL]]. The files are
 * empty, or of ten sizes from BYTES on, each twice the one before, and zero
 * bytes. One in LABEL has an attribute of another name.
 */
#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define FILES_A_DIRECTORY 100
#define DIRECTORIES_A_GROUP 100
#define SIZES 10

/* What a system with SELinux has on every file. */
#define LABEL "security.selinux"
#define CONTEXT "system_u:object_r:usr_t:s0"

static off_t smallest;
static long label;

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "plant: %s: %s\n", what, why);
	exit(1);
}

static int make_directory(int at, const char *name)
{
	int fd;

	if (mkdirat(at, name, 0755) != 0 && errno != EEXIST)
		fail(name, strerror(errno));
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fail(name, strerror(errno));
	return fd;
}

static void make_file(int at, long number, bool capable)
{
	static const struct vfscap cap = {
		.permitted = UINT64_C(1) << 13,
		.effective = true,
		.revision = 2,
	};
	char name[32];
	int fd, error = 0;

	snprintf(name, sizeof(name), "file-%ld", number);
	fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0)
		fail(name, strerror(errno));
	if (ftruncate(fd, smallest << number % SIZES) != 0)
		fail(name, strerror(errno));
	if (label && number % label == 0 &&
	    fsetxattr(fd, LABEL, CONTEXT, sizeof(CONTEXT), 0) != 0)
		fail(name, strerror(errno));
	if (capable)
		error = vfscap_set_fd(fd, &cap, VFSCAP_EXPECT_ANY);
	if (error)
		fail(name, vfscap_strerror(error));
	close(fd);
}

/* Directory number n of all lies in group n / DIRECTORIES_A_GROUP. */
static int open_directory(int root, long n)
{
	char name[64];
	int group, fd;

	snprintf(name, sizeof(name), "group-%ld", n / DIRECTORIES_A_GROUP);
	group = make_directory(root, name);
	snprintf(name, sizeof(name), "directory-%ld", n);
	fd = make_directory(group, name);
	close(group);
	return fd;
}

int main(int argc, char **argv)
{
	long files, capable;
	int root, fd = -1;

	if (argc < 4 || argc > 6)
		fail("usage", "plant DIR FILES CAPABLE [BYTES [LABEL]]");
	root = make_directory(AT_FDCWD, argv[1]);
	files = atol(argv[2]);
	capable = atol(argv[3]);
	smallest = argc > 4 ? atol(argv[4]) : 0;
	label = argc > 5 ? atol(argv[5]) : 0;

	for (long i = 0; i < files; i++) {
		if (i % FILES_A_DIRECTORY == 0) {
			if (fd >= 0)
				close(fd);
			fd = open_directory(root, i / FILES_A_DIRECTORY);
		}
		/* Spread evenly: where i * capable / files moves on. */
		make_file(fd, i,
			  i * capable / files != (i + 1) * capable / files);
	}
	return 0;
}
