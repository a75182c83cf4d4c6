/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The paths of an archive: which come again, what hard links hold, what is too
 * much. */
#include "scan/seen.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One entry after another; no value: NULL. */
static bool add(struct seen *s, const char *rel, const char *value)
{
	const struct seen_value v = {
		.value = (const uint8_t *)value,
		.size = value ? (uint32_t)strlen(value) : 0,
		.script = value && *value == '#',
	};
	bool again = true;

	expect(seen_add(s, rel, value ? &v : NULL, &again) == 0, "no memory");
	return again;
}

static void holds(const struct seen *s, const char *rel, const char *value)
{
	const struct seen_value *v = seen_find(s, rel);

	if (!value) {
		ck_assert_ptr_null(v);
		return;
	}
	ck_assert_ptr_nonnull(v);
	ck_assert_uint_eq(v->size, strlen(value));
	ck_assert_mem_eq(v->value, value, v->size);
	ck_assert_int_eq(v->script, *value == '#');
}

/* An entry that comes again is of interest where either has a value. */
static const struct {
	const char *first, *second;
	bool again;
} pairs[] = {
	{NULL, NULL, false},  {"one", NULL, true},  {NULL, "one", true},
	{"one", "one", true}, {"one", "two", true}, {"", NULL, true},
	{NULL, "", true},     {"#", NULL, true},    {"one", "#", true},
};

START_TEST(again)
{
	struct seen *s = seen_new();

	ck_assert(!add(s, "other", "value"));
	ck_assert(!add(s, "path", pairs[_i].first));
	holds(s, "path", pairs[_i].first);
	ck_assert_int_eq(add(s, "path", pairs[_i].second), pairs[_i].again);
	holds(s, "path", pairs[_i].second);
	holds(s, "other", "value");
	ck_assert(!seen_full(s));
	seen_free(s);
}
END_TEST

/* What came third is compared with the second. */
START_TEST(last_counts)
{
	struct seen *s = seen_new();

	add(s, "path", "one");
	ck_assert(add(s, "path", NULL));
	ck_assert(!add(s, "path", NULL));
	ck_assert(add(s, "path", "two"));
	holds(s, "path", "two");
	holds(s, "pat", NULL);
	holds(s, "path/", NULL);
	holds(s, "", NULL);
	seen_free(s);
	seen_free(NULL);
}
END_TEST

static const char *name_of(unsigned n)
{
	static char name[32];

	snprintf(name, sizeof(name), "dir/%u", n);
	return name;
}

/* Nothing is lost while the table grows. */
START_TEST(many)
{
	struct seen *s = seen_new();
	const unsigned end = 50000;

	for (unsigned i = 0; i < end; i++)
		expect(!add(s, name_of(i), i % 3 ? NULL : name_of(i)), "%u", i);
	for (unsigned i = 0; i < end; i++) {
		const struct seen_value *v = seen_find(s, name_of(i));

		expect(!v == (i % 3 != 0), "%u", i);
		expect(!v || (v->size == strlen(name_of(i)) &&
			      memcmp(v->value, name_of(i), v->size) == 0),
		       "%u", i);
		expect(add(s, name_of(i), NULL) == (i % 3 == 0), "%u", i);
	}
	ck_assert(!seen_full(s));
	seen_free(s);
}
END_TEST

/* More paths than are remembered: those that are stay known. */
START_TEST(full_of_paths)
{
	struct seen *s = seen_new();

	add(s, "first", "value");
	for (unsigned i = 0; i < SEEN_PATHS - 1; i++)
		expect(!add(s, name_of(i), NULL), "%u", i);
	ck_assert(!seen_full(s));
	ck_assert(!add(s, "more", "value"));
	ck_assert(seen_full(s));
	holds(s, "more", NULL);
	holds(s, "first", "value");
	ck_assert(add(s, "first", NULL));
	ck_assert(!add(s, "more", "value"));
	seen_free(s);
}
END_TEST

/* More bytes of values: what is not kept is not found, and that is known. */
START_TEST(full_of_values)
{
	const size_t size = 65536;
	char *value = malloc(size + 1);
	struct seen *s = seen_new();
	unsigned n = 0;

	memset(value, 'v', size);
	value[size] = '\0';
	while (!seen_full(s) && n < 2 * SEEN_VALUES / size)
		add(s, name_of(n++), value);
	ck_assert(seen_full(s));
	ck_assert_uint_ge(n, SEEN_VALUES / size - 2);
	ck_assert_uint_le(n, SEEN_VALUES / size);
	holds(s, name_of(0), value);
	holds(s, name_of(n - 1), NULL);
	ck_assert(add(s, name_of(0), NULL));
	seen_free(s);
	free(value);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("seen");

	suite_add(suite, again, ROWS(pairs));
	suite_add(suite, last_counts, 1);
	suite_add(suite, many, 1);
	suite_add(suite, full_of_paths, 1);
	suite_add(suite, full_of_values, 1);
	return suite_run(suite);
}
