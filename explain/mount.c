/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the mount of a file one of a process's mount namespace? */
#include "explain/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool mount_attached(int fd, pid_t pid)
{
	char path[sizeof("/proc//mountinfo") + 3 * sizeof(pid)] =
		"/proc/self/mountinfo";
	uint64_t id = scan_mount_id(fd, ""), one;
	bool found = false;
	char *line = NULL;
	size_t size = 0;
	FILE *file;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	file = id ? fopen(path, "re") : NULL;
	if (!file)
		return true;
	while (!found && getline(&line, &size, file) >= 0)
		found = sscanf(line, "%" SCNu64, &one) == 1 && one == id;
	found |= ferror(file) != 0;
	free(line);
	fclose(file);
	return found;
}
