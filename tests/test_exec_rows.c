/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What execve(2) gives: by the measured rows. */
#include "suite.h"
#include "tsv.h"
#include "userns_measured.h"
#include "userns_values.h"
#include "vfscap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct tsv rows;

#define KNOWN ((UINT64_C(1) << 41) - 1)
#define HOST_BOUNDING (KNOWN & ~(UINT64_C(1) << 24))

/* One row, and what is asked for it. */
struct row {
	const char *id, *fs, *stored, *actor, *op, *outcome, *value;
	struct vfscap_process process;
	uint32_t group;
	struct vfscap_program program, interpreter;
	struct userns_value bytes, interpreter_bytes;
};

/* Not asked: rows of the command line, which begin before execve(2). */
static bool is_asked(const struct row *r)
{
	return r->id[0] == 'X' && !userns_begins(r->id, "X.cli.");
}

/* ------------------------------- the process ----------------------------- */

/* An id of the row's namespace as the initial one has it. */
static uint32_t outside(const struct row *r, unsigned id)
{
	uint32_t to = id;

	if (r->process.ns)
		ck_assert_msg(vfscap_idmap_outside(&r->process.ns->map, id,
						   &to),
			      "%s: id %u", r->id, id);
	return to;
}

static uint64_t bounding_of(const char *actor)
{
	return strstr(actor, " B=B0") ? HOST_BOUNDING
				      : userns_mask_in(actor, " B=");
}

/* "uid=1000/1001/1001 gid=1000/1000/1000 groups=[2000] I=0 P=0 E=0 A=0 B=B0". */
static void read_creds(struct row *r)
{
	struct vfscap_creds *c = &r->process.creds;
	const char *gid = strstr(r->actor, " gid="),
		   *groups = strstr(r->actor, " groups=["),
		   *bits = strstr(r->actor, " securebits=");

	sscanf(r->actor, "uid=%u/%u", &c->ruid, &c->euid);
	c->rgid = c->egid = c->ruid ? 1000 : c->euid ? 1000 : 0;
	if (c->euid == 0 && c->ruid == 0)
		c->rgid = c->egid = 0;
	if (gid)
		sscanf(gid, " gid=%u/%u", &c->rgid, &c->egid);
	c->fsgid = c->egid;
	if (groups) {
		sscanf(groups, " groups=[%u]", &r->group);
		r->process.groups = &r->group;
		r->process.group_count = 1;
	}
	if (bits)
		sscanf(bits, " securebits=%x", &c->securebits);
	c->inheritable = userns_mask_in(r->actor, " I=");
	c->permitted = userns_mask_in(r->actor, " P=");
	c->effective = userns_mask_in(r->actor, " E=");
	c->ambient = userns_mask_in(r->actor, " A=");
	c->bounding = bounding_of(r->actor);
}

static void read_restraints(struct row *r)
{
	const char *actor = r->actor;

	r->process.no_new_privs = strstr(actor, " nnp") != NULL;
	r->process.shared_fs = strstr(actor, " share") != NULL;
	r->program.nosuid = strstr(actor, " nosuid-mount") != NULL;
	if (strstr(actor, " ptrace_cap"))
		r->process.tracer = VFSCAP_TRACER_PRIVILEGED;
	else if (strstr(actor, " ptrace_"))
		r->process.tracer = VFSCAP_TRACER_OTHER;
}

/* The rows of execve have one uid more in U than the others. */
static const struct vfscap_userns *ns_of(const char *actor)
{
	static struct vfscap_userns u = {
		.map = {.count = 1, .extent = {{0, 1000, 2}}}};

	return userns_begins(actor, "U=0:1000:2 ") ? &u : userns_ns_of(actor);
}

/* "A/c=0:1000:1000 uid5": root has all, others nothing. */
static void read_named(struct row *r)
{
	struct vfscap_creds *c = &r->process.creds;
	const char *uid = strstr(r->actor, " uid");
	unsigned id = 1000;

	r->process.ns = ns_of(r->actor);
	if (uid)
		sscanf(uid, " uid%u", &id);
	c->ruid = c->euid = outside(r, id);
	c->rgid = c->egid = c->fsgid = c->euid;
	c->bounding = r->process.ns ? KNOWN : HOST_BOUNDING;
	if (id == 0)
		c->permitted = c->effective = c->bounding;
}

/* -------------------------------- the file ------------------------------- */

static void read_value(struct vfscap_program *program, struct userns_value *v,
		       const char *text)
{
	program->mode = 0755;
	program->owner_mapped = true;
	if (text[0] == '-')
		return;
	*v = userns_value_of(text);
	program->present = true;
	program->value = v->bytes;
	program->size = v->size;
}

static const struct vfscap_mount *mount_of(const struct row *r)
{
	if (userns_begins(r->fs, "ext4 idmapped"))
		return &userns_idmapped;
	if (userns_begins(r->fs, "tmpfs s_user_ns=A"))
		return &userns_tmpfs_a;
	return NULL;
}

/* "execve(script, interpreter=v2e)": a program of that value. */
static void read_interpreter(struct row *r, const char *name)
{
	static const char *const values[][2] = {
		{"plain", "-"},
		{"v2e", "0100000200200000000000000000000000000000"},
		{"v2_sysr_e", "0100000200000001000000000000000000000000"},
	};

	r->program.interpreter = &r->interpreter;
	for (size_t i = 0; i < ROWS(values); i++)
		if (userns_begins(name, values[i][0]))
			read_value(&r->interpreter, &r->interpreter_bytes,
				   values[i][1]);
}

static void read_file(struct row *r)
{
	const char *mode = strstr(r->op, " mode="),
		   *name = strstr(r->op, "interpreter=");

	read_value(&r->program, &r->bytes, r->stored);
	r->program.mount = mount_of(r);
	r->program.detached = userns_begins(r->id, "X.detached");
	if (mode)
		sscanf(mode, " mode=%o %u:%u", &r->program.mode,
		       &r->program.uid, &r->program.gid);
	if (name)
		read_interpreter(r, name + 12);
	else if (userns_begins(r->id, "X.binfmt."))
		read_interpreter(r, "plain");
	r->program.own_credentials = userns_begins(r->id, "X.binfmt.C");
}

static void read_row(size_t i, struct row *r)
{
	*r = (struct row){
		.id = tsv_get(&rows, i, "id"),
		.fs = tsv_get(&rows, i, "fs"),
		.stored = tsv_get(&rows, i, "stored"),
		.actor = tsv_get(&rows, i, "actor"),
		.op = tsv_get(&rows, i, "op"),
		.outcome = tsv_get(&rows, i, "outcome"),
		.value = tsv_get(&rows, i, "value"),
	};
	if (!is_asked(r))
		return;
	if (userns_begins(r->actor, "uid="))
		read_creds(r);
	else
		read_named(r);
	read_file(r);
	read_restraints(r);
}

/* ------------------------------- the answer ------------------------------ */

static void check_sets(const struct row *r, const struct vfscap_outcome *o)
{
	const struct {
		const char *name;
		uint64_t set;
	} sets[] = {
		{" I=", o->creds.inheritable}, {" P=", o->creds.permitted},
		{" E=", o->creds.effective},   {" A=", o->creds.ambient},
		{" secure=", o->secure},
	};

	for (size_t i = 0; i < ROWS(sets); i++)
		expect(userns_mask_in(r->value, sets[i].name) == sets[i].set,
		       "%s:%s%llx", r->id, sets[i].name,
		       (unsigned long long)sets[i].set);
	if (!strstr(r->value, " B=B0"))
		expect(userns_mask_in(r->value, " B=") == o->creds.bounding,
		       "%s: bounding", r->id);
}

/* "euid=0 egid=1000" or "uid=1000/1000/1000", as the namespace has them. */
static void check_ids(const struct row *r, const struct vfscap_outcome *o)
{
	unsigned euid = 0, egid = 0, ruid;

	if (sscanf(r->value, "euid=%u egid=%u", &euid, &egid) == 2)
		expect(egid == o->creds.egid, "%s: egid %u", r->id,
		       o->creds.egid);
	else
		sscanf(r->value, "uid=%u/%u", &ruid, &euid);
	expect(outside(r, euid) == o->creds.euid, "%s: euid %u", r->id,
	       o->creds.euid);
}

static void check_row(const struct row *r)
{
	const struct vfscap_kernel kernel = {
		.known = KNOWN, .release = VFSCAP_RELEASE(6, 18, 44)};
	struct vfscap_outcome outcome;

	vfscap_explain(&kernel, &r->process, &r->program, &outcome);
	expect(strcmp(outcome.error ? vfscap_error_name(outcome.error) : "OK",
		      r->outcome) == 0,
	       "%s: %d", r->id, outcome.error);
	if (outcome.error)
		return;
	check_ids(r, &outcome);
	check_sets(r, &outcome);
}

START_TEST(measured)
{
	unsigned used = 0;

	for (size_t i = 0; i < rows.rows; i++) {
		struct row r;

		read_row(i, &r);
		if (!is_asked(&r))
			continue;
		check_row(&r);
		used++;
	}
	printf("exec: %u measured rows\n", used);
	fflush(stdout);
	ck_assert_uint_ge(used, 160);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exec rows");
	int status;

	tsv_load(&rows, "kernel.tsv");
	userns_make_measured();
	suite_add(suite, measured, 1);
	status = suite_run(suite);
	tsv_free(&rows);
	return status;
}
