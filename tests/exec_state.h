/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes in any state, which execute a program that tells its credentials. */
#ifndef VFSCAP_TESTS_EXEC_STATE_H
#define VFSCAP_TESTS_EXEC_STATE_H

#include "userns_process.h"
#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXEC_GROUPS 3

/** enum exec_trace - who traces the process */
enum exec_trace { EXEC_UNTRACED, EXEC_TRACEME, EXEC_SEIZED };

/** struct exec_state - a process before execve(2) */
struct exec_state {
	/** @who: one whose namespace it is in */
	const struct userns_process *who;

	/** @process: what it is, for vfscap_explain() */
	struct vfscap_process process;
	uint32_t groups[EXEC_GROUPS];
	enum exec_trace trace;
};

/**
 * exec_some_set() - a set of capabilities: none, all, or some
 *
 * Often of a few that the sets of files are made of, too.
 */
uint64_t exec_some_set(void);

/** exec_some_state() - a state that a process in the namespace can have; its
 *  parts point to each other */
void exec_some_state(struct exec_state *state,
		     const struct userns_process *who);

/** struct exec_result - what the program told, or an errno */
struct exec_result {
	int error;
	unsigned uid[3], gid[3]; /* real, effective, saved; inside */
	uint64_t permitted, inheritable, effective, bounding, ambient;
	bool no_new_privs;
	bool secure;
};

/**
 * exec_try() - have a process of that state execute a program
 * @dir: a descriptor of the directory that it is in
 * @name: the program's
 */
void exec_try(const struct exec_state *state, int dir, const char *name,
	      struct exec_result *result);

/** exec_inside() - an id of the initial namespace as a process shows it */
unsigned exec_inside(const struct vfscap_userns *ns, uint32_t id);

/** exec_describe() - a state in one line; a static buffer */
const char *exec_describe(const struct exec_state *state);

#endif /* VFSCAP_TESTS_EXEC_STATE_H */
