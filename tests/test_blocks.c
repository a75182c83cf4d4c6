/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks changed in place by way of a journal: journals that are cut off, of
 * something else, or somebody else's; images that are not what a journal says.
 */
#include "suite.h"

#include "change/blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 8192 };

static char scratch[PATH_MAX];
static uint8_t before[SIZE], after[SIZE];
static char why[JOURNAL_WHY_SIZE];
static const struct closed_how how; /* by a closed process */

/* ---------------------------------- files -------------------------------- */

static void write_file(const char *name, const void *bytes, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

static size_t read_file(const char *name, void *bytes, size_t room)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, room);

	ck_assert_int_ge(n, 0);
	close(fd);
	return (size_t)n;
}

static void image_is(const uint8_t *bytes)
{
	static uint8_t now[SIZE];

	ck_assert_uint_eq(read_file("image", now, SIZE), SIZE);
	ck_assert(memcmp(now, bytes, SIZE) == 0);
}

/* ------------------------------- one journal ----------------------------- */

/* Three blocks of several sizes; the last ends with the image. */
static const struct {
	size_t at, size;
} blocks[] = {{0, 1024}, {2048, 700}, {SIZE - 1024, 1024}};

static struct blocks_journal journal_of(const char *path)
{
	struct blocks_journal j = {.size = SIZE};

	j.path = strdup(path);
	j.parameters = strdup("param\tto\t2\nparam\tinput\todd\\012name\n");
	for (size_t i = 0; i < ROWS(blocks); i++)
		ck_assert_int_eq(block_list_add(&j.list, blocks[i].at,
						before + blocks[i].at,
						after + blocks[i].at,
						blocks[i].size),
				 0);
	return j;
}

static void write_journal(void)
{
	struct blocks_journal j = journal_of("/an\todd/image");

	ck_assert_msg(blocks_write(&j, "journal", why) == 0, "%s", why);
	blocks_free(&j);
}

static void begin(void)
{
	ck_assert_int_eq(system("rm -rf ./*"), 0);
	for (size_t i = 0; i < SIZE; i++)
		before[i] = after[i] = (uint8_t)(i / 256 + i);
	for (size_t i = 0; i < ROWS(blocks); i++)
		for (size_t k = 0; k < blocks[i].size; k += 3)
			after[blocks[i].at + k] ^= 0x55;
	write_file("image", before, SIZE);
	write_journal();
}

/* blocks_load() of a journal that is to be good. */
static struct blocks_journal load(enum blocks_state state)
{
	struct blocks_journal j;
	int error = blocks_load(&j, "journal", &how, why);

	ck_assert_msg(error == 0, "%s", why);
	ck_assert_int_eq(j.state, state);
	return j;
}

static int apply(bool undo)
{
	int fd = open("image", O_RDWR | O_CLOEXEC), error;
	struct blocks_journal j;

	ck_assert_int_eq(blocks_load(&j, "journal", &how, why), 0);
	error = blocks_apply(&j, fd, undo, "journal", why);
	blocks_free(&j);
	close(fd);
	return error;
}

/* ---------------------------------- tests -------------------------------- */

START_TEST(test_there_and_back)
{
	struct blocks_journal j;

	begin();
	j = load(BLOCKS_BEGUN);
	ck_assert_str_eq(j.path, "/an\todd/image");
	ck_assert_str_eq(j.parameters,
			 "param\tto\t2\nparam\tinput\todd\\012name\n");
	ck_assert_uint_eq(j.size, SIZE);
	ck_assert_uint_eq(j.list.count, ROWS(blocks));
	for (size_t i = 0; i < ROWS(blocks); i++) {
		const struct block *b = &j.list.block[i];

		ck_assert_uint_eq(b->at, blocks[i].at);
		ck_assert_uint_eq(b->size, blocks[i].size);
		ck_assert(!memcmp(b->old, before + b->at, b->size));
		ck_assert(!memcmp(b->new, after + b->at, b->size));
	}
	blocks_free(&j);
	ck_assert_int_eq(apply(false), 0);
	image_is(after);
	j = load(BLOCKS_DONE);
	blocks_free(&j);
	ck_assert_int_eq(apply(true), 0);
	image_is(before);
	j = load(BLOCKS_UNDONE);
	blocks_free(&j);
	ck_assert_int_eq(apply(false), 0);
	image_is(after);
	j = load(BLOCKS_DONE);
	blocks_free(&j);
}
END_TEST

/* Cut off anywhere it is a journal of a run that did not get further. Written
 * anew or gone on with, it becomes whole, which takes its time. */
START_TEST(test_cut)
{
	static char bytes[65536];
	/* An odd number, so that it is no part of a line's or block's. */
	const size_t step = suite_part() > 1 ? suite_part() | 1 : 1;
	size_t size, end;

	begin();
	end = read_file("journal", bytes, sizeof(bytes));
	ck_assert_int_eq(apply(false), 0);
	size = read_file("journal", bytes, sizeof(bytes));
	ck_assert_uint_eq(size, end + strlen("done\n"));
	for (size_t cut = 0; cut <= size; cut++) {
		struct blocks_journal j;

		if (cut % step && cut > 128 && cut + 64 < size)
			continue;
		write_file("journal", bytes, cut);
		j = load(cut < end    ? BLOCKS_WRITTEN
			 : cut < size ? BLOCKS_BEGUN
				      : BLOCKS_DONE);
		blocks_free(&j);
		if (cut < end - 1 && cut % 331)
			continue;
		if (cut < end)
			write_journal();
		ck_assert_int_eq(apply(true), 0);
		image_is(before);
		j = load(BLOCKS_UNDONE);
		blocks_free(&j);
		ck_assert_int_eq(apply(false), 0);
		image_is(after);
	}
}
END_TEST

/* What is none of ours, whole or not, is left as it is. */
static const char *const foreign[] = {
	"precious\n",
	"precious, without an end",
	"\n",
	"# vfscap image journal 2\n",
	"# vfscap image journal 10",
	"# vfscap journal 1\n",
	"# vfscap image journal 1",
	BLOCKS_MAGIC "image\t/i\n",
	BLOCKS_MAGIC "image\ti\t8192\n",
	BLOCKS_MAGIC "image\t/i\\000j\t8192\n",
	BLOCKS_MAGIC "image\t/i\t8192\nimage\t/i\t8192\n",
	BLOCKS_MAGIC "image\t/i\t-1\n",
	BLOCKS_MAGIC "image\t/i\t18446744073709551616\n",
	BLOCKS_MAGIC "block\t0\t1\t00\t01\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t0\t1\t00\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t0\t1\t00\t0\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t0\t1\t00\t0g\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t0\t1\t00\t01\t02\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t0\t0\t\t\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t8192\t1\t00\t01\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t8191\t2\t0000\t0101\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t18446744073709551615\t2\t0000\t"
		     "0101\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t0\t18446744073709551615\t00\t01"
		     "\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t0\t9223372036854775809\t00\t01\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t1\t1\t00\t01\n"
		     "block\t1\t1\t00\t01\n",
	BLOCKS_MAGIC "image\t/i\t8192\nblock\t1\t1\t00\t01\n"
		     "block\t0\t1\t00\t01\n",
	BLOCKS_MAGIC "image\t/i\t8192\nend\t1\n",
	BLOCKS_MAGIC "image\t/i\t8192\nend\t\n",
	BLOCKS_MAGIC "end\t0\n",
	BLOCKS_MAGIC "image\t/i\t8192\ndone\n",
	BLOCKS_MAGIC "image\t/i\t8192\nend\t0\ndoundone\n",
	BLOCKS_MAGIC "image\t/i\t8192\nend\t0\nblock\t0\t1\t00\t01\n",
	BLOCKS_MAGIC "image\t/i\t8192\nother\n",
};

/* The one of them that a run can have begun. */
#define BEGUN "# vfscap image journal 1"

START_TEST(test_foreign)
{
	const char *text = foreign[_i];
	struct blocks_journal j;
	char is[300];
	size_t size;

	begin();
	write_file("journal", text, strlen(text));
	ck_assert_int_eq(blocks_load(&j, "journal", &how, why),
			 strcmp(text, BEGUN) == 0 ? 0 : -1);
	if (strcmp(text, BEGUN) == 0)
		blocks_free(&j);
	else
		ck_assert_ptr_nonnull(strstr(why, "is none of a journal"));
	size = read_file("journal", is, sizeof(is));
	ck_assert(size == strlen(text) && memcmp(is, text, size) == 0);
	image_is(before);
}
END_TEST

START_TEST(test_nul)
{
	static const char text[] = BLOCKS_MAGIC "image\t/i\0j\t8192\n";
	struct blocks_journal j;

	begin();
	write_file("journal", text, sizeof(text) - 1);
	ck_assert_int_eq(blocks_load(&j, "journal", &how, why), -1);
}
END_TEST

/* Bytes of the image that change after the journal was written, and whether it
 * is still the image that both ways lead from. */
static const struct spoil {
	const char *name;
	size_t at, size;
	enum { OTHER, NEW } what;
	bool good;
} spoils[] = {
	{"nothing", 0, 0, OTHER, true},
	{"beside the blocks", 1024, 1024, OTHER, true},
	{"a byte at the beginning", 0, 1, OTHER, false},
	{"a byte at the end", SIZE - 1, 1, OTHER, false},
	{"the last of an odd size", 2048 + 699, 1, OTHER, false},
	{"behind an odd size", 2048 + 700, 1, OTHER, true},
	{"a block that is new", 0, 1024, NEW, true},
	{"a sector that is new", 512, 512, NEW, true},
	{"the short sector of an odd size", 2048 + 512, 188, NEW, true},
	{"half a sector that is new", 0, 256, NEW, false},
};

START_TEST(test_spoiled)
{
	const struct spoil *s = &spoils[_i];

	for (int undo = 0; undo < 2; undo++) {
		static uint8_t is[SIZE], want[SIZE];

		begin();
		memcpy(is, before, SIZE);
		memcpy(want, undo ? before : after, SIZE);
		for (size_t i = s->at; i < s->at + s->size; i++)
			is[i] = s->what == NEW ? after[i]
					       : (uint8_t)(after[i] ^ 0x2a);
		for (size_t i = s->at; s->good && i < s->at + s->size; i++)
			want[i] = s->what == NEW ? want[i] : is[i];
		write_file("image", is, SIZE);
		ck_assert_msg(apply(undo) == (s->good ? 0 : -1), "%s: %s",
			      s->name, why);
		image_is(s->good ? want : is);
		if (!s->good)
			ck_assert_ptr_nonnull(strstr(why, "written to since"));
	}
}
END_TEST

/* An image that lost its end. */
START_TEST(test_shorter)
{
	begin();
	ck_assert_int_eq(truncate("image", SIZE - 1), 0);
	ck_assert_int_eq(apply(false), -1);
	ck_assert_int_eq(truncate("image", SIZE), 0);
}
END_TEST

/* --------------------------------- whose --------------------------------- */

/* What stands where the journal should, and a word of why it is refused. */
static const struct place {
	const char *make, *says;
	bool root;
} places[] = {
	{"ln -s journal.old journal", "symbolic link", false},
	{"ln -s absent journal", "symbolic link", false},
	{"mkfifo journal", "regular file", false},
	{"mkdir journal", "", false},
	{"ln -s /dev/null journal", "symbolic link", false},
	{"cp journal.old journal; chmod g+w journal", "belong", false},
	{"cp journal.old journal; chmod o+w journal", "belong", false},
	{"cp journal.old journal; chown 12345 journal", "belong", true},
};

START_TEST(test_place)
{
	const struct place *p = &places[_i];
	struct blocks_journal j = {0};
	char was[65536], is[65536];
	size_t size;

	if (p->root && geteuid() != 0) {
		suite_skip("a journal of another user", "it takes root");
		return;
	}
	begin();
	ck_assert_int_eq(rename("journal", "journal.old"), 0);
	size = read_file("journal.old", was, sizeof(was));
	ck_assert_int_eq(system(p->make), 0);
	ck_assert_int_eq(blocks_load(&j, "journal", &how, why), -1);
	ck_assert_msg(strstr(why, p->says) && *why, "%s: %s", p->make, why);
	/* Nor is it written. */
	j = journal_of("/image");
	ck_assert_int_eq(blocks_write(&j, "journal", why), -1);
	blocks_free(&j);
	ck_assert_uint_eq(read_file("journal.old", is, sizeof(is)), size);
	ck_assert(memcmp(is, was, size) == 0);
	ck_assert_int_ne(access("absent", F_OK), 0);
}
END_TEST

START_TEST(test_absent)
{
	struct blocks_journal j;
	int fd;

	begin();
	ck_assert_int_eq(unlink("journal"), 0);
	ck_assert_int_eq(blocks_load(&j, "journal", &how, why), 1);
	fd = open("image", O_RDONLY | O_CLOEXEC);
	ck_assert(!blocks_is(fd));
	close(fd);
	write_journal();
	fd = open("journal", O_RDONLY | O_CLOEXEC);
	ck_assert(blocks_is(fd));
	close(fd);
}
END_TEST

START_TEST(test_list)
{
	struct block_list l = {0};
	uint8_t byte[2] = {1, 2};

	ck_assert_int_eq(block_list_add(&l, 10, byte, byte + 1, 1), 0);
	ck_assert_int_eq(block_list_add(&l, 10, byte, byte + 1, 1), -EINVAL);
	ck_assert_int_eq(block_list_add(&l, 9, byte, byte + 1, 1), -EINVAL);
	ck_assert_int_eq(block_list_add(&l, 11, byte, byte + 1, 0), -EINVAL);
	ck_assert_int_eq(block_list_add(&l, 11, byte, byte + 1, 1), 0);
	ck_assert_uint_eq(l.count, 2);
	block_list_free(&l);
	ck_assert_uint_eq(l.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("blocks");
	const char *tmp = getenv("TMPDIR");
	char command[sizeof(scratch) + 20];
	int status;

	snprintf(scratch, sizeof(scratch), "%s/vfscap.XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(scratch) || chdir(scratch) != 0) {
		perror(scratch);
		return EXIT_FAILURE;
	}
	suite_add(suite, test_there_and_back, 1);
	suite_add(suite, test_cut, 1);
	suite_add(suite, test_foreign, ROWS(foreign));
	suite_add(suite, test_nul, 1);
	suite_add(suite, test_spoiled, ROWS(spoils));
	suite_add(suite, test_shorter, 1);
	suite_add(suite, test_place, ROWS(places));
	suite_add(suite, test_absent, 1);
	suite_add(suite, test_list, 1);
	status = suite_run(suite);
	snprintf(command, sizeof(command), "rm -rf '%s'", scratch);
	return chdir("/") || system(command) ? EXIT_FAILURE : status;
}
