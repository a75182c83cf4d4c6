/* SPDX-License-Identifier: GPL-2.0-or-later */
/* squashfs of all makers, with the kernel as judge of what is read of them. */
#include "suite.h"

#include <stdlib.h>

#ifndef HAVE_SQUASHFS
int main(void)
{
	suite_skip("squashfs by the kernel", "built without it");
	return suite_run(suite_create("squashfs by the kernel"));
}
#else
#include "sandbox.h"
#include "scratch.h"
#include "squash.h"
#include "userns_child.h"
#include "userns_process.h"
#include "userns_values.h"
#include "vfscap.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MOUNT "m"

/* -------------------------------- who judges ------------------------------ */

/* The initial namespace, one whose root has an id that no value has, and one
 * whose root has the id that is in one. */
static const char *const maps[] = {NULL, "0 100000 65536\n", "0 1000 1\n"};

#define WHOS ROWS(maps)

static struct userns_process who[WHOS];
static struct vfscap_userns spaces[WHOS];

static void start_all(void)
{
	for (size_t i = 0; i < WHOS; i++) {
		unsigned line;

		who[i].id = VFSCAP_ROOTID_INVALID;
		if (maps[i]) {
			must(vfscap_idmap_parse(&spaces[i].map, maps[i],
						strlen(maps[i]), &line) == 0,
			     maps[i]);
			who[i].ns = &spaces[i];
		}
		userns_start(&who[i], maps[i]);
	}
}

static void stop_all(void)
{
	for (size_t i = 0; i < WHOS; i++) {
		kill(who[i].pid, SIGKILL);
		must(waitpid(who[i].pid, NULL, 0) == who[i].pid, "waitpid");
	}
}

/* ------------------------------- three views ------------------------------ */

static void judge_visible(const struct userns_process *reader, const char *path,
			  const struct disk_entry *e)
{
	struct userns_value got, predicted = {0};
	struct vfscap seen = {0};
	int said = userns_ask_get(reader, path, &got);
	int error =
		vfscap_predict_get(e->value, e->size, NULL, reader->ns, &seen);

	if (!error)
		predicted = userns_encoded(&seen);
	expect(said == -error, "%s: getxattr: %s, not %s", path, strerror(said),
	       strerror(-error));
	expect(userns_same(&got, &predicted), "%s: getxattr: %s, not %s", path,
	       userns_hex(&got), userns_hex(&predicted));
}

/* Returns whether it was honoured. */
static bool judge_honoured(const struct userns_process *caller,
			   const char *path, const struct disk_entry *e)
{
	struct vfscap cap = {0};
	bool honoured = false;
	uint64_t granted;
	int said = userns_ask_exec(caller, path, &granted);
	int error = vfscap_predict_exec(e->value, e->size, NULL, caller->ns,
					&honoured);

	if (!error && honoured)
		vfscap_decode_lenient(e->value, e->size, &cap);
	expect(said == -error, "%s: execve: %s, not %s", path, strerror(said),
	       strerror(-error));
	expect(granted == cap.permitted, "%s: granted %llx", path,
	       (unsigned long long)granted);
	return granted;
}

/* ------------------------------- one by one ------------------------------- */

/* What the kernel shows of an inode; of a link it shows no value to others. */
static void judge_inode(const char *path, const struct disk_entry *e)
{
	char value[DISK_VALUE_MAX];
	struct stat st;

	expect(lstat(path, &st) == 0, "%s: %s", path, strerror(errno));
	expect(st.st_ino == e->inode && st.st_nlink == e->links &&
		       st.st_mode == e->mode && st.st_uid == e->uid &&
		       st.st_gid == e->gid,
	       "%s: inode %llu, %llu links, mode %o", path,
	       (unsigned long long)e->inode, (unsigned long long)e->links,
	       e->mode);
	if (e->error == ENODATA)
		expect(lgetxattr(path, VFSCAP_XATTR, value, sizeof(value)) ==
				       -1 &&
			       errno == ENODATA,
		       "%s: there is a value", path);
}

struct tally {
	size_t values, executed, honoured;
};

static void judge_entry(const struct disk_entry *e, bool programs,
			struct tally *t)
{
	char path[300];

	expect(e->path && e->what == DISK_ENTRY &&
		       (!e->error || e->error == ENODATA),
	       "%s: %s", e->path, e->reason);
	snprintf(path, sizeof(path), MOUNT "/%s", e->path);
	judge_inode(path, e);
	if (e->error || S_ISLNK(e->mode))
		return;
	t->values++;
	for (size_t i = 0; i < WHOS; i++) {
		judge_visible(&who[i], path, e);
		if (!programs || !S_ISREG(e->mode) || !(e->mode & 0111))
			continue;
		t->executed++;
		t->honoured += judge_honoured(&who[i], path, e);
	}
}

static struct tally judge_all(bool programs)
{
	const struct disk_list *l = squash_scan(true, false);
	struct tally t = {0};

	start_all();
	for (size_t i = 0; i < l->count; i++)
		judge_entry(&l->entry[i], programs, &t);
	shell("[ $(find " MOUNT " | wc -l) = %zu ]", l->count);
	stop_all();
	return t;
}

/* ---------------------------------- makers -------------------------------- */

/* Programs take long to be compressed, and how that is done is none of our
 * business. Where it cannot be left out, files are small, and no programs. */
static bool make(const char *command)
{
	char quick[200];

	snprintf(quick, sizeof(quick), "%s -noD -noF", command);
	if (strncmp(command, SQUASH_STAR, strlen(SQUASH_STAR)) == 0) {
		squash_make(quick, "tree");
		return true;
	}
	if (strstr(command, "lz4")) {
		squash_make(command, "tree");
		return true;
	}
	shell("mkdir -p small");
	must(chdir("small") == 0, "small");
	squash_make(command, "tree");
	shell("mv " SQUASH_IMAGE " ..");
	must(chdir("..") == 0, "..");
	return false;
}

START_TEST(test_tree)
{
	const struct squash_maker *maker = &squash_makers[_i];
	bool programs;
	struct tally t;

	if (maker->unmounted)
		return;
	programs = make(maker->command);
	sandbox_loop(SQUASH_IMAGE, MOUNT, "ro");
	t = judge_all(programs);
	/* All but the link. */
	ck_assert_uint_eq(t.values, squash_thing_count - 1);
	if (programs) {
		/* v1, v2 by three names, zero and flags are honoured
		 * everywhere, v3 in one namespace. */
		ck_assert_uint_eq(t.executed, 12 * WHOS);
		ck_assert_uint_eq(t.honoured, 6 * WHOS + 1);
	}
	sandbox_umount(MOUNT);
}
END_TEST

START_TEST(test_many)
{
	static const char *const commands[] = {
		SQUASH_PLAIN, SQUASH_STAR "-exports", "tar2sqfs -q"};
	struct tally t;

	squash_make(commands[_i], "many");
	sandbox_loop(SQUASH_IMAGE, MOUNT, "ro");
	t = judge_all(false);
	ck_assert_uint_eq(t.values, 585);
	sandbox_umount(MOUNT);
}
END_TEST

/* ---------------------------- made of live files -------------------------- */

static void copy(const char *command)
{
	sandbox_loop(SQUASH_IMAGE, MOUNT, "ro");
	shell("rm -f copy; %s", command);
	sandbox_umount(MOUNT);
	shell("mv copy " SQUASH_IMAGE);
}

/* Who asks getxattr(2) for values has those that it was shown. Of what it was
 * not shown, the second maker wants none at all. */
START_TEST(test_live)
{
	const struct disk_list *l;
	struct tally t;

	squash_make(SQUASH_PLAIN, "tree");
	copy("mksquashfs " MOUNT " copy -quiet -no-progress -noD -noF");
	if (_i)
		copy("gensquashfs -q -c lz4 -D " MOUNT " -x copy");
	sandbox_loop(SQUASH_IMAGE, MOUNT, "ro");
	t = judge_all(true);
	sandbox_umount(MOUNT);
	l = squash_scan(true, false);
	ck_assert_uint_ge(t.values, 6);
	ck_assert_int_eq(disk_list_at(l, "usr/bin/v1")->error, ENODATA);
	ck_assert_uint_eq(disk_list_at(l, "usr/bin/v3")->size, 24);
	ck_assert_uint_eq(disk_list_at(l, "usr/bin/zero")->size, 20);
}
END_TEST

int main(void)
{
	static const char *const tools[] = {"mount", "mksquashfs",
					    "gensquashfs", NULL};
	Suite *suite = suite_create("squashfs by the kernel");

	if (squash_skips("squashfs by the kernel"))
		return suite_run(suite);
	sandbox_enter("squashfs by the kernel", tools);
	sandbox_copy(sandbox_helper("creds"), "program");
	suite_add(suite, test_tree, squash_maker_count);
	suite_add(suite, test_many, 3);
	suite_add(suite, test_live, 2);
	return suite_run(suite);
}
#endif
