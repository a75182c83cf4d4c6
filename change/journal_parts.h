/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What reading and writing a journal share; nobody else includes it.
 */
#ifndef CHANGE_JOURNAL_PARTS_H
#define CHANGE_JOURNAL_PARTS_H

#include "change/journal.h"
#include "form/form.h"

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

/**
 * journal_read() - read all lines
 * @fd: taken over; a negated errno is told as the reason
 * @parameters: the lines of parameters, for the caller to free, also on failure
 *
 * Return: 0, or -1 and @why; then the journal is empty.
 */
int journal_read(struct journal *journal, int fd, char **parameters,
		 char why[JOURNAL_WHY_SIZE]);

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
