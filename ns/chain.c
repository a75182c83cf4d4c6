/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains of user namespaces below the caller's. */
#include "ns/ns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

const struct vfscap_userns *ns_innermost(const struct ns_chain *chain)
{
	return chain->depth ? &chain->user[chain->depth - 1] : NULL;
}

/* One level more; its maps are relative to the level before. */
static int push(struct ns_chain *chain, const struct ns_maps *maps,
		const char *arg, char why[NS_WHY_SIZE])
{
	size_t d = chain->depth;
	unsigned extent = 0;
	int error;

	if (d == NS_DEPTH) {
		snprintf(why, NS_WHY_SIZE,
			 "user namespaces nest at most %d deep", NS_DEPTH);
		return -1;
	}
	error = vfscap_userns_init(&chain->user[d], ns_innermost(chain),
				   &maps->uid, &extent);
	chain->gid[d] = maps->gid;
	if (!error && d)
		error = vfscap_idmap_compose(&maps->gid, &chain->gid[d - 1],
					     &chain->gid[d], &extent);
	if (error) {
		snprintf(why, NS_WHY_SIZE, "%.150s: extent %u: %s", arg, extent,
			 vfscap_strerror(error));
		return -1;
	}
	chain->depth++;
	return 0;
}

/* ----------------------------- a process's chain -------------------------- */

static ino_t namespace_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static int open_userns(const char *pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/ns/user", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* A process that is in a namespace itself; its maps are the namespace's. */
static bool find_process(ino_t ns, char pid[32])
{
	DIR *proc = opendir("/proc");
	const struct dirent *e;
	bool found = false;

	while (proc && !found && (e = readdir(proc))) {
		int fd;

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		fd = open_userns(e->d_name);
		found = fd >= 0 && namespace_of(fd) == ns;
		if (fd >= 0)
			close(fd);
		if (found)
			snprintf(pid, 32, "pid:%.20s", e->d_name);
	}
	if (proc)
		closedir(proc);
	return found;
}

static int read_maps(const char *arg, const char *gid_arg, struct ns_maps *maps,
		     char why[NS_WHY_SIZE])
{
	int error = ns_map_read(arg, NS_UID, &maps->uid, why);

	return error ? error
		     : ns_map_read(gid_arg ? gid_arg : arg, NS_GID, &maps->gid,
				   why);
}

/* Maps that were read from /proc are relative to the caller's namespace, as the
 * chain wants them: there is nothing to compose. */
static void push_absolute(struct ns_chain *chain, const struct ns_maps *maps)
{
	struct vfscap_userns *ns = &chain->user[chain->depth];

	ns->parent = ns_innermost(chain);
	ns->map = maps->uid;
	chain->gid[chain->depth] = maps->gid;
	chain->depth++;
}

/*
 * The ancestors of a process's namespace up to ours, innermost first. The
 * kernel tells the parent as long as it is within our own; where no process
 * shows an ancestor's maps, the chain has a gap.
 */
static size_t ancestors(int fd, ino_t own, ino_t ns[NS_DEPTH], bool *gaps)
{
	size_t n = 0;

	*gaps = true; /* until our own is reached */

	fd = dup(fd);
	while (fd >= 0 && n < NS_DEPTH) {
		int parent = ioctl(fd, NS_GET_PARENT);

		close(fd);
		fd = parent;
		if (fd >= 0 && namespace_of(fd) == own)
			*gaps = false;
		if (fd < 0 || !*gaps)
			break;
		ns[n++] = namespace_of(fd);
	}
	if (fd >= 0)
		close(fd);
	return n;
}

static int add_process(struct ns_chain *chain, const char *arg,
		       const char *gid_arg, char why[NS_WHY_SIZE])
{
	int fd = open_userns(arg + strlen("pid:")), own = open_userns("self");
	ino_t above[NS_DEPTH];
	struct ns_maps maps;
	size_t n = 0;
	int error;

	if (fd >= 0 && own >= 0 && namespace_of(fd) == namespace_of(own)) {
		close(fd);
		close(own);
		return 0; /* the caller's namespace: nothing below it */
	}
	chain->gaps = fd < 0;
	if (fd >= 0 && own >= 0)
		n = ancestors(fd, namespace_of(own), above, &chain->gaps);
	if (fd >= 0)
		close(fd);
	if (own >= 0)
		close(own);
	error = read_maps(arg, gid_arg, &maps, why);
	while (!error && n-- > 0 && chain->depth < NS_DEPTH - 1) {
		struct ns_maps between;
		char pid[32];

		if (find_process(above[n], pid) &&
		    read_maps(pid, NULL, &between, why) == 0)
			push_absolute(chain, &between);
		else
			chain->gaps = true;
	}
	if (!error)
		push_absolute(chain, &maps);
	return error;
}

int ns_chain_add(struct ns_chain *chain, const char *arg, const char *gid_arg,
		 char why[NS_WHY_SIZE])
{
	struct ns_maps maps;

	if (strncmp(arg, "pid:", 4) == 0 && chain->depth) {
		snprintf(why, NS_WHY_SIZE,
			 "%.150s: a process's map is told from here, so it can "
			 "only come first",
			 arg);
		return -1;
	}
	if (strncmp(arg, "pid:", 4) == 0) {
		/* Read once only to have the word checked. */
		struct vfscap_idmap unused;

		return ns_map_read(arg, NS_UID, &unused, why)
			       ? -1
			       : add_process(chain, arg, gid_arg, why);
	}
	if (read_maps(arg, gid_arg, &maps, why))
		return -1;
	return push(chain, &maps, arg, why);
}

/* ------------------------------ across the chain -------------------------- */

int ns_seen_inside(const struct ns_chain *chain, const struct vfscap *outside,
		   struct vfscap *inside)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t size;

	if (vfscap_encode(outside, bytes, sizeof(bytes), &size))
		return -EINVAL;
	return vfscap_predict_get(bytes, size, NULL, ns_innermost(chain),
				  inside);
}

int ns_seen_outside(const struct ns_chain *chain, const struct vfscap *inside,
		    struct vfscap *outside)
{
	struct vfscap_writer writer = {
		.ns = ns_innermost(chain),
		.setfcap = true,
		.owner_mapped = true,
	};
	uint8_t bytes[VFSCAP_SIZE_MAX];
	struct vfscap stored;
	size_t size;
	int error;

	if (vfscap_encode(inside, bytes, sizeof(bytes), &size))
		return -EINVAL;
	error = vfscap_predict_set(bytes, size, NULL, &writer, &stored);
	if (error || vfscap_encode(&stored, bytes, sizeof(bytes), &size))
		return -EINVAL;
	return vfscap_predict_get(bytes, size, NULL, NULL, outside);
}

bool ns_maps_uid(const struct ns_chain *chain, uid_t uid)
{
	const struct vfscap_userns *ns = ns_innermost(chain);
	uint32_t inside;

	return !ns || vfscap_idmap_inside(&ns->map, uid, &inside);
}

bool ns_maps_gid(const struct ns_chain *chain, gid_t gid)
{
	uint32_t inside;

	return !chain->depth ||
	       vfscap_idmap_inside(&chain->gid[chain->depth - 1], gid, &inside);
}
