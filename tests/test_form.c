/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes and paths as text, and back. */
#include "form/form.h"
#include "suite.h"
#include "values.h"

#include <errno.h>
#include <string.h>

/* ---------------------------------- bytes -------------------------------- */

static const struct {
	const char *bytes, *hex, *base64;
} encodings[] = {
	{"", "", ""},
	{"f", "66", "Zg=="},
	{"fo", "666f", "Zm8="},
	{"foo", "666f6f", "Zm9v"},
	{"foob", "666f6f62", "Zm9vYg=="},
	{"fooba", "666f6f6261", "Zm9vYmE="},
	{"foobar", "666f6f626172", "Zm9vYmFy"},
	{"\xff\xfe\xfd", "fffefd", "//79"},
	{"\xfb\xef\xbe", "fbefbe", "++++"},
};

START_TEST(encoding)
{
	const uint8_t *bytes = (const uint8_t *)encodings[_i].bytes;
	size_t size = strlen(encodings[_i].bytes);
	char out[64];

	memset(out, PAINT, sizeof(out));
	form_hex(bytes, size, out);
	ck_assert_str_eq(out, encodings[_i].hex);
	ck_assert(value_painted(out + FORM_HEX_SIZE(size),
				sizeof(out) - FORM_HEX_SIZE(size)));
	memset(out, PAINT, sizeof(out));
	form_base64(bytes, size, out);
	ck_assert_str_eq(out, encodings[_i].base64);
	ck_assert(value_painted(out + FORM_BASE64_SIZE(size),
				sizeof(out) - FORM_BASE64_SIZE(size)));
}
END_TEST

#define PLAIN 1
#define QUOTES 2

/* @hex: the bytes, NULL where it is refused */
static const struct {
	const char *text, *hex;
	int allowed;
} byte_texts[] = {
	{"0x", "", 0},
	{"0x00ff", "00ff", 0},
	{"0X00Ff", "00ff", 0},
	{"0x0", NULL, 0},
	{"0x0g", NULL, 0},
	{"0x 00", NULL, 0},
	{"0x00 ", NULL, 0},
	{"0x0x00", NULL, 0},
	{"00ff", NULL, 0},
	{"00ff", "00ff", PLAIN},
	{"00fF", "00ff", PLAIN},
	{"0", NULL, PLAIN},
	{"", "", PLAIN},
	{"", NULL, 0},
	{"-1", NULL, PLAIN},
	{"0s", "", 0},
	{"0S", "", 0},
	{"0sZg==", "66", 0},
	{"0sZg", "66", 0},
	{"0sZm8=", "666f", 0},
	{"0sZm8", "666f", 0},
	{"0sZm9v", "666f6f", 0},
	{"0s//79", "fffefd", 0},
	{"0s++++", "fbefbe", 0},
	{"0sZ", NULL, 0},
	{"0sZg=", NULL, 0},
	{"0sZg===", NULL, 0},
	{"0sZm9v=", NULL, 0},
	{"0sZm9v====", NULL, 0},
	{"0sZm==9v==", NULL, 0},
	{"0sZh==", NULL, 0}, /* bits that belong to no byte */
	{"0sZm9", NULL, 0},
	{"0s-_-_", NULL, 0}, /* another alphabet */
	{"0sZg==\n", NULL, 0},
	{"0s Zg==", NULL, 0},
	{"0s=", NULL, 0},
	{"0s====", NULL, 0},
	{"\"foo\"", "666f6f", QUOTES},
	{"\"foo\"", NULL, 0},
	{"\"\"", "", QUOTES},
	{"\"", NULL, QUOTES},
	{"foo", NULL, QUOTES},
	{"\"foo", NULL, QUOTES},
	{"\"\\000\\377\"", "00ff", QUOTES},
	{"\"\\0001\"", "0031", QUOTES},
	{"\"a\\001b\"", "610162", QUOTES},
	{"\"\\\\000\"", "5c303030", QUOTES},
	{"\"\\\\\\000\"", "5c00", QUOTES},
	{"\"\\\"\"", "22", QUOTES},
	{"\"\\\\\"", "5c", QUOTES},
	{"\"\\400\"", "5c343030", QUOTES},
	{"\"\\00\"", "5c3030", QUOTES},
	{"\"\\008\"", "5c303038", QUOTES},
	{"\"\x01\xff\"", "01ff", QUOTES},
};

START_TEST(byte_text)
{
	const char *text = byte_texts[_i].text;
	const char *hex = byte_texts[_i].hex;
	size_t len = strlen(text);
	uint8_t out[64];
	char got[2 * sizeof(out) + 1];
	ssize_t size;

	memset(out, PAINT, sizeof(out));
	size = form_bytes(text, len, byte_texts[_i].allowed & PLAIN,
			  byte_texts[_i].allowed & QUOTES, out);
	ck_assert(value_painted(out + len, sizeof(out) - len));
	if (!hex) {
		ck_assert_int_eq(size, -1);
		return;
	}
	ck_assert_int_eq(size, (ssize_t)strlen(hex) / 2);
	form_hex(out, (size_t)size, got);
	ck_assert_str_eq(got, hex);
}
END_TEST

START_TEST(bytes_of_any)
{
	uint64_t state = suite_seed("form: bytes");
	uint8_t bytes[40], back[128];
	char text[128];

	for (int i = 0; i < 20000; i++) {
		size_t size = suite_below(&state, sizeof(bytes) + 1);

		for (size_t b = 0; b < size; b++)
			bytes[b] = (uint8_t)suite_random(&state);
		strcpy(text, "0x");
		form_hex(bytes, size, text + 2);
		expect(form_bytes(text, strlen(text), false, false, back) ==
				       (ssize_t)size &&
			       memcmp(bytes, back, size) == 0,
		       "%s", text);
		strcpy(text, "0s");
		form_base64(bytes, size, text + 2);
		expect(form_bytes(text, strlen(text), false, false, back) ==
				       (ssize_t)size &&
			       memcmp(bytes, back, size) == 0,
		       "%s", text);
	}
}
END_TEST

/* ---------------------------------- paths -------------------------------- */

static const struct {
	const char *path, *shown;
} paths[] = {
	{"", ""},
	{"/usr/bin/ping", "/usr/bin/ping"},
	{"two  blanks ", "two  blanks "},
	{"new\nline", "new\\012line"},
	{"tab\t", "tab\\011"},
	{"back\\slash", "back\\134slash"},
	{"\\012", "\\134012"},
	{"esc\x1b[1m", "esc\\033[1m"},
	{"del\x7f", "del\\177"},
	{"\x01\x1f", "\\001\\037"},
	{"caf\xc3\xa9", "caf\xc3\xa9"},
	{"caf\xe9", "caf\\351"},
	{"\xc2\x80\xc2\x9f", "\\302\\200\\302\\237"}, /* C1 controls */
	{"\xc2\xa0", "\xc2\xa0"},
	{"\xe2\x82\xac", "\xe2\x82\xac"},
	{"\xe2\x82", "\\342\\202"},
	{"\xe2\x82/", "\\342\\202/"},
	{"\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7"},
	{"\xff", "\\377"},
	{"\xc0\xaf", "\\300\\257"}, /* overlong '/' */
	{"\"quoted\" 'too'", "\"quoted\" 'too'"},
};

START_TEST(path_shown)
{
	char out[256], back[256];
	size_t size;

	form_path(paths[_i].path, out);
	ck_assert_str_eq(out, paths[_i].shown);
	size = form_unescape(out, strlen(out), back);
	ck_assert_uint_eq(size, strlen(paths[_i].path));
	ck_assert_mem_eq(back, paths[_i].path, size);
}
END_TEST

static void any_path(uint64_t *state, char *path, size_t size)
{
	static const char likely[] = "\\\\01377\n\xc2\x80\x9f\xe2\x82\xac\xf0/";
	size_t len = suite_below(state, (unsigned)size);

	for (size_t i = 0; i < len; i++)
		path[i] =
			suite_below(state, 2)
				? likely[suite_below(state, sizeof(likely) - 1)]
				: (char)(1 + suite_below(state, 255));
	path[len] = '\0';
}

static bool on_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == '\x7f')
			return false;
	return true;
}

START_TEST(path_of_any_bytes)
{
	uint64_t state = suite_seed("form: paths");
	char path[33], out[FORM_PATH_SIZE(32)], back[sizeof(out)];

	for (int i = 0; i < 50000; i++) {
		size_t size;

		any_path(&state, path, sizeof(path));
		form_path(path, out);
		expect(strlen(out) < FORM_PATH_SIZE(strlen(path)), "%s", out);
		expect(form_utf8(out) && on_one_line(out), "%s", out);
		size = form_unescape(out, strlen(out), back);
		expect(size == strlen(path) && memcmp(back, path, size) == 0,
		       "%s", out);
	}
}
END_TEST

static const struct {
	const char *text;
	bool valid;
} utf8[] = {
	{"", true},
	{"plain\x01\x7f", true},
	{"\xc2\x80", true},
	{"\xdf\xbf", true},
	{"\xe0\xa0\x80", true},
	{"\xed\x9f\xbf", true},
	{"\xee\x80\x80", true},
	{"\xef\xbf\xbf", true},
	{"\xf0\x90\x80\x80", true},
	{"\xf4\x8f\xbf\xbf", true},
	{"\x80", false},
	{"\xbf", false},
	{"a\x80", false},
	{"\xc0\x80", false},
	{"\xc1\xbf", false}, /* overlong */
	{"\xe0\x9f\xbf", false},
	{"\xf0\x8f\xbf\xbf", false},
	{"\xed\xa0\x80", false}, /* surrogates */
	{"\xed\xbf\xbf", false},
	{"\xf4\x90\x80\x80", false}, /* above U+10FFFF */
	{"\xf5\x80\x80\x80", false},
	{"\xf8\x88\x80\x80\x80", false},
	{"\xfe", false},
	{"\xff", false},
	{"\xc2", false}, /* cut off */
	{"\xe2\x82", false},
	{"\xe2", false},
	{"\xf0\x9f\x90", false},
	{"\xc2\xc2\x80", false},
	{"\xe2\x82\x41", false},
};

START_TEST(utf8_or_not)
{
	ck_assert_int_eq(form_utf8(utf8[_i].text), utf8[_i].valid);
}
END_TEST

static const struct {
	const char *text, *meaning;
} escaped[] = {
	{"", ""},	    {"plain", "plain"},	   {"\\101", "A"},
	{"\\1012", "A2"},   {"a\\012b", "a\nb"},   {"\\377", "\xff"},
	{"\\400", "\\400"}, {"\\08", "\\08"},	   {"\\10", "\\10"},
	{"\\", "\\"},	    {"\\\\", "\\\\"},	   {"\\\\101", "\\A"},
	{"\\n", "\\n"},	    {"\\134101", "\\101"},
};

START_TEST(unescaped)
{
	const char *text = escaped[_i].text, *meaning = escaped[_i].meaning;
	char out[32];
	size_t size;

	memset(out, PAINT, sizeof(out));
	size = form_unescape(text, strlen(text), out);
	ck_assert_uint_eq(size, strlen(meaning));
	ck_assert_mem_eq(out, meaning, size);
	ck_assert(
		value_painted(out + strlen(text), sizeof(out) - strlen(text)));
}
END_TEST

/* ----------------------- URIs, scripts, and errors ------------------------ */

static const struct {
	const char *path, *uri;
} uris[] = {
	{"", ""},
	{"/usr/bin/ping", "/usr/bin/ping"},
	{"AZaz09-._~", "AZaz09-._~"},
	{"a:b", "a%3Ab"},
	{"a?b#c%41", "a%3Fb%23c%2541"},
	{" \n\x7f", "%20%0A%7F"},
	{"\\[a](b){0}", "%5C%5Ba%5D%28b%29%7B0%7D"},
	{"@[`{:/", "%40%5B%60%7B%3A/"},
	{"\xc3\xa4\xff\x80", "%C3%A4%FF%80"},
};

START_TEST(path_in_uri)
{
	char out[64];

	form_uri(uris[_i].path, out);
	ck_assert_str_eq(out, uris[_i].uri);
	ck_assert_uint_lt(strlen(out), FORM_URI_SIZE(strlen(uris[_i].path)));
}
END_TEST

START_TEST(script)
{
	ck_assert(form_script("#!", 2));
	ck_assert(form_script("#!/bin/sh", 9));
	ck_assert(!form_script("#!", 1));
	ck_assert(!form_script("#!", 0));
	ck_assert(!form_script("# !", 3));
	ck_assert(!form_script(" #!", 3));
}
END_TEST

START_TEST(failed)
{
	char words[FORM_FAILED_SIZE];

	ck_assert_str_eq(form_failed(EISDIR, words), "EISDIR: Is a directory");
	ck_assert_ptr_nonnull(strstr(form_failed(9999, words), "9999: "));
	/* Where it is mounted, it is not at fault. */
	ck_assert_str_eq(form_failed_at(ENOENT, "/proc/none", words),
			 "ENOENT: No such file or directory");
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *form_suite(void)
{
	Suite *suite = suite_create("form");

	suite_add(suite, encoding, ROWS(encodings));
	suite_add(suite, byte_text, ROWS(byte_texts));
	suite_add(suite, bytes_of_any, 1);
	suite_add(suite, path_shown, ROWS(paths));
	suite_add(suite, path_of_any_bytes, 1);
	suite_add(suite, utf8_or_not, ROWS(utf8));
	suite_add(suite, unescaped, ROWS(escaped));
	suite_add(suite, path_in_uri, ROWS(uris));
	suite_add(suite, script, 1);
	suite_add(suite, failed, 1);
	return suite;
}

int main(void)
{
	return suite_run(form_suite());
}
