/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which backend reads which input. */
#include "scan/scan.h"

#include <fcntl.h>
#include <string.h>

/*
 * The kinds of the contract. Those without a function are recognised, so that
 * "tar:x" is never taken for the name of a file.
 */
const struct scan_backend scan_backends[] = {
	{"file", scan_file},
	{"tree", scan_tree},
	{"getfattr", scan_getfattr},
	{"tar", NULL},
	{"oci", NULL},
	{"oci-archive", NULL},
	{"docker-archive", NULL},
	{"rpm", NULL},
	{"ext4", NULL},
	{"squashfs", NULL},
	{"erofs", NULL},
	{"disk", NULL},
};

const size_t scan_backend_count =
	sizeof(scan_backends) / sizeof(scan_backends[0]);

static const struct scan_backend *by_kind(const char *kind, size_t len)
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
	return by_kind(arg, len);
}

static const struct scan_backend *bare_kind(const char *path)
{
	struct statx stx;

	/* Not stat(2): a file server that is left out is not to be asked. */
	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		  STATX_TYPE, &stx) == 0 &&
	    S_ISDIR(stx.stx_mode))
		return by_kind("tree", strlen("tree"));
	return by_kind("file", strlen("file"));
}

int scan_input(const char *arg, struct scan_input *input, const char **why)
{
	struct scan_input in = {.source = arg, .location = arg};

	if (strcmp(arg, "-") == 0) {
		*why = "this version reads no archives, and standard input "
		       "could be nothing else";
		return -1;
	}
	in.backend = named_kind(arg, &in.location);
	if (!in.backend) {
		in.location = arg;
		in.backend = bare_kind(arg);
	}
	if (!in.backend->run) {
		*why = "this version does not read inputs of this kind; a file "
		       "of that name is meant by ./ before it";
		return -1;
	}
	*input = in;
	return 0;
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
