/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON of which nothing is lost for want of memory.
 *
 * jansson forgets some allocations that fail: a string that is read can lack a
 * character, a value that is written or copied a key, and nobody is told.
 */
#ifndef FORM_JSON_H
#define FORM_JSON_H

#include <jansson.h>

/** form_json_text() - as json_dumps(); for free(3) */
char *form_json_text(const json_t *json, size_t flags);

/** form_json_read() - as json_loadb(); errno is ENOMEM where there was no memory,
 *  otherwise 0 */
json_t *form_json_read(const char *text, size_t size, size_t flags,
		       json_error_t *error);

/** form_json_copy() - as json_deep_copy() */
json_t *form_json_copy(const json_t *json);

/** form_json_alike() - a key of an object that is not @key, but is to readers that
 *  do not tell upper from lower case, as those written in Go; NULL: none */
const char *form_json_alike(const json_t *object, const char *key);

#endif
