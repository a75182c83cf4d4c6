/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of ext file systems: an input says which small image is read, how,
 * and what is changed in it before: bytes in blocks that are not empty, so that
 * most of what is changed means something. fuzz_ext4.seeds makes the images,
 * which are those in the directory VFSCAP_FUZZ_IMAGES.
 *
 * It does not crash and comes to an end, what it hands over is whole, one file is
 * one entry, and reading twice shows the same.
 */
#include "fuzz.h"

#include "disk/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define IMAGES_MAX 16
#define UNIT 512
#define PATHS_MAX 4

/* Longer ones the mutator takes for archives. */
#define INPUT_MAX 511

static struct image {
	int fd;
	uint8_t *bytes;
	size_t size;
	uint16_t *unit; /* those that are not empty */
	size_t units;
} images[IMAGES_MAX];
static size_t n_images;

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* ---------------------------------- images -------------------------------- */

static void find_units(struct image *image)
{
	static const uint8_t zero[UNIT];

	image->unit = calloc(image->size / UNIT, sizeof(*image->unit));
	must(image->unit);
	for (size_t i = 0; i < image->size / UNIT; i++)
		if (memcmp(image->bytes + i * UNIT, zero, UNIT) != 0)
			image->unit[image->units++] = (uint16_t)i;
}

static void load(int dir, const char *name)
{
	struct image *image = &images[n_images++];
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END);

	must(size >= UNIT && size <= UINT16_MAX * UNIT);
	image->size = (size_t)size;
	image->bytes = malloc(image->size);
	must(image->bytes);
	must(pread(fd, image->bytes, image->size, 0) == size);
	close(fd);
	image->fd = memfd_create("image", MFD_CLOEXEC);
	must(image->fd >= 0);
	must(pwrite(image->fd, image->bytes, image->size, 0) == size);
	find_units(image);
	must(image->units);
}

static int shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("VFSCAP_FUZZ_IMAGES");
	struct dirent **entry;
	int dir, count;

	(void)argc, (void)argv;
	must(name);
	dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* In order, so that an input always means the same. */
	count = scandir(name, &entry, shown, alphasort);
	must(count > 0 && count <= IMAGES_MAX);
	for (int i = 0; i < count; i++) {
		load(dir, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	close(dir);
	return 0;
}

/* --------------------------------- entries -------------------------------- */

struct seen {
	struct text said;
	char *path[PATHS_MAX];
	size_t paths, count;
	size_t stop_at; /* 0: never */
};

static void check(const struct disk_entry *e)
{
	must(e->what <= DISK_NOTICE);
	must(e->error >= 0 && (!e->error || e->reason));
	must(!e->value == (e->what != DISK_ENTRY || e->error));
	must(e->size <= DISK_VALUE_MAX && (e->value || !e->size));
	must(e->what != DISK_UNREAD || e->error);
	must(e->what != DISK_NOTICE || e->reason);
	if (e->path) {
		must(*e->path && *e->path != '/');
		must(strlen(e->path) < DISK_PATH_MAX);
		must(!e->deleted);
	}
}

static int see(void *ctx, const struct disk_entry *e)
{
	struct seen *s = ctx;

	check(e);
	if (e->path)
		text_add(&s->said, e->path, strlen(e->path) + 1);
	if (e->reason)
		text_add(&s->said, e->reason, strlen(e->reason) + 1);
	if (e->size)
		text_add(&s->said, e->value, e->size);
	if (e->path && s->paths < PATHS_MAX)
		s->path[s->paths++] = strdup(e->path);
	return ++s->count == s->stop_at ? 17 : 0;
}

static void forget(struct seen *s)
{
	for (size_t i = 0; i < s->paths; i++)
		free(s->path[i]);
	free(s->said.bytes);
	*s = (struct seen){.count = 0};
}

/* ---------------------------------- reading ------------------------------- */

static void read_singles(const struct disk *disk, const struct seen *all,
			 unsigned which)
{
	struct seen one = {.count = 0};

	if (all->paths) {
		const char *path = all->path[which % all->paths];

		must(ext_find(disk, path, see, &one) == 0);
		must(one.count == 1);
		forget(&one);
	}
	must(ext_inode(disk, 11 + which % 16, see, &one) == 0);
	must(one.count == 1);
	forget(&one);
}

static void read_again(const struct disk *disk,
		       const struct disk_options *options,
		       const struct seen *first, size_t stop_at)
{
	struct seen second = {.stop_at = stop_at};
	int ended = ext_scan(disk, options, see, &second);

	must(ended == (stop_at ? 17 : 0));
	must(second.count == (stop_at ? stop_at : first->count));
	if (!stop_at)
		must(text_equal(&first->said, &second.said));
	forget(&second);
}

static void read_image(const struct image *image, unsigned how)
{
	struct disk disk = {.fd = image->fd, .size = image->size};
	struct disk_options options = {.all = how & 1, .orphans = how & 2};
	struct seen first = {.count = 0};

	must(ext_scan(&disk, &options, see, &first) == 0);
	read_again(&disk, &options, &first, (how >> 2) % (first.count + 1));
	read_singles(&disk, &first, how >> 2);
	forget(&first);
}

/* Of a change: which unit, where in it, how many bytes, these. */
#define HEAD 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct image *image;
	uint64_t dirty[64];
	size_t n = 0, at = 2;

	if (size < at || size > INPUT_MAX)
		return 0;
	image = &images[data[0] % n_images];
	while (n < 64 && size - at >= HEAD) {
		size_t unit = (size_t)data[at] | (size_t)data[at + 1] << 8;
		size_t in = (size_t)data[at + 2] | (size_t)data[at + 3] << 8;
		size_t len = data[at + 4] % 32;

		at += HEAD;
		if (len > size - at)
			len = size - at;
		dirty[n] = (uint64_t)image->unit[unit % image->units] * UNIT;
		in %= UNIT - 31;
		must(pwrite(image->fd, data + at, len,
			    (off_t)(dirty[n++] + in)) == (ssize_t)len);
		at += len;
	}
	read_image(image, data[1]);
	while (n--)
		must(pwrite(image->fd, image->bytes + dirty[n], UNIT,
			    (off_t)dirty[n]) == UNIT);
	return 0;
}
