/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The codec, and there and back: programs for the prover, never run. */
#include "codec.h"

#include "../lib/vfscap.c"

/* What execve takes is encoded to the same bytes. */
/*@
  requires \valid_read(value + (0 .. size - 1)) && lenient(value, size);
  requires \valid(again + (0 .. 23));
  requires \separated(again + (0 .. 23), value + (0 .. 23));
  assigns again[0 .. 23];
  ensures \result == size;
  ensures again[3] == value[3];
  ensures le32(again, 0) == le32(value, 0);
  ensures le32(again, 1) == le32(value, 1);
  ensures le32(again, 2) == le32(value, 2);
  ensures size >= 20 ==> le32(again, 3) == le32(value, 3);
  ensures size >= 20 ==> le32(again, 4) == le32(value, 4);
  ensures size == 24 ==> le32(again, 5) == le32(value, 5);
*/
size_t bytes_there_and_back(const uint8_t *value, size_t size, uint8_t *again)
{
	struct vfscap cap;
	size_t used = 0;

	if (vfscap_decode_lenient(value, size, &cap))
		return 0;
	//@ assert SAYS(value, (&cap));
	if (vfscap_encode(&cap, again, VFSCAP_SIZE_MAX, &used))
		return 0;
	//@ assert again[3] == cap.revision;
	//@ assert value[3] == cap.revision;
	//@ assert SAYS(again, (&cap));
	//@ assert SAYS(value, (&cap));
	return used;
}

/* What a value can hold is decoded to the same. */
/*@
  requires \valid_read(cap) && ENCODABLE(cap);
  requires \valid(again) && \separated(again, cap);
  assigns *again;
  ensures \result == 0;
  ensures SAME_CAP(cap, again);
*/
int value_there_and_back(const struct vfscap *cap, struct vfscap *again)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t used = 0;

	if (vfscap_encode(cap, bytes, sizeof(bytes), &used))
		return -1;
	return vfscap_decode_lenient(bytes, used, again);
}
