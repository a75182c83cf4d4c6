/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A single live file, of any type, and what is known to be in it. */
#include "scan/live.h"

#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What is in a file besides its own attribute, where that is known. */
static int read_contents(struct live *l, int fd)
{
	struct scan_record r = {.fd = fd};
	int file, error;

	r.has_stat = fstat(fd, &r.stat) == 0;
	file = scan_open(&r);
	if (file < 0)
		return 0;
	error = scan_journal(l->scan, file);
	close(file);
	return error;
}

/*
 * O_PATH opens nothing, but without /proc no attribute can be read through it:
 * then a regular file or a directory, known to be one, is opened for reading.
 */
static int open_file(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), again;
	struct stat st, now;
	uint8_t byte;
	size_t size;

	if (fd < 0 || vfscap_get_fd(fd, &byte, 0, &size) != -ENOSYS ||
	    fstat(fd, &st) != 0 ||
	    !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return fd;
	again = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (again >= 0 && fstat(again, &now) == 0 && now.st_dev == st.st_dev &&
	    now.st_ino == st.st_ino) {
		close(fd);
		return again;
	}
	if (again >= 0)
		close(again);
	return fd;
}

static int run_file(struct live *l)
{
	const char *slash = strrchr(l->path, '/');
	int error, fd;

	l->root_len = slash ? (size_t)(slash - l->path) : 0;
	if (live_left_out(l, &error))
		return error;
	fd = open_file(l->path);
	if (fd < 0)
		return live_tell(l, SCAN_UNREAD, errno, NULL);
	error = live_ask(l, scan_fs_of(fd), fd, NULL);
	if (!error && l->scan->options->contents)
		error = read_contents(l, fd);
	close(fd);
	return error;
}

int scan_file(struct scan *scan)
{
	struct live l;
	int error = live_start(&l, scan);

	if (!error)
		error = run_file(&l);
	live_finish(&l);
	return error;
}
