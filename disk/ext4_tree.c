/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directories of an ext file system: which is where. */
#include "disk/ext4.h"

#include <errno.h>
#include <stdlib.h>

enum state {
	UNKNOWN,
	ON_THE_WAY,
	REACHED,
	UNNAMED,
	ROUND, /* in a loop, or below one */
};

struct ext_branch {
	size_t name; /* in @text; 0: not known */
	uint32_t parent;
	bool needed, told;
	uint8_t state;
};

static struct ext_branch *branch_of(const struct ext_tree *tree,
				    uint32_t number)
{
	uint64_t below = (UINT64_C(1) << number % 64) - 1;
	uint64_t word = tree->dirs[number / 64] & below;

	return &tree->branch[tree->rank[number / 64] +
			     (uint32_t)__builtin_popcountll(word)];
}

int ext_tree_init(struct ext_tree *tree, const struct ext *ext,
		  const uint64_t *dirs)
{
	size_t words = ext_words(ext);
	uint32_t count = 0;
	size_t at;

	*tree = (struct ext_tree){.dirs = dirs};
	tree->rank = calloc(words, sizeof(*tree->rank));
	if (!tree->rank)
		return -ENOMEM;
	for (size_t i = 0; i < words; i++) {
		tree->rank[i] = count;
		count += (uint32_t)__builtin_popcountll(dirs[i]);
	}
	tree->branch = calloc((size_t)count + 1, sizeof(*tree->branch));
	tree->path = malloc(DISK_PATH_MAX + EXT_NAME_SIZE);
	if (!tree->branch || !tree->path || ext_tree_text(tree, "", &at))
		return -ENOMEM;
	return ext_marked(dirs, EXT2_ROOT_INO)
		       ? ext_tree_name(tree, EXT2_ROOT_INO, EXT2_ROOT_INO, "")
		       : 0;
}

void ext_tree_free(struct ext_tree *tree)
{
	free(tree->rank);
	free(tree->branch);
	free(tree->text);
	free(tree->path);
}

int ext_tree_text(struct ext_tree *tree, const char *name, size_t *at)
{
	size_t size = strlen(name) + 1;

	if (size > tree->room - tree->used) {
		size_t room = 2 * tree->room + 4096;
		char *text = realloc(tree->text, room);

		if (!text)
			return -ENOMEM;
		tree->text = text;
		tree->room = room;
	}
	memcpy(tree->text + tree->used, name, size);
	*at = tree->used;
	tree->used += size;
	return 0;
}

void ext_tree_need(struct ext_tree *tree, uint32_t number)
{
	struct ext_branch *branch = branch_of(tree, number);

	for (; !branch->needed; branch = branch_of(tree, branch->parent)) {
		branch->needed = true;
		if (!branch->name) {
			tree->missing++;
			return;
		}
	}
}

int ext_tree_name(struct ext_tree *tree, uint32_t number, uint32_t parent,
		  const char *name)
{
	struct ext_branch *branch = branch_of(tree, number);
	int error;

	if (branch->name)
		return -EEXIST;
	error = ext_tree_text(tree, name, &branch->name);
	if (error)
		return error;
	branch->parent = parent;
	if (branch->needed) {
		tree->missing--;
		ext_tree_need(tree, parent);
	}
	return 0;
}

/* ---------------------------------- paths --------------------------------- */

/* How a way up ends; all that lies on it ends so. */
static enum state judge(struct ext_tree *tree, uint32_t number)
{
	struct ext_branch *first = branch_of(tree, number), *b = first;
	uint8_t end;

	while (b->state == UNKNOWN && b->name && number != EXT2_ROOT_INO) {
		b->state = ON_THE_WAY;
		number = b->parent;
		b = branch_of(tree, number);
	}
	if (b->state == ON_THE_WAY)
		end = ROUND;
	else if (b->state != UNKNOWN)
		end = b->state;
	else
		end = b->name ? REACHED : UNNAMED;
	b->state = end;
	/* The rest of a loop stays as it is, and is one when it is met again. */
	for (b = first; b->state == ON_THE_WAY; b = branch_of(tree, b->parent))
		b->state = end;
	return end;
}

/* The path of a directory, from the end to the beginning. */
static int make_path(struct ext_tree *tree, uint32_t dir)
{
	size_t len = 0;

	tree->path_of = 0;
	for (uint32_t d = dir; d != EXT2_ROOT_INO;
	     d = branch_of(tree, d)->parent) {
		len += strlen(tree->text + branch_of(tree, d)->name) + 1;
		if (len >= DISK_PATH_MAX)
			return -EFBIG;
	}
	tree->path_len = len;
	tree->path_of = dir;
	for (uint32_t d = dir; d != EXT2_ROOT_INO;
	     d = branch_of(tree, d)->parent) {
		const char *name = tree->text + branch_of(tree, d)->name;
		size_t size = strlen(name);

		tree->path[--len] = '/';
		len -= size;
		memcpy(tree->path + len, name, size);
	}
	return 0;
}

static int told(struct ext_branch *branch, int error)
{
	bool before = branch->told;

	branch->told = true;
	return before ? -EALREADY : error;
}

int ext_tree_path(struct ext_tree *tree, uint32_t dir, const char *name,
		  const char **path)
{
	struct ext_branch *branch = branch_of(tree, dir);
	enum state state = judge(tree, dir);
	size_t size = strlen(name) + 1;
	int error = 0;

	if (state != REACHED)
		return told(branch, state == ROUND ? -ELOOP : -ENOENT);
	if (tree->path_of != dir)
		error = make_path(tree, dir);
	if (!error && tree->path_len + size > DISK_PATH_MAX)
		error = -EFBIG;
	if (error)
		return told(branch, error);
	memcpy(tree->path + tree->path_len, name, size);
	*path = tree->path;
	return 0;
}
