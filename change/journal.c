/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal of a conversion: in memory, and opened. */
#include "change/journal_parts.h"
#include "form/form.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

int journal_fail(char why[JOURNAL_WHY_SIZE], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, JOURNAL_WHY_SIZE, format, args);
	va_end(args);
	return -1;
}

/* ------------------------------- in memory ------------------------------- */

/* A key without a path is any name of the inode. */
static int by_inode(const void *a, const void *b)
{
	const struct journal_entry *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->path && y->path ? strcmp(x->path, y->path) : 0;
}

static int by_path(const void *a, const void *b)
{
	const struct journal_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

const struct journal_entry *journal_find(const struct journal *j, uint64_t dev,
					 uint64_t ino)
{
	struct journal_entry key = {.dev = dev, .ino = ino};
	void *const *found = tfind(&key, &j->inodes, by_inode);

	return found ? *found : NULL;
}

const struct journal_entry *journal_find_path(const struct journal *j,
					      const char *path)
{
	struct journal_entry key = {.path = (char *)(uintptr_t)path};
	void *const *found = tfind(&key, &j->paths, by_path);

	return found ? *found : NULL;
}

/* The last line about an inode and its name counts. Takes @path over. */
int journal_remember(struct journal *j, const struct journal_entry *entry,
		     char *path)
{
	struct journal_entry *e = NULL, **found, **named;

	if (j->count == j->room) {
		size_t room = j->room ? 2 * j->room : 64;
		struct journal_entry **more = reallocarray(
			j->entry, room, sizeof(struct journal_entry *));

		if (!more)
			goto out;
		j->entry = more;
		j->room = room;
	}
	e = malloc(sizeof(*e));
	if (!path || !e)
		goto out;
	*e = *entry;
	e->path = path;
	found = tsearch(e, &j->inodes, by_inode);
	if (!found)
		goto out;
	if (*found != e) {
		free((*found)->path);
		**found = *e;
		free(e);
		e = *found;
	} else {
		j->entry[j->count++] = e;
	}
	named = tsearch(e, &j->paths, by_path);
	if (!named)
		return -ENOMEM;
	*named = e;
	return 0;
out:
	free(path);
	free(e);
	return -ENOMEM;
}

static void nothing(void *entry)
{
	(void)entry;
}

void journal_close(struct journal *j)
{
	tdestroy(j->inodes, nothing);
	tdestroy(j->paths, nothing);
	for (size_t i = 0; i < j->count; i++) {
		free(j->entry[i]->path);
		free(j->entry[i]);
	}
	free(j->entry);
	if (j->fd >= 0)
		close(j->fd);
	*j = (struct journal){.fd = -1};
}

int64_t journal_generation(int fd)
{
	char path[sizeof("/proc/thread-self/fd/") + 3 * sizeof(int)];
	int generation = 0; /* whatever the request's macro says of it */
	int64_t result = -1;
	int file;

	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		return -1;
	if (ioctl(file, FS_IOC_GETVERSION, &generation) == 0)
		result = (uint32_t)generation;
	close(file);
	return result;
}

bool journal_is(const struct journal_entry *e, const struct change_file *file)
{
	int64_t generation;

	if (e->dev != file->stat.st_dev || e->ino != file->stat.st_ino)
		return false;
	if (e->generation < 0)
		return true;
	generation = journal_generation(file->fd);
	return generation < 0 || generation == e->generation;
}

/* --------------------------------- opening ------------------------------- */

/*
 * What a journal says is done: it must be a regular file that nobody else could
 * have written.
 */
static int check_ours(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return (st.st_uid == 0 || st.st_uid == geteuid()) &&
			       !(st.st_mode & (S_IWGRP | S_IWOTH))
		       ? 0
		       : -EACCES;
}

int journal_open_file(const char *path, int flags)
{
	int fd, error;

	privilege_raise(CAP_DAC_OVERRIDE);
	fd = open(path, O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags,
		  0600);
	error = fd < 0 ? -errno : 0;
	privilege_lower(CAP_DAC_OVERRIDE);
	if (!error)
		error = check_ours(fd);
	/* Two runs at once would each do what the other has done. */
	if (!error && flags != O_RDONLY && flock(fd, LOCK_EX | LOCK_NB) != 0)
		error = -errno;
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

static int open_for_writing(const char *path, int flags)
{
	return journal_open_file(path, O_WRONLY | O_APPEND | flags);
}

int journal_refuse(char why[JOURNAL_WHY_SIZE], int error)
{
	char words[FORM_FAILED_SIZE];

	switch (error) {
	case -EACCES:
		return journal_fail(why,
				    "EACCES: it must belong to you or root, "
				    "and nobody else may be able to write it");
	case -EINVAL:
		return journal_fail(why, "EINVAL: it is no regular file");
	case -ELOOP:
		return journal_fail(why, "ELOOP: it is a symbolic link; name "
					 "its target");
	default:
		return journal_fail(why, "%s", form_failed(-error, words));
	}
}

int journal_load_fd(struct journal *j, int fd, const struct closed_how *how,
		    char why[JOURNAL_WHY_SIZE])
{
	char *parameters;
	int error = journal_read(j, fd, how, &parameters, why);

	free(parameters);
	return error;
}

int journal_load(struct journal *j, const char *path,
		 const struct closed_how *how, char why[JOURNAL_WHY_SIZE])
{
	int fd = journal_open_file(path, O_RDONLY), error;

	*j = (struct journal){.fd = -1};
	if (fd < 0)
		return journal_refuse(why, fd);
	error = journal_load_fd(j, fd, how, why);
	close(fd);
	return error;
}

int journal_append(struct journal *j, const char *path)
{
	struct stat st;
	int error = 0;

	j->fd = open_for_writing(path, 0);
	if (j->fd < 0) {
		error = j->fd;
		j->fd = -1;
		return error;
	}
	if (fstat(j->fd, &st) != 0)
		error = -errno;
	else if (st.st_size != j->size)
		error = -EAGAIN;
	else if (st.st_size != j->whole && ftruncate(j->fd, j->whole) != 0)
		error = -errno;
	if (error) {
		close(j->fd);
		j->fd = -1;
	}
	return error;
}

int journal_sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *parent =
		slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int fd = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int error = fd >= 0 && fsync(fd) == 0 ? 0 : -errno;

	if (fd >= 0)
		close(fd);
	free(parent);
	return error;
}

static int begin(struct journal *j, const char *path, const char *parameters,
		 char why[JOURNAL_WHY_SIZE])
{
	char words[FORM_FAILED_SIZE];
	int error = 0;

	if (journal_write_all(j->fd, JOURNAL_MAGIC, strlen(JOURNAL_MAGIC)) ||
	    journal_write_all(j->fd, parameters, strlen(parameters)) ||
	    fsync(j->fd) != 0)
		error = -errno;
	if (!error)
		error = journal_sync_parent(path);
	if (!error)
		return 0;
	journal_close(j);
	return journal_fail(why, "%s", form_failed(-error, words));
}

/* A run that was killed while it began has changed nothing: its journal is the
 * beginning of ours. @read: how much there is of it */
static bool only_begun(const char *path, const char *parameters, off_t *read)
{
	size_t size = strlen(JOURNAL_MAGIC) + strlen(parameters), n = 0;
	char *ours = malloc(size + 1), *its = malloc(size + 1);
	int fd = journal_open_file(path, O_RDONLY);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	bool same = false;

	if (fd >= 0 && !file)
		close(fd);
	if (ours && its && file) {
		snprintf(ours, size + 1, "%s%s", JOURNAL_MAGIC, parameters);
		n = fread(its, 1, size + 1, file);
		same = n <= size && memcmp(ours, its, n) == 0;
		*read = (off_t)n;
	}
	if (file)
		fclose(file);
	free(ours);
	free(its);
	return same;
}

static int go_on_writing(struct journal *j, const char *path,
			 char why[JOURNAL_WHY_SIZE])
{
	int error = journal_append(j, path);

	if (error == -EWOULDBLOCK || error == -EAGAIN)
		return journal_fail(why, "another run writes it");
	return error ? journal_refuse(why, error) : 0;
}

static int go_on(struct journal *j, const char *path, const char *parameters,
		 const struct closed_how *how, char why[JOURNAL_WHY_SIZE])
{
	char *its;
	int error, fd;

	if (only_begun(path, parameters, &j->size)) {
		error = go_on_writing(j, path, why);
		return error ? error : begin(j, path, parameters, why);
	}
	fd = journal_open_file(path, O_RDONLY);
	if (fd < 0)
		return journal_refuse(why, fd);
	error = journal_read(j, fd, how, &its, why);
	close(fd);
	if (error)
		; /* said */
	else if (strcmp(its, parameters) != 0)
		error = journal_fail(
			why, "it is the journal of another conversion; "
			     "give the same command, or another journal");
	else
		error = go_on_writing(j, path, why);
	free(its);
	if (error)
		journal_close(j);
	return error;
}

int journal_open(struct journal *j, const char *path, const char *parameters,
		 const struct closed_how *how, char why[JOURNAL_WHY_SIZE])
{
	int fd;

	*j = (struct journal){.fd = -1};
	if (!path)
		return 0;
	fd = open_for_writing(path, O_CREAT | O_EXCL);
	if (fd == -EEXIST)
		return go_on(j, path, parameters, how, why);
	if (fd < 0)
		return journal_refuse(why, fd);
	j->fd = fd;
	return begin(j, path, parameters, why);
}
