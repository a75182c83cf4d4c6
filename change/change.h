/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * change: from an old value to a new one, on live files.
 *
 * change_widens() is the one place that decides what widens a capability,
 * change_apply() the one that writes. Nothing here prints.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include "ns/ns.h"
#include "vfscap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/capability.h>
#include <sys/stat.h>

/** enum change_have - what is known of a value */
enum change_have {
	CHANGE_NONE,   /* there is no attribute */
	CHANGE_HIDDEN, /* there is one that cannot be read: @error */
	CHANGE_VALUE,  /* @cap */
};

/** struct change_value - a value as seen from the caller's user namespace */
struct change_value {
	enum change_have have;
	int error; /* CHANGE_HIDDEN: EINVAL, EOVERFLOW, or EBADMSG for bytes
		    * that do not decode */
	struct vfscap cap;
};

/** change_hidden() - why a value cannot be read, in words, for its errno */
const char *change_hidden(int error);

/** change_same() - do both mean the same? Hidden ones never do. */
bool change_same(const struct change_value *a, const struct change_value *b);

/**
 * change_widens() - does it let more processes use the capability?
 * @old: what is there; no attribute is not widened by setting one
 * @new: what is to be there; removal widens nothing
 *
 * Both as seen from the user namespace that the change is made in.
 */
bool change_widens(const struct change_value *old,
		   const struct change_value *new);

/**
 * change_widens_within() - the same for a value that leaves its namespace
 * @from: the namespace whose outside ids the old value is in, or NULL
 *
 * What counted for its root alone may count everywhere afterwards: what is
 * written says the same within any namespace that it is extracted in.
 */
bool change_widens_within(const struct vfscap_idmap *from,
			  const struct change_value *old,
			  const struct change_value *new);

/** CHANGE_WHO_SIZE - room for what change_who() says */
#define CHANGE_WHO_SIZE 160

/** change_who() - who can use a value's capabilities, in words */
void change_who(const struct change_value *value, char buf[CHANGE_WHO_SIZE]);

/* ------------------------------- conversion ------------------------------- */

/** enum convert_result - what became of a value; the first five are fine */
enum convert_result {
	CONVERT_CHANGED,
	CONVERT_UNCHANGED,    /* it is what was asked for */
	CONVERT_CLEARED,      /* changed, and unknown flags were cleared */
	CONVERT_KEPT,	      /* unmapped, and so left as it is */
	CONVERT_DROPPED,      /* unmapped, and so to be removed */
	CONVERT_OTHER_ROOTID, /* --to=3: it has another rootid: left alone */
	CONVERT_HIGH_BITS,    /* --to=1: capabilities above 31 do not fit */
	CONVERT_UNMAPPED,     /* a map does not have its rootid */
	CONVERT_KEPT_INSIDE,  /* kept, it would be one of the target's ids */
};

/** struct convert - what is asked of each value */
struct convert {
	unsigned to;	     /* revision 1, 2 or 3; 0: as the maps have it */
	uint32_t rootid;     /* --to=3: not 0, or 0 where a map gives it */
	bool replace_rootid; /* --to=3: also where there is another */
	struct vfscap_rebase rebase;
};

/**
 * convert_value() - one value to other ids and another revision, pure
 * @old: any value that execve honours
 * @new: the result, canonical where @to is given; untouched where there is none
 *
 * Does not ask whether the change widens: change_widens() does.
 */
enum convert_result convert_value(const struct convert *convert,
				  const struct vfscap *old, struct vfscap *new);

/** convert_repeats() - could a result be converted once more by the same call?
 *  Then only a journal tells what was done already. */
bool convert_repeats(const struct convert *convert);

/* --------------------------------- writing -------------------------------- */

/** struct change_file - the file that a change is about, held open */
struct change_file {
	int fd; /* O_PATH */
	struct stat stat;
	struct change_value now; /* read through @fd */
};

/**
 * change_open() - open a regular file for a change and read its value
 * @dirfd, @name: where it is; a link as last component is refused
 * @seen: what it must be still (device, inode, owner), or NULL
 * @file: the result; change_close() it
 *
 * Return: 0, or a negated errno: -ELOOP for a link, -EISDIR, -ENXIO for other
 * types (none of which is opened), -ESTALE where it is not what was seen, or
 * why the value could not be read (a hidden value is none of these).
 */
int change_open(int dirfd, const char *name, const struct stat *seen,
		struct change_file *file);

/**
 * change_open_beneath() - the same for an untrusted path
 * @root: the directory that it must stay below
 * @path: relative; no link in any component is followed, ".." is refused
 */
int change_open_beneath(int root, const char *path, const struct stat *seen,
			struct change_file *file);

/** change_open_fd() - the same for a file that is open already, O_PATH too; @fd
 *  stays the caller's */
int change_open_fd(int fd, const struct stat *seen, struct change_file *file);

void change_close(struct change_file *file);

/** change_read() - the value of an open file; 0 or a negated errno */
int change_read(int fd, struct change_value *value);

/** enum change_step - where a change failed */
enum change_step { STEP_CHECK, STEP_WRITE, STEP_VERIFY };

/** struct change_result - what change_apply() did */
struct change_result {
	enum change_step step; /* where it failed */
	bool rootid_differs;   /* done, and the rootid is seen otherwise: */
	uint32_t rootid;
};

/**
 * change_apply() - write or remove the attribute
 * @file: from change_open(); its value is read again first, and must be the one
 * in @file->now still
 * @new: CHANGE_VALUE, canonical, or CHANGE_NONE
 * @inside: the process that writes it from inside a user namespace, in whose
 * ids @new is then; NULL: this process
 * @seen: what is to be read back, in the caller's ids; its rootid need not come
 * back where the mount's id map is not known
 *
 * One system call changes the file, with CAP_SETFCAP raised around it alone.
 * What is read back is compared with what the kernel may make of it: the sets
 * and the flag must be equal.
 *
 * Return: 0, a negated errno, or an enum vfscap_error. -EAGAIN at STEP_CHECK
 * where the value has changed meanwhile, -EIO at STEP_VERIFY where another one
 * is read back.
 */
int change_apply(struct change_file *file, const struct change_value *new,
		 struct ns_writer *inside, const struct change_value *seen,
		 struct change_result *result);

/** change_owner_risky() - is the owner neither root nor the caller? Through a
 *  writable mapping the owner can change the program, and the attribute stays */
bool change_owner_risky(const struct change_file *file);

/** change_is_fixed() - is the file immutable or append-only? */
bool change_is_fixed(const struct change_file *file);

/** CHANGE_WHY_SIZE - room for a reason */
#define CHANGE_WHY_SIZE 400

/**
 * change_why() - why a change failed, in words, and what to do
 * @error: what change_open() or change_apply() returned, negative or positive
 * @file: the file, or NULL where it could not be opened
 * @new: what was to be written, or NULL
 */
void change_why(int error, const struct change_file *file,
		const struct change_value *new, char buf[CHANGE_WHY_SIZE]);

/* -------------------------------- privilege ------------------------------- */

/** PRIVILEGE_WRITE - to write the attribute */
#define PRIVILEGE_WRITE (UINT64_C(1) << CAP_SETFCAP)

/** PRIVILEGE_OPEN - to make and open files in a directory of others */
#define PRIVILEGE_OPEN (UINT64_C(1) << CAP_DAC_OVERRIDE)

/** PRIVILEGE_RENAME - to rename and remove where only owners may */
#define PRIVILEGE_RENAME (UINT64_C(1) << CAP_FOWNER)

/** PRIVILEGE_LOOK - to look at the root directory of another's process */
#define PRIVILEGE_LOOK (UINT64_C(1) << CAP_SYS_PTRACE)

/** PRIVILEGE_STORED - to ask file systems for stored bytes */
#define PRIVILEGE_STORED (UINT64_C(1) << CAP_SYS_ADMIN)

/**
 * privilege_start() - give up all capabilities but those needed
 * @raised: those that stay permitted, to be raised around single calls; or-ed
 * from PRIVILEGE_*
 *
 * CAP_DAC_READ_SEARCH stays effective where the process has it: trees are
 * walked with it.
 *
 * Return: 0 or a negated errno.
 */
int privilege_start(uint64_t raised);

/** privilege_raise(), privilege_lower() - around one call. Raising what is not
 *  permitted is no error: the call itself will say what lacks. */
void privilege_raise(int cap);
void privilege_lower(int cap);

/** privilege_permitted() - has the process got the capability to raise? */
bool privilege_permitted(int cap);

#endif /* CHANGE_H */
