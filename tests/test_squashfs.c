/* SPDX-License-Identifier: GPL-2.0-or-later */
/* squashfs of all makers and compressions, read without mounting. */
#include "suite.h"

#include <stdlib.h>

#ifndef HAVE_SQUASHFS
int main(void)
{
	suite_skip("squashfs", "built without it");
	return suite_run(suite_create("squashfs"));
}
#else
#include "scratch.h"
#include "squash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------- makers -------------------------------- */

START_TEST(test_makers)
{
	const struct disk_list *l;

	squash_make(squash_makers[_i].command, "tree");
	l = squash_scan(false, true);
	for (size_t i = 0; i < squash_thing_count; i++)
		squash_same(l, &squash_things[i]);
	ck_assert_uint_eq(l->count, squash_thing_count);
}
END_TEST

START_TEST(test_all)
{
	static const char *const others[] = {
		".",	    "usr",	     "empty", "usr/bin/none",
		"usr/bare", "usr/namesakes",
	};
	const struct disk_list *l;

	squash_make(squash_makers[_i].command, "tree");
	l = squash_scan(true, false);
	for (size_t i = 0; i < squash_thing_count; i++)
		squash_same(l, &squash_things[i]);
	for (size_t i = 0; i < ROWS(others); i++) {
		const struct disk_entry *e = disk_list_at(l, others[i]);

		expect(e && e->error == ENODATA && e->mode, "%s", others[i]);
	}
	ck_assert_uint_eq(l->count, squash_thing_count + ROWS(others));
}
END_TEST

/* A file in one of the two directories: its number is in its name. */
static void same_numbered(const struct disk_entry *e)
{
	char value[20], group[20], rest;
	unsigned number;

	expect(e->error == 0, "%s: %s", e->path, e->reason);
	if (sscanf(e->path, "same/%u%c", &number, &rest) == 1)
		expect(e->size == 20, "%s", e->path);
	else
		expect(sscanf(e->path, "many/%*[a-z-]%u%c", &number, &rest) ==
				       1 &&
			       (size_t)sprintf(value, "value%u", number) ==
				       e->size &&
			       !memcmp(value, e->value, e->size),
		       "%s", e->path);
	sprintf(group, "70%u", number);
	expect(e->uid == number && e->gid == strtoul(group, NULL, 10),
	       "%s: %u %u", e->path, e->uid, e->gid);
}

/* More sets than a block has, listings with an index, and owners. */
START_TEST(test_many)
{
	const struct disk_list *l;

	squash_make(squash_makers[_i].command, "many");
	l = squash_scan(false, false);
	ck_assert_uint_eq(l->count, 585);
	for (size_t i = 0; i < l->count; i++)
		same_numbered(&l->entry[i]);
}
END_TEST

/* --------------------------- without the attribute ------------------------ */

START_TEST(test_none)
{
	static const char *const commands[] = {
		SQUASH_STAR "-no-xattrs",
		SQUASH_STAR "-no-xattrs -comp zstd",
		SQUASH_STAR "-no-xattrs -comp lzo",
		"tar2sqfs -q -x",
		"tar2sqfs -q -x -c lzo",
	};
	const struct disk_list *l;

	squash_make(commands[_i], "tree");
	l = squash_scan(false, true);
	ck_assert_uint_eq(l->count, 0);
	l = squash_scan(true, true);
	if (strstr(commands[_i], "lzo"))
		return;
	ck_assert_uint_eq(l->count, squash_thing_count + 6);
	for (size_t i = 0; i < l->count; i++)
		expect(l->entry[i].error == ENODATA, "%s", l->entry[i].path);
}
END_TEST

/* Other attributes are no reason to look at inodes, not even at broken ones. */
START_TEST(test_others_only)
{
	const struct disk_list *l;

	squash_archive("tree");
	shell("sed s/security.capability/security.cap4bility/ tree.tar "
	      ">other.tar");
	squash_make(SQUASH_PLAIN, "other");
	scratch_put(SQUASH_IMAGE, squash_place("usr").inode, 0xffff, 2);
	l = squash_scan(false, true);
	ck_assert_uint_eq(l->count, 0);
	l = squash_scan(true, true);
	ck_assert_uint_ge(disk_list_says(l, DISK_UNREAD, EBADMSG, "no type"),
			  1);
}
END_TEST

/* ------------------------------- compressions ----------------------------- */

START_TEST(test_lacking)
{
	static const struct {
		const char *command;
		unsigned method; /* put there, if not 0 */
		const char *says;
	} cases[] = {
		{SQUASH_STAR "-comp lzo", 0, "it is compressed with lzo"},
		{"tar2sqfs -q -c lzo", 0, "it is compressed with lzo"},
		{SQUASH_STAR "-comp lzo -noI", 0, "it is compressed with lzo"},
		{SQUASH_STAR "-comp lzo -noX", 0, "it is compressed with lzo"},
		{SQUASH_STAR, 77, "with method 77, which is not known"},
		{SQUASH_STAR, 0xffff, "with method 65535"},
	};
	const struct disk_list *l;

	squash_make(cases[_i].command, "tree");
	if (cases[_i].method)
		scratch_put(SQUASH_IMAGE, SUPER_COMPRESSION, cases[_i].method,
			    2);
	for (int all = 0; all < 2; all++) {
		l = squash_scan(all, true);
		ck_assert_uint_eq(l->count, 1);
		ck_assert_ptr_null(l->entry[0].path);
		ck_assert_uint_eq(disk_list_says(l, DISK_UNREAD, ENOTSUP,
						 cases[_i].says),
				  1);
	}
}
END_TEST

/* ---------------------------------- ending -------------------------------- */

static int stop(void *ctx, const struct disk_entry *entry)
{
	(void)entry;
	return ++*(int *)ctx == 2 ? 17 : 0;
}

START_TEST(test_stops)
{
	struct disk_options options = {.all = _i & 1, .orphans = _i & 2};
	struct disk disk;
	int calls = 0;

	squash_make(SQUASH_STAR, "tree");
	disk = disk_list_open(SQUASH_IMAGE);
	ck_assert_int_eq(squashfs_scan(&disk, &options, stop, &calls), 17);
	ck_assert_int_eq(calls, 2);
	close(disk.fd);
}
END_TEST

static void add(Suite *suite)
{
	suite_add(suite, test_makers, squash_maker_count);
	suite_add(suite, test_all, squash_maker_count);
	suite_add(suite, test_many, squash_maker_count);
	suite_add(suite, test_none, 5);
	suite_add(suite, test_others_only, 1);
	suite_add(suite, test_lacking, 6);
	suite_add(suite, test_stops, 4);
}

int main(void)
{
	return squash_run("squashfs", add);
}
#endif
