/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvfscap: the Linux file capability attribute, `security.capability`
 *
 * This header is the manual of the library. vfscap.5 describes the bytes, the
 * man pages of section 3 give examples.
 *
 * The library depends on libc alone. It never prints, never exits, and keeps no
 * mutable state, so every function may be called from any thread. Nothing here
 * allocates memory. The codec (lib/vfscap.c and this header) needs nothing of
 * libc but memory functions and may be copied into another project.
 *
 * Three views of one attribute are kept apart everywhere:
 *
 *   stored    the bytes on disk, in an archive, in an image;
 *   visible   what getxattr(2) shows a reader in a given user namespace;
 *   honoured  what execve(2) makes of it in a given user namespace.
 *
 * Functions that can fail return int:
 *
 *   0          done;
 *   positive   an enum vfscap_error: the data is at fault, and so described;
 *   negative   a negated errno: the system said so.
 *
 * A call that fails leaves its output arguments as they were, except where its
 * comment says otherwise. errno itself means nothing after a call.
 *
 * What asks nothing of the system may be called from a signal handler too: all
 * but vfscap_listing_running() and the functions on files.
 *
 * A program goes on working with every later library of the same soname: there,
 * no function goes, no struct changes its size or what its members mean, and no
 * value of an enum or a mask changes. New values of enums may come, such as
 * errors, remarks and rules. What needs another struct gets another function.
 */
#ifndef VFSCAP_H
#define VFSCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VFSCAP_VERSION_MAJOR 0
#define VFSCAP_VERSION_MINOR 1
#define VFSCAP_VERSION_PATCH 0

/** VFSCAP_XATTR - the name of the extended attribute */
#define VFSCAP_XATTR "security.capability"

/** VFSCAP_SIZE_1, _2, _3 - the size in bytes of a value of that revision */
#define VFSCAP_SIZE_1 12
#define VFSCAP_SIZE_2 20
#define VFSCAP_SIZE_3 24

/** VFSCAP_SIZE_MAX - no value that anything honours is longer */
#define VFSCAP_SIZE_MAX 24

/** VFSCAP_ROOTID_INVALID - the id that is none; the kernel never stores it */
#define VFSCAP_ROOTID_INVALID UINT32_C(0xffffffff)

/** VFSCAP_FLAG_MASK - the flag bits of the header that have no meaning yet */
#define VFSCAP_FLAG_MASK UINT32_C(0x00fffffe)

/** VFSCAP_BITS - how many capabilities the attribute has room for */
#define VFSCAP_BITS 64

/**
 * enum vfscap_error - what is wrong with the data
 *
 * vfscap_strerror() turns each into a sentence, vfscap_error_name() into its
 * name, vfscap_exec_errno() into what execve(2) says of a file that holds such
 * a value. Numbers are stable; new ones are added at the end of each group.
 */
enum vfscap_error {
	/* The value is broken: execve of a file that holds it fails, with
	 * EINVAL through overlayfs whatever is said here. Remedy: remove the
	 * attribute and set it anew. */
	VFSCAP_ERR_EMPTY = 1,	 /* no byte at all; execve: EINVAL */
	VFSCAP_ERR_SHORT = 2,	 /* 1 to 3 bytes, no header; EINVAL */
	VFSCAP_ERR_LENGTH = 3,	 /* not the length of its revision; EINVAL */
	VFSCAP_ERR_REVISION = 4, /* not revision 1, 2 or 3: broken, of another
				  * byte order, or from the future; EINVAL */
	VFSCAP_ERR_LONG = 5,	 /* 25 bytes or more; execve: ERANGE */

	/* The value is a ghost: execve honours it, getxattr(2) refuses to show
	 * it, setxattr(2) refuses to write it. Strict decoding and the
	 * functions that write say so. */
	VFSCAP_ERR_LEGACY = 16, /* revision 1 */
	VFSCAP_ERR_FLAGS = 17,	/* a flag bit other than the effective one */

	/* What was to be encoded does not fit into the attribute. */
	VFSCAP_ERR_HIGH_BITS = 32, /* revision 1 with a capability above 31 */
	VFSCAP_ERR_ROOTID = 33,	   /* revision 1 or 2 with a rootid */
	VFSCAP_ERR_STRUCT = 34,	   /* no such revision or expectation, or flags
				    * outside VFSCAP_FLAG_MASK: the caller's
				    * bug */
	VFSCAP_ERR_BUFFER = 35,	   /* the caller's buffer is too small */
	VFSCAP_ERR_EFFECTIVE = 36, /* an effective set that is neither empty
				    * nor permitted + inheritable */
	VFSCAP_ERR_BEHIND = 37,	   /* an effective set with nothing permitted
				    * or inheritable behind it */
	VFSCAP_ERR_ROOTID_INVALID = 38, /* rootid 4294967295 */

	/* A text is not one that cap_from_text(3) reads. */
	VFSCAP_ERR_TEXT_LIST = 64,   /* + or - without a list before it */
	VFSCAP_ERR_TEXT_NAME = 65,   /* no such name in the listing */
	VFSCAP_ERR_TEXT_NUMBER = 66, /* a number above 63 */
	VFSCAP_ERR_TEXT_OP = 67,     /* '=', '+' or '-' must stand here */
	VFSCAP_ERR_TEXT_FLAG = 68,   /* 'e', 'i' or 'p' must stand here */
	VFSCAP_ERR_TEXT_WORD = 69,   /* a name or number must stand here */

	/* A listing is not one. */
	VFSCAP_ERR_LIST_LINE = 96,   /* not NUMBER TAB NAME */
	VFSCAP_ERR_LIST_NUMBER = 97, /* a number above 63, or of more than
				      * three digits */
	VFSCAP_ERR_LIST_NAME = 98,   /* not CAP_ and letters, or too long */
	VFSCAP_ERR_LIST_ORDER = 99,  /* a number not above the one before */
	VFSCAP_ERR_LIST_TWICE = 100, /* a name that stood on an earlier line */
	VFSCAP_ERR_LIST_EMPTY = 101, /* no line at all */
	VFSCAP_ERR_RELEASE = 102,    /* not a kernel release X.Y from 2.2 on */

	/* An id map is not one that the kernel takes. */
	VFSCAP_ERR_MAP_FORM = 128,   /* not INSIDE:OUTSIDE:COUNT */
	VFSCAP_ERR_MAP_NUMBER = 129, /* an id above 4294967294 */
	VFSCAP_ERR_MAP_ZERO = 130,   /* an extent of no ids */
	VFSCAP_ERR_MAP_RANGE = 131,  /* an extent beyond 4294967294 */
	VFSCAP_ERR_MAP_OVERLAP =
		132,		     /* an id mapped twice, inside or outside */
	VFSCAP_ERR_MAP_MANY = 133,   /* more than 340 extents */
	VFSCAP_ERR_MAP_EMPTY = 134,  /* no extent */
	VFSCAP_ERR_MAP_PARENT = 135, /* an extent's outside ids are not all in
				      * one extent of the parent's map */

	/* A rootid cannot be taken to another namespace. */
	VFSCAP_ERR_UNMAPPED_FROM = 160, /* it is no outside id of the map that
					 * values come from */
	VFSCAP_ERR_UNMAPPED_TO = 161,	/* its inside id is none of the map that
				       * values go to */
	VFSCAP_ERR_KEPT_INSIDE = 162,	/* kept as it is, it would be an id of
				       * the namespace that values go to */
};

/* ------------------------------------------------------------------------ *
 * The codec: bytes <-> struct vfscap                        lib/vfscap.c     *
 * ------------------------------------------------------------------------ */

/**
 * struct vfscap - what one attribute value says, without loss
 *
 * Zero it before filling it in by hand.
 */
struct vfscap {
	/** @permitted: bit n is capability n; all 64 bits are kept */
	uint64_t permitted;

	/** @inheritable: likewise */
	uint64_t inheritable;

	/** @rootid: revision 3: the uid that is root where the value counts;
	 *  else 0. In stored bytes it is an id of the file system's user
	 *  namespace, in what vfscap_get_fd() reads and vfscap_set_fd() writes
	 *  one of the caller's. */
	uint32_t rootid;

	/** @flags: flag bits without a meaning, where the header has them
	 *  (VFSCAP_FLAG_MASK); 0 in every value that getxattr shows */
	uint32_t flags;

	/** @revision: 1, 2 or 3 */
	uint8_t revision;

	/** @effective: the effective flag: what execve grants is raised in the
	 *  effective set as well */
	bool effective;
};

/**
 * vfscap_decode_strict() - decode a value by the header test of getxattr(2)
 * @value: the bytes; may be NULL where @size is 0
 * @size: how many
 * @cap: what they say
 *
 * Takes revision 2 in 20 bytes and revision 3 in 24, with no flag but the
 * effective one. Any rootid decodes.
 *
 * Return: 0, or VFSCAP_ERR_EMPTY, _SHORT, _LONG, _REVISION, _LENGTH, _LEGACY,
 * _FLAGS; the first that applies, in this order.
 */
int vfscap_decode_strict(const void *value, size_t size, struct vfscap *cap);

/**
 * vfscap_decode_lenient() - decode a value as execve(2) does
 * @value: the bytes; may be NULL where @size is 0
 * @size: how many
 * @cap: what they say; unknown flag bits and capabilities are kept
 *
 * Takes revision 1 in 12 bytes, 2 in 20 and 3 in 24, with any flags. For every
 * value it takes, vfscap_encode() gives the same bytes back. What is odd about
 * the value, vfscap_remarks() says. Through overlayfs execve is strict instead.
 *
 * Return: 0, or VFSCAP_ERR_EMPTY, _SHORT, _LONG, _REVISION, _LENGTH: execve of
 * a file that holds such a value fails for everyone, vfscap_exec_errno() knows
 * with which errno.
 */
int vfscap_decode_lenient(const void *value, size_t size, struct vfscap *cap);

/**
 * vfscap_encode() - the bytes of a value
 * @cap: what to encode; nothing is normalised
 * @buf: where to
 * @size: the size of @buf; VFSCAP_SIZE_MAX always suffices
 * @used: how many bytes were written
 *
 * Return: 0, or VFSCAP_ERR_STRUCT, _HIGH_BITS, _ROOTID, _BUFFER.
 */
int vfscap_encode(const struct vfscap *cap, void *buf, size_t size,
		  size_t *used);

/**
 * vfscap_canonical() - make a value one that the kernel would write
 * @cap: the value; its unknown flag bits are cleared
 *
 * The revision stays, and so does the rootid; revision 1, which no kernel since
 * 4.14 writes, is for the caller to raise.
 *
 * Return: the flag bits that were cleared, 0 where there were none.
 */
uint32_t vfscap_canonical(struct vfscap *cap);

/**
 * vfscap_equivalent() - do two values mean the same in every user namespace?
 * @a: one value
 * @b: the other
 *
 * Sets, effective flag and rootid count; the revision does not: revision 3 with
 * rootid 0 means what revision 2 means. Flags without a meaning do not count.
 */
bool vfscap_equivalent(const struct vfscap *a, const struct vfscap *b);

/**
 * enum vfscap_remark - what is odd about a value that execve honours
 */
enum vfscap_remark {
	VFSCAP_REMARK_LEGACY = 1 << 0,	       /* revision 1: a ghost */
	VFSCAP_REMARK_FLAGS = 1 << 1,	       /* unknown flag bits: a ghost */
	VFSCAP_REMARK_ROOTID_ZERO = 1 << 2,    /* revision 3, rootid 0 */
	VFSCAP_REMARK_ROOTID_INVALID = 1 << 3, /* rootid 4294967295: counts
						 * in no namespace */
	VFSCAP_REMARK_UNKNOWN = 1 << 4, /* a capability beyond the listing */
	VFSCAP_REMARK_EMPTY = 1 << 5,	/* no capability, no effective flag:
					 * still clears the ambient set and
					 * disarms set-user-ID root */
	VFSCAP_REMARK_EFFECTIVE_EMPTY = 1 << 6, /* no capability, but the
						 * flag; instead of _EMPTY */
};

/**
 * vfscap_remarks() - what is odd about a value
 * @cap: the value
 * @known: the capabilities of the listing in use, bit n for capability n
 *
 * Return: any of enum vfscap_remark, or-ed.
 */
unsigned vfscap_remarks(const struct vfscap *cap, uint64_t known);

/* ------------------------------------------------------------------------ *
 * Names, and what a kernel knows                lib/names.c, lib/kernel.c    *
 * ------------------------------------------------------------------------ */

/** VFSCAP_LAST - the highest capability that the library of this header has a
 *  name for; one that is linked later may know more */
#define VFSCAP_LAST 40

/** VFSCAP_NAME_SIZE - room for a name and its NUL in a listing */
#define VFSCAP_NAME_SIZE 32

/**
 * vfscap_name() - the name of a capability, "cap_chown"
 *
 * Return: a constant string, or NULL for a number that the library does not know.
 */
const char *vfscap_name(unsigned cap);

/**
 * vfscap_since() - the kernel release that introduced a capability, "2.6.24"
 *
 * Return: a constant string, or NULL for a number that the library does not know.
 */
const char *vfscap_since(unsigned cap);

/** enum vfscap_source - where a listing comes from */
enum vfscap_source {
	VFSCAP_SOURCE_BUILTIN = 0, /* this library's table */
	VFSCAP_SOURCE_RELEASE,	   /* the table, up to a kernel release */
	VFSCAP_SOURCE_FILE,	   /* a file of NUMBER TAB NAME lines */
	VFSCAP_SOURCE_SECURITYFS,  /* such a file of the running kernel */
	VFSCAP_SOURCE_LAST_CAP,	   /* /proc/sys/kernel/cap_last_cap */
	VFSCAP_SOURCE_PROBE,	   /* prctl(PR_CAPBSET_READ) */
};

/**
 * struct vfscap_listing - the capabilities that count as known, and names
 *
 * About 2 KiB, owned by the caller, free to be copied. Filled in by one of the
 * functions below.
 */
struct vfscap_listing {
	/** @known: bit n: capability n is in the listing */
	uint64_t known;

	/** @source: where it comes from */
	enum vfscap_source source;

	/** @name: lower-case names, "" where there is none. A listing made from
	 *  a number alone names capabilities beyond it too, where the library
	 *  can: as libcap does on a kernel older than itself. */
	char name[VFSCAP_BITS][VFSCAP_NAME_SIZE];
};

/**
 * vfscap_listing_builtin() - all that this library knows
 */
void vfscap_listing_builtin(struct vfscap_listing *listing);

/**
 * vfscap_listing_last_cap() - a kernel whose highest capability is @last
 * @last: 0 to 63; a higher one counts as 63
 *
 * Names are those of the library, beyond @last too.
 */
void vfscap_listing_last_cap(struct vfscap_listing *listing, unsigned last);

/**
 * vfscap_listing_release() - what a kernel release knew
 * @release: "X.Y" or "X.Y.Z", from "2.2" on; what a distribution appends after
 * one of "-+_~." is passed over, as in "5.15.167.4-microsoft"
 *
 * A capability that came later has no name here, and is shown as a number. A
 * release newer than the library's table is taken to know what the table has.
 *
 * Return: 0 or VFSCAP_ERR_RELEASE.
 */
int vfscap_listing_release(struct vfscap_listing *listing, const char *release);

/**
 * vfscap_listing_parse() - a listing in the form of securityfs `capabilities`
 * @text: lines of decimal number, one tab, name (CAP_ and letters, digits,
 * underscores, in any case), newline; numbers ascending, gaps allowed; the
 * last newline may be missing
 * @size: bytes in @text
 * @line: on failure the line at fault, counted from 1; may be NULL
 *
 * Return: 0, or VFSCAP_ERR_LIST_*.
 */
int vfscap_listing_parse(struct vfscap_listing *listing, const char *text,
			 size_t size, unsigned *line);

/**
 * vfscap_listing_running() - what the running kernel knows
 *
 * The first of these that answers, and @listing->source says which: the
 * `capabilities` file of securityfs, /proc/sys/kernel/cap_last_cap, and
 * prctl(PR_CAPBSET_READ) from 0 upwards.
 *
 * Return: 0, or -ENOSYS where none answers.
 */
int vfscap_listing_running(struct vfscap_listing *listing);

/**
 * vfscap_listing_find() - the number of a name
 * @name: the name, in any case, with its "cap_"; need not end in NUL
 * @size: bytes in @name
 *
 * Return: 0 to 63, or -1.
 */
int vfscap_listing_find(const struct vfscap_listing *listing, const char *name,
			size_t size);

/* ------------------------------------------------------------------------ *
 * The text form of cap_from_text(3)                         lib/text.c       *
 * ------------------------------------------------------------------------ */

/** struct vfscap_sets - three sets, bit n for capability n */
struct vfscap_sets {
	uint64_t permitted;
	uint64_t inheritable;
	uint64_t effective;
};

/** struct vfscap_where - the bytes of a text that are at fault */
struct vfscap_where {
	size_t offset; /* from the start of the text */
	size_t length; /* 0 at the end of the text */
};

/** VFSCAP_TEXT_SIZE - room for every text that is made, and its NUL */
#define VFSCAP_TEXT_SIZE 4096

/**
 * vfscap_text_parse() - read a text as cap_from_text(3) of libcap 2.66 does
 * @text: NUL-terminated
 * @listing: what `all`, an empty list and names mean
 * @sets: the result
 * @where: on failure the place; may be NULL
 *
 * Differs from libcap in this: `all` means the listing instead of the running
 * kernel, `ALL_CAPS` in any case is `all`, and names are the listing's.
 *
 * Return: 0, or VFSCAP_ERR_TEXT_*.
 */
int vfscap_text_parse(const char *text, const struct vfscap_listing *listing,
		      struct vfscap_sets *sets, struct vfscap_where *where);

/**
 * vfscap_text_format() - write a text as cap_to_text(3) of libcap 2.66 does
 * @sets: the sets
 * @listing: which bits the prevailing operator speaks of, and names; a bit
 * without a name is printed as its number
 * @buf: where to, NUL-terminated
 * @size: the size of @buf; VFSCAP_TEXT_SIZE always suffices
 *
 * Return: 0, or VFSCAP_ERR_BUFFER (@buf then holds what fitted).
 */
int vfscap_text_format(const struct vfscap_sets *sets,
		       const struct vfscap_listing *listing, char *buf,
		       size_t size);

/**
 * vfscap_from_sets() - the attribute that holds three sets
 * @sets: the sets
 * @rootid: 0 for revision 2, else revision 3
 * @cap: the result
 *
 * An attribute has one effective flag, not a set, so not every text can be
 * stored. setcap(8) stores some of those as something else; this refuses.
 *
 * Return: 0, VFSCAP_ERR_EFFECTIVE, _BEHIND, or _ROOTID_INVALID.
 */
int vfscap_from_sets(const struct vfscap_sets *sets, uint32_t rootid,
		     struct vfscap *cap);

/**
 * vfscap_to_sets() - the three sets that a text shows for an attribute
 *
 * The effective set is permitted + inheritable where the flag is set.
 */
void vfscap_to_sets(const struct vfscap *cap, struct vfscap_sets *sets);

/* ------------------------------------------------------------------------ *
 * User namespaces                                           lib/idmap.c      *
 * ------------------------------------------------------------------------ */

/** VFSCAP_EXTENTS - how many extents the kernel takes in one map */
#define VFSCAP_EXTENTS 340

/** struct vfscap_extent - @count ids, from @inside and from @outside on */
struct vfscap_extent {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

/** struct vfscap_idmap - an id map; about 4 KiB, free to be copied */
struct vfscap_idmap {
	uint32_t count;
	struct vfscap_extent extent[VFSCAP_EXTENTS];
};

/**
 * vfscap_idmap_parse() - read an id map
 * @text: INSIDE:OUTSIDE:COUNT, extents separated by commas; or lines of the
 * three numbers with blanks between, as in /proc/PID/uid_map
 * @size: bytes in @text
 * @extent: on failure the extent at fault, counted from 1; may be NULL
 *
 * Takes what the kernel takes: decimal numbers, up to VFSCAP_EXTENTS extents,
 * none of them empty, none beyond 4294967294, no id twice on either side.
 *
 * Return: 0, or VFSCAP_ERR_MAP_* other than VFSCAP_ERR_MAP_PARENT.
 */
int vfscap_idmap_parse(struct vfscap_idmap *map, const char *text, size_t size,
		       unsigned *extent);

/**
 * vfscap_idmap_outside(), vfscap_idmap_inside() - map one id
 * @to: the id on the other side; untouched where there is none
 *
 * Return: is it mapped?
 */
bool vfscap_idmap_outside(const struct vfscap_idmap *map, uint32_t inside,
			  uint32_t *to);
bool vfscap_idmap_inside(const struct vfscap_idmap *map, uint32_t outside,
			 uint32_t *to);

/**
 * vfscap_idmap_compose() - a map within a map
 * @inner: a namespace's ids to its parent's
 * @outer: the parent's ids to those further out
 * @map: the namespace's ids to those further out; may be @inner or @outer
 * @extent: on failure the extent of @inner at fault, from 1; may be NULL
 *
 * As the kernel does when a map is written: each extent of @inner must lie
 * within one extent of @outer.
 *
 * Return: 0, VFSCAP_ERR_MAP_PARENT, or VFSCAP_ERR_MAP_MANY where a count is one
 * that no map has.
 */
int vfscap_idmap_compose(const struct vfscap_idmap *inner,
			 const struct vfscap_idmap *outer,
			 struct vfscap_idmap *map, unsigned *extent);

/**
 * struct vfscap_userns - a user namespace in the chain from the initial one
 *
 * A NULL pointer stands for the initial namespace everywhere. Namespaces are
 * told apart by their addresses.
 */
struct vfscap_userns {
	/** @parent: NULL where that is the initial one */
	const struct vfscap_userns *parent;

	/** @map: its uids to the initial namespace's; no extents: no map was
	 *  written yet */
	struct vfscap_idmap map;
};

/**
 * vfscap_userns_init() - a namespace below another
 * @relative: its uids to those of @parent
 * @extent: as vfscap_idmap_compose()
 *
 * Return: 0, VFSCAP_ERR_MAP_PARENT, or VFSCAP_ERR_MAP_MANY where a count is one
 * that no map has.
 */
int vfscap_userns_init(struct vfscap_userns *ns,
		       const struct vfscap_userns *parent,
		       const struct vfscap_idmap *relative, unsigned *extent);

/**
 * vfscap_owns() - is an id root of a namespace or of one above it?
 * @id: an id of the initial namespace
 *
 * 0 is, of every namespace.
 */
bool vfscap_owns(const struct vfscap_userns *ns, uint32_t id);

/**
 * vfscap_within() - is a namespace another one, or below it?
 * @ns: the one
 * @above: the other; NULL is above all
 */
bool vfscap_within(const struct vfscap_userns *ns,
		   const struct vfscap_userns *above);

/**
 * struct vfscap_mount - where a value lies, as far as it matters for ids
 *
 * All zero is a file system of the initial namespace, mounted plainly.
 */
struct vfscap_mount {
	/** @fs: the namespace that the file system was mounted in */
	const struct vfscap_userns *fs;

	/** @idmap: of an idmapped mount: ids on disk, as inside ids, to those
	 *  of the initial namespace; else NULL */
	const struct vfscap_idmap *idmap;

	/** @lower: of overlayfs, mounted in @fs: where the file lies really;
	 *  else NULL */
	const struct vfscap_mount *lower;
};

/**
 * vfscap_predict_get() - what getxattr(2) answers
 * @value, @size: the stored bytes
 * @mount: where they are stored, NULL for a plain file system
 * @reader: the reader's namespace
 * @seen: the answer: revision 2 or 3
 *
 * Return: 0, -EINVAL or -EOVERFLOW.
 */
int vfscap_predict_get(const void *value, size_t size,
		       const struct vfscap_mount *mount,
		       const struct vfscap_userns *reader, struct vfscap *seen);

/** struct vfscap_writer - who writes a value */
struct vfscap_writer {
	/** @ns: the namespace of the process */
	const struct vfscap_userns *ns;

	/** @setfcap: CAP_SETFCAP is effective in it */
	bool setfcap;

	/** @owner_mapped: the file's uid and gid, as the mount shows them, are
	 *  both mapped in it */
	bool owner_mapped;
};

/**
 * vfscap_predict_set() - what setxattr(2) stores
 * @value, @size: what is written; not empty: such a value the kernel stores
 * without any of these rules
 * @stored: what ends on disk
 *
 * Through overlayfs the one who mounted it is taken to have CAP_SETFCAP, and the
 * file's ids to be mapped for it.
 *
 * Return: 0, -EINVAL or -EPERM; that of an immutable file, a read-only mount
 * and the like come besides.
 */
int vfscap_predict_set(const void *value, size_t size,
		       const struct vfscap_mount *mount,
		       const struct vfscap_writer *writer,
		       struct vfscap *stored);

/**
 * vfscap_predict_exec() - does execve(2) honour the attribute?
 * @value, @size: the stored bytes
 * @ns: the namespace of the process
 * @honoured: the answer; false: as if there were none
 *
 * Speaks of the attribute and of namespaces alone: not of nosuid, the bounding
 * set and the like.
 *
 * Return: 0, or what execve fails with for everyone there: -EINVAL, -ERANGE,
 * through overlayfs -EOVERFLOW too.
 */
int vfscap_predict_exec(const void *value, size_t size,
			const struct vfscap_mount *mount,
			const struct vfscap_userns *ns, bool *honoured);

/** enum vfscap_unmapped - what becomes of a rootid that a map does not have */
enum vfscap_unmapped {
	VFSCAP_UNMAPPED_ERROR = 0,
	VFSCAP_UNMAPPED_KEEP, /* the value stays as it is */
	VFSCAP_UNMAPPED_DROP, /* the whole attribute goes */
};

/** struct vfscap_rebase - from which namespace's ids to which */
struct vfscap_rebase {
	/** @from: values are in this map's outside ids; NULL: in inside ids */
	const struct vfscap_idmap *from;

	/** @to: they are to be in this map's outside ids; NULL: inside ids */
	const struct vfscap_idmap *to;

	/** @claim: with both maps: a value that counts everywhere is to count
	 *  in the target namespace alone */
	bool claim;

	enum vfscap_unmapped unmapped;
};

/** enum vfscap_rebased - what vfscap_rebase() made of a value */
enum vfscap_rebased {
	VFSCAP_REBASED_SAME = 0, /* nothing is to be changed */
	VFSCAP_REBASED_CHANGED,	 /* @new_value holds it */
	VFSCAP_REBASED_KEPT,	 /* unmapped, and left as it is */
	VFSCAP_REBASED_DROPPED,	 /* unmapped: remove the attribute */
};

/**
 * vfscap_rebase() - take a value from one namespace's ids to another's
 * @old: any value that execve honours
 * @new_value: the result; a rootid that becomes 0 makes it revision 2. Untouched
 * where the value is kept or to be dropped
 * @done: what was made of it
 *
 * A rootid goes from outside to inside by one map and from inside to outside by
 * the other, so that those of nested namespaces keep their offset. Unknown flag
 * bits stay.
 *
 * Return: 0, or VFSCAP_ERR_UNMAPPED_FROM, _UNMAPPED_TO, _KEPT_INSIDE.
 */
int vfscap_rebase(const struct vfscap_rebase *rebase, const struct vfscap *old,
		  struct vfscap *new_value, enum vfscap_rebased *done);

/* ------------------------------------------------------------------------ *
 * execve(2): what a process has after it, and why            lib/exec.c      *
 * ------------------------------------------------------------------------ */

/** VFSCAP_RELEASE() - a kernel release as a number that compares */
#define VFSCAP_RELEASE(major, minor, patch) \
	((uint64_t)(major) << 40 | (uint64_t)(minor) << 20 | (uint64_t)(patch))

/**
 * vfscap_release_parse() - read a kernel release
 * @release: as vfscap_listing_release() takes it
 * @number: the release, as VFSCAP_RELEASE() makes it
 *
 * Return: 0 or VFSCAP_ERR_RELEASE.
 */
int vfscap_release_parse(const char *release, uint64_t *number);

/**
 * struct vfscap_kernel - whose rules count
 */
struct vfscap_kernel {
	/** @release: as VFSCAP_RELEASE() makes it; 0: the newest rules. Rules
	 *  differ before 6.17 (what counts as a change of ids), 4.14 (revision
	 *  3), 4.8 (mounts of other namespaces), 4.3 (the ambient set), 3.2 and
	 *  2.6.29 (set-user-ID root files with an attribute), and 2.6.25
	 *  (revision 2; the bounding set of a process) */
	uint64_t release;

	/** @known: the capabilities it has, as in struct vfscap_listing; it
	 *  passes over others that a file has */
	uint64_t known;

	/** @system_bounding: before 2.6.25: the bounding set of the system,
	 *  which counts instead of the process's */
	uint64_t system_bounding;

	/** @no_file_caps: it was booted with `no_file_caps` */
	bool no_file_caps;
};

/** VFSCAP_SECURE_* - bits of securebits that matter to execve(2) */
#define VFSCAP_SECURE_NOROOT UINT32_C(0x01)
#define VFSCAP_SECURE_KEEP_CAPS UINT32_C(0x10)

/**
 * struct vfscap_creds - the credentials of a process, as far as they matter
 *
 * All ids are those of the initial namespace. The saved ids and the file system
 * uid do not matter before execve(2), and are the effective ones after it.
 */
struct vfscap_creds {
	uint32_t ruid;
	uint32_t euid;
	uint32_t rgid;
	uint32_t egid;
	uint32_t fsgid;
	uint32_t securebits;
	uint64_t permitted;
	uint64_t inheritable;
	uint64_t effective;
	uint64_t bounding;
	uint64_t ambient;
};

/** enum vfscap_tracer - does another process trace it with ptrace(2)? */
enum vfscap_tracer {
	VFSCAP_TRACER_NONE = 0,
	VFSCAP_TRACER_PRIVILEGED, /* one that attached with CAP_SYS_PTRACE over
				   * the process's user namespace */
	VFSCAP_TRACER_OTHER,	  /* any other. After PTRACE_TRACEME it is the
				   * tracee itself whose CAP_SYS_PTRACE counts,
				   * not its parent's */
};

/**
 * struct vfscap_process - a process that calls execve(2)
 */
struct vfscap_process {
	/** @ns: its user namespace */
	const struct vfscap_userns *ns;

	struct vfscap_creds creds;

	/** @groups: its supplementary groups, ids of the initial namespace */
	const uint32_t *groups;
	size_t group_count;

	bool no_new_privs;

	/** @shared_fs: another process shares its root and working directory
	 *  (CLONE_FS); threads do not count */
	bool shared_fs;

	enum vfscap_tracer tracer;
};

/** VFSCAP_MODE_* - bits of a file's mode that matter to execve(2) */
#define VFSCAP_MODE_SETUID 04000u
#define VFSCAP_MODE_SETGID 02000u
#define VFSCAP_MODE_GROUP_EXEC 00010u

/**
 * struct vfscap_program - a file that is executed
 */
struct vfscap_program {
	/** @present: it has the attribute */
	bool present;

	/** @value, @size: the stored bytes, where it has */
	const void *value;
	size_t size;

	/** @mount: where it lies; NULL for a plain file system */
	const struct vfscap_mount *mount;

	/** @nosuid: the mount is nosuid */
	bool nosuid;

	/** @detached: the mount is not in the mount namespace of the process:
	 *  that of a memfd, of a descriptor from elsewhere, a detached one */
	bool detached;

	/** @mode: its mode */
	uint32_t mode;

	/** @uid, @gid: its owner and group as the mount shows them, ids of the
	 *  initial namespace */
	uint32_t uid;
	uint32_t gid;

	/** @owner_mapped: both are mapped in the process's user namespace */
	bool owner_mapped;

	/** @interpreter: of a script, or of what binfmt_misc takes: what runs
	 *  in its place; else NULL */
	const struct vfscap_program *interpreter;

	/** @own_credentials: it has an interpreter by a rule of binfmt_misc
	 *  with the flag C: its own bits and attribute count all the same */
	bool own_credentials;
};

/**
 * enum vfscap_rule - a rule that had a part in what execve(2) does
 *
 * Numbers and names (vfscap_rule_name()) are stable. What @caps, @id and @error
 * of a struct vfscap_reason hold is said with each; else they are 0.
 */
enum vfscap_rule {
	/* Which file counts. */
	VFSCAP_RULE_INTERPRETER = 1, /* an interpreter runs in its place */
	VFSCAP_RULE_SCRIPT_IGNORED,  /* so its set-id bits and attribute, of
				      * which it has some, do not count */
	VFSCAP_RULE_OWN_CREDENTIALS, /* but by binfmt_misc they do */
	VFSCAP_RULE_LOOP,	     /* too many interpreters; @error */

	/* Set-id bits and attribute, where there are any, do not count. */
	VFSCAP_RULE_NOSUID,	/* the mount is nosuid */
	VFSCAP_RULE_DETACHED,	/* the mount is not in the mount namespace */
	VFSCAP_RULE_FOREIGN_FS, /* the file system belongs to a namespace that
				 * is neither the process's nor above it */

	/* Set-id bits. */
	VFSCAP_RULE_SETUID,	    /* the effective uid becomes @id */
	VFSCAP_RULE_SETGID,	    /* the effective gid becomes @id */
	VFSCAP_RULE_SETID_NNP,	    /* not under no_new_privs */
	VFSCAP_RULE_SETID_UNMAPPED, /* the owner or group has no id in the
				     * namespace */
	VFSCAP_RULE_SETGID_NO_EXEC, /* set-group-ID without group execution
				     * is another thing */

	/* The attribute. */
	VFSCAP_RULE_NONE,	    /* there is none */
	VFSCAP_RULE_NO_FILE_CAPS,   /* the kernel has them switched off */
	VFSCAP_RULE_MALFORMED,	    /* not one that this kernel takes; @error */
	VFSCAP_RULE_OVERLAY,	    /* overlayfs hands it not on; @error */
	VFSCAP_RULE_FOREIGN_ROOTID, /* it counts where @id, as stored, is root,
				     * which is not here */
	VFSCAP_RULE_HONOURED,	    /* it counts */
	VFSCAP_RULE_UNKNOWN,	    /* @caps: the kernel has no such */
	VFSCAP_RULE_EMPTY,	    /* it has no capability */
	VFSCAP_RULE_PERMITTED,	    /* @caps: permitted by the file, and in the
				     * bounding set */
	VFSCAP_RULE_INHERITED,	    /* @caps: inheritable in both file and
				     * process */
	VFSCAP_RULE_BOUNDED,	    /* @caps: permitted by the file, not in the
				     * bounding set, nor inherited */
	VFSCAP_RULE_NOT_INHERITED,  /* @caps: inheritable in the file alone,
				     * and not permitted either */
	VFSCAP_RULE_DENIED,	    /* the effective flag demands @caps, which
				     * the process does not get; @error */

	/* Root. */
	VFSCAP_RULE_NOROOT,    /* uid 0 means nothing: SECBIT_NOROOT */
	VFSCAP_RULE_FILE_WINS, /* set-user-ID root, run by another: the
				 * attribute decides alone */
	VFSCAP_RULE_ROOT,      /* root has @caps: what is bounding or
				 * inheritable */
	VFSCAP_RULE_ROOT_EUID, /* and has them effective */
	VFSCAP_RULE_ROOT_REAL, /* but the effective uid is another: they are
				 * permitted only */

	/* Nothing is to be gained. */
	VFSCAP_RULE_NO_NEW_PRIVS, /* under no_new_privs: @caps are not given */
	VFSCAP_RULE_SHARED_FS,	  /* with shared directories: likewise */
	VFSCAP_RULE_TRACED,	  /* traced without privilege: likewise */
	VFSCAP_RULE_IDS_KEPT,	  /* and the effective ids are the real ones */

	/* Ambient and effective sets. */
	VFSCAP_RULE_NO_AMBIENT,	   /* a kernel without that set */
	VFSCAP_RULE_AMBIENT,	   /* @caps: ambient, so permitted and
				     * effective */
	VFSCAP_RULE_AMBIENT_FILE,  /* @caps: no longer ambient, since the
				     * attribute counts */
	VFSCAP_RULE_AMBIENT_IDS,   /* @caps: no longer ambient, since an id
				     * changes */
	VFSCAP_RULE_EFFECTIVE,	   /* @caps: effective by the file's flag */
	VFSCAP_RULE_NOT_EFFECTIVE, /* @caps: permitted only: the program may
				     * raise them */
	VFSCAP_RULE_LOST,	   /* @caps: permitted before, given by
				     * nothing now */
	VFSCAP_RULE_SECURE,	   /* AT_SECURE is set */

	/* Which file counts, once more. */
	VFSCAP_RULE_OWN_INTERPRETED, /* what binfmt_misc runs in the place of
				      * a file with its own credentials is run
				      * by an interpreter itself; @error */
};

/** struct vfscap_reason - one rule and its arguments */
struct vfscap_reason {
	enum vfscap_rule rule;
	int error;
	uint32_t id;
	uint64_t caps;
};

/** VFSCAP_REASONS - more than there can be at once */
#define VFSCAP_REASONS 40

/** struct vfscap_outcome - what execve(2) does */
struct vfscap_outcome {
	/** @error: 0, or what it fails with, a negated errno */
	int error;

	/** @creds: the credentials after it; as before where it fails */
	struct vfscap_creds creds;

	/** @honoured: the attribute counts */
	bool honoured;

	/** @secure: AT_SECURE: the loader distrusts the environment */
	bool secure;

	/** @reason: the rules that had a part, in the order of the kernel */
	unsigned reasons;
	struct vfscap_reason reason[VFSCAP_REASONS];
};

/**
 * vfscap_explain() - what a process has after execve(2), and why
 * @kernel: whose rules
 * @process: who calls
 * @program: what is executed; that it may be executed at all is not asked
 * @outcome: the answer
 *
 * Speaks of the capability rules alone: other security modules may refuse.
 */
void vfscap_explain(const struct vfscap_kernel *kernel,
		    const struct vfscap_process *process,
		    const struct vfscap_program *program,
		    struct vfscap_outcome *outcome);

/**
 * vfscap_rule_name() - the stable name of a rule, "not-inherited"
 *
 * Return: a constant string, or NULL for a number that is no rule.
 */
const char *vfscap_rule_name(enum vfscap_rule rule);

/* ------------------------------------------------------------------------ *
 * Errors in words                                           lib/strerror.c   *
 * ------------------------------------------------------------------------ */

/**
 * vfscap_strerror() - an error as a sentence without a full stop
 * @error: what a function of this library returned: 0, an enum vfscap_error,
 * or a negated errno, which is explained as it is meant for this attribute
 *
 * Return: a constant string, never NULL.
 */
const char *vfscap_strerror(int error);

/**
 * vfscap_error_name() - an error as its name, "VFSCAP_ERR_EMPTY", "EOVERFLOW"
 * @error: as vfscap_strerror()
 *
 * Return: a constant string, or NULL for a number that the library has no name
 * for.
 */
const char *vfscap_error_name(int error);

/**
 * vfscap_exec_errno() - what execve(2) says of a value that did not decode
 * @error: what a decoder returned
 *
 * Return: -EINVAL or -ERANGE where execve of the file fails for everyone; 0 where
 * the value is honoured all the same (VFSCAP_ERR_LEGACY, VFSCAP_ERR_FLAGS, 0).
 */
int vfscap_exec_errno(int error);

/* ------------------------------------------------------------------------ *
 * The attribute of a file                                   lib/xattr.c      *
 * ------------------------------------------------------------------------ */

/**
 * enum vfscap_answer - what it means that reading the attribute failed
 *
 * The one place that knows which errno means what is vfscap_answer().
 */
enum vfscap_answer {
	VFSCAP_ANSWER_VALUE = 0,   /* 0: there is a value */
	VFSCAP_ANSWER_NONE,	   /* ENODATA: there is none */
	VFSCAP_ANSWER_UNSUPPORTED, /* EOPNOTSUPP: there can be none here */
	VFSCAP_ANSWER_HIDDEN,	   /* EINVAL: there is one that getxattr does
				    * not show: a ghost, malformed or empty */
	VFSCAP_ANSWER_FOREIGN,	   /* EOVERFLOW: there is one whose rootid has
				    * no name in the caller's namespace */
	VFSCAP_ANSWER_DENIED,	   /* EACCES, EPERM: cannot tell */
	VFSCAP_ANSWER_GONE,	   /* ENOENT, ESTALE: the file has gone */
	VFSCAP_ANSWER_FAILED,	   /* anything else: cannot tell */
};

/**
 * vfscap_answer() - what an errno of getxattr(2) means for this attribute
 * @error: 0 or a negated errno, as vfscap_get_fd() returns them; a positive
 * number is VFSCAP_ANSWER_FAILED
 */
enum vfscap_answer vfscap_answer(int error);

/**
 * vfscap_get_fd() - read the attribute of an open file
 * @fd: a descriptor, O_PATH too; one of a symbolic link means the link
 * @buf: where to; what is read is the visible view, not the stored one
 * @size: the size of @buf; VFSCAP_SIZE_MAX always suffices, less may give
 * -ERANGE, and 0 asks for the size alone
 * @used: how many bytes there are
 *
 * An O_PATH descriptor is read through /proc/thread-self/fd (Linux 3.17).
 *
 * Return: 0, or a negated errno; vfscap_answer() sorts them. -ENOSYS where an
 * O_PATH descriptor meets a system without /proc.
 */
int vfscap_get_fd(int fd, void *buf, size_t size, size_t *used);

/**
 * vfscap_get_at() - read the attribute of a directory's entry
 * @dirfd: the directory, O_PATH too, or AT_FDCWD
 * @name: the entry; its last component is not followed if it is a link
 * @buf, @size, @used: as vfscap_get_fd()
 *
 * Uses getxattrat(2) where the kernel has it (6.13).
 *
 * Return: as vfscap_get_fd(), and what opening a path can say.
 */
int vfscap_get_at(int dirfd, const char *name, void *buf, size_t size,
		  size_t *used);

/**
 * vfscap_listed_fd(), vfscap_listed_at() - does listxattr(2) name it?
 * @listed: the answer; a value that reading refuses is listed all the same
 *
 * Local file systems list the attribute whenever it is stored. Others may not:
 * there, only reading it tells. May need 66 KiB of stack.
 *
 * Return: 0, or a negated errno; -E2BIG where the list is longer than the
 * kernel can return.
 */
int vfscap_listed_fd(int fd, bool *listed);
int vfscap_listed_at(int dirfd, const char *name, bool *listed);

/** enum vfscap_expect - what a write expects to find */
enum vfscap_expect {
	VFSCAP_EXPECT_ANY = 0,
	VFSCAP_EXPECT_NONE,  /* no attribute: else -EEXIST */
	VFSCAP_EXPECT_VALUE, /* an attribute: else -ENODATA */
};

/**
 * vfscap_set_fd(), vfscap_set_at() - write the attribute
 * @cap: revision 2 or 3, canonical; the kernel translates the rootid from the
 * caller's user namespace, and stores revision 2 as 3 where it must
 * @expect: what is there now
 *
 * A zero-length value, which breaks the file for everyone, cannot be written.
 * The caller needs CAP_SETFCAP in its user namespace, and the file's uid and
 * gid must both be mapped there. (@dirfd, @name) is open to a race with whoever
 * may rename in the directory; where that matters, open with O_PATH, look, and
 * use the descriptor.
 *
 * Return: 0; VFSCAP_ERR_LEGACY, _FLAGS, _STRUCT, _ROOTID, _HIGH_BITS or
 * _ROOTID_INVALID where the kernel would refuse @cap, _STRUCT too where @expect
 * is none of the above; or a negated errno, among
 * them -EPERM (CAP_SETFCAP lacks, an id is not mapped in the namespace or the
 * mount, or the file is immutable or append-only), -EINVAL (the rootid, 0 for
 * revision 2, is not mapped in the namespace or the mount), -EROFS, -EEXIST,
 * -ENODATA.
 */
int vfscap_set_fd(int fd, const struct vfscap *cap, enum vfscap_expect expect);
int vfscap_set_at(int dirfd, const char *name, const struct vfscap *cap,
		  enum vfscap_expect expect);

/**
 * vfscap_remove_fd(), vfscap_remove_at() - remove the attribute
 *
 * Works on every value, the empty one too. Privilege as for writing.
 *
 * Return: 0, or a negated errno, among them -ENODATA, -EPERM, -EROFS.
 */
int vfscap_remove_fd(int fd);
int vfscap_remove_at(int dirfd, const char *name);

#ifdef __cplusplus
}
#endif

#endif /* VFSCAP_H */
