/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layers of an image merged into one file system, as far as capabilities go. */
#include "form/form.h"
#include "oci/oci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Paths are kept as a tree of their components, so that what is hidden below a
 * directory is noted there once, however much it is. There is a node for each
 * path with the attribute and for the directories on the way to it, and none for
 * anything else: what hides nothing leaves no trace.
 */

/** struct share - the caller's data, of all entries that have it */
struct share {
	void *data;
	size_t size, entries;
};

struct entry {
	struct share *share;
	uint64_t order;
	size_t layer;
	bool directory;
	char *link;
	char rel[];
};

struct node {
	struct node *parent, *next; /* in its bucket */
	uint64_t hash;
	size_t children;
	struct entry *entry; /* of this very path, or NULL */
	uint64_t hides;	     /* entries below of an order less than that */
	size_t len;
	char name[]; /* without a NUL */
};

struct merged {
	void (*free_data)(void *data);
	struct node *root;
	struct node **bucket;
	size_t buckets, nodes; /* a power of 2; in buckets */
	size_t entries, bytes, limit;
	uint64_t order; /* of the last entry */
	uint64_t start; /* the first order of this layer */
	size_t layers;
	uint64_t key[2];
	uint64_t work;
};

/* What a node takes besides its name, the allocator's part and that of the
 * buckets included. */
#define NODE_SIZE (sizeof(struct node) + 32)

/* Of a component and the directory that it is in; names are chosen by others,
 * and must not be able to meet in one bucket. */
static uint64_t hash_of(const struct merged *m, const struct node *parent,
			const char *name, size_t len)
{
	return form_hash(m->key, (uintptr_t)parent, name, len);
}

/* ----------------------------------- nodes -------------------------------- */

static struct node **bucket_of(const struct merged *m, uint64_t hash)
{
	return &m->bucket[hash & (m->buckets - 1)];
}

static struct node *find(struct merged *m, const struct node *parent,
			 const char *name, size_t len)
{
	uint64_t hash = hash_of(m, parent, name, len);
	struct node *node = *bucket_of(m, hash);

	m->work++;
	for (; node; node = node->next) {
		m->work++;
		if (node->hash == hash && node->parent == parent &&
		    node->len == len && memcmp(node->name, name, len) == 0)
			break;
	}
	return node;
}

/* Twice the buckets; without memory for them, chains grow instead. */
static void spread(struct merged *m)
{
	size_t buckets = m->buckets, i;
	struct node **old = m->bucket, *node, *next, **to;

	m->bucket = calloc(2 * buckets, sizeof(struct node *));
	if (!m->bucket) {
		m->bucket = old;
		return;
	}
	m->buckets = 2 * buckets;
	for (i = 0; i < buckets; i++) {
		for (node = old[i]; node; node = next) {
			next = node->next;
			to = bucket_of(m, node->hash);
			node->next = *to;
			*to = node;
		}
	}
	m->work += buckets;
	free(old);
}

static struct node *node_new(struct merged *m, struct node *parent,
			     const char *name, size_t len)
{
	struct node *node = malloc(sizeof(*node) + len), **to;

	if (!node)
		return NULL;
	*node = (struct node){.parent = parent, .len = len};
	memcpy(node->name, name, len);
	node->hash = hash_of(m, parent, name, len);
	if (m->nodes == m->buckets)
		spread(m);
	to = bucket_of(m, node->hash);
	node->next = *to;
	*to = node;
	parent->children++;
	m->nodes++;
	m->bytes += NODE_SIZE + len;
	return node;
}

/* Remove a node that has become of no use, and its directories likewise. */
static void prune(struct merged *m, struct node *node)
{
	while (node != m->root && !node->entry && !node->children) {
		struct node *parent = node->parent;
		struct node **at = bucket_of(m, node->hash);

		for (; *at != node; at = &(*at)->next)
			m->work++;
		*at = node->next;
		m->nodes--;
		m->bytes -= NODE_SIZE + node->len;
		free(node);
		parent->children--;
		node = parent;
	}
}

/* ---------------------------------- entries ------------------------------- */

static void release(struct merged *m, struct share *share)
{
	if (!share || --share->entries)
		return;
	m->free_data(share->data);
	m->bytes -= share->size;
	free(share);
}

static size_t entry_size(const struct entry *e)
{
	return sizeof(*e) + strlen(e->rel) + 1 +
	       (e->link ? strlen(e->link) + 1 : 0);
}

static void drop(struct merged *m, struct node *node)
{
	struct entry *e = node->entry;

	if (!e)
		return;
	m->entries--;
	m->bytes -= entry_size(e);
	release(m, e->share);
	free(e->link);
	free(e);
	node->entry = NULL;
}

/* What something is below has become a directory, if it was none. */
static void make_directory(struct merged *m, struct node *node)
{
	if (node->entry && !node->entry->directory)
		drop(m, node);
}

static void hide_below(struct node *node, uint64_t before)
{
	if (node->hides < before)
		node->hides = before;
}

/* The length of the component that begins at @at. */
static size_t component(const char *rel, size_t len, size_t at)
{
	const char *slash = memchr(rel + at, '/', len - at);

	return slash ? (size_t)(slash - rel) - at : len - at;
}

/*
 * Where the first @len bytes of @rel lead, for an entry that comes there or
 * below. NULL: nothing with the attribute is there or below it; with @make, no
 * memory.
 */
static struct node *descend(struct merged *m, const char *rel, size_t len,
			    bool make)
{
	struct node *node = m->root;
	size_t at = 0;

	while (at < len) {
		size_t n = component(rel, len, at);
		struct node *child;

		make_directory(m, node);
		child = find(m, node, rel + at, n);
		if (!child && make)
			child = node_new(m, node, rel + at, n);
		if (!child) {
			prune(m, node);
			return NULL;
		}
		node = child;
		at += n + 1;
	}
	return node;
}

/* The same for what makes nothing: files on the way stay files. */
static struct node *find_path(struct merged *m, const char *rel, size_t len)
{
	struct node *node = m->root;

	for (size_t at = 0, n; node && at < len; at += n + 1) {
		n = component(rel, len, at);
		node = find(m, node, rel + at, n);
	}
	return node;
}

/* The root's own path is "." */
static size_t path_len(const char *rel)
{
	return strcmp(rel, ".") == 0 ? 0 : strlen(rel);
}

/* What a hard link that comes now gets from its target, or NULL. */
static struct share *target(struct merged *m, const char *rel)
{
	size_t len = path_len(rel), at = 0;
	struct node *node = m->root;
	const struct entry *e;
	uint64_t hidden = 0;

	while (node && at < len) {
		size_t n = component(rel, len, at);

		if (hidden < node->hides)
			hidden = node->hides;
		node = find(m, node, rel + at, n);
		at += n + 1;
	}
	e = node ? node->entry : NULL;
	return e && !e->directory && e->order >= hidden ? e->share : NULL;
}

/* ----------------------------------- adding ------------------------------- */

#define WHITEOUT ".wh."
#define AUFS ".wh..wh."
#define OPAQUE ".wh..wh..opq"

enum meaning { IS_ENTRY, IS_WHITEOUT, IS_OPAQUE, IS_NOTHING };

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* @dir: how much of @rel is the directory; @name: what is in it */
static enum meaning meaning_of(const char *rel, size_t *dir, const char **name)
{
	const char *slash = strrchr(rel, '/');

	*dir = slash ? (size_t)(slash - rel) : 0;
	*name = slash ? slash + 1 : rel;
	/* What aufs keeps for itself is in directories of the root. */
	if (slash && begins(rel, AUFS))
		return IS_NOTHING;
	if (strcmp(*name, OPAQUE) == 0)
		return IS_OPAQUE;
	if (begins(*name, AUFS))
		return IS_NOTHING;
	if (!begins(*name, WHITEOUT))
		return IS_ENTRY;
	*name += strlen(WHITEOUT);
	return !**name || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0
		       ? IS_NOTHING
		       : IS_WHITEOUT;
}

/* Below a file both are of nothing, and leave the file as it is. */
static void add_opaque(struct merged *m, const char *rel, size_t dir)
{
	struct node *node = find_path(m, rel, dir);

	if (!node)
		return;
	hide_below(node, m->start);
	prune(m, node);
}

static void add_whiteout(struct merged *m, const char *rel, size_t dir,
			 const char *name)
{
	struct node *node = find_path(m, rel, dir);

	if (node)
		node = find(m, node, name, strlen(name));
	if (!node)
		return;
	hide_below(node, m->start);
	if (node->entry && node->entry->order < m->start)
		drop(m, node);
	prune(m, node);
}

/* What an entry at @rel could need at most, with all of its directories. */
static bool has_room(const struct merged *m, const char *rel, const char *link)
{
	size_t len = strlen(rel), nodes = 1, size;

	for (size_t i = 0; i < len; i++)
		nodes += rel[i] == '/';
	size = sizeof(struct entry) + nodes * NODE_SIZE + 2 * len +
	       (link ? strlen(link) : 0) + 2;
	return m->bytes < m->limit && size < m->limit - m->bytes;
}

/* Takes over @share and @link where it returns 0. */
static int put(struct merged *m, struct node *node, const char *rel,
	       bool directory, struct share *share, char *link)
{
	size_t len = strlen(rel) + 1;
	struct entry *e;

	e = malloc(sizeof(*e) + len);
	if (!e)
		return -ENOMEM;
	*e = (struct entry){
		.share = share,
		.order = m->order,
		.layer = m->layers ? m->layers - 1 : 0,
		.directory = directory,
		.link = link,
	};
	memcpy(e->rel, rel, len);
	node->entry = e;
	m->entries++;
	m->bytes += entry_size(e);
	return 0;
}

/* Takes over @share and @link where it returns 0. @share NULL: an entry without
 * the attribute. */
static int add_entry(struct merged *m, const char *rel, bool directory,
		     struct share *share, char *link)
{
	size_t len = path_len(rel);
	struct node *node = descend(m, rel, len, share != NULL);
	int error = 0;

	if (!node)
		return share ? -ENOMEM : 0;
	drop(m, node);
	/* The root is a directory whatever an archive says. */
	if (!directory && len)
		hide_below(node, m->order);
	if (share)
		error = put(m, node, rel, directory || !len, share, link);
	prune(m, node);
	return error;
}

/* The target's path, and what the link gets from it: nothing of either where
 * the target has no attribute. */
static int follow(struct merged *m, const struct tar_member *member,
		  struct share **share, char **link)
{
	*link = malloc(strlen(member->link) + 2);
	if (!*link)
		return -ENOMEM;
	tar_rel(member->link, *link);
	*share = target(m, *link);
	if (*share) {
		(*share)->entries++;
	} else {
		free(*link);
		*link = NULL;
	}
	return 0;
}

static int share_new(struct merged *m, void *data, size_t size,
		     struct share **share)
{
	*share = malloc(sizeof(**share));
	if (!*share) {
		m->free_data(data);
		return -ENOMEM;
	}
	**share = (struct share){.data = data, .size = size, .entries = 1};
	m->bytes += size;
	return 0;
}

int merged_add(struct merged *m, const struct tar_member *member,
	       const char *rel, void *data, size_t size)
{
	enum meaning meaning;
	struct share *share = NULL;
	char *link = NULL;
	const char *name = NULL;
	int error = 0;
	size_t dir = 0;

	m->order++;
	meaning = member->stray ? IS_NOTHING : meaning_of(rel, &dir, &name);
	if (data)
		error = share_new(m, data, size, &share);
	else if (meaning == IS_ENTRY && member->type == '1')
		error = follow(m, member, &share, &link);
	if (!error && meaning == IS_ENTRY && share && !has_room(m, rel, link))
		error = -EFBIG;
	if (!error && meaning == IS_OPAQUE)
		add_opaque(m, rel, dir);
	if (!error && meaning == IS_WHITEOUT)
		add_whiteout(m, rel, dir, name);
	if (!error && meaning == IS_ENTRY)
		error = add_entry(m, rel, member->type == '5', share, link);
	if (error || meaning != IS_ENTRY) {
		release(m, share);
		free(link);
	}
	return error;
}

/* --------------------------------- the result ----------------------------- */

static bool is_hidden(struct merged *m, const struct node *node)
{
	const struct node *dir = node->parent;

	for (; dir; dir = dir->parent) {
		m->work++;
		if (node->entry->order < dir->hides)
			return true;
	}
	return false;
}

static int by_rel(const void *a, const void *b)
{
	return strcmp((*(struct entry *const *)a)->rel,
		      (*(struct entry *const *)b)->rel);
}

/* Those that are not hidden; @count of them. */
static struct entry **visible(struct merged *m, size_t *count)
{
	struct entry **list = calloc(m->entries + 1, sizeof(struct entry *));

	*count = 0;
	if (!list)
		return NULL;
	if (m->root->entry)
		list[(*count)++] = m->root->entry;
	for (size_t i = 0; i < m->buckets; i++)
		for (struct node *n = m->bucket[i]; n; n = n->next)
			if (n->entry && !is_hidden(m, n))
				list[(*count)++] = n->entry;
	qsort(list, *count, sizeof(*list), by_rel);
	return list;
}

int merged_each(struct merged *m,
		int (*fn)(void *ctx, const struct merged_entry *entry),
		void *ctx)
{
	size_t count;
	struct entry **list = visible(m, &count);
	int stop = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < count && !stop; i++) {
		const struct merged_entry entry = {
			.rel = list[i]->rel,
			.layer = list[i]->layer,
			.order = list[i]->order,
			.link = list[i]->link,
			.data = list[i]->share->data,
		};

		stop = fn(ctx, &entry);
	}
	free(list);
	return stop;
}

uint64_t merged_work(const struct merged *m)
{
	return m->work;
}

/* ------------------------------- start and end ---------------------------- */

void merged_layer(struct merged *m)
{
	m->layers++;
	m->start = m->order + 1;
}

struct merged *merged_new(void (*free_data)(void *data), size_t limit)
{
	struct merged *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->free_data = free_data;
	m->limit = limit;
	m->buckets = 64;
	m->bucket = calloc(m->buckets, sizeof(struct node *));
	m->root = calloc(1, sizeof(*m->root));
	form_hash_key(m->key);
	if (m->bucket && m->root)
		return m;
	free(m->bucket);
	free(m->root);
	free(m);
	return NULL;
}

void merged_free(struct merged *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->buckets; i++) {
		for (struct node *n = m->bucket[i], *next; n; n = next) {
			next = n->next;
			drop(m, n);
			free(n);
		}
	}
	drop(m, m->root);
	free(m->root);
	free(m->bucket);
	free(m);
}
