/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attribute of a file, by descriptor or by directory and name. */
#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Since 6.13; libc headers lack them for years. The numbers are those of every
 * architecture that shares the common table; elsewhere the headers must know. */
#if !defined(__NR_getxattrat) && !defined(__alpha__) && !defined(__mips__)
#define __NR_setxattrat 463
#define __NR_getxattrat 464
#define __NR_listxattrat 465
#define __NR_removexattrat 466
#endif

/* The kernel's struct xattr_args, version 0. */
struct at_args {
	_Alignas(8) uint64_t value;
	uint32_t size;
	uint32_t flags;
};

_Static_assert(sizeof(struct at_args) == 16, "size of version 0");

enum vfscap_answer vfscap_answer(int error)
{
	switch (error == INT_MIN ? INT_MAX : -error) {
	case 0:
		return VFSCAP_ANSWER_VALUE;
	case ENODATA:
		return VFSCAP_ANSWER_NONE;
	case EOPNOTSUPP:
		return VFSCAP_ANSWER_UNSUPPORTED;
	case EINVAL:
		return VFSCAP_ANSWER_HIDDEN;
	case EOVERFLOW:
		return VFSCAP_ANSWER_FOREIGN;
	case EACCES:
	case EPERM:
		return VFSCAP_ANSWER_DENIED;
	case ENOENT:
	case ESTALE:
		return VFSCAP_ANSWER_GONE;
	default:
		return VFSCAP_ANSWER_FAILED;
	}
}

/* ------------------------ one call, two ways to name --------------------- */

/*
 * What is asked of a file. get and list return a size, set and remove 0, or
 * -1 and errno, as the system calls do.
 */
enum verb { VERB_GET, VERB_LIST, VERB_SET, VERB_REMOVE };

struct call {
	enum verb verb;
	void *buf;
	size_t size;
	int flags; /* XATTR_CREATE, XATTR_REPLACE */
};

static ssize_t call_fd(int fd, const struct call *c)
{
	switch (c->verb) {
	case VERB_GET:
		return fgetxattr(fd, VFSCAP_XATTR, c->buf, c->size);
	case VERB_LIST:
		return flistxattr(fd, c->buf, c->size);
	case VERB_SET:
		return fsetxattr(fd, VFSCAP_XATTR, c->buf, c->size, c->flags);
	default:
		return fremovexattr(fd, VFSCAP_XATTR);
	}
}

static ssize_t call_path(const char *path, const struct call *c)
{
	switch (c->verb) {
	case VERB_GET:
		return getxattr(path, VFSCAP_XATTR, c->buf, c->size);
	case VERB_LIST:
		return listxattr(path, c->buf, c->size);
	case VERB_SET:
		return setxattr(path, VFSCAP_XATTR, c->buf, c->size, c->flags);
	default:
		return removexattr(path, VFSCAP_XATTR);
	}
}

#ifdef __NR_getxattrat
static ssize_t call_at(int dirfd, const char *name, const struct call *c)
{
	struct at_args args = {
		.value = (uint64_t)(uintptr_t)c->buf,
		/* No value is longer than the kernel's own limit. */
		.size = (uint32_t)(c->size < XATTR_SIZE_MAX ? c->size
							    : XATTR_SIZE_MAX),
		.flags = (uint32_t)c->flags,
	};

	switch (c->verb) {
	case VERB_GET:
		return syscall(__NR_getxattrat, dirfd, name,
			       AT_SYMLINK_NOFOLLOW, VFSCAP_XATTR, &args,
			       sizeof(args));
	case VERB_LIST:
		return syscall(__NR_listxattrat, dirfd, name,
			       AT_SYMLINK_NOFOLLOW, c->buf, c->size);
	case VERB_SET:
		return syscall(__NR_setxattrat, dirfd, name,
			       AT_SYMLINK_NOFOLLOW, VFSCAP_XATTR, &args,
			       sizeof(args));
	default:
		return syscall(__NR_removexattrat, dirfd, name,
			       AT_SYMLINK_NOFOLLOW, VFSCAP_XATTR);
	}
}
#else
static ssize_t call_at(int dirfd, const char *name, const struct call *c)
{
	(void)dirfd, (void)name, (void)c;
	errno = ENOSYS;
	return -1;
}
#endif

#define PROC_FD "/proc/thread-self/fd"

/*
 * An O_PATH descriptor takes no *xattr call, but its link in /proc does, and
 * names that very inode: a symbolic link too, where it was opened O_NOFOLLOW.
 * A thread may have descriptors of its own, so it is the thread's link. What
 * else is mounted on /proc is not trusted with the question.
 */
static ssize_t call_proc(int fd, const struct call *c)
{
	char path[sizeof(PROC_FD "/") + 3 * sizeof(fd)];
	struct statfs fs;

	if (statfs(PROC_FD, &fs) != 0 || fs.f_type != PROC_SUPER_MAGIC) {
		errno = ENOSYS;
		return -1;
	}
	snprintf(path, sizeof(path), PROC_FD "/%d", fd);
	return call_path(path, c);
}

static ssize_t by_fd(int fd, const struct call *c)
{
	ssize_t n;

	/* AT_FDCWD is no file, though some of the calls take it for one. */
	if (fd < 0)
		return -EBADF;
	n = call_fd(fd, c);
	if (n < 0 && errno == EBADF && fcntl(fd, F_GETFL) >= 0)
		n = call_proc(fd, c);
	return n < 0 ? -errno : n;
}

/*
 * The way before *xattrat: @first is what those answered.
 */
static ssize_t by_opened(int dirfd, const char *name, const struct call *c,
			 int first)
{
	int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return first == EPERM && (errno == EMFILE || errno == ENFILE)
			       ? -first
			       : -errno;
	n = call_proc(fd, c);
	if (n < 0)
		n = first == EPERM && errno == ENOSYS ? -first : -errno;
	close(fd);
	return n;
}

/*
 * Some sandboxes answer EPERM for a call that they do not know. Asking again in
 * the old way costs little, and an EPERM that was meant comes again; where the
 * old way is closed, it is what is left to be said.
 */
static ssize_t by_name(int dirfd, const char *name, const struct call *c)
{
	ssize_t n = call_at(dirfd, name, c);

	if (n >= 0)
		return n;
	if (errno != ENOSYS && errno != EPERM)
		return -errno;
	return by_opened(dirfd, name, c, errno);
}

/* --------------------------------- reading ------------------------------- */

static int got(ssize_t n, size_t *used)
{
	if (n < 0)
		return (int)n;
	*used = (size_t)n;
	return 0;
}

int vfscap_get_fd(int fd, void *buf, size_t size, size_t *used)
{
	struct call c = {.verb = VERB_GET, .buf = buf, .size = size};

	return got(by_fd(fd, &c), used);
}

int vfscap_get_at(int dirfd, const char *name, void *buf, size_t size,
		  size_t *used)
{
	struct call c = {.verb = VERB_GET, .buf = buf, .size = size};

	return got(by_name(dirfd, name, &c), used);
}

/* The kernel returns names one after the other, each with its NUL. */
static bool names_it(const char *list, size_t size)
{
	for (size_t at = 0; at < size; at += strlen(list + at) + 1)
		if (strcmp(list + at, VFSCAP_XATTR) == 0)
			return true;
	return false;
}

/* The kernel allocates as much as it is offered, so most files are asked with
 * little, and only those with long lists again with XATTR_LIST_MAX. */
#define LIST_SIZE 512
#define LONG_LIST_SIZE 65536

typedef ssize_t lister(int fd, const char *name, const struct call *c);

static ssize_t list_fd(int fd, const char *name, const struct call *c)
{
	(void)name;
	return by_fd(fd, c);
}

static int listed_long(lister *list, int fd, const char *name, bool *listed)
{
	char names[LONG_LIST_SIZE];
	struct call c = {
		.verb = VERB_LIST, .buf = names, .size = sizeof(names)};
	ssize_t n = list(fd, name, &c);

	if (n < 0)
		return (int)n;
	*listed = names_it(names, (size_t)n);
	return 0;
}

static int listed_by(lister *list, int fd, const char *name, bool *listed)
{
	char names[LIST_SIZE];
	struct call c = {
		.verb = VERB_LIST, .buf = names, .size = sizeof(names)};
	ssize_t n = list(fd, name, &c);

	if (n == -ERANGE)
		return listed_long(list, fd, name, listed);
	if (n < 0)
		return (int)n;
	*listed = names_it(names, (size_t)n);
	return 0;
}

int vfscap_listed_fd(int fd, bool *listed)
{
	return listed_by(list_fd, fd, NULL, listed);
}

int vfscap_listed_at(int dirfd, const char *name, bool *listed)
{
	return listed_by(by_name, dirfd, name, listed);
}

/* --------------------------------- writing ------------------------------- */

static const int flags_of[] = {
	[VFSCAP_EXPECT_ANY] = 0,
	[VFSCAP_EXPECT_NONE] = XATTR_CREATE,
	[VFSCAP_EXPECT_VALUE] = XATTR_REPLACE,
};

/*
 * Only what the kernel's own header test takes is handed to it: a zero-length
 * value, above all, would be stored without any check.
 */
static int prepare(const struct vfscap *cap, enum vfscap_expect expect,
		   uint8_t buf[VFSCAP_SIZE_MAX], struct call *c)
{
	struct vfscap again;
	size_t size;
	int error = vfscap_encode(cap, buf, VFSCAP_SIZE_MAX, &size);

	if (!error)
		error = vfscap_decode_strict(buf, size, &again);
	if (!error && cap->rootid == VFSCAP_ROOTID_INVALID)
		error = VFSCAP_ERR_ROOTID_INVALID;
	if (!error &&
	    (unsigned)expect >= sizeof(flags_of) / sizeof(flags_of[0]))
		error = VFSCAP_ERR_STRUCT;
	if (error)
		return error;
	*c = (struct call){.verb = VERB_SET,
			   .buf = buf,
			   .size = size,
			   .flags = flags_of[expect]};
	return 0;
}

int vfscap_set_fd(int fd, const struct vfscap *cap, enum vfscap_expect expect)
{
	uint8_t buf[VFSCAP_SIZE_MAX];
	struct call c;
	int error = prepare(cap, expect, buf, &c);

	return error ? error : (int)by_fd(fd, &c);
}

int vfscap_set_at(int dirfd, const char *name, const struct vfscap *cap,
		  enum vfscap_expect expect)
{
	uint8_t buf[VFSCAP_SIZE_MAX];
	struct call c;
	int error = prepare(cap, expect, buf, &c);

	return error ? error : (int)by_name(dirfd, name, &c);
}

int vfscap_remove_fd(int fd)
{
	struct call c = {.verb = VERB_REMOVE};

	return (int)by_fd(fd, &c);
}

int vfscap_remove_at(int dirfd, const char *name)
{
	struct call c = {.verb = VERB_REMOVE};

	return (int)by_name(dirfd, name, &c);
}
