/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ext2, ext3 and ext4, read through libext2fs where it is safe and by ourselves
 * where it is not: the library opens the file system and knows the groups; inode
 * tables, attributes, block maps and directories are read here, with a bound on
 * everything.
 *
 * Time and memory: inode tables do not overlap, so that they are at most the size
 * of the disk; directories may have as many blocks as the disk has, all of them
 * together. In memory are three bits for each inode, 24 bytes and a name for each
 * directory, and at most EXT_NAMES_MAX names: where there are more, the
 * directories are read twice.
 */
#ifndef DISK_EXT4_H
#define DISK_EXT4_H

#include "disk/disk.h"
#include "disk/ext4_io.h"

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>
#include <string.h>

#define EXT_WHY_SIZE 240

/** EXT_NAME_SIZE - room for a name as it is shown, and a NUL: that in an encrypted
 *  directory has two digits a byte */
#define EXT_NAME_SIZE (2 * EXT2_NAME_LEN + 1)

/** EXT_PIECE - bytes that are read at a time; a multiple of all block sizes */
#define EXT_PIECE (512 * 1024)

/** EXT_BARREN - blocks of attributes that are remembered not to have the one */
#define EXT_BARREN 4096

/** struct ext_group - where the inodes of a group are */
struct ext_group {
	uint64_t table; /* its first byte; 0: it cannot be read, see @fault */
	uint32_t used;	/* behind so many none is in use */
	const char *fault; /* what is wrong with the descriptor, or NULL */
};

/** struct ext_node - an inode; of the attribute its place only */
struct ext_node {
	const uint8_t *raw; /* all of it */
	uint32_t number, generation, mode, uid, gid, links, flags, dtime;
	uint64_t size;
	uint64_t attr_block; /* 0: none */
	size_t attrs;	     /* where those in the inode begin; 0: none */
	uint32_t seed;	     /* of the checksums of what belongs to it */
};

/** enum ext_room - inodes that are in memory at the same time */
enum ext_room {
	EXT_ENTRY, /* that is handed over */
	EXT_DIR,   /* whose entries are read */
	EXT_VALUE, /* that holds a value */
	EXT_ROOMS,
};

/** struct ext - a file system while it is read */
struct ext {
	const struct disk *disk;
	struct ext_io io; /* what the library reads by; nothing is written */
	ext2_filsys fs;
	uint32_t block;	     /* bytes of one */
	uint32_t inode_size; /* bytes */
	uint32_t inodes, per_group, groups;
	bool sums;     /* metadata_csum: everything has a checksum */
	uint32_t seed; /* of the checksums */
	struct ext_group *group;
	unsigned misplaced; /* groups whose tables are not where they can be */

	/** @notice: of the superblock, or "" */
	char notice[EXT_WHY_SIZE];
	bool doubtful; /* the superblock's checksum is wrong */

	/** @why: what the last function that failed has to say */
	char why[EXT_WHY_SIZE];

	/** @room, @piece, @attrs, @value: buffers, see their users */
	uint8_t *room[EXT_ROOMS];
	uint8_t *piece;	   /* EXT_PIECE: inode tables, then directories */
	uint8_t *attrs;	   /* a block of attributes */
	uint64_t attrs_at; /* which one it is; 0: none */
	uint64_t barren[EXT_BARREN]; /* at their number modulo that */
	uint8_t *value;		     /* DISK_VALUE_MAX */

	uint32_t
		bitmap_group; /* whose bitmap is in @bitmap; UINT32_MAX: none */
	uint8_t *bitmap;

	const struct disk_options *options;
	disk_fn *fn;
	void *ctx;
};

static inline uint32_t ext_le16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t ext_le32(const uint8_t *p)
{
	return ext_le16(p) | ext_le16(p + 2) << 16;
}

/** ext_why() - say why, and return @error */
int ext_why(struct ext *ext, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ------------------------- ext4_open.c, ext4_group.c ---------------------- */

/**
 * ext_open() - open a file system by its superblock, or a copy of that
 * Return: 0, or a negated errno and @why. Either way ext_close() frees it.
 */
int ext_open(struct ext *ext, const struct disk *disk);
void ext_close(struct ext *ext);

/** ext_groups() - find the inode tables; 0 or -ENOMEM */
int ext_groups(struct ext *ext);

/** ext_block_valid() - can there be such a block? */
bool ext_block_valid(const struct ext *ext, uint64_t block);

/** ext_inode_freed() - is it free by the bitmap? Where that is not known, by
 *  itself */
bool ext_inode_freed(struct ext *ext, const struct ext_node *node);

/* -------------------------------- ext4_crc.c ------------------------------ */

/** ext_crc() - CRC32c as ext4 uses it: neither begun nor ended with an inversion */
uint32_t ext_crc(uint32_t crc, const void *bytes, size_t size);

/** ext_crc64() - of a little-endian number */
uint32_t ext_crc64(uint32_t crc, uint64_t number);

/* -------------------------------- ext4_inode.c ---------------------------- */

/** ext_inode_sum_right() - is its checksum, if it has to have one? */
bool ext_inode_sum_right(const struct ext *ext, uint32_t number,
			 const uint8_t *raw);

/** ext_inode_attrs() - where the attributes in an inode begin
 *  Return: 1 with @at, 0 where it has none, -EBADMSG */
int ext_inode_attrs(const struct ext *ext, const uint8_t *raw, size_t *at);

/** ext_inode_block() - its block of attributes, or 0 */
uint64_t ext_inode_block(const struct ext *ext, const uint8_t *raw);

/** ext_inode_decode() - @node of its bytes and number, which are there already
 *  Return: 0, or -EBADMSG and @why: it is corrupt. */
int ext_inode_decode(struct ext *ext, struct ext_node *node);

/** ext_inode_there() - does the disk have the place of an inode? */
bool ext_inode_there(const struct ext *ext, uint32_t number);

/**
 * ext_inode_read() - read an inode
 * @room: whose buffer it comes to; good until the next one comes there
 * Return: 0, or a negated errno and @why; -EBADMSG with @node->raw not NULL: it
 * is there, and corrupt.
 */
int ext_inode_read(struct ext *ext, enum ext_room room, uint32_t number,
		   struct ext_node *node);

/* -------------------------------- ext4_attr.c ----------------------------- */

/** struct ext_attr - one attribute of a set */
struct ext_attr {
	const uint8_t *value;
	size_t size;
	uint32_t inode; /* that holds the value; 0: it is at @value */
};

/** struct ext_attrs - a set of attributes */
struct ext_attrs {
	const uint8_t *first; /* its first entry */
	const uint8_t *base;  /* where values are counted from */
	const uint8_t *end;
};

/** EXT_CAPABILITY, EXT_DATA - names, with their index before them */
#define EXT_CAPABILITY "\6capability"
#define EXT_DATA "\7data"

/**
 * ext_attr_find() - find an attribute in a set
 * Return: 1 with @attr, 0 where it is not there, -EBADMSG: the kernel refuses the
 * set as a whole.
 */
int ext_attr_find(const struct ext *ext, const struct ext_attrs *set,
		  const char *name, struct ext_attr *attr);

/** ext_attrs_in() - the set in an inode, which begins at @at */
struct ext_attrs ext_attrs_in(const struct ext *ext, const uint8_t *raw,
			      size_t at);

/** ext_attrs_block() - read the set of a block; 0, or a negated errno and @why */
int ext_attrs_block(struct ext *ext, uint64_t block, struct ext_attrs *set);

/**
 * ext_value() - the value of an inode
 * @value, @size: the result, in @ext's buffers; good until the next call
 * Return: 0, -ENODATA, or a negated errno and @why.
 */
int ext_value(struct ext *ext, const struct ext_node *node,
	      const uint8_t **value, size_t *size);

/* --------------------------------- ext4_map.c ----------------------------- */

/** ext_run_fn - called for each run of blocks: 0 to go on */
typedef int ext_run_fn(void *ctx, uint64_t logical, uint64_t physical,
		       uint64_t count);

/**
 * ext_map() - the blocks of an inode that are there, in order
 * @budget: blocks that may be read for this; each is taken off
 *
 * Return: 0, what the function returned, or a negated errno and @why.
 */
int ext_map(struct ext *ext, const struct ext_node *node, uint64_t *budget,
	    ext_run_fn *fn, void *ctx);

/* -------------------------------- ext4_data.c ----------------------------- */

/** ext_script() - does a file begin with "#!"? False where that cannot be read,
 *  and of one that is encrypted */
bool ext_script(struct ext *ext, const struct ext_node *node);

/* --------------------------------- ext4_dir.c ----------------------------- */

/** struct ext_dirent - an entry of a directory */
struct ext_dirent {
	uint32_t inode;
	const uint8_t *name;
	size_t len;
};

/** ext_dirent_fn - called for each entry; NULL: something could not be read, and
 *  @why says what. 0 to go on */
typedef int ext_dirent_fn(void *ctx, const struct ext_dirent *entry);

/** ext_dir_read() - the entries of a directory, "." and ".." too
 *  Return: what the function returned, 0 or -ENOMEM. */
int ext_dir_read(struct ext *ext, const struct ext_node *dir, uint64_t *budget,
		 ext_dirent_fn *fn, void *ctx);

/** ext_budget() - blocks that directories may have */
uint64_t ext_budget(const struct ext *ext);

/**
 * ext_dirent_shown() - a name as it is shown
 * @dir: the directory's flags
 * @shown: EXT_NAME_SIZE
 * Return: false where it is no name at all.
 */
bool ext_dirent_shown(uint32_t dir, const struct ext_dirent *entry,
		      char *shown);

/* -------------------------------- ext4_table.c ---------------------------- */

/** struct ext_marks - what is known of inodes: bits by their number */
struct ext_marks {
	uint64_t *wanted; /* have the attribute, or cannot be read */
	uint64_t *dirs;
	uint64_t *named; /* of those wanted */
	uint64_t links;	 /* names that those wanted must have */
	bool unsure;	 /* and maybe more */
};

static inline bool ext_marked(const uint64_t *marks, uint32_t number)
{
	return marks[number / 64] >> number % 64 & 1;
}

static inline void ext_mark(uint64_t *marks, uint32_t number)
{
	marks[number / 64] |= UINT64_C(1) << number % 64;
}

/** ext_words() - of marks for all inodes */
static inline size_t ext_words(const struct ext *ext)
{
	return ext->inodes / 64 + 1;
}

/** ext_next() - the first that is marked, from @number on; UINT64_MAX: none */
uint64_t ext_next(const struct ext *ext, const uint64_t *marks,
		  uint64_t number);

/** ext_tables() - go through the inode tables; 0 or what stopped it */
int ext_tables(struct ext *ext, struct ext_marks *marks);

/* -------------------------------- ext4_tree.c ----------------------------- */

struct ext_branch;

/** struct ext_tree - directories, their names and parents */
struct ext_tree {
	const uint64_t *dirs;
	uint32_t *rank; /* directories before each word of @dirs */
	struct ext_branch *branch;
	char *text; /* names, each with a NUL */
	size_t used, room;
	char *path;	  /* of @path_of, and a '/' */
	uint32_t path_of; /* 0: none */
	size_t path_len;
	uint64_t missing; /* names of directories that are needed */
};

/** ext_tree_init() - 0 or -ENOMEM; ext_tree_free() frees it either way */
int ext_tree_init(struct ext_tree *tree, const struct ext *ext,
		  const uint64_t *dirs);
void ext_tree_free(struct ext_tree *tree);

/** ext_tree_text() - keep a name; 0 with @at in @text, or -ENOMEM */
int ext_tree_text(struct ext_tree *tree, const char *name, size_t *at);

/** ext_tree_name() - a directory has this name in its parent
 *  Return: 0, -EEXIST: it has one already, or -ENOMEM. */
int ext_tree_name(struct ext_tree *tree, uint32_t number, uint32_t parent,
		  const char *name);

/** ext_tree_need() - the path of a directory will be asked for */
void ext_tree_need(struct ext_tree *tree, uint32_t number);

/**
 * ext_tree_path() - the path of a name in a directory, once all is known
 * @path: the result, good until the next call
 *
 * Return: 0, -ENOENT: nothing leads there from the root, -ELOOP: only itself
 * does, -EFBIG: it is too long, or -EALREADY: one of these, and it was told.
 */
int ext_tree_path(struct ext_tree *tree, uint32_t dir, const char *name,
		  const char **path);

/* -------------------------------- ext4_names.c ---------------------------- */

/** EXT_NAMES_MAX - names that are kept in memory */
#define EXT_NAMES_MAX 65536

/** ext_names() - hand over every name of the inodes that are wanted; 0 or what
 *  stopped it */
int ext_names(struct ext *ext, struct ext_marks *marks);

/* -------------------------------- ext4_tell.c ----------------------------- */

/** ext_unread(), ext_notice() - hand over what is no entry; a sentence as for
 *  printf()
 *  @path: or NULL */
int ext_unread(struct ext *ext, const char *path, uint32_t inode, int error,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));
int ext_notice(struct ext *ext, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * ext_hand_over() - read an inode and hand over its entry
 * @path: or NULL
 * @always: where it has no value too
 */
int ext_hand_over(struct ext *ext, const char *path, uint32_t number,
		  bool always);

/** ext_unnamed() - hand over, or count, those wanted that have no name */
int ext_unnamed(struct ext *ext, const struct ext_marks *marks);

#endif /* DISK_EXT4_H */
