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

	/** @take: called outside for what @read says itself, of kinds from
	 *  SCAN_OWN_KIND on; as in struct closed, or NULL */
	int (*take)(void *ctx, unsigned kind, struct unpack *message);

	/** @hold, @wait: as in struct closed, or zero */
	size_t hold;
	void (*wait)(void *ctx, int fd);
	void *ctx;
};

/** SCAN_OWN_KIND - messages of smaller kinds are records and the like */
#define SCAN_OWN_KIND 8

/**
 * scan_closed() - have it read, as the options say: by a process of its own, or
 * by this one
 *
 * Return: 0, what the scan's function returned, or -ENOMEM. That the process
 * could not be closed, or went wrong, is a record.
 */
int scan_closed(struct scan *scan, const struct scan_work *work);

/**
 * scan_closed_start(), scan_closed_hear() - the same in two steps, for several
 * processes at once: see closed_start() and closed_hear(). Where nothing is to
 * be closed, it is a process of its own all the same.
 * @layer: what a record is about that says that it went wrong
 */
int scan_closed_start(struct scan *scan, const struct scan_work *work,
		      struct jail *jail);
int scan_closed_hear(struct scan *scan, const struct scan_work *work,
		     const char *layer, int fd, closed_end *end, void *end_ctx);

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
