/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a store is: opened, and not looked into. */
#include "oci/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TWICE                                                                  \
	"an archive of images is read more than once: store it in a file and " \
	"name that"

/* Is it what a store of the kind can be? */
static int check_type(struct oci_place *place, char why[OCI_WHY_SIZE])
{
	bool layout = place->kind == OCI_LAYOUT;
	mode_t mode = place->stat.st_mode;

	if (layout && !S_ISDIR(mode))
		return oci_fail(why, -ENOTDIR,
				"an OCI layout is a directory; for an archive "
				"of one use oci-archive:");
	if (layout || S_ISREG(mode))
		return 0;
	if (S_ISDIR(mode))
		return oci_fail(why, -EISDIR,
				"a directory, not an archive; for an OCI "
				"layout use oci:");
	return oci_fail(why, -ESPIPE, TWICE);
}

/* An argument's own path is resolved as the user wrote it. */
static int open_root(struct oci_place *place, char why[OCI_WHY_SIZE])
{
	place->fd =
		open(place->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (place->fd < 0 && strcmp(place->path, "-") == 0)
		return oci_fail(why, -ESPIPE, TWICE);
	if (place->fd < 0 || fstat(place->fd, &place->stat) != 0)
		return oci_fail(why, -errno, "it cannot be opened: %s",
				strerror(errno));
	return check_type(place, why);
}

int oci_find(struct oci_place *place, enum oci_kind kind, const char *location,
	     char why[OCI_WHY_SIZE])
{
	int error;

	*place = (struct oci_place){.kind = kind, .fd = -1};
	error = split_location(location, &place->path, &place->ref, why);
	if (!error)
		error = open_root(place, why);
	if (error)
		oci_lose(place);
	return error;
}

int oci_found(struct oci_place *place, enum oci_kind kind, const char *path,
	      int fd)
{
	*place = (struct oci_place){
		.kind = kind, .path = strdup(path), .fd = dup(fd)};
	if (!place->path)
		return -ENOMEM;
	return place->fd < 0 || fstat(place->fd, &place->stat) ? -errno : 0;
}

int oci_found_again(struct oci_place *again, const struct oci_place *place)
{
	*again = *place;
	again->path = strdup(place->path);
	again->ref = place->ref ? strdup(place->ref) : NULL;
	again->fd = place->fd < 0 ? -1 : dup(place->fd);
	if (place->fd >= 0 && again->fd < 0)
		return -errno;
	return again->path && (again->ref || !place->ref) ? 0 : -ENOMEM;
}

void oci_lose(struct oci_place *place)
{
	free(place->path);
	free(place->ref);
	if (place->fd >= 0)
		close(place->fd);
	*place = (struct oci_place){.fd = -1};
}
