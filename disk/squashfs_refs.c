/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of references to inodes: tables that grow up to a limit. */
#include "disk/squashfs.h"
#include "form/form.h"

#include <errno.h>
#include <stdlib.h>

/* 32 MiB of slots, half of them in use. */
#define REFS_MAX (1 << 21)

static uint64_t *slot_of(const struct sq_refs *refs, uint64_t ref)
{
	uint64_t hash = form_hash(refs->key, 0, &ref, sizeof(ref));
	size_t i = (size_t)hash & (refs->slots - 1);

	while (refs->slot[i] && refs->slot[i] != ref + 1)
		i = (i + 1) & (refs->slots - 1);
	return &refs->slot[i];
}

static int grow(struct sq_refs *refs)
{
	struct sq_refs more = {.slots = refs->slots ? 2 * refs->slots : 64};

	more.slot = calloc(more.slots, sizeof(*more.slot));
	if (!more.slot)
		return -ENOMEM;
	form_hash_key(more.key);
	for (size_t i = 0; i < refs->slots; i++)
		if (refs->slot[i])
			*slot_of(&more, refs->slot[i] - 1) = refs->slot[i];
	more.count = refs->count;
	free(refs->slot);
	*refs = more;
	return 0;
}

int sq_refs_add(struct sq_refs *refs, uint64_t ref)
{
	uint64_t *slot;

	if (2 * refs->count >= refs->slots && refs->count < REFS_MAX &&
	    grow(refs) != 0)
		return -ENOMEM;
	slot = slot_of(refs, ref);
	if (*slot)
		return 0;
	if (refs->count == REFS_MAX)
		return -EFBIG;
	*slot = ref + 1;
	refs->count++;
	return 1;
}

bool sq_refs_has(const struct sq_refs *refs, uint64_t ref)
{
	return refs->slots && *slot_of(refs, ref);
}
