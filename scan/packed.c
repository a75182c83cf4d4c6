/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as messages, and back: mirror images. */
#include "scan/closed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is said of one bit each, in this order. */
#define FLAGS(f)                                                         \
	f(packed) f(deleted) f(again) f(disagree) f(leads_out) f(script) \
		f(fixed)

enum { /* how many of them */
#define COUNT(flag) FLAG_##flag,
       FLAGS(COUNT) FLAG_COUNT
#undef COUNT
};

static const char *const keys[] = {TAR_SCHILY, TAR_LIBARCHIVE};

/* More statements than any reader here hands over. */
#define COPIES_MAX (4 * TAR_COPIES_MAX)

/* ---------------------------------- there --------------------------------- */

static void pack_stat(struct pack *p, const struct scan_record *r)
{
	pack_number(p, r->has_stat);
	if (!r->has_stat)
		return;
	pack_number(p, r->stat.st_mode);
	pack_number(p, r->stat.st_uid);
	pack_number(p, r->stat.st_gid);
	pack_number(p, r->stat.st_ino);
	pack_number(p, r->stat.st_nlink);
}

static void pack_copy(struct pack *p, const struct tar_copy *c)
{
	pack_number(p, (uint8_t)c->in);
	pack_number(p, strcmp(c->key, keys[0]) != 0);
	pack_number(p, c->broken);
	pack_number(p, c->applied);
	pack_bytes(p, c->value, c->size);
}

/* Of the member what a record is looked at for: its copies. */
static void pack_member(struct pack *p, const struct scan_record *r)
{
	const struct tar_member *m = r->member;

	pack_number(p, m != NULL);
	if (!m)
		return;
	pack_number(p, m->copies);
	for (size_t i = 0; i < m->copies; i++)
		pack_copy(p, &m->copy[i]);
	pack_number(p, r->copy ? (size_t)(r->copy - m->copy) + 1 : 0);
}

void scan_record_pack(struct pack *p, const struct scan_record *r)
{
	uint64_t flags = 0;

#define PUT(flag) flags |= (uint64_t)r->flag << FLAG_##flag;
	FLAGS(PUT)
#undef PUT
	pack_number(p, r->what);
	pack_number(p, r->view);
	pack_number(p, (uint64_t)r->error);
	pack_number(p, r->line);
	pack_number(p, r->partition);
	pack_number(p, flags);
	pack_text(p, r->path);
	pack_text(p, r->rel);
	pack_text(p, r->reason);
	pack_text(p, r->layer);
	pack_text(p, r->link);
	pack_bytes(p, r->value, r->size);
	pack_stat(p, r);
	pack_member(p, r);
}

/* --------------------------------- and back ------------------------------- */

static void unpack_stat(struct unpack *u, struct scan_record *r)
{
	r->has_stat = unpack_number(u, 1);
	if (!r->has_stat)
		return;
	r->stat.st_mode = (mode_t)unpack_number(u, UINT32_MAX);
	r->stat.st_uid = (uid_t)unpack_number(u, UINT32_MAX);
	r->stat.st_gid = (gid_t)unpack_number(u, UINT32_MAX);
	r->stat.st_ino = unpack_number(u, UINT64_MAX);
	r->stat.st_nlink = (nlink_t)unpack_number(u, UINT32_MAX);
}

static void unpack_copy(struct unpack *u, struct tar_copy *c)
{
	*c = (struct tar_copy){.in = (char)unpack_number(u, 'x')};
	c->key = keys[unpack_number(u, 1)];
	c->broken = unpack_number(u, 1);
	c->applied = (unsigned)unpack_number(u, (1u << TAR_WHOS) - 1);
	c->value = unpack_bytes(u, &c->size);
	u->wrong |= !c->value || !c->in || !strchr("xXg", c->in);
}

static int grow(struct scan_unpacked *to, size_t copies)
{
	struct tar_copy *more;

	if (copies <= to->room)
		return 0;
	more = reallocarray(to->copy, copies, sizeof(*more));
	if (!more)
		return -ENOMEM;
	to->copy = more;
	to->room = copies;
	return 0;
}

static int unpack_member(struct unpack *u, struct scan_unpacked *to)
{
	size_t copies, chosen;

	if (!unpack_number(u, 1))
		return 0;
	copies = (size_t)unpack_number(u, COPIES_MAX);
	if (grow(to, copies) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < copies && !u->wrong; i++)
		unpack_copy(u, &to->copy[i]);
	chosen = (size_t)unpack_number(u, copies);
	to->member = (struct tar_member){
		.path = to->record.path,
		.link = "",
		.mode = to->record.stat.st_mode,
		.copy = to->copy,
		.copies = copies,
	};
	to->record.member = &to->member;
	to->record.copy = chosen ? &to->copy[chosen - 1] : NULL;
	return 0;
}

static void unpack_flags(struct unpack *u, struct scan_record *r)
{
	uint64_t flags = unpack_number(u, (1u << FLAG_COUNT) - 1);

#define GET(flag) r->flag = flags >> FLAG_##flag & 1;
	FLAGS(GET)
#undef GET
}

/* Digests are shown as they are. */
static bool is_digest(const char *layer)
{
	while (*layer > ' ' && *layer < 0x7f)
		layer++;
	return !*layer;
}

/* What others take for granted. */
static bool possible(const struct scan_record *r)
{
	bool entry = r->what == SCAN_ENTRY;

	return (!r->layer || !entry || is_digest(r->layer)) && r->path &&
	       r->rel && r->what != SCAN_LEFT_OUT &&
	       (r->what == SCAN_NOTICE ? r->reason != NULL
				       : entry || r->error) &&
	       !r->value == (!entry || r->error) &&
	       (!entry || r->view == SCAN_STORED) && (entry || !r->member);
}

int scan_record_unpack(struct unpack *u, struct scan_unpacked *to)
{
	struct scan_record *r = &to->record;
	int error;

	*r = (struct scan_record){.dirfd = -1, .fd = -1};
	r->what = (enum scan_what)unpack_number(u, SCAN_NOTICE);
	r->view = (enum scan_view)unpack_number(u, SCAN_STORED);
	r->error = (int)unpack_number(u, 4095);
	r->line = (size_t)unpack_number(u, SIZE_MAX);
	r->partition = (unsigned)unpack_number(u, UINT32_MAX);
	unpack_flags(u, r);
	r->path = unpack_text(u);
	r->rel = unpack_text(u);
	r->reason = unpack_text(u);
	r->layer = unpack_text(u);
	r->link = unpack_text(u);
	r->value = unpack_bytes(u, &r->size);
	unpack_stat(u, r);
	error = unpack_member(u, to);
	if (error)
		return error;
	return unpack_right(u) && possible(r) ? 0 : -EPROTO;
}
