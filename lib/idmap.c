/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id maps, and what a value means from one user namespace to another. */
#include "ascii.h"
#include "vfscap.h"

#include <errno.h>

/* ---------------------------------- maps --------------------------------- */

/* What the kernel passes over within a line. */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

struct reader {
	const char *at, *end;
};

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
}

static int read_number(struct reader *r, uint32_t *number)
{
	uint64_t n = 0;

	skip_blanks(r);
	if (r->at == r->end || !is_digit(*r->at))
		return VFSCAP_ERR_MAP_FORM;
	for (; r->at < r->end && is_digit(*r->at); r->at++) {
		n = n * 10 + (uint64_t)(*r->at - '0');
		if (n > UINT32_MAX)
			return VFSCAP_ERR_MAP_NUMBER;
	}
	*number = (uint32_t)n;
	return 0;
}

/* Between two numbers stands a colon, or blanks as in /proc. */
static int read_separator(struct reader *r)
{
	const char *start = r->at;

	skip_blanks(r);
	if (r->at < r->end && *r->at == ':')
		r->at++;
	return r->at == start ? VFSCAP_ERR_MAP_FORM : 0;
}

static int read_extent(struct reader *r, struct vfscap_extent *e)
{
	int error = read_number(r, &e->inside);

	if (!error)
		error = read_separator(r);
	if (!error)
		error = read_number(r, &e->outside);
	if (!error)
		error = read_separator(r);
	if (!error)
		error = read_number(r, &e->count);
	if (error)
		return error;
	skip_blanks(r);
	if (r->at < r->end && *r->at != ',' && *r->at != '\n')
		return VFSCAP_ERR_MAP_FORM;
	return 0;
}

static bool overlap(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a < b ? b - a < a_count : a - b < b_count;
}

/* The kernel's own conditions, in its order. */
static int check_extent(const struct vfscap_idmap *map,
			const struct vfscap_extent *e)
{
	if (e->inside == UINT32_MAX || e->outside == UINT32_MAX)
		return VFSCAP_ERR_MAP_NUMBER;
	if (e->count == 0)
		return VFSCAP_ERR_MAP_ZERO;
	if (e->count > UINT32_MAX - e->inside ||
	    e->count > UINT32_MAX - e->outside)
		return VFSCAP_ERR_MAP_RANGE;
	for (uint32_t i = 0; i < map->count; i++) {
		const struct vfscap_extent *o = &map->extent[i];

		if (overlap(o->inside, o->count, e->inside, e->count) ||
		    overlap(o->outside, o->count, e->outside, e->count))
			return VFSCAP_ERR_MAP_OVERLAP;
	}
	return map->count == VFSCAP_EXTENTS ? VFSCAP_ERR_MAP_MANY : 0;
}

static int fail(int error, unsigned at, unsigned *extent)
{
	if (extent)
		*extent = at;
	return error;
}

int vfscap_idmap_parse(struct vfscap_idmap *map, const char *text, size_t size,
		       unsigned *extent)
{
	/* No text may be no pointer either. */
	struct reader r = {.at = text, .end = size ? text + size : text};
	struct vfscap_idmap m = {0};

	while (r.at < r.end) {
		struct vfscap_extent e;
		int error = read_extent(&r, &e);

		if (!error)
			error = check_extent(&m, &e);
		if (error)
			return fail(error, m.count + 1, extent);
		m.extent[m.count++] = e;
		if (r.at == r.end)
			break;
		/* A newline may end the last line; a comma wants another. */
		if (*r.at++ == ',' && r.at == r.end)
			return fail(VFSCAP_ERR_MAP_FORM, m.count + 1, extent);
	}
	if (m.count == 0)
		return fail(VFSCAP_ERR_MAP_EMPTY, 1, extent);
	*map = m;
	return 0;
}

bool vfscap_idmap_outside(const struct vfscap_idmap *map, uint32_t inside,
			  uint32_t *to)
{
	/*@ loop invariant 0 <= i <= map->count;
	  @ loop invariant \forall integer j; 0 <= j < i ==>
	  @   !(map->extent[j].inside <= inside <
	  @     map->extent[j].inside + map->extent[j].count);
	  @ loop assigns i;
	  @ loop variant map->count - i; */
	for (uint32_t i = 0; i < map->count; i++) {
		const struct vfscap_extent *e = &map->extent[i];

		if (inside >= e->inside && inside - e->inside < e->count) {
			*to = e->outside + (inside - e->inside);
			return true;
		}
	}
	return false;
}

bool vfscap_idmap_inside(const struct vfscap_idmap *map, uint32_t outside,
			 uint32_t *to)
{
	/*@ loop invariant 0 <= i <= map->count;
	  @ loop invariant \forall integer j; 0 <= j < i ==>
	  @   !(map->extent[j].outside <= outside <
	  @     map->extent[j].outside + map->extent[j].count);
	  @ loop assigns i;
	  @ loop variant map->count - i; */
	for (uint32_t i = 0; i < map->count; i++) {
		const struct vfscap_extent *e = &map->extent[i];

		if (outside >= e->outside && outside - e->outside < e->count) {
			*to = e->inside + (outside - e->outside);
			return true;
		}
	}
	return false;
}

/* The extent of @map whose inside ids hold all of @e's outside ids. */
static const struct vfscap_extent *holder(const struct vfscap_idmap *map,
					  const struct vfscap_extent *e)
{
	/*@ loop invariant 0 <= i <= map->count;
	  @ loop invariant \forall integer j; 0 <= j < i ==>
	  @   !holds(&map->extent[j], e->outside, e->count);
	  @ loop assigns i;
	  @ loop variant map->count - i; */
	for (uint32_t i = 0; i < map->count; i++) {
		const struct vfscap_extent *o = &map->extent[i];

		if (e->outside >= o->inside &&
		    e->outside - o->inside < o->count &&
		    e->count <= o->count - (e->outside - o->inside))
			return o;
	}
	return NULL;
}

int vfscap_idmap_compose(const struct vfscap_idmap *inner,
			 const struct vfscap_idmap *outer,
			 struct vfscap_idmap *map, unsigned *extent)
{
	struct vfscap_idmap m;

	if (inner->count > VFSCAP_EXTENTS || outer->count > VFSCAP_EXTENTS)
		return fail(VFSCAP_ERR_MAP_MANY, VFSCAP_EXTENTS + 1, extent);
	m = *inner;
	/*@ loop invariant 0 <= i <= inner->count;
	  @ loop invariant m.count == inner->count;
	  @ loop invariant \forall integer j; 0 <= j < inner->count ==>
	  @   m.extent[j].inside == inner->extent[j].inside &&
	  @   m.extent[j].count == inner->extent[j].count;
	  @ loop invariant \forall integer j; 0 <= j < i ==>
	  @   leads(outer, inner->extent[j].outside, inner->extent[j].count,
	  @     m.extent[j].outside);
	  @ loop assigns i, m;
	  @ loop variant inner->count - i; */
	for (uint32_t i = 0; i < inner->count; i++) {
		const struct vfscap_extent *e = &inner->extent[i];
		const struct vfscap_extent *o = holder(outer, e);

		if (!o)
			return fail(VFSCAP_ERR_MAP_PARENT, i + 1, extent);
		m.extent[i].outside = o->outside + (e->outside - o->inside);
	}
	*map = m;
	return 0;
}

/* ------------------------------- namespaces ------------------------------ */

int vfscap_userns_init(struct vfscap_userns *ns,
		       const struct vfscap_userns *parent,
		       const struct vfscap_idmap *relative, unsigned *extent)
{
	struct vfscap_idmap map = *relative;
	int error = 0;

	if (relative->count > VFSCAP_EXTENTS)
		return fail(VFSCAP_ERR_MAP_MANY, VFSCAP_EXTENTS + 1, extent);
	if (parent)
		error = vfscap_idmap_compose(relative, &parent->map, &map,
					     extent);
	if (error)
		return error;
	ns->parent = parent;
	ns->map = map;
	return 0;
}

/*
 * An id of a namespace as one of the initial namespace, and back: make_kuid()
 * and from_kuid() of the kernel.
 */
static bool to_initial(const struct vfscap_userns *ns, uint32_t id,
		       uint32_t *global)
{
	if (ns)
		return vfscap_idmap_outside(&ns->map, id, global);
	*global = id;
	return id != VFSCAP_ROOTID_INVALID;
}

static bool from_initial(const struct vfscap_userns *ns, uint32_t global,
			 uint32_t *id)
{
	if (ns)
		return vfscap_idmap_inside(&ns->map, global, id);
	*id = global;
	return true;
}

bool vfscap_owns(const struct vfscap_userns *ns, uint32_t id)
{
	//@ ghost int n = 0;
	/*@ loop invariant ns == up(\at(ns, Pre), n);
	  @ loop invariant 0 <= n <= depth(\at(ns, Pre));
	  @ loop invariant \forall integer i; 0 <= i < n ==>
	  @   up(\at(ns, Pre), i) != \null &&
	  @   (none_inside(&up(\at(ns, Pre), i)->map, 0) ||
	  @    \exists integer r; root_of(up(\at(ns, Pre), i), r) && r != id);
	  @ loop assigns ns, n;
	  @ loop variant 32 - n; */
	for (; ns; ns = ns->parent) {
		uint32_t root;

		if (vfscap_idmap_outside(&ns->map, 0, &root) && root == id)
			return true;
		//@ ghost n++;
	}
	return id == 0;
}

bool vfscap_within(const struct vfscap_userns *ns,
		   const struct vfscap_userns *above)
{
	//@ ghost int n = 0;
	/*@ loop invariant ns == up(\at(ns, Pre), n);
	  @ loop invariant 0 <= n <= depth(\at(ns, Pre));
	  @ loop invariant \forall integer i; 0 <= i < n ==>
	  @   up(\at(ns, Pre), i) != above && up(\at(ns, Pre), i) != \null;
	  @ loop assigns ns, n;
	  @ loop variant 32 - n; */
	while (ns != above && ns) {
		ns = ns->parent;
		//@ ghost n++;
	}
	return ns == above;
}

/* ------------------------------ predictions ------------------------------ */

static const struct vfscap_mount plain;

/* A stored rootid as the mount shows it, an id of the initial namespace. */
static bool through_mount(const struct vfscap_mount *mount, uint32_t rootid,
			  uint32_t *global)
{
	if (!to_initial(mount->fs, rootid, global))
		return false;
	if (!mount->idmap)
		return true;
	return from_initial(mount->fs, *global, &rootid) &&
	       vfscap_idmap_outside(mount->idmap, rootid, global);
}

/* The way back: from an id that the mount shows to the one to be stored. */
static bool back_through_mount(const struct vfscap_mount *mount,
			       uint32_t global, uint32_t *rootid)
{
	uint32_t disk;

	if (!mount->idmap)
		return from_initial(mount->fs, global, rootid);
	return vfscap_idmap_inside(mount->idmap, global, &disk) &&
	       to_initial(mount->fs, disk, &global) &&
	       from_initial(mount->fs, global, rootid);
}

/*
 * overlayfs asks the file system below as the one who mounted it, and what it
 * is told is what it holds.
 */
struct held {
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t size;
};

/*@
  @ requires size > 0 ==> \valid_read((uint8_t *)value + (0 .. size - 1));
  @ requires layer_ok(mount);
  @ requires layer_ok(mount->lower);
  @ requires bottom_ok(mount->lower->lower);
  @ requires \valid(held);
  @ requires \separated(held, (uint8_t *)value + (0 .. size - 1));
  @ terminates \true;
  @ decreases 2 * layers(mount);
  @ assigns *held;
  @ ensures \result == 0 || \result == -EINVAL || \result == -EOVERFLOW;
  @ ensures \result == -EINVAL <==> !\old(strict((uint8_t *)value, size));
  @ ensures \result == -EOVERFLOW ==> hides(mount->lower,
  @   \old(rootid_of((uint8_t *)value)), mount->fs);
  @ ensures \result == 0 ==> strict(&held->bytes[0], held->size);
  @ ensures \result == 0 ==> tells(mount->lower,
  @   \old(rootid_of((uint8_t *)value)), mount->fs,
  @   rootid_of(&held->bytes[0]));
  @ ensures \result == 0 ==> held->bytes[0] == \old(((uint8_t *)value)[0]);
  @ ensures \result == 0 ==>
  @   le32(&held->bytes[0], 1) == \old(le32((uint8_t *)value, 1)) &&
  @   le32(&held->bytes[0], 2) == \old(le32((uint8_t *)value, 2)) &&
  @   le32(&held->bytes[0], 3) == \old(le32((uint8_t *)value, 3)) &&
  @   le32(&held->bytes[0], 4) == \old(le32((uint8_t *)value, 4));
  @*/
static int held_by_overlay(const void *value, size_t size,
			   const struct vfscap_mount *mount, struct held *held)
{
	struct vfscap seen;
	int error =
		vfscap_predict_get(value, size, mount->lower, mount->fs, &seen);

	if (error)
		return error;
	return vfscap_encode(&seen, held->bytes, sizeof(held->bytes),
			     &held->size)
		       ? -EINVAL
		       : 0;
}

static int get_plain(const void *value, size_t size,
		     const struct vfscap_mount *mount,
		     const struct vfscap_userns *reader, struct vfscap *seen)
{
	struct vfscap cap;
	uint32_t global, id;

	if (vfscap_decode_strict(value, size, &cap))
		return -EINVAL;
	if (!through_mount(mount, cap.rootid, &global))
		return -EOVERFLOW;
	if (!from_initial(reader, global, &id))
		id = 0;
	if (id == 0 && !vfscap_owns(reader, global))
		return -EOVERFLOW;
	cap.revision = id ? 3 : 2;
	cap.rootid = id;
	*seen = cap;
	return 0;
}

int vfscap_predict_get(const void *value, size_t size,
		       const struct vfscap_mount *mount,
		       const struct vfscap_userns *reader, struct vfscap *seen)
{
	struct held held;
	int error;

	if (!mount)
		mount = &plain;
	if (!mount->lower)
		return get_plain(value, size, mount, reader, seen);
	error = held_by_overlay(value, size, mount, &held);
	return error ? error
		     : get_plain(held.bytes, held.size, mount, reader, seen);
}

static int set_plain(const void *value, size_t size,
		     const struct vfscap_mount *mount,
		     const struct vfscap_writer *writer, struct vfscap *stored)
{
	struct vfscap cap;
	uint32_t global, rootid;

	if (vfscap_decode_strict(value, size, &cap))
		return -EINVAL;
	if (!writer->setfcap || !writer->owner_mapped)
		return -EPERM;
	if (cap.revision == 2 && !mount->idmap &&
	    vfscap_within(mount->fs, writer->ns)) {
		*stored = cap;
		return 0;
	}
	if (!to_initial(writer->ns, cap.rootid, &global) ||
	    !back_through_mount(mount, global, &rootid))
		return -EINVAL;
	cap.revision = 3;
	cap.rootid = rootid;
	*stored = cap;
	return 0;
}

int vfscap_predict_set(const void *value, size_t size,
		       const struct vfscap_mount *mount,
		       const struct vfscap_writer *writer,
		       struct vfscap *stored)
{
	struct vfscap_writer mounter = {.setfcap = true, .owner_mapped = true};
	struct vfscap cap;
	struct held held;
	int error;

	if (!mount)
		mount = &plain;
	error = set_plain(value, size, mount, writer, &cap);
	if (!error && mount->lower) {
		//@ assert layer_ok(mount->lower);
		//@ assert bottom_ok(mount->lower->lower);
		mounter.ns = mount->fs;
		if (vfscap_encode(&cap, held.bytes, sizeof(held.bytes),
				  &held.size))
			return -EINVAL;
		return vfscap_predict_set(held.bytes, held.size, mount->lower,
					  &mounter, stored);
	}
	if (!error)
		*stored = cap;
	return error;
}

static int exec_plain(const void *value, size_t size,
		      const struct vfscap_mount *mount,
		      const struct vfscap_userns *ns, bool *honoured)
{
	struct vfscap cap;
	uint32_t global;
	int error = vfscap_decode_lenient(value, size, &cap);

	if (error)
		return vfscap_exec_errno(error);
	*honoured = through_mount(mount, cap.rootid, &global) &&
		    vfscap_owns(ns, global);
	return 0;
}

int vfscap_predict_exec(const void *value, size_t size,
			const struct vfscap_mount *mount,
			const struct vfscap_userns *ns, bool *honoured)
{
	struct held held;
	int error;

	if (!mount)
		mount = &plain;
	/* A file system of a namespace that is none of ours is not asked. */
	if (!vfscap_within(ns, mount->fs)) {
		*honoured = false;
		return 0;
	}
	if (!mount->lower)
		return exec_plain(value, size, mount, ns, honoured);
	error = held_by_overlay(value, size, mount, &held);
	return error ? error
		     : exec_plain(held.bytes, held.size, mount, ns, honoured);
}

/* -------------------------------- re-basing ------------------------------ */

/* From the outside ids of one map to those of the other. */
static int rebase_id(const struct vfscap_rebase *rebase, uint32_t *id)
{
	uint32_t inside = *id;

	if (rebase->from && !vfscap_idmap_inside(rebase->from, *id, &inside))
		return VFSCAP_ERR_UNMAPPED_FROM;
	if (!rebase->to)
		*id = inside;
	else if (!vfscap_idmap_outside(rebase->to, inside, id))
		return VFSCAP_ERR_UNMAPPED_TO;
	return 0;
}

/*
 * What counts everywhere has no rootid to re-base. Into the ids of a namespace
 * it is taken as that namespace's own root.
 */
static bool stays(const struct vfscap_rebase *rebase, const struct vfscap *old)
{
	return old->rootid == 0 &&
	       (!rebase->to || (rebase->from && !rebase->claim));
}

static int unmapped(const struct vfscap_rebase *rebase, int error,
		    const struct vfscap *old, enum vfscap_rebased *done)
{
	uint32_t inside;

	if (rebase->unmapped == VFSCAP_UNMAPPED_ERROR)
		return error;
	if (rebase->unmapped == VFSCAP_UNMAPPED_DROP) {
		*done = VFSCAP_REBASED_DROPPED;
		return 0;
	}
	/* The ids of the result: outside ids of the target, or else inside ids
	 * of where values come from. */
	if (rebase->to
		    ? vfscap_idmap_inside(rebase->to, old->rootid, &inside)
		    : vfscap_idmap_outside(rebase->from, old->rootid, &inside))
		return VFSCAP_ERR_KEPT_INSIDE;
	*done = VFSCAP_REBASED_KEPT;
	return 0;
}

int vfscap_rebase(const struct vfscap_rebase *rebase, const struct vfscap *old,
		  struct vfscap *new_value, enum vfscap_rebased *done)
{
	uint32_t rootid = old->rootid;
	bool changed;
	int error = 0;

	if (!stays(rebase, old)) {
		if (rootid)
			error = rebase_id(rebase, &rootid);
		else if (!vfscap_idmap_outside(rebase->to, 0, &rootid))
			error = VFSCAP_ERR_UNMAPPED_TO;
	}
	if (error)
		return unmapped(rebase, error, old, done);
	changed = rootid != old->rootid;
	*new_value = *old;
	if (changed) {
		new_value->rootid = rootid;
		new_value->revision = rootid ? 3 : 2;
	}
	*done = changed ? VFSCAP_REBASED_CHANGED : VFSCAP_REBASED_SAME;
	return 0;
}
