/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes as options name them: an input is lines "OPTION VALUE", the first one
 * the name of a profile. Sets that are taken lie within the listing, a complement
 * of a complement is the set, and a process that passes the check can be asked
 * about.
 */
#include "executes.h"
#include "explain/explain.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

static struct vfscap_listing listing;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	vfscap_listing_builtin(&listing);
	return 0;
}

static void check_set(const char *text)
{
	char why[EXPLAIN_WHY_SIZE] = "", *other = malloc(strlen(text) + 24);
	uint64_t set = 77, back;

	must(other);
	if (subject_set_parse(&listing, text, &set, why)) {
		must(*why && set == 77);
		free(other);
		return;
	}
	must(!*why && !(set & ~listing.known));
	sprintf(other, "0x%llx", (unsigned long long)set);
	must(subject_set_parse(&listing, other, &back, why) == 0);
	must(back == set);
	if (*text == '~')
		strcpy(other, text + 1);
	else
		sprintf(other, "~%s", text);
	must(subject_set_parse(&listing, other, &back, why) == 0);
	must((back ^ set) == listing.known);
	free(other);
}

/* Maps that are files, or those of processes and users here, are other tests'. */
static bool elsewhere(const char *option, const char *value)
{
	return strcmp(option, "userns") == 0 && value &&
	       (*value == '@' || strpbrk(value, "piur"));
}

static int take_line(struct subject *s, char *line, char *why)
{
	char *value = strchr(line, ' ');

	if (value)
		*value++ = '\0';
	if (value)
		check_set(value);
	if (elsewhere(line, value))
		return 0;
	if (strcmp(line, "profile") == 0 && value)
		return subject_profile(s, value, why);
	return subject_option(s, line, value, why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct subject subject;
	struct take take = {data, size};
	char *text = take_text(&take), *rest = text, *line;
	char why[EXPLAIN_WHY_SIZE] = "";
	int error = 0;

	subject_init(&subject, &listing);
	while (!error && (line = strsep(&rest, "\n"))) {
		error = take_line(&subject, line, why);
		must(!error || error == -1);
		must(!error == !*why);
	}
	if (!error && subject_check(&subject, why) == 0)
		executes(&subject, &listing);
	subject_free(&subject);
	free(text);
	return 0;
}
