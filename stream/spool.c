/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files without a name. */
#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Where the file system knows no O_TMPFILE: it has a name for a moment. */
static int unlinked(const char *dir)
{
	char *path;
	int fd, error;

	if (asprintf(&path, "%s/.vfscap.XXXXXX", dir) < 0)
		return -ENOMEM;
	fd = mkostemp(path, O_CLOEXEC);
	error = fd < 0 ? -errno : 0;
	if (fd >= 0)
		unlink(path);
	free(path);
	return error ? error : fd;
}

int spool_open(const char *dir)
{
	int fd;

	if (!dir)
		dir = secure_getenv("TMPDIR");
	if (!dir || !*dir)
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	return errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL
		       ? unlinked(dir)
		       : -errno;
}
