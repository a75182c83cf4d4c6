/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A running process, from /proc. */
#include "explain/parts.h"

int subject_pid(struct subject *subject, pid_t pid, subject_warn_fn *warn,
		void *ctx, char why[EXPLAIN_WHY_SIZE])
{
	(void)subject;
	(void)warn;
	(void)ctx;
	return subject_fail(why, "process %d: not asked yet", pid);
}
