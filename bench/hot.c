/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hot paths of the library, one each time: hot decode|encode|format|parse.
 * For counting instructions: no clock, no input, the same values on every run.
 */
#include "vfscap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES 1000

static struct vfscap cap[VALUES];
static uint8_t bytes[VALUES][VFSCAP_SIZE_MAX];
static size_t sizes[VALUES];
static char text[VALUES][VFSCAP_TEXT_SIZE];
static struct vfscap_listing listing;

static uint32_t next(void)
{
	static uint32_t x = 2463534242;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

/* A few capabilities of those that there are, as files have them. */
static uint64_t some_caps(void)
{
	uint64_t caps = 0;

	for (uint32_t n = 1 + next() % 4; n; n--)
		caps |= UINT64_C(1) << next() % (VFSCAP_LAST + 1);
	return caps;
}

static void decode(void)
{
	for (size_t i = 0; i < VALUES; i++)
		if (vfscap_decode_strict(bytes[i], sizes[i], &cap[i]))
			abort();
}

static void encode(void)
{
	for (size_t i = 0; i < VALUES; i++)
		if (vfscap_encode(&cap[i], bytes[i], VFSCAP_SIZE_MAX,
				  &sizes[i]))
			abort();
}

static void format(void)
{
	for (size_t i = 0; i < VALUES; i++) {
		struct vfscap_sets sets;

		vfscap_to_sets(&cap[i], &sets);
		if (vfscap_text_format(&sets, &listing, text[i],
				       sizeof(text[i])))
			abort();
	}
}

static void parse(void)
{
	for (size_t i = 0; i < VALUES; i++) {
		struct vfscap_sets sets;

		if (vfscap_text_parse(text[i], &listing, &sets, NULL))
			abort();
	}
}

static void prepare(void)
{
	vfscap_listing_builtin(&listing);
	for (size_t i = 0; i < VALUES; i++) {
		uint32_t rootid = next() % 2 ? next() : 0;

		cap[i] = (struct vfscap){
			.revision = rootid ? 3 : 2,
			.effective = next() % 2,
			.permitted = some_caps(),
			.rootid = rootid,
		};
	}
	encode();
	format();
}

static const struct {
	const char *name;
	void (*run)(void);
} paths[] = {
	{"decode", decode},
	{"encode", encode},
	{"format", format},
	{"parse", parse},
};

/* What is counted begins and ends here. */
__attribute__((noinline)) void hot(void (*run)(void));
void hot(void (*run)(void))
{
	run();
	/* Not the last thing done: a jump would be no call that returns. */
	fflush(stdout);
}

int main(int argc, char **argv)
{
	prepare();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (argc == 2 && strcmp(argv[1], paths[i].name) == 0) {
			hot(paths[i].run);
			return EXIT_SUCCESS;
		}
	fprintf(stderr, "Usage: hot decode|encode|format|parse\n");
	return EXIT_FAILURE;
}
