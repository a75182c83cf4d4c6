/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of coverage that all processes of a program share: what is counted
 * by one that was closed or killed, the first one writes. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* From counters.ld. */
extern char counters_begin[], counters_end[];

/* What _exit(2) is, and what is called in its place. */
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

void __gcov_dump(void);

/* True in the first process, and gone in all others. */
static bool *first;

/* What other users run is counted in the same files. */
_Noreturn void __wrap__exit(int status)
{
	if (*first) {
		umask(0);
		__gcov_dump();
	}
	__real__exit(status);
}

/* Whoever writes counters adds what is in their files already: it must be one
 * process that does, or what all share is multiplied. */
static void leave(int status, void *unused)
{
	(void)unused;
	if (*first) {
		umask(0);
		return;
	}
	fflush(NULL);
	__real__exit(status);
}

static void give_up(void)
{
	fputs("counters of coverage cannot be shared\n", stderr);
	abort();
}

static void *map(void *at, size_t size, int flags)
{
	void *map = mmap(at, size, PROT_READ | PROT_WRITE,
			 MAP_ANONYMOUS | flags, -1, 0);

	if (map == MAP_FAILED)
		give_up();
	return map;
}

static void be_first(void)
{
	first = map(NULL, sizeof(*first), MAP_PRIVATE);
	if (madvise(first, sizeof(*first), MADV_WIPEONFORK) != 0 ||
	    on_exit(leave, NULL) != 0)
		give_up();
	*first = true;
}

/* Without -fdata-sections no counters are there, and no memory of that size. */
__attribute__((constructor)) static void share(void)
{
	const size_t size = (size_t)(counters_end - counters_begin);
	void *so_far = map(NULL, size, MAP_PRIVATE);

	memcpy(so_far, counters_begin, size);
	map(counters_begin, size, MAP_SHARED | MAP_FIXED);
	memcpy(counters_begin, so_far, size);
	munmap(so_far, size);
	be_first();
}
