/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stores of images made of an input, which is text: files, each after a line
 * "%% NAME". Of a file whose NAME is a digit, the name is that of its blob, and
 * "@N" in files after it is its digest, "#N" its size: nothing that was changed
 * at random has right ones.
 */
#ifndef VFSCAP_FUZZ_STORES_H
#define VFSCAP_FUZZ_STORES_H

#include "fuzz.h"
#include "oci/oci.h"

#define STORE_FILES 16
#define STORE_PATH_SIZE 64

/** struct store_file - one of them, its name as it lies in the store */
struct store_file {
	char name[128];
	struct text text;
};

struct store_files {
	struct store_file file[STORE_FILES];
	size_t count;
	char digest[10][DIGEST_SIZE];
	size_t size[10];
	int fd; /* of the archive, or -1 */
};

/** store_files() - those of an input; false where there are none, or where two
 *  have one name */
bool store_files(struct store_files *files, const uint8_t *data, size_t size);

/** store_archive_of() - an archive of them, without a name */
void store_archive_of(struct store_files *files, char path[STORE_PATH_SIZE]);

/** store_directory_of() - a directory with them, always the same; NULL where a
 *  name cannot be one there */
const char *store_directory_of(struct store_files *files);

void store_forget(struct store_files *files);

#endif /* VFSCAP_FUZZ_STORES_H */
