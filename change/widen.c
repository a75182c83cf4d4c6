/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What widens a capability: the one place that decides it. Pure. */
#include "change/change.h"

#include <stdio.h>

/* Revision 1, revision 2, and revision 3 with rootid 0. */
static bool counts_everywhere(const struct change_value *v)
{
	return v->have == CHANGE_VALUE && v->cap.rootid == 0;
}

bool change_same(const struct change_value *a, const struct change_value *b)
{
	if (a->have != b->have || a->have == CHANGE_HIDDEN)
		return false;
	return a->have == CHANGE_NONE || vfscap_equivalent(&a->cap, &b->cap);
}

/*
 * Values are seen from one user namespace, the caller's, so a rootid that is
 * not 0 here and becomes 0 is both: it comes to count in every namespace where
 * the caller's is the initial one, and for root of the caller's where it is
 * not. A new rootid that is not 0 was named by the user.
 */
bool change_widens(const struct change_value *old,
		   const struct change_value *new)
{
	return old->have != CHANGE_NONE && counts_everywhere(new) &&
	       !counts_everywhere(old);
}

bool change_widens_within(const struct vfscap_idmap *from,
			  const struct change_value *old,
			  const struct change_value *new)
{
	uint32_t inside;

	if (from && old->have == CHANGE_VALUE &&
	    vfscap_idmap_inside(from, old->cap.rootid, &inside) && inside == 0)
		return false;
	return change_widens(old, new);
}

void change_who(const struct change_value *v, char buf[CHANGE_WHO_SIZE])
{
	if (v->have == CHANGE_NONE)
		snprintf(buf, CHANGE_WHO_SIZE, "nobody");
	else if (v->have == CHANGE_HIDDEN)
		snprintf(buf, CHANGE_WHO_SIZE, "nobody knows who (%s)",
			 vfscap_error_name(-v->error)
				 ? vfscap_error_name(-v->error)
				 : "unreadable");
	else if (v->cap.rootid)
		snprintf(buf, CHANGE_WHO_SIZE,
			 "only user namespaces whose root is uid %u here, and "
			 "those below them",
			 v->cap.rootid);
	else
		snprintf(buf, CHANGE_WHO_SIZE,
			 "everybody who may execute the file, in every user "
			 "namespace from here on down");
}
