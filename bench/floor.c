/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor of a walk: floor [--get] DIR. Every directory is opened and read,
 * every entry is asked once, by listxattrat(2) or, with --get, getxattrat(2).
 * Nothing else is done.
 */
#include "vfscap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_getxattrat
#define __NR_getxattrat 464
#define __NR_listxattrat 465
#endif

#define ENTRIES_SIZE (256 * 1024)
#define LIST_SIZE 512
#define DEPTH 64

struct at_args {
	_Alignas(8) uint64_t value;
	uint32_t size;
	uint32_t flags;
};

static bool get;
static unsigned long entries, found;

/* One buffer a level, kept for the next directory of that level. */
static char *level[DEPTH];

static void fail(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(errno == ENOSYS ? 77 : 1);
}

static long ask_list(int dir, const char *name)
{
	static char list[LIST_SIZE];

	return syscall(__NR_listxattrat, dir, name, AT_SYMLINK_NOFOLLOW, list,
		       sizeof(list));
}

static long ask_get(int dir, const char *name)
{
	static char value[VFSCAP_SIZE_MAX];
	struct at_args args = {
		.value = (uint64_t)(uintptr_t)value,
		.size = sizeof(value),
	};

	return syscall(__NR_getxattrat, dir, name, AT_SYMLINK_NOFOLLOW,
		       VFSCAP_XATTR, &args, sizeof(args));
}

static void ask(int dir, const char *name)
{
	long n = get ? ask_get(dir, name) : ask_list(dir, name);

	if (n < 0 && errno == ENOSYS)
		fail(name);
	entries++;
	found += n > 0;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void walk(int at, const char *name, unsigned depth)
{
	int dir = openat(at, name,
			 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t size;

	if (dir < 0 || depth == DEPTH)
		fail(name);
	if (!level[depth])
		level[depth] = malloc(ENTRIES_SIZE);
	if (!level[depth])
		fail(name);

	while ((size = getdents64(dir, level[depth], ENTRIES_SIZE)) > 0) {
		char *end = level[depth] + size;

		for (char *p = level[depth]; p < end;) {
			struct dirent64 *entry = (struct dirent64 *)p;

			p += entry->d_reclen;
			if (is_dots(entry->d_name))
				continue;
			ask(dir, entry->d_name);
			if (entry->d_type == DT_DIR)
				walk(dir, entry->d_name, depth + 1);
		}
	}
	if (size < 0)
		fail(name);
	close(dir);
}

int main(int argc, char **argv)
{
	get = argc == 3 && strcmp(argv[1], "--get") == 0;
	if (argc != 2 + get) {
		fprintf(stderr, "usage: floor [--get] DIR\n");
		return 2;
	}
	walk(AT_FDCWD, argv[argc - 1], 0);
	printf("%lu entries, %lu with an attribute\n", entries, found);
	return 0;
}
