/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lib/vfscap.c is proved to do. Read before the source: each contract
 * stands at a declaration of its function, static ones included.
 */
#ifndef VFSCAP_PROOF_CODEC_H
#define VFSCAP_PROOF_CODEC_H

#include "words.h"

/* ------------------------------- helpers --------------------------------- */

/*@
  requires index <= 5;
  requires \valid_read(bytes + (4 * index .. 4 * index + 3));
  terminates \true;
  assigns \nothing;
  ensures \result == le32(bytes, index);
*/
static uint32_t get_word(const uint8_t *bytes, size_t index);

/*@
  requires index <= 5;
  requires \valid(bytes + (4 * index .. 4 * index + 3));
  terminates \true;
  assigns bytes[4 * index .. 4 * index + 3];
  ensures le32(bytes, index) == word;
*/
static void put_word(uint8_t *bytes, size_t index, uint32_t word);

/*@
  terminates \true;
  assigns \nothing;
  ensures lo(\result) == low;
  ensures hi(\result) == high;
*/
static uint64_t wide(uint32_t low, uint32_t high);

/*@
  terminates \true;
  assigns \nothing;
  ensures \result == lo(mask);
*/
static uint32_t low_half(uint64_t mask);

/*@
  terminates \true;
  assigns \nothing;
  ensures \result == hi(mask);
*/
static uint32_t high_half(uint64_t mask);

/*@
  requires 1 <= revision <= 3;
  terminates \true;
  assigns \nothing;
  ensures \result == (revision == 3 ? 1 : 0);
*/
static uint32_t has_rootid(uint8_t revision);

/*@
  requires size > 0 ==> \valid_read(bytes + (0 .. size - 1));
  requires \valid(magic) && \separated(magic, bytes + (0 .. size - 1));
  terminates \true;
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
  terminates \true;
  assigns *cap;
  ensures cap->revision == bytes[3];
  ensures cap->flags % 2 == 0;
  ensures cap->flags <= 0xfffffe;
  ensures SAYS_MAGIC(bytes, cap);
  ensures SAYS_SETS(bytes, cap);
  ensures SAYS_ROOTID(bytes, cap);
*/
static void read_value(const uint8_t *bytes, uint32_t magic,
		       struct vfscap *cap);

/*@
  requires \valid_read(cap);
  terminates \true;
  assigns \nothing;
  ensures \result == 0 <==> ENCODABLE(cap);
  ensures \result == 0 || \result == VFSCAP_ERR_STRUCT ||
    \result == VFSCAP_ERR_ROOTID || \result == VFSCAP_ERR_HIGH_BITS;
*/
static int check_encodable(const struct vfscap *cap);

/*@
  requires \valid_read(cap) && ENCODABLE(cap);
  terminates \true;
  assigns \nothing;
  ensures \result == 0x1000000 * cap->revision + cap->flags +
    (cap->effective ? 1 : 0);
*/
static uint32_t magic_of(const struct vfscap *cap);

/*@
  requires \valid_read(cap) && ENCODABLE(cap);
  requires \valid(bytes + (0 .. size_of(cap->revision) - 1));
  requires \separated(bytes + (0 .. 11), cap);
  requires cap->revision >= 2 ==> \separated(bytes + (12 .. 19), cap);
  requires cap->revision == 3 ==> \separated(bytes + (20 .. 23), cap);
  terminates \true;
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
  terminates \true;
  assigns *cap;
  ensures lenient((uint8_t *)value, size) <==> \result == 0;
  ensures \result == 0 ==> SAYS(((uint8_t *)value), cap);
  ensures \result == 0 ==> ENCODABLE(cap);
  ensures \result != 0 ==> UNTOUCHED(cap);
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
  terminates \true;
  assigns *cap;
  ensures \result == 0 ==> \old(strict((uint8_t *)value, size));
  ensures \old(strict((uint8_t *)value, size)) ==> \result == 0;
  ensures \result == 0 ==> SAYS(((uint8_t *)value), cap);
  ensures \result == 0 ==> ENCODABLE(cap);
  ensures \result == 0 ==> cap->revision >= 2 && cap->flags == 0;
  ensures \result != 0 ==> UNTOUCHED(cap);
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
  terminates \true;
  assigns ((uint8_t *)buf)[0 .. 23], *used;
  ensures \result == 0 <==>
    ENCODABLE(cap) && size >= size_of(cap->revision);
  ensures ENCODABLE(cap) && \result != 0 ==> \result == VFSCAP_ERR_BUFFER;
  ensures \result == 0 ==> *used == size_of(cap->revision);
  ensures \result == 0 ==> lenient((uint8_t *)buf, *used);
  ensures \result == 0 ==> SAYS_MAGIC(((uint8_t *)buf), cap);
  ensures \result == 0 ==> SAYS_SETS(((uint8_t *)buf), cap);
  ensures \result == 0 ==> SAYS_ROOTID(((uint8_t *)buf), cap);
  ensures \result != 0 ==> *used == \old(*used);
  ensures \result != 0 ==> \forall integer i; 0 <= i < size ==>
    ((uint8_t *)buf)[i] == \old(((uint8_t *)buf)[i]);
*/
int vfscap_encode(const struct vfscap *cap, void *buf, size_t size,
		  size_t *used);

/*@
  requires \valid(cap);
  terminates \true;
  assigns cap->flags;
  ensures cap->flags == 0;
  ensures \result == \old(cap->flags);
*/
uint32_t vfscap_canonical(struct vfscap *cap);

/*@
  requires \valid_read(a) && \valid_read(b);
  terminates \true;
  assigns \nothing;
  ensures \result <==> (a->permitted == b->permitted &&
    a->inheritable == b->inheritable && a->effective == b->effective &&
    a->rootid == b->rootid);
*/
bool vfscap_equivalent(const struct vfscap *a, const struct vfscap *b);

/*@
  requires \valid_read(cap);
  terminates \true;
  assigns \nothing;
*/
unsigned vfscap_remarks(const struct vfscap *cap, uint64_t known);

#endif
