/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call of fcapexplain: what its arguments ask for.
 */
#ifndef EXPLAINOPT_H
#define EXPLAINOPT_H

#include "bin/explaincall.h"
#include "bin/tool.h"
#include "explain/answer.h"

/** struct explain - the options, and what is made of them */
struct explain {
	struct tool tool;
	struct explain_call call;
	struct scan_options options;
	struct scan_totals totals;
	struct vfscap_kernel kernel;
	struct subject subject;
	struct subject image;	   /* whom an image runs as */
	const struct subject *who; /* one of both */
	struct answer_given given;
	uint8_t *value; /* of --as-stored */
	const char *as_stored;
	bool verbose, json, all;
	bool named; /* the file that is asked for is an INPUT itself */
};

/** explain_options() - take all of them, or exit with 2; the inputs begin at
 *  optind */
void explain_options(struct explain *explain, int argc, char **argv);

/** explain_kernel() - whose rules and capabilities count, for these inputs */
void explain_kernel(struct explain *explain, char **inputs);

/** explain_value() - the value that --as-stored has, or exit with 2 */
void explain_value(struct explain *explain);

#endif /* EXPLAINOPT_H */
