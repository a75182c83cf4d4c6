/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressions: a file and a pipe that are read in pieces of other sizes give the
 * same bytes or the same failure; both readers of gzip do; what is written is
 * read again.
 */
#include "fuzz.h"
#include "stream/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(HAVE_ISAL) && defined(HAVE_GZIP)
#define BOTH_READERS
#include <isa-l/igzip_lib.h>
#include <zlib.h>
#endif

#define LIMIT (1 << 19)

/* struct result - what came out, and the error that ended it */
struct result {
	struct text said;
	int error;
};

static void take_all(struct in *in, size_t want, struct result *r)
{
	const uint8_t *data;
	ssize_t n;

	while ((n = in_peek(in, want, &data)) > 0) {
		size_t part = (size_t)n < want ? (size_t)n : want;

		text_add(&r->said, data, part);
		must(r->said.size <= LIMIT);
		in_consume(in, part);
	}
	r->error = (int)n;
	must(in_peek(in, 1, &data) == n);
	must(!*in_why(in) == !n);
	must(in_offset(in) == r->said.size);
}

typedef int reader(struct in **in, struct in *from);

static int any_reader(struct in **in, struct in *from)
{
	const struct codec *codec;
	int error = in_decompressed(in, from, LIMIT, &codec);

	must(!error || codec || error < 0);
	return error;
}

/* @want: bytes that are asked for at a time */
static void read_with(reader *open, int fd, size_t want, struct result *r)
{
	struct in *from, *in;

	*r = (struct result){.error = 0};
	must(in_fd(&from, fd, 0, UINT64_MAX) == 0);
	r->error = open(&in, from);
	if (!r->error && in) {
		in->limit = LIMIT;
		take_all(in, want, r);
		in_close(in);
	}
	in_close(from);
	close(fd);
}

static void same(struct result *a, struct result *b, bool same_error)
{
	must(!a->error == !b->error);
	must(!same_error || a->error == b->error);
	if (!a->error || same_error)
		must(text_equal(&a->said, &b->said));
	free(a->said.bytes);
	free(b->said.bytes);
}

static void check_any(const uint8_t *data, size_t size, size_t want)
{
	struct result a, b;

	read_with(any_reader, memory_file(data, size), 1 + 16 * want, &a);
	read_with(any_reader, memory_pipe(data, size), IN_PEEK, &b);
	same(&a, &b, true);
}

/* --------------------------------- gzip ----------------------------------- */

#ifdef BOTH_READERS
static void check_gzip(const uint8_t *data, size_t size)
{
	struct result a, b;

	read_with(gzip_reader, memory_file(data, size), IN_PEEK, &a);
	read_with(isal_reader, memory_file(data, size), IN_PEEK, &b);
	same(&a, &b, false);
}

/* What deflated data without a header becomes; true at its end. */
static bool by_zlib(const uint8_t *data, size_t size, struct text *t)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)data,
		      .avail_in = (uInt)size,
		      .next_out = t->bytes,
		      .avail_out = LIMIT};
	int status;

	must(inflateInit2(&z, -15) == Z_OK);
	status = inflate(&z, Z_FINISH);
	t->size = LIMIT - z.avail_out;
	inflateEnd(&z);
	return status == Z_STREAM_END && !z.avail_in;
}

static bool by_isal(const uint8_t *data, size_t size, struct text *t)
{
	static struct inflate_state s;
	int status;

	isal_inflate_init(&s);
	s.next_in = (uint8_t *)(uintptr_t)data;
	s.avail_in = (uint32_t)size;
	s.next_out = t->bytes;
	s.avail_out = LIMIT;
	status = isal_inflate(&s);
	t->size = LIMIT - s.avail_out;
	return !status && s.block_state == ISAL_BLOCK_FINISH && !s.avail_in;
}

static void add_number(struct text *t, uint64_t number)
{
	for (int i = 0; i < 4; i++)
		text_add(t, &(uint8_t){(uint8_t)(number >> 8 * i)}, 1);
}

/* Deflated data with the header and the sums that gzip has around it: nothing
 * that was changed at random has right ones. */
static void check_deflate(const uint8_t *data, size_t size)
{
	static const uint8_t head[10] = {0x1f, 0x8b, 8};
	static uint8_t room[LIMIT];
	struct text t = {room, 0, LIMIT}, all = {0};

	if (!by_zlib(data, size, &t) && !by_isal(data, size, &t))
		return;
	text_add(&all, head, sizeof(head));
	text_add(&all, data, size);
	add_number(&all, crc32(0, t.bytes, (uInt)t.size));
	add_number(&all, t.size);
	check_gzip(all.bytes, all.size);
	free(all.bytes);
}
#endif

/* ------------------------------- there and back --------------------------- */

static void check_written(const struct codec *codec, int level,
			  const uint8_t *data, size_t size)
{
	int fd = memory_file("", 0);
	struct result r;
	struct out *to, *out;

	must(out_fd(&to, fd) == 0);
	must(codec_writer(codec, &out, to, level) == 0);
	must(out_write(out, data, size) == 0);
	must(out_finish(out) == 0 && out_finish(to) == 0);
	out_close(out);
	out_close(to);
	read_with(codec->reader, fd, IN_PEEK, &r);
	must(!r.error);
	must(text_equal(&r.said, &(struct text){(uint8_t *)data, size, size}));
	free(r.said.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct take take = {data, size};
	unsigned how = (unsigned)take_number(&take, 1);

	if (size > FUZZ_MAX / 2)
		return -1;
	check_any(take.data, take.size, how);
#ifdef BOTH_READERS
	check_gzip(take.data, take.size);
	check_deflate(take.data, take.size);
#endif
	/* Levels that take much memory are for other tests. */
	if (how < 5 && codecs[how].writer)
		check_written(&codecs[how], codecs[how].least, take.data,
			      take.size);
	return 0;
}
