/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fcapconvert does to one live file. */
#include "bin/convjob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The path for the journal: nothing in it is a link. */
static char *journal_path(const struct conversion *c,
			  const struct scan_record *r)
{
	char *path = NULL;

	if (!c->base)
		return NULL;
	if (!c->whole || strcmp(r->rel, ".") == 0)
		return strdup(c->base);
	if (asprintf(&path, "%s/%s", strcmp(c->base, "/") ? c->base : "",
		     r->rel) < 0)
		return NULL;
	return path;
}

/*
 * Before the change its line is on disk. Without a journal only inodes of
 * several names are remembered, to know the further names.
 */
static int note(struct conversion *c, const struct scan_record *r,
		const struct change_file *file, const struct change_value *new,
		struct journal_entry *e)
{
	*e = (struct journal_entry){
		.dev = file->stat.st_dev,
		.ino = file->stat.st_ino,
		.generation = -1,
		.old = file->now,
		.new = *new,
	};
	if (c->journal.fd < 0 && file->stat.st_nlink < 2)
		return 0;
	if (c->journal.fd >= 0)
		e->generation = journal_generation(file->fd);
	e->path = journal_path(c, r);
	return e->path ? journal_note(&c->journal, e) : -ENOMEM;
}

/* A further name of the same inode is not shown again. */
static int show(struct conversion *c, const struct scan_record *r,
		const struct change_file *file, const struct change_value *new)
{
	struct journal_entry e;
	int error = note(c, r, file, new, &e);

	free(e.path);
	if (error)
		return error;
	if (new->have == CHANGE_NONE)
		c->tally.dropped++;
	else
		c->tally.changed++;
	convert_show(c, r, &file->now, new);
	return 0;
}

static void failed(struct conversion *c, const struct scan_record *r,
		   const struct journal_entry *e)
{
	int error = journal_remark(&c->journal, e, "failed");

	if (error)
		tool_file(&c->tool, LEVEL_ERROR, r->path, "the journal: %s",
			  strerror(-error));
}

static void write_one(struct conversion *c, const struct scan_record *r,
		      struct change_file *file, const struct change_value *new)
{
	struct change_result result;
	struct journal_entry e;
	int error = note(c, r, file, new, &e);

	/* Without its line no file is changed, this one or another. */
	c->stop = error != 0;
	if (error)
		tool_file(&c->tool, LEVEL_ERROR, r->path,
			  "the journal cannot be written, so nothing more is "
			  "changed: %s",
			  strerror(-error));
	else
		error = change_apply(file, new, NULL, new, &result);
	if (error && !c->stop) {
		tool_refuse(&c->tool, r->path, error, file, new);
		failed(c, r, &e);
	}
	free(e.path);
	if (error)
		return;
	if (new->have == CHANGE_NONE)
		c->tally.dropped++;
	else
		c->tally.changed++;
	if (new->have == CHANGE_VALUE && change_owner_risky(file))
		c->tally.owned++;
	if (result.rootid_differs)
		tool_file(&c->tool, LEVEL_NOTICE, r->path,
			  "set; on this mount its rootid is seen as %u",
			  result.rootid);
}

/* Another name of an inode, or a run before this one, may have done it. */
enum known { KNOWN_NOT, KNOWN_DONE, KNOWN_OTHER };

/* The write that a journal tells of may have made it another inode: overlayfs
 * copies up. */
static enum known is_known_by_path(const struct conversion *c,
				   const struct scan_record *r,
				   const struct change_file *file)
{
	char *path = c->journal.fd >= 0 ? journal_path(c, r) : NULL;
	const struct journal_entry *e =
		path ? journal_find_path(&c->journal, path) : NULL;

	free(path);
	return e && change_same(&e->new, &file->now) ? KNOWN_DONE : KNOWN_NOT;
}

static enum known is_known(const struct conversion *c,
			   const struct scan_record *r,
			   const struct change_file *file)
{
	const struct journal_entry *e =
		journal_find(&c->journal, file->stat.st_dev, file->stat.st_ino);

	/* Another inode may have got the number since. */
	if (!e || !journal_is(e, file))
		return r->overlay ? is_known_by_path(c, r, file) : KNOWN_NOT;
	if (c->dry_run)
		return KNOWN_DONE;
	if (change_same(&e->old, &file->now))
		return KNOWN_NOT;
	if (change_same(&e->new, &file->now))
		return KNOWN_DONE;
	/* Without a journal it is only a value that came meanwhile. */
	return c->journal.fd < 0 || file->now.have == CHANGE_HIDDEN
		       ? KNOWN_NOT
		       : KNOWN_OTHER;
}

/*
 * A value that cannot be read cannot be written back either: it goes only where
 * the user says that this is known.
 */
static bool hidden(struct conversion *c, const struct scan_record *r, int error,
		   struct change_value *new)
{
	if (c->undecodable == UNDECODABLE_KEEP) {
		c->tally.kept++;
		tool_file(&c->tool, LEVEL_NOTICE, r->path, "kept: there is %s",
			  change_hidden(error));
		return false;
	}
	if (c->undecodable == UNDECODABLE_DROP && c->irreversible) {
		*new = (struct change_value){.have = CHANGE_NONE};
		tool_file(&c->tool, LEVEL_NOTICE, r->path,
			  "dropped: there was %s", change_hidden(error));
		return true;
	}
	if (c->undecodable == UNDECODABLE_DROP)
		tool_file(&c->tool, LEVEL_ERROR, r->path,
			  "%s: left alone: there is %s, which could not be "
			  "written back; --irreversible drops it",
			  vfscap_error_name(-error), change_hidden(error));
	else
		tool_file(&c->tool, LEVEL_ERROR, r->path,
			  "%s: left alone: there is %s; look at the file "
			  "system's image, or choose --undecodable=keep or "
			  "=drop",
			  vfscap_error_name(-error), change_hidden(error));
	return false;
}

static bool decide(struct conversion *c, const struct scan_record *r,
		   const struct change_file *file, struct change_value *new)
{
	switch (is_known(c, r, file)) {
	case KNOWN_DONE:
		c->tally.unchanged++;
		return false;
	case KNOWN_OTHER:
		tool_file(&c->tool, LEVEL_ERROR, r->path,
			  "left alone: it has neither the old nor the new "
			  "value that the journal has for it");
		return false;
	default:
		break;
	}
	if (file->now.have == CHANGE_HIDDEN)
		return hidden(c, r, file->now.error, new);
	return file->now.have == CHANGE_VALUE &&
	       convert_one(c, r->path, &file->now, new) == VERDICT_CHANGED;
}

static int convert_file(struct conversion *c, const struct scan_record *r)
{
	struct change_value new;
	struct change_file file;
	int error = r->name ? change_open(r->dirfd, r->name, &r->stat, &file)
			    : change_open_fd(r->fd, &r->stat, &file);

	if (error) {
		tool_refuse(&c->tool, r->path, error, NULL, NULL);
		return 0;
	}
	/* What was read while scanning may be another name's old news. */
	if (decide(c, r, &file, &new)) {
		if (c->dry_run)
			c->stop = show(c, r, &file, &new) != 0;
		else
			write_one(c, r, &file, &new);
	}
	change_close(&file);
	return c->stop;
}

int convert_record(void *conversion, const struct scan_record *r)
{
	struct conversion *c = conversion;
	enum vfscap_answer answer = vfscap_answer(-r->error);
	bool is_notice = r->what == SCAN_LEFT_OUT || r->what == SCAN_NOTICE;

	if (r->what == SCAN_ENTRY && r->has_stat &&
	    (answer == VFSCAP_ANSWER_VALUE || answer == VFSCAP_ANSWER_HIDDEN ||
	     answer == VFSCAP_ANSWER_FOREIGN))
		return convert_file(c, r);
	if (is_notice && c->tool.quiet)
		return 0;
	if (!is_notice)
		tool_worse(&c->tool, TOOL_INCOMPLETE);
	fflush(stdout);
	report_trouble(stderr, c->tool.name, r, NULL);
	return 0;
}
