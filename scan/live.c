/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reading a live file and a live tree have in common. */
#include "scan/live.h"
#include "form/form.h"

#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int live_grow(void **array, size_t *room, size_t need, size_t size)
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

/* ---------------------------------- paths -------------------------------- */

int live_path(struct live *l, size_t len, const char *name)
{
	size_t name_len = strlen(name);
	bool slash = len > 0 && l->path[len - 1] != '/';

	if (live_grow((void **)&l->path, &l->path_room, len + name_len + 2, 1))
		return -ENOMEM;
	if (slash)
		l->path[len++] = '/';
	memcpy(l->path + len, name, name_len + 1);
	l->path_len = len + name_len;
	return 0;
}

static const char *rel_path(const struct live *l)
{
	const char *rel = l->path + l->root_len;

	while (*rel == '/')
		rel++;
	return *rel ? rel : ".";
}

/* --------------------------------- records ------------------------------- */

int live_hand_over(struct live *l, struct scan_record *r)
{
	r->source = l->scan->input->source;
	r->path = l->path;
	r->rel = rel_path(l);
	return l->scan->fn(l->scan->ctx, r);
}

int live_tell(struct live *l, enum scan_what what, int error,
	      const char *reason)
{
	struct scan_record r = {
		.what = what,
		.error = error,
		.reason = reason,
		.dirfd = -1,
		.fd = -1,
	};

	return live_hand_over(l, &r);
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

/* ------------------------------ the stored bytes ------------------------- */

/* What getxattr answered stays beside them. */
static void take_stored(struct scan_record *r, int error,
			const struct stored_answer *answer)
{
	r->asked = true;
	r->view = SCAN_STORED;
	r->shown = r->value;
	r->shown_size = r->size;
	r->shown_error = r->error;
	r->value = answer->value;
	r->size = answer->size;
	r->error = -error;
	r->reason = answer->reason;
	/* Both were asked, one after the other. */
	if (error == -ENODATA) {
		r->error = ESTALE;
		r->reason = "there was a value, and it is not stored any "
			    "more: the file is being changed; run again";
	}
}

/* Without a way the record stays what it is. */
static int ask_stored(struct live *l, struct scan_record *r,
		      const struct stored_file *file)
{
	struct stored_answer answer;
	int unknown = live_mounts(l);
	int error = stored_ask(&l->stored, file, &answer);
	int stop = 0;

	if (error == -ENOMEM)
		return error;
	if (answer.notice)
		stop = live_tell(l, SCAN_NOTICE, 0, answer.notice);
	if (error == -EOPNOTSUPP)
		return stop;
	take_stored(r, error, &answer);
	r->plain = !unknown && !scan_mounts_idmapped(&l->mounts, file->fd);
	return stop;
}

/* The file is held while it is asked, so that its number stays its own. */
static int live_stored(struct live *l, struct scan_record *r)
{
	struct stored_file file = {
		.fd = r->fd,
		.dirfd = r->dirfd,
		.mounts = &l->mounts,
	};
	int stop = 0;

	if (r->name)
		file.fd = openat(r->dirfd, r->name,
				 O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (file.fd < 0 || fstat(file.fd, &file.stat) != 0) {
		take_stored(r, -errno, &(struct stored_answer){0});
	} else {
		r->stat = file.stat;
		r->has_stat = true;
		stop = ask_stored(l, r, &file);
	}
	if (r->name && file.fd >= 0)
		close(file.fd);
	return stop;
}

static bool asks_stored(const struct live *l, enum vfscap_answer answer)
{
	return l->scan->options->stored && answer != VFSCAP_ANSWER_NONE &&
	       answer != VFSCAP_ANSWER_UNSUPPORTED &&
	       answer != VFSCAP_ANSWER_DENIED;
}

/* What a value means depends on what has it: without that, it is not told. Nor is
 * of what has none, where that was asked for. */
static void look_at(struct scan_record *r, int dirfd, const char *name,
		    bool none)
{
	r->has_stat = fstatat(dirfd, name ? name : "", &r->stat,
			      name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH) == 0;
	if (r->has_stat || (r->error && !none))
		return;
	r->error = errno;
	r->reason = "its type, mode and owner are not told";
}

bool live_look(const struct scan_options *options, struct scan_totals *totals,
	       const struct scan_fs *fs, int dirfd, const char *name,
	       uint8_t value[VFSCAP_SIZE_MAX], struct scan_record *r)
{
	enum vfscap_answer answer;
	bool none;

	*r = (struct scan_record){
		.value = value,
		.overlay = fs->overlay,
		.dirfd = name ? dirfd : -1,
		.name = name,
		.fd = name ? -1 : dirfd,
	};
	r->error = -scan_ask(fs, dirfd, name, value, VFSCAP_SIZE_MAX, &r->size);
	answer = vfscap_answer(-r->error);
	none = answer == VFSCAP_ANSWER_NONE ||
	       answer == VFSCAP_ANSWER_UNSUPPORTED;
	if (options->all || !none)
		look_at(r, dirfd, name, none);
	if (name && vfscap_answer(-r->error) == VFSCAP_ANSWER_GONE) {
		totals->vanished++;
		return false;
	}
	totals->entries++;
	if (none && !options->all)
		return false;
	if (r->error)
		r->value = NULL;
	if (answer == VFSCAP_ANSWER_HIDDEN && name)
		r->overlay = on_overlayfs(dirfd, name);
	return true;
}

int live_ask(struct live *l, const struct scan_fs *fs, int dirfd,
	     const char *name)
{
	const struct scan *scan = l->scan;
	uint8_t value[VFSCAP_SIZE_MAX];
	struct scan_record r;
	int stop = 0;

	if (!live_look(scan->options, scan->totals, fs, dirfd, name, value, &r))
		return 0;
	if (asks_stored(l, vfscap_answer(-r.error)))
		stop = live_stored(l, &r);
	return stop ? stop : live_hand_over(l, &r);
}

/* ---------------------------------- mounts ------------------------------- */

int live_no_mounts(struct live *l, int error, const char *purpose)
{
	char reason[160];

	snprintf(reason, sizeof(reason),
		 "/proc/self/mountinfo is needed to %s%s", purpose,
		 form_no_proc(-error) ? ": " FORM_NO_PROC : "");
	return live_tell(l, SCAN_UNREAD, -error, reason);
}

int live_mounts(struct live *l)
{
	return l->mounts.mount ? 0 : scan_mounts_read(&l->mounts);
}

bool live_left_out(struct live *l, int *error)
{
	const char *network;

	*error = l->scan->options->local ? live_mounts(l) : 0;
	if (*error) {
		*error = live_no_mounts(l, *error, "tell network file systems");
		return true;
	}
	network = l->scan->options->local
			  ? scan_mounts_network(&l->mounts, AT_FDCWD, l->path)
			  : NULL;
	if (network)
		*error = live_tell(l, SCAN_LEFT_OUT, 0, network);
	return network != NULL;
}

/* ------------------------------- start and end --------------------------- */

int live_start(struct live *l, struct scan *scan)
{
	const char *location = scan->input->location;

	*l = (struct live){.scan = scan};
	if (live_path(l, 0, location))
		return -ENOMEM;
	l->root_len = strlen(location);
	return 0;
}

void live_finish(struct live *l)
{
	scan_mounts_free(&l->mounts);
	stored_finish(&l->stored);
	free(l->path);
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
	if (fstat(fd, &st) != 0) {
		opened = -errno;
	} else if (S_ISREG(st.st_mode) && r->has_stat &&
		   st.st_dev == r->stat.st_dev && st.st_ino == r->stat.st_ino) {
		snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
		opened = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		/* It is open: what is not there is /proc. */
		if (opened < 0)
			opened = errno == ENOENT ? -ENOSYS : -errno;
	}
	if (r->name)
		close(fd);
	return opened;
}

const char *scan_open_why(int error)
{
	return error == -ENOSYS ? "/proc is needed to look into it; mount it"
				: strerror(-error);
}
