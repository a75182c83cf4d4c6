/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ext file systems of which a part is missing or said to be unused, and whose
 * directories do not say where they are.
 */
#include "suite.h"

#include <stdlib.h>

#ifndef HAVE_EXT4
int main(void)
{
	suite_skip("ext4", "built without it");
	return suite_run(suite_create("ext4_cut"));
}
#else
#include "extread.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IMAGE "image"
#define FILES 200

static const uint8_t v2[20] = {1, 0, 0, 2, 0, 32};

/* ----------------------------------- cut ---------------------------------- */

/* Files in all of the groups, each of which has 16 inodes. */
static void make_groups(const char *options)
{
	FILE *script;

	shell("rm -rf *; echo content >content; head -c 20 /dev/zero | "
	      "tr '\\0' x >value\n"
	      "mke2fs -q -F -t ext4 -b 1024 -g 1024 -N 256 -I 256 %s " IMAGE
	      " 16M",
	      options);
	script = fopen("files", "w");
	ck_assert_ptr_nonnull(script);
	for (int i = 0; i < FILES; i++)
		fprintf(script,
			"symlink f%d content\n"
			"ea_set -f value f%d security.capability\n",
			i, i);
	ck_assert_int_eq(fclose(script), 0);
	shell("debugfs -w -f files " IMAGE " >log 2>&1\n"
	      "! grep -v '^debugfs' log");
}

static const struct cut {
	const char *options;
	unsigned kib;
	bool names; /* the directory is there */
} cuts[] = {
	{"-O ^flex_bg,^has_journal,^resize_inode", 8192, true},
	{"-O ^flex_bg,^has_journal,^resize_inode", 8192 + 700, true},
	{"-O ^flex_bg,^has_journal,^resize_inode", 3000, true},
	{"-O ^flex_bg,^has_journal,^resize_inode,^metadata_csum", 12000, true},
	{"-O ^flex_bg,^has_journal,^resize_inode", 1400, true},
	/* A table of which a part is there. */
	{"-O ^has_journal,^resize_inode -G 16", 62, false},
	{"-O ^has_journal,^resize_inode,^metadata_csum -G 16", 90, false},
};

/* Every file is there, or it is said of it that it cannot be read; and what the
 * inodes were is one line. */
START_TEST(test_cut)
{
	const struct cut *c = &cuts[_i];
	const struct disk_list *l;
	size_t values = 0, errors = 0, ranges, others = 0;

	make_groups(c->options);
	l = extread_scan(IMAGE, false, false);
	ck_assert_uint_eq(l->count, FILES);
	shell("head -c %uK " IMAGE " >cut", c->kib);
	l = extread_scan("cut", false, false);
	ranges = disk_list_says(l, DISK_UNREAD, EBADMSG,
				"lies behind the end of the image");
	for (size_t i = 0; i < l->count; i++) {
		const struct disk_entry *e = &l->entry[i];
		bool file = e->path && e->path[0] == 'f';

		values += file && !e->error && e->size == 20;
		errors += file && e->error == EBADMSG;
		others += !file;
	}
	if (c->names) {
		ck_assert_uint_eq(values + errors, FILES);
		ck_assert_uint_ge(values, 1);
		ck_assert_uint_ge(errors, 1);
	} else {
		ck_assert_uint_lt(values + errors, FILES);
		ck_assert_uint_gt(others, ranges);
	}
	ck_assert(ranges == 1 || ranges == 2);
	ck_assert_uint_ge(others, ranges);
}
END_TEST

/* No image is so large that so many inodes would have been in it: another copy of
 * the superblock is looked for. */
START_TEST(test_more_than_is_read)
{
	const struct disk_list *l;

	make_groups(cuts[3].options);
	/* Inodes, and those of a group. */
	scratch_put(IMAGE, 1024 + 0x00, 16 * 8192 * 1024, 4);
	scratch_put(IMAGE, 1024 + 0x28, 8192 * 1024, 4);
	l = extread_scan(IMAGE, false, false);
	ck_assert_uint_eq(l->count, FILES + 1);
	ck_assert_uint_eq(disk_list_says(l, DISK_NOTICE, 0,
					 "its copy in block 1025 is read"),
			  1);
}
END_TEST

/* ---------------------------------- unused -------------------------------- */

/* The end of the table, with a deleted file in it, is said to be unused. */
static uint32_t make_unused(const char *features)
{
	uint32_t inode;

	shell("rm -rf *; echo content >content\n"
	      "mke2fs -q -F -t ext4 -b 1024 -O %s " IMAGE " 8M",
	      features);
	debugfs(IMAGE, "write content kept\nwrite content deleted\n");
	ck_assert(extread_plant(IMAGE, "kept", v2, sizeof(v2)));
	ck_assert(extread_plant(IMAGE, "deleted", v2, sizeof(v2)));
	inode = extread_inode(IMAGE, "deleted");
	debugfs(IMAGE, "rm deleted\n");
	shell("n=$(dumpe2fs -h " IMAGE " 2>/dev/null | awk '/^Inodes per "
	      "group/ { print $4 }')\n"
	      "{ echo set_bg 0 itable_unused $((n - %u))\n"
	      "echo set_bg 0 checksum calc; } | "
	      "debugfs -w -f - " IMAGE " 2>/dev/null\n"
	      "e2fsck -fn " IMAGE,
	      inode - 1);
	return inode;
}

static const char *const unused[] = {"metadata_csum",
				     "^metadata_csum,uninit_bg"};

START_TEST(test_unused)
{
	uint32_t inode = make_unused(unused[_i]);
	const struct disk_list *l = extread_scan(IMAGE, false, false);
	const struct disk_entry *e;

	ck_assert_uint_eq(l->count, 1);
	ck_assert_str_eq(l->entry[0].path, "kept");
	l = extread_scan(IMAGE, false, true);
	ck_assert_uint_eq(l->count, 2);
	e = &l->entry[1];
	ck_assert_uint_eq(e->inode, inode);
	ck_assert(e->deleted && !e->path && !e->error);
	ck_assert_uint_eq(e->size, sizeof(v2));
	ck_assert_mem_eq(e->value, v2, sizeof(v2));
}
END_TEST

/* Nobody cleared that part of the table: it may hold anything. */
START_TEST(test_unused_rubbish)
{
	uint32_t inode = make_unused(unused[_i]);
	uint64_t at = extread_place(IMAGE, inode + 1).inode;
	const struct disk_list *l;
	uint64_t state = 4711;
	int fd = open(IMAGE, O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < 64; i++) {
		uint8_t bytes[256];

		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)suite_random(&state);
		ck_assert_int_eq(pwrite(fd, bytes, sizeof(bytes),
					(off_t)(at + i * sizeof(bytes))),
				 sizeof(bytes));
	}
	close(fd);
	l = extread_scan(IMAGE, false, true);
	ck_assert_uint_eq(l->count, 2);
	ck_assert_uint_eq(l->entry[1].inode, inode);
}
END_TEST

/* ---------------------------------- upwards ------------------------------- */

static const struct up {
	const char *path;
	int error; /* ENODATA: a directory */
	const char *is;
} ups[] = {
	{"a/../f", 0, "f"},	      {"a/b/../../f", 0, "f"},
	{"a/b/../f", 0, "a/f"},	      {"../f", 0, "f"},
	{"../../a/../a/f", 0, "a/f"}, {"a/..", ENODATA, "/"},
	{"..", ENODATA, "/"},	      {"f/..", ENOTDIR, NULL},
	{"f/../f", ENOTDIR, NULL},    {"a/nothing/../f", ENOENT, NULL},
	{"...", ENOENT, NULL},
};

/* @_i: with entries ".." that lead elsewhere, the root's too */
START_TEST(test_upwards)
{
	shell("rm -rf *; echo content >content\n"
	      "mke2fs -q -F -t ext4 -b 1024 -O "
	      "^metadata_csum,^dir_index " IMAGE " 8M");
	debugfs(IMAGE, "write content f\nmkdir a\nwrite content a/f\n"
		       "mkdir a/b\nmkdir wrong\n");
	ck_assert(extread_plant(IMAGE, "f", v2, sizeof(v2)));
	ck_assert(extread_plant(IMAGE, "a/f", v2, sizeof(v2)));
	for (int i = 0; _i && i < 3; i++) {
		static const char *const dirs[] = {"/", "a", "a/b"};
		uint32_t inode = extread_inode(IMAGE, dirs[i]);

		scratch_put(IMAGE, extread_place(IMAGE, inode).data + 12,
			    extread_inode(IMAGE, "wrong"), 4);
	}
	for (size_t i = 0; i < ROWS(ups); i++) {
		const struct up *u = &ups[i];
		const struct disk_entry *e = extread_find(IMAGE, u->path);

		ck_assert_msg(e->error == u->error, "%s: %d %s", u->path,
			      e->error, e->reason);
		if (u->is)
			ck_assert_msg(e->inode == extread_inode(IMAGE, u->is),
				      "%s", u->path);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4_cut");
	int status;

	scratch_enter();
	suite_add(suite, test_cut, ROWS(cuts));
	suite_add(suite, test_more_than_is_read, 1);
	suite_add(suite, test_unused, ROWS(unused));
	suite_add(suite, test_unused_rubbish, ROWS(unused));
	suite_add(suite, test_upwards, 2);
	status = suite_run(suite);
	scratch_remove();
	return status;
}
#endif
