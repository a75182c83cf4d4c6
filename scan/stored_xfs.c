/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stored bytes of files on a mounted xfs: an attribute by the file's handle. */
#include "scan/stored.h"

#include "change/change.h"
#include "vfscap.h"

#include <assert.h>
#include <errno.h>
#include <linux/ioctl.h>
#include <string.h>
#include <sys/ioctl.h>

/*
 * What the kernel's fs/xfs/libxfs/xfs_fs.h declares. The C library and the
 * kernel's own headers do not have it, and xfslibs-dev is not to be needed for
 * that much.
 */
struct handle {
	uint32_t fsid[2];
	uint16_t fid_len; /* of what follows */
	uint16_t pad;
	uint32_t generation;
	uint64_t inode;
};

struct handle_request {
	uint32_t fd;
	void *path;
	uint32_t open_flags;
	void *in;
	uint32_t in_size;
	void *out;
	uint32_t *out_size;
};

struct attr_op {
	uint32_t opcode;
	int32_t error;
	const void *name;
	void *value;
	uint32_t size;
	uint32_t flags;
};

struct attr_request {
	struct handle_request file;
	uint32_t ops;
	struct attr_op *op;
};

static_assert(sizeof(struct handle) == 24, "xfs_handle_t");
static_assert(sizeof(void *) != 8 || sizeof(struct handle_request) == 56,
	      "xfs_fsop_handlereq_t");
static_assert(sizeof(void *) != 8 || sizeof(struct attr_op) == 32,
	      "xfs_attr_multiop_t");
static_assert(sizeof(void *) != 8 || sizeof(struct attr_request) == 72,
	      "xfs_fsop_attrmulti_handlereq_t");

#define FD_TO_HANDLE _IOWR('X', 106, struct handle_request)
#define ATTRMULTI_BY_HANDLE _IOW('X', 123, struct attr_request)
#define ATTR_OP_GET 1
#define ATTR_SECURE 8

/* The name in the namespace of ATTR_SECURE. */
static const char name[] = "capability";
static_assert(sizeof(VFSCAP_XATTR) == sizeof("security.") - 1 + sizeof(name),
	      "the attribute's name without its namespace");

/* That of the directory has the file system's id; the rest is the file's. */
static int handle_of(int dirfd, const struct stored_file *file,
		     struct handle *h)
{
	uint32_t size = sizeof(*h);
	struct handle_request request = {
		.fd = (uint32_t)dirfd,
		.out = h,
		.out_size = &size,
	};
	int error = stored_generation(file, &h->generation);
	uint32_t generation = h->generation;

	if (error)
		return error;
	if (ioctl(dirfd, FD_TO_HANDLE, &request) != 0)
		return -errno;
	if (size != sizeof(*h))
		return -EOPNOTSUPP;
	h->inode = file->stat.st_ino;
	h->generation = generation;
	return 0;
}

int stored_xfs(int dirfd, const struct stored_file *file, uint8_t *buf,
	       struct stored_answer *answer)
{
	struct handle handle = {0};
	struct attr_op op = {
		.opcode = ATTR_OP_GET,
		.name = name,
		.value = buf,
		.size = 1 << 16,
		.flags = ATTR_SECURE,
	};
	struct attr_request request = {
		.file = {.in = &handle, .in_size = sizeof(handle)},
		.ops = 1,
		.op = &op,
	};
	int error = handle_of(dirfd, file, &handle);

	if (error)
		return error;
	privilege_raise(CAP_SYS_ADMIN);
	error = ioctl(dirfd, ATTRMULTI_BY_HANDLE, &request) != 0 ? -errno : 0;
	privilege_lower(CAP_SYS_ADMIN);
	/* The kernel's own ENOATTR is ENODATA. */
	if (!error && op.error)
		error = op.error;
	if (error)
		return error;
	if (op.size > STORED_ROOM)
		return -EIO;
	answer->value = buf;
	answer->size = op.size;
	return 0;
}
