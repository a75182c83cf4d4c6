/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a journal of blocks: it may be cut off, and be anything. */
#include "change/blocks_parts.h"
#include "form/form.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* struct reading - a journal while it is read */
struct reading {
	struct blocks_journal *j;
	FILE *parameters;
	size_t number; /* of the line */
	bool ended;    /* the line "end" was there */
};

static bool read_image(struct reading *r, char *rest)
{
	char *path = strsep(&rest, "\t");
	size_t size;

	if (r->j->path || !rest || !journal_number(rest, &r->j->size))
		return false;
	size = form_unescape(path, strlen(path), path);
	path[size] = '\0';
	r->j->path = strdup(path);
	return r->j->path && path[0] == '/' && strlen(path) == size;
}

/* @size bytes from exactly as many digits, in place. */
static bool read_hex(char *text, size_t size)
{
	return text && strlen(text) == 2 * size &&
	       form_bytes(text, 2 * size, true, false, (uint8_t *)text) ==
		       (ssize_t)size;
}

static bool read_block(struct reading *r, char *rest)
{
	char *at = strsep(&rest, "\t"), *size = strsep(&rest, "\t"),
	     *old = strsep(&rest, "\t");
	uint64_t place, bytes;

	if (!rest || !journal_number(at, &place) ||
	    !journal_number(size, &bytes) || bytes > strlen(old) ||
	    !read_hex(old, (size_t)bytes) || !read_hex(rest, (size_t)bytes))
		return false;
	return blocks_add(r->j, place, (uint8_t *)old, (uint8_t *)rest,
			  (size_t)bytes) == 0;
}

static bool read_end(struct reading *r, const char *rest)
{
	uint64_t count;

	r->ended = r->j->path && journal_number(rest, &count) &&
		   count == r->j->list.count;
	r->j->state = BLOCKS_BEGUN;
	return r->ended;
}

/* What follows the name of a line, or NULL. */
static char *after(char *line, const char *name)
{
	size_t len = strlen(name);

	return strncmp(line, name, len) == 0 ? line + len : NULL;
}

static bool read_state(struct reading *r, const char *line)
{
	if (!r->ended)
		return false;
	if (strcmp(line, "done") == 0)
		r->j->state = BLOCKS_DONE;
	else if (strcmp(line, "undone") == 0)
		r->j->state = BLOCKS_UNDONE;
	else
		return false;
	return true;
}

static bool take_line(struct reading *r, char *line)
{
	char *rest;

	if (r->number == 1)
		return strncmp(line, BLOCKS_MAGIC, strlen(BLOCKS_MAGIC) - 1) ==
			       0 &&
		       strlen(line) == strlen(BLOCKS_MAGIC) - 1;
	if (r->ended)
		return read_state(r, line);
	if (after(line, "param\t"))
		return fprintf(r->parameters, "%s\n", line) > 0;
	if ((rest = after(line, "image\t")))
		return read_image(r, rest);
	if ((rest = after(line, "block\t")))
		return r->j->path && read_block(r, rest);
	rest = after(line, "end\t");
	return rest && read_end(r, rest);
}

/* A last line without its end was never finished; a file of one such line is a
 * journal if it can become one. */
static bool cut_right(const struct reading *r, const char *line, size_t size)
{
	return r->number > 1 || (size < strlen(BLOCKS_MAGIC) &&
				 memcmp(line, BLOCKS_MAGIC, size) == 0);
}

static int read_lines(struct reading *r, FILE *file, char why[JOURNAL_WHY_SIZE])
{
	char *line = NULL;
	size_t room = 0;
	int error = 0;
	ssize_t n;

	while (!error && (n = journal_line(file, &line, &room)) != 0) {
		bool whole = n > 0 && line[n - 1] == '\n';

		r->number++;
		if (n > 0 && !whole && cut_right(r, line, (size_t)n))
			break;
		if (whole)
			line[n - 1] = '\0';
		if (!whole || strlen(line) != (size_t)n - 1 ||
		    !take_line(r, line))
			error = journal_fail(why,
					     "line %zu is none of a journal of "
					     "an image",
					     r->number);
	}
	free(line);
	return error;
}

static int read_file(struct blocks_journal *j, FILE *file,
		     char why[JOURNAL_WHY_SIZE])
{
	struct reading r = {.j = j};
	struct form_memory memory;
	int error;

	r.parameters = form_memory_open(&memory);
	if (!r.parameters)
		return journal_fail(why, "no memory");
	error = read_lines(&r, file, why);
	j->parameters = form_memory_close(&memory, r.parameters);
	if (!j->parameters)
		error = journal_fail(why, "no memory");
	return error;
}

int blocks_parse(struct blocks_journal *j, int fd, char why[JOURNAL_WHY_SIZE])
{
	FILE *file = journal_stream(fd);
	int error;

	*j = (struct blocks_journal){0};
	if (!file)
		return journal_fail(why, "no memory");
	error = read_file(j, file, why);
	fclose(file);
	if (error)
		blocks_free(j);
	return error;
}

bool blocks_is(int fd)
{
	char begin[sizeof(BLOCKS_MAGIC)];
	const ssize_t size = sizeof(BLOCKS_MAGIC) - 1;

	return pread(fd, begin, (size_t)size, 0) == size &&
	       memcmp(begin, BLOCKS_MAGIC, (size_t)size) == 0;
}
