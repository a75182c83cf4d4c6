/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Container images: each layer by itself, or the file system that they make. */
#include "scan/image.h"
#include "scan/closed.h"
#include "scan/members.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One run over a store. */
struct run {
	struct scan *scan;
	struct oci *oci;
	struct merged *merged; /* NULL: layers by themselves */
	char why[OCI_WHY_SIZE];
};

static int tell(struct run *run, enum scan_what what, const char *layer,
		int error)
{
	return error == -ENOMEM
		       ? error
		       : scan_tell(run->scan, what, layer, error, run->why);
}

/* --------------------------------- layers -------------------------------- */

static void free_record(void *record)
{
	scan_record_free(record);
}

static int take_merged(void *ctx, const struct tar_member *member,
		       const char *rel, const struct scan_record *record)
{
	struct run *run = ctx;
	struct scan_record *copy = NULL;
	size_t size = 0;

	if (record && record->value) {
		copy = scan_record_copy(record);
		if (!copy)
			return -ENOMEM;
		size = scan_record_size(record);
	}
	return merged_add(run->merged, member, rel, copy, size);
}

static int read_layer(struct run *run, const struct oci_layer *layer)
{
	struct members m = {
		.scan = run->scan,
		.layer = layer->digest,
		.who = TAR_GO,
		.each = run->merged ? take_merged : NULL,
		.ctx = run,
	};
	struct oci_blob blob;
	int stop, error = oci_layer_open(run->oci, layer, &blob, run->why);

	if (error)
		return tell(run, SCAN_UNREAD, layer->digest, error);
	m.in = blob.in;
	stop = members_scan(&m);
	if (!stop && !m.failed) {
		error = oci_layer_verify(&blob, run->why);
		if (error)
			stop = tell(run, SCAN_UNREAD, layer->digest, error);
	}
	oci_layer_close(&blob);
	return stop;
}

/* Of a foreign layer it is not known what it hides, or has; but an attestation
 * makes no file system. */
static int one_layer(struct run *run, const struct oci_image *image,
		     const struct oci_layer *layer)
{
	if (!layer->foreign)
		return read_layer(run, layer);
	snprintf(run->why, sizeof(run->why), "%s", layer->foreign);
	if (image->artifact)
		return tell(run, SCAN_NOTICE, layer->digest, 0);
	return tell(run, SCAN_UNREAD, layer->digest, -ENOTSUP);
}

static int each_layer(struct run *run)
{
	struct oci *oci = run->oci;
	int stop = 0;

	for (size_t i = 0; i < oci->images && !stop; i++) {
		const struct oci_image *image = &oci->image[i];

		for (size_t k = 0; k < image->layers && !stop; k++)
			if (image->layer[k].foreign || !oci_repeated(oci, i, k))
				stop = one_layer(run, image, &image->layer[k]);
	}
	return stop;
}

/* --------------------------------- merged -------------------------------- */

static int tell_merged(void *ctx, const struct merged_entry *e)
{
	struct run *run = ctx;
	struct scan_record r = *(const struct scan_record *)e->data;

	if (e->link) {
		r.rel = r.path = e->rel;
		r.link = e->link;
	}
	r.again = false; /* what was replaced is not there any more */
	return run->scan->fn(run->scan->ctx, &r);
}

static int whole(struct run *run)
{
	struct oci_image *image;
	int stop = 0;

	if (oci_only(run->oci, &image, run->why) != 0)
		return tell(run, SCAN_UNREAD, NULL, -EINVAL);
	run->merged = merged_new(free_record, MERGED_SIZE);
	if (!run->merged)
		return -ENOMEM;
	for (size_t k = 0; k < image->layers && !stop; k++) {
		merged_layer(run->merged);
		stop = one_layer(run, image, &image->layer[k]);
	}
	if (stop == -EFBIG)
		stop = scan_tell(run->scan, SCAN_UNREAD, NULL, stop,
				 "more entries with the attribute than can be "
				 "kept");
	else if (!stop)
		stop = merged_each(run->merged, tell_merged, run);
	merged_free(run->merged);
	return stop;
}

/* -------------------------------- the kinds ------------------------------ */

static int read_store(struct scan *scan, struct oci_place *place)
{
	struct run run = {.scan = scan};
	uint64_t limit = scan->options->max_size ? scan->options->max_size
						 : SCAN_MAX_SIZE;
	int stop, error = oci_read(&run.oci, place, limit, run.why);

	if (error)
		return tell(&run, SCAN_UNREAD, NULL, error);
	stop = scan->options->merged ? whole(&run) : each_layer(&run);
	oci_close(run.oci);
	return stop;
}

/* A closed process opens no blob of a layout: it asks for each. */
static int ask_for(void *ctx, const char *name, uint64_t *size,
		   char why[OCI_WHY_SIZE])
{
	struct say *say = ctx;
	struct closed_answer answer;
	int fd, error;

	pack_text(say_begin(say), name);
	error = say_ask(say, &answer, &fd);
	if (error || answer.error) {
		snprintf(why, OCI_WHY_SIZE, "%s",
			 error ? strerror(-error) : answer.why);
		return error ? error : answer.error;
	}
	*size = answer.number;
	return fd;
}

void scan_image_ask(struct oci_place *place, struct say *say)
{
	if (!say || place->kind != OCI_LAYOUT)
		return;
	place->open = ask_for;
	place->open_ctx = say;
}

static int read_inside(struct scan *scan, struct say *say, void *ctx)
{
	struct oci_place *place = ctx;

	scan_image_ask(place, say);
	if (place->open)
		place->fd = -1; /* it stayed outside */
	return read_store(scan, place);
}

void scan_image_answer(void *ctx, struct unpack *question,
		       struct closed_answer *answer, int *fd)
{
	const struct oci_place *place = ctx;
	const char *name = unpack_text(question);

	answer->error = -EBADMSG;
	if (!unpack_right(question) || !name)
		return;
	*fd = oci_open_blob(place->fd, name, &answer->number, answer->why);
	answer->error = *fd < 0 ? *fd : 0;
}

static int scan_image(struct scan *scan, enum oci_kind kind)
{
	struct run run = {.scan = scan};
	struct oci_place place;
	const bool layout = kind == OCI_LAYOUT;
	struct scan_work work = {
		.fd = -1,
		.read = read_inside,
		.answer = layout ? scan_image_answer : NULL,
		.ctx = &place,
	};
	int stop,
		error = oci_find(&place, kind, scan->input->location, run.why);

	if (error)
		return tell(&run, SCAN_UNREAD, NULL, error);
	if (!layout)
		work.fd = place.fd;
	stop = scan_closed(scan, &work);
	oci_lose(&place);
	return stop;
}

int scan_image_archive(struct scan *scan, enum oci_kind kind, int fd)
{
	struct oci_place place;
	int error = oci_found(&place, kind, scan->input->location, fd);
	int stop = error;

	if (!error)
		stop = read_store(scan, &place);
	oci_lose(&place);
	return stop;
}

int scan_oci(struct scan *scan)
{
	return scan_image(scan, OCI_LAYOUT);
}

int scan_oci_archive(struct scan *scan)
{
	return scan_image(scan, OCI_ARCHIVE);
}

int scan_docker_archive(struct scan *scan)
{
	return scan_image(scan, OCI_DOCKER);
}
