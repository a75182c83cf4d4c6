/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Undoing a conversion by its journal. */
#include "bin/convjob.h"
#include "form/form.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* On overlayfs a write can give a file another inode number, and a new mount
 * another device: there it is told by its path and its value alone. */
static bool is_the_file(const struct journal_entry *e,
			const struct change_file *file)
{
	return journal_is(e, file) || scan_fs_of(file->fd)->overlay;
}

static void restore(struct conversion *c, const struct journal_entry *e,
		    struct change_file *file)
{
	struct change_result result;
	int error;

	if (c->dry_run) {
		c->tally.changed++;
		tool_show_change(&c->tool, e->path, &file->now, &e->old);
		return;
	}
	error = change_apply(file, &e->old, NULL, &e->old, &result);
	if (error) {
		tool_refuse(&c->tool, e->path, error, file, &e->old);
		return;
	}
	c->tally.changed++;
	error = journal_remark(&c->journal, e, "undone");
	if (error)
		tool_file(&c->tool, LEVEL_ERROR, e->path,
			  "restored, but the journal does not say so: %s",
			  strerror(-error));
}

static void undo_file(struct conversion *c, const struct journal_entry *e,
		      struct change_file *file)
{
	if (!is_the_file(e, file))
		tool_file(&c->tool, LEVEL_ERROR, e->path,
			  "left alone: it is no longer the file that was "
			  "converted");
	else if (change_same(&e->old, &file->now))
		c->tally.unchanged++;
	else if (!change_same(&e->new, &file->now))
		tool_file(&c->tool, LEVEL_ERROR, e->path,
			  "left alone: its value was changed since");
	else if (e->old.have == CHANGE_HIDDEN)
		tool_file(&c->tool, LEVEL_ERROR, e->path,
			  "its value could not be read, and so cannot be "
			  "restored");
	else
		restore(c, e, file);
}

/* Names in a journal are not trusted: no link in them is followed. */
static void undo_entry(struct conversion *c, const struct journal_entry *e,
		       int slash)
{
	struct change_file file;
	int error = change_open_beneath(slash, e->path, NULL, &file);

	if (error) {
		tool_refuse(&c->tool, e->path, error, NULL, &e->old);
		return;
	}
	undo_file(c, e, &file);
	change_close(&file);
}

void convert_undo(struct conversion *c, const char *path)
{
	struct tool_reading reading;
	const struct closed_how *how =
		tool_reading(&reading, &c->tool, path, c->options.sandbox);
	char why[JOURNAL_WHY_SIZE], words[FORM_FAILED_SIZE];
	int error = 0, slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (slash < 0 || journal_load(&c->journal, path, how, why)) {
		tool_option_failed(&c->tool, "--undo", path,
				   slash < 0 ? form_failed(errno, words) : why);
		return;
	}
	if (!c->dry_run)
		error = journal_append(&c->journal, path);
	if (error)
		tool_option_failed(&c->tool, "--undo", path,
				   form_failed(-error, words));
	for (size_t i = c->journal.count; !error && i-- > 0;)
		undo_entry(c, c->journal.entry[i], slash);
	close(slash);
}
