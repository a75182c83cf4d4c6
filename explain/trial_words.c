/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sentences of changes, filled in. */
#include "explain/trial.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct telling {
	const struct question *q;
	const struct trial *t;
};

/* "--cap-add=NET_ADMIN --cap-add=NET_RAW", "NET_ADMIN, NET_RAW" */
static void container_names(const struct vfscap_listing *listing, uint64_t caps,
			    const char *before, const char *between,
			    char part[EXPLAIN_WHY_SIZE])
{
	size_t used = 0;

	for (unsigned cap = 0; cap < VFSCAP_BITS; cap++) {
		char name[VFSCAP_NAME_SIZE];
		const char *from = listing->name[cap];
		size_t len = 0;

		if (!(caps >> cap & 1) || strncmp(from, "cap_", 4) != 0)
			continue;
		for (from += 4; *from; from++)
			name[len++] = (char)toupper((unsigned char)*from);
		name[len] = '\0';
		used = words_append(part, used, used ? between : "");
		used = words_append(part, used, before);
		used = words_append(part, used, name);
	}
}

static uint32_t old_rootid(const struct telling *tell)
{
	struct vfscap cap;

	return vfscap_decode_lenient(tell->t->program.value,
				     tell->t->program.size, &cap) == 0
		       ? cap.rootid
		       : 0;
}

/* As fcapset takes it; in an archive, as root of the namespace extracts it. */
static uint32_t option_of(const struct telling *tell, uint32_t rootid)
{
	const struct vfscap_userns *ns = tell->t->process.ns;

	if (tell->q->where == REMEDY_PACKED && ns)
		vfscap_idmap_inside(&ns->map, rootid, &rootid);
	return rootid;
}

/* The arguments of fcapset: it has to be told of a rootid that stays, and that
 * one may go. */
static void text_of(const struct telling *tell, char part[EXPLAIN_WHY_SIZE])
{
	uint32_t rootid = option_of(tell, tell->t->cap.rootid);
	char text[VFSCAP_TEXT_SIZE], option[32] = "";
	struct vfscap_sets sets;

	if (rootid)
		snprintf(option, sizeof(option), "-n %u ", rootid);
	else if (option_of(tell, old_rootid(tell)))
		snprintf(option, sizeof(option), "--allow-widen ");
	vfscap_to_sets(&tell->t->cap, &sets);
	if (vfscap_text_format(&sets, tell->q->subject->listing, text,
			       sizeof(text)) == 0)
		snprintf(part, EXPLAIN_WHY_SIZE, "%s%.900s", option, text);
}

/* Live files are changed where they are. */
static void convert(const struct telling *tell, char part[EXPLAIN_WHY_SIZE])
{
	uint32_t root = 0;

	trial_root(&tell->t->process, &root);
	if (tell->q->where == REMEDY_LIVE)
		snprintf(part, EXPLAIN_WHY_SIZE,
			 "; of a whole tree: fcapconvert --map-from=0:%u:1 "
			 "--map-to=0:%u:1 --unmapped=keep DIR",
			 old_rootid(tell), root);
}

/* How a file is changed where it is, or where it comes from or gets to. */
static const char *const calls[] = {
	[REMEDY_LIVE] = "fcapset",
	[REMEDY_PACKED] = "fcapset --in=KIND:INPUT -o OUT",
	[REMEDY_DISK] = "fcapset --in=KIND:INPUT -o OUT",
	[REMEDY_PACKAGE] = ("by %caps in its spec file, or where it is "
			    "installed: fcapset"),
	[REMEDY_IMAGE] = "in the tree that the image is made of: fcapset",
};

/* What the bounding set lacked before the change. */
static uint64_t was_bounded(const struct telling *tell)
{
	struct trial before = *tell->t;

	before.process = tell->q->subject->process;
	return trial_bounded(tell->q, &before);
}

static void part_of_change(void *ctx, char letter, char part[EXPLAIN_WHY_SIZE])
{
	const struct telling *tell = ctx;
	const struct vfscap_listing *listing = tell->q->subject->listing;

	switch (letter) {
	case 'm':
		explain_caps(listing, tell->q->missing, part);
		break;
	case 'w':
		explain_caps(listing, tell->q->wanted, part);
		break;
	case 'b':
		explain_caps(listing, was_bounded(tell), part);
		break;
	case 'd':
		container_names(listing, was_bounded(tell), "--cap-add=", " ",
				part);
		break;
	case 'k':
		container_names(listing, was_bounded(tell), "", ", ", part);
		break;
	case 't':
		text_of(tell, part);
		break;
	case 'v':
		convert(tell, part);
		break;
	case 'f':
		words_append(part, 0, calls[tell->q->where]);
		break;
	}
}

static bool is_profile(const struct subject *subject, const char *name)
{
	return strncmp(subject->name, "profile ", 8) == 0 &&
	       strncmp(subject->name + 8, name, strlen(name)) == 0;
}

void trial_words(const struct question *q, const struct trial *t,
		 unsigned change, char sentence[EXPLAIN_WHY_SIZE])
{
	const struct trial_change *c = &trial_change[change];
	struct telling tell = {.q = q, .t = t};
	const char *words = c->words;

	if (c->docker && (is_profile(q->subject, "docker") ||
			  is_profile(q->subject, "podman")))
		words = c->docker;
	if (c->k8s && is_profile(q->subject, "k8s"))
		words = c->k8s;
	words_fill(words, part_of_change, &tell, sentence);
}
