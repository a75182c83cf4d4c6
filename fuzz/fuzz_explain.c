/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfscap_explain(): whatever the process, the file and the kernel are, sets that
 * stay stay, nothing comes of nothing, no_new_privs gives nothing, and each
 * reason has a name.
 */
#include "fuzz.h"

#include "vfscap.h"

#define ALL ((UINT64_C(1) << (VFSCAP_LAST + 1)) - 1)

static uint64_t some_set(struct take *take)
{
	uint64_t which = take_number(take, 1);

	return which < 64 ? 0
	       : which < 128
		       ? ALL
		       : take_number(take, 6) & (which & 1 ? ALL : UINT64_MAX);
}

static uint32_t some_id(struct take *take)
{
	uint64_t which = take_number(take, 1);

	return which < 100   ? 0
	       : which < 200 ? 1000
			     : (uint32_t)take_number(take, 4);
}

static struct vfscap_kernel some_kernel(struct take *take)
{
	static const uint64_t releases[] = {
		0,
		VFSCAP_RELEASE(2, 6, 23),
		VFSCAP_RELEASE(2, 6, 24),
		VFSCAP_RELEASE(2, 6, 25),
		VFSCAP_RELEASE(4, 2, 0),
		VFSCAP_RELEASE(4, 13, 0),
		VFSCAP_RELEASE(6, 1, 0),
		VFSCAP_RELEASE(6, 17, 0),
	};
	uint64_t how = take_number(take, 1);

	return (struct vfscap_kernel){
		.release = releases[how & 7],
		.known = how & 8 ? some_set(take) : ALL,
		.system_bounding = some_set(take),
		.no_file_caps = (how >> 4) == 1,
	};
}

static void some_process(struct take *take, struct vfscap_process *p,
			 struct vfscap_userns *ns)
{
	uint64_t how = take_number(take, 1);
	struct vfscap_creds *c = &p->creds;

	*p = (struct vfscap_process){
		.no_new_privs = how & 1,
		.shared_fs = how & 2,
		.tracer = (enum vfscap_tracer)((how >> 2 & 3) % 3),
	};
	if (how & 0x10)
		p->ns = ns;
	*c = (struct vfscap_creds){
		.ruid = some_id(take),
		.rgid = some_id(take),
		.securebits = (uint32_t)take_number(take, 1),
		.permitted = some_set(take),
		.inheritable = some_set(take),
		.bounding = some_set(take),
	};
	c->euid = how & 0x20 ? some_id(take) : c->ruid;
	c->egid = how & 0x40 ? some_id(take) : c->rgid;
	c->fsgid = c->egid;
	c->effective = c->permitted & some_set(take);
	c->ambient = c->permitted & c->inheritable & some_set(take);
}

static void some_program(struct take *take, struct vfscap_program *program)
{
	uint64_t how = take_number(take, 1);

	*program = (struct vfscap_program){
		.present = how & 3,
		.nosuid = (how >> 2 & 7) == 1,
		.detached = (how >> 2 & 7) == 2,
		.owner_mapped = (how >> 2 & 7) != 3,
		.own_credentials = how & 0x20,
		.mode = (uint32_t)take_number(take, 2),
		.uid = some_id(take),
		.gid = some_id(take),
	};
}

static void check_sets(const struct vfscap_kernel *k,
		       const struct vfscap_process *p,
		       const struct vfscap_creds *new)
{
	const struct vfscap_creds *old = &p->creds;
	uint64_t bounding = old->bounding;

	if (k->release && k->release < VFSCAP_RELEASE(2, 6, 25))
		bounding = k->system_bounding;
	must(new->ruid == old->ruid &&new->rgid == old->rgid);
	must(new->inheritable == old->inheritable);
	must(new->bounding == old->bounding);
	must(!(new->permitted & ~(bounding | old->inheritable | old->ambient)));
	must(!(new->effective & ~new->permitted));
	must(!(new->ambient & ~old->ambient));
	must(!(new->ambient & ~new->effective));
	must(!p->no_new_privs || !(new->permitted & ~old->permitted));
	must(!(new->securebits &VFSCAP_SECURE_KEEP_CAPS));
}

static void check(const struct vfscap_kernel *k, const struct vfscap_process *p,
		  const struct vfscap_outcome *o)
{
	must(o->reasons > 0 && o->reasons < VFSCAP_REASONS);
	for (unsigned i = 0; i < o->reasons; i++) {
		must(vfscap_rule_name(o->reason[i].rule));
		must(o->reason[i].error <= 0);
	}
	must(o->error <= 0);
	if (o->error)
		must(memcmp(&o->creds, &p->creds, sizeof(p->creds)) == 0);
	else
		check_sets(k, p, &o->creds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vfscap_userns ns = {.map = {1, {{0, 100000, 65536}}}};
	struct take take = {data, size};
	struct vfscap_kernel kernel = some_kernel(&take);
	struct vfscap_program file, interpreter;
	struct vfscap_process process;
	struct vfscap_outcome first, second;

	some_process(&take, &process, &ns);
	some_program(&take, &file);
	some_program(&take, &interpreter);
	if (take_number(&take, 1) & 1)
		file.interpreter = &interpreter;
	file.value = interpreter.value = take.data;
	file.size = interpreter.size = take.size;
	memset(&first, 0xa5, sizeof(first));
	memset(&second, 0x5a, sizeof(second));
	vfscap_explain(&kernel, &process, &file, &first);
	vfscap_explain(&kernel, &process, &file, &second);
	check(&kernel, &process, &first);
	must(first.error == second.error && first.reasons == second.reasons &&
	     first.honoured == second.honoured &&
	     first.secure == second.secure);
	must(memcmp(&first.creds, &second.creds, sizeof(first.creds)) == 0);
	return 0;
}
