/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text form, against what libcap and setcap were measured to make of it. */
#include "suite.h"
#include "tsv.h"
#include "vfscap.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAINT 0xa5

static struct tsv text_tsv, last37_tsv, xattr_tsv, decode_tsv;
static struct vfscap_listing builtin, last37;
static uint64_t seed;

static bool same(const struct vfscap_sets *a, const struct vfscap_sets *b)
{
	return a->permitted == b->permitted &&
	       a->inheritable == b->inheritable && a->effective == b->effective;
}

static const char *words(const struct vfscap_sets *sets)
{
	static char text[2][100];
	static unsigned turn;
	char *at = text[turn++ % 2];

	snprintf(at, sizeof(text[0]),
		 "p %016" PRIx64 " i %016" PRIx64 " e %016" PRIx64,
		 sets->permitted, sets->inheritable, sets->effective);
	return at;
}

static bool painted(const void *area, size_t size)
{
	const uint8_t *b = area;

	for (size_t i = 0; i < size; i++)
		if (b[i] != PAINT)
			return false;
	return true;
}

/* The text is copied to memory of its very size, so that sanitizers and
 * valgrind see a read past the end. */
static int parse(const char *text, const struct vfscap_listing *listing,
		 struct vfscap_sets *sets, struct vfscap_where *where)
{
	char *exact = strdup(text);
	int error;

	expect(exact, "no memory");
	memset(sets, PAINT, sizeof(*sets));
	error = vfscap_text_parse(exact, listing, sets, where);
	expect(!error || painted(sets, sizeof(*sets)),
	       "'%s': failed, and changed its output", suite_quote(text));
	free(exact);
	return error;
}

static const char *format(const struct vfscap_sets *sets,
			  const struct vfscap_listing *listing)
{
	static char text[VFSCAP_TEXT_SIZE];

	expect(vfscap_text_format(sets, listing, text, sizeof(text)) == 0,
	       "%s: too long a text", words(sets));
	return text;
}

/* --------------------------- what libcap measured ------------------------ */

static struct vfscap_sets row_sets(const struct tsv *tsv, size_t row)
{
	return (struct vfscap_sets){
		.permitted = tsv_mask(tsv_get(tsv, row, "p_mask_hex")),
		.inheritable = tsv_mask(tsv_get(tsv, row, "i_mask_hex")),
		.effective = tsv_mask(tsv_get(tsv, row, "e_mask_hex")),
	};
}

static void check_row(const struct tsv *tsv, size_t row,
		      const struct vfscap_listing *listing)
{
	const char *canonical = tsv_get(tsv, row, "canonical_text");
	struct vfscap_sets sets, want;
	char text[4096];
	int error;

	tsv_unescape(tsv_get(tsv, row, "input"), text, sizeof(text));
	error = parse(text, listing, &sets, NULL);
	if (strcmp(canonical, "ERROR") == 0) {
		ck_assert_msg(error, "'%s': no error", suite_quote(text));
		return;
	}
	ck_assert_msg(!error, "'%s': error %d", suite_quote(text), error);
	want = row_sets(tsv, row);
	ck_assert_msg(same(&sets, &want), "'%s': %s, expected %s",
		      suite_quote(text), words(&sets), words(&want));
	ck_assert_str_eq(format(&sets, listing), canonical);

	ck_assert_int_eq(parse(canonical, listing, &sets, NULL), 0);
	ck_assert_msg(same(&sets, &want), "'%s': %s, expected %s", canonical,
		      words(&sets), words(&want));
}

START_TEST(libcap_text)
{
	check_row(&text_tsv, (size_t)_i, &builtin);
}
END_TEST

START_TEST(libcap_text_of_older_kernel)
{
	check_row(&last37_tsv, (size_t)_i, &last37);
}
END_TEST

/* The other way round, from bytes to a text. */
START_TEST(libcap_text_of_bytes)
{
	size_t row = (size_t)_i;
	const char *want = tsv_get(&decode_tsv, row, "lib_text");
	struct vfscap cap;
	struct vfscap_sets sets;
	uint8_t b[64];
	size_t size =
		tsv_bytes(tsv_get(&decode_tsv, row, "raw_hex"), b, sizeof(b));

	if (vfscap_decode_lenient(b, size, &cap)) {
		ck_assert_msg(strncmp(want, "ERROR", 5) == 0, "%s: no error",
			      tsv_get(&decode_tsv, row, "name"));
		return;
	}
	vfscap_to_sets(&cap, &sets);
	ck_assert_str_eq(format(&sets, &builtin), want);
}
END_TEST

/* --------------------------- what setcap stored -------------------------- */

/* No attribute can hold such sets; setcap stores some as something else. */
static int expected_refusal(const struct vfscap_sets *sets)
{
	uint64_t behind = sets->permitted | sets->inheritable;

	if (sets->effective == 0 || sets->effective == behind)
		return 0;
	return behind ? VFSCAP_ERR_EFFECTIVE : VFSCAP_ERR_BEHIND;
}

struct xattr_row {
	char text[4096];
	uint32_t rootid;
	bool stored;	     /* setcap stored it */
	const char *hex;     /* what it stored */
	const char *text_of; /* and how getcap -n prints that */
};

static struct xattr_row xattr_row(size_t row)
{
	struct xattr_row r = {
		.rootid = (uint32_t)strtoul(
			tsv_get(&xattr_tsv, row, "rootid_arg"), NULL, 10),
		.stored = strcmp(tsv_get(&xattr_tsv, row, "setcap_exit"),
				 "0") == 0,
		.hex = tsv_get(&xattr_tsv, row, "xattr_hex"),
		.text_of = tsv_get(&xattr_tsv, row, "getcap_n_text"),
	};

	tsv_unescape(tsv_get(&xattr_tsv, row, "input"), r.text, sizeof(r.text));
	return r;
}

static void check_stored(const struct xattr_row *r, const struct vfscap *cap)
{
	uint8_t want[64], b[VFSCAP_SIZE_MAX];
	size_t size = tsv_bytes(r->hex, want, sizeof(want)), used;
	char text[VFSCAP_TEXT_SIZE + 32], rootid[32] = "";
	struct vfscap_sets sets;

	ck_assert_int_eq(vfscap_encode(cap, b, sizeof(b), &used), 0);
	ck_assert_msg(used == size && memcmp(b, want, size) == 0,
		      "'%s' -n %u: not the bytes %s", suite_quote(r->text),
		      (unsigned)r->rootid, r->hex);

	vfscap_to_sets(cap, &sets);
	if (r->rootid)
		snprintf(rootid, sizeof(rootid), " [rootid=%u]",
			 (unsigned)r->rootid);
	snprintf(text, sizeof(text), "%s%s", format(&sets, &builtin), rootid);
	ck_assert_str_eq(text, r->text_of);
}

START_TEST(setcap_text)
{
	struct xattr_row r = xattr_row((size_t)_i);
	struct vfscap_sets sets;
	struct vfscap cap;
	int error, refusal;

	if (parse(r.text, &builtin, &sets, NULL)) {
		ck_assert_msg(!r.stored, "'%s': setcap stores it",
			      suite_quote(r.text));
		return;
	}
	memset(&cap, PAINT, sizeof(cap));
	refusal = expected_refusal(&sets);
	error = vfscap_from_sets(&sets, r.rootid, &cap);
	ck_assert_msg(error == refusal, "'%s': error %d, expected %d",
		      suite_quote(r.text), error, refusal);
	if (refusal) {
		ck_assert_msg(painted(&cap, sizeof(cap)),
			      "'%s': failed, and changed its output",
			      suite_quote(r.text));
		return;
	}
	ck_assert_msg(r.stored, "'%s': setcap does not store it",
		      suite_quote(r.text));
	check_stored(&r, &cap);
}
END_TEST

/* Rows that setcap stores and we refuse: they are to be no more than these. */
#define STORED_OTHERWISE 5

START_TEST(setcap_stores_otherwise)
{
	int refused = 0;

	for (size_t row = 0; row < xattr_tsv.rows; row++) {
		struct xattr_row r = xattr_row(row);
		struct vfscap_sets sets;

		if (r.stored && !parse(r.text, &builtin, &sets, NULL) &&
		    expected_refusal(&sets))
			refused++;
	}
	printf("text: of %zu rows, setcap stores %d as something else\n",
	       xattr_tsv.rows, refused);
	fflush(stdout);
	ck_assert_int_eq(refused, STORED_OTHERWISE);
}
END_TEST

/* ----------------------------- sets and values --------------------------- */

#define ALL UINT64_MAX
#define INVALID VFSCAP_ROOTID_INVALID

static const struct {
	struct vfscap_sets sets;
	uint32_t rootid;
	int error;
	uint8_t revision;
	bool effective;
} from[] = {
	/* permitted, inheritable, effective */
	{{0, 0, 0}, 0, 0, 2, false},
	{{0, 0, 0}, 1000, 0, 3, false},
	{{1, 0, 0}, 0, 0, 2, false},
	{{1, 0, 1}, 0, 0, 2, true},
	{{0, 1, 1}, 0, 0, 2, true},
	{{1, 2, 3}, 1, 0, 3, true},
	{{3, 3, 3}, 0xfffffffe, 0, 3, true},
	{{ALL, ALL, ALL}, 0, 0, 2, true},
	{{ALL, 0, 0}, 0, 0, 2, false},
	{{1, 0, 1}, INVALID, VFSCAP_ERR_ROOTID_INVALID, 0, false},
	{{0, 0, 0}, INVALID, VFSCAP_ERR_ROOTID_INVALID, 0, false},
	{{0, 0, 1}, 0, VFSCAP_ERR_BEHIND, 0, false},
	{{0, 0, ALL}, 1000, VFSCAP_ERR_BEHIND, 0, false},
	{{3, 0, 1}, 0, VFSCAP_ERR_EFFECTIVE, 0, false},
	{{1, 0, 3}, 0, VFSCAP_ERR_EFFECTIVE, 0, false},
	{{1, 2, 1}, 0, VFSCAP_ERR_EFFECTIVE, 0, false},
	{{1, 2, 2}, 0, VFSCAP_ERR_EFFECTIVE, 0, false},
	{{1, 0, 2}, 0, VFSCAP_ERR_EFFECTIVE, 0, false},
	{{ALL, 0, ALL >> 1}, 0, VFSCAP_ERR_EFFECTIVE, 0, false},
};

START_TEST(from_sets)
{
	const struct vfscap_sets *sets = &from[_i].sets;
	struct vfscap_sets again;
	struct vfscap cap;
	int error;

	memset(&cap, PAINT, sizeof(cap));
	error = vfscap_from_sets(sets, from[_i].rootid, &cap);
	ck_assert_msg(error == from[_i].error, "%s: error %d, expected %d",
		      words(sets), error, from[_i].error);
	if (error) {
		ck_assert(painted(&cap, sizeof(cap)));
		return;
	}
	ck_assert_uint_eq(cap.revision, from[_i].revision);
	ck_assert_uint_eq(cap.rootid, from[_i].rootid);
	ck_assert_uint_eq(cap.effective, from[_i].effective);
	ck_assert_uint_eq(cap.flags, 0);
	vfscap_to_sets(&cap, &again);
	ck_assert_msg(same(sets, &again), "%s came back as %s", words(sets),
		      words(&again));
}
END_TEST

/* -------------------------------- bad texts ------------------------------ */

#define LIST VFSCAP_ERR_TEXT_LIST
#define NAME VFSCAP_ERR_TEXT_NAME
#define NUMBER VFSCAP_ERR_TEXT_NUMBER
#define OP VFSCAP_ERR_TEXT_OP
#define FLAG VFSCAP_ERR_TEXT_FLAG
#define WORD VFSCAP_ERR_TEXT_WORD

static const struct {
	const char *text;
	int error;
	struct vfscap_where where;
} bad[] = {
	{"+p", LIST, {0, 1}},
	{"-p", LIST, {0, 1}},
	{"+", LIST, {0, 1}},
	{"-", LIST, {0, 1}},
	{"  +p", LIST, {2, 1}},
	{"cap_chown=p +i", LIST, {12, 1}},
	{"=+p", LIST, {1, 1}},
	{"=-", LIST, {1, 1}},
	{"=p+i", LIST, {2, 1}},
	{"=ep-e", LIST, {3, 1}},
	{"= =p+", LIST, {4, 1}},

	{"cap_bogus=p", NAME, {0, 9}},
	{"  cap_bogus=p", NAME, {2, 9}},
	{"cap_chown,cap_bogus=p", NAME, {10, 9}},
	{"cap_chown=p cap_bogus", NAME, {12, 9}},
	{"chown=p", NAME, {0, 5}},
	{"cap_", NAME, {0, 4}},
	{"_cap_chown=p", NAME, {0, 10}},
	{"cap_chownx=p", NAME, {0, 10}},
	{"cap_chown0=p", NAME, {0, 10}},
	{"allx=p", NAME, {0, 4}},
	{"all_=p", NAME, {0, 4}},
	{"al=p", NAME, {0, 2}},
	{"e", NAME, {0, 1}},
	{"p+p", NAME, {0, 1}},
	{"cap_sys_admin_but_longer_than_any_name_may_be=p", NAME, {0, 45}},
	{"cap_\xc3\xa9=p", NAME, {0, 4}},

	{"cap_chown,=p", WORD, {10, 1}},
	{"cap_chown, cap_kill=p", WORD, {10, 1}},
	{"cap_chown,", WORD, {10, 0}},
	{"cap_chown,,cap_kill=p", WORD, {10, 1}},
	{",cap_chown=p", WORD, {0, 1}},
	{";", WORD, {0, 1}},
	{"=p ;", WORD, {3, 1}},
	{"\xc3\xa9=p", WORD, {0, 1}},
	{"\xa0=p", WORD, {0, 1}},
	{"\x01", WORD, {0, 1}},
	{"cap_chown,+p", WORD, {10, 1}},
	{"=p \"cap_kill=p\"", WORD, {3, 1}},

	{"64=p", NUMBER, {0, 2}},
	{"cap_chown,64=p", NUMBER, {10, 2}},
	{"0x40=p", NUMBER, {0, 4}},
	{"0X7f,1=p", NUMBER, {0, 4}},
	{"0100=p", NUMBER, {0, 4}},
	{"99", NUMBER, {0, 2}},
	{"4294967296=p", NUMBER, {0, 10}},
	{"18446744073709551616=p", NUMBER, {0, 20}},
	{"18446744073709551617=p", NUMBER, {0, 20}},
	{"0x10000000000000000=p", NUMBER, {0, 19}},

	{"cap_chown", OP, {9, 0}},
	{"all", OP, {3, 0}},
	{"cap_chown,cap_kill", OP, {18, 0}},
	{"cap_chown =p", OP, {9, 1}},
	{"cap_chown p", OP, {9, 1}},
	{"cap_chown;cap_kill=p", OP, {9, 1}},
	{"cap_chown\xc3\xa9=p", OP, {9, 1}},
	{"cap-chown=p", NAME, {0, 3}},
	{"7", OP, {1, 0}},
	{"0x=p", OP, {1, 1}},
	{"0xg=p", OP, {1, 1}},
	{"08=p", OP, {1, 1}},
	{"1.5=p", OP, {1, 1}},
	{"12_=p", OP, {2, 1}},
	{"1cap=p", OP, {1, 1}},
	{"0x1fg=p", OP, {4, 1}},

	{"cap_chown+", FLAG, {10, 0}},
	{"cap_chown-", FLAG, {10, 0}},
	{"cap_chown+ p", FLAG, {10, 1}},
	{"cap_chown+=p", FLAG, {10, 1}},
	{"cap_chown=+", FLAG, {11, 0}},
	{"cap_chown=-", FLAG, {11, 0}},
	{"cap_chown=p+", FLAG, {12, 0}},
	{"cap_chown=p+i-", FLAG, {14, 0}},
	{"cap_chown=p+-i", FLAG, {12, 1}},
	{"cap_chown=p+i=e", FLAG, {13, 1}},
	{"cap_chown=p=i", FLAG, {11, 1}},
	{"cap_chown=x", FLAG, {10, 1}},
	{"cap_chown=P", FLAG, {10, 1}},
	{"cap_chown=pE", FLAG, {11, 1}},
	{"cap_chown=p,cap_kill=p", FLAG, {11, 1}},
	{"cap_chown=p;", FLAG, {11, 1}},
	{"cap_chown=p\xa0", FLAG, {11, 1}},
	{"==", FLAG, {1, 1}},
	{"=x", FLAG, {1, 1}},
	{"=cap_chown", FLAG, {1, 1}},
	{"=ep;", FLAG, {3, 1}},
	{"=1", FLAG, {1, 1}},

	{"ALL_CAP=p", NAME, {0, 7}},
	{"ALL_CAPS_=p", NAME, {0, 9}},
	{"ALL_CAPSX=p", NAME, {0, 9}},
	{"ALL_CAPS1=p", NAME, {0, 9}},
	{"ALLCAPS=p", NAME, {0, 7}},
	{"ALL-CAPS=p", FLAG, {4, 1}},
	{"ALL_CAPS", OP, {8, 0}},
};

START_TEST(bad_text)
{
	const char *text = bad[_i].text;
	struct vfscap_sets sets;
	struct vfscap_where where = {77, 77};
	int error = parse(text, &builtin, &sets, &where);

	ck_assert_msg(error == bad[_i].error, "'%s': error %d, expected %d",
		      suite_quote(text), error, bad[_i].error);
	ck_assert_msg(where.offset == bad[_i].where.offset &&
			      where.length == bad[_i].where.length,
		      "'%s': %zu bytes at %zu, expected %zu at %zu",
		      suite_quote(text), where.length, where.offset,
		      bad[_i].where.length, bad[_i].where.offset);
	ck_assert_int_eq(parse(text, &builtin, &sets, NULL), error);
}
END_TEST

/* ----------------------- where we differ from libcap --------------------- */

static const struct {
	const char *text, *as;
} all_caps[] = {
	{"ALL_CAPS=p", "all=p"},
	{"all_caps=p", "all=p"},
	{"All_Caps+ep", "all+ep"},
	{"aLL_cAPS,cap_chown=p", "all,cap_chown=p"},
	{"63,ALL_CAPS=p", "63,all=p"},
	{"ALL_CAPS,63=p", "all,63=p"},
	{"ALL_CAPS,all=p", "all=p"},
	{"=ep ALL_CAPS-e", "=ep all-e"},
	{"ALL_CAPS=", "all="},
};

START_TEST(all_caps_is_all)
{
	struct vfscap_sets sets, want;

	ck_assert_int_eq(parse(all_caps[_i].text, &builtin, &sets, NULL), 0);
	ck_assert_int_eq(parse(all_caps[_i].as, &builtin, &want, NULL), 0);
	ck_assert_msg(same(&sets, &want), "'%s': %s, expected %s",
		      all_caps[_i].text, words(&sets), words(&want));
}
END_TEST

/* ------------------------------- any listing ----------------------------- */

/* Names as long as can be, for as many capabilities as can be. */
static void long_listing(struct vfscap_listing *listing)
{
	memset(listing, 0, sizeof(*listing));
	listing->known = UINT64_MAX;
	for (unsigned cap = 0; cap < VFSCAP_BITS; cap++)
		snprintf(listing->name[cap], VFSCAP_NAME_SIZE,
			 "cap_%02u_xxxxxxxxxxxxxxxxxxxxxxxx", cap);
}

/* Gaps, and names beyond it. */
static void odd_listing(struct vfscap_listing *listing)
{
	vfscap_listing_builtin(listing);
	listing->known = UINT64_C(0x8000000f0f0f0f00);
	listing->name[8][0] = '\0';
	strcpy(listing->name[63], "cap_last");
}

static const struct maker {
	const char *what;
	void (*make)(struct vfscap_listing *listing);
} makers[] = {
	{"builtin", vfscap_listing_builtin},
	{"long", long_listing},
	{"odd", odd_listing},
};

static uint64_t any_set(uint64_t *state)
{
	uint64_t some = suite_random(state);

	switch (suite_below(state, 5)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return some & suite_random(state) & suite_random(state);
	case 3:
		return some | suite_random(state) | suite_random(state);
	default:
		return some;
	}
}

static struct vfscap_sets any_sets(uint64_t *state)
{
	return (struct vfscap_sets){any_set(state), any_set(state),
				    any_set(state)};
}

/* Every text that is made fits, and says again what it was made from. */
START_TEST(sets_survive)
{
	struct vfscap_listing listing;
	uint64_t state = seed;

	makers[_i].make(&listing);
	for (int i = 0; i < 20000; i++) {
		struct vfscap_sets sets = any_sets(&state), again;
		const char *text = format(&sets, &listing);
		int error = parse(text, &listing, &again, NULL);

		expect(error == 0 && same(&sets, &again),
		       "%s: %s: '%s' came back as %s, error %d",
		       makers[_i].what, words(&sets), text, words(&again),
		       error);
	}
}
END_TEST

/* ------------------------------ small buffers ---------------------------- */

/* The buffer has its very size, so that a write past the end is seen; what of
 * it was not needed keeps its paint. */
static void check_buffer(const struct vfscap_sets *sets, const char *text,
			 size_t size)
{
	size_t len = strlen(text), kept;
	char *buf = malloc(size ? size : 1);
	int error;

	expect(buf, "no memory");
	memset(buf, PAINT, size);
	error = vfscap_text_format(sets, &builtin, buf, size);
	expect(error == (size > len ? 0 : VFSCAP_ERR_BUFFER),
	       "'%s' into %zu: error %d", text, size, error);
	if (size > 0) {
		expect(memchr(buf, '\0', size), "'%s' into %zu: no NUL", text,
		       size);
		kept = strlen(buf);
		expect(strncmp(buf, text, kept) == 0 && (error || !text[kept]),
		       "'%s' into %zu: '%s'", text, size, buf);
		expect(painted(buf + kept + 1, size - kept - 1),
		       "'%s' into %zu: wrote beyond", text, size);
	}
	free(buf);
}

static const char *const fitted[] = {
	"",
	"cap_chown=ep",
	"=ep",
	"= 63+p",
	"=eip cap_chown-i cap_fowner-e cap_kill-p",
	"=ep 41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60+ep",
	("0,1,2,3,4,5,6,7,8,9,10,11,12=p 14,15,16,17,18,19,20,21,22,23,24,25=i "
	 "28,29,30,31,32,33=e 42,44,46=ip 43,63=e 0=eip 1=ei 2="),
};

START_TEST(buffer_of_any_size)
{
	struct vfscap_sets sets;
	char text[VFSCAP_TEXT_SIZE];

	ck_assert_int_eq(parse(fitted[_i], &builtin, &sets, NULL), 0);
	strcpy(text, format(&sets, &builtin));
	for (size_t size = 0; size <= strlen(text) + 20; size++)
		check_buffer(&sets, text, size);
}
END_TEST

START_TEST(buffer_of_no_size)
{
	struct vfscap_sets sets = {1, 1, 1};
	char byte = PAINT & 0x7f;

	ck_assert_int_eq(vfscap_text_format(&sets, &builtin, &byte, 0),
			 VFSCAP_ERR_BUFFER);
	ck_assert_int_eq(byte, PAINT & 0x7f);
}
END_TEST

/* --------------------------- whatever the locale ------------------------- */

/* Each byte where a blank may stand, and where a flag may. */
static void check_bytes(void)
{
	for (int c = 1; c < 256; c++) {
		bool space = c == ' ' || (c >= '\t' && c <= '\r');
		bool flag = c == 'e' || c == 'i' || c == 'p';
		char before[] = "?cap_kill=p", after[] = "cap_kill=p?";
		struct vfscap_sets sets;

		before[0] = after[sizeof(after) - 2] = (char)c;
		expect(!parse(before, &builtin, &sets, NULL) == space, "'%s'",
		       suite_quote(before));
		expect(!parse(after, &builtin, &sets, NULL) == (space || flag),
		       "'%s'", suite_quote(after));
	}
}

/* Each byte in a name: no other is the capital of the one that stands there. */
static void check_letters(void)
{
	static const char name[] = "cap_linux_immutable=i";
	struct vfscap_sets sets;

	for (size_t at = 0; name[at] != '='; at++) {
		for (int c = 1; c < 256; c++) {
			char text[sizeof(name)];
			bool same_letter =
				c == name[at] ||
				(name[at] != '_' && c == name[at] - 'a' + 'A');

			memcpy(text, name, sizeof(name));
			text[at] = (char)c;
			expect(!parse(text, &builtin, &sets, NULL) ==
				       same_letter,
			       "'%s'", suite_quote(text));
		}
	}
}

static void check_everything(void)
{
	check_bytes();
	check_letters();
	for (size_t row = 0; row < text_tsv.rows; row++)
		check_row(&text_tsv, row, &builtin);
	for (size_t row = 0; row < last37_tsv.rows; row++)
		check_row(&last37_tsv, row, &last37);
}

START_TEST(locale_of_c)
{
	check_everything();
}
END_TEST

static int run(const char *command, const char *dir)
{
	char line[PATH_MAX + 200];

	snprintf(line, sizeof(line), command, dir);
	return system(line);
}

/*
 * Turkish in Latin-5 has letters above 0x7f, and I is not the capital of i. No
 * system has it ready, so it is made, where there is something to make it from.
 * There are C libraries that take every name of a locale, and have none.
 */
static bool make_turkish(char *dir)
{
	if (!mkdtemp(dir) || run("localedef -i tr_TR -f ISO-8859-9 "
				 "'%s'/tr_TR.ISO-8859-9 >/dev/null 2>&1",
				 dir))
		return false;
	setenv("LOCPATH", dir, 1);
	return setlocale(LC_ALL, "tr_TR.ISO-8859-9") && tolower('I') != 'i';
}

START_TEST(locale_of_turkish)
{
	char dir[] = "/tmp/vfscap-locale-XXXXXX";
	bool made = make_turkish(dir);

	run("rm -rf '%s'", dir);
	if (!made) {
		suite_skip("locale", "there is no Turkish to be had here");
		return;
	}
	ck_assert(isalpha(0xe7));
	check_everything();
	setlocale(LC_ALL, "C");
}
END_TEST

/* ------------------------------------------------------------------------- */

static void load(void)
{
	tsv_load(&text_tsv, "text.tsv");
	tsv_load(&last37_tsv, "text-lastcap37.tsv");
	tsv_load(&xattr_tsv, "xattr.tsv");
	tsv_load(&decode_tsv, "decode.tsv");
	vfscap_listing_builtin(&builtin);
	vfscap_listing_last_cap(&last37, 37);
	seed = suite_seed("text");
}

static void unload(void)
{
	tsv_free(&text_tsv);
	tsv_free(&last37_tsv);
	tsv_free(&xattr_tsv);
	tsv_free(&decode_tsv);
}

int main(void)
{
	Suite *suite = suite_create("text");
	int status;

	load();
	suite_add(suite, libcap_text, text_tsv.rows);
	suite_add(suite, libcap_text_of_older_kernel, last37_tsv.rows);
	suite_add(suite, libcap_text_of_bytes, decode_tsv.rows);
	suite_add(suite, setcap_text, xattr_tsv.rows);
	suite_add(suite, setcap_stores_otherwise, 1);
	suite_add(suite, from_sets, ROWS(from));
	suite_add(suite, bad_text, ROWS(bad));
	suite_add(suite, all_caps_is_all, ROWS(all_caps));
	suite_add(suite, sets_survive, ROWS(makers));
	suite_add(suite, buffer_of_any_size, ROWS(fitted));
	suite_add(suite, buffer_of_no_size, 1);
	suite_add(suite, locale_of_c, 1);
	suite_add(suite, locale_of_turkish, 1);
	status = suite_run(suite);
	unload();
	return status;
}
