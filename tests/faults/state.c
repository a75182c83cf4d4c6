/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that a directory holds: kept, compared, and brought back. */
#include "tests/faults/state.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ATTRIBUTE "security.capability"

static void *need(void *memory)
{
	if (!memory)
		err(2, "no memory");
	return memory;
}

/* --------------------------------- reading -------------------------------- */

/* For nftw(3). */
static struct state *filling;
static size_t root_size;

static void read_content(struct state_file *f, const char *path, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	f->byte = need(malloc(size + 1));
	while (fd >= 0 && f->size < size &&
	       (n = read(fd, f->byte + f->size, size - f->size)) > 0)
		f->size += (size_t)n;
	if (fd < 0 || f->size != size)
		err(2, "%s", path);
	close(fd);
}

static int add(const char *path, const struct stat *st, int type,
	       struct FTW *ftw)
{
	struct state_file *f;

	(void)type;
	if (ftw->level == 0)
		return 0;
	if (filling->files == filling->room) {
		filling->room = 2 * filling->room + 16;
		filling->file = need(reallocarray(filling->file, filling->room,
						  sizeof(*filling->file)));
	}
	f = &filling->file[filling->files++];
	*f = (struct state_file){.mode = st->st_mode};
	f->path = need(strdup(path + root_size + 1));
	f->value_size = lgetxattr(path, ATTRIBUTE, f->value, STATE_VALUE);
	if (S_ISREG(st->st_mode))
		read_content(f, path, (size_t)st->st_size);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct state_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

void state_read(struct state *s, const char *dir)
{
	*s = (struct state){0};
	filling = s;
	root_size = strlen(dir);
	if (nftw(dir, add, 16, FTW_PHYS) != 0)
		err(2, "%s", dir);
	if (s->files)
		qsort(s->file, s->files, sizeof(*s->file), by_path);
}

void state_free(struct state *s)
{
	for (size_t i = 0; i < s->files; i++) {
		free(s->file[i].path);
		free(s->file[i].byte);
		free(s->file[i].varies);
	}
	free(s->file);
	*s = (struct state){0};
}

/* -------------------------------- comparing ------------------------------- */

const struct state_file *state_find(const struct state *s, const char *path)
{
	const struct state_file key = {.path = (char *)(uintptr_t)path};

	return s->files ? bsearch(&key, s->file, s->files, sizeof(key), by_path)
			: NULL;
}

static bool same_bytes(const struct state_file *a, const struct state_file *b)
{
	const bool *varies = a->varies ? a->varies : b->varies;

	if (a->size != b->size)
		return false;
	if (a->size == 0 || memcmp(a->byte, b->byte, a->size) == 0)
		return true;
	for (size_t i = 0; i < a->size; i++)
		if (a->byte[i] != b->byte[i] && !(varies && varies[i]))
			return false;
	return true;
}

static bool same_value(const struct state_file *a, const struct state_file *b)
{
	return a->value_size == b->value_size &&
	       (a->value_size <= 0 ||
		memcmp(a->value, b->value, (size_t)a->value_size) == 0);
}

bool state_same(const struct state_file *a, const struct state_file *b)
{
	if (!a || !b)
		return a == b;
	return a->mode == b->mode && same_bytes(a, b) && same_value(a, b);
}

/* A time is four bytes, and so is a checksum; all of one varies. */
static void vary(struct state_file *f, const struct state_file *other)
{
	if (!other || f->size != other->size)
		return;
	for (size_t i = 0; i < f->size; i++) {
		if (f->byte[i] == other->byte[i])
			continue;
		if (!f->varies)
			f->varies = need(calloc(f->size, sizeof(bool)));
		for (size_t at = i & ~(size_t)3; at < (i | 3) + 1; at++)
			if (at < f->size)
				f->varies[at] = true;
	}
}

void state_vary(struct state *s, const struct state *other)
{
	for (size_t i = 0; i < s->files; i++)
		vary(&s->file[i], state_find(other, s->file[i].path));
}

/* -------------------------------- restoring ------------------------------- */

static char *below(const char *dir, const char *path)
{
	char *all;

	if (asprintf(&all, "%s/%s", dir, path) < 0)
		err(2, "no memory");
	return all;
}

static void remove_one(const char *dir, const struct state_file *f)
{
	char *path = below(dir, f->path);

	if (remove(path) != 0)
		err(2, "%s", path);
	free(path);
}

static void write_content(const char *path, const struct state_file *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, f->mode);

	if (fd < 0 || write(fd, f->byte, f->size) != (ssize_t)f->size)
		err(2, "%s", path);
	close(fd);
}

static void restore_one(const char *dir, const struct state_file *f,
			const struct state_file *now)
{
	char *path = below(dir, f->path);

	if (S_ISDIR(f->mode) && !now && mkdir(path, f->mode) != 0)
		err(2, "%s", path);
	if (S_ISREG(f->mode) && (!now || !same_bytes(f, now)))
		write_content(path, f);
	if (!S_ISLNK(f->mode) && chmod(path, f->mode & 07777) != 0)
		err(2, "%s", path);
	/* A value of another namespace is one here as well. */
	if (f->value_size >= 0 &&
	    lsetxattr(path, ATTRIBUTE, f->value, (size_t)f->value_size, 0) != 0)
		err(2, "%s", path);
	if (f->value_size < 0 && now && now->value_size >= 0)
		lremovexattr(path, ATTRIBUTE);
	free(path);
}

static bool same_kind(const struct state_file *a, const struct state_file *b)
{
	return a && b && (a->mode & S_IFMT) == (b->mode & S_IFMT);
}

void state_restore(const struct state *s, const char *dir)
{
	struct state now;

	state_read(&now, dir);
	for (size_t i = now.files; i-- > 0;)
		if (!same_kind(state_find(s, now.file[i].path), &now.file[i]))
			remove_one(dir, &now.file[i]);
	for (size_t i = 0; i < s->files; i++) {
		const struct state_file *f = state_find(&now, s->file[i].path);

		if (!same_kind(f, &s->file[i]))
			f = NULL;
		if (!state_same(f, &s->file[i]))
			restore_one(dir, &s->file[i], f);
	}
	state_free(&now);
}
