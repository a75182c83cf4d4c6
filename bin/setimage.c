/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fcapset does to the members of an image: a new layer on top that holds
 * them, or the layers that have them written anew.
 */
#include "bin/setjob.h"
#include "form/form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* struct place - a member of interest: one to be set, or a directory above */
struct place {
	const char *layer;
	uint64_t order;
	unsigned mode;
	size_t head_size;
	uint8_t head[];
};

/* One run over an image. */
struct run {
	struct set_members *s;
	struct oci *oci;
	struct oci_image *image;
	struct oci_out *out;
	struct out *sink; /* of the new layer; NULL: look only */
	struct merged *merged;
	uint64_t order; /* of the member that is looked at */
	bool changed, bad;
	char why[OCI_WHY_SIZE];
};

static void failed(struct run *run, const char *path, int error)
{
	char number[FORM_ERRNO_SIZE];

	run->bad = true;
	archive_file(run->s->archive, LEVEL_ERROR, path, "%s: %s",
		     form_errno(-error, number), run->why);
}

static void input_failed(struct run *run, int error, const char *why)
{
	if (why != run->why)
		snprintf(run->why, sizeof(run->why), "%s", why);
	failed(run, run->s->archive->input->location, error);
}

/* ------------------------------ each member ------------------------------ */

typedef void member_fn(struct run *run, const struct oci_layer *layer,
		       struct tar *tar, const struct tar_member *m,
		       const char *rel);

static void one_member(struct run *run, const struct oci_layer *layer,
		       struct tar *tar, const struct tar_member *m,
		       member_fn *fn)
{
	char *rel;

	if (m->stray)
		return;
	rel = malloc(strlen(m->path) + 2);
	if (!rel) {
		input_failed(run, -ENOMEM, "no memory");
		return;
	}
	tar_rel(m->path, rel);
	fn(run, layer, tar, m, rel);
	run->order++;
	free(rel);
}

static void each_member(struct run *run, const struct oci_layer *layer,
			struct in *in, member_fn *fn)
{
	const struct tar_member *m;
	uint64_t trailing;
	struct tar *tar;
	int more = tar_open(&tar, in);

	if (more) {
		input_failed(run, more, "no memory");
		return;
	}
	tar_vouched(tar); /* it is compared with its digest */
	while (!run->bad && (more = tar_next(tar, &m)) > 0)
		one_member(run, layer, tar, m, fn);
	if (more == 0)
		more = tar_rest(tar, &trailing);
	if (more < 0)
		input_failed(run, more, tar_why(tar));
	tar_close(tar);
}

static void one_layer(struct run *run, const struct oci_layer *layer,
		      member_fn *fn)
{
	struct oci_blob blob;
	int error = oci_layer_open(run->oci, layer, &blob, run->why);

	if (error) {
		input_failed(run, error, run->why);
		return;
	}
	each_member(run, layer, blob.in, fn);
	error = run->bad ? 0 : oci_layer_verify(&blob, run->why);
	if (error)
		input_failed(run, error, run->why);
	oci_layer_close(&blob);
}

static void all_layers(struct run *run, member_fn *fn)
{
	run->order = 0;
	for (size_t k = 0; k < run->image->layers && !run->bad; k++) {
		const struct oci_layer *layer = &run->image->layer[k];

		run->s->archive->layer = layer->digest;
		merged_layer(run->merged);
		/* What it hides or has is not known. */
		if (layer->foreign)
			input_failed(run, -ENOTSUP, layer->foreign);
		else
			one_layer(run, layer, fn);
	}
	run->s->archive->layer = NULL;
}

/* ----------------------------- where they are ---------------------------- */

/* Is it a directory above a member that is to be set? Of the sorted ones the
 * first that is not before "REL/" tells. */
static bool is_above(const struct set_members *s, const char *rel)
{
	size_t len = strlen(rel), low = 0, high = s->jobs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *name = s->job[middle].rel;
		int order = strncmp(name, rel, len);

		if (order < 0 || (order == 0 && (unsigned char)name[len] < '/'))
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->jobs && strncmp(s->job[low].rel, rel, len) == 0 &&
	       s->job[low].rel[len] == '/';
}

static struct place *place_of(const struct run *run,
			      const struct oci_layer *layer,
			      const struct tar_member *m)
{
	struct place *p = malloc(sizeof(*p) + m->head_size);

	if (!p)
		return NULL;
	*p = (struct place){.layer = layer->digest,
			    .order = run->order,
			    .mode = m->mode,
			    .head_size = m->head_size};
	memcpy(p->head, m->head, m->head_size);
	return p;
}

static void look(struct run *run, const struct oci_layer *layer,
		 struct tar *tar, const struct tar_member *m, const char *rel)
{
	struct place *place = NULL;
	int error = 0;

	(void)tar;
	if (set_member_find(run->s, rel) ||
	    (S_ISDIR(m->mode) && is_above(run->s, rel))) {
		place = place_of(run, layer, m);
		error = place ? 0 : -ENOMEM;
	}
	if (!error)
		error = merged_add(run->merged, m, rel, place,
				   sizeof(*place) + m->head_size);
	if (error)
		input_failed(run, error,
			     error == -EFBIG
				     ? "the headers of these members and of "
				       "the directories above take too much"
				     : "no memory");
}

/* What is visible of them in the end; and further names of theirs. */
static int found(void *ctx, const struct merged_entry *e)
{
	struct run *run = ctx;
	const struct place *p = e->data;
	struct set_job *job = set_member_find(run->s, e->rel);

	if (e->link && !job)
		archive_file(run->s->archive, LEVEL_NOTICE, e->rel,
			     run->s->rewrite
				     ? "a hard link to '%s': a further name of "
				       "the same file"
				     : "a hard link to '%s': in the new layer "
				       "it is another file, and this one stays "
				       "as it is",
			     e->link);
	if (!job || e->link)
		return 0;
	job->found = true;
	job->order = p->order;
	job->layer = strdup(p->layer);
	return job->layer ? 0 : -ENOMEM;
}

static void find_members(struct run *run)
{
	run->merged = merged_new(free, MERGED_SIZE);
	if (!run->merged) {
		input_failed(run, -ENOMEM, "no memory");
		return;
	}
	all_layers(run, look);
	if (!run->bad && merged_each(run->merged, found, run) != 0)
		input_failed(run, -ENOMEM, "no memory");
	if (!run->bad)
		run->bad = set_missing(run->s);
}

/* ------------------------------ the new layer ---------------------------- */

static void write_failed(struct run *run, int error)
{
	snprintf(run->why, sizeof(run->why), "%s", out_why(run->sink));
	failed(run, run->s->archive->out, error);
}

/* The directories above keep their owners and modes only if they are there. */
static int put_directory(void *ctx, const struct merged_entry *e)
{
	struct run *run = ctx;
	const struct place *p = e->data;

	if (e->link || !S_ISDIR(p->mode) || !is_above(run->s, e->rel))
		return 0;
	return out_write(run->sink, p->head, p->head_size);
}

static int put_changed(struct run *run, struct tar *tar,
		       const struct tar_member *m,
		       const struct tar_change *change)
{
	struct tar_where where;
	int error = tar_put(tar, m, change, run->sink, &where);

	if (error && where.source_failed)
		input_failed(run, error, tar_why(tar));
	else if (error)
		write_failed(run, error);
	return error;
}

static void put(struct run *run, const struct oci_layer *layer, struct tar *tar,
		const struct tar_member *m, const char *rel)
{
	struct set_job *job = set_member_find(run->s, rel);
	struct tar_change change = {0};
	enum archive_verdict verdict;

	(void)layer;
	if (!job || job->order != run->order)
		return;
	change.action = calloc(m->copies + 1, sizeof(*change.action));
	change.value = calloc(m->copies + 1, sizeof(*change.value));
	verdict = ARCHIVE_REFUSED;
	if (change.action && change.value)
		verdict = set_member(run->s, job, m, &change);
	else
		input_failed(run, -ENOMEM, "no memory");
	run->bad |= verdict == ARCHIVE_REFUSED;
	run->changed |= verdict == ARCHIVE_CHANGED;
	if (verdict == ARCHIVE_CHANGED && run->sink)
		put_changed(run, tar, m, &change);
	free(change.action);
	free(change.value);
}

static void write_layer(struct run *run)
{
	int error = 0;

	if (run->out)
		error = oci_replace(run->out, NULL, run->image, &run->sink,
				    run->why);
	if (error) {
		failed(run, run->s->archive->out, error);
		return;
	}
	if (run->sink)
		error = merged_each(run->merged, put_directory, run);
	if (error)
		write_failed(run, error);
	all_layers(run, put);
	if (!run->sink || run->bad)
		return;
	if (!run->changed) {
		oci_unreplace(run->out);
		return;
	}
	error = tar_put_marker(run->sink);
	if (error)
		write_failed(run, error);
	else if ((error = oci_replaced(run->out, run->why)) != 0)
		failed(run, run->s->archive->out, error);
}

/* --------------------------------- the run ------------------------------- */

/* Found in the layers that they are in, they are set there. */
static bool set_inside(struct archive *a, struct archive_store *store,
		       void *ctx)
{
	struct run run = {.s = ctx, .oci = store->oci, .out = store->out};
	int error = oci_only(run.oci, &run.image, run.why);

	a->who = TAR_GO;
	if (error)
		input_failed(&run, error, run.why);
	else
		find_members(&run);
	if (!run.bad && !run.s->rewrite)
		write_layer(&run);
	merged_free(run.merged);
	if (run.bad)
		return false;
	return run.s->rewrite ? archive_layers(a, store, NULL) : true;
}

void set_image(struct set_members *s)
{
	archive_store(s->archive, set_inside, s);
}
