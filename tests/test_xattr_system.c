/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attribute where the system withholds something, or means it otherwise. */
#include "suite.h"
#include "values.h"
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static const struct sandbox_who root = {NULL, 0, 0};
static const struct sandbox_who ns_root = {"0 100000 65536", 0, 0};

/* ----------------------- refused without a system call ------------------- */

static const struct refusal {
	struct vfscap cap;
	int error;
	int expect; /* one of enum vfscap_expect, or none */
} refusals[] = {
	{{.revision = 1, .permitted = 1}, VFSCAP_ERR_LEGACY, 0},
	{{.revision = 1, .effective = true}, VFSCAP_ERR_LEGACY, 0},
	{{.revision = 1, .flags = 2}, VFSCAP_ERR_LEGACY, 0},
	{{.revision = 1, .permitted = UINT64_C(1) << 32},
	 VFSCAP_ERR_HIGH_BITS,
	 0},
	{{.revision = 1, .rootid = 1}, VFSCAP_ERR_ROOTID, 0},
	{{.revision = 2, .flags = 2}, VFSCAP_ERR_FLAGS, 0},
	{{.revision = 2, .flags = VFSCAP_FLAG_MASK}, VFSCAP_ERR_FLAGS, 0},
	{{.revision = 3, .flags = 0x800000}, VFSCAP_ERR_FLAGS, 0},
	{{.revision = 2, .flags = 1}, VFSCAP_ERR_STRUCT, 0},
	{{.revision = 2, .flags = 0x01000000}, VFSCAP_ERR_STRUCT, 0},
	{{.revision = 2, .rootid = 1}, VFSCAP_ERR_ROOTID, 0},
	{{.revision = 2, .rootid = UINT32_MAX}, VFSCAP_ERR_ROOTID, 0},
	{{.revision = 3, .rootid = UINT32_MAX}, VFSCAP_ERR_ROOTID_INVALID, 0},
	{{.revision = 0}, VFSCAP_ERR_STRUCT, 0},
	{{.revision = 4}, VFSCAP_ERR_STRUCT, 0},
	{{.revision = 255}, VFSCAP_ERR_STRUCT, 0},
	{{.revision = 2}, VFSCAP_ERR_STRUCT, 100},
	{{.revision = 2}, VFSCAP_ERR_STRUCT, -1},
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
		enum vfscap_expect expect =
			(enum vfscap_expect)refusals[i].expect;

		r->by_fd[i] = vfscap_set_fd(r->fd, cap, expect);
		r->by_name[i] = vfscap_set_at(AT_FDCWD, "file", cap, expect);
	}
	syscall(SYS_exit, 0);
}

START_TEST(refused)
{
	struct refused *r = sandbox_shared(sizeof(*r));
	int status;
	pid_t child;

	setting_enter(_i);
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
		if (!raw_set(path, &value_v3))
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
	assert_value(&a->before, &value_v2);
	ck_assert_int_eq(a->list, 0);
	ck_assert(a->listed);
	ck_assert_int_eq(a->set, 0);
	assert_value(&a->after, &value_v3);
	ck_assert_int_eq(a->remove, 0);
}

static struct attempt *attempt_after(void (*first)(void), const struct way *way)
{
	raw_plant(way->file, &value_v2);
	return attempt(&root, &(struct attempt){.h = handle_open(way),
						.cap = value_v3,
						.first = first});
}

/* A sandbox that answers EPERM cannot be told from a kernel that means it. */
static void assert_no_way(const struct way *way, const struct attempt *a,
			  int error)
{
	if (way->how != FD && setting.denied == EPERM &&
	    a->before.error == -EPERM)
		error = -EPERM;
	assert_nothing_works(a, error, vfscap_answer(error));
}

static void check_without_proc(int i, void (*hide)(void))
{
	const struct way *way = &ways[i % WAYS];
	struct attempt *a;

	setting_enter(i / WAYS);
	a = attempt_after(hide, way);
	if (!way_needs_proc(way)) {
		assert_all_works(a);
		return;
	}
	assert_no_way(way, a, -ENOSYS);
	assert_stored(way->file, &value_v2);
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

	setting_enter(_i / WAYS);
	a = attempt_after(cover_proc_as_user, way);
	if (way_needs_proc(way))
		assert_no_way(way, a, -ENOSYS);
	else
		assert_unprivileged(a);
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

	setting_enter(_i / WAYS);
	a = attempt_after(use_up_descriptors, way);
	if (way->how != FD && way_needs_proc(way))
		assert_no_way(way, a, -EMFILE);
	else
		assert_unprivileged(a);
}
END_TEST

/* ------------------------------ user namespaces -------------------------- */

START_TEST(ns_own_file)
{
	const struct way *way = &ways[_i % WAYS];
	struct vfscap shifted = value_v2;
	struct attempt what = {.cap = value_v2, .keep = true}, *a;

	setting_enter(_i / WAYS);
	ck_assert_int_eq(lchown(way->file, 100000, 100000), 0);
	what.h = handle_open(way);
	a = attempt(&ns_root, &what);
	assert_failed(&a->before, -ENODATA, VFSCAP_ANSWER_NONE);
	ck_assert_int_eq(a->set, 0);
	assert_value(&a->after, &value_v2);

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
	setting_enter(_i);
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

	setting_enter(_i);
	for (size_t i = 0; i < ROWS(ids); i++) {
		ck_assert_int_eq(chown("file", ids[i].uid, ids[i].gid), 0);
		raw_plant("file", &value_v2);
		assert_unprivileged(attempt_as(&ns_root, &h));
	}
}
END_TEST

START_TEST(ns_foreign)
{
	const struct way *way = &ways[_i % WAYS];
	struct vfscap foreign = value_v3;
	struct handle h;
	struct attempt *a;

	setting_enter(_i / WAYS);
	foreign.rootid = 200000;
	ck_assert_int_eq(lchown(way->file, 100000, 100000), 0);
	raw_plant(way->file, &foreign);
	h = handle_open(way);

	a = attempt_as(&ns_root, &h);
	assert_failed(&a->before, -EOVERFLOW, VFSCAP_ANSWER_FOREIGN);
	ck_assert_int_eq(a->list, 0);
	ck_assert(a->listed);
	ck_assert_int_eq(a->set, 0);
	assert_value(&a->after, &value_v3);
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
	error = handle_set(h, &value_v2, VFSCAP_EXPECT_ANY);
	return &error;
}

START_TEST(thread)
{
	struct handle h = {-1, NULL};
	pthread_t id;
	void *error;

	setting_enter(_i);
	h.fd = open("file", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(pthread_create(&id, NULL, use_own_descriptor, &h), 0);
	ck_assert_int_eq(pthread_join(id, &error), 0);
	ck_assert_int_eq(*(int *)error, 0);
	ck_assert_int_eq(raw_get("file"), ENODATA);
	ck_assert_int_eq(raw_get("other"), 0);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *system_suite(void)
{
	Suite *suite = suite_create("xattr and the system");

	/* Strict mode takes no filter before it. */
	suite_add(suite, refused, 2);
	suite_add(suite, without_proc, EACH_WAY);
	suite_add(suite, forged_proc, EACH_WAY);
	suite_add(suite, unprivileged_without_proc, EACH_WAY);
	suite_add(suite, unprivileged_without_descriptors, EACH_WAY);
	suite_add(suite, ns_own_file, EACH_WAY);
	suite_add(suite, ns_rootid, SETTINGS);
	suite_add(suite, ns_unmapped_file, SETTINGS);
	suite_add(suite, ns_foreign, EACH_WAY);
	suite_add(suite, thread, SETTINGS);
	return suite;
}

int main(void)
{
	setting_prepare("xattr and the system");
	return suite_run(system_suite());
}
