/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes in any state, which execute a program that tells its credentials. */
#include "exec_state.h"

#include "suite.h"
#include "userns_child.h"
#include "userns_maps.h"
#include "userns_values.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OVERFLOW_ID 65534u
#define BIT(n) (UINT64_C(1) << (n))

/* ----------------------------- generated states --------------------------- */

/* All that a process in the namespace can be permitted. */
static uint64_t full_set(const struct vfscap_userns *ns)
{
	static struct vfscap_listing listing;

	if (!listing.known)
		must(vfscap_listing_running(&listing) == 0, "a listing");
	return ns ? listing.known : userns_bounding();
}

uint64_t exec_some_set(void)
{
	static const unsigned pool[] = {CAP_CHOWN,   CAP_SETGID,
					CAP_SETUID,  CAP_SETPCAP,
					CAP_NET_RAW, CAP_SYS_PTRACE,
					38};
	uint64_t set = 0;

	switch (userns_below(8)) {
	case 0:
	case 1:
		return 0;
	case 2:
		return UINT64_MAX;
	case 3:
		return userns_random();
	default:
		for (size_t i = 0; i < ROWS(pool); i++)
			set |= userns_one_in(3) ? BIT(pool[i]) : 0;
		return set;
	}
}

/* Ids that files have, root's, and those around the ends of the map. */
static uint32_t some_id(const struct vfscap_userns *ns)
{
	static const uint32_t ids[] = {0,      1000,   1001,  2000,
				       100000, 101000, 101001};
	const struct vfscap_extent *e;
	uint32_t id = ids[userns_below(ROWS(ids))];

	if (!ns)
		return userns_one_in(3) ? 0 : id;
	if (userns_one_in(3) && vfscap_idmap_outside(&ns->map, 0, &id))
		return id;
	if (userns_has_id(ns, id))
		return id;
	e = userns_some_extent(&ns->map);
	return e->outside + (userns_one_in(2) ? 0 : e->count - 1);
}

static void some_ids(struct exec_state *s)
{
	const struct vfscap_userns *ns = s->process.ns;
	struct vfscap_creds *c = &s->process.creds;

	c->ruid = some_id(ns);
	c->euid = userns_one_in(2) ? c->ruid : some_id(ns);
	c->rgid = some_id(ns);
	c->egid = userns_one_in(2) ? c->rgid : some_id(ns);
	c->fsgid = userns_one_in(4) ? some_id(ns) : c->egid;
	s->process.groups = s->groups;
	s->process.group_count = userns_below(EXEC_GROUPS + 1);
	for (size_t i = 0; i < s->process.group_count; i++)
		s->groups[i] = some_id(ns);
}

static void some_sets(struct vfscap_creds *c, uint64_t full)
{
	c->bounding = userns_one_in(3) ? full : full & ~exec_some_set();
	c->permitted = exec_some_set() & full;
	c->effective = userns_one_in(3) ? 0 : exec_some_set() & c->permitted;
	c->inheritable = exec_some_set() & full;
	c->ambient = userns_one_in(2)
			     ? exec_some_set() & c->permitted & c->inheritable
			     : 0;
}

static void some_restraints(struct exec_state *s)
{
	static const uint32_t bits[] = {SECBIT_NOROOT, SECBIT_KEEP_CAPS,
					SECBIT_NO_SETUID_FIXUP,
					SECBIT_NO_CAP_AMBIENT_RAISE,
					SECBIT_NOROOT_LOCKED};
	struct vfscap_process *p = &s->process;

	for (size_t i = 0; i < ROWS(bits); i++)
		if (userns_one_in(5))
			p->creds.securebits |= bits[i];
	p->no_new_privs = userns_one_in(6);
	p->shared_fs = userns_one_in(10);
	if (userns_one_in(8))
		s->trace = userns_one_in(2) ? EXEC_TRACEME : EXEC_SEIZED;
	/* With PTRACE_TRACEME the tracer has the tracee's credentials. */
	if (s->trace == EXEC_SEIZED ||
	    (s->trace && (p->creds.effective & BIT(CAP_SYS_PTRACE))))
		p->tracer = VFSCAP_TRACER_PRIVILEGED;
	else if (s->trace)
		p->tracer = VFSCAP_TRACER_OTHER;
}

void exec_some_state(struct exec_state *s, const struct userns_process *who)
{
	*s = (struct exec_state){.who = who, .process.ns = who->ns};
	/* Where no id is mapped, a process stays who it is: init's root. */
	if (!who->ns || who->ns->map.count)
		some_ids(s);
	some_sets(&s->process.creds, full_set(who->ns));
	some_restraints(s);
}

/* --------------------------- what happens inside -------------------------- */

/* What cannot be done here is told as an errno that no execve(2) has. */
static void need(bool done, const char *what)
{
	if (done)
		return;
	dprintf(1, "setup=%s: %s\n", what, strerror(errno));
	_exit(3);
}

static void enter(const struct exec_state *s)
{
	char path[64];
	int fd;

	need(setgroups(0, NULL) == 0, "setgroups");
	if (!s->who->ns)
		return;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)s->who->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	need(fd >= 0 && setns(fd, CLONE_NEWUSER) == 0, path);
	close(fd);
}

static void set_caps(uint64_t permitted, uint64_t effective,
		     uint64_t inheritable)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3,
						  0};
	struct __user_cap_data_struct d[2] = {
		{(uint32_t)effective, (uint32_t)permitted,
		 (uint32_t)inheritable},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
		 (uint32_t)(inheritable >> 32)},
	};

	need(syscall(SYS_capset, &header, d) == 0, "capset");
}

/* With the fix-up off, a change of uids leaves the sets alone. */
static void set_ids(const struct exec_state *s)
{
	const struct vfscap_userns *ns = s->process.ns;
	const struct vfscap_creds *c = &s->process.creds;
	gid_t groups[EXEC_GROUPS];

	need(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0,
	     "PR_SET_SECUREBITS");
	if (ns && !ns->map.count)
		return;
	for (size_t i = 0; i < s->process.group_count; i++)
		groups[i] = exec_inside(ns, s->groups[i]);
	need(setgroups(s->process.group_count, groups) == 0, "setgroups");
	need(setresgid(exec_inside(ns, c->rgid), exec_inside(ns, c->egid),
		       exec_inside(ns, c->egid)) == 0,
	     "setresgid");
	setfsgid(exec_inside(ns, c->fsgid));
	need(setresuid(exec_inside(ns, c->ruid), exec_inside(ns, c->euid),
		       exec_inside(ns, c->euid)) == 0,
	     "setresuid");
}

/* In an order in which each step is still permitted. */
static void set_sets(const struct exec_state *s)
{
	const struct vfscap_creds *c = &s->process.creds;
	uint64_t full = full_set(s->process.ns);

	set_caps(full, full, c->inheritable);
	for (unsigned cap = 0; cap < 64; cap++) {
		if (c->ambient & BIT(cap))
			need(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0,
				   0) == 0,
			     "PR_CAP_AMBIENT_RAISE");
		if (full & ~c->bounding & BIT(cap))
			need(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0,
			     "PR_CAPBSET_DROP");
	}
	need(prctl(PR_SET_SECUREBITS, c->securebits, 0, 0, 0) == 0,
	     "PR_SET_SECUREBITS");
	need(!s->process.no_new_privs ||
		     prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0,
	     "PR_SET_NO_NEW_PRIVS");
	set_caps(c->permitted, c->effective, c->inheritable);
}

/* Another process with our directories, until whoever asked closes its pipe. */
static void share_fs(int pipe_end)
{
	char byte;
	long child = syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0);

	need(child >= 0, "clone");
	if (child)
		return;
	close(1);
	while (read(pipe_end, &byte, 1) < 0 && errno == EINTR)
		continue;
	_exit(0);
}

static void become_and_exec(const struct exec_state *s, int dir,
			    const char *name, int go) __attribute__((noreturn));
static void become_and_exec(const struct exec_state *s, int dir,
			    const char *name, int go)
{
	char *argv[] = {(char *)name, NULL}, *none[] = {NULL};
	char byte;

	if (s->trace == EXEC_SEIZED)
		need(read(go, &byte, 1) == 1, "the tracer");
	need(fchdir(dir) == 0, "fchdir");
	enter(s);
	set_ids(s);
	if (s->process.shared_fs)
		share_fs(go);
	set_sets(s);
	if (s->trace == EXEC_TRACEME)
		need(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0,
		     "PTRACE_TRACEME");
	execve(name, argv, none);
	dprintf(1, "errno=%d\n", errno);
	_exit(0);
}

/* --------------------------- what happens outside ------------------------- */

/* Whatever stops it, it goes on, untraced by then. */
static void wait_for(pid_t child, bool traced)
{
	int status;

	while (waitpid(child, &status, 0) == child && WIFSTOPPED(status))
		must(!traced || ptrace(PTRACE_CONT, child, NULL, NULL) == 0,
		     "PTRACE_CONT");
}

static void parse(const char *text, struct exec_result *r)
{
	const char *secure = strstr(text, " AT_SECURE=");

	memset(r, 0, sizeof(*r));
	if (sscanf(text, "errno=%d", &r->error) == 1)
		return;
	errno = 0;
	must(secure && sscanf(text, "Uid=%u/%u/%u Gid=%u/%u/%u", &r->uid[0],
			      &r->uid[1], &r->uid[2], &r->gid[0], &r->gid[1],
			      &r->gid[2]) == 6,
	     text);
	r->inheritable = userns_mask_in(text, " CapInh=");
	r->permitted = userns_mask_in(text, " CapPrm=");
	r->effective = userns_mask_in(text, " CapEff=");
	r->bounding = userns_mask_in(text, " CapBnd=");
	r->ambient = userns_mask_in(text, " CapAmb=");
	r->no_new_privs = userns_mask_in(text, " NoNewPrivs=") != 0;
	r->secure = userns_mask_in(secure, " AT_SECURE=") != 0;
}

static size_t read_all(int fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while (used < size && (n = read(fd, text + used, size - used)) > 0)
		used += (size_t)n;
	return used;
}

void exec_try(const struct exec_state *s, int dir, const char *name,
	      struct exec_result *result)
{
	char text[512] = "";
	int out[2], go[2];
	pid_t child;

	must(pipe2(out, O_CLOEXEC) == 0 && pipe2(go, O_CLOEXEC) == 0, "pipe");
	child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		dup2(out[1], 1);
		close(out[0]);
		close(out[1]);
		close(go[1]);
		become_and_exec(s, dir, name, go[0]);
	}
	close(out[1]);
	if (s->trace == EXEC_SEIZED) {
		must(ptrace(PTRACE_SEIZE, child, NULL, NULL) == 0,
		     "PTRACE_SEIZE");
		must(write(go[1], "", 1) == 1, "write");
	}
	close(go[0]);
	if (s->trace) {
		wait_for(child, true);
		read_all(out[0], text, sizeof(text) - 1);
	} else {
		read_all(out[0], text, sizeof(text) - 1);
		wait_for(child, false);
	}
	close(go[1]);
	close(out[0]);
	parse(text, result);
}

unsigned exec_inside(const struct vfscap_userns *ns, uint32_t id)
{
	uint32_t inside = id;

	if (ns && !vfscap_idmap_inside(&ns->map, id, &inside))
		return OVERFLOW_ID;
	return inside;
}

const char *exec_describe(const struct exec_state *s)
{
	static char text[512];
	const struct vfscap_creds *c = &s->process.creds;

	snprintf(text, sizeof(text),
		 "%s uid=%u/%u gid=%u/%u/%u groups=%zu[%u,%u,%u] I=%" PRIx64
		 " P=%" PRIx64 " E=%" PRIx64 " A=%" PRIx64 " B=%" PRIx64
		 " securebits=%x%s%s trace=%d",
		 s->process.ns ? "a namespace" : "init", c->ruid, c->euid,
		 c->rgid, c->egid, c->fsgid, s->process.group_count,
		 s->groups[0], s->groups[1], s->groups[2], c->inheritable,
		 c->permitted, c->effective, c->ambient, c->bounding,
		 c->securebits, s->process.no_new_privs ? " nnp" : "",
		 s->process.shared_fs ? " shared" : "", (int)s->trace);
	return text;
}
