/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source that reads a descriptor. */
#include "stream/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/*
 * After it was sought, little is read, and twice as much each time that reading
 * goes on from there: of an archive with large members its headers alone. Where
 * most of what was read is gone over unseen, it is half as much instead.
 */
#define AHEAD_LEAST 2048
#define MOST 8

/* Copying as much, from memory that no cache has, costs what another system
 * call does: about half a microsecond. */
#define NEAR 2048

/* What a pipe is to hold: as much as anyone may ask for. */
#define PIPE (1 << 20)

struct fd {
	struct in in;
	int fd;
	bool seeks;
	uint64_t at,
		end;	 /* where the next read begins; the end that is known */
	uint64_t sought; /* the last place that was gone to unseen */
	uint64_t size;	 /* of the file, when it was last asked */
	size_t ahead;
	const char *endless; /* it is not to be read, and why */
};

/* By their numbers, which are the same under any name. */
const char *in_endless(int fd)
{
	static const struct {
		unsigned minor;
		const char *words;
	} devices[] = {
		{5, "it is /dev/zero, a device that never ends"},
		{7, "it is /dev/full, a device that never ends"},
		{8, "it is /dev/random, a device that never ends"},
		{9, "it is /dev/urandom, a device that never ends"},
	};
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISCHR(st.st_mode) ||
	    major(st.st_rdev) != 1)
		return NULL;
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (minor(st.st_rdev) == devices[i].minor)
			return devices[i].words;
	return NULL;
}

/* What has no size here, such as files of /proc, is not sought in. */
static uint64_t size_of(int fd)
{
	struct stat st;
	off_t size = -1;

	if (fstat(fd, &st) != 0)
		return 0;
	if (S_ISREG(st.st_mode))
		size = st.st_size;
	else if (S_ISBLK(st.st_mode))
		size = lseek(fd, 0, SEEK_END);
	return size > 0 ? (uint64_t)size : 0;
}

static bool can_seek(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

static ssize_t read_once(const struct fd *f, uint8_t *to, size_t size)
{
	ssize_t n;

	do
		n = f->seeks ? pread(f->fd, to, size, (off_t)f->at)
			     : read(f->fd, to, size);
	while (n < 0 && errno == EINTR);
	return n;
}

/* A file can have become shorter since it was sought in. */
static int at_end(struct fd *f)
{
	uint64_t size;

	if (f->end != UINT64_MAX)
		return in_cut(&f->in, f->end - f->at);
	if (f->sought < f->at)
		return 0;
	size = size_of(f->fd);
	return size < f->at ? in_cut(&f->in, f->at - size) : 0;
}

static size_t next_ahead(struct fd *f)
{
	if (!f->in.used && !f->in.skipped)
		return f->ahead;
	if (f->in.skipped <= MOST * f->in.used) {
		if (f->ahead < STAGE_WINDOW)
			f->ahead *= 2;
	} else if (f->ahead > AHEAD_LEAST) {
		f->ahead /= 2;
	}
	return f->ahead;
}

static int fd_fill(struct in *in, uint8_t *to, size_t room, size_t *got)
{
	struct fd *f = (struct fd *)in;
	ssize_t n;

	if (f->endless)
		return in_fail(in, -EINVAL, "%s", f->endless);
	if (f->seeks && room > next_ahead(f))
		room = f->ahead;
	if (room > f->end - f->at)
		room = (size_t)(f->end - f->at);
	if (!room)
		return 0;
	n = read_once(f, to, room);
	if (n < 0)
		return in_fail(in, -errno, "it cannot be read: %m");
	if (n == 0)
		return at_end(f);
	f->at += (uint64_t)n;
	*got = (size_t)n;
	return 0;
}

/* What cannot be there is left to reading, which says so. */
static uint64_t fd_seek(struct in *in, uint64_t size)
{
	struct fd *f = (struct fd *)in;

	if (!f->seeks || size < NEAR || size > f->end - f->at)
		return 0;
	if (f->size < f->at || size > f->size - f->at)
		f->size = size_of(f->fd);
	if (f->size < f->at || size > f->size - f->at)
		return 0;
	f->at += size;
	f->sought = f->at;
	f->ahead = AHEAD_LEAST;
	in->used = in->skipped = 0;
	return size;
}

static const struct in_ops fd_ops = {.fill = fd_fill, .seek = fd_seek};

void stage_widen_pipe(int fd)
{
	int size = fcntl(fd, F_GETPIPE_SZ);

	/* A user who has many such pipes gets no more: then it stays. */
	if (size >= 0 && size < PIPE)
		fcntl(fd, F_SETPIPE_SZ, PIPE);
}

int in_fd(struct in **in, int fd, uint64_t offset, uint64_t size)
{
	struct fd *f = in_new(sizeof(*f), &fd_ops, NULL);

	if (!f)
		return -ENOMEM;
	f->fd = fd;
	f->endless = in_endless(fd);
	f->seeks = can_seek(fd);
	f->at = f->seeks ? offset : 0;
	f->end = size > UINT64_MAX - f->at ? UINT64_MAX : f->at + size;
	f->ahead = AHEAD_LEAST;
	stage_widen_pipe(fd);
	*in = &f->in;
	return 0;
}
