/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lib/idmap.c is proved to do; as codec.h. */
#ifndef VFSCAP_PROOF_IDMAP_H
#define VFSCAP_PROOF_IDMAP_H

#include <errno.h>

#include "codec.h"

/* --------------------------------- maps ---------------------------------- */

/*@
  requires \valid_read(map) && map_ok(map);
  requires \valid(to) && \separated(to, map);
  terminates \true;
  assigns *to;
  ensures \result ==> maps(map, inside, *to);
  ensures \result ==> *to != VFSCAP_ROOTID_INVALID;
  ensures !\result ==> none_inside(map, inside);
  ensures !\result ==> *to == \old(*to);
*/
bool vfscap_idmap_outside(const struct vfscap_idmap *map, uint32_t inside,
			  uint32_t *to);

/*@
  requires \valid_read(map) && map_ok(map);
  requires \valid(to) && \separated(to, map);
  terminates \true;
  assigns *to;
  ensures \result ==> maps(map, *to, outside);
  ensures \result ==> *to != VFSCAP_ROOTID_INVALID;
  ensures !\result ==> none_outside(map, outside);
  ensures !\result ==> *to == \old(*to);
*/
bool vfscap_idmap_inside(const struct vfscap_idmap *map, uint32_t outside,
			 uint32_t *to);

/*@
  requires \valid_read(map) && map->count <= VFSCAP_EXTENTS;
  requires \valid_read(e);
  terminates \true;
  assigns \result \from map, e, *map, *e;
  ensures \result != \null ==>
    0 <= first(map, e->outside, e->count) < map->count &&
    \result == &map->extent[first(map, e->outside, e->count)] &&
    holds(\result, e->outside, e->count);
  ensures \result == \null ==> none_holds(map, e->outside, e->count);
*/
static const struct vfscap_extent *holder(const struct vfscap_idmap *map,
					  const struct vfscap_extent *e);

/*@
  requires extent == \null || \valid(extent);
  terminates \true;
  assigns *extent;
  ensures \result == error;
  ensures extent != \null ==> *extent == at;
*/
static int fail(int error, unsigned at, unsigned *extent);

/*@
  requires \valid_read(inner) && \valid_read(outer) && \valid(map);
  requires map_ok(outer);
  requires extent == \null || \valid(extent);
  terminates \true;
  assigns *map, *extent;
  ensures \result == 0 || \result == VFSCAP_ERR_MAP_PARENT ||
    \result == VFSCAP_ERR_MAP_MANY;
  ensures \result == VFSCAP_ERR_MAP_MANY <==>
    \old(inner->count > VFSCAP_EXTENTS || outer->count > VFSCAP_EXTENTS);
  ensures \result == VFSCAP_ERR_MAP_MANY && extent != \null ==>
    *extent == VFSCAP_EXTENTS + 1;
  ensures \result == VFSCAP_ERR_MAP_PARENT ==> \exists integer i;
    (extent != \null ==> *extent == i + 1) && \old(0 <= i < inner->count &&
      none_holds(outer, inner->extent[i].outside, inner->extent[i].count));
  ensures \result == 0 ==> map->count == inner->count;
  ensures \result == 0 ==> \forall integer i; 0 <= i < map->count ==>
    COMPOSED_AT(inner, outer, map, i);
  ensures \result == 0 && extent != \null ==> *extent == \old(*extent);
  ensures \result != 0 ==> *map == \old(*map);
*/
int vfscap_idmap_compose(const struct vfscap_idmap *inner,
			 const struct vfscap_idmap *outer,
			 struct vfscap_idmap *map, unsigned *extent);

/* ------------------------------ namespaces ------------------------------- */

/*@
  requires \valid(ns) && \valid_read(relative);
  requires ns_here(parent);
  requires extent == \null || \valid(extent);
  terminates \true;
  assigns *ns, *extent;
  ensures \result == 0 || \result == VFSCAP_ERR_MAP_PARENT ||
    \result == VFSCAP_ERR_MAP_MANY;
  ensures \result == 0 ==> ns->parent == parent;
  ensures \result == 0 ==> ns->map.count == relative->count;
  ensures \result == 0 && parent == \null ==> ns->map == *relative;
  ensures \result == 0 && parent != \null ==>
    \forall integer i; 0 <= i < relative->count ==>
      COMPOSED_AT(relative, (&parent->map), (&ns->map), i);
  ensures \result != 0 ==> *ns == \old(*ns);
*/
int vfscap_userns_init(struct vfscap_userns *ns,
		       const struct vfscap_userns *parent,
		       const struct vfscap_idmap *relative, unsigned *extent);

/*@
  requires ns_here(ns) && \valid(global);
  terminates \true;
  assigns *global;
  ensures \result ==> initial_id(ns, id, *global);
  ensures \result ==> *global != VFSCAP_ROOTID_INVALID;
  ensures !\result ==> no_initial_id(ns, id);
*/
static bool to_initial(const struct vfscap_userns *ns, uint32_t id,
		       uint32_t *global);

/*@
  requires ns_here(ns) && \valid(id);
  terminates \true;
  assigns *id;
  ensures \result ==> initial_id(ns, *id, global);
  ensures !\result ==> no_id(ns, global);
*/
static bool from_initial(const struct vfscap_userns *ns, uint32_t global,
			 uint32_t *id);

/*@
  requires ns_ok(ns);
  terminates \true;
  assigns \nothing;
  ensures \result ==> owner(ns, id);
  ensures !\result ==> disowned(ns, id);
*/
bool vfscap_owns(const struct vfscap_userns *ns, uint32_t id);

/*@
  requires ns_ok(ns);
  terminates \true;
  assigns \nothing;
  ensures \result ==> same_or_below(ns, above);
  ensures !\result ==> apart(ns, above);
*/
bool vfscap_within(const struct vfscap_userns *ns,
		   const struct vfscap_userns *above);

/* ------------------------------ predictions ------------------------------ */

/*@
  requires \valid_read(mount) && ns_here(mount->fs);
  requires mount->idmap == \null ||
    (\valid_read(mount->idmap) && map_ok(mount->idmap));
  requires \valid(global);
  terminates \true;
  assigns *global;
  ensures \result ==> shown(mount, rootid, *global);
  ensures !\result ==> not_shown(mount, rootid);
*/
static bool through_mount(const struct vfscap_mount *mount, uint32_t rootid,
			  uint32_t *global);

/*@
  requires \valid_read(mount) && ns_here(mount->fs);
  requires mount->idmap == \null ||
    (\valid_read(mount->idmap) && map_ok(mount->idmap));
  requires \valid(rootid);
  terminates \true;
  assigns *rootid;
  ensures \result ==> kept_as(mount, global, *rootid);
  ensures !\result ==> not_kept(mount, global);
*/
static bool back_through_mount(const struct vfscap_mount *mount,
			       uint32_t global, uint32_t *rootid);

/*@
  requires size > 0 ==> \valid_read((uint8_t *)value + (0 .. size - 1));
  requires \valid_read(mount) && layer_ok(mount) && ns_ok(reader);
  requires \valid(seen);
  requires \separated(seen, (uint8_t *)value + (0 .. size - 1));
  terminates \true;
  assigns *seen;
  ensures \result == 0 || \result == -EINVAL || \result == -EOVERFLOW;
  ensures \result == -EINVAL <==> !\old(strict((uint8_t *)value, size));
  ensures \result == 0 ==> SAME_AS(((uint8_t *)value), seen);
  ensures \result == 0 ==> SHORTEST(seen);
  ensures \result == 0 ==> layer_tells(mount,
    \old(rootid_of((uint8_t *)value)), reader, seen->rootid);
  ensures \result == -EOVERFLOW ==> layer_hides(mount,
    \old(rootid_of((uint8_t *)value)), reader);
  ensures \result != 0 ==> UNTOUCHED(seen);
*/
static int get_plain(const void *value, size_t size,
		     const struct vfscap_mount *mount,
		     const struct vfscap_userns *reader, struct vfscap *seen);

/*@
  requires size > 0 ==> \valid_read((uint8_t *)value + (0 .. size - 1));
  requires mount_ok(mount) && ns_ok(reader);
  requires \valid(seen);
  requires \separated(seen, (uint8_t *)value + (0 .. size - 1));
  terminates \true;
  decreases 2 * layers(mount) + 1;
  assigns *seen;
  ensures \result == 0 || \result == -EINVAL || \result == -EOVERFLOW;
  ensures \result == -EINVAL <==> !\old(strict((uint8_t *)value, size));
  ensures \result == 0 ==> SAME_AS(((uint8_t *)value), seen);
  ensures \result == 0 ==> SHORTEST(seen);
  ensures \result == 0 && mount == \null ==>
    reader_sees(reader, \old(rootid_of((uint8_t *)value)), seen->rootid);
  ensures \result == 0 && mount != \null ==> tells(mount,
    \old(rootid_of((uint8_t *)value)), reader, seen->rootid);
  ensures \result == -EOVERFLOW && mount == \null ==>
    \old(rootid_of((uint8_t *)value)) == VFSCAP_ROOTID_INVALID ||
    reader_lacks(reader, \old(rootid_of((uint8_t *)value)));
  ensures \result == -EOVERFLOW && mount != \null ==>
    hides(mount, \old(rootid_of((uint8_t *)value)), reader);
  ensures \result != 0 ==> UNTOUCHED(seen);
*/
int vfscap_predict_get(const void *value, size_t size,
		       const struct vfscap_mount *mount,
		       const struct vfscap_userns *reader, struct vfscap *seen);

/*@
  requires size > 0 ==> \valid_read((uint8_t *)value + (0 .. size - 1));
  requires \valid_read(mount) && layer_ok(mount);
  requires \valid_read(writer) && ns_ok(writer->ns);
  requires \valid(stored);
  requires \separated(stored, (uint8_t *)value + (0 .. size - 1));
  terminates \true;
  assigns *stored;
  ensures \result == 0 || \result == -EINVAL || \result == -EPERM;
  ensures !\old(strict((uint8_t *)value, size)) ==> \result == -EINVAL;
  ensures \result == -EPERM <==> \old(strict((uint8_t *)value, size)) &&
    !(writer->setfcap && writer->owner_mapped);
  ensures \result == 0 ==> SAME_AS(((uint8_t *)value), stored);
  ensures \result == 0 ==> 2 <= stored->revision <= 3;
  ensures \result == 0 ==> layer_keeps(mount, writer->ns,
    \old(((uint8_t *)value)[3]), \old(rootid_of((uint8_t *)value)),
    stored->revision, stored->rootid);
  ensures \result == -EINVAL && \old(strict((uint8_t *)value, size)) ==>
    layer_refuses(mount, writer->ns, \old(((uint8_t *)value)[3]),
      \old(rootid_of((uint8_t *)value)));
  ensures \result != 0 ==> UNTOUCHED(stored);
*/
static int set_plain(const void *value, size_t size,
		     const struct vfscap_mount *mount,
		     const struct vfscap_writer *writer, struct vfscap *stored);

/*@
  requires size > 0 ==> \valid_read((uint8_t *)value + (0 .. size - 1));
  requires mount_ok(mount);
  requires \valid_read(writer) && ns_ok(writer->ns);
  requires \valid(stored);
  requires \separated(stored, (uint8_t *)value + (0 .. size - 1));
  terminates \true;
  decreases layers(mount);
  assigns *stored;
  ensures \result == 0 || \result == -EINVAL || \result == -EPERM;
  ensures !\old(strict((uint8_t *)value, size)) ==> \result == -EINVAL;
  ensures \result == -EPERM <==> \old(strict((uint8_t *)value, size)) &&
    !(writer->setfcap && writer->owner_mapped);
  ensures \result == 0 ==> SAME_AS(((uint8_t *)value), stored);
  ensures \result == 0 ==> 2 <= stored->revision <= 3;
  ensures \result == 0 && mount == \null ==> plainly_keeps(writer->ns,
    \old(((uint8_t *)value)[3]), \old(rootid_of((uint8_t *)value)),
    stored->revision, stored->rootid);
  ensures \result == 0 && mount != \null ==> keeps(mount, writer->ns,
    \old(((uint8_t *)value)[3]), \old(rootid_of((uint8_t *)value)),
    stored->revision, stored->rootid);
  ensures \result == -EINVAL && \old(strict((uint8_t *)value, size)) &&
    mount == \null ==>
      no_initial_id(writer->ns, \old(rootid_of((uint8_t *)value)));
  ensures \result == -EINVAL && \old(strict((uint8_t *)value, size)) &&
    mount != \null ==> refuses(mount, writer->ns,
      \old(((uint8_t *)value)[3]), \old(rootid_of((uint8_t *)value)));
  ensures \result != 0 ==> UNTOUCHED(stored);
*/
int vfscap_predict_set(const void *value, size_t size,
		       const struct vfscap_mount *mount,
		       const struct vfscap_writer *writer,
		       struct vfscap *stored);

/* Of lib/strerror.c, taken for granted. */
/*@
  terminates \true;
  assigns \nothing;
  ensures error == VFSCAP_ERR_LONG ==> \result == -ERANGE;
  ensures error == VFSCAP_ERR_EMPTY || error == VFSCAP_ERR_SHORT ||
    error == VFSCAP_ERR_LENGTH || error == VFSCAP_ERR_REVISION ==>
      \result == -EINVAL;
*/
int vfscap_exec_errno(int error);

/*@
  requires size > 0 ==> \valid_read((uint8_t *)value + (0 .. size - 1));
  requires layer_ok(mount) && ns_ok(ns);
  requires \valid(honoured);
  terminates \true;
  assigns *honoured;
  ensures \result == 0 <==> \old(lenient((uint8_t *)value, size));
  ensures \result == -ERANGE <==> size > VFSCAP_SIZE_MAX;
  ensures \result == 0 || \result == -EINVAL || \result == -ERANGE;
  ensures \result == 0 && *honoured ==>
    layer_honours(mount, \old(rootid_of((uint8_t *)value)), ns);
  ensures \result == 0 && !*honoured ==>
    layer_ignores(mount, \old(rootid_of((uint8_t *)value)), ns);
  ensures \result != 0 ==> *honoured == \old(*honoured);
*/
static int exec_plain(const void *value, size_t size,
		      const struct vfscap_mount *mount,
		      const struct vfscap_userns *ns, bool *honoured);

/*@
  requires size > 0 ==> \valid_read((uint8_t *)value + (0 .. size - 1));
  requires mount_ok(mount) && ns_ok(ns);
  requires \valid(honoured);
  terminates \true;
  assigns *honoured;
  ensures \result == 0 || \result == -EINVAL || \result == -ERANGE ||
    \result == -EOVERFLOW;
  ensures \result == -EINVAL ==> !\old(strict((uint8_t *)value, size));
  ensures \result == -ERANGE ==> size > VFSCAP_SIZE_MAX;
  ensures \result == -EOVERFLOW ==> mount != \null && hides(mount->lower,
    \old(rootid_of((uint8_t *)value)), mount->fs);
  ensures \result == 0 && *honoured ==> \old(lenient((uint8_t *)value, size));
  ensures \result == 0 && *honoured && mount == \null ==>
    owner(ns, \old(rootid_of((uint8_t *)value)));
  ensures \result == 0 && *honoured && mount != \null ==>
    same_or_below(ns, mount->fs) &&
    honours(mount, \old(rootid_of((uint8_t *)value)), ns);
  ensures \result == 0 && !*honoured && mount == \null ==>
    \old(rootid_of((uint8_t *)value)) == VFSCAP_ROOTID_INVALID ||
    disowned(ns, \old(rootid_of((uint8_t *)value)));
  ensures \result == 0 && !*honoured && mount != \null ==>
    apart(ns, mount->fs) ||
    ignores(mount, \old(rootid_of((uint8_t *)value)), ns);
  ensures \result != 0 ==> *honoured == \old(*honoured);
*/
int vfscap_predict_exec(const void *value, size_t size,
			const struct vfscap_mount *mount,
			const struct vfscap_userns *ns, bool *honoured);

/* ------------------------------- re-basing ------------------------------- */

/*@
  requires \valid_read(rebase) && \valid(id);
  requires map_here(rebase->from) && map_here(rebase->to);
  terminates \true;
  assigns *id;
  ensures \result == 0 || \result == VFSCAP_ERR_UNMAPPED_FROM ||
    \result == VFSCAP_ERR_UNMAPPED_TO;
  ensures \result == 0 ==> rebased(rebase, \old(*id), *id);
  ensures \result == VFSCAP_ERR_UNMAPPED_FROM ==>
    rebase->from != \null && none_outside(rebase->from, \old(*id));
  ensures \result == VFSCAP_ERR_UNMAPPED_TO ==> rebase->to != \null &&
    (rebase->from == \null
      ? none_inside(rebase->to, \old(*id))
      : \exists integer inside; maps(rebase->from, inside, \old(*id)) &&
	  none_inside(rebase->to, inside));
*/
static int rebase_id(const struct vfscap_rebase *rebase, uint32_t *id);

/*@
  requires \valid_read(rebase) && \valid_read(old);
  terminates \true;
  assigns \nothing;
  ensures \result <==> old->rootid == 0 && everywhere_stays(rebase);
*/
static bool stays(const struct vfscap_rebase *rebase, const struct vfscap *old);

/*@
  requires \valid_read(rebase) && \valid_read(old) && \valid(done);
  requires map_here(rebase->from) && map_here(rebase->to);
  requires rebase->from != \null || rebase->to != \null;
  requires error == VFSCAP_ERR_UNMAPPED_FROM ||
    error == VFSCAP_ERR_UNMAPPED_TO;
  terminates \true;
  assigns *done;
  ensures \result == 0 || \result == error ||
    \result == VFSCAP_ERR_KEPT_INSIDE;
  ensures rebase->unmapped == VFSCAP_UNMAPPED_ERROR ==> \result == error;
  ensures rebase->unmapped == VFSCAP_UNMAPPED_DROP <==>
    \result == 0 && *done == VFSCAP_REBASED_DROPPED;
  ensures \result == 0 && rebase->unmapped != VFSCAP_UNMAPPED_DROP ==>
    *done == VFSCAP_REBASED_KEPT &&
    (rebase->to != \null ? none_outside(rebase->to, old->rootid)
			 : none_inside(rebase->from, old->rootid));
  ensures \result != 0 ==> *done == \old(*done);
*/
static int unmapped(const struct vfscap_rebase *rebase, int error,
		    const struct vfscap *old, enum vfscap_rebased *done);

/*@
  requires \valid_read(rebase) && \valid_read(old);
  requires \valid(new_value) && \valid(done);
  requires map_here(rebase->from) && map_here(rebase->to);
  terminates \true;
  assigns *new_value, *done;
  ensures \result == 0 || \result == VFSCAP_ERR_UNMAPPED_FROM ||
    \result == VFSCAP_ERR_UNMAPPED_TO || \result == VFSCAP_ERR_KEPT_INSIDE;
  ensures \result != 0 ==> *done == \old(*done);
  ensures \result != 0 ==> UNTOUCHED(new_value);
  ensures \result == 0 ==> *done == VFSCAP_REBASED_SAME ||
    *done == VFSCAP_REBASED_CHANGED || *done == VFSCAP_REBASED_KEPT ||
    *done == VFSCAP_REBASED_DROPPED;
  ensures \result == 0 && *done == VFSCAP_REBASED_SAME ==>
    SAME_CAP(old, new_value);
  ensures \result == 0 && *done == VFSCAP_REBASED_CHANGED ==>
    SAME_SETS(old, new_value) && new_value->rootid != old->rootid &&
    SHORTEST(new_value);
  ensures \result == 0 && (*done == VFSCAP_REBASED_SAME ||
      *done == VFSCAP_REBASED_CHANGED) && old->rootid != 0 ==>
    rebased(rebase, old->rootid, new_value->rootid);
  ensures \result == 0 && (*done == VFSCAP_REBASED_SAME ||
      *done == VFSCAP_REBASED_CHANGED) && old->rootid == 0 &&
      !everywhere_stays(rebase) ==>
    maps(rebase->to, 0, new_value->rootid);
  ensures old->rootid == 0 && everywhere_stays(rebase) ==>
    \result == 0 && *done == VFSCAP_REBASED_SAME;
  ensures \result == 0 && *done == VFSCAP_REBASED_KEPT ==>
    rebase->unmapped != VFSCAP_UNMAPPED_DROP &&
    (rebase->to != \null ? none_outside(rebase->to, old->rootid)
			 : none_inside(rebase->from, old->rootid));
  ensures \result == 0 && *done == VFSCAP_REBASED_DROPPED ==>
    rebase->unmapped == VFSCAP_UNMAPPED_DROP;
  ensures \result == 0 && *done >= VFSCAP_REBASED_KEPT ==>
    UNTOUCHED(new_value);
*/
int vfscap_rebase(const struct vfscap_rebase *rebase, const struct vfscap *old,
		  struct vfscap *new_value, enum vfscap_rebased *done);

#endif
