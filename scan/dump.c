/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads dumps of getfattr(1) and of our own reports. */
#include "scan/dump.h"
#include "form/form.h"
#include "form/json.h"
#include "stream/stream.h"
#include "tar/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is never reached, so that what never ends is not taken for a dump: all of
 * it, and a line, which has a path and a value in several forms at most. */
#define TEXT_MAX_SIZE (1 << 30)
#define LINE_MAX_SIZE (16 << 20)

/* As much tells whether it can be a dump; a path can be long. */
#define TELLING_SIZE (1 << 20)

struct text {
	char *bytes; /* NUL-terminated */
	size_t size;
};

void dump_free(struct dump *dump)
{
	for (size_t i = 0; i < dump->count; i++) {
		free(dump->entry[i].path);
		free(dump->entry[i].rel);
		free(dump->entry[i].value);
	}
	free(dump->entry);
	*dump = (struct dump){0};
}

static int fail(struct dump_fault *fault, size_t line, int error,
		const char *why)
{
	*fault = (struct dump_fault){.line = line, .error = error};
	snprintf(fault->why, sizeof(fault->why), "%s", why);
	return -1;
}

static int refuse(struct dump_fault *fault, size_t line, const char *why)
{
	return fail(fault, line, 0, why);
}

static int cannot(struct dump_fault *fault, const char *what)
{
	*fault = (struct dump_fault){.error = errno};
	snprintf(fault->why, sizeof(fault->why), "%s: %s", what,
		 strerror(fault->error));
	return -1;
}

static int no_memory(struct dump_fault *fault)
{
	return fail(fault, 0, ENOMEM, "no memory");
}

static int bad_path(struct dump_fault *fault, size_t line)
{
	return refuse(fault, line, "a path with a NUL in it, or too long");
}

/* "/a", "./a", "a" and "a/" are one path below a root, as of an archive's member.
 * Takes @rel over, where the dump says it. */
static char *below_root(char *rel, const char *path)
{
	const char *from = rel ? rel : path;
	char *out = malloc(strlen(from) + 2);

	if (out)
		tar_rel(from, out);
	free(rel);
	return out;
}

int dump_add(struct dump *dump, char *path, char *rel, uint8_t *value,
	     size_t size, size_t line)
{
	if (dump->count == dump->room) {
		size_t room = dump->room ? 2 * dump->room : 64;
		struct dump_entry *more =
			reallocarray(dump->entry, room, sizeof(*more));

		if (!more)
			goto out;
		dump->entry = more;
		dump->room = room;
	}
	if (path)
		rel = below_root(rel, path);
	if (!path || !rel)
		goto out;
	dump->entry[dump->count++] =
		(struct dump_entry){path, rel, value, size, line};
	return 0;
out:
	free(path);
	free(rel);
	free(value);
	return -1;
}

/* -------------------------------- getfattr ------------------------------- */

/* One line of @text from *@at, without its newline. */
static const char *next_line(const struct text *text, size_t *at, size_t *len)
{
	const char *line = text->bytes + *at, *newline;

	if (*at >= text->size)
		return NULL;
	newline = memchr(line, '\n', text->size - *at);
	*len = newline ? (size_t)(newline - line) : text->size - *at;
	*at += *len + 1;
	return line;
}

/* NULL also for a path with a NUL in it: no file has one. */
static char *unescaped(const char *text, size_t len)
{
	char *out = malloc(len + 1);
	size_t size;

	if (!out)
		return NULL;
	size = form_unescape(text, len, out);
	out[size] = '\0';
	if (strlen(out) == size)
		return out;
	free(out);
	return NULL;
}

#define FILE_MARK "# file: "
#define ATTRIBUTE VFSCAP_XATTR "="

static int getfattr_value(struct dump *dump, const char *path, const char *text,
			  size_t len, size_t line, struct dump_fault *fault)
{
	uint8_t *value = malloc(len + 1);
	char *copy;
	ssize_t size;

	if (!value)
		return no_memory(fault);
	size = form_bytes(text, len, false, true, value);
	if (size < 0) {
		free(value);
		return refuse(fault, line,
			      "the value is neither 0xHEX, 0sBASE64 nor "
			      "\"TEXT\"");
	}
	copy = strdup(path);
	return dump_add(dump, copy, NULL, value, (size_t)size, line)
		       ? no_memory(fault)
		       : 0;
}

/* "NAMESPACE.NAME=..." of an attribute that is not ours. A line of getcap(8)
 * has a blank before its '='. */
static bool is_other(const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);
	const char *dot = memchr(line, '.', len);

	if (!equals || !dot || dot > equals || dot == line)
		return false;
	return !memchr(line, ' ', (size_t)(equals - line)) &&
	       !memchr(line, '/', (size_t)(dot - line));
}

static int read_getfattr(const struct text *text, struct dump *dump,
			 struct dump_fault *fault)
{
	const size_t mark = strlen(FILE_MARK), name = strlen(ATTRIBUTE);
	size_t at = 0, len, number = 0;
	const char *line;
	char *path = NULL;
	int error = 0;

	while (!error && (line = next_line(text, &at, &len))) {
		number++;
		if (len >= mark && memcmp(line, FILE_MARK, mark) == 0) {
			free(path);
			path = unescaped(line + mark, len - mark);
			error = path ? 0 : bad_path(fault, number);
		} else if (len >= name && memcmp(line, ATTRIBUTE, name) == 0) {
			error = path ? getfattr_value(dump, path, line + name,
						      len - name, number, fault)
				     : refuse(fault, number,
					      "a value before any '# file:'");
		} else if (len && line[0] != '#' &&
			   (!path || !is_other(line, len))) {
			error = refuse(fault, number,
				       "neither '# file:', an attribute of the "
				       "file before it, a comment nor a blank "
				       "line");
		} else if (len == 0) {
			free(path);
			path = NULL;
		}
	}
	free(path);
	return error;
}

/* ---------------------------------- JSON --------------------------------- */

/*
 * A path of a record: where it was not UTF-8 it is shown escaped, and
 * `path_bytes` is there.
 */
static char *json_path(json_t *record, const char *key)
{
	const char *shown = json_string_value(json_object_get(record, key));

	if (!shown)
		return NULL;
	if (json_object_get(record, "path_bytes"))
		return unescaped(shown, strlen(shown));
	return strdup(shown);
}

static int json_value_of(json_t *record, uint8_t **value, size_t *size)
{
	json_t *v = json_object_get(record, "value");
	ssize_t n;

	*value = NULL;
	*size = 0;
	if (json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return -1;
	*value = malloc(json_string_length(v) + 1);
	n = *value ? form_bytes(json_string_value(v), json_string_length(v),
				true, false, *value)
		   : -1;
	*size = n < 0 ? 0 : (size_t)n;
	return n < 0 ? -1 : 0;
}

static int json_record(json_t *record, struct dump *dump, size_t line,
		       struct dump_fault *fault)
{
	char *path = json_path(record, "path");
	uint8_t *value;
	size_t size;

	if (json_value_of(record, &value, &size) || !path) {
		free(value);
		free(path);
		return refuse(fault, line, "not a record of fcapinspect");
	}
	if (!value && json_is_null(json_object_get(record, "error"))) {
		free(path); /* asked, and there was none */
		return 0;
	}
	return dump_add(dump, path, json_path(record, "rel"), value, size, line)
		       ? no_memory(fault)
		       : 0;
}

static int read_json(const struct text *text, struct dump *dump,
		     struct dump_fault *fault)
{
	size_t at = 0, len, number = 0;
	const char *line;
	int error = 0;

	while (!error && (line = next_line(text, &at, &len))) {
		json_t *record;

		number++;
		if (!len)
			continue;
		record =
			form_json_read(line, len, JSON_REJECT_DUPLICATES, NULL);
		if (!record && errno)
			error = no_memory(fault);
		else
			error = json_is_object(record)
					? json_record(record, dump, number,
						      fault)
					: refuse(fault, number,
						 "not a JSON object");
		json_decref(record);
	}
	return error;
}

/* ------------------------------- NUL-framed ------------------------------ */

static int null_value(const char *caps, const char *rootid,
		      const struct vfscap_listing *listing, uint8_t **value,
		      size_t *size)
{
	struct vfscap_sets sets;
	struct vfscap cap;
	unsigned long long id = 0;

	errno = 0;
	if (*rootid)
		id = strtoull(rootid, NULL, 10);
	if (rootid[strspn(rootid, "0123456789")] || errno ||
	    id >= VFSCAP_ROOTID_INVALID || !caps[strspn(caps, " \t\r\n\v\f")] ||
	    vfscap_text_parse(caps, listing, &sets, NULL) ||
	    vfscap_from_sets(&sets, (uint32_t)id, &cap))
		return -1;
	*value = malloc(VFSCAP_SIZE_MAX);
	return *value ? vfscap_encode(&cap, *value, VFSCAP_SIZE_MAX, size) : -1;
}

static int read_null(const struct text *text,
		     const struct vfscap_listing *listing, struct dump *dump,
		     struct dump_fault *fault)
{
	const char *field[3];
	size_t number = 0;

	for (size_t at = 0; at < text->size;) {
		uint8_t *value = NULL;
		size_t size = 0;

		number++;
		for (int i = 0; i < 3; i++) {
			if (at >= text->size ||
			    !memchr(text->bytes + at, 0, text->size - at))
				return refuse(fault, number,
					      "cut off: PATH NUL CAPS NUL "
					      "ROOTID NUL is a record");
			field[i] = text->bytes + at;
			at += strlen(field[i]) + 1;
		}
		if (!*field[0])
			return refuse(fault, number, "an empty path");
		if (null_value(field[1], field[2], listing, &value, &size))
			return refuse(fault, number,
				      "not capabilities that an attribute "
				      "can hold");
		if (dump_add(dump, strdup(field[0]), NULL, value, size, number))
			return no_memory(fault);
	}
	return 0;
}

/* ------------------------------- the file -------------------------------- */

static ssize_t read_some(int fd, char *to, size_t size)
{
	ssize_t n;

	do
		n = read(fd, to, size);
	while (n < 0 && errno == EINTR);
	return n;
}

static enum dump_form form_of(const struct text *text)
{
	const char *start = text->bytes + strspn(text->bytes, "\r\n\t ");

	if (memchr(text->bytes, 0, text->size))
		return DUMP_NULL;
	if (*start == '{')
		return DUMP_JSON;
	return *start == '#' || *start == '\0' ? DUMP_GETFATTR : DUMP_ANY;
}

/* What no more of it would make a dump: parse() says why. */
static bool is_hopeless(const struct text *text, enum dump_form form)
{
	return !text->bytes[0] ||
	       (form == DUMP_ANY && form_of(text) == DUMP_ANY);
}

/* Lines end with a newline, or are fields that end with a NUL. */
static bool is_long(const struct text *text, size_t from, size_t *line)
{
	const char *more = text->bytes + from;
	const char *last = memrchr(more, '\n', text->size - from);
	const char *nul = memrchr(more, 0, text->size - from);

	if (!last || (nul && nul > last))
		last = nul;
	if (last)
		*line = (size_t)(last + 1 - text->bytes);
	return text->size - *line > LINE_MAX_SIZE;
}

static int grow(struct text *text, size_t *room, struct dump_fault *fault)
{
	char *more;

	if (text->size < *room)
		return 0;
	if (*room == TEXT_MAX_SIZE)
		return refuse(fault, 0,
			      "a dump of 1 GiB or more; make one of fewer "
			      "files");
	*room = *room ? 2 * *room : 65536;
	more = realloc(text->bytes, *room + 1);
	if (!more)
		return cannot(fault, "cannot be read");
	text->bytes = more;
	return 0;
}

/* All that is left of it, or enough to see that it is none. */
static int slurp(int fd, enum dump_form form, struct text *text,
		 struct dump_fault *fault)
{
	const char *endless = in_endless(fd);
	size_t room = 0, line = 0, from;
	ssize_t n = 1;

	if (endless)
		return fail(fault, 0, EINVAL, endless);
	while (n > 0 && grow(text, &room, fault) == 0) {
		from = text->size;
		n = read_some(fd, text->bytes + from, room - from);
		if (n < 0)
			return cannot(fault, "cannot be read");
		text->size += (size_t)n;
		text->bytes[text->size] = '\0';
		if (is_long(text, from, &line))
			return refuse(fault, 0,
				      "a line of more than 16 MiB, which no "
				      "dump has");
		if (text->size >= TELLING_SIZE && from < TELLING_SIZE &&
		    is_hopeless(text, form))
			return 0;
	}
	return n > 0 ? -1 : 0;
}

static int parse(const struct text *text, enum dump_form form,
		 const struct vfscap_listing *listing, struct dump *dump,
		 struct dump_fault *fault)
{
	if (form == DUMP_ANY)
		form = form_of(text);
	switch (form) {
	case DUMP_GETFATTR:
		return read_getfattr(text, dump, fault);
	case DUMP_JSON:
		return read_json(text, dump, fault);
	case DUMP_NULL:
		return read_null(text, listing, dump, fault);
	default:
		return refuse(fault, 0,
			      "not a dump: lines of getcap(8) are not read, "
			      "since a newline in a name makes them say "
			      "anything; use getfattr -d, fcapinspect "
			      "--format=getfattr, --format=json or --null");
	}
}

int dump_open(const char *path, struct dump_fault *fault)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO
					: open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return cannot(fault, "cannot be opened");
	*fault = (struct dump_fault){0};
	return fd;
}

int dump_read_fd(int fd, enum dump_form form,
		 const struct vfscap_listing *listing, struct dump *dump,
		 struct dump_fault *fault)
{
	struct text text = {0};
	int error = slurp(fd, form, &text, fault);

	*dump = (struct dump){0};
	if (!error)
		error = parse(&text, form, listing, dump, fault);
	free(text.bytes);
	if (error)
		dump_free(dump);
	return error ? -1 : 0;
}
