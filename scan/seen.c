/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remembers paths of an archive by fingerprints of 64 bits under a random key. */
#include "scan/seen.h"

#include "form/form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A path with a value. Its slot refers to it by its place, counted from 1. */
struct entry {
	char *rel;
	struct seen_value value; /* behind the path */
};

struct slot {
	uint64_t print; /* 0: free */
	uint32_t entry; /* 0: it has no value */
} __attribute__((packed));

struct seen {
	uint64_t key[2];
	struct slot *slot;
	size_t slots, used;
	struct entry *entry;
	size_t entries, room, bytes;
	bool full;
};

struct seen *seen_new(void)
{
	struct seen *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	form_hash_key(s->key);
	s->slots = 1024;
	s->slot = calloc(s->slots, sizeof(*s->slot));
	if (s->slot)
		return s;
	free(s);
	return NULL;
}

void seen_free(struct seen *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->entries; i++)
		free(s->entry[i].rel);
	free(s->entry);
	free(s->slot);
	free(s);
}

bool seen_full(const struct seen *s)
{
	return s->full;
}

static uint64_t print_of(const struct seen *s, const char *rel)
{
	uint64_t print = form_hash(s->key, 0, rel, strlen(rel));

	return print ? print : 1;
}

/* The slot of a fingerprint, or the free one where it belongs. */
static struct slot *slot_of(const struct seen *s, uint64_t print)
{
	size_t i = (size_t)print & (s->slots - 1);

	while (s->slot[i].print && s->slot[i].print != print)
		i = (i + 1) & (s->slots - 1);
	return &s->slot[i];
}

static int grow(struct seen *s)
{
	struct seen bigger = *s;

	if (s->used + s->used / 3 < s->slots)
		return 0;
	bigger.slots = 2 * s->slots;
	bigger.slot = calloc(bigger.slots, sizeof(*bigger.slot));
	if (!bigger.slot)
		return -ENOMEM;
	for (size_t i = 0; i < s->slots; i++)
		if (s->slot[i].print)
			*slot_of(&bigger, s->slot[i].print) = s->slot[i];
	free(s->slot);
	*s = bigger;
	return 0;
}

/* Room for entries doubles, and each has a block of its own. */
static size_t cost_of(size_t len, size_t size)
{
	return len + size + 2 * sizeof(struct entry) + 16;
}

static int add_entry(struct seen *s, struct slot *slot, const char *rel,
		     const struct seen_value *value)
{
	size_t len = strlen(rel) + 1, size = value->size;
	struct entry *more;
	char *copy;

	/* Then hard links to it are not known. */
	if (s->bytes + cost_of(len, size) > SEEN_VALUES) {
		s->full = true;
		return 0;
	}
	if (s->entries == s->room) {
		size_t room = s->room ? 2 * s->room : 16;

		more = reallocarray(s->entry, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		s->entry = more;
		s->room = room;
	}
	copy = malloc(len + size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, rel, len);
	memcpy(copy + len, value->value, size);
	s->bytes += cost_of(len, size);
	s->entry[s->entries] = (struct entry){copy, *value};
	s->entry[s->entries++].value.value = (const uint8_t *)copy + len;
	slot->entry = (uint32_t)s->entries;
	return 0;
}

int seen_add(struct seen *s, const char *rel, const struct seen_value *value,
	     bool *again)
{
	uint64_t print = print_of(s, rel);
	struct slot *slot = slot_of(s, print);
	int error = 0;

	*again = slot->print && (value || slot->entry);
	if (!slot->print) {
		if (s->used == SEEN_PATHS) {
			s->full = true;
			return 0;
		}
		error = grow(s);
		if (error)
			return error;
		slot = slot_of(s, print);
		slot->print = print;
		s->used++;
	}
	slot->entry = 0;
	return value ? add_entry(s, slot, rel, value) : 0;
}

const struct seen_value *seen_find(const struct seen *s, const char *rel)
{
	const struct slot *slot = slot_of(s, print_of(s, rel));
	const struct entry *e;

	if (!slot->print || !slot->entry)
		return NULL;
	e = &s->entry[slot->entry - 1];
	return strcmp(e->rel, rel) == 0 ? &e->value : NULL;
}
