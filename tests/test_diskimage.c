/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers to paths of a disk image from a process that says too many of them, or
 * too few: whose they are goes by their order, and nobody is handed one that is
 * not there.
 */
#include "bin/diskimage.h"
#include "disk/inside.h"
#include "suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* What the process says: 'e' for an entry, 'n' for a notice. */
static const char *says;

static const struct disk_entry entry = {
	.what = DISK_ENTRY,
	.path = "a",
	.value = (const uint8_t *)"x",
	.size = 1,
	.mode = S_IFREG,
};
static const struct disk_entry notice = {.what = DISK_NOTICE,
					 .reason = "worth a line"};

/* It stands in for the one of disk/inside.c, which begins a process. */
int inside_run(const struct inside *inside, char why[DISK_WHY_SIZE])
{
	int error = 0;

	snprintf(why, DISK_WHY_SIZE, "it was not believed");
	for (const char *c = says; *c && !error; c++)
		error = inside->entry(inside->ctx,
				      *c == 'n' ? &notice : &entry);
	return error;
}

static const struct row {
	const char *says;
	size_t paths, answers;
	bool good;
} rows[] = {
	{"ee", 2, 2, true},   {"nene", 2, 2, true}, {"eeee", 2, 2, false},
	{"eee", 2, 2, false}, {"e", 2, 1, false},   {"nn", 2, 0, false},
	{"", 1, 0, false},    {"nnn", 0, 0, true},  {"e", 0, 0, false},
	{"een", 2, 2, true},
};

static int count(void *ctx, const struct scan_record *r, uint32_t generation)
{
	size_t *answers = ctx;

	(void)generation;
	ck_assert(r->value && r->size == 1);
	++*answers;
	return 0;
}

/* What it complains of is for people. */
static void silence(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	ck_assert(null >= 0 && dup2(null, STDERR_FILENO) >= 0);
	close(null);
}

START_TEST(answers)
{
	static const char *const path[] = {"a", "b"};
	const struct row *row = &rows[_i];
	const struct scan_input input = {.source = "ext4:i", .location = "i"};
	struct tool tool = {.name = "test"};
	struct disk_image image = {.tool = &tool, .input = &input, .fd = -1};
	size_t answered = 0;
	bool good;

	says = row->says;
	silence();
	good = disk_image_find(&image, path, row->paths, count, &answered);
	ck_assert_int_eq(good, row->good);
	ck_assert_uint_eq(answered, row->answers);
	ck_assert_int_eq(tool.status, good ? TOOL_DONE : TOOL_INCOMPLETE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("disk image");

	suite_add(suite, answers, ROWS(rows));
	return suite_run(suite);
}
