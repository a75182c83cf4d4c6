/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tar archives as they are written: what stays, what changes, what is broken. */
#include "archived.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* struct wish - what is to become of the copies of a member, by its name */
struct wish {
	const char *path; /* NULL: all members */
	enum tar_action action[4];
	const struct tar_value *value, *added;
};

static bool decide(const struct tar_member *m, struct tar_change *change,
		   void *ctx)
{
	const struct wish *w = ctx;

	if (w->path && (m->stray || strcmp(m->path, w->path) != 0))
		return false;
	for (size_t i = 0; i < m->copies; i++) {
		change->action[i] = w->action[i % 4];
		if (w->value)
			change->value[i] = *w->value;
	}
	change->add = w->added != NULL;
	if (w->added)
		change->added = *w->added;
	return true;
}

static const struct wish set_long = {
	.action = {TAR_SET, TAR_SET, TAR_SET, TAR_SET}, .value = &value_long};
static const struct wish set_a = {
	.action = {TAR_SET, TAR_SET, TAR_SET, TAR_SET}, .value = &value_a};
static const struct wish drop = {
	.action = {TAR_DROP, TAR_DROP, TAR_DROP, TAR_DROP}};

static struct bytes changed(struct bytes b, const struct wish *wish)
{
	return rewritten(b, decide, (void *)wish);
}

/* The archive becomes @expected; frees both. */
static void becomes(struct bytes b, const struct wish *wish,
		    struct bytes expected)
{
	struct bytes got = changed(b, wish);

	expect(got.size == expected.size, "%zu bytes, not %zu", got.size,
	       expected.size);
	for (size_t i = 0; i < got.size; i++)
		expect(got.data[i] == expected.data[i], "byte %zu", i);
	free(got.data);
	free(b.data);
	free(expected.data);
}

/* A body of records, with one text before the value and one behind it. */
static struct bytes body_of(const char *key, const struct tar_value *value,
			    size_t before)
{
	struct bytes body = {0};
	char *text = malloc(before + 1);

	memset(text, 'c', before);
	text[before] = '\0';
	if (before)
		add_text(&body, "comment", text);
	if (value)
		add_value(&body, key, value);
	add_text(&body, "mtime", "1.5");
	free(text);
	return body;
}

static struct bytes archive_of(char type, const char *key,
			       const struct tar_value *value, size_t before)
{
	struct bytes b = {0};

	add_file(&b, "first", 300);
	add_extended(&b, type, body_of(key, value, before));
	add_file(&b, "n", 700);
	add_file(&b, "last", 0);
	add_end(&b);
	return b;
}

/* --------------------------------- it stays ------------------------------- */

static void mixed(struct bytes *b)
{
	add_file(b, "plain", 1000);
	add_extended(b, 'g', body_of(SCHILY, &value_b, 3));
	add_capable(b, "one", SCHILY, &value_a, 512);
	add_capable(b, "two", LIBARCHIVE, &value_long, 0);
	add_extended(b, 'X', body_of(SCHILY, &value_a, 0));
	add_extended(b, 'x', body_of(LIBARCHIVE, &value_a, 600));
	add_file(b, "three", 1);
	add_header(b, 'S', "sparse", 0);
	last_header(b)[AT_SPARSE_MORE] = 1;
	memcpy(last_header(b) + AT_MAGIC, "ustar  ", 8);
	tar_put_sum(last_header(b));
	add_zeros(b, TAR_BLOCK);
	add_extended(b, 'x', body_of(SCHILY, &value_a, 0));
	add_end(b);
	add_zeros(b, 5000);
	add_bytes(b, "behind", 6);
}

START_TEST(identity)
{
	struct bytes b = {0}, got;

	mixed(&b);
	got = rewritten(b, NULL, NULL);
	ck_assert(bytes_equal(b, got));
	free(got.data);
	free(b.data);
}
END_TEST

/* A change of nothing is none. */
START_TEST(kept)
{
	static const struct wish keep = {.value = &value_long};
	struct bytes b = {0}, got;

	mixed(&b);
	got = changed(b, &keep);
	ck_assert(bytes_equal(b, got));
	free(got.data);
	free(b.data);
}
END_TEST

/* Padding that is no zeros stays, and what fills up fields too. */
START_TEST(junk_stays)
{
	struct bytes b = {0}, got;

	add_capable(&b, "n", SCHILY, &value_a, 100);
	memcpy(b.data + b.size - 50, "junk", 4);
	memcpy(b.data + 1024 + AT_NAME + 50, "junk", 4);
	tar_put_sum(b.data + 1024);
	add_end(&b);
	got = changed(b, &set_long);
	ck_assert_uint_eq(got.size, b.size);
	ck_assert_mem_eq(got.data + 1024, b.data + 1024, b.size - 1024);
	free(got.data);
	free(b.data);
}
END_TEST

/* --------------------------------- changes -------------------------------- */

static const struct {
	char type;
	const char *key;
} kinds[] = {
	{'x', SCHILY},
	{'X', SCHILY},
	{'g', SCHILY},
	{'x', LIBARCHIVE},
	{'x', "LIBARCHIVE.xattr.security%2Ecapability"},
	{'X', "LIBARCHIVE.xattr.%73ecurity.capability"},
	{'g', LIBARCHIVE},
};

/* The archive with another value is what a writer would have made of it, for
 * all sizes of the header: 512 on end, and so across each block's end. */
START_TEST(every_size)
{
	const char *key = kinds[_i].key;
	char type = kinds[_i].type;

	for (size_t before = 1; before <= 530; before++) {
		becomes(archive_of(type, key, &value_a, before), &set_long,
			archive_of(type, key, &value_long, before));
		becomes(archive_of(type, key, &value_long, before), &set_a,
			archive_of(type, key, &value_a, before));
		becomes(archive_of(type, key, &value_a, before), &drop,
			archive_of(type, key, NULL, before));
	}
}
END_TEST

/* Each copy by itself; the others and the other records stay. */
START_TEST(each_copy)
{
	static const char *const key[] = {SCHILY, LIBARCHIVE, SCHILY,
					  LIBARCHIVE};
	struct bytes b = {0}, expected = {0}, body = {0}, after = {0};
	struct wish wish = {.value = &value_long};
	unsigned which = (unsigned)_i;

	for (unsigned i = 0; i < 4; i++, which /= 3) {
		wish.action[i] = (enum tar_action)(which % 3);
		add_value(&body, key[i], &value_a);
		add_text(&body, "comment", "between");
		if (wish.action[i] != TAR_DROP)
			add_value(&after, key[i],
				  wish.action[i] ? &value_long : &value_a);
		add_text(&after, "comment", "between");
	}
	add_extended(&b, 'x', body);
	add_extended(&expected, 'x', after);
	add_file(&b, "n", 5);
	add_file(&expected, "n", 5);
	add_end(&b);
	add_end(&expected);
	becomes(b, &wish, expected);
}
END_TEST

/* Values of no bytes, and padded base64, become what they are to be. */
START_TEST(odd_values)
{
	struct bytes b = {0}, expected = {0}, body = {0}, after = {0};

	add_text(&body, SCHILY, "");
	add_text(&body, LIBARCHIVE, "AQAAAgAgAAAAAAAAAAAAAAAAAAA=");
	add_text(&body, LIBARCHIVE, "AQ*");
	add_text(&body, LIBARCHIVE, "");
	add_value(&after, SCHILY, &value_b);
	for (int i = 0; i < 3; i++)
		add_value(&after, LIBARCHIVE, &value_b);
	add_extended(&b, 'x', body);
	add_extended(&expected, 'x', after);
	add_file(&b, "n", 5);
	add_file(&expected, "n", 5);
	add_end(&b);
	add_end(&expected);
	becomes(b,
		&(struct wish){.action = {TAR_SET, TAR_SET, TAR_SET, TAR_SET},
			       .value = &value_b},
		expected);
}
END_TEST

/* What else a header says stays: its size in base 256, its names, its time. */
START_TEST(header_stays)
{
	struct bytes b = {0}, expected = {0};
	const struct tar_value *value = &value_a;

	for (struct bytes *to = &b; to; to = to == &b ? &expected : NULL) {
		struct bytes body = {0};
		uint8_t *header;

		add_value(&body, SCHILY, value);
		add_header(to, 'x', "odd/name", body.size);
		header = last_header(to);
		memcpy(header + 300, "group", 5);
		header[AT_SIZE] = 0x80;
		tar_put_number(header + AT_SIZE, body.size);
		tar_put_sum(header);
		add_bytes(to, body.data, body.size);
		add_padding(to);
		add_file(to, "n", 700);
		add_end(to);
		free(body.data);
		value = &value_long;
	}
	becomes(b, &set_long, expected);
}
END_TEST

/* NULs behind the last record are no records: what is added goes before. */
START_TEST(nuls_behind_records)
{
	struct bytes b = {0}, body = {0}, got;

	add_text(&body, "mtime", "1.5");
	add_zeros(&body, 7);
	add_extended(&b, 'x', body);
	add_file(&b, "n", 0);
	add_end(&b);
	got = changed(b, &(struct wish){.path = "n", .added = &value_a});
	ck_assert_int_eq(read_whole(got, NULL), 2);
	ck_assert_mem_eq(got.data + 512, "13 mtime=1.5\n57 SCHILY", 22);
	free(got.data);
	free(b.data);
}
END_TEST

/* ------------------------------- left out --------------------------------- */

START_TEST(emptied)
{
	struct bytes b = {0}, expected = {0};

	add_capable(&b, "n", SCHILY, &value_a, 700);
	add_capable(&b, "m", LIBARCHIVE, &value_a, 0);
	add_file(&expected, "n", 700);
	add_file(&expected, "m", 0);
	add_end(&b);
	add_end(&expected);
	becomes(b, &drop, expected);
}
END_TEST

/* Of several headers one counts: none may go, or another one would. */
START_TEST(emptied_among_others)
{
	static const char pairs[][2] = {
		{'x', 'x'}, {'X', 'x'}, {'x', 'X'}, {'g', 'x'}, {'g', 'g'}};
	static const struct wish first = {.action = {TAR_DROP}};
	static const struct wish second = {.action = {TAR_KEEP, TAR_DROP}};
	char a = pairs[_i / 2][0], b = pairs[_i / 2][1];
	struct bytes archive = {0}, expected = {0}, none = {0};
	struct bytes one = {0}, two = {0}, same = {0};
	bool dropped[2] = {_i % 2 == 0, _i % 2 == 1};

	add_value(&one, SCHILY, &value_a);
	add_value(&two, SCHILY, &value_b);
	add_value(&same, SCHILY, dropped[0] ? &value_b : &value_a);
	add_extended(&archive, a, one);
	add_extended(&archive, b, two);
	if (dropped[1])
		add_extended(&expected, a, same);
	if (a != 'g' || b != 'x' || !dropped[1])
		add_extended(&expected, dropped[0] ? a : b, none);
	if (dropped[0])
		add_extended(&expected, b, same);
	add_file(&archive, "n", 0);
	add_file(&expected, "n", 0);
	add_end(&archive);
	add_end(&expected);
	becomes(archive, dropped[0] ? &first : &second, expected);
}
END_TEST

/* --------------------------------- added ---------------------------------- */

/* Without a header of its own there is a new one, right before the entry. */
START_TEST(added_anew)
{
	struct bytes b = {0}, got;
	struct reading r;

	add_file(&b, "first", 10);
	add_extended(&b, 'g', body_of(SCHILY, NULL, 5));
	add_file(&b, "dir/some/file", 700);
	add_file(&b, "last", 10);
	add_end(&b);
	got = changed(b, &(struct wish){.path = "dir/some/file",
					.added = &value_long});
	ck_assert_uint_eq(got.size, b.size + 1024);
	ck_assert_mem_eq(got.data, b.data, 2048);
	ck_assert_mem_eq(got.data + 2048 + 1024, b.data + 2048, b.size - 2048);
	ck_assert_str_eq((char *)got.data + 2048, "PaxHeaders/file");
	reading_open(&r, got);
	ck_assert_int_eq(reading_next(&r), 1);
	ck_assert_int_eq(reading_next(&r), 1);
	ck_assert_uint_eq(r.member->copies, 1);
	ck_assert(copy_is(&r.member->copy[0], &value_long));
	ck_assert_uint_eq(r.member->copy[0].applied, (1 << TAR_WHOS) - 1);
	reading_close(&r);
	free(got.data);
	free(b.data);
}
END_TEST

/* With one it goes to its end, behind what becomes of the other copies. */
START_TEST(added_to_a_header)
{
	struct bytes b = {0}, expected = {0}, body, after = {0};
	struct wish wish = {
		.path = "n",
		.action = {TAR_DROP},
		.added = &value_long,
	};

	add_file(&b, "first", 10);
	add_file(&expected, "first", 10);
	add_text(&after, "comment", "cccc");
	add_text(&after, "mtime", "1.5");
	body = body_of(LIBARCHIVE, &value_a, 4);
	add_value(&after, SCHILY, &value_long);
	add_extended(&b, 'x', body);
	add_extended(&expected, 'x', after);
	add_file(&b, "n", 10);
	add_file(&expected, "n", 10);
	add_end(&b);
	add_end(&expected);
	becomes(b, &wish, expected);
}
END_TEST

/* ------------------------- one value for all readers ---------------------- */

/* Up to three headers: their kinds, and the keys that they have. */
static const struct {
	const char *kinds, *keys; /* 's', 'l', '-': neither */
	char entry;
	bool can_set, can_remove;
} alls[] = {
	{"", "", '0', true, true},	 {"x", "s", '0', true, true},
	{"x", "l", '0', true, true},	 {"x", "-", '0', true, true},
	{"xx", "s-", '0', true, true},	 {"xx", "-s", '0', true, true},
	{"xx", "ll", '0', true, true},	 {"xx", "--", '0', true, true},
	{"Xx", "ss", '0', true, true},	 {"Xx", "s-", '0', true, true},
	{"X", "s", '0', false, true},	 {"xX", "ss", '0', false, true},
	{"g", "s", '0', true, false},	 {"g", "l", '0', true, false},
	{"g", "-", '0', true, true},	 {"gx", "ss", '0', true, false},
	{"gx", "-l", '0', true, true},	 {"xg", "s-", '0', false, true},
	{"xg", "-s", '0', false, false}, {"xgx", "s-s", '0', true, true},
	{"", "", 'V', false, true},	 {"", "", 'A', false, true},
};

static struct bytes headed(int row)
{
	struct bytes b = {0};

	for (size_t i = 0; alls[row].kinds[i]; i++) {
		struct bytes body = {0};
		char key = alls[row].keys[i];

		if (key != '-')
			add_value(&body, key == 's' ? SCHILY : LIBARCHIVE,
				  i ? &value_b : &value_a);
		else
			add_text(&body, "comment", "c");
		add_extended(&b, alls[row].kinds[i], body);
	}
	add_header(&b, alls[row].entry, "n", 0);
	add_end(&b);
	return b;
}

struct to {
	const struct tar_value *value;
	bool can;
};

static bool change_to(const struct tar_member *m, struct tar_change *change,
		      void *ctx)
{
	struct to *to = ctx;
	const char *why = tar_change_to(m, to->value, change);

	expect(!why == to->can, "%s", why ? why : "no reason");
	return to->can;
}

START_TEST(to_one_value)
{
	struct bytes b = headed(_i), got;
	struct to to = {&value_long, alls[_i].can_set};
	unsigned applied = 0;
	struct reading r;

	got = rewritten(b, change_to, &to);
	reading_open(&r, got);
	ck_assert_int_eq(reading_next(&r), 1);
	for (size_t i = 0; i < r.member->copies; i++) {
		const struct tar_copy *c = &r.member->copy[i];

		if (copy_is(c, &value_long))
			applied |= c->applied;
		else
			expect(c->in == 'g' || !to.can, "%zu", i);
	}
	if (to.can)
		ck_assert_uint_eq(applied, (1 << TAR_WHOS) - 1);
	ck_assert_int_eq(reading_next(&r), 0);
	reading_close(&r);
	free(got.data);
	free(b.data);
}
END_TEST

START_TEST(to_none)
{
	struct bytes b = headed(_i), got;
	struct to to = {NULL, alls[_i].can_remove};
	struct reading r;

	got = rewritten(b, change_to, &to);
	reading_open(&r, got);
	ck_assert_int_eq(reading_next(&r), 1);
	if (to.can)
		ck_assert_uint_eq(r.member->copies, 0);
	reading_close(&r);
	free(got.data);
	free(b.data);
}
END_TEST

/* What needs no change says so: then nothing is added. */
START_TEST(to_the_same)
{
	enum tar_action action[2];
	struct tar_value value[2];
	struct tar_change change = {.action = action, .value = value};
	struct bytes b = {0};
	struct reading r;

	add_capable(&b, "n", SCHILY, &value_a, 0);
	add_end(&b);
	reading_open(&r, b);
	ck_assert_int_eq(reading_next(&r), 1);
	ck_assert_ptr_null(tar_change_to(r.member, &value_a, &change));
	ck_assert(!change.add);
	ck_assert_int_eq(action[0], TAR_SET);
	reading_close(&r);
	free(b.data);
}
END_TEST

/* ------------------------------- it goes wrong ---------------------------- */

/* Writes the first member of what is cut after @size bytes. */
static struct bytes first_of_cut(struct bytes b, size_t size,
				 struct tar_where *where, int *error)
{
	struct bytes cut = {b.data, size};
	int fd = bytes_file("", 0);
	struct reading r;
	struct out *out;

	reading_open(&r, cut);
	ck_assert_int_eq(out_fd(&out, fd), 0);
	ck_assert_int_eq(reading_next(&r), 1);
	*error = tar_put(r.tar, r.member, NULL, out, where);
	expect(!*error || *tar_why(r.tar), "no words");
	ck_assert_int_eq(out_finish(out), 0);
	out_close(out);
	reading_close(&r);
	return bytes_of(fd);
}

/* Where padding is missing it is made; where more is, the output ends there. */
START_TEST(cut_members)
{
	struct bytes b = {0};

	add_file(&b, "n", 700);
	for (size_t size = 512; size <= b.size; size++) {
		bool body = size < 512 + 700, whole = size == b.size;
		struct tar_where where;
		struct bytes got;
		int error;

		got = first_of_cut(b, size, &where, &error);
		expect(error == (whole ? 0 : -EBADMSG), "%zu: %d", size, error);
		expect(where.source_failed == !whole, "%zu", size);
		expect(where.boundary == !body, "%zu", size);
		expect(got.size == (body ? size : b.size), "%zu", size);
		expect(memcmp(got.data, b.data, got.size) == 0, "%zu", size);
		free(got.data);
	}
	free(b.data);
}
END_TEST

START_TEST(output_fails)
{
	int fd = open("/dev/full", O_WRONLY);
	struct bytes b = {0};
	struct tar_where where;
	struct reading r;
	struct out *out;

	add_file(&b, "n", 1 << 20);
	reading_open(&r, b);
	ck_assert_int_eq(out_fd(&out, fd), 0);
	ck_assert_int_eq(reading_next(&r), 1);
	ck_assert_int_eq(tar_put(r.tar, r.member, NULL, out, &where), -ENOSPC);
	ck_assert(!where.source_failed && !where.boundary);
	ck_assert_str_ne(out_why(out), "");
	out_close(out);
	reading_close(&r);
	close(fd);
	free(b.data);
}
END_TEST

/* The first extended header makes bsdtar believe the sizes of links. */
START_TEST(first_header_before_a_link)
{
	struct tar_value value = value_a;
	struct tar_change change = {.add = true, .added = value};
	struct bytes b = {0};
	struct tar_where where;
	struct reading r;
	struct out *out;
	int fd = bytes_file("", 0);

	if (_i == 1)
		add_capable(&b, "zero", SCHILY, &value_b, 0);
	add_file(&b, "one", 0);
	add_header(&b, '1', "two", _i == 2 ? 0 : 700);
	if (_i == 3)
		memcpy(last_header(&b) + AT_MAGIC, "ustar  ", 8);
	tar_put_sum(last_header(&b));
	add_file(&b, "three", 0);
	add_end(&b);
	if (_i == 1) {
		refuses(b, "whether a body follows");
		return;
	}
	reading_open(&r, b);
	ck_assert_int_eq(out_fd(&out, fd), 0);
	ck_assert_int_eq(reading_next(&r), 1);
	ck_assert_int_eq(tar_put(r.tar, r.member, &change, out, &where), 0);
	ck_assert_int_eq(reading_next(&r), 1);
	ck_assert_int_eq(tar_put(r.tar, r.member, NULL, out, &where),
			 _i == 0 ? -EBADMSG : 0);
	ck_assert(where.boundary && where.source_failed == (_i == 0));
	out_close(out);
	reading_close(&r);
	close(fd);
	free(b.data);
}
END_TEST

/* ------------------------------ made from nothing ------------------------- */

typedef int put_fn(struct out *out);

static int put_blob(struct out *out)
{
	char path[201] = "";
	int error;

	memset(path, 'p', 200);
	error = tar_put_file(out, "short", 3);
	error = error ? error : out_write(out, "abc", 3);
	error = error ? error : tar_put_padding(out, 3);
	error = error ? error : tar_put_file(out, path, 0);
	return error ? error : tar_put_marker(out);
}

static int put_broken(struct out *out)
{
	int error = tar_put_file(out, "n", 0);

	return error ? error : tar_put_broken(out);
}

static struct bytes written(put_fn *put)
{
	int fd = bytes_file("", 0);
	struct out *out;

	ck_assert_int_eq(out_fd(&out, fd), 0);
	ck_assert_int_eq(put(out), 0);
	ck_assert_int_eq(out_finish(out), 0);
	out_close(out);
	return bytes_of(fd);
}

START_TEST(from_nothing)
{
	struct bytes b = written(put_blob);
	struct reading r;

	ck_assert_uint_eq(b.size, 2 * 512 + 3 * 512 + 2 * 512);
	reading_open(&r, b);
	ck_assert_int_eq(reading_next(&r), 1);
	ck_assert_str_eq(r.member->path, "short");
	ck_assert_uint_eq(r.member->body, 3);
	ck_assert_uint_eq(r.member->mode, 0100644);
	ck_assert_int_eq(reading_next(&r), 1);
	ck_assert_uint_eq(strlen(r.member->path), 200);
	ck_assert_int_eq(reading_next(&r), 0);
	reading_close(&r);
	free(b.data);
}
END_TEST

/* A size that is beyond what octal digits can say. */
START_TEST(large_from_nothing)
{
	uint64_t size = UINT64_C(1) << 40;
	int fd = bytes_file("", 0);
	struct bytes b;
	struct out *out;
	struct reading r;

	ck_assert_int_eq(out_fd(&out, fd), 0);
	ck_assert_int_eq(tar_put_file(out, "n", size), 0);
	ck_assert_int_eq(out_finish(out), 0);
	out_close(out);
	b = bytes_of(fd);
	reading_open(&r, b);
	ck_assert_int_eq(reading_next(&r), 1);
	ck_assert_uint_eq(r.member->body, size);
	reading_close(&r);
	free(b.data);
}
END_TEST

static const struct {
	const char *tool, *command;
} readers[] = {
	{"tar", "tar -t"},
	{"tar", "tar -xO"},
	{"bsdtar", "bsdtar -tf -"},
	{"bsdtar", "bsdtar -xOf -"},
	{"python3", "python3 -c 'import sys, tarfile; "
		    "tarfile.open(fileobj=sys.stdin.buffer, mode=\"r|\")"
		    ".getmembers()'"},
};

static int status_of(const char *command, struct bytes b)
{
	int fd = bytes_file(b.data, b.size), saved = dup(0), status;
	char quiet[300];

	snprintf(quiet, sizeof(quiet), "%s >/dev/null 2>&1", command);
	dup2(fd, 0);
	status = system(quiet);
	dup2(saved, 0);
	close(saved);
	close(fd);
	return status;
}

START_TEST(broken)
{
	struct bytes good = written(put_blob), bad = written(put_broken);

	refuses((struct bytes){memcpy(malloc(bad.size), bad.data, bad.size),
			       bad.size},
		"cut off within a header");
	if (tool_there(readers[_i].tool)) {
		ck_assert_int_eq(status_of(readers[_i].command, good), 0);
		ck_assert_int_ne(status_of(readers[_i].command, bad), 0);
	} else {
		suite_skip(readers[_i].tool, "it is not installed");
	}
	free(good.data);
	free(bad.data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tarput");

	suite_add(suite, identity, 1);
	suite_add(suite, kept, 1);
	suite_add(suite, junk_stays, 1);
	suite_add(suite, every_size, ROWS(kinds));
	suite_add(suite, each_copy, 81);
	suite_add(suite, odd_values, 1);
	suite_add(suite, header_stays, 1);
	suite_add(suite, nuls_behind_records, 1);
	suite_add(suite, emptied, 1);
	suite_add(suite, emptied_among_others, 10);
	suite_add(suite, added_anew, 1);
	suite_add(suite, added_to_a_header, 1);
	suite_add(suite, to_one_value, ROWS(alls));
	suite_add(suite, to_none, ROWS(alls));
	suite_add(suite, to_the_same, 1);
	suite_add(suite, cut_members, 1);
	suite_add(suite, output_fails, 1);
	suite_add(suite, first_header_before_a_link, 4);
	suite_add(suite, from_nothing, 1);
	suite_add(suite, large_from_nothing, 1);
	suite_add(suite, broken, ROWS(readers));
	return suite_run(suite);
}
