/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oci: container images as layouts and archives.
 *
 * A store holds named blobs: the files of an OCI layout's directory, or the
 * members of an archive that was made of one, or of what `docker save` writes.
 * Its documents (index.json, image indexes, manifests, configs; or
 * manifest.json) name images and their layers. Blobs are verified against their
 * digests while they are read.
 *
 * Nothing in a store is believed: names lead nowhere outside, links in a
 * directory are not followed, documents are limited in size, depth and number.
 */
#ifndef OCI_H
#define OCI_H

#include "stream/stream.h"
#include "tar/tar.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/** Limits: of a document's bytes, of nested indexes, of images, of the layers of
 *  one image, and of all. All documents together are at most 32 MiB, an archive has at most
 *  65536 members. */
#define OCI_DOCUMENT_MAX (4 << 20)
#define OCI_DEPTH_MAX 8
#define OCI_IMAGES_MAX 1024
#define OCI_LAYERS_MAX 1024
#define OCI_ALL_LAYERS_MAX 65536

/** OCI_WHY_SIZE - room for a reason in words */
#define OCI_WHY_SIZE 400

/** enum oci_kind - how a store is kept */
enum oci_kind {
	OCI_LAYOUT,  /* oci: a directory with an oci-layout file */
	OCI_ARCHIVE, /* oci-archive: a tar archive of one */
	OCI_DOCKER, /* docker-archive: a tar archive with a manifest.json; where
		      * it holds an OCI layout too, that is kept true as well */
};

/** struct oci_layer - one layer of an image */
struct oci_layer {
	const char *digest;  /* of the blob; of a docker archive the diff_id */
	const char *diff_id; /* of the tar inside it, or NULL */
	const char *name;    /* of the blob in the store, links resolved */
	const char *media_type; /* or NULL */
	uint64_t size;		/* of the blob; UINT64_MAX: not said */

	/** @foreign: why it is not read as a tar layer: encrypted, another
	 *  kind of artifact, not in the store (with urls); or NULL. Only the
	 *  media types of OCI and docker layers are read; how one is compressed
	 *  is told by its bytes. The layers of an attestation are foreign, and
	 *  none of them is of files: else it is an image like another. */
	const char *foreign;

	bool repeated; /* oci_repeated() */
};

/** struct oci_image - one image */
struct oci_image {
	const char *ref;      /* its name or tag as the store has it, or NULL */
	const char *platform; /* "linux/arm64/v8", or NULL: from the descriptor,
			       * else from the config */
	const char *digest;   /* of its manifest, or NULL */
	const char *user; /* what its config says to run as, or NULL: root */
	struct oci_layer *layer; /* lowest first */
	size_t layers;
	bool artifact; /* an attestation or the like: no file system */
};

/** struct oci - an open store */
struct oci {
	enum oci_kind kind;
	struct oci_image *image;
	size_t images;
	size_t others; /* what else an index names: no manifest nor index */
	size_t hidden; /* of an archive that is of both kinds: chosen among the
			* images of the other one alone, and not read */
	struct oci_state *state;
};

/** oci_hidden() - words for the images that are hidden, or NULL where none is */
const char *oci_hidden(const struct oci *oci);

/**
 * oci_open() - open a store and read its documents
 * @location: PATH or PATH:REF; the longest beginning up to a ':' that exists is
 * the path. REF is an image's name or tag, or a digest "sha256:..."; an index
 * stands for all of its images
 * @max_size: bytes that anything compressed in it may become
 * @why: on failure the reason and what to do, with the place in the store
 *
 * What REF means:
 * - in index.json: the annotation org.opencontainers.image.ref.name as it is, or
 *   io.containerd.image.name as docker shortens it: "x" is "x:latest" and
 *   "docker.io/library/x:latest";
 * - in manifest.json: one of RepoTags, as docker shortens it;
 * - a digest: an index, a manifest or a config, at any depth.
 * Where a store has both files, images are those of manifest.json for
 * OCI_DOCKER, else those of index.json; a REF that only the other one knows
 * means the images with the same configs.
 *
 * Images that REF does not choose are left out. Manifests and indexes are all
 * read and verified, but what is not chosen may be missing. Of a docker archive
 * index.json may also name what is missing, as docker save has it. A layer that
 * is missing or cannot be opened is told by oci_layer_open() alone.
 *
 * An archive is read more than once: it must be a file. A compressed one is read
 * from its start for each blob. Of members with the same name the last counts;
 * links between members are followed by their names, never outside.
 *
 * Return: 0 or a negated errno: -ENOENT where REF chooses nothing or the path is
 * missing, -EBADMSG for what is no such store, is corrupted or does not match
 * its digest, -EFBIG beyond a limit, -ESPIPE for a pipe.
 */
int oci_open(struct oci **oci, enum oci_kind kind, const char *location,
	     uint64_t max_size, char why[OCI_WHY_SIZE]);

/**
 * struct oci_place - a store that is open, and not looked into
 *
 * @path, @ref: the parts of its location; @fd: the layout's directory, or the
 * archive; of a layout with an @open it need not be open
 * @both: of a docker archive that holds a layout too, without a @ref, the images
 * that are in the layout's index alone as well
 * @open: NULL, or what opens a blob of a layout instead of oci_open_blob(), for
 * who cannot; called with @open_ctx
 */
struct oci_place {
	enum oci_kind kind;
	char *path, *ref;
	int fd;
	struct stat stat; /* of @fd */
	bool both;
	int (*open)(void *open_ctx, const char *name, uint64_t *size,
		    char why[OCI_WHY_SIZE]);
	void *open_ctx;
};

/** oci_find(), oci_read() - oci_open() in two steps: what opens the location, and
 *  what reads the store, from which the place is gone then. oci_found() is the
 *  first of an archive that is open; @fd stays the caller's */
int oci_find(struct oci_place *place, enum oci_kind kind, const char *location,
	     char why[OCI_WHY_SIZE]);
int oci_found(struct oci_place *place, enum oci_kind kind, const char *path,
	      int fd);
int oci_read(struct oci **oci, struct oci_place *place, uint64_t max_size,
	     char why[OCI_WHY_SIZE]);

/** oci_found_again() - a second one of a place that is open, with a descriptor of
 *  its own if there is one; oci_lose() it whatever comes of it */
int oci_found_again(struct oci_place *again, const struct oci_place *place);

/** oci_lose() - close a place; nothing where it is gone */
void oci_lose(struct oci_place *place);

/** oci_open_blob() - open a regular file below a layout's directory, through no
 *  link; a descriptor or a negated errno and @why */
int oci_open_blob(int directory, const char *name, uint64_t *size,
		  char why[OCI_WHY_SIZE]);

/** oci_path() - the path part of the location, oci_ref() its REF or NULL */
const char *oci_path(const struct oci *oci);
const char *oci_ref(const struct oci *oci);

/** oci_location() - the path part of a location, by itself; NULL: no memory */
char *oci_location(const char *location);

void oci_close(struct oci *oci);

/** OCI_STAGES - the most that a layer is read through */
#define OCI_STAGES 6

/** oci_only() - the image, where one alone is there, be it under several names,
 *  besides attestations and the like; else -EINVAL, and @why names them */
int oci_only(const struct oci *oci, struct oci_image **image,
	     char why[OCI_WHY_SIZE]);

/** oci_repeated() - does an image before have a layer's blob too, or this image
 *  further down? What is done once a blob is not done again then. One that is
 *  foreign there is another */
bool oci_repeated(const struct oci *oci, size_t image, size_t layer);

/** struct oci_blob - a layer that is being read */
struct oci_blob {
	struct in *in;		   /* what is in it, decompressed */
	const struct codec *codec; /* its compression, or NULL */
	struct in *stage[OCI_STAGES];
	const struct oci_layer *layer;
	int fd;
};

/**
 * oci_layer_open() - read a layer; oci_layer_close() it
 * Return: 0; -ENOTSUP where it is foreign or this build lacks its compression;
 * -EBADMSG where it is missing, no regular file, or of another size than its
 * descriptor says.
 */
int oci_layer_open(struct oci *oci, const struct oci_layer *layer,
		   struct oci_blob *blob, char why[OCI_WHY_SIZE]);

/**
 * oci_layer_verify() - read what is left, compare the digests
 *
 * The blob's own digest, and that of the tar inside it where the config has a
 * diff_id. A docker archive has the second alone.
 *
 * Return: 0, -EBADMSG where they differ, or why it could not be read.
 */
int oci_layer_verify(struct oci_blob *blob, char why[OCI_WHY_SIZE]);

void oci_layer_close(struct oci_blob *blob);

/**
 * struct oci_apart - what another process is told of a layer that it is to read
 *
 * @name, @digest, @diff_id, @size: as in struct oci_layer; where the digest is
 * the diff_id they are one pointer
 * @offset, @stored: of an archive, where the blob lies in it, decompressed, and
 * how long it is
 * @codec: what the archive is compressed with as a whole, or NULL
 */
struct oci_apart {
	const char *name, *digest, *diff_id, *codec;
	uint64_t size, offset, stored;
};

/** oci_apart() - learn it; false where the layer cannot be read: then
 *  oci_layer_open() says why */
bool oci_apart(const struct oci *oci, const struct oci_layer *layer,
	       struct oci_apart *apart);

/**
 * oci_alone() - a store that has that layer alone, in its one image
 * @place: see oci_read(); an archive or, of a layout, one with an @open
 * @apart: must live as long
 *
 * Return: 0 or -ENOMEM.
 */
int oci_alone(struct oci **oci, struct oci_place *place,
	      const struct oci_apart *apart, uint64_t max_size);

/* --------------------------------- merging -------------------------------- */

/*
 * The file system that the layers of an image make together, as far as file
 * capabilities go. Names are compared as they are: a path with ".." in it, or
 * one through a symbolic link of a lower layer, is another path.
 *
 * A whiteout hides what lower layers have at its path and below, an opaque
 * directory what they have below it, wherever in its layer it stands. All other
 * names of aufs are passed over, and so are whiteouts below a file, and those
 * that readers refuse (of nothing, of "." and of ".."). An entry replaces an
 * earlier one of its path, of a lower or the same layer; one that is no
 * directory hides all that came earlier below it as well, and one below a file
 * makes it a directory.
 *
 * A hard link gets the value that its target has when it comes; what becomes of
 * the target later does not concern it. One that carries a value itself has
 * that one, and its target keeps its own.
 */
struct merged;

/** struct merged_entry - a path with the attribute */
struct merged_entry {
	const char *rel;
	size_t layer;	/* from which layer, the lowest is 0 */
	uint64_t order; /* the entry's place among all that were added */

	/** @link: of a hard link without a value of its own its target's path,
	 *  as it was then; else NULL */
	const char *link;

	/** @data: the caller's, of merged_add(): that of the target where @link
	 *  is set, and so one @data may come with several entries */
	void *data;
};

/** MERGED_SIZE - what the tools let the entries with the attribute take, with
 *  their data */
#define MERGED_SIZE ((size_t)24 << 20)

/**
 * merged_new() - an image without layers
 * @free_data: called once for each @data, when no entry has it any more
 * @limit: the most bytes for all entries
 *
 * Return: NULL where memory is lacking.
 */
struct merged *merged_new(void (*free_data)(void *data), size_t limit);

/** merged_layer() - the next layer begins, above all before */
void merged_layer(struct merged *merged);

/**
 * merged_add() - an entry of the layer, whatever it is
 * @member: its type and link; whiteouts are recognised by their names
 * @rel: its path from tar_rel()
 * @data: where the entry has the attribute, what the caller knows of it; else
 * NULL. Taken over whatever happens
 * @size: what @data takes
 *
 * Only what has the attribute takes memory. After an error nothing but
 * merged_free() is of use.
 *
 * Return: 0 or -ENOMEM; -EFBIG where there is more than the limit allows,
 * what hidden directories held included.
 */
int merged_add(struct merged *merged, const struct tar_member *member,
	       const char *rel, void *data, size_t size);

/**
 * merged_each() - what is left, in the order of the paths' bytes
 *
 * Return: 0 or -ENOMEM; or what @fn returned other than 0, which ends it.
 */
int merged_each(struct merged *merged,
		int (*fn)(void *ctx, const struct merged_entry *entry),
		void *ctx);

/** merged_work() - steps taken so far, for tests: they grow with the length of
 *  all paths, whatever the layers are */
uint64_t merged_work(const struct merged *merged);

void merged_free(struct merged *merged);

/* --------------------------------- writing -------------------------------- */

/*
 * A store is written anew: layers that changed first, then the documents that
 * name them, all else as it is. What was written is complete and in place only
 * after oci_commit(). The same input and the same changes make the same bytes.
 *
 * Only images that REF has chosen change. Where another image uses the same
 * layer, config or manifest, it keeps the old blob; a blob that nothing refers
 * to any more because of the change is left out. Of an entry of manifest.json
 * that one of several tags chose, a second one is made with that tag.
 *
 * In documents, descriptors (any object with a digest), diff_ids,
 * annotations that are a digest, and the names in manifest.json follow. A
 * manifest whose subject changed follows it where it is chosen too. What a
 * descriptor says of the old bytes goes: "data", and the tables of contents of
 * eStargz and zstd:chunked. Documents that change are written compactly, with
 * their keys in order; others byte for byte. Blobs are named by their digests as
 * before; other names stay, unless the old blob has to stay under it.
 *
 * In a layout, files keep mode and time; symbolic links are copied as such; any
 * other kind of file is an error. In an archive, members keep their order;
 * symbolic and hard links to a blob with a new name follow it. Where nothing
 * changed, the archive is copied byte for byte, compressed or not.
 */
struct oci_out;

/**
 * oci_begin() - begin a changed copy of a store
 * @path: where it is to be: a directory for a layout, else a file; nothing
 * stands there before it is committed
 * @force: what stands at @path is replaced: a layout by a layout, a file by a
 * file
 * @level: for compression, or -1; what a codec does not know becomes its nearest
 *
 * Return: 0 or a negated errno: -EEXIST without @force.
 */
int oci_begin(struct oci_out **out, struct oci *oci, const char *path,
	      bool force, int level, char why[OCI_WHY_SIZE]);

/**
 * oci_replace() - a sink for the new content of a layer
 * @layer: of the store, NULL: a new layer on top of @image
 * @image: one of the store's, where @layer is NULL; every image that is to get
 * it, in turn. Images that are one manifest, or one config in manifest.json, get
 * it together, once
 * @sink: takes the tar, uncompressed; compressed as the layer was, or as
 * @image's top layer is (gzip where no media type would name that)
 *
 * All chosen images with a layer of that digest get the new content, so each
 * digest is replaced once. oci_replaced() ends it: finishes the sink and keeps
 * the blob; before that nothing else may be begun. Content that is the same as
 * before leaves the layer as it was.
 *
 * Return: 0 or a negated errno: -ENOTSUP where the layer is foreign, the image
 * has no config, or this build cannot compress so.
 */
int oci_replace(struct oci_out *out, const struct oci_layer *layer,
		const struct oci_image *image, struct out **sink,
		char why[OCI_WHY_SIZE]);
int oci_replaced(struct oci_out *out, char why[OCI_WHY_SIZE]);

/** oci_unreplace() - forget the layer that is being written: it is kept as it
 *  was, byte for byte */
void oci_unreplace(struct oci_out *out);

/**
 * oci_commit() - write documents and what did not change, make all of it
 * durable, rename it into place; frees @out whatever it returns
 *
 * An error after the exchange with a layout that was there says so, and where
 * what is left of it lies.
 */
int oci_commit(struct oci_out *out, char why[OCI_WHY_SIZE]);

/**
 * The same in parts, for several processes: oci_output() makes what is written
 * to, oci_output_of() says of which store, oci_compose() writes all that
 * oci_commit() does, and oci_settle() renames it into place and frees @out;
 * @placed: whether it is there, though something failed.
 * Between the first and the last another process may do the work, with nothing
 * but the descriptors of oci_descriptors(), of which there are as many as it
 * returns: of a layout one, the directory, below which it makes files.
 */
int oci_output(struct oci_out **out, enum oci_kind kind, const char *path,
	       bool force, int level, char why[OCI_WHY_SIZE]);
void oci_output_of(struct oci_out *out, struct oci *oci);
int oci_compose(struct oci_out *out, char why[OCI_WHY_SIZE]);
int oci_settle(struct oci_out *out, bool *placed, char why[OCI_WHY_SIZE]);
size_t oci_descriptors(const struct oci_out *out, int fd[2]);

/** oci_abandon() - remove what was written, and free */
void oci_abandon(struct oci_out *out);

#endif /* OCI_H */
