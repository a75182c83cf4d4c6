/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image: whom a container image runs as. */
#ifndef EXPLAIN_IMAGE_H
#define EXPLAIN_IMAGE_H

#include "explain/explain.h"
#include "oci/oci.h"
#include "scan/scan.h"

/** IMAGE_FILE_MAX - the longest /etc/passwd or /etc/group that is read */
#define IMAGE_FILE_MAX (1 << 20)

/** struct image_user - whom an image runs as, ids of its own */
struct image_user {
	char name[256]; /* as its config has it; "" where it says nothing */
	uint32_t uid, gid;
};

/**
 * image_user_text() - the user that a config names                     pure
 * @user: "USER[:GROUP]", names or numbers
 * @passwd, @group: the files of the image, or NULL where there is none
 *
 * As runtimes do: a uid that passwd has gets its group, any other group 0.
 *
 * Return: 0, or -1 and @why where a name is not there.
 */
int image_user_text(const char *user, const char *passwd, const char *group,
		    struct image_user *found, char why[EXPLAIN_WHY_SIZE]);

/**
 * image_user() - whom the one image of a store runs as
 * @kind, @location, @max_size: as for oci_open()
 * @sandbox: it is read by a process that has closed itself
 *
 * Names are looked up in the files that its layers make together; where one of
 * them is a link, too long or no text, that is a failure.
 *
 * Return: 0 or -1 and @why.
 */
int image_user(enum oci_kind kind, const char *location, uint64_t max_size,
	       enum sandbox sandbox, struct image_user *found,
	       char why[EXPLAIN_WHY_SIZE]);

#endif /* EXPLAIN_IMAGE_H */
