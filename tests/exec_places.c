/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of all kinds, and the mounts that they are executed from. */
#include "exec_places.h"

#include "exec_state.h"
#include "sandbox.h"
#include "suite.h"
#include "userns_child.h"
#include "userns_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define IMAGE "disk.img"
#define SCRIPTS 16
#define TMPFS_FILES 12

/* ---------------------------- generated programs -------------------------- */

/* Mostly values that count somewhere; raw ones may be of any kind. */
static void some_value(struct exec_file *f, bool raw)
{
	static const uint32_t rootids[] = {0,	   0,	   1000,  100000,
					   101000, 200000, 300000};
	struct vfscap cap = {
		.permitted = exec_some_set(),
		.inheritable = exec_some_set(),
		.effective = !userns_one_in(3),
		.revision = 2,
	};

	f->present = !userns_one_in(6);
	if (!f->present)
		return;
	if (userns_one_in(2)) {
		cap.revision = 3;
		cap.rootid = rootids[userns_below(ROWS(rootids))];
	}
	if (raw && userns_one_in(4))
		cap.flags = userns_one_in(2) ? 2 : 0x800000;
	if (raw && userns_one_in(6)) {
		cap.revision = 1;
		cap.rootid = 0;
		cap.permitted &= UINT32_MAX;
		cap.inheritable &= UINT32_MAX;
	}
	f->value = userns_encoded(&cap);
	if (raw && userns_one_in(12))
		f->value.size = userns_below(28);
}

static void some_mode(struct exec_file *f)
{
	static const uint32_t modes[] = {04755, 02755, 06755, 02745},
			      ids[] = {0,    0,	     1000,   1001,
				       2000, 100000, 101000, 200000};

	f->mode = userns_one_in(2) ? 0755 : modes[userns_below(ROWS(modes))];
	f->uid = ids[userns_below(ROWS(ids))];
	f->gid = ids[userns_below(ROWS(ids))];
}

static void some_files(struct exec_files *files, size_t scripts, bool raw)
{
	size_t programs = files->count - scripts;

	for (size_t i = 0; i < files->count; i++) {
		struct exec_file *f = &files->file[i];

		snprintf(f->name, sizeof(f->name), "%zu", i);
		some_value(f, raw);
		some_mode(f);
		if (i >= programs)
			f->interpreter =
				&files->file[userns_below((unsigned)programs)];
	}
}

/* --------------------------------- the disk ------------------------------- */

static struct exec_files on_disk = {.count = EXEC_FILES};

static const char *path_in(const char *dir, const struct exec_file *f)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, f->name);
	return path;
}

/* A script's interpreter is looked for in the working directory. */
static void make_file(const char *dir, const struct exec_file *f)
{
	const char *path = path_in(dir, f);
	char line[32];

	if (f->interpreter) {
		snprintf(line, sizeof(line), "#!%s\n", f->interpreter->name);
		sandbox_write(path, line, strlen(line));
	} else {
		userns_write_program(path);
	}
}

/* Before the value is set: a new owner takes it away, and the bits. */
static void own_file(const char *dir, const struct exec_file *f)
{
	const char *path = path_in(dir, f);

	must(chown(path, f->uid, f->gid) == 0, path);
	must(chmod(path, f->mode) == 0, path);
}

static void plant_all(void)
{
	FILE *script = fopen("script", "we");

	must(script, "script");
	sandbox_tmpfs("values");
	for (size_t i = 0; i < on_disk.count; i++) {
		const struct exec_file *f = &on_disk.file[i];

		if (!f->present)
			continue;
		sandbox_write(path_in("values", f), f->value.bytes,
			      f->value.size);
		fprintf(script, "ea_set -f values/%s /f/%s " VFSCAP_XATTR "\n",
			f->name, f->name);
	}
	must(fclose(script) == 0, "script");
	sandbox_run("debugfs", "-w", "-f", "script", IMAGE, NULL);
	sandbox_umount("values");
}

static void set_all(const char *dir)
{
	for (size_t i = 0; i < on_disk.count; i++) {
		const struct exec_file *f = &on_disk.file[i];
		const char *path = path_in(dir, f);

		must(!f->present || setxattr(path, VFSCAP_XATTR, f->value.bytes,
					     f->value.size, 0) == 0,
		     path);
	}
}

static void fill(const char *dir)
{
	for (size_t i = 0; i < on_disk.count; i++) {
		make_file(dir, &on_disk.file[i]);
		own_file(dir, &on_disk.file[i]);
	}
}

void exec_make_disk(bool raw)
{
	some_files(&on_disk, SCRIPTS, raw);
	userns_make_dir("at");
	userns_make_dir("aside");
	if (!raw) {
		sandbox_tmpfs("disk");
		userns_make_dir("disk/f");
		userns_make_dir("disk/empty");
		fill("disk/f");
		set_all("disk/f");
		return;
	}
	sandbox_tmpfs("content");
	userns_make_dir("content/f");
	userns_make_dir("content/empty");
	fill("content/f");
	sandbox_mkfs(IMAGE, "192M", "content");
	sandbox_umount("content");
	plant_all();
	sandbox_loop(IMAGE, "disk", "rw");
}

/* --------------------------------- places --------------------------------- */

static struct exec_place *add_place(struct exec_scene *s, const char *name,
				    const char *dir)
{
	struct exec_place *p = &s->place[s->count++];

	*p = (struct exec_place){.name = name, .files = &on_disk, .dir = -1};
	if (dir)
		p->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(!dir || p->dir >= 0, name);
	return p;
}

static void add_nosuid(struct exec_scene *s)
{
	const char *dir = "at/nosuid";

	userns_make_dir(dir);
	must(mount("disk/f", dir, NULL, MS_BIND, NULL) == 0 &&
		     mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID,
			   NULL) == 0,
	     dir);
	snprintf(s->mounts.mounted[s->mounts.mounts++],
		 sizeof(s->mounts.mounted[0]), "%s", dir);
	add_place(s, "nosuid", dir)->nosuid = true;
}

static void add_detached(struct exec_scene *s)
{
	struct exec_place *p = add_place(s, "detached", NULL);

	p->dir = open_tree(AT_FDCWD, "disk/f",
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	must(p->dir >= 0, "open_tree");
	p->detached = true;
}

static void add_overlay(struct exec_scene *s, const struct userns_process *by,
			const struct vfscap_mount *lower, const char *from,
			const char *name)
{
	struct exec_place *p;
	char options[128], dir[64];

	snprintf(options, sizeof(options), "lowerdir=%s:disk/empty%s", from,
		 by ? ",userxattr" : "");
	snprintf(dir, sizeof(dir), "at/%s", name);
	userns_mount_as(&s->mounts, by, "overlay", options, dir);
	p = add_place(s, name, dir);
	p->lower = *lower;
	p->mount.fs = by ? by->ns : NULL;
	p->mount.lower = &p->lower;
}

/* ------------------------- a tmpfs of a namespace ------------------------- */

/* What init's write leaves there; a value that it refuses is none. */
static void store_there(const char *dir, struct exec_file *f,
			const struct vfscap_mount *mount)
{
	const struct vfscap_writer init = {.setfcap = true,
					   .owner_mapped = true};
	struct vfscap stored;

	if (!f->present)
		return;
	if (vfscap_predict_set(f->value.bytes, f->value.size, mount, &init,
			       &stored)) {
		f->present = false;
		return;
	}
	must(setxattr(path_in(dir, f), VFSCAP_XATTR, f->value.bytes,
		      f->value.size, 0) == 0,
	     f->name);
	f->value = userns_encoded(&stored);
}

/* Who mounted it has files; others only where they have ids there. */
static void own_there(struct exec_file *f, const struct vfscap_userns *ns,
		      uint32_t host)
{
	if (!userns_has_id(ns, f->uid))
		f->uid = host;
	if (!userns_has_id(ns, f->gid))
		f->gid = host;
}

static void add_tmpfs(struct exec_scene *s, const struct userns_process *host)
{
	const char *dir = "at/tmpfs";
	struct exec_place *p;
	uint32_t id;

	must(vfscap_idmap_outside(&host->ns->map, host->id, &id), "a host");
	userns_mount_as(&s->mounts, host, "tmpfs", "mode=755", dir);
	p = add_place(s, "tmpfs", dir);
	p->mount.fs = host->ns;
	p->files = &s->tmpfs;
	s->tmpfs = (struct exec_files){.count = TMPFS_FILES};
	some_files(&s->tmpfs, 2, false);
	for (size_t i = 0; i < s->tmpfs.count; i++) {
		struct exec_file *f = &s->tmpfs.file[i];

		own_there(f, host->ns, id);
		setfsgid(id);
		setfsuid(id);
		make_file(dir, f);
		setfsuid(0);
		setfsgid(0);
		own_file(dir, f);
		store_there(dir, f, &p->mount);
	}
}

/* ----------------------------------- scenes ------------------------------- */

void exec_open_scene(struct exec_scene *s, struct userns_chain *chain)
{
	const struct userns_process *host = userns_some_host(chain, 0),
				    *idmap = userns_some_idmap(chain, NULL);
	struct vfscap_mount plain = {0};
	struct vfscap_mount mapped = {.idmap = &idmap->ns->map};

	s->count = 0;
	s->mounts.mounts = 0;
	s->mounts.chain = chain;
	add_place(s, "plain", "disk/f");
	add_nosuid(s);
	add_detached(s);
	userns_mount_idmapped(&s->mounts, "disk/f", "at/idmapped", idmap);
	add_place(s, "idmapped", "at/idmapped")->mount = mapped;
	add_overlay(s, NULL, &plain, "disk/f", "overlay-of-init");
	if (!host)
		return;
	add_overlay(s, host, &plain, "disk/f", "overlay");
	add_overlay(s, host, &mapped, "at/idmapped", "idmapped-overlay");
	add_tmpfs(s, host);
}

void exec_close_scene(struct exec_scene *s)
{
	for (size_t i = 0; i < s->count; i++)
		close(s->place[i].dir);
	userns_unmount_from(&s->mounts, 0);
}

/* ------------------------------ for the model ----------------------------- */

static void fill_program(const struct exec_place *place,
			 const struct exec_file *f,
			 const struct vfscap_userns *ns,
			 struct vfscap_program *program)
{
	*program = (struct vfscap_program){
		.present = f->present,
		.value = f->value.bytes,
		.size = f->value.size,
		.mount = &place->mount,
		.nosuid = place->nosuid,
		.detached = place->detached,
		.mode = f->mode,
		.uid = f->uid,
		.gid = f->gid,
	};
	program->owner_mapped = userns_shown(&place->mount, &program->uid) &&
				userns_shown(&place->mount, &program->gid) &&
				userns_has_id(ns, program->uid) &&
				userns_has_id(ns, program->gid);
}

void exec_program(const struct exec_place *place, const struct exec_file *file,
		  const struct vfscap_userns *ns,
		  struct vfscap_program *program,
		  struct vfscap_program *interpreter)
{
	fill_program(place, file, ns, program);
	if (!file->interpreter)
		return;
	fill_program(place, file->interpreter, ns, interpreter);
	program->interpreter = interpreter;
}
