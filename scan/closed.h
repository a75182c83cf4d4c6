/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * closed: what is untrusted is read by a process that has closed itself, and
 * comes from there as records.
 */
#ifndef SCAN_CLOSED_H
#define SCAN_CLOSED_H

#include "jail/closed.h"
#include "scan/scan.h"
#include "tar/tar.h"

/** struct scan_work - an input that is open, and how it is read */
struct scan_work {
	int fd; /* or -1 */

	/**
	 * @read: hands records to the function of @scan
	 * @say: to ask for what is not open yet; NULL: it is not closed, and
	 * may open it itself
	 * Return: 0, what that function returned, or -ENOMEM.
	 */
	int (*read)(struct scan *scan, struct say *say, void *ctx);

	/** @answer: as in struct closed, or NULL */
	void (*answer)(void *ctx, struct unpack *question,
		       struct closed_answer *answer, int *fd);
	void *ctx;
};

/**
 * scan_closed() - have it read, as the options say: by a process of its own, or
 * by this one
 *
 * Return: 0, what the scan's function returned, or -ENOMEM. That the process
 * could not be closed, or went wrong, is a record.
 */
int scan_closed(struct scan *scan, const struct scan_work *work);

/** scan_closed_fd() - of what is one open file */
int scan_closed_fd(struct scan *scan, int fd,
		   int (*read)(struct scan *scan, int fd));

/** scan_closed_run() - closed_run() of whatever may parse JSON, whose tables are
 *  hashed with random bytes that it would find no file of inside */
int scan_closed_run(const struct closed *closed, char why[CLOSED_WHY_SIZE]);

/* --------------------------------- records -------------------------------- */

/** scan_record_pack() - all of it but what makes a live entry */
void scan_record_pack(struct pack *pack, const struct scan_record *record);

/** struct scan_unpacked - a record, and what it refers to; begin with zero */
struct scan_unpacked {
	struct scan_record record;
	struct tar_member member;
	struct tar_copy *copy; /* free(3) it in the end */
	size_t room;
};

/** scan_record_unpack() - 0; -EPROTO where it is none that could have been
 *  packed, or -ENOMEM. Its texts are those of the message; the source is not in
 *  it */
int scan_record_unpack(struct unpack *unpack, struct scan_unpacked *to);

#endif /* SCAN_CLOSED_H */
