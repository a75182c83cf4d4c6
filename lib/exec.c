/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * execve(2) as far as credentials go: what a process has after it, and the
 * rules that made it so, in the kernel's order. Pure: nothing is asked of the
 * system. The rules are those of security/commoncap.c and of the set-id bits in
 * fs/exec.c; vfscap-exec.7 tells them in words.
 */
#include <errno.h>
#include <stddef.h>

#include "vfscap.h"

/* What is known by now, on the way through the rules. */
struct run {
	const struct vfscap_kernel *kernel;
	const struct vfscap_process *process;
	const struct vfscap_creds *old;
	const struct vfscap_program *program; /* whose bits and value count */
	struct vfscap_creds *creds;	      /* what is becoming of them */
	struct vfscap_outcome *outcome;
	uint64_t bounding;
	bool effective; /* what is permitted is effective too */
	bool root;	/* and that is so since root is who runs it */
};

static const struct vfscap_mount plain;

static void tell(struct run *run, struct vfscap_reason reason)
{
	struct vfscap_outcome *outcome = run->outcome;

	if (outcome->reasons < VFSCAP_REASONS)
		outcome->reason[outcome->reasons++] = reason;
}

static void tell_rule(struct run *run, enum vfscap_rule rule)
{
	tell(run, (struct vfscap_reason){.rule = rule});
}

/* A rule about capabilities has a part only where there are any. */
static void tell_caps(struct run *run, enum vfscap_rule rule, uint64_t caps)
{
	if (caps)
		tell(run, (struct vfscap_reason){.rule = rule, .caps = caps});
}

static int fail(struct run *run, enum vfscap_rule rule, int error,
		uint64_t caps)
{
	tell(run, (struct vfscap_reason){
			  .rule = rule, .error = error, .caps = caps});
	return error;
}

static bool older_than(const struct run *run, uint64_t release)
{
	return run->kernel->release && run->kernel->release < release;
}

/* Root of the process's namespace; a namespace may have none. */
static uint32_t root_of(const struct vfscap_userns *ns)
{
	uint32_t root = VFSCAP_ROOTID_INVALID;

	if (!ns)
		return 0;
	vfscap_idmap_outside(&ns->map, 0, &root);
	return root;
}

/* ---------------------------- which file counts -------------------------- */

static bool has_something(const struct vfscap_program *program)
{
	return program->present ||
	       (program->mode & (VFSCAP_MODE_SETUID | VFSCAP_MODE_SETGID));
}

/* The kernel goes on to the fifth interpreter, but keeps one file only for its
 * own credentials, and lets no other stand behind that. */
static int choose_program(struct run *run)
{
	const struct vfscap_program *file = run->program;
	const struct vfscap_program *own = NULL;

	for (int depth = 0; file->interpreter; depth++) {
		/* It has one descriptor for such a file, and none left. */
		if (own)
			return fail(run, VFSCAP_RULE_OWN_INTERPRETED, -ENOEXEC,
				    0);
		if (depth == 5)
			return fail(run, VFSCAP_RULE_LOOP, -ELOOP, 0);
		tell_rule(run, VFSCAP_RULE_INTERPRETER);
		if (file->own_credentials) {
			tell_rule(run, VFSCAP_RULE_OWN_CREDENTIALS);
			own = file;
		} else if (has_something(file)) {
			tell_rule(run, VFSCAP_RULE_SCRIPT_IGNORED);
		}
		file = file->interpreter;
	}
	run->program = own ? own : file;
	return 0;
}

/* The first rule by which the mount is not trusted, or 0. */
static enum vfscap_rule distrust(const struct run *run)
{
	const struct vfscap_program *program = run->program;
	const struct vfscap_mount *mount =
		program->mount ? program->mount : &plain;

	if (program->nosuid)
		return VFSCAP_RULE_NOSUID;
	if (program->detached && !older_than(run, VFSCAP_RELEASE(4, 8, 0)))
		return VFSCAP_RULE_DETACHED;
	if (!vfscap_within(run->process->ns, mount->fs) &&
	    !older_than(run, VFSCAP_RELEASE(4, 8, 0)))
		return VFSCAP_RULE_FOREIGN_FS;
	return 0;
}

/* ------------------------------- set-id bits ----------------------------- */

static void set_ids(struct run *run)
{
	const struct vfscap_program *program = run->program;
	uint32_t mode = program->mode;

	if ((mode & VFSCAP_MODE_SETGID) && !(mode & VFSCAP_MODE_GROUP_EXEC)) {
		tell_rule(run, VFSCAP_RULE_SETGID_NO_EXEC);
		mode &= ~VFSCAP_MODE_SETGID;
	}
	if (!(mode & (VFSCAP_MODE_SETUID | VFSCAP_MODE_SETGID)))
		return;
	if (run->process->no_new_privs) {
		tell_rule(run, VFSCAP_RULE_SETID_NNP);
		return;
	}
	if (!program->owner_mapped) {
		tell_rule(run, VFSCAP_RULE_SETID_UNMAPPED);
		return;
	}
	if (mode & VFSCAP_MODE_SETUID) {
		run->creds->euid = program->uid;
		tell(run, (struct vfscap_reason){.rule = VFSCAP_RULE_SETUID,
						 .id = program->uid});
	}
	if (mode & VFSCAP_MODE_SETGID) {
		run->creds->egid = program->gid;
		tell(run, (struct vfscap_reason){.rule = VFSCAP_RULE_SETGID,
						 .id = program->gid});
	}
}

/* ------------------------------ the attribute ---------------------------- */

/* Nothing was translated before there were rootids: overlayfs handed on what is
 * stored, and that counted everywhere. */
static bool before_rootids(const struct run *run)
{
	return older_than(run, VFSCAP_RELEASE(4, 14, 0));
}

/* What is longer than the kernel's buffer, it cannot read. */
static bool too_long(const struct run *run, size_t size)
{
	if (older_than(run, VFSCAP_RELEASE(2, 6, 25)))
		return size > VFSCAP_SIZE_1;
	if (before_rootids(run))
		return size > VFSCAP_SIZE_2;
	return size > VFSCAP_SIZE_3;
}

static int counts(const struct run *run, bool *honoured)
{
	const struct vfscap_program *program = run->program;
	struct vfscap cap;
	int error;

	if (!before_rootids(run))
		return vfscap_predict_exec(program->value, program->size,
					   program->mount, run->process->ns,
					   honoured);
	error = vfscap_decode_lenient(program->value, program->size, &cap);
	*honoured = !error;
	return vfscap_exec_errno(error);
}

/* Fills in the sets of the attribute, where it counts. */
static int read_attribute(struct run *run, struct vfscap *cap, bool *honoured)
{
	const struct vfscap_program *program = run->program;
	bool overlay =
		program->mount && program->mount->lower && !before_rootids(run);
	int error;

	*honoured = false;
	if (!overlay && too_long(run, program->size))
		return fail(run, VFSCAP_RULE_MALFORMED, -ERANGE, 0);
	error = counts(run, honoured);
	if (error)
		return fail(run,
			    overlay ? VFSCAP_RULE_OVERLAY
				    : VFSCAP_RULE_MALFORMED,
			    error, 0);
	/* It decodes, since the prediction has done the same. */
	(void)vfscap_decode_lenient(program->value, program->size, cap);
	if (!*honoured)
		tell(run,
		     (struct vfscap_reason){.rule = VFSCAP_RULE_FOREIGN_ROOTID,
					    .id = cap->rootid});
	return 0;
}

static int apply_sets(struct run *run, const struct vfscap *cap)
{
	uint64_t known = run->kernel->known;
	uint64_t permitted = cap->permitted & known;
	uint64_t inheritable = cap->inheritable & known;
	uint64_t inherited = inheritable & run->old->inheritable;
	uint64_t given = (permitted & run->bounding) | inherited;

	tell_rule(run, VFSCAP_RULE_HONOURED);
	tell_caps(run, VFSCAP_RULE_UNKNOWN,
		  (cap->permitted | cap->inheritable) & ~known);
	if (!(permitted | inheritable))
		tell_rule(run, VFSCAP_RULE_EMPTY);
	tell_caps(run, VFSCAP_RULE_PERMITTED, permitted & run->bounding);
	tell_caps(run, VFSCAP_RULE_INHERITED, inherited);
	tell_caps(run, VFSCAP_RULE_BOUNDED, permitted & ~given);
	tell_caps(run, VFSCAP_RULE_NOT_INHERITED,
		  inheritable & ~permitted & ~given);
	run->outcome->honoured = true;
	run->creds->permitted = given;
	run->effective = cap->effective;
	if (cap->effective && (permitted & ~given))
		return fail(run, VFSCAP_RULE_DENIED, -EPERM,
			    permitted & ~given);
	return 0;
}

static int apply_attribute(struct run *run)
{
	struct vfscap cap;
	bool honoured;
	int error;

	if (!run->program->present) {
		tell_rule(run, VFSCAP_RULE_NONE);
		return 0;
	}
	if (run->kernel->no_file_caps ||
	    older_than(run, VFSCAP_RELEASE(2, 6, 24))) {
		tell_rule(run, VFSCAP_RULE_NO_FILE_CAPS);
		return 0;
	}
	error = read_attribute(run, &cap, &honoured);
	if (error || !honoured)
		return error;
	return apply_sets(run, &cap);
}

/* ---------------------------------- root --------------------------------- */

/* Does the attribute take root's power from a set-user-ID root file? At first
 * it was the effective flag that did. */
static bool file_wins(const struct run *run)
{
	if (older_than(run, VFSCAP_RELEASE(2, 6, 29)))
		return false;
	if (older_than(run, VFSCAP_RELEASE(3, 2, 0)))
		return run->effective;
	return run->outcome->honoured;
}

static void emulate_root(struct run *run)
{
	uint32_t root = root_of(run->process->ns);
	bool real, now;

	if (root == VFSCAP_ROOTID_INVALID)
		return;
	real = run->old->ruid == root;
	now = run->creds->euid == root;
	if (!real && !now)
		return;
	if (run->old->securebits & VFSCAP_SECURE_NOROOT) {
		tell_rule(run, VFSCAP_RULE_NOROOT);
		return;
	}
	if (!real && file_wins(run)) {
		tell_rule(run, VFSCAP_RULE_FILE_WINS);
		return;
	}
	run->creds->permitted = run->bounding | run->old->inheritable;
	tell(run, (struct vfscap_reason){.rule = VFSCAP_RULE_ROOT,
					 .caps = run->creds->permitted});
	tell_rule(run, now ? VFSCAP_RULE_ROOT_EUID : VFSCAP_RULE_ROOT_REAL);
	if (now)
		run->effective = run->root = true;
}

/* --------------------------- nothing to be gained ------------------------- */

static bool holds_group(const struct run *run, uint32_t gid)
{
	const struct vfscap_process *process = run->process;

	if (gid == run->old->fsgid)
		return true;
	for (size_t i = 0; i < process->group_count; i++)
		if (process->groups[i] == gid)
			return true;
	return false;
}

static bool ids_change(const struct run *run)
{
	const struct vfscap_creds *old = run->old, *new = run->creds;

	if (older_than(run, VFSCAP_RELEASE(6, 17, 0)))
		return new->euid != old->ruid || new->egid != old->rgid;
	return new->euid != old->euid || !holds_group(run, new->egid);
}

/* Why the process is to gain nothing, or 0. */
static enum vfscap_rule unsafe(const struct run *run)
{
	if (run->process->no_new_privs)
		return VFSCAP_RULE_NO_NEW_PRIVS;
	if (run->process->shared_fs)
		return VFSCAP_RULE_SHARED_FS;
	if (run->process->tracer == VFSCAP_TRACER_OTHER)
		return VFSCAP_RULE_TRACED;
	return 0;
}

static void keep_ids(struct run *run)
{
	struct vfscap_creds *creds = run->creds;
	const uint64_t setuid = UINT64_C(1) << 7;

	if ((run->old->effective & setuid) && !run->process->no_new_privs)
		return;
	if (creds->euid != creds->ruid || creds->egid != creds->rgid)
		tell_rule(run, VFSCAP_RULE_IDS_KEPT);
	creds->euid = creds->ruid;
	creds->egid = creds->rgid;
}

static void downgrade(struct run *run, bool change)
{
	uint64_t gained = run->creds->permitted & ~run->old->permitted;
	enum vfscap_rule rule = unsafe(run);

	if (!rule || !(change || gained))
		return;
	tell(run, (struct vfscap_reason){.rule = rule, .caps = gained});
	keep_ids(run);
	run->creds->permitted &= run->old->permitted;
}

/* ------------------------- ambient, effective, secure --------------------- */

static void apply_ambient(struct run *run, bool change)
{
	uint64_t ambient = run->old->ambient;

	if (older_than(run, VFSCAP_RELEASE(4, 3, 0))) {
		if (ambient)
			tell_rule(run, VFSCAP_RULE_NO_AMBIENT);
		ambient = 0;
	} else if (run->outcome->honoured) {
		tell_caps(run, VFSCAP_RULE_AMBIENT_FILE, ambient);
		ambient = 0;
	} else if (change) {
		tell_caps(run, VFSCAP_RULE_AMBIENT_IDS, ambient);
		ambient = 0;
	} else {
		tell_caps(run, VFSCAP_RULE_AMBIENT, ambient);
	}
	run->creds->ambient = ambient;
	run->creds->permitted |= ambient;
}

static void apply_effective(struct run *run)
{
	struct vfscap_creds *creds = run->creds;

	creds->effective = run->effective ? creds->permitted : creds->ambient;
	if (run->outcome->honoured && run->effective && !run->root)
		tell_caps(run, VFSCAP_RULE_EFFECTIVE, creds->effective);
	tell_caps(run, VFSCAP_RULE_NOT_EFFECTIVE,
		  creds->permitted & ~creds->effective);
	tell_caps(run, VFSCAP_RULE_LOST,
		  run->old->permitted & ~creds->permitted);
}

static void apply_secure(struct run *run, bool change)
{
	const struct vfscap_creds *old = run->old, *new = run->creds;
	uint32_t root = root_of(run->process->ns);
	bool real = root != VFSCAP_ROOTID_INVALID && old->ruid == root;

	run->outcome->secure =
		change || new->euid != old->ruid || new->egid != old->rgid ||
		(!real && (run->effective || (new->permitted & ~new->ambient)));
	if (run->outcome->secure)
		tell_rule(run, VFSCAP_RULE_SECURE);
}

/* ----------------------------------- all --------------------------------- */

static int run_rules(struct run *run)
{
	enum vfscap_rule untrusted;
	bool change;
	int error = choose_program(run);

	if (error)
		return error;
	untrusted = distrust(run);
	run->creds->permitted = 0;
	if (!untrusted) {
		set_ids(run);
		error = apply_attribute(run);
	} else {
		tell_rule(run, has_something(run->program) ? untrusted
							   : VFSCAP_RULE_NONE);
	}
	if (error)
		return error;
	emulate_root(run);
	change = ids_change(run);
	downgrade(run, change);
	run->creds->fsgid = run->creds->egid;
	apply_ambient(run, change);
	apply_effective(run);
	run->creds->securebits &= ~VFSCAP_SECURE_KEEP_CAPS;
	apply_secure(run, change);
	return 0;
}

void vfscap_explain(const struct vfscap_kernel *kernel,
		    const struct vfscap_process *process,
		    const struct vfscap_program *program,
		    struct vfscap_outcome *outcome)
{
	struct run run = {
		.kernel = kernel,
		.process = process,
		.old = &process->creds,
		.program = program,
		.creds = &outcome->creds,
		.outcome = outcome,
		.bounding = process->creds.bounding,
	};

	*outcome = (struct vfscap_outcome){.creds = process->creds};
	if (older_than(&run, VFSCAP_RELEASE(2, 6, 25)))
		run.bounding = kernel->system_bounding;
	outcome->error = run_rules(&run);
	if (outcome->error) {
		outcome->creds = process->creds;
		outcome->honoured = false;
	}
}

/* ------------------------------- their names ------------------------------ */

static const char *const names[] = {
	[VFSCAP_RULE_INTERPRETER] = "interpreter",
	[VFSCAP_RULE_SCRIPT_IGNORED] = "script-ignored",
	[VFSCAP_RULE_OWN_CREDENTIALS] = "own-credentials",
	[VFSCAP_RULE_LOOP] = "interpreter-loop",
	[VFSCAP_RULE_NOSUID] = "nosuid",
	[VFSCAP_RULE_DETACHED] = "detached-mount",
	[VFSCAP_RULE_FOREIGN_FS] = "foreign-filesystem",
	[VFSCAP_RULE_SETUID] = "set-user-id",
	[VFSCAP_RULE_SETGID] = "set-group-id",
	[VFSCAP_RULE_SETID_NNP] = "set-id-no-new-privs",
	[VFSCAP_RULE_SETID_UNMAPPED] = "set-id-unmapped",
	[VFSCAP_RULE_SETGID_NO_EXEC] = "set-group-id-not-executable",
	[VFSCAP_RULE_NONE] = "no-attribute",
	[VFSCAP_RULE_NO_FILE_CAPS] = "no-file-caps",
	[VFSCAP_RULE_MALFORMED] = "malformed",
	[VFSCAP_RULE_OVERLAY] = "overlay-refuses",
	[VFSCAP_RULE_FOREIGN_ROOTID] = "foreign-rootid",
	[VFSCAP_RULE_HONOURED] = "honoured",
	[VFSCAP_RULE_UNKNOWN] = "unknown-capability",
	[VFSCAP_RULE_EMPTY] = "empty",
	[VFSCAP_RULE_PERMITTED] = "permitted",
	[VFSCAP_RULE_INHERITED] = "inherited",
	[VFSCAP_RULE_BOUNDED] = "not-in-bounding",
	[VFSCAP_RULE_NOT_INHERITED] = "not-inherited",
	[VFSCAP_RULE_DENIED] = "effective-denied",
	[VFSCAP_RULE_NOROOT] = "noroot",
	[VFSCAP_RULE_FILE_WINS] = "file-over-root",
	[VFSCAP_RULE_ROOT] = "root",
	[VFSCAP_RULE_ROOT_EUID] = "root-effective",
	[VFSCAP_RULE_ROOT_REAL] = "root-real-only",
	[VFSCAP_RULE_NO_NEW_PRIVS] = "no-new-privs",
	[VFSCAP_RULE_SHARED_FS] = "shared-fs",
	[VFSCAP_RULE_TRACED] = "traced",
	[VFSCAP_RULE_IDS_KEPT] = "ids-kept",
	[VFSCAP_RULE_NO_AMBIENT] = "no-ambient",
	[VFSCAP_RULE_AMBIENT] = "ambient",
	[VFSCAP_RULE_AMBIENT_FILE] = "ambient-cleared-by-file",
	[VFSCAP_RULE_AMBIENT_IDS] = "ambient-cleared-by-ids",
	[VFSCAP_RULE_EFFECTIVE] = "effective",
	[VFSCAP_RULE_NOT_EFFECTIVE] = "not-effective",
	[VFSCAP_RULE_LOST] = "lost",
	[VFSCAP_RULE_SECURE] = "secure",
	[VFSCAP_RULE_OWN_INTERPRETED] = "own-credentials-interpreted",
};

const char *vfscap_rule_name(enum vfscap_rule rule)
{
	size_t number = (size_t)rule;

	return number < sizeof(names) / sizeof(names[0]) ? names[number] : NULL;
}
