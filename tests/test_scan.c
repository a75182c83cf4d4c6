/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inputs and the records that they give: files, trees, dumps. */
#include "sandbox.h"
#include "scan/scan.h"
#include "suite.h"
#include "vfscap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const struct vfscap v2 = {
	.permitted = 1 << 13,
	.revision = 2,
	.effective = true,
};

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
	{"tar", "file", "tar"},
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
	{"-", NULL, NULL},
	{"tar:x", NULL, NULL},
	{"tar:/x", NULL, NULL},
	{"tar:", NULL, NULL},
	{"oci:x", NULL, NULL},
	{"oci-archive:x", NULL, NULL},
	{"docker-archive:x", NULL, NULL},
	{"rpm:x", NULL, NULL},
	{"ext4:x", NULL, NULL},
	{"squashfs:x", NULL, NULL},
	{"erofs:x", NULL, NULL},
	{"disk:x", NULL, NULL},
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

/* -------------------------------- scanning ------------------------------- */

/* What a scan handed over, a line a record. */
struct scanned {
	char text[16384];
	size_t used;
	unsigned records;
	int result;
	struct scan_totals totals;
	struct scan_options options;
	void (*print)(struct scanned *s, const struct scan_record *r);
	void (*meanwhile)(const struct scan_record *r);
};

__attribute__((format(printf, 2, 3))) static void say(struct scanned *s,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	s->used += (size_t)vsnprintf(s->text + s->used,
				     sizeof(s->text) - s->used, format, args);
	va_end(args);
	ck_assert_uint_lt(s->used, sizeof(s->text));
}

static int take(void *ctx, const struct scan_record *r)
{
	struct scanned *s = ctx;

	s->records++;
	if (s->print)
		s->print(s, r);
	if (s->meanwhile)
		s->meanwhile(r);
	return 0;
}

static void print_paths(struct scanned *s, const struct scan_record *r)
{
	say(s, "%s %s\n", r->path, r->rel);
}

static void print_outcome(struct scanned *s, const struct scan_record *r)
{
	static const char *const what[] = {"", "unread ", "left out "};

	say(s, "%s%s", what[r->what], r->path);
	if (r->error)
		say(s, " %s", vfscap_error_name(-r->error));
	if (r->what == SCAN_LEFT_OUT)
		say(s, " %s", r->reason);
	say(s, "\n");
}

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 3; /* ".", "..", and the directory itself */
}

/* No descriptor is left open, whatever there was. */
static void scan(struct scanned *s, const char *arg)
{
	int before = open_descriptors();
	struct scan_input in;
	const char *why;

	ck_assert_int_eq(scan_input(arg, &in, &why), 0);
	s->result = scan_run(&in, &s->options, &s->totals, take, s);
	ck_assert_int_eq(open_descriptors(), before);
}

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of their bytes: that of a directory is its own. */
static void sort_lines(char *text)
{
	char *copy = strdup(text), *rest = copy, *lines[512];
	size_t count = 0;

	while (rest && *rest && count < ROWS(lines))
		lines[count++] = strsep(&rest, "\n");
	qsort(lines, count, sizeof(lines[0]), by_line);
	*text = '\0';
	for (size_t i = 0; i < count; i++)
		text += sprintf(text, "%s\n", lines[i]);
	free(copy);
}

/* ---------------------------------- files -------------------------------- */

static void plant(const char *path)
{
	ck_assert_int_eq(vfscap_set_at(AT_FDCWD, path, &v2, VFSCAP_EXPECT_ANY),
			 0);
}

static void make_file(const char *path)
{
	sandbox_write(path, "", 0);
	plant(path);
}

static void make_dir(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void enter_dir(void)
{
	char dir[] = "scan.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(chmod(".", 0755), 0);
	alarm(60);
}

/* ---------------------------------- paths -------------------------------- */

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
	enter_dir();
	make_dir("d");
	make_dir("d/e");
	make_file("d/f");
	make_file("d/e/g");
	make_file("f");
	ck_assert_int_eq(symlink("d", "link"), 0);
	ck_assert_int_eq(symlink("d/f", "flink"), 0);
	make_dir("with");
	plant("with");
}

START_TEST(path_of_argument)
{
	struct scanned s = {.print = print_paths};

	make_named();
	scan(&s, named[_i].arg);
	ck_assert_int_eq(s.result, 0);
	sort_lines(s.text);
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
	scan(&s, arg);
	sort_lines(s.text);
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
	scan(&s, from_elsewhere[_i].arg);
	sort_lines(s.text);
	ck_assert_str_eq(s.text, from_elsewhere[_i].paths);
}
END_TEST

/* No slash too many, and none too few. */
START_TEST(path_of_root)
{
	struct scanned s = {.print = print_paths, .options = {.all = true}};

	enter_dir();
	make_dir("root");
	sandbox_tmpfs("root");
	sandbox_write("root/f", "", 0);
	make_dir("root/proc");
	ck_assert_int_eq(mount("none", "root/proc", "proc", 0, NULL), 0);
	ck_assert_int_eq(chroot("root"), 0);
	ck_assert_int_eq(chdir("/"), 0);
	scan(&s, "/");
	sort_lines(s.text);
	ck_assert_str_eq(s.text, "/ .\n/f f\n/proc proc\n/proc proc\n");
}
END_TEST

/* --------------------------------- entries ------------------------------- */

static void make_every_type(void)
{
	enter_dir();
	make_dir("d");
	make_dir("d/directory");
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
	ck_assert(vfscap_equivalent(&cap, &v2));
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
	say(s, "%s\n", r->rel);
}

START_TEST(every_type)
{
	struct scanned s = {.print = check_entry};
	char path[64];

	make_every_type();
	for (size_t i = 0; i < ROWS(types); i++) {
		snprintf(path, sizeof(path), "d/%s", types[i]);
		plant(path);
	}
	scan(&s, "d");
	sort_lines(s.text);
	ck_assert_str_eq(s.text, "block\ncharacter\ndangling\ndirectory\nfifo\n"
				 "file\nlink\nsocket\n");
	ck_assert_uint_eq(s.totals.entries, 10); /* `d` and `none` as well */
}
END_TEST

static void print_all(struct scanned *s, const struct scan_record *r)
{
	say(s, "%s %s\n", r->rel,
	    r->error ? vfscap_error_name(-r->error) : "value");
	ck_assert(r->has_stat);
	ck_assert_int_eq(r->value != NULL, r->error == 0);
}

START_TEST(all_entries)
{
	struct scanned s = {.print = print_all, .options = {.all = true}};

	make_every_type();
	plant("d/fifo");
	ck_assert_int_eq(setxattr("d/file", VFSCAP_XATTR, "", 0, 0), 0);
	scan(&s, "d");
	sort_lines(s.text);
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
	plant("d/file");
	plant(path);
	snprintf(path, sizeof(path), "file:d/%s", singles[_i]);
	scan(&s, path);
	ck_assert_int_eq(s.result, 0);
	ck_assert_uint_eq(s.records, 1);
	ck_assert_uint_eq(s.totals.entries, 1);
}
END_TEST

START_TEST(totals_add_up)
{
	struct scanned s = {0};

	make_every_type();
	scan(&s, "d");
	scan(&s, "d/file");
	scan(&s, "d");
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
};

START_TEST(unread_input)
{
	struct scanned s = {.print = print_outcome};

	enter_dir();
	sandbox_write("file", "", 0);
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	ck_assert_int_eq(symlink("missing", "dangling"), 0);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	scan(&s, unread[_i].arg);
	ck_assert_int_eq(s.result, 0);
	ck_assert_str_eq(s.text, unread[_i].outcome);
}
END_TEST

static void scan_as_user(void *arg)
{
	scan(arg, "d");
}

START_TEST(unread_directories)
{
	static const struct sandbox_who user = {NULL, 1000, 1000};
	struct scanned *s = sandbox_shared(sizeof(*s));

	enter_dir();
	make_dir("d");
	make_dir("d/closed");
	make_file("d/closed/hidden");
	make_dir("d/listed");
	make_file("d/listed/named");
	make_dir("d/open");
	make_file("d/open/seen");
	make_dir("d/searched");
	make_file("d/searched/hidden");
	ck_assert_int_eq(chmod("d/closed", 0700), 0);
	ck_assert_int_eq(chmod("d/listed", 0744), 0);
	ck_assert_int_eq(chmod("d/searched", 0711), 0);
	s->print = print_outcome;
	sandbox_as(&user, scan_as_user, s);
	sort_lines(s->text);
	ck_assert_str_eq(s->text, "d/listed/named EACCES\n"
				  "d/open/seen\n"
				  "unread d/closed EACCES\n"
				  "unread d/searched EACCES\n");
}
END_TEST

/* ---------------------------- other file systems ------------------------- */

static void make_mounts(void)
{
	enter_dir();
	make_dir("d");
	make_dir("d/proc");
	make_dir("d/tmpfs");
	ck_assert_int_eq(mount("none", "d/proc", "proc", 0, NULL), 0);
	sandbox_tmpfs("d/tmpfs");
	make_file("d/tmpfs/file");
	make_file("d/file");
}

START_TEST(left_out)
{
	struct scanned s = {.print = print_outcome};

	make_mounts();
	scan(&s, "d");
	sort_lines(s.text);
	ck_assert_str_eq(s.text,
			 "d/file\nd/tmpfs/file\nleft out d/proc proc\n");
	s.used = 0;
	scan(&s, "d/proc");
	ck_assert_str_eq(s.text, "left out d/proc proc\n");
}
END_TEST

START_TEST(one_file_system)
{
	struct scanned s = {
		.print = print_outcome,
		.options = {.one_file_system = true},
	};

	make_mounts();
	scan(&s, "d");
	ck_assert_ptr_nonnull(strstr(s.text, "d/file\n"));
	ck_assert_ptr_null(strstr(s.text, "d/tmpfs/file"));
	s.used = 0;
	scan(&s, "d/tmpfs");
	ck_assert_str_eq(s.text, "d/tmpfs/file\n");
}
END_TEST

static const struct {
	const char *path;
	bool barren, lists;
} file_systems[] = {
	{"/proc", true, false},	 {"/proc/self", true, false},
	{"/sys", true, false},	 {".", false, true}, /* tmpfs */
	{"ramfs", false, false},
};

START_TEST(file_system)
{
	const struct scan_fs *fs;
	int fd;

	enter_dir();
	make_dir("ramfs");
	ck_assert_int_eq(mount("none", "ramfs", "ramfs", 0, NULL), 0);
	fd = open(file_systems[_i].path, O_PATH | O_CLOEXEC);
	fs = scan_fs_of(fd);
	ck_assert_int_eq(fs->barren, file_systems[_i].barren);
	ck_assert_int_eq(fs->lists, file_systems[_i].lists);
	ck_assert(!fs->overlay);
	ck_assert_ptr_nonnull(scan_fs_of(-1));
}
END_TEST

/* --------------------------- while it is being read ---------------------- */

static void remove_others(const struct scan_record *r)
{
	char path[64];

	for (char c = 'a'; c <= 'z'; c++) {
		snprintf(path, sizeof(path), "d/%c", c);
		if (strcmp(path, r->path) != 0)
			unlink(path);
	}
}

START_TEST(vanished)
{
	struct scanned s = {.meanwhile = remove_others};
	char path[64];

	enter_dir();
	make_dir("d");
	for (char c = 'a'; c <= 'z'; c++) {
		snprintf(path, sizeof(path), "d/%c", c);
		make_file(path);
	}
	scan(&s, "d");
	ck_assert_int_eq(s.result, 0);
	ck_assert_uint_eq(s.records, 1);
	ck_assert_uint_eq(s.totals.vanished, 25);
	ck_assert_uint_eq(s.totals.entries, 2);
}
END_TEST

/* The record of a directory comes before it is entered. */
static void remove_directory(const struct scan_record *r)
{
	ck_assert_int_eq(rmdir(r->path), 0);
}

static void replace_by_link(const struct scan_record *r)
{
	remove_directory(r);
	ck_assert_int_eq(symlink("../outside", r->path), 0);
}

static void replace_by_fifo(const struct scan_record *r)
{
	remove_directory(r);
	ck_assert_int_eq(mkfifo(r->path, 0644), 0);
}

static const struct {
	void (*meanwhile)(const struct scan_record *r);
	unsigned vanished, unread;
} replacements[] = {
	{remove_directory, 1, 0},
	{replace_by_link, 0, 1},
	{replace_by_fifo, 0, 1},
};

static void replace_once(const struct scan_record *r)
{
	if (r->what == SCAN_ENTRY)
		replacements[atoi(getenv("REPLACEMENT"))].meanwhile(r);
}

START_TEST(replaced)
{
	struct scanned s = {
		.print = print_outcome,
		.meanwhile = replace_once,
	};
	char number[8];

	snprintf(number, sizeof(number), "%d", _i);
	setenv("REPLACEMENT", number, 1);
	enter_dir();
	make_dir("outside");
	make_file("outside/file");
	make_dir("d");
	make_dir("d/sub");
	plant("d/sub");
	scan(&s, "d");
	ck_assert_uint_eq(s.totals.vanished, replacements[_i].vanished);
	ck_assert_uint_eq(s.records, 1 + replacements[_i].unread);
	ck_assert_ptr_null(strstr(s.text, "file"));
}
END_TEST

/* ------------------------------- deep and wide --------------------------- */

/* Each level has a directory before and after the one that goes on, and a file
 * with the attribute. */
static void dig(int levels)
{
	int start = open(".", O_PATH | O_CLOEXEC);

	make_dir("top");
	ck_assert_int_eq(chdir("top"), 0);
	for (int i = 0; i < levels; i++) {
		make_dir("a");
		make_dir("down");
		make_dir("z");
		make_file("file");
		make_file("z/file");
		ck_assert_int_eq(chdir("down"), 0);
	}
	ck_assert_int_eq(fchdir(start), 0);
	close(start);
}

static int most_descriptors;

static void count_descriptors(const struct scan_record *r)
{
	int count = open_descriptors();

	(void)r;
	if (count > most_descriptors)
		most_descriptors = count;
}

START_TEST(deep)
{
	struct scanned s = {.meanwhile = count_descriptors};

	enter_dir();
	dig(500);
	scan(&s, "top");
	ck_assert_int_eq(s.result, 0);
	ck_assert_uint_eq(s.records, 1000);
	ck_assert_uint_eq(s.totals.entries, 1 + 5 * 500);
	ck_assert_int_le(most_descriptors, 80);
}
END_TEST

START_TEST(deep_with_few_descriptors)
{
	const struct rlimit few = {80, 80};
	struct scanned s = {0};

	enter_dir();
	dig(500);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	scan(&s, "top");
	ck_assert_uint_eq(s.records, 1000);
}
END_TEST

/* A directory far down is moved elsewhere while what is below it is read. */
static void move_away(const struct scan_record *r)
{
	static bool moved;
	char from[4096] = "top";

	if (moved || !strstr(r->path, "bottom"))
		return;
	moved = true;
	for (int i = 0; i < 80; i++)
		strcat(from, "/down");
	ck_assert_int_eq(rename(from, "outside/moved"), 0);
}

static bool led_outside, told;

static void watch(const struct scan_record *r)
{
	if (strstr(r->rel, "secret"))
		led_outside = true;
	if (r->what == SCAN_UNREAD && r->error == ESTALE)
		told = true;
	move_away(r);
}

START_TEST(moved_away)
{
	struct scanned s = {.meanwhile = watch};
	char path[4096] = "top";

	enter_dir();
	dig(100);
	make_dir("outside");
	make_file("outside/secret");
	make_dir("outside/z");
	make_file("outside/z/secret");
	for (int i = 0; i < 100; i++)
		strcat(path, "/down");
	strcat(path, "/bottom");
	make_file(path);
	scan(&s, "top");
	ck_assert(told);
	ck_assert(!led_outside);
}
END_TEST

/* More than one piece of a directory, files and directories mixed. */
START_TEST(wide)
{
	struct scanned s = {.options = {.all = true}};
	char path[128];

	enter_dir();
	make_dir("d");
	for (int i = 0; i < 12000; i++) {
		snprintf(path, sizeof(path), "d/%080d", i);
		if (i % 100)
			sandbox_write(path, "", 0);
		else
			make_dir(path);
		if (i % 1000 == 0) {
			strcat(path, "/file");
			make_file(path);
		}
	}
	scan(&s, "d");
	ck_assert_uint_eq(s.records, 1 + 12000 + 12);
	ck_assert_uint_eq(s.totals.entries, 1 + 12000 + 12);
	s = (struct scanned){0};
	scan(&s, "d");
	ck_assert_uint_eq(s.records, 12);
}
END_TEST

/* ---------------------------------- stopping ----------------------------- */

struct stopper {
	unsigned after, seen;
	int answer;
};

static int stop_after(void *ctx, const struct scan_record *r)
{
	struct stopper *stopper = ctx;

	(void)r;
	return ++stopper->seen == stopper->after ? stopper->answer : 0;
}

START_TEST(stopped)
{
	static const char *const args[] = {"top", "file:top/file",
					   "getfattr:dump", "missing"};
	static const int answers[] = {1, -ENOMEM, -1, 42};
	const char *arg = args[_i / (int)ROWS(answers)];
	struct stopper stopper = {.after = 1,
				  .answer = answers[_i % (int)ROWS(answers)]};
	const struct scan_options options = {.all = true};
	struct scan_totals totals = {0};
	struct scan_input in;
	const char *why;
	int before = open_descriptors();

	enter_dir();
	dig(100);
	sandbox_write("dump",
		      "# file: a\nsecurity.capability=0x00\n"
		      "security.capability=0x00\n",
		      60);
	ck_assert_int_eq(scan_input(arg, &in, &why), 0);
	ck_assert_int_eq(scan_run(&in, &options, &totals, stop_after, &stopper),
			 stopper.answer);
	ck_assert_uint_eq(stopper.seen, 1);
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

/* At every record of a deep tree */
START_TEST(stopped_anywhere)
{
	const struct scan_options options = {.all = true};
	struct scan_totals totals = {0};
	struct scan_input in;
	const char *why;
	int before = open_descriptors();

	enter_dir();
	dig(80);
	ck_assert_int_eq(scan_input("top", &in, &why), 0);
	for (unsigned after = 1; after <= 1 + 5 * 80; after++) {
		struct stopper stopper = {.after = after, .answer = 7};

		expect(scan_run(&in, &options, &totals, stop_after, &stopper) ==
				       7 &&
			       stopper.seen == after,
		       "after %u", after);
	}
	ck_assert_int_eq(open_descriptors(), before);
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
	say(s, "%s %s %zu\n", r->path, r->rel, r->size);
}

START_TEST(dump)
{
	static const char text[] = "# file: ./a\n"
				   "security.capability=0x00\n\n"
				   "# file: /b\\012c\n"
				   "security.capability=0s\n\n"
				   "# file: none\n";
	struct scanned s = {.print = print_stored};

	enter_dir();
	sandbox_write("dump", text, strlen(text));
	scan(&s, "getfattr:dump");
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

	enter_dir();
	sandbox_write("dump", text, strlen(text));
	scan(&s, "getfattr:dump");
	ck_assert_int_eq(s.result, 0);
	ck_assert_uint_eq(s.records, 1);
}
END_TEST

/* ----------------------------------- main -------------------------------- */

static Suite *live_suite(void)
{
	const struct {
		const TTest *test;
		size_t rows;
	} tests[] = {
		{path_of_argument, ROWS(named)},
		{path_of_absolute_argument, 1},
		{path_from_elsewhere, ROWS(from_elsewhere)},
		{path_of_root, 1},
		{every_type, 1},
		{all_entries, 1},
		{single_file, 6},
		{totals_add_up, 1},
		{unread_input, ROWS(unread)},
		{unread_directories, 1},
		{left_out, 1},
		{one_file_system, 1},
		{file_system, ROWS(file_systems)},
		{vanished, 1},
		{replaced, ROWS(replacements)},
		{deep, 1},
		{deep_with_few_descriptors, 1},
		{moved_away, 1},
		{wide, 1},
		{stopped, 16},
		{stopped_anywhere, 1},
		{dump, 1},
		{bad_dump, 1},
	};
	Suite *suite = suite_create("scan, live");

	for (size_t i = 0; i < ROWS(tests); i++)
		suite_add(suite, tests[i].test, tests[i].rows);
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
