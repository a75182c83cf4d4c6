/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fcapset does to one file: look, decide, then write or compare.
 */
#ifndef SETJOB_H
#define SETJOB_H

#include "bin/archive.h"
#include "bin/tool.h"

/** struct set_options - what holds for all jobs */
struct set_options {
	bool force;	  /* -f */
	bool merge;	  /* unite with what is there */
	bool replace;	  /* also what cannot be read */
	bool allow_widen; /* also what lets more processes use it */
	bool dry_run;	  /* show, do not write */

	/** @chain: the user namespace to write from, of @where; empty: the
	 *  caller's. What is wanted is then in its ids. */
	const struct ns_chain *chain;
	const char *where;
	struct ns_writer *inside; /* the process in it; NULL: this one */
};

/** struct set_job - one file and what it is to hold */
struct set_job {
	const char *path;
	int root;		  /* >= 0: @path is below it and untrusted */
	bool verify;		  /* compare instead of writing */
	bool rootid_given;	  /* @want's rootid was named by the user */
	bool after_another;	  /* an earlier job may change the same file:
				   * what it holds then is not known yet */
	struct change_value want; /* CHANGE_NONE: remove the attribute */
	bool checked;	  /* set_check() has found that it can be done */
	struct stat seen; /* filled in by set_check() */

	/* Of a member of an archive: */
	char *rel;	/* its path below the archive's root */
	bool found;	/* it is there */
	char *layer;	/* of an image: the layer that it is visible from */
	uint64_t order; /* and its place among all members */
	struct change_value new; /* what it holds, once it is found */
};

/** set_merge() - unite what is wanted with what is there: @new is changed; says
 *  why where it cannot be */
bool set_merge(struct tool *tool, const struct set_job *job,
	       const struct change_value *old, struct change_value *new);

/**
 * set_check() - can the job be done? Says why not.
 *
 * Looks at the file and decides all that can be decided without writing, so
 * that several jobs are done together or not at all.
 *
 * Return: true where it can.
 */
bool set_check(struct tool *tool, const struct set_options *options,
	       struct set_job *job);

/** set_run() - do it: the same decision again, then the write. Says why not. */
void set_run(struct tool *tool, const struct set_options *options,
	     struct set_job *job);

/* ------------------------------ archives --------------------------------- */

/** struct set_members - the members of an archive that are to be set */
struct set_members {
	struct tool *tool;
	const struct set_options *options;
	struct set_job *job; /* sorted by @rel */
	size_t jobs;
	struct archive *archive; /* NULL: a disk image */
	bool rewrite; /* of an image: the layer that has the member, instead of
		       * a new one on top */
	struct seen *names; /* further names of members that were set: hard
			     * links to them, and to those */
	bool quiet; /* what the tool was told; all is quiet the second time */
};

/** set_archive() - set members of an archive or image, into an output: all of
 *  them or none. Takes over @members->job's paths as they are. */
void set_archive(struct set_members *members);

/** set_image() - the same for images */
void set_image(struct set_members *members);

/** set_member_allowed() - may a file that holds @old become what @job wants? Says
 *  why not, and what is replaced; @job->new may be united with @old */
bool set_member_allowed(const struct set_members *members, struct set_job *job,
			const struct change_value *old);

/** set_disk() - set files of a disk image, in a copy or in place: all of them or
 *  none. @members->archive is NULL then
 *  @parameters: of this call, for the journal */
struct disk_image;
void set_disk(struct set_members *members, struct disk_image *image,
	      const char *parameters);

/** set_missing() - is a member not there? Says which. */
bool set_missing(struct set_members *members);

/** set_member_find() - the job for a path below the root, or NULL */
struct set_job *set_member_find(const struct set_members *members,
				const char *rel);

/** set_member() - what becomes of a member: an archive's decide() */
enum archive_verdict set_member(struct set_members *members,
				struct set_job *job,
				const struct tar_member *member,
				struct tar_change *change);

/** set_verify() - compare; says on standard output what differs */
void set_verify(struct tool *tool, const struct set_options *options,
		struct set_job *job);

#endif /* SETJOB_H */
