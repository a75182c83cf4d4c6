/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a closed process can do, and what comes of one that goes wrong. */
#include "attempts.h"
#include "disk/inside.h"
#include "jail/jail.h"
#include "scratch.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int null = -1;
static const struct jail_with with = {.keep = &null, .kept = 1};

/* What no closed process can do, tests/test_closed.c tries. */

static int attempt(void *ctx, int out, unsigned lacks)
{
	int (*const *function)(void) = ctx;
	int error = (*function)();

	(void)lacks;
	return write(out, &error, sizeof(error)) != sizeof(error);
}

/* What the one outside reads. */
static int answer(struct jail *jail)
{
	int error = -1;

	ck_assert_int_eq(read(jail->fd, &error, sizeof(error)), sizeof(error));
	return error;
}

/* ------------------------------- directories ------------------------------ */

static int reads = -1, writes = -1;

static int opened(int fd)
{
	int error = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

static int make_below(void)
{
	return opened(openat(writes, "made", O_WRONLY | O_CREAT, 0600));
}

static int make_set_user_id(void)
{
	return opened(openat(writes, "odd", O_WRONLY | O_CREAT, 04755));
}

static int become_set_user_id(void)
{
	int fd = openat(writes, "mine", O_WRONLY | O_CREAT, 0600);

	return fd < 0 ? 0 : fchmod(fd, 04755) ? errno : 0;
}

static int make_directory(void)
{
	return mkdirat(writes, "directory", 0700) ? errno : 0;
}

static int rename_below(void)
{
	make_below();
	return renameat(writes, "made", writes, "renamed") ? errno : 0;
}

static int make_where_it_reads(void)
{
	return opened(openat(reads, "made", O_WRONLY | O_CREAT, 0600));
}

static int write_where_it_reads(void)
{
	return opened(openat(reads, "there", O_WRONLY));
}

static int read_below(void)
{
	return opened(openat(reads, "there", O_RDONLY));
}

static int read_elsewhere(void)
{
	return opened(open("/etc/passwd", O_RDONLY));
}

static int read_above(void)
{
	return opened(openat(writes, "../beside", O_RDONLY));
}

static int move_out(void)
{
	make_below();
	return renameat(writes, "made", reads, "made") ? errno : 0;
}

static int link_below(void)
{
	return linkat(reads, "there", writes, "link", 0) ? errno : 0;
}

static int make_device(void)
{
	return mknodat(writes, "device", S_IFCHR | 0600, makedev(1, 3)) ? errno
									: 0;
}

static const struct {
	const char *name;
	int (*attempt)(void);
	int error;
} below[] = {
	{"make a file", make_below, 0},
	{"make a directory", make_directory, 0},
	{"rename", rename_below, 0},
	{"read", read_below, 0},
	{"make a set-user-ID file", make_set_user_id, EPERM},
	{"set the set-user-ID bit", become_set_user_id, EPERM},
	{"make where it reads", make_where_it_reads, EACCES},
	{"write where it reads", write_where_it_reads, EACCES},
	{"read elsewhere", read_elsewhere, EACCES},
	{"read above", read_above, EACCES},
	{"move out of it", move_out, EACCES},
	{"link", link_below, EPERM},
	{"make a device", make_device, EPERM},
	{"exec", attempt_exec, EPERM},
	{"socket", attempt_socket, EPERM},
	{"setxattr", attempt_setxattr, EPERM},
	{"unlink elsewhere", attempt_unlink, EPERM},
};

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION) >= 2;
}

START_TEST(directories)
{
	int (*function)(void) = below[_i].attempt;
	const int keep[] = {reads, writes};
	const struct jail_directory directory[] = {{reads, false},
						   {writes, true}};
	const struct jail_with two = {
		.keep = keep,
		.kept = 2,
		.directory = directory,
		.directories = 2,
	};
	char why[JAIL_WHY_SIZE];
	struct jail jail;
	int error;

#ifndef HAVE_SECCOMP
	suite_skip(below[_i].name, "this build has no libseccomp");
	return;
#endif
	if (!has_landlock()) {
		suite_skip(below[_i].name, "this kernel has no landlock");
		return;
	}
	ck_assert_int_eq(jail_start(&jail, &two, attempt, &function), 0);
	error = answer(&jail);
	ck_assert_int_eq(jail_end(&jail, why), 0);
	ck_assert_msg(error == below[_i].error, "%s: %s", below[_i].name,
		      error ? strerror(error) : "it can");
}
END_TEST

static bool make_directories(void)
{
	scratch_enter();
	if (mkdir("reads", 0700) != 0 || mkdir("writes", 0700) != 0)
		return false;
	close(open("reads/there", O_WRONLY | O_CREAT, 0600));
	close(open("beside", O_WRONLY | O_CREAT, 0600));
	reads = open("reads", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	writes = open("writes", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return reads >= 0 && writes >= 0;
}

static void forget_directories(void)
{
	close(reads);
	close(writes);
	scratch_remove();
}

/* ------------------------------ how it can end ---------------------------- */

static int crash(void *ctx, int out, unsigned lacks)
{
	(void)ctx;
	(void)out;
	(void)lacks;
	__builtin_trap();
}

static int give_up(void *ctx, int out, unsigned lacks)
{
	(void)ctx;
	(void)out;
	(void)lacks;
	return 1;
}

static int devour(void *ctx, int out, unsigned lacks)
{
	(void)ctx;
	(void)lacks;
	for (size_t i = 0; i < 2 * JAIL_MEMORY >> 20; i++) {
		/* A compiler may leave out memory that nobody uses. */
		char *volatile piece = malloc(1 << 20);

		if (!piece)
			return write(out, "full", 4) != 4;
	}
	return 1;
}

static const struct {
	jail_work *work;
	const char *why;
} ends[] = {
	{crash, "signal 4"},
	{give_up, "did not get to its end"},
};

START_TEST(ended)
{
	char why[JAIL_WHY_SIZE];
	struct jail jail;

	ck_assert_int_eq(jail_start(&jail, &with, ends[_i].work, NULL), 0);
	ck_assert_int_eq(jail_end(&jail, why), -EIO);
	ck_assert_msg(strstr(why, ends[_i].why) != NULL, "%s", why);
}
END_TEST

START_TEST(bounded)
{
	char why[JAIL_WHY_SIZE], said[4];
	struct jail jail;

#ifdef SUITE_SANITIZED
	suite_skip("memory", "a sanitizer has its own");
	return;
#endif
	ck_assert_int_eq(jail_start(&jail, &with, devour, NULL), 0);
	ck_assert_int_eq(read(jail.fd, said, sizeof(said)), sizeof(said));
	ck_assert_int_eq(jail_end(&jail, why), 0);
}
END_TEST

/* --------------------------- what it hands over --------------------------- */

static const struct disk_entry entries[] = {
	{.what = DISK_ENTRY,
	 .path = "a/b",
	 .value = (const uint8_t *)"\1\2",
	 .size = 2,
	 .inode = 12,
	 .generation = 3,
	 .mode = 0100755,
	 .uid = 1,
	 .gid = 2,
	 .links = 4},
	{.what = DISK_ENTRY,
	 .path = ".",
	 .value = (const uint8_t *)"",
	 .size = 0,
	 .inode = 2,
	 .mode = 040755},
	{.what = DISK_ENTRY,
	 .error = EBADMSG,
	 .reason = "inode 7: no",
	 .inode = 7,
	 .deleted = true,
	 .partition = 2},
	{.what = DISK_NOTICE, .reason = "worth a line"},
	{.what = DISK_UNREAD, .error = EIO, .reason = ""},
};

static int hand_over_all(void *ctx, const struct inside_out *out,
			 char why[DISK_WHY_SIZE])
{
	static const uint8_t old[1024], new[1024] = {1};
	int error = 0;

	(void)ctx;
	for (size_t i = 0; !error && i < ROWS(entries); i++)
		error = out->entry(out->ctx, &entries[i]);
	if (!error)
		error = out->block(out->ctx, 4096, old, new, sizeof(new));
	strcpy(why, "no more");
	return error ? error : -ENOSPC;
}

struct got {
	size_t entries, blocks, stop_at;
};

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int get_entry(void *ctx, const struct disk_entry *e)
{
	struct got *got = ctx;
	const struct disk_entry *x = &entries[got->entries++];

	ck_assert_int_eq(e->what, x->what);
	ck_assert(same_text(e->path, x->path));
	ck_assert(same_text(e->reason, x->reason));
	ck_assert_int_eq(e->error, x->error);
	ck_assert(!e->value == !x->value && e->size == x->size);
	ck_assert(!x->size || memcmp(e->value, x->value, x->size) == 0);
	ck_assert(e->inode == x->inode && e->generation == x->generation);
	ck_assert(e->mode == x->mode && e->uid == x->uid && e->gid == x->gid);
	ck_assert(e->links == x->links && e->deleted == x->deleted);
	ck_assert_uint_eq(e->partition, x->partition);
	return got->entries == got->stop_at ? 33 : 0;
}

static int get_block(void *ctx, uint64_t at, const uint8_t *old,
		     const uint8_t *new, size_t size)
{
	struct got *got = ctx;

	ck_assert(at == 4096 && size == 1024 && old[0] == 0 && new[0] == 1);
	got->blocks++;
	return 0;
}

START_TEST(handed_over)
{
	struct got got = {.stop_at = (size_t)_i};
	const struct inside inside = {
		.fd = null,
		.work = hand_over_all,
		.entry = get_entry,
		.block = get_block,
		.ctx = &got,
	};
	char why[DISK_WHY_SIZE];
	int result = inside_run(&inside, why);

	if (_i) {
		ck_assert_int_eq(result, 33);
		ck_assert_uint_eq(got.entries, got.stop_at);
		return;
	}
	ck_assert_int_eq(result, -ENOSPC);
	ck_assert_str_eq(why, "no more");
	ck_assert_uint_eq(got.entries, ROWS(entries));
	ck_assert_uint_eq(got.blocks, 1);
}
END_TEST

/* A process that was taken over may say anything. */
static const struct disk_entry wrong[] = {
	{.what = (enum disk_what)9},
	{.what = DISK_ENTRY, .error = 70000},
	{.what = DISK_ENTRY,
	 .error = EIO,
	 .value = (const uint8_t *)"x",
	 .size = 1},
	{.what = DISK_ENTRY, .path = "a"},
	{.what = DISK_UNREAD, .reason = "nothing is wrong"},
	{.what = DISK_UNREAD, .error = ENODATA},
	{.what = DISK_NOTICE},
	{.what = DISK_NOTICE,
	 .reason = "worth a line",
	 .value = (const uint8_t *)"x",
	 .size = 1},
};

static int hand_over_wrong(void *ctx, const struct inside_out *out,
			   char why[DISK_WHY_SIZE])
{
	(void)why;
	return out->entry(out->ctx, &wrong[*(const int *)ctx]);
}

static int never(void *ctx, const struct disk_entry *e)
{
	(void)ctx;
	(void)e;
	ck_abort_msg("it was believed");
}

START_TEST(not_believed)
{
	int which = _i;
	const struct inside inside = {
		.fd = null,
		.work = hand_over_wrong,
		.work_ctx = &which,
		.entry = never,
	};
	char why[DISK_WHY_SIZE];

	ck_assert_int_eq(inside_run(&inside, why), -EIO);
	ck_assert_str_ne(why, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("jail");
	int failed;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	null = fcntl(null, F_DUPFD_CLOEXEC, 3);
	suite_add(suite, directories, ROWS(below));
	suite_add(suite, ended, ROWS(ends));
	suite_add(suite, bounded, 1);
	suite_add(suite, handed_over, ROWS(entries));
	suite_add(suite, not_believed, ROWS(wrong));
	failed = !make_directories() || suite_run(suite);
	forget_directories();
	return failed;
}
