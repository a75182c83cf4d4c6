/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tar archives as they are read: members, values, limits, what is refused. */
#include "archived.h"
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --------------------------------- members -------------------------------- */

/* The next member, which has to be there. */
static const struct tar_member *member(struct reading *r)
{
	int more = reading_next(r);

	expect(more == 1, "%d: %s", more, tar_why(r->tar));
	return r->member;
}

static void ends(struct reading *r)
{
	ck_assert_int_eq(reading_next(r), 0);
	ck_assert_str_eq(tar_why(r->tar), "");
	ck_assert_int_eq(reading_next(r), 0);
	reading_close(r);
}

START_TEST(three_members)
{
	struct bytes b = {0};
	struct reading r;
	const struct tar_member *m;
	uint32_t uid, gid;

	add_file(&b, "one", 700);
	add_capable(&b, "dir/two", SCHILY, &value_a, 0);
	add_header(&b, '2', "three", 0);
	strcpy((char *)last_header(&b) + AT_LINK, "target");
	tar_put_sum(last_header(&b));
	add_end(&b);
	reading_open(&r, b);
	m = member(&r);
	ck_assert_str_eq(m->path, "one");
	ck_assert_str_eq(m->link, "");
	ck_assert_int_eq(m->type, '0');
	ck_assert_uint_eq(m->mode, S_IFREG | 0755);
	tar_owner(m, &uid, &gid);
	ck_assert_uint_eq(uid, 012);
	ck_assert_uint_eq(gid, 013);
	ck_assert_uint_eq(m->body, 700);
	ck_assert_uint_eq(m->offset, 0);
	ck_assert_uint_eq(m->head_size, 512);
	ck_assert_uint_eq(m->copies, 0);
	m = member(&r);
	ck_assert_str_eq(m->path, "dir/two");
	ck_assert_uint_eq(m->offset, 512 + 1024);
	ck_assert_uint_eq(m->head_size, 3 * 512);
	ck_assert_uint_eq(m->parts, 2);
	ck_assert_uint_eq(m->copies, 1);
	m = member(&r);
	ck_assert_str_eq(m->path, "three");
	ck_assert_str_eq(m->link, "target");
	ck_assert_uint_eq(m->mode, S_IFLNK | 0755);
	ends(&r);
	free(b.data);
}
END_TEST

static const struct {
	char type;
	const char *name;
	char means;
	unsigned mode;
} types[] = {
	{'0', "n", '0', S_IFREG},  {'\0', "n", '0', S_IFREG},
	{'7', "n", '7', S_IFREG},  {'S', "n", 'S', S_IFREG},
	{'1', "n", '1', S_IFREG},  {'2', "n", '2', S_IFLNK},
	{'3', "n", '3', S_IFCHR},  {'4', "n", '4', S_IFBLK},
	{'5', "n", '5', S_IFDIR},  {'D', "n", 'D', S_IFDIR},
	{'6', "n", '6', S_IFIFO},  {'Z', "n", 'Z', S_IFREG},
	{'M', "n", 'M', S_IFREG},  {'V', "n", 'V', S_IFREG},
	{'0', "n/", '5', S_IFDIR}, {'\0', "n/", '5', S_IFDIR},
	{'7', "n/", '7', S_IFREG}, {'\xff', "n", '\xff', S_IFREG},
};

START_TEST(a_type)
{
	struct bytes b = {0};
	struct reading r;
	const struct tar_member *m;

	add_header(&b, types[_i].type, types[_i].name, 0);
	add_end(&b);
	reading_open(&r, b);
	m = member(&r);
	ck_assert_int_eq(m->type, types[_i].means);
	ck_assert_uint_eq(m->mode, types[_i].mode | 0755);
	ck_assert_str_eq(m->path, types[_i].name);
	ends(&r);
	free(b.data);
}
END_TEST

/* The name field may be full, and prefix/name is one path. */
START_TEST(prefix)
{
	char name[SIZE_NAME + 1] = "", before[SIZE_PREFIX + 1] = "";
	struct bytes b = {0};
	struct reading r;
	const struct tar_member *m;

	memset(name, 'n', SIZE_NAME);
	memset(before, 'p', SIZE_PREFIX);
	add_header(&b, '0', name, 0);
	memcpy(last_header(&b) + AT_PREFIX, before, SIZE_PREFIX);
	tar_put_sum(last_header(&b));
	add_end(&b);
	reading_open(&r, b);
	m = member(&r);
	ck_assert_uint_eq(strlen(m->path), SIZE_PREFIX + 1 + SIZE_NAME);
	ck_assert_int_eq(strncmp(m->path, before, SIZE_PREFIX), 0);
	ck_assert_int_eq(m->path[SIZE_PREFIX], '/');
	ck_assert_str_eq(m->path + SIZE_PREFIX + 1, name);
	ends(&r);
	free(b.data);
}
END_TEST

static void add_long(struct bytes *b, char type, const char *name)
{
	add_header(b, type, "././@LongLink", strlen(name) + 1);
	add_bytes(b, name, strlen(name) + 1);
	add_padding(b);
}

START_TEST(long_names)
{
	char path[1000], link[3000];
	struct bytes b = {0}, body = {0};
	struct reading r;
	const struct tar_member *m;

	memset(path, 'p', sizeof(path) - 1);
	memset(link, 'l', sizeof(link) - 1);
	path[sizeof(path) - 1] = link[sizeof(link) - 1] = '\0';
	add_long(&b, 'K', link);
	add_long(&b, 'L', path);
	add_header(&b, '1', "short", 0);
	add_text(&body, "path", path);
	add_text(&body, "linkpath", link);
	add_text(&body, "size", "700");
	add_extended(&b, 'x', body);
	add_file(&b, "n", 700);
	add_file(&b, "n", 0);
	add_end(&b);
	reading_open(&r, b);
	m = member(&r);
	ck_assert_str_eq(m->path, path);
	ck_assert_str_eq(m->link, link);
	ck_assert_uint_eq(m->parts, 3);
	m = member(&r);
	ck_assert_str_eq(m->path, path);
	ck_assert_str_eq(m->link, link);
	ck_assert_uint_eq(m->body, 700);
	m = member(&r);
	ck_assert_str_eq(m->path, "n");
	ck_assert_str_eq(m->link, "");
	ends(&r);
	free(b.data);
}
END_TEST

/* More than an octal field can say; the body itself is sparse here. */
START_TEST(large)
{
	static const uint64_t sizes[] = {UINT64_C(1) << 33, UINT64_C(1) << 40};
	uint64_t size = sizes[_i], trailing;
	struct bytes b = {0}, end = {0};
	struct reading r;

	add_header(&b, '0', "large", size);
	add_capable(&end, "behind", SCHILY, &value_a, 0);
	add_end(&end);
	reading_open(&r, b);
	ck_assert_int_eq(pwrite(r.fd, end.data, end.size, (off_t)size + 512),
			 (ssize_t)end.size);
	ck_assert_uint_eq(member(&r)->body, size);
	ck_assert_str_eq(member(&r)->path, "behind");
	ck_assert_uint_eq(r.member->offset, size + 512);
	ck_assert_uint_eq(r.member->copies, 1);
	ck_assert_int_eq(reading_next(&r), 0);
	ck_assert_int_eq(tar_rest(r.tar, &trailing), 0);
	ck_assert_uint_eq(trailing, 0);
	reading_close(&r);
	free(b.data);
	free(end.data);
}
END_TEST

START_TEST(behind_the_end)
{
	struct bytes b = {0};
	struct reading r;
	uint64_t trailing;

	add_file(&b, "n", 10);
	add_end(&b);
	add_zeros(&b, 3 * 512 + 100);
	add_bytes(&b, "text", 4);
	add_zeros(&b, 600);
	reading_open(&r, b);
	member(&r);
	ck_assert_int_eq(reading_next(&r), 0);
	ck_assert_int_eq(tar_rest(r.tar, &trailing), 0);
	ck_assert_uint_eq(trailing, 604);
	reading_close(&r);
	free(b.data);
}
END_TEST

/* ---------------------------------- values -------------------------------- */

enum { ALL = (1 << TAR_WHOS) - 1 };

/* Two heads with a value each before an entry, and who applies which. */
static const struct {
	char first, second; /* kinds of headers, 0: none */
	const char *first_key, *second_key;
	char entry;
	unsigned first_by, second_by;
} two[] = {
	{'x', 0, SCHILY, NULL, '0', ALL, 0},
	{'x', 0, LIBARCHIVE, NULL, '0', 1 << TAR_BSD, 0},
	{'X', 0, SCHILY, NULL, '0', ALL & ~(1 << TAR_GO), 0},
	{'g', 0, SCHILY, NULL, '0', 1 << TAR_PYTHON, 0},
	{'g', 0, LIBARCHIVE, NULL, '0', 0, 0},
	{'x', 0, SCHILY, NULL, '1', 1 << TAR_GO | 1 << TAR_PYTHON, 0},
	{'x', 'x', SCHILY, SCHILY, '0', 1 << TAR_PYTHON,
	 ALL & ~(1 << TAR_PYTHON)},
	{'x', 'x', SCHILY, LIBARCHIVE, '0', 1 << TAR_PYTHON, 1 << TAR_BSD},
	{'g', 'x', SCHILY, SCHILY, '0', 0, ALL},
	{'x', 'g', SCHILY, SCHILY, '0', ALL & ~(1 << TAR_GO), 0},
	{'X', 'x', SCHILY, SCHILY, '0', 1 << TAR_PYTHON,
	 ALL & ~(1 << TAR_PYTHON)},
};

START_TEST(two_heads)
{
	struct bytes b = {0}, first = {0}, second = {0};
	struct reading r;
	const struct tar_member *m;

	add_value(&first, two[_i].first_key, &value_a);
	add_extended(&b, two[_i].first, first);
	if (two[_i].second) {
		add_value(&second, two[_i].second_key, &value_b);
		add_extended(&b, two[_i].second, second);
	}
	add_header(&b, two[_i].entry, "n", 0);
	add_end(&b);
	reading_open(&r, b);
	m = member(&r);
	ck_assert_uint_eq(m->copies, 1 + !!two[_i].second);
	ck_assert(copy_is(&m->copy[0], &value_a));
	ck_assert_int_eq(m->copy[0].in, two[_i].first);
	ck_assert_str_eq(m->copy[0].key, two[_i].first_key);
	ck_assert_uint_eq(m->copy[0].applied, two[_i].first_by);
	if (two[_i].second) {
		ck_assert(copy_is(&m->copy[1], &value_b));
		ck_assert_uint_eq(m->copy[1].applied, two[_i].second_by);
	}
	ck_assert_int_eq(tar_disagree(m),
			 two[_i].second || two[_i].first_by != ALL);
	ends(&r);
	free(b.data);
}
END_TEST

/* Where each copy stands is the record as it was written. */
START_TEST(copies_in_place)
{
	struct bytes b = {0}, body = {0};
	struct reading r;
	const struct tar_member *m;

	add_text(&body, "comment", "before");
	for (int i = 0; i < 40; i++)
		add_value(&body, i % 3 ? LIBARCHIVE : SCHILY,
			  i % 2 ? &value_long : &value_a);
	add_text(&body, "comment", "behind");
	add_extended(&b, 'x', body);
	add_file(&b, "n", 0);
	add_end(&b);
	reading_open(&r, b);
	m = member(&r);
	ck_assert_uint_eq(m->copies, 40);
	for (size_t i = 0; i < 40; i++) {
		const struct tar_copy *c = &m->copy[i];
		struct tar_record record;
		size_t at = 0;

		expect(copy_is(c, i % 2 ? &value_long : &value_a), "%zu", i);
		expect(c->base64 == (i % 3 != 0) && !c->broken, "%zu", i);
		expect(tar_record(m->head + c->at, c->size_of_record, &at,
				  &record) == 1 &&
			       at == c->size_of_record,
		       "%zu", i);
		expect(tar_record_is(&record, c->key), "%zu", i);
	}
	ends(&r);
	free(b.data);
}
END_TEST

/* A global header counts for the entries behind it, until another one. */
START_TEST(global)
{
	struct bytes b = {0}, first = {0}, second = {0};
	struct reading r;
	const struct tar_member *m;

	add_value(&first, SCHILY, &value_a);
	add_value(&first, LIBARCHIVE, &value_a);
	add_extended(&b, 'g', first);
	add_file(&b, "one", 0);
	add_file(&b, "two", 0);
	add_value(&second, SCHILY, &value_b);
	add_extended(&b, 'g', second);
	add_file(&b, "three", 0);
	add_file(&b, "four", 0);
	add_end(&b);
	reading_open(&r, b);
	m = member(&r);
	ck_assert_uint_eq(m->copies, 2);
	ck_assert(!m->copy[0].earlier);
	m = member(&r);
	ck_assert_uint_eq(m->copies, 2);
	ck_assert(m->copy[0].earlier && copy_is(&m->copy[0], &value_a));
	ck_assert_uint_eq(m->copy[0].applied, 1 << TAR_PYTHON);
	m = member(&r);
	ck_assert_uint_eq(m->copies, 3);
	ck_assert(m->copy[0].earlier && m->copy[1].earlier);
	ck_assert(!m->copy[2].earlier && copy_is(&m->copy[2], &value_b));
	ck_assert_uint_eq(m->copy[0].applied, 0);
	ck_assert_uint_eq(m->copy[2].applied, 1 << TAR_PYTHON);
	m = member(&r);
	ck_assert_uint_eq(m->copies, 2);
	ck_assert(copy_is(&m->copy[0], &value_b));
	ck_assert(copy_is(&m->copy[1], &value_a) && m->copy[1].base64);
	ends(&r);
	free(b.data);
}
END_TEST

/* Which copy counts: the reader's, any that is applied, the last. */
START_TEST(chosen)
{
	struct tar_copy copy[3] = {
		{.applied = 1 << TAR_PYTHON}, {.applied = 1 << TAR_BSD}, {0}};
	struct tar_member m = {.copy = copy, .copies = 3};

	ck_assert_ptr_eq(tar_chosen(&m, TAR_PYTHON), &copy[0]);
	ck_assert_ptr_eq(tar_chosen(&m, TAR_BSD), &copy[1]);
	ck_assert_ptr_eq(tar_chosen(&m, TAR_GNU), &copy[0]);
	copy[0].applied = copy[1].applied = 0;
	ck_assert_ptr_eq(tar_chosen(&m, TAR_GNU), &copy[2]);
	m.copies = 0;
	ck_assert_ptr_null(tar_chosen(&m, TAR_GNU));
	ck_assert(!tar_disagree(&m));
}
END_TEST

/* Headers without an entry are shown, so that they can be converted. */
START_TEST(stray)
{
	struct bytes b = {0}, body = {0};
	struct reading r;
	const struct tar_member *m;

	add_file(&b, "n", 10);
	add_value(&body, SCHILY, &value_a);
	add_extended(&b, 'x', body);
	add_end(&b);
	reading_open(&r, b);
	ck_assert(!member(&r)->stray);
	m = member(&r);
	ck_assert(m->stray);
	ck_assert_uint_eq(m->copies, 1);
	ck_assert_uint_eq(m->copy[0].applied, 0);
	ck_assert_uint_eq(m->head_size, 1024);
	ends(&r);
	free(b.data);
}
END_TEST

/* ---------------------------------- limits -------------------------------- */

static struct bytes comment_of(size_t size)
{
	struct bytes body = {0};
	char *text = malloc(size);

	memset(text, 'c', size);
	add_record(&body, "comment", text, size);
	free(text);
	return body;
}

/* An extended header of exactly this size, before an entry. */
static void add_sized(struct bytes *b, size_t size)
{
	struct bytes body = comment_of(size - 24);

	while (body.size < size) {
		free(body.data);
		body = comment_of(size - 24 + (size - body.size));
	}
	ck_assert_uint_eq(body.size, size);
	add_extended(b, 'x', body);
}

START_TEST(longest_header)
{
	struct bytes b = {0}, longer = {0};

	add_sized(&b, TAR_HEADER_MAX);
	add_file(&b, "n", 0);
	add_end(&b);
	ck_assert_int_eq(read_whole(b, NULL), 2);
	free(b.data);
	add_sized(&longer, TAR_HEADER_MAX + 1);
	add_file(&longer, "n", 0);
	add_end(&longer);
	refuses(longer, "longer than 1 MiB");
}
END_TEST

/* All headers before one entry: 4 MiB, its own block included. */
START_TEST(most_headers)
{
	size_t block = TAR_HEADER_MAX - TAR_BLOCK;
	struct bytes b = {0}, more = {0};

	for (int i = 0; i < 3; i++)
		add_sized(&b, block);
	add_sized(&b, block - TAR_BLOCK);
	ck_assert_uint_eq(b.size, TAR_HEAD_MAX - TAR_BLOCK);
	add_file(&b, "n", 0);
	add_file(&b, "n", 0);
	add_end(&b);
	ck_assert_int_eq(read_whole(b, NULL), 3);
	free(b.data);
	for (int i = 0; i < 4; i++)
		add_sized(&more, block);
	add_file(&more, "n", 0);
	add_end(&more);
	refuses(more, "more than 4 MiB of headers");
}
END_TEST

/* A map of an old sparse file has no end but that limit. */
START_TEST(most_blocks)
{
	struct bytes b = {0};

	add_header(&b, 'S', "n", 0);
	last_header(&b)[AT_SPARSE_MORE] = 1;
	memcpy(last_header(&b) + AT_MAGIC, "ustar  ", 8);
	tar_put_sum(last_header(&b));
	for (int i = 0; i < TAR_HEAD_MAX / TAR_BLOCK; i++) {
		add_zeros(&b, TAR_BLOCK);
		last_header(&b)[AT_BLOCK_MORE] = 1;
	}
	add_end(&b);
	refuses(b, "more than 4 MiB of headers");
}
END_TEST

static struct bytes valued(const char *key, size_t size)
{
	struct bytes b = {0}, body = {0};
	uint8_t *value = malloc(size);

	memset(value, 'A', size);
	add_record(&body, key, value, size);
	add_extended(&b, 'x', body);
	add_file(&b, "n", 0);
	add_end(&b);
	free(value);
	return b;
}

START_TEST(longest_value)
{
	struct bytes raw = valued(SCHILY, TAR_VALUE_MAX);
	struct bytes base64 = valued(LIBARCHIVE, (TAR_VALUE_MAX * 4 + 2) / 3);

	ck_assert_int_eq(read_whole(raw, NULL), 2);
	ck_assert_int_eq(read_whole(base64, NULL), 2);
	free(raw.data);
	free(base64.data);
	refuses(valued(SCHILY, TAR_VALUE_MAX + 1), "a value over 64 KiB");
	refuses(valued(LIBARCHIVE, TAR_VALUE_MAX * 4 / 3 + 3),
		"a value over 64 KiB");
}
END_TEST

/* --------------------------------- refused -------------------------------- */

static struct bytes one_record(char type, const char *key, const char *text,
			       char entry, const char *name, uint64_t size)
{
	struct bytes b = {0}, body = {0};

	if (type) {
		add_text(&body, key, text);
		add_extended(&b, type, body);
	}
	add_header(&b, entry, name, size);
	add_zeros(&b, size < 9999 ? (size_t)size : 0);
	add_padding(&b);
	add_end(&b);
	return b;
}

static const struct {
	char type;
	const char *key, *text;
	char entry;
	const char *name;
	uint64_t size;
	const char *words;
} refused[] = {
	{'g', "path", "p", '0', "n", 0, "a global header"},
	{'g', "linkpath", "p", '2', "n", 0, "a global header"},
	{'g', "size", "0", '0', "n", 0, "a global header"},
	{'x', "path", "", '0', "n", 0, "an empty name"},
	{'x', "linkpath", "", '2', "n", 0, "an empty name"},
	{'x', "GNU.sparse.name", "", '0', "n", 0, "an empty name"},
	{'x', "GNU.sparse.name", "p", '0', "n", 0, "nothing else of one"},
	{'x', "size", "", '0', "n", 0, "takes back"},
	{'x', "size", "-1", '0', "n", 0, "no number"},
	{'x', "size", " 1", '0', "n", 0, "no number"},
	{'x', "size", "0x1", '0', "n", 0, "no number"},
	{'x', "size", "9223372036854775808", '0', "n", 0, "no number"},
	{'x', "size", "99999999999999999999999", '0', "n", 0, "no number"},
	{'x', "size", "9223372036854775000", '0', "n", 0, "cut off"},
	{'x', "size", "5", '2', "n", 0, "whether a body follows"},
	{'x', "size", "5", '1', "n", 0, "whether a body follows"},
	{'x', "size", "5", '5', "n", 0, "whether a body follows"},
	{'x', "size", "5", '0', "n/", 0, "whether a body follows"},
	{0, NULL, NULL, 'V', "n", 5, "whether a body follows"},
	{0, NULL, NULL, '0', "n/", 5, "whether a body follows"},
	{0, NULL, NULL, '7', "n/", 5, "whether a body follows"},
	{'x', "comment", "c", 'V', "n", 0, "a volume label"},
	{'X', "comment", "c", 'V', "n", 0, "a volume label"},
	{'x', "comment", "c", 'A', "n", 0, "a volume label"},
	{0, NULL, NULL, '0', "n", UINT64_C(1) << 40, "cut off"},
};

START_TEST(refuse)
{
	refuses(one_record(refused[_i].type, refused[_i].key, refused[_i].text,
			   refused[_i].entry, refused[_i].name,
			   refused[_i].size),
		refused[_i].words);
}
END_TEST

#define TEXT(t) (t), sizeof(t) - 1

/* Changes of one header that make it something else. */
static const struct {
	size_t at;
	const char *bytes;
	size_t size;
	const char *words; /* NULL: it is read all the same */
} fields[] = {
	{AT_SIZE, TEXT("word"), "no number"},
	{AT_SIZE, TEXT("-0000000001"), "no number"},
	{AT_SIZE, TEXT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
	 "no number"},
	{AT_SIZE, TEXT("\x80\0\0\x01\0\0\0\0\0\0\0\0"), "no number"},
	{AT_SIZE, TEXT("\0\0\0\0\0\0\0\0\0\0\0\0"), NULL},
	{AT_UID, TEXT("word"), NULL},
	{AT_MODE, TEXT("word"), NULL},
	{AT_MTIME, TEXT("word"), NULL},
	{AT_MAGIC, TEXT("\0\0\0\0\0\0\0\0"), NULL},
	{AT_MAGIC, TEXT("ustar  "), NULL},
	{AT_MAGIC, TEXT("odd"), NULL},
	{AT_MAGIC,
	 TEXT("\0\0\0\0\0\0\0\0"
	      "u\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	 NULL},
};

START_TEST(field)
{
	struct bytes b = {0};
	char why[256];
	int got;

	add_header(&b, '0', "n", 0);
	memcpy(last_header(&b) + fields[_i].at, fields[_i].bytes,
	       fields[_i].size);
	tar_put_sum(last_header(&b));
	add_end(&b);
	if (fields[_i].words) {
		refuses(b, fields[_i].words);
		return;
	}
	got = read_whole(b, why);
	expect(got == 2, "%d: %s", got, why);
	free(b.data);
}
END_TEST

/* What stands where POSIX has the prefix, by the magic. */
static const struct {
	const char *magic;
	char prefix[25];
	const char *path; /* NULL: refused */
} prefixes[] = {
	{"ustar\00000", "p", "p/n"},
	{"ustar\0  ", "p", "p/n"},
	{"ustar  \0", "", "n"},
	{"ustar  \0", "15200717073", "n"},
	{"ustar  \0", "15200717073\00015200717073", "n"},
	{"ustar  \0", "\0\0\0\0\0\0\0\0\0\0\0\00015200717073", "n"},
	{"ustar  \0", "\x80\0\0\0\0\0\0\0\0\0\0\x01", "n"},
	{"ustar  \0", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "n"},
	{"ustar  \0", "p", NULL},
	{"ustar  \0", "1520071707", NULL},
	{"ustar  \0", "152007170730", NULL},
	{"ustar  \0", "15200717073\0p", NULL},
	{"ustar  \0", "\x81\0\0\0\0\0\0\0\0\0\0\x01", NULL},
	{"\0\0\0\0\0\0\0\0", "", "n"},
	{"\0\0\0\0\0\0\0\0", "p", NULL},
	{"ustar1\0\0", "p", NULL},
	{"ustar  1", "p", NULL},
};

START_TEST(other_prefix)
{
	struct bytes b = {0};
	struct reading r;

	add_header(&b, '0', "n", 0);
	memcpy(last_header(&b) + AT_MAGIC, prefixes[_i].magic, 8);
	memcpy(last_header(&b) + AT_PREFIX, prefixes[_i].prefix, 24);
	tar_put_sum(last_header(&b));
	add_end(&b);
	if (!prefixes[_i].path) {
		refuses(b, "the beginning of the path");
		return;
	}
	reading_open(&r, b);
	ck_assert_str_eq(member(&r)->path, prefixes[_i].path);
	ends(&r);
	free(b.data);
}
END_TEST

/* ---------------------------------- cut ----------------------------------- */

static struct bytes small_archive(void)
{
	struct bytes b = {0}, body = {0};

	add_capable(&b, "one", SCHILY, &value_a, 700);
	add_text(&body, "comment", "c");
	add_extended(&b, 'g', body);
	add_long(&b, 'L', "two");
	add_file(&b, "short", 512);
	add_header(&b, 'S', "sparse", 0);
	last_header(&b)[AT_SPARSE_MORE] = 1;
	memcpy(last_header(&b) + AT_MAGIC, "ustar  ", 8);
	tar_put_sum(last_header(&b));
	add_zeros(&b, TAR_BLOCK);
	add_end(&b);
	return b;
}

/* At no byte may it look whole, but behind the first block of the marker. */
START_TEST(cut_anywhere)
{
	struct bytes b = small_archive(), cut = b;

	ck_assert_int_eq(read_whole(b, NULL), 4);
	for (cut.size = 0; cut.size < b.size; cut.size++) {
		char why[256];
		int got = read_whole(cut, why);

		if (cut.size >= b.size - TAR_BLOCK)
			expect(got == 4, "%zu: %s", cut.size, why);
		else
			expect(got == -EBADMSG, "%zu: %d", cut.size, got);
	}
	free(b.data);
}
END_TEST

/* A single byte changed is an error, or still the same four members. */
START_TEST(flipped)
{
	struct bytes b = small_archive();

	for (size_t i = 0; i < b.size; i++) {
		char why[256];
		int got;

		b.data[i] ^= 0x40;
		got = read_whole(b, why);
		expect(got == 4 || got == 1 || got == -EBADMSG, "%zu: %d %s", i,
		       got, why);
		b.data[i] ^= 0x40;
	}
	free(b.data);
}
END_TEST

/* A source that cannot be sought shows the same. */
START_TEST(through_a_pipe)
{
	struct bytes b = small_archive();
	int fd = bytes_pipe(b.data, b.size), members = 0, more;
	const struct tar_member *m;
	struct tar *tar;
	struct in *in;

	ck_assert_int_eq(in_fd(&in, fd, 0, UINT64_MAX), 0);
	ck_assert_int_eq(tar_open(&tar, in), 0);
	while ((more = tar_next(tar, &m)) > 0)
		members++;
	ck_assert_int_eq(more, 0);
	ck_assert_int_eq(members, 3);
	tar_close(tar);
	in_close(in);
	close(fd);
	free(b.data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tarread");

	suite_add(suite, three_members, 1);
	suite_add(suite, a_type, ROWS(types));
	suite_add(suite, prefix, 1);
	suite_add(suite, long_names, 1);
	suite_add(suite, large, 2);
	suite_add(suite, behind_the_end, 1);
	suite_add(suite, two_heads, ROWS(two));
	suite_add(suite, copies_in_place, 1);
	suite_add(suite, global, 1);
	suite_add(suite, chosen, 1);
	suite_add(suite, stray, 1);
	suite_add(suite, longest_header, 1);
	suite_add(suite, most_headers, 1);
	suite_add(suite, most_blocks, 1);
	suite_add(suite, longest_value, 1);
	suite_add(suite, refuse, ROWS(refused));
	suite_add(suite, field, ROWS(fields));
	suite_add(suite, other_prefix, ROWS(prefixes));
	suite_add(suite, cut_anywhere, 1);
	suite_add(suite, flipped, 1);
	suite_add(suite, through_a_pipe, 1);
	return suite_run(suite);
}
