/* SPDX-License-Identifier: GPL-2.0-or-later */
/* squashfs that is cut off anywhere, or of which any byte is another one. */
#include "suite.h"

#include <stdlib.h>

#ifndef HAVE_SQUASHFS
int main(void)
{
	suite_skip("cut squashfs", "built without it");
	return suite_run(suite_create("cut squashfs"));
}
#else
#include "scratch.h"
#include "squash.h"

#include <errno.h>
#include <unistd.h>

/* Has a reader of which not all is had said so? */
static bool has_said(const struct disk_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->entry[i].reason)
			return true;
	return false;
}

/* ------------------------------- truncations ------------------------------ */

static void complete_or_said(const struct disk_list *l, size_t size)
{
	expect(has_said(l) || squash_found(l, "") == squash_thing_count,
	       "%zu bytes: values have gone in silence", size);
}

/* Cut off at any place; and with a superblock that says that this is all. */
START_TEST(test_truncated)
{
	static const char *const commands[] = {SQUASH_PLAIN, "tar2sqfs -q",
					       SQUASH_STAR "-comp lz4"};
	const struct disk_list *l;
	size_t used;

	squash_make(commands[_i], "tree");
	used = squash_number(SUPER_USED, 8);
	for (size_t size = used - 1; size; size -= size < 128 ? 1 : 23) {
		if (size >= SUPER_SIZE)
			scratch_put(SQUASH_IMAGE, SUPER_USED, used, 8);
		ck_assert_int_eq(truncate(SQUASH_IMAGE, (off_t)size), 0);
		l = squash_scan(false, true);
		ck_assert_uint_eq(l->count, 1);
		ck_assert_int_eq(l->entry[0].what, DISK_UNREAD);
		ck_assert_int_eq(l->entry[0].error, EBADMSG);
		if (size < SUPER_SIZE)
			continue;
		scratch_put(SQUASH_IMAGE, SUPER_USED, size, 8);
		for (int all = 0; all < 2; all++)
			complete_or_said(squash_scan(all, true), size);
	}
}
END_TEST

/* ---------------------------------- bytes --------------------------------- */

/* Whatever a byte becomes, there is an end, and nothing but what can be handed
 * over. */
START_TEST(test_bytes)
{
	static const char *const commands[] = {
		SQUASH_PLAIN,
		SQUASH_STAR,
		SQUASH_STAR "-comp lz4",
		SQUASH_STAR "-comp xz",
		SQUASH_STAR "-comp zstd",
		SQUASH_STAR "-comp lzma",
	};
	static const uint8_t bits[] = {0xff, 1};
	size_t used;

	squash_make(commands[_i], "tree");
	used = squash_number(SUPER_USED, 8);
	for (size_t at = 0; at < used; at++) {
		uint64_t byte = squash_number(at, 1);

		if (at == SUPER_SIZE)
			at = squash_number(SUPER_INODES, 8);
		byte = squash_number(at, 1);
		for (size_t i = 0; i < ROWS(bits); i++) {
			scratch_put(SQUASH_IMAGE, at, byte ^ bits[i], 1);
			squash_scan(true, true);
		}
		scratch_put(SQUASH_IMAGE, at, byte, 1);
	}
	ck_assert_uint_eq(squash_found(squash_scan(false, false), ""),
			  squash_thing_count);
}
END_TEST

static void add(Suite *suite)
{
	suite_add(suite, test_truncated, 3);
	suite_add(suite, test_bytes, 6);
}

int main(void)
{
	return squash_run("cut squashfs", add);
}
#endif
