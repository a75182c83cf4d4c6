/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways to name a file, settings to try them in, and what is found there. */
#include "ways.h"
#include "suite.h"
#include "values.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* setxattrat to removexattrat */
#define FIRST_AT_CALL 463
#define LAST_AT_CALL 466

/* -------------------------------- settings ------------------------------- */

static const char *const file_systems[] = {"tmpfs", "ext4"};
static const int at_calls[] = {0, ENOSYS, EPERM};

struct setting setting;

/* What an unprivileged process is told that removes without the library. */
static int removal_error;

static void ask_to_remove(void *error)
{
	*(int *)error = removexattr("removed", VFSCAP_XATTR) ? -errno : 0;
}

/*
 * Linux before 6.11 forgets to ask for CAP_SETFCAP where a BPF LSM is active,
 * be it without a program: anybody may remove what can be reached by path.
 */
static void find_removal_error(const char *suite)
{
	const struct sandbox_who user = {NULL, 1000, 1000};
	int *error = sandbox_shared(sizeof(*error));

	sandbox_write("removed", "", 0);
	if (!raw_set("removed", &value_v2))
		sandbox_die("removed: %s", strerror(errno));
	sandbox_as(&user, ask_to_remove, error);
	removal_error = *error;
	if (removal_error == 0)
		printf("%s: this kernel lets anybody remove\n", suite);
}

void setting_prepare(const char *suite)
{
	static const char *const tools[] = {"mount", "mke2fs", NULL};

	sandbox_enter(suite, tools);
	find_removal_error(suite);
	sandbox_tmpfs("tmpfs");
	sandbox_mkfs("ext4.img", "64M", NULL);
	sandbox_loop("ext4.img", "ext4", "rw");
}

static void make_entries(void)
{
	sandbox_write("file", "", 0);
	sandbox_write("other", "", 0);
	ck_assert_int_eq(mkdir("dir", 0755), 0);
	value_special_files();
	ck_assert_int_eq(symlink("other", "link"), 0);
	ck_assert_int_eq(symlink("missing", "dangling"), 0);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
}

void setting_enter(int number)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	setting.on_tmpfs = number % 2 == 0;
	ck_assert_int_eq(chdir(file_systems[number % 2]), 0);
	value_scratch();
	ck_assert_ptr_nonnull(getcwd(setting.here, sizeof(setting.here)));
	make_entries();

	setting.denied = at_calls[number / 2];
	if (setting.denied)
		sandbox_deny_calls(FIRST_AT_CALL, LAST_AT_CALL, setting.denied);
}

static bool has_at_calls(void)
{
	errno = 0;
	syscall(FIRST_AT_CALL + 1, -1, "", 0, "", NULL, 0);
	return errno != ENOSYS && !setting.denied;
}

/* ------------------------- ways to name a file --------------------------- */

int handle_get(const struct handle *h, void *buf, size_t size, size_t *used)
{
	return h->name ? vfscap_get_at(h->fd, h->name, buf, size, used)
		       : vfscap_get_fd(h->fd, buf, size, used);
}

int handle_listed(const struct handle *h, bool *answer)
{
	return h->name ? vfscap_listed_at(h->fd, h->name, answer)
		       : vfscap_listed_fd(h->fd, answer);
}

int handle_set(const struct handle *h, const struct vfscap *cap,
	       enum vfscap_expect expect)
{
	return h->name ? vfscap_set_at(h->fd, h->name, cap, expect)
		       : vfscap_set_fd(h->fd, cap, expect);
}

int handle_remove(const struct handle *h)
{
	return h->name ? vfscap_remove_at(h->fd, h->name)
		       : vfscap_remove_fd(h->fd);
}

const struct way ways[WAYS] = {
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

bool way_needs_proc(const struct way *way)
{
	return way->how == FD ? (way->flags & O_PATH) != 0 : !has_at_calls();
}

struct handle handle_open(const struct way *way)
{
	static char path[PATH_MAX + 16];
	struct handle h = {AT_FDCWD, way->file};

	if (way->how == FD) {
		h.fd = open(way->file, way->flags | O_CLOEXEC);
		h.name = NULL;
	} else if (way->how == ENTRY) {
		h.fd = open(".", way->flags | O_DIRECTORY | O_CLOEXEC);
	} else if (way->how == ABSOLUTE) {
		snprintf(path, sizeof(path), "%s/%s", setting.here, way->file);
		h.name = path;
	}
	ck_assert_int_ne(h.fd, -1);
	return h;
}

/* ------------------------------- what is there --------------------------- */

int raw_get(const char *path)
{
	return lgetxattr(path, VFSCAP_XATTR, NULL, 0) < 0 ? errno : 0;
}

bool raw_set(const char *path, const struct vfscap *cap)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t size = 0;

	if (cap && vfscap_encode(cap, bytes, sizeof(bytes), &size) != 0)
		return false;
	return lsetxattr(path, VFSCAP_XATTR, bytes, size, 0) == 0;
}

void raw_plant(const char *path, const struct vfscap *cap)
{
	ck_assert(raw_set(path, cap));
}

void reading_take(struct reading *r, const struct handle *h)
{
	memset(r, PAINT, sizeof(*r));
	r->error = handle_get(h, r->bytes, VFSCAP_SIZE_MAX, &r->used);
}

void assert_failed(const struct reading *r, int error,
		   enum vfscap_answer answer)
{
	ck_assert_int_eq(r->error, error);
	ck_assert_int_eq(vfscap_answer(r->error), answer);
	ck_assert(value_painted(&r->used, sizeof(r->used)));
	ck_assert(value_painted(r->bytes, sizeof(r->bytes)));
}

void assert_value(const struct reading *r, const struct vfscap *cap)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t size;

	ck_assert_int_eq(vfscap_encode(cap, bytes, sizeof(bytes), &size), 0);
	ck_assert_int_eq(r->error, 0);
	ck_assert_int_eq(vfscap_answer(r->error), VFSCAP_ANSWER_VALUE);
	ck_assert_uint_eq(r->used, size);
	ck_assert_mem_eq(r->bytes, bytes, size);
	ck_assert(value_painted(r->bytes + size, sizeof(r->bytes) - size));
}

void assert_stored(const char *path, const struct vfscap *cap)
{
	struct reading r;
	ssize_t n;

	memset(&r, PAINT, sizeof(r));
	n = lgetxattr(path, VFSCAP_XATTR, r.bytes, VFSCAP_SIZE_MAX);
	r.error = n < 0 ? -errno : 0;
	r.used = (size_t)n;
	assert_value(&r, cap);
}

void assert_has(const struct handle *h, const struct vfscap *cap)
{
	struct reading r;
	bool answer = !cap;

	reading_take(&r, h);
	if (cap)
		assert_value(&r, cap);
	else
		assert_failed(&r, -ENODATA, VFSCAP_ANSWER_NONE);
	ck_assert_int_eq(handle_listed(h, &answer), 0);
	ck_assert_int_eq(answer, cap != NULL);
}

/* ----------------------------- what may be done -------------------------- */

static void try_all(void *arg)
{
	struct attempt *a = arg;

	if (a->first)
		a->first();
	reading_take(&a->before, &a->h);
	a->list = handle_listed(&a->h, &a->listed);
	a->set = handle_set(&a->h, &a->cap, VFSCAP_EXPECT_ANY);
	reading_take(&a->after, &a->h);
	if (!a->keep)
		a->remove = handle_remove(&a->h);
}

struct attempt *attempt(const struct sandbox_who *who,
			const struct attempt *what)
{
	struct attempt *a = sandbox_shared(sizeof(*a));

	*a = *what;
	sandbox_as(who, try_all, a);
	return a;
}

struct attempt *attempt_as(const struct sandbox_who *who,
			   const struct handle *h)
{
	return attempt(who, &(struct attempt){.h = *h, .cap = value_v3});
}

static void assert_kept(const struct attempt *a, int error)
{
	assert_value(&a->before, &value_v2);
	ck_assert_int_eq(a->list, 0);
	ck_assert(a->listed);
	ck_assert_int_eq(a->set, error);
	assert_value(&a->after, &value_v2);
}

void assert_protected(const struct attempt *a, int error)
{
	assert_kept(a, error);
	ck_assert_int_eq(a->remove, error);
}

void assert_unprivileged(const struct attempt *a)
{
	assert_kept(a, -EPERM);
	ck_assert_int_eq(a->remove, removal_error);
}

void assert_nothing_works(const struct attempt *a, int error,
			  enum vfscap_answer answer)
{
	assert_failed(&a->before, error, answer);
	ck_assert_int_eq(a->list, error);
	ck_assert(!a->listed);
	ck_assert_int_eq(a->set, error);
	ck_assert_int_eq(a->remove, error);
}
