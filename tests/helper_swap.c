/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exchanges names with each other, as fast as it can, until it is killed: a
 * directory with a link, a file with another. What each name means is changed
 * between any two calls of whoever looks at it.
 *
 *	helper_swap SECONDS NAME OTHER [NAME OTHER...]
 *
 * The last of all names is given to another owner and back in between. It
 * prints how many exchanges there were.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t over;

static void stop(int signal)
{
	(void)signal;
	over = 1;
}

static int swap(const char *a, const char *b)
{
	return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

int main(int argc, char **argv)
{
	unsigned long swaps = 0;

	if (argc < 4 || argc % 2 != 0)
		return 2;
	signal(SIGALRM, stop);
	signal(SIGTERM, stop);
	alarm((unsigned)atoi(argv[1]));
	while (!over) {
		for (int i = 2; i < argc; i += 2) {
			if (swap(argv[i], argv[i + 1]) != 0) {
				perror(argv[i]);
				return 1;
			}
			swaps++;
		}
		if (swaps % 16 < 8)
			fchownat(AT_FDCWD, argv[argc - 1], swaps & 64, 0,
				 AT_SYMLINK_NOFOLLOW);
		/* Now and then long enough for a whole look. */
		if (swaps % 1024 < 8)
			usleep(500);
	}
	printf("%lu\n", swaps);
	return 0;
}
