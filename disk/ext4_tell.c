/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an ext file system has to say: entries, errors, notices. */
#include "disk/ext4.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int ext_why(struct ext *ext, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ext->why, sizeof(ext->why), format, args);
	va_end(args);
	return error;
}

int ext_unread(struct ext *ext, const char *path, uint32_t inode, int error,
	       const char *format, ...)
{
	char reason[EXT_WHY_SIZE];
	struct disk_entry entry = {
		.what = DISK_UNREAD,
		.path = path,
		.error = error,
		.reason = reason,
		.inode = inode,
	};
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return ext->fn(ext->ctx, &entry);
}

int ext_notice(struct ext *ext, const char *format, ...)
{
	char reason[EXT_WHY_SIZE];
	struct disk_entry entry = {.what = DISK_NOTICE, .reason = reason};
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return ext->fn(ext->ctx, &entry);
}

/* --------------------------------- an entry ------------------------------- */

static int fill_entry(struct ext *ext, const struct ext_node *node, int error,
		      struct disk_entry *entry)
{
	entry->inode = node->number;
	entry->generation = node->generation;
	entry->mode = node->mode;
	entry->uid = node->uid;
	entry->gid = node->gid;
	entry->links = node->links;
	if (!error && !node->mode)
		error = ext_why(ext, -EBADMSG,
				"inode %u: it has a name and is not in use",
				node->number);
	if (!error)
		error = ext_value(ext, node, &entry->value, &entry->size);
	entry->error = -error;
	if (error) {
		entry->value = NULL;
		entry->size = 0;
	}
	if (error == -ENODATA)
		ext_why(ext, 0, "inode %u: it does not have the attribute",
			node->number);
	entry->reason = error ? ext->why : NULL;
	return error;
}

int ext_hand_over(struct ext *ext, const char *path, uint32_t number,
		  bool always)
{
	struct disk_entry entry = {.path = path};
	struct ext_node node;
	int error = ext_inode_read(ext, EXT_ENTRY, number, &node);

	error = fill_entry(ext, &node, error, &entry);
	if (error == -ENOMEM)
		return error;
	if (!error)
		entry.script = ext_script(ext, &node);
	if (!path && node.raw)
		entry.deleted = ext_inode_freed(ext, &node);
	return error == -ENODATA && !always ? 0 : ext->fn(ext->ctx, &entry);
}

/* ------------------------------ without a name ---------------------------- */

struct unnamed {
	uint64_t count, deleted;
};

/* An error of one in use is told, whatever options say: it may have a value. */
static int tell_unnamed(struct ext *ext, uint32_t number, struct unnamed *sum)
{
	struct disk_entry entry = {.path = NULL};
	struct ext_node node;
	int error;

	/* The table that could not be read was told of. */
	if (!ext_inode_there(ext, number))
		return 0;
	error = ext_inode_read(ext, EXT_ENTRY, number, &node);
	if (!node.raw)
		return 0;
	error = fill_entry(ext, &node, error, &entry);
	if (error == -ENODATA || error == -ENOMEM)
		return error == -ENOMEM ? error : 0;
	entry.deleted = ext_inode_freed(ext, &node);
	if (error && entry.deleted)
		return 0;
	if (error || ext->options->orphans)
		return ext->fn(ext->ctx, &entry);
	sum->count++;
	sum->deleted += entry.deleted;
	return 0;
}

static int tell_sum(struct ext *ext, const struct unnamed *sum)
{
	char deleted[48] = "";

	if (!sum->count)
		return 0;
	if (sum->deleted)
		snprintf(deleted, sizeof(deleted), ", %llu of them deleted",
			 (unsigned long long)sum->deleted);
	return ext_notice(ext,
			  "%llu inode%s with the attribute %s no name%s; "
			  "--orphans shows %s",
			  (unsigned long long)sum->count,
			  sum->count == 1 ? "" : "s",
			  sum->count == 1 ? "has" : "have", deleted,
			  sum->count == 1 ? "it" : "them");
}

int ext_unnamed(struct ext *ext, const struct ext_marks *marks)
{
	struct unnamed sum = {0, 0};
	uint64_t i = ext_next(ext, marks->wanted, 0);
	int stop = 0;

	for (; i != UINT64_MAX && !stop;
	     i = ext_next(ext, marks->wanted, i + 1))
		if (!ext_marked(marks->named, (uint32_t)i))
			stop = tell_unnamed(ext, (uint32_t)i, &sum);
	return stop ? stop : tell_sum(ext, &sum);
}
