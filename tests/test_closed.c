/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inputs read by a closed process: what it can do, what of it is believed. */
#include "attempts.h"
#include "scan/closed.h"
#include "scratch.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* ------------------------------ a scan of ours ---------------------------- */

/* struct seen - what came out */
struct seen {
	unsigned records;
	enum scan_what what;
	int error;
	char reason[400];
	int stop;
};

static int take(void *ctx, const struct scan_record *r)
{
	struct seen *seen = ctx;

	seen->records++;
	seen->what = r->what;
	seen->error = r->error;
	snprintf(seen->reason, sizeof(seen->reason), "%s",
		 r->reason ? r->reason : "");
	return seen->stop;
}

/* Has @read run over an input of no kind at all. */
static int scan_with(enum sandbox sandbox, struct seen *seen,
		     const struct scan_work *work)
{
	const struct scan_input input = {.source = "source", .location = "at"};
	const struct scan_options options = {.sandbox = sandbox};
	struct scan_totals totals = {0};
	struct scan scan = {
		.input = &input,
		.options = &options,
		.totals = &totals,
		.fn = take,
		.ctx = seen,
	};

	return scan_closed(&scan, work);
}

/* --------------------------------- attempts ------------------------------- */

static int file = -1;

/* Its errno becomes a record, as if it were the input's. */
static int read_attempt(struct scan *scan, struct say *say, void *ctx)
{
	int (*const *attempt)(void) = ctx;
	int error = (*attempt)();

	(void)say;
	return scan_tell(scan, error ? SCAN_UNREAD : SCAN_NOTICE, NULL, error,
			 "it was tried");
}

/* The exit status of what it becomes, or its errno. */
static int forked(int (*attempt)(void))
{
	pid_t pid = fork();
	int status = -1;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(attempt());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* The same attempt succeeds where the process is not closed. */
START_TEST(denied)
{
	int (*attempt)(void) = attempts[_i].attempt;
	unsigned outside = attempts[_i].outside;
	const struct scan_work work = {
		.fd = file, .read = read_attempt, .ctx = &attempt};
	struct seen open = {0}, closed = {0};
	const char *name = attempts[_i].name;

#ifndef HAVE_SECCOMP
	suite_skip(name, "this build has no libseccomp");
	return;
#endif
	ck_assert_int_eq(scan_with(SANDBOX_REQUIRE, &closed, &work), 0);
	ck_assert_str_eq(closed.reason, "it was tried");
	ck_assert_msg(closed.error == EPERM, "%s: %s", name,
		      closed.error ? strerror(closed.error) : "it can");
	if (outside == ATTEMPT_FORKED) {
		ck_assert_int_eq(forked(attempt), 0);
		return;
	}
	if (outside == ATTEMPT_ROOT && geteuid() != 0) {
		suite_skip(name, "an ordinary user has none");
		return;
	}
	ck_assert_int_eq(scan_with(SANDBOX_NO, &open, &work), 0);
	ck_assert_msg(open.error == 0, "%s: not even outside: %s", name,
		      strerror(open.error));
}
END_TEST

/* ------------------------------ how it can end ---------------------------- */

static int read_crash(struct scan *scan, struct say *say, void *ctx)
{
	(void)scan;
	(void)say;
	(void)ctx;
	__builtin_trap();
}

static int read_no_memory(struct scan *scan, struct say *say, void *ctx)
{
	(void)scan;
	(void)say;
	(void)ctx;
	return -ENOMEM;
}

static int read_two(struct scan *scan, struct say *say, void *ctx)
{
	int stop = scan_tell(scan, SCAN_NOTICE, NULL, 0, "one");

	(void)say;
	(void)ctx;
	scan->totals->entries += 7;
	return stop ? stop : scan_tell(scan, SCAN_NOTICE, NULL, 0, "two");
}

static int read_forever(struct scan *scan, struct say *say, void *ctx)
{
	(void)say;
	(void)ctx;
	for (;;)
		if (scan_tell(scan, SCAN_NOTICE, NULL, 0, "again"))
			return 1;
}

/* More than a message has room for. */
static int read_large(struct scan *scan, struct say *say, void *ctx)
{
	const size_t size = CLOSED_MESSAGE_MAX + 1;
	char *path = malloc(size + 1);
	struct scan_record r = {.path = path, .rel = path, .error = ENODATA};
	int stop;

	(void)say;
	(void)ctx;
	if (!path)
		return -ENOMEM;
	memset(path, 'x', size);
	path[size] = '\0';
	r.view = SCAN_STORED;
	stop = scan->fn(scan->ctx, &r);
	free(path);
	return stop;
}

static int read_wrong_message(struct scan *scan, struct say *say, void *ctx)
{
	(void)scan;
	(void)ctx;
	pack_number(say_begin(say), 1);
	return say_send(say, 0);
}

static int read_wrong_kind(struct scan *scan, struct say *say, void *ctx)
{
	(void)scan;
	(void)ctx;
	say_begin(say);
	return say_send(say, 77);
}

/* What no work returns: it would be taken for what a function outside has said. */
static int read_wrong_result(struct scan *scan, struct say *say, void *ctx)
{
	(void)scan;
	(void)say;
	(void)ctx;
	return 1;
}

static int read_question(struct scan *scan, struct say *say, void *ctx)
{
	struct closed_answer answer;
	int fd;

	(void)scan;
	(void)ctx;
	say_begin(say);
	return say_ask(say, &answer, &fd);
}

static const struct {
	int (*read)(struct scan *scan, struct say *say, void *ctx);
	int stop; /* what the scan's function returns */
	int result;
	unsigned records;
	int error; /* of the last one */
	const char *reason;
} ends[] = {
	{read_crash, 0, 0, 1, EIO, "signal"},
	{read_no_memory, 0, -ENOMEM, 0, 0, ""},
	{read_two, 0, 0, 2, 0, "two"},
	{read_two, 5, 5, 1, 0, "one"},
	{read_forever, 9, 9, 1, 0, "again"},
	{read_large, 0, 0, 1, EFBIG, "larger than can be handed over"},
	{read_wrong_message, 0, 0, 1, EIO, "does not say what it should"},
	{read_wrong_kind, 0, 0, 1, EIO, "does not say what it should"},
	{read_wrong_result, 0, 0, 1, EIO, "does not say what it should"},
	{read_question, 0, 0, 1, EIO, "does not say what it should"},
};

START_TEST(ended)
{
	const struct scan_work work = {.fd = -1, .read = ends[_i].read};
	struct seen seen = {.stop = ends[_i].stop};

	ck_assert_int_eq(scan_with(SANDBOX_AUTO, &seen, &work),
			 ends[_i].result);
	ck_assert_uint_eq(seen.records, ends[_i].records);
	ck_assert_int_eq(seen.error, ends[_i].error);
	ck_assert_msg(strstr(seen.reason, ends[_i].reason) != NULL, "%s",
		      seen.reason);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

/* -------------------------------- questions ------------------------------- */

static void answer(void *ctx, struct unpack *question, struct closed_answer *to,
		   int *fd)
{
	const char *name = unpack_text(question);

	(void)ctx;
	if (!unpack_right(question) || !name || strcmp(name, "file") != 0) {
		to->error = -EACCES;
		strcpy(to->why, "only that");
		return;
	}
	*fd = open(name, O_RDONLY | O_CLOEXEC);
	to->number = 4;
}

static int ask(struct say *say, const char *name, struct closed_answer *to)
{
	int fd, error;

	pack_text(say_begin(say), name);
	error = say_ask(say, to, &fd);
	return error ? error : fd;
}

static int read_by_asking(struct scan *scan, struct say *say, void *ctx)
{
	struct closed_answer to;
	char text[5] = "";
	int fd = ask(say, "file", &to);

	(void)ctx;
	if (fd < 0 || to.error || read(fd, text, to.number) != 4)
		return scan_tell(scan, SCAN_UNREAD, NULL, EINVAL, "asked");
	if (ask(say, "other", &to) != -1 || to.error != -EACCES)
		return scan_tell(scan, SCAN_UNREAD, NULL, EINVAL, "refused");
	return scan_tell(scan, SCAN_NOTICE, NULL, 0, text);
}

START_TEST(asked)
{
	const struct scan_work work = {
		.fd = -1, .read = read_by_asking, .answer = answer};
	struct seen seen = {0};

	ck_assert_int_eq(scan_with(SANDBOX_AUTO, &seen, &work), 0);
	ck_assert_str_eq(seen.reason, "text");
}
END_TEST

/* What was opened for it has no place there: that it was none is not said. */
static int read_without_room(struct scan *scan, struct say *say, void *ctx)
{
	struct closed_answer to;
	int error;

	while (dup(*(const int *)ctx) >= 0)
		;
	error = ask(say, "file", &to);
	return scan_tell(scan, SCAN_UNREAD, NULL, -error, "asked");
}

START_TEST(asked_without_room)
{
	const struct rlimit few = {64, 64};
	const struct scan_work work = {.fd = file,
				       .read = read_without_room,
				       .answer = answer,
				       .ctx = &file};
	struct seen seen = {0};

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(scan_with(SANDBOX_AUTO, &seen, &work), 0);
	ck_assert_str_eq(seen.reason, "asked");
	ck_assert_int_eq(seen.error, EMFILE);
}
END_TEST

/* -------------------------- without another process ----------------------- */

/* What it says is taken and answered all the same. */
static int work_here(void *ctx, struct say *say, char why[CLOSED_WHY_SIZE])
{
	struct closed_answer to;
	char text[5] = "";
	int fd = ask(say, "file", &to), error;

	*(pid_t *)ctx = getpid();
	if (fd < 0 || to.error || read(fd, text, to.number) != 4)
		return -EINVAL;
	close(fd);
	pack_text(say_begin(say), text);
	error = say_send(say, 4);
	strcpy(why, "the end");
	return error ? error : -EBADMSG;
}

static int take_here(void *ctx, unsigned kind, struct unpack *message)
{
	const char *text = unpack_text(message);

	(void)ctx;
	if (!unpack_right(message) || !text || kind != 4)
		return -EPROTO;
	return strcmp(text, "text") == 0 ? 0 : 7;
}

START_TEST(here)
{
	pid_t pid = 0;
	const struct closed closed = {
		.how = {.sandbox = SANDBOX_NO},
		.work = work_here,
		.work_ctx = &pid,
		.take = take_here,
		.answer = answer,
	};
	char why[CLOSED_WHY_SIZE];

	ck_assert_int_eq(closed_run(&closed, why), -EBADMSG);
	ck_assert_str_eq(why, "the end");
	ck_assert_int_eq(pid, getpid());
}
END_TEST

/* ---------------------------- what a kernel lacks ------------------------- */

#ifdef HAVE_SECCOMP
static void deny(scmp_filter_ctx filter, int call, int error)
{
	ck_assert_int_eq(seccomp_rule_add(filter,
					  SCMP_ACT_ERRNO((uint16_t)error), call,
					  0),
			 0);
}

/* As a kernel without landlock, or without filters, answers. */
static void lack(bool landlock, bool filters)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (landlock)
		deny(filter, SCMP_SYS(landlock_create_ruleset), ENOSYS);
	if (filters) {
		deny(filter, SCMP_SYS(seccomp), ENOSYS);
		ck_assert_int_eq(
			seccomp_rule_add(
				filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl),
				1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0)),
			0);
	}
	ck_assert_int_eq(seccomp_load(filter), 0);
	seccomp_release(filter);
	/* It has asked the kernel before what there is. */
	seccomp_reset(NULL, 0);
}
#endif

static const struct {
	bool landlock, filters;
	const char *said;
} lacks[] = {
	{false, false, "few system calls"},
	{true, false, "no landlock"},
	{false, true, "no seccomp"},
	{true, true, "neither seccomp nor landlock"},
};

START_TEST(lacking)
{
	const struct scan_work work = {.fd = -1, .read = read_two};
	struct seen seen = {.stop = 3};
	bool some = lacks[_i].landlock || lacks[_i].filters;

#ifdef HAVE_SECCOMP
	lack(lacks[_i].landlock, lacks[_i].filters);
#else
	suite_skip("what a kernel lacks", "this build has no libseccomp");
	return;
#endif
	/* The first record is the notice of it. */
	ck_assert_int_eq(scan_with(SANDBOX_TELL, &seen, &work), 3);
	ck_assert_msg(strstr(seen.reason, lacks[_i].said) != NULL, "%s",
		      seen.reason);
	seen = (struct seen){0};
	ck_assert_int_eq(scan_with(SANDBOX_AUTO, &seen, &work), 0);
	ck_assert_str_eq(seen.reason, "two");
	seen = (struct seen){0};
	ck_assert_int_eq(scan_with(SANDBOX_REQUIRE, &seen, &work), 0);
	ck_assert_uint_eq(seen.records, some ? 1 : 2);
	if (!some)
		return;
	ck_assert_int_eq(seen.what, SCAN_UNREAD);
	ck_assert_int_eq(seen.error, EPERM);
	ck_assert_msg(strstr(seen.reason, lacks[_i].said) != NULL, "%s",
		      seen.reason);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("closed");
	int failed;

	scratch_enter();
	file = attempts_prepare();
	if (file < 0)
		return 1;
	suite_add(suite, denied, attempt_count);
	suite_add(suite, ended, ROWS(ends));
	suite_add(suite, asked, 1);
	suite_add(suite, asked_without_room, 1);
	suite_add(suite, here, 1);
	suite_add(suite, lacking, ROWS(lacks));
	failed = suite_run(suite);
	close(file);
	scratch_remove();
	return failed;
}
