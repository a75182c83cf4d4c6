/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the lines of a journal. */
#include "change/journal_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int journal_write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

/* A value as 0xHEX, none as "-", one that could not be read as "?". */
static void value_text(const struct change_value *value,
		       char text[JOURNAL_VALUE_SIZE])
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t size;

	if (value->have != CHANGE_VALUE ||
	    vfscap_encode(&value->cap, bytes, sizeof(bytes), &size)) {
		strcpy(text, value->have == CHANGE_NONE ? "-" : "?");
		return;
	}
	strcpy(text, "0x");
	form_hex(bytes, size, text + 2);
}

/* One line; its end is the only newline in it. */
static int put_line(FILE *out, const struct journal_entry *e, const char *state)
{
	char old[JOURNAL_VALUE_SIZE], new[JOURNAL_VALUE_SIZE],
		generation[24] = "-";
	char *path = malloc(FORM_PATH_SIZE(strlen(e->path)));

	if (!path)
		return -ENOMEM;
	form_path(e->path, path);
	value_text(&e->old, old);
	value_text(&e->new, new);
	if (e->generation >= 0)
		snprintf(generation, sizeof(generation), "%" PRId64,
			 e->generation);
	fprintf(out, "file\t%s\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t%s\t%s\n",
		path, e->dev, e->ino, generation, old, new, state);
	free(path);
	return 0;
}

/* The lines of all entries; NULL: no memory. */
static char *lines_of(const struct journal_entry *entry, size_t count,
		      const char *state, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);
	int error = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < count && !error; i++)
		error = put_line(out, &entry[i], state);
	if (fclose(out) == 0 && !error)
		return text;
	free(text);
	return NULL;
}

/* What was written when no more would go: whole lines stay, half a line would
 * spoil the next and is taken back. How many bytes stay? */
static size_t keep_whole_lines(int fd, const char *text, off_t before)
{
	off_t after = lseek(fd, 0, SEEK_END);
	size_t whole = after > before ? (size_t)(after - before) : 0;

	while (whole && text[whole - 1] != '\n')
		whole--;
	if (ftruncate(fd, before + (off_t)whole) != 0)
		return whole; /* a last line without its end is cut off later */
	return whole;
}

static size_t count_lines(const char *text, size_t size)
{
	size_t lines = 0;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	return lines;
}

/* @lines: how many are written now. After an error nothing more is. */
static int append(struct journal *j, const char *text, size_t size,
		  size_t *lines)
{
	off_t before = lseek(j->fd, 0, SEEK_END);

	j->dead = before < 0 ? -errno : journal_write_all(j->fd, text, size);
	if (j->dead)
		size = before < 0 ? 0 : keep_whole_lines(j->fd, text, before);
	*lines = count_lines(text, size);
	return j->dead;
}

static int write_lines(struct journal *j, const struct journal_entry *entry,
		       size_t count, const char *state, size_t *written)
{
	size_t size;
	char *text;
	int error;

	*written = 0;
	if (j->dead)
		return j->dead;
	text = lines_of(entry, count, state, &size);
	error = text ? append(j, text, size, written) : -ENOMEM;
	free(text);
	return error;
}

int journal_note(struct journal *j, const struct journal_entry *entry,
		 size_t count, size_t *noted)
{
	int error = 0;

	*noted = count;
	if (j->fd >= 0)
		error = write_lines(j, entry, count, "change", noted);
	if (j->fd >= 0 && *noted && fdatasync(j->fd) != 0) {
		error = j->dead = -errno;
		*noted = 0;
	}
	for (size_t i = 0; i < *noted; i++)
		if (journal_remember(j, &entry[i], strdup(entry[i].path))) {
			*noted = i;
			return -ENOMEM;
		}
	return error;
}

int journal_remark(struct journal *j, const struct journal_entry *e,
		   const char *state)
{
	size_t written;

	return j->fd < 0 ? 0 : write_lines(j, e, 1, state, &written);
}
