/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attribute in ext file systems that have no room for it, are in use
 * elsewhere or count what is used, and values that have inodes of their own.
 */
#include "suite.h"

#include <stdlib.h>

#ifndef HAVE_EXT4
int main(void)
{
	suite_skip("ext4", "built without it");
	return suite_run(suite_create("ext4_limits"));
}
#else
#include "extimage.h"
#include "scratch.h"

#include <errno.h>
#include <string.h>

static const struct disk_change v2 = {.size = 20, .value = {1, 0, 0, 2, 0, 32}},
				v3 = {.size = 24,
				      .value = {1, 0, 0, 3, 0, 32, [20] = 7}},
				none = {.remove = true};

/* An image with the file "f", that commands of debugfs then change. */
static void make(const char *options, const char *commands)
{
	shell("rm -rf *; seq 9 >f; head -c 5000 /dev/zero | tr '\\0' l >large\n"
	      "printf '\\1\\0\\0\\2\\0\\40' >v2\n"
	      "head -c 14 /dev/zero >>v2\n"
	      "mke2fs -q -F -t ext4 -b 1024 %s image 8M",
	      options);
	debugfs("image", "write f f\nsif f generation 7\n%s", commands);
}

/* All that is free is used. e2fsck would say that nothing uses it. */
static void fill(void)
{
	shell("n=$(dumpe2fs -h image 2>/dev/null | awk '/^Block count/ { print "
	      "$3 }')\n"
	      "debugfs -w -R \"setb 1 $((n - 1))\" image >/dev/null 2>&1\n"
	      "debugfs -R 'ffb 1' image 2>&1 | grep -q 'Free blocks found: *$' "
	      "|| debugfs -R 'ffb 1' image 2>&1 | grep -qi 'no free\\|failed\\|"
	      "could not'");
}

static struct written change(const char *path, const struct disk_change *to)
{
	struct disk_change c = extimage_find("image", path, NULL);

	c.remove = to->remove;
	c.size = to->size;
	memcpy(c.value, to->value, sizeof(c.value));
	return extimage_write("image", &c, 1);
}

/* --------------------------------- no room -------------------------------- */

static const struct full {
	const char *name, *options, *commands;
	const struct disk_change *to;
	int error;
} fulls[] = {
	{"a new block", "-I 128", "", &v2, -ENOSPC},
	{"room in the inode", "-I 256", "", &v2, 0},
	{"room in the inode, v3", "-I 256", "", &v3, 0},
	{"one's own block", "-I 128", "ea_set f user.a 1\n", &v2, 0},
	{"the last in a block", "-I 128",
	 "ea_set -f v2 f security.capability\n", &none, 0},
	{"a block that is shared", "-I 128", "ea_set f user.a 1\nwrite f g\n",
	 &v2, -ENOSPC},
	{"out of a block that is shared", "-I 128",
	 "ea_set -f v2 f security.capability\nea_set f user.a 1\nwrite f g\n",
	 &none, -ENOSPC},
	{"alone in a block that is shared, taken away", "-I 128",
	 "ea_set -f v2 f security.capability\nwrite f g\n", &none, 0},
	{"alone in a block that is shared, changed", "-I 128",
	 "ea_set -f v2 f security.capability\nwrite f g\n", &v3, -ENOSPC},
};

/* Where there is a second file, it gets the block of the first. */
static void share(void)
{
	unsigned long long block;

	if (system("debugfs -R 'stat g' image 2>/dev/null | grep -q Inode:"))
		return;
	extimage_find("image", "f", &block);
	ck_assert_uint_ne(block, 0);
	debugfs("image", "sif g file_acl %llu\n", block);
	shell("e2fsck -fy image; [ $? -lt 4 ]\ne2fsck -fn image");
}

START_TEST(test_full)
{
	const struct full *f = &fulls[_i];
	struct written w;

	make(f->options, f->commands);
	share();
	shell("cp image roomy");
	fill();
	shell("cp image before");
	w = change("f", f->to);
	ck_assert_msg(w.error == f->error, "%s: %d %s", f->name, w.error,
		      w.why);
	if (!w.error) {
		ck_assert_uint_ge(w.blocks, 1);
		return;
	}
	ck_assert_msg(strstr(w.why, "no free block"), "%s", w.why);
	shell("cmp image before");
	/* It is for want of a block alone. */
	shell("mv roomy image");
	w = change("f", f->to);
	ck_assert_msg(w.error == 0, "%s: %s", f->name, w.why);
	shell("e2fsck -fn image");
}
END_TEST

/* ---------------------------------- in use -------------------------------- */

/* The sequence that multiple mount protection has. */
static const struct mmp {
	const char *name, *sequence; /* as printf(1) has it; NULL: as made */
	int error;
} mmps[] = {
	{"as mke2fs leaves it", NULL, 0},
	{"mounted", "\\001\\000\\000\\000", -EBUSY},
	{"mounted long", "\\000\\377\\324\\342", -EBUSY},
	{"e2fsck runs", "\\120\\115\\115\\342", -EBUSY},
	{"clean", "\\120\\115\\115\\377", 0},
};

START_TEST(test_mmp)
{
	const struct mmp *m = &mmps[_i];
	struct written w;

	/* debugfs would wait for others. */
	shell("rm -rf *; mkdir d; seq 9 >d/f\n"
	      "mke2fs -q -F -b 1024 -O mmp,^metadata_csum -d d image 8M");
	if (m->sequence)
		shell("n=$(dumpe2fs -h image 2>/dev/null | "
		      "awk '/^MMP block number/ { print $4 }')\n"
		      "[ \"$n\" -gt 0 ]\n"
		      "printf '%s' | dd of=image bs=1 seek=$((n * 1024 + 4)) "
		      "conv=notrunc status=none",
		      m->sequence);
	shell("cp image before");
	w = change("f", &v2);
	ck_assert_msg(w.error == m->error, "%s: %d %s", m->name, w.error,
		      w.why);
	if (!w.error)
		return;
	ck_assert_msg(strstr(w.why, "multiple mount protection"), "%s", w.why);
	shell("cmp image before");
}
END_TEST

/* ---------------------------------- quotas -------------------------------- */

static const struct quota {
	const char *name, *options, *commands;
	const struct disk_change *to;
	int error;
} quotas[] = {
	{"in the inode", "-I 256 -O quota", "", &v2, 0},
	{"a new block", "-I 128 -O quota", "", &v2, -ENOTSUP},
	{"a block that is there", "-I 128 -O quota", "ea_set f user.a 1\n", &v2,
	 0},
	{"a block that goes", "-I 128 -O quota",
	 "ea_set -f v2 f security.capability\n", &none, -ENOTSUP},
	{"a block that stays", "-I 128 -O quota",
	 "ea_set -f v2 f security.capability\n", &v3, 0},
	{"a value in an inode", "-I 128 -O quota,ea_inode",
	 "ea_set -f large f security.capability\n", &v2, -ENOTSUP},
	{"project quotas", "-I 256 -O quota,project", "", &v2, 0},
};

/* What mke2fs counts, debugfs does not: it is counted anew first. */
START_TEST(test_quota)
{
	const struct quota *q = &quotas[_i];
	struct written w;

	make(q->options, q->commands);
	shell("e2fsck -fy image; [ $? -lt 4 ]\ne2fsck -fn image\n"
	      "cp image before");
	w = change("f", q->to);
	ck_assert_msg(w.error == q->error, "%s: %d %s", q->name, w.error,
		      w.why);
	if (w.error)
		ck_assert_msg(strstr(w.why, "quotas"), "%s", w.why);
	shell(w.error ? "cmp image before" : "e2fsck -fn image");
}
END_TEST

/* --------------------------- values in other inodes ----------------------- */

static const struct {
	const char *options;
	const struct disk_change *to;
} large[] = {
	{"-I 128 -O ea_inode", &v2},
	{"-I 128 -O ea_inode", &v3},
	{"-I 128 -O ea_inode", &none},
	{"-I 256 -O ea_inode", &v2},
	{"-I 256 -O ea_inode", &none},
	{"-I 1024 -O ea_inode,^metadata_csum", &v3},
};

/* A value that is none, but may be stored; its inode is free afterwards. */
START_TEST(test_large)
{
	const char *free = "dumpe2fs -h image 2>/dev/null | grep '^Free '";
	struct written w;

	make(large[_i].options, "ea_set -f large f user.other\n");
	shell("%s >free", free);
	debugfs("image", "ea_set -f large f security.capability\n");
	/* debugfs does not count blocks of values. */
	shell("e2fsck -fy image; [ $? -lt 4 ]\ne2fsck -fn image\n"
	      "! %s | diff -q - free",
	      free);
	w = change("f", large[_i].to);
	ck_assert_msg(w.error == 0, "%s", w.why);
	shell("e2fsck -fn image; %s | diff - free", free);
	shell("debugfs -R 'ea_get f user.other' image 2>/dev/null | grep -q "
	      "lllllllll");
	w = change("f", &none);
	ck_assert_msg(w.error == 0, "%s", w.why);
	shell("e2fsck -fn image; %s | diff - free", free);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4_limits");
	int status;

	scratch_enter();
	suite_add(suite, test_full, ROWS(fulls));
	suite_add(suite, test_mmp, ROWS(mmps));
	suite_add(suite, test_quota, ROWS(quotas));
	suite_add(suite, test_large, ROWS(large));
	status = suite_run(suite);
	scratch_remove();
	return status;
}
#endif
