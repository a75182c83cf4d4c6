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
#include "scratch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------- images -------------------------------- */

/* How many of the kinds are a matrix. */
#define MATRIX 24

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
};

/* Each file, and how its attributes come to be. */
static const char *const files[] = {"plain",   "second",    "some",
				    "full",    "shared0",   "shared1",
				    "shared2", "shared3",   "packed0",
				    "packed1", "blockfull", "large"};

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
		shell("seq %zu >data/%s", i * i * i * 32, files[i]);
	fill("large", 5000);
	fill("bbb", body - 28);
	fill("ccc", (long)k->block - 36 - 28 - (body ? 0 : 24));
}

static void add_files(const char *image)
{
	FILE *script = fopen("add", "w");

	ck_assert_ptr_nonnull(script);
	for (size_t i = 0; i < ROWS(files); i++)
		fprintf(script, "write data/%s %s\nsif %s generation %zu\n",
			files[i], files[i], files[i], i + 100);
	ck_assert_int_eq(fclose(script), 0);
	shell("debugfs -w -f add %s 2>err; cat err\n! grep -v '^debugfs 1' err",
	      image);
}

static void make_image(const struct kind *k)
{
	make_files(k);
	shell("mke2fs -q -F %s image 16M", k->options);
	add_files("image");
	debugfs("image", "ea_set / user.root x\n"
			 "ea_set some user.a some\n"
			 "ea_set -f bbb full user.b\n"
			 "ea_set -f bbb blockfull user.b\n"
			 "ea_set -f ccc blockfull user.c\n"
			 "ea_set -f bbb shared0 user.b\n"
			 "ea_set shared0 user.s shared\n"
			 "ea_set -f bbb packed0 user.b\n"
			 "ea_set -f v2 packed0 security.capability\n"
			 "ea_rm packed0 user.b\n");
	if (k->inode > 128)
		debugfs("image", "ea_set -f bbb shared1 user.b\n"
				 "ea_set -f bbb shared2 user.b\n"
				 "ea_set -f bbb shared3 user.b\n");
	if (k->ea_inode)
		debugfs("image", "ea_set -f large large user.l\n"
				 "ea_set -f large shared0 user.l\n");
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

/* debugfs tells a little more than there is of data in an inode. */
static void read_data(const char *out)
{
	shell("rm -rf %s; mkdir %s; debugfs -R 'rdump / %s' image", out, out,
	      out);
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

/* Every one after every other. */
static const int steps[] = {V1, V2,   V3, V1,	V3, V2,
			    V1, NONE, V2, NONE, V3, NONE};

/* libext2fs gives an inode of its own to large values alone. */
static bool is_full(const char *file)
{
	return strcmp(file, "blockfull") == 0;
}

/* A half of the matrix has each of its values, and each size of inodes with
 * each size of blocks and all else. */
static bool is_sampled(int i)
{
	return i >= MATRIX || (i % 4 == 0 || i % 4 == 3) == (i / 4 % 2 == 0);
}

/* All files at once, those without room apart: they are refused. */
static void step(const struct kind *k, int value, int is[])
{
	struct disk_change change[ROWS(files)];
	struct written w;
	size_t n = 0;

	for (size_t i = 0; i < ROWS(files); i++) {
		struct disk_change c = to(files[i], value);

		if (!is_full(files[i])) {
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
	bool whole = getenv("VFSCAP_WHOLE");
	size_t some = whole ? ROWS(steps) : 3;
	int is[ROWS(files)] = {0};

	if (!whole && !is_sampled(_i))
		return;
	shell("rm -rf * && mkdir -p m");
	make_image(k);
	is[file_index("packed0")] = is[file_index("packed1")] = V2;
	list("image", "others");
	shell("grep -v security.capability others >o; mv o others");
	read_data("was");
	judge(is);
	if (!can_mount() && _i == 0)
		suite_skip("the kernel as judge", "no loop mounts here");
	for (size_t i = 0; i < some; i++) {
		step(k, steps[(i + (size_t)_i * 5) % ROWS(steps)], is);
		judge(is);
		if (can_mount() && i % 3 == 2 && (whole || _i % 2 == 0))
			judge_kernel(is);
	}
	read_data("is");
	shell("diff -r was is");
}
END_TEST

/* What is refused, and a word of the reason. */
static const struct refusal {
	const char *name, *spoil, *says;
	int error;
} refusals[] = {
	{"nothing wrong", "stat /", "", 0},
	{"journal", "feature needs_recovery", "journal", -EUCLEAN},
	{"not unmounted", "ssv state 0", "unmounted", -EUCLEAN},
	{"errors", "ssv state 3", "errors", -EUCLEAN},
	{"orphans", "ssv last_orphan 12", "deleted", -EUCLEAN},
	{"read-only", "feature read-only", "read-only", -EROFS},
	{"unknown", "ssv feature_incompat 0x80000042", "feature", -ENOTSUP},
	{"generation", "sif f generation 8", "generation is 8", -ESTALE},
	{"links", "sif f links_count 0", "in use", -ESTALE},
	{"free", "freei f", "in use", -ESTALE},
	{"device", "sif f mode 020644", "regular", -EINVAL},
	{"directory", "sif f mode 040755", "regular", -EINVAL},
	{"immutable", "sif f flags 0x80010", "immutable", -EPERM},
	{"append-only", "sif f flags 0x80020", "append", -EPERM},
	{"extra size", "sif f extra_isize 4000", "corrupt", -EBADMSG},
	{"no block", "sif f file_acl 4000000", "block", -EBADMSG},
	{"no attributes", "sif f file_acl 1", "attribute", -EBADMSG},
};

START_TEST(test_refusals)
{
	const struct refusal *r = refusals + _i;
	struct disk_change c;
	struct written w;

	shell("rm -rf *; seq 9 >f; mke2fs -q -F -t ext4 -b 1024 image 16M");
	debugfs("image", "write f f\nsif f generation 7\n");
	c = extimage_find("image", "f", NULL);
	c.size = values[V2].size;
	memcpy(c.value, values[V2].value, sizeof(c.value));
	debugfs("image", "%s\n", r->spoil);
	shell("cp image before");
	w = extimage_write("image", &c, 1);
	ck_assert_msg(w.error == r->error && strstr(w.why, r->says),
		      "%s: %d %s", r->name, w.error, w.why);
	if (r->error)
		shell("cmp image before");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4_write");
	int status;

	scratch_enter();
	suite_add(suite, test_matrix, ROWS(kinds));
	suite_add(suite, test_refusals, ROWS(refusals));
	status = suite_run(suite);
	scratch_remove();
	return status;
}
#endif
