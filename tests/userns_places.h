/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Made-up places for files, in the mounts of user namespaces, and writes there. */
#ifndef VFSCAP_TESTS_USERNS_PLACES_H
#define VFSCAP_TESTS_USERNS_PLACES_H

#include "userns_chains.h"
#include "userns_process.h"
#include "userns_values.h"
#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All paths are below the working directory: "disk" is an ext4, "at" is where
 * mounts are made, "aside" where processes make theirs, "empty" is no directory.
 */

#define USERNS_FILES 20 /* to write to, in each place */

/** struct userns_store - where files are, as init reaches them */
struct userns_store {
	const char *name;
	char dir[32];
	char idmapped[48]; /* all of it by an idmapped mount */
	const struct vfscap_userns *fs;
	const struct vfscap_idmap *idmap;  /* NULL: there can be none */
	const struct userns_process *host; /* who mounted it; NULL: init */
};

/** struct userns_trial - one setxattr(2), on a file of its own */
struct userns_trial {
	const struct userns_process *writer;
	struct userns_value value;
	struct userns_value prior; /* what is there before; empty: nothing */
	bool bare;		   /* the writer has no CAP_SETFCAP */
	bool owner_mapped;
};

/** struct userns_place - a directory, and what is mounted there */
struct userns_place {
	const char *name;
	const struct userns_store *store; /* NULL: values planted by debugfs */
	char real[64];			  /* as init reaches it */
	char dir[64];			  /* as it is judged */
	struct vfscap_mount mount;
	struct vfscap_mount lower;	      /* of overlayfs */
	const struct userns_process *mounter; /* of overlayfs; NULL: init */
	size_t trials;
	struct userns_trial trial[USERNS_FILES];
};

/** struct userns_scene - a chain, and places for it */
struct userns_scene {
	struct userns_chain *chain;
	const struct userns_process *who[USERNS_LEVELS + 2]; /* who acts */
	size_t whos;
	struct userns_store disk, tmpfs;
	struct userns_place place;
	char mounted[32][64];
	size_t mounts;
};

/* --------------------------------- mounts -------------------------------- */

/** userns_mount_idmapped() - mount again, with the map of a process's namespace
 *  as the idmap; false: this file system cannot have one */
bool userns_mount_idmapped(struct userns_scene *s, const char *from,
			   const char *to, const struct userns_process *p);

/** userns_mount_as() - mount as another process; NULL: as this one */
void userns_mount_as(struct userns_scene *s, const struct userns_process *by,
		     const char *type, const char *options, const char *dir);

/** userns_unmount_from() - unmount all but the first ones */
void userns_unmount_from(struct userns_scene *s, size_t first);

/* ---------------------------- generated values --------------------------- */

/** userns_some_cap() - a value; no capability in it that the bounding set
 *  lacks, but some that do not exist */
struct vfscap userns_some_cap(uint32_t rootid);

/** userns_some_value() - one with a rootid that matters to the scene */
struct userns_value userns_some_value(const struct userns_scene *s);

/* ---------------------------- stores and places -------------------------- */

/** userns_file_in(), userns_program_in() - a path; each is good until the call
 *  after the next */
const char *userns_file_in(const char *dir, size_t file);
const char *userns_program_in(const char *dir);

/** userns_write_program() - make a program of helper_creds */
void userns_write_program(const char *path);

/**
 * userns_open_store() - make a directory on the disk, or mount a tmpfs
 * @store: its name and directory are set
 * @host: who mounts it; NULL: on the disk
 */
void userns_open_store(struct userns_scene *s, struct userns_store *store,
		       const struct userns_process *host,
		       const struct userns_process *idmap);

/** userns_new_place() - the scene's place, which is as the store is */
struct userns_place *userns_new_place(struct userns_scene *s,
				      const struct userns_store *store,
				      const char *name);

/** userns_new_overlay() - the scene's place, which will be an overlayfs
 *  @idmap: over the store's idmapped mount */
struct userns_place *userns_new_overlay(struct userns_scene *s,
					const struct userns_store *store,
					const struct userns_process *by,
					bool idmap, const char *name);

/** userns_fill() - make the directory, and files in it */
void userns_fill(const struct userns_place *p);

/** userns_make_trials() - as userns_fill(), and plan who is to write what */
void userns_make_trials(struct userns_scene *s, struct userns_place *p);

/**
 * userns_make_layers() - as userns_make_trials(), for an overlayfs to write to
 * @work: the path of its work directory
 *
 * Return: false where there can be none.
 */
bool userns_make_layers(struct userns_scene *s, struct userns_place *p,
			char *work, size_t size);

#endif /* VFSCAP_TESTS_USERNS_PLACES_H */
