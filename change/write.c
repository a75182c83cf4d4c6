/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the attribute of a live file: look, write once, look again. */
#include "change/change.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

/* -------------------------------- opening -------------------------------- */

void change_close(struct change_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

int change_read(int fd, struct change_value *value)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t size;
	int error = vfscap_get_fd(fd, bytes, sizeof(bytes), &size);

	*value = (struct change_value){.have = CHANGE_NONE};
	switch (vfscap_answer(error)) {
	case VFSCAP_ANSWER_NONE:
	case VFSCAP_ANSWER_UNSUPPORTED:
		return 0;
	case VFSCAP_ANSWER_HIDDEN:
	case VFSCAP_ANSWER_FOREIGN:
		value->have = CHANGE_HIDDEN;
		value->error = -error;
		return 0;
	case VFSCAP_ANSWER_VALUE:
		value->have = CHANGE_VALUE;
		if (vfscap_decode_lenient(bytes, size, &value->cap)) {
			value->have = CHANGE_HIDDEN;
			value->error = EBADMSG;
		}
		return 0;
	default:
		return error;
	}
}

static int check_type(mode_t mode)
{
	if (S_ISLNK(mode))
		return -ELOOP;
	if (S_ISDIR(mode))
		return -EISDIR;
	return S_ISREG(mode) ? 0 : -ENXIO;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

/* Takes @fd over. */
static int open_checked(int fd, const struct stat *seen,
			struct change_file *file)
{
	struct change_file f = {.fd = fd};
	int error = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &f.stat) != 0)
		error = -errno;
	if (!error)
		error = check_type(f.stat.st_mode);
	if (!error && seen && !same_file(seen, &f.stat))
		error = -ESTALE;
	if (!error)
		error = change_read(fd, &f.now);
	*file = f;
	if (error)
		change_close(file);
	return error;
}

/*
 * Without /proc an O_PATH descriptor takes no attribute, and the file must be
 * opened for reading. That is done only after its type is known, and it must be
 * the same file still.
 */
int change_open(int dirfd, const char *name, const struct stat *seen,
		struct change_file *file)
{
	const int flags = O_NOFOLLOW | O_CLOEXEC;
	int error =
		open_checked(openat(dirfd, name, O_PATH | flags), seen, file);
	struct stat known = file->stat;

	if (error != -ENOSYS)
		return error;
	return open_checked(openat(dirfd, name,
				   O_RDONLY | O_NONBLOCK | O_NOCTTY | flags),
			    &known, file);
}

int change_open_fd(int fd, const struct stat *seen, struct change_file *file)
{
	return open_checked(fcntl(fd, F_DUPFD_CLOEXEC, 0), seen, file);
}

/* The next component of @path into @name, and @path past it and its slashes. */
static int take_component(const char **path, char name[NAME_MAX + 1])
{
	size_t len = strcspn(*path, "/");

	if (len == 0 || len > NAME_MAX)
		return len ? -ENAMETOOLONG : -ENOENT;
	memcpy(name, *path, len);
	name[len] = '\0';
	*path += len;
	*path += strspn(*path, "/");
	return strcmp(name, "..") == 0 ? -EXDEV : 0;
}

static bool is_link(int dir, const char *name)
{
	int kept = errno;
	struct stat st;
	bool link = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISLNK(st.st_mode);

	errno = kept;
	return link;
}

/*
 * Component by component, so that it works on kernels without openat2(2) too:
 * none of them may be a link, and none may lead upwards.
 */
int change_open_beneath(int root, const char *path, const struct stat *seen,
			struct change_file *file)
{
	char name[NAME_MAX + 1];
	int dir = root, next, error;

	path += strspn(path, "/");
	for (;;) {
		bool last;

		error = take_component(&path, name);
		if (error)
			break;
		last = *path == '\0';
		if (last) {
			error = change_open(dir, name, seen, file);
			break;
		}
		next = openat(dir, name,
			      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0) {
			error = is_link(dir, name) ? -ELOOP : -errno;
			break;
		}
		if (dir != root)
			close(dir);
		dir = next;
	}
	if (dir != root)
		close(dir);
	return error;
}

bool change_owner_risky(const struct change_file *file)
{
	uid_t owner = file->stat.st_uid;

	return owner != 0 && owner != getuid();
}

/* -------------------------------- writing -------------------------------- */

/* Is it, to the byte as far as that can be seen, what it was? */
static bool unchanged(const struct change_value *a,
		      const struct change_value *b)
{
	if (a->have == CHANGE_HIDDEN)
		return b->have == CHANGE_HIDDEN && a->error == b->error;
	return change_same(a, b);
}

static int write_value(int fd, const struct change_value *old,
		       const struct change_value *new, struct ns_writer *inside)
{
	enum vfscap_expect expect = old->have == CHANGE_NONE
					    ? VFSCAP_EXPECT_NONE
					    : VFSCAP_EXPECT_VALUE;
	const struct vfscap *cap = new->have == CHANGE_NONE ? NULL : &new->cap;
	int error;

	if (inside)
		return ns_writer_apply(inside, fd, cap, expect);

	privilege_raise(CAP_SETFCAP);
	error = cap ? vfscap_set_fd(fd, cap, expect) : vfscap_remove_fd(fd);
	privilege_lower(CAP_SETFCAP);
	return error;
}

/*
 * What the kernel makes of a value depends on the mount and on the file
 * system's user namespace: revision 3 with rootid 0 reads as 2, and 2 may read
 * as 3. The sets and the flag never change.
 */
static int verify(int fd, const struct change_value *new,
		  struct change_value *now, struct change_result *result)
{
	int error = change_read(fd, now);

	if (error)
		return error;
	if (now->have != new->have)
		return -EIO;
	if (new->have == CHANGE_NONE)
		return 0;
	if (now->cap.permitted != new->cap.permitted ||
	    now->cap.inheritable != new->cap.inheritable ||
	    now->cap.effective != new->cap.effective)
		return -EIO;
	result->rootid_differs = now->cap.rootid != new->cap.rootid;
	result->rootid = now->cap.rootid;
	return 0;
}

int change_apply(struct change_file *file, const struct change_value *new,
		 struct ns_writer *inside, const struct change_value *seen,
		 struct change_result *result)
{
	struct change_value now;
	int error;

	*result = (struct change_result){.step = STEP_CHECK};
	error = change_read(file->fd, &now);
	if (!error && !unchanged(&file->now, &now))
		error = -EAGAIN;
	if (error)
		return error;

	result->step = STEP_WRITE;
	error = write_value(file->fd, &now, new, inside);
	if (error)
		return error;

	result->step = STEP_VERIFY;
	return verify(file->fd, seen, &file->now, result);
}
