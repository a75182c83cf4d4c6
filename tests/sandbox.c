/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scratch file systems, other users and other namespaces, for tests as root. */
#include "sandbox.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char scratch[PATH_MAX];
static pid_t owner;

void sandbox_die(const char *format, ...)
{
	va_list args;

	fputs("sandbox: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	if (getpid() == owner)
		exit(1);
	_exit(1);
}

static void must(int result, const char *what)
{
	if (result < 0)
		sandbox_die("%s: %s", what, strerror(errno));
}

/* --------------------------------- entering ------------------------------ */

static void skip(const char *suite, const char *format, const char *detail)
{
	char reason[256];

	snprintf(reason, sizeof(reason), format, detail);
	suite_skip(suite, reason);
	printf("100%%: Checks: 0, Failures: 0, Errors: 0\n");
	exit(0);
}

static bool is_installed(const char *tool)
{
	char *path = strdup(getenv("PATH")), *rest = path, *dir;
	char candidate[PATH_MAX];
	bool found = false;

	while (!found && (dir = strsep(&rest, ":"))) {
		snprintf(candidate, sizeof(candidate), "%s/%s", dir, tool);
		found = access(candidate, X_OK) == 0;
	}
	free(path);
	return found;
}

/* Root of a user namespace may be anybody, and cannot mount images. */
static bool is_real_root(void)
{
	FILE *map = fopen("/proc/self/uid_map", "re");
	unsigned inside, outside, count;
	int n = map ? fscanf(map, "%u %u %u", &inside, &outside, &count) : 0;

	if (map)
		fclose(map);
	return geteuid() == 0 && n == 3 && inside == 0 && outside == 0 &&
	       count == UINT_MAX;
}

/* The tools of file systems are not in everybody's search path. */
static void widen_path(void)
{
	const char *path = getenv("PATH");
	char wider[PATH_MAX];

	snprintf(wider, sizeof(wider), "%s:/usr/sbin:/sbin",
		 path ? path : "/usr/bin:/bin");
	setenv("PATH", wider, 1);
}

/* Processes of tests end here too, and leave it to the first one. */
static void leave(void)
{
	if (getpid() != owner)
		return;
	if (chdir("/") != 0 || umount2(scratch, MNT_DETACH) != 0 ||
	    rmdir(scratch) != 0)
		perror(scratch);
}

/*
 * A test may be killed. Its mounts then go away by themselves, but not the
 * directory: that is for a process that waits until all others have gone, and
 * with them the last writer of a pipe.
 */
static void leave_janitor(void)
{
	int ends[2];
	pid_t janitor;
	char byte;

	must(pipe2(ends, O_CLOEXEC), "pipe");
	fflush(NULL);
	janitor = fork();
	must(janitor, "fork");
	if (janitor != 0) {
		close(ends[0]);
		return;
	}
	setsid();
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	close(ends[1]);
	while (read(ends[0], &byte, 1) != 0)
		continue;
	rmdir(scratch);
	_exit(0);
}

/* TMPDIR may be of the kind that root has for itself. */
static bool is_public(const char *dir)
{
	char path[PATH_MAX];
	struct stat st;

	if (!realpath(dir, path))
		return false;
	while (*path) {
		if (stat(path, &st) != 0 || !(st.st_mode & S_IXOTH))
			return false;
		*strrchr(path, '/') = '\0';
	}
	return true;
}

static void make_scratch(void)
{
	const char *parent = getenv("TMPDIR");

	snprintf(scratch, sizeof(scratch), "%s/vfscap.XXXXXX",
		 parent && is_public(parent) ? parent : "/tmp");
	if (!mkdtemp(scratch))
		sandbox_die("%s: %s", scratch, strerror(errno));
	leave_janitor();
}

static void mount_scratch(void)
{
	must(mount("none", scratch, "tmpfs", 0, "mode=755"), "tmpfs");
	owner = getpid();
	atexit(leave);
	must(chdir(scratch), scratch);
}

void sandbox_enter(const char *suite, const char *const tools[])
{
	widen_path();
	umask(022);
	setenv("CK_FORK", "yes", 1);
	if (!is_real_root())
		skip(suite, "it needs %s", "root");
	for (size_t i = 0; tools[i]; i++)
		if (!is_installed(tools[i]))
			skip(suite, "%s is not installed", tools[i]);
	make_scratch();
	if (unshare(CLONE_NEWNS) != 0)
		skip(suite, "no mount namespace: %s", strerror(errno));
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "MS_PRIVATE");
	mount_scratch();
}

/* -------------------------------- commands ------------------------------- */

static void read_all(int fd, char *buf, size_t size)
{
	size_t used = 0;
	ssize_t n;
	char rest[512];

	while ((n = read(fd, buf + used, size - 1 - used)) > 0)
		used += (size_t)n;
	buf[used] = '\0';
	while (read(fd, rest, sizeof(rest)) > 0)
		continue;
	close(fd);
}

static void exec_command(char *const argv[], int out)
{
	int null = open("/dev/null", O_RDONLY);

	if (dup2(null, 0) == 0 && dup2(out, 1) == 1 && dup2(out, 2) == 2)
		execvp(argv[0], argv);
	_exit(127);
}

static void run_command(char *const argv[], char *out, size_t size)
{
	int ends[2], status;
	pid_t child;

	must(pipe2(ends, O_CLOEXEC), "pipe");
	fflush(NULL);
	child = fork();
	must(child, "fork");
	if (child == 0)
		exec_command(argv, ends[1]);
	close(ends[1]);
	read_all(ends[0], out, size);
	must(waitpid(child, &status, 0), "waitpid");
	if (status != 0)
		sandbox_die("%s: status %#x: %s", argv[0], status, out);
}

const char *sandbox_run(const char *command, ...)
{
	static char out[65536];
	const char *argv[32] = {command};
	size_t argc = 1;
	va_list args;

	va_start(args, command);
	while (argc < 31 && (argv[argc] = va_arg(args, const char *)))
		argc++;
	va_end(args);
	run_command((char *const *)argv, out, sizeof(out));
	return out;
}

const char *sandbox_helper(const char *name)
{
	static char path[PATH_MAX];
	char self[PATH_MAX] = "";

	must((int)readlink("/proc/self/exe", self, sizeof(self) - 1),
	     "/proc/self/exe");
	*strrchr(self, '/') = '\0';
	if (snprintf(path, sizeof(path), "%s/helper_%s", self, name) >=
		    PATH_MAX ||
	    access(path, X_OK) != 0)
		sandbox_die("%s: %s; `make tests` makes it", path,
			    strerror(errno));
	return path;
}

void sandbox_write(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	must(fd, path);
	if (write(fd, bytes, size) != (ssize_t)size)
		sandbox_die("%s: not written", path);
	close(fd);
}

void sandbox_copy(const char *from, const char *to)
{
	sandbox_run("cp", from, to, NULL);
	must(chmod(to, 0755), to);
}

/* ------------------------------ file systems ----------------------------- */

static void make_dir(const char *dir)
{
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		must(-1, dir);
}

void sandbox_tmpfs(const char *dir)
{
	make_dir(dir);
	must(mount("none", dir, "tmpfs", 0, "mode=755"), dir);
}

void sandbox_mkfs(const char *image, const char *size, const char *from)
{
	make_dir("empty");
	sandbox_run("mke2fs", "-q", "-F", "-t", "ext4", "-I", "256", "-O",
		    "^has_journal", "-d", from ? from : "empty", image, size,
		    NULL);
}

/* mount(8) asks for a loop device that detaches itself. */
void sandbox_loop(const char *image, const char *dir, const char *options)
{
	char all[64];

	make_dir(dir);
	snprintf(all, sizeof(all), "loop,%s", options);
	sandbox_run("mount", "-o", all, image, dir, NULL);
}

void sandbox_overlay(const char *lower, const char *dir)
{
	char options[PATH_MAX + 32];

	make_dir("empty");
	make_dir(dir);
	snprintf(options, sizeof(options), "lowerdir=%s:empty", lower);
	must(mount("none", dir, "overlay", MS_RDONLY, options), dir);
}

void sandbox_umount(const char *dir)
{
	must(umount2(dir, 0), dir);
}

/* ---------------------------- other processes ---------------------------- */

static void write_map(pid_t pid, const char *file, const char *map)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd, path);
	must((int)write(fd, map, strlen(map)), path);
	close(fd);
}

static void await(int fd, const char *whom)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		sandbox_die("the %s has gone", whom);
}

/*
 * Without its mark of being dumpable, /proc/PID would belong to an id that the
 * namespace does not map, and nobody could write the maps.
 */
static void new_namespace(int parent)
{
	must(unshare(CLONE_NEWUSER), "CLONE_NEWUSER");
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "PR_SET_DUMPABLE");
	must((int)write(parent, "", 1), "parent");
	await(parent, "parent");
}

/* The kernel takes all capabilities from a root that becomes another user. */
static void become(const struct sandbox_who *who, int parent)
{
	if (who->map)
		new_namespace(parent);
	must(setgroups(0, NULL), "setgroups");
	must(setresgid(who->gid, who->gid, who->gid), "setresgid");
	must(setresuid(0, 0, 0), "setresuid");
	must(setresuid(who->uid, who->uid, who->uid), "setresuid");
}

void sandbox_as(const struct sandbox_who *who, void (*run)(void *), void *arg)
{
	int ends[2], status;
	pid_t child;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
	     "socketpair");
	fflush(NULL);
	child = fork();
	must(child, "fork");
	if (child == 0) {
		close(ends[0]);
		become(who, ends[1]);
		close(ends[1]);
		run(arg);
		_exit(0);
	}
	close(ends[1]);
	if (who->map) {
		await(ends[0], "child");
		write_map(child, "uid_map", who->map);
		write_map(child, "gid_map", who->map);
		must((int)write(ends[0], "", 1), "child");
	}
	must(waitpid(child, &status, 0), "waitpid");
	close(ends[0]);
	if (status != 0)
		sandbox_die("a child ended with status %#x", status);
}

void *sandbox_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		must(-1, "mmap");
	return memory;
}

void sandbox_deny_calls(unsigned first, unsigned last, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0),
	     "seccomp");
}
