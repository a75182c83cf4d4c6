/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the running kernel knows of capabilities. */
#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SECURITYFS_LISTING "/sys/kernel/security/capabilities"
#define CAP_LAST_CAP "/proc/sys/kernel/cap_last_cap"

/*
 * All of a small file. A longer one than @size - 1 is not what we look for.
 */
static ssize_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (used < size) {
		n = read(fd, buf + used, size - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (n < 0)
		n = -errno;
	else
		n = used < size ? (ssize_t)used : -EFBIG;
	close(fd);
	return n;
}

static bool from_securityfs(struct vfscap_listing *listing)
{
	char text[VFSCAP_BITS * (VFSCAP_NAME_SIZE + 4)];
	ssize_t size = read_file(SECURITYFS_LISTING, text, sizeof(text));

	if (size <= 0)
		return false;
	if (vfscap_listing_parse(listing, text, (size_t)size, NULL))
		return false;
	listing->source = VFSCAP_SOURCE_SECURITYFS;
	return true;
}

static bool from_last_cap(struct vfscap_listing *listing)
{
	char text[16];
	ssize_t size = read_file(CAP_LAST_CAP, text, sizeof(text));
	unsigned last = 0;

	if (size <= 0 || text[0] < '0' || text[0] > '9')
		return false;
	for (ssize_t i = 0; i < size && text[i] != '\n'; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		last = last * 10 + (unsigned)(text[i] - '0');
		if (last >= VFSCAP_BITS)
			return false;
	}
	vfscap_listing_last_cap(listing, last);
	return true;
}

/* The bounding set answers 0 or 1 for a capability that the kernel knows, and
 * EINVAL for any other. */
static bool from_probe(struct vfscap_listing *listing)
{
	unsigned cap = 0;

	while (cap < VFSCAP_BITS &&
	       prctl(PR_CAPBSET_READ, (unsigned long)cap, 0, 0, 0) >= 0)
		cap++;
	if (cap == 0)
		return false;
	vfscap_listing_last_cap(listing, cap - 1);
	listing->source = VFSCAP_SOURCE_PROBE;
	return true;
}

int vfscap_listing_running(struct vfscap_listing *listing)
{
	if (from_securityfs(listing) || from_last_cap(listing) ||
	    from_probe(listing))
		return 0;
	return -ENOSYS;
}
