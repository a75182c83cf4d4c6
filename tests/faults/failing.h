/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the library that has allocations fail shares with whoever preloads it. */
#ifndef VFSCAP_TESTS_FAULTS_FAILING_H
#define VFSCAP_TESTS_FAULTS_FAILING_H

#include <stdint.h>

/**
 * struct failing - the allocations of a program and its children
 * @count:	how many there were
 * @at:		the number of the one that fails, from 1 on
 */
struct failing {
	uint64_t count, at;
};

#endif
