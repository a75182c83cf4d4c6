/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A user's ranges in files such as /etc/subuid: all of them as one map, or none. */
#include "ns/ns.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

/* struct row - a file, and the extents that it has for the user "me", 1000 */
struct row {
	const char *text;
	size_t size; /* 0: to its NUL */
	bool own;    /* the user's own id comes first */
	uint32_t count;
	struct vfscap_extent extent[3];
};

static const struct row rows[] = {
	{.text = "me:100000:65536\n",
	 .count = 1,
	 .extent = {{0, 100000, 65536}}},
	{.text = "me:100000:65536", .count = 1, .extent = {{0, 100000, 65536}}},
	{.text = "me:100000:10\nyou:5:5\n1000:300000:7\n",
	 .count = 2,
	 .extent = {{0, 100000, 10}, {10, 300000, 7}}},
	{.text = "me:100000:10\n",
	 .own = true,
	 .count = 2,
	 .extent = {{0, 1000, 1}, {1, 100000, 10}}},
	{.text = "mee:1:1\nm:1:1\n10000:1:1\n:1:1\nme\nme 1 1\n"},
	{.text = ""},
	{.text = "me:\n"},
	{.text = "me:1\n"},
	{.text = "me::\n"},
	{.text = "me:1:0\n"},
	{.text = "me:1:2:3\n"},
	{.text = "me:1:2,5:6:7\n"},
	{.text = "me: 1:2\n"},
	{.text = "me:-1:2\n"},
	{.text = "me:4294967295:1\n"},
	{.text = "me:1:4294967296\n"},
	{.text = "me:1:18446744073709551617\n"},
	{.text = "me:1:10\nme:5:1\n"},
	{.text = "me:995:10\n", .own = true},
	/* Two lines that are none do not make one range together. */
	{.text = "me:\nme:1\n"},
	{.text = "me:\nme:1:1\n"},
	{.text = "me:1:1\nme:\nme:5:1\n"},
	/* What is behind a NUL is not passed over. */
	{.text = "me:1:1\0:2\n", .size = 10},
	{.text = "me:1:1\nme:5:1\0\n", .size = 15},
};

START_TEST(ranges)
{
	const struct passwd user = {.pw_name = (char[]){"me"}, .pw_uid = 1000};
	const struct row *row = &rows[_i];
	const uint32_t own = 1000;
	size_t size = row->size ? row->size : strlen(row->text);
	FILE *file = tmpfile();
	char why[NS_WHY_SIZE] = "";
	struct vfscap_idmap map;
	int result;

	ck_assert(file && fwrite(row->text, 1, size, file) == size);
	rewind(file);
	result = ns_ranges_read("ids", file, &user, row->own ? &own : NULL,
				&map, why);
	fclose(file);
	if (!row->count) {
		ck_assert_int_eq(result, -1);
		ck_assert_str_ne(why, "");
		return;
	}
	ck_assert_msg(result == 0, "%s", why);
	ck_assert_uint_eq(map.count, row->count);
	ck_assert_mem_eq(map.extent, row->extent,
			 row->count * sizeof(*map.extent));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ranges");

	suite_add(suite, ranges, ROWS(rows));
	return suite_run(suite);
}
