/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blobs by their names, in a directory or an archive. */
#include "oci/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/** TRIES - how often what is busy is opened, a second in all */
#define TRIES 100

int oci_fail(char why[OCI_WHY_SIZE], int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, OCI_WHY_SIZE, format, args);
	va_end(args);
	return error;
}

int oci_no_memory(char why[OCI_WHY_SIZE])
{
	return oci_fail(why, -ENOMEM, "no memory");
}

/* -------------------------------- directory ------------------------------- */

int store_openat(int dirfd, const char *name, int flags)
{
	/* With O_PATH nothing is opened that could wait. */
	int safe = flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY;
	struct open_how how = {
		.flags = (unsigned)(flags | safe | O_NOFOLLOW | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	const struct timespec pause = {.tv_nsec = 10000000};
	bool one = !strchr(name, '/');
	long fd = -1;

	/* Something was renamed; or somebody has a lease, and may keep it. */
	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
		/* Of one component it is the same, and a closed process has
		 * got only that. */
		if (fd < 0 && errno == EPERM && one)
			fd = openat(dirfd, name, (int)how.flags);
		if (fd >= 0 || errno != EAGAIN || i + 1 == TRIES)
			break;
		nanosleep(&pause, NULL);
	}
	return fd < 0 ? -errno : (int)fd;
}

static int refuse_file(const char *name, int error, char why[OCI_WHY_SIZE])
{
	if (error == -ENOENT || error == -ENOTDIR)
		return oci_fail(why, -ENOENT, "%s: it is not in the store",
				name);
	if (error == -ELOOP || error == -EXDEV)
		return oci_fail(why, -EBADMSG,
				"%s: a symbolic link, which is not followed",
				name);
	return oci_fail(why, error, "%s: it cannot be opened: %s", name,
			strerror(-error));
}

/* Closes @fd where it is none, or that cannot be told. */
static int if_regular(int fd, struct stat *st)
{
	int error;

	if (fd < 0)
		return fd;
	error = fstat(fd, st) != 0     ? -errno
		: S_ISREG(st->st_mode) ? 0
				       : -EBADMSG;
	if (!error)
		return fd;
	close(fd);
	return error;
}

int oci_open_blob(int directory, const char *name, uint64_t *size,
		  char why[OCI_WHY_SIZE])
{
	struct stat st;
	int fd = store_openat(directory, name, O_PATH);

	/* A device must not even be opened. */
	fd = if_regular(fd, &st);
	if (fd >= 0) {
		close(fd);
		fd = if_regular(store_openat(directory, name, O_RDONLY), &st);
	}
	if (fd == -EBADMSG)
		return oci_fail(why, -EBADMSG, "%s: it is no regular file",
				name);
	if (fd < 0)
		return refuse_file(name, fd, why);
	*size = (uint64_t)st.st_size;
	return fd;
}

static int open_regular(const struct store *store, const char *name,
			uint64_t *size, char why[OCI_WHY_SIZE])
{
	return store->open ? store->open(store->open_ctx, name, size, why)
			   : oci_open_blob(store->fd, name, size, why);
}

/* ---------------------------------- both ---------------------------------- */

/* A name as all tables have it. What leads upwards leads nowhere. */
static int clean_name(const char *name, char clean[STORE_NAME],
		      char why[OCI_WHY_SIZE])
{
	if (strlen(name) + 2 > STORE_NAME)
		return oci_fail(why, -EBADMSG, "%.60s...: too long a name",
				name);
	if (tar_rel(name, clean))
		return oci_fail(why, -EBADMSG,
				"%.200s: a name with \"..\" in it", name);
	return 0;
}

static int find_member(const struct store *store, const char *name,
		       const struct store_member **member,
		       char why[OCI_WHY_SIZE])
{
	*member = store_find(store, name);
	if (!*member)
		return oci_fail(why, -ENOENT,
				"%s: it is not in the archive, or a link that "
				"leads nowhere",
				name);
	if ((*member)->type != '0')
		return oci_fail(why, -EBADMSG, "%s: it is no regular file",
				name);
	return 0;
}

int store_resolve(const struct store *store, const char *name, char *resolved,
		  uint64_t *size, char why[OCI_WHY_SIZE])
{
	const struct store_member *member;
	int error = clean_name(name, resolved, why);

	if (error)
		return error;
	if (store->directory) {
		int fd = open_regular(store, resolved, size, why);

		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : 0;
	}
	error = find_member(store, resolved, &member, why);
	if (error)
		return error;
	if (strlen(member->name) >= STORE_NAME)
		return oci_fail(why, -EBADMSG, "%.60s...: too long a name",
				member->name);
	strcpy(resolved, member->name);
	*size = member->size;
	return 0;
}

/* The last stage that was made is what is read. */
static int stage(struct store_blob *blob, size_t n, int error)
{
	if (!error)
		blob->in = blob->stage[n];
	return error;
}

static int directory_blob(const struct store *store, const char *name,
			  struct store_blob *blob, char why[OCI_WHY_SIZE])
{
	blob->fd = open_regular(store, name, &blob->size, why);
	if (blob->fd < 0)
		return blob->fd;
	if (stage(blob, 0, in_fd(&blob->stage[0], blob->fd, 0, blob->size)) !=
	    0)
		return oci_no_memory(why);
	return 0;
}

int store_archive(const struct store *store, struct store_blob *blob,
		  char why[OCI_WHY_SIZE])
{
	const struct codec *codec;
	int error;

	*blob = (struct store_blob){.fd = -1};
	error = stage(blob, 0,
		      in_fd(&blob->stage[0], store->fd, 0,
			    (uint64_t)store->stat.st_size));
	if (error)
		return oci_no_memory(why);
	if (store->codec)
		error = stage(blob, 1,
			      in_decompressed(&blob->stage[1], blob->in,
					      store->max_size, &codec));
	if (error || !blob->in)
		error = oci_fail(why, error ? error : -EBADMSG, "%s",
				 in_why(blob->stage[0]));
	if (error)
		store_blob_close(blob);
	return error;
}

/* Compressed, an archive cannot be sought in: it is read from its start. */
static int member_blob(const struct store *store,
		       const struct store_member *member,
		       struct store_blob *blob, char why[OCI_WHY_SIZE])
{
	int error = store_archive(store, blob, why);

	if (error)
		return error;
	error = in_skip(blob->in, member->body);
	if (error)
		return oci_fail(why, error, "%s: %s", member->name,
				in_why(blob->in));
	if (stage(blob, 2, in_part(&blob->stage[2], blob->in, member->size)) !=
	    0)
		return oci_no_memory(why);
	blob->size = member->size;
	return 0;
}

int store_blob_open(const struct store *store, const char *name,
		    struct store_blob *blob, char why[OCI_WHY_SIZE])
{
	const struct store_member *member;
	char clean[STORE_NAME];
	int error = clean_name(name, clean, why);

	*blob = (struct store_blob){.fd = -1};
	if (error)
		return error;
	if (store->directory)
		error = directory_blob(store, clean, blob, why);
	else if ((error = find_member(store, clean, &member, why)) == 0)
		error = member_blob(store, member, blob, why);
	if (error)
		store_blob_close(blob);
	return error;
}

void store_blob_close(struct store_blob *blob)
{
	for (size_t i = STORE_STAGES; i-- > 0;)
		in_close(blob->stage[i]);
	if (blob->fd >= 0)
		close(blob->fd);
	*blob = (struct store_blob){.fd = -1};
}
