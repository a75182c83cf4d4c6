/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lib/vfscap.c is proved to do. Read before the source: each contract
 * stands at a declaration of its function, static ones included.
 */
#ifndef VFSCAP_PROOF_CODEC_H
#define VFSCAP_PROOF_CODEC_H

#include "vfscap.h"

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

/* --------------------------- what bytes say ------------------------------ */

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

  // Bytes and structure say the same: the header, the sets, the rootid.
  predicate says_magic(uint8_t *b, struct vfscap *cap) =
    cap->revision == b[3] &&
    cap->flags + (cap->effective ? 1 : 0) ==
      b[0] + 0x100 * b[1] + 0x10000 * b[2] &&
    cap->flags % 2 == 0;
  predicate says_sets(uint8_t *b, struct vfscap *cap) =
    lo(cap->permitted) == le32(b, 1) &&
    hi(cap->permitted) == (b[3] >= 2 ? le32(b, 3) : 0) &&
    lo(cap->inheritable) == le32(b, 2) &&
    hi(cap->inheritable) == (b[3] >= 2 ? le32(b, 4) : 0);
  predicate says_rootid(uint8_t *b, struct vfscap *cap) =
    cap->rootid == (b[3] == 3 ? le32(b, 5) : 0);
  predicate says(uint8_t *b, struct vfscap *cap) =
    says_magic(b, cap) && says_sets(b, cap) && says_rootid(b, cap);

  // What the attribute has room for.
  predicate encodable(struct vfscap *cap) =
    1 <= cap->revision <= 3 &&
    cap->flags <= 0xfffffe && cap->flags % 2 == 0 &&
    (cap->revision < 3 ==> cap->rootid == 0) &&
    (cap->revision == 1 ==>
      cap->permitted <= 0xffffffff && cap->inheritable <= 0xffffffff);

  predicate same_cap{A, B}(struct vfscap *a, struct vfscap *b) =
    \at(a->permitted, A) == \at(b->permitted, B) &&
    \at(a->inheritable, A) == \at(b->inheritable, B) &&
    \at(a->rootid, A) == \at(b->rootid, B) &&
    \at(a->flags, A) == \at(b->flags, B) &&
    \at(a->revision, A) == \at(b->revision, B) &&
    \at(a->effective, A) == \at(b->effective, B);
*/

/* ------------------------------- helpers --------------------------------- */

/*@
  requires index <= 5;
  requires \valid_read(bytes + (4 * index .. 4 * index + 3));
  assigns \nothing;
  ensures \result == le32(bytes, index);
*/
static uint32_t get_word(const uint8_t *bytes, size_t index);

/*@
  requires index <= 5;
  requires \valid(bytes + (4 * index .. 4 * index + 3));
  assigns bytes[4 * index .. 4 * index + 3];
  ensures le32(bytes, index) == word;
*/
static void put_word(uint8_t *bytes, size_t index, uint32_t word);

/*@
  assigns \nothing;
  ensures lo(\result) == low;
  ensures hi(\result) == high;
*/
static uint64_t wide(uint32_t low, uint32_t high);

/*@
  assigns \nothing;
  ensures \result == lo(mask);
*/
static uint32_t low_half(uint64_t mask);

/*@
  assigns \nothing;
  ensures \result == hi(mask);
*/
static uint32_t high_half(uint64_t mask);

/*@
  requires size > 0 ==> \valid_read(bytes + (0 .. size - 1));
  requires \valid(magic) && \separated(magic, bytes + (0 .. size - 1));
  assigns *magic;
  ensures \result == 0 <==> lenient(bytes, size);
  ensures \result == 0 ==> *magic == le32(bytes, 0);
  ensures size == 0 <==> \result == VFSCAP_ERR_EMPTY;
  ensures 1 <= size <= 3 <==> \result == VFSCAP_ERR_SHORT;
  ensures size >= 25 <==> \result == VFSCAP_ERR_LONG;
  ensures 4 <= size <= 24 && !(1 <= bytes[3] <= 3) <==>
    \result == VFSCAP_ERR_REVISION;
  ensures 4 <= size <= 24 && 1 <= bytes[3] <= 3 && size != size_of(bytes[3])
    <==> \result == VFSCAP_ERR_LENGTH;
*/
static int read_magic(const uint8_t *bytes, size_t size, uint32_t *magic);

/*@
  requires 1 <= bytes[3] <= 3;
  requires \valid_read(bytes + (0 .. size_of(bytes[3]) - 1));
  requires \valid(cap);
  requires \separated(cap, bytes + (0 .. size_of(bytes[3]) - 1));
  requires magic == le32(bytes, 0);
  assigns *cap;
  ensures cap->revision == bytes[3];
  ensures cap->flags % 2 == 0;
  ensures cap->flags <= 0xfffffe;
  ensures says_magic(bytes, cap);
  ensures says_sets(bytes, cap);
  ensures says_rootid(bytes, cap);
*/
static void read_value(const uint8_t *bytes, uint32_t magic,
		       struct vfscap *cap);

/*@
  requires \valid_read(cap);
  assigns \nothing;
  ensures \result == 0 <==> encodable(cap);
  ensures \result == 0 || \result == VFSCAP_ERR_STRUCT ||
    \result == VFSCAP_ERR_ROOTID || \result == VFSCAP_ERR_HIGH_BITS;
*/
static int check_encodable(const struct vfscap *cap);

/*@
  requires \valid_read(cap) && encodable(cap);
  assigns \nothing;
  ensures \result == 0x1000000 * cap->revision + cap->flags +
    (cap->effective ? 1 : 0);
*/
static uint32_t magic_of(const struct vfscap *cap);

/*@
  requires \valid_read(cap) && encodable(cap);
  requires \valid(bytes + (0 .. size_of(cap->revision) - 1));
  requires \separated(bytes + (0 .. 11), cap);
  requires cap->revision >= 2 ==> \separated(bytes + (12 .. 19), cap);
  requires cap->revision == 3 ==> \separated(bytes + (20 .. 23), cap);
  assigns bytes[0 .. 23];
  ensures cap->revision == \old(cap->revision);
  ensures le32(bytes, 0) == magic;
  ensures le32(bytes, 1) == lo(cap->permitted);
  ensures le32(bytes, 2) == lo(cap->inheritable);
  ensures \old(cap->revision) >= 2 ==>
    le32(bytes, 3) == hi(cap->permitted);
  ensures \old(cap->revision) >= 2 ==>
    le32(bytes, 4) == hi(cap->inheritable);
  ensures \old(cap->revision) == 3 ==> le32(bytes, 5) == cap->rootid;
*/
static void put_value(uint8_t *bytes, uint32_t magic, const struct vfscap *cap);

/* --------------------------- what is public ------------------------------ */

/*@
  requires size > 0 ==> \valid_read((uint8_t *)value + (0 .. size - 1));
  requires \valid(cap) && \separated(cap, (uint8_t *)value + (0 .. size - 1));
  assigns *cap;
  ensures lenient((uint8_t *)value, size) <==> \result == 0;
  ensures \result == 0 ==> says((uint8_t *)value, cap);
  ensures \result == 0 ==> encodable(cap);
  ensures \result != 0 ==> same_cap{Pre, Post}(cap, cap);
  ensures size == 0 <==> \result == VFSCAP_ERR_EMPTY;
  ensures 1 <= size <= 3 <==> \result == VFSCAP_ERR_SHORT;
  ensures size >= 25 <==> \result == VFSCAP_ERR_LONG;
  ensures \result == 0 || \result == VFSCAP_ERR_EMPTY ||
    \result == VFSCAP_ERR_SHORT || \result == VFSCAP_ERR_LONG ||
    \result == VFSCAP_ERR_REVISION || \result == VFSCAP_ERR_LENGTH;
*/
int vfscap_decode_lenient(const void *value, size_t size, struct vfscap *cap);

/*@
  requires size > 0 ==> \valid_read((uint8_t *)value + (0 .. size - 1));
  requires \valid(cap) && \separated(cap, (uint8_t *)value + (0 .. size - 1));
  assigns *cap;
  ensures \result == 0 ==> \old(strict((uint8_t *)value, size));
  ensures \old(strict((uint8_t *)value, size)) ==> \result == 0;
  ensures \result == 0 ==> says((uint8_t *)value, cap);
  ensures \result == 0 ==> encodable(cap);
  ensures \result == 0 ==> cap->revision >= 2 && cap->flags == 0;
  ensures \result != 0 ==> same_cap{Pre, Post}(cap, cap);
  ensures lenient((uint8_t *)value, size) && \result != 0 ==>
    \result == (((uint8_t *)value)[3] == 1 ? VFSCAP_ERR_LEGACY
					   : VFSCAP_ERR_FLAGS);
  ensures size == 0 <==> \result == VFSCAP_ERR_EMPTY;
  ensures 1 <= size <= 3 <==> \result == VFSCAP_ERR_SHORT;
  ensures size >= 25 <==> \result == VFSCAP_ERR_LONG;
*/
int vfscap_decode_strict(const void *value, size_t size, struct vfscap *cap);

/*@
  requires \valid_read(cap);
  requires size > 0 ==> \valid((uint8_t *)buf + (0 .. size - 1));
  requires \valid(used);
  requires \separated((uint8_t *)buf + (0 .. size - 1), cap, used);
  assigns ((uint8_t *)buf)[0 .. 23], *used;
  ensures \result == 0 <==>
    encodable(cap) && size >= size_of(cap->revision);
  ensures encodable(cap) && \result != 0 ==> \result == VFSCAP_ERR_BUFFER;
  ensures \result == 0 ==> *used == size_of(cap->revision);
  ensures \result == 0 ==> lenient((uint8_t *)buf, *used);
  ensures \result == 0 ==> says_magic((uint8_t *)buf, cap);
  ensures \result == 0 ==> says_sets((uint8_t *)buf, cap);
  ensures \result == 0 ==> says_rootid((uint8_t *)buf, cap);
  ensures \result != 0 ==> *used == \old(*used);
  ensures \result != 0 ==> \forall integer i; 0 <= i < size ==>
    ((uint8_t *)buf)[i] == \old(((uint8_t *)buf)[i]);
*/
int vfscap_encode(const struct vfscap *cap, void *buf, size_t size,
		  size_t *used);

/*@
  requires \valid(cap);
  assigns cap->flags;
  ensures cap->flags == 0;
  ensures \result == \old(cap->flags);
*/
uint32_t vfscap_canonical(struct vfscap *cap);

/*@
  requires \valid_read(a) && \valid_read(b);
  assigns \nothing;
  ensures \result <==> (a->permitted == b->permitted &&
    a->inheritable == b->inheritable && a->effective == b->effective &&
    a->rootid == b->rootid);
*/
bool vfscap_equivalent(const struct vfscap *a, const struct vfscap *b);

/*@
  requires \valid_read(cap);
  assigns \nothing;
*/
unsigned vfscap_remarks(const struct vfscap *cap, uint64_t known);

#endif
