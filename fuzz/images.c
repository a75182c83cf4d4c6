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

#define IMAGES_MAX 32
#define UNIT 512
/* Some thirty changes. */
#define INPUT_MAX 511

struct image {
	int fd;
	uint8_t *bytes; /* as it was */
	uint8_t *now;	/* what is read */
	size_t size;
	struct places places;
	uint16_t *unit; /* those that are not empty */
	size_t units;
};

static struct image images[IMAGES_MAX];
static size_t n_images;
static const struct images_form *known;

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
	must(ftruncate(image->fd, size) == 0);
	image->now = mmap(NULL, image->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  image->fd, 0);
	must(image->now != MAP_FAILED);
	memcpy(image->now, image->bytes, image->size);
	find_units(image);
	must(image->units);
	if (known && known->mend)
		known->mend(image->now, image->size);
	must(memcmp(image->now, image->bytes, image->size) == 0);
	if (known && known->find)
		known->find(image->bytes, image->size, &image->places);
}

static int shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void images_load(const struct images_form *form)
{
	const char *name = getenv("VFSCAP_FUZZ_IMAGES");
	struct dirent **entry;
	int dir, count;

	must(name);
	known = form;
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

static size_t get16(const uint8_t *bytes)
{
	return (size_t)bytes[0] | (size_t)bytes[1] << 8;
}

void images_each(const uint8_t *data, size_t size,
		 void (*read)(const struct disk *disk, unsigned how))
{
	const struct image *image;
	struct disk disk;
	size_t at = 2;

	if (size < at || size > INPUT_MAX)
		return;
	image = &images[data[0] % n_images];
	while (size - at >= HEAD) {
		size_t unit = get16(data + at) % image->units;
		size_t in = get16(data + at + 2) % UNIT;
		size_t len = data[at + 4] % 32;

		at += HEAD;
		if (len > size - at)
			len = size - at;
		in += (size_t)image->unit[unit] * UNIT;
		memcpy(image->now + in, data + at,
		       len < image->size - in ? len : image->size - in);
		at += len;
	}
	if (known && known->mend && !(data[1] & IMAGES_UNMENDED))
		known->mend(image->now, image->size);
	disk = (struct disk){.fd = image->fd, .size = image->size};
	read(&disk, data[1]);
	memcpy(image->now, image->bytes, image->size);
}

/* --------------------------------- changes -------------------------------- */

void places_add(struct places *p, size_t image_size, size_t at, size_t size)
{
	if (!size || at >= image_size || size > image_size - at)
		return;
	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		p->place = reallocarray(p->place, p->room, sizeof(*p->place));
		must(p->place);
	}
	p->place[p->count++] = (struct place){at, size};
}

static unsigned below(unsigned *seed, size_t end)
{
	*seed = *seed * 1103515245 + 12345;
	return end ? (*seed >> 8) % (unsigned)end : 0;
}

/* Another number: at an edge, beside the old one, or that of another place. */
static uint64_t number(const struct image *image, size_t size, uint64_t old,
		       unsigned *seed)
{
	const struct place *other =
		&image->places.place[below(seed, image->places.count)];
	uint64_t edges[] = {0,		1,	 UINT64_MAX, INT64_MAX,
			    INT32_MAX,	old + 1, old - 1,    old << 1,
			    old ^ 0x80, old + 4, old - 4,    old + 32};
	unsigned what = below(seed, 20);

	if (what < 12)
		return edges[what];
	if (what < 15)
		return old ^ UINT64_C(1) << below(seed, 8 * size);
	if (what < 18 && other->size >= size) {
		old = 0;
		memcpy(&old, image->bytes + other->at, size);
		return old;
	}
	return below(seed, 300);
}

/* A change of a place, to be appended. */
static size_t change_place(const struct image *image, uint8_t *to,
			   unsigned *seed)
{
	const struct place *p =
		&image->places.place[below(seed, image->places.count)];
	size_t unit = 0, len = p->size < 8 ? p->size : 8;
	size_t at = p->at + (p->size > 8 ? below(seed, p->size - 7) : 0);
	uint64_t value = 0;

	while (unit < image->units && image->unit[unit] != at / UNIT)
		unit++;
	if (unit == image->units)
		return 0;
	memcpy(&value, image->bytes + at, len);
	value = number(image, len, value, seed);
	to[0] = (uint8_t)unit;
	to[1] = (uint8_t)(unit >> 8);
	to[2] = (uint8_t)(at % UNIT);
	to[3] = (uint8_t)(at % UNIT >> 8);
	to[4] = (uint8_t)len;
	memcpy(to + HEAD, &value, len);
	return HEAD + len;
}

/* Leaves out one of the changes. */
static size_t drop_change(uint8_t *data, size_t size, unsigned *seed)
{
	size_t at = 2, skip = below(seed, 6), len;

	while (size - at >= HEAD) {
		len = HEAD + data[at + 4] % 32;
		if (len > size - at)
			break;
		if (!skip--) {
			memmove(data + at, data + at + len, size - at - len);
			return size - len;
		}
		at += len;
	}
	return size;
}

size_t images_mutate(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	const struct image *image;
	unsigned what = below(&seed, 10);

	if (room > INPUT_MAX)
		room = INPUT_MAX;
	if (size < 2 || size > room || what == 0)
		return LLVMFuzzerMutate(data, size < room ? size : room, room);
	if (what == 1)
		return drop_change(data, size, &seed);
	if (what == 2) {
		data[below(&seed, 2)] = (uint8_t)below(&seed, 256);
		return size;
	}
	image = &images[data[0] % n_images];
	if (!image->places.count)
		return LLVMFuzzerMutate(data, size, room);
	for (unsigned n = 1 + below(&seed, 3); n && size + HEAD + 8 <= room;
	     n--)
		size += change_place(image, data + size, &seed);
	return size;
}
