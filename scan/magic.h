/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * magic: what the beginning of a file says about what is in it.
 *
 * What is recognised must be certain: a program, a script or a text that is
 * taken for an archive would be an error where there is none.
 */
#ifndef SCAN_MAGIC_H
#define SCAN_MAGIC_H

#include <stddef.h>
#include <stdint.h>

/** MAGIC_WINDOW - bytes from the beginning in which everything can be told;
 *  with fewer, what lies further behind is not */
#define MAGIC_WINDOW 65608

/** enum magic - what becomes of such a file */
enum magic {
	MAGIC_NONE,	  /* nothing is known of it */
	MAGIC_TAR,	  /* a tar archive */
	MAGIC_COMPRESSED, /* stream/ knows with what */
	MAGIC_RPM,	  /* an RPM package */
	MAGIC_DISK,	  /* a disk image */
	MAGIC_JOURNAL,	  /* of fcapconvert */
	MAGIC_CANNOT,	  /* a form that has no place for the attribute */
	MAGIC_NOT_READ,	  /* a form that may have it, and is not read */
};

/** struct magic_kind - one form */
struct magic_kind {
	enum magic magic;

	/** @name: "cpio archive" */
	const char *name;

	/** @reason: of MAGIC_CANNOT and MAGIC_NOT_READ a sentence that begins
	 *  with the name; else NULL */
	const char *reason;

	/** @kind: of MAGIC_RPM and MAGIC_DISK, the word of the backend */
	const char *kind;
};

/**
 * magic_of() - what a file is
 * @data, @size: its beginning, MAGIC_WINDOW bytes or all that there is
 *
 * Return: never NULL; where nothing is known, a kind without a name.
 */
const struct magic_kind *magic_of(const uint8_t *data, size_t size);

#endif /* SCAN_MAGIC_H */
