/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of oci/ share: the store, its documents, which are chosen. */
#ifndef OCI_PARTS_H
#define OCI_PARTS_H

#include "oci/oci.h"

#include <jansson.h>
#include <sys/stat.h>

/** oci_fail() - put words into @why; returns @error */
int oci_fail(char why[OCI_WHY_SIZE], int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

int oci_no_memory(char why[OCI_WHY_SIZE]);

/* --------------------------------- store ---------------------------------- */

/** STORE_MEMBERS, STORE_NAMES - limits of an archive: members, and the bytes of
 *  all their names */
#define STORE_MEMBERS 65536
#define STORE_NAMES (16 << 20)

/** DOCUMENTS_SIZE - all documents of a store together, in bytes */
#define DOCUMENTS_SIZE (32 << 20)

/** TEXTS_SIZE - those that are kept as they come by */
#define TEXTS_SIZE (8 << 20)

/** DOCUMENTS_WEIGHT - what all documents take in memory, estimated: one of 4 MiB
 *  may become 320 */
#define DOCUMENTS_WEIGHT (32 << 20)

/** STORE_NAME - the longest name of a blob that is looked for */
#define STORE_NAME 1024

/** struct store_member - one member of an archive, in the archive's order */
struct store_member {
	char *name; /* from tar_rel() */
	char *link; /* where a link leads, below the root; NULL: outside */
	char type;  /* '0', or '1' and '2' for links, or what is no blob */
	uint64_t body, size;

	/** @text: all of it, where it may be a document and the archive cannot
	 *  be sought in; else NULL */
	char *text;
};

/** struct store - named blobs */
struct store {
	int fd;			   /* the directory, or the archive */
	bool directory;		   /* else an archive */
	const struct codec *codec; /* of the archive, or NULL */
	uint64_t max_size;
	struct stat stat; /* of @fd */

	/** @open, @open_ctx: as in struct oci_place */
	int (*open)(void *open_ctx, const char *name, uint64_t *size,
		    char why[OCI_WHY_SIZE]);
	void *open_ctx;

	struct store_member *member;
	size_t members, room;
	size_t names, texts; /* bytes of all */
	void *by_name;	     /* the last member of each name */
};

/** store_open() - of a place, whose descriptor is the store's from then on */
int store_open(struct store *store, struct oci_place *place, uint64_t max_size,
	       char why[OCI_WHY_SIZE]);
void store_close(struct store *store);

/** store_alone() - of an archive's place, with one member that is known */
int store_alone(struct store *store, struct oci_place *place,
		const struct oci_apart *apart, uint64_t max_size);

/**
 * store_find() - the member that a name leads to, through links
 * Return: NULL where there is none in the archive.
 */
const struct store_member *store_find(const struct store *store,
				      const char *name);

/** store_last() - is it the member that its name means? */
bool store_last(const struct store *store, const struct store_member *member);

/**
 * store_resolve() - is there such a blob, and under which name does it lie?
 * @resolved: at least STORE_NAME bytes
 * @size: of the blob
 *
 * Return: 0, -ENOENT, or why it cannot be opened.
 */
int store_resolve(const struct store *store, const char *name, char *resolved,
		  uint64_t *size, char why[OCI_WHY_SIZE]);

/** store_text() - a small document that is in memory already, or NULL */
const char *store_text(const struct store *store, const char *name,
		       uint64_t *size);

/** STORE_STAGES - the most that a blob of a store is read through */
#define STORE_STAGES 3

/** struct store_blob - a blob that is being read */
struct store_blob {
	struct in *in; /* the last of @stage */
	struct in *stage[STORE_STAGES];
	uint64_t size;
	int fd; /* of its own, or -1 */
};

int store_blob_open(const struct store *store, const char *name,
		    struct store_blob *blob, char why[OCI_WHY_SIZE]);
void store_blob_close(struct store_blob *blob);

/** store_archive() - read the archive itself, decompressed, from its start */
int store_archive(const struct store *store, struct store_blob *blob,
		  char why[OCI_WHY_SIZE]);

/** store_openat() - open below a directory, through no link; @flags of open(2) */
int store_openat(int dirfd, const char *name, int flags);

/* ------------------------------- documents -------------------------------- */

enum document_kind {
	DOCUMENT_OTHER, /* not known from what it holds: a config */
	DOCUMENT_INDEX,
	DOCUMENT_MANIFEST,
};

/** struct document - one JSON file, read once, never changed */
struct document {
	char *name; /* where it lies in the store */
	char digest[DIGEST_SIZE];
	uint64_t size;
	enum document_kind kind;
	json_t *json;
	bool chosen; /* by REF */
	bool above;  /* an index with something chosen in it */
};

/** struct listed - one image of manifest.json */
struct listed {
	json_t *json;
	struct document *config;
	bool chosen;
};

/** struct image_origin - which document says what an image is */
struct image_origin {
	struct document *manifest; /* or NULL: @entry is it */
	struct document *config;   /* or NULL where it is no image's */
	size_t entry;
};

struct oci_state {
	char *path, *ref;
	struct store store;
	struct document **document;
	size_t documents, document_bytes, document_weight, visits;
	struct image_origin *origin; /* of each image */
	size_t layers;		     /* of all images */
	char **string;		     /* freed with the store */
	size_t strings;

	/** @index: index.json, or NULL; @touched: of its descriptors those with
	 *  something chosen */
	struct document *index;
	bool *touched;

	/** @both: as of struct oci_place */
	bool both;

	/** @manifest: manifest.json, or NULL, and its entries */
	struct document *manifest;
	struct listed *entry;
	size_t entries;
};

/** blob_name() - "blobs/sha256/..."; -EBADMSG where it is no known digest */
int blob_name(const char *digest, char name[STORE_NAME],
	      char why[OCI_WHY_SIZE]);

/** blob_name_digest() - the digest that a name of that form has, or "" */
void blob_name_digest(const char *name, char digest[DIGEST_SIZE]);

/**
 * document_load() - read, verify and parse, or find what was read before
 * @digest: that it must have, or NULL
 * Return: 0; -ENOENT where the store lacks it; -EBADMSG; ...
 */
int document_load(struct oci_state *state, const char *name, const char *digest,
		  struct document **document, char why[OCI_WHY_SIZE]);

/** document_keys_are_plain() - 0, or -EBADMSG where a key that counts is written
 *  so that not all readers find it */
int document_keys_are_plain(const json_t *json, char why[OCI_WHY_SIZE]);

/** document_types() - 0 where all that is read of it has the type that it must
 *  have; entry_list_types(): of the list that manifest.json is */
int document_types(const struct document *document, char why[OCI_WHY_SIZE]);
int entry_list_types(json_t *list, char why[OCI_WHY_SIZE]);

/** document_size_is() - 0 where it has the size that its descriptor says */
int document_size_is(const struct document *document, const json_t *descriptor,
		     char why[OCI_WHY_SIZE]);

/** document_named(), document_digested() - one that was read, or NULL */
struct document *document_named(const struct oci_state *state,
				const char *name);
struct document *document_digested(const struct oci_state *state,
				   const char *digest);

/** keep_string() - a copy that lives as long as the store; or NULL */
const char *keep_string(struct oci_state *state, const char *text);

/** string_in() - a string of an object, or NULL */
const char *string_in(const json_t *object, const char *key);

/** annotation_of() - of a descriptor or document, or NULL */
const char *annotation_of(const json_t *object, const char *key);

/**
 * index_choose() - walk what index.json names, and mark what is chosen
 * @ref: what is chosen; NULL: all
 * @collect: add images of what is chosen to @oci
 * @any: something was
 */
int index_choose(struct oci *oci, const char *ref, bool collect, bool *any,
		 char why[OCI_WHY_SIZE]);

/** entries_read() - the entries of manifest.json with their configs */
int entries_read(struct oci_state *state, char why[OCI_WHY_SIZE]);

/** entries_choose() - mark those that @ref means, NULL: all; were there any? */
bool entries_choose(struct oci_state *state, const char *ref);

/** entry_tagged() - does one of its tags mean @ref? */
bool entry_tagged(const json_t *entry, const char *ref);

/** oci_choose() - choose by REF in both, and make the images */
int oci_choose(struct oci *oci, char why[OCI_WHY_SIZE]);

/** image_of_manifest(), image_of_entry() - append one to @oci */
int image_of_manifest(struct oci *oci, struct document *manifest,
		      const json_t *descriptor, const char *ref,
		      char why[OCI_WHY_SIZE]);
int image_of_entry(struct oci *oci, size_t entry, char why[OCI_WHY_SIZE]);

/** is_attestation() - is it called one, and has no layer of files? */
bool is_attestation(const json_t *descriptor, const struct document *manifest);

/** mark_repeated() - for oci_repeated(), once all images are there */
int mark_repeated(struct oci *oci);

/** manifest_config() - load the config that a manifest names; @config NULL
 *  where it is none of a container image */
int manifest_config(struct oci_state *state, const struct document *manifest,
		    struct document **config, char why[OCI_WHY_SIZE]);

/* --------------------------------- names ---------------------------------- */

/** split_location() - PATH:REF into @path and @ref (or NULL), both allocated */
int split_location(const char *location, char **path, char **ref,
		   char why[OCI_WHY_SIZE]);

/** same_name() - do two names mean the same image, as docker shortens them? */
bool same_name(const char *a, const char *b);

#endif /* OCI_PARTS_H */
