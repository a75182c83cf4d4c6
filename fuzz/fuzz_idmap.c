/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Id maps: a map that was read keeps the kernel's conditions, asked pair by pair;
 * written in either form it is read again; ids go inside and outside and back as
 * a slow look through the extents has it; maps compose as ids do; and a value
 * that was re-based there comes back.
 */
#include "fuzz.h"

#include "vfscap.h"

#include <stdio.h>
#include <stdlib.h>

#define LAST UINT64_C(0xfffffffe)

/* ------------------------------ the slow look ----------------------------- */

static bool apart(uint64_t a, uint64_t a_count, uint64_t b, uint64_t b_count)
{
	return a + a_count <= b || b + b_count <= a;
}

static void check_conditions(const struct vfscap_idmap *m)
{
	must(m->count >= 1 && m->count <= VFSCAP_EXTENTS);
	for (uint32_t i = 0; i < m->count; i++) {
		const struct vfscap_extent *e = &m->extent[i];

		must(e->count);
		must((uint64_t)e->inside + e->count - 1 <= LAST);
		must((uint64_t)e->outside + e->count - 1 <= LAST);
		for (uint32_t k = 0; k < i; k++) {
			const struct vfscap_extent *o = &m->extent[k];

			must(apart(e->inside, e->count, o->inside, o->count));
			must(apart(e->outside, e->count, o->outside, o->count));
		}
	}
}

static bool slow(const struct vfscap_idmap *m, bool outside, uint32_t id,
		 uint32_t *to)
{
	for (uint32_t i = m->count; i--;) {
		const struct vfscap_extent *e = &m->extent[i];
		uint64_t from = outside ? e->inside : e->outside;
		uint64_t result = outside ? e->outside : e->inside;

		if (id < from || id >= from + e->count)
			continue;
		*to = (uint32_t)(result + id - from);
		return true;
	}
	return false;
}

/* ---------------------------------- ids ----------------------------------- */

static void check_id(const struct vfscap_idmap *m, uint32_t id)
{
	uint32_t to = 77, back = 77, wanted = 77;

	must(vfscap_idmap_outside(m, id, &to) == slow(m, true, id, &wanted));
	must(to == wanted);
	if (to != 77)
		must(vfscap_idmap_inside(m, to, &back) && back == id);
	to = wanted = 77;
	must(vfscap_idmap_inside(m, id, &to) == slow(m, false, id, &wanted));
	must(to == wanted);
	if (to != 77)
		must(vfscap_idmap_outside(m, to, &back) && back == id);
}

/* Both ends of each extent, and beyond them. */
static void each_edge(const struct vfscap_idmap *m,
		      void (*check)(const void *ctx, uint32_t id),
		      const void *ctx)
{
	for (uint32_t i = 0; i < m->count; i++) {
		const struct vfscap_extent *e = &m->extent[i];
		const uint32_t starts[] = {e->inside, e->outside};

		for (int k = 0; k < 2; k++) {
			check(ctx, starts[k]);
			check(ctx, starts[k] - 1);
			check(ctx, starts[k] + e->count - 1);
			check(ctx, starts[k] + e->count);
		}
	}
}

static void check_edge(const void *map, uint32_t id)
{
	check_id(map, id);
}

/* --------------------------------- texts ---------------------------------- */

static void check_form(const struct vfscap_idmap *m, const char *format)
{
	static char text[VFSCAP_EXTENTS * 36];
	struct vfscap_idmap back;
	size_t size = 0;

	for (uint32_t i = 0; i < m->count; i++)
		size += (size_t)sprintf(text + size, format,
					m->extent[i].inside,
					m->extent[i].outside,
					m->extent[i].count);
	size -= text[size - 1] == ',';
	must(vfscap_idmap_parse(&back, text, size, NULL) == 0);
	must(back.count == m->count);
	must(memcmp(back.extent, m->extent, m->count * sizeof(*m->extent)) ==
	     0);
}

static bool parse(const char *text, size_t size, struct vfscap_idmap *m)
{
	unsigned extent = 77;
	int error;

	m->count = 88;
	error = vfscap_idmap_parse(m, text, size, &extent);
	if (!error) {
		must(extent == 77);
		return true;
	}
	must(error >= VFSCAP_ERR_MAP_FORM && error <= VFSCAP_ERR_MAP_EMPTY);
	must(extent >= 1 && extent <= VFSCAP_EXTENTS + 1 && m->count == 88);
	m->count = 0;
	return false;
}

/* ------------------------------ two of them ------------------------------- */

/* struct two - an inner map and one that it lies within */
struct two {
	struct vfscap_idmap inner, outer, both;
};

static void check_through(const void *ctx, uint32_t id)
{
	const struct two *t = ctx;
	uint32_t middle, end = 77, at_once = 77;
	bool there = vfscap_idmap_outside(&t->inner, id, &middle);

	must(vfscap_idmap_outside(&t->both, id, &at_once) == there);
	if (there)
		must(vfscap_idmap_outside(&t->outer, middle, &end));
	must(end == at_once);
}

static void check_compose(struct two *t)
{
	unsigned extent = 77;
	int error =
		vfscap_idmap_compose(&t->inner, &t->outer, &t->both, &extent);

	must(!error || (error == VFSCAP_ERR_MAP_PARENT && extent >= 1 &&
			extent <= t->inner.count));
	if (error)
		return;
	check_conditions(&t->both);
	each_edge(&t->inner, check_through, t);
}

/* There and back; unmapped ids stay where they are. */
static void check_rebased(const void *ctx, uint32_t id)
{
	const struct two *t = ctx;
	struct vfscap_rebase there = {.from = &t->inner, .to = &t->outer};
	struct vfscap_rebase back = {.from = &t->outer, .to = &t->inner};
	struct vfscap old = {
		.permitted = 1, .rootid = id, .revision = id ? 3 : 2};
	struct vfscap new = old, again = old;
	enum vfscap_rebased done;
	uint32_t inside, outside;
	int error = vfscap_rebase(&there, &old, &new, &done);

	if (error) {
		must(!vfscap_idmap_inside(&t->inner, id, &inside) ||
		     !vfscap_idmap_outside(&t->outer, inside, &outside));
		must(new.rootid == id);
		return;
	}
	must((done == VFSCAP_REBASED_CHANGED) == (new.rootid != id));
	must(new.revision == (new.rootid ? 3 : 2));
	/* What has become one that counts everywhere has no way back. */
	if (id && !new.rootid)
		return;
	must(vfscap_rebase(&back, &new, &again, &done) == 0);
	must(again.rootid == id && again.revision == old.revision);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct two t;
	const uint8_t *half = size ? memchr(data, ';', size) : NULL;
	size_t first = half ? (size_t)(half - data) : size;
	bool one = parse((const char *)data, first, &t.inner), other = false;

	if (half)
		other = parse((const char *)half + 1, size - first - 1,
			      &t.outer);
	if (!one)
		return 0;
	check_conditions(&t.inner);
	each_edge(&t.inner, check_edge, &t.inner);
	check_form(&t.inner, "%u:%u:%u,");
	check_form(&t.inner, "%10u %10u %10u\n");
	if (!other)
		return 0;
	check_compose(&t);
	each_edge(&t.inner, check_rebased, &t);
	each_edge(&t.outer, check_rebased, &t);
	return 0;
}
