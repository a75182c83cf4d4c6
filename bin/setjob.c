/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fcapset does to one file. */
#include "bin/setjob.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/capability.h>
#include <sys/statvfs.h>

static int open_job(const struct set_job *job, const struct stat *seen,
		    struct change_file *file)
{
	if (job->root >= 0)
		return change_open_beneath(job->root, job->path, seen, file);
	return change_open(AT_FDCWD, job->path, seen, file);
}

static void refuse_change(struct tool *tool, const struct set_job *job,
			  int error, const struct change_file *file)
{
	tool_refuse(tool, job->path, error, file, &job->want);
}

/* -------------------------------- deciding ------------------------------- */

/*
 * Both sets and one flag: where the flags differ there is no attribute that
 * means both.
 */
bool set_merge(struct tool *tool, const struct set_job *job,
	       const struct change_value *old, struct change_value *new)
{
	char before[TOOL_TEXT_SIZE], after[TOOL_TEXT_SIZE];

	tool_value_text(tool, old, before);
	tool_value_text(tool, new, after);
	if (old->have == CHANGE_HIDDEN ||
	    old->cap.effective != new->cap.effective) {
		tool_file(tool, LEVEL_ERROR, job->path,
			  "--merge: '%s' and '%s' %s", before, after,
			  old->have == CHANGE_HIDDEN
				  ? "cannot be united, since the first cannot "
				    "be read"
				  : "differ in the effective flag");
		return false;
	}
	if (job->rootid_given && old->cap.rootid != new->cap.rootid) {
		tool_file(tool, LEVEL_ERROR, job->path,
			  "--merge keeps rootid %u; leave out -n, or set it "
			  "without --merge",
			  old->cap.rootid);
		return false;
	}
	new->cap.permitted |= old->cap.permitted;
	new->cap.inheritable |= old->cap.inheritable;
	new->cap.revision = old->cap.revision;
	new->cap.rootid = old->cap.rootid;
	return true;
}

/* A value that the caller sees, as the namespace to write from does. */
static void seen_inside(const struct set_options *options,
			const struct change_value *outside,
			struct change_value *inside)
{
	int error;

	*inside = *outside;
	if (outside->have != CHANGE_VALUE)
		return;
	error = ns_seen_inside(options->chain, &outside->cap, &inside->cap);
	if (error)
		*inside = (struct change_value){.have = CHANGE_HIDDEN,
						.error = -error};
}

/* And what is written from inside, as the caller will see it. */
static int seen_outside(const struct set_options *options,
			const struct change_value *inside,
			struct change_value *outside)
{
	*outside = *inside;
	if (inside->have != CHANGE_VALUE || !options->chain->depth)
		return 0;
	return ns_seen_outside(options->chain, &inside->cap, &outside->cap);
}

/* Decided as the namespace sees it that the value is written from, said as the
 * caller does. */
static bool
allowed_to_widen(struct tool *tool, const struct set_options *options,
		 const struct set_job *job, const struct change_file *file,
		 const struct change_value *old, const struct change_value *new)
{
	struct change_value seen;

	if (options->allow_widen || !change_widens(old, new))
		return true;
	if (seen_outside(options, new, &seen))
		seen = *new;
	tool_refuse_widening(tool, job->path, &file->now, &seen);
	return false;
}

/* What counts everywhere looks like the namespace's own from inside, and would
 * become that by a write from there. */
static bool keeps_rootid(struct tool *tool, const struct set_options *options,
			 const struct set_job *job,
			 const struct change_file *file,
			 const struct change_value *new)
{
	struct change_value seen;

	if (seen_outside(options, new, &seen) == 0 &&
	    seen.cap.rootid == file->now.cap.rootid)
		return true;
	tool_file(
		tool, LEVEL_ERROR, job->path,
		"--merge keeps the rootid, and a write from user namespace %s "
		"would make it the namespace's own; leave out --userns, or "
		"set it without --merge",
		options->where);
	return false;
}

/* What the file is to hold after the job, as things are now. */
static bool decide(struct tool *tool, const struct set_options *options,
		   const struct set_job *job, const struct change_file *file,
		   struct change_value *new)
{
	struct change_value old;

	seen_inside(options, &file->now, &old);
	*new = job->want;
	if (new->have == CHANGE_NONE) {
		/* What was there to be removed when it was checked may have
		 * gone under another of its names. */
		if (old.have != CHANGE_NONE || options->force || job->checked)
			return true;
		refuse_change(tool, job, -ENODATA, file);
		return false;
	}
	if (options->merge && old.have != CHANGE_NONE)
		return set_merge(tool, job, &old, new) &&
		       keeps_rootid(tool, options, job, file, new);
	if (old.have == CHANGE_HIDDEN && !options->replace) {
		tool_file(tool, LEVEL_ERROR, job->path,
			  "%s: there is %s; --replace overwrites it (with "
			  "--allow-widen, where it is to count everywhere), "
			  "--remove removes it",
			  vfscap_error_name(-old.error),
			  change_hidden(old.error));
		return false;
	}
	return allowed_to_widen(tool, options, job, file, &old, new);
}

/* The kernel's conditions for a write from inside a namespace. */
static bool can_be_inside(struct tool *tool, const struct set_options *options,
			  const struct set_job *job,
			  const struct change_file *file)
{
	const struct stat *st = &file->stat;
	struct change_value seen;

	if (!ns_maps_uid(options->chain, st->st_uid))
		tool_file(tool, LEVEL_ERROR, job->path,
			  "EPERM: its owner, uid %u, is not mapped in user "
			  "namespace %s; chown it to one that is",
			  st->st_uid, options->where);
	else if (!ns_maps_gid(options->chain, st->st_gid))
		tool_file(tool, LEVEL_ERROR, job->path,
			  "EPERM: its group, gid %u, is not mapped in user "
			  "namespace %s; chgrp it to one that is",
			  st->st_gid, options->where);
	else if (seen_outside(options, &job->want, &seen) == 0)
		return true;
	else if (job->want.cap.rootid)
		tool_file(tool, LEVEL_ERROR, job->path,
			  "EINVAL: rootid %u is not mapped in user namespace "
			  "%s",
			  job->want.cap.rootid, options->where);
	else
		tool_file(tool, LEVEL_ERROR, job->path,
			  "EINVAL: user namespace %s has no uid 0; name a "
			  "rootid that it has with -n",
			  options->where);
	return false;
}

/* Root of the namespace that it is set from is as good as root. */
static void warn_of_owner(struct tool *tool, const struct set_options *options,
			  const struct set_job *job,
			  const struct change_file *file)
{
	const struct vfscap_userns *ns = ns_innermost(options->chain);
	uid_t owner = file->stat.st_uid;
	uint32_t inside = owner;

	if (ns)
		vfscap_idmap_inside(&ns->map, owner, &inside);
	if (inside != 0 && change_owner_risky(file))
		tool_file(tool, LEVEL_NOTICE, job->path,
			  "warning: its owner, uid %u, can change the program "
			  "and keep the capabilities",
			  owner);
}

/* What would fail for every file, known before the first is written. */
static int can_be_written(const struct set_options *options,
			  const struct change_file *file)
{
	struct statvfs fs;

	if (fstatvfs(file->fd, &fs) == 0 && fs.f_flag & ST_RDONLY)
		return -EROFS;
	if (change_is_fixed(file))
		return -EPERM;
	/* In a namespace of its own the writer has the capability. */
	return options->chain->depth || privilege_permitted(CAP_SETFCAP)
		       ? 0
		       : -EPERM;
}

bool set_check(struct tool *tool, const struct set_options *options,
	       struct set_job *job)
{
	struct vfscap_sets sets;
	struct change_value new;
	struct change_file file;
	bool good;
	int error;

	if (job->want.have == CHANGE_VALUE && !options->force) {
		vfscap_to_sets(&job->want.cap, &sets);
		if (!tool_known(tool, job->path, &sets))
			return false;
	}
	error = open_job(job, NULL, &file);
	if (error) {
		refuse_change(tool, job, error, NULL);
		return false;
	}
	error = can_be_written(options, &file);
	if (error)
		refuse_change(tool, job, error, &file);
	good = !error && can_be_inside(tool, options, job, &file) &&
	       (job->after_another || decide(tool, options, job, &file, &new));
	job->checked = good;
	job->seen = file.stat;
	change_close(&file);
	return good;
}

/* --------------------------------- writing ------------------------------- */

static void apply(struct tool *tool, const struct set_options *options,
		  const struct set_job *job, struct change_file *file,
		  const struct change_value *new,
		  const struct change_value *seen)
{
	const struct change_value was = file->now;
	struct change_result result;
	int error;

	/* -f removes what is not there in silence. */
	if (new->have == CHANGE_NONE && file->now.have == CHANGE_NONE)
		return;
	error = change_apply(file, new, options->inside, seen, &result);
	if (error) {
		refuse_change(tool, job, error, file);
		return;
	}
	if (was.have == CHANGE_HIDDEN && new->have == CHANGE_VALUE)
		tool_file(tool, LEVEL_NOTICE, job->path,
			  "replaced: there was %s", change_hidden(was.error));
	if (result.rootid_differs)
		tool_file(tool, LEVEL_NOTICE, job->path,
			  "set; on this mount its rootid is seen as %u",
			  result.rootid);
	if (new->have == CHANGE_VALUE)
		warn_of_owner(tool, options, job, file);
}

void set_run(struct tool *tool, const struct set_options *options,
	     struct set_job *job)
{
	struct change_value new, seen;
	struct change_file file;
	int error = open_job(job, &job->seen, &file);

	if (error) {
		refuse_change(tool, job, error, NULL);
		return;
	}
	if (!decide(tool, options, job, &file, &new))
		; /* it has said why */
	else if (seen_outside(options, &new, &seen) != 0)
		refuse_change(tool, job, -EINVAL, &file);
	else if (options->dry_run)
		tool_show_change(tool, job->path, &file.now, &seen);
	else
		apply(tool, options, job, &file, &new, &seen);
	change_close(&file);
}

/* -------------------------------- comparing ------------------------------ */

static void say_difference(const struct set_job *job,
			   const struct change_value *now)
{
	const struct vfscap *want = &job->want.cap, *got = &now->cap;
	struct vfscap_sets a, b;

	report_path(stdout, job->path);
	if (now->have == CHANGE_NONE) {
		printf(" has no attribute\n");
		return;
	}
	if (job->want.have == CHANGE_NONE) {
		printf(got->permitted | got->inheritable
			       ? " has capabilities\n"
			       : " has an attribute without capabilities\n");
		return;
	}
	vfscap_to_sets(want, &a);
	vfscap_to_sets(got, &b);
	printf(" differs in [%s%s%s]", a.permitted == b.permitted ? "" : "p",
	       a.inheritable == b.inheritable ? "" : "i",
	       want->effective == got->effective && a.effective == b.effective
		       ? ""
		       : "e");
	if (want->rootid != got->rootid)
		printf(", rootid is %u instead of %u", got->rootid,
		       want->rootid);
	putchar('\n');
}

void set_verify(struct tool *tool, const struct set_options *options,
		struct set_job *job)
{
	struct change_value now;
	struct change_file file;
	int error = open_job(job, NULL, &file);

	if (error) {
		refuse_change(tool, job, error, NULL);
		return;
	}
	seen_inside(options, &file.now, &now);
	if (now.have == CHANGE_HIDDEN) {
		tool_file(tool, LEVEL_ERROR, job->path,
			  "%s: it cannot be compared: there is %s",
			  vfscap_error_name(-now.error),
			  change_hidden(now.error));
	} else if (change_same(&now, &job->want)) {
		if (!tool->quiet) {
			report_path(stdout, job->path);
			printf(": OK\n");
		}
	} else {
		tool_worse(tool, TOOL_NO);
		if (!tool->quiet)
			say_difference(job, &now);
	}
	change_close(&file);
}
