/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains of user namespaces, measured ones and made-up ones, with processes. */
#ifndef VFSCAP_TESTS_USERNS_CHAINS_H
#define VFSCAP_TESTS_USERNS_CHAINS_H

#include "userns_process.h"
#include "vfscap.h"

#include <stddef.h>

/** struct userns_chain - namespaces, each within the one before */
struct userns_chain {
	size_t number;
	size_t depth;
	struct vfscap_idmap relative[USERNS_LEVELS];
	struct vfscap_userns ns[USERNS_LEVELS];
	struct userns_process process[USERNS_LEVELS];

	/** @spare: in a namespace beside it that only gives its map to mounts */
	struct vfscap_userns spare_ns;
	struct userns_process spare;
};

/**
 * userns_make_chain() - make a chain, and start its processes
 * @c: zeroed; its parts point to each other, so it may not be moved
 * @number: the first ones are known, all others are generated
 */
void userns_make_chain(struct userns_chain *c, size_t number);

/** userns_some_host() - a process of a level from this one on that can mount
 *  something; or NULL */
const struct userns_process *userns_some_host(const struct userns_chain *c,
					      size_t from);

/** userns_some_idmap() - a process whose namespace's map is to be an idmap: not
 *  that of the file system, which the host has mounted */
const struct userns_process *
userns_some_idmap(const struct userns_chain *c,
		  const struct userns_process *host);

#endif /* VFSCAP_TESTS_USERNS_CHAINS_H */
