/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts: what is written is read again as the same sets, and texts are read and
 * written as libcap does, but for words of libcap-differences.txt. The listing
 * is the running kernel's, since libcap has no other.
 */
#include "fuzz.h"

#include "vfscap.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>

static struct vfscap_listing running;
static char *words[16];
static size_t n_words;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	FILE *file = fopen("tests/fixtures/libcap-differences.txt", "re");
	char line[1024];

	(void)argc, (void)argv;
	must(file);
	while (fgets(line, sizeof(line), file))
		if (*line != '#' && *line != '\n' && n_words < 16)
			words[n_words++] = strndup(line, strcspn(line, "\t"));
	fclose(file);
	must(n_words);
	must(vfscap_listing_running(&running) == 0);
	return 0;
}

static bool differs(const char *text)
{
	for (size_t i = 0; i < n_words; i++)
		if (strcasestr(text, words[i]))
			return true;
	return false;
}

static uint64_t libcap_set(cap_t caps, cap_flag_t flag)
{
	uint64_t set = 0;

	for (cap_value_t cap = 0; cap < VFSCAP_BITS; cap++) {
		cap_flag_value_t value = CAP_CLEAR;

		must(cap_get_flag(caps, cap, flag, &value) == 0);
		set |= (uint64_t)(value == CAP_SET) << cap;
	}
	return set;
}

/* @text: what was read; @ours: what we write for it. */
static void check_libcap(const char *text, const struct vfscap_sets *sets,
			 const char *ours)
{
	cap_t caps = cap_from_text(text);
	char *theirs;

	must(!caps == !sets);
	if (!caps)
		return;
	must(libcap_set(caps, CAP_PERMITTED) == sets->permitted);
	must(libcap_set(caps, CAP_INHERITABLE) == sets->inheritable);
	must(libcap_set(caps, CAP_EFFECTIVE) == sets->effective);
	theirs = cap_to_text(caps, NULL);
	must(theirs && strcmp(theirs, ours) == 0);
	cap_free(theirs);
	cap_free(caps);
}

static bool same(const struct vfscap_sets *a, const struct vfscap_sets *b)
{
	return a->permitted == b->permitted &&
	       a->inheritable == b->inheritable && a->effective == b->effective;
}

/* What is written is read again, and is written so again; with another listing
 * too. */
static void check_written(const struct vfscap_sets *sets,
			  const struct vfscap_listing *listing,
			  char text[VFSCAP_TEXT_SIZE])
{
	struct vfscap_sets back;
	char again[VFSCAP_TEXT_SIZE];

	must(vfscap_text_format(sets, listing, text, VFSCAP_TEXT_SIZE) == 0);
	must(vfscap_text_parse(text, listing, &back, NULL) == 0);
	must(same(sets, &back));
	must(vfscap_text_format(&back, listing, again, strlen(text) + 1) == 0);
	must(strcmp(text, again) == 0);
	must(vfscap_text_format(&back, listing, again, strlen(text)) ==
	     VFSCAP_ERR_BUFFER);
}

static void check_text(const char *text)
{
	struct vfscap_sets sets;
	struct vfscap_where where = {0, 0};
	char ours[VFSCAP_TEXT_SIZE];
	int error = vfscap_text_parse(text, &running, &sets, &where);

	if (error) {
		must(error >= VFSCAP_ERR_TEXT_LIST &&
		     error <= VFSCAP_ERR_TEXT_WORD);
		must(where.offset + where.length <= strlen(text));
		must(!where.length == (where.offset == strlen(text)));
	} else {
		check_written(&sets, &running, ours);
	}
	if (!differs(text))
		check_libcap(text, error ? NULL : &sets, ours);
}

static void check_sets(struct take *take)
{
	struct vfscap_listing listing;
	struct vfscap_sets sets;
	char text[VFSCAP_TEXT_SIZE];

	vfscap_listing_last_cap(&listing, (unsigned)take_number(take, 1) % 64);
	sets.permitted = take_number(take, 8);
	sets.inheritable = take_number(take, 8);
	sets.effective = take_number(take, 8);
	check_written(&sets, &listing, text);
}

/* libcap copies a text with a word of each size; longer ones say no more. */
#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct take take = {data, size};
	char *text;

	if (size > TEXT_MAX)
		return -1;
	check_sets(&take);
	take = (struct take){data, size};
	text = take_text(&take);
	check_text(text);
	free(text);
	return 0;
}
