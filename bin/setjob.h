/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fcapset does to one file: look, decide, then write or compare.
 */
#ifndef SETJOB_H
#define SETJOB_H

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
};

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

/** set_verify() - compare; says on standard output what differs */
void set_verify(struct tool *tool, const struct set_options *options,
		struct set_job *job);

#endif /* SETJOB_H */
