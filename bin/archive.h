/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Archives and images written anew: each member is looked at, and what a tool
 * decides for it is written to an output. Nothing is written over its input.
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "bin/tool.h"
#include "jail/closed.h"
#include "oci/oci.h"
#include "tar/tar.h"

/** enum archive_verdict - what a tool decides for a member */
enum archive_verdict {
	ARCHIVE_SAME,
	ARCHIVE_CHANGED,
	ARCHIVE_REFUSED, /* it has said why; there will be no output */
};

/** struct archive - one archive or image to be written anew */
struct archive {
	struct tool *tool;
	const struct scan_input *input; /* tar, oci, oci-archive or
					 * docker-archive */
	const char *out;		/* the output; "-": standard output */
	bool force;			/* an existing output may be replaced */
	bool dry_run;			/* look only */
	int level;			/* of compression, -1: as usual */
	uint64_t max_size;		/* 0: SCAN_MAX_SIZE */
	bool keep_foreign; /* layers that cannot be read stay as they are */
	enum sandbox sandbox;

	/** @state: what @ctx counts, for the tool to have in the end though a
	 *  process of its own has counted it; or NULL */
	void *state;
	size_t state_size;

	/**
	 * @decide: what becomes of a member
	 * @rel: its path from tar_rel()
	 * @change: to be filled in; its arrays have room for all copies, and
	 * say TAR_KEEP for each
	 */
	enum archive_verdict (*decide)(void *ctx,
				       const struct tar_member *member,
				       const char *rel,
				       struct tar_change *change);

	/** @end: all members were seen; may be NULL */
	enum archive_verdict (*end)(void *ctx);

	/** @again: the same members come a second time, to be decided as
	 *  before and without a word */
	void (*again)(void *ctx, bool again);
	void *ctx;

	/** @placed: the output is there, whatever was said of it */
	bool placed;

	/* While it runs: */
	const char *layer; /* the digest of the layer that is looked at */
	enum tar_who who;  /* whose copy counts as the value */
};

/** archive_rewrite() - do it; errors are told and set the tool's status */
void archive_rewrite(struct archive *archive);

/** archive_output() - the output is possible, or exit with 2: it has a place,
 *  and what is written is not sent to a terminal */
void archive_output(const struct archive *archive);

/** archive_file() - tool_file() of a member, with its layer */
void archive_file(const struct archive *archive, enum tool_level level,
		  const char *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * struct archive_work - what reads bytes that are not trusted
 * @with: what its process has, besides standard output and error
 * @work: tells its errors, and sets the tool's status; @say: as in struct
 * scan_work
 * @answer: as in struct closed, or NULL
 */
struct archive_work {
	struct jail_with with;
	bool (*work)(struct archive *archive, struct say *say, void *ctx);
	void (*answer)(void *ctx, struct unpack *question,
		       struct closed_answer *answer, int *fd);
	void *ctx;
};

/**
 * archive_closed() - have it done by a process that has closed itself, as
 * @sandbox says
 * @why: where its process could not be had or went wrong, words
 *
 * Return: 1 or 0 as @work returned true or false; or a negated errno and @why.
 */
int archive_closed(struct archive *archive, const struct archive_work *work,
		   char why[CLOSED_WHY_SIZE]);

/* ------------------------- for bin/image.c ------------------------------- */

/** struct archive_pass - what became of one pass over the members */
struct archive_pass {
	uintmax_t changed; /* members */
	bool refused;	   /* a change was, or a member is missing */
	bool failed;	   /* the archive could not be read to its end */
	bool out_failed;   /* the output could not be written */
};

/** archive_members() - decide for all members of @in, and write to @out, NULL:
 *  look only. An output that must not be taken for whole ends broken. */
void archive_members(struct archive *archive, struct in *in, struct out *out,
		     struct archive_pass *pass);

/** struct archive_store - images that are read, and written anew */
struct archive_store {
	struct oci *oci;
	struct oci_out *out; /* NULL: look only */
};

/**
 * archive_store() - have work done on images, closed, and what it wrote put into
 * place
 * @work: returns whether all is good, else has said what is not
 */
typedef bool archive_store_fn(struct archive *archive,
			      struct archive_store *store, void *ctx);
void archive_store(struct archive *archive, archive_store_fn *work, void *ctx);

/** archive_layers() - a @work: decide for the members of all layers */
archive_store_fn archive_layers;

/** archive_image() - of the kinds of images */
void archive_image(struct archive *archive);

#endif /* ARCHIVE_H */
