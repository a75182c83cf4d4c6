/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of attributes of a squashfs, damaged or made to harm. */
#include "suite.h"

#include <stdlib.h>

#ifndef HAVE_SQUASHFS
int main(void)
{
	suite_skip("sets of squashfs", "built without it");
	return suite_run(suite_create("sets of squashfs"));
}
#else
#include "scratch.h"
#include "squash.h"

#include <errno.h>

#define ALL_ONES UINT64_MAX

static uint64_t attributes(void)
{
	return squash_number(SUPER_XATTR_TABLE, 8);
}

static uint64_t first_set(void)
{
	return squash_number(attributes() + 16, 8) + 2;
}

static uint64_t first_pair(void)
{
	return squash_number(attributes(), 8) + 2;
}

/* The reference to a value that is elsewhere. */
static uint64_t reference(void)
{
	uint64_t at = first_pair();

	/* The key's type and size, and "ca". */
	while (squash_number(at, 6) != UINT64_C(0x6163000a0102))
		at++;
	return at + 4 + 10 + 4;
}

static const struct table_damage {
	uint64_t (*from)(void);
	int at;
	unsigned size;
	uint64_t value;
	enum disk_what what;
	const char *says;
} table_damages[] = {
	{attributes, 0, 8, 0, DISK_UNREAD, "its pairs are said to be at byte"},
	{attributes, 0, 8, ALL_ONES, DISK_UNREAD, "its pairs are said"},
	{attributes, 8, 4, 0, DISK_UNREAD, "it is said to have no sets"},
	{attributes, 8, 4, ALL_ONES, DISK_UNREAD, "for which there is no room"},
	{attributes, 8, 4, 1, DISK_UNREAD, "to have 1 sets, and has more"},
	{attributes, 8, 4, 2, DISK_UNREAD, "to have 2 sets, and has more"},
	{attributes, 8, 4, 2, DISK_ENTRY, "there are 2"},
	{attributes, 16, 8, 0, DISK_ENTRY,
	 "sets of attributes: block 0 is said to be at byte 0"},
	{attributes, 16, 8, ALL_ONES, DISK_ENTRY,
	 "sets of attributes: block 0 is said to be at byte"},
	{first_set, 0, 8, ALL_ONES, DISK_ENTRY,
	 "set of attributes 0: attributes: a reference leads out of it"},
	{first_set, 0, 2, 0x1fff, DISK_ENTRY,
	 "set of attributes 0: attributes, block at byte"},
	{first_set, -2, 2, 0x8001, DISK_ENTRY, "lies behind its end"},
	{first_set, -2, 2, 0, DISK_ENTRY, "its size is not possible there"},
	{first_set, -2, 2, 0x20, DISK_ENTRY, "it cannot be decompressed"},
	{first_pair, 2, 2, 0xffff, DISK_ENTRY, "attributes, block at byte"},
	{first_pair, 14, 4, ALL_ONES, DISK_ENTRY, "attributes, block at byte"},
	{first_pair, -2, 2, 0xffff, DISK_ENTRY, "its size is not possible"},
	{reference, 0, 8, ALL_ONES, DISK_ENTRY, "a reference leads out of it"},
	{reference, 0, 8, 0x1fff, DISK_ENTRY, "lies behind its end"},
};

START_TEST(test_tables)
{
	const struct table_damage *d = &table_damages[_i];
	const struct disk_list *l;

	squash_make(SQUASH_PLAIN, "tree");
	scratch_put(SQUASH_IMAGE, d->from() + (uint64_t)d->at, d->value,
		    d->size);
	for (int all = 0; all < 2; all++) {
		l = squash_scan(all, true);
		ck_assert_uint_ge(disk_list_says(l, d->what, EBADMSG, d->says),
				  1);
	}
}
END_TEST

/* Of a set that has more than there is, what comes first is there. */
START_TEST(test_count)
{
	const struct disk_list *l;

	squash_make(SQUASH_PLAIN, "tree");
	scratch_put(SQUASH_IMAGE, first_set() + 8, 0xffffffff, 4);
	l = squash_scan(false, false);
	ck_assert_uint_eq(squash_found(l, ""), squash_thing_count);
}
END_TEST

/* The archive without the attribute. */
static void make_others(void)
{
	squash_archive("many");
	shell("sed s/security.capability/security.cap4bility/ many.tar "
	      ">others.tar");
	squash_make(SQUASH_PLAIN, "others");
}

/* As many sets as there are numbers, by a list that names one block again and
 * again: to look at all would take hours. */
START_TEST(test_endless)
{
	const uint32_t sets = UINT32_MAX, blocks = sets / 512 + 1;
	const struct disk_list *l;
	uint64_t list, block;

	make_others();
	list = attributes() + 16;
	block = squash_number(list, 8);
	scratch_put(SQUASH_IMAGE, attributes() + 8, sets, 4);
	scratch_put(SQUASH_IMAGE, SUPER_USED, list + blocks * UINT64_C(8), 8);
	for (unsigned i = 0; i < 512; i++)
		scratch_put(SQUASH_IMAGE, block + 2 + 16 * i + 8, 0, 4);
	squash_fill(list, block, blocks);
	l = squash_scan(false, false);
	ck_assert_uint_eq(l->count, 0);
}
END_TEST

/* Sets that have each other's attributes: together more than there are. Each is
 * searched to its end, since none of them has ours. */
START_TEST(test_shared)
{
	const struct disk_list *l;
	uint64_t at;

	make_others();
	at = first_set();
	for (unsigned set = 0; set < 500; set++) {
		scratch_put(SQUASH_IMAGE, at + 16 * set, 0, 8);
		scratch_put(SQUASH_IMAGE, at + 16 * set + 8, 200, 4);
	}
	l = squash_scan(false, false);
	ck_assert_uint_ge(l->count, 1);
	ck_assert_uint_eq(disk_list_says(l, DISK_ENTRY, EBADMSG,
					 ": the sets share their bytes"),
			  l->count);
}
END_TEST

static void add(Suite *suite)
{
	suite_add(suite, test_tables, ROWS(table_damages));
	suite_add(suite, test_count, 1);
	suite_add(suite, test_endless, 1);
	suite_add(suite, test_shared, 1);
}

int main(void)
{
	return squash_run("sets of squashfs", add);
}
#endif
