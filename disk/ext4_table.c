/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through the inode tables: which inodes have the attribute. */
#include "disk/ext4.h"

#include <errno.h>

#define AT_LINKS 0x1a
#define AT_DTIME 0x14
#define AT_FLAGS 0x20

static const char capability[] = "capability";

uint64_t ext_next(const struct ext *ext, const uint64_t *marks, uint64_t number)
{
	uint64_t words = ext_words(ext), at = number / 64, word;

	if (at >= words)
		return UINT64_MAX;
	word = marks[at] & UINT64_MAX << number % 64;
	while (!word && ++at < words)
		word = marks[at];
	return word ? 64 * at + (unsigned)__builtin_ctzll(word) : UINT64_MAX;
}

/* --------------------------------- an inode ------------------------------- */

/* Says yes where there is the attribute; a closer look follows. */
static bool may_have(const struct ext *ext, const uint8_t *raw)
{
	uint64_t block = ext_inode_block(ext, raw);
	size_t at;
	int has = ext_inode_attrs(ext, raw, &at);

	if (has > 0 && memmem(raw + at, ext->inode_size - at, capability,
			      sizeof(capability) - 1))
		return true;
	return has < 0 || (block && block != ext->barren[block % EXT_BARREN]);
}

static bool holds_value(const struct ext *ext, const struct ext_node *node)
{
	return node->flags & EXT4_EA_INODE_FL &&
	       ext2fs_has_feature_ea_inode(ext->fs->super);
}

/* Of those freed, only what can be read is of interest. */
static bool is_wanted(struct ext *ext, const struct ext_node *node, int error,
		      bool may)
{
	const uint8_t *value;
	size_t size;

	if (node->links && (error || ext->options->all))
		return true;
	if (!may)
		return false;
	if (!error)
		error = ext_value(ext, node, &value, &size);
	/* Many inodes share a block. */
	if (error == -ENODATA)
		ext->barren[node->attr_block % EXT_BARREN] = node->attr_block;
	return error == 0 || (error != -ENODATA && !ext_inode_freed(ext, node));
}

static void want(struct ext_marks *marks, const struct ext_node *node,
		 bool corrupt)
{
	ext_mark(marks->wanted, node->number);
	if (corrupt)
		marks->unsure = true;
	if (node->number == EXT2_ROOT_INO)
		return;
	marks->links += LINUX_S_ISDIR(node->mode) ? 1 : node->links;
}

/* Behind what is in use there may be anything that the disk had before: only
 * what is an inode with a value is told of. */
static void look_behind(struct ext *ext, struct ext_marks *marks,
			uint32_t number, const uint8_t *raw)
{
	struct ext_node node = {.raw = raw, .number = number};
	const uint8_t *value;
	size_t size;

	if (may_have(ext, raw) && ext_inode_decode(ext, &node) == 0 &&
	    !holds_value(ext, &node) &&
	    ext_value(ext, &node, &value, &size) == 0)
		ext_mark(marks->wanted, number);
}

static void look(struct ext *ext, struct ext_marks *marks, uint32_t number,
		 const uint8_t *raw)
{
	struct ext_node node = {.raw = raw, .number = number};
	bool used = ext_le16(raw) || ext_le16(raw + AT_LINKS);
	bool may = may_have(ext, raw);
	int error;

	if (!used && !may)
		return;
	if ((number - 1) % ext->per_group >=
	    ext->group[(number - 1) / ext->per_group].used) {
		look_behind(ext, marks, number, raw);
		return;
	}
	error = ext_inode_decode(ext, &node);
	if (holds_value(ext, &node))
		return;
	if (LINUX_S_ISDIR(node.mode) && (node.links || !node.dtime))
		ext_mark(marks->dirs, number);
	if (is_wanted(ext, &node, error, may))
		want(marks, &node, error != 0);
}

/* ---------------------------------- tables -------------------------------- */

/* Those that cannot be read are wanted: they may have it. */
static int unreadable(struct ext *ext, struct ext_marks *marks, uint32_t first,
		      uint32_t count, int error, const char *what)
{
	for (uint32_t i = 0; i < count; i++)
		ext_mark(marks->wanted, first + i);
	marks->unsure = true;
	return ext_unread(ext, NULL, 0, error,
			  "inodes %u to %u cannot be read: of their group, %s",
			  first, first + count - 1, what);
}

#define CUT "the inode table lies behind the end of the image"

static int read_singly(struct ext *ext, struct ext_marks *marks, uint64_t at,
		       uint32_t first, uint32_t count)
{
	uint32_t bad = 0;
	int error = EIO;

	for (uint32_t i = 0; i < count; i++, at += ext->inode_size) {
		int e = disk_read(ext->disk, at, ext->piece, ext->inode_size);

		if (!e) {
			look(ext, marks, first + i, ext->piece);
			continue;
		}
		error = -e;
		ext_mark(marks->wanted, first + i);
		bad++;
	}
	if (!bad)
		return 0;
	marks->unsure = true;
	return ext_unread(ext, NULL, 0, error,
			  "%u of the inodes %u to %u cannot be read", bad,
			  first, first + count - 1);
}

/* How many inodes the image has of a table. */
static uint32_t there_of(const struct ext *ext, const struct ext_group *group)
{
	uint64_t left = ext->disk->size > group->table
				? ext->disk->size - group->table
				: 0;

	left /= ext->inode_size;
	return left < ext->per_group ? (uint32_t)left : ext->per_group;
}

static int read_table(struct ext *ext, struct ext_marks *marks, uint32_t first,
		      const struct ext_group *group)
{
	uint32_t end = ext->options->orphans ? ext->per_group : group->used;
	uint32_t there = there_of(ext, group);
	uint32_t most = EXT_PIECE / ext->inode_size, n;
	int stop = 0;

	if (there < group->used)
		stop = unreadable(ext, marks, first + there,
				  group->used - there, EBADMSG, CUT);
	if (end > there)
		end = there;
	for (uint32_t done = 0; done < end && !stop; done += n) {
		uint64_t at = group->table + (uint64_t)done * ext->inode_size;

		n = end - done < most ? end - done : most;
		if (disk_read(ext->disk, at, ext->piece,
			      (size_t)n * ext->inode_size)) {
			stop = read_singly(ext, marks, at, first + done, n);
			continue;
		}
		for (uint32_t i = 0; i < n; i++)
			look(ext, marks, first + done + i,
			     ext->piece + (size_t)i * ext->inode_size);
	}
	return stop;
}

static int read_group(struct ext *ext, struct ext_marks *marks, uint32_t number)
{
	struct ext_group *group = &ext->group[number];
	uint32_t first = number * ext->per_group + 1;
	int stop = 0;

	if (!group->table)
		return unreadable(ext, marks, first, ext->per_group, EBADMSG,
				  group->fault);
	if (group->fault)
		stop = ext_unread(ext, NULL, 0, EBADMSG,
				  "inodes %u to %u may be other ones: of their "
				  "group, %s",
				  first, first + ext->per_group - 1,
				  group->fault);
	return stop ? stop : read_table(ext, marks, first, group);
}

static bool is_cut(const struct ext *ext, uint32_t number)
{
	return ext->group[number].table >= ext->disk->size;
}

/* Of an image that is cut off that may be many groups: they are told of
 * together. */
static int skip_cut(struct ext *ext, struct ext_marks *marks, uint32_t *number)
{
	uint32_t first = *number * ext->per_group + 1, groups = 0;

	for (; *number < ext->groups && is_cut(ext, *number); ++*number)
		groups++;
	return unreadable(ext, marks, first, groups * ext->per_group, EBADMSG,
			  CUT);
}

int ext_tables(struct ext *ext, struct ext_marks *marks)
{
	int stop = 0;

	for (uint32_t i = 0; i < ext->groups && !stop;)
		stop = is_cut(ext, i) ? skip_cut(ext, marks, &i)
				      : read_group(ext, marks, i++);
	return stop;
}
