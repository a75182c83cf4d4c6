/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What reading and writing a journal share; nobody else includes it.
 */
#ifndef CHANGE_JOURNAL_PARTS_H
#define CHANGE_JOURNAL_PARTS_H

#include "change/journal.h"
#include "form/form.h"

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

#endif /* CHANGE_JOURNAL_PARTS_H */
