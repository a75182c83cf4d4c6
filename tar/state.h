/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tar stream while it is read: what the files that read it share. */
#ifndef TAR_STATE_H
#define TAR_STATE_H

#include "tar/parts.h"

/** struct global - the last statement of a key in global headers so far */
struct global {
	const char *key;
	uint8_t *value;
	size_t size;
	bool base64, broken;
};

enum { GLOBALS = 2 };

struct tar {
	struct in *in;
	struct tar_member member;
	uint64_t body; /* of the last member, still in the source */
	uint64_t padding;
	bool size_said; /* an extended header says the entry's size */
	uint64_t size;
	bool extended; /* there was an extended header so far */
	bool inserted; /* in the output there is one, where the input had none */
	bool vouched;  /* where the source ends, the archive ends */
	bool unmarked;

	uint8_t *head;
	size_t head_room;
	struct tar_part *part;
	size_t part_room;
	struct tar_copy *copy;
	size_t copy_room;
	uint8_t *decoded; /* values that were base64, one after another */
	size_t decoded_size, decoded_room;
	/* What the member's own header says of its names, and what others do. */
	char own_path[SIZE_PREFIX + 1 + SIZE_NAME + 1];
	char own_link[SIZE_NAME + 1];
	char *path, *link;
	struct tar_names paths, links; /* what its headers say of these */
	bool sparse; /* an extended header has more of a sparse file than its
		      * name */

	struct global global[GLOBALS];
	char why[240];
};

/** tar_fail() - a sentence for tar_why(), with the offset; returns @error */
int tar_fail(struct tar *t, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** tar_source_failed(), tar_no_memory() - the same of in_why(), and of memory */
int tar_source_failed(struct tar *t, int error);
int tar_no_memory(struct tar *t);

/** tar_grow() - room for @need elements of @size bytes in an array; 0 or -1 */
int tar_grow(void *array, size_t *room, size_t need, size_t size);

/** tar_take() - take @size bytes over from the source into the head */
int tar_take(struct tar *t, uint64_t size);

/** tar_add_part() - a header is there: its block is @at in the head */
int tar_add_part(struct tar *t, char type, size_t at, size_t body);

/** tar_take_value() - a record that may state the value; @at: where the body of
 *  its header is in the head */
int tar_take_value(struct tar *t, char type, size_t at,
		   const struct tar_record *r);

/** tar_place_copies() - once the head moves no more: where the values are */
void tar_place_copies(struct tar *t);

/** tar_inherit() - copies of what earlier global headers state; 0 or -ENOMEM */
int tar_inherit(struct tar *t);

/** tar_keep_globals() - remember what this member's global headers state */
int tar_keep_globals(struct tar *t);

/** tar_take_extended() - the body of an extended header whose block is in the
 *  head at @header */
int tar_take_extended(struct tar *t, char type, size_t header);

/** tar_take_entry() - the entry's own header, which is in the head at @header */
int tar_take_entry(struct tar *t, size_t header);

/** tar_said_twice() - an entry is named in two ways; @error
 *  is -EBADMSG or -ENOMEM */
int tar_said_twice(struct tar *t, int error);

void tar_forget_names(struct tar *t);

/** tar_padding_there() - the padding of the last body that is in the source */
uint64_t tar_padding_there(struct tar *t);

#endif /* TAR_STATE_H */
