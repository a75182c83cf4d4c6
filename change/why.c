/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a change failed: which of the kernel's conditions, and what to do. */
#include "change/change.h"
#include "form/form.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/vfs.h>
#include <unistd.h>

/* "user:[4026531837]", as /proc names it. */
static const char *own_userns(char buf[64])
{
	ssize_t n = readlink("/proc/self/ns/user", buf, 63);

	if (n < 0)
		return "this one";
	buf[n] = '\0';
	return buf;
}

static unsigned overflow_id(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned id = 65534;

	if (file) {
		if (fscanf(file, "%u", &id) != 1)
			id = 65534;
		fclose(file);
	}
	return id;
}

static bool attribute(const struct change_file *file, uint64_t flag)
{
	struct statx stx;

	return statx(file->fd, "", AT_EMPTY_PATH, 0, &stx) == 0 &&
	       (stx.stx_attributes & flag);
}

const char *change_hidden(int error)
{
	switch (error) {
	case EINVAL:
		return "a value that getxattr does not show: revision 1, "
		       "unknown flags, malformed or empty";
	case EOVERFLOW:
		return "a value whose rootid has no name in this user "
		       "namespace";
	default:
		return "a value that does not decode";
	}
}

bool change_is_fixed(const struct change_file *file)
{
	return attribute(file, STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND);
}

static void why_eperm(const struct change_file *file, char *buf)
{
	const char *path = "/proc/sys/kernel/overflow";
	char ns[64], uid_path[64], gid_path[64];

	snprintf(uid_path, sizeof(uid_path), "%suid", path);
	snprintf(gid_path, sizeof(gid_path), "%sgid", path);
	if (!privilege_permitted(CAP_SETFCAP))
		snprintf(buf, CHANGE_WHY_SIZE,
			 "cap_setfcap is not permitted to this process in user "
			 "namespace %s; run as its root",
			 own_userns(ns));
	else if (file && attribute(file, STATX_ATTR_IMMUTABLE))
		snprintf(buf, CHANGE_WHY_SIZE,
			 "the file is immutable; chattr -i it first");
	else if (file && attribute(file, STATX_ATTR_APPEND))
		snprintf(buf, CHANGE_WHY_SIZE,
			 "the file is append-only; chattr -a it first");
	else if (file && file->stat.st_uid == overflow_id(uid_path))
		snprintf(buf, CHANGE_WHY_SIZE,
			 "the file's uid is not mapped in user namespace %s; "
			 "chown it, or run in the namespace that maps it",
			 own_userns(ns));
	else if (file && file->stat.st_gid == overflow_id(gid_path))
		snprintf(buf, CHANGE_WHY_SIZE,
			 "the file's gid is not mapped in user namespace %s; "
			 "chgrp it, or run in the namespace that maps it",
			 own_userns(ns));
	else
		snprintf(buf, CHANGE_WHY_SIZE,
			 "the kernel or a security module does not allow it in "
			 "user namespace %s",
			 own_userns(ns));
}

/* overlayfs copies a file up before it changes it, its value with it. */
static bool cannot_copy_up(const struct change_file *file)
{
	struct statfs fs;

	return file && file->now.have == CHANGE_HIDDEN &&
	       fstatfs(file->fd, &fs) == 0 &&
	       fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

static void why_einval(const struct change_file *file,
		       const struct change_value *new, char *buf)
{
	uint32_t rootid = new &&new->have == CHANGE_VALUE ? new->cap.rootid : 0;

	struct vfscap_idmap map;

	if (cannot_copy_up(file))
		snprintf(
			buf, CHANGE_WHY_SIZE,
			"overlayfs cannot copy the file up with the value that "
			"it has below; repair it on the file system below");
	else if (rootid)
		snprintf(buf, CHANGE_WHY_SIZE,
			 "rootid %u is not mapped in this user namespace, or "
			 "the mount's id map does not have it",
			 rootid);
	else if (ns_caller(&map) == 0 && ns_initial(&map))
		snprintf(buf, CHANGE_WHY_SIZE,
			 "the mount is idmapped and does not have uid 0; name "
			 "the rootid with -n, as the mount shows it");
	else
		snprintf(buf, CHANGE_WHY_SIZE,
			 "uid 0 is not mapped in this user namespace; name a "
			 "rootid that is with -n");
}

static const char *plain_reason(int error)
{
	switch (error) {
	case ELOOP:
		return "a symbolic link in the path is not followed here; name "
		       "the file itself";
	case EISDIR:
		return "it is a directory; only regular files can be executed";
	case ENXIO:
		return "it is a device, FIFO or socket; only regular files can "
		       "be executed";
	case ESTALE:
		return "it is not the file that was looked at; run again";
	case EAGAIN:
		return "its value was changed by someone else meanwhile; run "
		       "again";
	case EXDEV:
		return "'..' in a path is not followed here";
	case ENOENT:
		return "there is no such file";
	case ENODATA:
		return "the file has no such attribute";
	case EIO:
		return "the device or file system failed, or another value is "
		       "read back than was written";
	case ENOSYS:
		return FORM_NO_PROC;
	case EROFS:
		return "the file system is mounted read-only";
	case EOPNOTSUPP:
		return "the file system has no such attributes";
	case EACCES:
		return "a directory on the way cannot be searched; run with "
		       "cap_dac_read_search";
	default:
		return strerror(error);
	}
}

void change_why(int error, const struct change_file *file,
		const struct change_value *new, char buf[CHANGE_WHY_SIZE])
{
	const char *name = vfscap_error_name(error);
	char reason[CHANGE_WHY_SIZE];

	if (error == -EPERM)
		why_eperm(file, reason);
	else if (error == -EINVAL)
		why_einval(file, new, reason);
	else
		snprintf(reason, sizeof(reason), "%s",
			 error > 0 ? vfscap_strerror(error)
				   : plain_reason(-error));
	snprintf(buf, CHANGE_WHY_SIZE, "%s: %.360s",
		 error > 0 || !name ? "cannot be written" : name, reason);
}
