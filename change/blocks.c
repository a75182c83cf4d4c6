/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of a file changed in place, by way of a journal. */
#include "change/blocks.h"
#include "change/journal_parts.h"
#include "form/form.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* --------------------------------- writing ------------------------------- */

static bool put_hex(FILE *out, const uint8_t *bytes, size_t size)
{
	char hex[FORM_HEX_SIZE(64)];
	bool good = putc('\t', out) != EOF;

	for (size_t at = 0; good && at < size; at += 64) {
		form_hex(bytes + at, size - at < 64 ? size - at : 64, hex);
		good = fputs(hex, out) != EOF;
	}
	return good;
}

static bool put_image(const struct blocks_journal *j, FILE *out)
{
	char *path = malloc(FORM_PATH_SIZE(strlen(j->path)));
	bool good = path != NULL;

	if (good)
		form_path(j->path, path);
	good = good && fprintf(out, "%s%simage\t%s\t%" PRIu64 "\n",
			       BLOCKS_MAGIC, j->parameters, path, j->size) > 0;
	free(path);
	return good;
}

static bool put_block(const struct block *b, FILE *out)
{
	return fprintf(out, "block\t%" PRIu64 "\t%zu", b->at, b->size) > 0 &&
	       put_hex(out, b->old, b->size) && put_hex(out, b->new, b->size) &&
	       putc('\n', out) != EOF;
}

/* After the first that fails nothing more is written: a stream would go on
 * behind the gap. */
static int put_journal(const struct blocks_journal *j, FILE *out)
{
	bool good;

	errno = 0;
	good = put_image(j, out);
	for (size_t i = 0; good && i < j->list.count; i++)
		good = put_block(&j->list.block[i], out);
	good = good && fprintf(out, "end\t%zu\n", j->list.count) > 0 &&
	       fflush(out) == 0 && fsync(fileno(out)) == 0;
	return good ? 0 : errno ? -errno : -EIO;
}

/* Of what failed nothing stays, so that the same command can be given again. */
static int fill(const struct blocks_journal *j, FILE *file)
{
	int error = ftruncate(fileno(file), 0) ? -errno : put_journal(j, file);

	if (!error)
		return 0;
	__fpurge(file);
	if (ftruncate(fileno(file), 0) != 0)
		return error; /* its beginning is no harm either */
	return error;
}

int blocks_write(const struct blocks_journal *j, const char *path,
		 char why[JOURNAL_WHY_SIZE])
{
	int error, fd = journal_open_file(path, O_WRONLY | O_CREAT);
	char words[FORM_FAILED_SIZE];
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !file)
		close(fd);
	if (fd == -EWOULDBLOCK)
		return journal_fail(why, "another run writes it");
	if (!file)
		return journal_refuse(why, fd < 0 ? fd : -ENOMEM);
	error = fill(j, file);
	if (fclose(file) != 0 && !error)
		error = -errno;
	if (!error)
		error = journal_sync_parent(path);
	return error ? journal_fail(why, "%s; nothing was changed",
				    form_failed(-error, words))
		     : 0;
}

/* A state of which not all was written is in nobody's way. */
static int cut_half_line(int fd)
{
	char tail[16];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return -errno;
	n = st.st_size < 16 ? (ssize_t)st.st_size : (ssize_t)sizeof(tail);
	if (pread(fd, tail, (size_t)n, st.st_size - n) != n)
		return -EIO;
	while (n > 0 && tail[n - 1] != '\n') {
		n--;
		st.st_size--;
	}
	return ftruncate(fd, st.st_size) ? -errno : 0;
}

static int put_state(const char *path, const char *state)
{
	int error, fd = journal_open_file(path, O_RDWR | O_APPEND);

	if (fd < 0)
		return fd;
	error = cut_half_line(fd);
	if (!error)
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

static int check_block(const struct block *b, int fd, uint8_t *now,
		       char why[JOURNAL_WHY_SIZE])
{
	int error = read_at(fd, now, b->size, b->at);
	char words[FORM_FAILED_SIZE];

	if (error)
		return journal_fail(why, "%s", form_failed(-error, words));
	if (is_ours(now, b))
		return 0;
	return journal_fail(why,
			    "the block at byte %" PRIu64
			    " is neither what it was nor what it was made "
			    "to be: the image was written to since",
			    b->at);
}

/* What is there already is not written: where the image is a file with holes,
 * and no room is left for them, it can be undone. */
static int apply_block(const struct block *b, int fd, bool undo, uint8_t *now)
{
	const uint8_t *want = undo ? b->old : b->new;
	int error = read_at(fd, now, b->size, b->at);

	if (error || memcmp(now, want, b->size) == 0)
		return error;
	return blocks_write_at(fd, want, b->size, b->at);
}

static int apply_all(const struct blocks_journal *j, int fd, bool undo,
		     uint8_t *now)
{
	int error = 0;

	for (size_t i = 0; !error && i < j->list.count; i++)
		error = apply_block(&j->list.block[i], fd, undo, now);
	return !error && fsync(fd) ? -errno : error;
}

static size_t largest(const struct block_list *l)
{
	size_t size = 1;

	for (size_t i = 0; i < l->count; i++)
		if (l->block[i].size > size)
			size = l->block[i].size;
	return size;
}

int blocks_look(const struct blocks_journal *j, int fd, bool undo,
		char why[JOURNAL_WHY_SIZE])
{
	uint8_t *now = malloc(largest(&j->list));
	bool so = true;
	int error = 0;

	if (!now) {
		journal_fail(why, "no memory");
		return -1;
	}
	for (size_t i = 0; !error && i < j->list.count; i++) {
		const struct block *b = &j->list.block[i];

		error = check_block(b, fd, now, why);
		so = so && !error &&
		     memcmp(now, undo ? b->old : b->new, b->size) == 0;
	}
	free(now);
	return error ? -1 : so;
}

int blocks_apply(const struct blocks_journal *j, int fd, bool undo,
		 const char *path, char why[JOURNAL_WHY_SIZE])
{
	char words[FORM_FAILED_SIZE];
	uint8_t *now;
	int error;

	if (blocks_look(j, fd, undo, why) < 0)
		return -1;
	now = malloc(largest(&j->list));
	error = now ? apply_all(j, fd, undo, now) : -ENOMEM;
	free(now);
	if (!error)
		error = put_state(path, undo ? "undone\n" : "done\n");
	if (!error)
		return 0;
	journal_fail(why,
		     "%s; what is missing is done by the same command once "
		     "more, or undone by --undo",
		     form_failed(-error, words));
	return -1;
}
