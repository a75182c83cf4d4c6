/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pieces of tar: numbers, checksums, records, base64, names, paths. */
#include "archived.h"
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------- numbers -------------------------------- */

#define TEXT(t) (t), sizeof(t) - 1

static const struct {
	const char *field;
	size_t size;
	int status;
	int64_t number;
} numbers[] = {
	{TEXT("0000644\0"), 0, 0644},
	{TEXT("0000644 "), 0, 0644},
	{TEXT("    644 "), 0, 0644},
	{TEXT("644\0\0\0\0\0"), 0, 0644},
	{TEXT("644 junk"), 0, 0644},
	{TEXT("644\0junk"), 0, 0644},
	{TEXT("77777777"), 0, 077777777},
	{TEXT("777777777777"), 0, 0777777777777},
	{TEXT("00000000000\0"), 0, 0},
	{TEXT("        "), 0, 0},
	{TEXT("\0\0\0\0\0\0\0\0"), 0, 0},
	{TEXT("\0001234567"), -1, 0},
	{TEXT("0000008\0"), -1, 0},
	{TEXT("-000001\0"), -1, 0},
	{TEXT("+000001\0"), -1, 0},
	{TEXT("0x00001\0"), -1, 0},
	{TEXT("\t000001\0"), -1, 0},
	{TEXT("word\0\0\0\0"), -1, 0},
	{TEXT("12a\0\0\0\0\0"), -1, 0},
	{TEXT("\x80\0\0\0\0\0\0\x01"), 0, 1},
	{TEXT("\x80\0\0\0\0\0\0\0\0\0\x01\0"), 0, 256},
	{TEXT("\x80\0\0\0\x02\0\0\0\0\0\0\0"), 0, INT64_C(1) << 57},
	{TEXT("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"), 0, INT64_MAX},
	{TEXT("\x80\0\0\0\x80\0\0\0\0\0\0\0"), -1, 0},
	{TEXT("\x80\0\0\x01\0\0\0\0\0\0\0\0"), -1, 0},
	{TEXT("\x81\0\0\0\0\0\0\0\0\0\0\0"), -1, 0},
	{TEXT("\xff\xff\xff\xff\xff\xff\xff\xff"), 0, -1},
	{TEXT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"), 0, -2},
	{TEXT("\xff\xff\xff\xff\x80\0\0\0\0\0\0\0"), 0, INT64_MIN},
	{TEXT("\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff"), -1, 0},
	{TEXT("\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff"), -1, 0},
	{TEXT("\xc0\0\0\0\0\0\0\0\0\0\0\0"), -1, 0},
	{TEXT("\xbf\xff\xff\xff\xff\xff\xff\xff"), 0,
	 INT64_C(0x3fffffffffffffff)},
	{TEXT("\xc0\0\0\0\0\0\0\0"), 0, -INT64_C(0x4000000000000000)},
};

START_TEST(number)
{
	int64_t got = 0;
	int status = tar_number((const uint8_t *)numbers[_i].field,
				numbers[_i].size, &got);

	ck_assert_int_eq(status, numbers[_i].status);
	ck_assert_int_eq(got, numbers[_i].number);
}
END_TEST

static const struct {
	uint64_t number;
	const char *before, *after; /* twelve bytes */
} written_numbers[] = {
	{0, "\0\0\0\0\0\0\0\0\0\0\0\0", "00000000000\0"},
	{0644, "\0\0\0\0\0\0\0\0\0\0\0\0", "00000000644\0"},
	{0644, "00000001234\0", "00000000644\0"},
	{0644, "00000001234 ", "00000000644 "},
	{0644, "       1234 ", "00000000644 "},
	{0644, "000000001234", "000000000644"},
	{0644, "00000001234>", "00000000644\0"},
	{0644, "1234\0......>", "00000000644\0"},
	{0644, "1234\0......7", "000000000644"},
	{077777777777, "00000001234\0", "77777777777\0"},
	{0, "\xff.....>.....", "\x80\0\0\0\0\0\0\0\0\0\0\0"},
	{1000, "\x80..........7", "\x80\0\0\0\0\0\0\0\0\0\x03\xe8"},
	{UINT64_C(1) << 40, "\x80...........", "\x80\0\0\0\0\0\x01\0\0\0\0\0"},
};

START_TEST(put_number)
{
	uint8_t field[SIZE_LONG + 1];
	int64_t back;

	memcpy(field, written_numbers[_i].before, SIZE_LONG);
	field[SIZE_LONG] = '!';
	tar_put_number(field, written_numbers[_i].number);
	ck_assert_mem_eq(field, written_numbers[_i].after, SIZE_LONG);
	ck_assert_int_eq(field[SIZE_LONG], '!');
	ck_assert_int_eq(tar_number(field, SIZE_LONG, &back), 0);
	ck_assert_int_eq(back, (int64_t)written_numbers[_i].number);
}
END_TEST

/* -------------------------------- checksums ------------------------------- */

/* The signed sum is what old writers have, where a byte is over 127. */
static void signed_sum(uint8_t *block)
{
	int sum = 8 * ' ';

	for (int i = 0; i < TAR_BLOCK; i++)
		if (i < AT_CHECKSUM || i >= AT_CHECKSUM + 8)
			sum += (int8_t)block[i];
	snprintf((char *)block + AT_CHECKSUM, 8, "%06o", sum & 0777777);
	block[AT_CHECKSUM + 7] = ' ';
}

START_TEST(checksum)
{
	struct bytes b = {0};
	uint8_t *block;

	add_header(&b, '0', "n\xe4me", 0);
	block = last_header(&b);
	ck_assert(tar_sum_right(block));
	signed_sum(block);
	ck_assert(tar_sum_right(block));
	tar_put_sum(block);
	for (int i = 0; i < TAR_BLOCK; i++) {
		if (i >= AT_CHECKSUM + 6 && i < AT_CHECKSUM + 8)
			continue;
		block[i] ^= 1;
		expect(!tar_sum_right(block), "byte %d", i);
		block[i] ^= 1;
	}
	memset(block + AT_CHECKSUM, ' ', 8);
	ck_assert(!tar_sum_right(block));
	free(b.data);
}
END_TEST

START_TEST(zero_block)
{
	uint8_t block[TAR_BLOCK] = {0};

	ck_assert(tar_zero(block));
	for (int i = 0; i < TAR_BLOCK; i++) {
		block[i] = 0x80;
		expect(!tar_zero(block), "byte %d", i);
		block[i] = 0;
	}
}
END_TEST

START_TEST(padded)
{
	static const uint64_t sizes[][2] = {
		{0, 0},
		{1, 512},
		{511, 512},
		{512, 512},
		{513, 1024},
		{UINT64_C(1) << 62, UINT64_C(1) << 62},
		{UINT64_MAX - 512, UINT64_MAX - 511},
		{UINT64_MAX - 511, UINT64_MAX},
		{UINT64_MAX, UINT64_MAX},
	};

	for (size_t i = 0; i < ROWS(sizes); i++)
		ck_assert_uint_eq(tar_padded(sizes[i][0]), sizes[i][1]);
}
END_TEST

/* --------------------------------- records -------------------------------- */

static const struct {
	const char *body;
	size_t size;
	int more; /* what the first call says */
	const char *key, *value;
} records[] = {
	{TEXT("6 k=v\n"), 1, "k", "v"},
	{TEXT("5 k=\n"), 1, "k", ""},
	{TEXT("06 k=v\n"), -1, NULL, NULL},
	{TEXT("07 k=v\n"), 1, "k", "v"},
	{TEXT("8 k=a=b\n"), 1, "k", "a=b"},
	{TEXT("8 k=a\nb\n"), 1, "k", "a\nb"},
	{TEXT("7 k==v\n"), 1, "k", "=v"},
	{TEXT("11 path=a/b\n"), -1, NULL, NULL},
	{TEXT("12 path=a/b\n"), 1, "path", "a/b"},
	{TEXT(""), 0, NULL, NULL},
	{TEXT("\0"), 0, NULL, NULL},
	{TEXT("\0\0\0"), 0, NULL, NULL},
	{TEXT("\0x\0"), -1, NULL, NULL},
	{TEXT("6 k=v"), -1, NULL, NULL},
	{TEXT("7 k=v\n"), -1, NULL, NULL},
	{TEXT("5 k=v\n"), -1, NULL, NULL},
	{TEXT("6 k=vv\n"), -1, NULL, NULL},
	{TEXT("0 k=v\n"), -1, NULL, NULL},
	{TEXT("-6 k=v\n"), -1, NULL, NULL},
	{TEXT("+6 k=v\n"), -1, NULL, NULL},
	{TEXT(" 7 k=v\n"), -1, NULL, NULL},
	{TEXT("7  k=v\n"), -1, NULL, NULL},
	{TEXT("7 \tk=v\n"), -1, NULL, NULL},
	{TEXT("6\tk=v\n"), -1, NULL, NULL},
	{TEXT("x k=v\n"), -1, NULL, NULL},
	{TEXT("6"), -1, NULL, NULL},
	{TEXT("6 "), -1, NULL, NULL},
	{TEXT("3 \n"), -1, NULL, NULL},
	{TEXT("4 k\n"), -1, NULL, NULL},
	{TEXT("5 kv\n"), -1, NULL, NULL},
	{TEXT("4 =\n"), -1, NULL, NULL},
	{TEXT("5 =v\n"), -1, NULL, NULL},
	{TEXT("7 k\0=v\n"), -1, NULL, NULL},
	{TEXT("99999999999999999999 k=v\n"), -1, NULL, NULL},
	{TEXT("18446744073709551622 k=v\n"), -1, NULL, NULL},
};

START_TEST(record)
{
	const uint8_t *body = (const uint8_t *)records[_i].body;
	struct tar_record r;
	size_t at = 0;
	int more = tar_record(body, records[_i].size, &at, &r);

	ck_assert_int_eq(more, records[_i].more);
	if (more != 1)
		return;
	ck_assert_uint_eq(at, records[_i].size);
	ck_assert_uint_eq(r.at, 0);
	ck_assert_uint_eq(r.size, records[_i].size);
	ck_assert(tar_record_is(&r, records[_i].key));
	ck_assert_uint_eq(r.value_size, strlen(records[_i].value));
	ck_assert_mem_eq(r.value, records[_i].value, r.value_size);
	ck_assert_int_eq(tar_record(body, records[_i].size, &at, &r), 0);
}
END_TEST

/* Every size of a value: the length counts its own digits. */
START_TEST(put_records)
{
	static uint8_t value[1100], out[TAR_RECORD_SIZE(1, sizeof(value))];
	struct tar_record r;

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)(i * 7);
	for (size_t size = 0; size <= sizeof(value); size++) {
		size_t n = tar_record_put(out, "k", 1, value, size), at = 0;

		expect(tar_record(out, n, &at, &r) == 1, "%zu", size);
		expect(at == n && r.value_size == size, "%zu", size);
		expect(memcmp(r.value, value, size) == 0, "%zu", size);
	}
}
END_TEST

static const struct {
	const char *key;
	bool schily, libarchive;
} keys[] = {
	{SCHILY, true, false},
	{LIBARCHIVE, false, true},
	{"LIBARCHIVE.xattr.security%2Ecapability", false, true},
	{"LIBARCHIVE.xattr.security%2ecapability", false, true},
	{"LIBARCHIVE.xattr.%73ecurity.capabilit%79", false, true},
	{"LIBARCHIVE.xattr.security%252Ecapability", false, false},
	{"LIBARCHIVE.xattr.security.capability%", false, false},
	{"LIBARCHIVE.xattr.security.capability%0", false, false},
	{"LIBARCHIVE.xattr.security.capability%00", false, false},
	{"LIBARCHIVE.xattr.security%2", false, false},
	{"LIBARCHIVE.xattr.security.capability2", false, false},
	{"LIBARCHIVE.xattr.security.capabilit", false, false},
	{"LIBARCHIVE.xattr.", false, false},
	{"libarchive.xattr.security.capability", false, false},
	{"LIBARCHIVE%2Exattr.security.capability", false, false},
	{"SCHILY.xattr.security%2Ecapability", false, false},
	{"SCHILY.xattr.security.capability2", false, false},
	{"SCHILY.xattr.Security.capability", false, false},
	{"security.capability", false, false},
};

START_TEST(key)
{
	struct tar_record r = {.key = keys[_i].key,
			       .key_size = strlen(keys[_i].key)};
	const char *got = tar_record_of(&r);

	ck_assert_int_eq(got && strcmp(got, SCHILY) == 0, keys[_i].schily);
	ck_assert_int_eq(got && strcmp(got, LIBARCHIVE) == 0,
			 keys[_i].libarchive);
}
END_TEST

/* --------------------------------- base64 --------------------------------- */

static const struct {
	const char *text;
	size_t size;
	const char *bytes;
	bool proper;
} base64_texts[] = {
	{TEXT(""), "", true},
	{TEXT("QQ"), "A", true},
	{TEXT("QQ=="), "A", true},
	{TEXT("QUI"), "AB", true},
	{TEXT("QUI="), "AB", true},
	{TEXT("QUJD"), "ABC", true},
	{TEXT("QUJDQQ"), "ABCA", true},
	{TEXT("+/+/"), "\xfb\xff\xbf", true},
	{TEXT("Q"), "", false},
	{TEXT("QUJDQ"), "ABC", false},
	{TEXT("QQ="), "A", false},
	{TEXT("QQ==="), "A", false},
	{TEXT("QUJD===="), "ABC", false},
	{TEXT("===="), "", false},
	{TEXT("QU==JD"), "A", false},
	{TEXT("QU*JD"), "ABC", false},
	{TEXT("Q U\nJD"), "ABC", false},
	{TEXT("QU\0JD"), "A", false},
	{TEXT("QU_JD"), "A", false},
	{TEXT("-_AA"), "", false},
	{TEXT("\xff\x80QUJD"), "ABC", false},
};

START_TEST(base64)
{
	uint8_t out[64];
	bool proper;
	size_t n = tar_base64((const uint8_t *)base64_texts[_i].text,
			      base64_texts[_i].size, out, &proper);

	ck_assert_uint_eq(n, strlen(base64_texts[_i].bytes));
	ck_assert_mem_eq(out, base64_texts[_i].bytes, n);
	ck_assert_int_eq(proper, base64_texts[_i].proper);
}
END_TEST

/* ---------------------------------- names --------------------------------- */

/* What is said in which order; "again" begins another header. */
struct statement {
	enum tar_say who;
	const char *text;
};
#define AGAIN                  \
	{                      \
		TAR_SAYS, NULL \
	}

static const struct {
	struct statement said[5];
	const char *header, *name; /* NULL: readers would not agree */
} name_rows[] = {
	{{{0}}, "h", "h"},
	{{{0}}, "", ""},
	{{{TAR_SAY_RECORD, "a"}}, "h", "a"},
	{{{TAR_SAY_RECORD, "a"}, {TAR_SAY_RECORD, "b"}}, "h", "b"},
	{{{TAR_SAY_LONG, "a"}}, "h", "a"},
	{{{TAR_SAY_LONG, "a"}, {TAR_SAY_LONG, "a"}}, "h", "a"},
	{{{TAR_SAY_LONG, "a"}, {TAR_SAY_LONG, "b"}}, "h", NULL},
	{{{TAR_SAY_LONG, "a"}, {TAR_SAY_RECORD, "a"}}, "h", "a"},
	{{{TAR_SAY_LONG, "a"}, {TAR_SAY_RECORD, "b"}}, "h", NULL},
	{{{TAR_SAY_RECORD, "a"}, AGAIN}, "h", NULL},
	{{{TAR_SAY_RECORD, "h"}, AGAIN}, "h", "h"},
	{{{TAR_SAY_RECORD, "a"}, AGAIN, {TAR_SAY_RECORD, "a"}}, "h", "a"},
	{{{TAR_SAY_RECORD, "a"}, AGAIN, {TAR_SAY_RECORD, "b"}}, "h", NULL},
	{{{TAR_SAY_RECORD, "a"}, AGAIN, {TAR_SAY_LONG, "a"}}, "h", "a"},
	{{AGAIN, {TAR_SAY_RECORD, "a"}}, "h", "a"},
	{{{TAR_SAY_RECORD, "a"}, AGAIN, {TAR_SAY_RECORD, "b"}, AGAIN},
	 "a",
	 NULL},
	{{{TAR_SAY_SPARSE, "d/a"}}, "h", "d/a"},
	{{{TAR_SAY_SPARSE, "d/a"}, {TAR_SAY_RECORD, "d/a"}}, "h", "d/a"},
	{{{TAR_SAY_SPARSE, "d/a"}, {TAR_SAY_RECORD, "d/b"}}, "h", NULL},
	{{{TAR_SAY_SPARSE, "d/a"}, {TAR_SAY_RECORD, "d/GNUSparseFile.12/a"}},
	 "h",
	 "d/a"},
	{{{TAR_SAY_SPARSE, "a"}, {TAR_SAY_RECORD, "./GNUSparseFile.12/a"}},
	 "h",
	 "a"},
	{{{TAR_SAY_SPARSE, "a"}, {TAR_SAY_RECORD, "GNUSparseFile.0/a"}},
	 "h",
	 "a"},
	{{{TAR_SAY_SPARSE, "d/a"}, {TAR_SAY_RECORD, "d/GNUSparseFile.12/b"}},
	 "h",
	 NULL},
	{{{TAR_SAY_SPARSE, "a"}, {TAR_SAY_RECORD, "xGNUSparseFile.0/a"}},
	 "h",
	 NULL},
	{{{TAR_SAY_SPARSE, "a"}, {TAR_SAY_RECORD, "GNUSparseFile.x/a"}},
	 "h",
	 NULL},
	{{{TAR_SAY_SPARSE, "a"}, {TAR_SAY_RECORD, "GNUSparseFile.0"}},
	 "h",
	 NULL},
};

START_TEST(names)
{
	const char *expected = name_rows[_i].name;
	struct tar_names n = {0};
	char *name = strdup("before");
	int error = 0;

	for (size_t i = 0; i < 5 && !error; i++) {
		const struct statement *s = &name_rows[_i].said[i];

		if (s->text)
			error = tar_names_say(&n, s->who, s->text,
					      strlen(s->text));
		else if (s->who == TAR_SAYS)
			error = tar_names_again(&n);
	}
	if (!error)
		error = tar_names_take(&n, name_rows[_i].header, &name);
	ck_assert_int_eq(error, expected ? 0 : -EEXIST);
	if (expected)
		ck_assert_str_eq(name ? name : name_rows[_i].header, expected);
	free(name);
	tar_names_forget(&n);
}
END_TEST

/* ---------------------------------- paths --------------------------------- */

static const struct {
	const char *path, *rel;
	bool leads_out;
} paths[] = {
	{"", ".", false},
	{".", ".", false},
	{"./", ".", false},
	{"/", ".", false},
	{"///", ".", false},
	{"./././", ".", false},
	{"a", "a", false},
	{"a/", "a", false},
	{"/a", "a", false},
	{"./a", "a", false},
	{"a/b", "a/b", false},
	{"a//b", "a/b", false},
	{"a/./b/.", "a/b", false},
	{"/.//a/./", "a", false},
	{".a/..b/c.", ".a/..b/c.", false},
	{"...", "...", false},
	{"..", "..", true},
	{"../a", "../a", true},
	{"a/../b", "a/../b", true},
	{"a/..", "a/..", true},
	{"/../", "..", true},
	{"a\n/\xff", "a\n/\xff", false},
};

START_TEST(path)
{
	size_t room = strlen(paths[_i].path) + 2;
	char *rel = malloc(room);

	ck_assert_int_eq(tar_rel(paths[_i].path, rel), paths[_i].leads_out);
	ck_assert_str_eq(rel, paths[_i].rel);
	strcpy(rel, paths[_i].path);
	ck_assert_int_eq(tar_rel(rel, rel), paths[_i].leads_out);
	ck_assert_str_eq(rel, paths[_i].rel);
	free(rel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tar");

	suite_add(suite, number, ROWS(numbers));
	suite_add(suite, put_number, ROWS(written_numbers));
	suite_add(suite, checksum, 1);
	suite_add(suite, zero_block, 1);
	suite_add(suite, padded, 1);
	suite_add(suite, record, ROWS(records));
	suite_add(suite, put_records, 1);
	suite_add(suite, key, ROWS(keys));
	suite_add(suite, base64, ROWS(base64_texts));
	suite_add(suite, names, ROWS(name_rows));
	suite_add(suite, path, ROWS(paths));
	return suite_run(suite);
}
