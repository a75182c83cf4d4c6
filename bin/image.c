/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Container images written anew: layers that change, and what names them. */
#include "bin/archive.h"
#include "form/form.h"
#include "oci/oci.h"
#include "scan/layers.h"

/* One run over a store. */
struct run {
	struct archive *a;
	struct oci *oci;
	struct oci_out *out;
	char why[OCI_WHY_SIZE];
	bool bad;
};

static void failed(struct run *run, const char *path, int error)
{
	char number[FORM_ERRNO_SIZE];

	run->bad = true;
	archive_file(run->a, LEVEL_ERROR, path, "%s: %s",
		     form_errno(-error, number), run->why);
}

static void read_failed(struct run *run, int error)
{
	failed(run, run->a->input->location, error);
}

static void take_pass(struct run *run, const struct archive_pass *pass)
{
	run->bad |= pass->refused || pass->failed || pass->out_failed;
}

/* Look for changes; the layer is what its digest says, or it is refused. */
static uintmax_t look(struct run *run, const struct oci_layer *layer)
{
	struct archive_pass pass = {0};
	struct oci_blob blob;
	int error = oci_layer_open(run->oci, layer, &blob, run->why);

	if (error) {
		read_failed(run, error);
		return 0;
	}
	archive_members(run->a, blob.in, NULL, &pass);
	take_pass(run, &pass);
	if (!pass.failed) {
		error = oci_layer_verify(&blob, run->why);
		if (error)
			read_failed(run, error);
	}
	oci_layer_close(&blob);
	return pass.changed;
}

/* The blob that was read again, while another wrote to it perhaps, has to be
 * the one that was looked at. */
static int finish_layer(struct run *run, struct oci_blob *blob)
{
	int error = oci_layer_verify(blob, run->why);

	if (error) {
		read_failed(run, error);
		return 0;
	}
	return oci_replaced(run->out, run->why);
}

static void change(struct run *run, const struct oci_layer *layer)
{
	struct archive_pass pass = {0};
	struct oci_blob blob;
	struct out *sink;
	int error = oci_layer_open(run->oci, layer, &blob, run->why);

	if (error) {
		read_failed(run, error);
		return;
	}
	error = oci_replace(run->out, layer, NULL, &sink, run->why);
	if (!error) {
		run->a->again(run->a->ctx, true);
		archive_members(run->a, blob.in, sink, &pass);
		run->a->again(run->a->ctx, false);
		take_pass(run, &pass);
		error = run->bad ? 0 : finish_layer(run, &blob);
	}
	if (error)
		failed(run, run->a->out, error);
	oci_layer_close(&blob);
}

/* What is in it is not known, and so not whether all was done. */
static void foreign(struct run *run, const struct oci_image *image,
		    const struct oci_layer *layer)
{
	bool keep = image->artifact || run->a->keep_foreign;

	archive_file(run->a, keep ? LEVEL_NOTICE : LEVEL_ERROR,
		     run->a->input->location, "%s: %s%s",
		     keep ? "kept as it is" : "ENOTSUP", layer->foreign,
		     keep ? "" : "; --undecodable=keep keeps it as it is");
	run->bad |= !keep;
}

static void one_layer(struct run *run, const struct oci_image *image,
		      const struct oci_layer *layer)
{
	run->a->layer = layer->digest;
	if (layer->foreign)
		foreign(run, image, layer);
	else if (look(run, layer) && run->out && !run->bad)
		change(run, layer);
	run->a->layer = NULL;
}

static void all_layers(struct run *run)
{
	const struct oci *oci = run->oci;

	run->a->who = TAR_GO;
	for (size_t i = 0; i < oci->images; i++) {
		const struct oci_image *image = &oci->image[i];

		for (size_t k = 0; k < image->layers; k++)
			if (image->layer[k].foreign || !oci_repeated(oci, i, k))
				one_layer(run, image, &image->layer[k]);
	}
	if (run->a->end && run->a->end(run->a->ctx) == ARCHIVE_REFUSED)
		run->bad = true;
}

bool archive_layers(struct archive *a, struct archive_store *store, void *ctx)
{
	struct run run = {.a = a, .oci = store->oci, .out = store->out};

	(void)ctx;
	all_layers(&run);
	return !run.bad;
}

/* --------------------------------- stores -------------------------------- */

static enum oci_kind kind_of(const struct scan_input *input)
{
	if (input->backend->run == scan_oci)
		return OCI_LAYOUT;
	return input->backend->run == scan_oci_archive ? OCI_ARCHIVE
						       : OCI_DOCKER;
}

/* struct job - a store, as both sides see it */
struct job {
	struct oci_place place;
	struct archive_store store;
	archive_store_fn *work;
	void *ctx;
};

static void told(struct archive *a, const char *path, int error,
		 const char *why)
{
	char number[FORM_ERRNO_SIZE];

	archive_file(a, LEVEL_ERROR, path, "%s: %s", form_errno(-error, number),
		     why);
}

/* Some load what was not looked at. */
static void tell_hidden(struct archive *a, const struct oci *oci)
{
	const char *hidden = oci_hidden(oci);

	if (hidden)
		archive_file(a, LEVEL_NOTICE, a->input->location, "%s", hidden);
}

/* What was written is whole but for its place. */
static bool compose(struct archive *a, struct archive_store *store)
{
	char why[OCI_WHY_SIZE];
	int error = store->out ? oci_compose(store->out, why) : 0;

	if (error)
		told(a, a->out, error, why);
	return !error;
}

static bool work_inside(struct archive *a, struct say *say, void *ctx)
{
	struct job *job = ctx;
	struct archive_store *store = &job->store;
	char why[OCI_WHY_SIZE];
	bool good;
	int error;

	layers_ask_blobs(&job->place, say);
	/* All layers are converted; what is set, is set in one image. */
	job->place.both = job->work == archive_layers;
	error = oci_read(&store->oci, &job->place,
			 a->max_size ? a->max_size : SCAN_MAX_SIZE, why);
	if (error) {
		told(a, a->input->location, error, why);
		return false;
	}
	if (store->out)
		oci_output_of(store->out, store->oci);
	tell_hidden(a, store->oci);
	good = job->work(a, store, job->ctx) && compose(a, store);
	oci_close(store->oci);
	return good;
}

static void answer(void *ctx, struct unpack *question, struct closed_answer *to,
		   int *fd)
{
	struct job *job = ctx;

	layers_answer_blob(&job->place, question, to, fd);
}

/* The store, and what is written to; of a layout files below both. */
static bool run_closed(struct archive *a, struct job *job)
{
	const struct oci_out *out = job->store.out;
	bool layout = job->place.kind == OCI_LAYOUT;
	int keep[3] = {job->place.fd}, done;
	size_t kept = 1 + (out ? oci_descriptors(out, keep + 1) : 0);
	const struct jail_directory directory[] = {{keep[0], false},
						   {keep[1], true}};
	const struct archive_work work = {
		.with = {.keep = keep,
			 .kept = kept,
			 .directory = directory,
			 .directories = layout && out ? 2 : 0},
		.work = work_inside,
		.answer = layout ? answer : NULL,
		.ctx = job,
	};
	char why[CLOSED_WHY_SIZE];

	done = archive_closed(a, &work, why);
	if (done < 0)
		told(a, a->input->location, done, why);
	return done > 0;
}

/* The output's directory may be another's. */
static void raise_for_output(void)
{
	privilege_raise(CAP_DAC_OVERRIDE);
	privilege_raise(CAP_FOWNER);
}

static void lower_for_output(void)
{
	privilege_lower(CAP_FOWNER);
	privilege_lower(CAP_DAC_OVERRIDE);
}

static bool begin(struct archive *a, struct job *job)
{
	char why[OCI_WHY_SIZE];
	int error = oci_find(&job->place, kind_of(a->input), a->input->location,
			     why);

	if (error) {
		told(a, a->input->location, error, why);
		return false;
	}
	if (a->dry_run)
		return true;
	raise_for_output();
	error = oci_output(&job->store.out, job->place.kind, a->out, a->force,
			   a->level, why);
	lower_for_output();
	if (error)
		told(a, a->out, error, why);
	return !error;
}

static void end(struct archive *a, struct job *job, bool good)
{
	char why[OCI_WHY_SIZE];
	int error = 0;

	if (!job->store.out)
		return;
	raise_for_output();
	if (good)
		error = oci_settle(job->store.out, &a->placed, why);
	else
		oci_abandon(job->store.out);
	lower_for_output();
	if (error)
		told(a, a->out, error, why);
}

void archive_store(struct archive *a, archive_store_fn *work, void *ctx)
{
	struct job job = {.work = work, .ctx = ctx};

	tool_privileges(a->tool, PRIVILEGE_OPEN | PRIVILEGE_RENAME);
	if (begin(a, &job))
		end(a, &job, run_closed(a, &job));
	oci_lose(&job.place);
}

void archive_image(struct archive *a)
{
	archive_store(a, archive_layers, NULL);
}
