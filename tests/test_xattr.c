/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attribute of a file by descriptor and by name, wherever it may be. */
#include "sandbox.h"
#include "suite.h"
#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* setxattrat to removexattrat */
#define FIRST_AT_CALL 463
#define LAST_AT_CALL 466

static const struct vfscap v2 = {
	.permitted = 1 << 13,
	.revision = 2,
	.effective = true,
};

static const struct vfscap v3 = {
	.permitted = UINT64_C(1) << 40 | UINT64_C(1) << 63,
	.inheritable = 1,
	.rootid = 1000,
	.revision = 3,
};

static const struct sandbox_who root = {NULL, 0, 0};
static const struct sandbox_who user = {NULL, 1000, 1000};
static const struct sandbox_who ns_root = {"0 100000 65536", 0, 0};

/* -------------------------------- settings ------------------------------- */

/*
 * Every test runs on two file systems, and there with the *xattrat calls, on a
 * kernel that lacks them, and in a sandbox that forbids them.
 */
static const char *const file_systems[] = {"tmpfs", "ext4"};
static const int at_calls[] = {0, ENOSYS, EPERM};

#define SETTINGS 6

static int denied; /* what the *xattrat calls answer, or 0 */
static bool on_tmpfs;
static char here[PATH_MAX];

static void make_entries(void)
{
	sandbox_write("file", "", 0);
	sandbox_write("other", "", 0);
	ck_assert_int_eq(mkdir("dir", 0755), 0);
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	ck_assert_int_eq(mknod("socket", S_IFSOCK | 0644, 0), 0);
	ck_assert_int_eq(mknod("device", S_IFCHR | 0644, 1 << 8 | 3), 0);
	ck_assert_int_eq(symlink("other", "link"), 0);
	ck_assert_int_eq(symlink("missing", "dangling"), 0);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
}

/* This process alone is affected, and ends with the test. */
static void enter(int setting)
{
	char dir[] = "case.XXXXXX";

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	on_tmpfs = setting % 2 == 0;
	ck_assert_int_eq(chdir(file_systems[setting % 2]), 0);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	make_entries();

	denied = at_calls[setting / 2];
	if (denied)
		sandbox_deny_calls(FIRST_AT_CALL, LAST_AT_CALL, denied);
}

static bool has_at_calls(void)
{
	errno = 0;
	syscall(FIRST_AT_CALL + 1, -1, "", 0, "", NULL, 0);
	return errno != ENOSYS && !denied;
}

/* ------------------------- ways to name a file --------------------------- */

/* A descriptor, and a name below it or NULL. */
struct handle {
	int fd;
	const char *name;
};

static int get(const struct handle *h, void *buf, size_t size, size_t *used)
{
	return h->name ? vfscap_get_at(h->fd, h->name, buf, size, used)
		       : vfscap_get_fd(h->fd, buf, size, used);
}

static int listed(const struct handle *h, bool *answer)
{
	return h->name ? vfscap_listed_at(h->fd, h->name, answer)
		       : vfscap_listed_fd(h->fd, answer);
}

static int set(const struct handle *h, const struct vfscap *cap,
	       enum vfscap_expect expect)
{
	return h->name ? vfscap_set_at(h->fd, h->name, cap, expect)
		       : vfscap_set_fd(h->fd, cap, expect);
}

static int unset(const struct handle *h)
{
	return h->name ? vfscap_remove_at(h->fd, h->name)
		       : vfscap_remove_fd(h->fd);
}

static const struct way {
	const char *file; /* the file that it means */
	int flags;	  /* to open it, or its directory */
	enum { FD, ENTRY, PATH, ABSOLUTE } how;
} ways[] = {
	{"file", O_WRONLY, FD},
	{"file", O_RDONLY, FD},
	{"file", O_PATH, FD},
	{"file", O_PATH | O_NOFOLLOW, FD},
	{"file", O_PATH, ENTRY},
	{"file", O_RDONLY, ENTRY},
	{"file", 0, PATH},
	{"file", 0, ABSOLUTE},
	{"dir", O_RDONLY | O_DIRECTORY, FD},
	{"dir", O_PATH | O_DIRECTORY, FD},
	{"dir", O_PATH, ENTRY},
	{"dir", 0, PATH},
	{"link", O_PATH | O_NOFOLLOW, FD},
	{"link", O_PATH, ENTRY},
	{"link", 0, PATH},
	{"link", 0, ABSOLUTE},
	{"dangling", O_PATH | O_NOFOLLOW, FD},
	{"dangling", O_PATH, ENTRY},
	{"loop", O_PATH | O_NOFOLLOW, FD},
	{"loop", O_PATH, ENTRY},
	{"fifo", O_PATH, FD},
	{"fifo", O_PATH, ENTRY},
	{"socket", O_PATH, FD},
	{"socket", O_PATH, ENTRY},
	{"device", O_PATH, FD},
	{"device", O_PATH, ENTRY},
};

#define WAYS ((int)ROWS(ways))
#define FILE_WAYS 8 /* the first ones mean a regular file */
#define EACH_WAY (SETTINGS * ROWS(ways))

/* Is the file reached through /proc, with this descriptor or after all? */
static bool needs_proc(const struct way *way)
{
	return way->how == FD ? (way->flags & O_PATH) != 0 : !has_at_calls();
}

static struct handle open_way(const struct way *way)
{
	static char path[PATH_MAX + 16];
	struct handle h = {AT_FDCWD, way->file};

	if (way->how == FD) {
		h.fd = open(way->file, way->flags | O_CLOEXEC);
		h.name = NULL;
	} else if (way->how == ENTRY) {
		h.fd = open(".", way->flags | O_DIRECTORY | O_CLOEXEC);
	} else if (way->how == ABSOLUTE) {
		snprintf(path, sizeof(path), "%s/%s", here, way->file);
		h.name = path;
	}
	ck_assert_int_ne(h.fd, -1);
	return h;
}

/* ------------------------------- what is there --------------------------- */

/* What the kernel says without the library. */
static int raw_get(const char *path)
{
	return lgetxattr(path, VFSCAP_XATTR, NULL, 0) < 0 ? errno : 0;
}

/* A value, or for NULL the empty one. */
static bool raw_set(const char *path, const struct vfscap *cap)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t size = 0;

	if (cap && vfscap_encode(cap, bytes, sizeof(bytes), &size) != 0)
		return false;
	return lsetxattr(path, VFSCAP_XATTR, bytes, size, 0) == 0;
}

static void plant(const char *path, const struct vfscap *cap)
{
	ck_assert(raw_set(path, cap));
}

/* Some buffer that is longer than any value, to see what is written to it. */
struct reading {
	int error;
	size_t used;
	uint8_t bytes[2 * VFSCAP_SIZE_MAX];
};

#define PAINT 0xa5

static void read_value(const struct handle *h, struct reading *r)
{
	memset(r, PAINT, sizeof(*r));
	r->error = get(h, r->bytes, VFSCAP_SIZE_MAX, &r->used);
}

static bool is_painted(const void *bytes, size_t size)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < size; i++)
		if (b[i] != PAINT)
			return false;
	return true;
}

static void assert_failed(const struct reading *r, int error,
			  enum vfscap_answer answer)
{
	ck_assert_int_eq(r->error, error);
	ck_assert_int_eq(vfscap_answer(r->error), answer);
	ck_assert(is_painted(&r->used, sizeof(r->used)));
	ck_assert(is_painted(r->bytes, sizeof(r->bytes)));
}

static void assert_value(const struct reading *r, const struct vfscap *cap)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t size;

	ck_assert_int_eq(vfscap_encode(cap, bytes, sizeof(bytes), &size), 0);
	ck_assert_int_eq(r->error, 0);
	ck_assert_int_eq(vfscap_answer(r->error), VFSCAP_ANSWER_VALUE);
	ck_assert_uint_eq(r->used, size);
	ck_assert_mem_eq(r->bytes, bytes, size);
	ck_assert(is_painted(r->bytes + size, sizeof(r->bytes) - size));
}

/* Asks without the library. */
static void assert_stored(const char *path, const struct vfscap *cap)
{
	struct reading r;
	ssize_t n;

	memset(&r, PAINT, sizeof(r));
	n = lgetxattr(path, VFSCAP_XATTR, r.bytes, VFSCAP_SIZE_MAX);
	r.error = n < 0 ? -errno : 0;
	r.used = (size_t)n;
	assert_value(&r, cap);
}

static void assert_has(const struct handle *h, const struct vfscap *cap)
{
	struct reading r;
	bool answer = !cap;

	read_value(h, &r);
	if (cap)
		assert_value(&r, cap);
	else
		assert_failed(&r, -ENODATA, VFSCAP_ANSWER_NONE);
	ck_assert_int_eq(listed(h, &answer), 0);
	ck_assert_int_eq(answer, cap != NULL);
}

/* ---------------------------- a value's life ----------------------------- */

static void live(const struct handle *h)
{
	const struct vfscap zero = {.revision = 3, .permitted = 1};
	const struct vfscap shown = {.revision = 2, .permitted = 1};

	assert_has(h, NULL);
	ck_assert_int_eq(set(h, &v2, VFSCAP_EXPECT_VALUE), -ENODATA);
	ck_assert_int_eq(unset(h), -ENODATA);
	assert_has(h, NULL);

	ck_assert_int_eq(set(h, &v2, VFSCAP_EXPECT_NONE), 0);
	assert_has(h, &v2);
	ck_assert_int_eq(set(h, &v3, VFSCAP_EXPECT_NONE), -EEXIST);
	assert_has(h, &v2);

	ck_assert_int_eq(set(h, &v3, VFSCAP_EXPECT_VALUE), 0);
	assert_has(h, &v3);
	ck_assert_int_eq(set(h, &zero, VFSCAP_EXPECT_ANY), 0);
	assert_has(h, &shown);

	ck_assert_int_eq(unset(h), 0);
	assert_has(h, NULL);
	ck_assert_int_eq(set(h, &v2, VFSCAP_EXPECT_ANY), 0);
	assert_has(h, &v2);
}

START_TEST(life)
{
	const struct way *way = &ways[_i % WAYS];
	struct handle h;
	int before, after;

	enter(_i / WAYS);
	h = open_way(way);
	before = dup(0);
	live(&h);
	after = dup(0);

	ck_assert_int_eq(after, before + 1); /* no descriptor is left open */
	ck_assert_int_eq(raw_get(way->file), 0);
	ck_assert_int_eq(raw_get("other"), ENODATA); /* what the link means */
	assert_stored(way->file, &v2);
}
END_TEST

/* A value that nobody should write: it is there, and can be removed. */
START_TEST(hidden)
{
	const struct way *way = &ways[_i % WAYS];
	struct handle h;
	struct reading r;
	bool answer = false;

	enter(_i / WAYS);
	plant(way->file, NULL);
	h = open_way(way);

	read_value(&h, &r);
	assert_failed(&r, -EINVAL, VFSCAP_ANSWER_HIDDEN);
	ck_assert_int_eq(listed(&h, &answer), 0);
	ck_assert(answer);
	ck_assert_int_eq(set(&h, &v2, VFSCAP_EXPECT_NONE), -EEXIST);
	ck_assert_int_eq(unset(&h), 0);
	assert_has(&h, NULL);
}
END_TEST

static void assert_size(const struct handle *h, size_t size, int error,
			size_t used)
{
	struct reading r;

	memset(&r, PAINT, sizeof(r));
	ck_assert_int_eq(get(h, size ? r.bytes : NULL, size, &r.used), error);
	if (error)
		ck_assert(is_painted(&r.used, sizeof(r.used)));
	else
		ck_assert_uint_eq(r.used, used);
	ck_assert(is_painted(r.bytes + size, sizeof(r.bytes) - size));
}

START_TEST(buffer_size)
{
	const struct way *way = &ways[_i % WAYS];
	struct handle h;

	enter(_i / WAYS);
	h = open_way(way);
	for (size_t size = 0; size <= VFSCAP_SIZE_MAX; size++)
		assert_size(&h, size, -ENODATA, 0);
	plant(way->file, &v2);
	assert_size(&h, 0, 0, VFSCAP_SIZE_2);
	for (size_t size = 1; size <= VFSCAP_SIZE_MAX; size++)
		assert_size(&h, size, size < VFSCAP_SIZE_2 ? -ERANGE : 0,
			    VFSCAP_SIZE_2);
	plant(way->file, &v3);
	assert_size(&h, 0, 0, VFSCAP_SIZE_3);
	for (size_t size = 1; size <= VFSCAP_SIZE_MAX; size++)
		assert_size(&h, size, size < VFSCAP_SIZE_3 ? -ERANGE : 0,
			    VFSCAP_SIZE_3);
}
END_TEST

/* ------------------------- as others, and elsewhere ---------------------- */

/* What somebody may do to a file, in this order. */
struct attempt {
	struct handle h;
	struct vfscap cap;
	bool keep;	     /* do not remove */
	void (*first)(void); /* or NULL */

	struct reading before;
	int list;
	bool listed;
	int set;
	struct reading after;
	int remove;
};

static void try_all(void *arg)
{
	struct attempt *a = arg;

	if (a->first)
		a->first();
	read_value(&a->h, &a->before);
	a->list = listed(&a->h, &a->listed);
	a->set = set(&a->h, &a->cap, VFSCAP_EXPECT_ANY);
	read_value(&a->h, &a->after);
	if (!a->keep)
		a->remove = unset(&a->h);
}

static struct attempt *attempt(const struct sandbox_who *who,
			       const struct attempt *what)
{
	struct attempt *a = sandbox_shared(sizeof(*a));

	*a = *what;
	sandbox_as(who, try_all, a);
	return a;
}

static struct attempt *attempt_as(const struct sandbox_who *who,
				  const struct handle *h)
{
	return attempt(who, &(struct attempt){.h = *h, .cap = v3});
}

/* A file with v2, which may be read but not written. */
static void assert_protected(const struct attempt *a, int error)
{
	assert_value(&a->before, &v2);
	ck_assert_int_eq(a->list, 0);
	ck_assert(a->listed);
	ck_assert_int_eq(a->set, error);
	assert_value(&a->after, &v2);
	ck_assert_int_eq(a->remove, error);
}

static void assert_nothing_works(const struct attempt *a, int error,
				 enum vfscap_answer answer)
{
	assert_failed(&a->before, error, answer);
	ck_assert_int_eq(a->list, error);
	ck_assert(!a->listed);
	ck_assert_int_eq(a->set, error);
	ck_assert_int_eq(a->remove, error);
}

START_TEST(unprivileged)
{
	const struct way *way = &ways[_i % WAYS];
	struct handle h;

	enter(_i / WAYS);
	ck_assert_int_eq(lchown(way->file, 1000, 1000), 0);
	plant(way->file, &v2);
	h = open_way(way);
	assert_protected(attempt_as(&user, &h), -EPERM);
}
END_TEST

/* The first way is to open it for writing, which fails here already. */
START_TEST(read_only)
{
	const struct way *way = &ways[1 + _i % (WAYS - 1)];
	struct handle h;

	enter(_i / (WAYS - 1));
	plant(way->file, &v2);
	ck_assert_int_eq(mount(here, here, NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(mount(NULL, here, NULL,
			       MS_BIND | MS_REMOUNT | MS_RDONLY, NULL),
			 0);
	ck_assert_int_eq(chdir(here), 0);
	h = open_way(way);
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

	enter(i / FILE_WAYS);
	plant(way->file, &v2);
	h = open_way(way);
	if (set_flags(way->file, flags))
		assert_protected(attempt_as(&root, &h), -EPERM);
	else
		ck_assert(on_tmpfs); /* before 6.6 */
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
	struct handle below, open_fd, path_fd;

	enter(_i);
	ck_assert_int_eq(mkdir("locked", 0700), 0);
	sandbox_write("locked/file", "", 0);
	ck_assert_int_eq(chmod("locked/file", 0), 0);
	plant("locked/file", &v2);
	below = (struct handle){open("locked", O_PATH), "file"};
	open_fd = (struct handle){open("locked/file", O_RDONLY), NULL};
	path_fd = (struct handle){open("locked/file", O_PATH), NULL};

	assert_nothing_works(attempt_as(&user, &path), -EACCES,
			     VFSCAP_ANSWER_DENIED);
	assert_nothing_works(attempt_as(&user, &below), -EACCES,
			     VFSCAP_ANSWER_DENIED);
	assert_protected(attempt_as(&user, &open_fd), -EPERM);
	assert_protected(attempt_as(&user, &path_fd), -EPERM);

	ck_assert_int_eq(chmod("locked", 0711), 0);
	assert_protected(attempt_as(&user, &path), -EPERM);
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
	enter(_i);
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
	enter(_i / (int)ROWS(path_errors));
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

	enter(_i);
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

	enter(_i);
	plant(".", &v2);
	assert_nothing_works(attempt_as(&root, &h), -EBADF,
			     VFSCAP_ANSWER_FAILED);
	assert_stored(".", &v2);
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

	enter(_i);
	for (size_t i = 0; i < ROWS(others); i++)
		ck_assert_int_eq(setxattr("file", others[i], "x", 1, 0), 0);
	assert_has(&h, NULL);
	plant("file", &v2);
	assert_has(&h, &v2);
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

	enter(_i);
	fd.fd = open("file", O_PATH | O_CLOEXEC);
	add_names(8, 80);
	assert_has(&h, NULL);
	assert_has(&fd, NULL);
	plant("file", &v2);
	assert_has(&h, &v2);
	assert_has(&fd, &v2);
}
END_TEST

/* The kernel hands out 64 KiB of names and no more. */
START_TEST(listed_too_many)
{
	struct handle h = {AT_FDCWD, "file"};
	bool answer = true;

	enter(2 * _i); /* no other file system holds so many */
	plant("file", &v2);
	add_names(400, 192);
	ck_assert_int_eq(vfscap_listed_at(h.fd, h.name, &answer), -E2BIG);
	ck_assert(answer);
	h.fd = open("file", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(vfscap_listed_fd(h.fd, &answer), -E2BIG);
	assert_stored("file", &v2);
}
END_TEST

/* ----------------------- refused without a system call ------------------- */

static const struct refusal {
	struct vfscap cap;
	int error;
} refusals[] = {
	{{.revision = 1, .permitted = 1}, VFSCAP_ERR_LEGACY},
	{{.revision = 1, .effective = true}, VFSCAP_ERR_LEGACY},
	{{.revision = 1, .flags = 2}, VFSCAP_ERR_LEGACY},
	{{.revision = 1, .permitted = UINT64_C(1) << 32}, VFSCAP_ERR_HIGH_BITS},
	{{.revision = 1, .rootid = 1}, VFSCAP_ERR_ROOTID},
	{{.revision = 2, .flags = 2}, VFSCAP_ERR_FLAGS},
	{{.revision = 2, .flags = VFSCAP_FLAG_MASK}, VFSCAP_ERR_FLAGS},
	{{.revision = 3, .flags = 0x800000}, VFSCAP_ERR_FLAGS},
	{{.revision = 2, .flags = 1}, VFSCAP_ERR_STRUCT},
	{{.revision = 2, .flags = 0x01000000}, VFSCAP_ERR_STRUCT},
	{{.revision = 2, .rootid = 1}, VFSCAP_ERR_ROOTID},
	{{.revision = 2, .rootid = UINT32_MAX}, VFSCAP_ERR_ROOTID},
	{{.revision = 3, .rootid = UINT32_MAX}, VFSCAP_ERR_ROOTID_INVALID},
	{{.revision = 0}, VFSCAP_ERR_STRUCT},
	{{.revision = 4}, VFSCAP_ERR_STRUCT},
	{{.revision = 255}, VFSCAP_ERR_STRUCT},
};

struct refused {
	int fd;
	int by_fd[ROWS(refusals)];
	int by_name[ROWS(refusals)];
};

/* The kernel kills a process in strict mode for any call but exit. */
static void refuse_all(struct refused *r)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) != 0)
		_exit(1);
	for (size_t i = 0; i < ROWS(refusals); i++) {
		const struct vfscap *cap = &refusals[i].cap;

		r->by_fd[i] = vfscap_set_fd(r->fd, cap, VFSCAP_EXPECT_ANY);
		r->by_name[i] =
			vfscap_set_at(AT_FDCWD, "file", cap, VFSCAP_EXPECT_ANY);
	}
	syscall(SYS_exit, 0);
}

START_TEST(refused)
{
	struct refused *r = sandbox_shared(sizeof(*r));
	int status;
	pid_t child;

	enter(_i);
	r->fd = open("file", O_RDONLY | O_CLOEXEC);
	child = fork();
	if (child == 0)
		refuse_all(r);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	for (size_t i = 0; i < ROWS(refusals); i++) {
		ck_assert_int_eq(r->by_fd[i], refusals[i].error);
		ck_assert_int_eq(r->by_name[i], refusals[i].error);
	}
	ck_assert_int_eq(raw_get("file"), ENODATA);
}
END_TEST

/* ------------------------------ without /proc ---------------------------- */

static void cover_proc(void)
{
	if (unshare(CLONE_NEWNS) != 0)
		sandbox_die("no mount namespace");
	sandbox_tmpfs("/proc");
}

/* A directory that is made to look like /proc, where each descriptor has
 * capabilities. */
static void forge_proc(void)
{
	char path[64];

	cover_proc();
	sandbox_run("mkdir", "-p", "/proc/self/fd", "/proc/thread-self/fd",
		    NULL);
	for (int i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%d",
			 i % 2 ? "self" : "thread-self", i / 2);
		sandbox_write(path, "", 0);
		if (!raw_set(path, &v3))
			sandbox_die("%s: not set", path);
	}
}

static void become_user(void)
{
	if (setresgid(1000, 1000, 1000) != 0 ||
	    setresuid(1000, 1000, 1000) != 0)
		sandbox_die("not another user");
}

static void cover_proc_as_user(void)
{
	cover_proc();
	become_user();
}

static void assert_all_works(const struct attempt *a)
{
	assert_value(&a->before, &v2);
	ck_assert_int_eq(a->list, 0);
	ck_assert(a->listed);
	ck_assert_int_eq(a->set, 0);
	assert_value(&a->after, &v3);
	ck_assert_int_eq(a->remove, 0);
}

static struct attempt *attempt_after(void (*first)(void), const struct way *way)
{
	plant(way->file, &v2);
	return attempt(&root, &(struct attempt){.h = open_way(way),
						.cap = v3,
						.first = first});
}

/* A sandbox that answers EPERM cannot be told from a kernel that means it. */
static void assert_no_way(const struct way *way, const struct attempt *a,
			  int error)
{
	if (way->how != FD && denied == EPERM && a->before.error == -EPERM)
		error = -EPERM;
	assert_nothing_works(a, error, vfscap_answer(error));
}

static void check_without_proc(int i, void (*hide)(void))
{
	const struct way *way = &ways[i % WAYS];
	struct attempt *a;

	enter(i / WAYS);
	a = attempt_after(hide, way);
	if (!needs_proc(way)) {
		assert_all_works(a);
		return;
	}
	assert_no_way(way, a, -ENOSYS);
	assert_stored(way->file, &v2);
}

START_TEST(without_proc)
{
	check_without_proc(_i, cover_proc);
}
END_TEST

START_TEST(forged_proc)
{
	check_without_proc(_i, forge_proc);
}
END_TEST

/* A refusal stays one where there is no second way to ask. */
START_TEST(unprivileged_without_proc)
{
	const struct way *way = &ways[_i % WAYS];
	struct attempt *a;

	enter(_i / WAYS);
	a = attempt_after(cover_proc_as_user, way);
	if (needs_proc(way))
		assert_no_way(way, a, -ENOSYS);
	else
		assert_protected(a, -EPERM);
}
END_TEST

static void use_up_descriptors(void)
{
	const struct rlimit none = {0, 0};

	become_user();
	if (setrlimit(RLIMIT_NOFILE, &none) != 0)
		sandbox_die("no limit");
}

START_TEST(unprivileged_without_descriptors)
{
	const struct way *way = &ways[_i % WAYS];
	struct attempt *a;

	enter(_i / WAYS);
	a = attempt_after(use_up_descriptors, way);
	if (way->how != FD && denied)
		assert_no_way(way, a, -EMFILE);
	else
		assert_protected(a, -EPERM);
}
END_TEST

/* ------------------------------ user namespaces -------------------------- */

START_TEST(ns_own_file)
{
	const struct way *way = &ways[_i % WAYS];
	struct vfscap shifted = v2;
	struct attempt what = {.cap = v2, .keep = true}, *a;

	enter(_i / WAYS);
	ck_assert_int_eq(lchown(way->file, 100000, 100000), 0);
	what.h = open_way(way);
	a = attempt(&ns_root, &what);
	assert_failed(&a->before, -ENODATA, VFSCAP_ANSWER_NONE);
	ck_assert_int_eq(a->set, 0);
	assert_value(&a->after, &v2);

	shifted.revision = 3;
	shifted.rootid = 100000;
	assert_stored(way->file, &shifted);
}
END_TEST

/* What a rootid becomes that the root of the namespace writes, or an errno. */
static const struct shift {
	uint32_t rootid;
	int error;
	uint32_t stored;
} shifts[] = {
	{0, 0, 100000},		 {1, 0, 100001},     {1000, 0, 101000},
	{65535, 0, 165535},	 {65536, EINVAL, 0}, {100000, EINVAL, 0},
	{0xfffffffe, EINVAL, 0},
};

static void check_shift(const struct shift *s)
{
	struct vfscap cap = {.revision = 3, .permitted = 1};
	struct attempt what = {.h = {AT_FDCWD, "file"}, .keep = true}, *a;

	removexattr("file", VFSCAP_XATTR);
	what.cap = cap;
	what.cap.rootid = s->rootid;
	a = attempt(&ns_root, &what);
	ck_assert_int_eq(a->set, -s->error);
	if (s->error) {
		ck_assert_int_eq(raw_get("file"), ENODATA);
		return;
	}
	cap.rootid = s->stored;
	assert_stored("file", &cap);
	cap.rootid = s->rootid;
	cap.revision = s->rootid ? 3 : 2;
	assert_value(&a->after, &cap);
}

START_TEST(ns_rootid)
{
	enter(_i);
	ck_assert_int_eq(chown("file", 100000, 100000), 0);
	for (size_t i = 0; i < ROWS(shifts); i++)
		check_shift(&shifts[i]);
}
END_TEST

/* Each of the two ids alone stands in the way. */
START_TEST(ns_unmapped_file)
{
	static const struct {
		uid_t uid;
		gid_t gid;
	} ids[] = {{0, 0}, {100000, 0}, {0, 100000}, {99999, 165536}};
	const struct handle h = {AT_FDCWD, "file"};

	enter(_i);
	for (size_t i = 0; i < ROWS(ids); i++) {
		ck_assert_int_eq(chown("file", ids[i].uid, ids[i].gid), 0);
		plant("file", &v2);
		assert_protected(attempt_as(&ns_root, &h), -EPERM);
	}
}
END_TEST

START_TEST(ns_foreign)
{
	const struct way *way = &ways[_i % WAYS];
	struct vfscap foreign = v3;
	struct handle h;
	struct attempt *a;

	enter(_i / WAYS);
	foreign.rootid = 200000;
	ck_assert_int_eq(lchown(way->file, 100000, 100000), 0);
	plant(way->file, &foreign);
	h = open_way(way);

	a = attempt_as(&ns_root, &h);
	assert_failed(&a->before, -EOVERFLOW, VFSCAP_ANSWER_FOREIGN);
	ck_assert_int_eq(a->list, 0);
	ck_assert(a->listed);
	ck_assert_int_eq(a->set, 0);
	assert_value(&a->after, &v3);
	ck_assert_int_eq(a->remove, 0);
	ck_assert_int_eq(raw_get(way->file), ENODATA);
}
END_TEST

/* --------------------------------- threads ------------------------------- */

/*
 * A thread may have descriptors of its own. The same number means `file` here
 * and `other` there.
 */
static void *use_own_descriptor(void *arg)
{
	const struct handle *h = arg;
	int fd;
	static int error;

	if (unshare(CLONE_FILES) != 0)
		sandbox_die("no descriptors of its own");
	fd = open("other", O_PATH | O_CLOEXEC);
	if (dup2(fd, h->fd) != h->fd)
		sandbox_die("no such descriptor");
	error = set(h, &v2, VFSCAP_EXPECT_ANY);
	return &error;
}

START_TEST(thread)
{
	struct handle h = {-1, NULL};
	pthread_t id;
	void *error;

	enter(_i);
	h.fd = open("file", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(pthread_create(&id, NULL, use_own_descriptor, &h), 0);
	ck_assert_int_eq(pthread_join(id, &error), 0);
	ck_assert_int_eq(*(int *)error, 0);
	ck_assert_int_eq(raw_get("file"), ENODATA);
	ck_assert_int_eq(raw_get("other"), 0);
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
	const struct {
		const TTest *test;
		size_t rows;
	} tests[] = {
		{life, EACH_WAY},
		{hidden, EACH_WAY},
		{buffer_size, EACH_WAY},
		{unprivileged, EACH_WAY},
		{read_only, SETTINGS * (ROWS(ways) - 1)},
		{immutable, SETTINGS * FILE_WAYS},
		{append_only, SETTINGS * FILE_WAYS},
		{unsearchable, SETTINGS},
		{unsupported, SETTINGS},
		{path_error, SETTINGS * ROWS(path_errors)},
		{bad_descriptor, SETTINGS},
		{working_directory, SETTINGS},
		{listed_by_name, SETTINGS},
		{listed_among_many, SETTINGS},
		{listed_too_many, SETTINGS / 2},
		{refused, 2}, /* strict mode takes no filter before it */
		{without_proc, EACH_WAY},
		{forged_proc, EACH_WAY},
		{unprivileged_without_proc, EACH_WAY},
		{unprivileged_without_descriptors, EACH_WAY},
		{ns_own_file, EACH_WAY},
		{ns_rootid, SETTINGS},
		{ns_unmapped_file, SETTINGS},
		{ns_foreign, EACH_WAY},
		{thread, SETTINGS},
		{answers, ROWS(sorted)},
	};
	Suite *suite = suite_create("xattr");

	for (size_t i = 0; i < ROWS(tests); i++)
		suite_add(suite, tests[i].test, tests[i].rows);
	return suite;
}

int main(void)
{
	static const char *const tools[] = {"mount", "mke2fs", NULL};

	sandbox_enter("xattr", tools);
	sandbox_tmpfs("tmpfs");
	sandbox_mkfs("ext4.img", "64M", NULL);
	sandbox_loop("ext4.img", "ext4", "rw");
	return suite_run(xattr_suite());
}
