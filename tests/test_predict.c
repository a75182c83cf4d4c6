/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What namespaces see, store and honour: by measured rows, by the kernel. */
#include "sandbox.h"
#include "suite.h"
#include "tsv.h"
#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NONE VFSCAP_ROOTID_INVALID

/* --------------------------------- values -------------------------------- */

struct value {
	size_t size;
	uint8_t bytes[64];
};

static struct value encoded(const struct vfscap *cap)
{
	struct value v;

	expect(!vfscap_encode(cap, v.bytes, sizeof(v.bytes), &v.size),
	       "v%u:%u: cannot be encoded", cap->revision, cap->rootid);
	return v;
}

/* As the rows write it, "v3e:1000", always CAP_NET_RAW; or hexadecimal. */
static struct value value_of(const char *text)
{
	struct vfscap c = {.permitted = 1 << 13};
	const char *colon = strchr(text, ':');
	struct value v;

	if (text[0] != 'v') {
		v.size = text[0] == '('
				 ? 0
				 : tsv_bytes(text, v.bytes, sizeof(v.bytes));
		return v;
	}
	c.revision = (uint8_t)(text[1] - '0');
	c.effective = text[2] == 'e';
	c.rootid = colon ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0;
	return encoded(&c);
}

static bool same(const struct value *a, const struct value *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* An errno by name, or a value as the rows write it; good until the call after
 * the next. */
static const char *answer(int error, const struct vfscap *c)
{
	static char texts[2][32];
	static unsigned turn;
	char *text = texts[turn++ % 2];

	if (error)
		return vfscap_error_name(error);
	sprintf(text, "v%u%s", c->revision, c->effective ? "e" : "");
	if (c->revision == 3)
		sprintf(text + strlen(text), ":%u", c->rootid);
	return text;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* ----------------------- the namespaces that were measured --------------- */

static struct named {
	const char *name;
	const char *parent;
	const char *map; /* in the parent's ids; NULL: none was written */
	struct vfscap_userns ns;
} named[] = {
	{.name = "A", .map = "0:100000:65536"},
	{.name = "B", .map = "0:200000:65536"},
	{.name = "A/c", .parent = "A", .map = "0:1000:1000"},
	{.name = "A/i", .parent = "A", .map = "0:0:65536"},
	{.name = "A/n", .parent = "A", .map = "1:1:1000"},
	{.name = "A/c/g", .parent = "A/c", .map = "0:5:1"},
	{.name = "Z", .map = "0:0:1"},
	{.name = "ID", .map = "0:0:4294967295"},
	{.name = "M", .map = "0:300000:5,5:100000:1"},
	{.name = "N", .map = "1:100001:1000"},
	{.name = "U", .map = "0:1000:1"},
	{.name = "E"},
};

/* The rows name them with something after: "A/c=0:1000(k101000)", "A uid0". */
static const struct vfscap_userns *ns_of(const char *name)
{
	size_t size = strcspn(name, "=@ ");

	if (strncmp(name, "init", size) == 0)
		return NULL;
	if (strncmp(name, "Ac", size) == 0 && size == 2)
		return ns_of("A/c");
	for (size_t i = 0; i < ROWS(named); i++)
		if (strncmp(name, named[i].name, size) == 0 &&
		    !named[i].name[size])
			return &named[i].ns;
	ck_abort_msg("no namespace %s", name);
	return NULL;
}

static struct vfscap_idmap map_of(const char *text)
{
	struct vfscap_idmap map = {0};

	if (text && vfscap_idmap_parse(&map, text, strlen(text), NULL))
		sandbox_die("no map: %s", text);
	return map;
}

static void make_named(void)
{
	for (size_t i = 0; i < ROWS(named); i++) {
		struct named *n = &named[i];
		struct vfscap_idmap map = map_of(n->map);

		if (vfscap_userns_init(&n->ns,
				       n->parent ? ns_of(n->parent) : NULL,
				       &map, NULL))
			sandbox_die("no namespace %s", n->name);
	}
}

/* The places: what was mounted where. A: 0 on disk is 100000 to look at. */
static struct vfscap_mount ext4, idmapped, tmpfs_a, overlay, overlay_a;

static void make_mounts(void)
{
	idmapped.idmap = &ns_of("A")->map;
	tmpfs_a.fs = ns_of("A");
	overlay.lower = &ext4;
	overlay_a.lower = &ext4;
	overlay_a.fs = ns_of("A");
}

/* --------------------------------- owners -------------------------------- */

static bool has_id(const struct vfscap_userns *ns, uint32_t id)
{
	return !ns || vfscap_idmap_inside(&ns->map, id, &id);
}

/* An owner on the plain mount as he is shown, and back; all ids are those of
 * the initial namespace. overlayfs shows what the layer shows. */
static bool shown(const struct vfscap_mount *m, uint32_t *id)
{
	if (m->lower)
		return shown(m->lower, id);
	if (m->idmap && m->fs && !vfscap_idmap_inside(&m->fs->map, *id, id))
		return false;
	return !m->idmap || vfscap_idmap_outside(m->idmap, *id, id);
}

static bool unshown(const struct vfscap_mount *m, uint32_t *id)
{
	if (m->lower)
		return unshown(m->lower, id);
	if (m->idmap && !vfscap_idmap_inside(m->idmap, *id, id))
		return false;
	return !m->idmap || !m->fs ||
	       vfscap_idmap_outside(&m->fs->map, *id, id);
}

static bool shows_id_of(const struct vfscap_mount *m,
			const struct vfscap_userns *ns, uint32_t id)
{
	return shown(m, &id) && has_id(ns, id);
}

/* ------------------------- the tables of the document -------------------- */

#define FIELDS 16

/* Cut a text at its blanks. */
static size_t split(char *text, char *field[FIELDS])
{
	size_t n = 0;

	for (char *at = strtok(text, " "); at && n < FIELDS;
	     at = strtok(NULL, " "))
		field[n++] = at;
	return n;
}

/* Names, and an answer for each, or one for all. */
struct pairs {
	size_t n;
	char *name[FIELDS];
	char *answer[FIELDS];
	char text[2][160];
};

static void pair_up(struct pairs *p, const char *names, const char *answers)
{
	size_t n;

	p->n = split(strcpy(p->text[0], names), p->name);
	n = split(strcpy(p->text[1], answers), p->answer);
	ck_assert(n == p->n || n == 1);
	for (size_t i = n; i < p->n; i++)
		p->answer[i] = p->answer[0];
}

static void check_get(const char *what, const struct value *v,
		      const struct vfscap_mount *mount, const char *reader,
		      const char *wanted)
{
	struct vfscap seen = {0};
	int error = vfscap_predict_get(v->bytes, v->size, mount, ns_of(reader),
				       &seen);

	if (strcmp(wanted, "-") == 0)
		wanted = "EOVERFLOW";
	expect(strcmp(answer(error, &seen), wanted) == 0,
	       "%s: %s sees %s, not %s", what, reader, answer(error, &seen),
	       wanted);
}

/* Sections 3.2, 3.3 and 3.4; -: EOVERFLOW. */
#define ALL "init A B A/c A/i A/n A/c/g Z ID M N U E"

static const struct reading {
	const struct vfscap_mount *mount;
	const char *stored;
	const char *readers;
	const char *seen;
} readings[] = {
	{&ext4, "v2", ALL, "v2"},
	{&ext4, "v2e", ALL, "v2e"},
	{&ext4, "v3:0", ALL, "v2"},
	{&ext4, "v3:1000", ALL, "v3:1000 - - - - - - - v3:1000 - - v2 -"},
	{&ext4, "v3:100000", ALL,
	 "v3:100000 v2 - v2 v2 v2 v2 - v3:100000 v3:5 - - -"},
	{&ext4, "v3:100001", ALL,
	 "v3:100001 v3:1 - - v3:1 v3:1 - - v3:100001 - v3:1 - -"},
	{&ext4, "v3:101000", ALL,
	 "v3:101000 v3:1000 - v2 v3:1000 v3:1000 v2 - v3:101000 - v3:1000 - -"},
	{&ext4, "v3:200000", ALL, "v3:200000 - v2 - - - - - v3:200000 - - - -"},
	{&ext4, "v3:999999999", ALL,
	 "v3:999999999 - - - - - - - v3:999999999 - - - -"},
	{&ext4, "v3:4294967295", ALL, "-"},
	{&ext4, "v1", ALL, "EINVAL"},
	{&ext4, "(empty)", ALL, "EINVAL"},
	{&ext4, "0300000200200000000000000000000000000000", ALL, "EINVAL"},
	{&ext4, "030000030020000000000000000000000000000000000000", ALL,
	 "EINVAL"},
	{&ext4, "00000002002000000000000000000000000000000000000000000000", ALL,
	 "EINVAL"},

	{&tmpfs_a, "v2e", "A A/c init B", "v2e v2e v3e:100000 -"},
	{&tmpfs_a, "v3e:0", "A A/c init", "v2e v2e v3e:100000"},
	{&tmpfs_a, "v3e:1000", "A A/c init", "v3e:1000 v2e v3e:101000"},
	{&tmpfs_a, "v3e:65536", "A A/c init", "-"},

	{&idmapped, "v2", "init A B A/c", "v3:100000 v2 - v2"},
	{&idmapped, "v3:0", "init A B A/c", "v3:100000 v2 - v2"},
	{&idmapped, "v3:1000", "init A B A/c", "v3:101000 v3:1000 - v2"},
	{&idmapped, "v3:100000", "init A B A/c", "-"},

	{&overlay, "v3:100000", "init A B", "v3:100000 v2 -"},
	{&overlay_a, "v3:100000", "init A A/c B", "v3:100000 v2 v2 -"},
	{&overlay_a, "v3:101000", "init A A/c", "v3:101000 v3:1000 v2"},
	{&overlay_a, "v3:200000", "init A A/c B", "-"},
	/* What counts everywhere is A's alone, as soon as A's overlay asks. */
	{&overlay_a, "v2", "init A B", "v3:100000 v2 -"},
};

START_TEST(seen_by)
{
	const struct reading *row = &readings[_i];
	struct value v = value_of(row->stored);
	struct pairs p;

	pair_up(&p, row->readers, row->seen);
	for (size_t i = 0; i < p.n; i++)
		check_get(row->stored, &v, row->mount, p.name[i], p.answer[i]);
}
END_TEST

/* Sections 2.2 and 2.3; @owner: on disk. */
static const struct writing {
	const char *id;
	const char *writer;
	const struct vfscap_mount *mount;
	uint32_t owner;
	const char *value;
	const char *stored; /* or an errno */
} writings[] = {
	{"S.ns.v2e_own", "A", &ext4, 100000, "v2e", "v3e:100000"},
	{"S.ns.v3r0", "A", &ext4, 100000, "v3e:0", "v3e:100000"},
	{"S.ns.v3r1000", "A", &ext4, 100000, "v3e:1000", "v3e:101000"},
	{"S.ns.v3r65536", "A", &ext4, 100000, "v3e:65536", "EINVAL"},
	{"S.ns.file_rootowned", "A", &ext4, 0, "v2e", "EPERM"},
	{"S.nsAC.v2", "A/c", &ext4, 101000, "v2e", "v3e:101000"},
	{"S.nsAC.v3r5", "A/c", &ext4, 101000, "v3e:5", "v3e:101005"},
	{"S.nsU.v2", "U", &ext4, 1000, "v2e", "v3e:1000"},
	{"S.nsU", "U", &ext4, 0, "v2e", "EPERM"},
	{"S.nsZ.v2", "Z", &ext4, 0, "v2e", "v3e:0"},
	{"S.nsN.v2", "N", &ext4, 100001, "v2e", "EINVAL"},
	{"S.nsN.v3r0", "N", &ext4, 100001, "v3e:0", "EINVAL"},
	{"S.nsN.v3r1", "N", &ext4, 100001, "v3e:1", "v3e:100001"},
	{"S.nsE", "E", &ext4, 0, "v2e", "EPERM"},
	{"S.hdr.v3_r0", "init", &ext4, 0, "v3e:0", "v3e:0"},
	{"S.hdr.v3_rFF", "init", &ext4, 0, "v3:4294967295", "EINVAL"},
	{"S.hdr.v1", "init", &ext4, 0, "v1e", "EINVAL"},
	{"S.tmpfsA", "A", &tmpfs_a, 100000, "v2e", "v2e"},
	{"S.tmpfsA", "A", &tmpfs_a, 100000, "v3e:0", "v3e:0"},
	{"S.tmpfsA", "A", &tmpfs_a, 100000, "v3e:1000", "v3e:1000"},
	{"S.tmpfsA.init_v2", "init", &tmpfs_a, 100000, "v2e", "v2e"},
	{"S.tmpfsA.init_v3r0", "init", &tmpfs_a, 100000, "v3e:0", "EINVAL"},
	{"S.idm.init_v2", "init", &idmapped, 0, "v2e", "EINVAL"},
	{"S.idm.init_v3r0", "init", &idmapped, 0, "v3e:0", "EINVAL"},
	{"S.idm.init_v3r5", "init", &idmapped, 0, "v3e:5", "EINVAL"},
	{"S.idm.init_v3r100000", "init", &idmapped, 0, "v3e:100000", "v3e:0"},
	{"S.idm.init_v3r101000", "init", &idmapped, 0, "v3e:101000",
	 "v3e:1000"},
	{"S.idm.A_v2", "A", &idmapped, 0, "v2e", "v3e:0"},
	{"S.idm.A_v3r1000", "A", &idmapped, 0, "v3e:1000", "v3e:1000"},
	{"S.idm.Ac_v2", "A/c", &idmapped, 1000, "v2e", "v3e:1000"},
	{"S.idm.A_v2_disk100000", "A", &idmapped, 100000, "v2e", "EPERM"},
	{"S.idm.init_v2_disk100000", "init", &idmapped, 100000, "v2e", "EPERM"},
	{"overlay", "init", &overlay, 0, "v2e", "v2e"},
	{"overlay", "A", &overlay, 100000, "v2e", "v3e:100000"},
	{"overlay_a", "A", &overlay_a, 100000, "v2e", "v3e:100000"},
	{"overlay_a", "A/c", &overlay_a, 101000, "v2e", "v3e:101000"},
	{"overlay_a", "init", &overlay_a, 100000, "v2e", "v3e:100000"},
	{"overlay_a", "init", &overlay_a, 100000, "v3e:7", "EINVAL"},
};

static void check_set(const struct writing *row, bool setfcap,
		      const char *wanted)
{
	struct value v = value_of(row->value);
	struct vfscap_writer writer = {.ns = ns_of(row->writer),
				       .setfcap = setfcap};
	struct vfscap stored;
	int error;

	writer.owner_mapped = shows_id_of(row->mount, writer.ns, row->owner);
	error = vfscap_predict_set(v.bytes, v.size, row->mount, &writer,
				   &stored);
	ck_assert_msg(strcmp(answer(error, &stored), wanted) == 0,
		      "%s: stores %s, not %s", row->id, answer(error, &stored),
		      wanted);
}

/* A value that is refused for its looks is so before privilege counts. */
START_TEST(stored_by)
{
	const struct writing *row = &writings[_i];

	check_set(row, true, row->stored);
	check_set(row, false, begins(row->value, "v1") ? "EINVAL" : "EPERM");
}
END_TEST

/* Section 4.4; y: honoured. */
#define CALLERS "init A B A/c A/i A/n N ID U"

static const struct honouring {
	const struct vfscap_mount *mount;
	const char *stored;
	const char *callers;
	const char *honoured;
} honourings[] = {
	{&ext4, "v1e", CALLERS, "y"},
	{&ext4, "v2e", CALLERS, "y"},
	{&ext4, "v3e:0", CALLERS, "y"},
	{&ext4, "v3e:1000", CALLERS, "- - - - - - - - y"},
	{&ext4, "v3e:100000", CALLERS, "- y - y y y - - -"},
	{&ext4, "v3e:100001", CALLERS, "-"},
	{&ext4, "v3e:101000", CALLERS, "- - - y - - - - -"},
	{&ext4, "v3e:200000", CALLERS, "- - y - - - - - -"},
	{&ext4, "v3e:4294967295", CALLERS, "-"},
	{&idmapped, "v2e", "init A B A/c", "- y - y"},
	{&idmapped, "v3e:0", "init A B A/c", "- y - y"},
	{&idmapped, "v3e:100000", "init A B A/c", "-"},
	{&tmpfs_a, "v2e", "A A/c init B", "y y - -"},
	{&tmpfs_a, "v3e:1000", "A A/c init B", "- y - -"},
	{&overlay_a, "v3e:100000", "A A/c init B", "y y - -"},
	/* Nobody asks a file system of a namespace that is not theirs. */
	{&tmpfs_a, "(empty)", "init B", "-"},
	{&overlay_a, "v3e:200000", "init B", "-"},
	{&ext4, "(empty)", "init A", "EINVAL"},
	{&overlay, "v1e", "init A", "EINVAL"},
	{&overlay_a, "v3e:200000", "A A/c", "EOVERFLOW"},
};

static const char *verdict(const struct value *v,
			   const struct vfscap_mount *mount, const char *caller)
{
	bool honoured = false;
	int error = vfscap_predict_exec(v->bytes, v->size, mount, ns_of(caller),
					&honoured);

	if (error)
		return vfscap_error_name(error);
	return honoured ? "y" : "-";
}

START_TEST(honoured_by)
{
	const struct honouring *row = &honourings[_i];
	struct value v = value_of(row->stored);
	struct pairs p;

	pair_up(&p, row->callers, row->honoured);
	for (size_t i = 0; i < p.n; i++)
		ck_assert_str_eq(verdict(&v, row->mount, p.name[i]),
				 p.answer[i]);
}
END_TEST

/* ----------------------------- the measured rows ------------------------- */

static struct tsv rows;

/* One row, by its columns. */
struct row {
	const char *id;
	const char *fs;
	const char *stored;
	const char *actor;
	const char *op;
	const char *outcome;
	const char *value;
};

static struct row row_at(size_t i)
{
	return (struct row){
		.id = tsv_get(&rows, i, "id"),
		.fs = tsv_get(&rows, i, "fs"),
		.stored = tsv_get(&rows, i, "stored"),
		.actor = tsv_get(&rows, i, "actor"),
		.op = tsv_get(&rows, i, "op"),
		.outcome = tsv_get(&rows, i, "outcome"),
		.value = tsv_get(&rows, i, "value"),
	};
}

static const struct vfscap_mount *mount_of(const struct row *r)
{
	if (begins(r->fs, "ext4 idmapped"))
		return &idmapped;
	if (strcmp(r->fs, "tmpfs s_user_ns=A") == 0)
		return &tmpfs_a;
	if (begins(r->actor, "overlay(s_user_ns=A"))
		return &overlay_a;
	return begins(r->actor, "overlay(") ? &overlay : &ext4;
}

/* Does it tell of stored bytes, even of none? */
static bool has_value(const struct row *r)
{
	return r->stored[0] != '-' && strcmp(r->stored, "(none)") != 0;
}

/*
 * Whatever a row says of who reads what: "init-read=v2", "A@idm=v3:1000",
 * "init@plain=v2", "A/c=v2e". Other words are passed over.
 */
static unsigned check_readers(const struct row *r, const struct value *v)
{
	char words[512], *word[FIELDS];
	size_t n;
	unsigned checked = 0;

	snprintf(words, sizeof(words), "%s", r->value);
	n = split(words, word);
	for (size_t i = 0; i < n; i++) {
		const char *end = word[i] + strcspn(word[i], ";");
		char *equals = strchr(word[i], '=');
		bool plain =
			strstr(word[i], "@plain") || !strcmp(r->fs, "ext4");

		if (!equals || begins(word[i], "stored="))
			continue;
		*(char *)end = '\0';
		if (begins(word[i], "init-read"))
			strcpy(word[i], "init");
		*equals = '\0';
		check_get(r->id, v, plain ? &ext4 : mount_of(r), word[i],
			  equals + 1);
		checked++;
	}
	return checked;
}

static void check_shown(const struct row *r, const struct value *v)
{
	struct value wanted = value_of(r->value), shown;
	struct vfscap seen;
	int error = vfscap_predict_get(v->bytes, v->size, NULL, ns_of(r->actor),
				       &seen);

	expect(strcmp(error ? vfscap_error_name(error) : "OK", r->outcome) == 0,
	       "%s: %d", r->id, error);
	if (error)
		return;
	shown = encoded(&seen);
	expect(same(&shown, &wanted), "%s: %s", r->id, answer(0, &seen));
}

/* G rows, and D rows of getxattr. */
static unsigned use_get(const struct row *r)
{
	struct value v;

	if (!has_value(r) ||
	    !(r->id[0] == 'G' || begins(r->op, "getxattr(buf")))
		return 0;
	v = value_of(r->stored);
	if (begins(r->id, "G.idm"))
		return check_readers(r, &v);
	check_shown(r, &v);
	return 1;
}

/* The value of an S row, and the owner of its file, on disk. */
static bool read_writing(const struct row *r, struct value *v, uint32_t *uid,
			 uint32_t *gid)
{
	char text[64];

	*uid = *gid = 100000;
	if (sscanf(r->op, "setxattr(%63[0-9a-f],flags=0) on file %u:%u", text,
		   uid, gid) != 3 &&
	    sscanf(r->op,
		   "setxattr(%63[^)]) via idmapped mount on on-disk %u:%u",
		   text, uid, gid) != 3 &&
	    (mount_of(r) != &tmpfs_a ||
	     sscanf(r->op, "setxattr(%63[^)])", text) != 1))
		return false;
	*v = value_of(text);
	return true;
}

static void check_stored(const struct row *r, const struct value *v,
			 const struct vfscap_writer *writer,
			 struct value *stored)
{
	struct vfscap cap;
	int error = vfscap_predict_set(v->bytes, v->size, mount_of(r), writer,
				       &cap);
	struct value wanted;

	expect(strcmp(error ? vfscap_error_name(error) : "OK", r->outcome) == 0,
	       "%s: %d", r->id, error);
	stored->size = 0;
	if (error)
		return;
	*stored = encoded(&cap);
	wanted = has_value(r) ? value_of(r->stored) : *stored;
	expect(same(stored, &wanted), "%s: stores %s", r->id, answer(0, &cap));
}

/* S rows of values that are not empty. */
static unsigned use_set(const struct row *r)
{
	const struct vfscap_userns *ns;
	struct vfscap_writer writer;
	struct value v, to_disk;
	uint32_t uid, gid;

	if (r->id[0] != 'S' || !read_writing(r, &v, &uid, &gid))
		return 0;
	ns = ns_of(r->actor);
	writer.ns = ns;
	writer.setfcap =
		!strstr(r->actor, "caps0") && !strstr(r->actor, "all-SETFCAP");
	writer.owner_mapped = shows_id_of(mount_of(r), ns, uid) &&
			      shows_id_of(mount_of(r), ns, gid);
	check_stored(r, &v, &writer, &to_disk);
	if (to_disk.size)
		check_readers(r, &to_disk);
	return 1;
}

static uint64_t mask_in(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 16) : 0;
}

/* The capabilities of the kernel that was asked. */
#define KNOWN ((UINT64_C(1) << 41) - 1)

/* What a process that had nothing has got. */
static void check_granted(const struct row *r, const struct value *v,
			  const char *caller, const char *outcome,
			  const char *creds, uint64_t bounding)
{
	struct vfscap cap = {0};
	bool honoured = false;
	int error = vfscap_predict_exec(v->bytes, v->size, mount_of(r),
					ns_of(caller), &honoured);

	if (!error && honoured)
		expect(!vfscap_decode_lenient(v->bytes, v->size, &cap), "%s",
		       r->id);
	if (!error && cap.effective && cap.permitted & KNOWN & ~bounding)
		error = -EPERM;
	expect(strcmp(error ? vfscap_error_name(error) : "OK", outcome) == 0,
	       "%s: %d", r->id, error);
	if (!error && !begins(creds, "uid=0/"))
		expect(mask_in(creds, "P=") == (cap.permitted & bounding),
		       "%s: not %s", r->id, honoured ? "honoured" : "ignored");
}

/* O rows: "get=v2e exec=P=2000 E=2000", "get=EINVAL exec=EINVAL". */
static unsigned use_overlay(const struct row *r)
{
	char text[128], *word[FIELDS];
	const char *caller = strchr(r->actor, '@'), *exec;
	struct value v;

	if (r->id[0] != 'O' || !caller || !has_value(r))
		return 0;
	v = value_of(r->stored);
	snprintf(text, sizeof(text), "%s", r->value);
	split(text, word);
	check_get(r->id, &v, mount_of(r), caller + 1, word[0] + 4);
	exec = word[1] + 5;
	check_granted(r, &v, caller + 1, begins(exec, "P=") ? "OK" : exec, exec,
		      UINT64_MAX);
	return 1;
}

/* X rows of namespaces, idmapped mounts and file systems of a namespace; D rows
 * of execve. */
static unsigned use_exec(const struct row *r)
{
	static const char *const ids[] = {"X.ns.", "X.idm.", "X.tmpfsA.", "D."};
	bool wanted = false;
	struct value v;

	for (size_t i = 0; i < ROWS(ids); i++)
		wanted |= begins(r->id, ids[i]);
	if (!wanted || !begins(r->op, "execve") || !has_value(r))
		return 0;
	v = value_of(r->stored);
	check_granted(r, &v, r->actor, r->outcome, r->value,
		      strcmp(r->outcome, "OK") ? ~(UINT64_C(1) << 24)
					       : mask_in(r->value, " B="));
	return 1;
}

/* Each kind of rows, and how many there are at least. */
static const struct use {
	const char *name;
	unsigned (*use)(const struct row *r);
	unsigned least;
} uses[] = {
	{"getxattr", use_get, 150},
	{"setxattr", use_set, 35},
	{"overlayfs", use_overlay, 20},
	{"execve", use_exec, 130},
};

START_TEST(measured)
{
	const struct use *use = &uses[_i];
	unsigned used = 0;

	for (size_t i = 0; i < rows.rows; i++) {
		struct row r = row_at(i);

		used += use->use(&r);
	}
	printf("predict: %s: %u answers of measured rows\n", use->name, used);
	fflush(stdout);
	ck_assert_uint_ge(used, use->least);
}
END_TEST

/* ------------------- the kernel: processes in namespaces ----------------- */

#define LEVELS 3
#define STRANGER UINT32_C(3999999999) /* whom nobody is root for */

/* What is asked of a process in a namespace, and what it answers. */
struct talk {
	enum { GET, SET, EXEC, MOUNT, BEGET } op;
	char path[128];
	struct value value;
	bool bare; /* SET: without CAP_SETFCAP */
	int error; /* an errno */

	uint64_t granted; /* EXEC */

	char type[16]; /* MOUNT */
	char options[512];
	int fd; /* of the mount */

	struct talk *child; /* BEGET, and its end of a channel */
	int channel;
	char map[512];
	uint32_t id;
	pid_t pid;
};

struct process {
	pid_t pid;
	int fd;
	struct talk *talk;
	const struct vfscap_userns *ns;
	uint32_t id; /* in its namespace, or NONE */
};

static void must(bool done, const char *what)
{
	if (!done)
		sandbox_die("%s: %s", what, strerror(errno));
}

static void tell(int fd)
{
	must(write(fd, "", 1) == 1, "tell");
}

static void await(int fd)
{
	char byte;

	must(read(fd, &byte, 1) == 1, "a process in a namespace");
}

/* ---- what happens inside ---- */

/* Another id, and all capabilities; without the mark of being dumpable, nobody
 * could write the maps of the namespaces below. */
static void become(uint32_t id)
{
	must(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0,
	     "PR_SET_SECUREBITS");
	if (id != NONE)
		must(setresgid(id, id, id) == 0 && setresuid(id, id, id) == 0,
		     "setresuid");
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0, "PR_SET_DUMPABLE");
	must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0,
	     "PR_SET_PDEATHSIG");
}

static void raise_setfcap(cap_flag_value_t value)
{
	cap_value_t setfcap = CAP_SETFCAP;
	cap_t caps = cap_get_proc();

	must(caps && cap_set_flag(caps, CAP_EFFECTIVE, 1, &setfcap, value) == 0,
	     "cap_set_flag");
	must(cap_set_proc(caps) == 0, "cap_set_proc");
	cap_free(caps);
}

static void do_get(struct talk *t)
{
	ssize_t n = getxattr(t->path, VFSCAP_XATTR, t->value.bytes,
			     sizeof(t->value.bytes));

	t->error = n < 0 ? errno : 0;
	t->value.size = n < 0 ? 0 : (size_t)n;
}

static void do_set(struct talk *t)
{
	if (t->bare)
		raise_setfcap(CAP_CLEAR);
	t->error = setxattr(t->path, VFSCAP_XATTR, t->value.bytes,
			    t->value.size, 0)
			   ? errno
			   : 0;
	if (t->bare)
		raise_setfcap(CAP_SET);
}

/* posix_spawn(3) makes no copy of this process, and returns execve's errno. */
static void do_exec(struct talk *t)
{
	char *argv[] = {t->path, NULL}, *none[] = {NULL}, creds[512] = "";
	posix_spawn_file_actions_t actions;
	int out[2];
	pid_t child;

	must(pipe2(out, O_CLOEXEC) == 0 &&
		     posix_spawn_file_actions_init(&actions) == 0 &&
		     posix_spawn_file_actions_adddup2(&actions, out[1], 1) == 0,
	     "pipe");
	t->error = posix_spawn(&child, t->path, &actions, NULL, argv, none);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	if (!t->error)
		must(read(out[0], creds, sizeof(creds) - 1) > 0 &&
			     waitpid(child, NULL, 0) == child,
		     t->path);
	close(out[0]);
	t->granted = mask_in(creds, "CapPrm=");
}

static int mount_aside(const struct talk *t)
{
	must(unshare(CLONE_NEWNS) == 0, "CLONE_NEWNS");
	must(mount("none", "aside", t->type, 0, t->options) == 0, t->options);
	return open_tree(AT_FDCWD, "aside",
			 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/*
 * Mounting wants a mount namespace of one's own, and a mount counts for execve
 * in its mount namespace alone. So it is made by a process that shares nothing
 * but open files, and moved to where all others are.
 */
static void do_mount(struct talk *t)
{
	pid_t child =
		(pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	must(child >= 0, "clone");
	if (child == 0) {
		close(t->fd); /* of the mount before */
		t->fd = mount_aside(t);
		_exit(t->fd < 0);
	}
	must(waitpid(child, &t->error, 0) == child, "waitpid");
}

static void write_map(pid_t pid, const char *file, const char *map)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map),
	     map);
	close(fd);
}

static void serve(struct talk *t, int channel) __attribute__((noreturn));

/* The maps are written between the two words. */
static void be_born(struct talk *t, int channel, int parent, bool in_namespace,
		    uint32_t id) __attribute__((noreturn));
static void be_born(struct talk *t, int channel, int parent, bool in_namespace,
		    uint32_t id)
{
	if (geteuid() == 0)
		become(STRANGER);
	must(!in_namespace || unshare(CLONE_NEWUSER) == 0, "CLONE_NEWUSER");
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0, "PR_SET_DUMPABLE");
	tell(parent);
	await(parent);
	close(parent);
	become(id);
	serve(t, channel);
}

/* A process in a namespace below; NULL: in the same one; "": without a map. */
static pid_t beget(struct talk *t, int channel, const char *map, uint32_t id)
{
	int ends[2];
	pid_t child;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
	     "socketpair");
	fflush(NULL);
	child = fork();
	must(child >= 0, "fork");
	if (child == 0)
		be_born(t, channel, ends[1], map != NULL, id);
	await(ends[0]);
	if (map && *map) {
		write_map(child, "uid_map", map);
		write_map(child, "gid_map", map);
	}
	tell(ends[0]);
	close(ends[0]);
	close(ends[1]);
	return child;
}

static void do_beget(struct talk *t)
{
	t->pid = beget(t->child, t->channel, t->map, t->id);
	close(t->channel);
}

static void serve(struct talk *t, int channel)
{
	static void (*const ops[])(struct talk *) = {
		[GET] = do_get,	    [SET] = do_set,	[EXEC] = do_exec,
		[MOUNT] = do_mount, [BEGET] = do_beget,
	};
	char byte;

	while (read(channel, &byte, 1) == 1) {
		ops[t->op](t);
		tell(channel);
	}
	_exit(0);
}

/* ---- what happens outside ---- */

static void ask(const struct process *p, const char *path)
{
	snprintf(p->talk->path, sizeof(p->talk->path), "%s", path);
	tell(p->fd);
	await(p->fd);
}

static int ask_get(const struct process *p, const char *path, struct value *v)
{
	p->talk->op = GET;
	ask(p, path);
	*v = p->talk->value;
	return p->talk->error;
}

static int ask_set(const struct process *p, const char *path,
		   const struct value *v, bool bare)
{
	p->talk->op = SET;
	p->talk->value = *v;
	p->talk->bare = bare;
	ask(p, path);
	return p->talk->error;
}

static int ask_exec(const struct process *p, const char *path,
		    uint64_t *granted)
{
	p->talk->op = EXEC;
	ask(p, path);
	*granted = p->talk->granted;
	return p->talk->error;
}

static void make_dir(const char *dir)
{
	must(mkdir(dir, 0755) == 0 || errno == EEXIST, dir);
}

/* Mount as this process, and move the mount to where all can see it. */
static void ask_mount(const struct process *p, const char *type,
		      const char *options, const char *dir)
{
	char fd[64];

	p->talk->op = MOUNT;
	snprintf(p->talk->type, sizeof(p->talk->type), "%s", type);
	snprintf(p->talk->options, sizeof(p->talk->options), "%s", options);
	ask(p, "");
	must(p->talk->error == 0, "mounting in a namespace");
	snprintf(fd, sizeof(fd), "/proc/%d/fd/%d", (int)p->pid, p->talk->fd);
	make_dir(dir);
	must(move_mount(AT_FDCWD, fd, AT_FDCWD, dir, MOVE_MOUNT_F_SYMLINKS) ==
		     0,
	     dir);
}

/* A channel, and memory to talk through. */
static int open_channel(struct process *p)
{
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
	     "socketpair");
	p->talk = sandbox_shared(sizeof(*p->talk));
	p->talk->fd = -1;
	p->fd = ends[0];
	return ends[1];
}

/* One that belongs to no chain. */
static void start(struct process *p, const char *map)
{
	int channel = open_channel(p);

	p->pid = beget(p->talk, channel, map, p->id);
	close(channel);
}

/* ------------------------- the kernel: made-up chains -------------------- */

struct chain {
	size_t number;
	size_t depth;
	struct vfscap_idmap relative[LEVELS];
	struct vfscap_userns ns[LEVELS];
	struct process process[LEVELS];

	/* A namespace beside it, that only gives its map to mounts. */
	struct vfscap_userns spare_ns;
	struct process spare;
};

static uint64_t state; /* of the generated values */

static bool one_in(unsigned n)
{
	return suite_below(&state, n) == 0;
}

static const struct vfscap_extent *some_extent(const struct vfscap_idmap *map)
{
	return &map->extent[suite_below(&state, map->count)];
}

/* The map in the form of /proc. */
static const char *lines_of(const struct vfscap_idmap *map)
{
	static char text[512];
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < map->count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%u %u %u\n", map->extent[i].inside,
					 map->extent[i].outside,
					 map->extent[i].count);
	return text;
}

/* One more extent, in any place, unless it would map an id twice. */
static bool add_extent(struct vfscap_idmap *map, struct vfscap_extent extent)
{
	struct vfscap_idmap more = *map, checked;
	uint32_t at = suite_below(&state, map->count + 1);
	const char *text;

	more.extent[more.count++] = more.extent[at];
	more.extent[at] = extent;
	text = lines_of(&more);
	if (vfscap_idmap_parse(&checked, text, strlen(text), NULL))
		return false;
	*map = more;
	return true;
}

/* Ids of the parent; of the initial namespace, from a few areas, so that chains
 * meet each other. */
static void some_outside(const struct vfscap_idmap *parent,
			 struct vfscap_extent *extent)
{
	static const uint32_t areas[] = {0,	 1000,	 100000,
					 165536, 300000, 4294900000};
	const struct vfscap_extent *e;
	uint32_t skipped;

	if (!parent) {
		extent->outside = areas[suite_below(&state, ROWS(areas))] +
				  suite_below(&state, 3000);
		extent->count = 1 + suite_below(&state, 60000);
		return;
	}
	e = some_extent(parent);
	skipped = one_in(2) ? 0 : suite_below(&state, e->count);
	extent->outside = e->inside + skipped;
	extent->count = 1 + suite_below(&state, e->count - skipped);
}

/* With gaps, in no order; one in five lacks a root. From six extents on, the
 * kernel keeps them otherwise. */
static struct vfscap_idmap some_map(const struct vfscap_idmap *parent)
{
	struct vfscap_idmap map = {0};
	struct vfscap_extent extent = {
		.inside = one_in(5) ? 1 + suite_below(&state, 1000) : 0};
	unsigned wanted = 1 + suite_below(&state, 6);

	for (unsigned i = 0; i < wanted; i++) {
		some_outside(parent, &extent);
		if (one_in(4))
			extent.count =
				1 + suite_below(&state, 3) % extent.count;
		if (!add_extent(&map, extent))
			continue;
		extent.inside += extent.count;
		if (!one_in(3))
			extent.inside += suite_below(&state, 500);
	}
	return map;
}

/* An id that is not root's. */
static uint32_t own_id(const struct vfscap_idmap *map)
{
	for (uint32_t i = 0; i < map->count; i++) {
		if (map->extent[i].inside)
			return map->extent[i].inside;
		if (map->extent[i].count > 1)
			return 1;
	}
	return NONE;
}

/* The next level down; no map: none is written. */
static void add_level(struct chain *c, struct vfscap_idmap relative)
{
	size_t i = c->depth++;
	const struct vfscap_userns *parent = i ? &c->ns[i - 1] : NULL;

	c->relative[i] = relative;
	c->process[i].ns = &c->ns[i];
	c->process[i].id = own_id(&relative);
	if (vfscap_userns_init(&c->ns[i], parent, &relative, NULL))
		sandbox_die("no chain: %s", lines_of(&relative));
}

/* The first ones were measured; each level is within the one before. */
static const char *const known_chains[][LEVELS] = {
	{"0:100000:65536", "0:1000:1000", "0:5:1"},
	{"0:100000:65536", "0:0:65536"},
	{"0:100000:65536", "1:1:1000"},
	{"0:200000:65536"},
	{"0:0:1"},
	{"0:0:4294967295"},
	{"0:300000:5,5:100000:1"},
	{"1:100001:1000"},
	{"0:1000:1"},
	{""},
	{"0:100000:65536", ""},
};

/* Whoever goes there from the level above is not to be root for want of another
 * id. */
static struct vfscap_idmap some_level(const struct chain *c)
{
	const struct vfscap_idmap *parent =
		c->depth ? &c->relative[c->depth - 1] : NULL;
	struct vfscap_idmap map = some_map(parent);
	uint32_t root;

	if (parent && own_id(&map) == NONE &&
	    vfscap_idmap_outside(&map, 0, &root) &&
	    root == c->process[c->depth - 1].id)
		return some_level(c);
	return map;
}

static void fill_chain(struct chain *c)
{
	unsigned depth = 1 + suite_below(&state, LEVELS);

	if (c->number < ROWS(known_chains)) {
		const char *const *maps = known_chains[c->number];

		while (c->depth < LEVELS && maps[c->depth])
			add_level(c, map_of(*maps[c->depth] ? maps[c->depth]
							    : NULL));
		return;
	}
	while (c->depth < depth &&
	       (!c->depth || c->process[c->depth - 1].id != NONE))
		add_level(c, some_level(c));
}

/* The first process is ours, the second one its child, and so on; channels are
 * there before any of them. */
static void start_chain(struct chain *c)
{
	int channel[LEVELS];

	for (size_t i = 0; i < c->depth; i++)
		channel[i] = open_channel(&c->process[i]);
	for (size_t i = 0; i < c->depth; i++) {
		struct process *p = &c->process[i];
		const char *map = lines_of(&c->relative[i]);
		struct talk *t = i ? p[-1].talk : NULL;

		if (!i) {
			p->pid = beget(p->talk, channel[i], map, p->id);
			continue;
		}
		t->op = BEGET;
		t->child = p->talk;
		t->channel = channel[i];
		t->id = p->id;
		snprintf(t->map, sizeof(t->map), "%s", map);
		ask(&p[-1], "");
		p->pid = t->pid;
	}
	for (size_t i = 0; i < c->depth; i++)
		close(channel[i]);
}

static void make_chain(struct chain *c, size_t number)
{
	struct vfscap_idmap map;

	c->number = number;
	fill_chain(c);
	start_chain(c);
	map = some_map(NULL);
	c->spare.ns = &c->spare_ns;
	c->spare.id = own_id(&map);
	if (vfscap_userns_init(&c->spare_ns, NULL, &map, NULL))
		sandbox_die("no namespace");
	start(&c->spare, lines_of(&map));
}

/* -------------------------- the kernel: complaints ----------------------- */

/* How many predictions were tried, by what was to come of it. */
struct tally {
	unsigned long done; /* seen, stored, honoured */
	unsigned long ignored;
	unsigned long failed[EOVERFLOW + 1];
};

static struct tally gets, sets, execs;
static unsigned long on_disk, complaints;

static void tally(struct tally *t, int error, bool done)
{
	if (error)
		t->failed[-error]++;
	else if (done)
		t->done++;
	else
		t->ignored++;
}

static unsigned long count(const char *what, const struct tally *t)
{
	unsigned long all = t->done + t->ignored;

	printf("predict: %s: %lu done", what, t->done);
	if (t->ignored)
		printf(", %lu ignored", t->ignored);
	for (size_t i = 0; i < ROWS(t->failed); i++) {
		all += t->failed[i];
		if (t->failed[i])
			printf(", %lu %s", t->failed[i],
			       vfscap_error_name(-(int)i));
	}
	printf(", %lu in all\n", all);
	return all;
}

/* Good for three values at once. */
static const char *hex(const struct value *v)
{
	static char text[3][2 * sizeof(v->bytes) + 1];
	static unsigned turn;

	turn = (turn + 1) % 3;
	text[turn][0] = '\0';
	for (size_t i = 0; i < v->size; i++)
		sprintf(text[turn] + 2 * i, "%02x", v->bytes[i]);
	return text[turn];
}

/* One wrong prediction must not hide the next, but a thousand tell no more. */
static void complain(const struct value *v, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void complain(const struct value *v, const char *format, ...)
{
	va_list args;

	if (complaints++ >= 20)
		return;
	fprintf(stderr, "value '%s': ", hex(v));
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* ----------------------- the kernel: made-up places ---------------------- */

#define IMAGE "disk.img"
#define FILES 20 /* to write to, in each place */

/* Where files are, as init reaches them; and all of it by an idmapped mount. */
struct store {
	const char *name;
	char dir[32];
	char idmapped[48];
	const struct vfscap_userns *fs;
	const struct vfscap_idmap *idmap;
	const struct process *host; /* who mounted it; NULL: init */
};

/* One setxattr(2), on a file of its own. */
struct trial {
	const struct process *writer;
	struct value value;
	struct value prior; /* what is there before; empty: nothing */
	bool bare;	    /* the writer has no CAP_SETFCAP */
	bool owner_mapped;
};

struct place {
	const char *name;
	const struct store *store; /* NULL: values planted by debugfs */
	char real[64];		   /* the directory, as init reaches it */
	char dir[64];		   /* the directory that is judged */
	struct vfscap_mount mount;
	struct vfscap_mount lower;     /* of overlayfs */
	const struct process *mounter; /* of overlayfs; NULL: init */
	size_t trials;
	struct trial trial[FILES];
};

/* A chain, and places for it. */
struct scene {
	struct chain *chain;
	const struct process *who[LEVELS + 2]; /* readers, writers */
	size_t whos;
	struct store disk, tmpfs;
	struct place place;
	char mounted[32][64];
	size_t mounts;
};

static struct process init;
static uint64_t bounding; /* of init */

static void note_mount(struct scene *s, const char *dir)
{
	snprintf(s->mounted[s->mounts++], sizeof(s->mounted[0]), "%s", dir);
}

static void unmount_from(struct scene *s, size_t first)
{
	while (s->mounts > first) {
		const char *dir = s->mounted[--s->mounts];

		must(umount2(dir, MNT_DETACH) == 0, dir);
	}
}

/* The idmap is the map of a process's namespace. */
static void mount_idmapped(struct scene *s, const char *from, const char *to,
			   const struct process *p)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	int tree =
		open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)p->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(tree >= 0 && fd >= 0, path);
	attr.userns_fd = (unsigned)fd;
	must(mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0,
	     "mount_setattr");
	make_dir(to);
	must(move_mount(tree, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH) == 0,
	     to);
	close(tree);
	close(fd);
	note_mount(s, to);
}

static void mount_as(struct scene *s, const struct process *by,
		     const char *type, const char *options, const char *dir)
{
	make_dir(dir);
	if (by)
		ask_mount(by, type, options, dir);
	else
		must(mount("none", dir, type, 0, options) == 0, options);
	note_mount(s, dir);
}

/* ---- ids that matter ---- */

static const struct vfscap_idmap *map_of_scene(const struct scene *s)
{
	const struct chain *c = s->chain;
	size_t i = suite_below(&state, (unsigned)c->depth + 1);
	const struct vfscap_idmap *map =
		i < c->depth ? &c->ns[i].map : &c->spare_ns.map;

	return map->count ? map : &c->spare_ns.map;
}

/* Around the ends of extents, within them, and some that always matter. */
static uint32_t some_id(const struct scene *s)
{
	static const uint32_t ids[] = {0,      1,	 1000,
				       100000, STRANGER, UINT32_MAX - 1};
	const struct vfscap_extent *e = some_extent(map_of_scene(s));
	uint32_t first = one_in(2) ? e->inside : e->outside;

	switch (suite_below(&state, 6)) {
	case 0:
		return ids[suite_below(&state, ROWS(ids))];
	case 1:
		return first;
	case 2:
		return first + e->count - 1;
	case 3:
		return first + e->count;
	case 4:
		return first - 1;
	default:
		return first + suite_below(&state, e->count);
	}
}

/* An id of the initial namespace that is one of a process's, too. */
static uint32_t some_id_of(const struct scene *s, const struct process *p)
{
	const struct vfscap_extent *e;

	if (!p->ns || !p->ns->map.count)
		return some_id(s);
	e = some_extent(&p->ns->map);
	return e->outside + (one_in(2) ? 0 : suite_below(&state, e->count));
}

/* ---- values ---- */

/* No capability that the bounding set lacks, but some that do not exist. */
static struct vfscap some_cap(uint32_t rootid)
{
	struct vfscap c = {
		.permitted = (suite_random(&state) & bounding) | 1 << 13,
		.inheritable = suite_random(&state),
		.effective = one_in(2),
		.rootid = rootid,
		.revision = 3,
	};

	if (one_in(4))
		c.permitted |= suite_random(&state) << 41;
	if (one_in(4)) {
		c.revision = 2;
		c.rootid = 0;
	}
	return c;
}

/* One that setxattr refuses for its looks; never an empty one. */
static void spoil(struct value *v)
{
	switch (suite_below(&state, 4)) {
	case 0:
		v->size = 1 + suite_below(&state, 32);
		break;
	case 1:
		v->bytes[suite_below(&state, 3)] ^= 2;
		break;
	case 2:
		v->bytes[3] = (uint8_t)suite_below(&state, 5);
		break;
	default:
		v->bytes[3] = 3;
		v->size = VFSCAP_SIZE_3;
		memset(v->bytes + 20, 0xff, 4);
	}
}

static struct value some_value(const struct scene *s)
{
	struct vfscap cap = some_cap(some_id(s));
	struct value v;

	if (cap.rootid == NONE)
		cap.rootid = 0;
	v = encoded(&cap);
	memset(v.bytes + v.size, 0, sizeof(v.bytes) - v.size);
	return v;
}

/* ---- owners ---- */

/* May a file of the place have this owner? Whoever mounted an overlayfs writes
 * through it, and must have him too. */
static bool can_own(const struct place *p, uint32_t id)
{
	return id != NONE && has_id(p->store->fs, id) &&
	       (!p->mount.lower || shows_id_of(&p->lower, p->mount.fs, id));
}

/* The initial namespace's id of a process, on the plain mount. */
static bool id_of(const struct process *p, const struct vfscap_mount *m,
		  uint32_t *id)
{
	*id = 0;
	if (p && !vfscap_idmap_outside(&p->ns->map, p->id, id))
		return false;
	return unshown(m, id);
}

/* Often one that the writer has. */
static uint32_t some_owner(const struct scene *s, const struct place *p,
			   const struct process *writer)
{
	uint32_t id;

	for (int i = 0; i < 10; i++) {
		bool meant = !one_in(4);

		id = meant ? some_id_of(s, writer) : some_id(s);
		if ((!meant || unshown(&p->mount, &id)) && can_own(p, id))
			return id;
	}
	if (p->mount.lower)
		id_of(p->mounter, &p->lower, &id);
	else
		id_of(p->store->host, &(struct vfscap_mount){0}, &id);
	return id;
}

/* ---- files ---- */

static const char *file_in(const char *dir, size_t file)
{
	static char path[2][128];
	static unsigned turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%zu", dir, file);
	return path[turn];
}

static const char *program_in(const char *dir)
{
	static char path[2][128];
	static unsigned turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/program", dir);
	return path[turn];
}

/* Files of a store are its host's, or the file system would not have them. */
static void act_as(const struct process *host)
{
	uint32_t id;

	id_of(host, &(struct vfscap_mount){0}, &id);
	setfsgid(id);
	setfsuid(id);
}

static void fill(const struct place *p)
{
	act_as(p->store->host);
	make_dir(p->real);
	for (size_t i = 0; i < FILES; i++)
		sandbox_write(file_in(p->real, i), "", 0);
	must(link(program_in(p->store->dir), program_in(p->real)) == 0,
	     p->real);
	act_as(NULL);
}

static void store_value(const char *path, const struct value *v)
{
	must(setxattr(path, VFSCAP_XATTR, v->bytes, v->size, 0) == 0, path);
}

/* Who is to write what to a file of his or of others. */
static void plan(const struct scene *s, struct place *p, struct trial *t)
{
	size_t i = p->trials++;
	const char *path = file_in(p->real, i);
	const struct vfscap_userns *ns;
	uint32_t uid, gid;

	*t = (struct trial){.writer = s->who[i % s->whos], .bare = one_in(12)};
	ns = t->writer->ns;
	t->value = some_value(s);
	if (one_in(16))
		spoil(&t->value);
	uid = some_owner(s, p, t->writer);
	gid = one_in(4) ? some_owner(s, p, t->writer) : uid;
	t->owner_mapped = shows_id_of(&p->mount, ns, uid) &&
			  shows_id_of(&p->mount, ns, gid);
	must(chown(path, uid, gid) == 0, "chown");
	if (one_in(2)) {
		t->prior = value_of("v2");
		store_value(path, &t->prior);
	}
}

/* --------------------------- the kernel: judging ------------------------- */

static const char *what(const struct place *p, const struct process *who)
{
	static char text[512];
	size_t used = 0;

	used += (size_t)sprintf(text, "%s at %s, by", p->name, p->dir);
	if (!who->ns)
		strcpy(text + used, " init");
	for (const struct vfscap_userns *ns = who->ns; ns; ns = ns->parent) {
		const struct vfscap_extent *e = &ns->map.extent[0];

		used += (size_t)sprintf(text + used, " %u:%u:%u+%u", e->inside,
					e->outside, e->count, ns->map.count);
	}
	return text;
}

static void judge_get(const struct place *p, const struct process *reader,
		      const char *path, const struct value *stored)
{
	struct value predicted = {0}, got;
	struct vfscap seen = {0};
	int error = vfscap_predict_get(stored->bytes, stored->size, &p->mount,
				       reader->ns, &seen);
	int said = ask_get(reader, path, &got);

	tally(&gets, error, true);
	if (!error)
		predicted = encoded(&seen);
	if (said != -error)
		complain(stored, "%s: getxattr: %s, not %s", what(p, reader),
			 strerror(said), strerror(-error));
	else if (!same(&got, &predicted))
		complain(stored, "%s: getxattr: %s, not %s", what(p, reader),
			 hex(&got), hex(&predicted));
}

static void judge_exec(const struct place *p, const struct process *caller,
		       const char *path, const struct value *stored)
{
	struct vfscap cap = {0};
	bool honoured = false;
	uint64_t granted;
	int error = vfscap_predict_exec(stored->bytes, stored->size, &p->mount,
					caller->ns, &honoured);
	int said = ask_exec(caller, path, &granted);

	tally(&execs, error, honoured);
	if (!error && honoured)
		vfscap_decode_lenient(stored->bytes, stored->size, &cap);
	if (said != -error)
		complain(stored, "%s: execve: %s, not %s", what(p, caller),
			 strerror(said), strerror(-error));
	else if (granted != (cap.permitted & bounding))
		complain(stored,
			 "%s: execve: granted %" PRIx64 ", not %" PRIx64,
			 what(p, caller), granted, cap.permitted & bounding);
}

/* What is stored in the end, as far as it can be read; on ext4, debugfs says it
 * exactly. */
static struct raw {
	char path[64];
	struct value value;
} raw[16384];
static size_t n_raw;

static void judge_stored(const struct place *p, const char *path,
			 const struct value *wanted)
{
	struct place plain = {.name = "init", .mount.fs = p->store->fs};
	struct value none;

	snprintf(plain.dir, sizeof(plain.dir), "%s", p->real);
	if (wanted->size)
		judge_get(&plain, &init, path, wanted);
	else if (ask_get(&init, path, &none) != ENODATA)
		complain(wanted, "%s: something was stored", path);
	if (!begins(path, "disk/"))
		return;
	if (n_raw == ROWS(raw))
		sandbox_die("too many files");
	raw[n_raw].value = *wanted;
	snprintf(raw[n_raw].path, sizeof(raw[0].path), "%s",
		 path + strlen("disk"));
	n_raw++;
}

static void judge_set(const struct place *p, const struct trial *t, size_t file)
{
	struct vfscap_writer writer = {t->writer->ns, !t->bare,
				       t->owner_mapped};
	const struct value *v = &t->value;
	struct value stored = t->prior;
	struct vfscap cap;
	int error =
		vfscap_predict_set(v->bytes, v->size, &p->mount, &writer, &cap);
	int said = ask_set(t->writer, file_in(p->dir, file), v, t->bare);

	tally(&sets, error, true);
	if (said != -error)
		complain(v, "%s: setxattr: %s, not %s", what(p, t->writer),
			 strerror(said), strerror(-error));
	if (!error)
		stored = encoded(&cap);
	judge_stored(p, file_in(p->real, file), &stored);
	if (stored.size)
		judge_get(p, t->writer, file_in(p->dir, file), &stored);
}

/* Init stores a value, if the file system can hold it. */
static bool plant(struct scene *s, const struct place *p, struct value *stored)
{
	struct vfscap_mount plain = {.fs = p->store->fs};
	struct vfscap_writer writer = {NULL, true, true};
	const char *path = program_in(p->real);
	struct value v = some_value(s);
	struct vfscap cap;
	int error = vfscap_predict_set(v.bytes, v.size, &plain, &writer, &cap);
	int said = setxattr(path, VFSCAP_XATTR, v.bytes, v.size, 0) ? errno : 0;

	tally(&sets, error, true);
	if (said != -error)
		complain(&v, "%s: setxattr by init: %s, not %s", path,
			 strerror(said), strerror(-error));
	if (!error)
		*stored = encoded(&cap);
	return !error && !said;
}

static void judge_by_all(const struct scene *s, const struct place *p,
			 const char *path, const struct value *stored)
{
	for (size_t i = 0; i < s->whos; i++) {
		judge_get(p, s->who[i], path, stored);
		if (one_in(2))
			judge_exec(p, s->who[i], path, stored);
	}
}

#define READS 6

static void judge(struct scene *s, const struct place *p)
{
	struct value stored;

	for (size_t i = 0; i < READS; i++)
		if (plant(s, p, &stored))
			judge_by_all(s, p, program_in(p->dir), &stored);
	for (size_t i = 0; i < p->trials; i++)
		judge_set(p, &p->trial[i], i);
}

/* ----------------------- the kernel: kinds of places --------------------- */

static struct place *new_place(struct scene *s, const struct store *store,
			       const char *name)
{
	struct place *p = &s->place;

	memset(p, 0, sizeof(*p));
	p->name = name;
	p->store = store;
	if (!store)
		return p;
	p->mount.fs = store->fs;
	snprintf(p->real, sizeof(p->real), "%s/%s", store->dir, name);
	snprintf(p->dir, sizeof(p->dir), "%s", p->real);
	return p;
}

static void make_trials(struct scene *s, struct place *p)
{
	fill(p);
	for (size_t i = 0; i < FILES; i++)
		plan(s, p, &p->trial[i]);
}

static void in_plain(struct scene *s, const struct store *store)
{
	struct place *p = new_place(s, store, "plain");

	make_trials(s, p);
	judge(s, p);
}

static void in_idmapped(struct scene *s, const struct store *store)
{
	struct place *p = new_place(s, store, "idmapped");

	p->mount.idmap = store->idmap;
	snprintf(p->dir, sizeof(p->dir), "%s/%s", store->idmapped, p->name);
	make_trials(s, p);
	judge(s, p);
}

static struct place *new_overlay(struct scene *s, const struct store *store,
				 const struct process *by, bool idmap,
				 const char *name)
{
	struct place *p = new_place(s, store, name);

	p->mounter = by;
	p->mount.fs = by ? by->ns : NULL;
	p->mount.lower = &p->lower;
	p->lower.fs = store->fs;
	p->lower.idmap = idmap ? store->idmap : NULL;
	snprintf(p->dir, sizeof(p->dir), "at/overlay");
	return p;
}

/* The upper and the work directory are to be whose overlayfs it is. */
static bool make_layers(struct scene *s, struct place *p, char *work,
			size_t size)
{
	uint32_t owner;

	snprintf(work, size, "%s-work", p->real);
	if (!id_of(p->mounter, &p->lower, &owner) ||
	    !has_id(p->store->fs, owner))
		return false;
	act_as(p->store->host);
	make_dir(work);
	act_as(NULL);
	make_trials(s, p);
	must(chown(work, owner, owner) == 0, work);
	must(chown(p->real, owner, owner) == 0, p->real);
	return true;
}

/* An overlayfs to write to, if there can be one. */
static void in_overlay(struct scene *s, const struct store *store,
		       const struct process *by, bool idmap, const char *name)
{
	struct place *p = new_overlay(s, store, by, idmap, name);
	const char *base = idmap ? store->idmapped : store->dir;
	size_t mounts = s->mounts;
	char work[80], options[256];

	if (!make_layers(s, p, work, sizeof(work)))
		return;
	snprintf(options, sizeof(options),
		 "lowerdir=empty,upperdir=%s/%s,workdir=%s/%s-work%s", base,
		 name, base, name, by ? ",userxattr" : "");
	mount_as(s, by, "overlay", options, p->dir);
	judge(s, p);
	unmount_from(s, mounts);
}

/* An overlayfs without an upper directory. */
static void in_layer(struct scene *s, const struct store *store,
		     const struct process *by, bool idmap, const char *name)
{
	struct place *p = new_overlay(s, store, by, idmap, name);
	size_t mounts = s->mounts;
	char options[256];

	fill(p);
	snprintf(options, sizeof(options), "lowerdir=%s/%s:empty%s",
		 idmap ? store->idmapped : store->dir, name,
		 by ? ",userxattr" : "");
	mount_as(s, by, "overlay", options, p->dir);
	judge(s, p);
	unmount_from(s, mounts);
}

/* ---- values that only debugfs can plant ---- */

static struct value planted[64];
static size_t n_planted;

static void add_planted(const struct value *v)
{
	if (n_planted == ROWS(planted))
		sandbox_die("too many values");
	planted[n_planted++] = *v;
}

static void plant_cap(const struct vfscap *cap)
{
	struct value v = encoded(cap);

	add_planted(&v);
}

/* Ghosts and values of others. */
static void add_planted_caps(void)
{
	static const uint32_t rootids[] = {0,	   1000,     100000,
					   101000, 101005,   200000,
					   300000, STRANGER, NONE};
	struct vfscap c;

	for (size_t i = 0; i < ROWS(rootids); i++) {
		c = some_cap(rootids[i]);
		c.rootid = rootids[i];
		c.revision = 3;
		c.flags = one_in(3) ? 2 : 0;
		plant_cap(&c);
	}
	for (uint32_t flags = 0; flags < 8; flags += 2) {
		c = some_cap(0);
		c.rootid = 0;
		c.revision = 2;
		c.flags = flags;
		plant_cap(&c);
		c.revision = 1;
		c.permitted &= UINT32_MAX;
		c.inheritable &= UINT32_MAX;
		plant_cap(&c);
	}
}

/* What execve fails for. */
static void add_planted_wrecks(void)
{
	static const size_t sizes[] = {0,  1,  3,  4,  8,  11, 12, 13,
				       19, 20, 21, 23, 24, 25, 28, 40};
	struct vfscap c = {.permitted = 1 << 13, .revision = 3};

	for (size_t i = 0; i < ROWS(sizes); i++) {
		struct value v = encoded(&c);

		memset(v.bytes + v.size, 0, sizeof(v.bytes) - v.size);
		v.bytes[3] = (uint8_t)(1 + i % 5);
		v.size = sizes[i];
		add_planted(&v);
	}
}

/* A place by its directory; of overlayfs, over another one. */
static void judge_planted(struct scene *s, const char *name, const char *dir,
			  struct vfscap_mount mount)
{
	struct place p = {.name = name, .mount = mount};

	snprintf(p.dir, sizeof(p.dir), "%s", dir);
	for (size_t i = 0; i < 2 * READS; i++) {
		size_t k = suite_below(&state, (unsigned)n_planted);

		judge_by_all(s, &p, file_in(dir, k), &planted[k]);
	}
}

static void over_planted(struct scene *s, const struct process *by,
			 const char *lower, const char *dir)
{
	char options[128];

	snprintf(options, sizeof(options), "lowerdir=%s:empty%s", lower,
		 by ? ",userxattr" : "");
	mount_as(s, by, "overlay", options, dir);
}

static void in_planted(struct scene *s, const struct process *host,
		       const struct process *idmap)
{
	struct vfscap_mount mapped = {.idmap = &idmap->ns->map};
	struct vfscap_mount of_init = {.lower = &ext4};
	struct vfscap_mount of_host = {.lower = &mapped};
	struct vfscap_mount twice = {.lower = &of_init};
	size_t mounts = s->mounts;

	judge_planted(s, "planted", "disk/planted", ext4);
	mount_idmapped(s, "disk/planted", "at/planted", idmap);
	judge_planted(s, "planted, idmapped", "at/planted", mapped);
	over_planted(s, NULL, "disk/planted", "at/of-init");
	judge_planted(s, "planted, overlayfs", "at/of-init", of_init);
	if (host) {
		of_host.fs = twice.fs = host->ns;
		over_planted(s, host, "at/planted", "at/of-host");
		judge_planted(s, "planted, idmapped, overlayfs", "at/of-host",
			      of_host);
		over_planted(s, host, "at/of-init", "at/twice");
		judge_planted(s, "planted, two overlayfs", "at/twice", twice);
	}
	unmount_from(s, mounts);
}

/* ------------------------- the kernel: scene by scene -------------------- */

static char *program;
static size_t program_size;

/* A level from this one on that can mount something. */
static const struct process *some_host(const struct chain *c, size_t from)
{
	const struct process *hosts[LEVELS];
	unsigned n = 0;

	for (size_t i = from; i < c->depth; i++)
		if (c->process[i].id != NONE)
			hosts[n++] = &c->process[i];
	return n ? hosts[suite_below(&state, n)] : NULL;
}

/* A namespace whose map is to be an idmap: not that of the file system. */
static const struct process *some_idmap(const struct chain *c,
					const struct process *host)
{
	size_t i = suite_below(&state, (unsigned)c->depth + 1);
	const struct process *p = i < c->depth ? &c->process[i] : &c->spare;

	return p == host || !p->ns->map.count ? &c->spare : p;
}

static void open_store(struct scene *s, struct store *store,
		       const struct process *host, const struct process *idmap)
{
	store->host = host;
	store->fs = host ? host->ns : NULL;
	store->idmap = &idmap->ns->map;
	if (host) {
		mount_as(s, host, "tmpfs", "mode=755", store->dir);
		act_as(host);
		sandbox_write(program_in(store->dir), program, program_size);
		act_as(NULL);
		must(chmod(program_in(store->dir), 0755) == 0, "chmod");
	} else {
		make_dir(store->dir);
		must(link("disk/program", program_in(store->dir)) == 0, "link");
	}
	snprintf(store->idmapped, sizeof(store->idmapped), "at/%s-idmapped",
		 store->name);
	mount_idmapped(s, store->dir, store->idmapped, idmap);
}

/* Whoever mounts an overlayfs over what the host has mounted is below it. */
static void in_store(struct scene *s, const struct store *store,
		     const struct process *by)
{
	in_plain(s, store);
	in_idmapped(s, store);
	in_layer(s, store, NULL, one_in(2), "layer-of-init");
	if (!store->host)
		in_overlay(s, store, NULL, false, "overlay-of-init");
	if (!by)
		return;
	in_layer(s, store, by, one_in(2), "layer");
	in_overlay(s, store, by, false, "overlay");
	in_overlay(s, store, by, true, "idmapped-overlay");
}

static void play_in(struct scene *s)
{
	const struct chain *c = s->chain;
	const struct process *host = some_host(c, 0);
	const struct process *idmap = some_idmap(c, NULL);

	s->disk.name = "disk";
	snprintf(s->disk.dir, sizeof(s->disk.dir), "disk/%zu", c->number);
	open_store(s, &s->disk, NULL, idmap);
	in_store(s, &s->disk, some_host(c, 0));
	in_planted(s, host, idmap);
	if (host) {
		s->tmpfs.name = "tmpfs";
		strcpy(s->tmpfs.dir, "at/tmpfs");
		open_store(s, &s->tmpfs, host, some_idmap(c, host));
		in_store(s, &s->tmpfs,
			 some_host(c, (size_t)(host - c->process)));
	}
	unmount_from(s, 0);
}

static void play(struct chain *c, const struct process *foreign)
{
	struct scene *s = calloc(1, sizeof(*s));

	must(s, "memory");
	s->chain = c;
	s->who[s->whos++] = &init;
	for (size_t i = 0; i < c->depth; i++)
		s->who[s->whos++] = &c->process[i];
	if (foreign)
		s->who[s->whos++] = foreign;
	play_in(s);
	free(s);
}

/* ---- what lies on the disk ---- */

#define BATCH 200 /* as much as a command's output may be long */

static void write_script(const struct raw *files, size_t n)
{
	FILE *f = fopen("script", "we");

	must(f, "script");
	for (size_t i = 0; i < n; i++)
		fprintf(f, "ea_get -x %s " VFSCAP_XATTR "\n", files[i].path);
	must(fclose(f) == 0, "script");
}

/* "security.capability (20) = 01 00 ..." */
static struct value read_answer(const char *line)
{
	struct value v = {0};
	const char *at = strchr(line, '=');
	char *end;

	while (at && v.size < sizeof(v.bytes)) {
		unsigned long byte = strtoul(at + 1, &end, 16);

		if (end == at + 1)
			break;
		v.bytes[v.size++] = (uint8_t)byte;
		at = end;
	}
	return v;
}

static void judge_disk(const struct raw *files, size_t n)
{
	char *output, *line;

	write_script(files, n);
	output = strdup(sandbox_run("debugfs", "-f", "script", IMAGE, NULL));
	must(output, "memory");
	line = strtok(output, "\n");
	for (size_t i = 0; i < n; i++) {
		struct value got;

		while (line && begins(line, "debugfs"))
			line = strtok(NULL, "\n");
		if (!line)
			sandbox_die("debugfs: too few answers");
		got = read_answer(line);
		line = strtok(NULL, "\n");
		on_disk++;
		if (!same(&got, &files[i].value))
			complain(&files[i].value, "%s: %s on the disk",
				 files[i].path, hex(&got));
	}
	free(output);
}

static void judge_disk_all(void)
{
	int fd = open("disk", O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && syncfs(fd) == 0, "syncfs");
	close(fd);
	for (size_t i = 0; i < n_raw; i += BATCH)
		judge_disk(&raw[i], n_raw - i < BATCH ? n_raw - i : BATCH);
}

/* ---- all of it ---- */

#define CHAINS 64

static struct chain chains[CHAINS];

/* Those below end with the first one, and then are ours to wait for. */
static void stop_all(void)
{
	for (size_t i = 0; i < CHAINS; i++) {
		kill(chains[i].process[0].pid, SIGKILL);
		kill(chains[i].spare.pid, SIGKILL);
	}
	kill(init.pid, SIGKILL);
	while (wait(NULL) > 0)
		continue;
}

START_TEST(predictions)
{
	unsigned long all;

	must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "subreaper");
	init.id = NONE;
	start(&init, NULL);
	for (size_t i = 0; i < CHAINS; i++) {
		make_chain(&chains[i], i);
		play(&chains[i],
		     i ? &chains[i - 1].process[chains[i - 1].depth - 1]
		       : NULL);
	}
	judge_disk_all();
	stop_all();
	all = count("getxattr", &gets) + count("setxattr", &sets) +
	      count("execve", &execs);
	printf("predict: %d chains, %lu predictions, %lu values on the disk, "
	       "%lu complaints\n",
	       CHAINS, all, on_disk, complaints);
	fflush(stdout);
	ck_assert_uint_ge(all, 3000);
	ck_assert_uint_eq(complaints, 0);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static uint64_t probe_bounding(void)
{
	uint64_t set = 0;

	for (unsigned long cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			set |= UINT64_C(1) << cap;
	return set;
}

static void read_program(void)
{
	const char *path = sandbox_helper("creds");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	must(fd >= 0 && fstat(fd, &st) == 0, path);
	program_size = (size_t)st.st_size;
	program = malloc(program_size);
	must(program &&
		     read(fd, program, program_size) == (ssize_t)program_size,
	     path);
	close(fd);
}

static void write_program(const char *path)
{
	sandbox_write(path, program, program_size);
	must(chmod(path, 0755) == 0, path);
}

static void plant_all(void)
{
	FILE *f = fopen("script", "we");

	must(f, "script");
	for (size_t i = 0; i < n_planted; i++) {
		sandbox_write(file_in("values", i), planted[i].bytes,
			      planted[i].size);
		fprintf(f,
			"ea_set -f values/%zu /planted/%zu " VFSCAP_XATTR "\n",
			i, i);
	}
	must(fclose(f) == 0, "script");
	sandbox_run("debugfs", "-w", "-f", "script", IMAGE, NULL);
}

static void make_disk(void)
{
	add_planted_caps();
	add_planted_wrecks();
	sandbox_tmpfs("values");
	sandbox_tmpfs("content");
	make_dir("content/planted");
	write_program("content/program");
	for (size_t i = 0; i < n_planted; i++)
		write_program(file_in("content/planted", i));
	sandbox_mkfs(IMAGE, "128M", "content");
	sandbox_umount("content");
	plant_all();
	sandbox_umount("values");
	sandbox_loop(IMAGE, "disk", "rw");
}

static Suite *suite_of_rows(void)
{
	Suite *suite = suite_create("predict");

	suite_add(suite, seen_by, ROWS(readings));
	suite_add(suite, stored_by, ROWS(writings));
	suite_add(suite, honoured_by, ROWS(honourings));
	suite_add(suite, measured, ROWS(uses));
	return suite;
}

/* What needs root comes last: without it, the process ends there. */
int main(void)
{
	static const char *const tools[] = {"mount", "mke2fs", "debugfs", NULL};
	Suite *suite = suite_create("predict by the kernel");
	int status;

	tsv_load(&rows, "kernel.tsv");
	make_named();
	make_mounts();
	status = suite_run(suite_of_rows());
	if (status)
		return status;
	tsv_free(&rows);

	sandbox_enter("predict by the kernel", tools);
	state = suite_seed("predict");
	bounding = probe_bounding();
	read_program();
	make_disk();
	make_dir("at");
	make_dir("aside");
	suite_add(suite, predictions, 1);
	return suite_run(suite);
}
