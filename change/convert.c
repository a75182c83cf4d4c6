/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converting one value to another revision. Pure. */
#include "change/change.h"

/* Only a value that counts everywhere gets a rootid: one that has another was
 * meant for another namespace. */
static bool keeps_rootid(const struct convert *convert,
			 const struct vfscap *old)
{
	return convert->to == 3 && old->rootid &&
	       old->rootid != convert->rootid && !convert->replace_rootid;
}

enum convert_result convert_value(const struct convert *convert,
				  const struct vfscap *old, struct vfscap *new)
{
	struct vfscap c = *old;

	if (keeps_rootid(convert, old))
		return CONVERT_OTHER_ROOTID;
	if (convert->to == 1 && (old->permitted | old->inheritable) >> 32)
		return CONVERT_HIGH_BITS;
	c.revision = (uint8_t)convert->to;
	c.rootid = convert->to == 3 ? convert->rootid : 0;
	if (vfscap_canonical(&c)) {
		*new = c;
		return CONVERT_CLEARED;
	}
	*new = c;
	return c.revision == old->revision && c.rootid == old->rootid
		       ? CONVERT_UNCHANGED
		       : CONVERT_CHANGED;
}
