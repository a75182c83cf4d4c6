/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that are maps and texts that are none: by tables, by the kernel. */
#include "sandbox.h"
#include "suite.h"
#include "userns_child.h"
#include "userns_maps.h"
#include "vfscap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define A "0:100000:65536"

static uint64_t seed;

/* --------------------------------- parsing ------------------------------- */

/* What a text means, in the form with colons; NULL where it is that itself. */
static const struct good {
	const char *text;
	const char *meaning;
} good[] = {
	{A, NULL},
	{"0:0:4294967295", NULL},
	{"0:1:4294967294", NULL},
	{"1:0:4294967294", NULL},
	{"4294967294:0:1", NULL},
	{"0:4294967294:1", NULL},
	{"0:100000:5,5:200000:5", NULL},
	{"5:200000:5,0:100000:5", NULL},
	{"0:5:1,1:6:1,2:7:1", NULL},
	{"0:1:1,1:0:1", NULL},
	{"100:0:100,0:100:100", NULL},
	{"0 100000 65536", A},
	{"0 100000 65536\n", A},
	{"0\t100000\t65536\n", A},
	{"         0     100000      65536\n", A},
	{" \t0 \t100000\t 65536 \t\n", A},
	{"0 100000 65536\r\n", A},
	{"0\v100000\f65536", A},
	{"0 : 100000 : 65536 ", A},
	{"00:0100000:0000000065536", A},
	{"0:100000:65536\n", A},
	{"0 1 1\n1 0 1", "0:1:1,1:0:1"},
	{"0 1 1\n1 0 1\n", "0:1:1,1:0:1"},
	{"0:1:1\n1:0:1\n", "0:1:1,1:0:1"},
	{" 0:1:1 , 1:0:1 ", "0:1:1,1:0:1"},
	{"         0          0 4294967295\n", "0:0:4294967295"},
};

START_TEST(parse_good)
{
	const struct good *row = &good[_i];
	struct vfscap_idmap map;
	unsigned extent = 77;

	ck_assert_int_eq(vfscap_idmap_parse(&map, row->text, strlen(row->text),
					    &extent),
			 0);
	ck_assert_str_eq(userns_map_inline(&map),
			 row->meaning ? row->meaning : row->text);
	ck_assert_uint_eq(extent, 77);
}
END_TEST

/* As much of a string as there is, with the NULs in it. */
#define TEXT(text) text, sizeof(text) - 1

static const struct bad {
	const char *text;
	size_t size;
	int error;
	unsigned extent;
} bad[] = {
	{TEXT(""), VFSCAP_ERR_MAP_EMPTY, 1},
	{TEXT(" "), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("\n"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT(","), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("\n0:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT(",0:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0,1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0 0\n1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT(":0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0::1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0 0 1 1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1 x"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1x"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("x:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0;0;1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("-1:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("+1:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0x1:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("1e3:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("root:0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1\0"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1\0,5:5:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0\0:1"), VFSCAP_ERR_MAP_FORM, 1},
	{TEXT("0:0:1\n\0"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1,"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1, "), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1,\n"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1\n\n"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1,,1:1:1"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0 0 1\n\n1 1 1"), VFSCAP_ERR_MAP_FORM, 2},
	{TEXT("0:0:1 1:1:1"), VFSCAP_ERR_MAP_FORM, 1},

	{TEXT("4294967295:0:1"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("0:4294967295:1"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("4294967295:4294967295:0"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("4294967296:0:1"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("0:4294967296:1"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("0:0:4294967296"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("0:0:18446744073709551617"), VFSCAP_ERR_MAP_NUMBER, 1},
	{TEXT("0:0:1,5:99999999999999999999999:1"), VFSCAP_ERR_MAP_NUMBER, 2},

	{TEXT("0:0:0"), VFSCAP_ERR_MAP_ZERO, 1},
	{TEXT("0:0:1,1:1:0"), VFSCAP_ERR_MAP_ZERO, 2},

	{TEXT("1:0:4294967295"), VFSCAP_ERR_MAP_RANGE, 1},
	{TEXT("0:1:4294967295"), VFSCAP_ERR_MAP_RANGE, 1},
	{TEXT("4294967294:0:2"), VFSCAP_ERR_MAP_RANGE, 1},
	{TEXT("0:4294967294:2"), VFSCAP_ERR_MAP_RANGE, 1},
	{TEXT("0:0:1,2:4294967290:6"), VFSCAP_ERR_MAP_RANGE, 2},

	{TEXT("0:0:1,0:5:1"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("0:0:1,5:0:1"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("0:0:2,5:1:1"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("0:10:2,1:20:1"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("10:10:1,0:100:65536"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("10:10:1,100:0:65536"), VFSCAP_ERR_MAP_OVERLAP, 2},
	{TEXT("0:0:10,20:20:10,15:40:6"), VFSCAP_ERR_MAP_OVERLAP, 3},
	{TEXT("0:0:10,20:20:10,40:15:6"), VFSCAP_ERR_MAP_OVERLAP, 3},
	{TEXT("0:0:4294967295,7:7:1"), VFSCAP_ERR_MAP_OVERLAP, 2},
};

START_TEST(parse_bad)
{
	const struct bad *row = &bad[_i];
	struct vfscap_idmap map, before;
	unsigned extent = 77;

	memset(&map, 0xa5, sizeof(map));
	before = map;
	ck_assert_int_eq(vfscap_idmap_parse(&map, row->text, row->size,
					    &extent),
			 row->error);
	ck_assert_uint_eq(extent, row->extent);
	ck_assert_int_eq(vfscap_idmap_parse(&map, row->text, row->size, NULL),
			 row->error);
	ck_assert_mem_eq(&map, &before, sizeof(map));
}
END_TEST

/* A text ends where the caller says, not at a NUL. */
START_TEST(parse_size)
{
	struct vfscap_idmap map;

	ck_assert_int_eq(vfscap_idmap_parse(&map, "0:1:10000", 6, NULL), 0);
	ck_assert_str_eq(userns_map_inline(&map), "0:1:10");
	ck_assert_int_eq(vfscap_idmap_parse(&map, NULL, 0, NULL),
			 VFSCAP_ERR_MAP_EMPTY);
}
END_TEST

/* As many extents of one id, in either form. */
static int parse_many(unsigned extents, char between, char end, unsigned *at)
{
	static char text[16384];
	struct vfscap_idmap map;
	size_t used = 0;

	for (unsigned i = 0; i < extents; i++)
		used += (size_t)sprintf(text + used, "%u%c%u%c1%c", 2 * i,
					between, 3 * i, between, end);
	return vfscap_idmap_parse(&map, text, used - (end == ','), at);
}

START_TEST(parse_extents)
{
	static const char betweens[] = ": ", ends[] = ",\n";
	unsigned extent = 0;

	for (size_t form = 0; form < 2; form++) {
		char between = betweens[form], end = ends[form];

		ck_assert_int_eq(parse_many(VFSCAP_EXTENTS, between, end, NULL),
				 0);
		ck_assert_int_eq(parse_many(VFSCAP_EXTENTS + 1, between, end,
					    &extent),
				 VFSCAP_ERR_MAP_MANY);
		ck_assert_uint_eq(extent, VFSCAP_EXTENTS + 1);
	}
}
END_TEST

/* ------------------------- the kernel: what it reads --------------------- */

static unsigned long taken, refused;

static void conclude(const char *what)
{
	printf("idmap: %s: the kernel took %lu, refused %lu\n", what, taken,
	       refused);
	fflush(stdout);
}

/* One text; the child is a new one as soon as it has a map. */
static int kernel_reads(const char *text, size_t size)
{
	static struct userns_child child;
	int error = userns_child_map(&child, "uid_map", text, size);

	if (error)
		refused++;
	else
		taken++;
	if (!error)
		userns_child_end(&child);
	return error;
}

static void check_parser(const char *text, size_t size)
{
	struct vfscap_idmap map;
	int error = vfscap_idmap_parse(&map, text, size, NULL);
	int said = kernel_reads(text, size);

	expect(said == (error ? EINVAL : 0), "'%s': %s, kernel: %s",
	       userns_quote(text, size), vfscap_error_name(error),
	       strerror(said));
}

/* The texts of the tables that are lines of numbers, and the last extents. */
START_TEST(kernel_tables)
{
	char many[USERNS_PAGE];
	size_t used = 0;

	for (size_t i = 0; i < ROWS(good); i++)
		if (!strpbrk(good[i].text, ":,"))
			check_parser(good[i].text, strlen(good[i].text));
	for (size_t i = 0; i < ROWS(bad); i++)
		if (!strpbrk(bad[i].text, ":,"))
			check_parser(bad[i].text, bad[i].size);
	for (unsigned i = 0; i <= VFSCAP_EXTENTS; i++) {
		used += (size_t)sprintf(many + used, "%u %u 1\n", 2 * i, 3 * i);
		if (i + 2 >= VFSCAP_EXTENTS)
			check_parser(many, used);
		if (i + 2 >= VFSCAP_EXTENTS)
			check_parser(many, used - 1);
	}
	conclude("texts of the tables");
}
END_TEST

/*
 * What the kernel takes and the library does not: numbers that the kernel cuts
 * to 32 bits, what lies behind a NUL, and the no-break space of Latin-1.
 */
static const struct {
	const char *text;
	size_t size;
} liberties[] = {
	{TEXT("4294967296 0 1")},
	{TEXT("0 4294967301 1")},
	{TEXT("0 0 4294967297")},
	{TEXT("18446744073709551617 0 1")},
	{TEXT("0 0 1\0")},
	{TEXT("0 0 1\0junk")},
	{TEXT("0 0 1\n\0")},
	{TEXT("0\xa0"
	      "0\xa0"
	      "1")},
};

START_TEST(kernel_liberties)
{
	struct vfscap_idmap map;

	for (size_t i = 0; i < ROWS(liberties); i++) {
		ck_assert_int_ne(vfscap_idmap_parse(&map, liberties[i].text,
						    liberties[i].size, NULL),
				 0);
		ck_assert_int_eq(
			kernel_reads(liberties[i].text, liberties[i].size), 0);
	}
}
END_TEST

#define TEXTS 3000

START_TEST(kernel_parser)
{
	userns_seed(seed);
	for (size_t i = 0; i < TEXTS; i++) {
		struct vfscap_idmap map = userns_some_map(1 + userns_below(20));
		struct userns_text t = userns_some_text(&map);

		check_parser(t.bytes, t.size);
	}
	conclude("made-up texts");
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *suite_of_tables(void)
{
	Suite *suite = suite_create("idmap parse");

	suite_add(suite, parse_good, ROWS(good));
	suite_add(suite, parse_bad, ROWS(bad));
	suite_add(suite, parse_size, 1);
	suite_add(suite, parse_extents, 1);
	return suite;
}

static Suite *suite_of_the_kernel(void)
{
	Suite *suite = suite_create("idmap parse by the kernel");

	suite_add(suite, kernel_tables, 1);
	suite_add(suite, kernel_liberties, 1);
	suite_add(suite, kernel_parser, 1);
	return suite;
}

/* What needs root comes last: without it, the process ends there. */
int main(void)
{
	static const char *const tools[] = {NULL};
	int status;

	seed = suite_seed("idmap parse");
	status = suite_run(suite_of_tables());
	if (status)
		return status;
	sandbox_enter("idmap parse by the kernel", tools);
	return suite_run(suite_of_the_kernel());
}
