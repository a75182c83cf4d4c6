/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors as names and sentences. */
#include "vfscap.h"

#include <errno.h>

struct explained {
	int error;
	const char *name;
	const char *sentence;
};

#define E(name, sentence)             \
	{                             \
		name, #name, sentence \
	}
#define SYSTEM(name, sentence)         \
	{                              \
		-name, #name, sentence \
	}

static const struct explained errors[] = {
	E(VFSCAP_ERR_EMPTY, "the value is empty: nobody can execute the file"),
	E(VFSCAP_ERR_SHORT,
	  "the value is too short for a header: nobody can execute the file"),
	E(VFSCAP_ERR_LENGTH, "the value does not have the length of its "
			     "revision: nobody can execute the file"),
	E(VFSCAP_ERR_REVISION, "the value is of no known revision: nobody can "
			       "execute the file"),
	E(VFSCAP_ERR_LONG,
	  "the value is longer than any revision: nobody can execute the file"),
	E(VFSCAP_ERR_LEGACY, "the value is of revision 1: execve honours it, "
			     "getxattr does not show it"),
	E(VFSCAP_ERR_FLAGS, "the value has unknown flag bits: execve honours "
			    "it, getxattr does not show it"),
	E(VFSCAP_ERR_HIGH_BITS, "revision 1 cannot hold capabilities above 31"),
	E(VFSCAP_ERR_ROOTID, "revisions 1 and 2 cannot hold a rootid"),
	E(VFSCAP_ERR_STRUCT, "no such revision, flags or expectation"),
	E(VFSCAP_ERR_BUFFER, "the buffer is too small"),
	E(VFSCAP_ERR_EFFECTIVE,
	  "effective is neither empty nor permitted+inheritable"),
	E(VFSCAP_ERR_BEHIND, "effective has nothing permitted or inheritable "
			     "behind it"),
	E(VFSCAP_ERR_ROOTID_INVALID, "4294967295 is no rootid"),
	E(VFSCAP_ERR_TEXT_LIST,
	  "'+' and '-' need a list of capabilities before them"),
	E(VFSCAP_ERR_TEXT_NAME, "no such capability in the listing"),
	E(VFSCAP_ERR_TEXT_NUMBER, "capability numbers end at 63"),
	E(VFSCAP_ERR_TEXT_OP, "'=', '+' or '-' is missing"),
	E(VFSCAP_ERR_TEXT_FLAG, "only the flags e, i and p can stand here"),
	E(VFSCAP_ERR_TEXT_WORD,
	  "a capability's name or number must stand here"),
	E(VFSCAP_ERR_LIST_LINE, "not a line of NUMBER, tab, CAP_NAME"),
	E(VFSCAP_ERR_LIST_NUMBER,
	  "capability numbers end at 63 and have three digits at most"),
	E(VFSCAP_ERR_LIST_NAME, "a name is CAP_ and letters, digits or "
				"underscores, 31 bytes at most"),
	E(VFSCAP_ERR_LIST_ORDER, "numbers must ascend"),
	E(VFSCAP_ERR_LIST_TWICE, "the name stands on an earlier line"),
	E(VFSCAP_ERR_LIST_EMPTY, "the listing is empty"),
	E(VFSCAP_ERR_RELEASE, "not a kernel release from 2.2 on"),
	E(VFSCAP_ERR_MAP_FORM, "not INSIDE:OUTSIDE:COUNT"),
	E(VFSCAP_ERR_MAP_NUMBER, "ids end at 4294967294"),
	E(VFSCAP_ERR_MAP_ZERO, "the extent has no ids"),
	E(VFSCAP_ERR_MAP_RANGE, "the extent goes beyond 4294967294"),
	E(VFSCAP_ERR_MAP_OVERLAP, "an earlier extent has some of these ids"),
	E(VFSCAP_ERR_MAP_MANY, "the kernel takes 340 extents at most"),
	E(VFSCAP_ERR_MAP_EMPTY, "the map is empty"),
	E(VFSCAP_ERR_MAP_PARENT,
	  "the extent does not lie within one extent of the parent namespace"),
	E(VFSCAP_ERR_UNMAPPED_FROM,
	  "the rootid is not mapped in the namespace that it comes from"),
	E(VFSCAP_ERR_UNMAPPED_TO,
	  "the rootid is not mapped in the namespace that it goes to"),
	E(VFSCAP_ERR_KEPT_INSIDE,
	  "kept, the rootid would be one of the namespace that it goes to"),

	SYSTEM(ENODATA, "the file has no such attribute"),
	SYSTEM(EOPNOTSUPP, "the file system has no such attributes"),
	SYSTEM(EINVAL, "there is a value that the kernel does not take: "
		       "revision 1, unknown flags, malformed or empty; or a "
		       "rootid that is not mapped"),
	SYSTEM(EOVERFLOW, "the rootid has no name in this user namespace"),
	SYSTEM(EPERM,
	       "CAP_SETFCAP is missing, the file's uid or gid is not "
	       "mapped in this user namespace, or the file is immutable"),
	SYSTEM(EACCES, "a directory on the way cannot be searched"),
	SYSTEM(EROFS, "the file system is read-only"),
	SYSTEM(EEXIST, "the file has the attribute"),
	SYSTEM(ENOENT, "there is no such file"),
	SYSTEM(ESTALE, "the file has gone from the server"),
	SYSTEM(ELOOP, "a symbolic link is not followed here"),
	SYSTEM(ENOTDIR, "a part of the path is not a directory"),
	SYSTEM(ENAMETOOLONG, "the name is too long"),
	SYSTEM(EBADF, "the descriptor cannot be used for this"),
	SYSTEM(ERANGE,
	       "the value is longer than any revision, or than the buffer"),
	SYSTEM(E2BIG, "the list of attributes is too long for the kernel"),
	SYSTEM(EIO, "the device or file system failed"),
	SYSTEM(ENOSPC, "no space is left for the attribute"),
	SYSTEM(EDQUOT, "no quota is left for the attribute"),
	SYSTEM(ENOMEM, "no memory is left"),
	SYSTEM(EMFILE, "no descriptor is left in this process"),
	SYSTEM(ENFILE, "no descriptor is left in the system"),
	SYSTEM(EINTR, "interrupted"),
	SYSTEM(EISDIR, "it is a directory"),
	SYSTEM(ENXIO, "it is a device, FIFO or socket"),
	SYSTEM(EAGAIN, "it changed meanwhile"),
	SYSTEM(EXDEV, "the path leads elsewhere"),
	SYSTEM(EBADMSG, "the bytes are not what they should be"),
	SYSTEM(EFAULT, "bad address"),
	SYSTEM(EBUSY, "the file is in use"),
	SYSTEM(EFBIG, "the file is too large"),
	SYSTEM(EPIPE, "who reads it has gone"),
	SYSTEM(ENOEXEC, "the kernel knows no way to execute it"),
	SYSTEM(ESPIPE, "it has no places to read at, as a pipe has none"),
	SYSTEM(ENOSYS, "the system lacks what is needed: /proc is missing"),
};

static const struct explained *find(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return &errors[i];
	return NULL;
}

const char *vfscap_strerror(int error)
{
	const struct explained *e = find(error);

	if (error == 0)
		return "no error";
	return e ? e->sentence : "unknown error";
}

const char *vfscap_error_name(int error)
{
	const struct explained *e = find(error);

	return e ? e->name : NULL;
}

int vfscap_exec_errno(int error)
{
	switch (error) {
	case VFSCAP_ERR_LONG:
		return -ERANGE;
	case VFSCAP_ERR_EMPTY:
	case VFSCAP_ERR_SHORT:
	case VFSCAP_ERR_LENGTH:
	case VFSCAP_ERR_REVISION:
		return -EINVAL;
	default:
		return 0;
	}
}
