/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stored bytes of live files: which way a file system has. */
#include "scan/stored.h"
#include "form/form.h"

#include "scan/live.h"
#include "scan/scan.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/** struct way - one of @by_ioctl and @by_device; neither: @lacks says why */
struct way {
	long type;
	int (*by_ioctl)(int dirfd, const struct stored_file *file, uint8_t *buf,
			struct stored_answer *answer);
	int (*by_device)(const struct stored_fs *fs,
			 const struct stored_file *file, uint8_t *buf,
			 struct stored_answer *answer);
	const char *lacks;
};

static const struct way ways[] = {
	{XFS_SUPER_MAGIC, .by_ioctl = stored_xfs},
	{BTRFS_SUPER_MAGIC, .by_ioctl = stored_btrfs},
#ifdef HAVE_EXT4
	{EXT4_SUPER_MAGIC, .by_device = stored_ext4},
#else
	{EXT4_SUPER_MAGIC,
	 .lacks = "the stored bytes of files on ext file systems cannot be "
		  "had: this build was made without libext2fs; what getxattr "
		  "shows is told"},
#endif
};

static const struct way none = {
	.lacks = "the file system has no way to its stored bytes; what "
		 "getxattr shows is told",
};

static const struct way *way_of(long type)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (ways[i].type == type)
			return &ways[i];
	return &none;
}

/* ------------------------------- file systems ---------------------------- */

/* Of its own device a file system is the only one; what has none is told apart
 * as well as can be: it is about a notice. */
static uint64_t id_of(const struct statfs *fs, const struct stored_file *file)
{
	uint64_t id = 0;

	if (way_of(fs->f_type)->by_device)
		return file->stat.st_dev;
	memcpy(&id, &fs->f_fsid,
	       sizeof(fs->f_fsid) < sizeof(id) ? sizeof(fs->f_fsid)
					       : sizeof(id));
	return id;
}

static struct stored_fs *add_fs(struct stored *s, long type, uint64_t id)
{
	struct stored_fs *fs;

	if (live_grow((void **)&s->fs, &s->room, s->count + 1, sizeof(*s->fs)))
		return NULL;
	fs = &s->fs[s->count++];
	*fs = (struct stored_fs){.type = type, .id = id, .device = -1};
	if (!way_of(type)->by_device)
		return fs;
	fs->device = stored_device((dev_t)id, &fs->size);
	fs->error = fs->device < 0 ? fs->device : 0;
	return fs;
}

static struct stored_fs *fs_of(struct stored *s, const struct statfs *statfs,
			       const struct stored_file *file)
{
	uint64_t id = id_of(statfs, file);

	for (size_t i = 0; i < s->count; i++)
		if (s->fs[i].type == statfs->f_type && s->fs[i].id == id)
			return &s->fs[i];
	return add_fs(s, statfs->f_type, id);
}

static void tell_once(struct stored_fs *fs, const char *notice,
		      struct stored_answer *answer)
{
	answer->notice = fs->told ? NULL : notice;
	fs->told = true;
}

/* --------------------------------- the ways ------------------------------ */

static int ask_directory(const struct way *way, const struct stored_file *file,
			 uint8_t *buf, struct stored_answer *answer)
{
	int fd = stored_directory(file), error;

	if (fd < 0 && form_no_proc(ENOENT)) {
		answer->reason = "/proc is needed to find a directory of its "
				 "file system; mount it";
		return -ENOENT;
	}
	if (fd < 0) {
		answer->reason = "no directory of its file system can be "
				 "opened to ask for the stored bytes; name the "
				 "directory that it is in, not a mount of the "
				 "file alone";
		return -ENOENT;
	}
	error = way->by_ioctl(fd, file, buf, answer);
	close(fd);
	if (error == -EPERM)
		answer->reason = "the stored bytes can be asked for with "
				 "cap_sys_admin in the initial user namespace "
				 "alone; run as root there, or without "
				 "--stored";
	else if (error && !answer->reason)
		answer->reason = "the file system was asked for the stored "
				 "bytes";
	return error;
}

static int ask_device(const struct way *way, struct stored *s,
		      const struct statfs *statfs,
		      const struct stored_file *file,
		      struct stored_answer *answer)
{
	struct stored_fs *fs = fs_of(s, statfs, file);

	if (!fs)
		return -ENOMEM;
	if (fs->error) {
		/* It was found, and is opened by way of /proc. */
		answer->reason =
			fs->error == -ENOENT
				? "/proc is needed to open the device that "
				  "the file system is on; mount it"
			: fs->error == -EACCES || fs->error == -EPERM
				? "the stored bytes are read from the device "
				  "that the file system is on, which cannot "
				  "be opened; run as root, or without --stored"
				: "the stored bytes are read from the device "
				  "that the file system is on, which was not "
				  "found in /dev; run where it is, or without "
				  "--stored";
		return fs->error;
	}
	tell_once(fs,
		  "what is stored on an ext file system is read from its "
		  "device while it is mounted: what is being changed just now "
		  "may be missed",
		  answer);
	return way->by_device(fs, file, s->buf, answer);
}

/* --------------------------------- all of it ----------------------------- */

/* What the kernel is too old for has no way either. */
static bool has_no_way(int error)
{
	return error == -EOPNOTSUPP || error == -ENOTTY || error == -ENOSYS;
}

int stored_ask(struct stored *s, const struct stored_file *file,
	       struct stored_answer *answer)
{
	const struct way *way;
	struct stored_fs *fs;
	struct statfs statfs;
	int error = -EOPNOTSUPP;

	*answer = (struct stored_answer){0};
	if (!s->buf)
		s->buf = malloc(STORED_ROOM);
	if (!s->buf)
		return -ENOMEM;
	if (fstatfs(file->fd, &statfs) != 0)
		return -errno;
	way = way_of(statfs.f_type);
	if (way->by_ioctl)
		error = ask_directory(way, file, s->buf, answer);
	else if (way->by_device)
		error = ask_device(way, s, &statfs, file, answer);
	if (!has_no_way(error))
		return error;
	fs = fs_of(s, &statfs, file);
	if (!fs)
		return -ENOMEM;
	tell_once(fs, way->lacks ? way->lacks : none.lacks, answer);
	return -EOPNOTSUPP;
}

void stored_finish(struct stored *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->fs[i].device >= 0)
			close(s->fs[i].device);
	free(s->fs);
	free(s->buf);
	*s = (struct stored){0};
}
