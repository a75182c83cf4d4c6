/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of a conversion: what was to be changed from what to what, on
 * disk before it is changed. vfscap.5 describes the lines.
 */
#ifndef CHANGE_JOURNAL_H
#define CHANGE_JOURNAL_H

#include "change/change.h"
#include "jail/closed.h"

#include <stddef.h>
#include <sys/types.h>

/** JOURNAL_MAGIC - how a journal begins */
#define JOURNAL_MAGIC "# vfscap journal 1\n"

/** struct journal_entry - one inode under one name: names of one inode can come
 *  to be different files, on overlayfs by a write */
struct journal_entry {
	char *path; /* absolute, without links in it */
	uint64_t dev, ino;
	int64_t generation; /* -1: the file system tells none */
	struct change_value old, new;
};

/** struct journal - entries by inode, in memory and on disk */
struct journal {
	int fd;	  /* -1: in memory alone */
	int dead; /* a negated errno: a line could not be written, none will be */
	struct journal_entry **entry;
	size_t count, room;
	void *inodes, *paths; /* of tsearch(3) */
	off_t whole;	      /* the length of all whole lines */
	off_t size;	      /* and of what was read in all */
};

/** JOURNAL_WHY_SIZE - room for a reason */
#define JOURNAL_WHY_SIZE 300

/**
 * journal_open() - begin a journal, or go on with one
 * @path: the file; NULL: in memory alone
 * @parameters: lines "param TAB name TAB value" that tell the conversion; a
 * journal that has others is refused
 * @how: by whom one that is there is read
 *
 * A line that a killed run left half written is cut off.
 *
 * Return: 0 or -1 and @why.
 */
int journal_open(struct journal *journal, const char *path,
		 const char *parameters, const struct closed_how *how,
		 char why[JOURNAL_WHY_SIZE]);

/** journal_load_fd() - have an open journal read, to show it; 0, or -1 and @why.
 *  The descriptor's offset moves */
int journal_load_fd(struct journal *journal, int fd,
		    const struct closed_how *how, char why[JOURNAL_WHY_SIZE]);

/** journal_load() - read a journal, to undo it: it must belong to root or the
 *  caller, and nobody else may be able to write it; 0, or -1 and @why */
int journal_load(struct journal *journal, const char *path,
		 const struct closed_how *how, char why[JOURNAL_WHY_SIZE]);

/** journal_find() - what is known of an inode, under any name, or NULL */
const struct journal_entry *journal_find(const struct journal *journal,
					 uint64_t dev, uint64_t ino);

/** journal_find_path() - what was last known of a path, whatever inode it had
 *  then, or NULL */
const struct journal_entry *journal_find_path(const struct journal *journal,
					      const char *path);

/**
 * journal_note() - changes are about to be made
 * @entry: @count of them; copied, their paths too
 * @noted: how many of them, from the first one on, have their lines on disk now
 *
 * All lines become durable by one sync. Where there is no room for all of them,
 * those that fit are noted; the rest must not be made.
 *
 * Return: 0, or a negated errno and fewer than @count are noted.
 */
int journal_note(struct journal *journal, const struct journal_entry *entry,
		 size_t count, size_t *noted);

/** journal_remark() - what became of it: "failed" or "undone"; 0 or a negated
 *  errno */
int journal_remark(struct journal *journal, const struct journal_entry *entry,
		   const char *state);

/** journal_append() - open for more lines what journal_load() has read, and cut
 *  off a last line that is not whole; 0 or a negated errno, -EWOULDBLOCK while
 *  another run writes it, -EAGAIN where one has since */
int journal_append(struct journal *journal, const char *path);

/** journal_is() - is an open file the inode that an entry tells of, not one that
 *  has got its number since? */
bool journal_is(const struct journal_entry *entry,
		const struct change_file *file);

void journal_close(struct journal *journal);

/** journal_generation() - the inode generation of an open file, O_PATH too, or
 *  -1 */
int64_t journal_generation(int fd);

#endif /* CHANGE_JOURNAL_H */
