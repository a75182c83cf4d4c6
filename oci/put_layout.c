/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The new store as a directory: what is new, then all else as it was. */
#include "oci/write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* --------------------------------- copying -------------------------------- */

static int write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* From where @from stands. */
static int copy_through(int from, int to)
{
	char buffer[65536];
	ssize_t n;
	int error = 0;

	while (!error && (n = read(from, buffer, sizeof(buffer))) != 0) {
		if (n > 0)
			error = write_all(to, buffer, (size_t)n);
		else if (errno != EINTR)
			error = -errno;
	}
	return error;
}

int copy_bytes(int from, int to)
{
	ssize_t n;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	if (lseek(from, 0, SEEK_SET) < 0)
		return -errno;
	do {
		n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
	} while (n > 0 || (n < 0 && errno == EINTR));
	/* At the end there is nothing left to copy by hand. */
	if (n < 0 && errno != EXDEV && errno != EINVAL && errno != ENOSYS &&
	    errno != EOPNOTSUPP && errno != EPERM && errno != ETXTBSY)
		return -errno;
	return copy_through(from, to);
}

/* ------------------------------- what is new ------------------------------ */

/* The directory that a blob goes to, made where it is missing. */
static int open_parent(int root, const char *name, const char **base)
{
	int dir = fcntl(root, F_DUPFD_CLOEXEC, 0);
	const char *slash;

	*base = name;
	while (dir >= 0 && (slash = strchr(*base, '/'))) {
		char part[STORE_NAME];
		int next;

		snprintf(part, sizeof(part), "%.*s", (int)(slash - *base),
			 *base);
		if (mkdirat(dir, part, 0755) != 0 && errno != EEXIST) {
			close(dir);
			return -errno;
		}
		next = openat(dir, part,
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(dir);
		dir = next;
		*base = slash + 1;
	}
	return dir < 0 ? -errno : dir;
}

static int put_document(int dir, const char *base, const struct fresh *fresh)
{
	int fd = openat(dir, base,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0644);
	int error;

	if (fd < 0)
		return -errno;
	error = write_all(fd, fresh->text, fresh->size);
	if (!error && fsync(fd) != 0)
		error = -errno;
	close(fd);
	return error;
}

static int put_fresh(struct oci_out *out, const struct fresh *fresh)
{
	const char *base;
	char temporary[64];
	int dir = open_parent(out->fd, fresh->name, &base);
	int error = 0;

	if (dir < 0)
		return dir;
	if (!fresh->layer) {
		error = put_document(dir, base, fresh);
	} else {
		layer_file_name(fresh->layer->number, temporary);
		if (renameat(out->fd, temporary, dir, base) != 0)
			error = -errno;
	}
	close(dir);
	return error;
}

/* The same new layer for several images was written more than once. */
static void remove_doubles(const struct oci_out *out)
{
	char name[64];

	for (size_t i = 0; i < out->count; i++) {
		layer_file_name(out->done[i]->number, name);
		unlinkat(out->fd, name, 0);
	}
}

/* ------------------------------ what is as it was ------------------------- */

/* A directory and its copy. */
struct level {
	struct oci_out *out;
	int from, to;
	const char *path; /* "" for the root, else with a '/' at its end */
	int depth;
	char *why;
};

static int copy_level(struct level *level);

static int copy_contents(int from, int to, const struct stat *st)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};
	int error = copy_bytes(from, to);

	if (!error && (fchmod(to, st->st_mode & 0777) != 0 ||
		       futimens(to, times) != 0 || fsync(to) != 0))
		error = -errno;
	return error;
}

/* Who may not open it may have it opened. */
static int open_file(const struct level *level, const char *name,
		     const char *path)
{
	const struct store *store = &level->out->oci->state->store;
	char why[OCI_WHY_SIZE];
	uint64_t size;

	return store->open ? store->open(store->open_ctx, path, &size, why)
			   : store_openat(level->from, name, O_RDONLY);
}

static int copy_file(struct level *level, const char *name, const char *path)
{
	int from = open_file(level, name, path), to = -1;
	struct stat st;
	int error = from < 0 ? from : 0;

	if (!error && fstat(from, &st) != 0)
		error = -errno;
	if (!error && !S_ISREG(st.st_mode))
		error = -EINVAL;
	if (!error) {
		to = openat(level->to, name,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
				    O_CLOEXEC,
			    0600);
		error = to < 0 ? -errno : copy_contents(from, to, &st);
	}
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return error;
}

static int copy_link(struct level *level, const char *name)
{
	char target[4096];
	ssize_t n = readlinkat(level->from, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	return symlinkat(target, level->to, name) != 0 ? -errno : 0;
}

static int copy_directory(struct level *level, const char *name,
			  const char *path, mode_t mode)
{
	struct level below = *level;
	char *inside;
	int error;

	if (asprintf(&inside, "%s/", path) < 0)
		return -ENOMEM;
	below.path = inside;
	below.depth++;
	below.from = store_openat(level->from, name, O_RDONLY | O_DIRECTORY);
	error = below.from < 0 ? below.from : 0;
	if (!error && mkdirat(level->to, name, 0700) != 0 && errno != EEXIST)
		error = -errno;
	below.to =
		error ? -1
		      : openat(level->to, name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (!error && below.to < 0)
		error = -errno;
	if (!error && fchmod(below.to, (mode & 0777) | 0700) != 0)
		error = -errno;
	if (!error)
		error = copy_level(&below);
	if (below.from >= 0)
		close(below.from);
	if (below.to >= 0)
		close(below.to);
	free(inside);
	return error;
}

/* What is being written may lie in what is copied. */
static bool is_output(const struct oci_out *out, const struct stat *st)
{
	struct stat own;

	return fstat(out->fd, &own) == 0 && own.st_dev == st->st_dev &&
	       own.st_ino == st->st_ino;
}

static int copy_one(struct level *level, const char *name, const char *path)
{
	struct stat st;

	if (gone_named(level->out, path))
		return 0;
	if (fstatat(level->from, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return -errno;
	if (is_output(level->out, &st))
		return 0;
	if (S_ISDIR(st.st_mode))
		return copy_directory(level, name, path, st.st_mode);
	if (S_ISLNK(st.st_mode))
		return copy_link(level, name);
	return S_ISREG(st.st_mode) ? copy_file(level, name, path) : -EINVAL;
}

static int copy_entry(struct level *level, const char *name)
{
	char *path;
	int error;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (asprintf(&path, "%s%s", level->path, name) < 0)
		return -ENOMEM;
	error = copy_one(level, name, path);
	if (error && !*level->why)
		oci_fail(level->why, error, "%.200s: it cannot be copied: %s",
			 path,
			 error == -EINVAL ? "it is neither a file, a directory "
					    "nor a link"
					  : strerror(-error));
	free(path);
	return error;
}

/* A second descriptor: closedir() closes it. */
static DIR *list(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);

	if (!dir && own >= 0)
		close(own);
	return dir;
}

static int copy_level(struct level *level)
{
	struct dirent *entry;
	DIR *dir;
	int error = 0;

	if (level->depth > TREE_DEPTH)
		return -ELOOP;
	dir = list(level->from);
	if (!dir)
		return -errno;
	errno = 0;
	while (!error && (entry = readdir(dir))) {
		error = copy_entry(level, entry->d_name);
		errno = 0;
	}
	if (!error && errno)
		error = -errno;
	closedir(dir);
	if (!error && fsync(level->to) != 0)
		error = -errno;
	return error;
}

int put_layout(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	const struct store *store = &out->oci->state->store;
	struct level root = {out, store->fd, out->fd, "", 0, why};
	int error = 0;

	*why = '\0';
	for (size_t i = 0; i < out->freshes && !error; i++)
		error = put_fresh(out, &out->fresh[i]);
	remove_doubles(out);
	if (!error && fchmod(out->fd, (store->stat.st_mode & 0777) | 0700))
		error = -errno;
	if (!error)
		error = copy_level(&root);
	if (error && !*why)
		oci_fail(why, error, "it cannot be written: %s",
			 strerror(-error));
	return error;
}

/* --------------------------------- removing ------------------------------- */

static int remove_below(int fd, int depth)
{
	DIR *dir = list(fd);
	struct dirent *entry;
	int error = 0;

	if (!dir)
		return -errno;
	while (!error && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			error = remove_tree(fd, entry->d_name, depth + 1);
	closedir(dir);
	return error;
}

/* Where something else is mounted, it is left alone. */
static bool same_device(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev;
}

static int remove_directory(int dirfd, const char *name, int depth)
{
	int fd = openat(dirfd, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = same_device(dirfd, fd) ? remove_below(fd, depth) : -EXDEV;
	close(fd);
	if (!error && unlinkat(dirfd, name, AT_REMOVEDIR) != 0)
		error = -errno;
	return error;
}

int remove_tree(int dirfd, const char *name, int depth)
{
	if (unlinkat(dirfd, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (depth > TREE_DEPTH + 2)
		return -ELOOP;
	return remove_directory(dirfd, name, depth);
}
