/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readers and the writer in a process that has nothing but the disk.
 *
 * What it hands over is checked: that process may have been taken over by what it
 * reads.
 */
#ifndef DISK_INSIDE_H
#define DISK_INSIDE_H

#include "disk/disk.h"
#include "jail/closed.h"

/** struct inside_out - to where work hands over what it finds */
struct inside_out {
	disk_fn *entry; /* called with @ctx */
	disk_block_fn *block;
	void *ctx;
};

/** struct inside - one piece of work */
struct inside {
	/** @fd: the one descriptor that the work has */
	int fd;

	struct closed_how how;

	/**
	 * @work: what is done inside; it sees memory as it was when it began,
	 * and what it changes is lost
	 * Return: 0, what @out's functions returned, or a negated errno and @why.
	 */
	int (*work)(void *work_ctx, const struct inside_out *out,
		    char why[DISK_WHY_SIZE]);
	void *work_ctx;

	/** @entry, @block: called outside for what is handed over; either may
	 *  be NULL where the work has none. Anything but 0 ends the work */
	disk_fn *entry;
	disk_block_fn *block;
	void *ctx;
};

/**
 * inside_run() - have it done
 * @why: on failure a sentence
 *
 * Return: 0; what @entry or @block returned; what the work returned, or another
 * negated errno where its process could not be begun or ended badly, with @why.
 */
int inside_run(const struct inside *inside, char why[DISK_WHY_SIZE]);

/* -------------------------------- messages -------------------------------- */

/** enum inside_kind - of messages that work says */
enum inside_kind { INSIDE_ENTRY, INSIDE_BLOCK };

/** inside_pack_entry() - all of it; a value is cut at DISK_VALUE_MAX */
void inside_pack_entry(struct pack *pack, const struct disk_entry *entry);

/** inside_pack_block() - what disk_block_fn is called with */
void inside_pack_block(struct pack *pack, uint64_t at, const uint8_t *old,
		       const uint8_t *new, size_t size);

/**
 * inside_take() - hand one over to the function of @inside that is for its kind
 * Return: what that returned; -EPROTO where it is none that could have been
 * packed, which is all that the message decides: whether an entry is asked for,
 * and where a block lies, is for the function to judge.
 */
int inside_take(const struct inside *inside, unsigned kind,
		struct unpack *message);

#endif /* DISK_INSIDE_H */
