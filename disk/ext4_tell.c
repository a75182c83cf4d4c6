/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is handed over of an ext file system, in words where it is no value. */
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

static int tell(struct ext *ext, struct disk_entry *e, const char *format,
		va_list args)
{
	char reason[EXT_WHY_SIZE];

	vsnprintf(reason, sizeof(reason), format, args);
	e->reason = reason;
	return ext->fn(ext->ctx, e);
}

int ext_unread(struct ext *ext, uint32_t inode, int error, const char *format,
	       ...)
{
	struct disk_entry e = {
		.what = DISK_UNREAD, .inode = inode, .error = error};
	va_list args;
	int stop;

	va_start(args, format);
	stop = tell(ext, &e, format, args);
	va_end(args);
	return stop;
}

int ext_notice(struct ext *ext, const char *format, ...)
{
	struct disk_entry e = {.what = DISK_NOTICE};
	va_list args;
	int stop;

	va_start(args, format);
	stop = tell(ext, &e, format, args);
	va_end(args);
	return stop;
}

/* --------------------------------- entries -------------------------------- */

static struct disk_entry entry_of(struct ext *ext, const struct ext_node *node,
				  const char *path)
{
	return (struct disk_entry){
		.what = DISK_ENTRY,
		.path = path,
		.inode = node->number,
		.generation = node->generation,
		.mode = node->mode,
		.uid = node->uid,
		.gid = node->gid,
		.links = node->links,
		.deleted =
			node->raw && !node->links && ext_inode_freed(ext, node),
	};
}

int ext_hand_over(struct ext *ext, const char *path, uint32_t number,
		  bool always)
{
	struct ext_node node;
	struct disk_entry e;
	int error = ext_inode_read(ext, EXT_ENTRY, number, &node);

	e = entry_of(ext, &node, path);
	if (!error)
		error = ext_value(ext, &node, &e.value, &e.size);
	if (error == -ENODATA && !always)
		return 0;
	if (error == -ENOMEM)
		return error;
	if (error) {
		e.error = -error;
		e.reason = error == -ENODATA ? NULL : ext->why;
		e.value = NULL;
		e.size = 0;
	}
	return ext->fn(ext->ctx, &e);
}

/* ------------------------------ without a name ---------------------------- */

/* What cannot be read is an error, with a name or without. */
static int count_one(struct ext *ext, uint32_t number, uint64_t *count)
{
	struct ext_node node;
	const uint8_t *value;
	size_t size;
	int error = ext_inode_read(ext, EXT_ENTRY, number, &node);

	if (!error)
		error = ext_value(ext, &node, &value, &size);
	if (error == -ENODATA || error == -ENOMEM)
		return error == -ENOMEM ? error : 0;
	if (error)
		return ext_hand_over(ext, NULL, number, false);
	++*count;
	return 0;
}

int ext_unnamed(struct ext *ext, const struct ext_marks *marks)
{
	uint64_t number = 0, count = 0;
	int stop = 0;

	while (!stop && (number = ext_next(ext, marks->wanted, number + 1)) !=
				UINT64_MAX) {
		if (ext_marked(marks->named, (uint32_t)number))
			continue;
		stop = ext->options->orphans
			       ? ext_hand_over(ext, NULL, (uint32_t)number,
					       false)
			       : count_one(ext, (uint32_t)number, &count);
	}
	if (stop || !count)
		return stop;
	return ext_notice(ext,
			  count == 1
				  ? "%ju inode with the attribute has no name; "
				    "--orphans shows it"
				  : "%ju inodes with the attribute have no "
				    "name; --orphans shows them",
			  (uintmax_t)count);
}
