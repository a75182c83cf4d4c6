/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images of squashfs by all makers there are, what is in them, and their bytes. */
#ifndef VFSCAP_TESTS_SQUASH_H
#define VFSCAP_TESTS_SQUASH_H

#include "disklist.h"
#include "suite.h"

/** SQUASH_IMAGE - the image that is made, in the working directory */
#define SQUASH_IMAGE "image"

/** SQUASH_PLAIN - the command that makes one of which nothing is compressed */
#define SQUASH_STAR "sqfstar -quiet -no-progress "
#define SQUASH_PLAIN SQUASH_STAR "-noI -noD -noF -noX -b 4096"

/** struct squash_maker - a command, which takes an archive and the image's name */
struct squash_maker {
	const char *command;
	bool unmounted; /* the kernel does not mount it */
};

extern const struct squash_maker squash_makers[];
extern const size_t squash_maker_count;

/** squash_skips() - whether a suite is left out because a tool is not there, which
 *  is then said; to be called from the source directory, before all else */
bool squash_skips(const char *suite);

/** squash_run() - run a suite in a scratch directory, or skip it
 *  @add: adds its tests
 *  Return: what main() returns. */
int squash_run(const char *name, void (*add)(Suite *suite));

/** squash_archive() - make "NAME.tar" from the recipe, if it is not there; its
 *  files are "program", which is a block and a bit unless it is there */
void squash_archive(const char *name);

/** squash_make() - have a command make the image from "NAME.tar", made
 *  from a recipe unless it is there */
void squash_make(const char *command, const char *name);

/** struct squash_thing - what is in the tree, and has the attribute */
struct squash_thing {
	const char *path;
	uint32_t mode, uid, gid, links;
	const void *value;
	size_t size;
};

extern const struct squash_thing squash_things[];
extern const size_t squash_thing_count;

/** squash_scan() - read the image; good until the next call */
const struct disk_list *squash_scan(bool all, bool orphans);

/** squash_entry() - the one entry with this path; something below it, or its
 *  names in it, can have been unread besides. NULL: none */
const struct disk_entry *squash_entry(const struct disk_list *list,
				      const char *path);

/** squash_same() - is the thing there, as it is? */
void squash_same(const struct disk_list *list, const struct squash_thing *t);

/** squash_found() - how many of the things are there by paths that begin so, with
 *  a value, which may be another one */
size_t squash_found(const struct disk_list *list, const char *below);

/* ----------------------------- bytes of a plain one ----------------------- */

/** squash_number() - a number of the image, the lowest byte first */
uint64_t squash_number(uint64_t at, size_t size);

/** squash_fill() - put a number of eight bytes there, again and again */
void squash_fill(uint64_t at, uint64_t number, uint32_t times);

/** struct squash_place - where a name's entry in its directory is, the header of
 *  the entries that it is one of, and its inode */
struct squash_place {
	uint64_t entry, run, inode;
};
struct squash_place squash_place(const char *name);

/* Of the superblock. */
enum {
	SUPER_BLOCK_SIZE = 12,
	SUPER_COMPRESSION = 20,
	SUPER_BLOCK_LOG = 22,
	SUPER_FLAGS = 24,
	SUPER_IDS = 26,
	SUPER_MAJOR = 28,
	SUPER_MINOR = 30,
	SUPER_ROOT = 32,
	SUPER_USED = 40,
	SUPER_ID_TABLE = 48,
	SUPER_XATTR_TABLE = 56,
	SUPER_INODES = 64,
	SUPER_DIRECTORIES = 72,
	SUPER_FRAGMENTS = 80,
	SUPER_EXPORT = 88,
	SUPER_SIZE = 96,
};

#endif /* VFSCAP_TESTS_SQUASH_H */
