/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What closed processes say of dumps, journals and configurations: what is packed
 * comes back, all else is refused. */
#include "change/blocks_parts.h"
#include "explain/oci.h"
#include "scan/dump.h"
#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static uint8_t bytes[] = {1, 0, 0, 2, 0, 32, 0, 0, 0, 0,
			  0, 0, 0, 0, 0, 0,  0, 0, 0, 0};

/* ------------------------------- the messages ----------------------------- */

static struct dump_entry dumped[] = {
	{"/a", "a", bytes, sizeof(bytes), 7},
	{"b", "b", bytes, 0, 1},
	{"c", "c", NULL, 0, 2},
};

static void pack_dumped(struct pack *p, size_t i)
{
	dump_entry_pack(p, &dumped[i]);
}

/* The path below a root becomes one whatever was said. */
static int take_dumped(struct unpack *u, struct pack *again)
{
	struct dump dump = {0};
	int error = dump_entry_unpack(u, &dump);

	if (!error) {
		expect(dump.count == 1, "one entry");
		expect(*dump.entry->rel != '/', "below a root");
		dump_entry_pack(again, dump.entry);
	}
	dump_free(&dump);
	return error;
}

#define V2                                                       \
	{                                                        \
		.revision = 2, .permitted = 1, .effective = true \
	}
#define V3                                                    \
	{                                                     \
		.revision = 3, .permitted = 1, .rootid = 1000 \
	}

static const struct journal_entry noted[] = {
	{.path = (char *)"/a",
	 .dev = 1,
	 .ino = UINT64_MAX,
	 .generation = UINT32_MAX,
	 .old = {.have = CHANGE_VALUE, .cap = V2},
	 .new = {.have = CHANGE_VALUE, .cap = V3}},
	{.path = (char *)"/",
	 .generation = -1,
	 .old = {.have = CHANGE_HIDDEN},
	 .new = {.have = CHANGE_NONE}},
};

static void pack_noted(struct pack *p, size_t i)
{
	journal_entry_pack(p, &noted[i]);
}

static int take_noted(struct unpack *u, struct pack *again)
{
	struct journal_entry e;
	const char *path;
	int error = journal_entry_unpack(u, &e, &path);

	if (error)
		return error;
	expect(*path == '/', "an absolute path");
	expect(e.generation >= -1 && e.generation <= UINT32_MAX, "generation");
	e.path = strdup(path);
	journal_entry_pack(again, &e);
	free(e.path);
	return 0;
}

static const struct blocks_journal images[] = {
	{.path = (char *)"/image", .size = 40960, .parameters = (char *)"p\n"},
	{.parameters = (char *)""},
};

static void pack_image(struct pack *p, size_t i)
{
	blocks_file_pack(p, &images[i]);
}

static int take_image(struct unpack *u, struct pack *again)
{
	struct blocks_journal j = {0};
	int error = blocks_file_unpack(u, &j);

	if (!error) {
		expect(!j.path || *j.path == '/', "an absolute path");
		blocks_file_pack(again, &j);
	}
	blocks_free(&j);
	return error;
}

static const struct block blocks[] = {
	{.at = 4096, .size = sizeof(bytes), .old = bytes, .new = bytes},
	{.at = 40960 - 1, .size = 1, .old = bytes, .new = bytes},
};

static void pack_block(struct pack *p, size_t i)
{
	block_pack(p, &blocks[i]);
}

/* Within the file, and behind the block before it. */
static int take_block(struct unpack *u, struct pack *again)
{
	struct blocks_journal j = {.size = 40960};
	const struct block *b;
	int error;

	ck_assert_int_eq(blocks_add(&j, 0, bytes, bytes, 8), 0);
	error = block_unpack(u, &j);
	if (!error) {
		b = &j.list.block[1];
		expect(b->at >= 8 && b->size && b->size <= j.size &&
			       b->at <= j.size - b->size,
		       "a block at %ju", (uintmax_t)b->at);
		block_pack(again, b);
	}
	blocks_free(&j);
	return error;
}

static uint32_t groups[] = {0, 7, UINT32_MAX - 1};

#define KNOWN UINT64_C(0x1ff)

static struct config_facts facts[] = {
	{.uid = UINT32_MAX - 1,
	 .gid = 5,
	 .groups = groups,
	 .group_count = 3,
	 .userns = CONFIG_MAPPED,
	 .map = {{.count = 2, .extent = {{0, 100, 5}, {7, 900, 1}}},
		 {.count = 1, .extent = {{0, 100, 5}}}},
	 .set = {1, 2, 3, KNOWN, 0},
	 .no_new_privs = true,
	 .root = (char *)"rootfs"},
	{.userns = CONFIG_OF_PID, .pid = 4711},
	{.userns = CONFIG_SAME},
};

static void pack_facts(struct pack *p, size_t i)
{
	config_facts_pack(p, &facts[i]);
}

static int take_facts(struct unpack *u, struct pack *again)
{
	struct config_facts f;
	int error = config_facts_unpack(u, KNOWN, &f);

	if (!error) {
		expect(f.uid != UINT32_MAX && f.gid != UINT32_MAX, "an id");
		for (int i = 0; i <= SUBJECT_AMBIENT; i++)
			expect(!(f.set[i] & ~KNOWN), "a set");
		expect(f.map[NS_UID].count <= VFSCAP_EXTENTS, "a map");
		config_facts_pack(again, &f);
	}
	config_facts_free(&f);
	return error;
}

static const struct {
	const char *name;
	void (*pack)(struct pack *p, size_t i);
	int (*take)(struct unpack *u, struct pack *again);
	size_t i;
	bool other; /* what is taken may say the same in another way */
} messages[] = {
	{"dump", pack_dumped, take_dumped, 0, true},
	{"dump", pack_dumped, take_dumped, 1, true},
	{"dump", pack_dumped, take_dumped, 2, true},
	{"journal", pack_noted, take_noted, 0, false},
	{"journal", pack_noted, take_noted, 1, false},
	{"image", pack_image, take_image, 0, false},
	{"image", pack_image, take_image, 1, false},
	{"block", pack_block, take_block, 0, false},
	{"block", pack_block, take_block, 1, false},
	{"facts", pack_facts, take_facts, 0, false},
	{"facts", pack_facts, take_facts, 1, false},
	{"facts", pack_facts, take_facts, 2, false},
};

/* Taken from memory that ends where it does; @same: and packed again as that? */
static int take_exact(int m, const uint8_t *data, size_t size, bool *same)
{
	uint8_t *exact = malloc(size + 1);
	struct unpack u = {.at = memcpy(exact, data, size), .left = size};
	struct pack again = {0};
	int error = messages[m].take(&u, &again);

	*same = !again.failed && again.used == size &&
		(!size || memcmp(again.bytes, data, size) == 0);
	free(again.bytes);
	free(exact);
	return error;
}

/* --------------------------------- the tests ------------------------------ */

START_TEST(packed)
{
	struct pack p = {0};
	bool same;

	messages[_i].pack(&p, messages[_i].i);
	ck_assert(!p.failed);
	expect(take_exact(_i, p.bytes, p.used, &same) == 0, "%s",
	       messages[_i].name);
	expect(same, "another %s", messages[_i].name);
	free(p.bytes);
}
END_TEST

/* Cut anywhere, or with something behind it, it is none. */
START_TEST(cut)
{
	struct pack p = {0};
	bool same;

	messages[_i].pack(&p, messages[_i].i);
	for (size_t size = 0; size < p.used; size++)
		expect(take_exact(_i, p.bytes, size, &same) == -EPROTO,
		       "%s cut at %zu", messages[_i].name, size);
	pack_number(&p, 0);
	expect(take_exact(_i, p.bytes, p.used, &same) == -EPROTO, "%s and more",
	       messages[_i].name);
	free(p.bytes);
}
END_TEST

/* Whatever a message is, what is taken is possible, and the only one that says
 * it. */
START_TEST(changed)
{
	uint64_t state = suite_seed("said");
	struct pack p = {0};
	unsigned taken = 0;

	messages[_i].pack(&p, messages[_i].i);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t *data = malloc(p.used);
		bool same;
		int error;

		memcpy(data, p.bytes, p.used);
		for (unsigned k = 0; k <= suite_below(&state, 3); k++)
			data[suite_below(&state, (unsigned)p.used)] =
				(uint8_t)suite_random(&state);
		error = take_exact(_i, data, p.used, &same);
		expect(!error || error == -EPROTO, "%s: %d", messages[_i].name,
		       error);
		expect(error || same || messages[_i].other, "another %s",
		       messages[_i].name);
		taken += !error;
		free(data);
	}
	/* Some of them are only other numbers, texts and bytes. */
	ck_assert_uint_gt(taken, 0);
	free(p.bytes);
}
END_TEST

/* ------------------------------ what cannot be ---------------------------- */

static void relative(struct pack *p)
{
	struct journal_entry e = noted[0];

	e.path = (char *)"a";
	journal_entry_pack(p, &e);
}

static void no_revision(struct pack *p)
{
	pack_text(p, "/a");
	pack_number(p, 1);
	pack_number(p, 2);
	pack_number(p, 0);
	pack_number(p, CHANGE_NONE);
	pack_number(p, CHANGE_VALUE);
	pack_bytes(p, bytes, 3);
}

static void beyond_the_end(struct pack *p)
{
	const struct block b = {40960 - 8, sizeof(bytes), bytes, bytes};

	block_pack(p, &b);
}

static void at_the_one_before(struct pack *p)
{
	const struct block b = {7, sizeof(bytes), bytes, bytes};

	block_pack(p, &b);
}

static void of_no_bytes(struct pack *p)
{
	const struct block b = {4096, 0, bytes, bytes};

	block_pack(p, &b);
}

static void relative_image(struct pack *p)
{
	struct blocks_journal j = images[0];

	j.path = (char *)"image";
	blocks_file_pack(p, &j);
}

static void unknown_capability(struct pack *p)
{
	struct config_facts f = facts[2];

	f.set[SUBJECT_BOUNDING] = KNOWN + 1;
	config_facts_pack(p, &f);
}

static void no_id(struct pack *p)
{
	struct config_facts f = facts[2];

	f.uid = UINT32_MAX;
	config_facts_pack(p, &f);
}

static void no_map(struct pack *p)
{
	struct config_facts f = facts[0];

	f.map[NS_GID].count = 0;
	config_facts_pack(p, &f);
}

static void too_many_groups(struct pack *p)
{
	pack_number(p, 0);
	pack_number(p, 0);
	pack_number(p, EXPLAIN_GROUPS + 1);
}

static const struct {
	int message; /* whose taker it is given to */
	void (*pack)(struct pack *p);
} impossible[] = {
	{3, relative},		 {3, no_revision}, {5, relative_image},
	{7, beyond_the_end},	 {7, of_no_bytes}, {7, at_the_one_before},
	{9, unknown_capability}, {9, no_id},	   {9, no_map},
	{9, too_many_groups},
};

START_TEST(not_believed)
{
	struct pack p = {0};
	bool same;

	impossible[_i].pack(&p);
	ck_assert_int_eq(take_exact(impossible[_i].message, p.bytes, p.used,
				    &same),
			 -EPROTO);
	free(p.bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("said");

	suite_add(suite, packed, ROWS(messages));
	suite_add(suite, cut, ROWS(messages));
	suite_add(suite, changed, ROWS(messages));
	suite_add(suite, not_believed, ROWS(impossible));
	return suite_run(suite);
}
