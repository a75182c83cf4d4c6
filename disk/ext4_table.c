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

static void look(struct ext *ext, struct ext_marks *marks, uint32_t number,
		 const uint8_t *raw)
{
	struct ext_node node = {.raw = raw, .number = number};
	bool used = ext_le16(raw) || ext_le16(raw + AT_LINKS);
	bool may = may_have(ext, raw);
	int error;

	if (!used && !may)
		return;
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

static int read_table(struct ext *ext, struct ext_marks *marks, uint32_t first,
		      const struct ext_group *group)
{
	uint32_t most = EXT_PIECE / ext->inode_size, n;
	int stop = 0;

	for (uint32_t done = 0; done < group->used && !stop; done += n) {
		uint64_t at = group->table + (uint64_t)done * ext->inode_size;

		n = group->used - done < most ? group->used - done : most;
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

int ext_tables(struct ext *ext, struct ext_marks *marks)
{
	int stop = 0;

	for (uint32_t i = 0; i < ext->groups && !stop; i++)
		stop = read_group(ext, marks, i);
	return stop;
}
