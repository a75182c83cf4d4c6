/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record of a scan as the program that execve(2) is asked about. */
#include "explain/look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_live(const struct scan_record *r)
{
	return r->dirfd >= 0 || r->fd >= 0;
}

void program_value(struct program *p, const uint8_t *value, size_t size)
{
	p->program.present = value != NULL;
	p->program.size = size < sizeof(p->value) ? size : sizeof(p->value);
	if (value)
		memcpy(p->value, value, p->program.size);
	p->program.value = value ? p->value : NULL;
}

void program_fails(struct program *p, int error, const char *code,
		   const char *sentence)
{
	p->error = error;
	p->code = code;
	snprintf(p->sentence, sizeof(p->sentence), "%s", sentence);
}

/* ---------------------------------- owners ------------------------------- */

/* In a namespace hardly any file is nobody's own; of the initial one the mount
 * says more. */
static bool is_mapped(const struct stat *st)
{
	struct vfscap_idmap map;

	return (st->st_uid != LOOK_NOBODY && st->st_gid != LOOK_NOBODY) ||
	       ns_caller(&map) != 0 || ns_initial(&map);
}

void program_owner(struct program *p, const struct stat *st,
		   const struct subject *subject)
{
	p->program.mode = st->st_mode & 07777;
	p->program.uid = st->st_uid;
	p->program.gid = st->st_gid;
	p->program.owner_mapped = is_mapped(st) &&
				  ns_maps_uid(&subject->chain, st->st_uid) &&
				  ns_maps_gid(&subject->chain, st->st_gid);
}

/* What is extracted by root of a namespace has ids of that one. */
static void owner_inside(struct program *p, const struct subject *subject)
{
	const struct ns_chain *chain = &subject->chain;

	if (!chain->depth)
		return;
	p->program.owner_mapped =
		vfscap_idmap_outside(&ns_innermost(chain)->map, p->program.uid,
				     &p->program.uid) &&
		vfscap_idmap_outside(&chain->gid[chain->depth - 1],
				     p->program.gid, &p->program.gid);
}

/* Of a dump neither owner nor mode is known: a plain program of root. */
static void take_owner(struct program *p, const struct scan_record *r,
		       const struct subject *subject)
{
	struct stat st = {.st_mode = S_IFREG | 0755};

	if (r->has_stat)
		st = r->stat;
	program_owner(p, &st, subject);
	if (r->packed)
		owner_inside(p, subject);
	if (st.st_uid == (uid_t)-1 || st.st_gid == (gid_t)-1)
		p->program.owner_mapped = false;
}

/* A mode without any x stops everyone, root too. */
void program_mode(struct program *p, mode_t mode)
{
	if (!S_ISREG(mode))
		program_fails(p, -EACCES, "not-regular",
			      "it is no regular file");
	else if (!(mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		program_fails(p, -EACCES, "not-executable",
			      "its mode lets nobody execute it, root neither");
}

/* ------------------------------ stored values ----------------------------- */

/* As setxattr(2) of root of the namespace stores it. */
static void take_packed(struct program *p, const struct scan_record *r,
			const struct subject *subject)
{
	uint8_t stored[VFSCAP_SIZE_MAX];
	size_t size;
	int error = view_extracted(r->value, r->size, subject->process.ns,
				   stored, &size);

	if (!error) {
		program_value(p, stored, size);
		return;
	}
	p->code = "not-extracted";
	snprintf(p->sentence, sizeof(p->sentence),
		 "setxattr refuses what the archive says (%s), so extracting "
		 "leaves the file without the attribute",
		 vfscap_error_name(error));
}

/* ------------------------------- live values ------------------------------ */

/*
 * Of namespaces above the first that is known, only the parent is told of, by
 * the caller's map. Ids that may be root of a further one stay unclear.
 */
static int settle_rootid(struct program *p, const struct subject *subject,
			 char why[EXPLAIN_WHY_SIZE])
{
	struct vfscap_idmap map;
	struct vfscap cap;
	bool honoured, parents, caller;
	uint32_t above;

	if (!p->program.present ||
	    vfscap_decode_lenient(p->value, p->program.size, &cap) ||
	    !cap.rootid ||
	    vfscap_predict_exec(p->value, p->program.size, NULL,
				subject->process.ns, &honoured) ||
	    honoured)
		return 0;
	caller = ns_caller(&map) == 0;
	parents = caller && !ns_initial(&map) &&
		  vfscap_idmap_outside(&map, cap.rootid, &above) && !above;
	if (parents) {
		memset(p->value + VFSCAP_SIZE_2, 0, 4);
		return 0;
	}
	if (caller && ns_initial(&map) && !subject->chain.gaps)
		return 0;
	snprintf(why, EXPLAIN_WHY_SIZE,
		 "the user namespaces above are not known, so rootid %u may be "
		 "root of one of them; run in the initial user namespace",
		 cap.rootid);
	return -1;
}

/* No value at all would be foreign to more namespaces than this one. */
static const uint8_t nobodys[VFSCAP_SIZE_3] = {
	[3] = 3, [20] = 0xff, [21] = 0xff, [22] = 0xff, [23] = 0xff};

/* getxattr(2) shows no bytes, but its errno says something of them. */
static int take_error(struct program *p, int error, bool overlay,
		      const struct scan_record *r, char why[EXPLAIN_WHY_SIZE])
{
	const char *reason = report_reason(r);

	switch (vfscap_answer(-error)) {
	case VFSCAP_ANSWER_NONE:
	case VFSCAP_ANSWER_UNSUPPORTED:
		return 0;
	case VFSCAP_ANSWER_HIDDEN:
		if (!overlay)
			break;
		/* Which bytes they are does not matter there. */
		p->mount.lower = &p->lower;
		program_value(p, p->value, 0);
		return 0;
	case VFSCAP_ANSWER_FOREIGN:
		if (overlay)
			break;
		program_value(p, nobodys, sizeof(nobodys));
		return 0;
	default:
		break;
	}
	snprintf(why, EXPLAIN_WHY_SIZE, "%s: %s", vfscap_error_name(-error),
		 reason	     ? reason
		 : r->reason ? r->reason
			     : strerror(error));
	return -1;
}

/*
 * Stored bytes of a live file are in the ids of its file system. What getxattr
 * shows is in those of the caller, and so goes before; only what it hides is
 * taken from there, where both are known to be the same.
 */
static int take_asked(struct program *p, const struct scan_record *r,
		      const struct subject *subject, char why[EXPLAIN_WHY_SIZE])
{
	struct vfscap cap;
	bool broken;

	if (r->shown) {
		program_value(p, r->shown, r->shown_size);
		return settle_rootid(p, subject, why);
	}
	if (r->error || r->shown_error != EINVAL)
		return take_error(p, r->error ? r->error : r->shown_error,
				  r->overlay, r, why);
	program_value(p, r->value, r->size);
	broken = vfscap_decode_lenient(r->value, r->size, &cap) != 0;
	if (broken || r->plain)
		return broken ? 0 : settle_rootid(p, subject, why);
	snprintf(why, EXPLAIN_WHY_SIZE,
		 "the mount has an id map that is not known, so it is not "
		 "known whether the stored value counts");
	return -1;
}

int program_live_value(struct program *p, const struct scan_record *r,
		       const struct subject *subject,
		       char why[EXPLAIN_WHY_SIZE])
{
	if (r->asked)
		return take_asked(p, r, subject, why);
	if (r->error)
		return take_error(p, r->error, r->overlay, r, why);
	program_value(p, r->value, r->size);
	return settle_rootid(p, subject, why);
}

static int take_value(struct program *p, const struct scan_record *r,
		      const struct subject *subject, char why[EXPLAIN_WHY_SIZE])
{
	if (is_live(r))
		return program_live_value(p, r, subject, why);
	if (r->error)
		return take_error(p, r->error, false, r, why);
	if (r->packed && r->value)
		take_packed(p, r, subject);
	else
		program_value(p, r->value, r->size);
	return 0;
}

/* ---------------------------------- all ---------------------------------- */

/* Of what is packed, a script's interpreter is not looked up: taken for plain. */
static int take_script(struct program *p, char why[EXPLAIN_WHY_SIZE])
{
	struct program *next = calloc(1, sizeof(*next));

	if (!next) {
		snprintf(why, EXPLAIN_WHY_SIZE, "no memory");
		return -1;
	}
	next->program.mount = &next->mount;
	next->program.mode = 0755;
	p->interpreter = next;
	p->program.interpreter = &next->program;
	return 0;
}

int program_of(struct program *p, const struct scan_record *r,
	       const struct vfscap_kernel *kernel,
	       const struct subject *subject, char why[EXPLAIN_WHY_SIZE])
{
	struct look look = {.kernel = kernel, .subject = subject, .why = why};

	*p = (struct program){.program.mount = &p->mount};
	take_owner(p, r, subject);
	if (take_value(p, r, subject, why) != 0)
		return -1;
	if (r->has_stat)
		program_mode(p, r->stat.st_mode);
	if (is_live(r))
		return program_look(&look, p, r, 0);
	return r->script ? take_script(p, why) : 0;
}

const struct program *program_failing(const struct program *p)
{
	while (p && !p->error)
		p = p->interpreter;
	return p;
}

void program_free(struct program *p)
{
	struct program *next = p->interpreter;

	while (next) {
		struct program *one = next;

		next = one->interpreter;
		free(one);
	}
	p->interpreter = NULL;
}
