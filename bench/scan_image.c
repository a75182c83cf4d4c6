/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scans a file system in an image, with no closed process around it:
 * scan_image [--all] [--orphans] [--runs=N] {ext4|squashfs|erofs} IMAGE. Prints
 * the entries of the first run, and the seconds of each.
 */
#include "disk/disk.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int scan_image_fn(const struct disk *disk,
			  const struct disk_options *options, disk_fn *fn,
			  void *ctx);

/* A row without a function ends them. */
static const struct kind {
	const char *name;
	scan_image_fn *scan;
} kinds[] = {
#ifdef HAVE_EXT4
	{"ext4", ext_scan},
#endif
#ifdef HAVE_SQUASHFS
	{"squashfs", squashfs_scan},
#endif
	{"erofs", erofs_scan},
	{NULL, NULL},
};

/* struct tally - what came of a run */
struct tally {
	bool print;
	uint64_t entries, unread, notices;
};

static int count(void *ctx, const struct disk_entry *e)
{
	struct tally *t = ctx;

	t->entries += e->what == DISK_ENTRY;
	t->unread += e->what == DISK_UNREAD;
	t->notices += e->what == DISK_NOTICE;
	if (!t->print)
		return 0;
	printf("%" PRIu64 "\t%s\t", e->inode, e->path ? e->path : "");
	for (size_t i = 0; i < e->size; i++)
		printf("%02x", e->value[i]);
	printf("\t%d\t%s\n", e->error, e->reason ? e->reason : "");
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run(const struct kind *kind, const char *path, bool print,
	       const struct disk_options *options)
{
	struct disk disk = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
	struct tally t = {.print = print};
	off_t end = disk.fd < 0 ? -1 : lseek(disk.fd, 0, SEEK_END);
	double start;
	int status;

	if (end < 0) {
		perror(path);
		return 1;
	}
	disk.size = (uint64_t)end;
	start = now();
	status = kind->scan(&disk, options, count, &t);
	printf("%.4f s: %" PRIu64 " entries, %" PRIu64 " unread, %" PRIu64
	       " notices\n",
	       now() - start, t.entries, t.unread, t.notices);
	close(disk.fd);
	return status != 0;
}

static int usage(void)
{
	fputs("Usage: scan_image [--all] [--orphans] [--runs=N] "
	      "{ext4|squashfs|erofs} IMAGE\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct disk_options options = {0};
	const struct kind *kind = kinds;
	long runs = 1;
	int failed = 0;

	for (argv++, argc--; argc > 2; argv++, argc--) {
		if (strcmp(*argv, "--all") == 0)
			options.all = true;
		else if (strcmp(*argv, "--orphans") == 0)
			options.orphans = true;
		else if (strncmp(*argv, "--runs=", 7) == 0)
			runs = strtol(*argv + 7, NULL, 10);
		else
			return usage();
	}
	while (argc == 2 && kind->name && strcmp(kind->name, *argv) != 0)
		kind++;
	if (argc != 2 || !kind->name)
		return usage();
	for (long i = 0; i < runs; i++)
		failed |= run(kind, argv[1], i == 0, &options);
	return failed;
}
