/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process's list of mounts says of the mount of a file. */
#include "explain/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_SIZE (sizeof("/proc//mountinfo") + 3 * sizeof(pid_t))

static bool same_namespace(pid_t pid)
{
	char path[PATH_SIZE];
	struct stat ours, theirs;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	return stat("/proc/self/ns/mnt", &ours) == 0 &&
	       stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

/* What is outside of a process's root it is not told of. */
static FILE *open_mounts(pid_t pid)
{
	char path[PATH_SIZE];

	if (!pid || same_namespace(pid))
		return fopen("/proc/self/mountinfo", "re");
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	return fopen(path, "re");
}

/* Is it among the options of the mount itself? */
static bool has_idmap(const char *line)
{
	char options[256], *rest = options, *option;

	if (sscanf(line, "%*u %*s %*s %*s %*s %255s", options) != 1)
		return false;
	while ((option = strsep(&rest, ",")))
		if (strcmp(option, "idmapped") == 0)
			return true;
	return false;
}

/* Is a mount listed? Yes too where the list has no "/", as in a chroot: the very
 * mount that the root is on is missing then. */
static int is_listed(FILE *file, uint64_t id, bool *idmapped)
{
	bool found = false, whole = false;
	char *line = NULL, at[2], behind;
	size_t size = 0;
	uint64_t one;

	while (!found && getline(&line, &size, file) >= 0) {
		int n = sscanf(line, "%" SCNu64 " %*s %*s %*s %1s%c", &one, at,
			       &behind);

		found = n >= 1 && one == id;
		*idmapped = found && has_idmap(line);
		whole |= n == 3 && behind == ' ';
	}
	free(line);
	if (!found && ferror(file))
		return -EIO;
	return found || !whole;
}

int mount_attached(int fd, pid_t pid, bool *idmapped)
{
	uint64_t id = scan_mount_id(fd, "");
	FILE *file = id ? open_mounts(pid) : NULL;
	int found = id ? -errno : 1;

	*idmapped = false;
	if (file) {
		found = is_listed(file, id, idmapped);
		fclose(file);
	}
	return found < 0 && !pid ? 1 : found;
}
