/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fixtures: files beside the tests, most of them tables of tab-separated text. */
#ifndef VFSCAP_TESTS_TSV_H
#define VFSCAP_TESTS_TSV_H

#include <stddef.h>
#include <stdint.h>

/*
 * A fixture that cannot be read as it should leaves a suite nothing to test, so
 * all that is here prints what is wrong and exits. Fixtures are looked for in
 * the directory that VFSCAP_FIXTURES names, else in tests/fixtures.
 */

/** struct tsv - a table; its first line names the columns */
struct tsv {
	const char *name;
	char *text;	    /* the file, cut into fields */
	const char **field; /* row by row, the heading first */
	size_t columns;
	size_t rows; /* without the heading */
};

/** tsv_load() - read a table that has at least one row */
void tsv_load(struct tsv *tsv, const char *name);

void tsv_free(struct tsv *tsv);

/**
 * tsv_get() - one field, as it stands in the file
 * @row: counted from 0, as check counts a loop test
 * @column: its heading
 */
const char *tsv_get(const struct tsv *tsv, size_t row, const char *column);

/**
 * tsv_unescape() - the text that a field means
 * @text: where to, NUL-terminated
 * @size: the size of @text
 *
 * Escapes are \t \n \r \v \f \\ \xHH, and \s for a blank.
 *
 * Return: the length of the text.
 */
size_t tsv_unescape(const char *field, char *text, size_t size);

/**
 * tsv_bytes() - the bytes that a field of hexadecimal digits means
 *
 * Return: how many there are.
 */
size_t tsv_bytes(const char *field, void *bytes, size_t size);

/** tsv_mask() - the number that a field of hexadecimal digits means */
uint64_t tsv_mask(const char *field);

/**
 * fixture_read() - a whole file
 * @size: its size; a NUL, not counted, follows
 *
 * Return: memory to free.
 */
char *fixture_read(const char *name, size_t *size);

#endif /* VFSCAP_TESTS_TSV_H */
