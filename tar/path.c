/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of members, below the archive's root. Pure. */
#include "tar/tar.h"

#include <string.h>

bool tar_rel(const char *path, char *rel)
{
	bool leads_out = false;
	char *out = rel;

	while (*path) {
		size_t len = strcspn(path, "/");
		bool dot = len == 1 && path[0] == '.';

		if (len && !dot) {
			leads_out |= len == 2 && memcmp(path, "..", 2) == 0;
			if (out != rel)
				*out++ = '/';
			memmove(out, path, len);
			out += len;
		}
		path += len + (path[len] == '/');
	}
	if (out == rel)
		*out++ = '.';
	*out = '\0';
	return leads_out;
}
