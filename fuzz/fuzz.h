/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets share: archives in memory, and what is in them. */
#ifndef VFSCAP_FUZZ_H
#define VFSCAP_FUZZ_H

#include "tar/parts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** FUZZ_MAX - longer inputs find nothing more */
#define FUZZ_MAX (1 << 17)

/** must() - what has to hold; the fuzzer keeps the input where it does not */
#define must(ok)                                            \
	do {                                                \
		if (!(ok))                                  \
			must_fail(__FILE__, __LINE__, #ok); \
	} while (0)
void must_fail(const char *file, int line, const char *what)
	__attribute__((noreturn));

/* What the fuzzer calls, and what it has for custom mutators. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
			       unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

/** archive_mutate() - a change after which most archives still are one */
size_t archive_mutate(uint8_t *data, size_t size, size_t room, unsigned seed);

/** memory_file() - an open file of these bytes, without a name */
int memory_file(const void *data, size_t size);

/** memory_pipe() - a pipe with these bytes in it; at most FUZZ_MAX */
int memory_pipe(const void *data, size_t size);

/** FD_PATH_SIZE, fd_path() - a path that opens what a descriptor is */
#define FD_PATH_SIZE 40
void fd_path(int fd, char path[FD_PATH_SIZE]);

/** struct take - an input that is consumed; what it lacks is zero */
struct take {
	const uint8_t *data;
	size_t size;
};

uint64_t take_number(struct take *take, size_t size);

/** take_text() - up to the next NUL, or all; free() it */
char *take_text(struct take *take);

/** struct archive_in - an archive in memory, to be read */
struct archive_in {
	int fd;
	struct in *in;
	struct tar *tar;
};

/** archive_in_open() - @piped: as from a pipe, which cannot be sought; at most
 *  FUZZ_MAX bytes */
void archive_in_open(struct archive_in *a, const uint8_t *data, size_t size,
		     bool piped);
void archive_in_close(struct archive_in *a);

/** struct text - bytes that grow; free() them */
struct text {
	uint8_t *bytes;
	size_t size, room;
};

void text_add(struct text *t, const void *bytes, size_t size);
bool text_equal(const struct text *a, const struct text *b);

/** describe() - all of a member */
void describe(struct text *t, const struct tar_member *m);

/** describe_entry() - what is no part of its copies: two lists of members are
 *  alike where this is the same */
void describe_entry(struct text *t, const struct tar_member *m);

#endif /* VFSCAP_FUZZ_H */
