/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that a directory holds: kept, compared, and brought back. */
#ifndef VFSCAP_TESTS_FAULTS_STATE_H
#define VFSCAP_TESTS_FAULTS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** STATE_VALUE - more bytes than a value of the attribute has here */
#define STATE_VALUE 64

/**
 * struct state_file - one file or directory
 * @path:	below the directory
 * @byte:	its content, @size bytes; NULL for a directory
 * @varies:	which bytes are not compared, such as times; NULL: none
 * @value:	its attribute, @value_size bytes, or -1: it has none
 */
struct state_file {
	char *path;
	mode_t mode;
	uint8_t *byte;
	bool *varies;
	size_t size;
	uint8_t value[STATE_VALUE];
	ssize_t value_size;
};

/** struct state - the files of a directory, sorted by their paths */
struct state {
	struct state_file *file;
	size_t files, room;
};

/** state_read() - all that @dir holds */
void state_read(struct state *s, const char *dir);
void state_free(struct state *s);

/** state_find() - one of its files, or NULL */
const struct state_file *state_find(const struct state *s, const char *path);

/** state_same() - the same kind, content and value? Either may be NULL. */
bool state_same(const struct state_file *a, const struct state_file *b);

/**
 * state_restore() - make a directory what it was, changing what differs alone
 *
 * Files that are still there stay the same inodes.
 */
void state_restore(const struct state *s, const char *dir);

/** state_vary() - what differs between @s and @other varies from run to run */
void state_vary(struct state *s, const struct state *other);

#endif
