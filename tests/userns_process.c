/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes in user namespaces that do what they are asked to. */
#include "userns_process.h"

#include "sandbox.h"
#include "userns_child.h"
#include "userns_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What is asked of a process in a namespace, and what it answers. */
struct userns_talk {
	enum { GET, SET, EXEC, MOUNT, BEGET } op;
	char path[128];
	struct userns_value value;
	bool bare; /* SET: without CAP_SETFCAP */
	int error; /* an errno */

	uint64_t granted; /* EXEC */

	char type[16]; /* MOUNT */
	char options[512];
	int fd; /* of the mount */

	struct userns_talk *child; /* BEGET, and its end of a channel */
	int channel;
	char map[512];
	uint32_t id;
	pid_t pid;
};

struct userns_process userns_init = {.id = NONE};

static uint64_t probe_bounding(void)
{
	uint64_t set = 0;

	for (unsigned long cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			set |= UINT64_C(1) << cap;
	return set;
}

uint64_t userns_bounding(void)
{
	static uint64_t set;

	if (!set)
		set = probe_bounding();
	return set;
}

/* -------------------------- what happens inside -------------------------- */

static void raise_setfcap(cap_flag_value_t value)
{
	cap_value_t setfcap = CAP_SETFCAP;
	cap_t caps = cap_get_proc();

	must(caps && cap_set_flag(caps, CAP_EFFECTIVE, 1, &setfcap, value) == 0,
	     "cap_set_flag");
	must(cap_set_proc(caps) == 0, "cap_set_proc");
	cap_free(caps);
}

static void do_get(struct userns_talk *t)
{
	ssize_t n = getxattr(t->path, VFSCAP_XATTR, t->value.bytes,
			     sizeof(t->value.bytes));

	t->error = n < 0 ? errno : 0;
	t->value.size = n < 0 ? 0 : (size_t)n;
}

static void do_set(struct userns_talk *t)
{
	if (t->bare)
		raise_setfcap(CAP_CLEAR);
	t->error = setxattr(t->path, VFSCAP_XATTR, t->value.bytes,
			    t->value.size, 0)
			   ? errno
			   : 0;
	if (t->bare)
		raise_setfcap(CAP_SET);
}

/* posix_spawn(3) makes no copy of this process, and returns execve's errno. */
static void do_exec(struct userns_talk *t)
{
	char *argv[] = {t->path, NULL}, *none[] = {NULL}, creds[512] = "";
	posix_spawn_file_actions_t actions;
	int out[2];
	pid_t child;

	must(pipe2(out, O_CLOEXEC) == 0 &&
		     posix_spawn_file_actions_init(&actions) == 0 &&
		     posix_spawn_file_actions_adddup2(&actions, out[1], 1) == 0,
	     "pipe");
	t->error = posix_spawn(&child, t->path, &actions, NULL, argv, none);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	if (!t->error)
		must(read(out[0], creds, sizeof(creds) - 1) > 0 &&
			     waitpid(child, NULL, 0) == child,
		     t->path);
	close(out[0]);
	t->granted = userns_mask_in(creds, "CapPrm=");
}

static int mount_aside(const struct userns_talk *t)
{
	must(unshare(CLONE_NEWNS) == 0, "CLONE_NEWNS");
	must(mount("none", "aside", t->type, 0, t->options) == 0, t->options);
	return open_tree(AT_FDCWD, "aside",
			 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/*
 * Mounting wants a mount namespace of one's own, and a mount counts for execve
 * in its mount namespace alone. So it is made by a process that shares nothing
 * but open files, and moved to where all others are.
 */
static void do_mount(struct userns_talk *t)
{
	pid_t child =
		(pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	must(child >= 0, "clone");
	if (child == 0) {
		close(t->fd); /* of the mount before */
		t->fd = mount_aside(t);
		_exit(t->fd < 0);
	}
	must(waitpid(child, &t->error, 0) == child, "waitpid");
}

static void write_map(pid_t pid, const char *file, const char *map)
{
	errno = userns_write_map(pid, file, map, strlen(map));
	must(errno == 0, map);
}

static void serve(struct userns_talk *t, int channel) __attribute__((noreturn));

/* The maps are written between the two words. */
static void be_born(struct userns_talk *t, int channel, int parent,
		    bool in_namespace, uint32_t id) __attribute__((noreturn));
static void be_born(struct userns_talk *t, int channel, int parent,
		    bool in_namespace, uint32_t id)
{
	if (geteuid() == 0)
		userns_become(USERNS_STRANGER);
	must(!in_namespace || unshare(CLONE_NEWUSER) == 0, "CLONE_NEWUSER");
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0, "PR_SET_DUMPABLE");
	userns_tell(parent);
	userns_await(parent);
	close(parent);
	userns_become(id);
	serve(t, channel);
}

/* A process in a namespace below; NULL: in the same one; "": without a map. */
static pid_t beget(struct userns_talk *t, int channel, const char *map,
		   uint32_t id)
{
	int ends[2];
	pid_t child;

	userns_channel(ends);
	fflush(NULL);
	child = fork();
	must(child >= 0, "fork");
	if (child == 0)
		be_born(t, channel, ends[1], map != NULL, id);
	userns_await(ends[0]);
	if (map && *map) {
		write_map(child, "uid_map", map);
		write_map(child, "gid_map", map);
	}
	userns_tell(ends[0]);
	close(ends[0]);
	close(ends[1]);
	return child;
}

static void do_beget(struct userns_talk *t)
{
	t->pid = beget(t->child, t->channel, t->map, t->id);
	close(t->channel);
}

static void serve(struct userns_talk *t, int channel)
{
	static void (*const ops[])(struct userns_talk *) = {
		[GET] = do_get,	    [SET] = do_set,	[EXEC] = do_exec,
		[MOUNT] = do_mount, [BEGET] = do_beget,
	};
	char byte;

	while (read(channel, &byte, 1) == 1) {
		ops[t->op](t);
		userns_tell(channel);
	}
	_exit(0);
}

/* -------------------------- what happens outside ------------------------- */

static void ask(const struct userns_process *p, const char *path)
{
	snprintf(p->talk->path, sizeof(p->talk->path), "%s", path);
	userns_tell(p->fd);
	userns_await(p->fd);
}

int userns_ask_get(const struct userns_process *p, const char *path,
		   struct userns_value *v)
{
	p->talk->op = GET;
	ask(p, path);
	*v = p->talk->value;
	return p->talk->error;
}

int userns_ask_set(const struct userns_process *p, const char *path,
		   const struct userns_value *v, bool bare)
{
	p->talk->op = SET;
	p->talk->value = *v;
	p->talk->bare = bare;
	ask(p, path);
	return p->talk->error;
}

int userns_ask_exec(const struct userns_process *p, const char *path,
		    uint64_t *granted)
{
	p->talk->op = EXEC;
	ask(p, path);
	*granted = p->talk->granted;
	return p->talk->error;
}

void userns_make_dir(const char *dir)
{
	must(mkdir(dir, 0755) == 0 || errno == EEXIST, dir);
}

void userns_ask_mount(const struct userns_process *p, const char *type,
		      const char *options, const char *dir)
{
	char fd[64];

	p->talk->op = MOUNT;
	snprintf(p->talk->type, sizeof(p->talk->type), "%s", type);
	snprintf(p->talk->options, sizeof(p->talk->options), "%s", options);
	ask(p, "");
	must(p->talk->error == 0, "mounting in a namespace");
	snprintf(fd, sizeof(fd), "/proc/%d/fd/%d", (int)p->pid, p->talk->fd);
	userns_make_dir(dir);
	must(move_mount(AT_FDCWD, fd, AT_FDCWD, dir, MOVE_MOUNT_F_SYMLINKS) ==
		     0,
	     dir);
}

/* A channel, and memory to talk through. */
static int open_channel(struct userns_process *p)
{
	int ends[2];

	userns_channel(ends);
	p->talk = sandbox_shared(sizeof(*p->talk));
	p->talk->fd = -1;
	p->fd = ends[0];
	return ends[1];
}

void userns_start(struct userns_process *p, const char *map)
{
	int channel = open_channel(p);

	p->pid = beget(p->talk, channel, map, p->id);
	close(channel);
}

/* The first process is ours, the second one its child, and so on; channels are
 * there before any of them. */
void userns_start_line(struct userns_process p[],
		       const struct vfscap_idmap relative[], size_t n)
{
	int channel[USERNS_LEVELS];

	for (size_t i = 0; i < n; i++)
		channel[i] = open_channel(&p[i]);
	for (size_t i = 0; i < n; i++) {
		const char *map = userns_map_lines(&relative[i]);
		struct userns_talk *t = i ? p[i - 1].talk : NULL;

		if (!i) {
			p[i].pid = beget(p[i].talk, channel[i], map, p[i].id);
			continue;
		}
		t->op = BEGET;
		t->child = p[i].talk;
		t->channel = channel[i];
		t->id = p[i].id;
		snprintf(t->map, sizeof(t->map), "%s", map);
		ask(&p[i - 1], "");
		p[i].pid = t->pid;
	}
	for (size_t i = 0; i < n; i++)
		close(channel[i]);
}
