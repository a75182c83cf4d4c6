/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does the small runner see what fails? One row passes, all others must not. */
#include "tests/suite.h"

#include <signal.h>
#include <stdbool.h>

static const char *nothing;

START_TEST(passes)
{
	ck_assert_int_eq(_i, 0);
	ck_assert_str_ne("a", "b");
	ck_assert_mem_eq("ab", "ac", 1);
}
END_TEST

static void fail(int how)
{
	switch (how) {
	case 0:
		ck_assert(how);
		break;
	case 1:
		ck_assert_int_lt(-1, -1);
		break;
	case 2:
		/* As unsigned numbers it is the greater one. */
		ck_assert_uint_le((unsigned)-1, 1);
		break;
	case 3:
		ck_assert_str_eq("a", nothing);
		break;
	case 4:
		ck_assert_mem_eq("ab", "ac", 2);
		break;
	case 5:
		ck_assert_ptr_nonnull(nothing);
		break;
	case 6:
		expect(false, "%s", "not expected");
		break;
	case 7:
		raise(SIGSEGV);
		break;
	default:
		exit(EXIT_SUCCESS);
	}
}

START_TEST(fails)
{
	fail(_i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("runner");

	suite_add(suite, passes, 1);
	suite_add(suite, fails, 9);
	return suite_run(suite);
}
