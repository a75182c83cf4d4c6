/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of an archive by their names, and a store opened and closed. */
#include "oci/parts.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** LINKS - links that are followed one after another */
#define LINKS 8

static int by_name(const void *a, const void *b)
{
	const struct store_member *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static const struct store_member *find_exact(const struct store *store,
					     const char *name)
{
	struct store_member key = {.name = (char *)(uintptr_t)name};
	void *const *found = tfind(&key, &store->by_name, by_name);

	return found ? *found : NULL;
}

const struct store_member *store_find(const struct store *store,
				      const char *name)
{
	for (int i = 0; name && i <= LINKS; i++) {
		const struct store_member *m = find_exact(store, name);

		if (!m || (m->type != '1' && m->type != '2'))
			return m;
		name = m->link;
	}
	return NULL;
}

bool store_last(const struct store *store, const struct store_member *member)
{
	return find_exact(store, member->name) == member;
}

/* ---------------------------------- links --------------------------------- */

/* Removes the last component of @path, which is @len long. */
static size_t parent(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len > 0 ? len - 1 : 0;
}

/*
 * "a/../b" without its "..", by the names alone: no member that is a link to a
 * directory is followed. false where it leads outside.
 */
static bool flatten(char *path)
{
	size_t len = 0;
	char *rest = path, *part;

	while ((part = strsep(&rest, "/"))) {
		size_t size = strlen(part);

		if (strcmp(part, "..") == 0) {
			if (len == 0)
				return false;
			len = parent(path, len);
			continue;
		}
		if (len > 0)
			path[len++] = '/';
		memmove(path + len, part, size);
		len += size;
	}
	path[len] = '\0';
	return true;
}

/* Where a link leads: NULL for outside; *@error where there is no memory. */
static char *link_target(const char *name, char type, const char *link,
			 int *error)
{
	size_t dir =
		type == '2' && *link != '/' ? parent(name, strlen(name)) : 0;
	size_t size = dir + strlen(link) + 3;
	char *joined = malloc(size), *rel = malloc(size);

	if (!joined || !rel) {
		*error = -ENOMEM;
		free(rel);
		rel = NULL;
		goto out;
	}
	memcpy(joined, name, dir);
	joined[dir] = '/';
	strcpy(joined + dir + 1, link);
	tar_rel(joined, rel);
	if (!flatten(rel)) {
		free(rel);
		rel = NULL;
	}
out:
	free(joined);
	return rel;
}

/* --------------------------------- the index ------------------------------ */

static int room_for_one(struct store *store)
{
	size_t room = store->room ? 2 * store->room : 256;
	struct store_member *more;

	if (store->members < store->room)
		return 0;
	more = reallocarray(store->member, room, sizeof(*more));
	if (!more)
		return -ENOMEM;
	store->member = more;
	store->room = room;
	return 0;
}

static int add_member(struct store *store, const struct tar_member *m)
{
	struct store_member *own;
	int error = room_for_one(store);

	if (error)
		return error;
	own = &store->member[store->members];
	*own = (struct store_member){
		.name = malloc(strlen(m->path) + 2),
		.type = m->type,
		.body = m->offset + m->head_size,
		.size = m->body,
	};
	if (!own->name)
		return -ENOMEM;
	store->members++;
	tar_rel(m->path, own->name);
	store->names += strlen(m->path) + strlen(m->link);
	if (m->type == '1' || m->type == '2')
		own->link = link_target(own->name, m->type, m->link, &error);
	return error;
}

const char *store_text(const struct store *store, const char *name,
		       uint64_t *size)
{
	const struct store_member *m = store_find(store, name);

	*size = m ? m->size : 0;
	return m ? m->text : NULL;
}

/*
 * What cannot be sought in would be read from its start for each document. So
 * small ones are kept when they come by.
 */
static int keep_text(struct store *store, struct store_member *own,
		     struct in *in)
{
	size_t size = (size_t)own->size;
	const uint8_t *data;
	ssize_t n;

	if (!store->codec || own->type != '0' || !size || own->size > IN_PEEK ||
	    size > TEXTS_SIZE - store->texts)
		return 0;
	n = in_peek(in, size, &data);
	if (n < (ssize_t)size || (*data != '{' && *data != '['))
		return 0; /* what is wrong with it is told by what follows */
	own->text = malloc(size);
	if (!own->text)
		return -ENOMEM;
	memcpy(own->text, data, size);
	store->texts += size;
	return 0;
}

static int check_limits(const struct store *store, char why[OCI_WHY_SIZE])
{
	if (store->members >= STORE_MEMBERS)
		return oci_fail(why, -EFBIG,
				"an archive with more than %d members",
				STORE_MEMBERS);
	if (store->names > STORE_NAMES)
		return oci_fail(why, -EFBIG,
				"the names in the archive are longer than %d "
				"bytes together",
				STORE_NAMES);
	return 0;
}

static int read_members(struct store *store, struct tar *tar, struct in *in,
			char why[OCI_WHY_SIZE])
{
	const struct tar_member *m;
	int n, error = 0;

	while (!error && (n = tar_next(tar, &m)) == 1) {
		if (m->stray)
			continue;
		error = check_limits(store, why);
		if (!error &&
		    (add_member(store, m) != 0 ||
		     keep_text(store, &store->member[store->members - 1], in)))
			error = oci_no_memory(why);
	}
	if (!error && n < 0)
		error = oci_fail(why, n, "%s", tar_why(tar));
	return error;
}

/* Of members with the same name the last one counts. */
static int sort_members(struct store *store, char why[OCI_WHY_SIZE])
{
	for (size_t i = 0; i < store->members; i++) {
		struct store_member **found =
			tsearch(&store->member[i], &store->by_name, by_name);

		if (!found)
			return oci_no_memory(why);
		*found = &store->member[i];
	}
	return 0;
}

static int read_codec(struct store *store, char why[OCI_WHY_SIZE])
{
	struct store_blob raw;
	const uint8_t *data;
	ssize_t n;
	int error = store_archive(store, &raw, why);

	if (error)
		return error;
	n = in_peek(raw.in, TAR_BLOCK, &data);
	if (n < 0)
		error = oci_fail(why, (int)n, "%s", in_why(raw.in));
	else
		store->codec = tar_codec(data, (size_t)n);
	store_blob_close(&raw);
	return error;
}

static int read_archive(struct store *store, char why[OCI_WHY_SIZE])
{
	struct store_blob whole;
	struct tar *tar = NULL;
	int error = read_codec(store, why);

	if (error)
		return error;
	error = store_archive(store, &whole, why);
	if (error)
		return error;
	if (tar_open(&tar, whole.in) != 0)
		error = oci_no_memory(why);
	if (!error)
		error = read_members(store, tar, whole.in, why);
	tar_close(tar);
	store_blob_close(&whole);
	return error ? error : sort_members(store, why);
}

/* ------------------------------ open and close ---------------------------- */

static void begin(struct store *store, struct oci_place *place,
		  uint64_t max_size)
{
	*store = (struct store){
		.fd = place->fd,
		.directory = place->kind == OCI_LAYOUT,
		.max_size = max_size,
		.stat = place->stat,
		.open = place->open,
		.open_ctx = place->open_ctx,
	};
	place->fd = -1;
}

int store_open(struct store *store, struct oci_place *place, uint64_t max_size,
	       char why[OCI_WHY_SIZE])
{
	int error;

	begin(store, place, max_size);
	error = store->directory ? 0 : read_archive(store, why);
	if (error)
		store_close(store);
	return error;
}

int store_alone(struct store *store, struct oci_place *place,
		const struct oci_apart *apart, uint64_t max_size)
{
	char why[OCI_WHY_SIZE];

	begin(store, place, max_size);
	if (store->directory)
		return 0;
	store->codec = apart->codec ? codec_named(apart->codec) : NULL;
	if (room_for_one(store) != 0)
		return -ENOMEM;
	*store->member = (struct store_member){
		.name = strdup(apart->name),
		.type = '0',
		.body = apart->offset,
		.size = apart->stored,
	};
	if (!store->member->name)
		return -ENOMEM;
	store->members = 1;
	return sort_members(store, why);
}

static void nothing(void *member)
{
	(void)member;
}

void store_close(struct store *store)
{
	tdestroy(store->by_name, nothing);
	for (size_t i = 0; i < store->members; i++) {
		free(store->member[i].name);
		free(store->member[i].link);
		free(store->member[i].text);
	}
	free(store->member);
	if (store->fd >= 0)
		close(store->fd);
	*store = (struct store){.fd = -1};
}
