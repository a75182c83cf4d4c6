/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process in a transient user namespace that writes for us. */
#include "form/form.h"
#include "ns/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What goes over the socket; the descriptor goes with the request. */
struct request {
	struct vfscap cap;
	enum vfscap_expect expect;
	bool remove;
};

/* ------------------------------ the child's side -------------------------- */

static bool receive(int socket, struct request *request, int *fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {.iov_base = request, .iov_len = sizeof(*request)};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *c;

	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != sizeof(*request))
		return false;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int)))
		return false;
	memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return true;
}

/* In its own namespace the child has all capabilities; it needs one. */
static bool keep_setfcap(void)
{
	cap_value_t setfcap = CAP_SETFCAP;
	cap_t caps = cap_init();
	bool kept = false;

	if (caps &&
	    cap_set_flag(caps, CAP_PERMITTED, 1, &setfcap, CAP_SET) == 0 &&
	    cap_set_flag(caps, CAP_EFFECTIVE, 1, &setfcap, CAP_SET) == 0)
		kept = cap_set_proc(caps) == 0;
	cap_free(caps);
	return kept;
}

static _Noreturn void serve(int socket)
{
	struct request request;
	bool kept = keep_setfcap();
	int fd;

	while (kept && receive(socket, &request, &fd)) {
		int error = request.remove ? vfscap_remove_fd(fd)
					   : vfscap_set_fd(fd, &request.cap,
							   request.expect);

		close(fd);
		if (send(socket, &error, sizeof(error), MSG_NOSIGNAL) !=
		    sizeof(error))
			break;
	}
	_exit(0);
}

/* Says how making the namespace went, waits for its maps, and serves. */
static _Noreturn void child(int socket)
{
	int error = 0;
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWUSER) != 0)
		error = -errno;
	/* A process that changed its credentials is not ours to map. */
	prctl(PR_SET_DUMPABLE, 1);
	if (send(socket, &error, sizeof(error), MSG_NOSIGNAL) !=
		    sizeof(error) ||
	    error || recv(socket, &go, 1, 0) != 1)
		_exit(1);
	serve(socket);
}

/* ------------------------------- writing maps ----------------------------- */

static int write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	int fd, error = 0;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		error = -errno;
	close(fd);
	return error;
}

static char *map_text(const struct vfscap_idmap *map)
{
	char *text = malloc(map->count * 34 + 1);
	size_t used = 0;

	if (text)
		*text = '\0';
	for (uint32_t i = 0; text && i < map->count; i++) {
		const struct vfscap_extent *e = &map->extent[i];

		used += (size_t)sprintf(text + used, "%u %u %u\n", e->inside,
					e->outside, e->count);
	}
	return text;
}

static int write_map(pid_t pid, const char *name,
		     const struct vfscap_idmap *map)
{
	char *text = map_text(map);
	int error = text ? write_file(pid, name, text) : -ENOMEM;

	free(text);
	return error;
}

static bool own_id_alone(const struct vfscap_idmap *map, uint32_t id)
{
	return map->count == 1 && map->extent[0].outside == id &&
	       map->extent[0].count == 1;
}

/* newuidmap(1) and newgidmap(1): PID INSIDE OUTSIDE COUNT ... */
static char **helper_args(const char *helper, pid_t pid,
			  const struct vfscap_idmap *map)
{
	char **args = calloc(3 + 3 * (size_t)map->count, sizeof(*args));
	size_t n = 0;

	if (!args || asprintf(&args[1], "%ld", (long)pid) < 0)
		return NULL;
	args[n++] = strdup(helper);
	n++;
	for (uint32_t i = 0; i < map->count; i++) {
		const struct vfscap_extent *e = &map->extent[i];
		const uint32_t id[] = {e->inside, e->outside, e->count};

		for (int k = 0; k < 3; k++)
			if (asprintf(&args[n++], "%u", id[k]) < 0)
				return NULL;
	}
	return args;
}

/* The exit status, 127 where there is no such program. */
static int run_helper(const char *helper, pid_t pid,
		      const struct vfscap_idmap *map)
{
	char **args = helper_args(helper, pid, map);
	int status = -1;
	pid_t run = args ? fork() : -1;

	if (run == 0) {
		/* With privilege it must not be found where others say. */
		if (geteuid() == 0 || getauxval(AT_SECURE))
			setenv("PATH", "/usr/bin:/bin:/usr/sbin:/sbin", 1);
		execvp(helper, args);
		_exit(127);
	}
	if (run > 0 && waitpid(run, &status, 0) == run)
		status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	for (char **a = args; a && *a; a++)
		free(*a);
	free(args);
	return status;
}

static int by_helper(const char *helper, const char *file, pid_t pid,
		     const struct vfscap_idmap *map, char why[NS_WHY_SIZE])
{
	int status = run_helper(helper, pid, map);

	if (status == 0)
		return 0;
	if (status == 127)
		snprintf(why, NS_WHY_SIZE,
			 "%s is missing, and an ordinary user's map of more "
			 "than the own id needs it; install the package uidmap "
			 "or shadow-utils",
			 helper);
	else
		snprintf(
			why, NS_WHY_SIZE,
			"%s refused the map: %s must give this user every "
			"outside id of it; 'usermod --add-subuids "
			"100000-165535 --add-subgids 100000-165535 USER' gives "
			"a range",
			helper, file);
	return -1;
}

static bool may_map_anything(void)
{
	cap_flag_value_t uid = CAP_CLEAR, gid = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (caps) {
		cap_get_flag(caps, CAP_SETUID, CAP_EFFECTIVE, &uid);
		cap_get_flag(caps, CAP_SETGID, CAP_EFFECTIVE, &gid);
	}
	cap_free(caps);
	return uid == CAP_SET && gid == CAP_SET;
}

static int write_failed(int error, char why[NS_WHY_SIZE])
{
	char words[FORM_FAILED_SIZE];

	snprintf(why, NS_WHY_SIZE, "the kernel refused the id maps: %s%s",
		 form_failed_at(-error, "/proc/self/uid_map", words),
		 error == -EPERM ? "; a map of uid 0 needs cap_setfcap, and an "
				   "outside id must be mapped here"
				 : "");
	return -1;
}

static int write_maps(pid_t pid, const struct vfscap_idmap *uid,
		      const struct vfscap_idmap *gid, char why[NS_WHY_SIZE])
{
	bool free_hand = may_map_anything();
	int error = 0;

	/* Without privilege a gid is mapped only where setgroups is given up. */
	if (!free_hand && own_id_alone(gid, getegid()))
		error = write_file(pid, "setgroups", "deny");
	if (!error && (free_hand || own_id_alone(gid, getegid())))
		error = write_map(pid, "gid_map", gid);
	else if (!error && by_helper("newgidmap", "/etc/subgid", pid, gid, why))
		return -1;
	if (!error && (free_hand || own_id_alone(uid, geteuid())))
		error = write_map(pid, "uid_map", uid);
	else if (!error && by_helper("newuidmap", "/etc/subuid", pid, uid, why))
		return -1;
	return error ? write_failed(error, why) : 0;
}

/* ------------------------------ our own side ------------------------------ */

static int wait_ready(const struct ns_writer *w, char why[NS_WHY_SIZE])
{
	char words[FORM_FAILED_SIZE];
	int error = -EPIPE;

	if (recv(w->socket, &error, sizeof(error), 0) != sizeof(error))
		error = -EPIPE;
	if (error)
		snprintf(why, NS_WHY_SIZE,
			 "no user namespace could be made: %s; "
			 "/proc/sys/user/max_user_namespaces and the "
			 "distribution's own switch decide",
			 form_failed(-error, words));
	return error ? -1 : 0;
}

int ns_writer_start(struct ns_writer *w, const struct ns_chain *chain,
		    char why[NS_WHY_SIZE])
{
	char words[FORM_FAILED_SIZE];
	int pair[2];

	if (!ns_innermost(chain)->map.count) {
		snprintf(why, NS_WHY_SIZE, "the namespace has no id map yet");
		return -1;
	}
	*w = (struct ns_writer){.pid = -1, .socket = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		snprintf(why, NS_WHY_SIZE, "socketpair: %s",
			 form_failed(errno, words));
		return -1;
	}
	w->pid = fork();
	if (w->pid == 0) {
		close(pair[0]);
		child(pair[1]);
	}
	close(pair[1]);
	w->socket = pair[0];
	snprintf(why, NS_WHY_SIZE, "the process in the namespace has ended");
	if (w->pid < 0) {
		snprintf(why, NS_WHY_SIZE, "fork: %s",
			 form_failed(errno, words));
		close(w->socket);
		return -1;
	}
	if (wait_ready(w, why) ||
	    write_maps(w->pid, &ns_innermost(chain)->map,
		       &chain->gid[chain->depth - 1], why) ||
	    send(w->socket, "", 1, MSG_NOSIGNAL) != 1) {
		ns_writer_stop(w);
		return -1;
	}
	return 0;
}

int ns_writer_apply(struct ns_writer *w, int fd, const struct vfscap *cap,
		    enum vfscap_expect expect)
{
	struct request request = {.expect = expect, .remove = !cap};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {.iov_base = &request, .iov_len = sizeof(request)};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int error;

	if (cap)
		request.cap = *cap;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(w->socket, &msg, MSG_NOSIGNAL) != sizeof(request) ||
	    recv(w->socket, &error, sizeof(error), 0) != sizeof(error))
		return -EPIPE;
	return error;
}

void ns_writer_stop(struct ns_writer *w)
{
	/* Whoever else has it, the process sees that there is nothing more. */
	if (w->socket >= 0) {
		shutdown(w->socket, SHUT_RDWR);
		close(w->socket);
	}
	if (w->pid > 0)
		waitpid(w->pid, NULL, 0);
	*w = (struct ns_writer){.pid = -1, .socket = -1};
}
