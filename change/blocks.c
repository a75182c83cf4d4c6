/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of a file changed in place, by way of a journal. */
#include "change/blocks.h"
#include "change/journal_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------- lists -------------------------------- */

static int more_room(struct block_list *l)
{
	size_t room = l->room ? 2 * l->room : 64;
	struct block *more;

	if (l->count < l->room)
		return 0;
	more = reallocarray(l->block, room, sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->block = more;
	l->room = room;
	return 0;
}

int block_list_add(struct block_list *l, uint64_t at, const uint8_t *old,
		   const uint8_t *new, size_t size)
{
	const struct block *last = l->count ? &l->block[l->count - 1] : NULL;
	struct block b = {.at = at, .size = size};

	if (!size || (last && at < last->at + last->size))
		return -EINVAL;
	b.old = malloc(2 * size);
	if (!b.old || more_room(l)) {
		free(b.old);
		return -ENOMEM;
	}
	b.new = b.old + size;
	memcpy(b.old, old, size);
	memcpy(b.new, new, size);
	l->block[l->count++] = b;
	return 0;
}

void block_list_free(struct block_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->block[i].old);
	free(l->block);
	*l = (struct block_list){0};
}

void blocks_free(struct blocks_journal *j)
{
	block_list_free(&j->list);
	free(j->parameters);
	free(j->path);
	*j = (struct blocks_journal){0};
}

/* --------------------------------- reading ------------------------------- */

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
	    !read_hex(old, (size_t)bytes) || !read_hex(rest, (size_t)bytes) ||
	    place > r->j->size || bytes > r->j->size - place)
		return false;
	return block_list_add(&r->j->list, place, (uint8_t *)old,
			      (uint8_t *)rest, (size_t)bytes) == 0;
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

/* A last line without its end was never finished. */
static int read_lines(struct reading *r, FILE *file, char why[JOURNAL_WHY_SIZE])
{
	char *line = NULL;
	size_t room = 0;
	int error = 0;
	ssize_t n;

	while (!error && (n = journal_line(file, &line, &room)) != 0) {
		r->number++;
		if (n > 0 && line[n - 1] != '\n')
			break;
		if (n > 0)
			line[n - 1] = '\0';
		if (n < 0 || strlen(line) != (size_t)n - 1 ||
		    !take_line(r, line))
			error = journal_fail(
				why,
				"line %zu is none of a journal of an "
				"image",
				r->number);
	}
	free(line);
	return error;
}

static int read_journal(struct blocks_journal *j, FILE *file,
			char why[JOURNAL_WHY_SIZE])
{
	struct reading r = {.j = j};
	int error;

	r.parameters = open_memstream(&j->parameters, &(size_t){0});
	if (!r.parameters)
		return journal_fail(why, "no memory");
	error = read_lines(&r, file, why);
	if (fclose(r.parameters) != 0)
		error = journal_fail(why, "no memory");
	return error;
}

int blocks_load(struct blocks_journal *j, const char *path,
		char why[JOURNAL_WHY_SIZE])
{
	int error, fd = journal_open_file(path, O_RDONLY);
	FILE *file;

	*j = (struct blocks_journal){0};
	if (fd == -ENOENT)
		return 1;
	if (fd < 0)
		return journal_refuse(why, fd);
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return journal_fail(why, "no memory");
	}
	error = read_journal(j, file, why);
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

/* --------------------------------- writing ------------------------------- */

static void put_hex(FILE *out, const uint8_t *bytes, size_t size)
{
	char hex[FORM_HEX_SIZE(64)];

	putc('\t', out);
	for (size_t at = 0; at < size; at += 64) {
		form_hex(bytes + at, size - at < 64 ? size - at : 64, hex);
		fputs(hex, out);
	}
}

static int put_image(const struct blocks_journal *j, FILE *out)
{
	char *path = malloc(FORM_PATH_SIZE(strlen(j->path)));

	if (!path)
		return -ENOMEM;
	form_path(j->path, path);
	fprintf(out, "%s%simage\t%s\t%" PRIu64 "\n", BLOCKS_MAGIC,
		j->parameters, path, j->size);
	free(path);
	return 0;
}

static int put_journal(const struct blocks_journal *j, FILE *out)
{
	int error = put_image(j, out);

	for (size_t i = 0; !error && i < j->list.count; i++) {
		const struct block *b = &j->list.block[i];

		fprintf(out, "block\t%" PRIu64 "\t%zu", b->at, b->size);
		put_hex(out, b->old, b->size);
		put_hex(out, b->new, b->size);
		putc('\n', out);
	}
	fprintf(out, "end\t%zu\n", j->list.count);
	if (!error && (fflush(out) || ferror(out) || fsync(fileno(out))))
		error = errno ? -errno : -EIO;
	return error;
}

int blocks_write(const struct blocks_journal *j, const char *path,
		 char why[JOURNAL_WHY_SIZE])
{
	int error, fd = journal_open_file(path, O_WRONLY | O_CREAT);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !file)
		close(fd);
	if (fd == -EWOULDBLOCK)
		return journal_fail(why, "another run writes it");
	if (!file)
		return journal_refuse(why, fd < 0 ? fd : -ENOMEM);
	error = ftruncate(fd, 0) ? -errno : put_journal(j, file);
	if (fclose(file) != 0 && !error)
		error = -errno;
	if (!error)
		error = journal_sync_parent(path);
	return error ? journal_fail(why, "%s", strerror(-error)) : 0;
}

static int put_state(const char *path, const char *state)
{
	int error, fd = journal_open_file(path, O_WRONLY | O_APPEND);

	if (fd < 0)
		return fd;
	error = journal_write_all(fd, state, strlen(state));
	if (!error && fsync(fd))
		error = -errno;
	close(fd);
	return error;
}

/* -------------------------------- the file ------------------------------- */

static int read_at(int fd, uint8_t *to, size_t size, uint64_t at)
{
	while (size) {
		ssize_t n = pread(fd, to, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENODATA;
		to += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int blocks_write_at(int fd, const uint8_t *from, size_t size, uint64_t at)
{
	while (size) {
		ssize_t n = pwrite(fd, from, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		from += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/* Is each block what it was, or what it is to be? A killed write may have left
 * one that has both, in sectors. */
static bool is_ours(const uint8_t *now, const struct block *b)
{
	const size_t sector = 512;

	for (size_t at = 0; at < b->size; at += sector) {
		size_t size = b->size - at < sector ? b->size - at : sector;

		if (memcmp(now + at, b->old + at, size) != 0 &&
		    memcmp(now + at, b->new + at, size) != 0)
			return false;
	}
	return true;
}

static int check_all(const struct blocks_journal *j, int fd,
		     char why[JOURNAL_WHY_SIZE])
{
	int error = 0;

	for (size_t i = 0; !error && i < j->list.count; i++) {
		const struct block *b = &j->list.block[i];
		uint8_t *now = malloc(b->size);

		error = now ? read_at(fd, now, b->size, b->at) : -ENOMEM;
		if (error)
			journal_fail(why, "%s", strerror(-error));
		else if (!is_ours(now, b))
			error = journal_fail(
				why,
				"the block at byte %" PRIu64
				" is neither what it was nor what it was made "
				"to be: the image was written to since",
				b->at);
		free(now);
	}
	return error;
}

int blocks_apply(const struct blocks_journal *j, int fd, bool undo,
		 const char *path, char why[JOURNAL_WHY_SIZE])
{
	int error = 0;

	if (check_all(j, fd, why))
		return -1;
	for (size_t i = 0; !error && i < j->list.count; i++) {
		const struct block *b = &j->list.block[i];

		error = blocks_write_at(fd, undo ? b->old : b->new, b->size,
					b->at);
	}
	if (!error && fsync(fd))
		error = -errno;
	if (!error)
		error = put_state(path, undo ? "undone\n" : "done\n");
	return error ? journal_fail(why, "%s", strerror(-error)) : 0;
}
