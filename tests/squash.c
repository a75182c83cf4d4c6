/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images of squashfs by all makers there are, what is in them, and their bytes. */
#include "squash.h"
#include "scratch.h"
#include "suite.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NG "tar2sqfs -q "
/* It wants the image among its options. */
#define MK(options)                                                            \
	"make() { mksquashfs - $1 -tar -quiet -no-progress -noappend " options \
	"; }; make "

const struct squash_maker squash_makers[] = {
	{SQUASH_STAR, false},
	{SQUASH_STAR "-comp lz4", false},
	{SQUASH_STAR "-comp lz4 -Xhc", false},
	{SQUASH_STAR "-comp xz", false},
	{SQUASH_STAR "-comp zstd", false},
	{SQUASH_STAR "-comp lzma", true},
	{SQUASH_STAR "-comp lzo -noI -noX", false},
	{SQUASH_PLAIN, false},
	{SQUASH_STAR "-noX", false},
	{SQUASH_STAR "-noI", false},
	{SQUASH_STAR "-noId -noD", false},
	{SQUASH_STAR "-no-fragments", false},
	{SQUASH_STAR "-no-tailends", false},
	{SQUASH_STAR "-b 4096 -no-duplicates", false},
	{SQUASH_STAR "-b 1M", false},
	{SQUASH_STAR "-exports", false},
	{SQUASH_STAR "-nopad", true},
	{MK("-comp xz -Xbcj x86 -Xdict-size 8K -b 16K"), false},
	{MK("-comp gzip -Xwindow-size 8 -Xstrategy huffman_only"), false},
	{MK("-no-exports"), false},
	{NG "-c gzip", false},
	{NG "-c lz4", false},
	{NG "-c xz", false},
	{NG "-c zstd", false},
	{NG "-c lzma", true},
	{NG "-b 4096 -T", false},
	{NG "-b 1M -e", false},
};

const size_t squash_maker_count = ROWS(squash_makers);

/* ---------------------------------- making -------------------------------- */

static char sources[PATH_MAX];

static const char *missing(void)
{
	static const char *const tools[] = {"sqfstar", "mksquashfs", "tar2sqfs",
					    "python3"};

	for (size_t i = 0; i < ROWS(tools); i++) {
		char command[80];

		snprintf(command, sizeof(command),
			 "command -v %s >/dev/null 2>&1", tools[i]);
		if (system(command) != 0)
			return tools[i];
	}
	return realpath("tests", sources) ? NULL : "the source directory";
}

bool squash_skips(const char *suite)
{
	const char *what = missing();
	char reason[80];

	if (!what)
		return false;
	snprintf(reason, sizeof(reason), "%s is not there", what);
	suite_skip(suite, reason);
	return true;
}

int squash_run(const char *name, void (*add)(Suite *suite))
{
	Suite *suite = suite_create(name);
	int status;

	if (squash_skips(name))
		return suite_run(suite);
	scratch_enter();
	add(suite);
	status = suite_run(suite);
	scratch_remove();
	return status;
}

void squash_archive(const char *name)
{
	shell("[ -e program ] || head -c 5000 /dev/zero | tr '\\0' x >program\n"
	      "[ -e %s.tar ] || python3 %s/maketar.py "
	      "%s/fixtures/squashfs/%s.recipe >%s.tar",
	      name, sources, sources, name, name);
}

void squash_make(const char *command, const char *name)
{
	squash_archive(name);
	shell("rm -f " SQUASH_IMAGE "; %s " SQUASH_IMAGE " <%s.tar", command,
	      name);
}

/* ---------------------------------- reading ------------------------------- */

#define A "\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define B "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0"

static char large[3000];

const struct squash_thing squash_things[] = {
	{"usr/bin", 040755, 0, 0, 2, A, 20},
	{"usr/bin/v1", 0100755, 0, 0, 1, "\1\0\0\1\0\40\0\0\0\0\0", 12},
	{"usr/bin/v2", 0104755, 70000, 80000, 3, A, 20},
	{"usr/bin/second", 0104755, 70000, 80000, 3, A, 20},
	{"third", 0104755, 70000, 80000, 3, A, 20},
	{"usr/bin/v3", 0100755, 0, 0, 1,
	 "\1\0\0\3\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xe8\3\0", 24},
	{"usr/bin/zero", 0100755, 0, 0, 1,
	 "\1\0\0\3\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24},
	{"usr/bin/nobody", 0100755, 0, 0, 1,
	 "\1\0\0\3\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff", 24},
	{"usr/bin/flags", 0100755, 0, 0, 1,
	 "\3\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0", 20},
	{"usr/bin/revision0", 0100755, 0, 0, 1,
	 "\0\0\0\0\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0", 20},
	{"usr/bin/short", 0100755, 0, 0, 1, "\1\0\0\2", 4},
	{"usr/bin/long", 0100755, 0, 0, 1, large, 25},
	{"usr/bin/nothing", 0100755, 0, 0, 1, "", 0},
	{"usr/link", 0120777, 0, 0, 1, A, 20},
	{"usr/char", 020644, 0, 0, 1, A, 20},
	{"usr/block", 060644, 0, 0, 1, A, 20},
	{"usr/fifo", 010644, 0, 0, 1, A, 20},
	{"usr/first", 0100644, 0, 0, 1, B, 20},
	{"usr/second", 0100644, 0, 0, 1, B, 20},
	{"usr/large", 0100644, 0, 0, 1, large, 3000},
	{"usr/larger", 0100644, 0, 0, 1, large, 3000},
};

const size_t squash_thing_count = ROWS(squash_things);

const struct disk_list *squash_scan(bool all, bool orphans)
{
	struct disk_options options = {.all = all, .orphans = orphans};
	struct disk disk = disk_list_open(SQUASH_IMAGE);
	struct disk_list *l = disk_list_begin();

	l->ended = squashfs_scan(&disk, &options, disk_list_take, NULL);
	close(disk.fd);
	ck_assert_int_eq(l->ended, 0);
	return l;
}

const struct disk_entry *squash_entry(const struct disk_list *l,
				      const char *path)
{
	const struct disk_entry *e = NULL;

	for (size_t i = 0; i < l->count; i++) {
		if (l->entry[i].what != DISK_ENTRY || !l->entry[i].path ||
		    strcmp(l->entry[i].path, path) != 0)
			continue;
		expect(!e, "%s: it is there twice", path);
		e = &l->entry[i];
	}
	return e;
}

void squash_same(const struct disk_list *list, const struct squash_thing *t)
{
	const struct disk_entry *e = squash_entry(list, t->path);

	memset(large, 'v', sizeof(large));
	expect(e, "%s: not there", t->path);
	expect(e->error == 0, "%s: %d %s", t->path, e->error, e->reason);
	expect(e->size == t->size, "%s: %zu bytes", t->path, e->size);
	expect(memcmp(e->value, t->value, t->size) == 0, "%s: the value",
	       t->path);
	/* Not all makers know how many subdirectories there are. */
	expect(e->mode == t->mode && e->uid == t->uid && e->gid == t->gid &&
		       (e->links == t->links || t->links == 2),
	       "%s: %o %u %u %u", t->path, e->mode, e->uid, e->gid, e->links);
	expect(e->inode && !e->deleted && !e->generation, "%s", t->path);
}

size_t squash_found(const struct disk_list *l, const char *below)
{
	size_t n = 0;

	for (size_t i = 0; i < squash_thing_count; i++) {
		const struct squash_thing *t = &squash_things[i];
		const struct disk_entry *e = squash_entry(l, t->path);

		if (strncmp(t->path, below, strlen(below)) == 0 && e &&
		    !e->error)
			n++;
	}
	return n;
}

/* ----------------------------- bytes of a plain one ----------------------- */

#define BYTES_MAX (1 << 18)

static size_t read_image(uint8_t *bytes)
{
	int fd = open(SQUASH_IMAGE, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, BYTES_MAX);

	close(fd);
	expect(n > SUPER_SIZE && n < BYTES_MAX, "%zd bytes", n);
	return (size_t)n;
}

static uint64_t number_in(const uint8_t *bytes, size_t size)
{
	uint64_t n = 0;

	while (size--)
		n = n << 8 | bytes[size];
	return n;
}

uint64_t squash_number(uint64_t at, size_t size)
{
	static uint8_t bytes[BYTES_MAX];

	expect(at + size <= read_image(bytes), "behind the end");
	return number_in(bytes + at, size);
}

void squash_fill(uint64_t at, uint64_t number, uint32_t times)
{
	FILE *f = fopen(SQUASH_IMAGE, "r+e");

	expect(f && fseek(f, (long)at, SEEK_SET) == 0, "image");
	while (times--)
		for (unsigned i = 0; i < 64; i += 8)
			putc((int)(number >> i & 0xff), f);
	expect(fclose(f) == 0, "image");
}

/* All is in the first block of each table. */
struct squash_place squash_place(const char *name)
{
	static uint8_t bytes[BYTES_MAX];
	size_t size = read_image(bytes), length = strlen(name);
	uint64_t at = number_in(bytes + SUPER_DIRECTORIES, 8) + 2;
	struct squash_place place = {0};

	while (at < size) {
		uint64_t count = number_in(bytes + at, 4) + 1;

		place.run = at;
		at += 12;
		while (count--) {
			size_t n = number_in(bytes + at + 6, 2) + 1;

			place.entry = at;
			place.inode = number_in(bytes + SUPER_INODES, 8) + 2 +
				      number_in(bytes + at, 2);
			if (n == length && !memcmp(bytes + at + 8, name, n))
				return place;
			at += 8 + n;
		}
	}
	ck_abort_msg("%s: there is no such name", name);
	return place;
}
