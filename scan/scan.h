/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan: any input -> a stream of records.
 *
 * An input is what a user names: a file, a tree, a dump. scan_input() finds the
 * backend for it, scan_run() calls a function once a record. A backend is a
 * const descriptor in the array of scan.c and a file of its own.
 */
#ifndef SCAN_H
#define SCAN_H

#include "jail/closed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

struct tar_member;
struct tar_copy;

/** enum scan_what - what a record tells */
enum scan_what {
	SCAN_ENTRY,    /* an entry was asked for its attribute */
	SCAN_UNREAD,   /* what is below here could not be read: @error */
	SCAN_LEFT_OUT, /* a file system was left out: @reason; no error */
	SCAN_NOTICE,   /* something worth a line, @reason; no error */
};

/** enum scan_view - which of the three views @value is */
enum scan_view {
	SCAN_VISIBLE, /* what getxattr(2) showed */
	SCAN_STORED,  /* the bytes themselves */
};

/**
 * struct scan_record - one entry, valid only during the call that hands it over
 *
 * What is pointed to here is copied in copy.c.
 */
struct scan_record {
	enum scan_what what;

	/** @source: the input as the user named it */
	const char *source;

	/** @path: as named and descended, raw bytes; NULL for a bare value */
	const char *path;

	/** @rel: the path below the input's root, without leading '/' or "./";
	 *  "." for the root itself, its last component for a single file */
	const char *rel;

	/** @error: 0, or a positive errno: why @value could not be had. Of an
	 *  entry without the attribute it is ENODATA or EOPNOTSUPP. */
	int error;

	/** @reason: a sentence to go with @error or SCAN_NOTICE, the type of
	 *  what SCAN_LEFT_OUT left out, or NULL */
	const char *reason;

	/** @line: of a dump at fault, the line; else 0 */
	size_t line;

	/** @view: what @value is */
	enum scan_view view;

	/** @value, @size: the bytes; NULL where @error is set */
	const uint8_t *value;
	size_t size;

	/** @asked: a live file whose stored bytes were asked for, and are @value
	 *  or could not be had. What getxattr(2) showed, which is the visible
	 *  view, is here then: @shown_error, or @shown */
	bool asked;
	int shown_error;
	const uint8_t *shown;
	size_t shown_size;

	/** @plain: @asked, and the mount is known to have no id map of its own */
	bool plain;

	/** @has_stat: @stat holds type, mode, uid, gid, device and inode */
	bool has_stat;
	struct stat stat; /* a device or inode of 0 is not known, nor is a uid
			   * or gid of -1 */

	/** @overlay: a live file on overlayfs, whose execve is strict */
	bool overlay;

	/** @packed: from an archive or a layer: it takes effect when it is
	 *  extracted */
	bool packed;

	/** @fixed: in what is read only: a package, a squashfs or EROFS image */
	bool fixed;

	/** @layer: of a container image, the digest of the layer, or NULL */
	const char *layer;

	/** @partition: of a partitioned disk, from 1, or 0 */
	unsigned partition;

	/** @deleted: of a disk image, an inode that was freed */
	bool deleted;

	/** @member: the member of an archive, with all copies of the value, or
	 *  NULL; @copy: the one that @value is */
	const struct tar_member *member;
	const struct tar_copy *copy;

	/** @link: of a member that is a hard link, the path below the root of
	 *  the file that it is a further name of, or NULL */
	const char *link;

	/** @again: an earlier member has the same path, and at least one of
	 *  both has the attribute; of a dump: and another value; @disagree: readers of archives would not all
	 *  give the file this value; @leads_out: ".." is in the path */
	bool again, disagree, leads_out;

	/** @script: of what is no live file: it is known to begin with "#!" */
	bool script;

	/** @dirfd, @name: a live entry's directory and name in it, or @fd: the
	 *  entry itself (O_PATH). -1 and NULL where there is none. */
	int dirfd;
	const char *name;
	int fd;
};

/** SCAN_MAX_SIZE - what --max-size is unless given: a terabyte */
#define SCAN_MAX_SIZE (UINT64_C(1) << 40)

/** struct scan_options - what to ask for; zero is the default */
struct scan_options {
	bool all;	      /* entries without the attribute too */
	bool one_file_system; /* stay on the file system of the input */
	bool local;	      /* leave out network file systems */
	bool contents;	      /* of a file whose magic is known, what is in it
			       * too: for tools that only read */
	bool merged;	      /* of an image the file system that its layers
			       * make, instead of each layer */
	bool stored;	      /* of live files the stored bytes, where there is
			       * a way */
	uint64_t max_size;    /* bytes that anything compressed may become; 0:
			       * SCAN_MAX_SIZE */
	bool orphans;	      /* of a disk image, inodes without a name too */
	unsigned partition;   /* of a disk; 0: all of them */
	uint64_t offset;      /* where a disk image begins in its file */
	/* called for each directory of a tree, with its path; or NULL */
	void (*progress)(void *ctx, const char *path);
	void *progress_ctx;
	unsigned jobs;	/* threads that ask the entries of a tree, processes
			 * that read layers of an image; the order stays that
			 * of one, unless, of a tree: */
	bool unordered; /* what is found first comes first */
	uint64_t layer_least; /* bytes of a layer that are worth a process of
			       * its own; 0: LAYERS_WORTH */
	bool writes; /* records are changed as they come; on overlayfs that
			 * changes what is to be told of other names, and so
			 * nothing is asked there before its turn */
	enum sandbox sandbox;
};

/** struct scan_totals - counted while scanning; add up over inputs */
struct scan_totals {
	uint64_t entries;  /* asked */
	uint64_t vanished; /* listed, and gone when asked */
};

/**
 * scan_fn - what is called for each record
 * Return: 0 to go on, anything else to stop; scan_run() returns it.
 */
typedef int scan_fn(void *ctx, const struct scan_record *record);

/**
 * scan_record_copy() - a record to keep
 *
 * Strings, the value and the member with its copies are copied, but for the
 * member's headers. The live entry is not kept: what is in it cannot be looked
 * at later.
 *
 * Return: NULL where memory is lacking.
 */
struct scan_record *scan_record_copy(const struct scan_record *record);
void scan_record_free(struct scan_record *record);

/** scan_record_size() - the bytes of a copy; those of what is in one archive or
 *  image are kept to SCAN_KEPT_MAX together */
#define SCAN_KEPT_MAX (16 << 20)
size_t scan_record_size(const struct scan_record *record);

struct scan_backend;

/** struct scan_input - what scan_input() made of an argument */
struct scan_input {
	const struct scan_backend *backend;
	const char *source;   /* the argument */
	const char *location; /* without its "KIND:" */
};

/** struct scan - one scan under way, as a backend sees it */
struct scan {
	const struct scan_input *input;
	const struct scan_options *options;
	struct scan_totals *totals;
	scan_fn *fn;
	void *ctx;
};

/**
 * struct scan_backend - one kind of input
 *
 * @kind: the word before the colon
 * @run: reads the input; 0, what the function returned, or a negated errno
 * where memory is lacking. Errors of the input are records. NULL where this
 * version does not read the kind.
 * @contents: the same of a bare file that is of this kind, open; or NULL
 * @lacks: where @run is NULL since this build lacks a library, a sentence
 */
struct scan_backend {
	const char *kind;
	int (*run)(struct scan *scan);
	int (*contents)(struct scan *scan, int fd);
	const char *lacks;
};

extern const struct scan_backend scan_backends[];
extern const size_t scan_backend_count;

/** scan_kind() - the backend of a kind, by @len bytes of its name, or NULL */
const struct scan_backend *scan_kind(const char *kind, size_t len);

/**
 * scan_input() - which backend reads an argument
 * @arg: PATH or KIND:LOCATION; the kind is recognised before the first '/'
 * @input: the result; points into @arg
 * @why: on failure a sentence
 *
 * A directory is a tree, all else a file; both follow a link at their end.
 *
 * Return: 0 or -1.
 */
int scan_input(const char *arg, struct scan_input *input, const char **why);

/** scan_is_archive() - is it a tar archive or an image? */
bool scan_is_archive(const struct scan_input *input);

/** scan_place() - the path of what an argument is read from: without its kind,
 *  and of an image without its REF; NULL: no memory. free(3) it */
char *scan_place(const char *arg);

/** scan_is_disk() - is it a disk image, or a device, by its kind? */
bool scan_is_disk(const struct scan_input *input);

/** scan_run() - read an input, one call of @fn a record */
int scan_run(const struct scan_input *input, const struct scan_options *options,
	     struct scan_totals *totals, scan_fn *fn, void *ctx);

/* The backends. */
int scan_file(struct scan *scan);
int scan_tree(struct scan *scan);
int scan_getfattr(struct scan *scan);
int scan_tar(struct scan *scan);
int scan_oci(struct scan *scan);
int scan_oci_archive(struct scan *scan);
int scan_docker_archive(struct scan *scan);

int scan_rpm(struct scan *scan);
int scan_ext4(struct scan *scan);
int scan_squashfs(struct scan *scan);
int scan_erofs(struct scan *scan);
int scan_disk(struct scan *scan);

/** scan_journal(), scan_rpm_contents(), scan_archive_contents(),
 *  scan_disk_contents() - read an open file that begins as a journal, a package,
 *  a tar archive or compressed data, a disk image does */
int scan_journal(struct scan *scan, int fd);
int scan_rpm_contents(struct scan *scan, int fd);
int scan_archive_contents(struct scan *scan, int fd);
int scan_disk_contents(struct scan *scan, int fd);

/* ------------------------- what the backends share ------------------------ */

/**
 * scan_tell() - hand over a record of what is no entry: the input itself
 * @layer: of an image, the digest of the layer, or NULL
 */
int scan_tell(struct scan *scan, enum scan_what what, const char *layer,
	      int error, const char *reason);

/** struct scan_fs - what a file system means for a scan, by its f_type */
struct scan_fs {
	long type;
	const char *name;
	bool lists;  /* listxattr(2) names every stored attribute */
	bool barren; /* cannot hold an executable with the attribute */
	bool overlay;
};

/** scan_fs_of() - the file system that a descriptor is on; never NULL */
const struct scan_fs *scan_fs_of(int fd);

/** struct scan_mounts - what is mounted where */
struct scan_mounts {
	struct scan_mount *mount;
	size_t count;
	bool networks; /* some of them are network file systems */
};

/**
 * scan_mounts_read() - learn it from /proc/self/mountinfo
 * Return: 0 or a negated errno.
 */
int scan_mounts_read(struct scan_mounts *mounts);

/** scan_mounts_parse() - the same from an open file of that form */
int scan_mounts_parse(struct scan_mounts *mounts, FILE *file);
void scan_mounts_free(struct scan_mounts *mounts);

/** scan_mount_id() - the mount that an entry is on, as mountinfo numbers it; 0
 *  where the kernel does not tell. An empty name means @dirfd itself */
uint64_t scan_mount_id(int dirfd, const char *name);

/**
 * scan_mounts_network() - the type of the network file system that an entry is
 * on, without asking the server and without waking an automounter
 * Return: the type's name, or NULL for a local one.
 */
const char *scan_mounts_network(const struct scan_mounts *mounts, int dirfd,
				const char *name);

/** scan_mounts_of() - the next mount point of a type of file system; @next as for
 *  scan_mounts_below() */
const char *scan_mounts_of(const struct scan_mounts *mounts, const char *type,
			   size_t *next);

/** scan_mounts_idmapped() - is an open file on an idmapped mount? */
bool scan_mounts_idmapped(const struct scan_mounts *mounts, int fd);

/**
 * scan_mounts_below() - the next mount point on a mount, relative to its root
 * @fd: the root of the mount
 * @next: 0 at first, then as the last call left it
 * Return: a path, or NULL where there is no further one.
 */
const char *scan_mounts_below(const struct scan_mounts *mounts, int fd,
			      size_t *next);

/**
 * scan_ask() - the attribute of an entry
 * @fs: the file system that it is on
 * @dirfd, @name: the entry, or @name NULL and @dirfd the entry itself
 * @buf, @size, @used: as vfscap_get_at()
 *
 * Lists before it reads where the list can be trusted: most entries have no
 * attribute, and a list says so faster.
 *
 * Return: 0 or a negated errno.
 */
int scan_ask(const struct scan_fs *fs, int dirfd, const char *name, void *buf,
	     size_t size, size_t *used);

/**
 * scan_open() - open a live entry to read what is in it
 *
 * Only a regular file, the one that the record tells of: no link, device or
 * FIFO is ever opened.
 *
 * Return: a descriptor for the caller to close, or a negated errno: -ENOSYS
 * without /proc.
 */
int scan_open(const struct scan_record *record);

/** scan_open_why() - why scan_open() failed, in words */
const char *scan_open_why(int error);

#endif /* SCAN_H */
