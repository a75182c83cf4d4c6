/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disk images that are changed in place, by way of a journal. */
#include "bin/diskimage_parts.h"
#include "form/form.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool journal_failed(const struct disk_image *d, const char *why)
{
	tool_option_failed(d->tool, "--journal", d->journal, why);
	return false;
}

/* ------------------------------- in use ---------------------------------- */

/* The file that a loop device shows, by what sysfs says of it. */
static bool loop_shows(const char *name, const struct stat *image)
{
	char path[300], file[4096];
	struct stat st;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, file, sizeof(file) - 1);
	close(fd);
	if (n <= 0)
		return false;
	file[n - 1] = '\0'; /* a newline */
	return stat(file, &st) == 0 && st.st_dev == image->st_dev &&
	       st.st_ino == image->st_ino;
}

/* Whoever shows an image as a device would go on with what was there. */
static bool has_loop(int fd)
{
	DIR *dir = opendir("/sys/block");
	const struct dirent *e;
	bool found = false;
	struct stat st;

	if (!dir || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (dir)
			closedir(dir);
		return false;
	}
	while (!found && (e = readdir(dir)))
		found = strncmp(e->d_name, "loop", 4) == 0 &&
			loop_shows(e->d_name, &st);
	closedir(dir);
	return found;
}

/* ------------------------------- this call ------------------------------- */

static void other_image(const struct disk_image *d, const char *path)
{
	tool_error(d->tool,
		   "--journal: %s: it is that of another image, %s; give "
		   "another journal",
		   d->journal, path);
	tool_worse(d->tool, TOOL_INCOMPLETE);
}

/* A relative path names another image in another directory. */
static bool same_image(const struct disk_image *d,
		       const struct blocks_journal *j)
{
	char *path = realpath(d->input->location, NULL);
	bool same = path && strcmp(path, j->path) == 0;

	if (!path)
		disk_image_failed(d, -errno, strerror(errno));
	else if (!same)
		other_image(d, j->path);
	free(path);
	return same;
}

static bool same_call(const struct disk_image *d,
		      const struct blocks_journal *j, const char *parameters)
{
	if (strcmp(j->parameters, parameters) != 0)
		return journal_failed(d,
				      "it is the journal of another call; give "
				      "the same command, or another journal");
	if (!same_image(d, j))
		return false;
	if (j->size != d->size)
		return journal_failed(d, "the image has another size by now");
	return true;
}

static bool finish(struct disk_image *d, const struct blocks_journal *j)
{
	char why[JOURNAL_WHY_SIZE];

	d->begun = true;
	if (blocks_apply(j, d->place, false, d->journal, why)) {
		tool_file(d->tool, LEVEL_ERROR, d->input->location, "%s", why);
		return false;
	}
	return true;
}

/* What the journal says of the image may not be so any more: an older copy may
 * have come back since. */
static bool go_on(struct disk_image *d, const struct blocks_journal *j)
{
	char why[JOURNAL_WHY_SIZE];
	int so = blocks_look(j, d->fd, false, why);

	if (so < 0) {
		tool_file(d->tool, LEVEL_ERROR, d->input->location,
			  "%s; for what is there now, give another journal",
			  why);
		return false;
	}
	if (so && j->state == BLOCKS_DONE) {
		tool_file(d->tool, LEVEL_NOTICE, d->input->location,
			  "it was done already, by its journal; what has come "
			  "since takes another one");
		return true;
	}
	if (!finish(d, j))
		return false;
	tool_file(d->tool, LEVEL_NOTICE, d->input->location,
		  "done by its journal, %zu block%s", j->list.count,
		  j->list.count == 1 ? "" : "s");
	return true;
}

bool disk_image_resume(struct disk_image *d, const char *parameters, bool *done)
{
	struct tool_reading reading;
	struct blocks_journal j;
	char why[JOURNAL_WHY_SIZE];
	bool good = true;
	int error;

	*done = false;
	if (!d->in_place || d->dry_run)
		return true;
	if (has_loop(d->fd)) {
		disk_image_failed(d, -EBUSY,
				  "a loop device shows it; detach that first");
		return false;
	}
	error = blocks_load(&j, d->journal,
			    tool_reading(&reading, d->tool, d->journal,
					 d->options.sandbox),
			    why);
	if (error < 0)
		return journal_failed(d, why);
	if (error > 0)
		return true;
	*done = j.state != BLOCKS_WRITTEN;
	if (*done)
		good = same_call(d, &j, parameters) && go_on(d, &j);
	d->by_journal = *done;
	blocks_free(&j);
	return good;
}

bool disk_image_in_place(struct disk_image *d, const struct block_list *blocks,
			 const char *parameters)
{
	struct blocks_journal j = {.size = d->size, .list = *blocks};
	char why[JOURNAL_WHY_SIZE];
	bool good = false;

	j.path = realpath(d->input->location, NULL);
	j.parameters = strdup(parameters);
	if (!j.path || !j.parameters)
		disk_image_failed(d, -errno, strerror(errno));
	else if (blocks_write(&j, d->journal, why))
		journal_failed(d, why);
	else
		good = finish(d, &j);
	free(j.path);
	free(j.parameters);
	return good;
}

/* ---------------------------------- undo --------------------------------- */

static bool is_image_journal(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool is = fd >= 0 && blocks_is(fd);

	if (fd >= 0)
		close(fd);
	return is;
}

static void restore(struct tool *tool, const struct blocks_journal *j, int fd,
		    const char *path, bool dry_run)
{
	char why[JOURNAL_WHY_SIZE];
	int so = blocks_look(j, fd, true, why);
	bool known = dry_run || (so > 0 && j->state == BLOCKS_UNDONE);

	if (so < 0 || (!known && blocks_apply(j, fd, true, path, why)))
		tool_file(tool, LEVEL_ERROR, j->path, "left alone: %s", why);
	else if (so)
		tool_file(tool, LEVEL_NOTICE, j->path,
			  "nothing is to be undone");
	else
		tool_file(tool, LEVEL_NOTICE, j->path, "%s, %zu block%s",
			  dry_run ? "would be restored" : "restored",
			  j->list.count, j->list.count == 1 ? "" : "s");
}

static void undo(struct tool *tool, const struct blocks_journal *j,
		 const char *path, bool dry_run)
{
	int fd = open(j->path, (dry_run ? O_RDONLY : O_RDWR) | O_NOFOLLOW |
				       O_NONBLOCK | O_CLOEXEC);
	uint64_t size = 0;
	int error = fd < 0 ? -errno : scan_disk_size(fd, &size);
	char words[FORM_FAILED_SIZE];

	if (!error && flock(fd, LOCK_EX | LOCK_NB))
		error = -errno;
	if (error)
		tool_file(tool, LEVEL_ERROR, j->path, "left alone: %s",
			  form_failed(-error, words));
	else if (size != j->size)
		tool_file(tool, LEVEL_ERROR, j->path,
			  "left alone: it has another size by now");
	else if (has_loop(fd))
		tool_file(tool, LEVEL_ERROR, j->path,
			  "EBUSY: a loop device shows it; detach that first");
	else
		restore(tool, j, fd, path, dry_run);
	if (fd >= 0)
		close(fd);
}

bool disk_image_undo(struct tool *tool, const char *path, enum sandbox sandbox,
		     bool dry_run)
{
	struct tool_reading reading;
	struct blocks_journal j;
	char why[JOURNAL_WHY_SIZE];

	if (!is_image_journal(path))
		return false;
	if (blocks_load(&j, path, tool_reading(&reading, tool, path, sandbox),
			why)) {
		tool_option_failed(tool, "--undo", path, why);
		return true;
	}
	if (j.state == BLOCKS_WRITTEN)
		tool_file(tool, LEVEL_NOTICE, j.path ? j.path : path,
			  "nothing is to be undone");
	else
		undo(tool, &j, path, dry_run);
	blocks_free(&j);
	return true;
}
