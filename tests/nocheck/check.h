/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of Check's interface as the tests of the library use, for where there
 * is no Check: other architectures, other C libraries, and sanitizers that want
 * all of a program built with them. Each row is a process, as with Check.
 */
#ifndef VFSCAP_TESTS_NOCHECK_H
#define VFSCAP_TESTS_NOCHECK_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct TTest {
	const char *name;
	void (*fn)(int row);
} TTest;

typedef struct TCase {
	const TTest *test;
	int begin, end;
	struct TCase *next;
} TCase;

typedef struct Suite {
	const char *name;
	TCase *first, **last;
} Suite;

typedef struct SRunner {
	Suite *suite;
	int checks, failed;
} SRunner;

enum print_output { CK_NORMAL };

/* ---------------------------------- tests -------------------------------- */

#define START_TEST(test)                                      \
	static void test##_fn(int _i);                        \
	static const TTest test##_ttest = {#test, test##_fn}; \
	static const TTest *const test = &test##_ttest;       \
	static void test##_fn(int _i __attribute__((unused))) \
	{
#define END_TEST }

static inline void *nocheck_new(size_t size)
{
	void *p = calloc(1, size);

	if (!p) {
		perror("calloc");
		exit(EXIT_FAILURE);
	}
	return p;
}

static inline Suite *suite_create(const char *name)
{
	Suite *suite = nocheck_new(sizeof(*suite));

	suite->name = name;
	suite->last = &suite->first;
	return suite;
}

static inline void suite_add_tcase(Suite *suite, TCase *tcase)
{
	*suite->last = tcase;
	suite->last = &tcase->next;
}

static inline TCase *tcase_create(const char *name)
{
	(void)name;
	return nocheck_new(sizeof(TCase));
}

/* Who runs a whole program has its own limit. */
static inline void tcase_set_timeout(TCase *tcase, double seconds)
{
	(void)tcase;
	(void)seconds;
}

static inline void tcase_add_loop_test(TCase *tcase, const TTest *test,
				       int begin, int end)
{
	tcase->test = test;
	tcase->begin = begin;
	tcase->end = end;
}

/* --------------------------------- running ------------------------------- */

static inline SRunner *srunner_create(Suite *suite)
{
	SRunner *runner = nocheck_new(sizeof(*runner));

	runner->suite = suite;
	return runner;
}

/* A row that ends without having come to its end has failed, whatever its exit
 * status. */
static inline int nocheck_row(const TTest *test, int row, volatile int *done)
{
	int status = 0;
	pid_t pid;

	*done = 0;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		test->fn(row);
		*done = 1;
		exit(EXIT_SUCCESS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("fork");
		exit(EXIT_FAILURE);
	}
	if (status == 0 && *done)
		return 0;
	printf("%s:%d: failed, wait status %d%s\n", test->name, row, status,
	       *done ? "" : ", before its end");
	return 1;
}

static inline void srunner_run_all(SRunner *runner, enum print_output print)
{
	volatile int *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)print;
	if (done == MAP_FAILED) {
		perror("mmap");
		exit(EXIT_FAILURE);
	}
	printf("Running suite(s): %s\n", runner->suite->name);
	for (TCase *c = runner->suite->first; c; c = c->next)
		for (int row = c->begin; row < c->end; row++) {
			runner->checks++;
			runner->failed += nocheck_row(c->test, row, done);
		}
	munmap((void *)done, sizeof(*done));
	printf("%d%%: Checks: %d, Failures: %d, Errors: 0\n",
	       runner->checks ? 100 * (runner->checks - runner->failed) /
					runner->checks
			      : 0,
	       runner->checks, runner->failed);
}

static inline int srunner_ntests_failed(const SRunner *runner)
{
	return runner->failed;
}

static inline void srunner_free(SRunner *runner)
{
	TCase *next;

	for (TCase *c = runner->suite->first; c; c = next) {
		next = c->next;
		free(c);
	}
	free(runner->suite);
	free(runner);
}

/* -------------------------------- assertions ----------------------------- */

__attribute__((format(printf, 3, 4), noreturn)) static inline void
nocheck_failed(const char *file, int line, const char *format, ...)
{
	va_list args;

	printf("%s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	exit(EXIT_FAILURE);
}

#define ck_abort_msg(...) nocheck_failed(__FILE__, __LINE__, __VA_ARGS__)

#define ck_assert_msg(ok, ...)                     \
	do {                                       \
		if (!(ok))                         \
			ck_abort_msg(__VA_ARGS__); \
	} while (0)

#define ck_assert(ok) ck_assert_msg(ok, "%s", #ok)

#define nocheck_numbers(type, form, a, op, b)                    \
	do {                                                     \
		type a_ = (a), b_ = (b);                         \
		ck_assert_msg(a_ op b_, "%s: %" form ", %" form, \
			      #a " " #op " " #b, a_, b_);        \
	} while (0)

#define ck_assert_int_eq(a, b) nocheck_numbers(intmax_t, PRIdMAX, a, ==, b)
#define ck_assert_int_ne(a, b) nocheck_numbers(intmax_t, PRIdMAX, a, !=, b)
#define ck_assert_int_lt(a, b) nocheck_numbers(intmax_t, PRIdMAX, a, <, b)
#define ck_assert_int_le(a, b) nocheck_numbers(intmax_t, PRIdMAX, a, <=, b)
#define ck_assert_int_gt(a, b) nocheck_numbers(intmax_t, PRIdMAX, a, >, b)
#define ck_assert_int_ge(a, b) nocheck_numbers(intmax_t, PRIdMAX, a, >=, b)
#define ck_assert_uint_eq(a, b) nocheck_numbers(uintmax_t, PRIuMAX, a, ==, b)
#define ck_assert_uint_ne(a, b) nocheck_numbers(uintmax_t, PRIuMAX, a, !=, b)
#define ck_assert_uint_lt(a, b) nocheck_numbers(uintmax_t, PRIuMAX, a, <, b)
#define ck_assert_uint_le(a, b) nocheck_numbers(uintmax_t, PRIuMAX, a, <=, b)
#define ck_assert_uint_gt(a, b) nocheck_numbers(uintmax_t, PRIuMAX, a, >, b)
#define ck_assert_uint_ge(a, b) nocheck_numbers(uintmax_t, PRIuMAX, a, >=, b)

#define nocheck_strings(a, op, b)                                          \
	do {                                                               \
		const char *a_ = (a), *b_ = (b);                           \
		ck_assert_msg(a_ &&b_ &&strcmp(a_, b_) op 0, "%s: %s, %s", \
			      #a " " #op " " #b, a_ ? a_ : "(null)",       \
			      b_ ? b_ : "(null)");                         \
	} while (0)

#define ck_assert_str_eq(a, b) nocheck_strings(a, ==, b)
#define ck_assert_str_ne(a, b) nocheck_strings(a, !=, b)

#define ck_assert_mem_eq(a, b, size)                                           \
	ck_assert_msg(memcmp(a, b, size) == 0, "%s: %s", "not the same bytes", \
		      #a " and " #b)

#define ck_assert_ptr_eq(a, b) ck_assert((const void *)(a) == (const void *)(b))
#define ck_assert_ptr_ne(a, b) ck_assert((const void *)(a) != (const void *)(b))
#define ck_assert_ptr_null(a) ck_assert((const void *)(a) == NULL)
#define ck_assert_ptr_nonnull(a) ck_assert((const void *)(a) != NULL)

#endif /* VFSCAP_TESTS_NOCHECK_H */
