/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as messages: what is packed comes back, all else is refused. */
#include "scan/closed.h"
#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const uint8_t bytes[] = {1, 0, 0, 2, 5};

static const struct tar_copy copies[] = {
	{.in = 'x', .key = TAR_SCHILY, .value = bytes, .size = 5, .applied = 3},
	{.in = 'g',
	 .key = TAR_LIBARCHIVE,
	 .value = bytes,
	 .size = 0,
	 .broken = true},
};

static const struct tar_member member = {
	.path = "p", .link = "", .copy = copies, .copies = 2};

static const struct scan_record records[] = {
	{.what = SCAN_ENTRY,
	 .path = "p",
	 .rel = "r",
	 .view = SCAN_STORED,
	 .value = bytes,
	 .size = 5,
	 .has_stat = true,
	 .stat = {.st_mode = S_IFREG | 0755,
		  .st_uid = (uid_t)-1,
		  .st_gid = 7,
		  .st_ino = UINT64_MAX,
		  .st_nlink = 3},
	 .packed = true,
	 .layer = "sha256:x",
	 .link = "l",
	 .again = true,
	 .disagree = true,
	 .member = &member,
	 .copy = &copies[1]},
	{.what = SCAN_ENTRY,
	 .path = "",
	 .rel = "",
	 .view = SCAN_STORED,
	 .value = bytes,
	 .size = 0,
	 .partition = 4,
	 .deleted = true,
	 .leads_out = true,
	 .script = true},
	{.what = SCAN_ENTRY,
	 .path = "p",
	 .rel = "r",
	 .view = SCAN_STORED,
	 .error = ENODATA,
	 .reason = "why"},
	{.what = SCAN_UNREAD, .path = "p", .rel = ".", .error = EIO, .line = 9},
	{.what = SCAN_NOTICE, .path = "p", .rel = ".", .reason = "worth it"},
};

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_bytes(const uint8_t *a, size_t a_size, const uint8_t *b,
		       size_t b_size)
{
	return !a == !b && a_size == b_size &&
	       (!a_size || memcmp(a, b, a_size) == 0);
}

static void same_member(const struct scan_record *a,
			const struct scan_record *b)
{
	ck_assert(!a->member == !b->member && !a->copy == !b->copy);
	if (!a->member)
		return;
	ck_assert_uint_eq(a->member->copies, b->member->copies);
	for (size_t i = 0; i < a->member->copies; i++) {
		const struct tar_copy *x = &a->member->copy[i];
		const struct tar_copy *y = &b->member->copy[i];

		ck_assert(x->in == y->in && x->broken == y->broken &&
			  x->applied == y->applied);
		ck_assert_str_eq(x->key, y->key);
		ck_assert(same_bytes(x->value, x->size, y->value, y->size));
	}
	ck_assert(!a->copy ||
		  a->copy - a->member->copy == b->copy - b->member->copy);
}

static void same_record(const struct scan_record *a,
			const struct scan_record *b)
{
	ck_assert(a->what == b->what && a->view == b->view &&
		  a->error == b->error && a->line == b->line);
	ck_assert(same_text(a->path, b->path) && same_text(a->rel, b->rel) &&
		  same_text(a->reason, b->reason) &&
		  same_text(a->layer, b->layer) && same_text(a->link, b->link));
	ck_assert(same_bytes(a->value, a->size, b->value, b->size));
	ck_assert(a->packed == b->packed && a->deleted == b->deleted &&
		  a->again == b->again && a->disagree == b->disagree &&
		  a->leads_out == b->leads_out && a->script == b->script &&
		  a->partition == b->partition);
	ck_assert(a->has_stat == b->has_stat &&
		  memcmp(&a->stat, &b->stat, sizeof(a->stat)) == 0);
	same_member(a, b);
}

static int unpack(const uint8_t *data, size_t size, struct scan_unpacked *to)
{
	struct unpack u = {.at = data, .left = size};

	return scan_record_unpack(&u, to);
}

START_TEST(packed)
{
	const struct scan_record *r = &records[_i];
	struct scan_unpacked to = {0};
	struct pack p = {0};

	scan_record_pack(&p, r);
	ck_assert(!p.failed);
	ck_assert_int_eq(unpack(p.bytes, p.used, &to), 0);
	same_record(r, &to.record);
	ck_assert_int_eq(to.record.dirfd, -1);
	ck_assert_int_eq(to.record.fd, -1);
	free(to.copy);
	free(p.bytes);
}
END_TEST

/* Cut anywhere, or with something behind it, it is none. */
START_TEST(cut)
{
	struct scan_unpacked to = {0};
	struct pack p = {0};
	uint8_t *exact;

	scan_record_pack(&p, &records[_i]);
	for (size_t size = 0; size < p.used; size++) {
		exact = malloc(size + 1);
		memcpy(exact, p.bytes, size);
		expect(unpack(exact, size, &to) == -EPROTO, "cut at %zu", size);
		free(exact);
	}
	pack_number(&p, 0);
	ck_assert_int_eq(unpack(p.bytes, p.used, &to), -EPROTO);
	free(to.copy);
	free(p.bytes);
}
END_TEST

/* There is one message for each record. */
static bool same_message(const struct scan_record *r, const uint8_t *data,
			 size_t size)
{
	struct pack again = {0};
	bool same;

	scan_record_pack(&again, r);
	same = !again.failed && again.used == size &&
	       memcmp(again.bytes, data, size) == 0;
	free(again.bytes);
	return same;
}

/* Whatever a message is, what comes of it is a record that can be shown. */
START_TEST(changed)
{
	uint64_t state = suite_seed("closed");
	struct scan_unpacked to = {0};
	struct pack p = {0};
	unsigned taken = 0;

	scan_record_pack(&p, &records[_i]);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t *data = malloc(p.used);
		const struct scan_record *r = &to.record;

		memcpy(data, p.bytes, p.used);
		for (unsigned k = 0; k <= suite_below(&state, 3); k++)
			data[suite_below(&state, (unsigned)p.used)] =
				(uint8_t)suite_random(&state);
		if (unpack(data, p.used, &to) == 0) {
			taken++;
			expect(r->path && r->rel && strlen(r->path) < p.used,
			       "no path");
			expect(!r->value || r->size < p.used, "a value");
			expect(r->what != SCAN_NOTICE || r->reason, "no words");
			expect(r->view == SCAN_STORED || r->what != SCAN_ENTRY,
			       "a live entry");
			expect(!r->copy ||
				       (r->copy >= r->member->copy &&
					r->copy < r->member->copy +
							  r->member->copies),
			       "a copy");
			expect(same_message(r, data, p.used), "another one");
		}
		free(data);
	}
	/* Some of them are only other numbers, texts and bytes. */
	ck_assert_uint_gt(taken, 0);
	free(to.copy);
	free(p.bytes);
}
END_TEST

/* What no backend hands over from there. */
static const struct scan_record impossible[] = {
	{.what = SCAN_ENTRY, .rel = "r", .view = SCAN_STORED, .error = EIO},
	{.what = SCAN_ENTRY, .path = "p", .view = SCAN_STORED, .error = EIO},
	{.what = SCAN_ENTRY, .path = "p", .rel = "r", .error = EIO},
	{.what = SCAN_ENTRY, .path = "p", .rel = "r", .view = SCAN_STORED},
	{.what = SCAN_ENTRY,
	 .path = "p",
	 .rel = "r",
	 .view = SCAN_STORED,
	 .value = bytes,
	 .size = 5,
	 .error = EIO},
	{.what = SCAN_ENTRY,
	 .path = "p",
	 .rel = "r",
	 .view = SCAN_STORED,
	 .error = 4096},
	{.what = SCAN_ENTRY,
	 .path = "p",
	 .rel = "r",
	 .view = SCAN_STORED,
	 .layer = "\033]0;x",
	 .value = bytes,
	 .size = 5},
	{.what = SCAN_UNREAD, .path = "p", .rel = "r"},
	{.what = SCAN_LEFT_OUT, .path = "p", .rel = "r", .reason = "nfs"},
	{.what = SCAN_NOTICE, .path = "p", .rel = "r"},
	{.what = (enum scan_what)4, .path = "p", .rel = "r", .reason = "why"},
};

START_TEST(not_believed)
{
	struct scan_unpacked to = {0};
	struct pack p = {0};

	scan_record_pack(&p, &impossible[_i]);
	ck_assert_int_eq(unpack(p.bytes, p.used, &to), -EPROTO);
	free(to.copy);
	free(p.bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packed");

	suite_add(suite, packed, ROWS(records));
	suite_add(suite, cut, ROWS(records));
	suite_add(suite, changed, ROWS(records));
	suite_add(suite, not_believed, ROWS(impossible));
	return suite_run(suite);
}
