/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mountinfo: lines as the kernel writes them are mounts of their type, in their
 * order, where the line says; other lines are passed over.
 */
#include "form/form.h"
#include "fuzz.h"
#include "scan/scan.h"

#include <stdlib.h>

#define FIELDS 32

/* Field by field, where a line is what the kernel writes: the mount point, or
 * NULL; @type is set. */
static char *point_of(char *line, char **type)
{
	char *field[FIELDS], *rest = line, *end;
	size_t n = 0, dash = 6;

	while (n < FIELDS && (field[n] = strsep(&rest, " ")))
		if (!*field[n++] || (n < 7 && strcmp(field[n - 1], "-") == 0))
			return NULL;
	while (dash < n && strcmp(field[dash], "-") != 0)
		dash++;
	if (n == FIELDS || dash + 3 >= n || strlen(field[dash + 1]) > 31 ||
	    strlen(field[5]) > 255)
		return NULL;
	for (int i = 0; i < 2; i++) {
		strtoull(field[i], &end, 10);
		if (*end || *field[i] < '0' || *field[i] > '9')
			return NULL;
	}
	*type = field[dash + 1];
	n = form_unescape(field[4], strlen(field[4]), field[4]);
	field[4][n] = '\0';
	return field[4];
}

static bool found(const struct scan_mounts *mounts, const char *type,
		  const char *point)
{
	const char *at;
	size_t next = 0;

	while ((at = scan_mounts_of(mounts, type, &next)))
		if (strcmp(at, point) == 0)
			return true;
	return false;
}

/* A line that has white space within a field is none of the kernel's. */
static void check_line(const struct scan_mounts *mounts, const char *bytes,
		       size_t size)
{
	char *line = strndup(bytes, size), *type, *point;

	must(line);
	if (strlen(line) == size && !strpbrk(line, "\t\v\f\r\n") &&
	    (point = point_of(line, &type)))
		must(found(mounts, type, point));
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *newline;
	struct scan_mounts mounts;
	FILE *file = fdopen(memory_file(data, size), "r");

	must(file && scan_mounts_parse(&mounts, file) == 0);
	fclose(file);
	for (; at < end; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		newline = newline ? newline : end;
		check_line(&mounts, at, (size_t)(newline - at));
	}
	must(!scan_mounts_idmapped(&mounts, -1));
	scan_mounts_free(&mounts);
	return 0;
}
