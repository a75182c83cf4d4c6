/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads an EROFS file system from its superblock on. */
#include "disk/erofs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int erofs_fail(struct erofs *fs, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fs->why, sizeof(fs->why), format, args);
	va_end(args);
	return error;
}

int erofs_tell(struct erofs *fs, enum disk_what what, int error, bool whole)
{
	struct disk_entry entry = {
		.what = what,
		.path = whole	       ? NULL
			: fs->path_len ? fs->path
				       : ".",
		.error = error,
		.reason = fs->why,
	};

	return fs->fn(fs->ctx, &entry);
}

/* The superblock may say what is not so, and the rest be as it was. */
static int tell_checksum(struct erofs *fs)
{
	if (!fs->checksum_wrong)
		return 0;
	erofs_fail(fs, 0,
		   "the checksum of the superblock is wrong; what follows was "
		   "read nevertheless");
	return erofs_tell(fs, DISK_UNREAD, EBADMSG, true);
}

/* Inodes are anywhere: what was asked for cannot be had, which is not none. */
static int tell_nameless(struct erofs *fs)
{
	if (!fs->options->orphans)
		return 0;
	erofs_fail(fs, 0,
		   "inodes without a name cannot be found: EROFS has no list "
		   "of its inodes");
	return erofs_tell(fs, DISK_UNREAD, ENOTSUP, true);
}

static int scan(struct erofs *fs)
{
	int error = erofs_super(fs);
	int stop;

	if (error)
		return erofs_tell(fs, DISK_UNREAD, -error, true);
	stop = tell_checksum(fs);
	if (stop)
		return stop;
	error = erofs_prefixes(fs);
	stop = error ? erofs_tell(fs, DISK_UNREAD, -error, true) : 0;
	if (!stop)
		stop = erofs_walk(fs);
	return stop ? stop : tell_nameless(fs);
}

int erofs_scan(const struct disk *disk, const struct disk_options *options,
	       disk_fn *fn, void *ctx)
{
	struct erofs *fs = calloc(1, sizeof(*fs));
	int result = -ENOMEM;

	if (!fs)
		return -ENOMEM;
	fs->disk = disk;
	fs->options = options;
	fs->fn = fn;
	fs->ctx = ctx;
	/* What is not written to costs no memory. */
	fs->path = malloc(DISK_PATH_MAX);
	if (fs->path)
		result = scan(fs);
	free(fs->path);
	erofs_forget(fs);
	free(fs);
	return result;
}
