/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of which nothing is lost for want of memory. */
#include "form/json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* An allocation failed since begin(). */
static _Thread_local bool lost;

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	lost |= !memory;
	return memory;
}

/* What malloc() gave before is free()d as well. */
static void begin(void)
{
	json_set_alloc_funcs(allocate, free);
	lost = false;
}

static json_t *whole(json_t *json)
{
	errno = lost ? ENOMEM : 0;
	if (!lost)
		return json;
	json_decref(json);
	return NULL;
}

char *form_json_text(const json_t *json, size_t flags)
{
	char *text;

	begin();
	text = json_dumps(json, flags);
	if (!lost)
		return text;
	free(text);
	return NULL;
}

json_t *form_json_read(const char *text, size_t size, size_t flags,
		       json_error_t *error)
{
	json_t *json;

	begin();
	json = whole(json_loadb(text, size, flags, error));
	if (lost && error)
		strcpy(error->text, "no memory");
	return json;
}

json_t *form_json_copy(const json_t *json)
{
	begin();
	return whole(json_deep_copy(json));
}

/* ---------------------------------- keys ---------------------------------- */

/* The next character in lower case, and how many bytes it has: outside of ASCII
 * the long s and the sign for kelvin have letters of ASCII there. */
static char folded(const char *at, size_t *size)
{
	*size = 1;
	if (*at >= 'A' && *at <= 'Z')
		return (char)(*at - 'A' + 'a');
	if (strncmp(at, "\xc5\xbf", 2) == 0) {
		*size = 2;
		return 's';
	}
	if (strncmp(at, "\xe2\x84\xaa", 3) == 0) {
		*size = 3;
		return 'k';
	}
	return *at;
}

static bool alike(const char *a, const char *b)
{
	size_t size_a, size_b;

	while (*a && folded(a, &size_a) == folded(b, &size_b)) {
		a += size_a;
		b += size_b;
	}
	return !*a && !*b;
}

const char *form_json_alike(const json_t *object, const char *key)
{
	json_t *of = (json_t *)(uintptr_t)object; /* it is not changed */

	for (void *at = json_object_iter(of); at;
	     at = json_object_iter_next(of, at)) {
		const char *other = json_object_iter_key(at);

		if (strcmp(other, key) != 0 && alike(other, key))
			return other;
	}
	return NULL;
}
