/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fcapset does to the files of a disk image. */
#include "bin/diskimage.h"
#include "bin/setjob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* struct wanted - a call under way */
struct wanted {
	struct set_members *s;
	struct disk_image *image;
	size_t next; /* the job whose file comes next */
	bool refused;
	struct disk_change *change; /* room for one of each job */
	const struct set_job **by;  /* whose change it is */
	size_t count;
};

static void old_value(const struct scan_record *r, struct change_value *old)
{
	*old = (struct change_value){.have = CHANGE_NONE};
	if (!r->value)
		return;
	old->have = CHANGE_VALUE;
	if (vfscap_decode_lenient(r->value, r->size, &old->cap) == 0)
		return;
	old->have = CHANGE_HIDDEN;
	old->error = EBADMSG;
}

/* Another name of the same file may be named, where both are to be the same. */
static const struct set_job *named_already(const struct wanted *w,
					   uint64_t inode)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->change[i].inode == inode)
			return w->by[i];
	return NULL;
}

static bool is_new(struct wanted *w, const struct set_job *job, uint64_t inode)
{
	const struct set_job *other = named_already(w, inode);

	if (!other)
		return true;
	if (change_same(&job->want, &other->want))
		return false;
	tool_file(w->s->tool, LEVEL_ERROR, job->path,
		  "it is the same file as '%s', which is to hold another value",
		  other->path);
	w->refused = true;
	return false;
}

static void add(struct wanted *w, const struct set_job *job,
		const struct scan_record *r, uint32_t generation)
{
	struct disk_change *change = &w->change[w->count];

	*change = (struct disk_change){
		.inode = r->stat.st_ino,
		.generation = generation,
		.remove = job->new.have == CHANGE_NONE,
	};
	if (!change->remove)
		vfscap_encode(&job->new.cap, change->value,
			      sizeof(change->value), &change->size);
	w->by[w->count++] = job;
}

static bool is_file(struct wanted *w, const struct set_job *job,
		    const struct scan_record *r)
{
	if (!r->error || r->error == ENODATA) {
		if (S_ISREG(r->stat.st_mode))
			return true;
		tool_file(w->s->tool, LEVEL_ERROR, job->path,
			  "it is no regular file: only those are executed");
	}
	w->refused = true;
	return false;
}

static int take(void *ctx, const struct scan_record *r, uint32_t generation)
{
	struct wanted *w = ctx;
	struct set_job *job = &w->s->job[w->next++];
	struct change_value old;

	if (!is_file(w, job, r) || !is_new(w, job, r->stat.st_ino))
		return 0;
	job->new = job->want;
	old_value(r, &old);
	if (!set_member_allowed(w->s, job, &old)) {
		w->refused = true;
		return 0;
	}
	if (w->s->options->dry_run)
		tool_show_change(w->s->tool, job->path, &old, &job->new);
	add(w, job, r, generation);
	return 0;
}

static bool no_memory(struct tool *tool)
{
	tool_error(tool, "no memory");
	tool_worse(tool, TOOL_INCOMPLETE);
	return false;
}

static bool find(struct wanted *w)
{
	const char **path = calloc(w->s->jobs + 1, sizeof(*path));
	bool good;

	if (!path)
		return no_memory(w->s->tool);
	for (size_t i = 0; i < w->s->jobs; i++)
		path[i] = w->s->job[i].path;
	good = disk_image_find(w->image, path, w->s->jobs, take, w);
	free(path);
	return good && !w->refused;
}

void set_disk(struct set_members *s, struct disk_image *image,
	      const char *parameters)
{
	struct wanted w = {
		.s = s,
		.image = image,
		.change = calloc(s->jobs + 1, sizeof(*w.change)),
		.by = calloc(s->jobs + 1, sizeof(*w.by)),
	};
	bool done = false;

	if (!w.change || !w.by) {
		no_memory(s->tool);
	} else if (disk_image_open(image) &&
		   disk_image_resume(image, parameters, &done) && !done &&
		   find(&w) && !image->dry_run) {
		disk_image_write(image, w.change, w.count, parameters);
	}
	disk_image_close(image);
	free(w.change);
	free(w.by);
}
