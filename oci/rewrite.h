/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known while documents are made anew. */
#ifndef OCI_REWRITE_H
#define OCI_REWRITE_H

#include "oci/edit.h"

/** struct layer_name - under which name a layer lies that changed */
struct layer_name {
	const char *name; /* resolved; the image's */
	const struct replacement *layer;
};

/** struct remade - a document with new content */
struct remade {
	const struct document *old;
	json_t *json;
	char *text;
	size_t size;
	char digest[DIGEST_SIZE];
};

struct rewrite {
	struct oci_out *out;
	char *why;
	void *layers; /* struct layer_name by name */
	struct remade **remade;
	size_t remades;

	/** @visited, @settled: in this pass documents that changed, and those
	 *  of them that are as they were in the last pass */
	size_t visited, settled;

	/** @index, @manifest: the files at the root, or NULL: as they were */
	struct remade *index, *manifest;

	void *needed; /* names of blobs that the new store refers to */
	const json_t **pending; /* documents that were not looked at yet */
	size_t pendings;

	/** @failed: a negated errno: what the old store has could not be asked,
	 *  so none of the answers count */
	int failed;
};

/** rewrite_resolve() - is there such a blob? What it resolves to; an error that
 *  is no answer goes into @rw->failed */
bool rewrite_resolve(struct rewrite *rw, const char *name, char *resolved);

/**
 * rewrite_layer() - the new content of the blob that a name leads to, or NULL
 * @resolved: STORE_NAME bytes, its own name
 */
const struct replacement *rewrite_layer(struct rewrite *rw, const char *name,
					char *resolved);

/** edit_begin() - room for @layers, and what is added to the image of
 *  @manifest (or NULL) and @config; edit_end() frees it whatever happened */
int edit_begin(const struct rewrite *rw, struct layer_edit *edit, size_t layers,
	       const struct document *manifest, const struct document *config);
bool edit_empty(const struct layer_edit *edit);
void edit_end(struct layer_edit *edit);

int keep_remade(struct rewrite *rw, const struct document *old, json_t *json,
		struct remade **remade);
int remake_config(struct rewrite *rw, const struct document *config,
		  const struct layer_edit *edit, struct remade **remade);

/** remake_entries() - manifest.json; places its blobs too */
int remake_entries(struct rewrite *rw);

/** find_needed() - what the new documents refer to */
int find_needed(struct rewrite *rw);
bool is_needed(const struct rewrite *rw, const char *name);

/** place_blobs() - what is new, and what is gone */
int place_blobs(struct rewrite *rw);

#endif /* OCI_REWRITE_H */
