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

	/** @pid: of a running process, in whose mount namespace the file must
	 *  be; 0: the caller's */
	pid_t pid;

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
		bool dropped;  /* what is both added and dropped is dropped */
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
 * @sandbox: by whom it is read
 *
 * process.user, .capabilities, .noNewPrivileges, linux.namespaces, uidMappings
 * and gidMappings, and root.path, below the file's directory. The process is the
 * one that executes process.args: it has exactly the sets of the configuration,
 * a user too. What is below a namespace of `userns` is relative to that. A name
 * that runtimes do not take is a warning, as it is to them.
 */
int subject_oci(struct subject *subject, const char *path, enum sandbox sandbox,
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
 * what is both added and dropped is added, but with the profiles of Kubernetes.
 */
int subject_option(struct subject *subject, const char *option,
		   const char *value, char why[EXPLAIN_WHY_SIZE]);

/** subject_is_caller() - is it the caller that was named? */
bool subject_is_caller(const struct subject *subject);

/** subject_check() - could there be such a process? Ambient must be permitted
 *  and inheritable, effective permitted. 0 or -1 and @why */
int subject_check(const struct subject *subject, char why[EXPLAIN_WHY_SIZE]);

/* ---------------------------- what is executed --------------------------- */

/** EXPLAIN_HEAD - what the kernel reads of a file to know what it is */
#define EXPLAIN_HEAD 256

/** EXPLAIN_DEPTH - one interpreter more than the kernel goes along */
#define EXPLAIN_DEPTH 6

/**
 * script_interpreter() - what a "#!" line names                       pure
 * @head: the first bytes of a file, zeros behind its end
 * @window: how many the kernel looks at: 256, before 5.1 128
 * @path: the interpreter; what is behind a blank is an argument
 *
 * Return: 1; 0 where it is no script; -ENOEXEC where it begins as one, and names
 * nothing, or something longer than the window; -EACCES where the file or a zero
 * byte ends the line before a name does, which the kernel takes for one.
 */
int script_interpreter(const char head[EXPLAIN_HEAD], size_t window,
		       char path[EXPLAIN_HEAD]);

/**
 * struct program - a file, its mount, and its interpreters
 *
 * Owned by the caller; its parts point to each other, so it may not be copied.
 */
struct program {
	struct vfscap_program program;
	struct vfscap_mount mount, lower;
	uint8_t value[VFSCAP_SIZE_MAX + 1];

	/** @error: 0, or a negated errno that execve(2) fails with whoever
	 *  calls; @code: why, a stable word: "not-executable", "not-regular",
	 *  "noexec", "interpreter-missing", "format". "not-extracted" is
	 *  no error: what the archive says does not get onto the file */
	int error;
	const char *code;
	char sentence[EXPLAIN_WHY_SIZE];

	/** @note: what could not be found out, and is taken to be otherwise: of
	 *  a file that cannot be read, that it is no script; "" else */
	char note[EXPLAIN_WHY_SIZE];

	/** @path: of an interpreter; "" else */
	char path[EXPLAIN_HEAD];
	struct program *interpreter; /* allocated */
};

/**
 * program_of() - the program that a record of a scan is
 * @kernel: whose rules count
 * @subject: whose namespaces count
 *
 * Of a live file, its mount is asked (nosuid, noexec, whether it is in the mount
 * namespace of the process), and of a script its interpreters. The value is the
 * one that getxattr(2) shows, in ids of the caller, whatever id map the mount
 * has; stored bytes count only where they are known to mean the same. Of an
 * entry of an archive or an image: as extracted by root of the namespace, or as
 * mounted plainly; a script's interpreter is a plain program then.
 *
 * Return: 0, or -1 and @why where it cannot be told; program_free() it in any
 * case.
 */
int program_of(struct program *program, const struct scan_record *record,
	       const struct vfscap_kernel *kernel,
	       const struct subject *subject, char why[EXPLAIN_WHY_SIZE]);

/** program_value() - let it have another value, NULL: none; in the ids of the
 *  caller. What is longer than any that a kernel takes is cut: it is no better */
void program_value(struct program *program, const uint8_t *value, size_t size);

/** program_failing() - the first of the program and its interpreters with an
 *  @error, or NULL */
const struct program *program_failing(const struct program *program);

void program_free(struct program *program);

/** mount_attached() - is an open file's mount one of the mount namespace of a
 *  process, 0: of the caller? Of the caller it is where nothing tells. And is it
 *  idmapped? 1, 0, or a negated errno: it cannot be told */
int mount_attached(int fd, pid_t pid, bool *idmapped);

/* -------------------------------- in words -------------------------------- */

/** explain_names() - the names of a set, "cap_a,cap_b"; numbers where the listing
 *  has none */
void explain_names(const struct vfscap_listing *listing, uint64_t caps,
		   char buf[VFSCAP_TEXT_SIZE]);

/** explain_caps() - a set in the fewest words: "no capability", its names, "all
 *  capabilities but cap_a" */
void explain_caps(const struct vfscap_listing *listing, uint64_t caps,
		  char buf[EXPLAIN_WHY_SIZE]);

/** explain_errno() - the name of what execve(2) fails with, a negated errno */
#define EXPLAIN_ERRNO_SIZE 32
void explain_errno(int error, char name[EXPLAIN_ERRNO_SIZE]);

/** explain_reason() - one rule as a sentence without a full stop */
void explain_reason(const struct vfscap_reason *reason,
		    const struct subject *subject,
		    char sentence[EXPLAIN_WHY_SIZE]);

/**
 * explain_outcome() - "runs with cap_net_raw effective", "execve fails: EPERM"
 * @wanted: capabilities to name in any case; of many others it is said how many
 * there are
 */
void explain_outcome(const struct vfscap_outcome *outcome,
		     const struct subject *subject, uint64_t wanted,
		     char sentence[EXPLAIN_WHY_SIZE]);

/* ---------------------------- what would help ----------------------------- */

/** struct remedy - a change by which the program would get what it names */
struct remedy {
	/** @code: stable, "cap-add"; of several together "cap-add+new-privs" */
	char code[96];
	char sentence[EXPLAIN_WHY_SIZE];
};

/** enum remedy_where - what a file is changed in */
enum remedy_where {
	REMEDY_LIVE,	/* nothing else */
	REMEDY_PACKED,	/* an archive, from which it is extracted */
	REMEDY_DISK,	/* a disk image */
	REMEDY_PACKAGE, /* a package, which is not written */
	REMEDY_IMAGE,	/* nor is such a disk image */
};

/** EXPLAIN_REMEDIES - more than there can be at once */
#define EXPLAIN_REMEDIES 16

/**
 * explain_remedies() - what would change the outcome
 * @program: what is executed
 * @outcome: what becomes of it as things are
 * @where: where the file is
 *
 * Each is tried with vfscap_explain() and named only where it helps; where none
 * does alone, two or three together.
 *
 * Return: how many.
 */
unsigned explain_remedies(const struct vfscap_kernel *kernel,
			  const struct subject *subject,
			  const struct vfscap_program *program,
			  const struct vfscap_outcome *outcome,
			  enum remedy_where where,
			  struct remedy remedies[EXPLAIN_REMEDIES]);

/** explain_wanted() - capabilities that the file names, known to the kernel or
 *  not: its own attribute, or of a script without one its interpreter's; explain_missing() - those of them that
 *  the process does not get; explain_silent() - it runs, and silently without any
 *  of them */
uint64_t explain_wanted(const struct vfscap_program *program);
uint64_t explain_missing(const struct vfscap_program *program,
			 const struct vfscap_outcome *outcome);
bool explain_silent(const struct vfscap_program *program,
		    const struct vfscap_outcome *outcome);

#endif /* EXPLAIN_H */
