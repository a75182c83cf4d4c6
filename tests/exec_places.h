/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of all kinds, and the mounts that they are executed from. */
#ifndef VFSCAP_TESTS_EXEC_PLACES_H
#define VFSCAP_TESTS_EXEC_PLACES_H

#include "userns_chains.h"
#include "userns_places.h"
#include "userns_values.h"
#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct exec_file - a program, or a script that names one beside it */
struct exec_file {
	char name[24];
	bool present; /* it has the attribute */
	struct userns_value value;
	uint32_t mode, uid, gid;	     /* as they are on disk */
	const struct exec_file *interpreter; /* of a script */
};

#define EXEC_FILES 112

/** struct exec_files - what a directory has */
struct exec_files {
	size_t count;
	struct exec_file file[EXEC_FILES];
};

/** struct exec_place - a directory, and how it is mounted */
struct exec_place {
	const char *name;
	int dir;
	struct vfscap_mount mount, lower;
	bool nosuid, detached;
	const struct exec_files *files;
};

#define EXEC_PLACES 8

/** struct exec_scene - a chain of namespaces, and places for it */
struct exec_scene {
	struct userns_scene mounts; /* its chain, and what is mounted */
	size_t count;
	struct exec_place place[EXEC_PLACES];
	struct exec_files tmpfs;
};

/** exec_make_disk() - mount the disk with its programs on "disk"
 *  @raw: any bytes can be planted, by debugfs; else only what setxattr takes */
void exec_make_disk(bool raw);

/** exec_open_scene(), exec_close_scene() - mount all places for a chain */
void exec_open_scene(struct exec_scene *s, struct userns_chain *chain);
void exec_close_scene(struct exec_scene *s);

/** exec_program() - a file there, for vfscap_explain()
 *  @interpreter: room for a script's */
void exec_program(const struct exec_place *place, const struct exec_file *file,
		  const struct vfscap_userns *ns,
		  struct vfscap_program *program,
		  struct vfscap_program *interpreter);

#endif /* VFSCAP_TESTS_EXEC_PLACES_H */
