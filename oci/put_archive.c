/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The new store as an archive: members as they were, but for what changed. */
#include "oci/write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One pass over the old archive while the new one is written. */
struct pass {
	struct oci_out *out;
	struct store_blob whole;
	struct tar *tar;
	struct out *file, *packed;
	struct out *sink; /* the upper one of the two */
	size_t at;	  /* which member of the store comes next */
	char *why;
};

static int failed(struct pass *p, int error)
{
	const char *said = out_why(p->sink);

	if (*said)
		return oci_fail(p->why, error, "%.380s", said);
	return oci_fail(p->why, error, "it cannot be written: %s",
			strerror(-error));
}

/* ------------------------------- new members ------------------------------ */

static int put_layer(struct pass *p, const struct replacement *layer)
{
	struct in *in;
	bool from_failed;
	int error = in_fd(&in, p->out->spool, layer->offset, layer->size);

	if (error)
		return error;
	error = out_copy(p->sink, in, layer->size, &from_failed);
	in_close(in);
	return error;
}

static int put_fresh(struct pass *p, struct fresh *fresh)
{
	uint64_t size = fresh->layer ? fresh->layer->size : fresh->size;
	int error = tar_put_file(p->sink, fresh->name, size);

	fresh->done = true;
	if (!error)
		error = fresh->layer ? put_layer(p, fresh->layer)
				     : out_write(p->sink, fresh->text, size);
	if (!error)
		error = tar_put_padding(p->sink, size);
	return error ? failed(p, error) : 0;
}

/* What goes in the place of a member, or after it. */
static int put_beside(struct pass *p, const char *name)
{
	int error = 0;

	for (size_t i = 0; i < p->out->freshes && !error; i++) {
		struct fresh *f = &p->out->fresh[i];

		if (!f->done && f->beside && strcmp(f->beside, name) == 0)
			error = put_fresh(p, f);
	}
	return error;
}

static int put_left_over(struct pass *p)
{
	int error = 0;

	for (size_t i = 0; i < p->out->freshes && !error; i++)
		if (!p->out->fresh[i].done)
			error = put_fresh(p, &p->out->fresh[i]);
	return error;
}

/* ------------------------------- old members ------------------------------ */

static int put_old(struct pass *p, const struct tar_member *m)
{
	struct tar_where where;
	int error = tar_put(p->tar, m, NULL, p->sink, &where);

	if (error && where.source_failed)
		return oci_fail(p->why, error, "%s", tar_why(p->tar));
	return error ? failed(p, error) : 0;
}

static void replace_bytes(uint8_t *bytes, size_t size, const char *from,
			  const char *to)
{
	size_t len = strlen(from);
	uint8_t *at = bytes;

	while ((at = memmem(at, size - (size_t)(at - bytes), from, len))) {
		memcpy(at, to, len);
		at += len;
	}
}

/* The checksum of a header block that changed. */
static void sum_block(uint8_t *block)
{
	unsigned sum = 0;

	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += block[i];
	snprintf((char *)block + 148, 7, "%06o", sum);
}

/*
 * A link to a blob that has another name now. The digits are as many as before,
 * so that the headers change in place whatever their form is.
 */
static int put_link(struct pass *p, const struct tar_member *m,
		    const struct gone *gone)
{
	uint8_t *head = malloc(m->head_size);
	int error;

	if (!head)
		return oci_no_memory(p->why);
	memcpy(head, m->head, m->head_size);
	replace_bytes(head, m->head_size, gone->from, gone->to);
	for (size_t i = 0; i < m->parts; i++)
		sum_block(head + m->part[i].at);
	error = out_write(p->sink, head, m->head_size);
	free(head);
	return error ? failed(p, error) : 0;
}

static const struct gone *gone_link(const struct pass *p,
				    const struct store_member *own)
{
	const struct gone *gone;

	if ((own->type != '1' && own->type != '2') || !own->link || own->size)
		return NULL;
	gone = gone_named(p->out, own->link);
	return gone && *gone->from && *gone->to ? gone : NULL;
}

static int put_member(struct pass *p, const struct tar_member *m)
{
	const struct store *store = &p->out->oci->state->store;
	const struct store_member *own;
	const struct gone *gone;
	int error = 0;

	if (m->stray)
		return put_old(p, m);
	if (p->at >= store->members)
		return oci_fail(p->why, -EBADMSG,
				"the archive changed while it was read");
	own = &store->member[p->at++];
	gone = gone_link(p, own);
	if (gone)
		error = put_link(p, m, gone);
	else if (!gone_named(p->out, own->name))
		error = put_old(p, m);
	return !error && store_last(store, own) ? put_beside(p, own->name)
						: error;
}

/* ----------------------------------- all ---------------------------------- */

static int put_members(struct pass *p)
{
	const struct tar_member *m;
	struct tar_where where;
	int n, error = 0;

	while (!error && (n = tar_next(p->tar, &m)) == 1)
		error = put_member(p, m);
	if (error)
		return error;
	if (n < 0)
		return oci_fail(p->why, n, "%s", tar_why(p->tar));
	error = put_left_over(p);
	if (error)
		return error;
	error = tar_put_rest(p->tar, p->sink, &where);
	if (error && where.source_failed)
		return oci_fail(p->why, error, "%s", tar_why(p->tar));
	return error ? failed(p, error) : 0;
}

static int open_pass(struct pass *p)
{
	const struct store *store = &p->out->oci->state->store;
	int error = store_archive(store, &p->whole, p->why);

	if (error)
		return error;
	error = tar_open(&p->tar, p->whole.in);
	if (!error)
		error = out_fd(&p->file, p->out->fd);
	p->sink = p->file;
	if (!error && store->codec)
		error = codec_writer(store->codec, &p->packed, p->file,
				     p->out->level);
	if (p->packed)
		p->sink = p->packed;
	return error ? oci_fail(p->why, error, "it cannot be written: %s",
				strerror(-error))
		     : 0;
}

static int close_pass(struct pass *p, int error)
{
	if (!error && p->packed)
		error = out_finish(p->packed);
	if (!error)
		error = out_finish(p->file);
	if (error && !*p->why)
		failed(p, error);
	tar_close(p->tar);
	out_close(p->packed);
	out_close(p->file);
	store_blob_close(&p->whole);
	return error;
}

static int put_changed(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	struct pass p = {.out = out, .whole = {.fd = -1}, .why = why};
	int error;

	*why = '\0';
	error = open_pass(&p);
	if (!error)
		error = put_members(&p);
	return close_pass(&p, error);
}

/* Where nothing changes, nothing is compressed again either. */
int put_archive(struct oci_out *out, char why[OCI_WHY_SIZE])
{
	int error;

	if (out->freshes)
		return put_changed(out, why);
	error = copy_bytes(out->oci->state->store.fd, out->fd);
	return error ? oci_fail(why, error, "it cannot be copied: %s",
				strerror(-error))
		     : 0;
}
