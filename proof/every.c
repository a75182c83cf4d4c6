/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every value of up to 40 bytes: a program for Eva, never run. */
#include "words.h"

#include "../lib/idmap.c"
#include "../lib/vfscap.c"

#include <__fc_builtin.h>

int vfscap_exec_errno(int error)
{
	return error == VFSCAP_ERR_LONG ? -ERANGE : -EINVAL;
}

static void codec(const uint8_t *value, size_t size)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	struct vfscap cap;
	size_t used;

	vfscap_decode_strict(value, size, &cap);
	if (vfscap_decode_lenient(value, size, &cap))
		return;
	vfscap_remarks(&cap, (uint64_t)Frama_C_unsigned_long_long_interval(
				     0, UINT64_MAX));
	vfscap_encode(&cap, bytes,
		      (size_t)Frama_C_unsigned_int_interval(0, sizeof(bytes)),
		      &used);
	vfscap_canonical(&cap);
}

/* Two extents of any numbers: the sums may wrap, no byte beyond is read. */
static void any_map(struct vfscap_idmap *map)
{
	map->count = Frama_C_unsigned_int_interval(0, 2);
	for (int i = 0; i < 2; i++) {
		map->extent[i].inside =
			Frama_C_unsigned_int_interval(0, UINT32_MAX);
		map->extent[i].outside =
			Frama_C_unsigned_int_interval(0, UINT32_MAX);
		map->extent[i].count =
			Frama_C_unsigned_int_interval(0, UINT32_MAX);
	}
}

static void predictions(const uint8_t *value, size_t size)
{
	static struct vfscap_userns outer, inner = {.parent = &outer};
	static struct vfscap_idmap idmap;
	const struct vfscap_mount mount = {
		.fs = Frama_C_nondet(0, 1) ? &outer : NULL,
		.idmap = Frama_C_nondet(0, 1) ? &idmap : NULL,
	};
	const struct vfscap_writer writer = {
		.ns = Frama_C_nondet(0, 1) ? &inner : NULL,
		.setfcap = Frama_C_nondet(0, 1),
		.owner_mapped = Frama_C_nondet(0, 1),
	};
	struct vfscap cap;
	bool honoured;

	any_map(&outer.map);
	any_map(&inner.map);
	any_map(&idmap);
	vfscap_predict_get(value, size, &mount, writer.ns, &cap);
	vfscap_predict_set(value, size, &mount, &writer, &cap);
	vfscap_predict_exec(value, size, &mount, writer.ns, &honoured);
}

/*
 * What lies beyond the size is not initialised: to read it is an alarm. The
 * fourth byte, which is the revision, is told apart for the analysis's sake.
 */
static void of_size(size_t size, unsigned least, unsigned most)
{
	uint8_t value[40];

	/*@ loop unroll 40; */
	for (size_t i = 0; i < size; i++)
		value[i] = (uint8_t)Frama_C_unsigned_int_interval(0, 255);
	if (size > 3)
		value[3] = (uint8_t)Frama_C_unsigned_int_interval(least, most);
	codec(value, size);
	predictions(value, size);
}

void every_value(void)
{
	/*@ loop unroll 41; */
	for (size_t size = 0; size <= 40; size++) {
		of_size(size, 0, 0);
		of_size(size, 1, 1);
		of_size(size, 2, 2);
		of_size(size, 3, 3);
		of_size(size, 4, 255);
	}
}
