/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: records -> what a person or a program reads.
 *
 * view_of() says what a record means, a struct report_format writes it. What
 * could not be had is told by report_trouble(), in the same words everywhere.
 */
#ifndef REPORT_H
#define REPORT_H

#include "ns/ns.h"
#include "scan/scan.h"
#include "vfscap.h"

#include <stdbool.h>
#include <stdio.h>

/* ------------------------------- the meaning ------------------------------ */

/** enum visible - what getxattr(2) answers in the namespace in question */
enum visible { VISIBLE_V2, VISIBLE_V3, VISIBLE_ERROR, VISIBLE_UNKNOWN };

/** enum honoured - what execve(2) makes of the attribute alone there */
enum honoured {
	HONOURED_GRANTED,
	HONOURED_IGNORED,
	HONOURED_ERROR,
	HONOURED_UNKNOWN,
	HONOURED_NONE, /* not a regular file */
};

/** enum issue - what --check finds; bit n of a mask is issue n */
enum issue {
	ISSUE_MALFORMED,
	ISSUE_EMPTY_VALUE,
	ISSUE_UNKNOWN_FLAGS,
	ISSUE_LEGACY_REVISION,
	ISSUE_GHOST,
	ISSUE_UNKNOWN_CAPABILITY,
	ISSUE_ROOTID_SET,
	ISSUE_ROOTID_ZERO,
	ISSUE_ROOTID_UNMAPPED,
	ISSUE_EMPTY,
	ISSUE_EFFECTIVE_UNSET,
	ISSUE_EFFECTIVE_EMPTY,
	ISSUE_NOT_REGULAR,
	ISSUE_NOT_EXECUTABLE,
	ISSUE_SCRIPT,
	ISSUE_SETUID,
	ISSUE_WRITABLE,
	ISSUE_CONFLICTING_COPIES,
	ISSUE_CONFLICTING_ENTRIES,
	ISSUE_UNEXTRACTABLE,
	ISSUE_PATH_LEADS_OUT,
	ISSUES,
};

/** enum issue_level - how bad an issue is. A note is of what may well be
 *  intended, and is not looked for by default; the others are */
enum issue_level { ISSUE_NOTE, ISSUE_WARNING, ISSUE_ERROR };

/** struct issue_text - an issue's stable code, its level and its sentence */
struct issue_text {
	const char *code;
	enum issue_level level;
	const char *message;
};

extern const struct issue_text issue_texts[ISSUES];

/** issues_default() - a mask of what is looked for by default */
uint32_t issues_default(void);

/**
 * issues_parse() - a list of codes and of the words "default" and "all", with
 * commas between them
 * @mask: what they mean together
 *
 * Return: NULL, or where in @codes a word begins that is none of these.
 */
const char *issues_parse(const char *codes, uint32_t *mask);

/** struct userns - the namespace that visible and honoured speak of */
struct userns {
	const char *name; /* "caller" or "initial" */
	bool initial;	  /* it is the initial namespace, or one like it */
	struct vfscap_idmap map; /* its ids to its parent's */
};

/** view_userns_caller() - learn the caller's map; 0 or a negated errno */
int view_userns_caller(struct userns *ns);

/** struct view - what a record means */
struct view {
	const struct scan_record *record;
	const char *userns;

	int decode; /* of the value: 0 or enum vfscap_error; -1: no value */
	struct vfscap cap; /* where @decode is 0 */
	unsigned remarks;
	char text[VFSCAP_TEXT_SIZE]; /* canonical, where @decode is 0 */

	/** @below: visible and honoured speak of a namespace below the caller's,
	 *  or below the initial one, in whose ids @cap is */
	bool below;
	bool gaps; /* what honours it is not known: ancestors are missing */

	enum visible visible;
	uint32_t visible_rootid; /* VISIBLE_V3 */
	int visible_errno;	 /* VISIBLE_ERROR */

	enum honoured honoured;
	int honoured_errno; /* HONOURED_ERROR */

	int extract; /* from an archive: 0, or the errno of setxattr(2) */

	bool ghost;
	uint32_t issues;
	int script_errno; /* whether it is a script could not be read */
};

/** struct view_context - what the meaning depends on besides the record */
struct view_context {
	const struct vfscap_listing *listing;
	const struct userns *caller;
	const struct ns_chain *chain; /* the namespace asked for, or NULL */
	const char *where;	      /* what the user calls it */
	bool look_inside; /* open files to see whether they are scripts */
};

/** view_of() - what a SCAN_ENTRY record means */
void view_of(const struct scan_record *record,
	     const struct view_context *context, struct view *view);

/** view_is_live() - is it of a live file? What is no entry counts as that */
bool view_is_live(const struct scan_record *record);

/**
 * view_extracted() - what root of a namespace stores of a value in an archive
 * Return: 0, or what setxattr(2) refuses it with, a negated errno. An empty value
 * it stores as it is.
 */
int view_extracted(const uint8_t *value, size_t size,
		   const struct vfscap_userns *ns,
		   uint8_t stored[VFSCAP_SIZE_MAX], size_t *stored_size);

/** view_none() - is it an entry without the attribute? */
bool view_none(const struct scan_record *record);

/** view_ghost_reason() - why getxattr does not show it, in a few words */
const char *view_ghost_reason(const struct view *view);

/* -------------------------------- the writers ----------------------------- */

/** struct report - where records are written, and how */
struct report {
	FILE *out;
	const struct vfscap_listing *listing;
	bool all; /* also what has no decodable capabilities */
	bool null;
	uint32_t issues; /* that are told, where a format tells only those */
	struct sarif *sarif; /* of that document, while it is written */
};

/**
 * struct report_format - one way to write records
 * @name: the word after --format=
 * @write: writes one view; 0 or a negated errno. Errors of @out stay in it, for
 * the caller to find with ferror(3).
 *
 * Of a format that is one document, and has a place for what could not be had;
 * else NULL:
 * @begin: before the first view
 * @tell: what could not be had, or is worth a word, concerning @record, in words
 * @end: after the last view; @status is that of the tool. Not called where
 * @begin has failed
 */
struct report_format {
	const char *name;
	int (*write)(const struct report *report, const struct view *view);
	int (*begin)(struct report *report);
	int (*tell)(const struct report *report, enum issue_level level,
		    const struct scan_record *record, const char *text);
	int (*end)(struct report *report, int status);
};

/** report_format_find() - a format by its name, or NULL */
const struct report_format *report_format_find(const char *name);
extern const struct report_format report_formats[];
extern const size_t report_format_count;

int report_text(const struct report *report, const struct view *view);
int report_json(const struct report *report, const struct view *view);
int report_getfattr(const struct report *report, const struct view *view);

int sarif_begin(struct report *report);
int sarif_write(const struct report *report, const struct view *view);
int sarif_tell(const struct report *report, enum issue_level level,
	       const struct scan_record *record, const char *text);
int sarif_end(struct report *report, int status);

/**
 * report_trouble() - what could not be had, or is broken: one line
 * @out: usually standard error
 * @program: its name
 * @view: of an entry whose value does not decode; else it may be NULL
 *
 * "PROGRAM: PATH: ERRNO: the reason in words; what to do"
 */
void report_trouble(FILE *out, const char *program,
		    const struct scan_record *record, const struct view *view);

/** report_trouble_text() - the same without "PROGRAM: " and the end of the line */
void report_trouble_text(FILE *out, const struct scan_record *record,
			 const struct view *view);

/** report_reason() - what an entry's @error means and what to do, or NULL where
 *  only strerror(3) has words for it */
const char *report_reason(const struct scan_record *record);

/** report_path() - a path on one line; "(no memory)" where it cannot be had */
void report_path(FILE *out, const char *path);

/** report_value() - an entry's capabilities and what is to be said of them, as
 *  the text format has them after the path; only where @view decodes */
void report_value(FILE *out, const struct view *view);

/** report_record_json() - the record as a jansson object, NULL: no memory */
struct json_t *report_record_json(const struct report *report,
				  const struct view *view);

/**
 * report_json_line() - write a JSON value and a newline, or nothing
 * @json: is given up; NULL: there was no memory for it
 * @flags: of json_dumps(3)
 *
 * Return: 0 or -ENOMEM.
 */
int report_json_line(struct json_t *json, size_t flags, FILE *out);

/** report_json_names() - an array of the names of a set of capabilities */
struct json_t *report_json_names(const struct vfscap_listing *listing,
				 uint64_t caps);

/** report_json_path() - a path, escaped where it is not UTF-8; null for NULL */
struct json_t *report_json_path(const char *path);

/** report_json_paths() - put path and rel of a record into an object, and
 *  path_bytes where they are not UTF-8; other than 0: no memory */
int report_json_paths(struct json_t *object, const struct scan_record *record);

/** report_json_hex() - bytes in hexadecimal */
struct json_t *report_json_hex(const uint8_t *bytes, size_t size);

#endif /* REPORT_H */
