/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes in user namespaces that do what they are asked to. */
#ifndef VFSCAP_TESTS_USERNS_PROCESS_H
#define VFSCAP_TESTS_USERNS_PROCESS_H

#include "userns_values.h"
#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define USERNS_LEVELS 3 /* of namespaces, below the initial one */
#define USERNS_STRANGER UINT32_C(3999999999) /* whom nobody is root for */

/** struct userns_process - a process that can be asked */
struct userns_process {
	/** @ns: where it is; NULL: in the initial namespace */
	const struct vfscap_userns *ns;

	/** @id: who it is in its namespace; VFSCAP_ROOTID_INVALID: nobody
	 *  there */
	uint32_t id;

	/** @pid: as soon as it is started */
	pid_t pid;

	/* Of userns_process.c. */
	int fd;
	struct userns_talk *talk;
};

/** userns_init - the one in the initial namespace, to be started as such */
extern struct userns_process userns_init;

/** userns_bounding() - the bounding set of init */
uint64_t userns_bounding(void);

/**
 * userns_start() - start a process
 * @p: its @ns and @id are set
 * @map: the map of its namespace, as /proc has it; NULL: it gets no namespace;
 * "": one without a map
 */
void userns_start(struct userns_process *p, const char *map);

/**
 * userns_start_line() - start processes, each the child of the one before
 * @relative: the maps of their namespaces, each in the ids of the one before
 *
 * With the first one, all of them end.
 */
void userns_start_line(struct userns_process p[],
		       const struct vfscap_idmap relative[], size_t n);

/* ---------------------------- what can be asked -------------------------- */

/** userns_ask_get() - getxattr(2); returns an errno */
int userns_ask_get(const struct userns_process *p, const char *path,
		   struct userns_value *v);

/** userns_ask_set() - setxattr(2); returns an errno
 *  @bare: without CAP_SETFCAP */
int userns_ask_set(const struct userns_process *p, const char *path,
		   const struct userns_value *v, bool bare);

/** userns_ask_exec() - execve(2) of helper_creds; returns an errno
 *  @granted: what the program was permitted */
int userns_ask_exec(const struct userns_process *p, const char *path,
		    uint64_t *granted);

/** userns_ask_mount() - mount as the process, and move the mount to @dir, where
 *  all can see it; wants a directory "aside" */
void userns_ask_mount(const struct userns_process *p, const char *type,
		      const char *options, const char *dir);

/** userns_make_dir() - make a directory, if there is none */
void userns_make_dir(const char *dir);

#endif /* VFSCAP_TESTS_USERNS_PROCESS_H */
