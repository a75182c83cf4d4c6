/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps of each form as they are read, and what is wrong with bad ones. */
#include "scan/dump.h"
#include "suite.h"
#include "values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define V2_HEX "0100000200200000000000000000000000000000"
#define V2 "security.capability=0x" V2_HEX "\n"
#define JSON(path, rel, rest) "{\"path\":" path ",\"rel\":" rel rest "}\n"
#define JSON_V2 ",\"value\":\"" V2_HEX "\",\"error\":null"

/* Literals that hold NULs: all of it but the last. */
#define TEXT(s) (s), sizeof(s) - 1

static const struct closed_how how; /* by a closed process */

/* A file of these bytes, for this process alone. */
static const char *file_of(const char *text, size_t size)
{
	static char path[64];
	int fd = memfd_create("dump", 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

/* ------------------------------- good ones ------------------------------- */

/* @shown: "PATH REL SIZE LINE;" an entry, SIZE "-" where there is no value */
static const struct {
	const char *text;
	size_t size;
	enum dump_form form;
	const char *shown;
} good_dumps[] = {
	{TEXT(""), DUMP_ANY, ""},
	{TEXT("\n\n"), DUMP_ANY, ""},
	{TEXT("# nothing\n"), DUMP_ANY, ""},
	{TEXT("# file: a\n"), DUMP_ANY, ""},
	{TEXT("# file: a\n" V2), DUMP_ANY, "a a 20 2;"},
	{TEXT("# file: a\n" V2), DUMP_GETFATTR, "a a 20 2;"},
	{TEXT("# file: a\nsecurity.capability=0s"), DUMP_ANY, "a a 0 2;"},
	{TEXT("# file: ./a\n" V2 "\n# file: /b//c\n\n# file: .//d\n" V2),
	 DUMP_ANY, "./a a 20 2;.//d d 20 7;"},
	{TEXT("# file: a b \n" V2), DUMP_ANY, "a b  a b  20 2;"},
	{TEXT("# file: a\\012b\\134\n" V2), DUMP_ANY, "a\nb\\ a\nb\\ 20 2;"},
	{TEXT("# file: ../a\n" V2), DUMP_ANY, "../a ../a 20 2;"},
	{TEXT("# file: /\n" V2), DUMP_ANY, "/ . 20 2;"},
	{TEXT("# file: d//e/./a\n" V2), DUMP_ANY, "d//e/./a d/e/a 20 2;"},
	{TEXT("# file: a\nuser.x=\"\"\nuser.y=0x\n" V2 "trusted.z=0s\n"),
	 DUMP_ANY, "a a 20 4;"},
	{TEXT("# file: a\n# owner\n" V2), DUMP_ANY, "a a 20 3;"},
	{TEXT("# file: a\nsecurity.capability=\"\\001\\000x\"\n"), DUMP_ANY,
	 "a a 3 2;"},
	{TEXT("# file: a\n" V2 V2), DUMP_ANY, "a a 20 2;a a 20 3;"},

	{TEXT(JSON("\"a\"", "\"a\"", JSON_V2)), DUMP_ANY, "a a 20 1;"},
	{TEXT("\n" JSON("\"d/a\"", "\"a\"", JSON_V2) "\n"), DUMP_ANY,
	 "d/a a 20 2;"},
	{TEXT(JSON("\"d/a\"", "\"a\"", JSON_V2)), DUMP_JSON, "d/a a 20 1;"},
	{TEXT(JSON("\"d//a\"", "\"/d//a\"", JSON_V2)), DUMP_JSON,
	 "d//a d/a 20 1;"},
	{TEXT(JSON("\"a\\nb\\\\101\"", "\"r\"", JSON_V2)), DUMP_ANY,
	 "a\nb\\101 r 20 1;"},
	{TEXT(JSON("\"\\\\377\\\\134\"", "\"\\\\377\"",
		   JSON_V2 ",\"path_bytes\":\"ff5c\"")),
	 DUMP_ANY, "\xff\\ \xff 20 1;"},
	{TEXT(JSON("\"a\"", "\"a\"", ",\"value\":null,\"error\":null")),
	 DUMP_ANY, ""},
	{TEXT(JSON("\"a\"", "\"a\"",
		   ",\"value\":null,\"error\":{\"errno\":\"EINVAL\"}")),
	 DUMP_ANY, "a a - 1;"},
	{TEXT(JSON("\"a\"", "\"a\"",
		   ",\"value\":\"00\",\"error\":{\"errno\":\"EINVAL\"}")),
	 DUMP_ANY, "a a 1 1;"},
	{TEXT(JSON("\"a\"", "\"a\"", ",\"value\":\"\",\"error\":null")),
	 DUMP_ANY, "a a 0 1;"},

	{TEXT("a\0cap_chown=p\0\0"), DUMP_ANY, "a a 20 1;"},
	{TEXT("a\0cap_chown=p\0"
	      "5\0"),
	 DUMP_ANY, "a a 24 1;"},
	{TEXT("a\0cap_chown=p\0"
	      "0\0"),
	 DUMP_ANY, "a a 20 1;"},
	{TEXT("./a\0=\0\0d/b\nc\\\0=ep\0"
	      "4294967294\0"),
	 DUMP_ANY, "./a a 20 1;d/b\nc\\ d/b\nc\\ 24 2;"},
	{TEXT("# file: a\0cap_chown=p\0\0"), DUMP_NULL,
	 "# file: a # file: a 20 1;"},
	{TEXT(""), DUMP_NULL, ""},
};

static void show(const struct dump *dump, char *shown, size_t size)
{
	FILE *out = fmemopen(shown, size, "w");

	for (size_t i = 0; i < dump->count; i++) {
		const struct dump_entry *e = &dump->entry[i];

		fprintf(out, "%s %s ", e->path, e->rel);
		if (e->value)
			fprintf(out, "%zu", e->size);
		else
			putc('-', out);
		fprintf(out, " %zu;", e->line);
	}
	putc('\0', out);
	fclose(out);
}

START_TEST(good_dump)
{
	const char *path = file_of(good_dumps[_i].text, good_dumps[_i].size);
	struct vfscap_listing listing;
	struct dump_fault fault;
	struct dump dump;
	char shown[512];

	vfscap_listing_builtin(&listing);
	ck_assert_msg(dump_read(path, &how, good_dumps[_i].form, &listing,
				&dump, &fault) == 0,
		      "line %zu: %s", fault.line, fault.why);
	show(&dump, shown, sizeof(shown));
	ck_assert_str_eq(shown, good_dumps[_i].shown);
	dump_free(&dump);
	ck_assert_uint_eq(dump.count, 0);
}
END_TEST

/* -------------------------------- bad ones ------------------------------- */

static const struct {
	const char *text;
	size_t size;
	enum dump_form form;
	size_t line;
	const char *why;
} bad_dumps[] = {
	{TEXT("a cap_chown=p\n"), DUMP_ANY, 0, "getcap"},
	{TEXT("# file: a\n" V2), DUMP_JSON, 1, "JSON"},
	{TEXT("# file: a\n" V2), DUMP_NULL, 1, "cut off"},
	{TEXT("{}\n"), DUMP_GETFATTR, 1, "neither"},

	{TEXT("# file: a\nsecurity.capability=00\n"), DUMP_ANY, 2, "0xHEX"},
	{TEXT("# file: a\nsecurity.capability=0x0\n"), DUMP_ANY, 2, "0xHEX"},
	{TEXT("# file: a\nsecurity.capability=\n"), DUMP_ANY, 2, "0xHEX"},
	{TEXT("# file: a\nsecurity.capability=0sZh==\n"), DUMP_ANY, 2, "0x"},
	{TEXT("# file: a\nsecurity.capability\n"), DUMP_ANY, 2, "neither"},
	{TEXT("# file: a\n" V2 "\n" V2), DUMP_ANY, 4, "before any"},
	{TEXT("# none\n" V2), DUMP_ANY, 2, "before any"},
	{TEXT("# none\na cap_chown=p\n"), DUMP_ANY, 2, ""},
	{TEXT("# file: a\n" V2 "\na cap_chown=p\n"), DUMP_ANY, 4, ""},
	{TEXT("# file: a\\000b\n" V2), DUMP_ANY, 1, "NUL"},
	{TEXT("# file: a\0b\n" V2), DUMP_GETFATTR, 1, "NUL"},
	{TEXT("# file: a\n" V2 "\n# file: b\nnonsense\n"), DUMP_ANY, 5,
	 "neither"},

	{TEXT("{"), DUMP_ANY, 1, "JSON"},
	{TEXT("{}"), DUMP_ANY, 1, "record"},
	{TEXT(JSON("\"a\"", "\"a\"", JSON_V2) "x\n"), DUMP_ANY, 2, "JSON"},
	{TEXT(JSON("\"a\"", "\"a\"", JSON_V2) "[]\n"), DUMP_ANY, 2, "JSON"},
	{TEXT(JSON("\"a\"", "\"a\"", JSON_V2) "{} {}\n"), DUMP_ANY, 2, "JSON"},
	{TEXT(JSON("null", "null", JSON_V2)), DUMP_ANY, 1, "record"},
	{TEXT(JSON("\"a\"", "\"a\"", "")), DUMP_ANY, 1, "record"},
	{TEXT(JSON("\"a\"", "\"a\"", ",\"value\":\"0\"")), DUMP_ANY, 1,
	 "record"},
	{TEXT(JSON("\"a\"", "\"a\"", ",\"value\":\"\\\"x\\\"\"")), DUMP_ANY, 1,
	 "record"},
	{TEXT(JSON("\"a\"", "\"a\"", ",\"value\":5")), DUMP_ANY, 1, "record"},
	{TEXT(JSON("\"a\"", "\"a\"", JSON_V2 ",\"path\":\"b\"")), DUMP_ANY, 1,
	 "JSON"},
	{TEXT(JSON("\"a\\u0000b\"", "\"a\"", JSON_V2)), DUMP_ANY, 1, "JSON"},

	{TEXT("a\0"), DUMP_ANY, 1, "cut off"},
	{TEXT("a\0cap_chown=p\0"), DUMP_ANY, 1, "cut off"},
	{TEXT("a\0cap_chown=p\0\0b"), DUMP_ANY, 2, "cut off"},
	{TEXT("a\0cap_chown=p\0\0b\0cap_chown=p\0"
	      "5"),
	 DUMP_ANY, 2, "cut off"},
	{TEXT("\0cap_chown=p\0\0"), DUMP_ANY, 1, "an empty path"},
	{TEXT("a\0cap_foo=p\0\0"), DUMP_ANY, 1, "capabilities"},
	{TEXT("a\0\0\0"), DUMP_ANY, 1, "capabilities"},
	{TEXT("a\0 \0\0"), DUMP_ANY, 1, "capabilities"},
	{TEXT("a\0cap_chown=p\0 5\0"), DUMP_ANY, 1, "capabilities"},
	{TEXT("a\0cap_chown=p\0+5\0"), DUMP_ANY, 1, "capabilities"},
	{TEXT("a\0cap_chown=p\0-18446744073709551615\0"), DUMP_ANY, 1,
	 "capabilities"},
	{TEXT("a\0cap_chown=e\0\0"), DUMP_ANY, 1, "capabilities"},
	{TEXT("a\0cap_chown=p\0x\0"), DUMP_ANY, 1, "capabilities"},
	{TEXT("a\0cap_chown=p\0-1\0"), DUMP_ANY, 1, "capabilities"},
	{TEXT("a\0cap_chown=p\0"
	      "5x\0"),
	 DUMP_ANY, 1, "capabilities"},
	{TEXT("a\0cap_chown=p\0"
	      "4294967295\0"),
	 DUMP_ANY, 1, "capabilities"},
	{TEXT("a\0cap_chown=p\0"
	      "18446744073709551617\0"),
	 DUMP_ANY, 1, "capabilities"},
};

START_TEST(bad_dump)
{
	const char *path = file_of(bad_dumps[_i].text, bad_dumps[_i].size);
	struct vfscap_listing listing;
	struct dump_fault fault;
	struct dump dump;

	vfscap_listing_builtin(&listing);
	memset(&dump, PAINT, sizeof(dump));
	ck_assert_int_eq(dump_read(path, &how, bad_dumps[_i].form, &listing,
				   &dump, &fault),
			 -1);
	ck_assert_uint_eq(fault.line, bad_dumps[_i].line);
	ck_assert_int_eq(fault.error, 0);
	ck_assert_msg(strstr(fault.why, bad_dumps[_i].why) != NULL, "%s",
		      fault.why);
	ck_assert_uint_eq(dump.count, 0);
	ck_assert_ptr_null(dump.entry);
}
END_TEST

START_TEST(unreadable_dump)
{
	static const struct {
		const char *path;
		int error;
	} unreadable[] = {
		{"/nonexistent/dump", ENOENT}, {"/", EISDIR},
		{"/dev/zero", EINVAL},	       {"/dev/full", EINVAL},
		{"/dev/random", EINVAL},       {"/dev/urandom", EINVAL}};
	struct vfscap_listing listing;
	struct dump_fault fault;
	struct dump dump;

	vfscap_listing_builtin(&listing);
	ck_assert_int_eq(dump_read(unreadable[_i].path, &how, DUMP_ANY,
				   &listing, &dump, &fault),
			 -1);
	ck_assert_int_eq(fault.error, unreadable[_i].error);
	ck_assert_uint_eq(fault.line, 0);
	ck_assert_uint_eq(dump.count, 0);
}
END_TEST

/* ------------------------------- long ones ------------------------------- */

/* More entries than the first allocation holds, and a file longer than the
 * first read. */
START_TEST(long_dump)
{
	char *text = malloc(1 << 20), *at = text;
	struct vfscap_listing listing;
	struct dump_fault fault;
	struct dump dump;

	for (int i = 0; i < 5000; i++)
		at += sprintf(at, "# file: %d\n" V2 "\n", i);
	vfscap_listing_builtin(&listing);
	ck_assert_int_eq(dump_read(file_of(text, (size_t)(at - text)), &how,
				   DUMP_ANY, &listing, &dump, &fault),
			 0);
	ck_assert_uint_eq(dump.count, 5000);
	for (int i = 0; i < 5000; i++)
		expect(atoi(dump.entry[i].path) == i &&
			       dump.entry[i].line == (size_t)(3 * i + 2),
		       "entry %d", i);
	dump_free(&dump);
	free(text);
}
END_TEST

/* @head, and then as many bytes as no line has. */
START_TEST(long_line)
{
	static const struct {
		const char *head;
		const char *why;
	} lines[] = {{"# file: a\n" V2 "# file: ", "more than 16 MiB"},
		     {"{\"path\":\"", "more than 16 MiB"},
		     {"a", "getcap"}};
	const size_t size = 17 << 20;
	char *text = malloc(size);
	struct vfscap_listing listing;
	struct dump_fault fault;
	struct dump dump;

	vfscap_listing_builtin(&listing);
	memset(text, 'x', size);
	memcpy(text, lines[_i].head, strlen(lines[_i].head));
	ck_assert_int_eq(dump_read(file_of(text, size), &how, DUMP_ANY,
				   &listing, &dump, &fault),
			 -1);
	ck_assert_msg(strstr(fault.why, lines[_i].why) != NULL, "%s",
		      fault.why);
	ck_assert_uint_eq(dump.count, 0);
	free(text);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *dump_suite(void)
{
	Suite *suite = suite_create("dump");

	suite_add(suite, good_dump, ROWS(good_dumps));
	suite_add(suite, bad_dump, ROWS(bad_dumps));
	suite_add(suite, unreadable_dump, 6);
	suite_add(suite, long_dump, 1);
	suite_add(suite, long_line, 3);
	return suite;
}

int main(void)
{
	return suite_run(dump_suite());
}
