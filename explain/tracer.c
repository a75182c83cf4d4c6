/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has a process CAP_SYS_PTRACE over another one's user namespace? */
#include "explain/parts.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_userns(unsigned pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/ns/user", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool same(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* The owner of a namespace has all capabilities in it, seen from its parent. */
static bool owns(int ns, int parent, int tracer, uint32_t uid)
{
	uid_t owner;

	return same(parent, tracer) &&
	       ioctl(ns, NS_GET_OWNER_UID, &owner) == 0 && owner == uid;
}

/* From the namespace upwards, as the kernel looks; takes @ns. */
static bool has(int ns, int tracer, uint32_t uid, bool capable)
{
	bool found = false;

	while (ns >= 0 && !found) {
		int parent;

		if (same(ns, tracer)) {
			found = capable;
			break;
		}
		parent = ioctl(ns, NS_GET_PARENT);
		found = parent >= 0 && owns(ns, parent, tracer, uid);
		close(ns);
		ns = parent;
	}
	if (ns >= 0)
		close(ns);
	return found;
}

bool subject_traces(unsigned tracer, uint32_t uid, uint64_t effective,
		    unsigned pid)
{
	int theirs = open_userns(tracer), ns = open_userns(pid);
	bool found = false;

	if (theirs >= 0 && ns >= 0)
		found = has(ns, theirs, uid, effective >> CAP_SYS_PTRACE & 1);
	else if (ns >= 0)
		close(ns);
	if (theirs >= 0)
		close(theirs);
	return found;
}
