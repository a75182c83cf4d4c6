/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain: who calls execve(2), as a user names it; what is executed, as a scan
 * finds it; the rules in words; and what would change the outcome.
 *
 * The rules themselves are the library's, vfscap_explain().
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "ns/ns.h"
#include "scan/scan.h"
#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** EXPLAIN_WHY_SIZE - room for a reason or a sentence */
#define EXPLAIN_WHY_SIZE 1024

/** EXPLAIN_GROUPS - how many supplementary groups the kernel takes */
#define EXPLAIN_GROUPS 65536

/* ------------------------------ who calls (subject) ---------------------- */

/**
 * struct subject - a process that calls execve(2), and how it was named
 *
 * Owned by the caller; its parts point to each other, so it may not be copied.
 * subject_free() gives back the groups.
 */
struct subject {
	/** @name: for messages: "profile docker", "process 4711", the path of a
	 *  configuration, "the caller" */
	char name[256];

	/** @process: for vfscap_explain(); its ids are those of the caller's
	 *  namespace, which takes the part of the initial one */
	struct vfscap_process process;

	/** @chain: the namespaces @process.ns is the last of; empty for the
	 *  caller's own */
	struct ns_chain chain;

	/** @rootfs: of a bundle, the root directory its paths are below, or
	 *  NULL; allocated */
	char *rootfs;

	/** @listing: what `all` means: the listing in use */
	const struct vfscap_listing *listing;

	/** @groups: what @process.groups points to; allocated */
	uint32_t *groups;

	/** @begun: a process was named, which options refine by now */
	bool begun;

	/** @said: the sets that an option has given, bits by enum subject_set:
	 *  a later option for something else leaves them as they are */
	unsigned said;

	/** @caps: what cap-add and cap-drop say so far */
	struct {
		bool begun, add_all, drop_all;
		uint64_t add, drop;
		uint64_t base; /* the bounding set that they start from */
		bool ambient;  /* a user gets what is added, ambient too */
	} caps;
};

/** subject_warn_fn - called with what is told, and nothing fails for: an unknown
 *  name of a capability in a configuration, what /proc does not say */
typedef void subject_warn_fn(void *ctx, const char *sentence);

void subject_init(struct subject *subject,
		  const struct vfscap_listing *listing);
void subject_free(struct subject *subject);

/*
 * Of the four that follow, one is called, and only once, after `userns` and
 * before all other options. Those that can fail return 0 or -1 and @why.
 */

/**
 * subject_self() - the calling process as it is
 *
 * To be called before privileges are given up. With `userns`: as the caller is
 * once it has entered the namespace, with all capabilities there.
 */
int subject_self(struct subject *subject, char why[EXPLAIN_WHY_SIZE]);

/**
 * subject_profile() - a process as a container tool or a login starts it
 * @name: root, user, docker, podman, k8s-baseline, k8s-restricted
 *
 * What each grants, its source and version are in one table, which
 * fcapexplain(1) repeats.
 */
int subject_profile(struct subject *subject, const char *name,
		    char why[EXPLAIN_WHY_SIZE]);

/** subject_profiles() - the names, separated by ", " */
const char *subject_profiles(void);

/**
 * subject_pid() - a running process, from /proc
 *
 * Its user namespace is found too, so `userns` cannot be given. /proc tells
 * neither securebits nor whether directories are shared: both are taken to be
 * off. A tracer counts as privileged where it has CAP_SYS_PTRACE now.
 */
int subject_pid(struct subject *subject, pid_t pid, subject_warn_fn *warn,
		void *ctx, char why[EXPLAIN_WHY_SIZE]);

/**
 * subject_oci() - the process of an OCI runtime's config.json
 * @path: the file, or "-" for standard input
 *
 * process.user, .capabilities, .noNewPrivileges, linux.namespaces, uidMappings
 * and gidMappings, and root.path, below the file's directory. The process is the
 * one that executes process.args: it has exactly the sets of the configuration,
 * a user too. What is below a namespace of `userns` is relative to that. A name
 * that runtimes do not take is a warning, as it is to them.
 */
int subject_oci(struct subject *subject, const char *path,
		subject_warn_fn *warn, void *ctx, char why[EXPLAIN_WHY_SIZE]);

/**
 * subject_set_parse() - a capability set as an option names it
 * @text: a text as cap_from_text(3) reads it (its permitted set), a list of
 * names and numbers with commas, "all", "none", "0x...", the sixteen digits of
 * /proc, a decimal mask, negative ones too (as printed by old kernels); "~"
 * before any of them is its complement within the listing
 *
 * Names are taken in any case, with "cap_" and without. A number alone is a
 * mask, in a list it is a capability. Bits beyond the listing are an error, but
 * in a mask that has all of them, which is how old kernels print a full set.
 */
int subject_set_parse(const struct vfscap_listing *listing, const char *text,
		      uint64_t *set, char why[EXPLAIN_WHY_SIZE]);

/** enum subject_set - which set an option sets */
enum subject_set {
	SUBJECT_PERMITTED,
	SUBJECT_INHERITABLE,
	SUBJECT_EFFECTIVE,
	SUBJECT_BOUNDING,
	SUBJECT_AMBIENT,
};

/**
 * subject_option() - one of the options that refine a process
 * @option: its long name without dashes: uid, gid, groups, permitted,
 * effective, inheritable, bounding, ambient, securebits, no-new-privs,
 * shared-fs, traced, userns, cap-add, cap-drop
 * @value: its argument, or NULL
 *
 * Ids are those of the process's user namespace; `userns` has to come before
 * them, and before the process is named. The other options may come in any
 * order.
 *
 * `uid` does to the sets what setresuid(2) does, but for those that an option
 * gives: a user has nothing permitted, whatever root had. A set that is given
 * cuts those that are not, and have to be within it. cap-add and cap-drop change
 * the bounding set, and permitted and effective of a process of root, as
 * container tools do: with "all" in one of them, the other is the exception;
 * what is both added and dropped is added.
 */
int subject_option(struct subject *subject, const char *option,
		   const char *value, char why[EXPLAIN_WHY_SIZE]);

/** subject_check() - could there be such a process? Ambient must be permitted
 *  and inheritable, effective permitted. 0 or -1 and @why */
int subject_check(const struct subject *subject, char why[EXPLAIN_WHY_SIZE]);

/* ---------------------------- what is executed --------------------------- */

/**
 * struct program - a file, its mount, and its interpreters
 *
 * Owned by the caller; its parts point to each other.
 */
struct program {
	struct vfscap_program program;
	struct vfscap_mount mount, lower;
	struct vfscap_idmap idmap;
	uint8_t value[VFSCAP_SIZE_MAX + 1];

	/** @path: of a live interpreter; "" else */
	char path[4096];
	struct program *interpreter; /* allocated */
};

/**
 * program_of() - the program that a record of a scan is
 * @subject: whose namespaces count
 *
 * Of a live file, its mount is asked (nosuid, id map, overlayfs, the user
 * namespace of the file system as far as the system tells), and of a script its
 * interpreters. Of an entry of an archive or an image: as extracted or mounted
 * plainly.
 *
 * Return: 0, or -1 and @why where it cannot be told.
 */
int program_of(struct program *program, const struct scan_record *record,
	       const struct subject *subject, char why[EXPLAIN_WHY_SIZE]);
void program_free(struct program *program);

/* -------------------------------- in words -------------------------------- */

/** explain_reason() - one rule as a sentence without a full stop */
void explain_reason(const struct vfscap_reason *reason,
		    const struct subject *subject,
		    char sentence[EXPLAIN_WHY_SIZE]);

/** explain_outcome() - "runs with cap_net_raw effective", "execve fails: EPERM" */
void explain_outcome(const struct vfscap_outcome *outcome,
		     const struct subject *subject,
		     char sentence[EXPLAIN_WHY_SIZE]);

/** struct remedy - a change by which the program would get what it names */
struct remedy {
	const char *code; /* stable, "cap-add" */
	char sentence[EXPLAIN_WHY_SIZE];
};

/** EXPLAIN_REMEDIES - more than there can be at once */
#define EXPLAIN_REMEDIES 12

/**
 * explain_remedies() - what would change the outcome
 *
 * Each is tried with vfscap_explain() and named only where it helps.
 *
 * Return: how many.
 */
unsigned explain_remedies(const struct vfscap_kernel *kernel,
			  const struct subject *subject,
			  const struct vfscap_program *program,
			  const struct vfscap_outcome *outcome,
			  struct remedy remedies[EXPLAIN_REMEDIES]);

/** explain_missing() - capabilities that the file names and the process does
 *  not get; explain_silent() - it runs, and silently without any of them */
uint64_t explain_missing(const struct vfscap_kernel *kernel,
			 const struct vfscap_program *program,
			 const struct vfscap_outcome *outcome);
bool explain_silent(const struct vfscap_kernel *kernel,
		    const struct vfscap_program *program,
		    const struct vfscap_outcome *outcome);

#endif /* EXPLAIN_H */
