/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage: what sources, sinks and their stages are made of.
 *
 * A source of one kind begins with a struct in, and has operations: either it
 * fills a window, which what is peeked at lies in, or it passes on what another
 * source shows. A sink of one kind begins with a struct out.
 */
#ifndef STREAM_STAGE_H
#define STREAM_STAGE_H

#include "stream/stream.h"

/** STAGE_WINDOW - bytes of a source's window, and of a sink's buffer */
#define STAGE_WINDOW (256 * 1024)

/** STAGE_WHY - room for an error in words */
#define STAGE_WHY 240

/** stage_widen_pipe() - have a pipe hold more, so that its two ends wait less
 *  for each other; anything else stays as it is */
void stage_widen_pipe(int fd);

/* -------------------------------- sources --------------------------------- */

/** struct in_ops - a kind of source */
struct in_ops {
	/** @fill: with a window: more bytes at @to, @got of them even where it
	 *  fails; none is the end */
	int (*fill)(struct in *in, uint8_t *to, size_t room, size_t *got);

	/** @seek: with a window that is empty: go on by up to @size bytes
	 *  without reading them, and say how many these were; or NULL */
	uint64_t (*seek)(struct in *in, uint64_t size);

	/** @peek, @consume, @skip: without a window; @skip may be NULL */
	ssize_t (*peek)(struct in *in, size_t want, const uint8_t **data);
	void (*consume)(struct in *in, size_t size);
	int (*skip)(struct in *in, uint64_t size);

	/** @release: what it holds besides its own memory; or NULL */
	void (*release)(struct in *in);
};

struct in {
	const struct in_ops *ops;
	struct in *from;	/* what it stands on, or NULL */
	uint8_t *window;	/* or NULL */
	size_t begin, end;	/* what of the window is not consumed yet */
	uint64_t used, skipped; /* of it, since it was last filled */
	uint64_t filled;	/* bytes that ever came into the window */
	uint64_t limit;		/* and how many may */
	uint64_t offset;
	uint64_t memory; /* that it needs for what it reads, if it is much */
	int error;	 /* the answer once the window is empty */
	bool ended;
	char why[STAGE_WHY];
};

/** in_new() - @size bytes that begin with a struct in; NULL: no memory */
void *in_new(size_t size, const struct in_ops *ops, struct in *from);

/** in_fail() - keep an error and its words; returns @error */
int in_fail(struct in *in, int error, const char *words, ...)
	__attribute__((format(printf, 3, 4)));

/** in_fail_from() - the same, as what it stands on says */
int in_fail_from(struct in *in, int error);

/** in_cut() - say that @missing bytes are not there; returns -EBADMSG */
int in_cut(struct in *in, uint64_t missing);

/* --------------------------------- sinks ---------------------------------- */

/** struct out_ops - a kind of sink */
struct out_ops {
	int (*write)(struct out *out, const uint8_t *data, size_t size);
	int (*finish)(struct out *out);	  /* or NULL */
	void (*release)(struct out *out); /* or NULL */
};

struct out {
	const struct out_ops *ops;
	struct out *to; /* what it stands on, or NULL */
	uint64_t offset;
	int error;
	char why[STAGE_WHY];
};

/** out_new(), out_fail(), out_fail_to() - as those of sources */
void *out_new(size_t size, const struct out_ops *ops, struct out *to);
int out_fail(struct out *out, int error, const char *words, ...)
	__attribute__((format(printf, 3, 4)));
int out_fail_to(struct out *out, int error);

/* ------------------------------- compression ------------------------------ */

/** struct flow - what goes through a library in one call; it moves all four */
struct flow {
	const uint8_t *data;
	size_t size;
	uint8_t *to;
	size_t room;
};

/**
 * struct decoder - a stage that decompresses
 * @between: no stream has begun, or the last one has ended and all of it came
 * out; decode() sets it
 */
struct decoder {
	struct in in;
	const struct decoder_ops *ops;
	bool between, over;
	uint64_t streams;
};

/** struct decoder_ops - a library that decompresses */
struct decoder_ops {
	const char *name; /* of the codec */
	bool padded;	  /* zero bytes may follow */
	bool skippable;	  /* frames that are skipped may stand between */

	/** @begin: a stream, the first one too; @head: CODEC_HEAD bytes of
	 *  it, if there */
	int (*begin)(struct decoder *d, const uint8_t *head, size_t size);

	/** @decode: as far as there is data and room; no data: that was all */
	int (*decode)(struct decoder *d, struct flow *flow);
	void (*release)(struct decoder *d);
};

/** codec_skippable() - does a frame begin here that is not data? */
bool codec_skippable(const uint8_t *data, size_t size);

/** decoder_new() - @size bytes that begin with a struct decoder */
void *decoder_new(size_t size, const struct decoder_ops *ops, struct in *from);

/** decoder_corrupted() - say so; @detail may be NULL; returns -EBADMSG */
int decoder_corrupted(struct decoder *d, const char *detail);

/** decoder_memory() - note how much a stream needs, and refuse what is too
 *  much: 0 or -EFBIG */
int decoder_memory(struct decoder *d, uint64_t bytes);

/** decoder_memory_left() - how much a stage over @from may need */
uint64_t decoder_memory_left(const struct in *from);

/** struct encoder - a stage that compresses */
struct encoder {
	struct out out;
	const struct encoder_ops *ops;
	uint8_t *buffer;
	size_t room;
};

/** struct encoder_ops - a library that compresses */
struct encoder_ops {
	/** @encode: as far as there is data and room; with @finish until all is
	 *  out: 0, 1 when that is done, or a negated errno */
	int (*encode)(struct encoder *e, struct flow *flow, bool finish);
	void (*release)(struct encoder *e);
};

/** encoder_new() - @size bytes that begin with a struct encoder; @room: that
 *  each encode() begins with */
void *encoder_new(size_t size, const struct encoder_ops *ops, struct out *to,
		  size_t room);

/** gzip_reader() and so on - what struct codec points to; isal_reader() reads
 *  gzip too */
int gzip_reader(struct in **in, struct in *from);
int isal_reader(struct in **in, struct in *from);
int gzip_writer(struct out **out, struct out *to, int level);
int bzip2_reader(struct in **in, struct in *from);
int bzip2_writer(struct out **out, struct out *to, int level);
int xz_reader(struct in **in, struct in *from);
int xz_writer(struct out **out, struct out *to, int level);
int zstd_reader(struct in **in, struct in *from);
int zstd_writer(struct out **out, struct out *to, int level);
int lz4_reader(struct in **in, struct in *from);
int lz4_writer(struct out **out, struct out *to, int level);

#endif /* STREAM_STAGE_H */
