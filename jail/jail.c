/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that has nothing but a few descriptors: begun, closed, waited for. */
#include "jail/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A sanitizer has terabytes of address space for itself, and something to say
 * where it finds something. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* -------------------------------- closing -------------------------------- */

static int drop_capabilities(void)
{
	cap_t none = cap_init();
	int error = !none || cap_set_proc(none) ? -errno : 0;

	cap_free(none);
	return error;
}

/* What the process has by now: threads that are gone leave their heaps. */
static uint64_t address_space(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;

	if (file && fscanf(file, "%llu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Where less was allowed to begin with, it stays at that: without privilege no
 * limit can be raised. */
static int bound_address_space(rlim_t most)
{
	struct rlimit memory;

	if (getrlimit(RLIMIT_AS, &memory))
		return -errno;
	if (memory.rlim_max > most)
		memory.rlim_max = most;
	if (memory.rlim_cur > most)
		memory.rlim_cur = most;
	return setrlimit(RLIMIT_AS, &memory) ? -errno : 0;
}

static int bound_memory(uint64_t size)
{
	const uint64_t most = address_space() + (size ? size : JAIL_MEMORY);
	const struct rlimit core = {0, 0};

	if (setrlimit(RLIMIT_CORE, &core))
		return -errno;
	return SANITIZED ? 0 : bound_address_space(most);
}

/* struct ruleset - struct landlock_ruleset_attr as later kernels have it */
struct ruleset {
	uint64_t files, net, scoped;
};

/* What each version of landlock can deny, all of it. */
static size_t all_denied(long version, struct ruleset *r)
{
	static const unsigned file_rights[] = {0, 13, 14, 15, 15, 16};
	const long known = sizeof(file_rights) / sizeof(file_rights[0]) - 1;
	unsigned rights = file_rights[version < known ? version : known];

	*r = (struct ruleset){
		.files = (UINT64_C(1) << rights) - 1,
		.net = 3,    /* bind and connect TCP */
		.scoped = 3, /* abstract sockets, signals */
	};
	if (version < 4)
		return sizeof(r->files);
	return version < 6 ? sizeof(r->files) + sizeof(r->net) : sizeof(*r);
}

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

static int allow_below(int ruleset, const struct jail_directory *d,
		       uint64_t all)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = (d->writes ? all : READS) &
				  ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE,
		.parent_fd = d->fd,
	};

	return syscall(SYS_landlock_add_rule, ruleset,
		       LANDLOCK_RULE_PATH_BENEATH, &rule, 0)
		       ? -errno
		       : 0;
}

static int deny_files(const struct jail_with *with, unsigned *lacks)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset r;
	int fd, error = 0;

	if (version <= 0) {
		*lacks |= JAIL_NO_LANDLOCK;
		return 0;
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &r,
			  all_denied(version, &r), 0);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; !error && i < with->directories; i++)
		error = allow_below(fd, &with->directory[i], r.files);
	if (!error && syscall(SYS_landlock_restrict_self, fd, 0))
		error = -errno;
	close(fd);
	return error;
}

#ifndef HAVE_SECCOMP
int jail_deny_calls(bool directories)
{
	(void)directories;
	return -ENOSYS;
}
#endif

/* A kernel without filters says EINVAL, or knows no such call; a filter that
 * somebody else has put there may deny it. */
static int deny_calls(bool directories, unsigned *lacks)
{
	int error = jail_deny_calls(directories);

	if (error != -ENOSYS && error != -EINVAL && error != -EPERM)
		return error;
	*lacks |= JAIL_NO_SECCOMP;
	return 0;
}

int jail_close(const struct jail_with *with, unsigned *lacks)
{
	int error = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;

	*lacks = 0;
	if (!error)
		error = bound_memory(with->memory);
	if (!error)
		error = drop_capabilities();
	if (!error)
		error = deny_files(with, lacks);
	return error ? error : deny_calls(with->directories > 0, lacks);
}

/* ------------------------------- the process ----------------------------- */

static int close_range_of(unsigned from, unsigned to)
{
	if (from > to || syscall(SYS_close_range, from, to, 0) == 0)
		return 0;
	return -errno;
}

static int by_number(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* struct kept - the descriptors that the process has, in order */
struct kept {
	int fd[JAIL_KEPT + 2];
	size_t count;
};

/* Standard error stays for a sanitizer besides. */
static void sort_kept(struct kept *k, const struct jail_with *with, int end)
{
	memcpy(k->fd, with->keep, with->kept * sizeof(*with->keep));
	k->count = with->kept;
	k->fd[k->count++] = end;
	if (SANITIZED)
		k->fd[k->count++] = STDERR_FILENO;
	qsort(k->fd, k->count, sizeof(*k->fd), by_number);
}

static int close_others(const struct kept *k)
{
	unsigned from = 0;
	int error = 0;

	for (size_t i = 0; !error && i < k->count; i++) {
		unsigned fd = (unsigned)k->fd[i];

		if (fd > from)
			error = close_range_of(from, fd - 1);
		from = fd + 1;
	}
	return error ? error : close_range_of(from, ~0u);
}

static _Noreturn void be_inside(const struct jail_with *with,
				const struct kept *k, int end, jail_work *work,
				void *ctx)
{
	int error = prctl(PR_SET_PDEATHSIG, SIGKILL) ? -errno : 0;
	unsigned lacks = 0;

	if (!error)
		error = close_others(k);
	if (!error && !with->open)
		error = jail_close(with, &lacks);
	_exit(error ? JAIL_NOT_CLOSED : work(ctx, end, lacks) != 0);
}

int jail_start(struct jail *jail, const struct jail_with *with, jail_work *work,
	       void *ctx)
{
	int end[2], error;
	struct kept k;

	if (with->kept > JAIL_KEPT)
		return -EINVAL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end))
		return -errno;
	sort_kept(&k, with, end[1]);
	fflush(NULL);
	jail->pid = fork();
	error = -errno;
	if (jail->pid == 0)
		be_inside(with, &k, end[1], work, ctx);
	close(end[1]);
	if (jail->pid < 0) {
		close(end[0]);
		return error;
	}
	jail->fd = end[0];
	return 0;
}

int jail_end(struct jail *jail, char why[JAIL_WHY_SIZE])
{
	int status = 0;
	pid_t pid;

	/* Whoever still writes gets SIGPIPE. */
	if (jail->fd >= 0)
		close(jail->fd);
	do
		pid = waitpid(jail->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	if (pid == jail->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (pid == jail->pid && WIFSIGNALED(status))
		snprintf(why, JAIL_WHY_SIZE,
			 "the process that reads it was ended by signal %d "
			 "(%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (pid == jail->pid && WEXITSTATUS(status) == JAIL_NOT_CLOSED)
		snprintf(why, JAIL_WHY_SIZE,
			 "the process that is to read it could not be closed "
			 "(no_new_privs, landlock, seccomp)");
	else
		snprintf(why, JAIL_WHY_SIZE,
			 "the process that reads it did not get to its end");
	return -EIO;
}
