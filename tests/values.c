/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values and files that tests begin with, and memory that has to stay as it is. */
#include "values.h"
#include "suite.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const struct vfscap value_v2 = {
	.permitted = 1 << 13,
	.revision = 2,
	.effective = true,
};

const struct vfscap value_v3 = {
	.permitted = UINT64_C(1) << 40 | UINT64_C(1) << 63,
	.inheritable = 1,
	.rootid = 1000,
	.revision = 3,
};

bool value_painted(const void *bytes, size_t size)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < size; i++)
		if (b[i] != PAINT)
			return false;
	return true;
}

void value_plant(const char *path, const struct vfscap *cap)
{
	ck_assert_int_eq(vfscap_set_at(AT_FDCWD, path, cap, VFSCAP_EXPECT_ANY),
			 0);
}

void value_scratch(void)
{
	char dir[] = "case.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chdir(dir), 0);
}

void value_special_files(void)
{
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	ck_assert_int_eq(mknod("socket", S_IFSOCK | 0644, 0), 0);
	ck_assert_int_eq(mknod("device", S_IFCHR | 0644, 1 << 8 | 3), 0);
}
