/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Archives and images written anew: each member is looked at, and what a tool
 * decides for it is written to an output. Nothing is written over its input.
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "bin/tool.h"
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

/**
 * archive_open_store() - open the images, with no privilege left but what
 * beginning and ending an output takes
 */
int archive_open_store(struct archive *archive, struct oci **oci,
		       char why[OCI_WHY_SIZE]);

/** archive_begin_store(), archive_end_store() - oci_begin(), and oci_commit() or
 *  where it is not @good oci_abandon(); privileges are raised only meanwhile.
 *  Where there is no output nothing is ended. */
int archive_begin_store(struct archive *archive, struct oci *oci,
			struct oci_out **out, char why[OCI_WHY_SIZE]);
int archive_end_store(struct oci_out *out, bool good, char why[OCI_WHY_SIZE]);

/** archive_image() - of the kinds of images */
void archive_image(struct archive *archive);

#endif /* ARCHIVE_H */
