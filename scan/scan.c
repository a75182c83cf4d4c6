/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which backend reads which input. */
#include "scan/scan.h"

#include "oci/oci.h"

#include <fcntl.h>
#include <string.h>

#define WITHOUT(kind, library) \
	.lacks = "this build reads no " kind ": it was made without " library

#ifdef HAVE_RPM
#define RPM .run = scan_rpm, .contents = scan_rpm_contents
#else
#define RPM WITHOUT("RPM packages", "librpm")
#endif

#ifdef HAVE_EXT4
#define EXT4 .run = scan_ext4, .contents = scan_disk_contents
#else
#define EXT4 WITHOUT("ext2, ext3 and ext4 images", "libext2fs")
#endif

#ifdef HAVE_SQUASHFS
#define SQUASHFS .run = scan_squashfs, .contents = scan_disk_contents
#else
#define SQUASHFS WITHOUT("squashfs images", "libsquashfs")
#endif

#ifdef HAVE_BLKID
#define DISK .run = scan_disk, .contents = scan_disk_contents
#else
#define DISK WITHOUT("partition tables", "libblkid")
#endif

/*
 * The kinds of the contract. Those that a build lacks the library for are
 * recognised, so that "tar:x" is never taken for the name of a file.
 */
const struct scan_backend scan_backends[] = {
	{.kind = "file", .run = scan_file},
	{.kind = "tree", .run = scan_tree},
	{.kind = "getfattr", .run = scan_getfattr},
	{.kind = "tar", .run = scan_tar},
	{.kind = "oci", .run = scan_oci},
	{.kind = "oci-archive", .run = scan_oci_archive},
	{.kind = "docker-archive", .run = scan_docker_archive},
	{.kind = "rpm", RPM},
	{.kind = "ext4", EXT4},
	{.kind = "squashfs", SQUASHFS},
	{.kind = "erofs", .run = scan_erofs, .contents = scan_disk_contents},
	{.kind = "disk", DISK},
};

const size_t scan_backend_count =
	sizeof(scan_backends) / sizeof(scan_backends[0]);

const struct scan_backend *scan_kind(const char *kind, size_t len)
{
	for (size_t i = 0; i < scan_backend_count; i++)
		if (strlen(scan_backends[i].kind) == len &&
		    memcmp(scan_backends[i].kind, kind, len) == 0)
			return &scan_backends[i];
	return NULL;
}

/* A word before a colon is a kind only before the first '/', and only if it is
 * one: "a:b" and "./tar:x" are files. */
static const struct scan_backend *named_kind(const char *arg,
					     const char **location)
{
	size_t len = strcspn(arg, ":/");

	if (arg[len] != ':')
		return NULL;
	*location = arg + len + 1;
	return scan_kind(arg, len);
}

static const struct scan_backend *bare_kind(const char *path)
{
	struct statx stx;

	/* Not stat(2): a file server that is left out is not to be asked. */
	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		  STATX_TYPE, &stx) == 0 &&
	    S_ISDIR(stx.stx_mode))
		return scan_kind("tree", strlen("tree"));
	return scan_kind("file", strlen("file"));
}

int scan_input(const char *arg, struct scan_input *input, const char **why)
{
	struct scan_input in = {.source = arg, .location = arg};

	in.backend = strcmp(arg, "-") == 0 ? scan_kind("tar", strlen("tar"))
					   : named_kind(arg, &in.location);
	if (!in.backend) {
		in.location = arg;
		in.backend = bare_kind(arg);
	}
	if (!in.backend->run) {
		*why = in.backend->lacks;
		return -1;
	}
	*input = in;
	return 0;
}

bool scan_is_archive(const struct scan_input *input)
{
	int (*run)(struct scan * scan) = input->backend->run;

	return run == scan_tar || run == scan_oci || run == scan_oci_archive ||
	       run == scan_docker_archive;
}

char *scan_place(const char *arg)
{
	struct scan_input input;
	const char *why;

	if (scan_input(arg, &input, &why))
		return strdup(arg);
	if (scan_is_archive(&input) && input.backend->run != scan_tar)
		return oci_location(input.location);
	return strdup(input.location);
}

bool scan_is_disk(const struct scan_input *input)
{
	int (*run)(struct scan * scan) = input->backend->run;

	return run == scan_ext4 || run == scan_squashfs || run == scan_erofs ||
	       run == scan_disk;
}

int scan_run(const struct scan_input *input, const struct scan_options *options,
	     struct scan_totals *totals, scan_fn *fn, void *ctx)
{
	struct scan scan = {
		.input = input,
		.options = options,
		.totals = totals,
		.fn = fn,
		.ctx = ctx,
	};

	return input->backend->run(&scan);
}

int scan_tell(struct scan *scan, enum scan_what what, const char *layer,
	      int error, const char *reason)
{
	struct scan_record r = {
		.what = what,
		.source = scan->input->source,
		.path = scan->input->location,
		.rel = ".",
		.layer = layer,
		.error = error < 0 ? -error : error,
		.reason = reason,
		.dirfd = -1,
		.fd = -1,
	};

	return scan->fn(scan->ctx, &r);
}
