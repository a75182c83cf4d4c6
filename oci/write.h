/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that write a store share. */
#ifndef OCI_WRITE_H
#define OCI_WRITE_H

#include "oci/parts.h"

/** struct replacement - the new content of a layer, or a new layer */
struct replacement {
	const struct oci_layer *layer;	   /* NULL: a new one */
	const struct image_origin *origin; /* then of which image */
	const struct codec *codec;
	char digest[DIGEST_SIZE];  /* of the new blob */
	char diff_id[DIGEST_SIZE]; /* of the new tar */
	uint64_t size;

	/** @offset: of the blob in the spool; of a layout @number: of the
	 *  temporary file that it is in */
	uint64_t offset;
	unsigned number;
};

/** struct fresh - a blob that the new store has and the old one had not */
struct fresh {
	char *name;
	char *beside; /* in place of which, or after which; or NULL */
	const struct replacement *layer; /* or NULL: a document */
	char *text;
	size_t size;
	bool done;
};

/** struct gone - a blob that changed, as far as nothing needs the old one */
struct gone {
	char *name;
	char from[DIGEST_SIZE], to[DIGEST_SIZE]; /* digits in its name */
};

/** struct sink_stages - a layer that is being written; each stage stands on
 *  the one before */
struct sink_stages {
	struct out *file, *blob, *packed, *tar;
};

struct oci_out {
	struct oci *oci;
	enum oci_kind kind;
	bool force;
	int level;

	int parent;	 /* the target's directory */
	char *directory; /* its path */
	char *base;	 /* the target's name there */
	char *temporary; /* the name of what is being written */
	int fd;		 /* it: a directory or a file; or -1 */

	int spool; /* layers of an archive, one behind another; or -1 */
	uint64_t spooled;
	unsigned numbers; /* temporary files of layers */

	struct replacement **done;
	size_t count;
	struct replacement *now; /* being written, or NULL */
	struct sink_stages stages;
	int layer_fd; /* the file that it is written to */

	struct fresh *fresh;
	size_t freshes;
	struct gone *gone;
	size_t gones;
};

/** rewrite_documents() - what changes: fills @fresh and @gone */
int rewrite_documents(struct oci_out *out, char why[OCI_WHY_SIZE]);

/** add_fresh() - one more, unless that name is there already; takes @text over
 *  whatever happens */
int add_fresh(struct oci_out *out, const char *name, const char *beside,
	      const struct replacement *layer, char *text);
int add_gone(struct oci_out *out, const char *name, const char *from,
	     const char *to);

const struct gone *gone_named(const struct oci_out *out, const char *name);
struct fresh *fresh_named(const struct oci_out *out, const char *name);

/** put_layout(), put_archive() - write all of the new store to @fd */
int put_layout(struct oci_out *out, char why[OCI_WHY_SIZE]);
int put_archive(struct oci_out *out, char why[OCI_WHY_SIZE]);

/** layer_file_name() - the temporary file of a layer of a layout */
void layer_file_name(unsigned number, char name[64]);

/** copy_bytes() - all of a file to another, shared where the file system can */
int copy_bytes(int from, int to);

/** remove_tree() - a directory and what is in it, by descriptor */
int remove_tree(int dirfd, const char *name, int depth);

/** TREE_DEPTH - directories within each other in a layout */
#define TREE_DEPTH 64

/** replace_digits() - @text with each @from, as long as @to, replaced; or NULL */
char *replace_digits(const char *text, const char *from, const char *to);

/** digits_of() - what follows "sha256:" */
const char *digits_of(const char *digest);

#endif /* OCI_WRITE_H */
