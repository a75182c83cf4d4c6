/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Predictions and what the kernel does, side by side. */
#ifndef VFSCAP_TESTS_USERNS_JUDGE_H
#define VFSCAP_TESTS_USERNS_JUDGE_H

#include "userns_places.h"
#include "userns_values.h"

#include <stddef.h>

/*
 * One wrong prediction must not hide the next: each is complained of on stderr,
 * and counted.
 */

/** userns_judge() - all that is tried in a place: values that init stores there
 *  and everybody reads and executes, and the trials */
void userns_judge(struct userns_scene *s, const struct userns_place *p);

/** userns_judge_by_all() - have a stored value read, and sometimes executed, by
 *  everybody of the scene
 *  @path: the file */
void userns_judge_by_all(const struct userns_scene *s,
			 const struct userns_place *p, const char *path,
			 const struct userns_value *stored);

/** userns_judge_disk() - have debugfs say what the trials left on the disk
 *  @image: what is mounted on "disk" */
void userns_judge_disk(const char *image);

/** struct userns_verdict - what has come of it all */
struct userns_verdict {
	unsigned long predictions;
	unsigned long on_disk;
	unsigned long complaints;
};

/** userns_conclude() - the verdict; how often predictions were what is printed */
struct userns_verdict userns_conclude(void);

#endif /* VFSCAP_TESTS_USERNS_JUDGE_H */
