/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the option `uid` does to sets, and what setresuid(2) does to them. */
#include "subjects.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct named n;

static void must(bool done)
{
	if (!done)
		_exit(2);
}

/* Of securebits: none, keep-caps, no-setuid-fixup, noroot, two of them. */
static const unsigned bits[] = {0, 0x10, 0x04, 0x01, 0x14};

/* Ends with 0 where both are the same. */
static void follow(unsigned secure, uid_t r, uid_t e, uid_t s)
{
	char words[128], *option;

	for (unsigned long cap = 16; cap < VFSCAP_BITS; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	must(prctl(PR_SET_SECUREBITS, secure, 0, 0, 0) == 0);
	must(subjects_capset(0xff, 0x3, 0xe0));
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 1, 0, 0) == 0);
	snprintf(words, sizeof(words), "self uid=%u:%u:%u", r, e, s);
	must(named_as(&n, words) == 0);
	option = strdup(named_text(&n));
	must(setresuid(r, e, s) == 0);
	must(named_as(&n, "self") == 0);
	if (strcmp(option, named_text(&n)) != 0) {
		printf("%s, securebits %x: %s\nby the kernel: %s\n", words,
		       secure, option, n.text);
		fflush(stdout);
		_exit(1);
	}
	_exit(0);
}

START_TEST(followed)
{
	static const uid_t ids[] = {0, 1000};

	for (unsigned i = 0; i < 8; i++) {
		pid_t pid = fork();
		int status;

		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			follow(bits[_i], ids[i & 1], ids[i >> 1 & 1],
			       ids[i >> 2]);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subject_uid");

	if (geteuid() == 0)
		suite_add(suite, followed, ROWS(bits));
	else
		suite_skip("setresuid(2)", "only root can become others");
	return suite_run(suite);
}
