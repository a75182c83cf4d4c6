/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump of getfattr(1) as an input: what it says is taken as stored. */
#include "scan/closed.h"
#include "scan/dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By path, and in the order of the dump. */
static int by_path(const void *a, const void *b)
{
	const struct dump_entry *const *x = a, *const *y = b;
	int order = strcmp((*x)->rel, (*y)->rel);

	return order ? order : (*x > *y) - (*x < *y);
}

static bool differ(const struct dump_entry *a, const struct dump_entry *b)
{
	return strcmp(a->rel, b->rel) == 0 &&
	       (a->size != b->size || memcmp(a->value, b->value, a->size) != 0);
}

/* Which entries give their path another value than the one before; NULL where
 * memory is lacking. */
static bool *find_again(const struct dump *dump)
{
	const struct dump_entry **sorted =
		calloc(dump->count + 1, sizeof(*sorted));
	bool *again = calloc(dump->count + 1, sizeof(*again));

	for (size_t i = 0; sorted && i < dump->count; i++)
		sorted[i] = &dump->entry[i];
	if (sorted && again) {
		qsort(sorted, dump->count, sizeof(*sorted), by_path);
		for (size_t i = 1; i < dump->count; i++)
			again[sorted[i] - dump->entry] =
				differ(sorted[i - 1], sorted[i]);
	} else {
		free(again);
		again = NULL;
	}
	free(sorted);
	return again;
}

static int tell_fault(struct scan *scan, const struct dump_fault *fault)
{
	struct scan_record r = {
		.what = SCAN_UNREAD,
		.source = scan->input->source,
		.path = scan->input->location,
		.rel = ".",
		.error = fault->error ? fault->error : EBADMSG,
		.reason = fault->why,
		.line = fault->line,
		.dirfd = -1,
		.fd = -1,
	};

	return scan->fn(scan->ctx, &r);
}

static int tell_entry(struct scan *scan, const struct dump_entry *e, bool again)
{
	struct scan_record r = {
		.source = scan->input->source,
		.path = e->path,
		.rel = e->rel,
		.view = SCAN_STORED,
		.value = e->value,
		.size = e->size,
		.again = again,
		.dirfd = -1,
		.fd = -1,
	};

	scan->totals->entries++;
	return scan->fn(scan->ctx, &r);
}

static int read_open(struct scan *scan, int fd)
{
	struct vfscap_listing listing;
	struct dump_fault fault;
	struct dump dump;
	bool *again;
	int stop = 0;

	vfscap_listing_builtin(&listing);
	if (dump_read_fd(fd, DUMP_GETFATTR, &listing, &dump, &fault))
		return tell_fault(scan, &fault);
	again = find_again(&dump);
	if (!again)
		stop = -ENOMEM;
	for (size_t i = 0; i < dump.count && !stop; i++)
		stop = tell_entry(scan, &dump.entry[i], again[i]);
	free(again);
	dump_free(&dump);
	return stop;
}

int scan_getfattr(struct scan *scan)
{
	struct dump_fault fault;
	int stop, fd = dump_open(scan->input->location, &fault);

	if (fd < 0)
		return tell_fault(scan, &fault);
	stop = scan_closed_fd(scan, fd, read_open);
	if (fd != STDIN_FILENO)
		close(fd);
	return stop;
}
