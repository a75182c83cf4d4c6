/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dumps: values and the paths they belong to, as getfattr(1) and our own
 * reports write them.
 */
#ifndef SCAN_DUMP_H
#define SCAN_DUMP_H

#include "jail/closed.h"
#include "vfscap.h"

#include <stddef.h>
#include <stdint.h>

/** struct dump_entry - one file with the attribute */
struct dump_entry {
	char *path;	/* raw bytes, as the dump has it */
	char *rel;	/* below the root of what was dumped */
	uint8_t *value; /* NULL where the dump says that it could not be had */
	size_t size;
	size_t line; /* where it stands; of a framed dump the record's number */
};

/** struct dump - all of it, in the order of the file */
struct dump {
	struct dump_entry *entry;
	size_t count, room;
};

/** enum dump_form - how a dump is written */
enum dump_form {
	DUMP_ANY,      /* whichever of these it is */
	DUMP_GETFATTR, /* getfattr -d, fcapinspect --format=getfattr */
	DUMP_JSON,     /* fcapinspect --format=json */
	DUMP_NULL,     /* fcapinspect --null */
};

/** DUMP_WHY_SIZE - room for a reason */
#define DUMP_WHY_SIZE 400

/** struct dump_fault - why a dump was refused */
struct dump_fault {
	size_t line; /* 0: not at a line */
	int error;   /* an errno, 0: @why alone */
	char why[DUMP_WHY_SIZE];
};

/**
 * dump_read() - have a whole dump read
 * @path: the file, "-" for standard input
 * @how: by whom
 * @form: what it must be
 * @listing: what the texts of a framed dump mean
 * @dump: the result; dump_free() it
 * @fault: on failure what is wrong
 *
 * Return: 0 or -1; then @dump is empty.
 */
int dump_read(const char *path, const struct closed_how *how,
	      enum dump_form form, const struct vfscap_listing *listing,
	      struct dump *dump, struct dump_fault *fault);

/** dump_open(), dump_read_fd() - its two halves: a descriptor or -1; and all that
 *  is left of an open file, read by this process */
int dump_open(const char *path, struct dump_fault *fault);
int dump_read_fd(int fd, enum dump_form form,
		 const struct vfscap_listing *listing, struct dump *dump,
		 struct dump_fault *fault);

void dump_free(struct dump *dump);

/** dump_add() - a new last entry; 0, or -1 where memory is lacking
 *  @rel: what the dump says of it, or NULL: @path. Either way it becomes one that
 *  is below a root
 *
 *  Takes all three over, whatever happens. */
int dump_add(struct dump *dump, char *path, char *rel, uint8_t *value,
	     size_t size, size_t line);

/** dump_entry_pack(), dump_entry_unpack() - an entry as a message, and back, as a
 *  new last one; the second returns 0, -ENOMEM, or -EPROTO */
void dump_entry_pack(struct pack *pack, const struct dump_entry *entry);
int dump_entry_unpack(struct unpack *unpack, struct dump *dump);

#endif /* SCAN_DUMP_H */
