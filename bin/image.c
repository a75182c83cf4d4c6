/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Container images written anew: layers that change, and what names them. */
#include "bin/archive.h"
#include "oci/oci.h"

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
	char number[24];

	run->bad = true;
	archive_file(run->a, LEVEL_ERROR, path, "%s: %s",
		     report_errno(-error, number), run->why);
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

/* --------------------------------- stores -------------------------------- */

static enum oci_kind kind_of(const struct scan_input *input)
{
	if (input->backend->run == scan_oci)
		return OCI_LAYOUT;
	return input->backend->run == scan_oci_archive ? OCI_ARCHIVE
						       : OCI_DOCKER;
}

int archive_open_store(struct archive *a, struct oci **oci,
		       char why[OCI_WHY_SIZE])
{
	tool_privileges(a->tool, PRIVILEGE_OPEN | PRIVILEGE_RENAME);
	return oci_open(oci, kind_of(a->input), a->input->location,
			a->max_size ? a->max_size : SCAN_MAX_SIZE, why);
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

int archive_begin_store(struct archive *a, struct oci *oci,
			struct oci_out **out, char why[OCI_WHY_SIZE])
{
	int error;

	raise_for_output();
	error = oci_begin(out, oci, a->out, a->force, a->level, why);
	lower_for_output();
	return error;
}

int archive_end_store(struct oci_out *out, bool good, char why[OCI_WHY_SIZE])
{
	int error = 0;

	if (!out)
		return 0;
	raise_for_output();
	if (good)
		error = oci_commit(out, why);
	else
		oci_abandon(out);
	lower_for_output();
	return error;
}

/* --------------------------------- the run ------------------------------- */

static bool begin(struct run *run)
{
	struct archive *a = run->a;
	int error = archive_open_store(a, &run->oci, run->why);

	if (error) {
		read_failed(run, error);
		return false;
	}
	if (!a->dry_run)
		error = archive_begin_store(a, run->oci, &run->out, run->why);
	if (error)
		failed(run, a->out, error);
	return !error;
}

void archive_image(struct archive *a)
{
	struct run run = {.a = a};
	int error;

	if (begin(&run)) {
		all_layers(&run);
		error = archive_end_store(run.out, !run.bad, run.why);
		if (error)
			failed(&run, a->out, error);
	}
	oci_close(run.oci);
}
