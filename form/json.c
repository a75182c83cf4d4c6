/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of which nothing is lost for want of memory. */
#include "form/json.h"

#include <errno.h>
#include <stdbool.h>
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
