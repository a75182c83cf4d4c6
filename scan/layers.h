/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layers: layers of an image that are read at once, by a process each.
 *
 * Whoever reads an image knows which layers are to come, and in which order. It
 * has a process begun for each of the next ones that are worth it, which reads
 * its layer, compares its digests, and keeps what it has to say. When a layer's
 * turn comes its process is heard, as if the layer were read just then: so the
 * records and their order are those of one process alone. What cannot be had
 * from a process, since none can be begun, the reader reads by itself.
 *
 * A closed process begins none. It asks outside, with what another one needs to
 * know of the layer, and gets a socket; who began the process says how it ended.
 *
 * There run as many at once as --jobs says, and LAYERS_AT_ONCE at most. Those
 * that are through, or have LAYERS_HOLD bytes to say, wait for their turn and do
 * not count; of all kinds there are at most LAYERS_MOST.
 */
#ifndef SCAN_LAYERS_H
#define SCAN_LAYERS_H

#include "oci/oci.h"
#include "scan/closed.h"

#define LAYERS_AT_ONCE 16
#define LAYERS_MOST 32
#define LAYERS_HOLD ((size_t)8 << 20)

/** LAYERS_WORTH - bytes of a layer's blob that are worth a process, which costs
 *  as much as a thousandth of a second */
#define LAYERS_WORTH (UINT64_C(128) << 10)

/* -------------------------------- outside --------------------------------- */

/** struct layers_outside - who begins processes; zero at first but for @scan,
 *  @place, @read */
struct layers_outside {
	struct scan *scan;
	struct oci_place *place;

	/** @read: what a process does with its layer, the only one of @oci;
	 *  0, what saying returned, or -ENOMEM */
	int (*read)(struct scan *scan, struct say *say, struct oci *oci);

	struct jail jail[LAYERS_MOST];
	bool begun[LAYERS_MOST];
	size_t all; /* that were ever begun */
};

/** layers_answer() - as in struct scan_work; of a layout it opens blobs too */
void layers_answer(struct layers_outside *outside, struct unpack *question,
		   struct closed_answer *answer, int *fd);

/** layers_end() - end those that are left */
void layers_end(struct layers_outside *outside);

/** layers_ask_blobs() - inside: have the blobs of a layout opened as @say asks;
 *  nothing for archives. layers_answer_blob() answers that alone */
void layers_ask_blobs(struct oci_place *place, struct say *say);
void layers_answer_blob(const struct oci_place *place, struct unpack *question,
			struct closed_answer *answer, int *fd);

/* --------------------------------- inside --------------------------------- */

struct layers;

/** struct layers_reader - who reads an image */
struct layers_reader {
	struct scan *scan;
	struct oci *oci;

	/** @say: to ask with; NULL: it is not closed, and begins them itself,
	 *  as @outside */
	struct say *say;
	struct layers_outside *outside;

	/** @take: for what a process says itself; as in struct scan_work */
	int (*take)(void *ctx, unsigned kind, struct unpack *message);
	void *ctx;
};

/** layers_new() - with no layer to come; NULL: no memory */
struct layers *layers_new(const struct layers_reader *reader);

/** layers_add() - one that is to come, after those before: 0 or -ENOMEM */
int layers_add(struct layers *layers, const struct oci_layer *layer);

/**
 * layers_hear() - the next layer that was added; its records go to the scan's
 * function
 * @stop: 0, what that or @take returned, or -ENOMEM
 *
 * Return: false where the caller is to read it.
 */
bool layers_hear(struct layers *layers, int *stop);

void layers_free(struct layers *layers);

#endif /* SCAN_LAYERS_H */
