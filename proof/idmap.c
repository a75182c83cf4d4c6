/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id maps and predictions: a program for the prover, never run. */
#include "idmap.h"

/* With the codec's source the prover sees how its arguments are used. */
#include "../lib/vfscap.c"

#include "../lib/idmap.c"
