/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which reader gives an entry which copy of the value. Pure.
 *
 * The rules are those that tests/readers.sh measures.
 */
#include "tar/parts.h"

#include <string.h>

/* What the headers before an entry are, as far as readers differ over them. */
struct heads {
	bool linked;		 /* the entry is a hard link */
	size_t first, first_end; /* the first of 'x' and 'X' in the head */
	size_t last;		 /* where the last of them is */
	size_t last_x;		 /* where the last 'x' is */
	bool any, any_x, lost;	 /* Go makes an entry of what comes after it */
};

static void look(struct heads *h, const struct tar_part *part, size_t parts)
{
	for (size_t i = 0; i < parts; i++) {
		const struct tar_part *p = &part[i];

		if (p->type == 'x' || p->type == 'X') {
			h->last = p->at;
			if (!h->any)
				h->first = p->at;
			if (!h->any)
				h->first_end = p->at + TAR_BLOCK + p->body;
			h->any = true;
		}
		if (p->type == 'x') {
			h->any_x = true;
			h->last_x = p->at;
			h->lost = false;
		} else if (p->type == 'X' || p->type == 'g') {
			h->lost = true;
		}
	}
	h->linked = parts && part[parts - 1].type == '1';
}

static bool raw(const struct tar_copy *c)
{
	return !c->base64;
}

/* Is it in an extended header of the entry's own that begins at @at or later? */
static bool own_from(const struct tar_copy *c, size_t at)
{
	return !c->earlier && c->in != 'g' && c->at >= at;
}

/* Does the reader take this copy, unless a later one follows? */
static bool takes(enum tar_who who, const struct heads *h,
		  const struct tar_copy *c)
{
	switch (who) {
	case TAR_GNU: /* the last header alone */
		return raw(c) && own_from(c, h->last) && !h->linked;
	case TAR_BSD: /* either key of it */
		return own_from(c, h->last) && !h->linked;
	case TAR_GO: /* 'X' is an entry of its own to it, and so is 'g' */
		return raw(c) && h->any_x && !h->lost && own_from(c, h->last_x);
	default: /* the first header over all global ones */
		return raw(c) && (c->in == 'g' || (own_from(c, h->first) &&
						   c->at < h->first_end));
	}
}

/* Python's own headers win over global ones, wherever those stand. */
static bool wins(enum tar_who who, const struct tar_copy *now,
		 const struct tar_copy *before)
{
	return who != TAR_PYTHON || now->in != 'g' || before->in == 'g';
}

void tar_apply(struct tar_copy *copy, size_t copies,
	       const struct tar_part *part, size_t parts)
{
	struct heads h = {0};

	if (copies == 0)
		return;
	look(&h, part, parts);
	for (enum tar_who who = 0; who < TAR_WHOS; who++) {
		struct tar_copy *taken = NULL;

		for (size_t i = 0; i < copies; i++)
			if (takes(who, &h, &copy[i]) &&
			    (!taken || wins(who, &copy[i], taken)))
				taken = &copy[i];
		if (taken)
			taken->applied |= 1u << who;
	}
}

const struct tar_copy *tar_chosen(const struct tar_member *m, enum tar_who who)
{
	const struct tar_copy *any = NULL;

	for (size_t i = 0; i < m->copies; i++) {
		const struct tar_copy *c = &m->copy[i];

		if (c->applied >> who & 1)
			return c;
		if (!any || !any->applied)
			any = c;
	}
	return any;
}

bool tar_disagree(const struct tar_member *m)
{
	const struct tar_copy *first = m->copy;
	unsigned applied = 0;

	for (size_t i = 0; i < m->copies; i++) {
		const struct tar_copy *c = &m->copy[i];

		applied |= c->applied;
		if (c->broken || c->size != first->size ||
		    memcmp(c->value, first->value, c->size) != 0)
			return true;
	}
	return m->copies && applied != (1u << TAR_WHOS) - 1;
}
