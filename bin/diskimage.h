/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk images with attributes changed: a changed copy, or in place with a
 * journal. What the image says is read, and which of its blocks become other
 * ones is found out, by processes that have nothing but the image; here the
 * blocks are written.
 */
#ifndef DISKIMAGE_H
#define DISKIMAGE_H

#include "bin/tool.h"
#include "scan/disk.h"

/** struct disk_image - one image to be changed */
struct disk_image {
	struct tool *tool;
	const struct scan_input *input; /* of a kind that scan_is_disk() */
	const char *out;     /* where a changed copy goes; NULL: in place */
	bool in_place;	     /* --in-place */
	const char *journal; /* --journal, of what is changed in place */
	bool force;	     /* an existing output may be replaced */
	bool dry_run;	     /* look only */
	struct scan_options options; /* which part of the disk is meant */

	/* After disk_image_open(): */
	int fd;	   /* for reading; -1: not open */
	int place; /* the same for writing too, where it is changed in place */
	uint64_t size;
	struct output output;
	bool begun;	 /* some of it may have been changed in place */
	bool by_journal; /* a journal said what was to be done, if anything */
};

/** disk_image_check() - what is asked for can be done, or exit with 2 or 3: the
 *  kind is one that is written, there is one place to write to */
void disk_image_check(const struct disk_image *image);

/** disk_image_open() - open the image and begin the output, then give up what
 *  privileges are not needed any more; false where it cannot be, which was said */
bool disk_image_open(struct disk_image *image);

/** disk_image_close() - what was not written is not */
void disk_image_close(struct disk_image *image);

/** disk_image_fn - called for each entry, as a scan_fn is; with its inode's
 *  generation */
typedef int disk_image_fn(void *ctx, const struct scan_record *record,
			  uint32_t generation);

/** disk_image_scan() - all entries that have the attribute; false where not all
 *  could be read, which was said */
bool disk_image_scan(struct disk_image *image, disk_image_fn *fn, void *ctx);

/** disk_image_find() - one call of @fn for each path, in their order: the file, or
 *  what is wrong with it */
bool disk_image_find(struct disk_image *image, const char *const *path,
		     size_t paths, disk_image_fn *fn, void *ctx);

/**
 * disk_image_write() - have the inodes' attributes changed, all or none
 * @change: each inode once, in any order
 * @parameters: of the run, for the journal
 *
 * Where nothing is to change a copy is made all the same. Return: false where it
 * was not done, which was said.
 */
bool disk_image_write(struct disk_image *image, struct disk_change *change,
		      size_t changes, const char *parameters);

/** disk_image_resume() - finish what a journal of the same call says was begun
 *  @done: set where there was one, and nothing more is to be done */
bool disk_image_resume(struct disk_image *image, const char *parameters,
		       bool *done);

/** disk_image_undo() - undo what a journal of an image says; false where @path is
 *  none, and nothing was said */
bool disk_image_undo(struct tool *tool, const char *path, enum sandbox sandbox,
		     bool dry_run);

#endif /* DISKIMAGE_H */
