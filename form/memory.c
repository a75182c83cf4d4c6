/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams into memory, of which nothing is lost in silence. */
#include "form/form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool grow(struct form_memory *m, size_t size)
{
	size_t room = m->room ? m->room : 256;
	char *more;

	if (size > SIZE_MAX / 4 - m->used)
		return false;
	while (room < m->used + size + 1)
		room *= 2;
	if (room == m->room)
		return true;
	more = realloc(m->text, room);
	if (!more)
		return false;
	m->text = more;
	m->room = room;
	return true;
}

/* What was lost once makes all of it worthless, whoever looks at his fputs(). */
static ssize_t keep(void *memory, const char *bytes, size_t size)
{
	struct form_memory *m = memory;

	if (m->failed || !grow(m, size)) {
		m->failed = true;
		errno = ENOMEM;
		return 0;
	}
	memcpy(m->text + m->used, bytes, size);
	m->used += size;
	return (ssize_t)size;
}

FILE *form_memory_open(struct form_memory *m)
{
	FILE *out;

	*m = (struct form_memory){0};
	out = fopencookie(m, "w", (cookie_io_functions_t){.write = keep});
	if (!out)
		errno = ENOMEM;
	return out;
}

char *form_memory_close(struct form_memory *m, FILE *out)
{
	bool lost = ferror(out);

	lost |= fclose(out) != 0;
	if (lost || m->failed || !grow(m, 0)) {
		free(m->text);
		*m = (struct form_memory){.failed = true};
		errno = ENOMEM;
		return NULL;
	}
	m->text[m->used] = '\0';
	return m->text;
}
