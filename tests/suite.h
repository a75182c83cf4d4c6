/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every suite shares: a row a test, its main(), generated values. */
#ifndef VFSCAP_TESTS_SUITE_H
#define VFSCAP_TESTS_SUITE_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/**
 * expect() - as ck_assert_msg(), for loops of many thousand
 *
 * Check notes every assertion that holds with a system call.
 */
#define expect(ok, ...)                            \
	do {                                       \
		if (!(ok))                         \
			ck_abort_msg(__VA_ARGS__); \
	} while (0)

/**
 * suite_add() - a test that runs once for each row of a table
 * @rows: how many; the test finds its row's index in _i
 */
void suite_add(Suite *suite, const TTest *test, size_t rows);

/**
 * suite_run() - run a suite and free it
 *
 * Return: what main() returns.
 */
int suite_run(Suite *suite);

/**
 * suite_skip() - say that a part of a suite was not run, and why
 *
 * Prints one line beginning with "skip"; the suite passes all the same.
 */
void suite_skip(const char *part, const char *reason);

/* SUITE_SANITIZED - AddressSanitizer is in it, which has memory of its own */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SUITE_SANITIZED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SUITE_SANITIZED
#endif

/**
 * suite_part() - one in how many of many cases is for this run
 *
 * VFSCAP_PART in the environment, else 1: all of them. For cases that ask the
 * kernel, which is the same for each build of us and takes nearly all the time,
 * or begin a process each, which a sanitizer makes dear.
 */
unsigned suite_part(void);

/**
 * suite_seed() - where generated values start
 *
 * VFSCAP_SEED in the environment, else a fixed number; printed, so that a
 * failure can be had again.
 */
uint64_t suite_seed(const char *suite);

/**
 * suite_random() - the next generated value
 * @state: a seed at first
 */
uint64_t suite_random(uint64_t *state);

/** suite_below() - a generated number from 0 to @end - 1 */
unsigned suite_below(uint64_t *state, unsigned end);

/**
 * suite_quote() - a text as it can be printed, in the escapes of tsv.h
 *
 * Return: a static buffer, good until the next call.
 */
const char *suite_quote(const char *text);

#endif /* VFSCAP_TESTS_SUITE_H */
