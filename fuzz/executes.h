/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds of every process that a user can name. */
#ifndef FUZZ_EXECUTES_H
#define FUZZ_EXECUTES_H

#include "explain/explain.h"

/** executes() - have it execute a file with the attribute, and check both */
void executes(const struct subject *subject,
	      const struct vfscap_listing *listing);

#endif /* FUZZ_EXECUTES_H */
