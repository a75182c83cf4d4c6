/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fixtures: files beside the tests, most of them tables of tab-separated text. */
#include "tsv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 1, 2), noreturn)) static void
die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("fixture ", stderr);
	vfprintf(stderr, format, args);
	fputs("\n", stderr);
	va_end(args);
	exit(EXIT_FAILURE);
}

static void *allocate(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p)
		die("of %zu bytes: %s", count * size, strerror(errno));
	return p;
}

/* -------------------------------- files ---------------------------------- */

char *fixture_read(const char *name, size_t *size)
{
	const char *dir = getenv("VFSCAP_FIXTURES");
	char path[4096];
	FILE *file;
	char *text;
	long end;

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "tests/fixtures",
		 name);
	file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) != 0 || (end = ftell(file)) < 0)
		die("%s: %s", path, strerror(errno));
	rewind(file);
	*size = (size_t)end;
	text = allocate(*size + 1, 1);
	if (fread(text, 1, *size, file) != *size)
		die("%s: %s", path, strerror(errno));
	fclose(file);
	return text;
}

/* -------------------------------- tables --------------------------------- */

static size_t count(const char *text, char c)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

/* One line: *text moves to the next, and as many fields as it has are left
 * behind, each with a NUL. */
static size_t cut_line(char **text, const char **field)
{
	char *at = *text, *end = strchr(at, '\n');
	size_t n = 0;

	*end = '\0';
	*text = end + 1;
	do {
		field[n++] = strsep(&at, "\t");
	} while (at);
	return n;
}

void tsv_load(struct tsv *tsv, const char *name)
{
	size_t size, lines, columns;
	const char **field;
	char *at;

	*tsv = (struct tsv){.name = name, .text = fixture_read(name, &size)};
	at = tsv->text;
	lines = count(at, '\n');
	if (strlen(at) != size || lines < 2 || at[size - 1] != '\n')
		die("%s: not lines of text", name);
	field = allocate(lines + count(at, '\t'), sizeof(*field));
	tsv->field = field;
	for (size_t line = 0; line < lines; line++) {
		columns = cut_line(&at, field);
		if (line && columns != tsv->columns)
			die("%s:%zu: %zu columns", name, line + 1, columns);
		tsv->columns = columns;
		field += columns;
	}
	tsv->rows = lines - 1;
}

void tsv_free(struct tsv *tsv)
{
	free(tsv->field);
	free(tsv->text);
}

const char *tsv_get(const struct tsv *tsv, size_t row, const char *column)
{
	for (size_t i = 0; i < tsv->columns; i++)
		if (strcmp(tsv->field[i], column) == 0 && row < tsv->rows)
			return tsv->field[(row + 1) * tsv->columns + i];
	die("%s: no column %s in row %zu", tsv->name, column, row);
}

/* -------------------------------- fields --------------------------------- */

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static char hex_byte(const char *at)
{
	int high = digit(at[0]), low = high < 0 ? -1 : digit(at[1]);

	if (low < 0)
		die("byte '%.2s': not two hexadecimal digits", at);
	return (char)(high * 16 + low);
}

/* What follows a backslash; *at moves past it. */
static char escaped(const char **at)
{
	static const char letters[] = "tnrvf\\s", meanings[] = "\t\n\r\v\f\\ ";
	char c = *(*at)++;
	const char *letter = c ? strchr(letters, c) : NULL;

	if (letter)
		return meanings[letter - letters];
	if (c != 'x')
		die("escape '\\%c': unknown", c);
	*at += 2;
	return hex_byte(*at - 2);
}

size_t tsv_unescape(const char *field, char *text, size_t size)
{
	size_t used = 0;

	while (*field) {
		char c = *field++;

		if (used + 1 >= size)
			die("field '%s': longer than %zu", field, size - 1);
		text[used++] = c == '\\' ? escaped(&field) : c;
	}
	text[used] = '\0';
	return used;
}

size_t tsv_bytes(const char *field, void *bytes, size_t size)
{
	size_t n = strlen(field) / 2;
	char *b = bytes;

	if (strlen(field) % 2 || n > size)
		die("bytes '%s': odd or longer than %zu", field, size);
	for (size_t i = 0; i < n; i++)
		b[i] = hex_byte(field + 2 * i);
	return n;
}

uint64_t tsv_mask(const char *field)
{
	char *end;
	uint64_t mask = strtoull(field, &end, 16);

	if (end == field || *end)
		die("mask '%s': not a hexadecimal number", field);
	return mask;
}
