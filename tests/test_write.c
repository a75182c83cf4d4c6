/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The safe write: opening files, changing them, and with which privilege. */
#include "change/change.h"
#include "sandbox.h"
#include "suite.h"
#include "values.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NET_RAW (UINT64_C(1) << 13)

/* ------------------------------- opening --------------------------------- */

static int descriptors(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* A directory of its own for each test. */
static void make_files(void)
{
	value_scratch();
	ck_assert_int_eq(mkdir("dir", 0755), 0);
	ck_assert_int_eq(mkdir("dir/sub", 0755), 0);
	sandbox_write("file", "", 0);
	sandbox_write("dir/sub/file", "", 0);
	sandbox_write("dir/..file", "", 0);
	value_special_files();
	ck_assert_int_eq(symlink("file", "link"), 0);
	ck_assert_int_eq(symlink("missing", "dangling"), 0);
	ck_assert_int_eq(symlink("dir", "dirlink"), 0);
	ck_assert_int_eq(symlink("sub", "dir/sublink"), 0);
	ck_assert_int_eq(symlink("/", "dir/root"), 0);
	alarm(30); /* a FIFO must not hang it */
}

static const struct opened {
	const char *path;
	int error;
} opened[] = {
	{"file", 0},
	{"dir/sub/file", 0},
	{"dirlink/sub/file", 0},
	{"dir/../file", 0},
	{"dir", EISDIR},
	{".", EISDIR},
	{"fifo", ENXIO},
	{"socket", ENXIO},
	{"device", ENXIO},
	{"link", ELOOP},
	{"dangling", ELOOP},
	{"dirlink", ELOOP},
	{"missing", ENOENT},
	{"", ENOENT},
	{"file/", ENOTDIR},
	{"file/file", ENOTDIR},
	{"/proc/version", 0},
};

START_TEST(open_by_name)
{
	struct change_file file;
	int before, error;

	make_files();
	before = descriptors();
	error = change_open(AT_FDCWD, opened[_i].path, NULL, &file);
	ck_assert_int_eq(error, -opened[_i].error);
	if (!error) {
		ck_assert_int_eq(file.now.have, CHANGE_NONE);
		ck_assert(S_ISREG(file.stat.st_mode));
		change_close(&file);
	}
	ck_assert_int_eq(descriptors(), before);
}
END_TEST

/* ELOOP stands for any refusal of a link on the way. */
static const struct opened beneath[] = {
	{"file", 0},
	{"/file", 0},
	{"dir/sub/file", 0},
	{"dir//sub///file", 0},
	{"./dir/./sub/file", 0},
	{"dir/..file", 0},
	{"link", ELOOP},
	{"dirlink", ELOOP},
	{"dirlink/sub/file", ELOOP},
	{"dir/sublink/file", ELOOP},
	{"dir/root/proc/version", ELOOP},
	{"dangling/file", ELOOP},
	{"..", EXDEV},
	{"../file", EXDEV},
	{"dir/..", EXDEV},
	{"dir/../file", EXDEV},
	{"missing/../file", ENOENT},
	{"/../file", EXDEV},
	{"", ENOENT},
	{"/", ENOENT},
	{".", EISDIR},
	{"dir", EISDIR},
	{"dir/sub", EISDIR},
	{"fifo", ENXIO},
	{"fifo/file", ENOTDIR},
	{"file/file", ENOTDIR},
	{"missing", ENOENT},
};

START_TEST(open_beneath)
{
	struct change_file file;
	int root, before, error;

	make_files();
	root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	before = descriptors();
	error = change_open_beneath(root, beneath[_i].path, NULL, &file);
	if (beneath[_i].error == ELOOP)
		ck_assert(error == -ELOOP || error == -ENOTDIR);
	else
		ck_assert_int_eq(error, -beneath[_i].error);
	if (!error)
		change_close(&file);
	ck_assert_int_eq(descriptors(), before);
}
END_TEST

static void open_beneath_long(size_t len, int error)
{
	char path[600] = "";
	struct change_file file;
	int root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	memset(path, 'x', len);
	ck_assert_int_eq(change_open_beneath(root, path, NULL, &file), error);
	strcpy(path + len, "/file");
	ck_assert_int_eq(change_open_beneath(root, path, NULL, &file), error);
}

START_TEST(open_beneath_long_names)
{
	make_files();
	open_beneath_long(255, -ENOENT);
	open_beneath_long(256, -ENAMETOOLONG);
	open_beneath_long(500, -ENAMETOOLONG);
}
END_TEST

START_TEST(open_descriptor)
{
	static const struct opened by_fd[] = {
		{"file", 0},	   {"dir", EISDIR},   {"fifo", ENXIO},
		{"socket", ENXIO}, {"device", ENXIO}, {"link", ELOOP},
	};

	make_files();
	for (size_t i = 0; i < ROWS(by_fd); i++) {
		int fd = open(by_fd[i].path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		struct change_file file;
		int error = change_open_fd(fd, NULL, &file);

		ck_assert_int_eq(error, -by_fd[i].error);
		if (!error)
			change_close(&file);
		ck_assert_int_ge(fcntl(fd, F_GETFD), 0); /* the caller's */
		close(fd);
	}
}
END_TEST

static void become_other_owner(void)
{
	ck_assert_int_eq(chown("file", 1, 0), 0);
}

static void become_other_group(void)
{
	ck_assert_int_eq(chown("file", 0, 1), 0);
}

static void become_other_file(void)
{
	sandbox_write("new", "", 0);
	ck_assert_int_eq(rename("new", "file"), 0);
}

static void become_link(void)
{
	ck_assert_int_eq(unlink("file"), 0);
	ck_assert_int_eq(symlink("dir/sub/file", "file"), 0);
}

static void become_fifo(void)
{
	ck_assert_int_eq(unlink("file"), 0);
	ck_assert_int_eq(mkfifo("file", 0644), 0);
}

static void stay(void)
{
	ck_assert_int_eq(chmod("file", 0700), 0);
	ck_assert_int_eq(link("file", "another name"), 0);
}

START_TEST(open_what_was_seen)
{
	static const struct {
		void (*become)(void);
		int error;
	} changes[] = {
		{stay, 0},
		{become_other_owner, ESTALE},
		{become_other_group, ESTALE},
		{become_other_file, ESTALE},
		{become_link, ELOOP},
		{become_fifo, ENXIO},
	};
	struct change_file file;
	struct stat seen;
	int error, root;

	make_files();
	root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(lstat("file", &seen), 0);
	changes[_i].become();
	error = change_open(AT_FDCWD, "file", &seen, &file);
	ck_assert_int_eq(error, -changes[_i].error);
	if (!error)
		change_close(&file);
	error = change_open_beneath(root, "file", &seen, &file);
	ck_assert_int_eq(error, -changes[_i].error);
	if (!error)
		change_close(&file);
}
END_TEST

/* ---------------------------------- writing ------------------------------ */

static const struct change_value nothing = {.have = CHANGE_NONE};
static const struct change_value is_v2 = {
	.have = CHANGE_VALUE,
	.cap = {.permitted = NET_RAW, .revision = 2, .effective = true},
};
static const struct change_value is_v3 = {
	.have = CHANGE_VALUE,
	.cap = {.permitted = NET_RAW,
		.rootid = 1000,
		.revision = 3,
		.effective = true},
};
static const struct change_value is_zero = {
	.have = CHANGE_VALUE,
	.cap = {.permitted = NET_RAW, .revision = 3, .effective = true},
};

static void put(const char *path, const struct change_value *value)
{
	if (value->have == CHANGE_VALUE)
		value_plant(path, &value->cap);
	else
		removexattr(path, VFSCAP_XATTR);
}

static void assert_has(const char *path, const struct change_value *value)
{
	struct change_file file;

	ck_assert_int_eq(change_open(AT_FDCWD, path, NULL, &file), 0);
	ck_assert(change_same(&file.now, value));
	change_close(&file);
}

static const struct change_value *const writable[] = {&nothing, &is_v2, &is_v3,
						      &is_zero};

START_TEST(apply)
{
	const struct change_value *old = writable[_i / (int)ROWS(writable)];
	const struct change_value *new = writable[_i % (int)ROWS(writable)];
	struct change_result result;
	struct change_file file;
	int error, before;

	make_files();
	put("file", old);
	before = descriptors();
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert(change_same(&file.now, old));
	error = change_apply(&file, new, NULL, new, &result);
	if (old->have == CHANGE_NONE && new->have == CHANGE_NONE) {
		ck_assert_int_eq(error, -ENODATA);
		ck_assert_int_eq(result.step, STEP_WRITE);
	} else {
		ck_assert_int_eq(error, 0);
		ck_assert(!result.rootid_differs);
		ck_assert(change_same(&file.now, new)); /* as read back */
	}
	change_close(&file);
	assert_has("file", new);
	ck_assert_int_eq(descriptors(), before);
}
END_TEST

/* Whatever is there between the look and the write, it stays. */
START_TEST(apply_to_what_has_changed)
{
	const struct change_value *old = writable[_i / (int)ROWS(writable)];
	const struct change_value *other = writable[_i % (int)ROWS(writable)];
	const struct change_value new = {
		.have = CHANGE_VALUE,
		.cap = {.revision = 2, .permitted = 1},
	};
	struct change_result result;
	struct change_file file;

	make_files();
	put("file", old);
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	put("file", other);
	if (change_same(old, other)) {
		ck_assert_int_eq(change_apply(&file, &new, NULL, &new, &result),
				 0);
		return;
	}
	ck_assert_int_eq(change_apply(&file, &new, NULL, &new, &result),
			 -EAGAIN);
	ck_assert_int_eq(result.step, STEP_CHECK);
	assert_has("file", other);
	ck_assert_int_eq(change_apply(&file, &nothing, NULL, &nothing, &result),
			 -EAGAIN);
	assert_has("file", other);
	change_close(&file);
}
END_TEST

/* A value that getxattr does not show can be replaced and removed, and one that
 * has become so since is left alone. */
START_TEST(apply_to_hidden)
{
	struct change_result result;
	struct change_file file;

	make_files();
	ck_assert_int_eq(setxattr("file", VFSCAP_XATTR, "", 0, 0), 0);
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert_int_eq(file.now.have, CHANGE_HIDDEN);
	ck_assert_int_eq(file.now.error, EINVAL);
	ck_assert_int_eq(change_apply(&file, &is_v2, NULL, &is_v2, &result), 0);
	assert_has("file", &is_v2);

	ck_assert_int_eq(setxattr("file", VFSCAP_XATTR, "", 0, 0), 0);
	ck_assert_int_eq(change_apply(&file, &is_v3, NULL, &is_v3, &result),
			 -EAGAIN);
	change_close(&file);

	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert_int_eq(change_apply(&file, &nothing, NULL, &nothing, &result),
			 0);
	change_close(&file);
	assert_has("file", &nothing);
}
END_TEST

/* What the kernel would refuse is refused before it is asked. */
START_TEST(apply_unwritable)
{
	static const struct {
		struct vfscap cap;
		int error;
	} unwritable[] = {
		{{.revision = 1, .permitted = 1}, VFSCAP_ERR_LEGACY},
		{{.revision = 2, .flags = 2}, VFSCAP_ERR_FLAGS},
		{{.revision = 2, .rootid = 5}, VFSCAP_ERR_ROOTID},
		{{.revision = 3, .rootid = UINT32_MAX},
		 VFSCAP_ERR_ROOTID_INVALID},
		{{.revision = 4}, VFSCAP_ERR_STRUCT},
	};
	const struct change_value new = {CHANGE_VALUE, 0, unwritable[_i].cap};
	struct change_result result;
	struct change_file file;

	make_files();
	value_plant("file", &value_v2);
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert_int_eq(change_apply(&file, &new, NULL, &new, &result),
			 unwritable[_i].error);
	change_close(&file);
	assert_has("file", &is_v2);
}
END_TEST

/* The file that is open is written, whatever its name means by now. */
START_TEST(apply_after_rename)
{
	struct change_result result;
	struct change_file file;

	make_files();
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert_int_eq(rename("file", "moved"), 0);
	ck_assert_int_eq(symlink("dir/sub/file", "file"), 0);
	ck_assert_int_eq(change_apply(&file, &is_v2, NULL, &is_v2, &result), 0);
	change_close(&file);
	assert_has("moved", &is_v2);
	assert_has("dir/sub/file", &nothing);
}
END_TEST

/* --------------------------------- privilege ----------------------------- */

static bool has(cap_value_t cap, cap_flag_t flag)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	cap_get_flag(caps, cap, flag, &value);
	cap_free(caps);
	return value == CAP_SET;
}

static void assert_privileges(bool write, bool output)
{
	ck_assert_int_eq(has(CAP_SETFCAP, CAP_PERMITTED), write);
	ck_assert_int_eq(has(CAP_FOWNER, CAP_PERMITTED), output);
	ck_assert_int_eq(has(CAP_DAC_OVERRIDE, CAP_PERMITTED), output);
	ck_assert(!has(CAP_SYS_ADMIN, CAP_PERMITTED));
	ck_assert(!has(CAP_CHOWN, CAP_PERMITTED));
	ck_assert(!has(CAP_SETUID, CAP_PERMITTED));
	ck_assert(!has(CAP_SETFCAP, CAP_EFFECTIVE));
	ck_assert(!has(CAP_FOWNER, CAP_EFFECTIVE));
	ck_assert(!has(CAP_DAC_OVERRIDE, CAP_EFFECTIVE));
	ck_assert(has(CAP_DAC_READ_SEARCH, CAP_EFFECTIVE));
}

START_TEST(privileges)
{
	bool write = _i & 1, output = _i & 2;
	uint64_t raised = (write ? PRIVILEGE_WRITE : 0) |
			  (output ? PRIVILEGE_OPEN | PRIVILEGE_RENAME : 0);

	ck_assert_int_eq(privilege_start(raised), 0);
	assert_privileges(write, output);
	ck_assert_int_eq(privilege_permitted(CAP_SETFCAP), write);
	errno = 999;
	privilege_raise(CAP_SETFCAP);
	ck_assert_int_eq(has(CAP_SETFCAP, CAP_EFFECTIVE), write);
	privilege_lower(CAP_SETFCAP);
	ck_assert_int_eq(errno, 999);
	assert_privileges(write, output);
}
END_TEST

START_TEST(privilege_around_a_write)
{
	struct change_result result;
	struct change_file file;

	make_files();
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert_int_eq(privilege_start(PRIVILEGE_WRITE), 0);
	ck_assert_int_eq(change_apply(&file, &is_v2, NULL, &is_v2, &result), 0);
	assert_privileges(true, false);
	ck_assert_int_eq(change_apply(&file, &is_v3, NULL, &is_v3, &result), 0);
	ck_assert_int_eq(privilege_start(0), 0);
	ck_assert_int_eq(change_apply(&file, &is_v2, NULL, &is_v2, &result),
			 -EPERM);
	ck_assert_int_eq(result.step, STEP_WRITE);
	assert_has("file", &is_v3);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *write_suite(void)
{
	Suite *suite = suite_create("write");

	suite_add(suite, open_by_name, ROWS(opened));
	suite_add(suite, open_beneath, ROWS(beneath));
	suite_add(suite, open_beneath_long_names, 1);
	suite_add(suite, open_descriptor, 1);
	suite_add(suite, open_what_was_seen, 6);
	suite_add(suite, apply, ROWS(writable) * ROWS(writable));
	suite_add(suite, apply_to_what_has_changed,
		  ROWS(writable) * ROWS(writable));
	suite_add(suite, apply_to_hidden, 1);
	suite_add(suite, apply_unwritable, 5);
	suite_add(suite, apply_after_rename, 1);
	suite_add(suite, privileges, 4);
	suite_add(suite, privilege_around_a_write, 1);
	return suite;
}

int main(void)
{
	static const char *const tools[] = {NULL};

	sandbox_enter("write", tools);
	return suite_run(write_suite());
}
