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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
