/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text form against libcap itself, on texts and sets that are made up. */
#include "suite.h"
#include "tsv.h"
#include "vfscap.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>

#define BATCHES 20
#define TEXTS 15000 /* in each batch */
#define TRIPLES 6000

static struct vfscap_listing running;
static uint64_t seed;

/* ------------------------- the accepted differences ---------------------- */

static struct difference {
	const char *word, *libcap_word;
} differences[16];
static size_t difference_count;

static void load_differences(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		struct difference *d = &differences[difference_count];

		if (!*line || *line == '#')
			continue;
		d->word = strsep(&line, "\t");
		d->libcap_word = strsep(&line, "\t");
		if (!line || ++difference_count == ROWS(differences)) {
			fputs("libcap-differences.txt: not as it should be\n",
			      stderr);
			exit(EXIT_FAILURE);
		}
	}
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A text with one word of ours changed for libcap's, wherever it stands. */
static bool as_libcap_has_it(const struct difference *d, const char *text,
			     char *out)
{
	size_t len = strlen(d->word);
	bool changed = false;

	for (const char *at = text; *at;) {
		bool begins = at == text || !is_word(at[-1]);

		if (begins && strncasecmp(at, d->word, len) == 0 &&
		    !is_word(at[len])) {
			out = stpcpy(out, d->libcap_word);
			at += len;
			changed = true;
		} else {
			*out++ = *at++;
		}
	}
	*out = '\0';
	return changed;
}

/* ------------------------------ libcap's answers ------------------------- */

#define TEXT_MAX 8192

struct answer {
	bool taken;
	struct vfscap_sets sets;
	char text[VFSCAP_TEXT_SIZE];
};

static uint64_t libcap_set(cap_t caps, cap_flag_t flag)
{
	uint64_t set = 0;

	for (cap_value_t cap = 0; cap < VFSCAP_BITS; cap++) {
		cap_flag_value_t value = CAP_CLEAR;

		expect(cap_get_flag(caps, cap, flag, &value) == 0,
		       "cap_get_flag of %d", cap);
		set |= (uint64_t)(value == CAP_SET) << cap;
	}
	return set;
}

static void libcap_format(cap_t caps, struct answer *a)
{
	char *text = cap_to_text(caps, NULL);

	expect(text, "cap_to_text failed");
	expect(strlen(text) < sizeof(a->text), "'%s' is too long", text);
	strcpy(a->text, text);
	cap_free(text);
}

static void ask_libcap(const char *text, struct answer *a)
{
	cap_t caps = cap_from_text(text);

	memset(a, 0, sizeof(*a));
	if (!caps)
		return;
	a->taken = true;
	a->sets.permitted = libcap_set(caps, CAP_PERMITTED);
	a->sets.inheritable = libcap_set(caps, CAP_INHERITABLE);
	a->sets.effective = libcap_set(caps, CAP_EFFECTIVE);
	libcap_format(caps, a);
	cap_free(caps);
}

/* --------------------------------- ours ---------------------------------- */

static bool is_text_error(int error)
{
	return error >= VFSCAP_ERR_TEXT_LIST && error <= VFSCAP_ERR_TEXT_WORD;
}

static void ask_vfscap(const char *text, struct answer *a)
{
	size_t len = strlen(text);
	struct vfscap_where where = {0, 0};
	int error;

	memset(a, 0, sizeof(*a));
	error = vfscap_text_parse(text, &running, &a->sets, &where);
	a->taken = error == 0;
	if (error) {
		expect(is_text_error(error), "'%s': error %d",
		       suite_quote(text), error);
		expect(where.offset + where.length <= len &&
			       (where.length == 0) == (where.offset == len),
		       "'%s': %zu bytes at %zu are at fault", suite_quote(text),
		       where.length, where.offset);
		return;
	}
	error = vfscap_text_format(&a->sets, &running, a->text,
				   sizeof(a->text));
	expect(error == 0, "'%s': format failed, error %d", suite_quote(text),
	       error);
}

/* ------------------------------- comparing ------------------------------- */

static bool same_sets(const struct vfscap_sets *a, const struct vfscap_sets *b)
{
	return a->permitted == b->permitted &&
	       a->inheritable == b->inheritable && a->effective == b->effective;
}

static bool same(const struct answer *a, const struct answer *b)
{
	return a->taken == b->taken && same_sets(&a->sets, &b->sets) &&
	       strcmp(a->text, b->text) == 0;
}

static const char *words(const struct answer *a)
{
	static char text[2][VFSCAP_TEXT_SIZE + 100];
	static unsigned turn;
	char *at = text[turn++ % 2];

	if (!a->taken)
		return "refused";
	snprintf(at, sizeof(text[0]),
		 "p %016" PRIx64 " i %016" PRIx64 " e %016" PRIx64 " '%s'",
		 a->sets.permitted, a->sets.inheritable, a->sets.effective,
		 a->text);
	return at;
}

/* The accepted difference that explains ours, or NULL. */
static const struct difference *explained(const char *text,
					  const struct answer *ours)
{
	static struct answer theirs;
	char changed[TEXT_MAX];

	for (size_t i = 0; i < difference_count; i++) {
		if (!as_libcap_has_it(&differences[i], text, changed))
			continue;
		ask_libcap(changed, &theirs);
		if (same(ours, &theirs))
			return &differences[i];
	}
	return NULL;
}

/* Does a text differ, as it may? Any other difference ends the test. */
static bool differs(const char *text, bool *taken)
{
	static struct answer ours, theirs;

	ask_vfscap(text, &ours);
	ask_libcap(text, &theirs);
	*taken = ours.taken;
	if (same(&ours, &theirs))
		return false;
	expect(explained(text, &ours), "'%s'\nvfscap: %s\nlibcap: %s",
	       suite_quote(text), words(&ours), words(&theirs));
	return true;
}

/* ------------------------------- made-up texts --------------------------- */

struct maker {
	uint64_t state;
	size_t used;
	char text[TEXT_MAX / 4];
};

static unsigned below(struct maker *m, unsigned end)
{
	return suite_below(&m->state, end);
}

static bool one_in(struct maker *m, unsigned n)
{
	return below(m, n) == 0;
}

__attribute__((format(printf, 2, 3))) static void add(struct maker *m,
						      const char *format, ...)
{
	size_t room = sizeof(m->text) - m->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(m->text + m->used, room, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < room)
		m->used += (size_t)n;
	m->text[m->used] = '\0';
}

static void add_word(struct maker *m, const char *word)
{
	unsigned how = below(m, 4);
	char copy[64];
	size_t i;

	for (i = 0; word[i] && i < sizeof(copy) - 1; i++) {
		bool up = how == 0 || (how == 1 && one_in(m, 2));

		copy[i] = up ? (char)toupper((unsigned char)word[i]) : word[i];
	}
	copy[i] = '\0';
	add(m, "%s", copy);
}

static void add_number(struct maker *m)
{
	unsigned n = below(m, one_in(m, 12) ? 80 : 64);

	switch (below(m, 8)) {
	case 0:
		add(m, "0%o", n);
		break;
	case 1:
		add(m, "0x%x", n);
		break;
	case 2:
		add(m, "0X%02X", n);
		break;
	case 3:
		add(m, "0000%o", n);
		break;
	default:
		add(m, "%u", n);
	}
}

/* Nearly a capability, or hardly one. */
static void add_oddity(struct maker *m)
{
	static const char *const oddities[] = {
		"allx",	    "all_",
		"cap_all",  "cap_",
		"cap_chow", "cap_chown1",
		"_",	    "chown",
		"none",	    "0x",
		"0xg",	    "08",
		"1.5",	    "12_",
		"-1",	    "64",
		"0100",	    "4294967296",
		"cap_bpf_", "18446744073709551616",
		"",	    "99999999999999999999999999",
	};

	add_word(m, oddities[below(m, ROWS(oddities))]);
}

static void add_item(struct maker *m)
{
	unsigned kind = below(m, 24);

	if (kind < 14)
		add_word(m, vfscap_name(below(m, VFSCAP_LAST + 1)));
	else if (kind < 20)
		add_number(m);
	else if (kind < 22)
		add_word(m, "all");
	else if (kind == 22 && one_in(m, 2))
		add_word(
			m,
			differences[below(m, (unsigned)difference_count)].word);
	else if (one_in(m, 3))
		add_oddity(m);
	else
		add_number(m);
}

static void add_list(struct maker *m)
{
	unsigned items = one_in(m, 3) ? 1 + below(m, 12) : 1;

	while (items-- > 0) {
		add_item(m);
		if (items)
			add(m, "%s", one_in(m, 60) ? ", " : ",");
	}
}

static void add_flags(struct maker *m)
{
	unsigned flags = one_in(m, 20) ? below(m, 12) : 1 + below(m, 3);

	while (flags-- > 0)
		add(m, "%c",
		    one_in(m, 150) ? "EIPx=_"[below(m, 6)]
				   : "eip"[below(m, 3)]);
}

static void add_action(struct maker *m, bool first)
{
	static const char *const first_ops[] = {"=", "=", "=",	"+",
						"+", "-", "=+", "=-"};
	static const char *const ops[] = {"+", "-", "+", "-", "=", "=+"};

	add(m, "%s",
	    first ? first_ops[below(m, ROWS(first_ops))]
		  : ops[below(m, one_in(m, 10) ? ROWS(ops) : 4)]);
	if (!one_in(m, 16))
		add_flags(m);
}

static void add_clause(struct maker *m)
{
	unsigned actions = one_in(m, 3) ? 1 + below(m, 4) : 1;

	if (one_in(m, 6)) {
		add(m, "=");
		add_flags(m);
		return;
	}
	if (!one_in(m, 40))
		add_list(m);
	for (unsigned i = 0; i < actions; i++)
		add_action(m, i == 0);
}

static void add_space(struct maker *m)
{
	unsigned n = one_in(m, 4) ? below(m, 4) : 1;

	while (n-- > 0)
		add(m, "%c", one_in(m, 3) ? " \t\n\v\f\r"[below(m, 6)] : ' ');
}

/* One byte goes, comes, changes, or changes places. Never to NUL. */
static void mutate(struct maker *m)
{
	static const char likely[] = "=+-,eip _019xXacC\t\n;:.";
	size_t at = below(m, (unsigned)m->used);
	char *byte = m->text + at;
	char c = one_in(m, 3) ? (char)(1 + below(m, 255))
			      : likely[below(m, sizeof(likely) - 1)];

	switch (m->used < sizeof(m->text) - 1 ? below(m, 4) : 0) {
	case 0:
		*byte = c;
		break;
	case 1:
		memmove(byte, byte + 1, m->used - at);
		m->used--;
		break;
	case 2:
		memmove(byte + 1, byte, m->used - at + 1);
		*byte = c;
		m->used++;
		break;
	default:
		c = *byte;
		*byte = m->text[m->used - 1];
		m->text[m->used - 1] = c;
	}
}

static const char *make_text(struct maker *m)
{
	unsigned clauses = one_in(m, 50) ? 0 : 1 + below(m, 4);
	unsigned mutations = one_in(m, 4) ? 1 + below(m, 3) : 0;

	m->used = 0;
	m->text[0] = '\0';
	if (one_in(m, 8))
		add_space(m);
	while (clauses-- > 0) {
		add_clause(m);
		if (clauses || one_in(m, 8))
			add_space(m);
	}
	while (mutations-- > 0 && m->used > 0)
		mutate(m);
	return m->text;
}

/* A generator whose texts nearly all pass, or fail, would show little. */
START_TEST(texts)
{
	struct maker m = {.state = seed + (unsigned)_i};
	int taken = 0, different = 0;

	for (int i = 0; i < TEXTS; i++) {
		bool ours;

		different += differs(make_text(&m), &ours);
		taken += ours;
	}
	ck_assert_int_ge(taken, TEXTS / 3);
	ck_assert_int_le(taken, TEXTS / 3 * 2);
	ck_assert_int_le(different, TEXTS / 10);
}
END_TEST

/* Every byte alone, every pair of bytes that means something, and each of them
 * after a list and after an operator. */
START_TEST(short_texts)
{
	static const char *const before[] = {
		"", "cap_kill", "cap_kill=", "=", "7", "=p "};
	bool taken;

	for (size_t i = 0; i < ROWS(before); i++) {
		for (int a = 1; a < 256; a++) {
			for (const char *b = "=+-,eip _0x\n"; *b; b++) {
				char text[32];

				snprintf(text, sizeof(text), "%s%c%c",
					 before[i], a, *b);
				differs(text, &taken);
				text[strlen(text) - 1] = '\0';
				differs(text, &taken);
			}
		}
	}
}
END_TEST

/* Each accepted difference is one still. */
START_TEST(still_different)
{
	char text[256];
	bool taken;

	snprintf(text, sizeof(text), "%s=p", differences[_i].word);
	ck_assert_msg(differs(text, &taken),
		      "'%s': libcap does the same; take it off the list", text);
}
END_TEST

/* ------------------------------ made-up sets ----------------------------- */

static uint64_t sparse(uint64_t *state)
{
	return suite_random(state) & suite_random(state) & suite_random(state) &
	       suite_random(state);
}

static uint64_t up_to(unsigned end)
{
	return end ? UINT64_MAX >> (64 - end) : 0;
}

/* A run of neighbours. */
static uint64_t run(uint64_t *state)
{
	unsigned a = suite_below(state, 65), b = suite_below(state, 65);

	return up_to(a) ^ up_to(b);
}

static uint64_t any_set(uint64_t *state)
{
	switch (suite_below(state, 8)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return running.known;
	case 3:
		return sparse(state);
	case 4:
		return ~sparse(state);
	case 5:
		return run(state);
	case 6:
		return sparse(state) & running.known;
	default:
		return suite_random(state);
	}
}

/* Often the three have much in common, as real ones do. */
static struct vfscap_sets any_sets(uint64_t *state)
{
	struct vfscap_sets s = {any_set(state), any_set(state), any_set(state)};

	switch (suite_below(state, 6)) {
	case 0:
		s.effective = s.permitted;
		break;
	case 1:
		s.effective = s.permitted | s.inheritable;
		break;
	case 2:
		s.inheritable = s.permitted;
		break;
	case 3:
		s.effective = s.inheritable = s.permitted ^ sparse(state);
		break;
	}
	return s;
}

/* In two halves: cap_set_flag takes 63 values at most. */
static void raise_all(cap_t caps, cap_flag_t flag, uint64_t set)
{
	cap_value_t values[VFSCAP_BITS];
	int n = 0;

	for (cap_value_t cap = 0; cap < VFSCAP_BITS; cap++) {
		if (set >> cap & 1)
			values[n++] = cap;
		if (n > 0 && (cap == 31 || cap == 63)) {
			expect(!cap_set_flag(caps, flag, n, values, CAP_SET),
			       "cap_set_flag of %016" PRIx64, set);
			n = 0;
		}
	}
}

static void format_both(const struct vfscap_sets *sets)
{
	static struct answer ours, theirs;
	cap_t caps = cap_init();

	expect(caps, "no memory");
	raise_all(caps, CAP_PERMITTED, sets->permitted);
	raise_all(caps, CAP_INHERITABLE, sets->inheritable);
	raise_all(caps, CAP_EFFECTIVE, sets->effective);
	ours.taken = theirs.taken = true;
	ours.sets = theirs.sets = *sets;
	libcap_format(caps, &theirs);
	cap_free(caps);
	expect(vfscap_text_format(sets, &running, ours.text,
				  sizeof(ours.text)) == 0 &&
		       same(&ours, &theirs),
	       "vfscap: %s\nlibcap: %s", words(&ours), words(&theirs));
}

START_TEST(triples)
{
	uint64_t state = seed + BATCHES + (unsigned)_i;

	for (int i = 0; i < TRIPLES; i++) {
		struct vfscap_sets sets = any_sets(&state);

		format_both(&sets);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("libcap");
	size_t size;
	char *text = fixture_read("libcap-differences.txt", &size);
	int status;

	load_differences(text);
	if (vfscap_listing_running(&running)) {
		fputs("libcap: the running kernel does not answer\n", stderr);
		return EXIT_FAILURE;
	}
	seed = suite_seed("libcap");
	suite_add(suite, texts, BATCHES);
	suite_add(suite, short_texts, 1);
	suite_add(suite, still_different, difference_count);
	suite_add(suite, triples, BATCHES);
	status = suite_run(suite);
	free(text);
	return status;
}
