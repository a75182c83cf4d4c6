/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lib/idmap.c is proved to do; as codec.h. */
#ifndef VFSCAP_PROOF_IDMAP_H
#define VFSCAP_PROOF_IDMAP_H

#include <errno.h>

#include "codec.h"

/*@
  predicate in_extent(integer id, integer from, integer count) =
    from <= id < from + count;

  // What vfscap_idmap_parse() lets through of an extent.
  predicate extent_ok(struct vfscap_extent *e) =
    e->inside + e->count <= 0xffffffff && e->outside + e->count <= 0xffffffff;

  predicate map_ok(struct vfscap_idmap *m) =
    m->count <= VFSCAP_EXTENTS &&
    \forall integer i; 0 <= i < m->count ==> extent_ok(&m->extent[i]);

  predicate has_inside(struct vfscap_idmap *m, integer i, integer id) =
    in_extent(id, m->extent[i].inside, m->extent[i].count);

  predicate has_outside(struct vfscap_idmap *m, integer i, integer id) =
    in_extent(id, m->extent[i].outside, m->extent[i].count);
*/

/*@
  requires \valid_read(map) && map_ok(map);
  requires \valid(to) && \separated(to, map);
  assigns *to;
  ensures \result ==> \exists integer i; 0 <= i < map->count &&
    has_inside(map, i, inside) &&
    *to == map->extent[i].outside + (inside - map->extent[i].inside);
  ensures \result ==> *to != VFSCAP_ROOTID_INVALID;
  ensures !\result ==>
    \forall integer i; 0 <= i < map->count ==> !has_inside(map, i, inside);
  ensures !\result ==> *to == \old(*to);
*/
bool vfscap_idmap_outside(const struct vfscap_idmap *map, uint32_t inside,
			  uint32_t *to);

/*@
  requires \valid_read(map) && map_ok(map);
  requires \valid(to) && \separated(to, map);
  assigns *to;
  ensures \result ==> \exists integer i; 0 <= i < map->count &&
    has_outside(map, i, outside) &&
    *to == map->extent[i].inside + (outside - map->extent[i].outside);
  ensures \result ==> *to != VFSCAP_ROOTID_INVALID;
  ensures !\result ==>
    \forall integer i; 0 <= i < map->count ==> !has_outside(map, i, outside);
  ensures !\result ==> *to == \old(*to);
*/
bool vfscap_idmap_inside(const struct vfscap_idmap *map, uint32_t outside,
			 uint32_t *to);

#endif
