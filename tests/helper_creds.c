/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that prints, in one line, what execve(2) made of its credentials.
 *
 *	helper_creds [run PROGRAM...]
 *
 * Then each of the programs, in a process of its own with the same credentials;
 * for one that cannot be executed, the reason.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Asked bit by bit, for want of /proc; what the kernel does not know is 0. */
static uint64_t probe(int option, unsigned long arg)
{
	uint64_t set = 0;

	for (unsigned long cap = 0; cap < 64; cap++) {
		unsigned long first = arg ? arg : cap;
		unsigned long second = arg ? cap : 0;

		if (prctl(option, first, second, 0, 0) == 1)
			set |= UINT64_C(1) << cap;
	}
	return set;
}

static uint64_t wide(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

static void print_ids(void)
{
	unsigned r, e, s;

	if (getresuid(&r, &e, &s) == 0)
		printf("Uid=%u/%u/%u", r, e, s);
	if (getresgid(&r, &e, &s) == 0)
		printf(" Gid=%u/%u/%u", r, e, s);
}

static int print_sets(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3,
						  0};
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &header, d) != 0)
		return -1;
	printf(" CapInh=%016" PRIx64 " CapPrm=%016" PRIx64 " CapEff=%016" PRIx64
	       " CapBnd=%016" PRIx64 " CapAmb=%016" PRIx64,
	       wide(d[0].inheritable, d[1].inheritable),
	       wide(d[0].permitted, d[1].permitted),
	       wide(d[0].effective, d[1].effective), probe(PR_CAPBSET_READ, 0),
	       probe(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET));
	return 0;
}

static int run(const char *program)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execl(program, program, (char *)NULL);
		printf("%s: %s\n", program, strerror(errno));
		fflush(stdout);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

int main(int argc, char **argv)
{
	int error = 0;

	print_ids();
	if (print_sets() != 0)
		return 1;
	printf(" NoNewPrivs=%d AT_SECURE=%lu\n",
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), getauxval(AT_SECURE));
	fflush(stdout);
	/* As an interpreter it has arguments too, its own name among them. */
	if (argc > 1 && strcmp(argv[1], "run") == 0)
		for (int i = 2; i < argc && !error; i++)
			error = run(argv[i]);
	return error != 0;
}
