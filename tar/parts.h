/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of tar/ share: header blocks and the records of pax. */
#ifndef TAR_PARTS_H
#define TAR_PARTS_H

#include "tar/tar.h"

#include <string.h>

/* Where the fields of a header block are, and how long. */
enum {
	AT_NAME = 0,
	AT_MODE = 100,
	AT_UID = 108,
	AT_GID = 116,
	AT_SIZE = 124,
	AT_MTIME = 136,
	AT_CHECKSUM = 148,
	AT_TYPE = 156,
	AT_LINK = 157,
	AT_MAGIC = 257,
	AT_VERSION = 263,
	AT_PREFIX = 345,
	AT_SPARSE_MORE = 482, /* of an old GNU sparse file: blocks follow */
	AT_BLOCK_MORE = 504,  /* of such a block: another one follows */
	SIZE_NAME = 100,
	SIZE_ID = 8,
	SIZE_LONG = 12,
	SIZE_PREFIX = 155,
	AT_STAR = 508, /* "tar" of star(1), whose prefix is shorter */
	SIZE_STAR_PREFIX = 131,
};

/** tar_number() - a number in octal or in base 256; 0, or -1 where it is none
 *  or does not fit */
int tar_number(const uint8_t *field, size_t size, int64_t *number);

/** tar_put_number() - 11 octal digits, or as @field has it now: 12, in base 256,
 *  with a blank behind them */
void tar_put_number(uint8_t field[SIZE_LONG], uint64_t number);

/** tar_zero() - is the block all zero? */
bool tar_zero(const uint8_t *block);

/** tar_sum_right() - is its checksum right, as an unsigned or a signed sum? */
bool tar_sum_right(const uint8_t *block);

void tar_put_sum(uint8_t *block);

/** tar_posix() - has the block the magic of POSIX, and not that of GNU tar? */
bool tar_posix(const uint8_t *block);

/** tar_padded() - @size up to the end of its block; UINT64_MAX: too large */
uint64_t tar_padded(uint64_t size);

/** struct tar_record - one record of a pax header */
struct tar_record {
	size_t at, size; /* all of it, in the body */
	const char *key;
	size_t key_size;
	const uint8_t *value;
	size_t value_size;
};

/**
 * tar_record() - the record at *@at of a pax header's body
 * Return: 1 with *@at behind it; 0 at the end; -1 where it is malformed.
 */
int tar_record(const uint8_t *body, size_t size, size_t *at,
	       struct tar_record *record);

/** tar_record_is() - is it the record of that key? Here, so that the length of
 *  a literal is known where it is asked for: that alone tells most apart */
static inline bool tar_record_is(const struct tar_record *record,
				 const char *key)
{
	return record->key_size == strlen(key) &&
	       memcmp(record->key, key, record->key_size) == 0;
}

/** tar_record_of() - does it state the attribute? Its key, or NULL */
const char *tar_record_of(const struct tar_record *record);

/**
 * tar_base64() - decode as libarchive does, which passes over what is no digit
 * @out: room for @size bytes and 3 more
 * @proper: is it base64 without anything else, padded or not?
 *
 * Return: the number of bytes.
 */
size_t tar_base64(const uint8_t *text, size_t size, uint8_t *out, bool *proper);

/** TAR_RECORD_SIZE - room for a record of a key of @k bytes and a value of
 *  @v bytes */
#define TAR_RECORD_SIZE(k, v) ((k) + (v) + 24)

/** tar_record_put() - write a record; returns its size */
size_t tar_record_put(uint8_t *out, const char *key, size_t key_size,
		      const uint8_t *value, size_t value_size);

/** tar_put_zeros() - up to two blocks of zero bytes */
int tar_put_zeros(struct out *out, uint64_t size);

/** enum tar_say - who says a name besides the entry's own header, in the order in
 *  which they win */
enum tar_say {
	TAR_SAY_RECORD,	 /* path or linkpath of the last extended header */
	TAR_SAY_SPARSE,	 /* its GNU.sparse.name */
	TAR_SAY_EARLIER, /* an extended header before it */
	TAR_SAY_LONG,	 /* a long name of GNU tar */
	TAR_SAYS,
};

/** struct tar_names - what is said about one name; tar_names_forget() it */
struct tar_names {
	char *said[TAR_SAYS];
	bool any; /* most entries have a header alone */
};

void tar_names_forget(struct tar_names *names);

/**
 * tar_names_say() - one more statement, without a NUL in it
 * Return: 0, -ENOMEM, or -EEXIST where readers would choose another one.
 */
int tar_names_say(struct tar_names *names, enum tar_say who, const void *bytes,
		  size_t size);

/** tar_names_again() - another extended header begins; 0 or -EEXIST */
int tar_names_again(struct tar_names *names);

/**
 * tar_names_take() - what is said, and forget the rest
 * @header: what the entry's own header says
 * @taken: what it held is freed; NULL where nothing but @header says a name
 *
 * Return: 0, or -EEXIST where readers would name the entry differently.
 */
int tar_names_take(struct tar_names *names, const char *header, char **taken);

/** tar_apply() - decide for each copy of a member which readers apply it */
void tar_apply(struct tar_copy *copy, size_t copies,
	       const struct tar_part *part, size_t parts);

#endif /* TAR_PARTS_H */
