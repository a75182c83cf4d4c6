/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tar archives in memory, built and read. */
#ifndef VFSCAP_TESTS_ARCHIVED_H
#define VFSCAP_TESTS_ARCHIVED_H

#include "streamed.h"
#include "tar/parts.h"

#define SCHILY TAR_SCHILY
#define LIBARCHIVE TAR_LIBARCHIVE

/** value_a, value_b, value_long - 20, 20 and 24 bytes, all different */
extern const struct tar_value value_a, value_b, value_long;

/* -------------------------------- building -------------------------------- */

/** add_bytes(), add_zeros() - at the end of @b */
void add_bytes(struct bytes *b, const void *data, size_t size);
void add_zeros(struct bytes *b, size_t size);

/** add_header() - a header of POSIX; its checksum is right */
void add_header(struct bytes *b, char type, const char *name, uint64_t size);

/** last_header() - the header that was added last, to be changed: tar_put_sum()
 *  it then */
uint8_t *last_header(struct bytes *b);

/** add_padding() - zeros to the end of the block */
void add_padding(struct bytes *b);

/** add_extended() - an extended header with @body, which is freed */
void add_extended(struct bytes *b, char type, struct bytes body);

/** add_record() - a record at the end of a body of such a header */
void add_record(struct bytes *body, const char *key, const void *value,
		size_t size);

/** add_text() - the same, of a text */
void add_text(struct bytes *body, const char *key, const char *text);

/** add_value() - the same, of the attribute: base64 where the key is
 *  libarchive's, in any spelling */
void add_value(struct bytes *body, const char *key,
	       const struct tar_value *value);

/** add_file() - a regular file whose body is @size bytes */
void add_file(struct bytes *b, const char *name, size_t size);

/** add_capable() - such a file with a value under this key */
void add_capable(struct bytes *b, const char *name, const char *key,
		 const struct tar_value *value, size_t size);

/** add_end() - two blocks of zeros */
void add_end(struct bytes *b);

/* -------------------------------- reading --------------------------------- */

/** struct reading - an archive that is read; reading_close() it */
struct reading {
	int fd;
	struct in *in;
	struct tar *tar;
	const struct tar_member *member;
};

void reading_open(struct reading *r, struct bytes archive);
void reading_close(struct reading *r);

/** reading_next() - tar_next() into @member */
int reading_next(struct reading *r);

/** read_whole() - all members: 1 + how many, or the error; @why: room for its
 *  words, or NULL */
int read_whole(struct bytes archive, char why[256]);

/** refuses() - the archive is refused with words that contain @words; frees
 *  it */
void refuses(struct bytes archive, const char *words);

/* -------------------------------- writing --------------------------------- */

/** decide_fn - fills the change in, or returns false for none */
typedef bool decide_fn(const struct tar_member *member,
		       struct tar_change *change, void *ctx);

/** rewritten() - the archive with what @decide changes of each member; @decide
 *  may be NULL */
struct bytes rewritten(struct bytes archive, decide_fn *decide, void *ctx);

/** copy_is() - has it this value? */
bool copy_is(const struct tar_copy *copy, const struct tar_value *value);

#endif /* VFSCAP_TESTS_ARCHIVED_H */
