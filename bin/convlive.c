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

/* What the journal is to say of a change. Without one, only inodes of several
 * names are remembered, to know the further names: others get no path. */
static int describe(const struct conversion *c, const struct scan_record *r,
		    const struct change_file *file,
		    const struct change_value *new, struct journal_entry *e)
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
	return e->path ? 0 : -ENOMEM;
}

void convert_count(struct conversion *c, const struct change_value *new)
{
	if (new->have == CHANGE_NONE)
		c->tally.dropped++;
	else
		c->tally.changed++;
}

/* A further name of the same inode is not shown again. */
static int show(struct conversion *c, const struct scan_record *r,
		const struct change_file *file, const struct change_value *new,
		const struct journal_entry *e)
{
	size_t noted;
	int error = e->path ? journal_note(&c->journal, e, 1, &noted) : 0;

	if (error)
		return error;
	convert_count(c, new);
	convert_show(c, r, &file->now, new);
	return 0;
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

/* Takes the file over. */
static void change(struct conversion *c, const struct scan_record *r,
		   struct change_file *file, const struct change_value *new)
{
	struct journal_entry e;
	int error = describe(c, r, file, new, &e);

	if (!error && !c->dry_run) {
		batch_add(c, r->path, &e, file);
		return;
	}
	if (!error)
		error = show(c, r, file, new, &e);
	if (error) {
		tool_file(&c->tool, LEVEL_ERROR, r->path, "%s",
			  strerror(-error));
		c->stop = true;
	}
	free(e.path);
	change_close(file);
}

/* A change of another of its names is made first: then it has the new value, or,
 * on overlayfs, still the old one. */
static int make_others(struct conversion *c, struct change_file *file)
{
	if (!batch_has(&c->batch, file))
		return 0;
	batch_make(c);
	return change_read(file->fd, &file->now);
}

/* What was asked ahead may have lost its directory since. */
static int open_file(const struct scan_record *r, struct change_file *file)
{
	if (r->name)
		return change_open(r->dirfd, r->name, &r->stat, file);
	return r->fd < 0 ? -ESTALE : change_open_fd(r->fd, &r->stat, file);
}

static int convert_file(struct conversion *c, const struct scan_record *r)
{
	struct change_value new;
	struct change_file file = {.fd = -1};
	int error = open_file(r, &file);

	if (!error)
		error = make_others(c, &file);
	if (error)
		tool_refuse(&c->tool, r->path, error, NULL, NULL);
	/* What was read while scanning may be another name's old news. */
	if (!error && !c->stop && decide(c, r, &file, &new))
		change(c, r, &file, &new);
	else
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
	return c->stop;
}
