/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process's own capabilities: as few as possible, for as short as can be. */
#include "change/change.h"

#include <errno.h>
#include <sys/capability.h>

static bool permitted(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;

	return cap_get_flag(caps, cap, CAP_PERMITTED, &value) == 0 &&
	       value == CAP_SET;
}

/* Of what is permitted now, @wanted stays, and @raised of it is effective. */
static int keep(cap_t now, cap_t next, cap_value_t cap, bool raised)
{
	if (!permitted(now, cap))
		return 0;
	if (cap_set_flag(next, CAP_PERMITTED, 1, &cap, CAP_SET))
		return -1;
	return raised ? cap_set_flag(next, CAP_EFFECTIVE, 1, &cap, CAP_SET) : 0;
}

static int keep_all(cap_t now, cap_t next, uint64_t raised)
{
	int error = 0;

	for (cap_value_t cap = 0; !error && cap < VFSCAP_BITS; cap++)
		if (raised >> cap & 1)
			error = keep(now, next, cap, false);
	return error;
}

int privilege_start(uint64_t raised)
{
	cap_t now = cap_get_proc(), next = cap_init();
	int error = 0;

	if (!now || !next || keep(now, next, CAP_DAC_READ_SEARCH, true) ||
	    keep_all(now, next, raised) || cap_set_proc(next))
		error = -errno;
	cap_free(now);
	cap_free(next);
	return error;
}

static void set_effective(cap_value_t cap, cap_flag_value_t value)
{
	cap_t caps = cap_get_proc();
	int kept = errno;

	if (caps && permitted(caps, cap) &&
	    cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, value) == 0)
		cap_set_proc(caps);
	cap_free(caps);
	errno = kept;
}

void privilege_raise(int cap)
{
	set_effective(cap, CAP_SET);
}

void privilege_lower(int cap)
{
	set_effective(cap, CAP_CLEAR);
}

bool privilege_permitted(int cap)
{
	cap_t caps = cap_get_proc();
	bool has = caps && permitted(caps, cap);

	cap_free(caps);
	return has;
}
