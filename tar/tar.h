/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tar: one reader of tar headers, for looking and for rewriting.
 *
 * A tar stream is read member by member. A member is what belongs to one entry:
 * the extended headers before it, its own header block, and the number of bytes
 * of its body. The raw bytes of all headers are kept in @head, so that a member
 * that does not change is written as it was read, and of one that changes only
 * the records that must.
 *
 * Known are POSIX pax, GNU, ustar, v7 and Solaris headers. Nothing is believed:
 * numbers, lengths and counts are checked, and memory is bounded whatever a
 * header claims.
 */
#ifndef TAR_H
#define TAR_H

#include "stream/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_BLOCK 512

/** TAR_HEADER_MAX, TAR_HEAD_MAX - the longest extended header, and the most
 *  bytes of headers before one entry; more is an error */
#define TAR_HEADER_MAX (1 << 20)
#define TAR_HEAD_MAX (4 << 20)

/** TAR_COPIES_MAX - the most statements of the attribute before one entry; more
 *  is an error */
#define TAR_COPIES_MAX 4096

/** TAR_VALUE_MAX - the longest value an attribute can have (XATTR_SIZE_MAX) */
#define TAR_VALUE_MAX 65536

/** TAR_SCHILY, TAR_LIBARCHIVE - the keys: raw bytes, and base64 */
#define TAR_SCHILY "SCHILY.xattr.security.capability"
#define TAR_LIBARCHIVE "LIBARCHIVE.xattr.security.capability"

/** enum tar_who - readers of archives, who do not agree over odd ones; bit n of
 *  a mask is reader n */
enum tar_who {
	TAR_GNU,    /* GNU tar */
	TAR_BSD,    /* libarchive: bsdtar */
	TAR_GO,	    /* Go's archive/tar: docker, containerd, podman, umoci */
	TAR_PYTHON, /* Python's tarfile: what its pax_headers say, of the raw
		     * key */
	TAR_WHOS,
};

/** struct tar_copy - one statement of the value in an archive */
struct tar_copy {
	/** @in: the kind of header it is in: 'x', 'X' (Solaris) or 'g' */
	char in;

	/** @key: TAR_SCHILY or TAR_LIBARCHIVE */
	const char *key;

	/** @base64: @value was decoded, and has to be encoded again */
	bool base64;

	/** @broken: it is no proper base64: @value is what libarchive makes of
	 *  it */
	bool broken;

	/** @earlier: it stands in a global header before an earlier entry, not
	 *  in this member's head */
	bool earlier;

	/** @at, @size_of_record: the record in the member's head */
	size_t at, size_of_record;

	/** @value, @size: the bytes; valid until the next member */
	const uint8_t *value;
	size_t size;

	/** @applied: a bit for each enum tar_who that gives the entry this
	 *  value */
	unsigned applied;
};

/** struct tar_part - one header of a member, in the order of the stream */
struct tar_part {
	char type;   /* 'x', 'X', 'g', 'L', 'K', or the entry's own */
	size_t at;   /* its header block in the member's head */
	size_t body; /* bytes after the block, without padding; of the entry 0 */
};

/** struct tar_member - one entry and all headers that belong to it */
struct tar_member {
	/** @offset: of the first header in the stream */
	uint64_t offset;

	/** @head, @head_size: all header blocks as they are, extended headers
	 *  and blocks of old sparse files included */
	const uint8_t *head;
	size_t head_size;

	const struct tar_part *part;
	size_t parts;

	/** @stray: headers after the last entry, which belong to none; nothing
	 *  below is known then but the copies, which nobody applies */
	bool stray;

	/** @type: the type flag; '0' for the older form of a regular file that
	 *  is no directory */
	char type;

	/** @path, @link: as the archive has them, raw bytes without a NUL; the
	 *  link is "" where there is none */
	const char *path, *link;

	/** @mode: type and permissions as in st_mode; of unknown types a
	 *  regular file */
	unsigned mode;

	/** @body: bytes of the body in the stream, padding not counted. What is
	 *  no file may claim a size: a body follows unless a header does */
	uint64_t body;

	/** @copies: in the order of the stream, those of earlier global headers
	 *  first */
	const struct tar_copy *copy;
	size_t copies;
};

struct tar;

/** tar_open() - begin to read @in, which stays the caller's; 0 or -ENOMEM */
int tar_open(struct tar **tar, struct in *in);

/**
 * tar_vouched() - that nothing is missing at the end is known, from a digest: the
 * end-of-archive marker may, and padding of the last body, as umoci insert
 * leaves them out; tar_unmarked() tells at the end whether it did
 */
void tar_vouched(struct tar *tar);
bool tar_unmarked(const struct tar *tar);

/**
 * tar_next() - the next member; what is left of the last one's body is skipped
 * @member: valid until the next call
 *
 * A zero block ends the archive, a single one too, and is left in the source with what follows.
 *
 * Return: 1; 0 at the end; or a negated errno, -EBADMSG for what is no tar
 * archive, corrupted or cut off, and the sentence of tar_why().
 */
int tar_next(struct tar *tar, const struct tar_member **member);

/**
 * tar_peek() - what the body of the last member begins with, without consuming it
 * @want: bytes, at most TAR_BLOCK
 *
 * Return: the number of bytes, fewer only where there are no more; 0 of a sparse
 * file, whose body is a map and parts; or a negated errno, which comes again when
 * the archive is read on.
 */
ssize_t tar_peek(struct tar *tar, size_t want, const uint8_t **data);

/**
 * tar_body() - read from the body of the member that tar_next() gave last
 * Return: how many bytes, 0 at its end; or a negated errno.
 */
ssize_t tar_body(struct tar *tar, void *buf, size_t size);

/**
 * tar_rest() - after the end, read what is left of the source
 * @trailing: bytes that follow the end-of-archive marker from the first that is
 * not zero on; no reader looks at them
 *
 * Return: 0 or why it could not be read.
 */
int tar_rest(struct tar *tar, uint64_t *trailing);

/** tar_why() - the last error in words, with its offset; never NULL */
const char *tar_why(const struct tar *tar);

void tar_close(struct tar *tar);

/**
 * tar_rel() - a path below the archive's root
 * @rel: at least strlen(@path) + 2 bytes: without leading '/', "./", doubled
 * slashes, "." components and a slash at its end; "." for the root itself
 *
 * Return: true where ".." is one of its components, which is kept.
 */
bool tar_rel(const char *path, char *rel);

/** tar_owner() - the ids in the header of an entry that tar_next() gave, not of a
 *  copy of it; UINT32_MAX: not known, or
 *  none that a process can have */
void tar_owner(const struct tar_member *member, uint32_t *uid, uint32_t *gid);

/** tar_chosen() - the copy that counts as the value: @who's, else the first
 *  that any reader applies, else the last; NULL where there is no copy */
const struct tar_copy *tar_chosen(const struct tar_member *member,
				  enum tar_who who);

/** tar_disagree() - would readers give the entry different values, or one of
 *  them none, or do copies differ? */
bool tar_disagree(const struct tar_member *member);

/* -------------------------------- rewriting ------------------------------- */

/** enum tar_action - what becomes of a copy */
enum tar_action { TAR_KEEP, TAR_SET, TAR_DROP };

/** struct tar_value - a value that is to be there */
struct tar_value {
	uint8_t bytes[24];
	size_t size;
};

/**
 * struct tar_change - what is to become of a member
 * @action, @value: for each copy; those of @earlier headers can only be kept
 * @add: the entry's extended headers that have no raw copy, or where there are
 * none a new one, are to state @added, besides what becomes of its copies
 */
struct tar_change {
	enum tar_action *action;
	struct tar_value *value;
	bool add;
	struct tar_value added;
};

/**
 * tar_change_to() - the change that gives an entry one value with all readers
 * @value: NULL: the attribute is removed
 * @change: its arrays have room for all copies of the member
 *
 * All copies of the entry's own become the value, and each extended header of
 * its own states it.
 *
 * Return: NULL, or why it cannot be done: a global header states the attribute
 * for other entries too; or the headers are such that a reader takes none.
 */
const char *tar_change_to(const struct tar_member *member,
			  const struct tar_value *value,
			  struct tar_change *change);

/**
 * tar_put() - write a member with its body
 * @change: NULL: as it is
 * @where: on failure, where the output stands
 *
 * Every byte that need not change is written as it was read. Must be called
 * before the next tar_next(), and at most once a member.
 *
 * Return: 0; or a negated errno: with @source_failed in @where, tar_why() has
 * words, else out_why() does.
 */
struct tar_where {
	bool source_failed;
	bool boundary; /* the output ends where a header could begin */
};
int tar_put(struct tar *tar, const struct tar_member *member,
	    const struct tar_change *change, struct out *out,
	    struct tar_where *where);

/** tar_put_head() - the headers alone, as tar_put() would write them; the body
 *  is the caller's to write */
int tar_put_head(const struct tar_member *member,
		 const struct tar_change *change, struct out *out);

/** tar_put_rest() - after the end: all that is left, as it is */
int tar_put_rest(struct tar *tar, struct out *out, struct tar_where *where);

/**
 * tar_put_broken() - end an output that must not be taken for whole: an
 * extended header whose body is missing, which every reader rejects
 */
int tar_put_broken(struct out *out);

/** tar_put_file() - a plain header of a regular file, for archives of blobs;
 *  the caller writes the body and tar_put_padding() */
int tar_put_file(struct out *out, const char *path, uint64_t size);
int tar_put_padding(struct out *out, uint64_t size);

/** tar_put_marker() - the end-of-archive marker: two zero blocks */
int tar_put_marker(struct out *out);

/* ------------------------------- compression ------------------------------ */

/**
 * tar_codec() - what an archive is compressed with, or NULL
 * @data, @size: its first TAR_BLOCK bytes, or all that there are
 *
 * A block with a right checksum is a header of tar, as it is to GNU tar: its name
 * may begin as compressed data does.
 */
const struct codec *tar_codec(const uint8_t *data, size_t size);

/** tar_decompressed() - in_decompressed() of an archive */
int tar_decompressed(struct in **in, struct in *from, uint64_t limit,
		     const struct codec **codec);

#endif /* TAR_H */
