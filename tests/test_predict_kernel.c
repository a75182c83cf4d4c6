/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What namespaces see, store and honour: by the kernel, place by place. */
#include "sandbox.h"
#include "suite.h"
#include "userns_chains.h"
#include "userns_child.h"
#include "userns_judge.h"
#include "userns_maps.h"
#include "userns_places.h"
#include "userns_process.h"
#include "userns_values.h"
#include "vfscap.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define IMAGE "disk.img"

/* ---------------------------- kinds of places ---------------------------- */

static void in_plain(struct userns_scene *s, const struct userns_store *store)
{
	struct userns_place *p = userns_new_place(s, store, "plain");

	userns_make_trials(s, p);
	userns_judge(s, p);
}

static void in_idmapped(struct userns_scene *s,
			const struct userns_store *store)
{
	struct userns_place *p = userns_new_place(s, store, "idmapped");

	if (!store->idmap)
		return;
	p->mount.idmap = store->idmap;
	snprintf(p->dir, sizeof(p->dir), "%s/%s", store->idmapped, p->name);
	userns_make_trials(s, p);
	userns_judge(s, p);
}

/* An overlayfs to write to, if there can be one. */
static void in_overlay(struct userns_scene *s, const struct userns_store *store,
		       const struct userns_process *by, bool idmap,
		       const char *name)
{
	struct userns_place *p = userns_new_overlay(s, store, by, idmap, name);
	const char *base = idmap ? store->idmapped : store->dir;
	size_t mounts = s->mounts;
	char work[80], options[256];

	if (!userns_make_layers(s, p, work, sizeof(work)))
		return;
	snprintf(options, sizeof(options),
		 "lowerdir=empty,upperdir=%s/%s,workdir=%s/%s-work%s", base,
		 name, base, name, by ? ",userxattr" : "");
	userns_mount_as(s, by, "overlay", options, p->dir);
	userns_judge(s, p);
	userns_unmount_from(s, mounts);
}

/* An overlayfs without an upper directory. */
static void in_layer(struct userns_scene *s, const struct userns_store *store,
		     const struct userns_process *by, bool idmap,
		     const char *name)
{
	struct userns_place *p = userns_new_overlay(s, store, by, idmap, name);
	size_t mounts = s->mounts;
	char options[256];

	userns_fill(p);
	snprintf(options, sizeof(options), "lowerdir=%s/%s:empty%s",
		 idmap ? store->idmapped : store->dir, name,
		 by ? ",userxattr" : "");
	userns_mount_as(s, by, "overlay", options, p->dir);
	userns_judge(s, p);
	userns_unmount_from(s, mounts);
}

/* ------------------- values that only debugfs can plant ------------------ */

static struct userns_value planted[64];
static size_t n_planted;

static void add_planted(const struct userns_value *v)
{
	if (n_planted == ROWS(planted))
		sandbox_die("too many values");
	planted[n_planted++] = *v;
}

static void plant_cap(const struct vfscap *cap)
{
	struct userns_value v = userns_encoded(cap);

	add_planted(&v);
}

/* Ghosts and values of others. */
static void add_planted_caps(void)
{
	static const uint32_t rootids[] = {
		0,	1000,	100000,		 101000, 101005,
		200000, 300000, USERNS_STRANGER, NONE};
	struct vfscap c;

	for (size_t i = 0; i < ROWS(rootids); i++) {
		c = userns_some_cap(rootids[i]);
		c.rootid = rootids[i];
		c.revision = 3;
		c.flags = userns_one_in(3) ? 2 : 0;
		plant_cap(&c);
	}
	for (uint32_t flags = 0; flags < 8; flags += 2) {
		c = userns_some_cap(0);
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
		struct userns_value v = userns_encoded(&c);

		memset(v.bytes + v.size, 0, sizeof(v.bytes) - v.size);
		v.bytes[3] = (uint8_t)(1 + i % 5);
		v.size = sizes[i];
		add_planted(&v);
	}
}

#define READS 12

/* A place by its directory; of overlayfs, over another one. */
static void judge_planted(struct userns_scene *s, const char *name,
			  const char *dir, struct vfscap_mount mount)
{
	struct userns_place p = {.name = name, .mount = mount};

	snprintf(p.dir, sizeof(p.dir), "%s", dir);
	for (size_t i = 0; i < READS; i++) {
		size_t k = userns_below((unsigned)n_planted);

		userns_judge_by_all(s, &p, userns_file_in(dir, k), &planted[k]);
	}
}

static void over_planted(struct userns_scene *s,
			 const struct userns_process *by, const char *lower,
			 const char *dir)
{
	char options[128];

	snprintf(options, sizeof(options), "lowerdir=%s:empty%s", lower,
		 by ? ",userxattr" : "");
	userns_mount_as(s, by, "overlay", options, dir);
}

static void in_planted(struct userns_scene *s,
		       const struct userns_process *host,
		       const struct userns_process *idmap)
{
	struct vfscap_mount plain = {0};
	struct vfscap_mount mapped = {.idmap = &idmap->ns->map};
	struct vfscap_mount of_init = {.lower = &plain};
	struct vfscap_mount of_host = {.lower = &mapped};
	struct vfscap_mount twice = {.lower = &of_init};
	size_t mounts = s->mounts;

	judge_planted(s, "planted", "disk/planted", plain);
	must(userns_mount_idmapped(s, "disk/planted", "at/planted", idmap),
	     "idmapped");
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
	userns_unmount_from(s, mounts);
}

/* ----------------------------- scene by scene ---------------------------- */

/* Whoever mounts an overlayfs over what the host has mounted is below it. */
static void in_store(struct userns_scene *s, const struct userns_store *store,
		     const struct userns_process *by)
{
	in_plain(s, store);
	in_idmapped(s, store);
	in_layer(s, store, NULL, userns_one_in(2) && store->idmap,
		 "layer-of-init");
	if (!store->host)
		in_overlay(s, store, NULL, false, "overlay-of-init");
	if (!by)
		return;
	in_layer(s, store, by, userns_one_in(2) && store->idmap, "layer");
	in_overlay(s, store, by, false, "overlay");
	if (store->idmap)
		in_overlay(s, store, by, true, "idmapped-overlay");
}

static void play_in(struct userns_scene *s)
{
	const struct userns_chain *c = s->chain;
	const struct userns_process *host = userns_some_host(c, 0);
	const struct userns_process *idmap = userns_some_idmap(c, NULL);

	s->disk.name = "disk";
	snprintf(s->disk.dir, sizeof(s->disk.dir), "disk/%zu", c->number);
	userns_open_store(s, &s->disk, NULL, idmap);
	in_store(s, &s->disk, userns_some_host(c, 0));
	in_planted(s, host, idmap);
	if (host) {
		s->tmpfs.name = "tmpfs";
		strcpy(s->tmpfs.dir, "at/tmpfs");
		userns_open_store(s, &s->tmpfs, host,
				  userns_some_idmap(c, host));
		in_store(s, &s->tmpfs,
			 userns_some_host(c, (size_t)(host - c->process)));
	}
	userns_unmount_from(s, 0);
}

static void play(struct userns_chain *c, const struct userns_process *foreign)
{
	struct userns_scene *s = calloc(1, sizeof(*s));

	must(s, "memory");
	s->chain = c;
	s->who[s->whos++] = &userns_init;
	for (size_t i = 0; i < c->depth; i++)
		s->who[s->whos++] = &c->process[i];
	if (foreign)
		s->who[s->whos++] = foreign;
	play_in(s);
	free(s);
}

/* ------------------------------- all of it ------------------------------- */

#define CHAINS 64

static struct userns_chain chains[CHAINS];

/* Those below end with the first one, and then are ours to wait for. */
static void stop_all(size_t many)
{
	for (size_t i = 0; i < many; i++) {
		kill(chains[i].process[0].pid, SIGKILL);
		kill(chains[i].spare.pid, SIGKILL);
	}
	kill(userns_init.pid, SIGKILL);
	while (wait(NULL) > 0)
		continue;
}

START_TEST(predictions)
{
	const unsigned many = CHAINS / suite_part();
	struct userns_verdict v;

	must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "subreaper");
	userns_start(&userns_init, NULL);
	for (size_t i = 0; i < many; i++) {
		userns_make_chain(&chains[i], i);
		play(&chains[i],
		     i ? &chains[i - 1].process[chains[i - 1].depth - 1]
		       : NULL);
	}
	userns_judge_disk(IMAGE);
	stop_all(many);
	v = userns_conclude();
	printf("predict: %u chains, %lu predictions, %lu values on the disk, "
	       "%lu complaints\n",
	       many, v.predictions, v.on_disk, v.complaints);
	fflush(stdout);
	ck_assert_uint_ge(v.predictions, 3000 * many / CHAINS);
	ck_assert_uint_eq(v.complaints, 0);
}
END_TEST

/* -------------------------------- the disk ------------------------------- */

static void plant_all(void)
{
	FILE *f = fopen("script", "we");

	must(f, "script");
	for (size_t i = 0; i < n_planted; i++) {
		sandbox_write(userns_file_in("values", i), planted[i].bytes,
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
	userns_make_dir("content/planted");
	userns_write_program("content/program");
	for (size_t i = 0; i < n_planted; i++)
		userns_write_program(userns_file_in("content/planted", i));
	sandbox_mkfs(IMAGE, "128M", "content");
	sandbox_umount("content");
	plant_all();
	sandbox_umount("values");
	sandbox_loop(IMAGE, "disk", "rw");
}

/* ---------------------------------- main --------------------------------- */

int main(void)
{
	static const char *const tools[] = {"mount", "mke2fs", "debugfs", NULL};
	Suite *suite = suite_create("predict by the kernel");

	sandbox_enter("predict by the kernel", tools);
	userns_seed(suite_seed("predict"));
	make_disk();
	userns_make_dir("at");
	userns_make_dir("aside");
	suite_add(suite, predictions, 1);
	return suite_run(suite);
}
