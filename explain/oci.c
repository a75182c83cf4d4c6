/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of an OCI runtime's config.json. */
#include "explain/parts.h"

int subject_oci(struct subject *subject, const char *path,
		subject_warn_fn *warn, void *ctx, char why[EXPLAIN_WHY_SIZE])
{
	(void)subject;
	(void)warn;
	(void)ctx;
	return subject_fail(why, "%.200s: not read yet", path);
}
