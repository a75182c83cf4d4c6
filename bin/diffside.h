/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One side of a comparison: what an input has, by the paths below its root.
 */
#ifndef DIFFSIDE_H
#define DIFFSIDE_H

#include "bin/tool.h"

/** enum item_state - what is known of a path */
enum item_state {
	ITEM_VALUE,  /* it has the attribute: @record */
	ITEM_GONE,   /* a later entry took its place, which has none */
	ITEM_UNREAD, /* its value could not be read */
};

/** struct side_item - a path of which something is known */
struct side_item {
	/** @key: what it is found by: the path below the root; "" for the file
	 *  itself where two files are compared whatever their names are */
	const char *key;
	enum item_state state;
	size_t order; /* in which it came */
	struct scan_record *record;
};

/** struct side - an input and what is in it */
struct side {
	const char *arg;
	struct scan_input input;
	struct tool *tool;

	/** @pair: both sides are single files */
	bool pair;

	/** @item: in the order of the keys' bytes, each there once, after
	 *  side_read() */
	struct side_item *item;
	size_t count, room;

	/** @gap: below these paths nothing is known; sorted */
	char **gap;
	size_t gaps, gap_room;
	bool unknown; /* or nowhere is all known */

	/** @kept: bytes of what is in an archive or image */
	size_t kept;

	/** @rel: of a single file, its own; NULL where it is not known */
	char *rel;

	/** @visible_said: that it has no stored bytes */
	bool visible_said;

	/** @partition: of a partitioned disk, the one that is compared: the
	 *  first that has the attribute; @partitions_said: that there are more */
	unsigned partition;
	bool partitions_said;
};

/**
 * side_read() - read the input, say what could not be read, sort
 * @side: with @arg, @input, @tool and @pair set, else zero
 */
void side_read(struct side *side, const struct scan_options *options,
	       struct scan_totals *totals);

/** side_lacks() - is it known that there is nothing at a path that no item is
 *  of? */
bool side_lacks(const struct side *side, const char *key);

void side_free(struct side *side);

#endif /* DIFFSIDE_H */
