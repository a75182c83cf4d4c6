/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the ways to name a process share. */
#ifndef EXPLAIN_PARTS_H
#define EXPLAIN_PARTS_H

#include "explain/explain.h"

/** subject_fail() - put words into @why; returns -1 */
int subject_fail(char why[EXPLAIN_WHY_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** subject_begin() - the process is named now; fails where one was before */
int subject_begin(struct subject *subject, char why[EXPLAIN_WHY_SIZE]);

/** subject_id() - an id of the process's namespace as one of the caller's */
int subject_id(const struct subject *subject, enum ns_ids ids, uint32_t inside,
	       uint32_t *outside, char why[EXPLAIN_WHY_SIZE]);

/** subject_is_root() - is an id, as the caller has it, uid 0 of the namespace? */
bool subject_is_root(const struct subject *subject, uint32_t uid);

/** subject_groups() - the supplementary groups, ids of the caller's namespace;
 *  they become the subject's in any case */
void subject_groups(struct subject *subject, uint32_t *groups, size_t count);

/** subject_cap() - one capability by its name, with "cap_" or without, or its
 *  number; -1 where the listing has none */
int subject_cap(const struct vfscap_listing *listing, const char *word,
		size_t size);

/** subject_set_of() - one of the five sets */
uint64_t *subject_set_of(struct vfscap_creds *creds, enum subject_set set);

/** subject_caps() - let cap-add and cap-drop have their effect again */
void subject_caps(struct subject *subject);

/** subject_number() - decimal digits up to a character of @end, or the end of
 *  the text; @text is moved there */
bool subject_number(const char **text, const char *end, uint32_t *number);

/**
 * subject_traces() - has a process CAP_SYS_PTRACE over another one?
 * @uid, @effective: its own; where its namespace cannot be seen, it has not
 */
bool subject_traces(unsigned tracer, uint32_t uid, uint64_t effective,
		    unsigned pid);

/** SUBJECT_NO_SETUID_FIXUP - of securebits: changes of ids leave the sets */
#define SUBJECT_NO_SETUID_FIXUP UINT32_C(0x04)

#endif /* EXPLAIN_PARTS_H */
