/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A live file's mount, and the interpreters of a script. */
#include "explain/look.h"
#include "form/form.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---------------------------------- mount -------------------------------- */

/* Whose set-id bits may not count, since its owner has no id here. */
static bool is_nobodys(const struct vfscap_program *program)
{
	return program->owner_mapped &&
	       (program->mode & (VFSCAP_MODE_SETUID | VFSCAP_MODE_SETGID)) &&
	       (program->uid == LOOK_NOBODY || program->gid == LOOK_NOBODY);
}

/* A layer of an overlay may be idmapped, and nothing tells. */
static int look_at_owner(const struct look *look, struct program *p, int fd,
			 bool idmapped)
{
	if (!is_nobodys(&p->program))
		return 0;
	if (idmapped) {
		p->program.owner_mapped = false;
		return 0;
	}
	if (!scan_fs_of(fd)->overlay)
		return 0;
	snprintf(look->why, EXPLAIN_WHY_SIZE,
		 "its owner or group is shown as %d, perhaps since a layer of "
		 "the overlay is idmapped and has no id for it, so it is not "
		 "known whether its set-id bits count; ask about the file in "
		 "its layer",
		 LOOK_NOBODY);
	return -1;
}

static int look_at_mount(const struct look *look, struct program *p, int fd)
{
	char words[FORM_FAILED_SIZE];
	struct statvfs fs;
	bool idmapped;
	int attached = mount_attached(fd, look->subject->pid, &idmapped);

	if (attached < 0) {
		snprintf(look->why, EXPLAIN_WHY_SIZE,
			 "whether its mount is one of the process's cannot be "
			 "told: /proc/%d/mountinfo: %s",
			 (int)look->subject->pid,
			 form_failed_at(-attached, "/proc/self/mountinfo",
					words));
		return -1;
	}
	p->program.detached = !attached;
	if (fstatvfs(fd, &fs) == 0) {
		p->program.nosuid = fs.f_flag & ST_NOSUID;
		if (fs.f_flag & ST_NOEXEC && !p->error)
			program_fails(p, -EACCES, "noexec",
				      "it is on a mount with noexec; mount it "
				      "without");
	}
	return look_at_owner(look, p, fd, idmapped);
}

/* ------------------------------- interpreters ----------------------------- */

/* The first bytes, or a negated errno. */
static int read_head(const struct scan_record *r, char head[EXPLAIN_HEAD])
{
	int fd = scan_open(r);
	size_t size = 0;
	ssize_t n = 1;

	memset(head, 0, EXPLAIN_HEAD);
	if (fd < 0)
		return fd;
	while (size < EXPLAIN_HEAD && n > 0) {
		n = pread(fd, head + size, EXPLAIN_HEAD - size, (off_t)size);
		if (n < 0)
			n = errno == EINTR ? 1 : -errno;
		else
			size += (size_t)n;
	}
	close(fd);
	return n < 0 ? (int)n : 0;
}

/* The directory that the paths of interpreters begin at, NULL: "/". */
static const char *root_of(const struct subject *subject,
			   char path[sizeof("/proc//root") + 3 * sizeof(pid_t)])
{
	if (subject->rootfs || !subject->pid)
		return subject->rootfs;
	sprintf(path, "/proc/%d/root", (int)subject->pid);
	return path;
}

/* Below a root of its own no link leads out of it. */
static int open_below(int dir, const char *name)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
}

static int cannot_tell(const struct look *look, const char *path, int error)
{
	char words[FORM_FAILED_SIZE];

	snprintf(look->why, EXPLAIN_WHY_SIZE,
		 "what its interpreter is cannot be told: %.700s: %s%s", path,
		 form_failed_at(error, path, words),
		 error == EACCES || error == EPERM
			 ? "; run with cap_dac_read_search, and with "
			   "cap_sys_ptrace for another's process"
			 : "");
	return -1;
}

/* What nobody can execute; all else says something of us only. */
static bool is_of_path(const struct subject *subject, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return true;
	case EACCES:
		return subject_is_caller(subject);
	default:
		return false;
	}
}

/* 0, and the descriptor or what execve(2) fails with in @fd; -1: not known. */
static int open_interpreter(const struct look *look, const char *name, int *fd)
{
	char path[sizeof("/proc//root") + 3 * sizeof(pid_t)];
	const char *root = root_of(look->subject, path);
	int dir = -1, error;

	if (root) {
		dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			return cannot_tell(look, root, errno);
		*fd = open_below(dir, name);
	} else {
		*fd = open(name, O_PATH | O_CLOEXEC);
	}
	error = errno;
	if (dir >= 0)
		close(dir);
	if (*fd >= 0)
		return 0;
	*fd = -error;
	return is_of_path(look->subject, error)
		       ? 0
		       : cannot_tell(look, name, error);
}

static int ask_interpreter(const struct look *look, struct program *p, int fd,
			   int depth)
{
	const struct scan_fs *fs = scan_fs_of(fd);
	uint8_t value[VFSCAP_SIZE_MAX];
	struct scan_record r = {
		.path = p->path,
		.rel = p->path,
		.overlay = fs->overlay,
		.value = value,
		.dirfd = -1,
		.fd = fd,
	};

	r.error = -scan_ask(fs, fd, NULL, value, sizeof(value), &r.size);
	r.has_stat = fstat(fd, &r.stat) == 0;
	if (r.error)
		r.value = NULL;
	if (program_live_value(p, &r, look->subject, look->why) != 0)
		return -1;
	if (r.has_stat) {
		program_owner(p, &r.stat, look->subject);
		program_mode(p, r.stat.st_mode);
	}
	return program_look(look, p, &r, depth);
}

static void cannot_open(struct program *p, int error)
{
	char sentence[EXPLAIN_WHY_SIZE];
	char name[EXPLAIN_ERRNO_SIZE];

	explain_errno(error, name);
	snprintf(sentence, sizeof(sentence),
		 "the interpreter cannot be opened: %s", name);
	program_fails(p, error, "interpreter-missing", sentence);
}

static int look_at_interpreter(const struct look *look, struct program *p,
			       const char *path, int depth)
{
	struct program *next = calloc(1, sizeof(*next));
	int fd = -1, error;

	if (!next) {
		snprintf(look->why, EXPLAIN_WHY_SIZE, "no memory");
		return -1;
	}
	p->interpreter = next;
	p->program.interpreter = &next->program;
	next->program.mount = &next->mount;
	snprintf(next->path, sizeof(next->path), "%s", path);
	if (open_interpreter(look, path, &fd) != 0)
		return -1;
	if (fd < 0) {
		cannot_open(next, fd);
		return 0;
	}
	error = ask_interpreter(look, next, fd, depth);
	close(fd);
	return error;
}

static size_t window_of(const struct vfscap_kernel *kernel)
{
	return kernel->release && kernel->release < VFSCAP_RELEASE(5, 1, 0)
		       ? 128
		       : EXPLAIN_HEAD;
}

static int look_inside(const struct look *look, struct program *p,
		       const struct scan_record *r, int depth)
{
	char head[EXPLAIN_HEAD], path[EXPLAIN_HEAD];
	int error = read_head(r, head), script;

	if (error) {
		snprintf(p->note, sizeof(p->note),
			 "whether it is a script cannot be read (%s), so it is "
			 "taken for none",
			 scan_open_why(error));
		return 0;
	}
	script = script_interpreter(head, window_of(look->kernel), path);
	if (script < 0)
		program_fails(p, script, "format",
			      "it begins with #!, and no interpreter that the "
			      "kernel can read is named there");
	return script > 0 ? look_at_interpreter(look, p, path, depth + 1) : 0;
}

/* ----------------------------------- all --------------------------------- */

int program_look(const struct look *look, struct program *p,
		 const struct scan_record *r, int depth)
{
	int fd = r->fd, error;

	if (r->name)
		fd = openat(r->dirfd, r->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		snprintf(look->why, EXPLAIN_WHY_SIZE, "%s", strerror(errno));
		return -1;
	}
	error = look_at_mount(look, p, fd);
	if (r->name)
		close(fd);
	if (error || p->error || depth == EXPLAIN_DEPTH)
		return error;
	return look_inside(look, p, r, depth);
}
