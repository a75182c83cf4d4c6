/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the reader of an image asks outside, and how it is written down. */
#ifndef SCAN_LAYERS_ASK_H
#define SCAN_LAYERS_ASK_H

#include "scan/layers.h"

/** enum ask - how a question begins */
enum ask {
	ASK_BLOB,  /* a name: open it */
	ASK_BEGIN, /* a layer: begin a process that reads it, and number it */
	ASK_END,   /* a number, and whether at once: how did it end? */
};

/** layers_pack() - a layer as part of a message */
void layers_pack(struct pack *pack, const struct oci_apart *apart);

#endif /* SCAN_LAYERS_ASK_H */
