/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the ways to stored bytes need of a file system: a directory on it, its
 * device, and what tells an inode from an earlier one of its number. */
#include "scan/scan.h"
#include "scan/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/fs.h>

#define LINK_SIZE (sizeof("/proc/thread-self/fd/") + 3 * sizeof(int))

static const char *link_of(int fd, char link[LINK_SIZE])
{
	snprintf(link, LINK_SIZE, "/proc/thread-self/fd/%d", fd);
	return link;
}

/* -------------------------------- directories ---------------------------- */

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

/* Takes @fd over; -1 where it is not on the file system. */
static int if_same(int fd, const struct stored_file *file)
{
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == file->stat.st_dev)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Where a file was opened, as the kernel names it. It may have been moved since;
 * but the directory only has to be on the same file system. */
static int open_parent(const struct stored_file *file)
{
	char link[LINK_SIZE], path[PATH_MAX], *slash;
	ssize_t len = readlink(link_of(file->fd, link), path, sizeof(path) - 1);

	if (len <= 0)
		return -1;
	path[len] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return -1;
	slash[slash == path] = '\0';
	return open(path, OPEN_DIR);
}

/* A single file can be mounted elsewhere, where no directory around it is on its
 * file system. */
static int open_mount(const struct stored_file *file)
{
	const char *type = scan_fs_of(file->fd)->name, *point;
	size_t next = 0;
	int fd = -1;

	while (fd < 0 && (point = scan_mounts_of(file->mounts, type, &next)))
		fd = if_same(open(point, OPEN_DIR), file);
	return fd;
}

int stored_directory(const struct stored_file *file)
{
	int fd = -1;

	if (file->dirfd >= 0)
		fd = if_same(openat(file->dirfd, ".", OPEN_DIR), file);
	if (fd < 0 && S_ISDIR(file->stat.st_mode))
		fd = if_same(openat(file->fd, ".", OPEN_DIR), file);
	if (fd < 0)
		fd = if_same(open_parent(file), file);
	if (fd < 0)
		fd = open_mount(file);
	return fd;
}

/* --------------------------------- devices ------------------------------- */

/* Where there is no udev, sysfs has the name alone. */
static int find_by_name(dev_t dev)
{
	char path[64], line[PATH_MAX], node[PATH_MAX + 8];
	FILE *file;
	int fd = -1;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/uevent", major(dev),
		 minor(dev));
	file = fopen(path, "re");
	while (file && fd < 0 && fgets(line, sizeof(line), file))
		if (strncmp(line, "DEVNAME=", 8) == 0) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(node, sizeof(node), "/dev/%s", line + 8);
			fd = open(node, O_PATH | O_CLOEXEC);
		}
	if (file)
		fclose(file);
	return fd;
}

static bool is_device(int fd, dev_t dev)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == dev;
}

/* What is found by a name is opened once it is known to be the device. */
static int open_node(int found, dev_t dev)
{
	char link[LINK_SIZE];
	int fd;

	if (!is_device(found, dev))
		return -ENODEV;
	fd = open(link_of(found, link), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int stored_device(dev_t dev, uint64_t *size)
{
	char path[64];
	int found, fd;

	snprintf(path, sizeof(path), "/dev/block/%u:%u", major(dev),
		 minor(dev));
	found = open(path, O_PATH | O_CLOEXEC);
	if (found < 0)
		found = find_by_name(dev);
	if (found < 0)
		return -ENODEV;
	fd = open_node(found, dev);
	close(found);
	if (fd >= 0 && ioctl(fd, BLKGETSIZE64, size) != 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

/* ------------------------------- generations ----------------------------- */

/*
 * A file handle has it, of any type of file and without opening it: type 1 is a
 * 32-bit inode number and the generation, 0x81 the same with a 64-bit number.
 */
int stored_generation(const struct stored_file *file, uint32_t *generation)
{
	union {
		struct file_handle handle;
		uint8_t room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
	const struct file_handle *h = &u.handle;
	size_t at;
	int mount;

	if (name_to_handle_at(file->fd, "", &u.handle, &mount, AT_EMPTY_PATH) !=
	    0)
		return -errno;
	at = h->handle_type == 1      ? sizeof(uint32_t)
	     : h->handle_type == 0x81 ? sizeof(uint64_t)
				      : MAX_HANDLE_SZ;
	if (h->handle_bytes < at + sizeof(*generation))
		return -EOPNOTSUPP;
	memcpy(generation, h->f_handle + at, sizeof(*generation));
	return 0;
}
