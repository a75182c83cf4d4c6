/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attribute of a file by descriptor and by name, wherever it may be. */
#include "suite.h"
#include "values.h"
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const struct sandbox_who root = {NULL, 0, 0};
static const struct sandbox_who user = {NULL, 1000, 1000};

/* ---------------------------- a value's life ----------------------------- */

static void live(const struct handle *h)
{
	const struct vfscap zero = {.revision = 3, .permitted = 1};
	const struct vfscap shown = {.revision = 2, .permitted = 1};

	assert_has(h, NULL);
	ck_assert_int_eq(handle_set(h, &value_v2, VFSCAP_EXPECT_VALUE),
			 -ENODATA);
	ck_assert_int_eq(handle_remove(h), -ENODATA);
	assert_has(h, NULL);

	ck_assert_int_eq(handle_set(h, &value_v2, VFSCAP_EXPECT_NONE), 0);
	assert_has(h, &value_v2);
	ck_assert_int_eq(handle_set(h, &value_v3, VFSCAP_EXPECT_NONE), -EEXIST);
	assert_has(h, &value_v2);

	ck_assert_int_eq(handle_set(h, &value_v3, VFSCAP_EXPECT_VALUE), 0);
	assert_has(h, &value_v3);
	ck_assert_int_eq(handle_set(h, &zero, VFSCAP_EXPECT_ANY), 0);
	assert_has(h, &shown);

	ck_assert_int_eq(handle_remove(h), 0);
	assert_has(h, NULL);
	ck_assert_int_eq(handle_set(h, &value_v2, VFSCAP_EXPECT_ANY), 0);
	assert_has(h, &value_v2);
}

START_TEST(life)
{
	const struct way *way = &ways[_i % WAYS];
	struct handle h;
	int before, after;

	setting_enter(_i / WAYS);
	h = handle_open(way);
	before = dup(0);
	close(before);
	live(&h);
	after = dup(0);

	ck_assert_int_eq(after, before); /* no descriptor is left open */
	ck_assert_int_eq(raw_get(way->file), 0);
	ck_assert_int_eq(raw_get("other"), ENODATA); /* what the link means */
	assert_stored(way->file, &value_v2);
}
END_TEST

/* A value that nobody should write: it is there, and can be removed. */
START_TEST(hidden)
{
	const struct way *way = &ways[_i % WAYS];
	struct handle h;
	struct reading r;
	bool answer = false;

	setting_enter(_i / WAYS);
	raw_plant(way->file, NULL);
	h = handle_open(way);

	reading_take(&r, &h);
	assert_failed(&r, -EINVAL, VFSCAP_ANSWER_HIDDEN);
	ck_assert_int_eq(handle_listed(&h, &answer), 0);
	ck_assert(answer);
	ck_assert_int_eq(handle_set(&h, &value_v2, VFSCAP_EXPECT_NONE),
			 -EEXIST);
	ck_assert_int_eq(handle_remove(&h), 0);
	assert_has(&h, NULL);
}
END_TEST

static void assert_size(const struct handle *h, size_t size, int error,
			size_t used)
{
	struct reading r;

	memset(&r, PAINT, sizeof(r));
	ck_assert_int_eq(handle_get(h, size ? r.bytes : NULL, size, &r.used),
			 error);
	if (error)
		ck_assert(value_painted(&r.used, sizeof(r.used)));
	else
		ck_assert_uint_eq(r.used, used);
	ck_assert(value_painted(r.bytes + size, sizeof(r.bytes) - size));
}

START_TEST(buffer_size)
{
	const struct way *way = &ways[_i % WAYS];
	struct handle h;

	setting_enter(_i / WAYS);
	h = handle_open(way);
	for (size_t size = 0; size <= VFSCAP_SIZE_MAX; size++)
		assert_size(&h, size, -ENODATA, 0);
	raw_plant(way->file, &value_v2);
	assert_size(&h, 0, 0, VFSCAP_SIZE_2);
	for (size_t size = 1; size <= VFSCAP_SIZE_MAX; size++)
		assert_size(&h, size, size < VFSCAP_SIZE_2 ? -ERANGE : 0,
			    VFSCAP_SIZE_2);
	raw_plant(way->file, &value_v3);
	assert_size(&h, 0, 0, VFSCAP_SIZE_3);
	for (size_t size = 1; size <= VFSCAP_SIZE_MAX; size++)
		assert_size(&h, size, size < VFSCAP_SIZE_3 ? -ERANGE : 0,
			    VFSCAP_SIZE_3);
}
END_TEST

/* ------------------------- as others, and elsewhere ---------------------- */

START_TEST(unprivileged)
{
	const struct way *way = &ways[_i % WAYS];
	struct handle h;

	setting_enter(_i / WAYS);
	ck_assert_int_eq(lchown(way->file, 1000, 1000), 0);
	raw_plant(way->file, &value_v2);
	h = handle_open(way);
	assert_unprivileged(attempt_as(&user, &h));
}
END_TEST

/* The first way is to open it for writing, which fails here already. */
START_TEST(read_only)
{
	const struct way *way = &ways[1 + _i % (WAYS - 1)];
	struct handle h;

	setting_enter(_i / (WAYS - 1));
	raw_plant(way->file, &value_v2);
	ck_assert_int_eq(mount(setting.here, setting.here, NULL, MS_BIND, NULL),
			 0);
	ck_assert_int_eq(mount(NULL, setting.here, NULL,
			       MS_BIND | MS_REMOUNT | MS_RDONLY, NULL),
			 0);
	ck_assert_int_eq(chdir(setting.here), 0);
	h = handle_open(way);
	assert_protected(attempt_as(&root, &h), -EROFS);
}
END_TEST

static bool set_flags(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int result = ioctl(fd, FS_IOC_SETFLAGS, &flags);

	close(fd);
	return result == 0;
}

static void check_flags(int i, int flags)
{
	const struct way *way = &ways[i % FILE_WAYS];
	struct handle h;

	setting_enter(i / FILE_WAYS);
	raw_plant(way->file, &value_v2);
	h = handle_open(way);
	if (set_flags(way->file, flags))
		assert_protected(attempt_as(&root, &h), -EPERM);
	else
		ck_assert(setting.on_tmpfs); /* before 6.6 */
}

START_TEST(immutable)
{
	check_flags(_i, FS_IMMUTABLE_FL);
}
END_TEST

START_TEST(append_only)
{
	check_flags(_i, FS_APPEND_FL);
}
END_TEST

/* To search the directory is all that reading takes. */
START_TEST(unsearchable)
{
	struct handle path = {AT_FDCWD, "locked/file"};
	struct handle below, fd[2];

	setting_enter(_i);
	ck_assert_int_eq(mkdir("locked", 0700), 0);
	sandbox_write("locked/file", "", 0);
	ck_assert_int_eq(chmod("locked/file", 0), 0);
	raw_plant("locked/file", &value_v2);
	below = (struct handle){open("locked", O_PATH), "file"};
	fd[0] = (struct handle){open("locked/file", O_RDONLY), NULL};
	fd[1] = (struct handle){open("locked/file", O_PATH), NULL};

	assert_nothing_works(attempt_as(&user, &path), -EACCES,
			     VFSCAP_ANSWER_DENIED);
	assert_nothing_works(attempt_as(&user, &below), -EACCES,
			     VFSCAP_ANSWER_DENIED);
	for (size_t i = 0; i < ROWS(fd); i++) {
		assert_unprivileged(attempt_as(&user, &fd[i]));
		raw_plant("locked/file", &value_v2);
	}
	ck_assert_int_eq(chmod("locked", 0711), 0);
	assert_unprivileged(attempt_as(&user, &path));
}
END_TEST

/* ----------------------------- no such thing ----------------------------- */

static void assert_unsupported(const char *path)
{
	const struct handle handles[] = {
		{AT_FDCWD, path},
		{open(path, O_RDONLY | O_CLOEXEC), NULL},
		{open(path, O_PATH | O_CLOEXEC), NULL},
	};

	for (size_t i = 0; i < ROWS(handles); i++) {
		struct attempt *a = attempt_as(&root, &handles[i]);

		assert_failed(&a->before, -EOPNOTSUPP,
			      VFSCAP_ANSWER_UNSUPPORTED);
		ck_assert(a->list == 0 || a->list == -EOPNOTSUPP);
		ck_assert(!a->listed);
		ck_assert_int_eq(a->set, -EOPNOTSUPP);
		ck_assert_int_eq(a->remove, -EOPNOTSUPP);
	}
}

START_TEST(unsupported)
{
	setting_enter(_i);
	ck_assert_int_eq(mount("none", "dir", "ramfs", 0, NULL), 0);
	sandbox_write("dir/file", "", 0);
	assert_unsupported("dir/file");
	assert_unsupported("dir");
	assert_unsupported("/proc/version");
	assert_unsupported("/proc/self/status");
	assert_unsupported("/proc");
}
END_TEST

static char too_long[NAME_MAX + 2];

static const struct path_error {
	const char *path;
	int error;
} path_errors[] = {
	{"missing", ENOENT},	   {"", ENOENT},
	{"missing/file", ENOENT},  {"dangling/", ENOENT},
	{"dangling/file", ENOENT}, {"file/", ENOTDIR},
	{"file/file", ENOTDIR},	   {"link/", ENOTDIR},
	{"loop/", ELOOP},	   {"loop/file", ELOOP},
	{too_long, ENAMETOOLONG},
};

START_TEST(path_error)
{
	const struct path_error *e = &path_errors[_i % (int)ROWS(path_errors)];
	struct handle h = {AT_FDCWD, e->path};
	enum vfscap_answer answer =
		e->error == ENOENT ? VFSCAP_ANSWER_GONE : VFSCAP_ANSWER_FAILED;

	memset(too_long, 'x', sizeof(too_long) - 1);
	setting_enter(_i / (int)ROWS(path_errors));
	ck_assert_int_eq(raw_get(e->path), e->error);
	assert_nothing_works(attempt_as(&root, &h), -e->error, answer);
	h.fd = open(".", O_PATH | O_CLOEXEC);
	assert_nothing_works(attempt_as(&root, &h), -e->error, answer);
}
END_TEST

START_TEST(bad_descriptor)
{
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct {
		struct handle h;
		int error;
	} bad[] = {
		{{-1, NULL}, EBADF},	{{INT_MAX, NULL}, EBADF},
		{{999, NULL}, EBADF},	{{-1, "file"}, EBADF},
		{{999, "file"}, EBADF}, {{file, "file"}, ENOTDIR},
	};

	setting_enter(_i);
	for (size_t i = 0; i < ROWS(bad); i++)
		assert_nothing_works(attempt_as(&root, &bad[i].h),
				     -bad[i].error, VFSCAP_ANSWER_FAILED);
}
END_TEST

/* What a kernel makes of AT_FDCWD in f*xattr is no business of a caller who
 * forgot to open a file. */
START_TEST(working_directory)
{
	const struct handle h = {AT_FDCWD, NULL};

	setting_enter(_i);
	raw_plant(".", &value_v2);
	assert_nothing_works(attempt_as(&root, &h), -EBADF,
			     VFSCAP_ANSWER_FAILED);
	assert_stored(".", &value_v2);
}
END_TEST

/* ------------------------------ what is listed --------------------------- */

START_TEST(listed_by_name)
{
	static const char *const others[] = {
		"security.capability2",
		"security.capabilit",
		"trusted.security.capability",
		"trusted.capability",
	};
	const struct handle h = {AT_FDCWD, "file"};

	setting_enter(_i);
	for (size_t i = 0; i < ROWS(others); i++)
		ck_assert_int_eq(setxattr("file", others[i], "x", 1, 0), 0);
	assert_has(&h, NULL);
	raw_plant("file", &value_v2);
	assert_has(&h, &value_v2);
}
END_TEST

static void add_names(int count, int length)
{
	char name[NAME_MAX + 1];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "trusted.%0*d", length, i);
		ck_assert_int_eq(setxattr("file", name, "x", 1, 0), 0);
	}
}

START_TEST(listed_among_many)
{
	const struct handle h = {AT_FDCWD, "file"};
	struct handle fd = {-1, NULL};

	setting_enter(_i);
	fd.fd = open("file", O_PATH | O_CLOEXEC);
	add_names(8, 80);
	assert_has(&h, NULL);
	assert_has(&fd, NULL);
	raw_plant("file", &value_v2);
	assert_has(&h, &value_v2);
	assert_has(&fd, &value_v2);
}
END_TEST

/* The kernel hands out 64 KiB of names and no more. */
START_TEST(listed_too_many)
{
	struct handle h = {AT_FDCWD, "file"};
	bool answer = true;

	setting_enter(2 * _i); /* no other file system holds so many */
	raw_plant("file", &value_v2);
	add_names(400, 192);
	ck_assert_int_eq(vfscap_listed_at(h.fd, h.name, &answer), -E2BIG);
	ck_assert(answer);
	h.fd = open("file", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(vfscap_listed_fd(h.fd, &answer), -E2BIG);
	assert_stored("file", &value_v2);
}
END_TEST
/* --------------------------------- answers ------------------------------- */

static const struct sorted {
	int error;
	enum vfscap_answer answer;
} sorted[] = {
	{0, VFSCAP_ANSWER_VALUE},
	{-ENODATA, VFSCAP_ANSWER_NONE},
	{-EOPNOTSUPP, VFSCAP_ANSWER_UNSUPPORTED},
	{-EINVAL, VFSCAP_ANSWER_HIDDEN},
	{-EOVERFLOW, VFSCAP_ANSWER_FOREIGN},
	{-EACCES, VFSCAP_ANSWER_DENIED},
	{-EPERM, VFSCAP_ANSWER_DENIED},
	{-ENOENT, VFSCAP_ANSWER_GONE},
	{-ESTALE, VFSCAP_ANSWER_GONE},
	{-ENOSYS, VFSCAP_ANSWER_FAILED},
	{-EIO, VFSCAP_ANSWER_FAILED},
	{-EBADF, VFSCAP_ANSWER_FAILED},
	{-ENOTDIR, VFSCAP_ANSWER_FAILED},
	{-ELOOP, VFSCAP_ANSWER_FAILED},
	{-ERANGE, VFSCAP_ANSWER_FAILED},
	{-E2BIG, VFSCAP_ANSWER_FAILED},
	{-ENOMEM, VFSCAP_ANSWER_FAILED},
	{-INT_MAX, VFSCAP_ANSWER_FAILED},
	{INT_MIN, VFSCAP_ANSWER_FAILED},
	{INT_MAX, VFSCAP_ANSWER_FAILED},
	{ENODATA, VFSCAP_ANSWER_FAILED},
	{EINVAL, VFSCAP_ANSWER_FAILED},
	{EOVERFLOW, VFSCAP_ANSWER_FAILED},
	{VFSCAP_ERR_LEGACY, VFSCAP_ANSWER_FAILED},
};

START_TEST(answers)
{
	ck_assert_int_eq(vfscap_answer(sorted[_i].error), sorted[_i].answer);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *xattr_suite(void)
{
	Suite *suite = suite_create("xattr");

	suite_add(suite, life, EACH_WAY);
	suite_add(suite, hidden, EACH_WAY);
	suite_add(suite, buffer_size, EACH_WAY);
	suite_add(suite, unprivileged, EACH_WAY);
	suite_add(suite, read_only, SETTINGS * (WAYS - 1));
	suite_add(suite, immutable, SETTINGS * FILE_WAYS);
	suite_add(suite, append_only, SETTINGS * FILE_WAYS);
	suite_add(suite, unsearchable, SETTINGS);
	suite_add(suite, unsupported, SETTINGS);
	suite_add(suite, path_error, SETTINGS * ROWS(path_errors));
	suite_add(suite, bad_descriptor, SETTINGS);
	suite_add(suite, working_directory, SETTINGS);
	suite_add(suite, listed_by_name, SETTINGS);
	suite_add(suite, listed_among_many, SETTINGS);
	suite_add(suite, listed_too_many, SETTINGS / 2);
	suite_add(suite, answers, ROWS(sorted));
	return suite;
}

int main(void)
{
	setting_prepare("xattr");
	return suite_run(xattr_suite());
}
