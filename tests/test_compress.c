/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compression: there and back, cut, corrupted, limited, and as the tools do. */
#include "stream/stage.h"
#include "streamed.h"
#include "suite.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CODECS 5
/** READERS - and one more: gzip, read as where ISA-L is not there */
#define READERS (CODECS + 1)

static const struct codec *codec_at(int row)
{
#if defined(HAVE_GZIP) && defined(HAVE_ISAL)
	static struct codec zlib;

	if (row == CODECS) {
		zlib = codecs[0];
		zlib.reader = gzip_reader;
		return &zlib;
	}
#endif
	return &codecs[row];
}

/* The codec of this row; a test returns where it is not built. */
#define CODEC_OR_RETURN(c)                      \
	const struct codec *(c) = codec_at(_i); \
	char why[256];                          \
	if (!(c)->reader)                       \
	return

static bool starts_with(struct bytes all, struct bytes start)
{
	return start.size <= all.size &&
	       memcmp(all.data, start.data, start.size) == 0;
}

/* ----------------------------- there and back ----------------------------- */

static const size_t sizes[] = {0,     1,      511,    512,    65535,  65536,
			       65537, 262143, 262144, 262145, 1000003};

START_TEST(round_trip)
{
	CODEC_OR_RETURN(c);

	for (size_t i = 0; i < ROWS(sizes); i++) {
		struct bytes plain = bytes_some(sizes[i]), back;
		struct bytes packed =
			bytes_compressed(c, c->usual, plain, SIZE_MAX / 2);

		ck_assert_str_eq(codec_find(packed.data, packed.size)->name,
				 c->name);
		ck_assert_int_eq(bytes_decompressed(c, packed, &back, why), 0);
		ck_assert(bytes_equal(plain, back));
		free(plain.data);
		free(packed.data);
		free(back.data);
	}
}
END_TEST

static const size_t pieces[] = {1, 4093, 65536, 300000};

START_TEST(the_same_in_pieces)
{
	CODEC_OR_RETURN(c);
	struct bytes plain = bytes_some(1000003);
	struct bytes whole = bytes_compressed(c, c->usual, plain, SIZE_MAX / 2);

	(void)why;
	for (size_t i = 0; i < ROWS(pieces); i++) {
		struct bytes packed =
			bytes_compressed(c, c->usual, plain, pieces[i]);

		ck_assert_msg(bytes_equal(whole, packed), "%s in %zu", c->name,
			      pieces[i]);
		free(packed.data);
	}
	free(plain.data);
	free(whole.data);
}
END_TEST

/* What xz -9 writes may not be read: it needs 65 MiB. */
START_TEST(levels)
{
	CODEC_OR_RETURN(c);
	struct bytes plain = bytes_some(100000), back;

	for (int level = c->least; level <= c->most; level++) {
		struct bytes packed = bytes_compressed(c, level, plain, 50000);
		int error = bytes_decompressed(c, packed, &back, why);

		if (strcmp(c->name, "xz") == 0 && level == 9) {
			ck_assert_int_eq(error, -EFBIG);
			ck_assert_ptr_nonnull(strstr(why, "65 MiB"));
		} else {
			ck_assert_msg(error == 0, "%s -%d: %s", c->name, level,
				      why);
			ck_assert(bytes_equal(plain, back));
		}
		free(packed.data);
		free(back.data);
	}
	free(plain.data);
}
END_TEST

START_TEST(concatenated)
{
	CODEC_OR_RETURN(c);
	struct bytes a = bytes_some(70000), none = {a.data, 0}, back;
	struct bytes twice = bytes_joined(a, a);
	struct bytes packed = bytes_compressed(c, c->usual, a, 70000);
	struct bytes empty = bytes_compressed(c, c->usual, none, 1);
	struct bytes with_empty = bytes_joined(packed, empty);
	struct bytes all = bytes_joined(with_empty, packed);

	ck_assert_int_eq(bytes_decompressed(c, all, &back, why), 0);
	ck_assert(bytes_equal(twice, back));
	free(a.data);
	free(twice.data);
	free(packed.data);
	free(empty.data);
	free(with_empty.data);
	free(all.data);
	free(back.data);
}
END_TEST

/* ---------------------------- what is broken ------------------------------ */

START_TEST(cut_off)
{
	CODEC_OR_RETURN(c);
	struct bytes a = bytes_some(600), twice = bytes_joined(a, a), back;
	struct bytes packed = bytes_compressed(c, c->usual, a, 600);
	struct bytes all = bytes_joined(packed, packed);

	for (size_t size = 0; size < all.size; size++) {
		struct bytes cut = {all.data, size};
		int error = bytes_decompressed(c, cut, &back, why);

		expect(starts_with(twice, back), "%s at %zu", c->name, size);
		if (size == packed.size)
			expect(error == 0 && bytes_equal(a, back), "%s", why);
		else
			expect(error == -EBADMSG && strstr(why, "cut off"),
			       "%s at %zu: %d %s", c->name, size, error, why);
		free(back.data);
	}
	free(a.data);
	free(twice.data);
	free(packed.data);
	free(all.data);
}
END_TEST

/* Some bits of a header change nothing. */
START_TEST(corrupted)
{
	static const uint8_t masks[] = {0x01, 0x02, 0x10, 0x20, 0x80, 0xff};
	CODEC_OR_RETURN(c);
	struct bytes plain = bytes_some(600), back;
	struct bytes packed = bytes_compressed(c, c->usual, plain, 600);

	for (size_t i = 0; i < packed.size * ROWS(masks); i++) {
		uint8_t mask = masks[i % ROWS(masks)];
		size_t at = i / ROWS(masks);
		int error;

		packed.data[at] ^= mask;
		error = bytes_decompressed(c, packed, &back, why);
		packed.data[at] ^= mask;
		expect(error ? error == -EBADMSG || error == -EFBIG ||
				       error == -ENOTSUP
			     : bytes_equal(plain, back),
		       "%s: byte %zu ^ %02x: %d %s", c->name, at, mask, error,
		       why);
		free(back.data);
	}
	free(plain.data);
	free(packed.data);
}
END_TEST

#define SKIPPABLE "\x53\x2a\x4d\x18\x05\0\0\0hello"

/* @in: where it is allowed */
static const struct {
	struct bytes bytes;
	const char *in;
} tails[] = {
	{{(uint8_t *)"x", 1}, ""},
	{{(uint8_t *)"garbage that is long enough", 27}, ""},
	{{(uint8_t *)"\0", 1}, "gzip"},
	{{(uint8_t *)"\0\0\0\0", 4}, "gzip xz"},
	{{(uint8_t *)"\0\0\0\0x", 5}, ""},
	{{(uint8_t *)SKIPPABLE, 13}, "zstd lz4"},
	{{(uint8_t *)SKIPPABLE SKIPPABLE, 26}, "zstd lz4"},
	{{(uint8_t *)SKIPPABLE, 12}, ""},
};

START_TEST(followed)
{
	CODEC_OR_RETURN(c);
	struct bytes plain = bytes_some(600), back;
	struct bytes packed = bytes_compressed(c, c->usual, plain, 600);

	for (size_t i = 0; i < ROWS(tails); i++) {
		struct bytes all = bytes_joined(packed, tails[i].bytes);
		int error = bytes_decompressed(c, all, &back, why);
		bool allowed = strstr(tails[i].in, c->name) != NULL;

		ck_assert_msg(error == (allowed ? 0 : -EBADMSG),
			      "%s and row %zu: %d %s", c->name, i, error, why);
		ck_assert(bytes_equal(plain, back));
		free(all.data);
		free(back.data);
	}
	free(plain.data);
	free(packed.data);
}
END_TEST

START_TEST(skippable_first)
{
	CODEC_OR_RETURN(c);
	struct bytes plain = bytes_some(600), back;
	struct bytes packed = bytes_compressed(c, c->usual, plain, 600);
	struct bytes first = {(uint8_t *)SKIPPABLE, 13};
	struct bytes all = bytes_joined(first, packed);

	if (strcmp(c->name, "zstd") == 0 || strcmp(c->name, "lz4") == 0) {
		ck_assert_int_eq(bytes_decompressed(c, all, &back, why), 0);
		ck_assert(bytes_equal(plain, back));
		free(back.data);
	}
	ck_assert_str_eq(codec_find(all.data, all.size)->name, "zstd");
	free(plain.data);
	free(packed.data);
	free(all.data);
}
END_TEST

/* -------------------------------- the tools ------------------------------- */

static void with_tool(const struct codec *c, const char *options)
{
	struct bytes plain = bytes_some(600000), back, packed;
	char command[64], why[256];

	snprintf(command, sizeof(command), "%s -q -c %s", c->name, options);
	packed = bytes_tool(command, plain);
	ck_assert_msg(bytes_decompressed(c, packed, &back, why) == 0, "%s: %s",
		      command, why);
	ck_assert(bytes_equal(plain, back));
	free(packed.data);
	free(back.data);
	free(plain.data);
}

static void for_tool(const struct codec *c, int level)
{
	struct bytes plain = bytes_some(600000), back;
	struct bytes packed = bytes_compressed(c, level, plain, 4096);
	char command[64];

	snprintf(command, sizeof(command), "%s -q -t", c->name);
	free(bytes_tool(command, packed).data);
	snprintf(command, sizeof(command), "%s -q -d -c", c->name);
	back = bytes_tool(command, packed);
	ck_assert(bytes_equal(plain, back));
	free(packed.data);
	free(back.data);
	free(plain.data);
}

/* More options of each tool, by the row of its codec. */
static const char *const options[CODECS][4] = {
	{"-1", "-9", "-n"},
	{"-1", "-9"},
	{"-0", "-8", "--check=crc32", "--check=none --block-size=65536"},
	{"-1", "-19", "--no-check", "--ultra -20"},
	{"-9", "-B4 -BD", "-BX --no-frame-crc", "--content-size"},
};

START_TEST(tools)
{
	CODEC_OR_RETURN(c);

	(void)why;
	if (!tool_there(c->name)) {
		suite_skip(c->name, "there is no such tool to compare with");
		return;
	}
	with_tool(c, "");
	for (size_t i = 0; i < ROWS(options[0]); i++)
		if (options[_i % CODECS][i])
			with_tool(c, options[_i % CODECS][i]);
	for_tool(c, c->least);
	for_tool(c, c->usual);
	for_tool(c, c->most);
}
END_TEST

/* --------------------------------- limits --------------------------------- */

static const struct {
	uint64_t limit;
	size_t size;
	bool beyond;
} limits[] = {
	{0, 0, false},
	{0, 1, true},
	{1, 1, false},
	{1, 2, true},
	{99999, 100000, true},
	{100000, 100000, false},
	{100001, 100000, false},
	{262143, 262144, true},
	{262144, 262144, false},
	{262144, 262145, true},
	{UINT64_MAX, 262145, false},
};

START_TEST(limited)
{
	CODEC_OR_RETURN(c);

	(void)why;
	for (size_t i = 0; i < ROWS(limits); i++) {
		struct bytes plain = bytes_some(limits[i].size), back;
		struct bytes packed =
			bytes_compressed(c, c->least, plain, 1 << 20);
		int fd = bytes_file(packed.data, packed.size);
		const struct codec *found;
		struct in *file, *in;

		ck_assert_int_eq(in_fd(&file, fd, 0, UINT64_MAX), 0);
		ck_assert_int_eq(
			in_decompressed(&in, file, limits[i].limit, &found), 0);
		ck_assert_ptr_eq(found, c);
		ck_assert_int_eq(in_all(in, &back),
				 limits[i].beyond ? -EFBIG : 0);
		ck_assert_uint_eq(back.size, limits[i].beyond ? limits[i].limit
							      : plain.size);
		ck_assert(!limits[i].beyond ||
			  strstr(in_why(in), "--max-size"));
		ck_assert(starts_with(plain, back));
		in_close(in);
		in_close(file);
		close(fd);
		free(plain.data);
		free(packed.data);
		free(back.data);
	}
}
END_TEST

static long resident(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* A lot of zero bytes into a pipe, until nobody reads it any more. */
static int bomb(const struct codec *c)
{
	static const uint8_t zeros[1 << 20];
	struct out *file, *out;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	fflush(NULL);
	if (fork() != 0) {
		close(fds[1]);
		return fds[0];
	}
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	out_fd(&file, fds[1]);
	c->writer(&out, file, c->least);
	for (int i = 0; i < 256; i++)
		if (out_write(out, zeros, sizeof(zeros)))
			break;
	if (out_finish(out) == 0)
		out_finish(file);
	_exit(0);
}

#define BOMB_LIMIT (UINT64_C(16) << 20)

START_TEST(bombs)
{
	CODEC_OR_RETURN(c);
	int fd = bomb(c);
	long before = resident();
	const struct codec *found;
	struct in *file, *in;
	uint64_t size = 0;
	const uint8_t *data;
	ssize_t n;

	(void)why;
	ck_assert_int_eq(in_fd(&file, fd, 0, UINT64_MAX), 0);
	ck_assert_int_eq(in_decompressed(&in, file, BOMB_LIMIT, &found), 0);
	while ((n = in_peek(in, 1, &data)) > 0) {
		size += (uint64_t)n;
		in_consume(in, (size_t)n);
	}
	ck_assert_int_eq(n, -EFBIG);
	ck_assert_uint_eq(size, BOMB_LIMIT);
	ck_assert_int_lt(resident() - before, 32 * 1024);
	in_close(in);
	in_close(file);
	close(fd);
}
END_TEST

/* A zstd frame without content: @flags and what follows them up to its block. */
static const struct {
	const char *head;
	size_t size;
	int error;
	const char *needs;
} windows[] = {
	{"\x28\xb5\x2f\xfd\x00\x78\x01\0\0", 9, 0, ""}, /* 32 MiB */
	{"\x28\xb5\x2f\xfd\x00\x7b\x01\0\0", 9, 0, ""},
	{"\x28\xb5\x2f\xfd\x00\x7c\x01\0\0", 9, -EFBIG, "49 MiB"},
	{"\x28\xb5\x2f\xfd\x00\x80\x01\0\0", 9, -EFBIG, "65 MiB"},
	{"\x28\xb5\x2f\xfd\x00\xff\x01\0\0", 9, -EFBIG, "3932161 MiB"},
	{"\x28\xb5\x2f\xfd\x20\x00\x01\0\0", 9, 0, ""},
	{"\x28\xb5\x2f\xfd\xe0\0\0\0\xff\0\0\0\0\x01\0\0", 16, -EFBIG, "MiB"},
	{"\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\xff\x01\0\0", 16,
	 -EFBIG, "MiB"},
	{"\x28\xb5\x2f\xfd\xe3\1\2\3\4\0\0\0\xff\0\0\0\0\x01\0\0", 20, -EFBIG,
	 "MiB"},
};

START_TEST(zstd_windows)
{
	struct bytes head = {(uint8_t *)windows[_i].head, windows[_i].size};
	const struct codec *c = codec_named("zstd");
	struct bytes back;
	char why[256];

	if (!c->reader)
		return;
	ck_assert_msg(bytes_decompressed(c, head, &back, why) ==
			      windows[_i].error,
		      "%s", why);
	ck_assert_msg(strstr(why, windows[_i].needs) != NULL, "%s", why);
	free(back.data);
}
END_TEST

/* Flags that no version of the format has. */
START_TEST(gzip_flags)
{
	const struct codec *c = codec_named("gzip");
	struct bytes plain = bytes_some(600), back;
	struct bytes packed;
	char why[256];

	if (!c->reader)
		return;
	packed = bytes_compressed(c, c->usual, plain, 300);
	for (int bit = 5; bit < 8; bit++) {
		packed.data[3] ^= (uint8_t)(1 << bit);
		ck_assert_int_eq(bytes_decompressed(c, packed, &back, why),
				 -EBADMSG);
		packed.data[3] ^= (uint8_t)(1 << bit);
		ck_assert_msg(strstr(why, "unknown header flags") != NULL, "%s",
			      why);
		free(back.data);
	}
	free(plain.data);
	free(packed.data);
}
END_TEST

/* The bound is one for all stages that stand on each other. */
START_TEST(nested_memory)
{
	const struct codec *zstd = codec_named("zstd"), *xz = codec_named("xz");
	struct bytes head = {(uint8_t *)windows[0].head, windows[0].size};
	struct bytes packed, back;
	struct in *file, *outer, *inner;
	int fd;

	if (!zstd->reader || !xz->reader)
		return;
	packed = bytes_compressed(xz, 8, head, 100);
	fd = bytes_file(packed.data, packed.size);
	ck_assert_int_eq(in_fd(&file, fd, 0, UINT64_MAX), 0);
	ck_assert_int_eq(xz->reader(&outer, file), 0);
	ck_assert_int_eq(zstd->reader(&inner, outer), 0);
	ck_assert_int_eq(in_all(inner, &back), -EFBIG);
	in_close(inner);
	in_close(outer);
	in_close(file);
	close(fd);
	free(packed.data);
	free(back.data);
}
END_TEST

/* --------------------------------- finding -------------------------------- */

static const struct {
	const char *head;
	size_t size;
	const char *name;
} heads[] = {
	{"", 0, NULL},
	{"\x1f", 1, NULL},
	{"\x1f\x8b", 2, "gzip"},
	{"\x1f\x9d\x90", 3, NULL},
	{"BZh91AY&SY", 10, "bzip2"},
	{"BZh1\x17\x72\x45\x38\x50\x90", 10, "bzip2"},
	{"BZh91AY&S", 9, NULL},
	{"BZh01AY&SY", 10, NULL},
	{"BZhang/photo.jpg", 16, NULL},
	{"\xfd"
	 "7zXZ\0",
	 6, "xz"},
	{"\xfd"
	 "7zXZ",
	 5, NULL},
	{"\x28\xb5\x2f\xfd", 4, "zstd"},
	{"\x28\xb5\x2f\xfc", 4, NULL},
	{"\x5f\x2a\x4d\x18", 4, "zstd"},
	{"\x60\x2a\x4d\x18", 4, NULL},
	{"\x04\x22\x4d\x18", 4, "lz4"},
	{"\x02\x21\x4c\x18", 4, NULL},
};

START_TEST(found)
{
	const struct codec *c =
		codec_find((const uint8_t *)heads[_i].head, heads[_i].size);

	if (heads[_i].name)
		ck_assert_str_eq(c->name, heads[_i].name);
	ck_assert_ptr_eq(c,
			 heads[_i].name ? codec_named(heads[_i].name) : NULL);
}
END_TEST

START_TEST(table)
{
	const struct codec *c = &codecs[_i];

	ck_assert_ptr_eq(codec_named(c->name), c);
	ck_assert(!c->reader == !c->writer);
	ck_assert_int_le(c->least, c->usual);
	ck_assert_int_le(c->usual, c->most);
	ck_assert_ptr_null(codec_named("rot13"));
	ck_assert_ptr_null(codecs[CODECS].name);
}
END_TEST

/* What this build lacks is told from what is not compressed. */
START_TEST(lacking)
{
	const struct codec *c = &codecs[_i], *which;
	uint8_t head[16] = "BZh91AY&SY";
	struct in *file, *in;
	int fd;

	memcpy(head, c->magic, c->magic_size);
	fd = bytes_file(head, sizeof(head));
	ck_assert_int_eq(in_fd(&file, fd, 0, UINT64_MAX), 0);
	ck_assert_int_eq(in_decompressed(&in, file, 100, &which),
			 c->reader ? 0 : -ENOTSUP);
	ck_assert_ptr_eq(which, c);
	ck_assert(!in == !c->reader);
	in_close(in);
	in_close(file);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compress");

	for (const struct codec *c = codecs; c->name; c++)
		if (!c->reader)
			suite_skip(c->name, "this build lacks it");
	suite_add(suite, round_trip, READERS);
	suite_add(suite, the_same_in_pieces, CODECS);
	suite_add(suite, levels, CODECS);
	suite_add(suite, concatenated, READERS);
	suite_add(suite, cut_off, READERS);
	suite_add(suite, corrupted, READERS);
	suite_add(suite, followed, READERS);
	suite_add(suite, skippable_first, CODECS);
	suite_add(suite, tools, READERS);
	suite_add(suite, limited, CODECS);
	suite_add(suite, bombs, CODECS);
	suite_add(suite, zstd_windows, ROWS(windows));
	suite_add(suite, gzip_flags, 1);
	suite_add(suite, nested_memory, 1);
	suite_add(suite, found, ROWS(heads));
	suite_add(suite, table, CODECS);
	suite_add(suite, lacking, CODECS);
	return suite_run(suite);
}
