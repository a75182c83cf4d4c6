/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream: bytes in order, read and written through stages.
 *
 * A source is a file or a pipe, or a stage over another source: it decompresses
 * or it digests. A sink is a descriptor, or a stage over another sink: it
 * compresses or it digests. A stage leaves what it stands on to the caller.
 *
 * Errors are negated errnos, with a sentence that in_why() or out_why() has:
 * -EBADMSG where the data is corrupted or cut off, -EFBIG where a limit was
 * reached, -ENOTSUP where this build lacks the compression or the data wants a
 * dictionary, -ENOMEM, or what a system call failed with. An error stays:
 * whoever asks again gets it again.
 *
 * What reading needs is bounded, whatever the data claims: a stage has 256 KiB,
 * and all that decompress, one over the other, may take 48 MiB together, so
 * that the process stays below 64 MiB. That is enough for all that gzip, bzip2
 * and lz4 write, for xz -0 to -8 (33 MiB; -9 needs 65), and for zstd with
 * windows up to 32 MiB (-1 to -19, --ultra -20; --long only up to 25). Beyond
 * is -EFBIG. Writing takes what a level takes, such as 94 MiB for xz -6.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct in;  /* a source */
struct out; /* a sink */

/* -------------------------------- sources --------------------------------- */

/** IN_PEEK - the most that in_peek() can be asked for */
#define IN_PEEK 65536

/**
 * in_fd() - read an open file
 * @in: the result; in_close() it
 * @fd: stays the caller's; regular files and block devices are read with
 * pread(2)
 * @offset, @size: the part to read; @size UINT64_MAX: to its end. What cannot
 * be sought is read from where it stands, and @offset is not used.
 *
 * After in_skip() little is read ahead, more and more as reading goes on. Where
 * the file ends before @size bytes, reading there is -EBADMSG.
 *
 * What never ends is not read: that is -EINVAL, as in_endless() has it.
 *
 * Return: 0 or -ENOMEM.
 */
int in_fd(struct in **in, int fd, uint64_t offset, uint64_t size);

/** in_endless() - words for an open device that never ends, such as /dev/zero;
 *  NULL for anything else */
const char *in_endless(int fd);

/**
 * in_part() - the next @size bytes of another source as a source of their own
 * @from: is consumed as the part is; in_skip() over a part seeks where @from can
 *
 * Where @from ends earlier, reading there is -EBADMSG.
 */
int in_part(struct in **in, struct in *from, uint64_t size);

/**
 * in_peek() - what comes next, without consuming it
 * @want: bytes wanted, at most IN_PEEK
 * @data: where they are, valid until the next call
 *
 * Return: how many there are: at least @want, fewer only at the end; or a
 * negated errno. What was read before an error is handed out first: then there
 * are fewer than @want and the error is the answer once they are consumed.
 */
ssize_t in_peek(struct in *in, size_t want, const uint8_t **data);

/** in_consume() - go on by @size bytes that in_peek() has shown */
void in_consume(struct in *in, size_t size);

/**
 * in_skip() - go on by any number of bytes, by seeking where that can be done
 * Return: 0; -EBADMSG where there are fewer; or why reading failed.
 */
int in_skip(struct in *in, uint64_t size);

/** in_drain() - read all that is left; 0 or why that failed */
int in_drain(struct in *in);

/** in_offset() - how many bytes were consumed */
uint64_t in_offset(const struct in *in);

/** in_why() - the last error in words, "" without one; a stage passes on what
 *  it stands on says; never NULL */
const char *in_why(const struct in *in);

/** in_close() - free the source, not what it stands on; NULL is allowed */
void in_close(struct in *in);

/* --------------------------------- sinks ---------------------------------- */

/** out_fd() - write to a descriptor, which stays the caller's; 0 or -ENOMEM.
 *  What is small is buffered until out_finish() */
int out_fd(struct out **out, int fd);

/** out_write() - write all of it; 0 or a negated errno, again and again */
int out_write(struct out *out, const void *data, size_t size);

/** out_copy() - move @size bytes from a source: 0; the source's error, with
 *  @from_failed set and all that came before it written; or the sink's.
 *  out_copy_all() - the same of all that is left */
int out_copy(struct out *out, struct in *in, uint64_t size, bool *from_failed);
int out_copy_all(struct out *out, struct in *in, bool *from_failed);

/** out_finish() - write what is buffered and what ends the stage's data; once,
 *  and not for what the stage stands on */
int out_finish(struct out *out);

/** out_offset() - how many bytes were written to it */
uint64_t out_offset(const struct out *out);

/** out_why() - the last error in words; never NULL */
const char *out_why(const struct out *out);

/** out_close() - free it, without finishing; NULL is allowed */
void out_close(struct out *out);

/* ------------------------------- compression ------------------------------ */

/** struct codec - one form of compression */
struct codec {
	const char *name;  /* "gzip" */
	const char *media; /* how a layer's media type ends, "+gzip"; NULL where
			    * no media type names it */
	uint8_t magic[6];  /* what it begins with */
	size_t magic_size;
	int least, most, usual; /* levels */

	/** @reader, @writer: a stage over @from or @to; NULL where this build
	 *  lacks it. Concatenated streams are one, skippable frames of zstd and
	 *  lz4 are passed over; the checksums are verified; a cut stream is an
	 *  error, and so is what follows, other than zero bytes after gzip and
	 *  the padding of xz. The same bytes and level are written the same */
	int (*reader)(struct in **in, struct in *from);
	int (*writer)(struct out **out, struct out *to, int level);
};

/** codecs - gzip, bzip2, xz, zstd, lz4; the last one has no name */
extern const struct codec codecs[];

/** CODEC_HEAD - the bytes that codec_find() needs, if there are so many */
#define CODEC_HEAD 18

/** codec_find() - whose magic is it? NULL: it is not compressed. A skippable
 *  frame counts as zstd: pzstd(1) begins with one */
const struct codec *codec_find(const uint8_t *data, size_t size);

/** codec_named() - by its name, or NULL */
const struct codec *codec_named(const char *name);

/** codec_writer() - a stage that compresses
 *  @level: or -1: as usual; what the codec does not know becomes its nearest
 *
 *  Return: 0, -ENOTSUP where this build lacks it, or -ENOMEM. */
int codec_writer(const struct codec *codec, struct out **out, struct out *to,
		 int level);

/**
 * in_decompressed() - a source without its compression
 * @in: the result: a stage over @from, or NULL where @from is not compressed
 * @from: at its beginning
 * @limit: bytes that may come out; beyond is -EFBIG
 * @codec: what it was compressed with, or NULL
 *
 * Of compressed data within compressed data the outer one is undone.
 *
 * Return: 0, -ENOTSUP with the codec in @codec, or why it cannot be read: what
 * in_why() of @from says, or -ENOMEM.
 */
int in_decompressed(struct in **in, struct in *from, uint64_t limit,
		    const struct codec **codec);

/** in_decoded() - the same of what is known to be of a codec, or NULL: of none */
int in_decoded(struct in **in, struct in *from, uint64_t limit,
	       const struct codec *codec);

/* -------------------------------- digests --------------------------------- */

/** DIGEST_SIZE - room for "sha512:" and its hexadecimal digits */
#define DIGEST_SIZE (7 + 128 + 1)

/** digest_known() - is it "sha256:" or "sha512:" and the right number of
 *  lower-case hexadecimal digits? */
bool digest_known(const char *digest);

/** digest_bytes() - of bytes in memory; @algorithm is one of the two */
void digest_bytes(const char *algorithm, const void *data, size_t size,
		  char digest[DIGEST_SIZE]);

/**
 * in_digested() - a stage that digests what passes
 * @algorithm: "sha256" or "sha512", up to a ':' or its end
 *
 * Nothing is sought over: all bytes are read.
 *
 * Return: 0, -EINVAL for another algorithm, or -ENOMEM.
 */
int in_digested(struct in **in, struct in *from, const char *algorithm);

/** in_digest() - of all bytes that were consumed: "sha256:..." */
void in_digest(struct in *in, char digest[DIGEST_SIZE]);

/** out_digested(), out_digest() - the same of what is written */
int out_digested(struct out **out, struct out *to, const char *algorithm);
void out_digest(struct out *out, char digest[DIGEST_SIZE]);

/* ---------------------------- files without a name ------------------------ */

/**
 * spool_open() - a file without a name that is gone when it is closed
 * @dir: the directory whose file system it is on; NULL: $TMPDIR or /tmp
 * Return: a descriptor or a negated errno.
 */
int spool_open(const char *dir);

#endif /* STREAM_H */
