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
	struct layers *layers; /* NULL: one at a time */
	struct layers_reader by;

	/* As in struct members, where layers are merged. */
	int (*each)(void *ctx, const struct tar_member *member, const char *rel,
		    const struct scan_record *record);
	void *each_ctx;
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
		.each = run->each,
		.ctx = run->each_ctx,
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

/* -------------------------- by a process of its own ----------------------- */

/* What a process says of a member whose layer is merged with others. */
#define KIND_MEMBER SCAN_OWN_KIND

/* It is counted where it is taken. */
struct sender {
	struct scan *scan;
	struct say *say;
};

static int send_member(void *ctx, const struct tar_member *member,
		       const char *rel, const struct scan_record *record)
{
	const struct sender *sender = ctx;
	struct pack *p = say_begin(sender->say);

	sender->scan->totals->entries = 0;
	pack_number(p, (uint8_t)member->type);
	pack_text(p, rel);
	pack_text(p, member->link);
	pack_number(p, record && record->value);
	if (record && record->value)
		scan_record_pack(p, record);
	return say_send(sender->say, KIND_MEMBER);
}

static int read_alone(struct scan *scan, struct say *say, struct oci *oci)
{
	struct sender sender = {scan, say};
	struct run run = {
		.scan = scan,
		.oci = oci,
		.each = scan->options->merged ? send_member : NULL,
		.each_ctx = &sender,
	};

	return read_layer(&run, oci->image->layer);
}

static int take_member(void *ctx, unsigned kind, struct unpack *u)
{
	struct run *run = ctx;
	struct tar_member member = {.type = (char)unpack_number(u, UINT8_MAX)};
	const char *rel = unpack_text(u), *link = unpack_text(u);
	const bool told = unpack_number(u, 1);
	struct scan_unpacked got = {0};
	int error = told ? scan_record_unpack(u, &got) : 0;

	if (kind != KIND_MEMBER || !run->merged || !rel || !link ||
	    !unpack_right(u))
		error = error == -ENOMEM ? error : -EPROTO;
	member.link = link;
	got.record.source = run->scan->input->source;
	if (!error) {
		run->scan->totals->entries++;
		error = take_merged(run, &member, rel,
				    told ? &got.record : NULL);
	}
	free(got.copy);
	return error;
}

static int expect(struct run *run, const struct oci_layer *layer)
{
	if (!run->layers || layer->foreign)
		return 0;
	return layers_add(run->layers, layer);
}

static int next_layer(struct run *run, const struct oci_layer *layer)
{
	int stop;

	if (run->layers && layers_hear(run->layers, &stop))
		return stop;
	return read_layer(run, layer);
}

/* --------------------------------- in order ------------------------------- */

/* Of a foreign layer it is not known what it hides, or has; but an attestation
 * makes no file system. */
static int one_layer(struct run *run, const struct oci_image *image,
		     const struct oci_layer *layer)
{
	if (!layer->foreign)
		return next_layer(run, layer);
	snprintf(run->why, sizeof(run->why), "%s", layer->foreign);
	if (image->artifact)
		return tell(run, SCAN_NOTICE, layer->digest, 0);
	return tell(run, SCAN_UNREAD, layer->digest, -ENOTSUP);
}

typedef int layer_fn(struct run *run, const struct oci_image *image,
		     const struct oci_layer *layer);

static int expect_one(struct run *run, const struct oci_image *image,
		      const struct oci_layer *layer)
{
	(void)image;
	return expect(run, layer);
}

static int of_each(struct run *run, layer_fn *fn)
{
	struct oci *oci = run->oci;
	int stop = 0;

	for (size_t i = 0; i < oci->images && !stop; i++) {
		const struct oci_image *image = &oci->image[i];

		for (size_t k = 0; k < image->layers && !stop; k++)
			if (image->layer[k].foreign || !oci_repeated(oci, i, k))
				stop = fn(run, image, &image->layer[k]);
	}
	return stop;
}

static int each_layer(struct run *run)
{
	int stop = of_each(run, expect_one);

	return stop ? stop : of_each(run, one_layer);
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

static int merge(struct run *run, const struct oci_image *image)
{
	int stop = 0;

	for (size_t k = 0; k < image->layers && !stop; k++)
		stop = expect(run, &image->layer[k]);
	for (size_t k = 0; k < image->layers && !stop; k++) {
		merged_layer(run->merged);
		stop = one_layer(run, image, &image->layer[k]);
	}
	return stop;
}

static int whole(struct run *run)
{
	struct oci_image *image;
	int stop;

	if (oci_only(run->oci, &image, run->why) != 0)
		return tell(run, SCAN_UNREAD, NULL, -EINVAL);
	run->merged = merged_new(free_record, MERGED_SIZE);
	if (!run->merged)
		return -ENOMEM;
	run->each = take_merged;
	run->each_ctx = run;
	stop = merge(run, image);
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

static int read_layers(struct run *run)
{
	int stop;

	if (run->scan->options->jobs > 1) {
		run->by = (struct layers_reader){
			.scan = run->scan,
			.oci = run->oci,
			.say = run->by.say,
			.outside = run->by.outside,
			.take = take_member,
			.ctx = run,
		};
		run->layers = layers_new(&run->by);
		if (!run->layers)
			return -ENOMEM;
	}
	stop = run->scan->options->merged ? whole(run) : each_layer(run);
	layers_free(run->layers);
	return stop;
}

/* What the store has besides. */
static int tell_unread(struct run *run)
{
	const struct oci *oci = run->oci;
	const char *hidden = oci_hidden(oci);
	int stop = 0;

	if (hidden)
		stop = scan_tell(run->scan, SCAN_NOTICE, NULL, 0, hidden);
	if (!stop && oci->others)
		stop = scan_tell(run->scan, SCAN_NOTICE, NULL, 0,
				 "an index names what has the media type of "
				 "neither manifest nor index; it is not looked "
				 "into");
	return stop;
}

/* The place is gone then. */
static int read_store(struct scan *scan, struct say *say,
		      struct scan_image *image, struct oci_place *place)
{
	struct run run = {
		.scan = scan,
		.by = {.say = say, .outside = &image->outside},
	};
	uint64_t limit = scan->options->max_size ? scan->options->max_size
						 : SCAN_MAX_SIZE;
	int stop, error = oci_read(&run.oci, place, limit, run.why);

	if (error)
		return tell(&run, SCAN_UNREAD, NULL, error);
	stop = read_layers(&run);
	if (!stop)
		stop = tell_unread(&run);
	oci_close(run.oci);
	return stop;
}

static int read_inside(struct scan *scan, struct say *say, void *ctx)
{
	struct scan_image *image = ctx;
	struct oci_place place;
	int error;

	if (say && image->place.kind == OCI_LAYOUT)
		image->place.fd = -1; /* it stayed outside */
	/* Who loads such an archive goes by the one or by the other. */
	image->place.both = !scan->options->merged;
	error = oci_found_again(&place, &image->place);
	layers_ask_blobs(&place, say);
	if (!error)
		return read_store(scan, say, image, &place);
	oci_lose(&place);
	return error;
}

void scan_image_answer(void *ctx, struct unpack *question,
		       struct closed_answer *answer, int *fd)
{
	struct scan_image *image = ctx;

	layers_answer(&image->outside, question, answer, fd);
}

static void begin_outside(struct scan *scan, struct scan_image *image)
{
	image->outside = (struct layers_outside){
		.scan = scan,
		.place = &image->place,
		.read = read_alone,
	};
}

static int scan_image(struct scan *scan, enum oci_kind kind)
{
	struct run run = {.scan = scan};
	struct scan_image image;
	struct scan_work work = {
		.fd = -1,
		.read = read_inside,
		.answer = scan_image_answer,
		.ctx = &image,
	};
	int stop, error = oci_find(&image.place, kind, scan->input->location,
				   run.why);

	if (error)
		return tell(&run, SCAN_UNREAD, NULL, error);
	begin_outside(scan, &image);
	if (kind != OCI_LAYOUT)
		work.fd = image.place.fd;
	stop = scan_closed(scan, &work);
	scan_image_end(&image);
	return stop;
}

int scan_image_found(struct scan *scan, struct scan_image *image, int fd)
{
	int error = oci_found(&image->place, OCI_ARCHIVE, scan->input->location,
			      fd);

	begin_outside(scan, image);
	return error;
}

void scan_image_end(struct scan_image *image)
{
	layers_end(&image->outside);
	oci_lose(&image->place);
}

int scan_image_archive(struct scan *scan, struct say *say, enum oci_kind kind,
		       struct scan_image *image)
{
	image->place.kind = kind;
	return read_inside(scan, say, image);
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
