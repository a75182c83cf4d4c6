/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of capabilities, and listings of them, whatever they come from. */
#include "suite.h"
#include "tsv.h"
#include "vfscap.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIXTURE "good-securityfs-capabilities"
#define PAINT 0xa5

static char *fixture;
static size_t fixture_size;

static uint64_t up_to(unsigned last)
{
	return last >= 63 ? UINT64_MAX : (UINT64_C(1) << (last + 1)) - 1;
}

static void paint(struct vfscap_listing *listing)
{
	memset(listing, PAINT, sizeof(*listing));
}

static bool painted(const struct vfscap_listing *listing)
{
	const uint8_t *b = (const uint8_t *)listing;

	for (size_t i = 0; i < sizeof(*listing); i++)
		if (b[i] != PAINT)
			return false;
	return true;
}

/* The library's names up to @last_named, and none after. */
static void check_names(const struct vfscap_listing *listing, int last_named)
{
	for (int cap = 0; cap < VFSCAP_BITS; cap++) {
		const char *name = vfscap_name((unsigned)cap);

		if (cap > last_named)
			name = "";
		ck_assert_str_eq(listing->name[cap], name);
	}
}

/* ------------------------------- the table ------------------------------- */

START_TEST(name_is_libcaps)
{
	char *name = cap_to_name(_i);

	ck_assert_ptr_nonnull(name);
	ck_assert_str_eq(vfscap_name((unsigned)_i), name);
	cap_free(name);
}
END_TEST

/* The first and last capability that came with a release. */
static const struct {
	unsigned first, last;
	const char *release;
} history[] = {
	{0, 26, "2.2"},	    {27, 28, "2.4"},	{29, 30, "2.6.11"},
	{31, 31, "2.6.24"}, {32, 33, "2.6.25"}, {34, 34, "2.6.37"},
	{35, 35, "3.0"},    {36, 36, "3.5"},	{37, 37, "3.16"},
	{38, 39, "5.8"},    {40, 40, "5.9"},
};

START_TEST(since)
{
	for (unsigned n = history[_i].first; n <= history[_i].last; n++)
		ck_assert_str_eq(vfscap_since(n), history[_i].release);
}
END_TEST

START_TEST(beyond_the_table)
{
	static const unsigned beyond[] = {41, 63, 64, INT_MAX, UINT_MAX};

	for (size_t i = 0; i < ROWS(beyond); i++) {
		ck_assert_ptr_null(vfscap_name(beyond[i]));
		ck_assert_ptr_null(vfscap_since(beyond[i]));
	}
}
END_TEST

/* --------------------------- listings by a number ------------------------ */

static const struct {
	unsigned asked, last;
} lasts[] = {
	{0, 0},	  {1, 1},   {31, 31}, {32, 32}, {37, 37},	{40, 40},
	{41, 41}, {62, 62}, {63, 63}, {64, 63}, {UINT_MAX, 63},
};

START_TEST(last_cap)
{
	struct vfscap_listing listing;

	paint(&listing);
	vfscap_listing_last_cap(&listing, lasts[_i].asked);
	ck_assert_uint_eq(listing.known, up_to(lasts[_i].last));
	ck_assert_int_eq(listing.source, VFSCAP_SOURCE_LAST_CAP);
	check_names(&listing, VFSCAP_LAST);
}
END_TEST

START_TEST(builtin)
{
	struct vfscap_listing listing;

	paint(&listing);
	vfscap_listing_builtin(&listing);
	ck_assert_uint_eq(listing.known, up_to(VFSCAP_LAST));
	ck_assert_int_eq(listing.source, VFSCAP_SOURCE_BUILTIN);
	check_names(&listing, VFSCAP_LAST);
}
END_TEST

/* --------------------------- listings by a release ----------------------- */

#define BAD (-1)

static const struct {
	const char *release;
	int last;
} releases[] = {
	{"2.2", 26},
	{"2.2.0", 26},
	{"2.2.26", 26},
	{"2.3.99", 26},
	{"2.4", 28},
	{"2.4.37", 28},
	{"2.6.0", 28},
	{"2.6.10", 28},
	{"2.6.11", 30},
	{"2.6.23", 30},
	{"2.6.24", 31},
	{"2.6.24-rc3", 31},
	{"2.6.25-rc1", 33},
	{"2.6.36", 33},
	{"2.6.37", 34},
	{"2.6.39", 34},
	{"3.0", 35},
	{"3.0.101-0.47.71-default", 35},
	{"3.5.7", 36},
	{"3.10.0-1160.el7.x86_64", 36},
	{"3.15.10", 36},
	{"3.16.0", 37},
	{"4.19.0-27-amd64", 37},
	{"5.4.0-100-generic", 37},
	{"5.7.19", 37},
	{"5.8", 39},
	/* what a kernel built between two tags calls itself */
	{"5.8+", 39},
	{"5.8.0+", 39},
	{"6.12.0-rc1+", 40},
	{"5.8.0-rc1", 39},
	{"5.9", 40},
	{"5.10", 40},
	{"5.15.167.4-microsoft-standard-WSL2", 40},
	{"2.6.32.27-0.2-default", 33},
	{"5.7.19_1", 37},
	{"5.7~rc3", 37},
	{"5.7.x", 37},
	{"6.12.90+deb13-amd64", 40},
	{"6.18", 40},
	{"10.0", 40},
	{"99.1", 40},
	{"99999.99999.99999", 40},

	{"", BAD},
	{"5", BAD},
	{"5.", BAD},
	{"5-rc1", BAD},
	{"5.-1", BAD},
	{"5.x", BAD},
	{"5.4x", BAD},
	{"5.4.", BAD},
	{"5.4.3.", BAD},
	{"5.4/", BAD},
	{"5.4:1", BAD},
	{"5.4\x80", BAD},
	{"5..4", BAD},
	{"5,4", BAD},
	{"x", BAD},
	{"v5.4", BAD},
	{".5", BAD},
	{".", BAD},
	{"-", BAD},
	{"-1.2", BAD},
	{"+5.4", BAD},
	{" 5.4", BAD},
	{"5.4 ", BAD},
	{"5.4 x", BAD},
	{"5.4\n", BAD},
	{"5. 4", BAD},
	{"0x5.4", BAD},
	{"0.0", BAD},
	{"1.3", BAD},
	{"2.0", BAD},
	{"2.0.40", BAD},
	{"2.1.132", BAD},
	/* 2^32 + 5, 2^64 + 5: they must not come round to 5 */
	{"4294967301.4", BAD},
	{"18446744073709551621.4", BAD},
	{"5.4294967300", BAD},
	{"5.4.4294967300", BAD},
	{"5.99999999999999999999999999999999999999999999999", BAD},
};

START_TEST(release)
{
	const char *text = releases[_i].release;
	int last = releases[_i].last;
	struct vfscap_listing listing;
	int error;

	paint(&listing);
	error = vfscap_listing_release(&listing, text);
	if (last == BAD) {
		ck_assert_msg(error == VFSCAP_ERR_RELEASE, "'%s': error %d",
			      text, error);
		ck_assert_msg(painted(&listing),
			      "'%s': failed, and changed its output", text);
		return;
	}
	ck_assert_msg(error == 0, "'%s': error %d", text, error);
	ck_assert_msg(listing.known == up_to((unsigned)last),
		      "'%s': knows %" PRIx64, text, listing.known);
	ck_assert_int_eq(listing.source, VFSCAP_SOURCE_RELEASE);
	check_names(&listing, last);
}
END_TEST

/* ----------------------------- looking names up -------------------------- */

static const struct {
	const char *name;
	size_t size;
	int cap;
} finds[] = {
	{"cap_chown", 9, 0},
	{"CAP_CHOWN", 9, 0},
	{"cAp_cHoWn", 9, 0},
	{"cap_chown=ep", 9, 0},
	{"cap_sys_admin", 13, 21},
	{"cap_checkpoint_restore", 22, 40},
	{"cap_chown", 8, -1},
	{"cap_chown", 10, -1}, /* its NUL */
	{"cap_chownx", 10, -1},
	{"cap_chown\0cap_kill", 18, -1},
	{"cap_", 4, -1},
	{"chown", 5, -1},
	{"_cap_chown", 10, -1},
	{"cap-chown", 9, -1},
	{"cap_chow\xce", 9, -1},
	{"cap_sys_admin_but_longer_than_any_name_may_be", 45, -1},
	{"0", 1, -1},
	{"all", 3, -1},
	{"\0", 1, -1}, /* nor the name of what has none */
	{"", 0, -1},
};

START_TEST(find)
{
	struct vfscap_listing listing;
	int cap;

	vfscap_listing_builtin(&listing);
	cap = vfscap_listing_find(&listing, finds[_i].name, finds[_i].size);
	ck_assert_msg(cap == finds[_i].cap, "'%s', %zu bytes: %d, expected %d",
		      suite_quote(finds[_i].name), finds[_i].size, cap,
		      finds[_i].cap);
}
END_TEST

START_TEST(find_every_name)
{
	struct vfscap_listing listing;
	char upper[VFSCAP_NAME_SIZE] = "";
	const char *name = vfscap_name((unsigned)_i);

	for (size_t i = 0; name[i]; i++)
		upper[i] = (char)toupper(name[i]);
	vfscap_listing_builtin(&listing);
	ck_assert_int_eq(vfscap_listing_find(&listing, name, strlen(name)), _i);
	ck_assert_int_eq(vfscap_listing_find(&listing, upper, strlen(name)),
			 _i);
}
END_TEST

/* A kernel older than the library: by its number alone its names go on, by its
 * release they do not. */
START_TEST(find_beyond_known)
{
	struct vfscap_listing listing;

	vfscap_listing_last_cap(&listing, 37);
	ck_assert_int_eq(vfscap_listing_find(&listing, "cap_bpf", 7), 39);
	ck_assert_int_eq(vfscap_listing_release(&listing, "5.4"), 0);
	ck_assert_int_eq(vfscap_listing_find(&listing, "cap_bpf", 7), -1);
}
END_TEST

/* ------------------------- listings by their lines ----------------------- */

/* In memory of its very size, so that a read past the end is seen. */
static int parse(struct vfscap_listing *listing, const char *text, size_t size,
		 unsigned *line)
{
	char *exact = malloc(size ? size : 1);
	int error;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, text, size);
	error = vfscap_listing_parse(listing, exact, size, line);
	free(exact);
	return error;
}

START_TEST(parse_fixture)
{
	struct vfscap_listing listing;
	unsigned line = 77;

	ck_assert_uint_eq(fixture_size, 698);
	paint(&listing);
	ck_assert_int_eq(parse(&listing, fixture, fixture_size, &line), 0);
	ck_assert_uint_eq(listing.known, up_to(VFSCAP_LAST));
	ck_assert_int_eq(listing.source, VFSCAP_SOURCE_FILE);
	check_names(&listing, VFSCAP_LAST);
}
END_TEST

/* What a fixture says that was cut: the last line decides. */
static int expected_of_cut(size_t size, unsigned *line)
{
	size_t start = size, tab;

	while (start > 0 && fixture[start - 1] != '\n')
		start--;
	*line = 1;
	for (size_t i = 0; i < start; i++)
		*line += fixture[i] == '\n';
	if (start == size)
		return size ? 0 : VFSCAP_ERR_LIST_EMPTY;
	for (tab = start; tab < size && fixture[tab] != '\t'; tab++)
		;
	if (tab == size)
		return VFSCAP_ERR_LIST_LINE;
	return size - tab - 1 > strlen("CAP_") ? 0 : VFSCAP_ERR_LIST_NAME;
}

START_TEST(parse_cut_fixture)
{
	for (size_t size = 0; size <= fixture_size; size++) {
		struct vfscap_listing listing;
		unsigned expected_line, line = 0;
		int expected = expected_of_cut(size, &expected_line);
		int error;

		paint(&listing);
		error = parse(&listing, fixture, size, &line);
		expect(error == expected, "%zu bytes: error %d, expected %d",
		       size, error, expected);
		expect(!error || line == expected_line, "%zu bytes: line %u",
		       size, line);
		expect(!error || painted(&listing),
		       "%zu bytes: failed, and changed its output", size);
	}
}
END_TEST

#define TEXT(literal) literal, sizeof(literal) - 1
#define NAME_31 "CAP_456789012345678901234567890"

static const struct {
	const char *text;
	size_t size;
	int error;
	unsigned line;
} bad_lists[] = {
	{TEXT(""), VFSCAP_ERR_LIST_EMPTY, 1},
	{TEXT("\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("0\tCAP_CHOWN\n\n"), VFSCAP_ERR_LIST_LINE, 2},
	{TEXT("0\tCAP_CHOWN\n\n1\tCAP_B\n"), VFSCAP_ERR_LIST_LINE, 2},
	{TEXT("0"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("0\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("\t"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("\tCAP_CHOWN\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("CAP_CHOWN\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("CAP_CHOWN\t0\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("0 CAP_CHOWN\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("0 \tCAP_CHOWN\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT(" 0\tCAP_CHOWN\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("0:CAP_CHOWN\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("-1\tCAP_CHOWN\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("+1\tCAP_CHOWN\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("0x1\tCAP_CHOWN\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("\xef\xbb\xbf"
	      "0\tCAP_CHOWN\n"),
	 VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("\0"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("0\0\tCAP_CHOWN\n"), VFSCAP_ERR_LIST_LINE, 1},
	{TEXT("0\tCAP_CHOWN\n\0"), VFSCAP_ERR_LIST_LINE, 2},
	{TEXT("# a comment\n0\tCAP_CHOWN\n"), VFSCAP_ERR_LIST_LINE, 1},

	{TEXT("64\tCAP_A\n"), VFSCAP_ERR_LIST_NUMBER, 1},
	{TEXT("0\tCAP_A\n99\tCAP_B\n"), VFSCAP_ERR_LIST_NUMBER, 2},
	{TEXT("100\tCAP_A\n"), VFSCAP_ERR_LIST_NUMBER, 1},
	{TEXT("1000\tCAP_A\n"), VFSCAP_ERR_LIST_NUMBER, 1},
	{TEXT("4294967296\tCAP_A\n"), VFSCAP_ERR_LIST_NUMBER, 1},
	{TEXT("18446744073709551617\tCAP_A\n"), VFSCAP_ERR_LIST_NUMBER, 1},

	{TEXT("0\t"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\t\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\tCHOWN\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\tCAP_\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\tCAPCHOWN\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\t CAP_CHOWN\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\t\tCAP_CHOWN\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\tCAP_CHOWN \n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\tCAP_CHOWN\t\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\tCAP_CHOWN\r\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\tCAP_A\n1\tCAP_B\r\n"), VFSCAP_ERR_LIST_NAME, 2},
	{TEXT("0\tCAP-CHOWN\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\tCAP_CH-OWN\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\tCAP_CHOWN\0\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\tCAP_CH\0WN\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\tCAP_\xc3\x84\n"), VFSCAP_ERR_LIST_NAME, 1},
	{TEXT("0\t" NAME_31 "2\n"), VFSCAP_ERR_LIST_NAME, 1},

	{TEXT("1\tCAP_A\n0\tCAP_B\n"), VFSCAP_ERR_LIST_ORDER, 2},
	{TEXT("1\tCAP_A\n1\tCAP_B\n"), VFSCAP_ERR_LIST_ORDER, 2},
	{TEXT("1\tCAP_A\n1\tCAP_A\n"), VFSCAP_ERR_LIST_ORDER, 2},
	{TEXT("63\tCAP_A\n62\tCAP_B\n"), VFSCAP_ERR_LIST_ORDER, 2},
	{TEXT("63\tCAP_A\n63\tCAP_B\n"), VFSCAP_ERR_LIST_ORDER, 2},

	{TEXT("0\tCAP_A\n1\tCAP_A\n"), VFSCAP_ERR_LIST_TWICE, 2},
	{TEXT("0\tCAP_A\n1\tCAP_B\n2\tcap_a"), VFSCAP_ERR_LIST_TWICE, 3},
};

START_TEST(parse_bad_list)
{
	struct vfscap_listing listing;
	unsigned line = 0;
	int error;

	paint(&listing);
	error = parse(&listing, bad_lists[_i].text, bad_lists[_i].size, &line);
	ck_assert_msg(error == bad_lists[_i].error &&
			      line == bad_lists[_i].line,
		      "'%s': error %d in line %u, expected %d in %u",
		      suite_quote(bad_lists[_i].text), error, line,
		      bad_lists[_i].error, bad_lists[_i].line);
	ck_assert_msg(painted(&listing), "'%s': changed its output",
		      suite_quote(bad_lists[_i].text));
	ck_assert_int_eq(parse(&listing, bad_lists[_i].text, bad_lists[_i].size,
			       NULL),
			 error);
}
END_TEST

static const struct {
	const char *text;
	size_t size;
	uint64_t known;
	unsigned cap;
	const char *name;
} good_lists[] = {
	{TEXT("0\tCAP_CHOWN\n"), 1, 0, "cap_chown"},
	{TEXT("0\tCAP_CHOWN"), 1, 0, "cap_chown"},
	{TEXT("0\tcap_chown\n"), 1, 0, "cap_chown"},
	{TEXT("0\tCap_Ch0wn\n"), 1, 0, "cap_ch0wn"},
	{TEXT("0\tCAP_A\n"), 1, 0, "cap_a"},
	{TEXT("0\tCAP__\n"), 1, 0, "cap__"},
	{TEXT("0\t" NAME_31 "\n"), 1, 0, "cap_456789012345678901234567890"},
	{TEXT("63\tCAP_LAST\n"), UINT64_C(1) << 63, 63, "cap_last"},
	/* gaps, and other names than ours */
	{TEXT("1\tCAP_A\n5\tCAP_B\n63\tCAP_C\n"), UINT64_C(1) << 63 | 0x22, 5,
	 "cap_b"},
	{TEXT("1\tCAP_A\n5\tCAP_B\n"), 0x22, 3, ""},
	{TEXT("7\tCAP_CHOWN\n"), 0x80, 7, "cap_chown"},
	{TEXT("7\tCAP_CHOWN\n"), 0x80, 0, ""},
};

START_TEST(parse_good_list)
{
	struct vfscap_listing listing;
	int error;

	paint(&listing);
	error = parse(&listing, good_lists[_i].text, good_lists[_i].size, NULL);
	ck_assert_msg(error == 0, "'%s': error %d",
		      suite_quote(good_lists[_i].text), error);
	ck_assert_uint_eq(listing.known, good_lists[_i].known);
	ck_assert_int_eq(listing.source, VFSCAP_SOURCE_FILE);
	ck_assert_str_eq(listing.name[good_lists[_i].cap], good_lists[_i].name);
}
END_TEST

/* The point of listings: a kernel newer than this library. */
START_TEST(newer_name)
{
	static const char newer[] = "41\tCAP_FOO_BAR\n";
	struct vfscap_listing listing;
	struct vfscap_sets sets;
	char *text = malloc(fixture_size + sizeof(newer));
	char formatted[VFSCAP_TEXT_SIZE];

	ck_assert_ptr_nonnull(text);
	memcpy(text, fixture, fixture_size);
	memcpy(text + fixture_size, newer, sizeof(newer));
	ck_assert_int_eq(parse(&listing, text, strlen(text), NULL), 0);
	free(text);

	ck_assert_int_eq(vfscap_listing_find(&listing, "cap_foo_bar", 11), 41);
	ck_assert_int_eq(vfscap_text_parse("all=p CAP_foo_BAR+i", &listing,
					   &sets, NULL),
			 0);
	ck_assert_uint_eq(sets.permitted, up_to(41));
	ck_assert_uint_eq(sets.inheritable, UINT64_C(1) << 41);
	ck_assert_int_eq(vfscap_text_format(&sets, &listing, formatted,
					    sizeof(formatted)),
			 0);
	ck_assert_str_eq(formatted, "=p cap_foo_bar+i");
}
END_TEST

/* ----------------------------- the running kernel ------------------------ */

/* Of the file, not of the library; -1 where it cannot be read. */
static int running_last_cap(void)
{
	FILE *file = fopen("/proc/sys/kernel/cap_last_cap", "r");
	int last = -1;

	if (file && fscanf(file, "%d", &last) != 1)
		last = -1;
	if (file)
		fclose(file);
	return last;
}

START_TEST(running)
{
	struct vfscap_listing listing;
	int last = running_last_cap();

	if (last < 0 ||
	    access("/sys/kernel/security/capabilities", F_OK) == 0) {
		suite_skip("running", "not a kernel with cap_last_cap alone");
		return;
	}
	paint(&listing);
	ck_assert_int_eq(vfscap_listing_running(&listing), 0);
	ck_assert_int_eq(listing.source, VFSCAP_SOURCE_LAST_CAP);
	ck_assert_uint_eq(listing.known, up_to((unsigned)last));
	check_names(&listing, VFSCAP_LAST);
}
END_TEST

/*
 * Other kernels, made of this one: in a mount namespace of its own, a tmpfs
 * over /sys/kernel/security holds `capabilities`, one over /proc/sys/kernel
 * holds cap_last_cap, and a filter refuses prctl(2).
 */
#define AS_IT_IS NULL
#define NO_FILE ""
#define SAME_LAST (-1) /* that of the running kernel */
#define ANSWERS_PRCTL false
#define REFUSES_PRCTL true

static const struct kernel {
	const char *what;
	const char *securityfs; /* what it has beyond the fixture */
	const char *last_cap;
	bool no_prctl;
	int error;
	enum vfscap_source source;
	int last;
} kernels[] = {
	{"securityfs", "41\tCAP_NEWER\n", AS_IT_IS, ANSWERS_PRCTL, 0,
	 VFSCAP_SOURCE_SECURITYFS, 41},
	{"securityfs alone", "41\tCAP_NEWER\n", NO_FILE, REFUSES_PRCTL, 0,
	 VFSCAP_SOURCE_SECURITYFS, 41},
	{"securityfs is broken", "41 CAP_NEWER\n", AS_IT_IS, ANSWERS_PRCTL, 0,
	 VFSCAP_SOURCE_LAST_CAP, SAME_LAST},
	{"cap_last_cap 0", NO_FILE, "0\n", ANSWERS_PRCTL, 0,
	 VFSCAP_SOURCE_LAST_CAP, 0},
	{"cap_last_cap 37", NO_FILE, "37\n", ANSWERS_PRCTL, 0,
	 VFSCAP_SOURCE_LAST_CAP, 37},
	{"cap_last_cap 63", NO_FILE, "63", ANSWERS_PRCTL, 0,
	 VFSCAP_SOURCE_LAST_CAP, 63},
	{"cap_last_cap 64", NO_FILE, "64\n", ANSWERS_PRCTL, 0,
	 VFSCAP_SOURCE_PROBE, SAME_LAST},
	{"cap_last_cap is no number", NO_FILE, "4x\n", ANSWERS_PRCTL, 0,
	 VFSCAP_SOURCE_PROBE, SAME_LAST},
	{"cap_last_cap is an empty line", NO_FILE, "\n", ANSWERS_PRCTL, 0,
	 VFSCAP_SOURCE_PROBE, SAME_LAST},
	{"cap_last_cap is a word", NO_FILE, "x\n", ANSWERS_PRCTL, 0,
	 VFSCAP_SOURCE_PROBE, SAME_LAST},
	{"cap_last_cap has a blank", NO_FILE, "4 0\n", ANSWERS_PRCTL, 0,
	 VFSCAP_SOURCE_PROBE, SAME_LAST},
	{"cap_last_cap is long", NO_FILE, "0000000000000000000040\n",
	 ANSWERS_PRCTL, 0, VFSCAP_SOURCE_PROBE, SAME_LAST},
	{"prctl alone", NO_FILE, NO_FILE, ANSWERS_PRCTL, 0, VFSCAP_SOURCE_PROBE,
	 SAME_LAST},
	{"nothing answers", NO_FILE, NO_FILE, REFUSES_PRCTL, -ENOSYS, 0, 0},
};

/* What the child that made itself such a kernel found, in shared memory. */
struct found {
	const char *failed; /* the step that did not work, for want of right */
	int why;
	int error;
	struct vfscap_listing listing;
};

static bool write_file(const char *path, const char *before, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return false;
	fprintf(file, "%s%s", before, text);
	return fclose(file) == 0;
}

static bool mount_securityfs(const struct kernel *k)
{
	if (mount("none", "/sys/kernel/security", "tmpfs", 0, NULL) != 0)
		return false;
	return !k->securityfs[0] ||
	       write_file("/sys/kernel/security/capabilities", fixture,
			  k->securityfs);
}

static bool mount_sysctl(const struct kernel *k)
{
	if (!k->last_cap)
		return true;
	if (mount("none", "/proc/sys/kernel", "tmpfs", 0, NULL) != 0)
		return false;
	return !k->last_cap[0] ||
	       write_file("/proc/sys/kernel/cap_last_cap", "", k->last_cap);
}

static bool refuse_prctl(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_prctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {ROWS(rules), rules};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* The first step that does not work, or NULL. */
static const char *become(const struct kernel *k)
{
	if (unshare(CLONE_NEWNS) != 0)
		return "unshare";
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0)
		return "making mounts private";
	if (!mount_securityfs(k))
		return "tmpfs over /sys/kernel/security";
	if (!mount_sysctl(k))
		return "tmpfs over /proc/sys/kernel";
	if (k->no_prctl && !refuse_prctl())
		return "seccomp";
	return NULL;
}

/* In a child, lest the mounts outlive a run of check that does not fork. */
static struct found *find_as(const struct kernel *k)
{
	struct found *found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	ck_assert_ptr_ne(found, MAP_FAILED);
	paint(&found->listing);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		found->failed = become(k);
		found->why = errno;
		if (!found->failed)
			found->error = vfscap_listing_running(&found->listing);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "%s: status %x", k->what, (unsigned)status);
	return found;
}

static bool cannot_test(const struct kernel *k, const struct found *found)
{
	char reason[256];

	if (!found->failed)
		return false;
	snprintf(reason, sizeof(reason), "%s: %s", found->failed,
		 strerror(found->why));
	suite_skip(k->what, reason);
	return true;
}

START_TEST(other_kernel)
{
	const struct kernel *k = &kernels[_i];
	int last = k->last == SAME_LAST ? running_last_cap() : k->last;
	struct found *found;

	if (geteuid() != 0) {
		suite_skip(k->what, "only root can mount");
		return;
	}
	found = find_as(k);
	if (cannot_test(k, found))
		return;
	ck_assert_msg(found->error == k->error, "%s: error %d, expected %d",
		      k->what, found->error, k->error);
	if (k->error) {
		ck_assert_msg(painted(&found->listing),
			      "%s: failed, and changed its output", k->what);
		return;
	}
	ck_assert_msg(found->listing.source == k->source, "%s: source %d",
		      k->what, (int)found->listing.source);
	ck_assert_msg(found->listing.known == up_to((unsigned)last),
		      "%s: knows %" PRIx64, k->what, found->listing.known);
	if (k->source == VFSCAP_SOURCE_SECURITYFS)
		ck_assert_str_eq(found->listing.name[41], "cap_newer");
	else
		check_names(&found->listing, VFSCAP_LAST);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("names");
	int status;

	fixture = fixture_read(FIXTURE, &fixture_size);
	suite_add(suite, name_is_libcaps, VFSCAP_LAST + 1);
	suite_add(suite, since, ROWS(history));
	suite_add(suite, beyond_the_table, 1);
	suite_add(suite, last_cap, ROWS(lasts));
	suite_add(suite, builtin, 1);
	suite_add(suite, release, ROWS(releases));
	suite_add(suite, find, ROWS(finds));
	suite_add(suite, find_every_name, VFSCAP_LAST + 1);
	suite_add(suite, find_beyond_known, 1);
	suite_add(suite, parse_fixture, 1);
	suite_add(suite, parse_cut_fixture, 1);
	suite_add(suite, parse_bad_list, ROWS(bad_lists));
	suite_add(suite, parse_good_list, ROWS(good_lists));
	suite_add(suite, newer_name, 1);
	suite_add(suite, running, 1);
	suite_add(suite, other_kernel, ROWS(kernels));
	status = suite_run(suite);
	free(fixture);
	return status;
}
