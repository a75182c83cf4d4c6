/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a journal, which is not trusted to be one. */
#include "change/journal_parts.h"
#include "form/form.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOT_A_JOURNAL "not a journal of fcapconvert"

enum field { PATH, DEV, INODE, GENERATION, OLD, NEW, STATE, FIELDS };

/* Fills in @why. */
static int __attribute__((format(printf, 2, 3)))
refuse(char why[CLOSED_WHY_SIZE], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, CLOSED_WHY_SIZE, format, args);
	va_end(args);
	return -EBADMSG;
}

bool journal_number(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static bool read_value(const char *text, struct change_value *value)
{
	uint8_t bytes[JOURNAL_VALUE_SIZE];
	ssize_t size;

	*value = (struct change_value){.have = CHANGE_NONE};
	if (strcmp(text, "-") == 0)
		return true;
	value->have = CHANGE_HIDDEN;
	if (strcmp(text, "?") == 0)
		return true;
	if (strlen(text) >= sizeof(bytes))
		return false;
	size = form_bytes(text, strlen(text), false, false, bytes);
	value->have = CHANGE_VALUE;
	return size >= 0 &&
	       vfscap_decode_strict(bytes, (size_t)size, &value->cap) == 0;
}

/* Cut a line at its tabs, in place. */
static bool split(char *line, char *field[FIELDS])
{
	for (int i = 0; i < FIELDS; i++) {
		field[i] = strsep(&line, "\t");
		if (!field[i])
			return false;
	}
	return line == NULL;
}

static bool is_state(const char *text)
{
	return strcmp(text, "change") == 0 || strcmp(text, "failed") == 0 ||
	       strcmp(text, "undone") == 0;
}

static bool read_entry(char *line, struct journal_entry *e)
{
	char *field[FIELDS];
	uint64_t generation = 0;
	size_t size;

	*e = (struct journal_entry){.generation = -1};
	if (!split(line, field) || !is_state(field[STATE]) ||
	    !journal_number(field[DEV], &e->dev) ||
	    !journal_number(field[INODE], &e->ino) ||
	    !read_value(field[OLD], &e->old) ||
	    !read_value(field[NEW], &e->new))
		return false;
	if (strcmp(field[GENERATION], "-") != 0) {
		if (!journal_number(field[GENERATION], &generation) ||
		    generation > UINT32_MAX)
			return false;
		e->generation = (int64_t)generation;
	}
	size = form_unescape(field[PATH], strlen(field[PATH]), field[PATH]);
	field[PATH][size] = '\0';
	e->path = field[PATH];
	return strlen(e->path) == size && e->path[0] == '/';
}

ssize_t journal_line(FILE *file, char **line, size_t *room)
{
	size_t used = 0;
	int c = 0;

	while (c != '\n' && (c = getc_unlocked(file)) != EOF) {
		if (used + 1 >= *room) {
			size_t more = *room ? 2 * *room : 512;
			char *bigger = more > JOURNAL_LINE_MAX
					       ? NULL
					       : realloc(*line, more);

			if (!bigger)
				return -1;
			*line = bigger;
			*room = more;
		}
		(*line)[used++] = (char)c;
	}
	if (used)
		(*line)[used] = '\0';
	return ferror(file) ? -1 : (ssize_t)used;
}

static int take_file(struct journal_lines *l, char *rest, size_t number,
		     char why[CLOSED_WHY_SIZE])
{
	struct journal_entry e;

	if (read_entry(rest, &e))
		return l->entry(l->ctx, &e);
	return refuse(why, "line %zu: malformed", number);
}

/* Without its newline. */
static int take_line(struct journal_lines *l, FILE *collected, char *line,
		     size_t number, char why[CLOSED_WHY_SIZE])
{
	if (strncmp(line, "param\t", 6) == 0)
		fprintf(collected, "%s\n", line);
	else if (strncmp(line, "file\t", 5) == 0)
		return take_file(l, line + 5, number, why);
	else if (number == 1 && strcmp(line, "# vfscap journal 1") != 0)
		return refuse(why, NOT_A_JOURNAL);
	return 0;
}

/*
 * All lines: those of parameters are collected, those of files handed over. A
 * last line without its newline was never finished, and its change not begun.
 */
static int read_lines(struct journal_lines *l, FILE *file, FILE *collected,
		      char why[CLOSED_WHY_SIZE])
{
	char *line = NULL;
	size_t room = 0, number = 0;
	int error = 0;
	ssize_t n;

	while (!error && (n = journal_line(file, &line, &room)) != 0) {
		number++;
		if (n < 0) {
			error = refuse(why,
				       "line %zu: too long, or it cannot be "
				       "read",
				       number);
			break;
		}
		l->size += n;
		if (line[n - 1] != '\n')
			break;
		l->whole += n;
		line[n - 1] = '\0';
		error = strlen(line) == (size_t)n - 1
				? take_line(l, collected, line, number, why)
				: refuse(why, "line %zu: a NUL in it", number);
	}
	free(line);
	return error;
}

static int read_file(struct journal_lines *l, FILE *file,
		     char why[CLOSED_WHY_SIZE])
{
	struct form_memory memory;
	FILE *collected = form_memory_open(&memory);
	int error;

	if (!collected)
		return -ENOMEM;
	error = read_lines(l, file, collected, why);
	l->parameters = form_memory_close(&memory, collected);
	if (!l->parameters)
		return -ENOMEM;
	if (!error && l->whole < (off_t)strlen(JOURNAL_MAGIC))
		error = refuse(why, NOT_A_JOURNAL);
	return error;
}

FILE *journal_stream(int fd)
{
	int copy = dup(fd);
	FILE *file = copy < 0 ? NULL : fdopen(copy, "r");

	if (copy >= 0 && !file)
		close(copy);
	return file;
}

int journal_parse(struct journal_lines *l, int fd, char why[CLOSED_WHY_SIZE])
{
	FILE *file = journal_stream(fd);
	int error;

	if (!file)
		return -ENOMEM;
	error = read_file(l, file, why);
	fclose(file);
	return error;
}
