/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inputs and the records that they give: files, trees, dumps. */
#include "sandbox.h"
#include "scanned.h"
#include "suite.h"
#include "values.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---------------------------------- inputs ------------------------------- */

/* @kind: NULL where the input is refused */
static const struct {
	const char *arg, *kind, *location;
} inputs[] = {
	{"/", "tree", "/"},
	{"/proc", "tree", "/proc"},
	{"/proc/self", "tree", "/proc/self"}, /* a link */
	{"/proc/version", "file", "/proc/version"},
	{"/dev/null", "file", "/dev/null"},
	{"/nonexistent", "file", "/nonexistent"},
	{"", "file", ""},
	{"a:b", "file", "a:b"},
	{":", "file", ":"},
	{":x", "file", ":x"},
	{"Tar:x", "file", "Tar:x"},
	{"tars:x", "file", "tars:x"},
	{"ta:x", "file", "ta:x"},
	{"erofs", "file", "erofs"},
	{"./tar:x", "file", "./tar:x"},
	{"d/tar:x", "file", "d/tar:x"},
	{"/tar:x", "file", "/tar:x"},
	{"file:", "file", ""},
	{"file:/", "file", "/"},
	{"file:tar:x", "file", "tar:x"},
	{"file:file:x", "file", "file:x"},
	{"file:-", "file", "-"},
	{"tree:x", "tree", "x"},
	{"tree:/dev/null", "tree", "/dev/null"},
	{"tree:./a:b", "tree", "./a:b"},
	{"getfattr:dump", "getfattr", "dump"},
	{"getfattr:-", "getfattr", "-"},
	{"-", "tar", "-"},
	{"tar:x", "tar", "x"},
	{"tar:/x", "tar", "/x"},
	{"tar:-", "tar", "-"},
	{"tar:", "tar", ""},
	{"oci:x", "oci", "x"},
	{"oci:x:y", "oci", "x:y"},
	{"oci-archive:x", "oci-archive", "x"},
	{"docker-archive:x", "docker-archive", "x"},
#ifdef HAVE_RPM
	{"rpm:x", "rpm", "x"},
	{"rpm:-", "rpm", "-"},
#else
	{"rpm:x", NULL, NULL},
#endif
#ifdef HAVE_EXT4
	{"ext4:x", "ext4", "x"},
#else
	{"ext4:x", NULL, NULL},
#endif
#ifdef HAVE_SQUASHFS
	{"squashfs:x", "squashfs", "x"},
#else
	{"squashfs:x", NULL, NULL},
#endif
#ifdef HAVE_BLKID
	{"disk:x", "disk", "x"},
#else
	{"disk:x", NULL, NULL},
#endif
	{"erofs:x", "erofs", "x"},
};

START_TEST(input)
{
	struct scan_input in = {.source = "untouched"};
	const char *why = NULL;
	int error = scan_input(inputs[_i].arg, &in, &why);

	if (!inputs[_i].kind) {
		ck_assert_int_eq(error, -1);
		ck_assert_ptr_nonnull(why);
		ck_assert_str_eq(in.source, "untouched");
		return;
	}
	ck_assert_int_eq(error, 0);
	ck_assert_str_eq(in.backend->kind, inputs[_i].kind);
	ck_assert_str_eq(in.location, inputs[_i].location);
	ck_assert_str_eq(in.source, inputs[_i].arg);
}
END_TEST

/* ---------------------------------- paths -------------------------------- */

static void print_paths(struct scanned *s, const struct scan_record *r)
{
	scanned_say(s, "%s %s\n", r->path, r->rel);
}

static const struct {
	const char *arg, *paths;
} named[] = {
	{"d", "d/e/g e/g\nd/f f\n"},
	{"d/", "d/e/g e/g\nd/f f\n"},
	{"d//", "d//e/g e/g\nd//f f\n"},
	{"./d", "./d/e/g e/g\n./d/f f\n"},
	{"d/.", "d/./e/g e/g\nd/./f f\n"},
	{"d/e/..", "d/e/../e/g e/g\nd/e/../f f\n"},
	{"tree:d", "d/e/g e/g\nd/f f\n"},
	{"link", "link/e/g e/g\nlink/f f\n"},
	{"d/f", "d/f f\n"},
	{"./d//f", "./d//f f\n"},
	{"file:d/f", "d/f f\n"},
	{"flink", "flink flink\n"},
	{"f", "f f\n"},
	{"file:f", "f f\n"},
	{"tree:with", "with .\n"},
	{"file:with", "with with\n"},
};

static void make_named(void)
{
	tree_enter();
	tree_dir("d");
	tree_dir("d/e");
	tree_file("d/f");
	tree_file("d/e/g");
	tree_file("f");
	ck_assert_int_eq(symlink("d", "link"), 0);
	ck_assert_int_eq(symlink("d/f", "flink"), 0);
	tree_dir("with");
	value_plant("with", &value_v2);
}

START_TEST(path_of_argument)
{
	struct scanned s = {.print = print_paths};

	make_named();
	scanned_run(&s, named[_i].arg);
	ck_assert_int_eq(s.result, 0);
	scanned_sort(&s);
	ck_assert_str_eq(s.text, named[_i].paths);
}
END_TEST

START_TEST(path_of_absolute_argument)
{
	struct scanned s = {.print = print_paths};
	char here[PATH_MAX], arg[PATH_MAX + 8], want[3 * PATH_MAX];

	make_named();
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	snprintf(arg, sizeof(arg), "%s/d", here);
	snprintf(want, sizeof(want), "%s/d/e/g e/g\n%s/d/f f\n", here, here);
	scanned_run(&s, arg);
	scanned_sort(&s);
	ck_assert_str_eq(s.text, want);
}
END_TEST

static const struct {
	const char *from, *arg, *paths;
} from_elsewhere[] = {
	{"d", ".", "./e/g e/g\n./f f\n"},
	{"d/e", "..", "../e/g e/g\n../f f\n"},
	{"d/e", "../f", "../f f\n"},
	{"d/e", "../../f", "../../f f\n"},
	{"d/e", "g", "g g\n"},
};

START_TEST(path_from_elsewhere)
{
	struct scanned s = {.print = print_paths};

	make_named();
	ck_assert_int_eq(chdir(from_elsewhere[_i].from), 0);
	scanned_run(&s, from_elsewhere[_i].arg);
	scanned_sort(&s);
	ck_assert_str_eq(s.text, from_elsewhere[_i].paths);
}
END_TEST

/* No slash too many, and none too few. */
START_TEST(path_of_root)
{
	struct scanned s = {.print = print_paths, .options = {.all = true}};

	tree_enter();
	tree_dir("root");
	sandbox_tmpfs("root");
	sandbox_write("root/f", "", 0);
	tree_dir("root/proc");
	ck_assert_int_eq(mount("none", "root/proc", "proc", 0, NULL), 0);
	ck_assert_int_eq(chroot("root"), 0);
	ck_assert_int_eq(chdir("/"), 0);
	scanned_run(&s, "/");
	scanned_sort(&s);
	ck_assert_str_eq(s.text, "/ .\n/f f\n/proc proc\n/proc proc\n");
}
END_TEST

/* --------------------------------- entries ------------------------------- */

static void make_every_type(void)
{
	tree_enter();
	tree_dir("d");
	tree_dir("d/directory");
	sandbox_write("d/file", "", 0);
	ck_assert_int_eq(mkfifo("d/fifo", 0644), 0);
	ck_assert_int_eq(mknod("d/socket", S_IFSOCK | 0644, 0), 0);
	ck_assert_int_eq(mknod("d/character", S_IFCHR | 0644, 1 << 8 | 3), 0);
	ck_assert_int_eq(mknod("d/block", S_IFBLK | 0644, 7 << 8 | 250), 0);
	ck_assert_int_eq(symlink("file", "d/link"), 0);
	ck_assert_int_eq(symlink("nowhere", "d/dangling"), 0);
	sandbox_write("d/none", "", 0);
}

static const char *const types[] = {"directory", "file",    "fifo",
				    "socket",	 "block",   "character",
				    "link",	 "dangling"};

/* Of each type there is all that a record can tell, and only a regular file is
 * ever opened. */
static void check_entry(struct scanned *s, const struct scan_record *r)
{
	struct stat st;
	bool regular = S_ISREG(r->stat.st_mode);
	struct vfscap cap;
	int fd = scan_open(r);

	ck_assert_int_eq(r->what, SCAN_ENTRY);
	ck_assert_int_eq(r->view, SCAN_VISIBLE);
	ck_assert_int_eq(r->error, 0);
	ck_assert_str_eq(r->source, "d");
	ck_assert_int_eq(vfscap_decode_strict(r->value, r->size, &cap), 0);
	ck_assert(vfscap_equivalent(&cap, &value_v2));
	ck_assert(r->has_stat);
	ck_assert_int_eq(lstat(r->path, &st), 0);
	ck_assert_uint_eq(st.st_ino, r->stat.st_ino);
	ck_assert_uint_eq(st.st_mode, r->stat.st_mode);
	ck_assert_int_ge(r->dirfd, 0);
	ck_assert_str_eq(r->name, r->rel);
	ck_assert_int_eq(r->fd, -1);
	ck_assert(!r->overlay);
	ck_assert(regular ? fd >= 0 : fd == -EINVAL);
	if (fd >= 0)
		close(fd);
	scanned_say(s, "%s\n", r->rel);
}

START_TEST(every_type)
{
	struct scanned s = {.print = check_entry};
	char path[64];

	make_every_type();
	for (size_t i = 0; i < ROWS(types); i++) {
		snprintf(path, sizeof(path), "d/%s", types[i]);
		value_plant(path, &value_v2);
	}
	scanned_run(&s, "d");
	scanned_sort(&s);
	ck_assert_str_eq(s.text, "block\ncharacter\ndangling\ndirectory\nfifo\n"
				 "file\nlink\nsocket\n");
	ck_assert_uint_eq(s.totals.entries, 10); /* `d` and `none` as well */
}
END_TEST

static void print_all(struct scanned *s, const struct scan_record *r)
{
	scanned_say(s, "%s %s\n", r->rel,
		    r->error ? vfscap_error_name(-r->error) : "value");
	ck_assert(r->has_stat);
	ck_assert_int_eq(r->value != NULL, r->error == 0);
}

START_TEST(all_entries)
{
	struct scanned s = {.print = print_all, .options = {.all = true}};

	make_every_type();
	value_plant("d/fifo", &value_v2);
	ck_assert_int_eq(setxattr("d/file", VFSCAP_XATTR, "", 0, 0), 0);
	scanned_run(&s, "d");
	scanned_sort(&s);
	ck_assert_str_eq(s.text, ". ENODATA\n"
				 "block ENODATA\n"
				 "character ENODATA\n"
				 "dangling ENODATA\n"
				 "directory ENODATA\n"
				 "fifo value\n"
				 "file EINVAL\n"
				 "link ENODATA\n"
				 "none ENODATA\n"
				 "socket ENODATA\n");
}
END_TEST

/* A single file, whatever it is, is asked through an O_PATH descriptor. */
static void check_single(struct scanned *s, const struct scan_record *r)
{
	(void)s;
	ck_assert_int_eq(r->what, SCAN_ENTRY);
	ck_assert_int_eq(r->error, 0);
	ck_assert_ptr_null(r->name);
	ck_assert_int_eq(fcntl(r->fd, F_GETFL) & O_PATH, O_PATH);
}

START_TEST(single_file)
{
	static const char *const singles[] = {"file",	   "directory", "fifo",
					      "character", "socket",	"link"};
	struct scanned s = {.print = check_single};
	char path[64];

	make_every_type();
	snprintf(path, sizeof(path), "d/%s", singles[_i]);
	value_plant("d/file", &value_v2);
	value_plant(path, &value_v2);
	snprintf(path, sizeof(path), "file:d/%s", singles[_i]);
	scanned_run(&s, path);
	ck_assert_int_eq(s.result, 0);
	ck_assert_uint_eq(s.records, 1);
	ck_assert_uint_eq(s.totals.entries, 1);
}
END_TEST

START_TEST(totals_add_up)
{
	struct scanned s = {0};

	make_every_type();
	scanned_run(&s, "d");
	scanned_run(&s, "d/file");
	scanned_run(&s, "d");
	ck_assert_uint_eq(s.totals.entries, 21);
	ck_assert_uint_eq(s.totals.vanished, 0);
	ck_assert_uint_eq(s.records, 0);
}
END_TEST

/* ---------------------------------- errors ------------------------------- */

static const struct {
	const char *arg, *outcome;
} unread[] = {
	{"missing", "unread missing ENOENT\n"},
	{"", "unread  ENOENT\n"},
	{"tree:missing", "unread missing ENOENT\n"},
	{"tree:file", "unread file ENOTDIR\n"},
	{"tree:fifo", "unread fifo ENOTDIR\n"},
	{"file/", "unread file/ ENOTDIR\n"},
	{"dangling", "unread dangling ENOENT\n"},
	{"loop", "unread loop ELOOP\n"},
	{"getfattr:missing", "unread missing ENOENT\n"},
#ifdef HAVE_RPM
	{"rpm:missing", "unread missing ENOENT\n"},
	{"rpm:fifo", "unread fifo EINVAL\n"},
	{"rpm:-", "unread - EOPNOTSUPP\n"},
#endif
};

START_TEST(unread_input)
{
	struct scanned s = {.print = scanned_outcome};

	tree_enter();
	sandbox_write("file", "", 0);
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	ck_assert_int_eq(symlink("missing", "dangling"), 0);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	scanned_run(&s, unread[_i].arg);
	ck_assert_int_eq(s.result, 0);
	ck_assert_str_eq(s.text, unread[_i].outcome);
}
END_TEST

static void scan_as_user(void *arg)
{
	scanned_run(arg, "d");
}

START_TEST(unread_directories)
{
	static const struct sandbox_who user = {NULL, 1000, 1000};
	struct scanned *s = sandbox_shared(sizeof(*s));

	tree_enter();
	tree_dir("d");
	tree_dir("d/closed");
	tree_file("d/closed/hidden");
	tree_dir("d/listed");
	tree_file("d/listed/named");
	tree_dir("d/open");
	tree_file("d/open/seen");
	tree_dir("d/searched");
	tree_file("d/searched/hidden");
	ck_assert_int_eq(chmod("d/closed", 0700), 0);
	ck_assert_int_eq(chmod("d/listed", 0744), 0);
	ck_assert_int_eq(chmod("d/searched", 0711), 0);
	s->print = scanned_outcome;
	sandbox_as(&user, scan_as_user, s);
	scanned_sort(s);
	ck_assert_str_eq(s->text, "d/listed/named EACCES\n"
				  "d/open/seen\n"
				  "unread d/closed EACCES\n"
				  "unread d/searched EACCES\n");
}
END_TEST

/* ---------------------------------- dumps -------------------------------- */

static void print_stored(struct scanned *s, const struct scan_record *r)
{
	ck_assert_int_eq(r->what, SCAN_ENTRY);
	ck_assert_int_eq(r->view, SCAN_STORED);
	ck_assert_int_eq(r->error, 0);
	ck_assert(!r->has_stat);
	ck_assert_int_eq(r->dirfd, -1);
	ck_assert_int_eq(r->fd, -1);
	ck_assert_ptr_null(r->name);
	ck_assert_int_lt(scan_open(r), 0);
	scanned_say(s, "%s %s %zu\n", r->path, r->rel, r->size);
}

START_TEST(dump)
{
	static const char text[] = "# file: ./a\n"
				   "security.capability=0x00\n\n"
				   "# file: /b\\012c\n"
				   "security.capability=0s\n\n"
				   "# file: none\n";
	struct scanned s = {.print = print_stored};

	tree_enter();
	sandbox_write("dump", text, strlen(text));
	scanned_run(&s, "getfattr:dump");
	ck_assert_int_eq(s.result, 0);
	ck_assert_str_eq(s.text, "./a a 1\n/b\nc b\nc 0\n");
	ck_assert_uint_eq(s.totals.entries, 2);
}
END_TEST

static void check_fault(struct scanned *s, const struct scan_record *r)
{
	(void)s;
	ck_assert_int_eq(r->what, SCAN_UNREAD);
	ck_assert_int_eq(r->error, EBADMSG);
	ck_assert_uint_eq(r->line, 3);
	ck_assert_ptr_nonnull(r->reason);
	ck_assert_str_eq(r->path, "dump");
}

/* Nothing of a dump that is not one. */
START_TEST(bad_dump)
{
	static const char text[] = "# file: a\n"
				   "security.capability=0x00\n"
				   "nonsense\n";
	struct scanned s = {.print = check_fault};

	tree_enter();
	sandbox_write("dump", text, strlen(text));
	scanned_run(&s, "getfattr:dump");
	ck_assert_int_eq(s.result, 0);
	ck_assert_uint_eq(s.records, 1);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *live_suite(void)
{
	Suite *suite = suite_create("scan, live");

	suite_add(suite, path_of_argument, ROWS(named));
	suite_add(suite, path_of_absolute_argument, 1);
	suite_add(suite, path_from_elsewhere, ROWS(from_elsewhere));
	suite_add(suite, path_of_root, 1);
	suite_add(suite, every_type, 1);
	suite_add(suite, all_entries, 1);
	suite_add(suite, single_file, 6);
	suite_add(suite, totals_add_up, 1);
	suite_add(suite, unread_input, ROWS(unread));
	suite_add(suite, unread_directories, 1);
	suite_add(suite, dump, 1);
	suite_add(suite, bad_dump, 1);
	return suite;
}

int main(void)
{
	static const char *const tools[] = {NULL};
	Suite *suite = suite_create("scan");
	int status;

	suite_add(suite, input, ROWS(inputs));
	status = suite_run(suite);
	sandbox_enter("scan, live", tools);
	return suite_run(live_suite()) || status;
}
