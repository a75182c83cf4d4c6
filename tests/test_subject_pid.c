/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running processes, each told by itself and by /proc. */
#include "subjects.h"
#include "suite.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static struct named n;

/* ------------------------------- processes ------------------------------- */

struct child {
	pid_t pid;
	int said;	 /* from it */
	char text[4096]; /* what it said first */
};

/* Runs @become in a new process, which then says what it is and waits. It is
 * dumpable, so that its namespace can be asked for by whoever may. */
static void child_start(struct child *child, void (*become)(void))
{
	int ends[2];
	ssize_t size;

	ck_assert_int_eq(pipe(ends), 0);
	child->pid = fork();
	ck_assert_int_ge(child->pid, 0);
	if (child->pid == 0) {
		close(ends[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		become();
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		if (named_as(&n, "self") != 0)
			snprintf(n.text, sizeof(n.text), "%s", n.why);
		else
			named_text(&n);
		if (write(ends[1], n.text, strlen(n.text)) > 0)
			for (;;)
				pause();
		_exit(1);
	}
	close(ends[1]);
	child->said = ends[0];
	size = read(child->said, child->text, sizeof(child->text) - 1);
	ck_assert_int_gt(size, 0);
	child->text[size] = '\0';
}

static void child_end(struct child *child)
{
	kill(child->pid, SIGKILL);
	ck_assert_int_eq(waitpid(child->pid, NULL, 0), child->pid);
	close(child->said);
}

static const char *by_proc(pid_t pid)
{
	char words[64];

	snprintf(words, sizeof(words), "pid=%d", pid);
	ck_assert_msg(named_as(&n, words) == 0, "%s", n.why);
	return named_text(&n);
}

static void must(bool done)
{
	if (!done)
		_exit(2);
}

/* ---------------------------- what they become --------------------------- */

static void nothing(void)
{
}

static void must_set(uint64_t permitted, uint64_t inheritable,
		     uint64_t effective)
{
	must(subjects_capset(permitted, inheritable, effective));
}

static void user(void)
{
	static const gid_t groups[] = {7, 8, 4000000000u};

	must(setgroups(3, groups) == 0 && setresgid(5, 6, 9) == 0);
	must(setresuid(1000, 1001, 1002) == 0);
}

/* Before the uid, since it takes a capability. */
static void own_fsgid(void)
{
	setfsgid(77);
	must(setresuid(1000, 1000, 1000) == 0);
}

static void some_sets(void)
{
	for (unsigned long cap = 5; cap < VFSCAP_BITS; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	must_set(0x1f, 0x3, 0x4);
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 1, 0, 0) == 0);
}

static void no_new_privs(void)
{
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	user();
}

static void without_groups(void)
{
	must(setgroups(0, NULL) == 0 && setresgid(1, 1, 1) == 0);
}

static void (*const kinds[])(void) = {
	nothing, user, own_fsgid, some_sets, no_new_privs, without_groups,
};

START_TEST(same)
{
	struct child child;

	child_start(&child, kinds[_i]);
	ck_assert_str_eq(by_proc(child.pid), child.text);
	named_free(&n);
	child_end(&child);
}
END_TEST

START_TEST(told)
{
	struct child child;

	child_start(&child, no_new_privs);
	ck_assert_ptr_nonnull(strstr(child.text, "1000:1001 5:6:6 group=7 "
						 "group=8 group=4000000000"));
	ck_assert_ptr_nonnull(strstr(child.text, " nnp"));
	by_proc(child.pid);
	ck_assert_str_eq(n.warnings, "");
	named_free(&n);
	child_end(&child);
	child_start(&child, some_sets);
	ck_assert_str_eq(strstr(child.text, " P="), " P=1f I=3 E=4 B=1f A=2");
	by_proc(child.pid);
	ck_assert_ptr_nonnull(strstr(n.warnings, "securebits"));
	named_free(&n);
	child_end(&child);
}
END_TEST

/* /proc does not tell them; the process itself can. */
START_TEST(securebits)
{
	ck_assert_int_eq(prctl(PR_SET_SECUREBITS, 0x2d, 0, 0, 0), 0);
	ck_assert_int_eq(named_as(&n, "self"), 0);
	ck_assert_uint_eq(n.subject.process.creds.securebits, 0x2d);
	named_free(&n);
}
END_TEST

START_TEST(gone)
{
	struct child child;
	char words[64];

	child_start(&child, nothing);
	child_end(&child);
	snprintf(words, sizeof(words), "pid=%d", child.pid);
	ck_assert_int_eq(named_as(&n, words), -1);
	ck_assert_ptr_nonnull(strstr(n.why, "there is no such process"));
	named_free(&n);
}
END_TEST

/* It has a status, and sets in it, but will not execute anything. */
START_TEST(zombie)
{
	struct child child;
	siginfo_t info;
	char words[64];

	child_start(&child, nothing);
	kill(child.pid, SIGKILL);
	ck_assert_int_eq(
		waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT), 0);
	snprintf(words, sizeof(words), "pid=%d", child.pid);
	ck_assert_int_eq(named_as(&n, words), -1);
	ck_assert_ptr_nonnull(strstr(n.why, "is a zombie: it has ended"));
	named_free(&n);
	child_end(&child);
}
END_TEST

/* ------------------------------- namespaces ------------------------------ */

static void write_map(pid_t pid, const char *file, const char *map)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, map, strlen(map)), (ssize_t)strlen(map));
	close(fd);
}

static void own_namespace(void)
{
	must(unshare(CLONE_NEWUSER) == 0);
}

static void user_namespace(void)
{
	must(setresgid(1000, 1000, 1000) == 0 &&
	     setresuid(1000, 1000, 1000) == 0);
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	must(unshare(CLONE_NEWUSER) == 0);
}

START_TEST(namespace)
{
	struct child child;

	child_start(&child, own_namespace);
	ck_assert_str_eq(by_proc(child.pid) + strlen("0:0 0:0:0"),
			 " P=1ffffffffff E=1ffffffffff B=1ffffffffff "
			 "ns=0:0:0");
	named_free(&n);
	write_map(child.pid, "uid_map", "0 100000 65536");
	write_map(child.pid, "gid_map", "0 200000 65536");
	ck_assert_str_eq(by_proc(child.pid) + strlen("0:0 0:0:0"),
			 " P=1ffffffffff E=1ffffffffff B=1ffffffffff "
			 "ns=0:100000:65536");
	ck_assert_uint_eq(n.subject.chain.gid[0].extent[0].outside, 200000);
	ck_assert(!n.subject.chain.gaps);
	named_free(&n);
	child_end(&child);
}
END_TEST

static void write_own(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* Of the one in between, nobody is left who shows its maps. */
static void nested_namespace(void)
{
	must(unshare(CLONE_NEWUSER) == 0);
	write_own("/proc/self/uid_map", "0 0 1");
	write_own("/proc/self/setgroups", "deny");
	write_own("/proc/self/gid_map", "0 0 1");
	must(unshare(CLONE_NEWUSER) == 0);
}

START_TEST(gaps)
{
	struct child child;

	child_start(&child, nested_namespace);
	by_proc(child.pid);
	ck_assert(n.subject.chain.gaps);
	ck_assert_ptr_nonnull(strstr(n.warnings, "ancestors of its user "
						 "namespace are unknown"));
	named_free(&n);
	child_end(&child);
}
END_TEST

/* What the caller has in a namespace that it enters. */
START_TEST(entered)
{
	ck_assert_int_eq(named_as(&n, "userns=0:100000:65536 self"), 0);
	ck_assert_ptr_nonnull(strstr(named_text(&n),
				     " P=1ffffffffff E=1ffffffffff "
				     "B=1ffffffffff ns=0:100000:65536"));
	ck_assert_uint_eq(n.subject.process.creds.ruid, getuid());
	named_free(&n);
}
END_TEST

/* -------------------------------- tracers -------------------------------- */

static pid_t traced;

static void trace(void)
{
	must(ptrace(PTRACE_SEIZE, traced, 0, 0) == 0);
}

static void trace_as_user(void)
{
	must(setresgid(1000, 1000, 1000) == 0 &&
	     setresuid(1000, 1000, 1000) == 0);
	trace();
}

static void trace_as_other_root(void)
{
	must(prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0) == 0);
	must_set(1 << CAP_KILL, 0, 1 << CAP_KILL);
	trace();
}

static void plain_user(void)
{
	must(setgroups(0, NULL) == 0 && setresgid(1000, 1000, 1000) == 0 &&
	     setresuid(1000, 1000, 1000) == 0);
}

static void plain_root(void)
{
	must(setgroups(0, NULL) == 0);
	must_set(1 << CAP_KILL, 0, 0);
}

static const struct {
	void (*tracee)(void), (*tracer)(void);
	enum vfscap_tracer expected;
} tracers[] = {
	{plain_user, trace, VFSCAP_TRACER_PRIVILEGED},
	{plain_user, trace_as_user, VFSCAP_TRACER_OTHER},
	{plain_root, trace_as_other_root, VFSCAP_TRACER_OTHER},
	{own_namespace, trace, VFSCAP_TRACER_PRIVILEGED},
	/* Who made a namespace has all capabilities in it. */
	{user_namespace, trace_as_user, VFSCAP_TRACER_PRIVILEGED},
};

#define TRACERS_PLAIN 3 /* without a namespace, which come first */

START_TEST(tracer)
{
	struct child child, by;
	char words[64];

	child_start(&child, tracers[_i].tracee);
	traced = child.pid;
	child_start(&by, tracers[_i].tracer);
	by_proc(child.pid);
	ck_assert_int_eq(n.subject.process.tracer, tracers[_i].expected);
	snprintf(words, sizeof(words), "traced by process %d, %s", by.pid,
		 tracers[_i].expected == VFSCAP_TRACER_OTHER ? "without"
							     : "with ");
	ck_assert_msg(strstr(n.warnings, words) != NULL, "%s", n.warnings);
	named_free(&n);
	child_end(&by);
	by_proc(child.pid);
	ck_assert_int_eq(n.subject.process.tracer, VFSCAP_TRACER_NONE);
	named_free(&n);
	child_end(&child);
}
END_TEST

static bool has_namespaces(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) != 0);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
	Suite *suite = suite_create("subject_pid");

	suite_add(suite, same, 1);
	suite_add(suite, gone, 1);
	suite_add(suite, zombie, 1);
	suite_add(suite, entered, 1);
	if (geteuid() != 0) {
		suite_skip("other processes", "only root can become them");
		return suite_run(suite);
	}
	suite_add(suite, same, ROWS(kinds));
	suite_add(suite, told, 1);
	suite_add(suite, securebits, 1);
	suite_add(suite, tracer, TRACERS_PLAIN);
	if (has_namespaces()) {
		suite_add(suite, namespace, 1);
		suite_add(suite, gaps, 1);
		suite_add(suite, tracer, ROWS(tracers));
	} else {
		suite_skip("namespaces", "none can be made here");
	}
	return suite_run(suite);
}
