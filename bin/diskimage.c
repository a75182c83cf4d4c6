/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disk images that are changed: looked at, and copied. */
#include "bin/diskimage_parts.h"
#include "disk/inside.h"
#include "form/form.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

void disk_image_failed(const struct disk_image *d, int error, const char *why)
{
	char number[FORM_ERRNO_SIZE];

	tool_file(d->tool, LEVEL_ERROR, d->input->location, "%s: %s",
		  form_errno(-error, number), why);
}

/* -------------------------------- the call ------------------------------- */

/* What is not edited, and the way there is instead. */
static const char *way_around(const struct scan_input *input)
{
	if (strcmp(input->backend->kind, "squashfs") == 0)
		return "a squashfs image is not edited; write it anew: "
		       "sqfs2tar IMAGE | fcapconvert ... - | tar2sqfs NEW";
	if (strcmp(input->backend->kind, "erofs") == 0)
		return "an EROFS image is not edited; mount it, change a copy "
		       "of the tree, and make a new one with mkfs.erofs";
	return NULL;
}

void disk_image_check(const struct disk_image *d)
{
	const char *why = way_around(d->input);

	if (why) {
		tool_file(d->tool, LEVEL_ERROR, d->input->location, "%s", why);
		exit(TOOL_INCOMPLETE);
	}
	if (d->journal && !d->in_place)
		tool_usage(d->tool, "--journal belongs to --in-place");
	if (d->in_place && d->out)
		tool_usage(d->tool, "-o and --in-place exclude each other");
	if (d->dry_run)
		return;
	if (!d->in_place && !d->out)
		tool_usage(d->tool, "-o names a changed copy of the image; "
				    "--in-place changes it where it is");
	if (d->out && strcmp(d->out, "-") == 0)
		tool_usage(d->tool, "an image is not written to standard "
				    "output; -o names a file");
	if (d->in_place && !d->journal)
		tool_usage(d->tool,
			   "--in-place needs --journal=FILE: what is killed "
			   "half way can be finished or undone with it alone");
}

/* The same file once more. Those who read what is in it cannot write it, and do
 * not hold its lock when this process has ended. */
static int open_place(struct disk_image *d)
{
	struct stat st, place;

	d->place = open(d->input->location,
			O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (d->place < 0 || fstat(d->place, &place) || fstat(d->fd, &st))
		return -errno;
	return st.st_dev == place.st_dev && st.st_ino == place.st_ino ? 0
								      : -ESTALE;
}

static int open_image(struct disk_image *d)
{
	bool in_place = d->in_place && !d->dry_run;
	int error;

	d->place = -1;
	d->fd = open(d->input->location,
		     O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (d->fd < 0)
		return -errno;
	error = scan_disk_size(d->fd, &d->size);
	if (!error && in_place)
		error = open_place(d);
	if (!error && flock(in_place ? d->place : d->fd,
			    LOCK_NB | (in_place ? LOCK_EX : LOCK_SH)))
		error = -errno;
	return error;
}

bool disk_image_open(struct disk_image *d)
{
	int error = open_image(d);

	d->output = (struct output){.dirfd = -1};
	if (error) {
		disk_image_failed(d, error,
				  error == -EWOULDBLOCK
					  ? "another process has locked it"
				  : error == -ESPIPE
					  ? "a disk image is a regular file or "
					    "a block device"
					  : strerror(-error));
		return false;
	}
	if (d->out && !d->dry_run)
		return tool_output(d->tool, &d->output, d->out, d->force);
	tool_privileges(d->tool, d->journal ? PRIVILEGE_OPEN : 0);
	return true;
}

void disk_image_close(struct disk_image *d)
{
	if (d->output.path)
		output_abandon(&d->output);
	if (d->fd >= 0)
		close(d->fd);
	if (d->place >= 0)
		close(d->place);
	d->fd = d->place = -1;
}

/* --------------------------------- looking -------------------------------- */

/* struct look - one look at the image; also what the process inside needs */
struct look {
	struct disk_image *image;
	struct disk disk;
	const char *const *path; /* NULL: all that have the attribute */
	size_t paths, answered;
	disk_image_fn *fn;
	void *ctx;
	char *room; /* for a record's path */
	bool failed;
	int stop;
};

static int look_inside(void *ctx, const struct inside_out *out,
		       char why[DISK_WHY_SIZE])
{
	const struct disk_options options = {0};
	const struct look *l = ctx;
	struct disk part;
	int error = disk_choose(&l->disk, l->image->options.offset,
				l->image->options.partition, &part, why);

	if (error || !l->path)
		return error ? error
			     : ext_scan(&part, &options, out->entry, out->ctx);
	for (size_t i = 0; !error && i < l->paths; i++)
		error = ext_find(&part, l->path[i], out->entry, out->ctx);
	return error;
}

/* One answer for each path and no more: whose it is goes by their order. */
static bool expected(struct look *l)
{
	return !l->path || l->answered++ < l->paths;
}

/* What could not be read is said, and no entry. */
static int take(void *ctx, const struct disk_entry *e)
{
	struct look *l = ctx;
	struct tool *tool = l->image->tool;
	struct scan_record r = scan_disk_record(l->image->input, e, l->room);
	bool notice = e->what == DISK_NOTICE;

	if (!notice && !expected(l))
		return -EPROTO;
	if (notice || (e->error && e->error != ENODATA)) {
		l->failed |= !notice;
		if (!notice)
			tool_worse(tool, TOOL_INCOMPLETE);
		if (!notice || !tool->quiet)
			report_trouble(stderr, tool->name, &r, NULL);
	}
	if (!notice && (l->path || e->what == DISK_ENTRY))
		l->stop = l->fn(l->ctx, &r, e->generation);
	return l->stop;
}

static int tell(void *ctx, const char *sentence)
{
	const struct disk_image *d = ctx;

	tool_file(d->tool, LEVEL_NOTICE, d->input->location, "%s", sentence);
	return 0;
}

static bool look(struct disk_image *d, struct look *l)
{
	const struct inside inside = {
		.fd = d->fd,
		.how = {d->options.sandbox, tell, d},
		.work = look_inside,
		.work_ctx = l,
		.entry = take,
		.ctx = l,
	};
	char why[DISK_WHY_SIZE];
	int error;

	l->image = d;
	l->disk = (struct disk){.fd = d->fd, .size = d->size};
	l->room = malloc(SCAN_DISK_PATH);
	error = l->room ? inside_run(&inside, why) : -ENOMEM;
	if (!error && l->answered < l->paths) {
		error = -EIO;
		snprintf(why, sizeof(why),
			 "of %zu paths %zu were answered for by the process "
			 "that reads it",
			 l->paths, l->answered);
	}
	if (error)
		disk_image_failed(d, error,
				  l->stop || error == -ENOMEM ? strerror(-error)
							      : why);
	free(l->room);
	return !error && !l->failed;
}

bool disk_image_scan(struct disk_image *d, disk_image_fn *fn, void *ctx)
{
	struct look l = {.fn = fn, .ctx = ctx};

	return look(d, &l);
}

bool disk_image_find(struct disk_image *d, const char *const *path,
		     size_t paths, disk_image_fn *fn, void *ctx)
{
	struct look l = {.path = path, .paths = paths, .fn = fn, .ctx = ctx};

	return look(d, &l);
}

/* -------------------------------- new blocks ------------------------------ */

struct edit {
	const struct disk_image *image;
	struct disk disk;
	const struct disk_change *change;
	size_t changes;
	const struct inside_out *out;
	uint64_t offset; /* of the file system */
	struct block_list *blocks;
};

static int hand_over(void *ctx, uint64_t at, const uint8_t *old,
		     const uint8_t *new, size_t size)
{
	const struct edit *e = ctx;

	return e->out->block(e->out->ctx, e->offset + at, old, new, size);
}

static int edit_inside(void *ctx, const struct inside_out *out,
		       char why[DISK_WHY_SIZE])
{
	struct edit *e = ctx;
	struct disk part;
	int error = disk_choose(&e->disk, e->image->options.offset,
				e->image->options.partition, &part, why);

	e->out = out;
	e->offset = part.offset;
	return error ? error
		     : ext_write(&part, e->change, e->changes, hand_over, e,
				 why);
}

/* The process inside may say anything: what is written lies in the image. */
static int keep(void *ctx, uint64_t at, const uint8_t *old, const uint8_t *new,
		size_t size)
{
	const struct edit *e = ctx;

	if (at > e->disk.size || size > e->disk.size - at)
		return -ERANGE;
	return block_list_add(e->blocks, at, old, new, size);
}

static int by_inode(const void *a, const void *b)
{
	const struct disk_change *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

bool disk_image_new_blocks(struct disk_image *d, struct disk_change *change,
			   size_t changes, struct block_list *blocks)
{
	struct edit e = {
		.image = d,
		.disk = {.fd = d->fd, .size = d->size},
		.change = change,
		.changes = changes,
		.blocks = blocks,
	};
	const struct inside inside = {
		.fd = d->fd,
		.how = {.sandbox = d->options.sandbox},
		.work = edit_inside,
		.work_ctx = &e,
		.block = keep,
		.ctx = &e,
	};
	char why[DISK_WHY_SIZE];
	int error = 0;

	if (changes) {
		qsort(change, changes, sizeof(*change), by_inode);
		error = inside_run(&inside, why);
	}
	if (error)
		disk_image_failed(d, error, *why ? why : strerror(-error));
	return !error;
}

/* ---------------------------------- a copy -------------------------------- */

/* All of it, holes as holes where the file system can tell them. */
static int copy_range(int from, int to, off_t at, off_t end)
{
	while (at < end) {
		off_t in = at, out = at;
		ssize_t n = copy_file_range(from, &in, to, &out,
					    (size_t)(end - at), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EBADMSG;
		at += n;
	}
	return 0;
}

static int copy_pieces(int from, int to, uint64_t size, uint8_t *room,
		       size_t room_size)
{
	const struct disk disk = {.fd = from, .size = size};
	uint64_t at = 0;
	int error = 0;

	while (!error && at < size) {
		size_t n =
			size - at < room_size ? (size_t)(size - at) : room_size;

		error = disk_read(&disk, at, room, n);
		if (!error)
			error = blocks_write_at(to, room, n, at);
		at += n;
	}
	return error;
}

/* From a block device, or between file systems that cannot do better. */
static int copy_by_hand(int from, int to, uint64_t size)
{
	const size_t room_size = 1 << 20;
	uint8_t *room = malloc(room_size);
	int error =
		room ? copy_pieces(from, to, size, room, room_size) : -ENOMEM;

	free(room);
	return error;
}

static int copy_data(int from, int to, uint64_t size)
{
	off_t at = 0, end = (off_t)size;
	int error = 0;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	if (ftruncate(to, end))
		return -errno;
	while (!error && at < end) {
		off_t data = lseek(from, at, SEEK_DATA), hole;

		if (data < 0)
			return errno == ENXIO ? 0
					      : copy_by_hand(from, to, size);
		hole = lseek(from, data, SEEK_HOLE);
		error = hole < 0 ? -errno : copy_range(from, to, data, hole);
		at = hole;
	}
	return error == -EXDEV || error == -EINVAL || error == -EOPNOTSUPP ||
			       error == -ENOSYS
		       ? copy_by_hand(from, to, size)
		       : error;
}

/* It may be another image by now than the one that was looked at. */
static int put_block(const struct disk_image *d, int to, const struct block *b)
{
	const struct disk disk = {.fd = d->fd, .size = d->size};
	uint8_t *now = malloc(b->size);
	int error = now ? disk_read(&disk, b->at, now, b->size) : -ENOMEM;

	if (!error && memcmp(now, b->old, b->size) != 0)
		error = -ESTALE;
	free(now);
	return error ? error : blocks_write_at(to, b->new, b->size, b->at);
}

static bool write_copy(struct disk_image *d, const struct block_list *blocks)
{
	int to = fileno(d->output.file), error;
	char number[FORM_ERRNO_SIZE];

	error = copy_data(d->fd, to, d->size);
	for (size_t i = 0; !error && i < blocks->count; i++)
		error = put_block(d, to, &blocks->block[i]);
	if (error == -ESTALE)
		disk_image_failed(d, error, "it was changed while it was read");
	else if (error)
		tool_file(d->tool, LEVEL_ERROR, d->out, "%s: %s",
			  form_errno(-error, number), strerror(-error));
	if (error)
		return false;
	tool_output_done(d->tool, &d->output);
	return d->tool->status != TOOL_INCOMPLETE;
}

bool disk_image_write(struct disk_image *d, struct disk_change *change,
		      size_t changes, const char *parameters)
{
	struct block_list blocks = {0};
	bool good = disk_image_new_blocks(d, change, changes, &blocks);

	if (good)
		good = d->in_place ? disk_image_in_place(d, &blocks, parameters)
				   : write_copy(d, &blocks);
	block_list_free(&blocks);
	return good;
}
