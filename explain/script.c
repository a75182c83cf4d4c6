/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The "#!" line of a script, as the kernel reads it. Pure. */
#include "explain/explain.h"

#include <errno.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t skip_blanks(const char *head, size_t at, size_t end)
{
	while (at < end && is_blank(head[at]))
		at++;
	return at;
}

static size_t find_end(const char *head, size_t at, size_t end)
{
	while (at < end && head[at] && !is_blank(head[at]))
		at++;
	return at;
}

/* Where the line ends, or 0: a name that goes on behind the window is not run,
 * though kernels before 5.1 cut it. */
static size_t line_end(const char *head, size_t window)
{
	const char *newline = memchr(head, '\n', strnlen(head, window));
	size_t name;

	if (newline)
		return (size_t)(newline - head);
	if (window < EXPLAIN_HEAD)
		return window - 1;
	name = skip_blanks(head, 2, window);
	return find_end(head, name, window) < window ? window : 0;
}

/* A name of no character, behind which is a zero byte and not the end of the
 * line: the kernel opens it and has the working directory. */
static bool is_empty_name(const char *head, size_t name, size_t end,
			  size_t window)
{
	return window == EXPLAIN_HEAD && name < end && name < window - 1 &&
	       !head[name];
}

int script_interpreter(const char head[EXPLAIN_HEAD], size_t window,
		       char path[EXPLAIN_HEAD])
{
	size_t end, name, name_end;

	if (memcmp(head, "#!", 2) != 0)
		return 0;
	end = line_end(head, window);
	name = skip_blanks(head, 2, end);
	name_end = find_end(head, name, end);
	if (name >= name_end)
		return is_empty_name(head, name, end, window) ? -EACCES
							      : -ENOEXEC;
	memcpy(path, head + name, name_end - name);
	path[name_end - name] = '\0';
	return 1;
}
