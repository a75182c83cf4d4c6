/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RPM packages: the capabilities are a text for each file in the header. */
#include "scan/closed.h"
#include "tar/tar.h"

#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <rpm/header.h>
#include <rpm/rpmfiles.h>
#include <rpm/rpmio.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmtd.h>
#include <rpm/rpmts.h>
#include <rpm/rpmutil.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* struct package - a package while it is read */
struct package {
	struct scan *scan;
	Header header;
	rpmfiles files;
	int count;
	struct rpmtd_s texts; /* one for each file, or none at all */
	struct vfscap_listing listing;
};

static int tell(struct scan *scan, int error, const char *reason)
{
	struct scan_record r = {
		.what = SCAN_UNREAD,
		.source = scan->input->source,
		.path = scan->input->location,
		.rel = ".",
		.error = error,
		.reason = reason,
		.dirfd = -1,
		.fd = -1,
	};

	return scan->fn(scan->ctx, &r);
}

/* --------------------------------- one file ------------------------------ */

/* NULL where the package says nothing of the file. */
static const char *text_of(struct package *p, int i)
{
	const char *text = NULL;

	if (rpmtdSetIndex(&p->texts, i) == i)
		text = rpmtdGetString(&p->texts);
	return text && *text ? text : NULL;
}

/* What cap_set_file(3) would store for the text. */
static int value_of(const struct package *p, const char *text, uint8_t *value,
		    size_t *size)
{
	struct vfscap_sets sets;
	struct vfscap cap;
	int error = vfscap_text_parse(text, &p->listing, &sets, NULL);

	if (!error)
		error = vfscap_from_sets(&sets, 0, &cap);
	return error ? error
		     : vfscap_encode(&cap, value, VFSCAP_SIZE_MAX, size);
}

static int hand_over(struct package *p, struct scan_record *r, const char *text)
{
	uint8_t value[VFSCAP_SIZE_MAX];
	char why[256];
	int error;

	if (!text) {
		r->error = ENODATA;
		return p->scan->fn(p->scan->ctx, r);
	}
	error = value_of(p, text, value, &r->size);
	if (error) {
		/* It may be as long as a header can be. */
		snprintf(why, sizeof(why), "'%.100s%s': %s", text,
			 strlen(text) > 100 ? "..." : "",
			 vfscap_strerror(error));
		r->error = EBADMSG;
		r->reason = why;
	} else {
		r->value = value;
	}
	return p->scan->fn(p->scan->ctx, r);
}

static int read_file(struct package *p, int i)
{
	const char *text = text_of(p, i);
	struct scan_record r = {
		.source = p->scan->input->source,
		.view = SCAN_STORED,
		.packed = true,
		.fixed = true,
		.has_stat = true,
		.dirfd = -1,
		.fd = -1,
	};
	char *path, *rel;
	int error = -ENOMEM;

	p->scan->totals->entries++;
	if (!text && !p->scan->options->all)
		return 0;
	/* Owners are names there. */
	r.stat.st_mode = rpmfilesFMode(p->files, i);
	r.stat.st_uid = (uid_t)-1;
	r.stat.st_gid = (gid_t)-1;
	path = rpmfilesFN(p->files, i);
	rel = path ? malloc(strlen(path) + 2) : NULL;
	if (rel) {
		r.path = path;
		r.leads_out = tar_rel(path, rel);
		r.rel = rel;
		error = hand_over(p, &r, text);
	}
	free(path);
	free(rel);
	return error;
}

/* ------------------------------- the package ----------------------------- */

/* Neither signatures nor digests: then librpm looks for no keys, and opens no
 * database. */
static rpmRC read_header(int fd, Header *header)
{
	int mask = rpmlogSetMask(RPMLOG_MASK(RPMLOG_EMERG));
	rpmts ts = rpmtsCreate();
	FD_t in = fdDup(fd);
	rpmRC rc = RPMRC_FAIL;

	*header = NULL;
	if (ts && in) {
		rpmtsSetVSFlags(ts, _RPMVSF_NOSIGNATURES | _RPMVSF_NODIGESTS);
		rc = rpmReadPackageFile(ts, in, NULL, header);
	}
	if (in)
		Fclose(in);
	rpmtsFree(ts);
	rpmlogSetMask(mask);
	return rc;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* Where the main header begins: behind the lead and the signature, of which
 * librpm has made sure. */
static uint64_t header_start(int fd)
{
	uint8_t intro[16];
	uint64_t end;

	if (pread(fd, intro, sizeof(intro), 96) != sizeof(intro))
		return 0;
	end = 96 + 16 + 16 * (uint64_t)be32(intro + 8) + be32(intro + 12);
	return (end + 7) / 8 * 8;
}

/* All that matters here is in the header, but a package whose payload is not
 * whole is not the package that it was. */
static bool is_whole(int fd, Header header)
{
	uint64_t start = header_start(fd), size = 0;
	struct rpmtd_s td;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	if (headerGet(header, RPMTAG_LONGSIGSIZE, &td, HEADERGET_EXT)) {
		size = rpmtdGetNumber(&td);
		rpmtdFreeData(&td);
	}
	if (!size) /* then at least something has to follow the header */
		return st.st_size > lseek(fd, 0, SEEK_CUR);
	return (uint64_t)st.st_size >= start &&
	       (uint64_t)st.st_size - start >= size;
}

/* The texts must be as many as the files: which is whose would not be known. */
static bool find_texts(struct package *p)
{
	if (!headerGet(p->header, RPMTAG_FILECAPS, &p->texts, HEADERGET_MINMEM))
		return true;
	return rpmtdType(&p->texts) == RPM_STRING_ARRAY_TYPE &&
	       rpmtdCount(&p->texts) == (rpm_count_t)p->count;
}

static int read_files(struct package *p)
{
	int stop = 0;

	vfscap_listing_builtin(&p->listing);
	p->files = rpmfilesNew(NULL, p->header, 0,
			       RPMFI_NOFILEDIGESTS | RPMFI_NOFILESIGNATURES |
				       RPMFI_NOVERITYSIGNATURES |
				       RPMFI_NOFILEDEPS);
	if (!p->files)
		return tell(p->scan, EBADMSG,
			    "the package's list of files is damaged");
	p->count = (int)rpmfilesFC(p->files);
	rpmtdReset(&p->texts);
	if (!find_texts(p))
		stop = tell(p->scan, EBADMSG,
			    "the package does not have capabilities for as "
			    "many files as it has");
	else
		for (int i = 0; i < p->count && !stop; i++)
			stop = read_file(p, i);
	rpmtdFreeData(&p->texts);
	rpmfilesFree(p->files);
	return stop;
}

static int read_package(struct scan *scan, int fd, Header header)
{
	struct package p = {.scan = scan, .header = header};
	int stop;

	if (headerIsSource(header))
		return tell(scan, EBADMSG,
			    "a source package: it has none of the files that "
			    "are installed; build it and scan what comes of "
			    "it");
	stop = read_files(&p);
	if (!stop && !is_whole(fd, header))
		stop = tell(scan, EBADMSG,
			    "the package is cut off: its payload is not "
			    "whole");
	return stop;
}

static int read_contents(struct scan *scan, int fd)
{
	Header header;
	rpmRC rc = read_header(fd, &header);
	int stop;

	if (!header)
		return tell(scan, EBADMSG,
			    rc == RPMRC_NOTFOUND
				    ? "not an RPM package"
				    : "an RPM package whose headers are "
				      "damaged or cut off");
	stop = read_package(scan, fd, header);
	headerFree(header);
	return stop;
}

static jmp_buf no_memory;

static void *give_up(size_t size, void *data)
{
	(void)size;
	(void)data;
	longjmp(no_memory, 1);
}

/* Without memory librpm would exit, with status 1. What it holds is lost when it
 * is left, its locks too: so it is not called any more. */
static int read_open(struct scan *scan, int fd)
{
	static bool left;

	if (left || setjmp(no_memory)) {
		left = true;
		return -ENOMEM;
	}
	rpmSetMemFail(give_up, NULL);
	return read_contents(scan, fd);
}

int scan_rpm_contents(struct scan *scan, int fd)
{
	return scan_closed_fd(scan, fd, read_open);
}

/* A descriptor, or a negated errno: the file's own, a link is followed. */
static int open_package(const char *path)
{
	struct scan_record r = {.fd = open(path, O_PATH | O_CLOEXEC)};
	int fd;

	if (r.fd < 0)
		return -errno;
	r.has_stat = fstat(r.fd, &r.stat) == 0;
	fd = scan_open(&r);
	close(r.fd);
	return fd;
}

int scan_rpm(struct scan *scan)
{
	int fd, stop;

	if (strcmp(scan->input->location, "-") == 0)
		return tell(scan, EOPNOTSUPP,
			    "a package is not read from standard input; name "
			    "a file");
	fd = open_package(scan->input->location);
	if (fd < 0)
		return tell(scan, -fd,
			    fd == -EINVAL ? "not a regular file" : NULL);
	stop = scan_rpm_contents(scan, fd);
	close(fd);
	return stop;
}
