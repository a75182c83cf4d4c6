/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ns: the user namespaces of the running system: maps as users name them, and
 * namespaces that are made for a write.
 *
 * Namespaces are told relative to the caller's, which takes the part of the
 * initial one in the library's chain.
 */
#ifndef NS_H
#define NS_H

#include "vfscap.h"

#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/** NS_WHY_SIZE - room for a reason */
#define NS_WHY_SIZE 320

/** NS_DEPTH - how many namespaces the kernel nests */
#define NS_DEPTH 32

/** struct ns_maps - what a namespace's ids are in the one that it is below */
struct ns_maps {
	struct vfscap_idmap uid, gid;
};

/** enum ns_ids - which of them an argument is read for */
enum ns_ids { NS_UID, NS_GID };

/**
 * ns_map_read() - an id map as users name it
 * @arg: INSIDE:OUTSIDE:COUNT[,...], @FILE, pid:N, subuid:USER, rootless:USER
 * @ids: with pid:, subuid: and rootless:, of which ids
 * @why: on failure the reason
 *
 * Return: 0 or -1.
 */
int ns_map_read(const char *arg, enum ns_ids ids, struct vfscap_idmap *map,
		char why[NS_WHY_SIZE]);

/**
 * ns_ranges_read() - the ranges of a user in a file such as /etc/subuid, one
 * after the other, as a map
 * @path: of @file, for messages
 * @file: read to its end; it stays open
 * @user: whose name or uid the lines begin with
 * @own: the id that is mapped first, to 0; NULL: none
 * @why: on failure the reason
 *
 * One line of the user that is no range makes all of it fail.
 *
 * Return: 0 or -1.
 */
int ns_ranges_read(const char *path, FILE *file, const struct passwd *user,
		   const uint32_t *own, struct vfscap_idmap *map,
		   char why[NS_WHY_SIZE]);

/**
 * ns_caller() - the caller's uid map, to its parent's ids
 * Return: 0, or a negated errno where /proc does not tell.
 */
int ns_caller(struct vfscap_idmap *map);

/** ns_initial() - is it the map of the initial namespace, or of one that has all
 *  ids as they are and so is like it? */
bool ns_initial(const struct vfscap_idmap *map);

/** struct ns_chain - namespaces, outermost first, below the caller's */
struct ns_chain {
	struct vfscap_userns user[NS_DEPTH];
	struct vfscap_idmap gid[NS_DEPTH]; /* to the caller's gids */
	size_t depth;

	/** @gaps: there are namespaces in between of which nothing is known */
	bool gaps;
};

/**
 * ns_chain_add() - one namespace more, relative to the one before
 * @arg: as ns_map_read(); of pid:N its ancestors are added too, as far as
 * processes in them are found
 * @gid_arg: the gid map, NULL: the same argument
 *
 * Return: 0 or -1 and @why. The chain may not be copied: its parts point to
 * each other.
 */
int ns_chain_add(struct ns_chain *chain, const char *arg, const char *gid_arg,
		 char why[NS_WHY_SIZE]);

/** ns_innermost() - the last namespace, NULL where the chain is empty */
const struct vfscap_userns *ns_innermost(const struct ns_chain *chain);

/** ns_seen_inside() - a value that the caller sees, as the innermost one sees
 *  it; 0 or -EOVERFLOW, -EINVAL */
int ns_seen_inside(const struct ns_chain *chain, const struct vfscap *outside,
		   struct vfscap *inside);

/** ns_seen_outside() - a value that is written inside, as the caller sees it
 *  then; 0 or -EINVAL where its rootid is not mapped */
int ns_seen_outside(const struct ns_chain *chain, const struct vfscap *inside,
		    struct vfscap *outside);

/** ns_maps_owner() - are a file's uid and gid mapped in the innermost one? */
bool ns_maps_uid(const struct ns_chain *chain, uid_t uid);
bool ns_maps_gid(const struct ns_chain *chain, gid_t gid);

/** struct ns_writer - a process in a namespace of its own that writes for us */
struct ns_writer {
	pid_t pid;
	int socket;
};

/**
 * ns_writer_start() - make the innermost namespace and a process in it
 *
 * With CAP_SETUID and CAP_SETGID the maps are written directly; a map of one's
 * own id alone needs nothing; any other goes by newuidmap(1) and newgidmap(1).
 * To be called before privileges are given up.
 *
 * Return: 0 or -1 and @why.
 */
int ns_writer_start(struct ns_writer *writer, const struct ns_chain *chain,
		    char why[NS_WHY_SIZE]);

/**
 * ns_writer_apply() - write or remove the attribute from inside
 * @fd: the file, O_PATH
 * @cap: the value in the namespace's ids, NULL to remove
 *
 * Return: as vfscap_set_fd(); -EPIPE where the process is gone.
 */
int ns_writer_apply(struct ns_writer *writer, int fd, const struct vfscap *cap,
		    enum vfscap_expect expect);

/** ns_writer_stop() - end the process; the namespace goes with it */
void ns_writer_stop(struct ns_writer *writer);

#endif /* NS_H */
