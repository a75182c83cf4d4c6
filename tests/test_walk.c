/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk through live trees: mounts, what changes meanwhile, deep and wide. */
#include "sandbox.h"
#include "scanned.h"
#include "suite.h"
#include "values.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---------------------------- other file systems ------------------------- */

static void make_mounts(void)
{
	tree_enter();
	tree_dir("d");
	tree_dir("d/proc");
	tree_dir("d/tmpfs");
	ck_assert_int_eq(mount("none", "d/proc", "proc", 0, NULL), 0);
	sandbox_tmpfs("d/tmpfs");
	tree_file("d/tmpfs/file");
	tree_file("d/file");
}

START_TEST(left_out)
{
	struct scanned s = {.print = scanned_outcome};

	make_mounts();
	scanned_run(&s, "d");
	scanned_sort(&s);
	ck_assert_str_eq(s.text,
			 "d/file\nd/tmpfs/file\nleft out d/proc proc\n");
	s.used = 0;
	scanned_run(&s, "d/proc");
	ck_assert_str_eq(s.text, "left out d/proc proc\n");
}
END_TEST

START_TEST(one_file_system)
{
	struct scanned s = {
		.print = scanned_outcome,
		.options = {.one_file_system = true},
	};

	make_mounts();
	scanned_run(&s, "d");
	ck_assert_ptr_nonnull(strstr(s.text, "d/file\n"));
	ck_assert_ptr_null(strstr(s.text, "d/tmpfs/file"));
	s.used = 0;
	scanned_run(&s, "d/tmpfs");
	ck_assert_str_eq(s.text, "d/tmpfs/file\n");
}
END_TEST

static const struct {
	const char *path;
	bool barren, lists;
} file_systems[] = {
	{"/proc", true, false},	 {"/proc/self", true, false},
	{"/sys", true, false},	 {".", false, true}, /* tmpfs */
	{"ramfs", false, false},
};

START_TEST(file_system)
{
	const struct scan_fs *fs;
	int fd;

	tree_enter();
	tree_dir("ramfs");
	ck_assert_int_eq(mount("none", "ramfs", "ramfs", 0, NULL), 0);
	fd = open(file_systems[_i].path, O_PATH | O_CLOEXEC);
	fs = scan_fs_of(fd);
	ck_assert_int_eq(fs->barren, file_systems[_i].barren);
	ck_assert_int_eq(fs->lists, file_systems[_i].lists);
	ck_assert(!fs->overlay);
	ck_assert_ptr_nonnull(scan_fs_of(-1));
}
END_TEST

/* --------------------------- while it is being read ---------------------- */

static void remove_others(const struct scan_record *r)
{
	char path[64];

	for (char c = 'a'; c <= 'z'; c++) {
		snprintf(path, sizeof(path), "d/%c", c);
		if (strcmp(path, r->path) != 0)
			unlink(path);
	}
}

START_TEST(vanished)
{
	struct scanned s = {.meanwhile = remove_others};
	char path[64];

	tree_enter();
	tree_dir("d");
	for (char c = 'a'; c <= 'z'; c++) {
		snprintf(path, sizeof(path), "d/%c", c);
		tree_file(path);
	}
	scanned_run(&s, "d");
	ck_assert_int_eq(s.result, 0);
	ck_assert_uint_eq(s.records, 1);
	ck_assert_uint_eq(s.totals.vanished, 25);
	ck_assert_uint_eq(s.totals.entries, 2);
}
END_TEST

/* The record of a directory comes before it is entered. */
static void remove_directory(const struct scan_record *r)
{
	ck_assert_int_eq(rmdir(r->path), 0);
}

static void replace_by_link(const struct scan_record *r)
{
	remove_directory(r);
	ck_assert_int_eq(symlink("../outside", r->path), 0);
}

static void replace_by_fifo(const struct scan_record *r)
{
	remove_directory(r);
	ck_assert_int_eq(mkfifo(r->path, 0644), 0);
}

static const struct {
	void (*meanwhile)(const struct scan_record *r);
	unsigned vanished, unread;
} replacements[] = {
	{remove_directory, 1, 0},
	{replace_by_link, 0, 1},
	{replace_by_fifo, 0, 1},
};

static void replace_once(const struct scan_record *r)
{
	if (r->what == SCAN_ENTRY)
		replacements[atoi(getenv("REPLACEMENT"))].meanwhile(r);
}

START_TEST(replaced)
{
	struct scanned s = {
		.print = scanned_outcome,
		.meanwhile = replace_once,
	};
	char number[8];

	snprintf(number, sizeof(number), "%d", _i);
	setenv("REPLACEMENT", number, 1);
	tree_enter();
	tree_dir("outside");
	tree_file("outside/file");
	tree_dir("d");
	tree_dir("d/sub");
	value_plant("d/sub", &value_v2);
	scanned_run(&s, "d");
	ck_assert_uint_eq(s.totals.vanished, replacements[_i].vanished);
	ck_assert_uint_eq(s.records, 1 + replacements[_i].unread);
	ck_assert_ptr_null(strstr(s.text, "file"));
}
END_TEST

/* ------------------------------- deep and wide --------------------------- */

/* Each level has a directory before and after the one that goes on, and a file
 * with the attribute. */
static void dig(int levels)
{
	int start = open(".", O_PATH | O_CLOEXEC);

	tree_dir("top");
	ck_assert_int_eq(chdir("top"), 0);
	for (int i = 0; i < levels; i++) {
		tree_dir("a");
		tree_dir("down");
		tree_dir("z");
		tree_file("file");
		tree_file("z/file");
		ck_assert_int_eq(chdir("down"), 0);
	}
	ck_assert_int_eq(fchdir(start), 0);
	close(start);
}

static int most_descriptors;

static void count_descriptors(const struct scan_record *r)
{
	int count = scanned_descriptors();

	(void)r;
	if (count > most_descriptors)
		most_descriptors = count;
}

START_TEST(deep)
{
	struct scanned s = {.meanwhile = count_descriptors};

	tree_enter();
	dig(500);
	scanned_run(&s, "top");
	ck_assert_int_eq(s.result, 0);
	ck_assert_uint_eq(s.records, 1000);
	ck_assert_uint_eq(s.totals.entries, 1 + 5 * 500);
	ck_assert_int_le(most_descriptors, 80);
}
END_TEST

START_TEST(deep_with_few_descriptors)
{
	const struct rlimit few = {80, 80};
	struct scanned s = {0};

	tree_enter();
	dig(500);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	scanned_run(&s, "top");
	ck_assert_uint_eq(s.records, 1000);
}
END_TEST

/* A directory far down is moved elsewhere while what is below it is read. */
static void move_away(const struct scan_record *r)
{
	static bool moved;
	char from[4096] = "top";

	if (moved || !strstr(r->path, "bottom"))
		return;
	moved = true;
	for (int i = 0; i < 80; i++)
		strcat(from, "/down");
	ck_assert_int_eq(rename(from, "outside/moved"), 0);
}

static bool led_outside, told;

static void watch(const struct scan_record *r)
{
	if (strstr(r->rel, "secret"))
		led_outside = true;
	if (r->what == SCAN_UNREAD && r->error == ESTALE)
		told = true;
	move_away(r);
}

START_TEST(moved_away)
{
	struct scanned s = {.meanwhile = watch};
	char path[4096] = "top";

	tree_enter();
	dig(100);
	tree_dir("outside");
	tree_file("outside/secret");
	tree_dir("outside/z");
	tree_file("outside/z/secret");
	for (int i = 0; i < 100; i++)
		strcat(path, "/down");
	strcat(path, "/bottom");
	tree_file(path);
	scanned_run(&s, "top");
	/* Unless all of it had been asked before. */
	ck_assert(told || s.records == 201);
	ck_assert(!led_outside);
}
END_TEST

/* More than one piece of a directory, files and directories mixed. */
START_TEST(wide)
{
	struct scanned s = {.options = {.all = true}};
	char path[128];

	tree_enter();
	tree_dir("d");
	for (int i = 0; i < 12000; i++) {
		snprintf(path, sizeof(path), "d/%080d", i);
		if (i % 100)
			sandbox_write(path, "", 0);
		else
			tree_dir(path);
		if (i % 1000 == 0) {
			strcat(path, "/file");
			tree_file(path);
		}
	}
	scanned_run(&s, "d");
	ck_assert_uint_eq(s.records, 1 + 12000 + 12);
	ck_assert_uint_eq(s.totals.entries, 1 + 12000 + 12);
	s = (struct scanned){0};
	scanned_run(&s, "d");
	ck_assert_uint_eq(s.records, 12);
}
END_TEST

/* ----------------------------- several threads --------------------------- */

struct digest {
	uint64_t sum;
	unsigned records;
};

/* Any other order or record gives another sum. */
static int digest(void *ctx, const struct scan_record *r)
{
	struct digest *d = ctx;

	for (const char *c = r->path; *c; c++)
		d->sum = d->sum * 31 + (unsigned char)*c;
	d->sum = d->sum * 31 + (unsigned)r->error + r->size;
	if (r->value)
		d->sum = d->sum * 31 + r->value[5];
	if (r->has_stat)
		d->sum = d->sum * 31 + r->stat.st_ino;
	if (r->name && r->error == 0) {
		uint8_t value[VFSCAP_SIZE_MAX];
		size_t size;

		expect(vfscap_get_at(r->dirfd, r->name, value, sizeof(value),
				     &size) == 0 &&
			       size == r->size,
		       "%s is not at hand", r->path);
	}
	d->records++;
	return 0;
}

static struct digest digest_of(const char *arg, bool all, unsigned jobs)
{
	const struct scan_options options = {.all = all, .jobs = jobs};
	struct scan_totals totals = {0};
	struct digest d = {0};
	struct scan_input in;
	const char *why;

	ck_assert_int_eq(scan_input(arg, &in, &why), 0);
	ck_assert_int_eq(scan_run(&in, &options, &totals, digest, &d), 0);
	d.sum = d.sum * 31 + totals.entries;
	return d;
}

/* Small and large directories, a mount, links; more than is kept ahead. */
static void make_forest(void)
{
	char path[256];

	tree_enter();
	tree_dir("d");
	for (int i = 0; i < 100000; i++) {
		if (i % 300 == 0) {
			snprintf(path, sizeof(path), "d/%d", i / 300);
			tree_dir(path);
		}
		snprintf(path, sizeof(path), "d/%d/%0*d", i / 300,
			 i / 300 == 7 ? 200 : 1, i);
		if (i % 50 == 0)
			tree_file(path);
		else if (i % 97 == 0)
			ck_assert_int_eq(symlink("..", path), 0);
		else
			ck_assert_int_eq(mknod(path, S_IFREG | 0644, 0), 0);
	}
	tree_dir("d/8/mounted");
	sandbox_tmpfs("d/8/mounted");
	tree_dir("d/8/mounted/sub");
	tree_file("d/8/mounted/sub/file");
	ck_assert_int_eq(rename("d/9", "d/8/mounted/../9"), 0);
}

/* Of each record by itself, so that order does not matter. */
static int add_up(void *ctx, const struct scan_record *r)
{
	struct digest *d = ctx, one = {0};

	digest(&one, r);
	d->sum += one.sum;
	d->records++;
	return 0;
}

START_TEST(no_order)
{
	struct scan_totals totals[2] = {{0}};
	struct digest d[2] = {{0}};
	struct scan_input in;
	const char *why;

	make_forest();
	ck_assert_int_eq(scan_input("d", &in, &why), 0);
	for (int i = 0; i < 2; i++) {
		const struct scan_options options = {
			.all = true, .unordered = i, .jobs = i ? 4 : 1};

		ck_assert_int_eq(
			scan_run(&in, &options, &totals[i], add_up, &d[i]), 0);
	}
	ck_assert_uint_eq(d[0].records, d[1].records);
	ck_assert_uint_eq(d[0].sum, d[1].sum);
	ck_assert_uint_eq(totals[0].entries, totals[1].entries);
}
END_TEST

START_TEST(same_order)
{
	static const unsigned jobs[] = {2, 3, 8};
	struct digest one[2];

	make_forest();
	for (int all = 0; all < 2; all++)
		one[all] = digest_of("d", all, 1);
	ck_assert_uint_eq(one[0].records, 2001);
	for (size_t i = 0; i < ROWS(jobs) * 6; i++) {
		bool all = i % 2;
		struct digest d = digest_of("d", all, jobs[i / 2 % ROWS(jobs)]);

		ck_assert_uint_eq(d.records, one[all].records);
		ck_assert_uint_eq(d.sum, one[all].sum);
	}
}
END_TEST

/* ---------------------------------- stopping ----------------------------- */

struct stopper {
	unsigned after, seen;
	int answer;
};

static int stop_after(void *ctx, const struct scan_record *r)
{
	struct stopper *stopper = ctx;

	(void)r;
	return ++stopper->seen == stopper->after ? stopper->answer : 0;
}

static int scan_stopped(const char *arg, struct stopper *stopper)
{
	const struct scan_options options = {.all = true, .jobs = scanned_jobs};
	struct scan_totals totals = {0};
	struct scan_input in;
	const char *why;

	ck_assert_int_eq(scan_input(arg, &in, &why), 0);
	return scan_run(&in, &options, &totals, stop_after, stopper);
}

START_TEST(stopped)
{
	static const char *const args[] = {"top", "file:top/file",
					   "getfattr:dump", "missing"};
	static const int answers[] = {1, -ENOMEM, -1, 42};
	const char *arg = args[_i / (int)ROWS(answers)];
	struct stopper stopper = {.after = 1,
				  .answer = answers[_i % (int)ROWS(answers)]};
	int before = scanned_descriptors();

	tree_enter();
	dig(100);
	sandbox_write("dump",
		      "# file: a\nsecurity.capability=0x00\n"
		      "security.capability=0x00\n",
		      60);
	ck_assert_int_eq(scan_stopped(arg, &stopper), stopper.answer);
	ck_assert_uint_eq(stopper.seen, 1);
	ck_assert_int_eq(scanned_descriptors(), before);
}
END_TEST

/* At every record of a deep tree */
START_TEST(stopped_anywhere)
{
	int before = scanned_descriptors();

	tree_enter();
	dig(80);
	for (unsigned after = 1; after <= 1 + 5 * 80; after++) {
		struct stopper stopper = {.after = after, .answer = 7};

		expect(scan_stopped("top", &stopper) == 7 &&
			       stopper.seen == after,
		       "after %u", after);
	}
	ck_assert_int_eq(scanned_descriptors(), before);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *walk_suite(const char *name)
{
	Suite *suite = suite_create(name);

	suite_add(suite, left_out, 1);
	suite_add(suite, one_file_system, 1);
	suite_add(suite, file_system, ROWS(file_systems));
	suite_add(suite, vanished, 1);
	suite_add(suite, replaced, ROWS(replacements));
	suite_add(suite, deep, 1);
	suite_add(suite, deep_with_few_descriptors, 1);
	suite_add(suite, moved_away, 1);
	suite_add(suite, wide, 1);
	if (scanned_jobs) {
		suite_add(suite, same_order, 1);
		suite_add(suite, no_order, 1);
	}
	suite_add(suite, stopped, 16);
	suite_add(suite, stopped_anywhere, 1);
	return suite;
}

int main(void)
{
	static const char *const tools[] = {NULL};

	int status;

	sandbox_enter("walk", tools);
	status = suite_run(walk_suite("walk"));
	scanned_jobs = 4;
	return suite_run(walk_suite("walk with threads")) || status;
}
