/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attribute in ext file systems of all kinds: set, replaced and removed,
 * with e2fsck, debugfs and the kernel as judges.
 */
#include "suite.h"

#include <stdlib.h>

#ifndef HAVE_EXT4
int main(void)
{
	suite_skip("ext4", "built without it");
	return suite_run(suite_create("ext4_write"));
}
#else
#include "extimage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------- images -------------------------------- */

#define FEATURES 2

static const struct kind {
	const char *name, *options;
	unsigned inode, block;
	bool ea_inode;
} kinds[] = {
#define KIND(i, b, csum, ea)                                                 \
	{                                                                    \
		.name = #i "-byte inodes, " #b "-byte blocks, " csum " " ea, \
		.options = "-t ext4 -I " #i " -b " #b " -O " csum "," ea,    \
		.inode = (i), .block = (b), .ea_inode = ea[0] != '^'         \
	}
#define KINDS(i, b)                                       \
	KIND(i, b, "metadata_csum", "ea_inode"),          \
		KIND(i, b, "^metadata_csum", "ea_inode"), \
		KIND(i, b, "metadata_csum", "^ea_inode"), \
		KIND(i, b, "^metadata_csum", "^ea_inode")
	KINDS(128, 1024),
	KINDS(256, 1024),
	KINDS(1024, 1024),
	KINDS(128, 4096),
	KINDS(256, 4096),
	KINDS(1024, 4096),
	{"ext2", "-t ext2 -b 1024", 256, 1024, false},
	{"ext2 without features", "-t ext2 -b 1024 -I 128 -O none,ext_attr",
	 128, 1024, false},
	{"ext3", "-t ext3 -b 1024", 256, 1024, false},
	{"no 64bit, groups with checksums",
	 "-t ext4 -b 1024 -O ^64bit,^metadata_csum,uninit_bg", 256, 1024,
	 false},
	{"meta_bg, no flex_bg",
	 "-t ext4 -b 1024 -O meta_bg,^resize_inode,^flex_bg", 256, 1024, false},
	{"bigalloc", "-t ext4 -b 1024 -C 16384 -O bigalloc", 256, 1024, false},
	{"inline_data", "-t ext4 -b 4096 -O inline_data", 256, 4096, false},
	{"another checksum seed, many small groups",
	 "-t ext4 -b 1024 -g 1024 -O metadata_csum_seed,^has_journal", 256,
	 1024, false},
	{"multiple mount protection", "-t ext4 -b 1024 -O mmp", 256, 1024,
	 false},
};

/* Each file, and how its attributes come to be. */
static const char *const files[] = {"plain",   "second",  "some",     "full",
				    "shared0", "shared1", "shared2",  "shared3",
				    "packed0", "packed1", "blockfull"};

static size_t file_index(const char *name)
{
	for (size_t i = 0; i < ROWS(files); i++) {
		if (strcmp(files[i], name) == 0)
			return i;
	}
	ck_abort_msg("%s", name);
}

/* Other inodes get the block of one, and e2fsck counts them. */
static void share(const char *image, const char *first, const char *others)
{
	unsigned long long block;
	char name[40];

	extimage_find(image, first, &block);
	ck_assert_uint_ne(block, 0);
	for (; *others; others++) {
		snprintf(name, sizeof(name), "%.*s%c", (int)strlen(first) - 1,
			 first, *others);
		debugfs(image, "sif %s file_acl %llu\n", name, block);
	}
	shell("e2fsck -fy %s; [ $? -lt 4 ]", image);
	shell("e2fsck -fn %s", image);
}

static void fill(const char *name, long size)
{
	shell("head -c %ld /dev/zero | tr '\\0' %c >%s", size < 1 ? 1 : size,
	      name[0], name);
}

/* The value that packed files begin with: v2. */
#define V2_SHELL                         \
	"\\001\\000\\000\\002\\000\\040" \
	"\\000\\000\\000\\000\\000\\000" \
	"\\000\\000\\000\\000\\000\\000\\000\\000"

static void make_files(const struct kind *k)
{
	/* What 8 bytes more would not fit into. */
	long body = k->inode == 128 ? 0 : (long)k->inode - 128 - 32 - 8;

	shell("mkdir data; printf '" V2_SHELL "' >v2");
	for (size_t i = 0; i < ROWS(files); i++)
		shell("seq %zu >data/%s", i * i * i * 20, files[i]);
	fill("bbb", body - 28);
	fill("ccc", (long)k->block - 36 - 28 - (body ? 0 : 24));
}

static void make_image(const struct kind *k)
{
	make_files(k);
	shell("mke2fs -q -F %s image 16M", k->options);
	debugfs("image", "ea_set / user.root x\n");
	for (size_t i = 0; i < ROWS(files); i++)
		debugfs("image", "write data/%s %s\nsif %s generation %zu\n",
			files[i], files[i], files[i], i + 100);
	debugfs("image", "ea_set some user.a some\n"
			 "ea_set -f bbb full user.b\n"
			 "ea_set -f bbb blockfull user.b\n"
			 "ea_set -f ccc blockfull user.c\n");
	for (int i = 0; i < 4; i++) {
		if (k->inode > 128 || i == 0)
			debugfs("image", "ea_set -f bbb shared%d user.b\n", i);
	}
	debugfs("image", "ea_set shared0 user.s shared\n"
			 "ea_set -f bbb packed0 user.b\n"
			 "ea_set -f v2 packed0 security.capability\n"
			 "ea_rm packed0 user.b\n");
	share("image", "shared0", "123");
	share("image", "packed0", "1");
}

/* ----------------------------------- values ------------------------------- */

enum { NONE, V1, V2, V3, VALUES };

static const struct disk_change values[VALUES] = {
	[NONE] = {.remove = true},
	[V1] = {.size = 12, .value = {1, 0, 0, 1, 0, 4, 0, 0, 2}},
	[V2] = {.size = 20, .value = {1, 0, 0, 2, 0, 32}},
	[V3] = {.size = 24,
		.value = {0, 0, 0, 3, 0, 32, 0, 0, 255, [20] = 0xa0, 0x86, 1}},
};

static struct disk_change to(const char *file, int value)
{
	struct disk_change c = extimage_find("image", file, NULL);

	c.remove = values[value].remove;
	c.size = values[value].size;
	memcpy(c.value, values[value].value, sizeof(c.value));
	return c;
}

static int by_inode(const void *a, const void *b)
{
	const struct disk_change *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* ----------------------------------- judges ------------------------------- */

/* "FILE ATTRIBUTE (SIZE) = VALUE" a line, sorted; root among them. */
static void list(const char *image, const char *out)
{
	FILE *script = fopen("script", "w");

	for (size_t i = 0; i < ROWS(files); i++)
		fprintf(script, "ea_list %s\n", files[i]);
	fputs("ea_list /\n", script);
	fclose(script);
	shell("debugfs -f script %s 2>/dev/null >listing\n"
	      "awk '/^debugfs: /{f=$3;next} /\\(/{print f $0}' listing | "
	      "sort >%s",
	      image, out);
}

static void expect_value(FILE *out, const char *file, int value)
{
	const struct disk_change *c = values + value;

	if (value == NONE)
		return;
	fprintf(out, "%s  security.capability (%zu) = ", file, c->size);
	for (size_t i = 0; i < c->size; i++)
		fprintf(out, "%02x ", c->value[i]);
	fputc('\n', out);
}

static void judge_data(void)
{
	shell("rm -rf got; mkdir got; debugfs -R 'rdump / got' image; rm -rf "
	      "got/lost+found\n"
	      "diff -r data got && rm -r got");
}

static void judge(const int is[])
{
	FILE *out;

	shell("e2fsck -fn image");
	shell("cp others wanted");
	out = fopen("wanted", "a");
	for (size_t i = 0; i < ROWS(files); i++)
		expect_value(out, files[i], is[i]);
	ck_assert_int_eq(fclose(out), 0);
	list("image", "listed");
	shell("sort wanted | diff - listed");
}

static bool can_mount(void)
{
	static int can = -1;

	if (can < 0 && geteuid() == 0)
		can = system("unshare -m --propagation private sh -c "
			     "'mkdir -p m; mount -o loop,ro image m' "
			     ">said 2>&1") == 0;
	return can > 0;
}

/* The kernel shows what it can, v1 it does not; and takes all away again. */
static void judge_kernel(const int is[])
{
	FILE *out = fopen("wanted", "w");

	for (size_t i = 0; i < ROWS(files); i++) {
		if (is[i] != V2 && is[i] != V3)
			continue;
		fprintf(out, "%s 0x", files[i]);
		for (size_t b = 0; b < values[is[i]].size; b++)
			fprintf(out, "%02x", values[is[i]].value[b]);
		fputc('\n', out);
	}
	ck_assert_int_eq(fclose(out), 0);
	shell("cp image image2; mkdir -p m\n"
	      "cat >judge <<'E'\n"
	      "set -e; mount -o loop image2 m; cd m\n"
	      "for f in *; do v=$(getfattr -h -n security.capability "
	      "--only-values $f 2>/dev/null | od -An -v -tx1 | tr -d ' \\n')\n"
	      "[ -z \"$v\" ] || echo $f 0x$v; done >../seen\n"
	      "getfattr -h -m - -d * | grep -c '^user' >../users\n"
	      "for f in *; do setfattr -x security.capability $f 2>/dev/null "
	      "|| "
	      ":; done\n"
	      "cd ..; umount m\n"
	      "E\n"
	      "unshare -m --propagation private sh judge");
	shell("sort wanted | diff - seen");
	shell("e2fsck -fn image2");
	list("image2", "listed");
	shell("diff others listed");
}

/* ------------------------------------ tests ------------------------------- */

/* Every one after every other; each kind of file system has some of them. */
#define STEPS 4
static const int steps[] = {V1, V2,   V3, V1,	V3, V2,
			    V1, NONE, V2, NONE, V3, NONE};

static bool may_be_full(const struct kind *k, const char *file)
{
	return !k->ea_inode && strcmp(file, "blockfull") == 0;
}

/* All files at once, those without room apart: they are refused. */
static void step(const struct kind *k, int value, int is[])
{
	struct disk_change change[ROWS(files)];
	struct written w;
	size_t n = 0;

	for (size_t i = 0; i < ROWS(files); i++) {
		struct disk_change c = to(files[i], value);

		if (!may_be_full(k, files[i])) {
			change[n++] = c;
			is[i] = value;
			continue;
		}
		w = extimage_write("image", &c, 1);
		ck_assert_int_eq(w.error, value == NONE ? 0 : -ENOSPC);
		ck_assert_uint_eq(w.blocks, 0);
	}
	qsort(change, n, sizeof(*change), by_inode);
	w = extimage_write("image", change, n);
	ck_assert_msg(w.error == 0, "%s: %s", k->name, w.why);
	/* Once more: it is done. */
	w = extimage_write("image", change, n);
	ck_assert_int_eq(w.error, 0);
	ck_assert_uint_eq(w.blocks, 0);
}

START_TEST(test_matrix)
{
	const struct kind *k = kinds + _i;
	int is[ROWS(files)] = {0};

	shell("rm -rf * && mkdir -p m");
	make_image(k);
	is[file_index("packed0")] = is[file_index("packed1")] = V2;
	list("image", "others");
	shell("grep -v security.capability others >o; mv o others");
	judge(is);
	if (!can_mount() && _i == 0)
		suite_skip("the kernel as judge", "no loop mounts here");
	for (size_t i = 0; i < STEPS; i++) {
		step(k, steps[(i + STEPS * (size_t)_i) % ROWS(steps)], is);
		judge(is);
	}
	judge_data();
	if (can_mount())
		judge_kernel(is);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4_write");
	int status;

	extimage_dir();
	suite_add(suite, test_matrix, ROWS(kinds));
	status = suite_run(suite);
	extimage_leave();
	return status;
}
#endif
