/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A single live file, of any type, and what is known to be in it. */
#include "scan/live.h"
#include "scan/magic.h"

#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The beginning of a file: how much there is of it, or a negated errno. */
static ssize_t read_window(int fd, uint8_t *data)
{
	size_t size = 0;
	ssize_t n = 1;

	while (size < MAGIC_WINDOW && n > 0) {
		n = pread(fd, data + size, MAGIC_WINDOW - size, (off_t)size);
		if (n < 0)
			return -errno;
		size += (size_t)n;
	}
	return (ssize_t)size;
}

static int read_as(struct live *l, const char *kind, int fd)
{
	const struct scan_backend *backend = scan_kind(kind, strlen(kind));

	if (!backend->contents)
		return live_tell(l, SCAN_UNREAD, EOPNOTSUPP, backend->lacks);
	return backend->contents(l->scan, fd);
}

static int read_kind(struct live *l, const struct magic_kind *kind, int fd)
{
	switch (kind->magic) {
	case MAGIC_NONE:
		break;
	case MAGIC_TAR:
	case MAGIC_COMPRESSED:
		return scan_archive_contents(l->scan, fd);
	case MAGIC_RPM:
	case MAGIC_DISK:
		return read_as(l, kind->kind, fd);
	case MAGIC_JOURNAL:
		return scan_journal(l->scan, fd);
	case MAGIC_CANNOT:
	case MAGIC_NOT_READ:
		return live_tell(l, SCAN_UNREAD, EOPNOTSUPP, kind->reason);
	}
	return 0;
}

static int read_by_magic(struct live *l, int file)
{
	uint8_t *data = malloc(MAGIC_WINDOW);
	ssize_t size = data ? read_window(file, data) : -ENOMEM;
	int error;

	if (!data)
		error = -ENOMEM;
	else if (size < 0)
		error = live_tell(l, SCAN_UNREAD, (int)-size,
				  "its contents were to be read too");
	else
		error = read_kind(l, magic_of(data, (size_t)size), file);
	free(data);
	return error;
}

/* A block device is opened only where it is what the user names. */
static int open_device(int fd, const struct stat *seen)
{
	char path[sizeof("/proc/thread-self/fd/") + 3 * sizeof(int)];
	struct stat now;
	int file;

	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	if (fstat(file, &now) == 0 && S_ISBLK(now.st_mode) &&
	    now.st_rdev == seen->st_rdev)
		return file;
	close(file);
	return -ESTALE;
}

/* Most programs can be executed by more users than can read them; and links,
 * directories and the like have no contents. */
static bool is_shut(int error)
{
	return error == -EACCES || error == -EINVAL;
}

/* What is in a file besides its own attribute, where that is known. */
static int read_contents(struct live *l, int fd)
{
	const struct scan_options *o = l->scan->options;
	struct scan_record r = {.fd = fd};
	bool device;
	int file, error;

	r.has_stat = fstat(fd, &r.stat) == 0;
	if (!r.has_stat)
		return live_tell(l, SCAN_UNREAD, errno, NULL);
	device = S_ISBLK(r.stat.st_mode);
	file = device ? open_device(fd, &r.stat) : scan_open(&r);
	if (file < 0 && (device || !is_shut(file)))
		return live_tell(l, SCAN_UNREAD, -file,
				 device ? "the device cannot be opened"
				 : file == -ENOSYS ? scan_open_why(file)
						   : "its contents were to be "
						     "read too");
	if (file < 0)
		return 0;
	/* What begins elsewhere does not show at the beginning; and who asks
	 * for something of an image is told where there is none. */
	error = o->offset || o->partition || o->orphans
			? scan_disk_contents(l->scan, file)
			: read_by_magic(l, file);
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

/* A bare path was looked at before, to tell the two apart; that may have failed.
 * Of a directory its own attribute is not what was asked for. */
static bool is_tree(const struct live *l, int fd)
{
	const struct scan_input *input = l->scan->input;
	struct stat st;

	return input->location == input->source && fstat(fd, &st) == 0 &&
	       S_ISDIR(st.st_mode);
}

static int ask_file(struct live *l, int fd)
{
	const struct scan_fs *fs = scan_fs_of(fd);
	int error;

	if (is_tree(l, fd))
		return live_tell(l, SCAN_UNREAD, ESTALE,
				 "it is a directory, and was none when it was "
				 "looked at; run again");
	error = live_ask(l, fs, fd, NULL);
	/* Reading what is in /proc or /sys can have effects. */
	if (!error && l->scan->options->contents && !fs->barren)
		error = read_contents(l, fd);
	return error;
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
	error = ask_file(l, fd);
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
