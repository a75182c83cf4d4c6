/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Made-up places for files, in the mounts of user namespaces, and writes there. */
#include "userns_places.h"

#include "sandbox.h"
#include "suite.h"
#include "userns_child.h"
#include "userns_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* --------------------------------- mounts -------------------------------- */

static void note_mount(struct userns_scene *s, const char *dir)
{
	snprintf(s->mounted[s->mounts++], sizeof(s->mounted[0]), "%s", dir);
}

void userns_unmount_from(struct userns_scene *s, size_t first)
{
	while (s->mounts > first) {
		const char *dir = s->mounted[--s->mounts];

		must(umount2(dir, MNT_DETACH) == 0, dir);
	}
}

bool userns_mount_idmapped(struct userns_scene *s, const char *from,
			   const char *to, const struct userns_process *p)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	int tree =
		open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	char path[64];
	bool can;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)p->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(tree >= 0 && fd >= 0, path);
	attr.userns_fd = (unsigned)fd;
	can = mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0;
	must(can || errno == EINVAL, "mount_setattr");
	if (can) {
		userns_make_dir(to);
		must(move_mount(tree, "", AT_FDCWD, to,
				MOVE_MOUNT_F_EMPTY_PATH) == 0,
		     to);
		note_mount(s, to);
	}
	close(tree);
	close(fd);
	return can;
}

void userns_mount_as(struct userns_scene *s, const struct userns_process *by,
		     const char *type, const char *options, const char *dir)
{
	userns_make_dir(dir);
	if (by)
		userns_ask_mount(by, type, options, dir);
	else
		must(mount("none", dir, type, 0, options) == 0, options);
	note_mount(s, dir);
}

/* ---------------------------- ids that matter ---------------------------- */

static const struct vfscap_idmap *map_of_scene(const struct userns_scene *s)
{
	const struct userns_chain *c = s->chain;
	size_t i = userns_below((unsigned)c->depth + 1);
	const struct vfscap_idmap *map =
		i < c->depth ? &c->ns[i].map : &c->spare_ns.map;

	return map->count ? map : &c->spare_ns.map;
}

/* Around the ends of extents, within them, and some that always matter. */
static uint32_t some_id(const struct userns_scene *s)
{
	static const uint32_t ids[] = {
		0, 1, 1000, 100000, USERNS_STRANGER, UINT32_MAX - 1};
	const struct vfscap_extent *e = userns_some_extent(map_of_scene(s));
	uint32_t first = userns_one_in(2) ? e->inside : e->outside;

	switch (userns_below(6)) {
	case 0:
		return ids[userns_below(ROWS(ids))];
	case 1:
		return first;
	case 2:
		return first + e->count - 1;
	case 3:
		return first + e->count;
	case 4:
		return first - 1;
	default:
		return first + userns_below(e->count);
	}
}

/* An id of the initial namespace that is one of a process's, too. */
static uint32_t some_id_of(const struct userns_scene *s,
			   const struct userns_process *p)
{
	const struct vfscap_extent *e;

	if (!p->ns || !p->ns->map.count)
		return some_id(s);
	e = userns_some_extent(&p->ns->map);
	return e->outside + (userns_one_in(2) ? 0 : userns_below(e->count));
}

/* ---------------------------- generated values --------------------------- */

struct vfscap userns_some_cap(uint32_t rootid)
{
	struct vfscap c = {
		.permitted = (userns_random() & userns_bounding()) | 1 << 13,
		.inheritable = userns_random(),
		.effective = userns_one_in(2),
		.rootid = rootid,
		.revision = 3,
	};

	if (userns_one_in(4))
		c.permitted |= userns_random() << 41;
	if (userns_one_in(4)) {
		c.revision = 2;
		c.rootid = 0;
	}
	return c;
}

/* One that setxattr refuses for its looks; never an empty one. */
static void spoil(struct userns_value *v)
{
	switch (userns_below(4)) {
	case 0:
		v->size = 1 + userns_below(32);
		break;
	case 1:
		v->bytes[userns_below(3)] ^= 2;
		break;
	case 2:
		v->bytes[3] = (uint8_t)userns_below(5);
		break;
	default:
		v->bytes[3] = 3;
		v->size = VFSCAP_SIZE_3;
		memset(v->bytes + 20, 0xff, 4);
	}
}

struct userns_value userns_some_value(const struct userns_scene *s)
{
	struct vfscap cap = userns_some_cap(some_id(s));
	struct userns_value v;

	if (cap.rootid == NONE)
		cap.rootid = 0;
	v = userns_encoded(&cap);
	memset(v.bytes + v.size, 0, sizeof(v.bytes) - v.size);
	return v;
}

/* --------------------------------- owners -------------------------------- */

/* May a file of the place have this owner? Whoever mounted an overlayfs writes
 * through it, and must have him too. */
static bool can_own(const struct userns_place *p, uint32_t id)
{
	return id != NONE && userns_has_id(p->store->fs, id) &&
	       (!p->mount.lower ||
		userns_shows_id_of(&p->lower, p->mount.fs, id));
}

/* The initial namespace's id of a process, on the plain mount. */
static bool id_of(const struct userns_process *p, const struct vfscap_mount *m,
		  uint32_t *id)
{
	*id = 0;
	if (p && !vfscap_idmap_outside(&p->ns->map, p->id, id))
		return false;
	return userns_unshown(m, id);
}

/* Often one that the writer has. */
static uint32_t some_owner(const struct userns_scene *s,
			   const struct userns_place *p,
			   const struct userns_process *writer)
{
	uint32_t id;

	for (int i = 0; i < 10; i++) {
		bool meant = !userns_one_in(4);

		id = meant ? some_id_of(s, writer) : some_id(s);
		if ((!meant || userns_unshown(&p->mount, &id)) &&
		    can_own(p, id))
			return id;
	}
	if (p->mount.lower)
		id_of(p->mounter, &p->lower, &id);
	else
		id_of(p->store->host, &(struct vfscap_mount){0}, &id);
	return id;
}

/* --------------------------------- files --------------------------------- */

const char *userns_file_in(const char *dir, size_t file)
{
	static char path[2][128];
	static unsigned turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%zu", dir, file);
	return path[turn];
}

const char *userns_program_in(const char *dir)
{
	static char path[2][128];
	static unsigned turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/program", dir);
	return path[turn];
}

/* Files of a store are its host's, or the file system would not have them. */
static void act_as(const struct userns_process *host)
{
	uint32_t id;

	id_of(host, &(struct vfscap_mount){0}, &id);
	setfsgid(id);
	setfsuid(id);
}

void userns_fill(const struct userns_place *p)
{
	act_as(p->store->host);
	userns_make_dir(p->real);
	for (size_t i = 0; i < USERNS_FILES; i++)
		sandbox_write(userns_file_in(p->real, i), "", 0);
	must(link(userns_program_in(p->store->dir),
		  userns_program_in(p->real)) == 0,
	     p->real);
	act_as(NULL);
}

static void store_value(const char *path, const struct userns_value *v)
{
	must(setxattr(path, VFSCAP_XATTR, v->bytes, v->size, 0) == 0, path);
}

/* Who is to write what to a file of his or of others. */
static void plan(const struct userns_scene *s, struct userns_place *p,
		 struct userns_trial *t)
{
	size_t i = p->trials++;
	const char *path = userns_file_in(p->real, i);
	const struct vfscap_userns *ns;
	uint32_t uid, gid;

	*t = (struct userns_trial){.writer = s->who[i % s->whos],
				   .bare = userns_one_in(12)};
	ns = t->writer->ns;
	t->value = userns_some_value(s);
	if (userns_one_in(16))
		spoil(&t->value);
	uid = some_owner(s, p, t->writer);
	gid = userns_one_in(4) ? some_owner(s, p, t->writer) : uid;
	t->owner_mapped = userns_shows_id_of(&p->mount, ns, uid) &&
			  userns_shows_id_of(&p->mount, ns, gid);
	must(chown(path, uid, gid) == 0, "chown");
	if (userns_one_in(2)) {
		t->prior = userns_value_of("v2");
		store_value(path, &t->prior);
	}
}

/* The program that every place has. */
static char *program;
static size_t program_size;

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

void userns_write_program(const char *path)
{
	if (!program)
		read_program();
	sandbox_write(path, program, program_size);
	must(chmod(path, 0755) == 0, path);
}

/* --------------------------- stores and places --------------------------- */

/* A file system of a user namespace has no idmapped mounts before 6.3, the disk
 * has. */
static void without_idmap(struct userns_store *store)
{
	static bool said;

	if (!store->host)
		sandbox_die("%s: no idmapped mount", store->dir);
	store->idmap = NULL;
	if (!said)
		suite_skip("idmapped mounts of a namespace's tmpfs",
			   "this kernel has none");
	said = true;
}

void userns_open_store(struct userns_scene *s, struct userns_store *store,
		       const struct userns_process *host,
		       const struct userns_process *idmap)
{
	store->host = host;
	store->fs = host ? host->ns : NULL;
	store->idmap = &idmap->ns->map;
	if (host) {
		userns_mount_as(s, host, "tmpfs", "mode=755", store->dir);
		act_as(host);
		userns_write_program(userns_program_in(store->dir));
		act_as(NULL);
	} else {
		userns_make_dir(store->dir);
		must(link("disk/program", userns_program_in(store->dir)) == 0,
		     "link");
	}
	snprintf(store->idmapped, sizeof(store->idmapped), "at/%s-idmapped",
		 store->name);
	if (!userns_mount_idmapped(s, store->dir, store->idmapped, idmap))
		without_idmap(store);
}

struct userns_place *userns_new_place(struct userns_scene *s,
				      const struct userns_store *store,
				      const char *name)
{
	struct userns_place *p = &s->place;

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

void userns_make_trials(struct userns_scene *s, struct userns_place *p)
{
	userns_fill(p);
	for (size_t i = 0; i < USERNS_FILES; i++)
		plan(s, p, &p->trial[i]);
}

struct userns_place *userns_new_overlay(struct userns_scene *s,
					const struct userns_store *store,
					const struct userns_process *by,
					bool idmap, const char *name)
{
	struct userns_place *p = userns_new_place(s, store, name);

	p->mounter = by;
	p->mount.fs = by ? by->ns : NULL;
	p->mount.lower = &p->lower;
	p->lower.fs = store->fs;
	p->lower.idmap = idmap ? store->idmap : NULL;
	snprintf(p->dir, sizeof(p->dir), "at/overlay");
	return p;
}

/* The upper and the work directory are to be whose overlayfs it is. */
bool userns_make_layers(struct userns_scene *s, struct userns_place *p,
			char *work, size_t size)
{
	uint32_t owner;

	snprintf(work, size, "%s-work", p->real);
	if (!id_of(p->mounter, &p->lower, &owner) ||
	    !userns_has_id(p->store->fs, owner))
		return false;
	act_as(p->store->host);
	userns_make_dir(work);
	act_as(NULL);
	userns_make_trials(s, p);
	must(chown(work, owner, owner) == 0, work);
	must(chown(p->real, owner, owner) == 0, p->real);
	return true;
}
