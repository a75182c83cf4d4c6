/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The codec against the kernel's two readers, written down a second time. */
#include "suite.h"
#include "tsv.h"
#include "vfscap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAINT 0xa5

/* A struct vfscap as a row of tables has it. */
#define CAP(rev, e, p, i, root, f)                               \
	{                                                        \
		.revision = rev, .effective = e, .permitted = p, \
		.inheritable = i, .rootid = root, .flags = f     \
	}

static struct tsv decode_tsv;
static uint64_t seed;

/* ----------------------------- the reference ----------------------------- */

/* What execve says, by length and revision alone. */
static int exec_errno(const uint8_t *b, size_t size)
{
	if (size > 24)
		return ERANGE;
	if (size < 4)
		return EINVAL;
	return (b[3] == 1 && size == 12) || (b[3] == 2 && size == 20) ||
			       (b[3] == 3 && size == 24)
		       ? 0
		       : EINVAL;
}

/* The header test of getxattr: the whole first word, but for its lowest bit. */
static bool getxattr_shows(const uint8_t *b, size_t size)
{
	static const uint8_t v2[4] = {0, 0, 0, 2}, v3[4] = {0, 0, 0, 3};
	uint8_t header[4];

	if (size != 20 && size != 24)
		return false;
	memcpy(header, b, 4);
	header[0] &= 0xfe;
	return memcmp(header, size == 20 ? v2 : v3, 4) == 0;
}

/* The first error that applies, in the order that the header promises. */
static int expected_error(const uint8_t *b, size_t size, bool strict)
{
	static const size_t right_size[256] = {[1] = 12, [2] = 20, [3] = 24};

	if (size < 4)
		return size ? VFSCAP_ERR_SHORT : VFSCAP_ERR_EMPTY;
	if (size > 24)
		return VFSCAP_ERR_LONG;
	if (right_size[b[3]] == 0)
		return VFSCAP_ERR_REVISION;
	if (right_size[b[3]] != size)
		return VFSCAP_ERR_LENGTH;
	if (strict && b[3] == 1)
		return VFSCAP_ERR_LEGACY;
	if (strict && !getxattr_shows(b, size))
		return VFSCAP_ERR_FLAGS;
	return 0;
}

/* @n bits from bit @from on, counted from the lowest of the first byte; those
 * past the end are 0. */
static uint64_t bits(const uint8_t *b, size_t size, unsigned from, unsigned n)
{
	uint64_t bits = 0;

	while (n-- > 0) {
		unsigned at = from + n;

		bits <<= 1;
		if (at / 8 < size)
			bits |= b[at / 8] >> at % 8 & 1;
	}
	return bits;
}

static struct vfscap expected_value(const uint8_t *b, size_t size)
{
	return (struct vfscap){
		.revision = b[3],
		.effective = b[0] & 1,
		.flags = (uint32_t)bits(b, size, 0, 24) & ~UINT32_C(1),
		.permitted = bits(b, size, 32, 32) | bits(b, size, 96, 32)
							     << 32,
		.inheritable = bits(b, size, 64, 32) | bits(b, size, 128, 32)
							       << 32,
		.rootid = (uint32_t)bits(b, size, 160, 32),
	};
}

/* ------------------------------- in words -------------------------------- */

static const char *hex(const uint8_t *b, size_t size)
{
	static char text[2 * 64 + 1];

	text[0] = '\0';
	for (size_t i = 0; i < size && i < 64; i++)
		sprintf(text + 2 * i, "%02x", (unsigned)b[i]);
	return text;
}

static const char *words(const struct vfscap *cap)
{
	static char text[2][200];
	static unsigned turn;
	char *at = text[turn++ % 2];

	snprintf(at, sizeof(text[0]),
		 "{revision %u, effective %d, flags %" PRIx32
		 ", permitted %016" PRIx64 ", inheritable %016" PRIx64
		 ", rootid %" PRIu32 "}",
		 (unsigned)cap->revision, cap->effective, cap->flags,
		 cap->permitted, cap->inheritable, cap->rootid);
	return at;
}

static bool same(const struct vfscap *a, const struct vfscap *b)
{
	return a->revision == b->revision && a->effective == b->effective &&
	       a->flags == b->flags && a->permitted == b->permitted &&
	       a->inheritable == b->inheritable && a->rootid == b->rootid;
}

static bool painted(const void *area, size_t size)
{
	const uint8_t *b = area;

	for (size_t i = 0; i < size; i++)
		if (b[i] != PAINT)
			return false;
	return true;
}

/* ------------------------------ one value -------------------------------- */

typedef int decoder(const void *value, size_t size, struct vfscap *cap);

static void check_decoder(decoder *decode, const uint8_t *b, size_t size,
			  bool strict)
{
	const char *which = strict ? "strict" : "lenient";
	int expected = expected_error(b, size, strict), error;
	struct vfscap cap, want;

	memset(&cap, PAINT, sizeof(cap));
	error = decode(b, size, &cap);
	expect(error == expected, "%s %s: error %d, expected %d", hex(b, size),
	       which, error, expected);
	if (error) {
		expect(painted(&cap, sizeof(cap)),
		       "%s %s: failed, and changed its output", hex(b, size),
		       which);
		return;
	}
	want = expected_value(b, size);
	expect(same(&cap, &want), "%s %s: %s, expected %s", hex(b, size), which,
	       words(&cap), words(&want));
}

static void check_same_bytes(const uint8_t *b, size_t size)
{
	uint8_t again[VFSCAP_SIZE_MAX];
	struct vfscap cap;
	size_t used = 0;

	if (vfscap_decode_lenient(b, size, &cap))
		return;
	expect(vfscap_encode(&cap, again, sizeof(again), &used) == 0 &&
		       used == size && memcmp(again, b, size) == 0,
	       "%s: encoded as %s", hex(b, size), hex(again, used));
}

/* All that can be said of any bytes. They are copied to memory of their very
 * size, so that sanitizers and valgrind see a read past the end. */
static void check_value(const uint8_t *value, size_t size)
{
	uint8_t *b = malloc(size ? size : 1);
	struct vfscap cap;
	int lenient, strict;

	expect(b, "no memory");
	memcpy(b, value, size);
	check_decoder(vfscap_decode_lenient, b, size, false);
	check_decoder(vfscap_decode_strict, b, size, true);
	check_same_bytes(b, size);

	lenient = vfscap_decode_lenient(b, size, &cap);
	strict = vfscap_decode_strict(b, size, &cap);
	expect((strict == 0) == getxattr_shows(b, size), "%s: strict error %d",
	       hex(b, size), strict);
	expect((lenient == 0) == (exec_errno(b, size) == 0),
	       "%s: lenient error %d", hex(b, size), lenient);
	expect(-vfscap_exec_errno(lenient) == exec_errno(b, size) &&
		       -vfscap_exec_errno(strict) == exec_errno(b, size),
	       "%s: execve says %d", hex(b, size), exec_errno(b, size));
	free(b);
}

/* ------------------------------ known answers ---------------------------- */

static const struct known {
	const char *hex;
	struct vfscap cap;
} known[] = {
	{"000000010004000000000000", CAP(1, 0, 0x400, 0, 0, 0)},
	{"010000017856341278563492", CAP(1, 1, 0x12345678, 0x92345678, 0, 0)},
	{"feffff010000008000000000", CAP(1, 0, 0x80000000, 0, 0, 0xfffffe)},
	{"0000000200000000000000000000000000000000", CAP(2, 0, 0, 0, 0, 0)},
	{"0100000200000000000000000000000000000000", CAP(2, 1, 0, 0, 0, 0)},
	{"01000002030201000706050413121110f7161514",
	 CAP(2, 1, 0x1011121300010203, 0x141516f704050607, 0, 0)},
	{"010000020000000000000000feffffff00feffff",
	 CAP(2, 1, 0xfffffffe00000000, 0xfffffe0000000000, 0, 0)},
	{"0300000201000000000000000000000000000000", CAP(2, 1, 1, 0, 0, 2)},
	{"0000800201000000000000000000000000000000",
	 CAP(2, 0, 1, 0, 0, 0x800000)},
	{"000000030100000002000000030000000400000000000000",
	 CAP(3, 0, 0x300000001, 0x400000002, 0, 0)},
	{"0100000301000000000000000000000000000000a1860100",
	 CAP(3, 1, 1, 0, 100001, 0)},
	{"0100000301000000000000000000000000000000feffffff",
	 CAP(3, 1, 1, 0, 0xfffffffe, 0)},
	{"0100000301000000000000000000000000000000ffffffff",
	 CAP(3, 1, 1, 0, 0xffffffff, 0)},
};

START_TEST(known_answer)
{
	const struct known *k = &known[_i];
	uint8_t b[VFSCAP_SIZE_MAX], encoded[VFSCAP_SIZE_MAX];
	size_t size = tsv_bytes(k->hex, b, sizeof(b)), used = 0;
	struct vfscap cap;

	check_value(b, size);
	ck_assert_int_eq(vfscap_decode_lenient(b, size, &cap), 0);
	ck_assert_msg(same(&cap, &k->cap), "%s: %s, expected %s", k->hex,
		      words(&cap), words(&k->cap));
	ck_assert_int_eq(
		vfscap_encode(&k->cap, encoded, sizeof(encoded), &used), 0);
	ck_assert_msg(used == size && memcmp(encoded, b, size) == 0,
		      "%s: encoded as %s", k->hex, hex(encoded, used));
}
END_TEST

/* ---------------------------- one field broken --------------------------- */

#define V1 "010000010102040810204080"
#define V2 "0100000201020408102040800100000002000000"
#define V3 "0100000301020408102040800100000002000000e8030000"
#define ZERO8 "0000000000000000"

static const struct broken {
	const char *what;
	const char *hex;
	int strict, lenient;
} broken[] = {
	{"good v2", V2, 0, 0},
	{"good v3", V3, 0, 0},
	{"good v1", V1, VFSCAP_ERR_LEGACY, 0},

	{"v1, no flag", "00000001" ZERO8, VFSCAP_ERR_LEGACY, 0},
	{"v1, flag 1", "02000001" ZERO8, VFSCAP_ERR_LEGACY, 0},
	{"v2, flag 1", "03000002" ZERO8 ZERO8, VFSCAP_ERR_FLAGS, 0},
	{"v2, flag 23", "00008002" ZERO8 ZERO8, VFSCAP_ERR_FLAGS, 0},
	{"v3, flag 8", "00010003" ZERO8 ZERO8 "e8030000", VFSCAP_ERR_FLAGS, 0},

	{"nothing", "", VFSCAP_ERR_EMPTY, VFSCAP_ERR_EMPTY},
	{"1 byte", "01", VFSCAP_ERR_SHORT, VFSCAP_ERR_SHORT},
	{"3 bytes", "010000", VFSCAP_ERR_SHORT, VFSCAP_ERR_SHORT},
	{"v1, header alone", "01000001", VFSCAP_ERR_LENGTH, VFSCAP_ERR_LENGTH},
	{"v2, header alone", "01000002", VFSCAP_ERR_LENGTH, VFSCAP_ERR_LENGTH},
	{"v3, header alone", "01000003", VFSCAP_ERR_LENGTH, VFSCAP_ERR_LENGTH},
	{"v1, a byte more", V1 "00", VFSCAP_ERR_LENGTH, VFSCAP_ERR_LENGTH},
	{"v1, size of v2", V1 ZERO8, VFSCAP_ERR_LENGTH, VFSCAP_ERR_LENGTH},
	{"v2, a byte more", V2 "00", VFSCAP_ERR_LENGTH, VFSCAP_ERR_LENGTH},
	{"v2, size of v3", V2 "e8030000", VFSCAP_ERR_LENGTH, VFSCAP_ERR_LENGTH},
	{"v2, size of v1", "01000002" ZERO8, VFSCAP_ERR_LENGTH,
	 VFSCAP_ERR_LENGTH},
	{"v3, size of v2", "01000003" ZERO8 ZERO8, VFSCAP_ERR_LENGTH,
	 VFSCAP_ERR_LENGTH},
	{"v3, a byte more", V3 "00", VFSCAP_ERR_LONG, VFSCAP_ERR_LONG},
	{"revision 0, a byte more", "00000000" ZERO8 ZERO8 "0000000000",
	 VFSCAP_ERR_LONG, VFSCAP_ERR_LONG},

	{"revision 0", "01000000" ZERO8 ZERO8, VFSCAP_ERR_REVISION,
	 VFSCAP_ERR_REVISION},
	{"revision 4", "01000004" ZERO8 ZERO8 "e8030000", VFSCAP_ERR_REVISION,
	 VFSCAP_ERR_REVISION},
	{"revision 255, header alone", "000000ff", VFSCAP_ERR_REVISION,
	 VFSCAP_ERR_REVISION},
	{"v2, big-endian", "02000001" ZERO8 ZERO8, VFSCAP_ERR_LENGTH,
	 VFSCAP_ERR_LENGTH},
	{"v2, big-endian, no flag", "02000000" ZERO8 ZERO8, VFSCAP_ERR_REVISION,
	 VFSCAP_ERR_REVISION},
};

START_TEST(broken_field)
{
	const struct broken *r = &broken[_i];
	uint8_t b[32];
	size_t size = tsv_bytes(r->hex, b, sizeof(b));
	struct vfscap cap;

	check_value(b, size);
	ck_assert_msg(vfscap_decode_strict(b, size, &cap) == r->strict,
		      "%s: strict %d", r->what,
		      vfscap_decode_strict(b, size, &cap));
	ck_assert_msg(vfscap_decode_lenient(b, size, &cap) == r->lenient,
		      "%s: lenient %d", r->what,
		      vfscap_decode_lenient(b, size, &cap));
}
END_TEST

static const char *const good[] = {V1, V2, V3};

START_TEST(every_bit)
{
	uint8_t b[VFSCAP_SIZE_MAX];
	size_t size = tsv_bytes(good[_i], b, sizeof(b));

	for (size_t bit = 0; bit < 8 * size; bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		check_value(b, size);
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

START_TEST(every_cut)
{
	uint8_t b[VFSCAP_SIZE_MAX];
	size_t size = tsv_bytes(good[_i], b, sizeof(b));

	while (size-- > 0)
		check_value(b, size);
}
END_TEST

START_TEST(every_length_and_revision)
{
	static const uint8_t flags[][3] = {
		{0, 0, 0}, {1, 0, 0},	 {2, 0, 0},	  {3, 0, 0},
		{0, 1, 0}, {0, 0, 0x80}, {0xfe, 0xff, 0}, {0xff, 0xff, 0xff},
	};
	uint8_t b[40];

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(i * 37 + 11);
	for (unsigned revision = 0; revision < 256; revision++) {
		for (size_t i = 0; i < ROWS(flags); i++) {
			memcpy(b, flags[i], 3);
			b[3] = (uint8_t)revision;
			check_value(b, (size_t)_i);
		}
	}
}
END_TEST

START_TEST(null_of_no_size)
{
	struct vfscap cap;

	ck_assert_int_eq(vfscap_decode_lenient(NULL, 0, &cap),
			 VFSCAP_ERR_EMPTY);
	ck_assert_int_eq(vfscap_decode_strict(NULL, 0, &cap), VFSCAP_ERR_EMPTY);
}
END_TEST

/* -------------------------------- encoding ------------------------------- */

static const struct refused {
	const char *what;
	struct vfscap cap;
	int error;
} refused[] = {
	{"revision 0", CAP(0, 0, 0, 0, 0, 0), VFSCAP_ERR_STRUCT},
	{"revision 4", CAP(4, 0, 0, 0, 0, 0), VFSCAP_ERR_STRUCT},
	{"revision 255", CAP(255, 0, 0, 0, 0, 0), VFSCAP_ERR_STRUCT},
	{"flag 0", CAP(2, 0, 0, 0, 0, 1), VFSCAP_ERR_STRUCT},
	{"flag 0, effective", CAP(2, 1, 0, 0, 0, 1), VFSCAP_ERR_STRUCT},
	{"flag 24", CAP(2, 0, 0, 0, 0, 0x1000000), VFSCAP_ERR_STRUCT},
	{"flag 31", CAP(3, 0, 0, 0, 0, 0x80000000), VFSCAP_ERR_STRUCT},
	{"v1, permitted 32", CAP(1, 0, 0x100000000, 0, 0, 0),
	 VFSCAP_ERR_HIGH_BITS},
	{"v1, permitted 63", CAP(1, 0, 0x8000000000000000, 0, 0, 0),
	 VFSCAP_ERR_HIGH_BITS},
	{"v1, inheritable 32", CAP(1, 0, 0, 0x100000000, 0, 0),
	 VFSCAP_ERR_HIGH_BITS},
	{"v1, rootid", CAP(1, 0, 0, 0, 1, 0), VFSCAP_ERR_ROOTID},
	{"v2, rootid", CAP(2, 0, 0, 0, 1000, 0), VFSCAP_ERR_ROOTID},
	{"v2, rootid -1", CAP(2, 0, 0, 0, 0xffffffff, 0), VFSCAP_ERR_ROOTID},
};

START_TEST(encode_refuses)
{
	const struct refused *r = &refused[_i];
	uint8_t area[VFSCAP_SIZE_MAX];
	size_t used = 77;
	int error;

	memset(area, PAINT, sizeof(area));
	error = vfscap_encode(&r->cap, area, sizeof(area), &used);
	ck_assert_msg(error == r->error, "%s: error %d, expected %d", r->what,
		      error, r->error);
	ck_assert_msg(painted(area, sizeof(area)) && used == 77,
		      "%s: failed, and changed its output", r->what);
}
END_TEST

/* A good value of each revision into a buffer of each size, amid paint. */
START_TEST(encode_stays_inside)
{
	enum { BEFORE = 16, AREA = 64 };
	uint8_t area[AREA], b[VFSCAP_SIZE_MAX];
	size_t size = (size_t)_i;

	for (size_t i = 0; i < ROWS(good); i++) {
		size_t needed = tsv_bytes(good[i], b, sizeof(b));
		bool fits = size >= needed;
		size_t wrote = fits ? needed : 0, used = 77;
		struct vfscap cap;
		int error;

		memset(area, PAINT, sizeof(area));
		ck_assert_int_eq(vfscap_decode_lenient(b, needed, &cap), 0);
		error = vfscap_encode(&cap, area + BEFORE, size, &used);
		ck_assert_msg(error == (fits ? 0 : VFSCAP_ERR_BUFFER),
			      "%s into %zu: error %d", good[i], size, error);
		ck_assert_uint_eq(used, fits ? needed : 77);
		ck_assert_msg(painted(area, BEFORE) &&
				      painted(area + BEFORE + wrote,
					      AREA - BEFORE - wrote),
			      "%s into %zu: wrote elsewhere", good[i], size);
		ck_assert_mem_eq(area + BEFORE, b, wrote);
	}
}
END_TEST

/* ------------------------------ round trips ------------------------------ */

static uint64_t any_set(uint64_t *state)
{
	uint64_t some = suite_random(state);

	switch (suite_below(state, 6)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return UINT64_C(1) << some % 64;
	case 3: /* what no kernel has a name for yet */
		return some << 41;
	case 4:
		return some & suite_random(state) & suite_random(state);
	default:
		return some;
	}
}

static uint32_t any_of(uint64_t *state, const uint32_t *values, unsigned count)
{
	unsigned i = suite_below(state, count + 1);

	return i < count ? values[i] : (uint32_t)suite_random(state);
}

/* Any value that some revision can hold. */
static struct vfscap any_value(uint64_t *state)
{
	static const uint32_t rootids[] = {
		0, 1, 1000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
	static const uint32_t flags[] = {0, 0, 0, 2, 0x800000, 0xfffffe};
	struct vfscap cap = {
		.revision = (uint8_t)(1 + suite_below(state, 3)),
		.effective = suite_below(state, 2),
		.permitted = any_set(state),
		.inheritable = any_set(state),
	};

	cap.flags = any_of(state, flags, ROWS(flags)) & VFSCAP_FLAG_MASK;
	if (cap.revision == 3)
		cap.rootid = any_of(state, rootids, ROWS(rootids));
	if (cap.revision == 1) {
		cap.permitted &= UINT32_MAX;
		cap.inheritable &= UINT32_MAX;
	}
	return cap;
}

#define BATCHES 10
#define BATCH 10000

START_TEST(values_survive)
{
	static const size_t sizes[] = {[1] = 12, [2] = 20, [3] = 24};
	uint64_t state = seed + (unsigned)_i;

	for (int i = 0; i < BATCH; i++) {
		struct vfscap cap = any_value(&state), again = {0};
		uint8_t b[VFSCAP_SIZE_MAX];
		size_t used = 0;
		int error = vfscap_encode(&cap, b, sizeof(b), &used);

		expect(error == 0 && used == sizes[cap.revision],
		       "%s: error %d, %zu bytes", words(&cap), error, used);
		check_value(b, used);
		error = vfscap_decode_lenient(b, used, &again);
		expect(error == 0 && same(&cap, &again),
		       "%s came back as %s, error %d", words(&cap),
		       words(&again), error);
	}
}
END_TEST

/* Bytes of a likely size with a likely header, and else anything. */
START_TEST(bytes_survive)
{
	static const size_t sizes[] = {12, 20, 24};
	uint64_t state = seed + BATCHES + (unsigned)_i;

	for (int i = 0; i < BATCH; i++) {
		unsigned which = suite_below(&state, 4);
		size_t size =
			which < 3 ? sizes[which] : suite_below(&state, 41);
		uint8_t b[40];

		for (size_t at = 0; at < sizeof(b); at++)
			b[at] = (uint8_t)suite_random(&state);
		if (which < 3)
			b[3] = (uint8_t)(which + 1);
		check_value(b, size);
	}
}
END_TEST

/* --------------------------- what a value means -------------------------- */

#define R(name) VFSCAP_REMARK_##name
#define KNOWN UINT64_C(0x1ffffffffff)

static const struct remarked {
	struct vfscap cap;
	unsigned remarks;
} remarked[] = {
	{CAP(2, 0, 1, 0, 0, 0), 0},
	{CAP(2, 1, KNOWN, 0, 0, 0), 0},
	{CAP(3, 0, 0, 1, 1, 0), 0},
	{CAP(3, 0, 0, 1, 0xfffffffe, 0), 0},
	{CAP(1, 0, 1, 0, 0, 0), R(LEGACY)},
	{CAP(2, 0, 1, 0, 0, 2), R(FLAGS)},
	{CAP(1, 0, 1, 0, 0, 0x800000), R(LEGACY) | R(FLAGS)},
	{CAP(3, 0, 1, 0, 0, 0), R(ROOTID_ZERO)},
	{CAP(3, 0, 1, 0, 0xffffffff, 0), R(ROOTID_INVALID)},
	{CAP(2, 0, KNOWN + 1, 0, 0, 0), R(UNKNOWN)},
	{CAP(2, 0, 0, 0x8000000000000000, 0, 0), R(UNKNOWN)},
	{CAP(2, 0, 0, 0, 0, 0), R(EMPTY)},
	{CAP(2, 1, 0, 0, 0, 0), R(EFFECTIVE_EMPTY)},
	{CAP(3, 0, 0, 0, 0, 0), R(EMPTY) | R(ROOTID_ZERO)},
	{CAP(1, 1, 0, 0, 0, 2), R(LEGACY) | R(FLAGS) | R(EFFECTIVE_EMPTY)},
};

START_TEST(remarks)
{
	const struct remarked *r = &remarked[_i];
	unsigned got = vfscap_remarks(&r->cap, KNOWN);

	ck_assert_msg(got == r->remarks, "%s: %x, expected %x", words(&r->cap),
		      got, r->remarks);
}
END_TEST

START_TEST(remarks_by_listing)
{
	struct vfscap cap = {.revision = 2, .permitted = 1, .inheritable = 2};

	ck_assert_uint_eq(vfscap_remarks(&cap, 0), R(UNKNOWN));
	ck_assert_uint_eq(vfscap_remarks(&cap, 1), R(UNKNOWN));
	ck_assert_uint_eq(vfscap_remarks(&cap, 2), R(UNKNOWN));
	ck_assert_uint_eq(vfscap_remarks(&cap, 3), 0);
	ck_assert_uint_eq(vfscap_remarks(&cap, UINT64_MAX), 0);
}
END_TEST

/* The flags go, all of them, and nothing else does. */
START_TEST(canonical)
{
	uint64_t state = seed;

	for (int i = 0; i < BATCH; i++) {
		struct vfscap was = any_value(&state), cap = was;
		uint32_t cleared = vfscap_canonical(&cap);

		expect(cleared == was.flags, "%s: cleared %x", words(&was),
		       (unsigned)cleared);
		expect(cap.flags == 0, "%s: not all cleared", words(&was));
		cap.flags = was.flags;
		expect(same(&cap, &was), "%s became %s", words(&was),
		       words(&cap));
	}
}
END_TEST

static const struct pair {
	const char *what;
	struct vfscap a, b;
	bool equivalent;
} pairs[] = {
	{"same", CAP(2, 0, 1, 0, 0, 0), CAP(2, 0, 1, 0, 0, 0), true},
	{"v3 of rootid 0", CAP(2, 0, 1, 0, 0, 0), CAP(3, 0, 1, 0, 0, 0), true},
	{"v1 and v2", CAP(1, 1, 1, 0, 0, 0), CAP(2, 1, 1, 0, 0, 0), true},
	{"flags", CAP(2, 0, 0, 0, 0, 2), CAP(2, 0, 0, 0, 0, 4), true},
	{"permitted", CAP(2, 0, 1, 0, 0, 0), CAP(2, 0, 3, 0, 0, 0), false},
	{"permitted above 31", CAP(2, 0, 1, 0, 0, 0),
	 CAP(2, 0, 0x100000001, 0, 0, 0), false},
	{"inheritable", CAP(2, 0, 0, 1, 0, 0), CAP(2, 0, 0, 0, 0, 0), false},
	{"other set", CAP(2, 0, 0, 1, 0, 0), CAP(2, 0, 1, 0, 0, 0), false},
	{"effective", CAP(2, 1, 0, 0, 0, 0), CAP(2, 0, 0, 0, 0, 0), false},
	{"rootid", CAP(3, 0, 0, 0, 1, 0), CAP(3, 0, 0, 0, 2, 0), false},
	{"rootid or none", CAP(3, 0, 0, 0, 1, 0), CAP(2, 0, 0, 0, 0, 0), false},
};

START_TEST(equivalent)
{
	const struct pair *p = &pairs[_i];

	ck_assert_msg(vfscap_equivalent(&p->a, &p->b) == p->equivalent &&
			      vfscap_equivalent(&p->b, &p->a) == p->equivalent,
		      "%s: not %d", p->what, p->equivalent);
}
END_TEST

static const struct {
	int error, exec;
} execs[] = {
	{0, 0},
	{VFSCAP_ERR_EMPTY, EINVAL},
	{VFSCAP_ERR_SHORT, EINVAL},
	{VFSCAP_ERR_LENGTH, EINVAL},
	{VFSCAP_ERR_REVISION, EINVAL},
	{VFSCAP_ERR_LONG, ERANGE},
	{VFSCAP_ERR_LEGACY, 0},
	{VFSCAP_ERR_FLAGS, 0},
};

START_TEST(exec_errnos)
{
	ck_assert_int_eq(-vfscap_exec_errno(execs[_i].error), execs[_i].exec);
}
END_TEST

/* ------------------------------ errors in words -------------------------- */

static const struct {
	int error;
	const char *name;
} errors[] = {
	{VFSCAP_ERR_EMPTY, "VFSCAP_ERR_EMPTY"},
	{VFSCAP_ERR_KEPT_INSIDE, "VFSCAP_ERR_KEPT_INSIDE"},
	{-ENODATA, "ENODATA"},
	{-ENOEXEC, "ENOEXEC"},
	{-ENOSYS, "ENOSYS"},
	{0, NULL},
	{15, NULL},
	{ENODATA, NULL},
	{-4095, NULL},
};

/* Each that has a name has a sentence; all others share one, but for 0. */
START_TEST(error_words)
{
	int error = errors[_i].error;
	const char *name = vfscap_error_name(error);
	const char *words = vfscap_strerror(error);
	bool unknown = strcmp(words, "unknown error") == 0;

	ck_assert(!name == !errors[_i].name);
	if (name)
		ck_assert_str_eq(name, errors[_i].name);
	ck_assert_int_eq(unknown, !name && error != 0);
	ck_assert_int_eq(strcmp(words, "no error") == 0, error == 0);
}
END_TEST

/* ------------------------- what the kernel measured ---------------------- */

/* The process that was measured lacked capability 24 in its bounding set, and
 * in the second run had these inheritable. */
#define BOUNDING UINT64_C(0x1fffeffffff)
#define INHERITABLE UINT64_C(0x3007)

static const char *row_name(size_t row)
{
	return tsv_get(&decode_tsv, row, "name");
}

/* libcap reads by length and revision, as execve does. */
static void check_libcap(size_t row, int error, const struct vfscap *cap)
{
	const char *p = tsv_get(&decode_tsv, row, "lib_p");
	struct vfscap_sets sets;

	if (strcmp(p, "-") == 0) {
		ck_assert_msg(error, "%s: libcap refuses it", row_name(row));
		return;
	}
	ck_assert_msg(!error, "%s: error %d", row_name(row), error);
	vfscap_to_sets(cap, &sets);
	ck_assert_uint_eq(sets.permitted, tsv_mask(p));
	ck_assert_uint_eq(sets.inheritable,
			  tsv_mask(tsv_get(&decode_tsv, row, "lib_i")));
	ck_assert_uint_eq(sets.effective,
			  tsv_mask(tsv_get(&decode_tsv, row, "lib_e")));
	ck_assert_uint_eq(cap->rootid,
			  strtoul(tsv_get(&decode_tsv, row, "lib_nsowner"),
				  NULL, 10));
}

/* getxattr says EOVERFLOW of a rootid without a name, after the header test. */
static void check_getxattr(size_t row, int error, const struct vfscap *cap)
{
	const char *answer = tsv_get(&decode_tsv, row, "kernel_getxattr");
	bool hidden = strcmp(answer, "EINVAL") == 0;

	ck_assert_msg(hidden == (error != 0), "%s: getxattr %s, strict %d",
		      row_name(row), answer, error);
	if (strcmp(answer, "EOVERFLOW") == 0)
		ck_assert_uint_eq(cap->rootid, VFSCAP_ROOTID_INVALID);
	else if (!hidden)
		ck_assert_str_eq(answer, tsv_get(&decode_tsv, row, "raw_hex"));
}

static void check_exec(size_t row, const char *column, int error,
		       const struct vfscap *cap, uint64_t inheritable)
{
	const char *answer = tsv_get(&decode_tsv, row, column);
	uint64_t granted;
	char expected[64];

	if (strcmp(answer, "EXEC_FAIL:Invalid argument") == 0) {
		ck_assert_int_eq(-vfscap_exec_errno(error), EINVAL);
		return;
	}
	if (strcmp(answer, "EXEC_FAIL:Numerical result out of range") == 0) {
		ck_assert_int_eq(-vfscap_exec_errno(error), ERANGE);
		return;
	}
	ck_assert_msg(!error, "%s: %s, error %d", row_name(row), answer, error);
	if (!cap->rootid && cap->effective &&
	    cap->permitted & KNOWN & ~BOUNDING) {
		ck_assert_str_eq(answer, "EXEC_FAIL:Operation not permitted");
		return;
	}
	granted =
		(cap->permitted & BOUNDING) | (cap->inheritable & inheritable);
	if (cap->rootid)
		granted = 0;
	snprintf(expected, sizeof(expected), "P=%" PRIx64 " E=%" PRIx64,
		 granted, cap->effective ? granted : 0);
	ck_assert_msg(strcmp(answer, expected) == 0, "%s: %s, expected %s",
		      row_name(row), answer, expected);
}

START_TEST(measured)
{
	size_t row = (size_t)_i;
	struct vfscap lenient = {0}, strict = {0};
	uint8_t b[64];
	size_t size =
		tsv_bytes(tsv_get(&decode_tsv, row, "raw_hex"), b, sizeof(b));
	int error = vfscap_decode_lenient(b, size, &lenient);

	check_value(b, size);
	check_libcap(row, error, &lenient);
	check_exec(row, "exec_uid65534_inh0", error, &lenient, 0);
	check_exec(row, "exec_uid65534_inh_0_1_2_12_13", error, &lenient,
		   INHERITABLE);
	error = vfscap_decode_strict(b, size, &strict);
	check_getxattr(row, error, &strict);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("codec");
	int status;

	tsv_load(&decode_tsv, "decode.tsv");
	seed = suite_seed("codec");
	suite_add(suite, known_answer, ROWS(known));
	suite_add(suite, broken_field, ROWS(broken));
	suite_add(suite, every_bit, ROWS(good));
	suite_add(suite, every_cut, ROWS(good));
	suite_add(suite, every_length_and_revision, 41);
	suite_add(suite, null_of_no_size, 1);
	suite_add(suite, encode_refuses, ROWS(refused));
	suite_add(suite, encode_stays_inside, 33);
	suite_add(suite, values_survive, BATCHES);
	suite_add(suite, bytes_survive, BATCHES);
	suite_add(suite, remarks, ROWS(remarked));
	suite_add(suite, remarks_by_listing, 1);
	suite_add(suite, canonical, 1);
	suite_add(suite, equivalent, ROWS(pairs));
	suite_add(suite, exec_errnos, ROWS(execs));
	suite_add(suite, error_words, ROWS(errors));
	suite_add(suite, measured, decode_tsv.rows);
	status = suite_run(suite);
	tsv_free(&decode_tsv);
	return status;
}
