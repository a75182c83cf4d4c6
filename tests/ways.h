/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways to name a file, settings to try them in, and what is found there. */
#ifndef VFSCAP_TESTS_WAYS_H
#define VFSCAP_TESTS_WAYS_H

#include "sandbox.h"
#include "vfscap.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* -------------------------------- settings ------------------------------- */

/*
 * Every test runs on two file systems, and there with the *xattrat calls, on a
 * kernel that lacks them, and in a sandbox that forbids them.
 */
#define SETTINGS 6

/** struct setting - where this test runs */
struct setting {
	/** @denied: what the *xattrat calls answer, or 0 */
	int denied;

	/** @on_tmpfs: else on ext4 */
	bool on_tmpfs;

	/** @here: the directory of the test, with an entry of each type */
	char here[PATH_MAX];
};

/** setting - as setting_enter() left it */
extern struct setting setting;

/**
 * setting_prepare() - mount the file systems, once before all tests
 * @suite: the name to speak with
 */
void setting_prepare(const char *suite);

/**
 * setting_enter() - go there
 * @number: below SETTINGS
 *
 * This process alone is affected, and ends with the test.
 */
void setting_enter(int number);

/* ------------------------- ways to name a file --------------------------- */

/** struct way - how a file is meant */
struct way {
	/** @file: one in the directory of the test */
	const char *file;

	/** @flags: to open it, or its directory */
	int flags;

	/** @how: by descriptor; below one; from the working directory; by
	 *  absolute path */
	enum { FD, ENTRY, PATH, ABSOLUTE } how;
};

#define WAYS 26

/** FILE_WAYS - how many of the ways, the first ones, mean a regular file */
#define FILE_WAYS 8

/** EACH_WAY - the rows of a test that takes each way in each setting */
#define EACH_WAY (SETTINGS * WAYS)

/** ways - the first is to open a file for writing */
extern const struct way ways[WAYS];

/** way_needs_proc() - is it through /proc, with this descriptor or after all? */
bool way_needs_proc(const struct way *way);

/** struct handle - a descriptor, and a name below it or NULL */
struct handle {
	int fd;
	const char *name;
};

/** handle_open() - go a way; the name lasts until the next call */
struct handle handle_open(const struct way *way);

/** handle_get() - as vfscap_get_at() or vfscap_get_fd() */
int handle_get(const struct handle *h, void *buf, size_t size, size_t *used);

/** handle_listed() - as vfscap_listed_at() or vfscap_listed_fd() */
int handle_listed(const struct handle *h, bool *answer);

/** handle_set() - as vfscap_set_at() or vfscap_set_fd() */
int handle_set(const struct handle *h, const struct vfscap *cap,
	       enum vfscap_expect expect);

/** handle_remove() - as vfscap_remove_at() or vfscap_remove_fd() */
int handle_remove(const struct handle *h);

/* ------------------------------- what is there --------------------------- */

/** raw_get() - the errno that the kernel gives without the library, or 0 */
int raw_get(const char *path);

/**
 * raw_set() - set a value without the library
 * @cap: it, or for NULL the empty one
 */
bool raw_set(const char *path, const struct vfscap *cap);

/** raw_plant() - as raw_set(), which has to succeed */
void raw_plant(const char *path, const struct vfscap *cap);

/** struct reading - a buffer longer than any value, painted, and an answer */
struct reading {
	int error;
	size_t used;
	uint8_t bytes[2 * VFSCAP_SIZE_MAX];
};

/** reading_take() - ask for a value */
void reading_take(struct reading *r, const struct handle *h);

/** assert_failed() - this error, of this kind, and nothing was written */
void assert_failed(const struct reading *r, int error,
		   enum vfscap_answer answer);

/** assert_value() - just this value was written */
void assert_value(const struct reading *r, const struct vfscap *cap);

/** assert_stored() - this value is there, asked without the library */
void assert_stored(const char *path, const struct vfscap *cap);

/** assert_has() - this value is there, or for NULL none, read and listed */
void assert_has(const struct handle *h, const struct vfscap *cap);

/* ----------------------------- what may be done -------------------------- */

/** struct attempt - what somebody may do to a file, in this order */
struct attempt {
	struct handle h;
	struct vfscap cap;

	/** @keep: do not remove */
	bool keep;

	/** @first: what to do before all else, or NULL */
	void (*first)(void);

	struct reading before;
	int list;
	bool listed;
	int set;
	struct reading after;
	int remove;
};

/**
 * attempt() - try all that @what says in another process
 *
 * Return: in shared memory, for as long as the test runs.
 */
struct attempt *attempt(const struct sandbox_who *who,
			const struct attempt *what);

/** attempt_as() - attempt() with value_v3 */
struct attempt *attempt_as(const struct sandbox_who *who,
			   const struct handle *h);

/** assert_protected() - value_v2 could be read, but not written: @error */
void assert_protected(const struct attempt *a, int error);

/**
 * assert_unprivileged() - assert_protected() with EPERM, but for what this kernel
 * lets anybody do
 */
void assert_unprivileged(const struct attempt *a);

/** assert_nothing_works() - all of it ended with this error */
void assert_nothing_works(const struct attempt *a, int error,
			  enum vfscap_answer answer);

#endif /* VFSCAP_TESTS_WAYS_H */
