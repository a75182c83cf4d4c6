/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small images with bytes changed, and what is looked at in what readers say. */
#include "images.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define IMAGES_MAX 16
#define UNIT 512
/* Longer ones the mutator takes for archives. */
#define INPUT_MAX 511

struct image {
	int fd;
	uint8_t *bytes;
	size_t size;
	uint16_t *unit; /* those that are not empty */
	size_t units;
};

static struct image images[IMAGES_MAX];
static size_t n_images;

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

void images_load(void)
{
	const char *name = getenv("VFSCAP_FUZZ_IMAGES");
	struct dirent **entry;
	int dir, count;

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
}

/* --------------------------------- entries -------------------------------- */

static void check(const struct disk_entry *e)
{
	must(e->what <= DISK_NOTICE);
	must(e->error >= 0);
	must(!e->error || e->reason || e->error == ENODATA);
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

int seen_take(void *ctx, const struct disk_entry *e)
{
	struct seen *s = ctx;

	check(e);
	if (e->path)
		text_add(&s->said, e->path, strlen(e->path) + 1);
	if (e->reason)
		text_add(&s->said, e->reason, strlen(e->reason) + 1);
	if (e->size)
		text_add(&s->said, e->value, e->size);
	if (e->path && s->paths < SEEN_PATHS)
		s->path[s->paths++] = strdup(e->path);
	return ++s->count == s->stop_at ? 17 : 0;
}

void seen_forget(struct seen *s)
{
	for (size_t i = 0; i < s->paths; i++)
		free(s->path[i]);
	free(s->said.bytes);
	*s = (struct seen){.count = 0};
}

void scan_twice(scanner *scan, const struct disk *disk, unsigned how,
		struct seen *first)
{
	struct disk_options options = {.all = how & 1, .orphans = how & 2};
	struct seen second = {.count = 0};
	size_t stop_at;
	int ended;

	must(scan(disk, &options, seen_take, first) == 0);
	stop_at = (how >> 2) % (first->count + 1);
	second.stop_at = stop_at;
	ended = scan(disk, &options, seen_take, &second);
	must(ended == (stop_at ? 17 : 0));
	must(second.count == (stop_at ? stop_at : first->count));
	if (!stop_at)
		must(text_equal(&first->said, &second.said));
	seen_forget(&second);
}

/* Of a change: which unit, where in it, how many bytes, these. */
#define HEAD 5

void images_each(const uint8_t *data, size_t size,
		 void (*read)(const struct disk *disk, unsigned how))
{
	const struct image *image;
	uint64_t dirty[64];
	struct disk disk;
	size_t n = 0, at = 2;

	if (size < at || size > INPUT_MAX)
		return;
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
	disk = (struct disk){.fd = image->fd, .size = image->size};
	read(&disk, data[1]);
	while (n--)
		must(pwrite(image->fd, image->bytes + dirty[n], UNIT,
			    (off_t)dirty[n]) == UNIT);
}
