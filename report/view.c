/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a record means: the three views of its value, and what is odd in it. */
#include "report/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ----------------------------- the namespace ----------------------------- */

int view_userns_caller(struct userns *ns)
{
	FILE *file = fopen("/proc/self/uid_map", "re");
	struct userns_extent e;
	int error = 0;

	*ns = (struct userns){.name = "caller"};
	if (!file)
		return -errno;
	while (!error &&
	       fscanf(file, "%u %u %u", &e.inside, &e.outside, &e.count) == 3) {
		struct userns_extent *more =
			reallocarray(ns->extent, ns->count + 1, sizeof(*more));

		if (more) {
			more[ns->count++] = e;
			ns->extent = more;
		} else {
			error = -ENOMEM;
		}
	}
	fclose(file);
	/* Only the initial namespace, or one that maps all of it to itself, has
	 * an extent of all ids there are. */
	ns->initial = ns->count == 1 && ns->extent[0].inside == 0 &&
		      ns->extent[0].outside == 0 &&
		      ns->extent[0].count == UINT32_MAX;
	if (error)
		view_userns_free(ns);
	return error;
}

void view_userns_free(struct userns *ns)
{
	free(ns->extent);
	ns->extent = NULL;
	ns->count = 0;
}

/*
 * A value that reads as revision 3 with rootid @id counts here only where @id
 * is root of an ancestor. The caller's own map tells of its parent alone.
 */
static enum honoured honoured_v3(const struct userns *ns, uint32_t id)
{
	if (ns->initial)
		return HONOURED_IGNORED;
	for (size_t i = 0; i < ns->count; i++) {
		const struct userns_extent *e = &ns->extent[i];

		if (id >= e->inside && id - e->inside < e->count &&
		    e->outside + (id - e->inside) == 0)
			return HONOURED_GRANTED;
	}
	return HONOURED_UNKNOWN;
}

/* ------------------------------ stored bytes ----------------------------- */

/*
 * What the initial namespace makes of stored bytes on a plain file system of
 * its own: getxattr's strict reader, and execve's lenient one.
 */
static void view_stored(struct view *v)
{
	const struct scan_record *r = v->record;
	struct vfscap strict;

	if (vfscap_decode_strict(r->value, r->size, &strict)) {
		v->visible = VISIBLE_ERROR;
		v->visible_errno = EINVAL;
	} else if (strict.rootid == VFSCAP_ROOTID_INVALID) {
		v->visible = VISIBLE_ERROR;
		v->visible_errno = EOVERFLOW;
	} else {
		v->visible = strict.rootid ? VISIBLE_V3 : VISIBLE_V2;
		v->visible_rootid = strict.rootid;
	}

	if (v->decode) {
		v->honoured = HONOURED_ERROR;
		v->honoured_errno = -vfscap_exec_errno(v->decode);
	} else {
		v->honoured =
			v->cap.rootid ? HONOURED_IGNORED : HONOURED_GRANTED;
	}
	v->ghost =
		v->honoured == HONOURED_GRANTED && v->visible == VISIBLE_ERROR;
}

/* ------------------------------- live files ------------------------------ */

/*
 * What a live file's answer tells. The bytes behind an error are not known:
 * EINVAL may be a ghost, which execve honours, or a value that breaks the file;
 * on overlayfs, whose execve reads as getxattr does, it is known to break it.
 * EOVERFLOW says that the rootid is root of no ancestor.
 */
static void view_live(struct view *v, const struct userns *caller)
{
	const struct scan_record *r = v->record;

	if (r->error) {
		bool answered = r->error == EINVAL || r->error == EOVERFLOW;

		v->visible = answered ? VISIBLE_ERROR : VISIBLE_UNKNOWN;
		v->visible_errno = r->error;
		v->honoured = HONOURED_UNKNOWN;
		if (r->overlay && (r->error == EINVAL)) {
			v->honoured = HONOURED_ERROR;
			v->honoured_errno = r->error;
		} else if (r->error == EOVERFLOW && !r->overlay) {
			v->honoured = HONOURED_IGNORED;
		}
		return;
	}
	if (v->decode) {
		v->visible = VISIBLE_UNKNOWN;
		v->honoured = HONOURED_UNKNOWN;
		return;
	}
	v->visible = v->cap.revision == 3 ? VISIBLE_V3 : VISIBLE_V2;
	v->visible_rootid = v->cap.rootid;
	v->honoured = v->cap.rootid ? honoured_v3(caller, v->cap.rootid)
				    : HONOURED_GRANTED;
}

/* -------------------------------- issues --------------------------------- */

static bool is_script(const struct scan_record *r)
{
	int fd = scan_open(r);
	char magic[2];
	bool script;

	if (fd < 0)
		return false;
	script = pread(fd, magic, 2, 0) == 2 && memcmp(magic, "#!", 2) == 0;
	close(fd);
	return script;
}

static uint32_t value_issues(const struct view *v)
{
	bool stored = v->record->view == SCAN_STORED;
	uint64_t caps = v->cap.permitted | v->cap.inheritable;
	uint32_t found = 0;

	if (v->decode)
		return 1u << (v->decode == VFSCAP_ERR_EMPTY ? ISSUE_EMPTY_VALUE
							    : ISSUE_MALFORMED);
	if (v->remarks & VFSCAP_REMARK_LEGACY)
		found |= 1u << ISSUE_LEGACY_REVISION;
	if (v->remarks & VFSCAP_REMARK_FLAGS)
		found |= 1u << ISSUE_UNKNOWN_FLAGS;
	if (v->remarks & VFSCAP_REMARK_UNKNOWN)
		found |= 1u << ISSUE_UNKNOWN_CAPABILITY;
	if (v->remarks & VFSCAP_REMARK_EMPTY)
		found |= 1u << ISSUE_EMPTY;
	if (v->remarks & VFSCAP_REMARK_EFFECTIVE_EMPTY)
		found |= 1u << ISSUE_EFFECTIVE_EMPTY;
	if (v->remarks & VFSCAP_REMARK_ROOTID_ZERO)
		found |= 1u << ISSUE_ROOTID_ZERO;
	if (stored && v->cap.rootid)
		found |= 1u << ISSUE_ROOTID_SET;
	if (caps && !v->cap.effective)
		found |= 1u << ISSUE_EFFECTIVE_UNSET;
	return found;
}

static uint32_t file_issues(const struct scan_record *r, bool look_inside)
{
	mode_t mode = r->stat.st_mode;
	uint32_t found = 0;

	if (!r->has_stat)
		return 0;
	if (!S_ISREG(mode))
		return 1u << ISSUE_NOT_REGULAR;
	if (!(mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		found |= 1u << ISSUE_NOT_EXECUTABLE;
	if (mode & S_ISUID)
		found |= 1u << ISSUE_SETUID;
	if (mode & (S_IWGRP | S_IWOTH))
		found |= 1u << ISSUE_WRITABLE;
	if (look_inside && is_script(r))
		found |= 1u << ISSUE_SCRIPT;
	return found;
}

static void find_issues(struct view *v, bool look_inside)
{
	if (v->decode >= 0)
		v->issues |= value_issues(v);
	if (v->ghost)
		v->issues |= 1u << ISSUE_GHOST;
	if (v->visible == VISIBLE_ERROR && v->visible_errno == EOVERFLOW)
		v->issues |= 1u << ISSUE_ROOTID_UNMAPPED;
	v->issues |= file_issues(v->record, look_inside);
}

/* --------------------------------- all of it ----------------------------- */

bool view_none(const struct scan_record *r)
{
	enum vfscap_answer answer = vfscap_answer(-r->error);

	return r->what == SCAN_ENTRY && (answer == VFSCAP_ANSWER_NONE ||
					 answer == VFSCAP_ANSWER_UNSUPPORTED);
}

const char *view_ghost_reason(const struct view *v)
{
	if (!v->ghost)
		return NULL;
	return v->remarks & VFSCAP_REMARK_LEGACY ? "revision 1"
						 : "unknown flag bits";
}

static void decode(struct view *v, const struct vfscap_listing *listing)
{
	const struct scan_record *r = v->record;
	struct vfscap_sets sets;

	v->decode = r->error
			    ? -1
			    : vfscap_decode_lenient(r->value, r->size, &v->cap);
	if (v->decode)
		return;
	v->remarks = vfscap_remarks(&v->cap, listing->known);
	vfscap_to_sets(&v->cap, &sets);
	vfscap_text_format(&sets, listing, v->text, sizeof(v->text));
}

void view_of(const struct scan_record *record,
	     const struct view_context *context, struct view *view)
{
	bool live = record->view == SCAN_VISIBLE;

	*view = (struct view){
		.record = record,
		.userns = live ? context->caller->name : "initial",
	};
	decode(view, context->listing);
	if (view_none(record)) {
		view->honoured = HONOURED_NONE;
		view->visible = VISIBLE_ERROR;
		view->visible_errno = record->error;
		return;
	}
	if (live)
		view_live(view, context->caller);
	else
		view_stored(view);
	find_issues(view, context->look_inside);
	if (record->has_stat && !S_ISREG(record->stat.st_mode))
		view->honoured = HONOURED_NONE;
}
