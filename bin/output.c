/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output files: written beside their target, renamed into place when whole. */
#include "bin/tool.h"
#include "form/form.h"

#include <attr/libattr.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

static int open_parent(struct output *o)
{
	const char *slash = strrchr(o->path, '/');
	char *parent;

	o->base = slash ? slash + 1 : o->path;
	if (!*o->base)
		return -EISDIR;
	parent = slash == o->path ? strdup("/")
		 : slash	  ? strndup(o->path, (size_t)(slash - o->path))
				  : strdup(".");
	if (!parent)
		return -ENOMEM;
	o->dirfd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(parent);
	return o->dirfd < 0 ? -errno : 0;
}

static int check_target(const struct output *o, bool replace)
{
	struct stat st;

	if (fstatat(o->dirfd, o->base, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return replace ? 0 : -EEXIST;
}

static int open_temporary(struct output *o)
{
	int fd;

	for (int i = 0; i < 100; i++) {
		free(o->temporary);
		if (asprintf(&o->temporary, ".vfscap.%ld.%d", (long)getpid(),
			     i) < 0) {
			o->temporary = NULL;
			return -ENOMEM;
		}
		fd = openat(o->dirfd, o->temporary,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
				    O_CLOEXEC,
			    0666);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	if (fd < 0)
		return -errno;
	o->file = fdopen(fd, "w");
	if (!o->file)
		close(fd);
	return o->file ? 0 : -ENOMEM;
}

/* All but the capability attribute: a report is no program. */
static int other_attributes(const char *name, struct error_context *context)
{
	return strcmp(name, VFSCAP_XATTR) != 0 &&
	       attr_copy_action(name, context) != ATTR_ACTION_SKIP;
}

/* The owner comes last: what is not ours any more takes no other change. */
static int copy_all(const struct output *o, int from, int to)
{
	struct stat st, ours;

	if (fstat(from, &st) != 0 || fstat(to, &ours) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (fchmod(to, st.st_mode & 07777) != 0 ||
	    attr_copy_fd(o->base, from, o->temporary, to, other_attributes,
			 NULL) != 0)
		return -errno;
	if ((st.st_uid != ours.st_uid || st.st_gid != ours.st_gid) &&
	    fchown(to, st.st_uid, st.st_gid) != 0)
		return -errno;
	return 0;
}

/* What the file that is replaced has besides its bytes. */
static int carry_over(const struct output *o)
{
	int from = openat(o->dirfd, o->base,
			  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int error;

	if (from < 0)
		return errno == ENOENT ? 0 : -errno;
	error = copy_all(o, from, fileno(o->file));
	close(from);
	return error;
}

int output_open(struct output *o, const char *path, bool replace)
{
	int error;

	*o = (struct output){.path = path, .dirfd = -1, .replace = replace};
	if (!path) {
		o->file = stdout;
		return 0;
	}
	error = open_parent(o);
	if (!error)
		error = check_target(o, replace);
	if (!error)
		error = open_temporary(o);
	if (!error && replace)
		error = carry_over(o);
	if (error)
		output_abandon(o);
	return error;
}

/* CAP_FOWNER for a directory in which only owners may rename and remove. */
static void raise_for_directory(void)
{
	privilege_raise(CAP_DAC_OVERRIDE);
	privilege_raise(CAP_FOWNER);
}

static void lower_for_directory(void)
{
	privilege_lower(CAP_FOWNER);
	privilege_lower(CAP_DAC_OVERRIDE);
}

void output_abandon(struct output *o)
{
	if (o->file && o->path)
		fclose(o->file);
	if (o->temporary) {
		raise_for_directory();
		unlinkat(o->dirfd, o->temporary, 0);
		lower_for_directory();
	}
	free(o->temporary);
	if (o->dirfd >= 0)
		close(o->dirfd);
	*o = (struct output){.dirfd = -1};
}

static int into_place(const struct output *o)
{
	if (fsync(fileno(o->file)) != 0)
		return -errno;
	if (renameat2(o->dirfd, o->temporary, o->dirfd, o->base,
		      o->replace ? 0 : RENAME_NOREPLACE) != 0)
		return -errno;
	return 0;
}

int output_commit(struct output *o)
{
	int error = 0;

	/* How standard output went is told when all is finished. */
	if (!o->path)
		return 0;
	if (fflush(o->file) || ferror(o->file))
		error = errno ? -errno : -EIO;
	if (!error) {
		raise_for_directory();
		error = into_place(o);
		lower_for_directory();
	}
	if (!error) {
		free(o->temporary);
		o->temporary = NULL;
	}
	output_abandon(o);
	return error;
}

/* -------------------------------- for a tool ------------------------------ */

static const char *words_for(int error)
{
	switch (error) {
	case -EEXIST:
		return "there is such a file; --force replaces it";
	case -ELOOP:
		return "a link is never written through; name its target";
	case -EINVAL:
		return "only a regular file can be replaced; use > for "
		       "anything else";
	default:
		return strerror(-error);
	}
}

static void complain(struct tool *tool, const char *path, int error)
{
	char number[FORM_ERRNO_SIZE];

	tool_file(tool, LEVEL_ERROR, path, "%s: %s", form_errno(-error, number),
		  words_for(error));
}

bool tool_output(struct tool *tool, struct output *output, const char *path,
		 bool force)
{
	int error = output_open(output, path, force);

	if (error) {
		complain(tool, path, error);
		return false;
	}
	tool_privileges(tool,
			tool->raised |
				(path ? PRIVILEGE_OPEN | PRIVILEGE_RENAME : 0));
	return true;
}

void tool_output_done(struct tool *tool, struct output *output)
{
	const char *path = output->path;
	int error = output_commit(output);

	if (error)
		complain(tool, path, error);
}
