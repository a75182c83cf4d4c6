/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EROFS file systems made of recipes, read without mounting: whole ones, odd
 * ones, such as are cut off or changed byte by byte. Where there is a kernel to
 * ask, test_erofs_kernel.c asks it.
 */
#include "erofsimage.h"
#include "suite.h"

#include "disk/erofs.h"
#include "form/form.h"
#include "report/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SUPER 1024
#define SUPER_SIZE 144

/* --------------------------------- recipes -------------------------------- */

struct text {
	char bytes[1 << 16];
	size_t size;
};

static void say(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void say(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->size += (size_t)vsnprintf(t->bytes + t->size,
				     sizeof(t->bytes) - t->size, format, args);
	va_end(args);
	expect(t->size < sizeof(t->bytes), "too much is said");
}

/* Values longer than any are told by their size. */
static void say_entry(struct text *t, const struct disk_entry *e)
{
	say(t, "\t%s\t", e->path ? suite_quote(e->path) : "-");
	if (e->error) {
		say(t, "%s%s\t%s\n", e->what == DISK_UNREAD ? "unread " : "",
		    vfscap_error_name(-e->error), e->reason);
		return;
	}
	say(t, "%o %u:%u %u\t", e->mode, e->uid, e->gid, e->links);
	for (size_t i = 0; i < e->size && e->size <= 32; i++)
		say(t, "%02x", e->value[i]);
	if (e->size > 32)
		say(t, "%zu bytes", e->size);
	say(t, "\n");
}

static void read_recipe(const struct erofs_recipe *r, struct text *t)
{
	const struct disk_list *l;
	char image[80];

	snprintf(image, sizeof(image), "%s.erofs", r->name);
	l = erofs_read_image(image, false);
	t->size = 0;
	for (size_t i = 0; i < l->count; i++)
		say_entry(t, &l->entry[i]);
}

START_TEST(test_recipes)
{
	static struct text t;
	const struct erofs_recipe *r = &erofs_recipe[_i];

	read_recipe(r, &t);
	ck_assert_msg(t.size == r->size &&
			      memcmp(t.bytes, r->lines, t.size) == 0,
		      "%s:\n%.*s", r->name, (int)t.size, t.bytes);
}
END_TEST

/* What is expected, anew: a person reviews it. */
static void print_expected(void)
{
	static struct text t;

	for (size_t i = 0; i < erofs_recipes; i++) {
		read_recipe(&erofs_recipe[i], &t);
		printf("%s %s\n%.*s", erofs_recipe[i].name,
		       erofs_recipe[i].mount, (int)t.size, t.bytes);
	}
}

/* ---------------------------------- damage -------------------------------- */

/* Whole images: without a checksum, which would only hide what lies deeper. */
static const char *const whole[] = {
	"good-types",	      "good-shared",	   "good-ghosts",
	"good-prefix-packed", "good-prefix-plain", "good-one-link",
	"good-blocks-9",      "good-many",
};
#define WHOLE_SMALL 6

static struct damage {
	int fd;
	uint8_t *bytes;
	size_t size, metadata;
	struct disk_list was;
} damage;

static void load(const char *name)
{
	char image[80];
	struct disk disk;

	snprintf(image, sizeof(image), "%s.erofs", name);
	disk = disk_list_open(image);
	damage.size = (size_t)disk.size;
	damage.fd = memfd_create("image", MFD_CLOEXEC);
	ck_assert_int_eq(ftruncate(damage.fd, (off_t)damage.size), 0);
	damage.bytes = mmap(NULL, damage.size, PROT_READ | PROT_WRITE,
			    MAP_SHARED, damage.fd, 0);
	ck_assert(damage.bytes != MAP_FAILED);
	ck_assert_int_eq(disk_read(&disk, 0, damage.bytes, damage.size), 0);
	damage.bytes[SUPER + 8] &= 0xfe;
	close(disk.fd);
	damage.was = *erofs_read_image(image, false);
	damage.metadata = damage.size;
	while (damage.metadata && !damage.bytes[damage.metadata - 1])
		damage.metadata--;
}

/* Between inodes and behind what is in blocks there is nothing. */
static bool padding(size_t from, size_t size)
{
	static const uint8_t zero[16];

	return from >= SUPER && from + size <= damage.size &&
	       memcmp(damage.bytes + from, zero, size) == 0;
}

/* What is handed over of a damaged image. */
struct tally {
	size_t right, others, errors;
};

static bool was_there(const struct disk_entry *e)
{
	for (size_t i = 0; i < damage.was.count; i++) {
		const struct disk_entry *w = &damage.was.entry[i];

		if (e->path && strcmp(e->path, w->path) == 0)
			return e->size == w->size &&
			       memcmp(e->value, w->value, e->size) == 0;
	}
	return false;
}

static int count(void *ctx, const struct disk_entry *e)
{
	struct tally *t = ctx;

	expect(e->what != DISK_UNREAD || e->error, "unread, and no error");
	expect(!e->error || e->reason, "an error without a reason");
	expect(!e->value == !!e->error, "a value and an error");
	if (e->error)
		t->errors++;
	else if (was_there(e))
		t->right++;
	else
		t->others++;
	return 0;
}

static struct tally read_damaged(size_t size)
{
	struct disk disk = {.fd = damage.fd, .size = size};
	struct disk_options options = {.all = false};
	struct tally t = {0};

	expect(erofs_scan(&disk, &options, count, &t) == 0, "it gave up");
	return t;
}

/* What is cut off is never the end: either all is there, or an error tells. */
START_TEST(test_cut)
{
	size_t complete = 0;

	load(whole[_i]);
	for (size_t size = 0; size <= damage.metadata + 64; size += 4) {
		size_t end = size < damage.size ? size : damage.size;
		struct tally t;

		if (end < SUPER - 4 || padding(end - 4, 8))
			continue;
		t = read_damaged(end);
		expect(!t.others, "cut at %zu: another value", end);
		expect(t.errors || t.right == damage.was.count,
		       "cut at %zu: %zu entries are gone without a word", end,
		       damage.was.count - t.right);
		complete += !t.errors;
	}
	ck_assert_uint_gt(complete, 0);
}
END_TEST

/* Each byte in turn is another one: it ends, and what it says is whole. */
START_TEST(test_bytes)
{
	static const uint8_t with[] = {0x01, 0x80, 0xff};
	size_t told = 0;

	load(whole[_i]);
	for (size_t at = SUPER; at < damage.metadata; at++) {
		uint8_t bits = with[at % ROWS(with)];

		if (padding(at & ~(size_t)15, 16))
			continue;
		damage.bytes[at] ^= bits;
		told += read_damaged(damage.size).errors > 0;
		damage.bytes[at] ^= bits;
	}
	ck_assert_uint_gt(told, 40);
}
END_TEST

static void put_sum(void)
{
	size_t block = (size_t)1 << damage.bytes[SUPER + 12];
	uint32_t crc;

	memset(damage.bytes + SUPER + 4, 0, 4);
	crc = erofs_crc(UINT32_MAX, damage.bytes + SUPER,
			block > SUPER ? block - SUPER : block);
	for (size_t i = 0; i < 4; i++)
		damage.bytes[SUPER + 4 + i] = (uint8_t)(crc >> 8 * i);
}

/* With a checksum no byte of the superblock, nor of its block, can be another one
 * without a word; but the one that says whether there is a checksum. */
START_TEST(test_checksum)
{
	load(whole[_i]);
	damage.bytes[SUPER + 8] |= 1;
	put_sum();
	ck_assert_uint_eq(read_damaged(damage.size).errors, 0);
	for (size_t at = SUPER; at < SUPER + SUPER_SIZE; at++) {
		if (at == SUPER + 8)
			continue;
		damage.bytes[at] ^= 0x02;
		expect(read_damaged(damage.size).errors,
		       "byte %zu of the superblock", at - SUPER);
		damage.bytes[at] ^= 0x02;
	}
}
END_TEST

/* A field is each edge of what it can hold, and the checksum is right. */
START_TEST(test_fields)
{
	static const struct {
		const char *name;
		size_t at, size;
		bool refused; /* all of the edges but 0 are */
	} fields[] = {
		{"compat", 8, 4, false},    {"block bits", 12, 1, true},
		{"slots", 13, 1, false},    {"root", 14, 2, false},
		{"inodes", 16, 8, false},   {"blocks", 36, 4, false},
		{"metadata", 40, 4, true},  {"shared", 44, 4, false},
		{"incompat", 80, 4, false}, {"directory bits", 90, 1, true},
		{"prefixes", 91, 1, false}, {"prefixes at", 92, 4, false},
		{"packed", 96, 8, false},   {"filter", 104, 1, false},
	};
	static const uint64_t edges[] = {0,	    1,	       0x7f,
					 0x80,	    0xff,      0x7fff,
					 0xffff,    INT32_MAX, UINT32_MAX,
					 INT64_MAX, UINT64_MAX};
	uint8_t kept[SUPER_SIZE];

	load(whole[_i]);
	memcpy(kept, damage.bytes + SUPER, sizeof(kept));
	for (size_t f = 0; f < ROWS(fields); f++)
		for (size_t e = 0; e < ROWS(edges); e++) {
			struct tally t;

			damage.bytes[SUPER + 8] |= 1;
			for (size_t i = 0; i < fields[f].size; i++)
				damage.bytes[SUPER + fields[f].at + i] =
					(uint8_t)(edges[e] >> 8 * i);
			if (damage.bytes[SUPER + 12] == kept[12])
				put_sum();
			t = read_damaged(damage.size);
			expect(!fields[f].refused || e == 0 || t.errors,
			       "%s %#llx", fields[f].name,
			       (unsigned long long)edges[e]);
			memcpy(damage.bytes + SUPER, kept, sizeof(kept));
		}
}
END_TEST

/* ---------------------------------- records ------------------------------- */

/* What cannot be read in an image is no "none", as it is of a live file. */
START_TEST(test_unsupported)
{
	struct scan_record r = {
		.what = SCAN_ENTRY,
		.error = EOPNOTSUPP,
		.view = SCAN_STORED,
	};

	ck_assert(!view_none(&r));
	r.view = SCAN_VISIBLE;
	ck_assert(view_none(&r));
	r.view = SCAN_STORED;
	r.error = ENODATA;
	ck_assert(view_none(&r));
}
END_TEST

/* Nothing lists the inodes: those without a name are not "none". */
START_TEST(test_nameless)
{
	struct disk disk = disk_list_open("odd-nameless.erofs");
	struct disk_options options = {.orphans = true};
	struct disk_list *l = disk_list_begin();

	ck_assert_int_eq(erofs_scan(&disk, &options, disk_list_take, NULL), 0);
	close(disk.fd);
	ck_assert_uint_eq(l->count, 2);
	ck_assert_ptr_nonnull(disk_list_at(l, "named"));
	ck_assert_uint_eq(disk_list_says(l, DISK_UNREAD, ENOTSUP,
					 "has no list of its inodes"),
			  1);
}
END_TEST

/* -------------------------------- directories ----------------------------- */

static char scratch[4096];

static bool enter(void)
{
	const char *tmp = getenv("TMPDIR");
	char here[4096];

	if (!getcwd(here, sizeof(here)))
		return false;
	if (!getenv("VFSCAP_FIXTURES")) {
		snprintf(scratch, sizeof(scratch), "%.4000s/tests/fixtures",
			 here);
		setenv("VFSCAP_FIXTURES", scratch, 1);
	}
	snprintf(scratch, sizeof(scratch), "%s/vfscap.XXXXXX",
		 tmp ? tmp : "/tmp");
	return mkdtemp(scratch) && chdir(scratch) == 0;
}

static void leave(void)
{
	char command[sizeof(scratch) + 40];

	snprintf(command, sizeof(command), "rm -rf '%s'", scratch);
	if (chdir("/") != 0 || system(command) != 0)
		perror(scratch);
}

static int skipped(void)
{
	leave();
	suite_skip("erofs", "python3 is not installed");
	return suite_run(suite_create("erofs"));
}

int main(int argc, char **argv)
{
	Suite *suite = suite_create("erofs");
	int result;

	if (!enter()) {
		perror(scratch);
		return EXIT_FAILURE;
	}
	if (!erofs_make_images(NULL))
		return skipped();
	if (argc > 1 && strcmp(argv[1], "--expected") == 0) {
		print_expected();
		leave();
		return 0;
	}
	suite_add(suite, test_recipes, erofs_recipes);
	suite_add(suite, test_cut, ROWS(whole));
	suite_add(suite, test_bytes, WHOLE_SMALL);
	suite_add(suite, test_checksum, ROWS(whole));
	suite_add(suite, test_fields, ROWS(whole));
	suite_add(suite, test_unsupported, 1);
	suite_add(suite, test_nameless, 1);
	result = suite_run(suite);
	leave();
	return result;
}
