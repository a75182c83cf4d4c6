/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that calls execve(2): what all ways to name one share. */
#include "explain/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int subject_fail(char why[EXPLAIN_WHY_SIZE], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, EXPLAIN_WHY_SIZE, format, args);
	va_end(args);
	return -1;
}

void subject_init(struct subject *subject, const struct vfscap_listing *listing)
{
	memset(subject, 0, sizeof(*subject));
	subject->listing = listing;
}

void subject_free(struct subject *subject)
{
	free(subject->groups);
	free(subject->rootfs);
	subject->groups = NULL;
	subject->process.groups = NULL;
	subject->process.group_count = 0;
	subject->rootfs = NULL;
}

int subject_begin(struct subject *subject, char why[EXPLAIN_WHY_SIZE])
{
	if (subject->begun)
		return subject_fail(why,
				    "there is a process already: %.200s; only "
				    "one can be asked about at a time",
				    subject->name);
	subject->begun = true;
	return 0;
}

void subject_groups(struct subject *subject, uint32_t *groups, size_t count)
{
	free(subject->groups);
	subject->groups = groups;
	subject->process.groups = groups;
	subject->process.group_count = count;
}

/* ----------------------------------- ids --------------------------------- */

int subject_id(const struct subject *subject, enum ns_ids ids, uint32_t inside,
	       uint32_t *outside, char why[EXPLAIN_WHY_SIZE])
{
	const struct ns_chain *chain = &subject->chain;
	const struct vfscap_idmap *map;

	*outside = inside;
	if (!chain->depth)
		return 0;
	map = ids == NS_UID ? &chain->user[chain->depth - 1].map
			    : &chain->gid[chain->depth - 1];
	if (vfscap_idmap_outside(map, inside, outside))
		return 0;
	return subject_fail(why, "the user namespace does not map %s %u",
			    ids == NS_UID ? "uid" : "gid", inside);
}

bool subject_is_root(const struct subject *subject, uint32_t uid)
{
	char why[EXPLAIN_WHY_SIZE];
	uint32_t root;

	return subject_id(subject, NS_UID, 0, &root, why) == 0 && uid == root;
}

bool subject_number(const char **text, const char *end, uint32_t *number)
{
	const char *at = *text;
	uint64_t value = 0;

	for (; *at >= '0' && *at <= '9' && value < UINT32_MAX; at++)
		value = value * 10 + (unsigned)(*at - '0');
	if (at == *text || value >= UINT32_MAX || (*at && !strchr(end, *at)))
		return false;
	*number = (uint32_t)value;
	*text = at;
	return true;
}

/* ---------------------------------- sets --------------------------------- */

uint64_t *subject_set_of(struct vfscap_creds *creds, enum subject_set set)
{
	switch (set) {
	case SUBJECT_PERMITTED:
		return &creds->permitted;
	case SUBJECT_INHERITABLE:
		return &creds->inheritable;
	case SUBJECT_EFFECTIVE:
		return &creds->effective;
	case SUBJECT_BOUNDING:
		return &creds->bounding;
	case SUBJECT_AMBIENT:
		return &creds->ambient;
	}
	return NULL;
}

/* As a text with names. */
static void names(const struct subject *subject, uint64_t caps,
		  char text[VFSCAP_TEXT_SIZE])
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned cap = 0; cap < VFSCAP_BITS; cap++) {
		const char *name = subject->listing->name[cap];

		if (!(caps >> cap & 1))
			continue;
		used += (size_t)snprintf(text + used, VFSCAP_TEXT_SIZE - used,
					 *name ? "%s%s" : "%s%s%u",
					 used ? "," : "", name, cap);
	}
}

static int lacks(const struct subject *subject, const char *set, uint64_t caps,
		 const char *other, char why[EXPLAIN_WHY_SIZE])
{
	char text[VFSCAP_TEXT_SIZE];

	names(subject, caps, text);
	return subject_fail(why,
			    "no process is like this: %s has %.600s, which %s "
			    "lacks; give both",
			    set, text, other);
}

int subject_check(const struct subject *subject, char why[EXPLAIN_WHY_SIZE])
{
	const struct vfscap_creds *creds = &subject->process.creds;

	if (creds->effective & ~creds->permitted)
		return lacks(subject, "effective",
			     creds->effective & ~creds->permitted, "permitted",
			     why);
	if (creds->ambient & ~creds->permitted)
		return lacks(subject, "ambient",
			     creds->ambient & ~creds->permitted, "permitted",
			     why);
	if (creds->ambient & ~creds->inheritable)
		return lacks(subject, "ambient",
			     creds->ambient & ~creds->inheritable,
			     "inheritable", why);
	return 0;
}
