/* SPDX-License-Identifier: GPL-2.0-or-later */
/* squashfs that is damaged or made to harm: read to its end, with errors that say
 * where. */
#include "suite.h"

#include <stdlib.h>

#ifndef HAVE_SQUASHFS
int main(void)
{
	suite_skip("damaged squashfs", "built without it");
	return suite_run(suite_create("damaged squashfs"));
}
#else
#include "scratch.h"
#include "squash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ALL_ONES UINT64_MAX

/* One of them has three names. */
#define INODES (squash_thing_count - 2)

/* ------------------------------- the superblock --------------------------- */

static const struct field {
	unsigned at, size;
	uint64_t value;
	int error;
	const char *says;
} fields[] = {
	{0, 4, 0, EBADMSG, "not a squashfs: no magic"},
	{0, 4, 0x68737173, ENOTSUP, "the other byte order"},
	{SUPER_MAJOR, 2, 3, ENOTSUP, "version 3.0 of squashfs"},
	{SUPER_MINOR, 2, 1, ENOTSUP, "version 4.1 of squashfs"},
	{SUPER_FLAGS, 2, 0x8000, ENOTSUP, "not known: 0x8000"},
	{SUPER_BLOCK_SIZE, 4, 0, EBADMSG, "blocks of 0 bytes"},
	{SUPER_BLOCK_SIZE, 4, 4097, EBADMSG, "blocks of 4097 bytes"},
	{SUPER_BLOCK_SIZE, 4, 8192, EBADMSG, "2 to the 12"},
	{SUPER_BLOCK_SIZE, 4, 1 << 21, EBADMSG, "blocks of 2097152 bytes"},
	{SUPER_BLOCK_LOG, 2, 13, EBADMSG, "2 to the 13"},
	{SUPER_BLOCK_LOG, 2, 0xffff, EBADMSG, "2 to the 65535"},
	{SUPER_IDS, 2, 0, EBADMSG, "has 0 owners"},
	{SUPER_ROOT, 8, ALL_ONES, EBADMSG, "a reference leads out of it"},
	{SUPER_ROOT, 8, 0x10000, EBADMSG, "table of inodes, block at byte"},
	{SUPER_ROOT, 8, 8191, EBADMSG, "lies behind its end"},
	{SUPER_USED, 8, 0, EBADMSG, "of 0"},
	{SUPER_USED, 8, SUPER_SIZE, EBADMSG, "of 96"},
	{SUPER_USED, 8, ALL_ONES, EBADMSG, "it is cut off"},
	{SUPER_USED, 8, 1 << 20, EBADMSG, "it is cut off: there should be"},
	{SUPER_ID_TABLE, 8, 0, EBADMSG, "the table of owners at byte 0"},
	{SUPER_ID_TABLE, 8, ALL_ONES, EBADMSG, "the table of owners at byte"},
	{SUPER_ID_TABLE, 8, SUPER_SIZE, EBADMSG, "before the table of dir"},
	{SUPER_XATTR_TABLE, 8, 0, EBADMSG, "the table of attributes: "},
	{SUPER_XATTR_TABLE, 8, SUPER_SIZE, EBADMSG, "the table of attributes"},
	{SUPER_XATTR_TABLE, 8, ALL_ONES - 1, EBADMSG, "begins behind the end"},
	{SUPER_INODES, 8, 0, EBADMSG, "the table of inodes at byte 0"},
	{SUPER_INODES, 8, ALL_ONES, EBADMSG, "the table of inodes at byte"},
	{SUPER_INODES, 8, 4000, EBADMSG, ""},
	{SUPER_DIRECTORIES, 8, 0, EBADMSG, "the table of directories at byte"},
	{SUPER_DIRECTORIES, 8, ALL_ONES, EBADMSG, "the table of directories"},
	{SUPER_DIRECTORIES, 8, SUPER_SIZE, EBADMSG, "before that of inodes"},
};

START_TEST(test_fields)
{
	const struct field *f = &fields[_i];
	const struct disk_list *l;

	squash_make(SQUASH_PLAIN, "tree");
	scratch_put(SQUASH_IMAGE, f->at, f->value, f->size);
	for (int all = 0; all < 2; all++) {
		l = squash_scan(all, true);
		ck_assert_uint_ge(
			disk_list_says(l, DISK_UNREAD, f->error, f->says), 1);
	}
}
END_TEST

/* What is of no use for attributes may be as it likes. */
START_TEST(test_unused)
{
	static const unsigned unused[][2] = {
		{4, 4}, {8, 4}, {16, 4}, {SUPER_FLAGS, 1}};

	squash_make(SQUASH_PLAIN, "tree");
	for (size_t i = 0; i < ROWS(unused); i++)
		scratch_put(SQUASH_IMAGE, unused[i][0], ALL_ONES, unused[i][1]);
	scratch_put(SQUASH_IMAGE, SUPER_FRAGMENTS, ALL_ONES, 8);
	ck_assert_uint_eq(squash_found(squash_scan(false, false), ""),
			  squash_thing_count);
}
END_TEST

/* ----------------------------------- places ------------------------------- */

enum where { ENTRY, RUN, INODE };

static const struct damage {
	const char *name;
	enum where where;
	unsigned at, size;
	uint64_t value;
	enum disk_what what;
	int error;
	const char *says;
	const char *lost; /* below it there may be no values */
} damages[] = {
	/* Inodes. Those of a directory are without attributes but for bin. */
	{"v1", INODE, 0, 2, 0, DISK_UNREAD, EBADMSG, "there is no type 0",
	 "usr/bin/v1"},
	{"v1", INODE, 0, 2, 15, DISK_UNREAD, EBADMSG, "there is no type 15",
	 "usr/bin/v1"},
	{"v1", INODE, 4, 2, 0xffff, DISK_ENTRY, EBADMSG,
	 "its owner is number 65535 of", "usr/bin/v1"},
	{"v1", INODE, 6, 2, 99, DISK_ENTRY, EBADMSG,
	 "its owner is number 99 of", "usr/bin/v1"},
	{"v1", INODE, 52, 4, 1000, DISK_ENTRY, EBADMSG,
	 "set of attributes 1000: there are ", "usr/bin/v1"},
	{"v1", INODE, 52, 4, 0xfffffffe, DISK_ENTRY, EBADMSG,
	 "set of attributes 4294967294", "usr/bin/v1"},
	{"v1", INODE, 24, 8, ALL_ONES, DISK_UNREAD, EBADMSG,
	 "of inodes without a name from there on nothing is known", "-"},
	{"link", INODE, 20, 4, 0x7fffffff, DISK_UNREAD, EBADMSG,
	 "table of inodes, block at byte", "usr/link"},
	{"usr", INODE, 16, 4, 0xffffff, DISK_UNREAD, EBADMSG,
	 "table of directories: a reference leads out of it", "usr"},
	{"usr", INODE, 26, 2, 8191, DISK_UNREAD, EBADMSG,
	 "table of directories, block at byte", "usr"},
	{"usr", INODE, 24, 2, 0xffff, DISK_UNREAD, EBADMSG,
	 "its listing of 65532 bytes is larger", "usr"},
	{"usr", INODE, 24, 2, 40, DISK_UNREAD, EBADMSG,
	 "its listing ends within an entry", "usr"},
	{"bin", INODE, 20, 4, 0xfffffff0, DISK_UNREAD, EBADMSG,
	 "its listing of 4294967277 bytes is larger", "usr/bin/"},
	/* Listings. */
	{"usr", ENTRY, 0, 2, 0xffff, DISK_UNREAD, EBADMSG,
	 "table of inodes: a reference leads out of it", "usr"},
	{"usr", ENTRY, 0, 2, 8190, DISK_UNREAD, EBADMSG,
	 "what is wanted lies behind its end", "usr"},
	{"v1", RUN, 4, 4, 0xffffff, DISK_UNREAD, EBADMSG,
	 "table of inodes: a reference leads out of it", "usr/bin/"},
	{"v1", RUN, 4, 4, 1, DISK_UNREAD, EBADMSG, "table of inodes, block at",
	 "usr/bin/"},
	{"v1", RUN, 0, 4, 256, DISK_UNREAD, EBADMSG, "a run of 256 entries",
	 "usr/bin/"},
	{"v1", RUN, 0, 4, 0xffffffff, DISK_UNREAD, EBADMSG,
	 "a run of 4294967295 entries", "usr/bin/"},
	{"v1", RUN, 0, 4, 20, DISK_UNREAD, EBADMSG,
	 "its listing ends within an entry", "-"},
	{"v1", RUN, 8, 4, 7777, DISK_NOTICE, 0, "its directory calls it inode",
	 "-"},
	{"v1", ENTRY, 2, 2, 0x8000, DISK_NOTICE, 0,
	 "its directory calls it inode", "-"},
	{"v1", ENTRY, 4, 2, 1, DISK_NOTICE, 0, "of type 1, and it is inode",
	 "-"},
	{"v1", ENTRY, 6, 2, 0xffff, DISK_UNREAD, EBADMSG,
	 "a name of 65536 bytes", "usr/bin/"},
	{"v1", ENTRY, 8, 2, 0x2e2e, DISK_UNREAD, EBADMSG,
	 "has a name with '/' or NUL", "usr/bin/v1"},
	{"v1", ENTRY, 8, 2, 0x2f76, DISK_UNREAD, EBADMSG,
	 "has a name with '/' or NUL", "usr/bin/v1"},
	{"v1", ENTRY, 8, 2, 0x0076, DISK_UNREAD, EBADMSG,
	 "has a name with '/' or NUL", "usr/bin/v1"},
};

static uint64_t place_of(const char *name, enum where where)
{
	struct squash_place p = squash_place(name);

	return where == ENTRY ? p.entry : where == RUN ? p.run : p.inode;
}

/* What is elsewhere is there all the same, and what is lost has no name. */
START_TEST(test_damages)
{
	const struct damage *d = &damages[_i];
	const struct disk_list *l;
	uint64_t at;

	squash_make(SQUASH_PLAIN, "tree");
	at = place_of(d->name, d->where);
	scratch_put(SQUASH_IMAGE, at + d->at, d->value, d->size);
	l = squash_scan(true, false);
	ck_assert_uint_ge(disk_list_says(l, d->what, d->error, d->says), 1);
	for (size_t i = 0; i < squash_thing_count; i++)
		if (strncmp(squash_things[i].path, d->lost, strlen(d->lost)))
			squash_same(l, &squash_things[i]);
	l = squash_scan(false, true);
	ck_assert_uint_ge(disk_list_says(l, d->what, d->error, d->says), 1);
}
END_TEST

/* ----------------------------------- loops -------------------------------- */

/* A directory that is another one's, or below itself: which names lead where is
 * decided by the first one met. */
static const struct loop {
	const char *from, *to;
} loops[] = {{"bin", "usr"}, {"empty", "bin"}, {"usr", "empty"}};

/* Inodes that have the attribute, under whatever names or none. */
static size_t inodes(const struct disk_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++) {
		size_t k = 0;

		while (k < i && l->entry[k].inode != l->entry[i].inode)
			k++;
		n += k == i && l->entry[i].value;
	}
	return n;
}

START_TEST(test_loops)
{
	const struct loop *p = &loops[_i];
	const struct disk_list *l;

	squash_make(SQUASH_PLAIN, "tree");
	scratch_put(SQUASH_IMAGE, squash_place(p->from).entry,
		    squash_number(squash_place(p->to).entry, 2), 2);
	l = squash_scan(true, false);
	ck_assert_uint_eq(
		disk_list_says(l, DISK_UNREAD, EBADMSG,
			       "a directory that is in another one already"),
		1);
	l = squash_scan(false, true);
	ck_assert_uint_eq(inodes(l), INODES);
}
END_TEST

/* The root, as a directory in itself. */
START_TEST(test_root_loop)
{
	const struct disk_list *l;
	uint64_t root;

	squash_make(SQUASH_PLAIN, "tree");
	root = squash_number(SUPER_ROOT, 2);
	scratch_put(SQUASH_IMAGE, squash_place("bin").entry, root, 2);
	l = squash_scan(true, false);
	ck_assert_uint_eq(
		disk_list_says(l, DISK_UNREAD, EBADMSG, "or below itself"), 1);
	ck_assert_uint_eq(squash_found(l, "usr/bin"), 0);
	ck_assert_uint_ge(disk_list_says(l, DISK_NOTICE, 0,
					 "have no name that could be read"),
			  1);
}
END_TEST

/* Something else than a directory for the root. */
START_TEST(test_root_file)
{
	const struct disk_list *l;

	squash_make(SQUASH_PLAIN, "tree");
	scratch_put(SQUASH_IMAGE, SUPER_ROOT,
		    squash_number(squash_place("v1").entry, 2), 2);
	l = squash_scan(false, true);
	ck_assert_uint_eq(disk_list_says(l, DISK_UNREAD, EBADMSG,
					 "the root is not a directory"),
			  1);
	/* All inodes, without a name. */
	ck_assert_uint_eq(inodes(l), INODES);
	ck_assert_uint_eq(l->count, 1 + INODES);
}
END_TEST

static void add(Suite *suite)
{
	suite_add(suite, test_fields, ROWS(fields));
	suite_add(suite, test_unused, 1);
	suite_add(suite, test_damages, ROWS(damages));
	suite_add(suite, test_loops, ROWS(loops));
	suite_add(suite, test_root_loop, 1);
	suite_add(suite, test_root_file, 1);
}

int main(void)
{
	return squash_run("damaged squashfs", add);
}
#endif
