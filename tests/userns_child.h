/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes in user namespaces of their own, and the maps that they are given. */
#ifndef VFSCAP_TESTS_USERNS_CHILD_H
#define VFSCAP_TESTS_USERNS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** must() - end the test unless it is done; errno says why not */
void must(bool done, const char *what);

/* ------------------------- two ends of a channel ------------------------- */

/** userns_channel() - two ends that go away with execve(2) */
void userns_channel(int ends[2]);

/** userns_tell() - one word to whoever awaits it at the other end */
void userns_tell(int fd);

/** userns_await() - wait for that word */
void userns_await(int fd);

/* ------------------------ in a namespace of its own ---------------------- */

/**
 * userns_become() - be another id, with all capabilities
 * @id: in this process's namespace; VFSCAP_ROOTID_INVALID: none but its own
 *
 * The process can be given maps, and ends with its parent.
 */
void userns_become(uint32_t id);

/**
 * userns_write_map() - write a map of a process's namespace
 * @file: "uid_map" or "gid_map"
 *
 * Return: the errno that the kernel says, or 0.
 */
int userns_write_map(pid_t pid, const char *file, const char *text,
		     size_t size);

/** struct userns_child - a process in a new namespace that waits for its map */
struct userns_child {
	pid_t pid; /* 0: none */
	int fd;

	/** @serve: what it does whenever it is told to; NULL: nothing */
	void (*serve)(void);

	/** @leave: what it does at its end; NULL: nothing */
	void (*leave)(void);
};

/**
 * userns_child_map() - as userns_write_map(), to a child
 *
 * Starts the child if it is none yet. A map can be written once.
 */
int userns_child_map(struct userns_child *child, const char *file,
		     const char *text, size_t size);

/** userns_child_serve() - have a child call its @serve, and wait for the end */
void userns_child_serve(const struct userns_child *child);

/** userns_child_end() - end a child, if it is one */
void userns_child_end(struct userns_child *child);

#endif /* VFSCAP_TESTS_USERNS_CHILD_H */
