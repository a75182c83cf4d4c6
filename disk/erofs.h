/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EROFS: what the parts of its reader share.
 *
 * An EROFS image is metadata at any place of it: inodes of 32 or 64 bytes, each
 * followed by its extended attributes, and perhaps by the end of its data. A
 * number (nid) is a place: in steps of 32 bytes from where metadata begins, and
 * it is what the kernel shows as st_ino. Only metadata is read, so that it does
 * not matter how files are compressed.
 *
 * What fails leaves a sentence with its place in struct erofs, by erofs_fail().
 */
#ifndef DISK_EROFS_H
#define DISK_EROFS_H

#include "disk/disk.h"

#include <stdarg.h>

/** EROFS_PIECE, EROFS_PIECES - what is read at once, and how many such pieces are
 *  kept; EROFS_BYTES_MAX - how many bytes can be asked for at once */
#define EROFS_PIECE (1 << 17)
#define EROFS_PIECES 64
#define EROFS_BYTES_MAX (1 << 16)

/** EROFS_DIRS_MAX - how many directories are remembered; what comes after them is
 *  an error */
#define EROFS_DIRS_MAX (3 << 20)

/** EROFS_PREFIXES - long prefixes of names that an attribute can refer to */
#define EROFS_PREFIXES 128

/** struct erofs_piece - a part of the disk in memory; @bytes may be NULL */
struct erofs_piece {
	uint8_t *bytes;
	uint64_t number;
	bool there;
};

/** struct erofs_inode - what is known of an inode */
struct erofs_inode {
	uint64_t nid;
	uint64_t attributes;	  /* where they are on the disk */
	uint32_t attributes_size; /* 0: it has none */
	uint64_t size, start;	  /* of its data; @start is a block's number */
	unsigned layout;
	uint32_t mode, uid, gid, links;
};

/** struct erofs - a file system while it is read */
struct erofs {
	const struct disk *disk;
	const struct disk_options *options;
	disk_fn *fn;
	void *ctx;

	unsigned block_bits;
	uint64_t meta,
		shared; /* where metadata, and shared attributes, begin */
	uint64_t root, packed; /* inodes; @packed: 0 where there is none */

	/** @prefixes: how many there are, from @prefixes_at; @prefix: how much
	 *  of the attribute's name each of them stands for, or -1;
	 *  @prefixes_error: why that is not known, or 0 */
	unsigned prefixes;
	uint64_t prefixes_at;
	bool prefixes_plain; /* on the disk, though there is a packed inode */
	int prefixes_error;
	int8_t prefix[EROFS_PREFIXES];

	/** @checksum_wrong: of the superblock */
	bool checksum_wrong;

	/** @directories: bytes of those that were read; @looked_at: bytes of
	 *  attributes. Both are bounded by the size of the disk */
	uint64_t directories, looked_at;

	/** @path: of what is read now, @path_len bytes and a NUL */
	char *path;
	size_t path_len;

	/** @why: a sentence about what failed last */
	char why[256];

	struct erofs_piece piece[EROFS_PIECES];
	uint8_t joined[EROFS_BYTES_MAX];
};

/** erofs_16(), erofs_32(), erofs_64() - numbers as they are stored */
uint32_t erofs_16(const uint8_t *bytes);
uint32_t erofs_32(const uint8_t *bytes);
uint64_t erofs_64(const uint8_t *bytes);

/** erofs_fail() - keep a sentence; returns @error */
int erofs_fail(struct erofs *fs, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * erofs_bytes() - bytes of the disk, at most EROFS_BYTES_MAX
 * @bytes: where they are, until the next call
 *
 * Return: 0 or a negated errno, without a sentence.
 */
int erofs_bytes(struct erofs *fs, uint64_t at, size_t size,
		const uint8_t **bytes);
void erofs_forget(struct erofs *fs);

/** erofs_crc() - CRC32c of more bytes; UINT32_MAX before the first */
uint32_t erofs_crc(uint32_t crc, const uint8_t *bytes, size_t size);

/** erofs_super() - read the superblock; 0 or a negated errno and a sentence */
int erofs_super(struct erofs *fs);

/** erofs_inode() - read an inode; 0 or a negated errno and a sentence */
int erofs_inode(struct erofs *fs, uint64_t nid, struct erofs_inode *inode);

/** erofs_flat() - can its data be read here? 0, or -ENOTSUP and a sentence */
int erofs_flat(struct erofs *fs, const struct erofs_inode *inode);

/**
 * erofs_block() - a block of the data of a flat inode
 * @number: counted within the file, where there is data
 * @size: how much of it is data
 *
 * Return: 0 or a negated errno and a sentence.
 */
int erofs_block(struct erofs *fs, const struct erofs_inode *inode,
		uint64_t number, const uint8_t **bytes, size_t *size);

/** erofs_script() - does a file begin with "#!"? False where its data is not
 *  flat. Bytes are asked for */
bool erofs_script(struct erofs *fs, const struct erofs_inode *inode);

/** erofs_prefixes() - read the table of long prefixes; 0 or a negated errno, kept
 *  in @prefixes_error too, and a sentence */
int erofs_prefixes(struct erofs *fs);

/**
 * erofs_value() - the attribute of an inode
 * @value: the bytes as stored, until bytes are asked for again
 *
 * Of several the first one counts, as for the kernel. The filter that an inode
 * has for the names of its attributes is not looked at: the kernel trusts it, but
 * what is stored is stored.
 *
 * Return: 0, -ENODATA, or another negated errno and a sentence.
 */
int erofs_value(struct erofs *fs, const struct erofs_inode *inode,
		const uint8_t **value, size_t *size);

/** erofs_tell() - hand over what is no entry: @error is 0 or positive, the
 *  sentence @why. With @whole it is about the file system */
int erofs_tell(struct erofs *fs, enum disk_what what, int error, bool whole);

/** erofs_walk() - hand over all entries from the root on */
int erofs_walk(struct erofs *fs);

#endif /* DISK_EROFS_H */
