/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes as container tools and logins start them. */
#include "explain/parts.h"

#include <stdio.h>
#include <string.h>

#define CAP(number) (UINT64_C(1) << (number))

/* chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap,
 * net_bind_service, sys_chroot, setfcap: what all container tools begin with */
#define COMMON                                                          \
	(CAP(0) | CAP(1) | CAP(3) | CAP(4) | CAP(5) | CAP(6) | CAP(7) | \
	 CAP(8) | CAP(10) | CAP(18) | CAP(31))
#define DOCKER (COMMON | CAP(13) | CAP(27) | CAP(29))
#define ALL UINT64_MAX

struct profile {
	const char *name;
	uint64_t bounding;
	uint32_t uid; /* and gid */
	bool no_new_privs;
	bool ambient; /* what --cap-add adds, a user gets ambient */
	bool dropped; /* what --cap-drop drops too, nobody gets */
};

/*
 * Each is a process that runs there already: a user has nothing permitted in any
 * of them. Before its very first execve a container's process may have more:
 * moby since 25, containerd and CRI-O leave a user the permitted set, which
 * counts under no_new_privs; for that, read the runtime's config.json.
 */
static const struct profile profiles[] = {
	/* A login of root. */
	{.name = "root", .bounding = ALL},

	/* A login of a user. */
	{.name = "user", .bounding = ALL, .uid = 1000},

	/* moby 29.7.2, daemon/pkg/oci/caps/defaults.go. Inheritable is empty
	 * since 20.10.14 (CVE-2022-24769). */
	{.name = "docker", .bounding = DOCKER},

	/* podman 6 development, go.podman.io/common/pkg/config/default.go; the
	 * same list as in containers/common 0.64. What --cap-add adds, a user
	 * gets in all sets: pkg/specgen/generate/security_linux.go. */
	{.name = "podman", .bounding = COMMON, .ambient = true},

	/* The standard "baseline" lets a container add nothing that containerd
	 * does not give by itself: containerd 2.4, pkg/oci/spec.go, ambient
	 * emptied by internal/cri/opts. CRI-O 1.36 gives nine of these, without
	 * NET_RAW, MKNOD, AUDIT_WRITE, SETFCAP and SYS_CHROOT. Both add first,
	 * then drop. */
	{.name = "k8s-baseline", .bounding = DOCKER, .dropped = true},

	/* The standard "restricted": drop ALL, runAsNonRoot,
	 * allowPrivilegeEscalation false, which is no_new_privs; only
	 * NET_BIND_SERVICE may be added. The uid is an example. */
	{.name = "k8s-restricted",
	 .bounding = 0,
	 .uid = 1000,
	 .no_new_privs = true,
	 .dropped = true},
};

const char *subject_profiles(void)
{
	return "root, user, docker, podman, k8s-baseline, k8s-restricted";
}

static const struct profile *find(const char *name)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	return NULL;
}

static int fill(struct subject *subject, const struct profile *profile,
		char why[EXPLAIN_WHY_SIZE])
{
	struct vfscap_creds *creds = &subject->process.creds;

	if (subject_id(subject, NS_UID, profile->uid, &creds->ruid, why) ||
	    subject_id(subject, NS_GID, profile->uid, &creds->rgid, why))
		return -1;
	creds->euid = creds->ruid;
	creds->egid = creds->fsgid = creds->rgid;
	creds->bounding = profile->bounding & subject->listing->known;
	if (profile->uid == 0)
		creds->permitted = creds->effective = creds->bounding;
	subject->process.no_new_privs = profile->no_new_privs;
	subject->caps.ambient = profile->ambient;
	subject->caps.dropped = profile->dropped;
	return 0;
}

int subject_profile(struct subject *subject, const char *name,
		    char why[EXPLAIN_WHY_SIZE])
{
	const struct profile *profile = find(name);

	if (!profile)
		return subject_fail(
			why, "there is no profile '%.64s'; there are: %s", name,
			subject_profiles());
	if (subject_begin(subject, why))
		return -1;
	snprintf(subject->name, sizeof(subject->name), "profile %s", name);
	return fill(subject, profile, why);
}
