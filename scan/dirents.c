/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories read piece by piece, a large piece a system call. */
#include "scan/dirents.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

long dirents_read(int fd, void *piece)
{
	long n = syscall(SYS_getdents64, fd, piece, DIRENTS_SIZE);

	return n < 0 ? -errno : n;
}

static bool is_dots(const char *name)
{
	return name[0] == '.' &&
	       (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

const struct dirents_entry *dirents_next(const void *piece, size_t size,
					 size_t *at)
{
	while (*at < size) {
		const struct dirents_entry *entry =
			(const void *)((const char *)piece + *at);

		*at += entry->reclen;
		if (!is_dots(entry->name))
			return entry;
	}
	return NULL;
}

bool dirents_is_directory(int dirfd, const struct dirents_entry *entry)
{
	struct stat st;

	if (entry->type != DT_UNKNOWN)
		return entry->type == DT_DIR;
	return fstatat(dirfd, entry->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}
