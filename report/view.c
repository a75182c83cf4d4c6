/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a record means: the three views of its value, and what is odd in it. */
#include "report/report.h"

#include "form/form.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool view_is_live(const struct scan_record *r)
{
	return r->view == SCAN_VISIBLE || r->asked;
}

/* ----------------------------- the namespace ----------------------------- */

int view_userns_caller(struct userns *ns)
{
	int error;

	*ns = (struct userns){.name = "caller"};
	error = ns_caller(&ns->map);
	ns->initial = !error && ns_initial(&ns->map);
	return error;
}

/*
 * A value that reads as revision 3 with rootid @id counts here only where @id
 * is root of an ancestor. The caller's own map tells of its parent alone.
 */
static enum honoured honoured_v3(const struct userns *ns, uint32_t id)
{
	uint32_t outside;

	if (ns->initial)
		return HONOURED_IGNORED;
	return vfscap_idmap_outside(&ns->map, id, &outside) && outside == 0
		       ? HONOURED_GRANTED
		       : HONOURED_UNKNOWN;
}

/* ------------------------------- predictions ----------------------------- */

/*
 * What a namespace makes of bytes that are stored, or seen, in the ids of the
 * one above its chain: getxattr's strict reader, and execve's lenient one.
 */
static void predict(struct view *v, const void *value, size_t size,
		    const struct vfscap_userns *ns)
{
	struct vfscap seen;
	bool honoured;
	int error = vfscap_predict_get(value, size, NULL, ns, &seen);

	v->visible =
		error ? VISIBLE_ERROR : (seen.rootid ? VISIBLE_V3 : VISIBLE_V2);
	v->visible_errno = -error;
	v->visible_rootid = error ? 0 : seen.rootid;

	error = vfscap_predict_exec(value, size, NULL, ns, &honoured);
	v->honoured = error ? HONOURED_ERROR
			    : (honoured ? HONOURED_GRANTED : HONOURED_IGNORED);
	v->honoured_errno = -error;
}

static void view_stored(struct view *v, const struct vfscap_userns *ns)
{
	if (v->record->error) {
		v->visible = VISIBLE_UNKNOWN;
		v->honoured = HONOURED_UNKNOWN;
		return;
	}
	predict(v, v->record->value, v->record->size, ns);
	v->ghost = v->honoured == HONOURED_GRANTED &&
		   v->visible == VISIBLE_ERROR && v->visible_errno == EINVAL;
}

int view_extracted(const uint8_t *value, size_t size,
		   const struct vfscap_userns *ns,
		   uint8_t stored[VFSCAP_SIZE_MAX], size_t *stored_size)
{
	const struct vfscap_writer root = {
		.ns = ns, .setfcap = true, .owner_mapped = true};
	struct vfscap cap;
	int error;

	*stored_size = 0;
	if (!size)
		return 0;
	error = vfscap_predict_set(value, size, NULL, &root, &cap);
	return error ? error
		     : vfscap_encode(&cap, stored, VFSCAP_SIZE_MAX,
				     stored_size);
}

/*
 * A value in an archive means nothing before it is extracted, by root of the
 * namespace; what setxattr refuses does not get onto the file.
 */
static void view_packed(struct view *v, const struct vfscap_userns *ns)
{
	const struct scan_record *r = v->record;
	uint8_t stored[VFSCAP_SIZE_MAX];
	size_t size;

	v->extract = -view_extracted(r->value, r->size, ns, stored, &size);
	if (v->extract) {
		v->visible = VISIBLE_ERROR;
		v->visible_errno = ENODATA;
		v->honoured = HONOURED_IGNORED;
		return;
	}
	predict(v, stored, size, ns);
}

/*
 * A namespace below the caller's sees what the caller sees, in its own ids. What
 * is honoured in the caller's for an ancestor's sake is so below it too, and
 * shown as revision 2 where its rootid has no name there.
 */
static void view_below(struct view *v, const struct ns_chain *chain,
		       const struct userns *caller)
{
	bool live = v->record->view == SCAN_VISIBLE;
	enum honoured above = HONOURED_IGNORED;

	if (v->decode != 0)
		return;
	if (live && v->cap.rootid)
		above = honoured_v3(caller, v->cap.rootid);
	predict(v, v->record->value, v->record->size, ns_innermost(chain));
	if (v->honoured != HONOURED_IGNORED)
		return;
	if (chain->gaps && v->cap.rootid) {
		above = HONOURED_UNKNOWN;
		v->gaps = true;
	}
	v->honoured = above;
	if (v->visible == VISIBLE_ERROR && above == HONOURED_GRANTED)
		v->visible = VISIBLE_V2;
	else if (v->visible == VISIBLE_ERROR && above == HONOURED_UNKNOWN)
		v->visible = VISIBLE_UNKNOWN;
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

/* What getxattr showed. */
static void view_shown(struct view *v)
{
	const struct scan_record *r = v->record;
	struct vfscap cap;

	v->visible = VISIBLE_UNKNOWN;
	v->visible_errno = r->shown_error;
	v->visible_rootid = 0;
	if (r->shown_error == EINVAL || r->shown_error == EOVERFLOW)
		v->visible = VISIBLE_ERROR;
	if (!r->shown || vfscap_decode_strict(r->shown, r->shown_size, &cap))
		return;
	v->visible = cap.revision == 3 ? VISIBLE_V3 : VISIBLE_V2;
	v->visible_rootid = cap.rootid;
}

static bool sees_the_same(const struct view *a, const struct view *b)
{
	return a->visible == b->visible &&
	       a->visible_rootid == b->visible_rootid &&
	       a->visible_errno == b->visible_errno;
}

/*
 * A live file whose stored bytes are at hand. What the rules make of them holds
 * for the caller where it reads them as the file system keeps them: in the
 * initial namespace, through a mount without an id map. Where getxattr showed
 * something else than the rules have it, that is not so. That a value breaks the
 * file holds everywhere.
 */
static void view_asked(struct view *v, const struct view_context *context)
{
	const struct userns *caller = context->caller;
	bool below = v->below;
	struct view here = *v;
	bool known;

	view_stored(&here, NULL);
	view_shown(v);
	known = caller->initial && v->record->plain && sees_the_same(&here, v);
	v->ghost = here.ghost;
	v->honoured = here.honoured;
	v->honoured_errno = here.honoured_errno;
	if (below && known) {
		view_stored(v, ns_innermost(context->chain));
		view_below(v, context->chain, caller);
	} else if (below) {
		v->visible = VISIBLE_UNKNOWN;
	}
	if (!known && here.honoured != HONOURED_ERROR)
		v->honoured = HONOURED_UNKNOWN;
}

/* -------------------------------- issues --------------------------------- */

/* Is it a script? A negated errno where it cannot be read. */
static int is_script(const struct scan_record *r)
{
	int fd = scan_open(r);
	char magic[2];
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pread(fd, magic, 2, 0);
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? (int)n : form_script(magic, (size_t)n);
}

static uint32_t value_issues(const struct view *v)
{
	bool leaks = v->record->view == SCAN_STORED && !v->record->asked;
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
	if (leaks && v->cap.rootid)
		found |= 1u << ISSUE_ROOTID_SET;
	if (caps && !v->cap.effective)
		found |= 1u << ISSUE_EFFECTIVE_UNSET;
	return found;
}

static uint32_t file_issues(const struct scan_record *r)
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
	v->issues |= file_issues(v->record);
	v->issues |= v->extract ? 1u << ISSUE_UNEXTRACTABLE : 0;
	v->issues |= v->record->script ? 1u << ISSUE_SCRIPT : 0;
	if (look_inside && view_is_live(v->record) && v->record->has_stat &&
	    S_ISREG(v->record->stat.st_mode)) {
		int script = is_script(v->record);

		v->issues |= script > 0 ? 1u << ISSUE_SCRIPT : 0;
		v->script_errno = script < 0 ? -script : 0;
	}
}

/* What is odd with the place in an archive, with a value or without. */
static uint32_t member_issues(const struct scan_record *r)
{
	return (r->disagree ? 1u << ISSUE_CONFLICTING_COPIES : 0) |
	       (r->again ? 1u << ISSUE_CONFLICTING_ENTRIES : 0) |
	       (r->value && r->leads_out ? 1u << ISSUE_PATH_LEADS_OUT : 0);
}

/* --------------------------------- all of it ----------------------------- */

bool view_none(const struct scan_record *r)
{
	enum vfscap_answer answer = vfscap_answer(-r->error);
	/* Of a live file it is the file system's answer; where bytes are read
	 * it says that they could not be. */
	bool unsupported =
		answer == VFSCAP_ANSWER_UNSUPPORTED && r->view != SCAN_STORED;

	return r->what == SCAN_ENTRY &&
	       (answer == VFSCAP_ANSWER_NONE || unsupported);
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
	bool below = context->chain && context->chain->depth;
	const struct vfscap_userns *ns =
		below ? ns_innermost(context->chain) : NULL;

	*view = (struct view){
		.record = record,
		.below = below,
		.userns = below			 ? context->where
			  : view_is_live(record) ? context->caller->name
						 : "initial",
	};
	view->issues = member_issues(record);
	decode(view, context->listing);
	if (view_none(record)) {
		view->honoured = HONOURED_NONE;
		view->visible = VISIBLE_ERROR;
		view->visible_errno = record->error;
		return;
	}
	if (record->asked)
		view_asked(view, context);
	else if (view_is_live(record))
		view_live(view, context->caller);
	else if (record->packed && record->value)
		view_packed(view, ns);
	else
		view_stored(view, ns);
	if (below && !record->packed && !record->asked)
		view_below(view, context->chain, context->caller);
	find_issues(view, context->look_inside);
	if (record->has_stat && !S_ISREG(record->stat.st_mode))
		view->honoured = HONOURED_NONE;
}
