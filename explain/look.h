/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make a program of a record share. */
#ifndef EXPLAIN_LOOK_H
#define EXPLAIN_LOOK_H

#include "explain/explain.h"
#include "report/report.h"

#include <sys/stat.h>

/** LOOK_NOBODY - what stat(2) shows of an id that the caller's namespace, the
 *  mount or a layer of an overlay has none for; and the id of nobody */
#define LOOK_NOBODY 65534

/** struct look - one look at a live file and what runs in its place */
struct look {
	const struct vfscap_kernel *kernel;
	const struct subject *subject;
	char *why; /* EXPLAIN_WHY_SIZE */
};

/**
 * program_look() - a live file's mount and, of a script, its interpreters
 * @record: the file, of an interpreter too
 * @depth: how many interpreters came before
 *
 * Return: 0, or -1 and the reason.
 */
int program_look(const struct look *look, struct program *program,
		 const struct scan_record *record, int depth);

/* Parts of program_of(), for interpreters too. */
void program_owner(struct program *program, const struct stat *st,
		   const struct subject *subject);
void program_mode(struct program *program, mode_t mode);
void program_fails(struct program *program, int error, const char *code,
		   const char *sentence);
int program_live_value(struct program *program,
		       const struct scan_record *record,
		       const struct subject *subject,
		       char why[EXPLAIN_WHY_SIZE]);

#endif /* EXPLAIN_LOOK_H */
