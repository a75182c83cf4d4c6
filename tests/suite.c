/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every suite shares: a row a test, its main(), generated values. */
#include "suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Generous: valgrind and sanitizers run the same suites. */
#define TIMEOUT 600

void suite_add(Suite *suite, const TTest *test, size_t rows)
{
	TCase *tcase = tcase_create(test->name);

	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_loop_test(tcase, test, 0, (int)rows);
	suite_add_tcase(suite, tcase);
}

int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

void suite_skip(const char *part, const char *reason)
{
	printf("skip %s: %s\n", part, reason);
	fflush(stdout);
}

unsigned suite_part(void)
{
	const char *asked = getenv("VFSCAP_PART");
	int part = asked ? atoi(asked) : 1;

	return part > 1 ? (unsigned)part : 1;
}

uint64_t suite_seed(const char *suite)
{
	const char *asked = getenv("VFSCAP_SEED");
	uint64_t seed = asked ? strtoull(asked, NULL, 0) : 20;

	printf("%s: VFSCAP_SEED=%" PRIu64 "\n", suite, seed);
	fflush(stdout);
	return seed;
}

/* splitmix64: every seed is as good as any other. */
uint64_t suite_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

unsigned suite_below(uint64_t *state, unsigned end)
{
	return (unsigned)(suite_random(state) % end);
}

/* The escape of a byte, or NULL where it stands for itself or has none. */
static const char *escape_of(char c)
{
	static const char *const escapes[256] = {
		['\t'] = "\\t", ['\n'] = "\\n", ['\v'] = "\\v",
		['\f'] = "\\f", ['\r'] = "\\r", ['\\'] = "\\\\",
	};

	return escapes[(unsigned char)c];
}

const char *suite_quote(const char *text)
{
	static char quoted[4096];
	size_t used = 0;

	for (; *text && used < sizeof(quoted) - 8; text++) {
		char *at = quoted + used;
		const char *escape = escape_of(*text);

		if (escape)
			strcpy(at, escape);
		else if (*text < ' ' || *text > '~')
			sprintf(at, "\\x%02x", (unsigned)(unsigned char)*text);
		else
			sprintf(at, "%c", *text);
		used += strlen(at);
	}
	strcpy(quoted + used, *text ? "..." : "");
	return quoted;
}
