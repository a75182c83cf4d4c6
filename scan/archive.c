/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tar archives, compressed or not, from files and standard input. */
#include "scan/closed.h"
#include "scan/image.h"
#include "scan/magic.h"
#include "scan/members.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* struct source - an open archive without its compression */
struct source {
	struct in *file, *plain;
	const struct codec *codec;
};

static void close_source(struct source *s)
{
	in_close(s->plain);
	in_close(s->file);
}

static struct in *bytes_of(const struct source *s)
{
	return s->plain ? s->plain : s->file;
}

static int lacks(struct scan *scan, const struct codec *codec)
{
	char why[120];

	snprintf(why, sizeof(why),
		 "it is compressed with %s, which this build does not read",
		 codec->name);
	return scan_tell(scan, SCAN_UNREAD, NULL, ENOTSUP, why);
}

/* 0 with an open source; 1 where it failed, and @stop is what came of it. */
static int open_source(struct scan *scan, int fd, struct source *s, int *stop)
{
	uint64_t limit = scan->options->max_size ? scan->options->max_size
						 : SCAN_MAX_SIZE;
	off_t at = lseek(fd, 0, SEEK_CUR);
	int error;

	/* Standard input may have been read from before. */
	*s = (struct source){0};
	error = in_fd(&s->file, fd, at < 0 ? 0 : (uint64_t)at, UINT64_MAX);
	if (!error)
		error = tar_decompressed(&s->plain, s->file, limit, &s->codec);
	if (!error)
		return 0;
	if (error == -ENOMEM)
		*stop = error;
	else if (error == -ENOTSUP && s->codec)
		*stop = lacks(scan, s->codec);
	else
		*stop = scan_tell(scan, SCAN_UNREAD, NULL, error,
				  in_why(s->file));
	close_source(s);
	return 1;
}

/* What the source begins with. */
static const struct magic_kind *kind_of(struct source *s)
{
	const uint8_t *data = NULL;
	ssize_t n = in_peek(bytes_of(s), IN_PEEK, &data);

	return magic_of(data, n > 0 ? (size_t)n : 0);
}

static int hints(const struct members *m)
{
	if (m->layout || m->manifest)
		return scan_tell(m->scan, SCAN_NOTICE, NULL, 0,
				 m->manifest
					 ? "it looks like the archive of an "
					   "image: docker-archive: reads its "
					   "layers"
					 : "it looks like the archive of an "
					   "image: oci-archive: reads its "
					   "layers");
	if (m->count && !m->extended)
		return scan_tell(m->scan, SCAN_NOTICE, NULL, 0,
				 "no member has an extended header: there was "
				 "no attribute to record, or what wrote the "
				 "archive records none");
	return 0;
}

static int read_tar(struct scan *scan, struct source *s)
{
	const struct magic_kind *kind = kind_of(s);
	struct members m = {
		.scan = scan,
		.in = bytes_of(s),
		.who = TAR_GNU,
	};
	int stop;

	if (kind->magic == MAGIC_CANNOT || kind->magic == MAGIC_NOT_READ)
		return scan_tell(scan, SCAN_UNREAD, NULL, ENOTSUP,
				 kind->reason);
	stop = members_scan(&m);
	return stop || m.failed ? stop : hints(&m);
}

static int read_open(struct scan *scan, int fd)
{
	struct source s;
	int stop;

	if (open_source(scan, fd, &s, &stop) != 0)
		return stop;
	stop = read_tar(scan, &s);
	close_source(&s);
	return stop;
}

int scan_tar(struct scan *scan)
{
	const char *path = scan->input->location;
	int stop, fd = STDIN_FILENO;

	if (strcmp(path, "-") != 0)
		fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return scan_tell(scan, SCAN_UNREAD, NULL, errno, NULL);
	stop = scan_closed_fd(scan, fd, read_open);
	if (fd != STDIN_FILENO)
		close(fd);
	return stop;
}

/* The archive of an image holds its layers as members. */
static int read_bare(struct scan *scan, struct say *say,
		     struct scan_image *image, struct source *s)
{
	struct members m = {
		.scan = scan,
		.in = bytes_of(s),
		.who = TAR_GNU,
	};
	int stop = members_scan(&m);

	if (stop || m.failed)
		return stop;
	if (m.manifest)
		return scan_image_archive(scan, say, OCI_DOCKER, image);
	if (m.layout)
		return scan_image_archive(scan, say, OCI_ARCHIVE, image);
	return hints(&m);
}

static int read_contents(struct scan *scan, struct say *say, void *ctx)
{
	struct scan_image *image = ctx;
	const struct magic_kind *kind;
	struct source s;
	int stop;

	if (open_source(scan, image->place.fd, &s, &stop) != 0)
		return stop;
	kind = kind_of(&s);
	if (kind->magic == MAGIC_TAR)
		stop = read_bare(scan, say, image, &s);
	else if (kind->magic == MAGIC_CANNOT || kind->magic == MAGIC_NOT_READ)
		stop = scan_tell(scan, SCAN_UNREAD, NULL, ENOTSUP,
				 kind->reason);
	else
		stop = 0;
	close_source(&s);
	return stop;
}

int scan_archive_contents(struct scan *scan, int fd)
{
	struct scan_image image;
	struct scan_work work = {
		.read = read_contents,
		.answer = scan_image_answer,
		.ctx = &image,
	};
	int stop = scan_image_found(scan, &image, fd);

	work.fd = image.place.fd;
	if (stop && stop != -ENOMEM)
		stop = scan_tell(scan, SCAN_UNREAD, NULL, stop, NULL);
	else if (!stop)
		stop = scan_closed(scan, &work);
	scan_image_end(&image);
	return stop;
}
