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

	/** @require: see struct closed */
	bool require;

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

#endif /* DISK_INSIDE_H */
