/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements of the value, in the headers of a member and in earlier global ones. */
#include "tar/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int decode(struct tar *t, struct tar_copy *c)
{
	bool proper;

	if (tar_grow(&t->decoded, &t->decoded_room,
		     t->decoded_size + c->size + 3, 1) != 0)
		return tar_no_memory(t);
	c->size = tar_base64(c->value, c->size, t->decoded + t->decoded_size,
			     &proper);
	c->broken = !proper;
	t->decoded_size += c->size;
	return 0;
}

static int add_copy(struct tar *t, const struct tar_copy *c)
{
	if (tar_grow(&t->copy, &t->copy_room, t->member.copies + 1,
		     sizeof(*t->copy)) != 0)
		return tar_no_memory(t);
	t->copy[t->member.copies++] = *c;
	return 0;
}

/* @at: where the header's body is in the head. */
int tar_take_value(struct tar *t, char type, size_t at,
		   const struct tar_record *r)
{
	struct tar_copy c = {
		.in = type,
		.key = tar_record_of(r),
		.at = at + r->at,
		.size_of_record = r->size,
		.value = r->value,
		.size = r->value_size,
	};

	if (!c.key)
		return 0;
	if (t->member.copies == TAR_COPIES_MAX)
		return tar_fail(
			t, -EBADMSG,
			"the attribute is stated more than %d times before "
			"one entry",
			TAR_COPIES_MAX);
	c.base64 = strcmp(c.key, TAR_LIBARCHIVE) == 0;
	if (c.base64 && decode(t, &c) != 0)
		return -ENOMEM;
	if (c.size > TAR_VALUE_MAX)
		return tar_fail(
			t, -EBADMSG,
			"a value over %d KiB, which no attribute can have",
			TAR_VALUE_MAX >> 10);
	return add_copy(t, &c);
}

/*
 * The head and the decoded values move while they grow, so where they are is
 * known only when all is read.
 */
void tar_place_copies(struct tar *t)
{
	size_t decoded = 0;

	for (size_t i = 0; i < t->member.copies; i++) {
		struct tar_copy *c = &t->copy[i];
		const uint8_t *record = t->head + c->at;

		if (c->earlier)
			continue;
		if (c->base64) {
			c->value = t->decoded + decoded;
			decoded += c->size;
		} else {
			c->value = (const uint8_t *)memchr(record, '=',
							   c->size_of_record) +
				   1;
		}
	}
}

int tar_inherit(struct tar *t)
{
	for (int i = 0; i < GLOBALS; i++) {
		const struct global *g = &t->global[i];
		struct tar_copy c = {
			.in = 'g',
			.key = g->key,
			.base64 = g->base64,
			.broken = g->broken,
			.earlier = true,
			.value = g->value,
			.size = g->size,
		};

		if (g->key && add_copy(t, &c) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* What this member's global headers say holds for the next ones too. */
int tar_keep_globals(struct tar *t)
{
	for (size_t i = 0; i < t->member.copies; i++) {
		const struct tar_copy *c = &t->copy[i];
		struct global *g = &t->global[c->base64];
		uint8_t *value;

		if (c->in != 'g' || c->earlier)
			continue;
		value = malloc(c->size + 1);
		if (!value)
			return tar_no_memory(t);
		memcpy(value, c->value, c->size);
		free(g->value);
		*g = (struct global){c->key, value, c->size, c->base64,
				     c->broken};
	}
	return 0;
}
