/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What widens, conversion, and the reasons that are given. */
#include "change/change.h"
#include "ns/ns.h"
#include "suite.h"
#include "values.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#define NET_RAW (UINT64_C(1) << 13)

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
		ck_assert(value_painted(&new, sizeof(new)));
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
	{-EXDEV, "EXDEV: '..' in a path"},
	{-ENOENT, "ENOENT: there is no such file"},
	{-EIO, "EIO: the device or file system failed, or another value"},
	{-ENOSYS, "ENOSYS: /proc is not mounted"},
	{-EACCES, "EACCES: a directory on the way cannot be searched"},
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

/* What the kernel shows for an id that has no name, unless told otherwise. */
#define UNMAPPED 65534

static const struct {
	uid_t uid;
	gid_t gid;
	const char *says;
} owners[] = {
	{0, 0, "EPERM: the kernel or a security module does not allow it"},
	{UNMAPPED, 0, "EPERM: the file's uid is not mapped"},
	{0, UNMAPPED, "EPERM: the file's gid is not mapped"},
	{UNMAPPED, UNMAPPED, "EPERM: the file's uid is not mapped"},
};

START_TEST(reason_of_owner)
{
	FILE *some = tmpfile();
	const struct change_file file = {
		.fd = fileno(some),
		.stat = {.st_uid = owners[_i].uid, .st_gid = owners[_i].gid},
	};
	const char *says = privilege_permitted(CAP_SETFCAP)
				   ? owners[_i].says
				   : "EPERM: cap_setfcap is not permitted to "
				     "this process in user namespace user:[";
	char said[CHANGE_WHY_SIZE];

	change_why(-EPERM, &file, NULL, said);
	ck_assert_msg(strncmp(said, says, strlen(says)) == 0, "%s", said);
	fclose(some);
}
END_TEST

START_TEST(reason_of_rootid)
{
	struct change_value new = {.have = CHANGE_VALUE,
				   .cap = {.revision = 3, .rootid = 7}};
	char said[CHANGE_WHY_SIZE];
	struct vfscap_idmap map;
	bool initial = ns_caller(&map) == 0 && ns_initial(&map);

	change_why(-EINVAL, NULL, &new, said);
	ck_assert_ptr_eq(strstr(said, "EINVAL: rootid 7 is not mapped"), said);
	new.cap.rootid = 0;
	change_why(-EINVAL, NULL, &new, said);
	ck_assert_ptr_eq(strstr(said, initial ? "EINVAL: the mount is idmapped"
					      : "EINVAL: uid 0 is not mapped"),
			 said);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *change_suite(void)
{
	Suite *suite = suite_create("change");

	suite_add(suite, widening, ROWS(values));
	suite_add(suite, sameness, ROWS(values));
	suite_add(suite, sameness_of_parts, ROWS(pairs));
	suite_add(suite, who_can_use_it, ROWS(values));
	suite_add(suite, conversion, ROWS(conversions));
	suite_add(suite, conversion_of_any, 1);
	suite_add(suite, reason, ROWS(reasons));
	suite_add(suite, reason_of_owner, ROWS(owners));
	suite_add(suite, reason_of_rootid, 1);
	return suite;
}

int main(void)
{
	return suite_run(change_suite());
}
