/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What reading and writing a journal share; nobody else includes it.
 */
#ifndef CHANGE_JOURNAL_PARTS_H
#define CHANGE_JOURNAL_PARTS_H

#include "change/journal.h"
#include "form/form.h"
#include "jail/closed.h"

#include <stdio.h>

/** JOURNAL_VALUE_SIZE - room for a value as a line has it: 0xHEX, "-", "?" */
#define JOURNAL_VALUE_SIZE (2 + FORM_HEX_SIZE(VFSCAP_SIZE_MAX))

/** journal_fail() - fill in @why; returns -1 */
int journal_fail(char why[JOURNAL_WHY_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** journal_remember() - know an entry; the last one of an inode and name counts.
 *  Takes @path over. 0 or -ENOMEM */
int journal_remember(struct journal *journal, const struct journal_entry *entry,
		     char *path);

/** struct journal_lines - what the lines of a journal say, as they come */
struct journal_lines {
	/** @entry: of a file; anything but 0 is a negated errno, and the end */
	int (*entry)(void *ctx, const struct journal_entry *entry);
	void *ctx;

	char *parameters;  /* their lines, for the caller to free in any case */
	off_t whole, size; /* as in struct journal */
};

/**
 * journal_parse() - read all lines of an open file, which may be anything
 *
 * Runs in a closed process. Return: 0; what @entry returned; or another negated
 * errno, of -EBADMSG with @why.
 */
int journal_parse(struct journal_lines *lines, int fd,
		  char why[CLOSED_WHY_SIZE]);

/**
 * journal_read() - have all lines read, and know what they say
 * @how: by whom
 * @parameters: the lines of parameters, for the caller to free, also on failure
 *
 * Return: 0, or -1 and @why; then the journal is empty.
 */
int journal_read(struct journal *journal, int fd, const struct closed_how *how,
		 char **parameters, char why[JOURNAL_WHY_SIZE]);

/** journal_closed() - closed_run(), and in any case words for what failed */
int journal_closed(const struct closed *closed, char why[JOURNAL_WHY_SIZE]);

/** journal_entry_pack(), journal_entry_unpack() - an entry as a message, and back;
 *  the second returns 0, or -EPROTO where none could have been packed. @path is
 *  that of the message */
void journal_entry_pack(struct pack *pack, const struct journal_entry *entry);
int journal_entry_unpack(struct unpack *unpack, struct journal_entry *entry,
			 const char **path);

/** journal_stream() - an open file as a stream of its own, or NULL */
FILE *journal_stream(int fd);

/** JOURNAL_LINE_MAX - 16 MiB hold a path of a million components */
#define JOURNAL_LINE_MAX (16 << 20)

/** journal_write_all() - 0 or a negated errno */
int journal_write_all(int fd, const char *text, size_t size);

/** journal_line() - getline(3) with a limit, since a journal is not trusted: its
 *  bytes, 0 at the end, -1 for what is too long or cannot be had */
ssize_t journal_line(FILE *file, char **line, size_t *room);

/** journal_number() - all of a text as a decimal number */
bool journal_number(const char *text, uint64_t *number);

/**
 * journal_open_file() - open a journal, which nobody else can have written
 * @flags: O_RDONLY, or for one that another run does not write O_WRONLY and more
 *
 * Return: a descriptor, or a negated errno: see journal_refuse().
 */
int journal_open_file(const char *path, int flags);

/** journal_refuse() - why it cannot be opened, in words; returns -1 */
int journal_refuse(char why[JOURNAL_WHY_SIZE], int error);

/** journal_sync_parent() - make the name of a new file durable; 0 or an errno */
int journal_sync_parent(const char *path);

#endif /* CHANGE_JOURNAL_PARTS_H */
