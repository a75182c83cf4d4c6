/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds of every process that a user can name. */
#include "executes.h"
#include "fuzz.h"

void executes(const struct subject *subject,
	      const struct vfscap_listing *listing)
{
	static const uint8_t value[VFSCAP_SIZE_2] = {1, 0, 0, 2, 0, 0x20};
	const struct vfscap_kernel kernel = {.known = listing->known};
	const struct vfscap_program program = {.present = true,
					       .value = value,
					       .size = sizeof(value),
					       .mode = 0755,
					       .owner_mapped = true};
	const struct vfscap_creds *c = &subject->process.creds;
	struct vfscap_outcome outcome;

	must(!(c->effective & ~c->permitted));
	must(!(c->ambient & ~(c->permitted & c->inheritable)));
	must(!((c->permitted | c->inheritable | c->bounding) &
	       ~listing->known));
	vfscap_explain(&kernel, &subject->process, &program, &outcome);
	must(outcome.reasons);
	must(!(outcome.creds.permitted & ~listing->known));
}
