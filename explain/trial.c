/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes that are tried: one table, with their words. */
#include "explain/trial.h"

bool trial_root(const struct vfscap_process *process, uint32_t *root)
{
	*root = 0;
	return !process->ns || vfscap_idmap_outside(&process->ns->map, 0, root);
}

static bool is_foreign(const struct question *q, const struct trial *t)
{
	bool honoured;

	(void)q;
	return t->decodes && t->cap.rootid &&
	       t->cap.rootid != VFSCAP_ROOTID_INVALID &&
	       vfscap_predict_exec(t->program.value, t->program.size,
				   t->program.mount, t->process.ns,
				   &honoured) == 0 &&
	       !honoured;
}

uint64_t trial_bounded(const struct question *q, const struct trial *t)
{
	const struct vfscap_creds *old = &t->process.creds;

	if (!t->decodes)
		return 0;
	return t->cap.permitted & q->kernel->known & ~old->bounding &
	       ~(t->cap.inheritable & old->inheritable);
}

static uint64_t not_inherited(const struct question *q, const struct trial *t)
{
	return t->decodes ? t->cap.inheritable & q->missing &
				    ~t->process.creds.inheritable
			  : 0;
}

/* --------------------------------- the file ------------------------------- */

static bool remove_broken(const struct question *q, struct trial *t)
{
	(void)q;
	if (!t->program.present ||
	    (t->decodes && !(t->program.mount && t->program.mount->lower)))
		return false;
	t->program.present = false;
	return true;
}

static bool remove_empty(const struct question *q, struct trial *t)
{
	(void)q;
	if (!t->decodes || t->cap.permitted | t->cap.inheritable)
		return false;
	t->program.present = false;
	return true;
}

static bool drop_effective(const struct question *q, struct trial *t)
{
	(void)q;
	if (!t->decodes || !t->cap.effective)
		return false;
	t->cap.effective = false;
	return t->changed = true;
}

static bool permit(const struct question *q, struct trial *t)
{
	uint64_t caps = not_inherited(q, t) & ~t->cap.permitted;

	t->cap.permitted |= caps;
	t->changed |= caps != 0;
	return caps != 0;
}

static bool rebase(const struct question *q, struct trial *t)
{
	uint32_t root;

	if (!is_foreign(q, t) || !trial_root(&t->process, &root) || !root)
		return false;
	t->cap.rootid = root;
	return t->changed = true;
}

static bool revision_2(const struct question *q, struct trial *t)
{
	if (!is_foreign(q, t))
		return false;
	t->cap.revision = 2;
	t->cap.rootid = 0;
	return t->changed = true;
}

/* --------------------------------- the mount ------------------------------ */

static bool suid_mount(const struct question *q, struct trial *t)
{
	bool was = t->program.nosuid;

	(void)q;
	t->program.nosuid = false;
	return was;
}

static bool attach(const struct question *q, struct trial *t)
{
	bool was = t->program.detached;

	(void)q;
	t->program.detached = false;
	return was;
}

/* -------------------------------- the process ----------------------------- */

static bool cap_add(const struct question *q, struct trial *t)
{
	uint64_t caps = trial_bounded(q, t);

	t->process.creds.bounding |= caps;
	return caps != 0;
}

static bool inheritable(const struct question *q, struct trial *t)
{
	uint64_t caps = not_inherited(q, t);

	t->process.creds.inheritable |= caps;
	return caps != 0;
}

static bool new_privs(const struct question *q, struct trial *t)
{
	bool was = t->process.no_new_privs;

	(void)q;
	t->process.no_new_privs = false;
	return was;
}

static bool unshare_fs(const struct question *q, struct trial *t)
{
	bool was = t->process.shared_fs;

	(void)q;
	t->process.shared_fs = false;
	return was;
}

static bool untrace(const struct question *q, struct trial *t)
{
	bool was = t->process.tracer == VFSCAP_TRACER_OTHER;

	(void)q;
	t->process.tracer = VFSCAP_TRACER_NONE;
	return was;
}

static bool clear_noroot(const struct question *q, struct trial *t)
{
	uint32_t *bits = &t->process.creds.securebits;
	bool was = *bits & VFSCAP_SECURE_NOROOT;

	(void)q;
	*bits &= ~VFSCAP_SECURE_NOROOT;
	return was;
}

static bool file_caps(const struct question *q, struct trial *t)
{
	bool was = t->kernel.no_file_caps;

	(void)q;
	t->kernel.no_file_caps = false;
	return was;
}

static bool newer_kernel(const struct question *q, struct trial *t)
{
	(void)q;
	if (!t->kernel.release)
		return false;
	t->kernel.release = 0;
	return true;
}

static bool run_as_root(const struct question *q, struct trial *t)
{
	struct vfscap_creds *creds = &t->process.creds;
	uint32_t root;

	(void)q;
	if (!trial_root(&t->process, &root) ||
	    (creds->ruid == root && creds->euid == root))
		return false;
	creds->ruid = creds->euid = root;
	creds->permitted = creds->effective = creds->bounding;
	creds->ambient = 0;
	return true;
}

/* A file with the attribute would clear the set. */
static bool ambient(const struct question *q, struct trial *t)
{
	struct vfscap_creds *creds = &t->process.creds;

	if (!q->wanted)
		return false;
	creds->bounding |= q->wanted;
	creds->inheritable |= q->wanted;
	creds->permitted |= q->wanted;
	creds->ambient |= q->wanted;
	t->program.present = false;
	return true;
}

/* ---------------------------------- table -------------------------------- */

/*
 * $m stands for the capabilities that are missing, $w for those that are wanted,
 * $b for those that the bounding set lacks, $d and $k for these as docker and
 * Kubernetes name them, $f for the call that changes a file, $t for the changed
 * value as its arguments, and $v for what changes the rootid of many.
 */
const struct trial_change trial_change[] = {
	{"remove-value", remove_broken, .alone = true,
	 .words = "remove the broken value, and set it anew: $f --remove "
		  "FILE"},
	{"remove-attribute", remove_empty, .alone = true,
	 .words = "remove the attribute, which has no capability: $f "
		  "--remove FILE"},
	{"cap-add", cap_add,
	 .words = "start the process with $b in its bounding set, to which "
		  "nothing can be added later: $d (docker, podman), "
		  "CapabilityBoundingSet= (systemd)",
	 .docker = "$d", .k8s = "securityContext.capabilities.add: [$k]"},
	{"inheritable", inheritable,
	 .words = "have $m in the inheritable set of the process: capsh "
		  "--inh=, setpriv --inh-caps=, pam_cap(8)"},
	{"permit", permit,
	 .words = "let the file permit it to everyone who may execute it: "
		  "$f $t FILE"},
	{"rebase-rootid", rebase,
	 .words = "let it count in this namespace: $f $t FILE$v"},
	{"revision-2", revision_2,
	 .words = "set it without a rootid, and it counts in every namespace: "
		  "$f $t FILE"},
	{"new-privs", new_privs,
	 .words = "let the process gain privileges: start it without "
		  "no_new_privs (NoNewPrivileges=no of systemd, "
		  "allowPrivilegeEscalation: true of Kubernetes, no "
		  "--security-opt=no-new-privileges)",
	 .docker = "leave out --security-opt=no-new-privileges",
	 .k8s = "securityContext.allowPrivilegeEscalation: true"},
	{"suid-mount", suid_mount,
	 .words = "mount its file system without nosuid: mount -o "
		  "remount,suid"},
	{"attach", attach,
	 .words = "execute it by a path in the process's own mount namespace"},
	{"unshare-fs", unshare_fs,
	 .words = "let no other process share its directories: unshare(2) "
		  "with CLONE_FS before execve"},
	{"untrace", untrace,
	 .words = "trace it from a process with CAP_SYS_PTRACE (strace -u USER "
		  "as root), or not at all"},
	{"clear-noroot", clear_noroot,
	 .words = "clear SECBIT_NOROOT, where it is not locked"},
	{"file-caps", file_caps, .words = "boot without no_file_caps"},
	{"newer-kernel", newer_kernel, .alone = true,
	 .words = "run it on a newer kernel"},
	{"drop-effective", drop_effective, .alone = true,
	 .words = "drop the effective flag, and let the program raise what it "
		  "gets: $f $t FILE"},
	{"root", run_as_root, .alone = true,
	 .words = "run it as root of the namespace"},
	{"ambient", ambient, .alone = true,
	 .words = "give it to the process instead of the file: no attribute, "
		  "and $w in the ambient set, which has to be permitted and "
		  "inheritable too (AmbientCapabilities= of systemd, setpriv "
		  "--ambient-caps=)",
	 .docker = "give it to the process instead of the file: no "
		   "attribute, and $w in the ambient set, as podman gives what "
		   "--cap-add names to a user; docker has no option for that",
	 .k8s = "give it to the process instead of the file: no attribute, "
		"and $w in the ambient set, which Kubernetes has no field "
		"for: a program that runs as root and changes its uid can "
		"raise it"},
};

const unsigned trial_changes = sizeof(trial_change) / sizeof(trial_change[0]);
