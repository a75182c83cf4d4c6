/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capability sets as options name them. */
#include "explain/parts.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char digits[] = "0123456789",
		  hex_digits[] = "0123456789abcdefABCDEF";

/* ---------------------------------- words -------------------------------- */

static int number_of(const char *word, size_t size)
{
	unsigned number = 0;

	if (size == 0 || size > 2)
		return -1;
	for (size_t i = 0; i < size; i++) {
		if (!isdigit((unsigned char)word[i]))
			return -1;
		number = number * 10 + (unsigned)(word[i] - '0');
	}
	return number < VFSCAP_BITS ? (int)number : -1;
}

int subject_cap(const struct vfscap_listing *listing, const char *word,
		size_t size)
{
	char name[VFSCAP_NAME_SIZE] = "cap_";
	int cap = number_of(word, size);

	if (cap < 0)
		cap = vfscap_listing_find(listing, word, size);
	if (cap < 0 && size < sizeof(name) - 4) {
		memcpy(name + 4, word, size);
		cap = vfscap_listing_find(listing, name, size + 4);
	}
	return cap >= 0 && (listing->known >> cap & 1) ? cap : -1;
}

static int parse_list(const struct vfscap_listing *listing, const char *text,
		      uint64_t *set, char why[EXPLAIN_WHY_SIZE])
{
	uint64_t caps = 0;

	for (;; text++) {
		size_t size = strcspn(text, ",");
		int cap = subject_cap(listing, text, size);

		if (cap < 0)
			return subject_fail(why,
					    "'%.*s' is no capability of this "
					    "kernel; 'fcapinspect "
					    "--capabilities' lists them",
					    size < 64 ? (int)size : 64, text);
		caps |= UINT64_C(1) << cap;
		text += size;
		if (!*text)
			break;
	}
	*set = caps;
	return 0;
}

/* ---------------------------------- masks -------------------------------- */

/* In what base a text is a number, or 0 where it is none. */
static int base_of(const char *text)
{
	size_t size = strlen(text);

	if (strncasecmp(text, "0x", 2) == 0)
		return size > 2 && strspn(text + 2, hex_digits) == size - 2 ? 16
									    : 0;
	if (size == 16 && strspn(text, hex_digits) == size)
		return 16;
	text += *text == '-';
	return *text && text[strspn(text, digits)] == '\0' ? 10 : 0;
}

static int check_known(const struct vfscap_listing *listing, const char *text,
		       uint64_t caps, char why[EXPLAIN_WHY_SIZE])
{
	uint64_t beyond = caps & ~listing->known;

	if (!beyond)
		return 0;
	return subject_fail(why,
			    "'%.64s' has capability %d, which this kernel does "
			    "not have",
			    text, __builtin_ctzll(beyond));
}

static int parse_mask(const struct vfscap_listing *listing, const char *text,
		      int base, uint64_t *set, char why[EXPLAIN_WHY_SIZE])
{
	uint64_t caps, beyond;

	errno = 0;
	if (*text == '-')
		caps = (uint64_t)strtoll(text, NULL, base);
	else
		caps = strtoull(text, NULL, base);
	if (errno)
		return subject_fail(why, "'%.64s' is more than 64 bits", text);
	beyond = caps & ~listing->known;
	if (beyond != ~listing->known &&
	    beyond != (~listing->known & UINT32_MAX) &&
	    check_known(listing, text, caps, why))
		return -1;
	*set = caps & listing->known;
	return 0;
}

/* --------------------------------- all forms ----------------------------- */

static int parse_text(const struct vfscap_listing *listing, const char *text,
		      uint64_t *set, char why[EXPLAIN_WHY_SIZE])
{
	struct vfscap_sets sets;
	struct vfscap_where where;
	int error = vfscap_text_parse(text, listing, &sets, &where);

	if (error)
		return subject_fail(why, "'%.200s': at byte %zu: %s", text,
				    where.offset + 1, vfscap_strerror(error));
	*set = sets.permitted;
	return check_known(listing, text, sets.permitted, why);
}

static int parse_plain(const struct vfscap_listing *listing, const char *text,
		       uint64_t *set, char why[EXPLAIN_WHY_SIZE])
{
	int base = base_of(text);

	if (!*text)
		return subject_fail(why, "a set is missing; 'none' is one");
	if (strcasecmp(text, "none") == 0)
		*set = 0;
	else if (strcasecmp(text, "all") == 0)
		*set = listing->known;
	else if (base)
		return parse_mask(listing, text, base, set, why);
	else if (text[strcspn(text, "=+- \t")])
		return parse_text(listing, text, set, why);
	else
		return parse_list(listing, text, set, why);
	return 0;
}

int subject_set_parse(const struct vfscap_listing *listing, const char *text,
		      uint64_t *set, char why[EXPLAIN_WHY_SIZE])
{
	bool complement = *text == '~';
	uint64_t caps = 0;

	if (parse_plain(listing, text + complement, &caps, why))
		return -1;
	*set = complement ? listing->known & ~caps : caps;
	return 0;
}
