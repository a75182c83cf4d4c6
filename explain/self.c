/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calling process as it is, by system calls. */
#include "explain/parts.h"
#include "form/form.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t wide(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

static int read_sets(struct vfscap_creds *creds)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) != 0)
		return -1;
	creds->permitted = wide(data[0].permitted, data[1].permitted);
	creds->inheritable = wide(data[0].inheritable, data[1].inheritable);
	creds->effective = wide(data[0].effective, data[1].effective);
	for (unsigned long cap = 0; cap < VFSCAP_BITS; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			creds->bounding |= UINT64_C(1) << cap;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) ==
		    1)
			creds->ambient |= UINT64_C(1) << cap;
	}
	return 0;
}

static int read_groups(struct subject *subject)
{
	int count = getgroups(0, NULL);
	uint32_t *groups;

	if (count < 0)
		return -1;
	groups = calloc((size_t)count + 1, sizeof(*groups));
	if (groups)
		count = getgroups(count, groups);
	if (!groups || count < 0) {
		free(groups);
		return -1;
	}
	subject_groups(subject, groups, (size_t)count);
	return 0;
}

static int read_ids(struct vfscap_creds *creds)
{
	uid_t suid;
	gid_t sgid;

	if (getresuid(&creds->ruid, &creds->euid, &suid) ||
	    getresgid(&creds->rgid, &creds->egid, &sgid))
		return -1;
	/* An id that is none changes nothing, and tells the one there is. */
	creds->fsgid = (gid_t)setfsgid((gid_t)-1);
	return 0;
}

static void read_bits(struct vfscap_process *process)
{
	int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	process->creds.securebits = bits > 0 ? (uint32_t)bits : 0;
	process->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

/* What setns(2) and unshare(2) give whoever enters a user namespace. */
static void enter(struct subject *subject)
{
	struct vfscap_creds *creds = &subject->process.creds;
	uint64_t all = subject->listing->known;

	creds->permitted = creds->effective = creds->bounding = all;
	creds->inheritable = creds->ambient = 0;
	creds->securebits = 0;
}

static const char caller[] = "the caller";

bool subject_is_caller(const struct subject *subject)
{
	return strcmp(subject->name, caller) == 0;
}

int subject_self(struct subject *subject, char why[EXPLAIN_WHY_SIZE])
{
	struct vfscap_process *process = &subject->process;
	char words[FORM_FAILED_SIZE];

	if (subject_begin(subject, why))
		return -1;
	if (read_ids(&process->creds) || read_sets(&process->creds) ||
	    read_groups(subject))
		return subject_fail(why, "the caller's credentials: %s",
				    form_failed(errno, words));
	read_bits(process);
	if (subject->chain.depth)
		enter(subject);
	snprintf(subject->name, sizeof(subject->name), "%s", caller);
	return 0;
}
