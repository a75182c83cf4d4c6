/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fcapinspect says without an input: --text and --capabilities.
 */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "bin/tool.h"

/** struct describe - where it goes, and in which form */
struct describe {
	struct tool *tool;
	FILE *out;
	bool json;
};

/** describe_text() - the three masks and the canonical form of a text; that no
 *  attribute can hold it is said too */
void describe_text(const struct describe *d, const struct vfscap_sets *asked);

/** describe_capabilities() - the listing in use; in JSON what this build and
 *  this kernel support besides */
void describe_capabilities(const struct describe *d);

#endif /* DESCRIBE_H */
