/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What follows from the extents of a composed map, by small steps: lemmas
 * alone, apart from the functions, whose proofs need none of them.
 */
#include "words.h"

/*@
  predicate composed(struct vfscap_idmap *inner, struct vfscap_idmap *outer,
      struct vfscap_idmap *map) =
    map->count == inner->count && \forall integer i; 0 <= i < map->count ==>
      COMPOSED_AT(inner, outer, map, i);

  // By that very extent.
  predicate maps_at(struct vfscap_idmap *m, integer i, integer inside,
      integer outside) =
    0 <= i < m->count && has_inside(m, i, inside) &&
    outside - m->extent[i].outside == inside - m->extent[i].inside;

  logic integer outside_at(struct vfscap_idmap *m, integer i, integer inside) =
    m->extent[i].outside + inside - m->extent[i].inside;

  logic integer holder_of(struct vfscap_idmap *inner,
      struct vfscap_idmap *outer, integer i) =
    first(outer, inner->extent[i].outside, inner->extent[i].count);
*/

/*@
  lemma at_some: \forall struct vfscap_idmap *m, integer i, inside, outside;
    maps_at(m, i, inside, outside) ==> maps(m, inside, outside);

  lemma some_at: \forall struct vfscap_idmap *m, integer inside, outside;
    maps(m, inside, outside) ==> \exists integer i;
      has_inside(m, i, inside) && maps_at(m, i, inside, outside);

  lemma step_in: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i, inside, outside;
    composed(inner, outer, map) && maps_at(map, i, inside, outside) ==>
    maps_at(inner, i, inside, outside_at(inner, i, inside));

  lemma step_out: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i, inside, outside;
    composed(inner, outer, map) && maps_at(map, i, inside, outside) ==>
    maps_at(outer, holder_of(inner, outer, i), outside_at(inner, i, inside),
      outside);

  // What the whole maps, the two map one after the other.
  lemma composed_by_steps: \forall struct vfscap_idmap *inner, *outer, *map,
    integer inside, outside;
    composed(inner, outer, map) && maps(map, inside, outside) ==>
    \exists integer between;
      maps(inner, inside, between) && maps(outer, between, outside);
*/

/*@
  lemma inside_once: \forall struct vfscap_idmap *m, integer i, j, inside;
    map_valid(m) && 0 <= i < m->count && 0 <= j < m->count &&
    has_inside(m, i, inside) && has_inside(m, j, inside) ==> i == j;

  lemma held_by: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i, inside, between;
    composed(inner, outer, map) && maps_at(inner, i, inside, between) ==>
    0 <= holder_of(inner, outer, i) < outer->count &&
    has_inside(outer, holder_of(inner, outer, i), between);

  lemma held_once: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i, j, inside, between, outside;
    composed(inner, outer, map) && map_valid(outer) &&
    maps_at(inner, i, inside, between) &&
    maps_at(outer, j, between, outside) ==> j == holder_of(inner, outer, i);

  lemma steps_at: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i, j, inside, between, outside;
    composed(inner, outer, map) && map_valid(outer) &&
    maps_at(inner, i, inside, between) &&
    maps_at(outer, j, between, outside) ==> maps_at(map, i, inside, outside);

  // And the other way, where the outer one has no id twice.
  lemma steps_composed: \forall struct vfscap_idmap *inner, *outer, *map,
    integer inside, between, outside;
    composed(inner, outer, map) && map_valid(outer) &&
    maps(inner, inside, between) && maps(outer, between, outside) ==>
    maps(map, inside, outside);
*/

/*@
  lemma composed_filled: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i;
    composed(inner, outer, map) && map_valid(inner) && 0 <= i < map->count ==>
    filled(inner, i) && filled(map, i);

  lemma composed_ok: \forall struct vfscap_idmap *inner, *outer, *map;
    composed(inner, outer, map) && map_ok(inner) && map_ok(outer) ==>
    map_ok(map);

  lemma clear_both: \forall struct vfscap_idmap *m, integer i, j;
    map_valid(m) && 0 <= i < m->count && 0 <= j < m->count && i != j ==>
    clear_at(m, i, j);

  predicate placed(struct vfscap_idmap *inner, struct vfscap_idmap *outer,
      struct vfscap_idmap *map, integer i, integer k) =
    0 <= k < outer->count &&
    map->extent[i].inside == inner->extent[i].inside &&
    map->extent[i].count == inner->extent[i].count &&
    outer->extent[k].inside <= inner->extent[i].outside &&
    inner->extent[i].outside + inner->extent[i].count <=
      outer->extent[k].inside + outer->extent[k].count &&
    map->extent[i].outside == outer->extent[k].outside +
      inner->extent[i].outside - outer->extent[k].inside;

  lemma all_placed: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i;
    composed(inner, outer, map) && 0 <= i < map->count ==>
    placed(inner, outer, map, i, holder_of(inner, outer, i));

  lemma clear_same: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i, j, k;
    placed(inner, outer, map, i, k) && placed(inner, outer, map, j, k) &&
    clear_at(inner, i, j) ==> clear_at(map, i, j);

  lemma clear_other: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i, j, k, l;
    placed(inner, outer, map, i, k) && placed(inner, outer, map, j, l) &&
    clear_at(inner, i, j) && clear_at(outer, k, l) ==> clear_at(map, i, j);

  predicate kept_clear(struct vfscap_idmap *inner, struct vfscap_idmap *outer,
      struct vfscap_idmap *map, integer i, integer j) =
    placed(inner, outer, map, i, holder_of(inner, outer, i)) &&
    placed(inner, outer, map, j, holder_of(inner, outer, j)) &&
    clear_at(inner, i, j) &&
    (holder_of(inner, outer, i) == holder_of(inner, outer, j) ||
     clear_at(outer, holder_of(inner, outer, i), holder_of(inner, outer, j)));

  lemma all_kept_clear: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i, j;
    composed(inner, outer, map) && map_valid(inner) && map_valid(outer) &&
    0 <= j < i < map->count ==> kept_clear(inner, outer, map, i, j);

  lemma clear_kept: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i, j;
    kept_clear(inner, outer, map, i, j) ==> clear_at(map, i, j);

  lemma composed_clear: \forall struct vfscap_idmap *inner, *outer, *map,
    integer i, j;
    composed(inner, outer, map) && map_valid(inner) && map_valid(outer) &&
    0 <= j < i < map->count ==>
    kept_clear(inner, outer, map, i, j) && clear_at(map, i, j);

  predicate clear_filled(struct vfscap_idmap *inner,
      struct vfscap_idmap *outer, struct vfscap_idmap *map) =
    map_ok(map) &&
    (\forall integer i; 0 <= i < map->count ==>
      filled(inner, i) && filled(map, i)) &&
    \forall integer i, j; 0 <= j < i < map->count ==>
      kept_clear(inner, outer, map, i, j) && clear_at(map, i, j);

  lemma all_clear_filled: \forall struct vfscap_idmap *inner, *outer, *map;
    composed(inner, outer, map) && map_valid(inner) && map_valid(outer) ==>
    clear_filled(inner, outer, map);

  lemma clear_filled_valid: \forall struct vfscap_idmap *inner, *outer, *map;
    clear_filled(inner, outer, map) ==> map_valid(map);

  // Of two maps that the kernel takes, it takes the whole.
  lemma composed_valid: \forall struct vfscap_idmap *inner, *outer, *map;
    composed(inner, outer, map) && map_valid(inner) && map_valid(outer) ==>
    map_valid(map);
*/
