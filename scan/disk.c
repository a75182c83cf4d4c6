/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disk images and devices: their file systems, read by a closed process. */
#include "scan/disk.h"
#include "scan/closed.h"
#include "scan/magic.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* -------------------------------- inside --------------------------------- */

typedef int reader_fn(const struct disk *disk,
		      const struct disk_options *options, disk_fn *fn,
		      void *ctx);

/* The file systems that are read. */
static const struct reader {
	const char *kind;
	reader_fn *scan;
} readers[] = {
	{"ext4", ext_scan},
	{"squashfs", squashfs_scan},
	{"erofs", erofs_scan},
};

/* One disk, as the process inside sees it. */
struct job {
	struct scan *scan;
	struct disk disk;
	const char *kind;   /* what the user says it is, or NULL */
	char *path;	    /* room for a record's */
	unsigned partition; /* that is being read */
	bool fixed;	    /* by a reader that has no writer */
};

static int hand_over(void *ctx, const struct disk_entry *entry)
{
	const struct job *job = ctx;
	struct disk_entry e = *entry;
	struct scan_record r;

	e.partition = job->partition;
	r = scan_disk_record(job->scan->input, &e, job->path);
	r.fixed = job->fixed;
	job->scan->totals->entries += e.what == DISK_ENTRY;
	return job->scan->fn(job->scan->ctx, &r);
}

static int tell(struct job *job, enum disk_what what, int error,
		const char *reason)
{
	const struct disk_entry e = {
		.what = what, .error = error, .reason = reason};

	return hand_over(job, &e);
}

static reader_fn *reader_of(const char *kind)
{
	size_t i = 0;

	/* It is one of them: magic.c and the backends know no others. */
	while (strcmp(readers[i].kind, kind) != 0)
		i++;
	return readers[i].scan;
}

static int read_as(struct job *job, const struct disk *disk, const char *kind)
{
	const struct disk_options options = {
		.all = job->scan->options->all,
		.orphans = job->scan->options->orphans,
	};

	job->fixed = strcmp(kind, "ext4") != 0;
	return reader_of(kind)(disk, &options, hand_over, job);
}

/* What it is, by its beginning; never NULL. */
static const struct magic_kind *kind_of(const struct disk *disk)
{
	static uint8_t window[MAGIC_WINDOW];
	size_t size = disk->size < sizeof(window) ? (size_t)disk->size
						  : sizeof(window);

	/* What cannot be read has no magic; whoever reads on will say so. */
	if (disk_read(disk, 0, window, size))
		size = 0;
	return magic_of(window, size);
}

/* ------------------------------- partitions ------------------------------ */

/* What libblkid knows and has no place for the attribute. */
static bool cannot_carry(const char *type)
{
	static const char *const types[] = {"swap",	 "swsuspend", "vfat",
					    "exfat",	 "ntfs",      "iso9660",
					    "udf",	 "hfs",	      "hfsplus",
					    "BitLocker", "minix",     "ufs"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

static int not_read(struct job *job, const struct disk_partition *part,
		    const struct magic_kind *kind)
{
	char why[DISK_WHY_SIZE];

	if (kind->magic == MAGIC_NOT_READ)
		return tell(job, DISK_UNREAD, ENOTSUP, kind->reason);
	if (!*part->type)
		return tell(job, DISK_NOTICE, 0,
			    "it holds no file system that is known");
	if (cannot_carry(part->type)) {
		snprintf(why, sizeof(why), "%s: it cannot carry the attribute",
			 part->type);
		return tell(job, DISK_NOTICE, 0, why);
	}
	snprintf(why, sizeof(why), "%s: this version does not read it",
		 part->type);
	return tell(job, DISK_UNREAD, ENOTSUP, why);
}

static int read_partition(void *ctx, const struct disk_partition *part)
{
	struct job *job = ctx;
	const struct magic_kind *kind;
	struct disk disk;

	if (part->container)
		return 0;
	job->partition = part->number;
	if (disk_part_of(&job->disk, part->offset, part->size, &disk))
		return tell(job, DISK_UNREAD, EBADMSG,
			    "it does not lie within the disk");
	kind = kind_of(&disk);
	if (kind->magic == MAGIC_DISK && strcmp(kind->kind, "disk") != 0)
		return read_as(job, &disk, kind->kind);
	return not_read(job, part, kind);
}

static int read_table(struct job *job, char why[DISK_WHY_SIZE])
{
	int error = table_read(&job->disk, read_partition, job, why);

	job->partition = 0;
	if (error > 0)
		return tell(job, DISK_UNREAD, EINVAL,
			    "there is no partition table");
	return error;
}

static int no_image(struct job *job, const struct magic_kind *kind)
{
	char why[DISK_WHY_SIZE];

	if (kind->reason)
		return tell(job, DISK_UNREAD, ENOTSUP, kind->reason);
	snprintf(why, sizeof(why), "no disk image begins there%s%s",
		 kind->name ? ", but: " : "", kind->name ? kind->name : "");
	return tell(job, DISK_UNREAD, EINVAL, why);
}

static int read_disk(struct job *job, char why[DISK_WHY_SIZE])
{
	const struct scan_options *o = job->scan->options;
	const struct magic_kind *kind;
	struct disk part;
	int error =
		disk_choose(&job->disk, o->offset, o->partition, &part, why);

	if (error)
		return error;
	job->disk = part;
	job->partition = o->partition;
	kind = kind_of(&part);
	if (job->kind && strcmp(job->kind, "disk") != 0)
		return read_as(job, &part, job->kind);
	if (kind->magic == MAGIC_DISK && strcmp(kind->kind, "disk") == 0)
		return read_table(job, why);
	if (kind->magic == MAGIC_DISK)
		return read_as(job, &part, kind->kind);
	/* A table that is not certain enough to be recognised is believed where
	 * the user says that it is one. */
	return job->kind && !o->partition ? read_table(job, why)
					  : no_image(job, kind);
}

/* An error without words is one of the scan's function. */
static int work(struct scan *scan, struct say *say, void *ctx)
{
	struct job *job = ctx;
	char why[DISK_WHY_SIZE] = "";
	int error;

	(void)say;
	job->scan = scan;
	job->path = malloc(SCAN_DISK_PATH);
	error = job->path ? read_disk(job, why) : -ENOMEM;
	free(job->path);
	return error && *why ? scan_tell(scan, SCAN_UNREAD, NULL, error, why)
			     : error;
}

/* -------------------------------- outside -------------------------------- */

int scan_disk_size(int fd, uint64_t *size)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	*size = (uint64_t)st.st_size;
	if (S_ISREG(st.st_mode))
		return 0;
	if (!S_ISBLK(st.st_mode))
		return -ESPIPE;
	return ioctl(fd, BLKGETSIZE64, size) ? -errno : 0;
}

static const char *path_of(const struct scan_input *input,
			   const struct disk_entry *e, char *path)
{
	if (e->path && strcmp(e->path, ".") == 0)
		return "/";
	if (e->path)
		snprintf(path, SCAN_DISK_PATH, "/%s", e->path);
	else if (e->inode)
		snprintf(path, SCAN_DISK_PATH, "<inode %" PRIu64 ">", e->inode);
	else
		return input->location;
	return path;
}

struct scan_record scan_disk_record(const struct scan_input *input,
				    const struct disk_entry *e, char *path)
{
	static const enum scan_what what[] = {
		[DISK_ENTRY] = SCAN_ENTRY,
		[DISK_UNREAD] = SCAN_UNREAD,
		[DISK_NOTICE] = SCAN_NOTICE,
	};
	struct scan_record r = {
		.what = what[e->what],
		.source = input->source,
		.path = path_of(input, e, path),
		.error = e->error,
		.reason = e->reason,
		.view = SCAN_STORED,
		.value = e->value,
		.size = e->size,
		.has_stat = e->mode != 0,
		.partition = e->partition,
		.deleted = e->deleted,
		.script = e->script,
		.dirfd = -1,
		.fd = -1,
	};

	r.rel = e->path ? e->path : e->inode ? r.path : ".";
	r.stat.st_ino = e->inode;
	r.stat.st_mode = e->mode;
	r.stat.st_uid = e->uid;
	r.stat.st_gid = e->gid;
	r.stat.st_nlink = e->links;
	return r;
}

/* Does a mount show the device? */
static bool is_mounted(dev_t dev)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	unsigned minor_of, major_of;
	bool mounted = false;
	char *line = NULL;
	size_t room = 0;

	while (file && !mounted && getline(&line, &room, file) > 0)
		mounted = sscanf(line, "%*u %*u %u:%u ", &major_of,
				 &minor_of) == 2 &&
			  makedev(major_of, minor_of) == dev;
	free(line);
	if (file)
		fclose(file);
	return mounted;
}

/* What changes while it is read. */
static int say_mounted(struct scan *scan, int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISBLK(st.st_mode) || !is_mounted(st.st_rdev))
		return 0;
	return scan_tell(scan, SCAN_NOTICE, NULL, 0,
			 "the device is mounted: what is not written to it yet "
			 "is missing, and what is being changed can look "
			 "corrupt");
}

static int read_open(struct scan *scan, int fd, const char *kind)
{
	struct job job = {.disk.fd = fd, .kind = kind};
	const struct scan_work closed = {.fd = fd, .read = work, .ctx = &job};
	int error = scan_disk_size(fd, &job.disk.size);

	if (error)
		return scan_tell(scan, SCAN_UNREAD, NULL, error,
				 "a disk image is a regular file or a block "
				 "device");
	error = say_mounted(scan, fd);
	return error ? error : scan_closed(scan, &closed);
}

static int read_named(struct scan *scan, const char *kind)
{
	int fd = open(scan->input->location,
		      O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	int stop;

	if (fd < 0)
		return scan_tell(scan, SCAN_UNREAD, NULL, errno, NULL);
	stop = read_open(scan, fd, kind);
	close(fd);
	return stop;
}

int scan_disk_contents(struct scan *scan, int fd)
{
	return read_open(scan, fd, NULL);
}

int scan_ext4(struct scan *scan)
{
	return read_named(scan, "ext4");
}

int scan_squashfs(struct scan *scan)
{
	return read_named(scan, "squashfs");
}

int scan_erofs(struct scan *scan)
{
	return read_named(scan, "erofs");
}

int scan_disk(struct scan *scan)
{
	return read_named(scan, "disk");
}
