/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The execve model: which rules it names, of older kernels too, and what always
 * holds. */
#include "suite.h"
#include "vfscap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))
#define CHOWN BIT(0)
#define KILL BIT(5)
#define SETUID BIT(7)
#define NET_RAW BIT(13)
#define ALL (BIT(41) - 1)
/** RULES - the last one */
#define RULES VFSCAP_RULE_OWN_INTERPRETED

/* ------------------------------ building blocks --------------------------- */

/* A user who may get all there is, and a plain file of root. */
static const struct vfscap_kernel newest = {.known = ALL};
static const struct vfscap_process user = {.creds = {.ruid = 1000,
						     .euid = 1000,
						     .rgid = 1000,
						     .egid = 1000,
						     .fsgid = 1000,
						     .bounding = ALL}};
static const struct vfscap_process root = {
	.creds = {.permitted = ALL, .effective = ALL, .bounding = ALL}};
static const struct vfscap_program plain = {.mode = 0755, .owner_mapped = true};

/* A file with an attribute; the bytes are good until eight more are made. */
static struct vfscap_program with_cap(struct vfscap cap)
{
	static uint8_t bytes[8][VFSCAP_SIZE_MAX];
	static unsigned turn;
	uint8_t *value = bytes[turn++ % 8];
	struct vfscap_program program = plain;

	ck_assert_int_eq(
		vfscap_encode(&cap, value, VFSCAP_SIZE_MAX, &program.size), 0);
	program.present = true;
	program.value = value;
	return program;
}

static struct vfscap_program with_flag(uint64_t permitted)
{
	return with_cap((struct vfscap){
		.permitted = permitted, .revision = 2, .effective = true});
}

/* What was told, "name:caps:id:error" a rule; what is 0 is left out. */
static const char *told(const struct vfscap_outcome *o)
{
	static char text[2048];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < o->reasons; i++) {
		const struct vfscap_reason *r = &o->reason[i];

		n += (size_t)sprintf(text + n, "%s%s", i ? " " : "",
				     vfscap_rule_name(r->rule));
		if (r->caps)
			n += (size_t)sprintf(text + n, ":%llx",
					     (unsigned long long)r->caps);
		if (r->id)
			n += (size_t)sprintf(text + n, "#%u", r->id);
		if (r->error)
			n += (size_t)sprintf(text + n, "=%s",
					     vfscap_error_name(r->error));
	}
	return text;
}

static struct vfscap_outcome explain(const struct vfscap_kernel *kernel,
				     const struct vfscap_process *process,
				     const struct vfscap_program *program)
{
	struct vfscap_outcome outcome;

	memset(&outcome, 0xa5, sizeof(outcome));
	vfscap_explain(kernel, process, program, &outcome);
	return outcome;
}

static void check_told(const struct vfscap_kernel *kernel,
		       const struct vfscap_process *process,
		       const struct vfscap_program *program, const char *wanted)
{
	struct vfscap_outcome o = explain(kernel, process, program);

	ck_assert_str_eq(told(&o), wanted);
}

/* --------------------------------- the mount ------------------------------ */

START_TEST(mounts)
{
	struct vfscap_userns ns = {.map = {1, {{0, 100000, 65536}}}};
	struct vfscap_mount foreign = {.fs = &ns};
	struct vfscap_program file = with_flag(NET_RAW), bare = plain;

	file.nosuid = bare.nosuid = true;
	check_told(&newest, &user, &file, "nosuid");
	check_told(&newest, &user, &bare, "no-attribute");
	bare.mode = 04755;
	check_told(&newest, &user, &bare, "nosuid");
	file.nosuid = false;
	file.detached = true;
	check_told(&newest, &user, &file, "detached-mount");
	file.detached = false;
	file.mount = &foreign;
	check_told(&newest, &user, &file, "foreign-filesystem");
}
END_TEST

/* -------------------------------- set-id bits ----------------------------- */

START_TEST(set_ids)
{
	struct vfscap_process nnp = user;
	struct vfscap_program file = plain;

	nnp.no_new_privs = true;
	file.mode = 06755;
	file.uid = 1001;
	file.gid = 2000;
	check_told(&newest, &user, &file,
		   "set-user-id#1001 set-group-id#2000 no-attribute secure");
	check_told(&newest, &nnp, &file, "set-id-no-new-privs no-attribute");
	file.owner_mapped = false;
	check_told(&newest, &user, &file, "set-id-unmapped no-attribute");
	file.owner_mapped = true;
	file.mode = 02745;
	check_told(&newest, &user, &file,
		   "set-group-id-not-executable no-attribute");
}
END_TEST

/* ------------------------------- the attribute ---------------------------- */

START_TEST(attributes)
{
	struct vfscap_kernel off = newest;
	struct vfscap_process bounded = user, heir = user;
	struct vfscap cap = {.permitted = CHOWN | NET_RAW | BIT(50),
			     .inheritable = KILL | SETUID,
			     .revision = 2};
	struct vfscap_program file = with_cap(cap);

	off.no_file_caps = true;
	check_told(&off, &user, &file, "no-file-caps");
	bounded.creds.bounding = CHOWN;
	heir.creds.inheritable = KILL;
	check_told(&newest, &bounded, &file,
		   "honoured unknown-capability:4000000000000 permitted:1 "
		   "not-in-bounding:2000 not-inherited:a0 not-effective:1 "
		   "secure");
	check_told(&newest, &heir, &file,
		   "honoured unknown-capability:4000000000000 permitted:2001 "
		   "inherited:20 not-inherited:80 not-effective:2021 secure");
	file = with_flag(CHOWN | NET_RAW);
	check_told(&newest, &bounded, &file,
		   "honoured permitted:1 not-in-bounding:2000 "
		   "effective-denied:2000=EPERM");
	check_told(&newest, &user, &file,
		   "honoured permitted:2001 effective:2001 secure");
	file = with_cap((struct vfscap){.revision = 2});
	check_told(&newest, &user, &file, "honoured empty");
}
END_TEST

START_TEST(refused)
{
	struct vfscap_mount lower = {0}, overlay = {.lower = &lower};
	struct vfscap_program file = with_cap((struct vfscap){
		.permitted = NET_RAW, .revision = 3, .rootid = 1000});

	check_told(&newest, &user, &file, "foreign-rootid#1000");
	file.size = 23;
	check_told(&newest, &user, &file, "malformed=EINVAL");
	file.size = 0;
	check_told(&newest, &root, &file, "malformed=EINVAL");
	file = with_cap((struct vfscap){.permitted = NET_RAW, .revision = 1});
	check_told(&newest, &user, &file,
		   "honoured permitted:2000 not-effective:2000 secure");
	file.mount = &overlay;
	check_told(&newest, &user, &file, "overlay-refuses=EINVAL");
}
END_TEST

/* ----------------------------------- root --------------------------------- */

START_TEST(roots)
{
	struct vfscap_process p = root;
	struct vfscap_program file = with_flag(NET_RAW), suid = plain;

	p.creds.bounding = NET_RAW;
	p.creds.permitted = p.creds.effective = 0;
	check_told(&newest, &p, &plain,
		   "no-attribute root:2000 root-effective");
	p.creds.euid = 1000;
	check_told(&newest, &p, &plain,
		   "no-attribute root:2000 root-real-only not-effective:2000 "
		   "secure");
	p.creds.euid = 0;
	p.creds.securebits = VFSCAP_SECURE_NOROOT;
	check_told(&newest, &p, &plain, "no-attribute noroot");
	suid.mode = 04755;
	check_told(&newest, &user, &suid,
		   "set-user-id no-attribute root:1ffffffffff root-effective "
		   "secure");
	file.mode = 04755;
	check_told(&newest, &user, &file,
		   "set-user-id honoured permitted:2000 file-over-root "
		   "effective:2000 secure");
}
END_TEST

/* ------------------------------ nothing is gained ------------------------- */

START_TEST(restrained)
{
	struct vfscap_process p = user;
	struct vfscap_program file = with_flag(NET_RAW), suid = plain;

	suid.mode = 04755;
	suid.uid = 1001;
	p.no_new_privs = true;
	check_told(&newest, &p, &file,
		   "honoured permitted:2000 no-new-privs:2000 secure");
	p.no_new_privs = false;
	p.shared_fs = true;
	check_told(&newest, &p, &file,
		   "honoured permitted:2000 shared-fs:2000 secure");
	check_told(&newest, &p, &suid,
		   "set-user-id#1001 no-attribute shared-fs ids-kept secure");
	p.shared_fs = false;
	p.tracer = VFSCAP_TRACER_OTHER;
	check_told(&newest, &p, &file,
		   "honoured permitted:2000 traced:2000 secure");
	p.tracer = VFSCAP_TRACER_PRIVILEGED;
	check_told(&newest, &p, &file,
		   "honoured permitted:2000 effective:2000 secure");
	p.tracer = VFSCAP_TRACER_OTHER;
	p.creds.permitted = NET_RAW;
	check_told(&newest, &p, &file,
		   "honoured permitted:2000 effective:2000 secure");
}
END_TEST

START_TEST(ambient)
{
	struct vfscap_process p = user;
	struct vfscap_program file = with_flag(KILL), suid = plain;

	p.creds.inheritable = p.creds.ambient = NET_RAW;
	p.creds.permitted = NET_RAW | CHOWN;
	check_told(&newest, &p, &plain, "no-attribute ambient:2000 lost:1");
	check_told(&newest, &p, &file,
		   "honoured permitted:20 ambient-cleared-by-file:2000 "
		   "effective:20 lost:2001 secure");
	suid.mode = 04755;
	suid.uid = 1001;
	check_told(&newest, &p, &suid,
		   "set-user-id#1001 no-attribute ambient-cleared-by-ids:2000 "
		   "lost:2001 secure");
}
END_TEST

/* ------------------------------- interpreters ----------------------------- */

START_TEST(interpreters)
{
	struct vfscap_program script = with_flag(NET_RAW), interpreted = plain,
			      chain[7];

	script.interpreter = &plain;
	check_told(&newest, &user, &script,
		   "interpreter script-ignored no-attribute");
	script.own_credentials = true;
	check_told(&newest, &user, &script,
		   "interpreter own-credentials honoured permitted:2000 "
		   "effective:2000 secure");
	interpreted.interpreter = &script;
	script.interpreter = &plain;
	check_told(&newest, &user, &interpreted,
		   "interpreter interpreter own-credentials honoured "
		   "permitted:2000 effective:2000 secure");
	for (size_t i = 0; i < ROWS(chain); i++) {
		chain[i] = plain;
		chain[i].interpreter =
			i + 1 < ROWS(chain) ? &chain[i + 1] : NULL;
	}
	check_told(&newest, &user, &chain[1],
		   "interpreter interpreter interpreter interpreter "
		   "interpreter no-attribute");
	check_told(&newest, &user, &chain[0],
		   "interpreter interpreter interpreter interpreter "
		   "interpreter interpreter-loop=ELOOP");
	chain[0].interpreter = &chain[0];
	check_told(&newest, &user, &chain[0],
		   "interpreter interpreter interpreter interpreter "
		   "interpreter interpreter-loop=ELOOP");
}
END_TEST

/* The kernel keeps one such file: with scripts or files like it behind it, it
 * fails, and before that it was one of six. */
START_TEST(own_credentials_once)
{
	struct vfscap_program first = with_flag(NET_RAW), second = plain;
	struct vfscap_program chain[5];

	first.own_credentials = true;
	first.interpreter = &second;
	second.interpreter = &plain;
	check_told(&newest, &user, &first,
		   "interpreter own-credentials "
		   "own-credentials-interpreted=ENOEXEC");
	second.own_credentials = true;
	check_told(&newest, &user, &first,
		   "interpreter own-credentials "
		   "own-credentials-interpreted=ENOEXEC");
	first.own_credentials = false;
	check_told(&newest, &user, &first,
		   "interpreter script-ignored interpreter own-credentials "
		   "no-attribute");
	first.own_credentials = true;
	for (size_t i = 0; i < ROWS(chain); i++) {
		chain[i] = plain;
		chain[i].interpreter =
			i + 1 < ROWS(chain) ? &chain[i + 1] : &first;
	}
	chain[4].own_credentials = true;
	check_told(&newest, &user, &chain[0],
		   "interpreter interpreter interpreter interpreter "
		   "interpreter own-credentials "
		   "own-credentials-interpreted=ENOEXEC");
}
END_TEST

/* ------------------------------- older kernels ---------------------------- */

/* A kernel on either side of a change, and what each says. */
static void check_change(uint64_t release, const struct vfscap_process *process,
			 const struct vfscap_program *program,
			 const char *before, const char *after)
{
	struct vfscap_kernel kernel = newest;

	kernel.release = release;
	check_told(&kernel, process, program, after);
	kernel.release--;
	check_told(&kernel, process, program, before);
}

START_TEST(releases)
{
	struct vfscap_program file =
		with_cap((struct vfscap){.permitted = NET_RAW, .revision = 3});

	check_change(VFSCAP_RELEASE(4, 14, 0), &user, &file, "malformed=ERANGE",
		     "honoured permitted:2000 not-effective:2000 secure");
	file = with_flag(NET_RAW);
	check_change(VFSCAP_RELEASE(2, 6, 25), &user, &file, "malformed=ERANGE",
		     "honoured permitted:2000 effective:2000 secure");
	file.detached = true;
	check_change(VFSCAP_RELEASE(4, 8, 0), &user, &file,
		     "honoured permitted:2000 effective:2000 secure",
		     "detached-mount");
}
END_TEST

/* Whose file system it is, and through which others a value comes. */
START_TEST(releases_places)
{
	struct vfscap_userns ns = {.map = {1, {{0, 100000, 65536}}}};
	struct vfscap_mount mount = {.fs = &ns}, below = {0};
	struct vfscap_program file = with_flag(NET_RAW);
	struct vfscap_kernel kernel = newest;

	file.mount = &mount;
	check_change(VFSCAP_RELEASE(4, 8, 0), &user, &file,
		     "honoured permitted:2000 effective:2000 secure",
		     "foreign-filesystem");
	mount = (struct vfscap_mount){.lower = &below};
	file = with_cap((struct vfscap){.permitted = NET_RAW, .revision = 1});
	file.mount = &mount;
	check_change(VFSCAP_RELEASE(4, 14, 0), &user, &file,
		     "honoured permitted:2000 not-effective:2000 secure",
		     "overlay-refuses=EINVAL");
	file.size--;
	kernel.release = VFSCAP_RELEASE(4, 13, 0);
	check_told(&kernel, &user, &file, "malformed=EINVAL");
	file.size = VFSCAP_SIZE_3;
	check_told(&kernel, &user, &file, "malformed=ERANGE");
}
END_TEST

START_TEST(releases_root)
{
	struct vfscap_program flagged = with_flag(NET_RAW),
			      empty = with_cap((struct vfscap){.revision = 2});

	flagged.mode = empty.mode = 04755;
	check_change(VFSCAP_RELEASE(3, 2, 0), &user, &empty,
		     "set-user-id honoured empty root:1ffffffffff "
		     "root-effective secure",
		     "set-user-id honoured empty file-over-root secure");
	check_change(VFSCAP_RELEASE(2, 6, 29), &user, &flagged,
		     "set-user-id honoured permitted:2000 root:1ffffffffff "
		     "root-effective secure",
		     "set-user-id honoured permitted:2000 file-over-root "
		     "effective:2000 secure");
}
END_TEST

START_TEST(releases_ids)
{
	struct vfscap_process p = user;

	p.creds.permitted = p.creds.inheritable = p.creds.ambient = NET_RAW;
	p.creds.euid = 1001;
	check_change(VFSCAP_RELEASE(6, 17, 0), &p, &plain,
		     "no-attribute ambient-cleared-by-ids:2000 lost:2000 "
		     "secure",
		     "no-attribute ambient:2000 secure");
	p.creds.euid = 1000;
	p.creds.egid = 1001;
	check_change(VFSCAP_RELEASE(6, 17, 0), &p, &plain,
		     "no-attribute ambient-cleared-by-ids:2000 lost:2000 "
		     "secure",
		     "no-attribute ambient-cleared-by-ids:2000 lost:2000 "
		     "secure");
	p.creds.egid = 1000;
	check_change(VFSCAP_RELEASE(4, 3, 0), &p, &plain,
		     "no-attribute no-ambient lost:2000",
		     "no-attribute ambient:2000");
}
END_TEST

/* A group that the process has already is no change, since 6.17. */
START_TEST(releases_groups)
{
	static const uint32_t groups[] = {5, 2000};
	struct vfscap_process p = user;
	struct vfscap_program sgid = plain;
	const char *cleared = "set-group-id#2000 no-attribute "
			      "ambient-cleared-by-ids:2000 lost:2000 secure";
	const char *kept = "set-group-id#2000 no-attribute ambient:2000 secure";

	p.creds.permitted = p.creds.inheritable = p.creds.ambient = NET_RAW;
	sgid.mode = 02755;
	sgid.gid = 2000;
	check_change(VFSCAP_RELEASE(6, 17, 0), &p, &sgid, cleared, cleared);
	p.groups = groups;
	p.group_count = 1;
	check_change(VFSCAP_RELEASE(6, 17, 0), &p, &sgid, cleared, cleared);
	p.group_count = 2;
	check_change(VFSCAP_RELEASE(6, 17, 0), &p, &sgid, cleared, kept);
	p.group_count = 0;
	p.creds.fsgid = 2000;
	check_change(VFSCAP_RELEASE(6, 17, 0), &p, &sgid, cleared, kept);
}
END_TEST

/* Before 2.6.24 no file had any; before 2.6.25 the bounding set was the
 * system's. */
START_TEST(releases_first)
{
	struct vfscap_kernel kernel = newest;
	struct vfscap_program file =
		with_cap((struct vfscap){.permitted = NET_RAW, .revision = 1});
	struct vfscap_process p = root;

	kernel.release = VFSCAP_RELEASE(2, 6, 23);
	kernel.system_bounding = CHOWN;
	check_told(&kernel, &user, &file, "no-file-caps");
	kernel.release = VFSCAP_RELEASE(2, 6, 24);
	check_told(&kernel, &user, &file, "honoured not-in-bounding:2000");
	p.creds.bounding = 0;
	p.creds.permitted = p.creds.effective = 0;
	check_told(&kernel, &p, &plain, "no-attribute root:1 root-effective");
}
END_TEST

START_TEST(release_numbers)
{
	static const struct {
		const char *text;
		uint64_t number;
	} good[] = {
		{"6.17", VFSCAP_RELEASE(6, 17, 0)},
		{"6.1.0-42-cloud-amd64", VFSCAP_RELEASE(6, 1, 0)},
		{"2.6.25", VFSCAP_RELEASE(2, 6, 25)},
		{"5.15.167.4-microsoft", VFSCAP_RELEASE(5, 15, 167)},
	};
	static const char *const bad[] = {"", "6", "6.", "v6.1", "6.1 x"};
	uint64_t number = 1;

	for (size_t i = 0; i < ROWS(good); i++) {
		ck_assert_int_eq(vfscap_release_parse(good[i].text, &number),
				 0);
		ck_assert_uint_eq(number, good[i].number);
	}
	for (size_t i = 0; i < ROWS(bad); i++)
		ck_assert_int_eq(vfscap_release_parse(bad[i], &number),
				 VFSCAP_ERR_RELEASE);
	ck_assert_uint_eq(number, VFSCAP_RELEASE(5, 15, 167));
}
END_TEST

/* ----------------------------- what always holds -------------------------- */

static uint64_t seed;

static uint64_t some_set(void)
{
	switch (suite_below(&seed, 4)) {
	case 0:
		return 0;
	case 1:
		return ALL;
	default:
		return suite_random(&seed) & ALL;
	}
}

static struct vfscap_process some_process(void)
{
	struct vfscap_process p = suite_below(&seed, 2) ? user : root;
	struct vfscap_creds *c = &p.creds;

	c->euid = suite_below(&seed, 3) ? c->ruid : suite_below(&seed, 2000);
	c->bounding = some_set();
	c->permitted = some_set();
	c->inheritable = some_set();
	c->effective = some_set() & c->permitted;
	c->ambient = some_set() & c->permitted & c->inheritable;
	c->securebits = suite_below(&seed, 32);
	p.no_new_privs = suite_below(&seed, 3) == 0;
	p.shared_fs = suite_below(&seed, 3) == 0;
	p.tracer = (enum vfscap_tracer)suite_below(&seed, 3);
	return p;
}

static struct vfscap_program some_program(void)
{
	struct vfscap_program file =
		with_cap((struct vfscap){.permitted = suite_random(&seed),
					 .inheritable = suite_random(&seed),
					 .effective = suite_below(&seed, 2),
					 .revision = 2});

	file.present = suite_below(&seed, 3);
	file.mode = 0755 | suite_below(&seed, 4) << 10;
	file.uid = suite_below(&seed, 2) ? 0 : 1001;
	file.nosuid = suite_below(&seed, 5) == 0;
	if (suite_below(&seed, 5) == 0)
		file.size = suite_below(&seed, 30);
	return file;
}

static void check_invariants(const struct vfscap_process *p,
			     const struct vfscap_outcome *o)
{
	const struct vfscap_creds *old = &p->creds, *new = &o->creds;

	expect(o->reasons > 0 && o->reasons < VFSCAP_REASONS, "reasons");
	expect(new->ruid == old->ruid &&new->rgid == old->rgid, "real ids");
	expect(new->inheritable == old->inheritable &&new->bounding ==
		       old->bounding,
	       "sets that stay");
	if (o->error) {
		expect(memcmp(new, old, sizeof(*new)) == 0, "a failure");
		return;
	}
	expect(!(new->permitted &
		 ~(old->bounding | old->inheritable | old->ambient)),
	       "permitted out of nothing");
	expect(!(new->effective & ~new->permitted), "effective");
	expect(!(new->ambient & ~old->ambient) &&
		       !(new->ambient & ~new->effective),
	       "ambient");
	expect(!p->no_new_privs || !(new->permitted & ~old->permitted),
	       "gained under no_new_privs");
	expect(!(new->securebits &VFSCAP_SECURE_KEEP_CAPS), "keep-caps");
}

START_TEST(invariants)
{
	for (unsigned i = 0; i < 200000; i++) {
		struct vfscap_process p = some_process();
		struct vfscap_program file = some_program();
		struct vfscap_outcome o;

		if (file.size > VFSCAP_SIZE_MAX)
			file.value = "123456789 123456789 123456789 ";
		o = explain(&newest, &p, &file);
		check_invariants(&p, &o);
	}
}
END_TEST

START_TEST(rule_names)
{
	ck_assert_ptr_null(vfscap_rule_name((enum vfscap_rule)0));
	ck_assert_ptr_null(vfscap_rule_name((enum vfscap_rule) - 1));
	ck_assert_ptr_null(vfscap_rule_name((enum vfscap_rule)(RULES + 1)));
	for (int i = 1; i <= RULES; i++) {
		const char *name = vfscap_rule_name((enum vfscap_rule)i);

		ck_assert_ptr_nonnull(name);
		for (int k = 1; k < i; k++)
			ck_assert_str_ne(name,
					 vfscap_rule_name((enum vfscap_rule)k));
	}
}
END_TEST

START_TEST(within)
{
	struct vfscap_userns a = {0}, child = {.parent = &a}, b = {0};

	ck_assert(vfscap_within(NULL, NULL) && vfscap_within(&a, NULL));
	ck_assert(vfscap_within(&child, &a) && vfscap_within(&a, &a));
	ck_assert(!vfscap_within(&a, &child) && !vfscap_within(&child, &b));
	ck_assert(!vfscap_within(NULL, &a));
}
END_TEST

int main(void)
{
	static const TTest *const *const tests[] = {
		&mounts,	  &set_ids,	    &attributes,
		&refused,	  &roots,	    &restrained,
		&ambient,	  &interpreters,    &own_credentials_once,
		&releases,	  &releases_places, &releases_root,
		&releases_ids,	  &releases_groups, &releases_first,
		&release_numbers, &invariants,	    &rule_names,
		&within,
	};
	Suite *suite = suite_create("exec");

	seed = suite_seed("exec");
	for (size_t i = 0; i < ROWS(tests); i++)
		suite_add(suite, *tests[i], 1);
	return suite_run(suite);
}
