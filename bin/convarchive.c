/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fcapconvert does to the members of an archive. */
#include "bin/archive.h"
#include "bin/convjob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* struct packed - a conversion of an archive under way */
struct packed {
	struct conversion *c;
	struct archive *archive;
	const struct tar_member *member;
	const char *rel; /* of @member */
	bool quiet; /* what the tool was told; all is quiet the second time */
	struct tally tally;
};

static const char *name_of(const struct tar_member *m)
{
	return m->stray ? "(headers without an entry)" : m->path;
}

static const char *path_of(const struct tar_member *m,
			   const struct tar_copy *copy)
{
	return copy->in == 'g' ? "(a global header)" : name_of(m);
}

/* A value of a dry run, as a record of the member that it is stated for. */
static void show(struct packed *p, const struct tar_copy *copy,
		 const struct change_value *old, const struct change_value *new)
{
	const struct tar_member *m = p->member;
	const char *path = path_of(m, copy);
	bool own = copy->in != 'g' && !m->stray;
	struct scan_record r = {
		.source = p->archive->input->source,
		.layer = p->archive->layer,
		.path = path,
		.rel = own ? p->rel : path,
		.view = SCAN_STORED,
		.value = copy->value,
		.size = copy->size,
		.packed = true,
		.has_stat = own,
		.dirfd = -1,
		.fd = -1,
	};

	if (!p->c->dry_run)
		return;
	if (own) {
		r.stat.st_mode = m->mode;
		tar_owner(m, &r.stat.st_uid, &r.stat.st_gid);
	}
	convert_show(p->c, &r, old, new);
}

/* Bytes that no reader takes. */
static enum verdict undecodable(struct packed *p, const struct tar_copy *copy,
				int error)
{
	const struct change_value old = {.have = CHANGE_HIDDEN,
					 .error = EBADMSG};
	const struct change_value new = {.have = CHANGE_NONE};
	enum verdict verdict = convert_undecodable(
		p->c, path_of(p->member, copy), p->archive->layer, error);

	if (verdict == VERDICT_CHANGED)
		show(p, copy, &old, &new);
	return verdict;
}

static enum verdict one_value(struct packed *p, const struct tar_copy *copy,
			      struct change_value *new)
{
	struct conversion *c = p->c;
	struct change_value old = {.have = CHANGE_VALUE};
	int error = copy->broken ? VFSCAP_ERR_SHORT
				 : vfscap_decode_lenient(copy->value,
							 copy->size, &old.cap);
	enum verdict verdict;

	*new = (struct change_value){.have = CHANGE_NONE};
	if (error)
		return undecodable(p, copy, error);
	verdict = convert_one(c, path_of(p->member, copy), &old, new);
	if (verdict == VERDICT_CHANGED)
		show(p, copy, &old, new);
	return verdict;
}

static void count(struct conversion *c, const struct change_value *new)
{
	if (new->have == CHANGE_NONE)
		c->tally.dropped++;
	else
		c->tally.changed++;
}

static bool same_bytes(const struct tar_copy *a, const struct tar_copy *b)
{
	return a->broken == b->broken && a->size == b->size &&
	       memcmp(a->value, b->value, a->size) == 0;
}

/* Which earlier copy of this member has the same bytes? They become the same,
 * and nothing is said twice. */
static size_t twin_of(const struct tar_member *m, size_t copy)
{
	for (size_t i = 0; i < copy; i++)
		if (!m->copy[i].earlier &&
		    same_bytes(&m->copy[i], &m->copy[copy]))
			return i;
	return copy;
}

static enum verdict one_copy(struct packed *p, const struct tar_member *m,
			     size_t i, struct tar_change *change)
{
	const struct tar_copy *copy = &m->copy[i];
	struct tar_value *value = &change->value[i];
	struct change_value new;
	enum verdict verdict = one_value(p, copy, &new);

	if (verdict != VERDICT_CHANGED)
		return verdict;
	count(p->c, &new);
	change->action[i] = new.have == CHANGE_NONE ? TAR_DROP : TAR_SET;
	if (new.have == CHANGE_VALUE &&
	    vfscap_encode(&new.cap, value->bytes, sizeof(value->bytes),
			  &value->size) != 0)
		return VERDICT_REFUSED;
	return verdict;
}

/* A copy of an earlier header was dropped there as its twin is here. */
static bool stays(const struct tar_member *m, size_t i,
		  const struct tar_change *change)
{
	if (!m->copy[i].earlier)
		return change->action[i] != TAR_DROP;
	for (size_t k = 0; k < m->copies; k++)
		if (change->action[k] == TAR_DROP &&
		    same_bytes(&m->copy[i], &m->copy[k]))
			return false;
	return true;
}

/* Where one copy goes and another stays, that one comes to count with readers
 * that passed over it: a value which the file never had. */
static bool uncovers(const struct packed *p, const struct tar_member *m,
		     const struct tar_change *change)
{
	bool dropped = false, left = false;

	for (size_t i = 0; i < m->copies; i++) {
		dropped |= change->action[i] == TAR_DROP;
		left |= stays(m, i, change);
	}
	if (!dropped || !left)
		return false;
	archive_file(p->archive, LEVEL_ERROR, name_of(m),
		     "left alone: copies of its value differ; without the one "
		     "that is to be dropped, another would count");
	return true;
}

static enum archive_verdict decide_copies(struct packed *p,
					  const struct tar_member *m,
					  struct tar_change *change)
{
	enum archive_verdict all = ARCHIVE_SAME;

	for (size_t i = 0; i < m->copies; i++) {
		size_t twin = twin_of(m, i);
		enum verdict verdict;

		/* It is converted where it stands. */
		if (m->copy[i].earlier)
			continue;
		if (twin != i) {
			change->action[i] = change->action[twin];
			change->value[i] = change->value[twin];
			continue;
		}
		verdict = one_copy(p, m, i, change);
		if (verdict == VERDICT_REFUSED)
			all = ARCHIVE_REFUSED;
		else if (verdict == VERDICT_CHANGED && all == ARCHIVE_SAME)
			all = ARCHIVE_CHANGED;
	}
	return all;
}

static enum archive_verdict decide(void *ctx, const struct tar_member *m,
				   const char *rel, struct tar_change *change)
{
	struct packed *p = ctx;
	enum archive_verdict all;

	p->member = m;
	p->rel = rel;
	all = decide_copies(p, m, change);
	return uncovers(p, m, change) ? ARCHIVE_REFUSED : all;
}

/* The second time nothing is said or counted: nothing is refused then. */
static void again(void *ctx, bool silent)
{
	struct packed *p = ctx;

	if (silent) {
		p->quiet = p->c->tool.quiet;
		p->tally = p->c->tally;
		p->c->tool.quiet = true;
	} else {
		p->c->tool.quiet = p->quiet;
		p->c->tally = p->tally;
	}
}

void convert_archive(struct conversion *c, struct archive *archive)
{
	struct packed p = {.c = c, .archive = archive};

	c->packed = true;
	archive->keep_foreign = c->undecodable == UNDECODABLE_KEEP;
	archive->decide = decide;
	archive->again = again;
	archive->ctx = &p;
	archive->state = &c->tally;
	archive->state_size = sizeof(c->tally);
	archive_rewrite(archive);
}
