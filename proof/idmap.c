/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id maps, and there and back: programs for the prover, never run. */
#include "idmap.h"

#include "../lib/idmap.c"
