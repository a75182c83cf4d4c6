/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EROFS, and the kernel as judge: what our reader says is stored, getxattr(2)
 * shows and execve(2) honours as the library predicts. Of images by mkfs.erofs,
 * and of those that are made of recipes. What the kernel does not mount or does
 * not read is an error for us too.
 */
#include "erofsimage.h"
#include "sandbox.h"
#include "suite.h"
#include "vfscap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MOUNT "mount"

/* --------------------------------- mounting ------------------------------- */

/* A loop device that detaches itself. */
static int attach(const char *image, char path[32])
{
	struct loop_config config = {
		.info = {.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR},
	};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int file = open(image, O_RDONLY | O_CLOEXEC), loop = -1;

	ck_assert_int_ge(file, 0);
	config.fd = (unsigned)file;
	/* Another process may be faster. */
	for (int i = 0; loop < 0 && i < 100; i++) {
		snprintf(path, 32, "/dev/loop%d",
			 ioctl(control, LOOP_CTL_GET_FREE));
		loop = open(path, O_RDONLY | O_CLOEXEC);
		if (loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config) != 0) {
			close(loop);
			loop = -1;
		}
	}
	close(file);
	close(control);
	return loop;
}

/* 0 or an errno. */
static int mount_image(const char *image)
{
	char device[32];
	int loop = attach(image, device), error;

	ck_assert_msg(loop >= 0, "no loop device");
	mkdir(MOUNT, 0755);
	error = mount(device, MOUNT, "erofs", MS_RDONLY, NULL) == 0 ? 0 : errno;
	close(loop);
	return error;
}

/* -------------------------------- executing ------------------------------- */

/* What execve of a file came to. */
struct execution {
	const char *path;
	int out;
	int error;
};

static void execute(void *arg)
{
	struct execution *e = arg;
	char *argv[] = {(char *)(uintptr_t) "helper", NULL};

	if (dup2(e->out, 1) == 1)
		execv(e->path, argv);
	e->error = errno;
}

/* The permitted set that an ordinary user gets, or an errno. */
static int permitted_of(const char *path, uint64_t *permitted)
{
	static const struct sandbox_who nobody = {.uid = 65534, .gid = 65534};
	struct execution *e = sandbox_shared(sizeof(*e));
	int out = open("out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char text[1024] = "";
	const char *at;

	*e = (struct execution){path, out, 0};
	sandbox_as(&nobody, execute, e);
	ck_assert_int_ge(pread(out, text, sizeof(text) - 1, 0), 0);
	close(out);
	if (e->error)
		return e->error;
	at = strstr(text, "CapPrm=");
	ck_assert_msg(at != NULL, "%s: it said '%s'", path, text);
	*permitted = strtoull(at + 7, NULL, 16);
	return 0;
}

/* --------------------------------- judging -------------------------------- */

/* A file that is not the helper is not executed. */
static bool executable(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size > 4096 && (st.st_mode & S_IXOTH) &&
	       !(st.st_mode & S_ISUID);
}

/* What is corrupt has another name here. */
static int as_ours(int error)
{
	return error == EUCLEAN ? EBADMSG : error;
}

static void judge_visible(const char *path, const struct disk_entry *e)
{
	uint8_t shown[VFSCAP_SIZE_MAX], wanted[VFSCAP_SIZE_MAX];
	ssize_t n = lgetxattr(path, VFSCAP_XATTR, shown, sizeof(shown));
	int error = n < 0 ? as_ours(errno) : 0;
	struct vfscap seen;
	size_t size = 0;
	int wants = e->error ? e->error
			     : -vfscap_predict_get(e->value, e->size, NULL,
						   NULL, &seen);

	ck_assert_msg(error == wants, "%s: getxattr: %s, not %s", path,
		      strerror(error), strerror(wants));
	if (error)
		return;
	ck_assert_int_eq(vfscap_encode(&seen, wanted, sizeof(wanted), &size),
			 0);
	ck_assert_uint_eq((size_t)n, size);
	ck_assert_mem_eq(shown, wanted, size);
}

static void judge_honoured(const char *path, const struct disk_entry *e)
{
	uint64_t permitted = 0, wanted = 0;
	int error = permitted_of(path, &permitted), wants = 0;
	bool honoured = false;
	struct vfscap cap;

	if (!e->error)
		wants = -vfscap_predict_exec(e->value, e->size, NULL, NULL,
					     &honoured);
	else if (e->error != ENODATA)
		wants = e->error;
	ck_assert_msg(as_ours(error) == wants, "%s: execve: %s, not %s", path,
		      strerror(error), strerror(wants));
	if (honoured && vfscap_decode_lenient(e->value, e->size, &cap) == 0)
		wanted = cap.permitted;
	ck_assert_msg(permitted == wanted, "%s: permitted %#llx, not %#llx",
		      path, (unsigned long long)permitted,
		      (unsigned long long)wanted);
}

static void judge_stat(const char *path, const struct disk_entry *e)
{
	struct stat st;

	ck_assert_msg(lstat(path, &st) == 0, "%s: %s", path, strerror(errno));
	ck_assert_uint_eq(st.st_ino, e->inode);
	ck_assert_uint_eq(st.st_mode, e->mode);
	ck_assert_uint_eq(st.st_uid, e->uid);
	ck_assert_uint_eq(st.st_gid, e->gid);
	ck_assert_uint_eq(st.st_nlink, e->links);
}

/* What we do not read, the kernel does not either: of an inode lstat fails, of a
 * directory some of what is done with it. */
static bool readable(const char *path)
{
	struct stat st;
	DIR *dir;
	bool all;

	if (lstat(path, &st) != 0)
		return false;
	dir = opendir(path);
	errno = 0;
	while (dir && readdir(dir))
		continue;
	all = errno == 0;
	if (dir)
		closedir(dir);
	return all;
}

static size_t names;

static int count_name(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)path, (void)st, (void)type, (void)ftw;
	names++;
	return 0;
}

/* Is there an error of this path too? Then the kernel may know none of it. */
static bool doubtful(const struct disk_list *l, const char *path)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->entry[i].what == DISK_UNREAD && l->entry[i].path &&
		    strcmp(l->entry[i].path, path) == 0)
			return true;
	return false;
}

static void judge_entry(const char *path, const struct disk_entry *e)
{
	judge_stat(path, e);
	judge_visible(path, e);
	if (executable(path))
		judge_honoured(path, e);
}

/* Where the kernel says something else than we do, and why that is right. */
static const struct {
	const char *name, *path;
} differences[] = {
	/* What is stored is told, though a filter says it is not there. */
	{"odd-filter", "hidden"},
	/* The kernel takes what lies beyond the end of a device for zeros. */
	{"bad-shared-beyond", "id"},
	{"bad-shared-value", "v2"},
	{"bad-super-shared", "shared"},
	/* Directories in chunks no mkfs.erofs makes. */
	{"bad-directories", "chunks"},
	/* Of several names of a directory the kernel keeps the last one used. */
	{"bad-loops", "b"},
};

static bool differs(const char *name, const char *path)
{
	for (size_t i = 0; i < ROWS(differences); i++)
		if (strcmp(differences[i].name, name) == 0 &&
		    strcmp(differences[i].path, path) == 0)
			return true;
	return false;
}

/* All entries of an image that is mounted. */
static void judge(const struct disk_list *l, const char *name)
{
	char path[PATH_MAX];
	size_t unread = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct disk_entry *e = &l->entry[i];

		unread += e->what == DISK_UNREAD;
		if (!e->path || differs(name, e->path))
			continue;
		snprintf(path, sizeof(path), MOUNT "/%s", e->path);
		if (e->what == DISK_ENTRY && doubtful(l, e->path) &&
		    !readable(path))
			continue;
		if (e->what == DISK_ENTRY)
			judge_entry(path, e);
		else
			ck_assert_msg(!readable(path), "%s: %s", path,
				      e->reason);
	}
	names = 0;
	if (unread)
		return;
	ck_assert_int_eq(nftw(MOUNT, count_name, 20, FTW_PHYS), 0);
	ck_assert_msg(names == l->count, "%zu names, %zu entries", names,
		      l->count);
}

/* --------------------------------- recipes -------------------------------- */

static bool any_error(const struct disk_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->entry[i].what == DISK_UNREAD)
			return true;
	return false;
}

START_TEST(test_recipe)
{
	const struct erofs_recipe *r = &erofs_recipe[_i];
	const struct disk_list *l;
	char image[80];
	const char *said;
	int error;

	snprintf(image, sizeof(image), "%s.erofs", r->name);
	l = erofs_read_image(image, true);
	error = mount_image(image);
	said = error == EUCLEAN ? "EUCLEAN"
	       : error		? vfscap_error_name(-error)
				: "mounts";
	if (getenv("VFSCAP_MOUNTS"))
		fprintf(stderr, "mount: %s %s\n", r->name, said);
	ck_assert_msg(strcmp(said, r->mount) == 0, "%s: %s, not %s", r->name,
		      said, r->mount);
	if (!error)
		judge(l, r->name);
	else
		ck_assert_msg(any_error(l) || strncmp(r->name, "odd", 3) == 0,
			      "%s: no error", r->name);
}
END_TEST

/* -------------------------------- mkfs.erofs ------------------------------ */

static const char *const mkfs[] = {
	"",
	"-x0",
	"-x1",
	"-x1000",
	"-zlz4",
	"-zlz4hc",
	"-zlz4hc,12 -C16384",
	"-zlz4 -x1000 -Elegacy-compress",
	"-Eforce-inode-compact --force-uid=7 --force-gid=8",
	"-Eforce-inode-extended",
	"-Eforce-inode-extended -x1000 -zlz4",
	"-Enoinline_data",
	"-Enosbcrc",
	"--chunksize=4096",
	"-Eztailpacking -zlz4",
	"-Eall-fragments -zlz4 -C65536",
	"-Ededupe -zlz4",
	"-Efragments,dedupe,ztailpacking -zlz4hc -C65536",
	"--all-root -T0",
	"-b1024",
	"--xattr-prefix=security.cap -x0",
	"-Exattr-name-filter",
};

static void make_tree(void)
{
	const char *helper = sandbox_helper("creds");
	char command[PATH_MAX + 600];

	snprintf(command, sizeof(command),
		 "set -e; mkdir -p tree/bin tree/many tree/d/e/f\n"
		 "for f in v2 v3 zero none kill; do cp '%s' tree/bin/$f; done\n"
		 "for i in $(seq 60); do echo $i >tree/many/file-$i\n"
		 "setcap cap_kill=p tree/many/file-$i; done\n"
		 "setcap cap_net_raw=ep tree/bin/v2\n"
		 "setcap -n 100000 cap_chown=ep tree/bin/v3\n"
		 "setcap cap_kill=i tree/bin/kill; chown 70000:80000 "
		 "tree/bin/none\n"
		 "setfattr -n user.note -v x tree/bin/* tree/d\n"
		 "ln tree/bin/v2 tree/d/e/f/again; ln -s ../bin tree/d/link\n"
		 "mkfifo tree/d/fifo; mknod tree/d/null c 1 3",
		 helper);
	sandbox_run("sh", "-c", command, NULL);
}

/* What the installed version does not know is left out, with a line. For chunks
 * version 1.5 wants the image on the file system that /tmp is on. */
static bool make_image(const char *options)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "rm -f image; unshare -m sh -c 'mount --bind . /tmp; cd /tmp; "
		 "mkfs.erofs %s image tree' >said 2>&1; echo $?",
		 options);
	if (strcmp(sandbox_run("sh", "-c", command, NULL), "0\n") == 0)
		return true;
	ck_assert_msg(*options, "mkfs.erofs fails");
	snprintf(command, sizeof(command), "mkfs.erofs %s", options);
	suite_skip(command, "this version does not know it");
	return false;
}

START_TEST(test_mkfs)
{
	const struct disk_list *l;

	if (!make_image(mkfs[_i]))
		return;
	l = erofs_read_image("image", true);
	ck_assert_uint_gt(l->count, 70);
	for (size_t i = 0; i < l->count; i++)
		ck_assert_msg(l->entry[i].what == DISK_ENTRY, "%s",
			      l->entry[i].reason);
	ck_assert_int_eq(mount_image("image"), 0);
	judge(l, "mkfs");
}
END_TEST

int main(void)
{
	static const char *const tools[] = {"mkfs.erofs", "setcap", "setfattr",
					    "python3", NULL};
	Suite *suite = suite_create("erofs_kernel");
	char fixtures[PATH_MAX];

	if (!getenv("VFSCAP_FIXTURES") && realpath("tests/fixtures", fixtures))
		setenv("VFSCAP_FIXTURES", fixtures, 1);
	sandbox_enter("erofs_kernel", tools);
	if (access("/dev/loop-control", R_OK | W_OK) != 0 ||
	    access("/sys/fs/erofs", F_OK) != 0) {
		suite_skip("erofs_kernel",
			   "this kernel has no loop devices, or no EROFS");
		return suite_run(suite);
	}
	erofs_make_images(sandbox_helper("creds"));
	make_tree();
	if (access("/sys/fs/erofs/features/48bit", F_OK) == 0)
		suite_add(suite, test_recipe, erofs_recipes);
	else
		suite_skip("recipes", "this kernel is older than the one that "
				      "was measured");
	suite_add(suite, test_mkfs, ROWS(mkfs));
	return suite_run(suite);
}
