/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources, sinks, digests, files without a name. */
#include "streamed.h"
#include "suite.h"
#include "values.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* ------------------------------ all are alike ----------------------------- */

#define BEFORE 1000 /* bytes before a part */
#define AFTER 333   /* and behind it */
#define STACK 4

/* The way to read the same bytes; stage[0] is the lowest. */
struct way {
	struct in *stage[STACK];
	size_t stages;
	int fd;
	struct bytes kept;
};

static struct in *top(struct way *w)
{
	return w->stage[w->stages - 1];
}

static void on_fd(struct way *w, int fd, uint64_t offset, uint64_t size)
{
	w->fd = fd;
	w->stages = 1;
	ck_assert_int_eq(in_fd(&w->stage[0], fd, offset, size), 0);
}

/* With something before it and behind it. */
static struct bytes amid(struct bytes b)
{
	struct bytes some = bytes_some(BEFORE), tail = {some.data, AFTER};
	struct bytes front = bytes_joined(some, b);
	struct bytes all = bytes_joined(front, tail);

	free(some.data);
	free(front.data);
	return all;
}

static void by_file(struct way *w, struct bytes b)
{
	on_fd(w, bytes_file(b.data, b.size), 0, UINT64_MAX);
}

static void by_pipe(struct way *w, struct bytes b)
{
	on_fd(w, bytes_pipe(b.data, b.size), 12345, UINT64_MAX);
}

static void by_range(struct way *w, struct bytes b)
{
	w->kept = amid(b);
	on_fd(w, bytes_file(w->kept.data, w->kept.size), BEFORE, b.size);
}

static void by_pipe_range(struct way *w, struct bytes b)
{
	struct bytes more = amid(b);

	w->kept = more;
	on_fd(w, bytes_pipe(more.data + BEFORE, more.size - BEFORE), 0, b.size);
}

static void part_of_all(struct way *w, struct bytes b)
{
	ck_assert_int_eq(in_skip(top(w), BEFORE), 0);
	ck_assert_int_eq(in_part(&w->stage[w->stages], top(w), b.size), 0);
	w->stages++;
}

static void by_part(struct way *w, struct bytes b)
{
	w->kept = amid(b);
	by_file(w, w->kept);
	part_of_all(w, b);
}

static void by_pipe_part(struct way *w, struct bytes b)
{
	w->kept = amid(b);
	by_pipe(w, w->kept);
	part_of_all(w, b);
}

static void by_part_of_part(struct way *w, struct bytes b)
{
	by_part(w, b);
	ck_assert_int_eq(in_part(&w->stage[w->stages], top(w), b.size), 0);
	w->stages++;
}

static void by_digest(struct way *w, struct bytes b)
{
	by_part(w, b);
	ck_assert_int_eq(in_digested(&w->stage[w->stages], top(w), "sha256"),
			 0);
	w->stages++;
}

static void by_gzip(struct way *w, struct bytes b)
{
	const struct codec *c = codec_named("gzip");

	if (!c->reader) {
		by_file(w, b);
		return;
	}
	w->kept = bytes_compressed(c, 1, b, 1 << 20);
	by_file(w, w->kept);
	ck_assert_int_eq(c->reader(&w->stage[w->stages], top(w)), 0);
	w->stages++;
}

static void by_part_of_gzip(struct way *w, struct bytes b)
{
	struct bytes all = amid(b);

	by_gzip(w, all);
	part_of_all(w, b);
	free(all.data);
}

static void leave(struct way *w)
{
	while (w->stages)
		in_close(w->stage[--w->stages]);
	close(w->fd);
	free(w->kept.data);
}

static const struct {
	const char *name;
	void (*make)(struct way *w, struct bytes b);
} ways[] = {
	{"file", by_file},
	{"pipe", by_pipe},
	{"range of a file", by_range},
	{"range of a pipe", by_pipe_range},
	{"part of a file", by_part},
	{"part of a pipe", by_pipe_part},
	{"part of a part", by_part_of_part},
	{"digest", by_digest},
	{"gzip", by_gzip},
	{"part of gzip", by_part_of_gzip},
};

/* Small steps mostly, so that windows are gone through and jumped out of. */
static size_t step(uint64_t *state)
{
	static const unsigned most[] = {2, 513, 4097, 20000, 65537, 700000};

	return suite_below(state, most[suite_below(state, ROWS(most))]);
}

static void look(struct in *in, struct bytes b, size_t at, uint64_t *state)
{
	size_t want = step(state) % (IN_PEEK + 1), left = b.size - at;
	const uint8_t *data;
	ssize_t n = in_peek(in, want, &data);

	expect(n >= 0 && (size_t)n <= left &&
		       (size_t)n >= (want < left ? want : left),
	       "%zd of %zu at %zu: %s", n, want, at, in_why(in));
	expect(memcmp(data, b.data + at, (size_t)n) == 0, "at %zu", at);
}

static size_t go_on(struct in *in, struct bytes b, size_t at, uint64_t *state)
{
	const uint8_t *data;
	size_t size = step(state);
	ssize_t n;

	if (size > b.size - at)
		size = b.size - at;
	if (suite_below(state, 2)) {
		expect(in_skip(in, size) == 0, "at %zu: %s", at, in_why(in));
		return at + size;
	}
	n = in_peek(in, size % (IN_PEEK + 1), &data);
	expect(n >= 0, "at %zu: %s", at, in_why(in));
	if (size < (size_t)n)
		n = (ssize_t)size;
	in_consume(in, (size_t)n);
	return at + (size_t)n;
}

START_TEST(any_steps)
{
	uint64_t state = suite_seed("stream: steps");
	struct bytes b = bytes_some(3000001);

	for (int round = 0; round < 40; round++) {
		struct way w = {.stages = 0};
		const uint8_t *data;
		size_t at = 0;

		ways[_i].make(&w, b);
		while (at < b.size) {
			look(top(&w), b, at, &state);
			at = go_on(top(&w), b, at, &state);
			expect(in_offset(top(&w)) == at, "%s", ways[_i].name);
		}
		ck_assert_int_eq(in_peek(top(&w), 1, &data), 0);
		ck_assert_int_eq(in_peek(top(&w), IN_PEEK, &data), 0);
		ck_assert_int_eq(in_skip(top(&w), 0), 0);
		ck_assert_str_eq(in_why(top(&w)), "");
		leave(&w);
	}
	free(b.data);
}
END_TEST

static const struct {
	size_t size, before;
	uint64_t skip;
} beyond[] = {
	{0, 0, 1},
	{1, 1, 1},
	{1, 0, 2},
	{100000, 0, 100001},
	{100000, 100000, 1},
	{100000, 1, UINT64_MAX},
	{1000000, 4096, 999999},
	{1000000, 4096, UINT64_MAX / 2},
};

START_TEST(skip_beyond)
{
	for (size_t i = 0; i < ROWS(beyond); i++) {
		struct bytes b = bytes_some(beyond[i].size);
		struct way w = {.stages = 0};

		ways[_i].make(&w, b);
		ck_assert_int_eq(in_skip(top(&w), beyond[i].before), 0);
		ck_assert_msg(in_skip(top(&w), beyond[i].skip) == -EBADMSG,
			      "%s, row %zu", ways[_i].name, i);
		ck_assert_ptr_nonnull(strstr(in_why(top(&w)), "cut off"));
		leave(&w);
		free(b.data);
	}
}
END_TEST

/* Of archives with large members nothing but the headers is read. */
START_TEST(skips_by_seeking)
{
	int fd = bytes_file("", 0);
	const uint8_t *data;
	struct in *in;

	ck_assert_int_eq(ftruncate(fd, (off_t)1 << 50), 0);
	ck_assert_int_eq(in_fd(&in, fd, 0, UINT64_MAX), 0);
	for (int i = 0; i < 1024; i++) {
		ck_assert_int_ge(in_peek(in, 512, &data), 512);
		ck_assert_int_eq(in_skip(in, UINT64_C(1) << 40), 0);
	}
	ck_assert_int_eq(in_peek(in, 1, &data), 0);
	in_close(in);
	close(fd);
}
END_TEST

/* --------------------------------- failures ------------------------------- */

START_TEST(shorter_than_said)
{
	struct bytes b = bytes_some(70000), got;
	int fd = bytes_file(b.data, b.size);
	struct in *file, *part, *digest;

	ck_assert_int_eq(in_fd(&file, fd, 0, 70001), 0);
	ck_assert_int_eq(in_part(&part, file, 70002), 0);
	ck_assert_int_eq(in_digested(&digest, part, "sha256"), 0);
	ck_assert_int_eq(in_all(digest, &got), -EBADMSG);
	ck_assert(bytes_equal(b, got));
	ck_assert_str_eq(in_why(file), "it is cut off: 1 bytes are missing");
	ck_assert_str_eq(in_why(part), in_why(file));
	ck_assert_str_eq(in_why(digest), in_why(file));
	in_close(digest);
	in_close(part);
	in_close(file);
	close(fd);
	free(b.data);
	free(got.data);
}
END_TEST

START_TEST(shorter_meanwhile)
{
	struct bytes b = bytes_some(500000);
	int fd = bytes_file(b.data, b.size);
	const uint8_t *data;
	struct in *in;

	ck_assert_int_eq(in_fd(&in, fd, 0, UINT64_MAX), 0);
	ck_assert_int_eq(in_skip(in, 200000), 0);
	ck_assert_int_eq(ftruncate(fd, 300000), 0);
	ck_assert_int_eq(in_skip(in, 200000), 0);
	ck_assert_int_eq(in_peek(in, 1, &data), -EBADMSG);
	ck_assert_str_eq(in_why(in), "it is cut off: 100000 bytes are missing");
	in_close(in);
	close(fd);
	free(b.data);
}
END_TEST

/* Files of /proc have no size, and can be read. */
START_TEST(without_size)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	const uint8_t *data;
	struct in *in;

	ck_assert_int_eq(in_fd(&in, fd, 0, UINT64_MAX), 0);
	ck_assert_int_eq(in_skip(in, 5), 0);
	ck_assert_int_ge(in_peek(in, 5, &data), 5);
	in_close(in);
	close(fd);
}
END_TEST

START_TEST(never_ends)
{
	static const char *const devices[] = {"/dev/zero", "/dev/full",
					      "/dev/random", "/dev/urandom"};
	int fd = open(devices[_i], O_RDONLY | O_CLOEXEC);
	const uint8_t *data;
	struct in *in;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(in_fd(&in, fd, 0, UINT64_MAX), 0);
	ck_assert_int_eq(in_peek(in, 1, &data), -EINVAL);
	ck_assert_ptr_nonnull(strstr(in_why(in), devices[_i]));
	in_close(in);
	close(fd);

	/* This one ends. */
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(in_fd(&in, fd, 0, UINT64_MAX), 0);
	ck_assert_int_eq(in_peek(in, 1, &data), 0);
	in_close(in);
	close(fd);
}
END_TEST

START_TEST(unreadable)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct codec *codec;
	struct in *file, *part, *in;
	const uint8_t *data;

	ck_assert_int_eq(in_fd(&file, fd, 0, UINT64_MAX), 0);
	ck_assert_int_eq(in_part(&part, file, 1), 0);
	ck_assert_int_eq(in_peek(part, 1, &data), -EISDIR);
	close(fd);
	ck_assert_int_eq(in_peek(part, 1, &data), -EISDIR);
	ck_assert_int_eq(in_skip(part, 1), -EISDIR);
	ck_assert_int_eq(in_decompressed(&in, part, 1, &codec), -EISDIR);
	ck_assert_str_eq(in_why(part), "it cannot be read: Is a directory");
	in_close(part);
	in_close(file);
	in_close(NULL);
}
END_TEST

/* A stage that decompresses hands out what came before the failure below it. */
START_TEST(failing_below)
{
	const struct codec *c = codec_named("gzip");
	struct bytes b = bytes_some(3000000), packed, got;
	struct in *file, *in;
	int fd;

	if (!c->reader)
		return;
	packed = bytes_compressed(c, 6, b, 1 << 20);
	fd = bytes_file(packed.data, packed.size - 100000);
	ck_assert_int_eq(in_fd(&file, fd, 0, packed.size), 0);
	ck_assert_int_eq(c->reader(&in, file), 0);
	ck_assert_int_eq(in_all(in, &got), -EBADMSG);
	ck_assert_str_eq(in_why(in), "it is cut off: 100000 bytes are missing");
	ck_assert_uint_gt(got.size, 1000000);
	ck_assert_int_eq(memcmp(got.data, b.data, got.size), 0);
	in_close(in);
	in_close(file);
	close(fd);
	free(b.data);
	free(packed.data);
	free(got.data);
}
END_TEST

/* ---------------------------------- sinks --------------------------------- */

static const size_t write_sizes[] = {0,	     1,	     511,    100000, 131071,
				     131072, 262143, 262144, 262145, 999999};

START_TEST(written)
{
	int fd = bytes_file("", 0);
	struct bytes b = bytes_some(3000000), got;
	struct out *out;
	size_t at = 0;

	ck_assert_int_eq(out_fd(&out, fd), 0);
	for (size_t i = 0; i < ROWS(write_sizes); i++) {
		ck_assert_int_eq(out_write(out, b.data + at, write_sizes[i]),
				 0);
		at += write_sizes[i];
		ck_assert_int_eq(out_write(out, b.data + at, 7), 0);
		at += 7;
		ck_assert_uint_eq(out_offset(out), at);
	}
	ck_assert_int_eq(out_finish(out), 0);
	ck_assert_str_eq(out_why(out), "");
	out_close(out);
	got = bytes_of(fd);
	b.size = at;
	ck_assert(bytes_equal(b, got));
	free(b.data);
	free(got.data);
}
END_TEST

static const struct {
	size_t there;
	uint64_t size;
	int error;
} copies[] = {
	{0, 0, 0},
	{5, 0, 0},
	{5, 5, 0},
	{5, 6, -EBADMSG},
	{700000, 300000, 0},
	{700000, 700000, 0},
	{700000, UINT64_MAX, -EBADMSG},
};

START_TEST(copied)
{
	struct bytes b = bytes_some(copies[_i].there), got;
	int from = bytes_pipe(b.data, b.size), to = bytes_file("", 0);
	bool from_failed = true;
	struct out *out;
	struct in *in;

	ck_assert_int_eq(in_fd(&in, from, 0, UINT64_MAX), 0);
	ck_assert_int_eq(out_fd(&out, to), 0);
	ck_assert_int_eq(out_copy(out, in, copies[_i].size, &from_failed),
			 copies[_i].error);
	ck_assert(from_failed == !!copies[_i].error);
	ck_assert_int_eq(out_finish(out), 0);
	if (copies[_i].size < b.size)
		b.size = (size_t)copies[_i].size;
	got = bytes_of(to);
	ck_assert(bytes_equal(b, got));
	ck_assert_uint_eq(out_offset(out), b.size);
	ck_assert_uint_eq(in_offset(in), b.size);
	in_close(in);
	out_close(out);
	close(from);
	free(b.data);
	free(got.data);
}
END_TEST

static int full(void)
{
	return open("/dev/full", O_WRONLY | O_CLOEXEC);
}

static int unread(void)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(fds), 0);
	close(fds[0]);
	return fds[1];
}

static const struct {
	int (*open)(void);
	int error;
	const char *why;
} unwritable[] = {
	{full, -ENOSPC, "it cannot be written: No space left on device"},
	{unread, -EPIPE, "it cannot be written: Broken pipe"},
};

START_TEST(cannot_be_written)
{
	int fd = unwritable[_i].open(), error = unwritable[_i].error;
	struct bytes b = bytes_some(3000000);
	int from = bytes_file(b.data, b.size);
	struct out *file, *out;
	bool from_failed = true;
	struct in *in;

	ck_assert_int_eq(in_fd(&in, from, 0, UINT64_MAX), 0);
	ck_assert_int_eq(out_fd(&file, fd), 0);
	ck_assert_int_eq(out_digested(&out, file, "sha512"), 0);
	ck_assert_int_eq(out_write(out, b.data, 10), 0);
	ck_assert_int_eq(out_copy(out, in, b.size, &from_failed), error);
	ck_assert(!from_failed);
	ck_assert_int_eq(out_write(out, b.data, 10), error);
	ck_assert_int_eq(out_finish(out), error);
	ck_assert_int_eq(out_finish(file), error);
	ck_assert_str_eq(out_why(out), unwritable[_i].why);
	out_close(out);
	out_close(file);
	out_close(NULL);
	in_close(in);
	close(from);
	close(fd);
	free(b.data);
}
END_TEST

static void on_alarm(int signal)
{
	(void)signal;
}

/* Signals come while a full pipe is written and an empty one is read. */
START_TEST(interrupted)
{
	struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = on_alarm};
	struct bytes b = bytes_some(5000000), got;
	struct out *out;
	struct in *in;
	int fds[2], from = bytes_pipe(b.data, b.size);

	ck_assert_int_eq(pipe(fds), 0);
	fflush(NULL);
	if (fork() == 0) {
		bool failed;

		close(fds[0]);
		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &often, NULL);
		in_fd(&in, from, 0, UINT64_MAX);
		out_fd(&out, fds[1]);
		if (out_copy(out, in, b.size, &failed) == 0)
			out_finish(out);
		_exit(0);
	}
	close(fds[1]);
	close(from);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	ck_assert_int_eq(in_fd(&in, fds[0], 0, UINT64_MAX), 0);
	ck_assert_int_eq(in_all(in, &got), 0);
	setitimer(ITIMER_REAL, &never, NULL);
	ck_assert(bytes_equal(b, got));
	in_close(in);
	close(fds[0]);
	free(b.data);
	free(got.data);
}
END_TEST

/* --------------------------------- digests -------------------------------- */

static const char *const algorithms[] = {"sha256", "sha512"};
static const size_t digested_sizes[] = {0, 1, 111, 112, 128, 1000000};

static void check_digest(const char *algorithm, struct bytes b)
{
	char command[32], digest[DIGEST_SIZE], other[DIGEST_SIZE];
	int fd = bytes_file(b.data, b.size), null = bytes_file("", 0);
	struct in *file, *in;
	struct out *sink, *out;
	struct bytes sum;
	bool failed;

	snprintf(command, sizeof(command), "%ssum", algorithm);
	sum = bytes_tool(command, b);
	ck_assert_int_eq(in_fd(&file, fd, 0, UINT64_MAX), 0);
	ck_assert_int_eq(in_digested(&in, file, algorithm), 0);
	ck_assert_int_eq(out_fd(&sink, null), 0);
	ck_assert_int_eq(out_digested(&out, sink, algorithm), 0);
	ck_assert_int_eq(out_copy(out, in, b.size / 2, &failed), 0);
	in_digest(in, digest);
	ck_assert(digest_known(digest));
	ck_assert_int_eq(out_copy(out, in, b.size - b.size / 2, &failed), 0);
	in_digest(in, digest);
	out_digest(out, other);
	ck_assert_str_eq(digest, other);
	ck_assert(digest_known(digest));
	ck_assert_uint_eq(strlen(digest) - 7, strcspn((char *)sum.data, " "));
	ck_assert_mem_eq(digest + 7, sum.data, strlen(digest) - 7);
	out_close(out);
	out_close(sink);
	in_close(in);
	in_close(file);
	close(fd);
	close(null);
	free(sum.data);
}

START_TEST(digests)
{
	for (size_t i = 0; i < ROWS(digested_sizes); i++) {
		struct bytes b = bytes_some(digested_sizes[i]);

		check_digest(algorithms[_i], b);
		free(b.data);
	}
}
END_TEST

/* However they are gone over, all bytes count; those only seen do not. */
START_TEST(digest_of_skipped)
{
	struct bytes b = bytes_some(1000000);
	char skipped[DIGEST_SIZE], read[DIGEST_SIZE];
	const uint8_t *data;
	struct in *file, *in;
	int fd = bytes_file(b.data, b.size);

	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(in_fd(&file, fd, 0, UINT64_MAX), 0);
		ck_assert_int_eq(in_digested(&in, file, algorithms[_i]), 0);
		ck_assert_int_ge(in_peek(in, 1000, &data), 1000);
		in_consume(in, 10);
		in_consume(in, 990);
		if (round)
			ck_assert_int_eq(in_skip(in, 900000), 0);
		while (in_offset(in) < 901000) {
			ck_assert_int_ge(in_peek(in, 1000, &data), 1000);
			in_consume(in, 1000);
		}
		in_peek(in, IN_PEEK, &data);
		in_digest(in, round ? skipped : read);
		in_close(in);
		in_close(file);
	}
	ck_assert_str_eq(skipped, read);
	close(fd);
	free(b.data);
}
END_TEST

#define HEX_32 "0123456789abcdef0123456789abcdef"
#define HEX_64 HEX_32 HEX_32
#define HEX_128 HEX_64 HEX_64

static const struct {
	const char *digest;
	bool known;
} digest_texts[] = {
	{"sha256:" HEX_64, true},
	{"sha512:" HEX_128, true},
	{"sha256:" HEX_64 "0", false},
	{"sha256:" HEX_32, false},
	{"sha512:" HEX_64, false},
	{"sha256:" HEX_128, false},
	{"sha384:" HEX_64 HEX_32, false},
	{"sha256:0123456789ABCDEF0123456789abcdef" HEX_32, false},
	{"sha256:../../../../../../etc/passwd0000" HEX_32, false},
	{"sha256" HEX_64, false},
	{HEX_64, false},
	{"sha256:", false},
	{"", false},
};

START_TEST(digest_text)
{
	ck_assert(digest_known(digest_texts[_i].digest) ==
		  digest_texts[_i].known);
}
END_TEST

static const struct {
	const char *name;
	int error;
} algorithm_names[] = {
	{"sha256", 0},	      {"sha512", 0},	   {"sha256:abc", 0},
	{"sha512:", 0},	      {"sha384", -EINVAL}, {"sha25", -EINVAL},
	{"sha2567", -EINVAL}, {"", -EINVAL},	   {":", -EINVAL},
	{"SHA256", -EINVAL},
};

START_TEST(algorithm)
{
	int expected = algorithm_names[_i].error, fd = bytes_file("", 0);
	struct in *file, *in = NULL;
	struct out *sink, *out = NULL;

	ck_assert_int_eq(in_fd(&file, fd, 0, UINT64_MAX), 0);
	ck_assert_int_eq(out_fd(&sink, fd), 0);
	ck_assert_int_eq(in_digested(&in, file, algorithm_names[_i].name),
			 expected);
	ck_assert_int_eq(out_digested(&out, sink, algorithm_names[_i].name),
			 expected);
	if (!expected) {
		in_close(in);
		out_close(out);
	}
	in_close(file);
	out_close(sink);
	close(fd);
}
END_TEST

/* --------------------------- files without a name ------------------------- */

static size_t entries(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void check_spool(const char *dir)
{
	char back[5] = "";
	struct stat st;
	int fd = spool_open(dir);

	ck_assert_int_ge(fd, 0);
	ck_assert_uint_eq(entries("."), 2);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_nlink, 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	ck_assert_int_eq(write(fd, "text", 4), 4);
	ck_assert_int_eq(pread(fd, back, 4, 0), 4);
	ck_assert_str_eq(back, "text");
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

START_TEST(spool)
{
	value_scratch();
	check_spool(".");
	setenv("TMPDIR", ".", 1);
	check_spool(NULL);
	setenv("TMPDIR", "", 1);
	check_spool(NULL);
	ck_assert_int_eq(spool_open("not-there"), -ENOENT);
	setenv("TMPDIR", "/dev/null", 1);
	ck_assert_int_eq(spool_open(NULL), -ENOTDIR);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream");

	if (!codec_named("gzip")->reader)
		suite_skip("stages over gzip", "this build lacks it");
	suite_add(suite, any_steps, ROWS(ways));
	suite_add(suite, skip_beyond, ROWS(ways));
	suite_add(suite, skips_by_seeking, 1);
	suite_add(suite, shorter_than_said, 1);
	suite_add(suite, shorter_meanwhile, 1);
	suite_add(suite, without_size, 1);
	suite_add(suite, never_ends, 4);
	suite_add(suite, unreadable, 1);
	suite_add(suite, failing_below, 1);
	suite_add(suite, written, 1);
	suite_add(suite, copied, ROWS(copies));
	suite_add(suite, cannot_be_written, ROWS(unwritable));
	suite_add(suite, interrupted, 1);
	suite_add(suite, digests, ROWS(algorithms));
	suite_add(suite, digest_of_skipped, ROWS(algorithms));
	suite_add(suite, digest_text, ROWS(digest_texts));
	suite_add(suite, algorithm, ROWS(algorithm_names));
	suite_add(suite, spool, 1);
	return suite_run(suite);
}
