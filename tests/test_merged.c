/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layers of an image merged: tables, a naive model, hostile layers. */
#include "oci/oci.h"
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names in these tests are as tar_rel() makes them; it has tests of its own. */

#define LIMIT ((size_t)512 << 20)

/* How many data are not freed yet. */
static int alive;

static void free_data(void *data)
{
	alive--;
	free(data);
}

static void *data_new(unsigned number)
{
	unsigned *data = malloc(sizeof(*data));

	ck_assert_ptr_nonnull(data);
	*data = number;
	alive++;
	return data;
}

static struct merged *begin_with(size_t limit)
{
	struct merged *m = merged_new(free_data, limit);

	ck_assert_ptr_nonnull(m);
	alive = 0;
	return m;
}

static struct merged *begin(void)
{
	return begin_with(LIMIT);
}

static void end(struct merged *m)
{
	merged_free(m);
	ck_assert_int_eq(alive, 0);
}

/* ------------------------------ layers as text ---------------------------- */

/*
 * Layers are separated by " | ", entries by blanks: "path" a file, "path/" a
 * directory, "path>target" a hard link; each with "=N" after it where it has
 * the attribute. The result: "path=N@LAYER", and ">target" where N is its.
 */
static void add_word(struct merged *m, char *word)
{
	char *value = strchr(word, '='), *link, *slash;
	struct tar_member member = {.type = '0', .link = ""};
	void *data = NULL;

	if (value) {
		*value = '\0';
		data = data_new((unsigned)atoi(value + 1));
	}
	link = strchr(word, '>');
	slash = strrchr(word, '/');
	if (link) {
		*link = '\0';
		member.type = '1';
		member.link = link + 1;
	} else if (slash && !slash[1]) {
		*slash = '\0';
		member.type = '5';
	}
	member.path = word;
	ck_assert_int_eq(merged_add(m, &member, word, data, 0), 0);
}

static void add_layers(struct merged *m, const char *layers)
{
	char *copy = strdup(layers), *rest = copy, *word;

	merged_layer(m);
	while ((word = strsep(&rest, " "))) {
		if (strcmp(word, "|") == 0)
			merged_layer(m);
		else if (*word)
			add_word(m, word);
	}
	free(copy);
}

struct said {
	char text[4096];
	size_t used;
	int stop; /* what to return */
};

static int say(void *ctx, const struct merged_entry *e)
{
	struct said *s = ctx;

	s->used +=
		(size_t)snprintf(s->text + s->used, sizeof(s->text) - s->used,
				 "%s%s=%u@%zu%s%s", s->used ? " " : "", e->rel,
				 *(unsigned *)e->data, e->layer,
				 e->link ? ">" : "", e->link ? e->link : "");
	ck_assert_uint_lt(s->used, sizeof(s->text));
	return s->stop;
}

static const struct {
	const char *layers, *result;
} tables[] = {
	{"", ""},
	{"a b/ c>a", ""},
	{"a=1", "a=1@0"},
	{"a=1 | b=2", "a=1@0 b=2@1"},
	{"| | a=1", "a=1@2"},

	/* The order is that of the paths' bytes. */
	{"b=1 a/b=2 a-b=3 a=4", "a=4@0 a-b=3@0 b=1@0"},
	{"a/b=1 a-b=2 a/=3 aa=4 a/a/a=5",
	 "a=3@0 a-b=2@0 a/a/a=5@0 a/b=1@0 aa=4@0"},

	/* An entry of the same path. */
	{"a=1 a=2", "a=2@0"},
	{"a=1 | a=2", "a=2@1"},
	{"a=1 | a", ""},
	{"a=1 a", ""},
	{"a a=1", "a=1@0"},
	{"a=1 | a/", ""},
	{"a=1 | a/=2", "a=2@1"},
	{"a=1 | b>c a>c", ""},
	{"./=1 .=2", ".=2@0"},
	{".=1 a=2 ./ | b=3", "a=2@0 b=3@1"},
	{"a=1 .", "a=1@0"},

	/* Directories keep what is below them, nothing else does. */
	{"d/a=1 | d/", "d/a=1@0"},
	{"d/a=1 d/b/c=2 | d", ""},
	{"d/a=1 d", ""},
	{"d/a=1 | d | d/", ""},
	{"d/a=1 | d | d/b=2", "d/b=2@2"},
	{"d/a=1 | d=2", "d=2@1"},
	{"d/a=1 | d/b>d/a d>d/a", "d=1@1>d/a"},
	{"d/a=1 da=2 | d", "da=2@0"},
	{"d/e/f=1 d/e/g=2 d/h=3 | d/e", "d/h=3@0"},

	/* What is below a file makes it a directory. */
	{"a=1 | a/b", ""},
	{"a=1 | a/b=2", "a/b=2@1"},
	{"a=1 | a/b/c", ""},
	{"a/=1 | a/b=2", "a=1@0 a/b=2@1"},

	/* Whiteouts make none: umoci puts them below what was a directory. */
	{"a=1 | a/.wh.b", "a=1@0"},
	{"a=1 | a/.wh..wh..opq", "a=1@0"},
	{"a/b=1 | a=2 a/.wh.b", "a=2@1"},
	{"a/b=1 | a=2 a/.wh..wh..opq", "a=2@1"},
	{"a/b/c=1 | a=2 a/b/.wh.c", "a=2@1"},
	{"a/b=1 | a=2 a/.wh.b | a/c=3", "a/c=3@2"},

	/* Whiteouts. */
	{"a=1 | .wh.a", ""},
	{"a=1 b=2 | .wh.a", "b=2@0"},
	{"a=1 .wh.a", "a=1@0"},
	{"a=1 | a=2 .wh.a", "a=2@1"},
	{"a=1 | .wh.a a=2", "a=2@1"},
	{"a=1 | .wh.a | a=2", "a=2@2"},
	{"a=1 | .wh.a | b=2", "b=2@2"},
	{"d/a=1 d/b=2 | d/.wh.a", "d/b=2@0"},
	{"d/a=1 d/e/b=2 | .wh.d", ""},
	{"d/a=1 | d/c=3 .wh.d d/b=2", "d/b=2@1 d/c=3@1"},
	{"d/a=1 da=2 | .wh.d", "da=2@0"},
	{"d/=1 | .wh.d", ""},
	{"a=1 | .wh.a/", ""},
	{"a=1 | .wh.a=7", ""},
	{".wh.a=1", ""},
	{"a=1 | .wh.b .wh.aa b/.wh.a", "a=1@0"},
	{".wh.x/a=1 | .wh.b", ".wh.x/a=1@0"},
	{".wha=1", ".wha=1@0"},
	{"a=1 | .wh..wh.a", "a=1@0"},

	/* Whiteouts that readers refuse. */
	{"d/a=1 | d/.wh.", "d/a=1@0"},
	{"d/a=1 | d/.wh..", "d/a=1@0"},
	{"d/a=1 | d/.wh...", "d/a=1@0"},
	{"...=1 | .wh....", ""},

	/* Opaque directories. */
	{"d/a=1 b=2 | d/.wh..wh..opq", "b=2@0"},
	{"d/a=1 d/=2 | d/.wh..wh..opq", "d=2@0"},
	{"d/a=1 | d/b=2 d/.wh..wh..opq d/c=3", "d/b=2@1 d/c=3@1"},
	{"d/a=1 d/e/f=2 | d/ d/.wh..wh..opq", ""},
	{"a=1 d/b=2 | .wh..wh..opq c=3", "c=3@1"},
	{".=1 a=2 | .wh..wh..opq", ".=1@0"},
	{"a=1 | d/.wh..wh..opq", "a=1@0"},
	{"d/a=1 | d/e/.wh..wh..opq", "d/a=1@0"},

	/* What else aufs has. */
	{"a=1 .wh..wh.plnk/5=2 .wh..wh.orph/=3 .wh..wh.aufs=4", "a=1@0"},
	{"d/.wh..wh.x=1", ""},
	{"a=1 | .wh..wh.plnk/.wh.a", "a=1@0"},

	/* Hard links. */
	{"a=1 b>a", "a=1@0 b=1@0>a"},
	{"a=1 | b>a", "a=1@0 b=1@1>a"},
	{"b>a a=1", "a=1@0"},
	{"a=1 b>a c>b", "a=1@0 b=1@0>a c=1@0>b"},
	{"a=1 b>a=2", "a=1@0 b=2@0"},
	{"a b>a", ""},
	{"a b>a=2", "b=2@0"},
	{"a=1 | b>a | .wh.a", "b=1@1>a"},
	{"a=1 b>a | a=2", "a=2@1 b=1@0>a"},
	{"a=1 | b>a .wh.a", "b=1@1>a"},
	{"a=1 | .wh.a b>a", ""},
	{"d/a=1 | .wh.d b>d/a", ""},
	{"d/a=1 | d b>d/a", ""},
	{"d/a=1 | d d/a=2 b>d/a", "b=2@1>d/a d/a=2@1"},
	{"a=1 | a>a", "a=1@1>a"},
	{"a/=1 b>a", "a=1@0"},
	{".=1 b>.", ".=1@0"},
	{"a=1 b>a/x c>x/a d>", "a=1@0"},
	{"a=1 b/c>a | b", "a=1@0"},

	/* Names as they are. */
	{"../a=1 a=2 | ../.wh.a", "a=2@0"},
	{"b/../a=1 | a", "b/../a=1@0"},
	{"\xff\x01=1 | .wh.\xff\x01", ""},
};

START_TEST(merging)
{
	struct merged *m = begin();
	struct said s = {0};

	add_layers(m, tables[_i].layers);
	ck_assert_int_eq(merged_each(m, say, &s), 0);
	ck_assert_str_eq(s.text, tables[_i].result);
	/* A second look is as good as the first. */
	s.used = 0;
	ck_assert_int_eq(merged_each(m, say, &s), 0);
	ck_assert_str_eq(s.text, tables[_i].result);
	end(m);
}
END_TEST

START_TEST(stopping)
{
	struct merged *m = begin();
	struct said s = {.stop = 7};

	add_layers(m, "a=1 b=2");
	ck_assert_int_eq(merged_each(m, say, &s), 7);
	ck_assert_str_eq(s.text, "a=1@0");
	end(m);
}
END_TEST

/* Data is freed as soon as no entry has it, and once. */
START_TEST(freeing)
{
	struct merged *m = begin();

	add_layers(m, "a=1 b>a c>a d=2");
	ck_assert_int_eq(alive, 2);
	add_layers(m, ".wh.a b .wh.d");
	ck_assert_int_eq(alive, 1);
	add_layers(m, "c/");
	ck_assert_int_eq(alive, 0);
	add_layers(m, "d/a=3 .wh.x=4 .wh..wh.x=5");
	ck_assert_int_eq(alive, 1);
	add_layers(m, ".wh.d");
	end(m);
}
END_TEST

/* Headers that belong to no entry, and entries before any layer. */
START_TEST(odd_calls)
{
	struct tar_member member = {.stray = true}, file = {.type = '0'};
	struct merged *m = begin();
	struct said s = {0};

	ck_assert_int_eq(merged_add(m, &file, "a", data_new(1), 0), 0);
	ck_assert_int_eq(merged_add(m, &member, "a", data_new(2), 0), 0);
	ck_assert_int_eq(merged_each(m, say, &s), 0);
	ck_assert_str_eq(s.text, "a=1@0");
	end(m);
	merged_free(NULL);
}
END_TEST

/* --------------------------------- a model -------------------------------- */

/* All entries of the file system, one after another. */
struct model {
	struct model_entry {
		char rel[64];
		bool there, directory;
		size_t layer;
		unsigned value; /* 0: none */
	} entry[512];
	size_t entries, layer;
};

static bool is_below(const char *rel, const char *dir)
{
	size_t len = strlen(dir);

	if (!*dir)
		return true;
	return strncmp(rel, dir, len) == 0 && rel[len] == '/';
}

/* Hide what is at @rel (with @self) and below it, of layers below @layer. */
static void model_hide(struct model *model, const char *rel, bool self,
		       size_t layer)
{
	for (size_t i = 0; i < model->entries; i++) {
		struct model_entry *e = &model->entry[i];

		if (e->layer < layer && (is_below(e->rel, rel) ||
					 (self && strcmp(e->rel, rel) == 0)))
			e->there = false;
	}
}

static struct model_entry *model_find(struct model *model, const char *rel)
{
	for (size_t i = 0; i < model->entries; i++) {
		struct model_entry *e = &model->entry[i];

		if (e->there && strcmp(e->rel, rel) == 0)
			return e;
	}
	return NULL;
}

/* No beginning of the path is a file any more. */
static void model_directories(struct model *model, const char *rel)
{
	for (size_t i = 0; i < model->entries; i++) {
		struct model_entry *e = &model->entry[i];

		if (!e->directory && is_below(rel, e->rel))
			e->there = false;
	}
}

static void model_add(struct model *model, const char *rel, char type,
		      const char *link, unsigned value)
{
	struct model_entry *e, *to = link ? model_find(model, link) : NULL;

	if (to && !value && !to->directory)
		value = to->value;
	model_directories(model, rel);
	if (type != '5')
		model_hide(model, rel, true, SIZE_MAX);
	e = model_find(model, rel);
	if (e)
		e->there = false;
	ck_assert_uint_lt(model->entries, ROWS(model->entry));
	e = &model->entry[model->entries++];
	*e = (struct model_entry){
		.there = true,
		.directory = type == '5',
		.layer = model->layer,
		.value = value,
	};
	strcpy(e->rel, rel);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct model_entry *)a)->rel,
		      ((const struct model_entry *)b)->rel);
}

static void model_say(struct model *model, char *text)
{
	qsort(model->entry, model->entries, sizeof(model->entry[0]), by_name);
	*text = '\0';
	for (size_t i = 0; i < model->entries; i++) {
		const struct model_entry *e = &model->entry[i];

		if (e->there && e->value)
			text += sprintf(text, " %s=%u@%zu", e->rel, e->value,
					e->layer);
	}
}

/* As say(), without the links' targets. */
static int say_short(void *ctx, const struct merged_entry *e)
{
	struct said *s = ctx;

	s->used += (size_t)sprintf(s->text + s->used, " %s=%u@%zu", e->rel,
				   *(unsigned *)e->data, e->layer);
	return 0;
}

/* Few names, so that paths meet. */
static void random_path(uint64_t *state, char *path)
{
	unsigned depth = 1 + suite_below(state, 4);

	*path = '\0';
	for (unsigned i = 0; i < depth; i++)
		sprintf(path + strlen(path), "%s%c", i ? "/" : "",
			'a' + (char)suite_below(state, 3));
}

/* The directory that a path is in, "" for the root. */
static void directory_of(const char *path, char *dir)
{
	char *slash;

	strcpy(dir, path);
	slash = strrchr(dir, '/');
	*(slash ? slash : dir) = '\0';
}

static void add_random_whiteout(struct merged *m, struct model *model,
				const char *path, bool opaque)
{
	struct tar_member member = {.type = '0', .link = ""};
	const char *name = strrchr(path, '/');
	char dir[64], rel[160];

	name = name ? name + 1 : path;
	directory_of(path, dir);
	snprintf(rel, sizeof(rel), "%s%s.wh.%s", dir, *dir ? "/" : "",
		 opaque ? ".wh..opq" : name);
	ck_assert_int_eq(merged_add(m, &member, rel, NULL, 0), 0);
	model_hide(model, opaque ? dir : path, !opaque, model->layer);
}

static void add_random(struct merged *m, struct model *model, uint64_t *state)
{
	static const char types[] = "0005511";
	struct tar_member member = {.link = ""};
	unsigned value = 0, what = suite_below(state, 10);
	char path[64], link[64];

	random_path(state, path);
	random_path(state, link);
	if (what < 2) {
		add_random_whiteout(m, model, path, what);
		return;
	}
	member.type = types[suite_below(state, sizeof(types) - 1)];
	if (member.type == '1')
		member.link = link;
	if (suite_below(state, 3))
		value = 1 + suite_below(state, 1000);
	ck_assert_int_eq(merged_add(m, &member, path,
				    value ? data_new(value) : NULL, 0),
			 0);
	model_add(model, path, member.type, member.type == '1' ? link : NULL,
		  value);
}

#define MODELS 3000

START_TEST(as_the_model)
{
	uint64_t state = suite_seed("merged");
	static struct model model;
	static char want[65536];

	for (int run = 0; run < MODELS; run++) {
		unsigned left = 10 + suite_below(&state, 100);
		struct merged *m = begin();
		struct said got = {0};

		model = (struct model){0};
		merged_layer(m);
		while (left--) {
			if (suite_below(&state, 8) == 0) {
				merged_layer(m);
				model.layer++;
			}
			add_random(m, &model, &state);
		}
		model_say(&model, want);
		ck_assert_int_eq(merged_each(m, say_short, &got), 0);
		expect(strcmp(want, got.text) == 0,
		       "run %d: want '%s', got '%s'", run, want, got.text);
		end(m);
	}
}
END_TEST

/* ------------------------------- hostile layers --------------------------- */

/*
 * Steps are counted, not seconds: for each component of all paths there may be a
 * few, however the layers are made.
 */
#define STEPS 12

struct hostile {
	struct merged *m;
	uint64_t components;
};

static void add_path(struct hostile *h, char type, const char *path, bool data)
{
	struct tar_member member = {.type = type, .link = ""};

	h->components++;
	for (const char *c = path; *c; c++)
		h->components += *c == '/';
	expect(merged_add(h->m, &member, path, data ? data_new(1) : NULL, 0) ==
		       0,
	       "%s", path);
}

static int count(void *ctx, const struct merged_entry *e)
{
	(void)e;
	++*(size_t *)ctx;
	return 0;
}

static void finish_hostile(struct hostile *h, size_t left)
{
	size_t counted = 0;

	ck_assert_int_eq(merged_each(h->m, count, &counted), 0);
	ck_assert_uint_eq(counted, left);
	ck_assert_uint_lt(merged_work(h->m), STEPS * h->components);
	end(h->m);
}

/* Steps that are counted want no million: with a hundred thousand, a square is
 * a thousand times too many. */
#define MANY 200000

/* Very many entries with the attribute, and as many whiteouts of the directory
 * that they are in, of others, and of the entries themselves. */
START_TEST(many_whiteouts)
{
	struct hostile h = {.m = begin()};
	char path[64];

	for (int layer = 0; layer < 2; layer++) {
		merged_layer(h.m);
		for (int i = 0; i < MANY / 2; i++) {
			snprintf(path, sizeof(path), "d/%d/file%d", layer, i);
			add_path(&h, '0', path, true);
			snprintf(path, sizeof(path), "d/.wh.%d", i % 3);
			add_path(&h, '0', path, false);
			snprintf(path, sizeof(path), "d/%d/.wh..wh..opq",
				 i % 3);
			add_path(&h, '0', path, false);
			snprintf(path, sizeof(path), "d/%d/.wh.file%d", i % 3,
				 i);
			add_path(&h, '0', path, false);
		}
	}
	finish_hostile(&h, MANY / 2);
}
END_TEST

/* Data counts too, until it is freed. */
START_TEST(much_data)
{
	struct tar_member file = {.type = '0', .link = ""};
	struct merged *m = begin();

	merged_layer(m);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(
			merged_add(m, &file, "a", data_new(1), LIMIT / 3), 0);
	ck_assert_int_eq(merged_add(m, &file, "b", data_new(1), LIMIT / 4 * 3),
			 -EFBIG);
	end(m);
}
END_TEST

/* A path of a hundred thousand directories, again and again. */
START_TEST(deep_paths)
{
	enum { DEEP = 100000, TIMES = 20 };
	static char path[2 * DEEP + 64];
	struct hostile h = {.m = begin()};

	for (size_t i = 0; i < 2 * DEEP; i += 2)
		memcpy(path + i, "a/", 2);
	for (int i = 0; i < TIMES; i++) {
		merged_layer(h.m);
		sprintf(path + 2 * DEEP, "file%d", i);
		add_path(&h, '0', path, true);
		sprintf(path + 2 * DEEP, ".wh.a");
		add_path(&h, '0', path, false);
		sprintf(path + 2 * DEEP, ".wh..wh..opq");
		add_path(&h, '0', path, false);
		path[2 * DEEP - 1] = '\0';
		add_path(&h, '5', path, false);
		path[2 * DEEP - 1] = '/';
	}
	finish_hostile(&h, 1);
}
END_TEST

/* Short paths that want many nodes end before memory does, whatever there is. */
START_TEST(wide_and_deep)
{
	struct tar_member file = {.type = '0', .link = ""};
	enum { DEEP = 2000 };
	struct hostile h = {.m = begin_with(LIMIT / 8)};
	char path[2 * DEEP + 64];
	int i, n, error = 0;

	merged_layer(h.m);
	for (i = 0; !error && i < MANY; i++) {
		n = sprintf(path, "%d", i);
		for (int d = 0; d < DEEP; d++)
			n += sprintf(path + n, "/a");
		error = merged_add(h.m, &file, path, data_new(1), 0);
	}
	ck_assert_int_eq(error, -EFBIG);
	ck_assert_int_gt(i, 1000 / 8);
	end(h.m);
}
END_TEST

/* As many links to one file, and changes of one path. */
START_TEST(many_links)
{
	struct tar_member link = {.type = '1', .link = "a"};
	struct hostile h = {.m = begin()};
	char path[64];

	merged_layer(h.m);
	for (int i = 0; i < MANY / 4; i++) {
		add_path(&h, '0', "a", true);
		add_path(&h, '0', "a/b", true);
		add_path(&h, '0', "a", true);
		snprintf(path, sizeof(path), "d/%d", i);
		expect(merged_add(h.m, &link, path, NULL, 0) == 0, "%s", path);
		h.components += 3;
	}
	finish_hostile(&h, MANY / 4 + 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("merged");

	suite_add(suite, merging, ROWS(tables));
	suite_add(suite, stopping, 1);
	suite_add(suite, freeing, 1);
	suite_add(suite, odd_calls, 1);
	suite_add(suite, as_the_model, 1);
	suite_add(suite, many_whiteouts, 1);
	suite_add(suite, much_data, 1);
	suite_add(suite, deep_paths, 1);
	suite_add(suite, wide_and_deep, 1);
	suite_add(suite, many_links, 1);
	return suite_run(suite);
}
