/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a journal, which is not trusted to be one. */
#include "change/journal_parts.h"
#include "form/form.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum field { PATH, DEV, INODE, GENERATION, OLD, NEW, STATE, FIELDS };

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

/*
 * All lines: those of parameters are collected, those of files remembered. A
 * last line without its newline was never finished, and its change not begun.
 */
/* 16 MiB hold a path of a million components. */
#define LINE_MAX_SIZE (16 << 20)

ssize_t journal_line(FILE *file, char **line, size_t *room)
{
	size_t used = 0;
	int c = 0;

	while (c != '\n' && (c = getc_unlocked(file)) != EOF) {
		if (used + 1 >= *room) {
			size_t more = *room ? 2 * *room : 512;
			char *bigger = more > LINE_MAX_SIZE
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

static int read_lines(struct journal *j, FILE *file, char **parameters,
		      char why[JOURNAL_WHY_SIZE])
{
	struct form_memory memory;
	FILE *collected = form_memory_open(&memory);
	char *line = NULL;
	size_t room = 0, number = 0;
	int error = 0;
	ssize_t n;

	if (!collected)
		return journal_fail(why, "no memory");
	while (!error && (n = journal_line(file, &line, &room)) != 0) {
		struct journal_entry e;

		if (n < 0) {
			error = journal_fail(
				why,
				"line %zu: too long, or it cannot be "
				"read",
				number + 1);
			break;
		}

		number++;
		j->size += n;
		if (line[n - 1] != '\n')
			break;
		j->whole += n;
		line[n - 1] = '\0';
		if (strlen(line) != (size_t)n - 1)
			error = journal_fail(why, "line %zu: a NUL in it",
					     number);
		else if (strncmp(line, "param\t", 6) == 0)
			fprintf(collected, "%s\n", line);
		else if (strncmp(line, "file\t", 5) == 0 &&
			 !read_entry(line + 5, &e))
			error = journal_fail(why, "line %zu: malformed",
					     number);
		else if (strncmp(line, "file\t", 5) == 0 &&
			 journal_remember(j, &e, strdup(e.path)))
			error = journal_fail(why, "no memory");
		else if (number == 1 && strcmp(line, "# vfscap journal 1"))
			error = journal_fail(why,
					     "not a journal of fcapconvert");
	}
	free(line);
	*parameters = form_memory_close(&memory, collected);
	if (!*parameters)
		error = journal_fail(why, "no memory");
	return error;
}

int journal_read(struct journal *j, int fd, char **parameters,
		 char why[JOURNAL_WHY_SIZE])
{
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	int error;

	*j = (struct journal){.fd = -1};
	*parameters = NULL;
	if (!file && fd >= 0)
		close(fd);
	if (!file)
		return journal_fail(why, "%s", strerror(fd < 0 ? -fd : ENOMEM));
	error = read_lines(j, file, parameters, why);
	if (!error && j->whole < (off_t)strlen(JOURNAL_MAGIC))
		error = journal_fail(why, "not a journal of fcapconvert");
	fclose(file);
	if (error)
		journal_close(j);
	return error;
}

int journal_load_fd(struct journal *j, int fd, char why[JOURNAL_WHY_SIZE])
{
	char *parameters;
	int error = journal_read(j, dup(fd), &parameters, why);

	free(parameters);
	return error;
}
