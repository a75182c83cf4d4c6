/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A journal of fcapconvert as an input: the values that were there before. */
#include "change/journal.h"
#include "scan/closed.h"

#include <errno.h>

static int hand_over(struct scan *scan, const struct journal_entry *e)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	struct scan_record r = {
		.source = scan->input->source,
		.path = e->path,
		.rel = e->path + 1,
		.view = SCAN_STORED,
		.dirfd = -1,
		.fd = -1,
	};

	if (e->old.have == CHANGE_VALUE)
		r.error = vfscap_encode(&e->old.cap, bytes, sizeof(bytes),
					&r.size)
				  ? EBADMSG
				  : 0;
	else
		r.error = e->old.have == CHANGE_NONE ? ENODATA : EINVAL;
	if (!r.error)
		r.value = bytes;
	scan->totals->entries++;
	if (r.error == ENODATA && !scan->options->all)
		return 0;
	return scan->fn(scan->ctx, &r);
}

static int read_open(struct scan *scan, int fd)
{
	const struct closed_how by_this = {.sandbox = SANDBOX_NO};
	char why[JOURNAL_WHY_SIZE];
	struct journal journal;
	int stop = 0;

	if (journal_load_fd(&journal, fd, &by_this, why)) {
		struct scan_record r = {
			.what = SCAN_UNREAD,
			.source = scan->input->source,
			.path = scan->input->location,
			.rel = ".",
			.error = EBADMSG,
			.reason = why,
			.dirfd = -1,
			.fd = -1,
		};

		return scan->fn(scan->ctx, &r);
	}
	for (size_t i = 0; i < journal.count && !stop; i++)
		stop = hand_over(scan, journal.entry[i]);
	journal_close(&journal);
	return stop;
}

int scan_journal(struct scan *scan, int fd)
{
	return scan_closed_fd(scan, fd, read_open);
}
