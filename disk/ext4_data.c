/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file of an ext file system begins with. */
#include "disk/ext4.h"

#include "form/form.h"

#include <sys/stat.h>

#define AT_MAP 0x28

/* Blocks that may be read to find the first: an extent tree is less deep. */
#define BUDGET 16

struct start {
	const struct ext *ext;
	uint8_t bytes[2];
	bool there;
};

static int take_run(void *ctx, uint64_t logical, uint64_t physical,
		    uint64_t count)
{
	struct start *s = ctx;

	(void)count;
	s->there = logical == 0 &&
		   disk_read(s->ext->disk, physical * s->ext->block, s->bytes,
			     sizeof(s->bytes)) == 0;
	return 1;
}

bool ext_script(struct ext *ext, const struct ext_node *node)
{
	struct start start = {.ext = ext};
	struct ext_node first = *node;
	uint64_t budget = BUDGET;

	if (!S_ISREG(node->mode) || node->size < sizeof(start.bytes) ||
	    (node->flags & EXT4_ENCRYPT_FL))
		return false;
	if (node->flags & EXT4_INLINE_DATA_FL)
		return form_script(node->raw + AT_MAP, sizeof(start.bytes));
	/* What lies behind the first block is of no interest. */
	first.size = sizeof(start.bytes);
	ext_map(ext, &first, &budget, take_run, &start);
	return start.there && form_script(start.bytes, sizeof(start.bytes));
}
