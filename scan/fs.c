/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What file systems mean for a scan: the one table by f_type, and mounts. */
#include "form/form.h"
#include "scan/scan.h"

#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202
#endif

/*
 * `lists` is said of file systems whose listxattr(2) was seen to name the
 * attribute whenever it is stored, and to answer sooner than getxattr(2), with
 * other attributes there or none: bench/run lists. On any other the attribute
 * itself is asked for; so on btrfs, which finds one sooner than it names all.
 * `barren` ones are left out of trees, each with a notice.
 */
static const struct scan_fs table[] = {
	{EXT4_SUPER_MAGIC, "ext4", .lists = true},
	{XFS_SUPER_MAGIC, "xfs", .lists = true},
	{BTRFS_SUPER_MAGIC, "btrfs", .lists = false},
	{TMPFS_MAGIC, "tmpfs", .lists = true},
	{OVERLAYFS_SUPER_MAGIC, "overlayfs", .lists = true, .overlay = true},
	{SQUASHFS_MAGIC, "squashfs", .lists = true},
	{EROFS_SUPER_MAGIC_V1, "erofs", .lists = true},
	{PROC_SUPER_MAGIC, "proc", .barren = true},
	{SYSFS_MAGIC, "sysfs", .barren = true},
	{CGROUP_SUPER_MAGIC, "cgroup", .barren = true},
	{CGROUP2_SUPER_MAGIC, "cgroup2", .barren = true},
	{DEBUGFS_MAGIC, "debugfs", .barren = true},
	{TRACEFS_MAGIC, "tracefs", .barren = true},
	{SECURITYFS_MAGIC, "securityfs", .barren = true},
	{BPF_FS_MAGIC, "bpf", .barren = true},
	{DEVPTS_SUPER_MAGIC, "devpts", .barren = true},
	{MQUEUE_MAGIC, "mqueue", .barren = true},
};

static const struct scan_fs any = {.name = "other"};

const struct scan_fs *scan_fs_of(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return &any;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].type == (long)fs.f_type)
			return &table[i];
	return &any;
}

int scan_ask(const struct scan_fs *fs, int dirfd, const char *name, void *buf,
	     size_t size, size_t *used)
{
	bool listed = true;

	/* A list that cannot be had says nothing; the value may still be. */
	if (fs->lists && name && vfscap_listed_at(dirfd, name, &listed) == 0 &&
	    !listed)
		return -ENODATA;
	return name ? vfscap_get_at(dirfd, name, buf, size, used)
		    : vfscap_get_fd(dirfd, buf, size, used);
}

/* ---------------------------------- mounts ------------------------------- */

struct scan_mount {
	uint64_t id, parent;
	char type[32];
	char *point; /* as the process sees it */
	bool network, idmapped;
};

/*
 * Types that ask another machine, or may. A FUSE file system does not say
 * whether it does, so all of them count but fuseblk, which has a local device.
 */
static bool is_network(const char *type)
{
	static const char *const types[] = {
		"9p",	    "afs",  "autofs", "beegfs",	  "ceph",
		"cifs",	    "coda", "fuse",   "gpfs",	  "lustre",
		"ncpfs",    "nfs",  "nfs4",   "ocfs2",	  "gfs2",
		"orangefs", "smb3", "smbfs",  "virtiofs",
	};

	if (strncmp(type, "fuse.", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw": the ids of
 * the mount and of the one that it is on, where it is, its options, and after the
 * hyphen that ends the optional fields the type. Blanks in a path are octal
 * escapes. */
static bool parse_mount(const char *line, struct scan_mount *mount)
{
	const char *dash = strstr(line, " - ");
	uintmax_t id, parent;
	char options[256];
	size_t size;

	*mount = (struct scan_mount){0};
	if (!dash || sscanf(dash, " - %31s", mount->type) != 1 ||
	    sscanf(line, "%ju %ju %*s %*s %ms %255s", &id, &parent,
		   &mount->point, options) != 4) {
		free(mount->point);
		return false;
	}
	mount->id = id;
	mount->parent = parent;
	mount->network = is_network(mount->type);
	mount->idmapped = strstr(options, "idmapped") != NULL;
	size = form_unescape(mount->point, strlen(mount->point), mount->point);
	mount->point[size] = '\0';
	return true;
}

static int add_mount(struct scan_mounts *mounts, const struct scan_mount *m)
{
	struct scan_mount *more =
		reallocarray(mounts->mount, mounts->count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	more[mounts->count++] = *m;
	mounts->networks |= m->network;
	mounts->mount = more;
	return 0;
}

int scan_mounts_parse(struct scan_mounts *mounts, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	int error = 0;

	*mounts = (struct scan_mounts){0};
	while (!error && getline(&line, &size, file) >= 0) {
		struct scan_mount m;

		if (!parse_mount(line, &m))
			continue;
		error = add_mount(mounts, &m);
		if (error)
			free(m.point);
	}
	/* Nor is there memory for every line. */
	if (!error && !feof(file))
		error = errno ? -errno : -EIO;
	free(line);
	if (error)
		scan_mounts_free(mounts);
	return error;
}

int scan_mounts_read(struct scan_mounts *mounts)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	int error;

	*mounts = (struct scan_mounts){0};
	if (!file)
		return -errno;
	error = scan_mounts_parse(mounts, file);
	fclose(file);
	return error;
}

void scan_mounts_free(struct scan_mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++)
		free(mounts->mount[i].point);
	free(mounts->mount);
	*mounts = (struct scan_mounts){0};
}

uint64_t scan_mount_id(int dirfd, const char *name)
{
	struct statx stx;

	if (statx(dirfd, name,
		  AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC |
			  (*name ? 0 : AT_EMPTY_PATH),
		  STATX_MNT_ID, &stx) != 0 ||
	    !(stx.stx_mask & STATX_MNT_ID))
		return 0;
	return stx.stx_mnt_id;
}

const char *scan_mounts_network(const struct scan_mounts *mounts, int dirfd,
				const char *name)
{
	uint64_t id = mounts->networks ? scan_mount_id(dirfd, name) : 0;

	for (size_t i = 0; id && i < mounts->count; i++)
		if (mounts->mount[i].id == id && mounts->mount[i].network)
			return mounts->mount[i].type;
	return NULL;
}

const char *scan_mounts_of(const struct scan_mounts *mounts, const char *type,
			   size_t *next)
{
	while (*next < mounts->count) {
		const struct scan_mount *m = &mounts->mount[(*next)++];

		if (strcmp(m->type, type) == 0)
			return m->point;
	}
	return NULL;
}

bool scan_mounts_idmapped(const struct scan_mounts *mounts, int fd)
{
	uint64_t id = scan_mount_id(fd, "");

	for (size_t i = 0; id && i < mounts->count; i++)
		if (mounts->mount[i].id == id)
			return mounts->mount[i].idmapped;
	return false;
}

const char *scan_mounts_below(const struct scan_mounts *mounts, int fd,
			      size_t *next)
{
	uint64_t id = scan_mount_id(fd, "");
	const char *top = NULL;

	for (size_t i = 0; id && i < mounts->count; i++)
		if (mounts->mount[i].id == id)
			top = mounts->mount[i].point;
	for (size_t len = top ? strlen(top) : 0;
	     len && *next < mounts->count;) {
		const struct scan_mount *m = &mounts->mount[(*next)++];

		if (m->parent == id && m->id != id &&
		    strncmp(m->point, top, len) == 0 && m->point[len] == '/')
			return m->point + len + 1;
	}
	return NULL;
}
