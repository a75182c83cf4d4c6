/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scratch file systems, other users and other namespaces, for tests as root. */
#ifndef VFSCAP_TESTS_SANDBOX_H
#define VFSCAP_TESTS_SANDBOX_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Whatever fails in here ends the process with a sentence on stderr, so nothing
 * returns an error. All mounts are in a mount namespace of the test's own, and
 * loop devices detach themselves: nothing outlives the test, however it ends.
 */

/**
 * sandbox_enter() - go where a test may do as it likes
 * @suite: the name to speak with
 * @tools: the commands that the test needs, then NULL
 *
 * On return the process is in its own mount namespace, and its working directory
 * is an empty tmpfs that every user may search and that goes away at exit. Each
 * test of Check gets a process of its own, which may do to itself what it likes.
 * Without root, mount namespaces or a tool, prints why and exits with 0.
 */
void sandbox_enter(const char *suite, const char *const tools[]);

/** sandbox_die() - end this process, and the test that it belongs to */
void sandbox_die(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/**
 * sandbox_run() - run a command to its end; it has to succeed
 * @command, ...: the command and its arguments, then NULL
 *
 * Return: what it wrote to stdout and stderr; lasts until the next call.
 */
const char *sandbox_run(const char *command, ...) __attribute__((sentinel));

/** sandbox_helper() - the path of the program made of tests/helper_@name.c */
const char *sandbox_helper(const char *name);

/** sandbox_write() - make a file of these bytes, mode 0644 */
void sandbox_write(const char *path, const void *bytes, size_t size);

/** sandbox_copy() - copy a program, mode 0755 */
void sandbox_copy(const char *from, const char *to);

/* ------------------------------ file systems ----------------------------- */

/** sandbox_tmpfs() - mount an empty tmpfs on @dir, a new directory or not */
void sandbox_tmpfs(const char *dir);

/**
 * sandbox_mkfs() - make an ext4 image
 * @image: its path
 * @size: as mke2fs has it, "16M"
 * @from: the directory to fill it from, or NULL
 */
void sandbox_mkfs(const char *image, const char *size, const char *from);

/** sandbox_loop() - mount an image on @dir with the options @options */
void sandbox_loop(const char *image, const char *dir, const char *options);

/** sandbox_overlay() - mount a read-only overlayfs over @lower on @dir */
void sandbox_overlay(const char *lower, const char *dir);

/** sandbox_umount() - unmount, and detach the loop device if there is one */
void sandbox_umount(const char *dir);

/* ---------------------------- other processes ---------------------------- */

/** struct sandbox_who - as whom to run something */
struct sandbox_who {
	/** @map: a new user namespace with this uid_map and gid_map, which
	 *  must have a 0; or NULL */
	const char *map;

	/** @uid, @gid: in that namespace; other than 0 loses all capabilities */
	uid_t uid;
	gid_t gid;
};

/**
 * sandbox_as() - call a function in a child process and wait for its end
 * @arg: for @run; what shall come back must be in sandbox_shared() memory
 */
void sandbox_as(const struct sandbox_who *who, void (*run)(void *), void *arg);

/** sandbox_shared() - zeroed memory that is shared with child processes */
void *sandbox_shared(size_t size);

/**
 * sandbox_deny_calls() - have system calls fail in this process from now on
 * @first, @last: their numbers
 * @error: the errno
 */
void sandbox_deny_calls(unsigned first, unsigned last, int error);

#endif /* VFSCAP_TESTS_SANDBOX_H */
