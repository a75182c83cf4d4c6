/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Live files and trees, by directory descriptor. */
#include "scan/scan.h"

#include "vfscap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The walk is a stack of levels, one a directory on the way down. A level reads
 * its directory piece by piece: all entries of a piece are asked at once, its
 * subdirectories' names are kept and entered one after the other, then comes
 * the next piece. So a directory of ten million entries costs no more memory
 * than a small one.
 *
 * Descriptors are bounded: only the first LEVELS_OPEN levels keep theirs. One
 * further down is read to its end before its first subdirectory is entered, is
 * closed meanwhile, and is come back to through "..", which must be the same
 * directory still: a directory that was moved elsewhere must not lead us there.
 */
#define LEVELS_OPEN 64
#define PIECE_SIZE (256 * 1024)

struct level {
	int fd; /* -1: closed, to be opened again from below */
	dev_t dev;
	ino_t ino;
	const struct scan_fs *fs;
	size_t path_len;   /* of this directory in walk->path */
	size_t names_next; /* the next subdirectory in walk->names */
	size_t names_base; /* where this level's names begin */
	bool read_all;
};

struct walk {
	struct scan *scan;
	struct scan_mounts mounts;
	struct level *level;
	size_t depth, level_room;
	char *path;
	size_t path_room, root_len;
	char *names;
	size_t names_used, names_room;
	char *piece;
};

/* The kernel's struct linux_dirent64. */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

static int grow(void **array, size_t *room, size_t need, size_t size)
{
	size_t more = *room ? *room : 64;
	void *bigger;

	if (need <= *room)
		return 0;
	while (more < need)
		more *= 2;
	bigger = reallocarray(*array, more, size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*room = more;
	return 0;
}

static struct level *top(struct walk *w)
{
	return &w->level[w->depth - 1];
}

/* ---------------------------------- paths -------------------------------- */

/* The path of @name in the directory whose path is @len bytes long. */
static int set_path(struct walk *w, size_t len, const char *name)
{
	size_t name_len = strlen(name);
	bool slash = len > 0 && w->path[len - 1] != '/';

	if (grow((void **)&w->path, &w->path_room, len + name_len + 2, 1))
		return -ENOMEM;
	if (slash)
		w->path[len++] = '/';
	memcpy(w->path + len, name, name_len + 1);
	return 0;
}

static const char *rel_path(const struct walk *w)
{
	const char *rel = w->path + w->root_len;

	while (*rel == '/')
		rel++;
	return *rel ? rel : ".";
}

/* --------------------------------- records ------------------------------- */

static int hand_over(struct walk *w, struct scan_record *r)
{
	r->source = w->scan->input->source;
	r->path = w->path;
	r->rel = rel_path(w);
	return w->scan->fn(w->scan->ctx, r);
}

static int tell(struct walk *w, enum scan_what what, int error,
		const char *reason)
{
	struct scan_record r = {
		.what = what,
		.error = error,
		.reason = reason,
		.dirfd = -1,
		.fd = -1,
	};

	return hand_over(w, &r);
}

/* A single file may be mounted from elsewhere than its directory. */
static bool on_overlayfs(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool overlay = fd >= 0 && scan_fs_of(fd)->overlay;

	if (fd >= 0)
		close(fd);
	return overlay;
}

/*
 * Ask one entry. (@dirfd, @name) as for scan_ask(); w->path is its path.
 */
static int ask(struct walk *w, const struct scan_fs *fs, int dirfd,
	       const char *name)
{
	uint8_t value[VFSCAP_SIZE_MAX];
	struct scan_record r = {
		.value = value,
		.overlay = fs->overlay,
		.dirfd = name ? dirfd : -1,
		.name = name,
		.fd = name ? -1 : dirfd,
	};
	enum vfscap_answer answer;

	r.error = -scan_ask(fs, dirfd, name, value, sizeof(value), &r.size);
	answer = vfscap_answer(-r.error);
	if (answer == VFSCAP_ANSWER_GONE && name) {
		w->scan->totals->vanished++;
		return 0;
	}
	w->scan->totals->entries++;
	if (!w->scan->options->all && (answer == VFSCAP_ANSWER_NONE ||
				       answer == VFSCAP_ANSWER_UNSUPPORTED))
		return 0;
	if (r.error)
		r.value = NULL;
	if (answer == VFSCAP_ANSWER_HIDDEN && name)
		r.overlay = on_overlayfs(dirfd, name);
	r.has_stat = fstatat(dirfd, name ? name : "", &r.stat,
			     name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH) == 0;
	return hand_over(w, &r);
}

/* -------------------------------- one piece ------------------------------ */

static int keep_name(struct walk *w, const char *name)
{
	size_t size = strlen(name) + 1;

	if (grow((void **)&w->names, &w->names_room, w->names_used + size, 1))
		return -ENOMEM;
	memcpy(w->names + w->names_used, name, size);
	w->names_used += size;
	return 0;
}

static bool is_directory(int dirfd, const struct entry *e)
{
	struct stat st;

	if (e->type != DT_UNKNOWN)
		return e->type == DT_DIR;
	return fstatat(dirfd, e->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

static int take_entry(struct walk *w, const struct entry *e)
{
	const struct level *l = top(w);
	bool directory = is_directory(l->fd, e);
	const char *network = NULL;
	int error = set_path(w, l->path_len, e->name);

	if (error)
		return error;
	if (w->scan->options->local)
		network = scan_mounts_network(&w->mounts, l->fd, e->name);
	if (network)
		return tell(w, SCAN_LEFT_OUT, 0, network);
	error = ask(w, l->fs, l->fd, e->name);
	if (!error && directory)
		error = keep_name(w, e->name);
	return error;
}

static bool is_dots(const char *name)
{
	return name[0] == '.' &&
	       (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static int take_piece(struct walk *w, size_t size)
{
	for (size_t at = 0; at < size;) {
		const struct entry *e = (const void *)(w->piece + at);
		int error;

		at += e->reclen;
		if (is_dots(e->name))
			continue;
		error = take_entry(w, e);
		if (error)
			return error;
	}
	return 0;
}

static int unread(struct walk *w, size_t path_len, int error,
		  const char *reason)
{
	w->path[path_len] = '\0';
	return tell(w, SCAN_UNREAD, error, reason);
}

static int read_piece(struct walk *w)
{
	struct level *l = top(w);
	long n = syscall(SYS_getdents64, l->fd, w->piece, PIECE_SIZE);

	if (n > 0)
		return take_piece(w, (size_t)n);
	l->read_all = true;
	if (n == 0)
		return 0;
	if (vfscap_answer(-errno) == VFSCAP_ANSWER_GONE) {
		w->scan->totals->vanished++;
		return 0;
	}
	return unread(w, l->path_len, errno, "the directory cannot be read");
}

/* A level that will be closed must have been read to its end. */
static int read_level(struct walk *w)
{
	int error;

	do
		error = read_piece(w);
	while (!error && !top(w)->read_all && w->depth > LEVELS_OPEN);
	return error;
}

/* ------------------------------- down and up ----------------------------- */

/* What is mounted where, read when it is first asked for. */
static int know_mounts(struct walk *w)
{
	return w->mounts.mount ? 0 : scan_mounts_read(&w->mounts);
}

/*
 * A file system that can hold no capability is not read, but other ones can be
 * mounted on it: those take the place of its subdirectories.
 */
static int pass_over(struct walk *w, bool say)
{
	struct level *l = top(w);
	const char *below;
	size_t next = 0;
	int error = say ? tell(w, SCAN_LEFT_OUT, 0, l->fs->name) : 0;
	int unknown = know_mounts(w);

	l->read_all = true;
	if (!error && unknown)
		error = tell(w, SCAN_UNREAD, -unknown,
			     "/proc/self/mountinfo is needed to tell what is "
			     "mounted below");
	while (!error && (below = scan_mounts_below(&w->mounts, l->fd, &next)))
		error = keep_name(w, below);
	return error;
}

/*
 * Enter an open directory whose path is w->path. Takes @fd over.
 */
static int enter(struct walk *w, int fd)
{
	struct level *l, *above;
	struct stat st;
	bool same_fs;

	if (fstat(fd, &st) != 0 || grow((void **)&w->level, &w->level_room,
					w->depth + 1, sizeof(*l)) != 0) {
		int error = errno;

		close(fd);
		return tell(w, SCAN_UNREAD, error, NULL);
	}
	l = &w->level[w->depth];
	above = w->depth ? l - 1 : NULL;
	*l = (struct level){
		.fd = fd,
		.dev = st.st_dev,
		.ino = st.st_ino,
		.path_len = strlen(w->path),
		.names_base = w->names_used,
		.names_next = w->names_used,
	};
	same_fs = above && above->dev == st.st_dev;
	l->fs = same_fs ? above->fs : scan_fs_of(fd);
	if (above && !same_fs && w->scan->options->one_file_system) {
		close(fd);
		return 0;
	}
	w->depth++;
	return l->fs->barren ? pass_over(w, !same_fs) : 0;
}

/*
 * What was a directory when it was listed may have gone, or been replaced by
 * something that must not be followed.
 */
static int cannot_enter(struct walk *w, int error)
{
	if (vfscap_answer(-error) == VFSCAP_ANSWER_GONE) {
		w->scan->totals->vanished++;
		return 0;
	}
	return tell(w, SCAN_UNREAD, error,
		    error == ELOOP || error == ENOTDIR
			    ? "it was a directory when it was listed and has "
			      "been replaced; run again"
			    : "the directory cannot be opened");
}

static void close_level(struct level *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static int descend(struct walk *w)
{
	struct level *l = top(w);
	const char *name = w->names + l->names_next;
	size_t depth;
	int fd, error;

	error = set_path(w, l->path_len, name);
	if (error)
		return error;
	l->names_next += strlen(name) + 1;
	if (l->fs->barren) {
		/* A mount point: nobody has asked it yet, and it may be a file. */
		error = ask(w, scan_fs_of(-1), l->fd, name);
		if (error)
			return error;
	}
	fd = openat(l->fd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK |
			    O_CLOEXEC);
	if (fd < 0 && l->fs->barren && errno == ENOTDIR)
		return 0;
	if (fd < 0)
		return cannot_enter(w, errno);
	depth = w->depth;
	error = enter(w, fd);
	if (w->depth > depth && depth > LEVELS_OPEN)
		close_level(&w->level[depth - 1]);
	return error;
}

static bool same_directory(int fd, const struct level *l)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == l->dev &&
	       st.st_ino == l->ino;
}

/* Open a closed level again, from the one below it that is left. */
static int reopen(struct walk *w, int below, struct level *l)
{
	int fd = openat(below, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && same_directory(fd, l)) {
		l->fd = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return unread(w, l->path_len, ESTALE,
		      "a directory below it was moved away while it was read; "
		      "some of its subdirectories were not entered; run again");
}

/*
 * Leave the top level. Where its parent cannot be come back to, neither can the
 * closed ones above it.
 */
static int leave(struct walk *w)
{
	struct level *left = top(w);
	int error = 0;

	w->depth--;
	if (w->depth && top(w)->fd < 0)
		error = reopen(w, left->fd, top(w));
	close_level(left);
	while (!error && w->depth && top(w)->fd < 0)
		w->depth--;
	w->names_used = w->level[w->depth].names_base;
	return error;
}

static int walk_all(struct walk *w)
{
	int error = 0;

	while (!error && w->depth) {
		struct level *l = top(w);

		if (l->names_next < w->names_used) {
			error = descend(w);
		} else if (!l->read_all) {
			w->names_used = l->names_next = l->names_base;
			error = read_level(w);
		} else {
			error = leave(w);
		}
	}
	return error;
}

/* The O_PATH descriptor is what makes sure of the inode before it is opened. */
int scan_open(const struct scan_record *r)
{
	char path[sizeof("/proc/thread-self/fd/") + 3 * sizeof(int)];
	int fd = r->fd, opened = -EINVAL;
	struct stat st;

	if (r->name)
		fd = openat(r->dirfd, r->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return r->name ? -errno : -EINVAL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && r->has_stat &&
	    st.st_dev == r->stat.st_dev && st.st_ino == r->stat.st_ino) {
		snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
		opened = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (opened < 0)
			opened = -errno;
	}
	if (r->name)
		close(fd);
	return opened;
}

/* ------------------------------- the backends ---------------------------- */

static int start(struct walk *w, struct scan *scan)
{
	const char *location = scan->input->location;

	*w = (struct walk){.scan = scan};
	if (set_path(w, 0, location))
		return -ENOMEM;
	w->root_len = strlen(location);
	return 0;
}

static void finish(struct walk *w)
{
	while (w->depth)
		close_level(&w->level[--w->depth]);
	scan_mounts_free(&w->mounts);
	free(w->level);
	free(w->path);
	free(w->names);
	free(w->piece);
}

/* Is the input itself on a network file system that is not to be asked? */
static bool left_out(struct walk *w, int *error)
{
	const char *network;

	*error = w->scan->options->local ? know_mounts(w) : 0;
	if (*error) {
		*error = tell(w, SCAN_UNREAD, -*error,
			      "/proc/self/mountinfo is needed to tell network "
			      "file systems");
		return true;
	}
	network = w->scan->options->local
			  ? scan_mounts_network(&w->mounts, AT_FDCWD, w->path)
			  : NULL;
	if (network)
		*error = tell(w, SCAN_LEFT_OUT, 0, network);
	return network != NULL;
}

static int run_tree(struct walk *w)
{
	int error, fd;

	if (left_out(w, &error))
		return error;
	w->piece = malloc(PIECE_SIZE);
	if (!w->piece)
		return -ENOMEM;
	fd = open(w->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return tell(w, SCAN_UNREAD, errno,
			    "the directory cannot be opened");
	error = ask(w, scan_fs_of(fd), fd, NULL);
	if (error) {
		close(fd);
		return error;
	}
	error = enter(w, fd);
	return error ? error : walk_all(w);
}

int scan_tree(struct scan *scan)
{
	struct walk w;
	int error = start(&w, scan);

	if (!error)
		error = run_tree(&w);
	finish(&w);
	return error;
}

/* What is in a file besides its own attribute, where that is known. */
static int read_contents(struct walk *w, int fd)
{
	struct scan_record r = {.fd = fd};
	int file, error;

	r.has_stat = fstat(fd, &r.stat) == 0;
	file = scan_open(&r);
	if (file < 0)
		return 0;
	error = scan_journal(w->scan, file);
	close(file);
	return error;
}

/*
 * O_PATH opens nothing, but without /proc no attribute can be read through it:
 * then a regular file or a directory, known to be one, is opened for reading.
 */
static int open_file(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), again;
	struct stat st, now;
	uint8_t byte;
	size_t size;

	if (fd < 0 || vfscap_get_fd(fd, &byte, 0, &size) != -ENOSYS ||
	    fstat(fd, &st) != 0 ||
	    !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return fd;
	again = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (again >= 0 && fstat(again, &now) == 0 && now.st_dev == st.st_dev &&
	    now.st_ino == st.st_ino) {
		close(fd);
		return again;
	}
	if (again >= 0)
		close(again);
	return fd;
}

static int run_file(struct walk *w)
{
	const char *slash = strrchr(w->path, '/');
	int error, fd;

	w->root_len = slash ? (size_t)(slash - w->path) : 0;
	if (left_out(w, &error))
		return error;
	fd = open_file(w->path);
	if (fd < 0)
		return tell(w, SCAN_UNREAD, errno, NULL);
	error = ask(w, scan_fs_of(fd), fd, NULL);
	if (!error && w->scan->options->contents)
		error = read_contents(w, fd);
	close(fd);
	return error;
}

int scan_file(struct scan *scan)
{
	struct walk w;
	int error = start(&w, scan);

	if (!error)
		error = run_file(&w);
	finish(&w);
	return error;
}
