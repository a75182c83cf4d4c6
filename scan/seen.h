/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paths that an archive has had so far: which come again, and what the
 * targets of its hard links hold. Memory is bounded, whatever the archive is.
 */
#ifndef SCAN_SEEN_H
#define SCAN_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** SEEN_PATHS - how many paths are remembered at most; SEEN_VALUES - how many
 *  bytes of paths with values, and of those, the allocator's part included. With
 *  what decompressing may take, the process stays below 64 MiB */
#define SEEN_PATHS (3 << 18)
#define SEEN_VALUES (4 << 20)

struct seen;

/** struct seen_value - a path with the attribute */
struct seen_value {
	const uint8_t *value;
	uint32_t size; /* no record of an archive is as large as that; there
			* may be many of these */
	bool script;   /* as in a record */
};

struct seen *seen_new(void);
void seen_free(struct seen *seen);

/**
 * seen_add() - an entry comes
 * @rel: its path from tar_rel()
 * @value: its value, or NULL
 * @again: was there an earlier one of this path, and has one of both a value?
 *
 * Return: 0 or -ENOMEM.
 */
int seen_add(struct seen *seen, const char *rel, const struct seen_value *value,
	     bool *again);

/** seen_find() - the value that a path has so far, or NULL; valid until the next
 *  entry comes */
const struct seen_value *seen_find(const struct seen *seen, const char *rel);

/** seen_full() - did more paths come than are remembered? */
bool seen_full(const struct seen *seen);

#endif /* SCAN_SEEN_H */
