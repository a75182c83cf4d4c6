/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that go through sources, sinks, pipes and command line tools. */
#ifndef VFSCAP_TESTS_STREAMED_H
#define VFSCAP_TESTS_STREAMED_H

#include "stream/stream.h"

/** struct bytes - free() the data */
struct bytes {
	uint8_t *data;
	size_t size;
};

/** bytes_some() - generated: runs, repetitions and noise */
struct bytes bytes_some(size_t size);

/** bytes_joined() - @a, then @b */
struct bytes bytes_joined(struct bytes a, struct bytes b);

/** bytes_file() - a file without a name that holds them, at its beginning */
int bytes_file(const void *data, size_t size);

/** bytes_of() - all of a file; closes it */
struct bytes bytes_of(int fd);

/** bytes_pipe() - a pipe that another process writes them to, in odd pieces */
int bytes_pipe(const void *data, size_t size);

/** bytes_equal() - are they the same? */
bool bytes_equal(struct bytes a, struct bytes b);

/** bytes_tool() - what a shell command makes of its standard input; fails the
 *  test where the command fails */
struct bytes bytes_tool(const char *command, struct bytes input);

/** tool_there() - is there such a command? */
bool tool_there(const char *name);

/** in_all() - read to the end: 0 or the error; @got: what came before it */
int in_all(struct in *in, struct bytes *got);

/** bytes_compressed() - what a codec makes of them, written in pieces */
struct bytes bytes_compressed(const struct codec *codec, int level,
			      struct bytes plain, size_t piece);

/** bytes_decompressed() - and back; @why: room for the words of an error */
int bytes_decompressed(const struct codec *codec, struct bytes packed,
		       struct bytes *plain, char why[256]);

#endif /* VFSCAP_TESTS_STREAMED_H */
