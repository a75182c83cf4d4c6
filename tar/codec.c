/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an archive is compressed. */
#include "tar/parts.h"

const struct codec *tar_codec(const uint8_t *data, size_t size)
{
	return size >= TAR_BLOCK && tar_sum_right(data)
		       ? NULL
		       : codec_find(data, size);
}

int tar_decompressed(struct in **in, struct in *from, uint64_t limit,
		     const struct codec **codec)
{
	const uint8_t *data;
	ssize_t n = in_peek(from, TAR_BLOCK, &data);

	*in = NULL;
	*codec = NULL;
	if (n < 0)
		return (int)n;
	*codec = tar_codec(data, (size_t)n);
	return in_decoded(in, from, limit, *codec);
}
