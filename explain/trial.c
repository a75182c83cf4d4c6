/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes that are tried, and their words: one table. */
#include "explain/trial.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Root of the process's namespace; false where it has none. */
static bool root_of(const struct vfscap_process *process, uint32_t *root)
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

/* What the file permits and the process has no way to get. */
static uint64_t bounded(const struct question *q, const struct trial *t)
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

	if (!is_foreign(q, t) || !root_of(&t->process, &root) || !root)
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
	uint64_t caps = bounded(q, t);

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
	if (!root_of(&t->process, &root) ||
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
 * Kubernetes name them, $t for the changed value as a text, $o for the old rootid
 * and $r for root of the process's namespace.
 */
const struct trial_change trial_change[] = {
	{"remove-value", remove_broken, .alone = true,
	 .words = "remove the broken value, and set it anew: fcapset --remove "
		  "FILE"},
	{"remove-attribute", remove_empty, .alone = true,
	 .words = "remove the attribute, which has no capability: fcapset "
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
		  "fcapset $t FILE"},
	{"rebase-rootid", rebase,
	 .words = "let it count in this namespace: fcapconvert "
		  "--map-from=0:$o:65536 --map-to=0:$r:65536 FILE, or fcapset "
		  "-n $r $t FILE"},
	{"revision-2", revision_2,
	 .words = "set it without a rootid, and it counts in every namespace: "
		  "fcapset --allow-widen $t FILE"},
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
		  "gets: fcapset $t FILE"},
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

/* ---------------------------------- words -------------------------------- */

struct telling {
	const struct question *q;
	const struct trial *t;
};

/* "--cap-add=NET_ADMIN --cap-add=NET_RAW", "NET_ADMIN, NET_RAW" */
static void container_names(const struct vfscap_listing *listing, uint64_t caps,
			    const char *before, const char *between,
			    char part[EXPLAIN_WHY_SIZE])
{
	size_t used = 0;

	for (unsigned cap = 0; cap < VFSCAP_BITS; cap++) {
		char name[VFSCAP_NAME_SIZE];
		const char *from = listing->name[cap];
		size_t len = 0;

		if (!(caps >> cap & 1) || strncmp(from, "cap_", 4) != 0)
			continue;
		for (from += 4; *from; from++)
			name[len++] = (char)toupper((unsigned char)*from);
		name[len] = '\0';
		used = words_append(part, used, used ? between : "");
		used = words_append(part, used, before);
		used = words_append(part, used, name);
	}
}

static void text_of(const struct telling *tell, char part[EXPLAIN_WHY_SIZE])
{
	char text[VFSCAP_TEXT_SIZE];
	struct vfscap_sets sets;

	vfscap_to_sets(&tell->t->cap, &sets);
	if (vfscap_text_format(&sets, tell->q->subject->listing, text,
			       sizeof(text)) == 0)
		snprintf(part, EXPLAIN_WHY_SIZE, "%.1000s", text);
}

static uint32_t old_rootid(const struct telling *tell)
{
	struct vfscap cap;

	return vfscap_decode_lenient(tell->t->program.value,
				     tell->t->program.size, &cap) == 0
		       ? cap.rootid
		       : 0;
}

/* What the bounding set lacked before the change. */
static uint64_t was_bounded(const struct telling *tell)
{
	struct trial before = *tell->t;

	before.process = tell->q->subject->process;
	return bounded(tell->q, &before);
}

static void part_of_change(void *ctx, char letter, char part[EXPLAIN_WHY_SIZE])
{
	const struct telling *tell = ctx;
	const struct vfscap_listing *listing = tell->q->subject->listing;
	uint32_t root;

	switch (letter) {
	case 'm':
		explain_caps(listing, tell->q->missing, part);
		break;
	case 'w':
		explain_caps(listing, tell->q->wanted, part);
		break;
	case 'b':
		explain_caps(listing, was_bounded(tell), part);
		break;
	case 'd':
		container_names(listing, was_bounded(tell), "--cap-add=", " ",
				part);
		break;
	case 'k':
		container_names(listing, was_bounded(tell), "", ", ", part);
		break;
	case 't':
		text_of(tell, part);
		break;
	case 'o':
		snprintf(part, EXPLAIN_WHY_SIZE, "%u", old_rootid(tell));
		break;
	case 'r':
		root_of(&tell->t->process, &root);
		snprintf(part, EXPLAIN_WHY_SIZE, "%u", root);
		break;
	}
}

static bool is_profile(const struct subject *subject, const char *name)
{
	return strncmp(subject->name, "profile ", 8) == 0 &&
	       strncmp(subject->name + 8, name, strlen(name)) == 0;
}

void trial_words(const struct question *q, const struct trial *t,
		 unsigned change, char sentence[EXPLAIN_WHY_SIZE])
{
	const struct trial_change *c = &trial_change[change];
	struct telling tell = {.q = q, .t = t};
	const char *words = c->words;

	if (c->docker && (is_profile(q->subject, "docker") ||
			  is_profile(q->subject, "podman")))
		words = c->docker;
	if (c->k8s && is_profile(q->subject, "k8s"))
		words = c->k8s;
	words_fill(words, part_of_change, &tell, sentence);
}
