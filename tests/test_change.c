/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes: what widens, conversion, the safe write; and forms and dumps. */
#include "change/change.h"
#include "form/form.h"
#include "sandbox.h"
#include "scan/dump.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PAINT 0xa5
#define NET_RAW (UINT64_C(1) << 13)

static bool painted(const void *bytes, size_t size)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < size; i++)
		if (b[i] != PAINT)
			return false;
	return true;
}

/* ------------------------------ what widens ------------------------------ */

static const struct change_value values[] = {
	{.have = CHANGE_NONE},
	{.have = CHANGE_HIDDEN, .error = EINVAL},
	{.have = CHANGE_HIDDEN, .error = EOVERFLOW},
	{.have = CHANGE_HIDDEN, .error = EBADMSG},
	{.have = CHANGE_VALUE, .cap = {.revision = 1, .permitted = NET_RAW}},
	{.have = CHANGE_VALUE, .cap = {.revision = 2, .permitted = NET_RAW}},
	{.have = CHANGE_VALUE, .cap = {.revision = 3, .permitted = NET_RAW}},
	{.have = CHANGE_VALUE,
	 .cap = {.revision = 3, .permitted = NET_RAW, .rootid = 1000}},
	{.have = CHANGE_VALUE,
	 .cap = {.revision = 3, .permitted = NET_RAW, .rootid = 2000}},
	{.have = CHANGE_VALUE, .cap = {.revision = 2}},
};

/* A line an old value, a column a new one, both in the order of values[]. */
static const char *const widens[ROWS(values)] = {
	"..........", /* no attribute: setting one widens nothing */
	"....***..*", /* hidden */
	"....***..*", /* foreign */
	"....***..*", /* malformed */
	"..........", /* revision 1 counts everywhere already */
	"..........", /* revision 2 */
	"..........", /* revision 3, rootid 0 */
	"....***..*", /* another rootid */
	"....***..*", /* yet another */
	"..........", /* an empty set counts everywhere too */
};

START_TEST(widening)
{
	for (size_t i = 0; i < ROWS(values); i++)
		ck_assert_msg(change_widens(&values[_i], &values[i]) ==
				      (widens[_i][i] == '*'),
			      "old %d, new %zu", _i, i);
}
END_TEST

/* Likewise: which mean the same? */
static const char *const same[ROWS(values)] = {
	"*.........", "..........", "..........", "..........", "....***...",
	"....***...", "....***...", ".......*..", "........*.", ".........*",
};

START_TEST(sameness)
{
	for (size_t b = 0; b < ROWS(values); b++)
		ck_assert_msg(change_same(&values[_i], &values[b]) ==
				      (same[_i][b] == '*'),
			      "%d and %zu", _i, b);
}
END_TEST

static const struct {
	struct vfscap a, b;
	bool same;
} pairs[] = {
	{{.revision = 2, .effective = true}, {.revision = 2}, false},
	{{.revision = 2, .permitted = 1}, {.revision = 2}, false},
	{{.revision = 2, .inheritable = 1}, {.revision = 2}, false},
	{{.revision = 2, .permitted = 1},
	 {.revision = 2, .inheritable = 1},
	 false},
	{{.revision = 2, .permitted = UINT64_C(1) << 63},
	 {.revision = 2, .permitted = UINT64_C(1) << 31},
	 false},
	{{.revision = 2, .flags = 2}, {.revision = 2}, true},
	{{.revision = 3, .rootid = 1}, {.revision = 2}, false},
};

START_TEST(sameness_of_parts)
{
	const struct change_value a = {CHANGE_VALUE, 0, pairs[_i].a};
	const struct change_value b = {CHANGE_VALUE, 0, pairs[_i].b};

	ck_assert_int_eq(change_same(&a, &b), pairs[_i].same);
	ck_assert_int_eq(change_same(&b, &a), pairs[_i].same);
	ck_assert(change_same(&a, &a));
}
END_TEST

static const char *const who[ROWS(values)] = {
	"nobody",    "EINVAL",	  "EOVERFLOW", "nobody knows", "everybody",
	"everybody", "everybody", "uid 1000",  "uid 2000",     "everybody",
};

START_TEST(who_can_use_it)
{
	char said[CHANGE_WHO_SIZE];

	change_who(&values[_i], said);
	ck_assert_ptr_nonnull(strstr(said, who[_i]));
	ck_assert_uint_lt(strlen(said), sizeof(said) - 1);
}
END_TEST

/* ------------------------------- conversion ------------------------------ */

static const struct {
	struct convert convert;
	struct vfscap old;
	enum convert_result result;
	struct vfscap new;
} conversions[] = {
	{{.to = 2},
	 {.revision = 2, .permitted = 1, .effective = true},
	 CONVERT_UNCHANGED,
	 {.revision = 2, .permitted = 1, .effective = true}},
	{{.to = 2},
	 {.revision = 1, .permitted = 1, .inheritable = 2},
	 CONVERT_CHANGED,
	 {.revision = 2, .permitted = 1, .inheritable = 2}},
	{{.to = 2},
	 {.revision = 3, .permitted = 1},
	 CONVERT_CHANGED,
	 {.revision = 2, .permitted = 1}},
	{{.to = 2},
	 {.revision = 3, .permitted = 1, .rootid = 5},
	 CONVERT_CHANGED,
	 {.revision = 2, .permitted = 1}},
	{{.to = 2},
	 {.revision = 2, .flags = 0xfffffe},
	 CONVERT_CLEARED,
	 {.revision = 2}},
	{{.to = 2},
	 {.revision = 1, .flags = 2, .effective = true},
	 CONVERT_CLEARED,
	 {.revision = 2, .effective = true}},
	{{.to = 2},
	 {.revision = 2, .permitted = UINT64_MAX, .inheritable = UINT64_MAX},
	 CONVERT_UNCHANGED,
	 {.revision = 2, .permitted = UINT64_MAX, .inheritable = UINT64_MAX}},
	{{.to = 3, .rootid = 7},
	 {.revision = 2, .permitted = 1},
	 CONVERT_CHANGED,
	 {.revision = 3, .permitted = 1, .rootid = 7}},
	{{.to = 3, .rootid = 7},
	 {.revision = 1, .permitted = 1},
	 CONVERT_CHANGED,
	 {.revision = 3, .permitted = 1, .rootid = 7}},
	{{.to = 3, .rootid = 7},
	 {.revision = 3},
	 CONVERT_CHANGED,
	 {.revision = 3, .rootid = 7}},
	{{.to = 3, .rootid = 7},
	 {.revision = 3, .rootid = 7},
	 CONVERT_UNCHANGED,
	 {.revision = 3, .rootid = 7}},
	{{.to = 3, .rootid = 7},
	 {.revision = 3, .rootid = 7, .flags = 2},
	 CONVERT_CLEARED,
	 {.revision = 3, .rootid = 7}},
	{{.to = 3, .rootid = 7},
	 {.revision = 3, .rootid = 8},
	 CONVERT_OTHER_ROOTID,
	 {0}},
	{{.to = 3, .rootid = 7},
	 {.revision = 3, .rootid = UINT32_MAX, .flags = 2},
	 CONVERT_OTHER_ROOTID,
	 {0}},
	{{.to = 3, .rootid = 7, .replace_rootid = true},
	 {.revision = 3, .rootid = 8},
	 CONVERT_CHANGED,
	 {.revision = 3, .rootid = 7}},
	{{.to = 1},
	 {.revision = 2, .permitted = UINT32_MAX, .inheritable = UINT32_MAX},
	 CONVERT_CHANGED,
	 {.revision = 1, .permitted = UINT32_MAX, .inheritable = UINT32_MAX}},
	{{.to = 1},
	 {.revision = 2, .permitted = UINT64_C(1) << 32},
	 CONVERT_HIGH_BITS,
	 {0}},
	{{.to = 1},
	 {.revision = 2, .inheritable = UINT64_C(1) << 63},
	 CONVERT_HIGH_BITS,
	 {0}},
	{{.to = 1},
	 {.revision = 1, .permitted = 1},
	 CONVERT_UNCHANGED,
	 {.revision = 1, .permitted = 1}},
	{{.to = 1},
	 {.revision = 3, .permitted = 1, .rootid = 7},
	 CONVERT_CHANGED,
	 {.revision = 1, .permitted = 1}},
};

static void assert_equal(const struct vfscap *a, const struct vfscap *b)
{
	ck_assert_uint_eq(a->permitted, b->permitted);
	ck_assert_uint_eq(a->inheritable, b->inheritable);
	ck_assert_uint_eq(a->rootid, b->rootid);
	ck_assert_uint_eq(a->flags, b->flags);
	ck_assert_uint_eq(a->revision, b->revision);
	ck_assert_int_eq(a->effective, b->effective);
}

START_TEST(conversion)
{
	struct vfscap new;

	memset(&new, PAINT, sizeof(new));
	ck_assert_int_eq(convert_value(&conversions[_i].convert,
				       &conversions[_i].old, &new),
			 conversions[_i].result);
	if (conversions[_i].result == CONVERT_OTHER_ROOTID ||
	    conversions[_i].result == CONVERT_HIGH_BITS)
		ck_assert(painted(&new, sizeof(new)));
	else
		assert_equal(&new, &conversions[_i].new);
}
END_TEST

static struct vfscap any_value(uint64_t *state)
{
	struct vfscap c = {
		.permitted = suite_random(state),
		.inheritable = suite_random(state) & suite_random(state),
		.revision = (uint8_t)(1 + suite_below(state, 3)),
		.effective = suite_below(state, 2),
	};

	if (suite_below(state, 2) || c.revision == 1) {
		c.permitted &= UINT32_MAX;
		c.inheritable &= UINT32_MAX;
	}
	if (suite_below(state, 2))
		c.flags = (uint32_t)suite_random(state) & VFSCAP_FLAG_MASK;
	if (c.revision == 3)
		c.rootid = (uint32_t[]){0, 1, 7, 100000,
					UINT32_MAX}[suite_below(state, 5)];
	return c;
}

static void check_converted(const struct convert *convert,
			    const struct vfscap *old, const struct vfscap *new,
			    enum convert_result result)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	struct vfscap again;
	size_t size;

	expect(new->permitted == old->permitted &&new->inheritable ==
		       old->inheritable &&new->effective == old->effective,
	       "the sets changed");
	expect(new->revision == convert->to &&new->flags == 0, "not canonical");
	expect((result == CONVERT_CLEARED) == (old->flags != 0), "flags");
	expect(vfscap_encode(new, bytes, sizeof(bytes), &size) == 0,
	       "not to be encoded");
	expect(convert_value(convert, new, &again) == CONVERT_UNCHANGED,
	       "a second conversion changes something");
}

START_TEST(conversion_of_any)
{
	uint64_t state = suite_seed("change: conversion");

	for (int i = 0; i < 20000; i++) {
		struct convert convert = {.to = 1 + suite_below(&state, 3)};
		struct vfscap old = any_value(&state), new;
		enum convert_result result;

		if (convert.to == 3) {
			convert.rootid = 7;
			convert.replace_rootid = suite_below(&state, 2);
		}
		result = convert_value(&convert, &old, &new);
		if (result == CONVERT_HIGH_BITS)
			expect(convert.to == 1, "high bits");
		else if (result == CONVERT_OTHER_ROOTID)
			expect(old.rootid && !convert.replace_rootid, "rootid");
		else
			check_converted(&convert, &old, &new, result);
	}
}
END_TEST

/* --------------------------------- reasons ------------------------------- */

static const struct {
	int error;
	const char *says;
} reasons[] = {
	{-ELOOP, "ELOOP: a symbolic link"},
	{-EISDIR, "EISDIR: it is a directory"},
	{-ENXIO, "ENXIO: it is a device, FIFO or socket"},
	{-ESTALE, "ESTALE: it is not the file"},
	{-EAGAIN, "EAGAIN: its value was changed"},
	{-EROFS, "EROFS: the file system is mounted read-only"},
	{-ENODATA, "ENODATA: the file has no such attribute"},
	{-EOPNOTSUPP, "EOPNOTSUPP: the file system has no such"},
	{-ENOSPC, "ENOSPC: "},
	{VFSCAP_ERR_LEGACY, "cannot be written: "},
};

START_TEST(reason)
{
	char said[CHANGE_WHY_SIZE];

	change_why(reasons[_i].error, NULL, NULL, said);
	ck_assert_msg(strncmp(said, reasons[_i].says,
			      strlen(reasons[_i].says)) == 0,
		      "%s", said);
}
END_TEST

/* ---------------------------------- forms -------------------------------- */

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
	ck_assert(painted(out + FORM_HEX_SIZE(size),
			  sizeof(out) - FORM_HEX_SIZE(size)));
	memset(out, PAINT, sizeof(out));
	form_base64(bytes, size, out);
	ck_assert_str_eq(out, encodings[_i].base64);
	ck_assert(painted(out + FORM_BASE64_SIZE(size),
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
	ck_assert(painted(out + len, sizeof(out) - len));
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
	uint64_t state = suite_seed("change: bytes");
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
	uint64_t state = suite_seed("change: paths");
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
	ck_assert(painted(out + strlen(text), sizeof(out) - strlen(text)));
}
END_TEST

/* ---------------------------------- dumps -------------------------------- */

#define V2_HEX "0100000200200000000000000000000000000000"
#define V2 "security.capability=0x" V2_HEX "\n"
#define JSON(path, rel, rest) "{\"path\":" path ",\"rel\":" rel rest "}\n"
#define JSON_V2 ",\"value\":\"" V2_HEX "\",\"error\":null"

/* Literals that hold NULs: all of it but the last. */
#define TEXT(s) (s), sizeof(s) - 1

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
	{TEXT("# file: /\n" V2), DUMP_ANY, "/  20 2;"},
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
	ck_assert_msg(dump_read(path, good_dumps[_i].form, &listing, &dump,
				&fault) == 0,
		      "line %zu: %s", fault.line, fault.why);
	show(&dump, shown, sizeof(shown));
	ck_assert_str_eq(shown, good_dumps[_i].shown);
	dump_free(&dump);
	ck_assert_uint_eq(dump.count, 0);
}
END_TEST

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
	ck_assert_int_eq(dump_read(path, bad_dumps[_i].form, &listing, &dump,
				   &fault),
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
	} unreadable[] = {{"/nonexistent/dump", ENOENT}, {"/", EISDIR}};
	struct vfscap_listing listing;
	struct dump_fault fault;
	struct dump dump;

	vfscap_listing_builtin(&listing);
	ck_assert_int_eq(dump_read(unreadable[_i].path, DUMP_ANY, &listing,
				   &dump, &fault),
			 -1);
	ck_assert_int_eq(fault.error, unreadable[_i].error);
	ck_assert_uint_eq(fault.line, 0);
	ck_assert_uint_eq(dump.count, 0);
}
END_TEST

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
	ck_assert_int_eq(dump_read(file_of(text, (size_t)(at - text)), DUMP_ANY,
				   &listing, &dump, &fault),
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

/* ------------------------------- live files ------------------------------ */

static const struct vfscap v2 = {
	.permitted = NET_RAW,
	.revision = 2,
	.effective = true,
};

static int descriptors(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void plant(const char *path, const struct vfscap *cap)
{
	ck_assert_int_eq(vfscap_set_at(AT_FDCWD, path, cap, VFSCAP_EXPECT_ANY),
			 0);
}

/* A directory of its own for each test. */
static void make_files(void)
{
	char dir[] = "change.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(mkdir("dir", 0755), 0);
	ck_assert_int_eq(mkdir("dir/sub", 0755), 0);
	sandbox_write("file", "", 0);
	sandbox_write("dir/sub/file", "", 0);
	sandbox_write("dir/..file", "", 0);
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	ck_assert_int_eq(mknod("socket", S_IFSOCK | 0644, 0), 0);
	ck_assert_int_eq(mknod("device", S_IFCHR | 0644, 1 << 8 | 3), 0);
	ck_assert_int_eq(symlink("file", "link"), 0);
	ck_assert_int_eq(symlink("missing", "dangling"), 0);
	ck_assert_int_eq(symlink("dir", "dirlink"), 0);
	ck_assert_int_eq(symlink("sub", "dir/sublink"), 0);
	ck_assert_int_eq(symlink("/", "dir/root"), 0);
	alarm(30); /* a FIFO must not hang it */
}

static const struct opened {
	const char *path;
	int error;
} opened[] = {
	{"file", 0},
	{"dir/sub/file", 0},
	{"dirlink/sub/file", 0},
	{"dir/../file", 0},
	{"dir", EISDIR},
	{".", EISDIR},
	{"fifo", ENXIO},
	{"socket", ENXIO},
	{"device", ENXIO},
	{"link", ELOOP},
	{"dangling", ELOOP},
	{"dirlink", ELOOP},
	{"missing", ENOENT},
	{"", ENOENT},
	{"file/", ENOTDIR},
	{"file/file", ENOTDIR},
	{"/proc/version", 0},
};

START_TEST(open_by_name)
{
	struct change_file file;
	int before, error;

	make_files();
	before = descriptors();
	error = change_open(AT_FDCWD, opened[_i].path, NULL, &file);
	ck_assert_int_eq(error, -opened[_i].error);
	if (!error) {
		ck_assert_int_eq(file.now.have, CHANGE_NONE);
		ck_assert(S_ISREG(file.stat.st_mode));
		change_close(&file);
	}
	ck_assert_int_eq(descriptors(), before);
}
END_TEST

/* ELOOP stands for any refusal of a link on the way. */
static const struct opened beneath[] = {
	{"file", 0},
	{"/file", 0},
	{"dir/sub/file", 0},
	{"dir//sub///file", 0},
	{"./dir/./sub/file", 0},
	{"dir/..file", 0},
	{"link", ELOOP},
	{"dirlink", ELOOP},
	{"dirlink/sub/file", ELOOP},
	{"dir/sublink/file", ELOOP},
	{"dir/root/proc/version", ELOOP},
	{"dangling/file", ELOOP},
	{"..", EXDEV},
	{"../file", EXDEV},
	{"dir/..", EXDEV},
	{"dir/../file", EXDEV},
	{"missing/../file", ENOENT},
	{"/../file", EXDEV},
	{"", ENOENT},
	{"/", ENOENT},
	{".", EISDIR},
	{"dir", EISDIR},
	{"dir/sub", EISDIR},
	{"fifo", ENXIO},
	{"fifo/file", ENOTDIR},
	{"file/file", ENOTDIR},
	{"missing", ENOENT},
};

START_TEST(open_beneath)
{
	struct change_file file;
	int root, before, error;

	make_files();
	root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	before = descriptors();
	error = change_open_beneath(root, beneath[_i].path, NULL, &file);
	if (beneath[_i].error == ELOOP)
		ck_assert(error == -ELOOP || error == -ENOTDIR);
	else
		ck_assert_int_eq(error, -beneath[_i].error);
	if (!error)
		change_close(&file);
	ck_assert_int_eq(descriptors(), before);
}
END_TEST

static void open_beneath_long(size_t len, int error)
{
	char path[600] = "";
	struct change_file file;
	int root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	memset(path, 'x', len);
	ck_assert_int_eq(change_open_beneath(root, path, NULL, &file), error);
	strcpy(path + len, "/file");
	ck_assert_int_eq(change_open_beneath(root, path, NULL, &file), error);
}

START_TEST(open_beneath_long_names)
{
	make_files();
	open_beneath_long(255, -ENOENT);
	open_beneath_long(256, -ENAMETOOLONG);
	open_beneath_long(500, -ENAMETOOLONG);
}
END_TEST

START_TEST(open_descriptor)
{
	static const struct opened by_fd[] = {
		{"file", 0},	   {"dir", EISDIR},   {"fifo", ENXIO},
		{"socket", ENXIO}, {"device", ENXIO}, {"link", ELOOP},
	};

	make_files();
	for (size_t i = 0; i < ROWS(by_fd); i++) {
		int fd = open(by_fd[i].path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		struct change_file file;
		int error = change_open_fd(fd, NULL, &file);

		ck_assert_int_eq(error, -by_fd[i].error);
		if (!error)
			change_close(&file);
		ck_assert_int_ge(fcntl(fd, F_GETFD), 0); /* the caller's */
		close(fd);
	}
}
END_TEST

static void become_other_owner(void)
{
	ck_assert_int_eq(chown("file", 1, 0), 0);
}

static void become_other_group(void)
{
	ck_assert_int_eq(chown("file", 0, 1), 0);
}

static void become_other_file(void)
{
	sandbox_write("new", "", 0);
	ck_assert_int_eq(rename("new", "file"), 0);
}

static void become_link(void)
{
	ck_assert_int_eq(unlink("file"), 0);
	ck_assert_int_eq(symlink("dir/sub/file", "file"), 0);
}

static void become_fifo(void)
{
	ck_assert_int_eq(unlink("file"), 0);
	ck_assert_int_eq(mkfifo("file", 0644), 0);
}

static void stay(void)
{
	ck_assert_int_eq(chmod("file", 0700), 0);
	ck_assert_int_eq(link("file", "another name"), 0);
}

START_TEST(open_what_was_seen)
{
	static const struct {
		void (*become)(void);
		int error;
	} changes[] = {
		{stay, 0},
		{become_other_owner, ESTALE},
		{become_other_group, ESTALE},
		{become_other_file, ESTALE},
		{become_link, ELOOP},
		{become_fifo, ENXIO},
	};
	struct change_file file;
	struct stat seen;
	int error, root;

	make_files();
	root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(lstat("file", &seen), 0);
	changes[_i].become();
	error = change_open(AT_FDCWD, "file", &seen, &file);
	ck_assert_int_eq(error, -changes[_i].error);
	if (!error)
		change_close(&file);
	error = change_open_beneath(root, "file", &seen, &file);
	ck_assert_int_eq(error, -changes[_i].error);
	if (!error)
		change_close(&file);
}
END_TEST

/* ---------------------------------- writing ------------------------------ */

static const struct change_value nothing = {.have = CHANGE_NONE};
static const struct change_value is_v2 = {
	.have = CHANGE_VALUE,
	.cap = {.permitted = NET_RAW, .revision = 2, .effective = true},
};
static const struct change_value is_v3 = {
	.have = CHANGE_VALUE,
	.cap = {.permitted = NET_RAW,
		.rootid = 1000,
		.revision = 3,
		.effective = true},
};
static const struct change_value is_zero = {
	.have = CHANGE_VALUE,
	.cap = {.permitted = NET_RAW, .revision = 3, .effective = true},
};

static void put(const char *path, const struct change_value *value)
{
	if (value->have == CHANGE_VALUE)
		plant(path, &value->cap);
	else
		removexattr(path, VFSCAP_XATTR);
}

static void assert_has(const char *path, const struct change_value *value)
{
	struct change_file file;

	ck_assert_int_eq(change_open(AT_FDCWD, path, NULL, &file), 0);
	ck_assert(change_same(&file.now, value));
	change_close(&file);
}

static const struct change_value *const writable[] = {&nothing, &is_v2, &is_v3,
						      &is_zero};

START_TEST(apply)
{
	const struct change_value *old = writable[_i / (int)ROWS(writable)];
	const struct change_value *new = writable[_i % (int)ROWS(writable)];
	struct change_result result;
	struct change_file file;
	int error, before;

	make_files();
	put("file", old);
	before = descriptors();
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert(change_same(&file.now, old));
	error = change_apply(&file, new, NULL, new, &result);
	if (old->have == CHANGE_NONE && new->have == CHANGE_NONE) {
		ck_assert_int_eq(error, -ENODATA);
		ck_assert_int_eq(result.step, STEP_WRITE);
	} else {
		ck_assert_int_eq(error, 0);
		ck_assert(!result.rootid_differs);
		ck_assert(change_same(&file.now, new)); /* as read back */
	}
	change_close(&file);
	assert_has("file", new);
	ck_assert_int_eq(descriptors(), before);
}
END_TEST

/* Whatever is there between the look and the write, it stays. */
START_TEST(apply_to_what_has_changed)
{
	const struct change_value *old = writable[_i / (int)ROWS(writable)];
	const struct change_value *other = writable[_i % (int)ROWS(writable)];
	const struct change_value new = {
		.have = CHANGE_VALUE,
		.cap = {.revision = 2, .permitted = 1},
	};
	struct change_result result;
	struct change_file file;

	make_files();
	put("file", old);
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	put("file", other);
	if (change_same(old, other)) {
		ck_assert_int_eq(change_apply(&file, &new, NULL, &new, &result),
				 0);
		return;
	}
	ck_assert_int_eq(change_apply(&file, &new, NULL, &new, &result),
			 -EAGAIN);
	ck_assert_int_eq(result.step, STEP_CHECK);
	assert_has("file", other);
	ck_assert_int_eq(change_apply(&file, &nothing, NULL, &nothing, &result),
			 -EAGAIN);
	assert_has("file", other);
	change_close(&file);
}
END_TEST

/* A value that getxattr does not show can be replaced and removed, and one that
 * has become so since is left alone. */
START_TEST(apply_to_hidden)
{
	struct change_result result;
	struct change_file file;

	make_files();
	ck_assert_int_eq(setxattr("file", VFSCAP_XATTR, "", 0, 0), 0);
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert_int_eq(file.now.have, CHANGE_HIDDEN);
	ck_assert_int_eq(file.now.error, EINVAL);
	ck_assert_int_eq(change_apply(&file, &is_v2, NULL, &is_v2, &result), 0);
	assert_has("file", &is_v2);

	ck_assert_int_eq(setxattr("file", VFSCAP_XATTR, "", 0, 0), 0);
	ck_assert_int_eq(change_apply(&file, &is_v3, NULL, &is_v3, &result),
			 -EAGAIN);
	change_close(&file);

	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert_int_eq(change_apply(&file, &nothing, NULL, &nothing, &result),
			 0);
	change_close(&file);
	assert_has("file", &nothing);
}
END_TEST

/* What the kernel would refuse is refused before it is asked. */
START_TEST(apply_unwritable)
{
	static const struct {
		struct vfscap cap;
		int error;
	} unwritable[] = {
		{{.revision = 1, .permitted = 1}, VFSCAP_ERR_LEGACY},
		{{.revision = 2, .flags = 2}, VFSCAP_ERR_FLAGS},
		{{.revision = 2, .rootid = 5}, VFSCAP_ERR_ROOTID},
		{{.revision = 3, .rootid = UINT32_MAX},
		 VFSCAP_ERR_ROOTID_INVALID},
		{{.revision = 4}, VFSCAP_ERR_STRUCT},
	};
	const struct change_value new = {CHANGE_VALUE, 0, unwritable[_i].cap};
	struct change_result result;
	struct change_file file;

	make_files();
	plant("file", &v2);
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert_int_eq(change_apply(&file, &new, NULL, &new, &result),
			 unwritable[_i].error);
	change_close(&file);
	assert_has("file", &is_v2);
}
END_TEST

/* The file that is open is written, whatever its name means by now. */
START_TEST(apply_after_rename)
{
	struct change_result result;
	struct change_file file;

	make_files();
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert_int_eq(rename("file", "moved"), 0);
	ck_assert_int_eq(symlink("dir/sub/file", "file"), 0);
	ck_assert_int_eq(change_apply(&file, &is_v2, NULL, &is_v2, &result), 0);
	change_close(&file);
	assert_has("moved", &is_v2);
	assert_has("dir/sub/file", &nothing);
}
END_TEST

/* --------------------------------- privilege ----------------------------- */

static bool has(cap_value_t cap, cap_flag_t flag)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	cap_get_flag(caps, cap, flag, &value);
	cap_free(caps);
	return value == CAP_SET;
}

static void assert_privileges(bool write, bool output)
{
	ck_assert_int_eq(has(CAP_SETFCAP, CAP_PERMITTED), write);
	ck_assert_int_eq(has(CAP_FOWNER, CAP_PERMITTED), output);
	ck_assert_int_eq(has(CAP_DAC_OVERRIDE, CAP_PERMITTED), output);
	ck_assert(!has(CAP_SYS_ADMIN, CAP_PERMITTED));
	ck_assert(!has(CAP_CHOWN, CAP_PERMITTED));
	ck_assert(!has(CAP_SETUID, CAP_PERMITTED));
	ck_assert(!has(CAP_SETFCAP, CAP_EFFECTIVE));
	ck_assert(!has(CAP_FOWNER, CAP_EFFECTIVE));
	ck_assert(!has(CAP_DAC_OVERRIDE, CAP_EFFECTIVE));
	ck_assert(has(CAP_DAC_READ_SEARCH, CAP_EFFECTIVE));
}

START_TEST(privileges)
{
	bool write = _i & 1, output = _i & 2;

	ck_assert_int_eq(privilege_start(write, output), 0);
	assert_privileges(write, output);
	ck_assert_int_eq(privilege_permitted(CAP_SETFCAP), write);
	errno = 999;
	privilege_raise(CAP_SETFCAP);
	ck_assert_int_eq(has(CAP_SETFCAP, CAP_EFFECTIVE), write);
	privilege_lower(CAP_SETFCAP);
	ck_assert_int_eq(errno, 999);
	assert_privileges(write, output);
}
END_TEST

START_TEST(privilege_around_a_write)
{
	struct change_result result;
	struct change_file file;

	make_files();
	ck_assert_int_eq(change_open(AT_FDCWD, "file", NULL, &file), 0);
	ck_assert_int_eq(privilege_start(true, false), 0);
	ck_assert_int_eq(change_apply(&file, &is_v2, NULL, &is_v2, &result), 0);
	assert_privileges(true, false);
	ck_assert_int_eq(change_apply(&file, &is_v3, NULL, &is_v3, &result), 0);
	ck_assert_int_eq(privilege_start(false, false), 0);
	ck_assert_int_eq(change_apply(&file, &nothing, NULL, &nothing, &result),
			 -EPERM);
	ck_assert_int_eq(result.step, STEP_WRITE);
	assert_has("file", &is_v3);
}
END_TEST

/* ----------------------------------- main -------------------------------- */

static Suite *pure_suite(void)
{
	const struct {
		const TTest *test;
		size_t rows;
	} tests[] = {
		{widening, ROWS(values)},
		{sameness, ROWS(values)},
		{sameness_of_parts, ROWS(pairs)},
		{who_can_use_it, ROWS(values)},
		{conversion, ROWS(conversions)},
		{conversion_of_any, 1},
		{reason, ROWS(reasons)},
		{encoding, ROWS(encodings)},
		{byte_text, ROWS(byte_texts)},
		{bytes_of_any, 1},
		{path_shown, ROWS(paths)},
		{path_of_any_bytes, 1},
		{utf8_or_not, ROWS(utf8)},
		{unescaped, ROWS(escaped)},
		{good_dump, ROWS(good_dumps)},
		{bad_dump, ROWS(bad_dumps)},
		{unreadable_dump, 2},
		{long_dump, 1},
	};
	Suite *suite = suite_create("change");

	for (size_t i = 0; i < ROWS(tests); i++)
		suite_add(suite, tests[i].test, tests[i].rows);
	return suite;
}

static Suite *live_suite(void)
{
	const struct {
		const TTest *test;
		size_t rows;
	} tests[] = {
		{open_by_name, ROWS(opened)},
		{open_beneath, ROWS(beneath)},
		{open_beneath_long_names, 1},
		{open_descriptor, 1},
		{open_what_was_seen, 6},
		{apply, ROWS(writable) * ROWS(writable)},
		{apply_to_what_has_changed, ROWS(writable) * ROWS(writable)},
		{apply_to_hidden, 1},
		{apply_unwritable, 5},
		{apply_after_rename, 1},
		{privileges, 4},
		{privilege_around_a_write, 1},
	};
	Suite *suite = suite_create("change, live");

	for (size_t i = 0; i < ROWS(tests); i++)
		suite_add(suite, tests[i].test, tests[i].rows);
	return suite;
}

int main(void)
{
	static const char *const tools[] = {NULL};
	int status = suite_run(pure_suite());

	sandbox_enter("change, live", tools);
	return suite_run(live_suite()) || status;
}
