/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The members of a tar archive or of a layer as records.
 */
#ifndef SCAN_MEMBERS_H
#define SCAN_MEMBERS_H

#include "scan/scan.h"
#include "tar/tar.h"

/** struct members - an archive while it is read */
struct members {
	struct scan *scan;
	struct in *in;	   /* the archive, decompressed */
	const char *layer; /* the layer's digest, or NULL */
	enum tar_who who;  /* whose copy of the value counts */

	/** @each: called for each member, with its record where it has the
	 *  attribute or where all are wanted, else NULL; NULL: records are
	 *  handed to the scan's function */
	int (*each)(void *ctx, const struct tar_member *member, const char *rel,
		    const struct scan_record *record);
	void *ctx;

	/* What was found besides records. */
	uint64_t count;	   /* of members */
	bool extended;	   /* there are extended headers */
	bool layout;	   /* there is a file "oci-layout" */
	bool manifest;	   /* there is a file "manifest.json" */
	bool failed;	   /* it could not be read to its end; that was told */
	uint64_t trailing; /* bytes behind the end-of-archive marker */
};

/**
 * members_scan() - read an archive to the end of its source
 * Return: 0, what the scan's function or @each returned, or -ENOMEM.
 */
int members_scan(struct members *members);

#endif /* SCAN_MEMBERS_H */
