/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which compressions there are, and which of them this build has. */
#include "stream/stage.h"

#include <errno.h>
#include <string.h>

#ifdef HAVE_GZIP
#define GZIP_READER gzip_reader
#define GZIP_WRITER gzip_writer
#else
#define GZIP_READER NULL
#define GZIP_WRITER NULL
#endif
#ifdef HAVE_ISAL
#undef GZIP_READER
#define GZIP_READER isal_reader
#endif
#define GZIP .reader = GZIP_READER, .writer = GZIP_WRITER
#ifdef HAVE_BZIP2
#define BZIP2 .reader = bzip2_reader, .writer = bzip2_writer
#else
#define BZIP2 .reader = NULL, .writer = NULL
#endif
#ifdef HAVE_XZ
#define XZ .reader = xz_reader, .writer = xz_writer
#else
#define XZ .reader = NULL, .writer = NULL
#endif
#ifdef HAVE_ZSTD
#define ZSTD .reader = zstd_reader, .writer = zstd_writer
#else
#define ZSTD .reader = NULL, .writer = NULL
#endif
#ifdef HAVE_LZ4
#define LZ4 .reader = lz4_reader, .writer = lz4_writer
#else
#define LZ4 .reader = NULL, .writer = NULL
#endif

/* Levels as the command line tools have them. */
const struct codec codecs[] = {
	{"gzip", "+gzip", {0x1f, 0x8b}, 2, 1, 9, 6, GZIP},
	{"bzip2", NULL, {'B', 'Z', 'h'}, 3, 1, 9, 9, BZIP2},
	{"xz", NULL, {0xfd, '7', 'z', 'X', 'Z', 0}, 6, 0, 9, 6, XZ},
	{"zstd", "+zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, 1, 19, 3, ZSTD},
	{"lz4", NULL, {0x04, 0x22, 0x4d, 0x18}, 4, 1, 12, 1, LZ4},
	{.name = NULL},
};

const struct codec *codec_named(const char *name)
{
	for (const struct codec *c = codecs; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

int codec_writer(const struct codec *codec, struct out **out, struct out *to,
		 int level)
{
	if (!codec->writer)
		return -ENOTSUP;
	if (level < 0)
		level = codec->usual;
	if (level < codec->least)
		level = codec->least;
	if (level > codec->most)
		level = codec->most;
	return codec->writer(out, to, level);
}

/* "BZh" alone could be how the first name in a tar archive begins. */
static bool is_bzip2(const uint8_t *data, size_t size)
{
	static const uint8_t block[] = {0x31, 0x41, 0x59, 0x26, 0x53, 0x59};
	static const uint8_t end[] = {0x17, 0x72, 0x45, 0x38, 0x50, 0x90};

	return size >= 10 && data[3] >= '1' && data[3] <= '9' &&
	       (memcmp(data + 4, block, sizeof(block)) == 0 ||
		memcmp(data + 4, end, sizeof(end)) == 0);
}

/* What pzstd(1) writes begins with one. */
bool codec_skippable(const uint8_t *data, size_t size)
{
	return size >= 4 && data[0] >> 4 == 5 &&
	       memcmp(data + 1, "\x2a\x4d\x18", 3) == 0;
}

const struct codec *codec_find(const uint8_t *data, size_t size)
{
	if (codec_skippable(data, size))
		return codec_named("zstd");
	for (const struct codec *c = codecs; c->name; c++)
		if (size >= c->magic_size &&
		    memcmp(data, c->magic, c->magic_size) == 0)
			return strcmp(c->name, "bzip2") != 0 ||
					       is_bzip2(data, size)
				       ? c
				       : NULL;
	return NULL;
}

int in_decoded(struct in **in, struct in *from, uint64_t limit,
	       const struct codec *codec)
{
	int error;

	*in = NULL;
	if (!codec)
		return 0;
	if (!codec->reader)
		return -ENOTSUP;
	error = codec->reader(in, from);
	if (error)
		*in = NULL;
	else
		(*in)->limit = limit;
	return error;
}

int in_decompressed(struct in **in, struct in *from, uint64_t limit,
		    const struct codec **codec)
{
	const uint8_t *data;
	ssize_t n = in_peek(from, CODEC_HEAD, &data);

	*in = NULL;
	*codec = NULL;
	if (n < 0)
		return (int)n;
	*codec = codec_find(data, (size_t)n);
	return in_decoded(in, from, limit, *codec);
}
