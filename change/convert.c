/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converting one value: to other ids, to another revision. Pure. */
#include "change/change.h"

/* Only a value that counts everywhere gets a rootid: one that has another was
 * meant for another namespace. */
static bool keeps_rootid(const struct convert *convert,
			 const struct vfscap *old)
{
	return convert->to == 3 && convert->rootid && old->rootid &&
	       old->rootid != convert->rootid && !convert->replace_rootid;
}

static enum convert_result to_revision(const struct convert *convert,
				       struct vfscap *c)
{
	if (keeps_rootid(convert, c))
		return CONVERT_OTHER_ROOTID;
	if (convert->to == 1 && (c->permitted | c->inheritable) >> 32)
		return CONVERT_HIGH_BITS;
	if (convert->to != 3)
		c->rootid = 0;
	else if (convert->rootid)
		c->rootid = convert->rootid;
	c->revision = (uint8_t)convert->to;
	return vfscap_canonical(c) ? CONVERT_CLEARED : CONVERT_CHANGED;
}

static enum convert_result by_maps(const struct convert *convert,
				   const struct vfscap *old, struct vfscap *c)
{
	enum vfscap_rebased done;
	int error = vfscap_rebase(&convert->rebase, old, c, &done);

	if (error)
		return error == VFSCAP_ERR_KEPT_INSIDE ? CONVERT_KEPT_INSIDE
						       : CONVERT_UNMAPPED;
	if (done == VFSCAP_REBASED_DROPPED)
		return CONVERT_DROPPED;
	return done == VFSCAP_REBASED_KEPT ? CONVERT_KEPT : CONVERT_CHANGED;
}

enum convert_result convert_value(const struct convert *convert,
				  const struct vfscap *old, struct vfscap *new)
{
	enum convert_result result = CONVERT_CHANGED;
	struct vfscap c = *old;

	if (convert->rebase.from || convert->rebase.to)
		result = by_maps(convert, old, &c);
	if (result == CONVERT_CHANGED && convert->to)
		result = to_revision(convert, &c);
	if (result != CONVERT_CHANGED && result != CONVERT_CLEARED)
		return result;
	*new = c;
	if (result == CONVERT_CHANGED && c.revision == old->revision &&
	    c.rootid == old->rootid)
		return CONVERT_UNCHANGED;
	return result;
}

static bool intersect(uint32_t a, uint32_t a_count, uint32_t b,
		      uint32_t b_count)
{
	return a < b ? b - a < a_count : a - b < b_count;
}

/*
 * What is taken are outside ids of the one map, what is made are outside ids of
 * the other, or inside ids where there is none.
 */
bool convert_repeats(const struct convert *convert)
{
	const struct vfscap_idmap *from = convert->rebase.from;
	const struct vfscap_idmap *to = convert->rebase.to;
	const struct vfscap_idmap *made = to ? to : from;

	if (!from)
		return to != NULL;
	for (uint32_t i = 0; i < from->count; i++) {
		const struct vfscap_extent *f = &from->extent[i];

		for (uint32_t k = 0; k < made->count; k++) {
			const struct vfscap_extent *m = &made->extent[k];

			if (intersect(f->outside, f->count,
				      to ? m->outside : m->inside, m->count))
				return true;
		}
	}
	return false;
}
