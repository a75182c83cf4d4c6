/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words in which contracts speak, for annotations within sources too. */
#ifndef VFSCAP_PROOF_WORDS_H
#define VFSCAP_PROOF_WORDS_H

#include "vfscap.h"

/* --------------------------- bytes and values ---------------------------- */

/* What provers of integers do not know of shifts; shifts.smt2 has a prover of
 * bits show it. */
/*@
  axiomatic Shifts {
    axiom shl_8: \forall integer x; 0 <= x < 256 ==> (x << 8) == x * 0x100;
    axiom shl_16: \forall integer x; 0 <= x < 256 ==> (x << 16) == x * 0x10000;
    axiom shl_24:
      \forall integer x; 0 <= x < 256 ==> (x << 24) == x * 0x1000000;
  }
*/

/*@
  logic integer le32(uint8_t *b, integer i) =
    b[4 * i] + 0x100 * b[4 * i + 1] + 0x10000 * b[4 * i + 2] +
    0x1000000 * b[4 * i + 3];

  logic integer lo(integer mask) = mask % 0x100000000;
  logic integer hi(integer mask) = mask / 0x100000000;

  logic integer size_of(integer revision) =
    revision == 1 ? 12 : revision == 2 ? 20 : 24;

  // The bytes of a value that execve takes.
  predicate lenient(uint8_t *b, integer size) =
    4 <= size && 1 <= b[3] <= 3 && size == size_of(b[3]);

  // The bytes of a value that getxattr shows.
  predicate strict(uint8_t *b, integer size) =
    4 <= size && 2 <= b[3] <= 3 && size == size_of(b[3]) &&
    b[0] <= 1 && b[1] == 0 && b[2] == 0;
*/

/*
 * What is said of structures is spelled out where it is used: so the prover sees
 * that they are only ever reached through their pointers, and takes them for
 * values of their own.
 */

/* Bytes and structure say the same: the header, the sets, the rootid. */
#define SAYS_MAGIC(b, cap)                                     \
	(cap->revision == (b)[3] &&                            \
	 cap->flags + (cap->effective ? 1 : 0) ==              \
		 (b)[0] + 0x100 * (b)[1] + 0x10000 * (b)[2] && \
	 cap->flags % 2 == 0)
#define SAYS_SETS(b, cap)                                        \
	(lo(cap->permitted) == le32(b, 1) &&                     \
	 hi(cap->permitted) == ((b)[3] >= 2 ? le32(b, 3) : 0) && \
	 lo(cap->inheritable) == le32(b, 2) &&                   \
	 hi(cap->inheritable) == ((b)[3] >= 2 ? le32(b, 4) : 0))
#define SAYS_ROOTID(b, cap) (cap->rootid == ((b)[3] == 3 ? le32(b, 5) : 0))
#define SAYS(b, cap) \
	(SAYS_MAGIC(b, cap) && SAYS_SETS(b, cap) && SAYS_ROOTID(b, cap))

/* What the attribute has room for. */
#define ENCODABLE(cap)                                                      \
	(1 <= cap->revision <= 3 && cap->flags <= 0xfffffe &&               \
	 cap->flags % 2 == 0 && (cap->revision == 3 || cap->rootid == 0) && \
	 (cap->revision >= 2 ||                                             \
	  (cap->permitted <= 0xffffffff && cap->inheritable <= 0xffffffff)))
#define SAME_SETS(a, b)                                                      \
	(a->permitted == b->permitted && a->inheritable == b->inheritable && \
	 a->flags == b->flags && a->effective == b->effective)
#define SAME_CAP(a, b)                                \
	(SAME_SETS(a, b) && a->rootid == b->rootid && \
	 a->revision == b->revision)
#define UNTOUCHED(a)                                                   \
	(a->permitted == \old(a->permitted) &&                         \
	 a->inheritable == \old(a->inheritable) &&                     \
	 a->rootid == \old(a->rootid) && a->flags == \old(a->flags) && \
	 a->revision == \old(a->revision) &&                           \
	 a->effective == \old(a->effective))

/* ------------------- maps, namespaces, predictions ----------------------- */

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

  // One extent has both ids, at the same place.
  predicate maps(struct vfscap_idmap *m, integer inside, integer outside) =
    \exists integer i; 0 <= i < m->count && has_inside(m, i, inside) &&
      outside - m->extent[i].outside == inside - m->extent[i].inside;

  predicate none_inside(struct vfscap_idmap *m, integer id) =
    \forall integer i; 0 <= i < m->count ==> !has_inside(m, i, id);

  predicate none_outside(struct vfscap_idmap *m, integer id) =
    \forall integer i; 0 <= i < m->count ==> !has_outside(m, i, id);
*/

/*@
  // So many ids from one on are inside ids of an extent.
  predicate holds(struct vfscap_extent *o, integer from, integer count) =
    o->inside <= from < o->inside + o->count &&
    from + count <= o->inside + o->count;

  axiomatic Holder {
    // The first extent that does: a function, since provers do not look for a
    // number that there is to be.
    logic integer first{L}(struct vfscap_idmap *m, integer from, integer count)
      reads m->count, m->extent[0 .. VFSCAP_EXTENTS - 1];
    axiom is_first{L}: \forall struct vfscap_idmap *m, integer from, count, i;
      0 <= i < m->count && holds(&m->extent[i], from, count) &&
      (\forall integer j; 0 <= j < i ==>
	!holds(&m->extent[j], from, count)) ==>
	  first(m, from, count) == i;
  }

  // The extent has them, and its outside ids for them begin there.
  predicate lands(struct vfscap_extent *o, integer from, integer count,
      integer there) =
    holds(o, from, count) && there == o->outside + from - o->inside;

  predicate none_holds(struct vfscap_idmap *m, integer from, integer count) =
    \forall integer i; 0 <= i < m->count ==>
      !holds(&m->extent[i], from, count);

  predicate leads(struct vfscap_idmap *m, integer from, integer count,
      integer there) =
    0 <= first(m, from, count) < m->count &&
    lands(&m->extent[first(m, from, count)], from, count, there);
*/

/* An extent of the inner map as the outer one maps it. */
#define COMPOSED_AT(inner, outer, map, i)                               \
	(map->extent[i].inside == inner->extent[i].inside &&            \
	 map->extent[i].count == inner->extent[i].count &&              \
	 leads(outer, inner->extent[i].outside, inner->extent[i].count, \
	       map->extent[i].outside))

/*@
  predicate clear(integer a, integer a_count, integer b, integer b_count) =
    a + a_count <= b || b + b_count <= a;

  predicate clear_at(struct vfscap_idmap *m, integer i, integer j) =
    clear(m->extent[i].inside, m->extent[i].count,
	  m->extent[j].inside, m->extent[j].count) &&
    clear(m->extent[i].outside, m->extent[i].count,
	  m->extent[j].outside, m->extent[j].count);

  predicate filled(struct vfscap_idmap *m, integer i) =
    m->extent[i].count > 0;

  // The kernel's own conditions: no extent is empty, none goes beyond the last
  // id, and no id is there twice on either side.
  predicate map_valid(struct vfscap_idmap *m) =
    map_ok(m) && (\forall integer i; 0 <= i < m->count ==> filled(m, i)) &&
    \forall integer i, j; 0 <= j < i < m->count ==> clear_at(m, i, j);
*/

/* The kernel nests namespaces 32 deep below the initial one. */
/*@
  axiomatic Above {
    // The namespace so many levels up.
    logic struct vfscap_userns *up{L}(struct vfscap_userns *ns, integer n)
      reads ns->parent;
    axiom up_0{L}: \forall struct vfscap_userns *ns; up(ns, 0) == ns;
    axiom up_next{L}: \forall struct vfscap_userns *ns, integer n;
      n >= 0 ==> up(ns, n + 1) == up(ns, n)->parent;

    // How many levels there are, where there is an end: a function, since
    // provers do not look for a number that there is to be.
    logic integer depth{L}(struct vfscap_userns *ns) reads ns->parent;
    axiom ends{L}: \forall struct vfscap_userns *ns, integer n;
      n >= 0 && up(ns, n) == \null &&
      (\forall integer i; 0 <= i < n ==> up(ns, i) != \null) ==>
	depth(ns) == n;
  }

  // Some levels, with a map each, and then the initial namespace.
  predicate ns_ok(struct vfscap_userns *ns) =
    0 <= depth(ns) <= 32 && up(ns, depth(ns)) == \null &&
    \forall integer i; 0 <= i < depth(ns) ==> up(ns, i) != \null &&
      \valid_read(up(ns, i)) && map_ok(&up(ns, i)->map);

  // It can be asked for ids.
  predicate ns_here(struct vfscap_userns *ns) =
    ns == \null || (\valid_read(ns) && map_ok(&ns->map));

  lemma first_level: \forall struct vfscap_userns *ns;
    ns_ok(ns) ==> up(ns, 0) == ns && ns_here(ns);

  // Root of that very namespace.
  predicate root_of(struct vfscap_userns *ns, integer id) =
    maps(&ns->map, 0, id);

  predicate owner(struct vfscap_userns *ns, integer id) =
    id == 0 || \exists integer i; 0 <= i < 32 && root_of(up(ns, i), id) &&
      \forall integer j; 0 <= j <= i ==> up(ns, j) != \null;

  predicate disowned(struct vfscap_userns *ns, integer id) =
    id != 0 && \forall integer i; 0 <= i < depth(ns) ==>
      none_inside(&up(ns, i)->map, 0) ||
      \exists integer root; root_of(up(ns, i), root) && root != id;

  predicate same_or_below(struct vfscap_userns *ns,
      struct vfscap_userns *above) =
    above == \null || \exists integer i; 0 <= i < 32 && up(ns, i) == above &&
      \forall integer j; 0 <= j < i ==> up(ns, j) != \null;

  // It is neither the other one nor below it.
  predicate apart(struct vfscap_userns *ns, struct vfscap_userns *above) =
    above != \null &&
    \forall integer i; 0 <= i < depth(ns) ==> up(ns, i) != above;

  // An id of a namespace is that one of the initial namespace.
  predicate initial_id(struct vfscap_userns *ns, integer id, integer global) =
    ns == \null ? id == global : maps(&ns->map, id, global);

  predicate no_initial_id(struct vfscap_userns *ns, integer id) =
    ns == \null ? id == VFSCAP_ROOTID_INVALID : none_inside(&ns->map, id);

  predicate no_id(struct vfscap_userns *ns, integer global) =
    ns != \null && none_outside(&ns->map, global);
*/

/* Revision 3 exactly where there is a rootid. */
#define SHORTEST(cap) \
	(cap->rootid == 0 ? cap->revision == 2 : cap->revision == 3)

/* The sets and the flag are those of the bytes, and nothing else is there. */
#define SAME_AS(b, cap)                              \
	(lo(cap->permitted) == \old(le32(b, 1)) &&   \
	 hi(cap->permitted) == \old(le32(b, 3)) &&   \
	 lo(cap->inheritable) == \old(le32(b, 2)) && \
	 hi(cap->inheritable) == \old(le32(b, 4)) && \
	 (cap->effective ? 1 : 0) == \old((b)[0]) && cap->flags == 0)

/* The kernel stacks file systems 2 deep upon a third. */
/*@
  predicate layer_ok(struct vfscap_mount *m) =
    \valid_read(m) && ns_ok(m->fs) &&
    (m->idmap == \null || (\valid_read(m->idmap) && map_ok(m->idmap)));

  predicate bottom_ok(struct vfscap_mount *m) =
    m == \null || (layer_ok(m) && m->lower == \null);

  predicate middle_ok(struct vfscap_mount *m) =
    m == \null || (layer_ok(m) && bottom_ok(m->lower));

  predicate mount_ok(struct vfscap_mount *m) =
    m == \null || (layer_ok(m) && middle_ok(m->lower));

  // A rootid on disk is shown as that id of the initial namespace.
  predicate shown(struct vfscap_mount *m, integer rootid, integer global) =
    m->idmap == \null
      ? initial_id(m->fs, rootid, global)
      : \exists integer disk, inside; initial_id(m->fs, rootid, disk) &&
	  initial_id(m->fs, inside, disk) && maps(m->idmap, inside, global);

  predicate not_shown(struct vfscap_mount *m, integer rootid) =
    no_initial_id(m->fs, rootid) ||
    (m->idmap != \null && \exists integer disk;
      initial_id(m->fs, rootid, disk) && (no_id(m->fs, disk) ||
	\exists integer inside; initial_id(m->fs, inside, disk) &&
	  none_inside(m->idmap, inside)));

  // And the way back.
  predicate kept_as(struct vfscap_mount *m, integer global, integer rootid) =
    m->idmap == \null
      ? initial_id(m->fs, rootid, global)
      : \exists integer inside, disk; maps(m->idmap, inside, global) &&
	  initial_id(m->fs, inside, disk) && initial_id(m->fs, rootid, disk);

  predicate not_kept(struct vfscap_mount *m, integer global) =
    m->idmap == \null
      ? no_id(m->fs, global)
      : none_outside(m->idmap, global) || \exists integer inside;
	  maps(m->idmap, inside, global) && (no_initial_id(m->fs, inside) ||
	    \exists integer disk; initial_id(m->fs, inside, disk) &&
	      no_id(m->fs, disk));

  // Of a value that getxattr shows.
  logic integer rootid_of(uint8_t *b) = b[3] == 3 ? le32(b, 5) : 0;

  predicate reader_sees(struct vfscap_userns *reader, integer global,
      integer id) =
    id == 0 ? owner(reader, global) : initial_id(reader, id, global);

  predicate reader_lacks(struct vfscap_userns *reader, integer global) =
    global != 0 && (no_id(reader, global) || initial_id(reader, 0, global));
*/

/* What one layer says of a rootid, and what it does to one. */
/*@
  predicate layer_tells(struct vfscap_mount *m, integer rootid,
      struct vfscap_userns *reader, integer id) =
    \exists integer global;
      shown(m, rootid, global) && reader_sees(reader, global, id);

  predicate layer_hides(struct vfscap_mount *m, integer rootid,
      struct vfscap_userns *reader) =
    not_shown(m, rootid) || \exists integer global;
      shown(m, rootid, global) && reader_lacks(reader, global);

  predicate stays_general(struct vfscap_mount *m, struct vfscap_userns *ns,
      integer revision) =
    revision == 2 && m->idmap == \null && same_or_below(m->fs, ns);

  predicate becomes_rooted(struct vfscap_mount *m, struct vfscap_userns *ns,
      integer revision) =
    revision == 3 || m->idmap != \null || apart(m->fs, ns);

  predicate layer_keeps(struct vfscap_mount *m, struct vfscap_userns *ns,
      integer revision, integer id, integer as_revision, integer as) =
    as_revision == 2
      ? as == 0 && stays_general(m, ns, revision)
      : as_revision == 3 && becomes_rooted(m, ns, revision) &&
	\exists integer global;
	  initial_id(ns, id, global) && kept_as(m, global, as);

  predicate layer_refuses(struct vfscap_mount *m, struct vfscap_userns *ns,
      integer revision, integer id) =
    becomes_rooted(m, ns, revision) && (no_initial_id(ns, id) ||
      \exists integer global;
	initial_id(ns, id, global) && not_kept(m, global));
*/

/*@
  // And what execve(2) makes of one.
  predicate layer_honours(struct vfscap_mount *m, integer rootid,
      struct vfscap_userns *ns) =
    \exists integer global; shown(m, rootid, global) && owner(ns, global);

  predicate layer_ignores(struct vfscap_mount *m, integer rootid,
      struct vfscap_userns *ns) =
    not_shown(m, rootid) || \exists integer global;
      shown(m, rootid, global) && disowned(ns, global);
*/

/* Through all layers: overlayfs asks and writes below as the one who mounted
 * it. */
/*@
  axiomatic Stack {
    predicate tells{L}(struct vfscap_mount *m, integer rootid,
	struct vfscap_userns *reader, integer id)
      reads m->lower, m->fs, m->idmap, reader->parent, reader->map;
    axiom tells_lowest{L}: \forall struct vfscap_mount *m,
      struct vfscap_userns *reader, integer rootid, id;
      m->lower == \null ==>
	(tells(m, rootid, reader, id) <==> layer_tells(m, rootid, reader, id));
    axiom tells_above{L}: \forall struct vfscap_mount *m,
      struct vfscap_userns *reader, integer rootid, id;
      m->lower != \null ==> (tells(m, rootid, reader, id) <==>
	\exists integer held; tells(m->lower, rootid, m->fs, held) &&
	  layer_tells(m, held, reader, id));

    predicate hides{L}(struct vfscap_mount *m, integer rootid,
	struct vfscap_userns *reader)
      reads m->lower, m->fs, m->idmap, reader->parent, reader->map;
    axiom hides_lowest{L}: \forall struct vfscap_mount *m,
      struct vfscap_userns *reader, integer rootid;
      m->lower == \null ==>
	(hides(m, rootid, reader) <==> layer_hides(m, rootid, reader));
    axiom hides_above{L}: \forall struct vfscap_mount *m,
      struct vfscap_userns *reader, integer rootid;
      m->lower != \null ==> (hides(m, rootid, reader) <==>
	hides(m->lower, rootid, m->fs) ||
	\exists integer held; tells(m->lower, rootid, m->fs, held) &&
	  layer_hides(m, held, reader));

    predicate keeps{L}(struct vfscap_mount *m, struct vfscap_userns *ns,
	integer revision, integer id, integer as_revision, integer as)
      reads m->lower, m->fs, m->idmap, ns->parent, ns->map;
    axiom keeps_lowest{L}: \forall struct vfscap_mount *m,
      struct vfscap_userns *ns, integer revision, id, as_revision, as;
      m->lower == \null ==>
	(keeps(m, ns, revision, id, as_revision, as) <==>
	 layer_keeps(m, ns, revision, id, as_revision, as));
    axiom keeps_above{L}: \forall struct vfscap_mount *m,
      struct vfscap_userns *ns, integer revision, id, as_revision, as;
      m->lower != \null ==>
	(keeps(m, ns, revision, id, as_revision, as) <==>
	 \exists integer passed_revision, passed;
	   layer_keeps(m, ns, revision, id, passed_revision, passed) &&
	   keeps(m->lower, m->fs, passed_revision, passed, as_revision, as));

    predicate refuses{L}(struct vfscap_mount *m, struct vfscap_userns *ns,
	integer revision, integer id)
      reads m->lower, m->fs, m->idmap, ns->parent, ns->map;
    axiom refuses_lowest{L}: \forall struct vfscap_mount *m,
      struct vfscap_userns *ns, integer revision, id;
      m->lower == \null ==> (refuses(m, ns, revision, id) <==>
	layer_refuses(m, ns, revision, id));
    axiom refuses_above{L}: \forall struct vfscap_mount *m,
      struct vfscap_userns *ns, integer revision, id;
      m->lower != \null ==> (refuses(m, ns, revision, id) <==>
	layer_refuses(m, ns, revision, id) ||
	\exists integer passed_revision, passed;
	  layer_keeps(m, ns, revision, id, passed_revision, passed) &&
	  refuses(m->lower, m->fs, passed_revision, passed));
  }

  predicate honours(struct vfscap_mount *m, integer rootid,
      struct vfscap_userns *ns) =
    m->lower == \null ? layer_honours(m, rootid, ns) :
      \exists integer held; tells(m->lower, rootid, m->fs, held) &&
	layer_honours(m, held, ns);

  predicate ignores(struct vfscap_mount *m, integer rootid,
      struct vfscap_userns *ns) =
    m->lower == \null ? layer_ignores(m, rootid, ns) :
      \exists integer held; tells(m->lower, rootid, m->fs, held) &&
	layer_ignores(m, held, ns);

  // Without any mount.
  predicate plainly_keeps(struct vfscap_userns *ns, integer revision,
      integer id, integer as_revision, integer as) =
    as_revision == 2
      ? as == 0 && revision == 2 && ns == \null
      : as_revision == 3 && (revision == 3 || ns != \null) &&
	initial_id(ns, id, as);
*/

/*@
  // How often functions call themselves at most.
  logic integer layers(struct vfscap_mount *m) =
    m == \null || m->lower == \null ? 1 :
      m->lower->lower == \null ? 2 : 3;
*/

/*@
  predicate map_here(struct vfscap_idmap *m) =
    m == \null || (\valid_read(m) && map_ok(m));

  // From the outside ids of one map to those of the other.
  predicate rebased(struct vfscap_rebase *r, integer id, integer result) =
    r->from == \null
      ? (r->to == \null ? result == id : maps(r->to, id, result))
      : (r->to == \null
	  ? maps(r->from, result, id)
	  : \exists integer inside; maps(r->from, inside, id) &&
	      maps(r->to, inside, result));

  predicate everywhere_stays(struct vfscap_rebase *r) =
    r->to == \null || (r->from != \null && !r->claim);
*/

#endif
