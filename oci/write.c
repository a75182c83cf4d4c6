/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A changed copy of a store: begun beside its target, put into place. */
#include "oci/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------- begin --------------------------------- */

static int split_target(struct oci_out *out, const char *path)
{
	size_t len = strlen(path);
	const char *slash;

	while (len > 1 && path[len - 1] == '/')
		len--;
	slash = memrchr(path, '/', len);
	out->base = slash ? strndup(slash + 1, len - (size_t)(slash + 1 - path))
			  : strndup(path, len);
	out->directory = !slash ? strdup(".")
			 : slash == path
				 ? strdup("/")
				 : strndup(path, (size_t)(slash - path));
	return out->base && out->directory ? 0 : -ENOMEM;
}

/* Only a layout is ever replaced by a layout. */
static int check_directory(const struct oci_out *out, const char *name,
			   char why[OCI_WHY_SIZE])
{
	struct stat st;
	int fd = openat(out->parent, name,
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int error = fd < 0 ? -errno : 0;

	if (!error && (fstatat(fd, "oci-layout", &st, AT_SYMLINK_NOFOLLOW) ||
		       !S_ISREG(st.st_mode)))
		error = -EINVAL;
	if (fd >= 0)
		close(fd);
	return error ? oci_fail(why, error,
				"%s: no OCI layout, so it is not replaced",
				out->base)
		     : 0;
}

static int check_target(const struct oci_out *out, char why[OCI_WHY_SIZE])
{
	struct stat st;

	if (fstatat(out->parent, out->base, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0
				       : oci_fail(why, -errno, "%s: %s",
						  out->base, strerror(errno));
	if (!out->force)
		return oci_fail(why, -EEXIST,
				"%s: it is there already; --force replaces it",
				out->base);
	if (S_ISLNK(st.st_mode))
		return oci_fail(why, -ELOOP,
				"%s: a symbolic link is not replaced",
				out->base);
	if (out->kind == OCI_LAYOUT)
		return check_directory(out, out->base, why);
	return S_ISREG(st.st_mode)
		       ? 0
		       : oci_fail(why, -EINVAL,
				  "%s: no regular file, so it is not replaced",
				  out->base);
}

static int make_one(struct oci_out *out, const char *name)
{
	bool layout = out->kind == OCI_LAYOUT;
	int flags = layout ? O_RDONLY | O_DIRECTORY : O_RDWR | O_CREAT | O_EXCL;
	int error;

	if (layout && mkdirat(out->parent, name, 0777) != 0)
		return -errno;
	out->fd =
		openat(out->parent, name, flags | O_NOFOLLOW | O_CLOEXEC, 0666);
	error = out->fd < 0 ? -errno : 0;
	if (error && layout)
		unlinkat(out->parent, name, AT_REMOVEDIR);
	return error;
}

static int make_temporary(struct oci_out *out)
{
	int error = -EEXIST;

	for (int i = 0; i < 100 && error == -EEXIST; i++) {
		free(out->temporary);
		if (asprintf(&out->temporary, ".vfscap.%ld.%d", (long)getpid(),
			     i) < 0) {
			out->temporary = NULL;
			return -ENOMEM;
		}
		error = make_one(out, out->temporary);
	}
	if (error) {
		free(out->temporary); /* or it would be removed */
		out->temporary = NULL;
	}
	return error;
}

static int open_output(struct oci_out *out, const char *path,
		       char why[OCI_WHY_SIZE])
{
	int error;

	if (split_target(out, path) != 0)
		return oci_no_memory(why);
	if (!*out->base || strcmp(out->base, ".") == 0 ||
	    strcmp(out->base, "..") == 0)
		return oci_fail(why, -EISDIR, "no name for what is written");
	out->parent = open(out->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->parent < 0)
		return oci_fail(why, -errno, "%s: %s", out->directory,
				strerror(errno));
	error = check_target(out, why);
	if (error)
		return error;
	error = make_temporary(out);
	if (!error && out->kind != OCI_LAYOUT) {
		out->spool = spool_open(out->directory);
		error = out->spool < 0 ? out->spool : 0;
	}
	return error ? oci_fail(why, error, "nothing can be written in %s: %s",
				out->directory, strerror(-error))
		     : 0;
}

int oci_output(struct oci_out **out, enum oci_kind kind, const char *path,
	       bool force, int level, char why[OCI_WHY_SIZE])
{
	struct oci_out *own = calloc(1, sizeof(*own));
	int error;

	*out = NULL;
	if (!own)
		return oci_no_memory(why);
	*own = (struct oci_out){
		.kind = kind,
		.force = force,
		.level = level,
		.parent = -1,
		.fd = -1,
		.spool = -1,
		.layer_fd = -1,
	};
	error = open_output(own, path, why);
	if (error)
		oci_abandon(own);
	else
		*out = own;
	return error;
}

void oci_output_of(struct oci_out *out, struct oci *oci)
{
	out->oci = oci;
}

int oci_begin(struct oci_out **out, struct oci *oci, const char *path,
	      bool force, int level, char why[OCI_WHY_SIZE])
{
	int error = oci_output(out, oci->kind, path, force, level, why);

	if (!error)
		oci_output_of(*out, oci);
	return error;
}

size_t oci_descriptors(const struct oci_out *out, int fd[2])
{
	fd[0] = out->fd;
	fd[1] = out->spool;
	return out->spool < 0 ? 1 : 2;
}

/* ----------------------------------- end ---------------------------------- */

/* A file that is replaced hands its permissions on; the owner where we may. It
 * may be another's, and what is written too: so nobody's program runs as us. */
static int carry_over(const struct oci_out *out)
{
	struct stat st;

	if (!out->force)
		return 0;
	if (fstatat(out->parent, out->base, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (fchown(out->fd, st.st_uid, st.st_gid) != 0 && errno != EPERM)
		return -errno;
	return fchmod(out->fd, st.st_mode & 0777) != 0 ? -errno : 0;
}

static int rename_into_place(struct oci_out *out, unsigned flags)
{
	return renameat2(out->parent, out->temporary, out->parent, out->base,
			 flags) != 0
		       ? -errno
		       : 0;
}

/*
 * After an exchange, what was there before has the temporary name. It is looked
 * at once more under that name, where nobody else puts anything.
 */
static int exchange_layout(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	int error = rename_into_place(out, RENAME_EXCHANGE);

	if (error)
		return error;
	error = check_directory(out, out->temporary, why);
	if (error && rename_into_place(out, RENAME_EXCHANGE) == 0)
		return error; /* and what we made is removed */
	if (!error && fsync(out->parent) != 0)
		error = -errno;
	if (!error)
		error = remove_tree(out->parent, out->temporary, 0);
	if (error)
		oci_fail(why, error,
			 "the new layout is in place, but what was there "
			 "before could not be removed: it is %.100s",
			 out->temporary);
	free(out->temporary);
	out->temporary = NULL;
	return error;
}

static int replace_layout(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	int error = rename_into_place(out, RENAME_NOREPLACE);

	if (error != -EEXIST)
		return error;
	error = check_directory(out, out->base, why);
	return error ? error : exchange_layout(out, why);
}

static int into_place(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	bool layout = out->kind == OCI_LAYOUT;
	int error = layout ? 0 : carry_over(out);

	*why = '\0';
	if (!error && fsync(out->fd) != 0)
		error = -errno;
	if (!error && layout && out->force)
		error = replace_layout(out, why);
	else if (!error)
		error = rename_into_place(out,
					  out->force ? 0 : RENAME_NOREPLACE);
	if (error)
		return *why ? error
			    : oci_fail(why, error, "%s: %s", out->base,
				       strerror(-error));
	free(out->temporary);
	out->temporary = NULL;
	return fsync(out->parent) != 0
		       ? oci_fail(why, -errno, "%s: %s", out->directory,
				  strerror(errno))
		       : 0;
}

int oci_compose(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	int error = out->now ? oci_fail(why, -EINVAL, "a layer is not finished")
			     : rewrite_documents(out, why);

	if (error)
		return error;
	return out->kind == OCI_LAYOUT ? put_layout(out, why)
				       : put_archive(out, why);
}

int oci_settle(struct oci_out *out, bool *placed, char why[OCI_WHY_SIZE])
{
	int error = into_place(out, why);

	*placed = !out->temporary;
	oci_abandon(out);
	return error;
}

int oci_commit(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	int error = oci_compose(out, why);
	bool placed;

	if (!error)
		return oci_settle(out, &placed, why);
	oci_abandon(out);
	return error;
}

static void free_lists(struct oci_out *out)
{
	for (size_t i = 0; i < out->count; i++)
		free(out->done[i]);
	free(out->done);
	for (size_t i = 0; i < out->freshes; i++) {
		free(out->fresh[i].name);
		free(out->fresh[i].beside);
		free(out->fresh[i].text);
	}
	free(out->fresh);
	for (size_t i = 0; i < out->gones; i++)
		free(out->gone[i].name);
	free(out->gone);
}

void oci_abandon(struct oci_out *out)
{
	if (!out)
		return;
	oci_unreplace(out);
	if (out->fd >= 0)
		close(out->fd);
	if (out->temporary && out->kind == OCI_LAYOUT)
		remove_tree(out->parent, out->temporary, 0);
	else if (out->temporary)
		unlinkat(out->parent, out->temporary, 0);
	if (out->spool >= 0)
		close(out->spool);
	if (out->parent >= 0)
		close(out->parent);
	free_lists(out);
	free(out->temporary);
	free(out->directory);
	free(out->base);
	free(out);
}
