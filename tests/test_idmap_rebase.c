/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Re-basing: values from one namespace to another, by tables and both ways. */
#include "suite.h"
#include "userns_maps.h"
#include "vfscap.h"

#include <stdlib.h>
#include <string.h>

#define A "0:100000:65536"
#define B "0:300000:65536"

static uint64_t seed;

/* A value in a few letters, "v3e/2:1000": revision, effective flag, other
 * flags, rootid. The sets are always the same ones, and fit every revision. */
static struct vfscap value_of(const char *text)
{
	struct vfscap c = {.permitted = 0x2001, .inheritable = 0x80000000};

	c.revision = (uint8_t)(text[1] - '0');
	c.effective = text[2] == 'e';
	if (strchr(text, '/'))
		c.flags = (uint32_t)strtoul(strchr(text, '/') + 1, NULL, 16);
	if (strchr(text, ':'))
		c.rootid = (uint32_t)strtoul(strchr(text, ':') + 1, NULL, 10);
	return c;
}

static bool identical(const struct vfscap *a, const struct vfscap *b)
{
	return a->revision == b->revision && a->effective == b->effective &&
	       a->flags == b->flags && a->rootid == b->rootid &&
	       a->permitted == b->permitted && a->inheritable == b->inheritable;
}

enum { CLAIM = 1, KEEP = 2, DROP = 4 };

#define SAME VFSCAP_REBASED_SAME
#define CHANGED VFSCAP_REBASED_CHANGED
#define KEPT VFSCAP_REBASED_KEPT
#define DROPPED VFSCAP_REBASED_DROPPED
#define FROM VFSCAP_ERR_UNMAPPED_FROM
#define TO VFSCAP_ERR_UNMAPPED_TO
#define INSIDE VFSCAP_ERR_KEPT_INSIDE

/* From the outside ids of the one map to those of the other; no map: inside. */
static const struct rebasing {
	const char *from;
	const char *to;
	unsigned options;
	const char *old;
	int result; /* an error, or what was done */
	const char *new_value;
} rebasings[] = {
	/* To the inside view. What counts everywhere goes on doing so. */
	{A, NULL, 0, "v1", SAME, "v1"},
	{A, NULL, 0, "v1e/fffffe", SAME, "v1e/fffffe"},
	{A, NULL, 0, "v2", SAME, "v2"},
	{A, NULL, 0, "v2e", SAME, "v2e"},
	{A, NULL, CLAIM, "v2e", SAME, "v2e"},
	{A, NULL, 0, "v3:0", SAME, "v3:0"},
	{A, NULL, 0, "v3e/2:0", SAME, "v3e/2:0"},
	{A, NULL, 0, "v3:100000", CHANGED, "v2"},
	{A, NULL, 0, "v3e:100000", CHANGED, "v2e"},
	{A, NULL, CLAIM, "v3e:100000", CHANGED, "v2e"},
	{A, NULL, 0, "v3e/80:100000", CHANGED, "v2e/80"},
	{A, NULL, 0, "v3:100001", CHANGED, "v3:1"},
	{A, NULL, 0, "v3/80:101000", CHANGED, "v3/80:1000"},
	{A, NULL, 0, "v3:165535", CHANGED, "v3:65535"},
	{A, NULL, 0, "v3:165536", FROM, NULL},
	{A, NULL, 0, "v3:99999", FROM, NULL},
	{A, NULL, 0, "v3:1000", FROM, NULL},
	{A, NULL, 0, "v3:4294967294", FROM, NULL},
	{A, NULL, 0, "v3:4294967295", FROM, NULL},
	{A, NULL, KEEP, "v3:1000", INSIDE, NULL},
	{A, NULL, KEEP, "v3:70000", KEPT, NULL},
	{A, NULL, KEEP, "v3:4294967295", KEPT, NULL},
	{A, NULL, DROP, "v3:1000", DROPPED, NULL},
	{A, NULL, DROP, "v3:4294967295", DROPPED, NULL},
	{A, NULL, DROP, "v2", SAME, "v2"},
	{A, NULL, KEEP, "v3:101000", CHANGED, "v3:1000"},
	{"5:100000:1,0:200000:5", NULL, 0, "v3:100000", CHANGED, "v3:5"},
	{"5:100000:1,0:200000:5", NULL, 0, "v3:200000", CHANGED, "v2"},
	{"1:100001:9", NULL, 0, "v3:100001", CHANGED, "v3:1"},
	{"1000:1000:1", NULL, 0, "v3:1000", SAME, "v3:1000"},
	{"0:0:4294967295", NULL, 0, "v3:1000", SAME, "v3:1000"},
	{"0:0:4294967295", NULL, 0, "v3:4294967295", FROM, NULL},

	/* To a namespace's outside ids: it is root's there. */
	{NULL, B, 0, "v1", CHANGED, "v3:300000"},
	{NULL, B, 0, "v1e/2", CHANGED, "v3e/2:300000"},
	{NULL, B, 0, "v2", CHANGED, "v3:300000"},
	{NULL, B, 0, "v2e/fffffe", CHANGED, "v3e/fffffe:300000"},
	{NULL, B, CLAIM, "v2", CHANGED, "v3:300000"},
	{NULL, B, 0, "v3e:0", CHANGED, "v3e:300000"},
	{NULL, B, 0, "v3:1", CHANGED, "v3:300001"},
	{NULL, B, 0, "v3e/2:1000", CHANGED, "v3e/2:301000"},
	{NULL, B, 0, "v3:65535", CHANGED, "v3:365535"},
	{NULL, B, 0, "v3:65536", TO, NULL},
	{NULL, B, 0, "v3:300000", TO, NULL},
	{NULL, B, 0, "v3:4294967295", TO, NULL},
	{NULL, B, KEEP, "v3:65536", KEPT, NULL},
	{NULL, B, KEEP, "v3:300000", INSIDE, NULL},
	{NULL, B, KEEP, "v3:365535", INSIDE, NULL},
	{NULL, B, KEEP, "v3:365536", KEPT, NULL},
	{NULL, B, DROP, "v3:300000", DROPPED, NULL},
	{NULL, B, DROP, "v2", CHANGED, "v3:300000"},
	{NULL, "1:300001:9", 0, "v2", TO, NULL},
	{NULL, "1:300001:9", KEEP, "v2", KEPT, NULL},
	{NULL, "1:300001:9", DROP, "v1", DROPPED, NULL},
	{NULL, "1:0:9", KEEP, "v2", INSIDE, NULL},
	{NULL, "1:300001:9", 0, "v3:1", CHANGED, "v3:300001"},
	{NULL, "0:0:1", 0, "v1", SAME, "v1"},
	{NULL, "0:0:1", 0, "v2e", SAME, "v2e"},
	{NULL, "0:0:1", 0, "v3e:0", SAME, "v3e:0"},
	{NULL, "5:0:1,0:7:1", 0, "v3e:5", CHANGED, "v2e"},
	{NULL, "5:0:1,0:7:1", 0, "v2", CHANGED, "v3:7"},

	/* From the one to the other. */
	{A, B, 0, "v1", SAME, "v1"},
	{A, B, 0, "v1/2", SAME, "v1/2"},
	{A, B, 0, "v2e", SAME, "v2e"},
	{A, B, 0, "v3e:0", SAME, "v3e:0"},
	{A, B, CLAIM, "v1", CHANGED, "v3:300000"},
	{A, B, CLAIM, "v2e/2", CHANGED, "v3e/2:300000"},
	{A, B, CLAIM, "v3:0", CHANGED, "v3:300000"},
	{A, B, CLAIM, "v3:100000", CHANGED, "v3:300000"},
	{A, B, 0, "v3e:100000", CHANGED, "v3e:300000"},
	{A, B, 0, "v3:100001", CHANGED, "v3:300001"},
	{A, B, 0, "v3e/fffffe:101000", CHANGED, "v3e/fffffe:301000"},
	{A, B, 0, "v3:165535", CHANGED, "v3:365535"},
	{A, B, 0, "v3:165536", FROM, NULL},
	{A, B, 0, "v3:1000", FROM, NULL},
	{A, B, 0, "v3:300000", FROM, NULL},
	{A, B, KEEP, "v3:1000", KEPT, NULL},
	{A, B, KEEP, "v3:299999", KEPT, NULL},
	{A, B, KEEP, "v3:300000", INSIDE, NULL},
	{A, B, KEEP, "v3:365535", INSIDE, NULL},
	{A, B, KEEP, "v3:365536", KEPT, NULL},
	{A, B, KEEP, "v3:4294967295", KEPT, NULL},
	{A, B, DROP, "v3:300000", DROPPED, NULL},
	{A, "0:300000:1000", 0, "v3:100999", CHANGED, "v3:300999"},
	{A, "0:300000:1000", 0, "v3:101000", TO, NULL},
	{A, "0:300000:1000", KEEP, "v3:101000", KEPT, NULL},
	{A, "0:300000:1000", DROP, "v3:101000", DROPPED, NULL},
	{A, "0:100500:10", 0, "v3:100005", CHANGED, "v3:100505"},
	{A, "0:100500:10", KEEP, "v3:100505", INSIDE, NULL},
	{A, "0:100500:10", KEEP, "v3:100600", KEPT, NULL},
	{A, "1:300001:9", CLAIM, "v2", TO, NULL},
	{A, "1:300001:9", CLAIM | KEEP, "v2", KEPT, NULL},
	{A, "1:300001:9", CLAIM | DROP, "v2", DROPPED, NULL},
	{A, "1:300001:9", 0, "v2", SAME, "v2"},
	{A, "1:300001:9", 0, "v3:100000", TO, NULL},
	{A, A, 0, "v3:100000", SAME, "v3:100000"},
	{A, A, 0, "v3:101000", SAME, "v3:101000"},
	{A, A, CLAIM, "v2", CHANGED, "v3:100000"},
	{A, "0:0:65536", 0, "v3:100000", CHANGED, "v2"},
	{A, "0:0:65536", 0, "v3:100007", CHANGED, "v3:7"},
	{"0:0:65536", A, CLAIM, "v2", CHANGED, "v3:100000"},
	{"0:0:65536", A, 0, "v3:7", CHANGED, "v3:100007"},
	{"0:1000:9,9:500000:9", "0:700000:5,5:900000:50", 0, "v3:500003",
	 CHANGED, "v3:900007"},
	{"9:500000:9,0:1000:9", "5:900000:50,0:700000:5", 0, "v3:1004", CHANGED,
	 "v3:700004"},

	/* What a peer loses: a nested rootid is not made the new root's, a
	 * re-base drops nothing, the way back makes no nested one root's. */
	{A, B, DROP, "v3e:101000", CHANGED, "v3e:301000"},
	{A, B, DROP, "v3e:100000", CHANGED, "v3e:300000"},
	{A, NULL, DROP, "v3e:101000", CHANGED, "v3e:1000"},
	{A, "0:0:65536", DROP, "v3e:101000", CHANGED, "v3e:1000"},

	/* With neither map, inside ids are inside ids. */
	{NULL, NULL, 0, "v2", SAME, "v2"},
	{NULL, NULL, 0, "v3:1000", SAME, "v3:1000"},
};

static int rebase(const struct rebasing *row, const struct vfscap *old,
		  struct vfscap *new_value, enum vfscap_rebased *done)
{
	struct vfscap_idmap from = userns_map_of(row->from ? row->from : A);
	struct vfscap_idmap to = userns_map_of(row->to ? row->to : A);
	struct vfscap_rebase how = {
		.from = row->from ? &from : NULL,
		.to = row->to ? &to : NULL,
		.claim = row->options & CLAIM,
	};

	if (row->options & KEEP)
		how.unmapped = VFSCAP_UNMAPPED_KEEP;
	if (row->options & DROP)
		how.unmapped = VFSCAP_UNMAPPED_DROP;
	return vfscap_rebase(&how, old, new_value, done);
}

START_TEST(rebasing)
{
	const struct rebasing *row = &rebasings[_i];
	struct vfscap old = value_of(row->old), same = old;
	struct vfscap result = value_of("v3/4:77"), untouched = result;
	struct vfscap wanted = value_of(row->new_value ? row->new_value : "v2");
	enum vfscap_rebased done = (enum vfscap_rebased)99;
	int error = rebase(row, &old, &result, &done);

	ck_assert_msg((error ? error : (int)done) == row->result,
		      "%s from %s to %s: %d, done %d", row->old, row->from,
		      row->to, error, done);
	ck_assert(!error || (int)done == 99);
	ck_assert_msg(identical(&result, row->new_value ? &wanted : &untouched),
		      "%s from %s to %s: v%u:%u, not %s", row->old, row->from,
		      row->to, result.revision, result.rootid, row->new_value);
	ck_assert(identical(&old, &same));

	/* The one may be the other. */
	error = rebase(row, &old, &old, &done);
	ck_assert_int_eq(error ? error : (int)done, row->result);
	ck_assert(identical(&old, row->new_value ? &wanted : &same));
}
END_TEST

#define MAPS 1500

START_TEST(rebasing_back)
{
	enum vfscap_rebased done;

	userns_seed(seed);
	for (size_t i = 0; i < MAPS; i++) {
		struct vfscap_idmap a = userns_some_map(userns_some_extents()),
				    b = a;
		struct vfscap_rebase there = {.from = &a, .to = &b};
		struct vfscap_rebase back = {.from = &b, .to = &a};
		const struct vfscap_extent *e = userns_some_extent(&a);
		struct vfscap old = value_of("v3e/2:0"), moved, returned;

		userns_new_outsides(&b);
		old.rootid = e->outside + userns_below(e->count);
		expect(!vfscap_rebase(&there, &old, &moved, &done) &&
			       !vfscap_rebase(&back, &moved, &returned, &done),
		       "rootid %u from %s to %s", old.rootid,
		       userns_map_inline(&a), userns_map_inline(&b));
		/* What is 0 on either side counts everywhere, and stays. */
		if (old.rootid && moved.rootid)
			expect(identical(&returned, &old),
			       "%u comes back as %u", old.rootid,
			       returned.rootid);
	}
}
END_TEST

/* ---------------------------------- main --------------------------------- */

int main(void)
{
	Suite *suite = suite_create("rebase");

	seed = suite_seed("rebase");
	suite_add(suite, rebasing, ROWS(rebasings));
	suite_add(suite, rebasing_back, 1);
	return suite_run(suite);
}
