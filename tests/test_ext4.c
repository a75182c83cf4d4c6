/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ext file systems of all kinds, read without mounting: whole ones, damaged ones,
 * and the kernel as judge of what is there.
 */
#include "suite.h"

#include <stdlib.h>

#ifndef HAVE_EXT4
int main(void)
{
	suite_skip("ext4", "built without it");
	return suite_run(suite_create("ext4"));
}
#else
#include "extread.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define IMAGE "image"

static const uint8_t v1[12] = {1, 0, 0, 1, 0, 4};
static const uint8_t v2[20] = {1, 0, 0, 2, 0, 0x20};
static const uint8_t v3[24] = {1, 0, 0, 3, 0, 0x20, [20] = 0xa0, 0x86, 1};
static const uint8_t ghost[24] = {0, 0, 0, 3, [20] = 0xff, 0xff, 0xff, 0xff};
static uint8_t large[DISK_VALUE_MAX];

/* ---------------------------------- kinds --------------------------------- */

static const struct kind {
	const char *options, *features;
	size_t value; /* a large one that there is room for */
} kinds[] = {
	{"-I 128 -b 1024", "metadata_csum", 400},
	{"-I 128 -b 1024", "^metadata_csum", 400},
	{"-I 128 -b 4096", "metadata_csum", 3000},
	{"-I 128 -b 4096", "^metadata_csum", 3000},
	{"-I 256 -b 1024", "metadata_csum", 400},
	{"-I 256 -b 1024", "^metadata_csum", 400},
	{"-I 256 -b 4096", "metadata_csum", 3000},
	{"-I 256 -b 4096", "^metadata_csum", 3000},
	{"-I 1024 -b 1024", "metadata_csum", 400},
	{"-I 1024 -b 1024", "^metadata_csum", 400},
	{"-I 1024 -b 4096", "metadata_csum", 3000},
	{"-I 1024 -b 4096", "^metadata_csum", 3000},
	{"-I 256 -b 1024", "ea_inode", DISK_VALUE_MAX},
	{"-I 256 -b 4096", "ea_inode,^metadata_csum", 30000},
	{"-I 256 -b 4096", "inline_data", 25},
	{"-I 256 -b 4096", "64bit", 300},
	{"-I 256 -b 4096", "^64bit", 300},
	{"-I 256 -b 4096", "bigalloc", 300},
	{"-I 256 -b 1024", "^extent,^64bit,^metadata_csum,^has_journal", 300},
	{"-I 256 -b 1024", "^filetype,^uninit_bg,^metadata_csum", 300},
	{"-I 256 -b 1024", "metadata_csum,metadata_csum_seed", 300},
	{"-I 256 -b 1024", "meta_bg,^resize_inode", 300},
};

static const char commands[] = "mkdir usr\n"
			       "mkdir usr/bin\n"
			       "mkdir .name\n"
			       "cd /usr/bin\n"
			       "write content v1\n"
			       "write content v2\n"
			       "write content v3\n"
			       "cd /.name\n"
			       "write content ghost\n"
			       "cd /usr\n"
			       "write content empty\n"
			       "write content malformed\n"
			       "write content large\n"
			       "write content none\n"
			       "write content deleted\n"
			       "symlink link /bin/v2\n"
			       "mknod fifo p\n"
			       "mknod device c 1 3\n"
			       "cd /\n"
			       "set_inode_field usr/bin/v2 uid 70000\n"
			       "set_inode_field usr/bin/v2 gid 80000\n"
			       "set_inode_field usr/bin/v2 mode 0104755\n"
			       "set_inode_field usr/bin/v2 generation 77\n"
			       "set_inode_field usr/bin/v2 links_count 3\n"
			       "ln usr/bin/v2 usr/bin/second\n"
			       "ln usr/bin/v2 third\n";

static struct plant {
	const char *path;
	const void *value;
	size_t size;
} plants[] = {
	{"usr/bin/v1", v1, sizeof(v1)}, {"usr/bin/v2", v2, sizeof(v2)},
	{"usr/bin/v3", v3, sizeof(v3)}, {".name/ghost", ghost, sizeof(ghost)},
	{"usr/empty", v1, 0},		{"usr/malformed", "\1\0\0\2\0", 5},
	{"usr/fifo", v2, sizeof(v2)},	{"usr/device", v2, sizeof(v2)},
	{"usr/bin", v2, sizeof(v2)},	{"usr/link", v3, sizeof(v3)},
	{"usr/large", large, 0},
};

static void make_empty(const char *options, const char *features)
{
	shell("rm -f %s; echo content >content\n"
	      "mke2fs -q -F -t ext4 %s -O %s %s 16M",
	      IMAGE, options, features, IMAGE);
}

static void make(const struct kind *k)
{
	make_empty(k->options, k->features);
	debugfs(IMAGE, "%s", commands);
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i % 251);
	plants[ROWS(plants) - 1].size = k->value;
	for (size_t i = 0; i < ROWS(plants); i++)
		ck_assert_msg(extread_plant(IMAGE, plants[i].path,
					    plants[i].value, plants[i].size),
			      "%s: no room", plants[i].path);
}

static void same_value(const struct disk_entry *e, const struct plant *plant)
{
	ck_assert_msg(e && e->what == DISK_ENTRY, "%s: not there", plant->path);
	ck_assert_msg(e->error == 0, "%s: %s", plant->path, e->reason);
	ck_assert_uint_eq(e->size, plant->size);
	ck_assert_mem_eq(e->value, plant->value, plant->size);
}

START_TEST(test_kinds)
{
	const struct disk_list *l;
	const struct disk_entry *e;

	make(&kinds[_i]);
	l = extread_scan(IMAGE, false, false);
	ck_assert_uint_eq(l->count, ROWS(plants) + 2);
	for (size_t i = 0; i < ROWS(plants); i++)
		same_value(disk_list_at(l, plants[i].path), &plants[i]);
	same_value(disk_list_at(l, "usr/bin/second"), &plants[1]);
	same_value(disk_list_at(l, "third"), &plants[1]);
	e = disk_list_at(l, "usr/bin/v2");
	ck_assert_uint_eq(e->mode, 0104755);
	ck_assert_uint_eq(e->uid, 70000);
	ck_assert_uint_eq(e->gid, 80000);
	ck_assert_uint_eq(e->links, 3);
	ck_assert_uint_eq(e->generation, 77);
	ck_assert_uint_eq(e->inode, extread_inode(IMAGE, "third"));
	ck_assert(!e->deleted);
}
END_TEST

START_TEST(test_all)
{
	static const char *const others[] = {".", "usr", "usr/none", ".name",
					     "lost+found"};
	const struct disk_list *l;

	make(&kinds[_i]);
	l = extread_scan(IMAGE, true, false);
	for (size_t i = 0; i < ROWS(plants); i++)
		same_value(disk_list_at(l, plants[i].path), &plants[i]);
	for (size_t i = 0; i < ROWS(others); i++) {
		const struct disk_entry *e = disk_list_at(l, others[i]);

		ck_assert_msg(e && e->error == ENODATA, "%s", others[i]);
	}
	ck_assert_uint_eq(l->count, ROWS(plants) + 2 + ROWS(others) + 1);
}
END_TEST

/* ------------------------------ a path, an inode --------------------------- */

static const struct find {
	const char *path, *clean;
	enum disk_what what;
	int error;
} finds[] = {
	{"usr/bin/v1", "usr/bin/v1", DISK_ENTRY, 0},
	{"/usr/bin/v1", "usr/bin/v1", DISK_ENTRY, 0},
	{"./usr//bin/./v1", "usr/bin/v1", DISK_ENTRY, 0},
	{"usr/bin/../bin/v1", "usr/bin/../bin/v1", DISK_ENTRY, 0},
	{"usr/bin/v1/..", "usr/bin/v1/..", DISK_UNREAD, ENOTDIR},
	{"usr/bin/", "usr/bin", DISK_ENTRY, 0},
	{"usr/none", "usr/none", DISK_ENTRY, ENODATA},
	{"", ".", DISK_ENTRY, ENODATA},
	{"/", ".", DISK_ENTRY, ENODATA},
	{".", ".", DISK_ENTRY, ENODATA},
	{"usr/link", "usr/link", DISK_ENTRY, 0},
	{"usr/link/v1", "usr/link/v1", DISK_UNREAD, ENOTDIR},
	{"usr/bin/v1/x", "usr/bin/v1/x", DISK_UNREAD, ENOTDIR},
	{"usr/nothing", "usr/nothing", DISK_UNREAD, ENOENT},
	{"usr/nothing/x", "usr/nothing/x", DISK_UNREAD, ENOENT},
	{"usr/bin/v", "usr/bin/v", DISK_UNREAD, ENOENT},
};

START_TEST(test_find)
{
	make(&kinds[4]);
	for (size_t i = 0; i < ROWS(finds); i++) {
		const struct find *f = &finds[i];
		const struct disk_entry *e = extread_find(IMAGE, f->path);

		ck_assert_msg(e->what == f->what && e->error == f->error,
			      "%s: %d %s", f->path, e->error, e->reason);
		ck_assert_str_eq(e->path, f->clean);
	}
	same_value(extread_find(IMAGE, "usr/bin/v1"), &plants[0]);
}
END_TEST

START_TEST(test_inode)
{
	const struct disk_entry *e;

	make(&kinds[4]);
	e = extread_number(IMAGE, extread_inode(IMAGE, "usr/bin/v3"));
	same_value(e, &plants[2]);
	ck_assert_ptr_null(e->path);
	e = extread_number(IMAGE, extread_inode(IMAGE, "usr/none"));
	ck_assert(e->what == DISK_ENTRY && e->error == ENODATA);
	e = extread_number(IMAGE, 0);
	ck_assert(e->what == DISK_UNREAD && e->error == ENOENT);
	e = extread_number(IMAGE, UINT64_C(0x100000002));
	ck_assert(e->what == DISK_UNREAD && e->error == ENOENT);
	e = extread_number(IMAGE, 1000);
	ck_assert(e->what == DISK_UNREAD && e->error == ENOENT);
}
END_TEST

/* ---------------------------------- names --------------------------------- */

START_TEST(test_deleted)
{
	const struct disk_list *l;
	uint32_t inode;

	make(&kinds[4]);
	ck_assert(extread_plant(IMAGE, "usr/deleted", v1, sizeof(v1)));
	ck_assert(extread_plant(IMAGE, "usr/none", v3, sizeof(v3)));
	inode = extread_inode(IMAGE, "usr/deleted");
	debugfs(IMAGE, "rm usr/deleted\nunlink usr/none\n");
	l = extread_scan(IMAGE, false, false);
	ck_assert_uint_eq(disk_list_says(l, DISK_NOTICE, 0,
					 "2 inodes with the attribute have no "
					 "name, 1 of them deleted; --orphans"),
			  1);
	ck_assert_uint_eq(l->count, ROWS(plants) + 3);
	l = extread_scan(IMAGE, false, true);
	ck_assert_uint_eq(l->count, ROWS(plants) + 4);
	for (size_t i = l->count - 2; i < l->count; i++) {
		const struct disk_entry *e = &l->entry[i];

		ck_assert_ptr_null(e->path);
		ck_assert_int_eq(e->error, 0);
		ck_assert_int_eq(e->deleted, e->inode == inode);
		ck_assert_uint_eq(e->size,
				  e->deleted ? sizeof(v1) : sizeof(v3));
	}
}
END_TEST

#define MANY 4000

START_TEST(test_many)
{
	const struct disk_list *l;
	FILE *f;

	make_empty(kinds[_i].options, "dir_index,^metadata_csum");
	f = fopen("many", "w");
	ck_assert_ptr_nonnull(f);
	fputs("mkdir d\n", f);
	for (int i = 0; i < MANY; i++)
		fprintf(f, "symlink d/a-name-%d content\n", i);
	fclose(f);
	shell("debugfs -w -f many %s; e2fsck -fyD %s || [ $? -le 1 ]", IMAGE,
	      IMAGE);
	ck_assert(extread_plant(IMAGE, "d/a-name-0", v1, sizeof(v1)));
	ck_assert(extread_plant(IMAGE, "d/a-name-3999", v2, sizeof(v2)));
	l = extread_scan(IMAGE, false, false);
	ck_assert_uint_eq(l->count, 2);
	ck_assert_ptr_nonnull(disk_list_at(l, "d/a-name-0"));
	ck_assert_ptr_nonnull(disk_list_at(l, "d/a-name-3999"));
	ck_assert_int_eq(extread_find(IMAGE, "d/a-name-3999")->error, 0);
}
END_TEST

/* --------------------------------- damage --------------------------------- */

static const struct kind damaged = {"-I 256 -b 1024", "metadata_csum", 400};

static void others_there(const struct disk_list *l, const char *but)
{
	for (size_t i = 0; i < ROWS(plants); i++)
		if (!strstr(plants[i].path, but))
			same_value(disk_list_at(l, plants[i].path), &plants[i]);
}

START_TEST(test_inode_sum)
{
	const struct disk_entry *e;
	const struct disk_list *l;
	uint32_t inode;

	make(&damaged);
	inode = extread_inode(IMAGE, "usr/bin/v1");
	extread_flip(IMAGE, extread_place(IMAGE, inode).inode + 200);
	l = extread_scan(IMAGE, false, false);
	others_there(l, "v1");
	e = disk_list_at(l, "usr/bin/v1");
	ck_assert(e && e->what == DISK_ENTRY && e->error == EBADMSG);
	ck_assert_ptr_nonnull(strstr(e->reason, "its checksum is wrong"));
	ck_assert_int_eq(extread_find(IMAGE, "usr/bin/v1")->error, EBADMSG);
	ck_assert_int_eq(extread_number(IMAGE, inode)->error, EBADMSG);
}
END_TEST

START_TEST(test_block_sum)
{
	const struct disk_list *l;
	const struct disk_entry *e;
	uint64_t at;

	make(&damaged);
	at = extread_place(IMAGE, extread_inode(IMAGE, "usr/large")).attrs;
	ck_assert_uint_ne(at, 0);
	extread_flip(IMAGE, at + 1000);
	l = extread_scan(IMAGE, false, false);
	others_there(l, "large");
	e = disk_list_at(l, "usr/large");
	ck_assert(e && e->error == EBADMSG);
	ck_assert_ptr_nonnull(strstr(e->reason, "block of attributes"));
}
END_TEST

START_TEST(test_dir_sum)
{
	const struct disk_list *l;
	uint64_t at;

	make(&damaged);
	at = extread_place(IMAGE, extread_inode(IMAGE, "usr/bin")).data;
	extread_flip(IMAGE, at + 1020);
	l = extread_scan(IMAGE, false, false);
	others_there(l, "nothing");
	ck_assert_uint_eq(disk_list_says(l, DISK_UNREAD, EBADMSG,
					 "the checksum is wrong in block"),
			  1);
}
END_TEST

/* Of the first entry that is not "." or "..", that of "v1". */
START_TEST(test_names)
{
	static const struct {
		size_t at;
		uint32_t number;
		const char *says;
	} cases[] = {
		{24, 0x7fffffff, "means inode 2147483647"},
		{28, 0x0102fff0, "corrupt entries"},
		{28, 0x01020004, "corrupt entries"},
		{32, 0x002f, "is one that cannot be"},
		{32, 0x0076, "is one that cannot be"},
	};
	struct kind k = damaged;
	const struct disk_list *l;
	uint64_t at;

	k.features = "^metadata_csum";
	make(&k);
	at = extread_place(IMAGE, extread_inode(IMAGE, "usr/bin")).data;
	scratch_put(IMAGE, at + cases[_i].at, cases[_i].number, 4);
	l = extread_scan(IMAGE, false, false);
	others_there(l, "usr/bin/");
	ck_assert_ptr_null(disk_list_at(l, "usr/bin/v1"));
	ck_assert_uint_eq(
		disk_list_says(l, DISK_UNREAD, EBADMSG, cases[_i].says), 1);
	ck_assert_uint_ge(disk_list_says(l, DISK_NOTICE, 0, "no name"), 1);
}
END_TEST

/* The parent of a directory that is in its inode is a number there. */
START_TEST(test_inline_parent)
{
	struct kind k = damaged;
	const struct disk_list *l;
	uint64_t at;

	k.features = "inline_data,^metadata_csum";
	make(&k);
	at = extread_place(IMAGE, extread_inode(IMAGE, "usr/bin")).inode;
	scratch_put(IMAGE, at + 0x28, UINT32_MAX, 4);
	l = extread_scan(IMAGE, false, false);
	others_there(l, "nothing");
	ck_assert_uint_eq(disk_list_says(l, DISK_UNREAD, EBADMSG,
					 "means inode 4294967295"),
			  1);
}
END_TEST

START_TEST(test_loop)
{
	const struct disk_list *l;

	make(&damaged);
	debugfs(IMAGE, "mkdir a\nmkdir a/b\ncd a/b\nwrite content f\ncd /\n"
		       "ln a a/b/a\nunlink a\n");
	ck_assert(extread_plant(IMAGE, "usr/none", v1, sizeof(v1)));
	debugfs(IMAGE, "ln usr/none usr/bin/x\nunlink usr/none\n");
	l = extread_scan(IMAGE, true, false);
	others_there(l, "nothing");
	ck_assert_uint_ge(disk_list_says(l, DISK_UNREAD, EBADMSG, "in a loop"),
			  1);
	ck_assert_ptr_nonnull(disk_list_at(l, "usr/bin/x"));
}
END_TEST

START_TEST(test_two_parents)
{
	const struct disk_list *l;

	make(&damaged);
	debugfs(IMAGE, "ln usr/bin .name/bin\n");
	l = extread_scan(IMAGE, true, false);
	ck_assert_uint_eq(disk_list_says(l, DISK_UNREAD, EBADMSG,
					 "more names than one"),
			  1);
	ck_assert(disk_list_at(l, "usr/bin/v1") ||
		  disk_list_at(l, ".name/bin/v1"));
}
END_TEST

START_TEST(test_unnamed_dir)
{
	const struct disk_list *l;

	make(&damaged);
	debugfs(IMAGE, "unlink usr/bin\n");
	l = extread_scan(IMAGE, false, false);
	others_there(l, "usr/bin");
	ck_assert_uint_eq(disk_list_says(l, DISK_UNREAD, EBADMSG,
					 "nothing leads from the root"),
			  1);
	ck_assert_uint_eq(disk_list_says(l, DISK_NOTICE, 0,
					 "3 inodes with the attribute"),
			  1);
}
END_TEST

/* The name is what is stored, whatever its bytes are. */
START_TEST(test_encrypted)
{
	const struct disk_list *l;
	uint64_t at;

	make(&damaged);
	at = extread_place(IMAGE, extread_inode(IMAGE, "usr/bin")).data;
	shell("debugfs -w -R 'sif usr/bin flags 0x80800' %s", IMAGE);
	l = extread_scan(IMAGE, _i, false);
	ck_assert_uint_eq(disk_list_says(l, DISK_NOTICE, 0, "hexadecimal"), 1);
	others_there(l, "usr/bin/");
	same_value(disk_list_at(l, "usr/bin/7631"), &plants[0]);
	same_value(extread_find(IMAGE, "usr/bin/7632"), &plants[1]);
	scratch_put(IMAGE, at + 32, 0x002f, 4);
	l = extread_scan(IMAGE, _i, false);
	same_value(disk_list_at(l, "usr/bin/2f00"), &plants[0]);
}
END_TEST

/* ------------------------------ the superblock ----------------------------- */

START_TEST(test_states)
{
	static const struct {
		const char *set, *says;
	} cases[] = {
		{"feature needs_recovery\n", "its journal needs recovery"},
		{"ssv state 2\n", "errors are recorded"},
	};
	const struct disk_list *l;

	make(&damaged);
	debugfs(IMAGE, "lcd .\n");
	shell("debugfs -w -R '%.*s' %s", (int)strcspn(cases[_i].set, "\n"),
	      cases[_i].set, IMAGE);
	l = extread_scan(IMAGE, false, false);
	others_there(l, "nothing");
	ck_assert_uint_eq(disk_list_says(l, DISK_NOTICE, 0, cases[_i].says), 1);
}
END_TEST

START_TEST(test_copy)
{
	const struct disk_list *l;

	make(&damaged);
	if (_i == 0)
		shell("dd if=/dev/zero of=%s bs=1024 seek=1 count=1 "
		      "conv=notrunc",
		      IMAGE);
	else if (_i == 1)
		extread_flip(IMAGE, 1024 + 0x78);
	else
		scratch_put(IMAGE, 2048 + 8, 0x7fffffff, 4);
	l = extread_scan(IMAGE, false, false);
	others_there(l, "nothing");
	ck_assert_uint_eq(disk_list_says(l, DISK_NOTICE, 0,
					 "its copy in block 8193 is read"),
			  1);
}
END_TEST

START_TEST(test_unknown_feature)
{
	const struct disk_list *l;
	struct kind k = damaged;

	k.features = "^metadata_csum";
	make(&k);
	scratch_put(IMAGE, 1024 + 0x60, 0x40000242, 4);
	l = extread_scan(IMAGE, false, false);
	ck_assert_uint_eq(l->count, 1);
	ck_assert_uint_eq(
		disk_list_says(l, DISK_UNREAD, ENOTSUP, "FEATURE_I30"), 1);
	ck_assert_int_eq(extread_find(IMAGE, "usr")->error, ENOTSUP);
	ck_assert_int_eq(extread_number(IMAGE, 12)->error, ENOTSUP);
}
END_TEST

START_TEST(test_nothing)
{
	const struct disk_list *l;

	shell("rm -f %s; truncate -s %d %s", IMAGE, 1 << 20 >> 2 * _i, IMAGE);
	l = extread_scan(IMAGE, false, false);
	ck_assert_uint_eq(l->count, 1);
	ck_assert_int_eq(l->entry[0].what, DISK_UNREAD);
	ck_assert_int_eq(l->entry[0].error, EBADMSG);
}
END_TEST

/* Cut off anywhere, it says so and ends. */
START_TEST(test_truncated)
{
	make(&damaged);
	for (unsigned size = 1; size < 16384; size += size / 2 + 1) {
		const struct disk_list *l;

		shell("head -c %uK %s >cut", size, IMAGE);
		l = extread_scan("cut", false, false);
		ck_assert_uint_ge(l->count, 1);
		if (size < 100)
			ck_assert_uint_ge(
				disk_list_says(l, DISK_UNREAD, EBADMSG, ""), 1);
	}
}
END_TEST

static int stop(void *ctx, const struct disk_entry *entry)
{
	(void)entry;
	return ++*(int *)ctx == 2 ? 17 : 0;
}

START_TEST(test_stops)
{
	struct disk_options options = {.all = _i};
	struct disk disk;
	int calls = 0;

	make(&damaged);
	disk = (struct disk){open(IMAGE, O_RDONLY | O_CLOEXEC), 0, 16 << 20};
	ck_assert_int_eq(ext_scan(&disk, &options, stop, &calls), 17);
	ck_assert_int_eq(calls, 2);
	close(disk.fd);
}
END_TEST

/* -------------------------------- the kernel ------------------------------ */

/* What getxattr() says of each file that a walk of the mounted one finds. */
static void judge(const struct disk_list *l)
{
	size_t judged = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct disk_entry *e = &l->entry[i];
		char path[300], value[64];
		struct stat st;
		ssize_t size;

		ck_assert_ptr_nonnull(e->path);
		snprintf(path, sizeof(path), "m/%s", e->path);
		ck_assert_msg(lstat(path, &st) == 0, "%s", path);
		ck_assert_uint_eq(st.st_ino, e->inode);
		ck_assert_uint_eq(st.st_mode, e->mode);
		ck_assert_uint_eq(st.st_uid, e->uid);
		ck_assert_uint_eq(st.st_gid, e->gid);
		ck_assert_uint_eq(st.st_nlink, e->links);
		size = lgetxattr(path, "security.capability", value,
				 sizeof(value));
		/* It shows no value that is malformed or another's. */
		if (size < 0)
			ck_assert_msg(e->error ==
					      (errno == ENODATA ? ENODATA : 0),
				      "%s: %d, not %d", path, errno, e->error);
		else if (e->size == (size_t)size)
			ck_assert_mem_eq(e->value, value, e->size);
		judged += size >= 0;
	}
	ck_assert_uint_ge(judged, 5);
}

/* The loop device goes with the mount, and that with the process. */
static bool mounted(const char *part, const char *how)
{
	char command[100];

	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
		suite_skip(part, "no mount namespace");
		return false;
	}
	snprintf(command, sizeof(command),
		 "mkdir -p m && mount -o %s,loop " IMAGE " m 2>said", how);
	if (system(command) == 0)
		return true;
	suite_skip(part, "the kernel does not mount this");
	return false;
}

START_TEST(test_kernel)
{
	const struct disk_list *l;

	make(&kinds[_i]);
	if (!mounted("the kernel as judge", "ro"))
		return;
	l = extread_scan(IMAGE, true, false);
	judge(l);
	shell("[ $(find m | wc -l) = %zu ] && umount m", l->count);
}
END_TEST

/* Directories so large that the kernel makes an index: its own blocks. */
START_TEST(test_kernel_index)
{
	const struct disk_list *l;

	make_empty(kinds[_i].options, kinds[_i].features);
	if (!mounted("an index made by the kernel", "rw"))
		return;
	shell("mkdir m/d; cd m/d; seq -f a-name-%%g %d | xargs touch", MANY);
	ck_assert_int_eq(lsetxattr("m/d/a-name-7", "security.capability", v2,
				   sizeof(v2), 0),
			 0);
	shell("umount m; debugfs -R 'stat d' " IMAGE
	      " | grep 'Flags: 0x[0-9a-f]*1000'");
	l = extread_scan(IMAGE, false, false);
	ck_assert_uint_eq(l->count, 1);
	ck_assert_str_eq(l->entry[0].path, "d/a-name-7");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4");
	int status;

	scratch_enter();
	suite_add(suite, test_kinds, ROWS(kinds));
	suite_add(suite, test_all, ROWS(kinds));
	suite_add(suite, test_find, 1);
	suite_add(suite, test_inode, 1);
	suite_add(suite, test_deleted, 1);
	suite_add(suite, test_many, 2);
	suite_add(suite, test_inode_sum, 1);
	suite_add(suite, test_block_sum, 1);
	suite_add(suite, test_dir_sum, 1);
	suite_add(suite, test_names, 5);
	suite_add(suite, test_inline_parent, 1);
	suite_add(suite, test_loop, 1);
	suite_add(suite, test_two_parents, 1);
	suite_add(suite, test_unnamed_dir, 1);
	suite_add(suite, test_encrypted, 2);
	suite_add(suite, test_states, 2);
	suite_add(suite, test_copy, 3);
	suite_add(suite, test_unknown_feature, 1);
	suite_add(suite, test_nothing, 3);
	suite_add(suite, test_truncated, 1);
	suite_add(suite, test_stops, 2);
	suite_add(suite, test_kernel, ROWS(kinds));
	suite_add(suite, test_kernel_index, 14);
	status = suite_run(suite);
	scratch_remove();
	return status;
}
#endif
