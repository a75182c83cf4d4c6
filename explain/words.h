/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences with parts to fill in. */
#ifndef EXPLAIN_WORDS_H
#define EXPLAIN_WORDS_H

#include "explain/explain.h"

/** words_part_fn - what a letter behind a '$' stands for */
typedef void words_part_fn(void *ctx, char letter, char part[EXPLAIN_WHY_SIZE]);

/** words_fill() - a form with its parts; what does not fit is cut */
void words_fill(const char *form, words_part_fn *fn, void *ctx,
		char sentence[EXPLAIN_WHY_SIZE]);

/** words_append() - put text behind the @used bytes there are; how many there
 *  are then */
size_t words_append(char buf[EXPLAIN_WHY_SIZE], size_t used, const char *text);

#endif /* EXPLAIN_WORDS_H */
