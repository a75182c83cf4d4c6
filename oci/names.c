/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locations, names of images, names of blobs. */
#include "oci/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -------------------------------- locations ------------------------------- */

/* The longest beginning up to a ':' that exists; @path is cut there. */
static char *cut(char *path)
{
	char *colon;

	if (access(path, F_OK) == 0)
		return NULL;
	for (char *end = path + strlen(path); end > path; *end = ':') {
		colon = memrchr(path, ':', (size_t)(end - path));
		if (!colon)
			return NULL;
		end = colon;
		*end = '\0';
		if (access(path, F_OK) == 0)
			return colon + 1;
	}
	return NULL;
}

char *oci_location(const char *location)
{
	char *path = strdup(location);

	if (path)
		cut(path);
	return path;
}

int split_location(const char *location, char **path, char **ref,
		   char why[OCI_WHY_SIZE])
{
	const char *rest;

	*ref = NULL;
	*path = strdup(location);
	if (!*path)
		return oci_no_memory(why);
	rest = cut(*path);
	if (!rest)
		return 0;
	if (!*rest)
		return oci_fail(why, -EINVAL,
				"nothing follows the last ':': leave it out "
				"for all images");
	*ref = strdup(rest);
	return *ref ? 0 : oci_no_memory(why);
}

/* ------------------------------ names of images --------------------------- */

#define HUB "docker.io/"
#define LIBRARY HUB "library/"

/* Without what docker adds by itself: the hub, its library, the tag "latest". */
static void shorten(const char **name, size_t *len)
{
	static const char *const prefixes[] = {
		LIBRARY, HUB, "index.docker.io/library/", "index.docker.io/"};
	static const char latest[] = ":latest";
	size_t tail = sizeof(latest) - 1;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		size_t size = strlen(prefixes[i]);

		if (strncmp(*name, prefixes[i], size) == 0) {
			*name += size;
			break;
		}
	}
	*len = strlen(*name);
	if (*len > tail && strcmp(*name + *len - tail, latest) == 0)
		*len -= tail;
}

bool same_name(const char *a, const char *b)
{
	size_t a_len, b_len;

	shorten(&a, &a_len);
	shorten(&b, &b_len);
	return a_len > 0 && a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* ------------------------------ names of blobs ---------------------------- */

#define BLOBS "blobs/"

int blob_name(const char *digest, char name[STORE_NAME], char why[OCI_WHY_SIZE])
{
	if (!digest_known(digest))
		return oci_fail(why, -EBADMSG,
				"\"%.100s\": not a digest of SHA-256 or "
				"SHA-512",
				digest);
	snprintf(name, STORE_NAME, BLOBS "%s", digest);
	*strchr(name, ':') = '/';
	return 0;
}

void blob_name_digest(const char *name, char digest[DIGEST_SIZE])
{
	char *slash;

	*digest = '\0';
	if (strncmp(name, BLOBS, sizeof(BLOBS) - 1) != 0 ||
	    strlen(name) - sizeof(BLOBS) + 1 >= DIGEST_SIZE)
		return;
	strcpy(digest, name + sizeof(BLOBS) - 1);
	slash = strchr(digest, '/');
	if (slash)
		*slash = ':';
	if (!digest_known(digest))
		*digest = '\0';
}
