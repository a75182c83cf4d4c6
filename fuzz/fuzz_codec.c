/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The codec: what the strict decoder takes the lenient one takes alike, encoding
 * undoes decoding, canonical values are what the kernel would write, and remarks
 * say when a value is a ghost.
 */
#include "fuzz.h"

#include "vfscap.h"

#include <string.h>

static bool same(const struct vfscap *a, const struct vfscap *b)
{
	return a->permitted == b->permitted &&
	       a->inheritable == b->inheritable && a->rootid == b->rootid &&
	       a->flags == b->flags && a->revision == b->revision &&
	       a->effective == b->effective;
}

static void check_decoders(const uint8_t *value, size_t size)
{
	struct vfscap strict, lenient, painted;
	int s, l;

	memset(&painted, 0xa5, sizeof(painted));
	strict = lenient = painted;
	s = vfscap_decode_strict(value, size, &strict);
	l = vfscap_decode_lenient(value, size, &lenient);
	must(!s || memcmp(&strict, &painted, sizeof(painted)) == 0);
	must(!l || memcmp(&lenient, &painted, sizeof(painted)) == 0);
	must(!vfscap_exec_errno(l) == !l);
	if (l)
		must(s == l);
	else if (s)
		must(s == (lenient.revision == 1 ? VFSCAP_ERR_LEGACY
						 : VFSCAP_ERR_FLAGS));
	else
		must(same(&strict, &lenient));
}

static void check_encode(const struct vfscap *cap, const uint8_t *value,
			 size_t size)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t used = 77;

	must(vfscap_encode(cap, bytes, sizeof(bytes), &used) == 0);
	must(used == size && memcmp(bytes, value, size) == 0);
	must(vfscap_encode(cap, bytes, size - 1, &used) == VFSCAP_ERR_BUFFER);
}

static void check_canonical(const struct vfscap *cap)
{
	struct vfscap c = *cap;
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t used;

	must(vfscap_canonical(&c) == cap->flags && !c.flags);
	must(!vfscap_canonical(&c));
	must(vfscap_equivalent(cap, &c) && vfscap_equivalent(&c, cap));
	must(vfscap_encode(&c, bytes, sizeof(bytes), &used) == 0);
	must(vfscap_decode_strict(bytes, used, &c) ==
	     (cap->revision == 1 ? VFSCAP_ERR_LEGACY : 0));
}

static void check_remarks(const struct vfscap *cap, uint64_t known, bool ghost)
{
	unsigned remarks = vfscap_remarks(cap, known);
	uint64_t all = cap->permitted | cap->inheritable;

	must(!(remarks & VFSCAP_REMARK_FLAGS) == !cap->flags);
	must(!(remarks & VFSCAP_REMARK_LEGACY) == (cap->revision != 1));
	must(!(remarks & (VFSCAP_REMARK_FLAGS | VFSCAP_REMARK_LEGACY)) ==
	     !ghost);
	must(!(remarks & VFSCAP_REMARK_UNKNOWN) == !(all & ~known));
	must(!(remarks & VFSCAP_REMARK_EMPTY) == (all || cap->effective));
	must(!(remarks & VFSCAP_REMARK_EFFECTIVE_EMPTY) ==
	     (all || !cap->effective));
	must(!(remarks & VFSCAP_REMARK_ROOTID_ZERO) ==
	     (cap->revision != 3 || cap->rootid));
	must(!(remarks & VFSCAP_REMARK_ROOTID_INVALID) ==
	     (cap->rootid != VFSCAP_ROOTID_INVALID));
}

/* Three sets say the same, but for a flag with nothing behind it. */
static void check_sets(const struct vfscap *cap)
{
	struct vfscap_sets sets;
	struct vfscap back, wanted = *cap;
	int error;

	vfscap_to_sets(cap, &sets);
	error = vfscap_from_sets(&sets, cap->rootid, &back);
	if (cap->rootid == VFSCAP_ROOTID_INVALID) {
		must(error == VFSCAP_ERR_ROOTID_INVALID);
		return;
	}
	wanted.effective &= (cap->permitted | cap->inheritable) != 0;
	must(!error && vfscap_equivalent(&back, &wanted));
	must(back.revision == (back.rootid ? 3 : 2) && !back.flags);
}

static void check_value(const uint8_t *value, size_t size)
{
	struct vfscap cap, strict;

	check_decoders(value, size);
	if (vfscap_decode_lenient(value, size, &cap))
		return;
	check_encode(&cap, value, size);
	check_canonical(&cap);
	check_remarks(&cap, cap.permitted ^ size,
		      vfscap_decode_strict(value, size, &strict));
	check_sets(&cap);
}

/* What can be encoded, whatever it is, decodes to itself. */
static void check_struct(struct take *take)
{
	struct vfscap back, cap = {
				    .permitted = take_number(take, 8),
				    .inheritable = take_number(take, 8),
				    .rootid = (uint32_t)take_number(take, 4),
				    .flags = (uint32_t)take_number(take, 4),
				    .revision = (uint8_t)take_number(take, 1),
				    .effective = take_number(take, 1) & 1,
			    };
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t used = 77;
	int error = vfscap_encode(&cap, bytes, sizeof(bytes), &used);

	if (error) {
		must(used == 77 && error >= VFSCAP_ERR_HIGH_BITS &&
		     error <= VFSCAP_ERR_STRUCT);
		return;
	}
	must(vfscap_decode_lenient(bytes, used, &back) == 0);
	must(same(&cap, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_value(data, size);
	check_struct(&(struct take){data, size});
	return 0;
}
