/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To be preloaded: one allocation fails, of all that the program, its libraries
 * and its children make from the start of main() on.
 *
 * FAILING_FD is a descriptor of a file that holds a struct failing, which all
 * of these processes share; FAILING_TRACE=1: where it failed, on standard error.
 */
#include "tests/faults/failing.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct failing *failing;
static bool tell;

/* What stands behind this library: those of libc, or of a sanitizer. */
static void *behind(void **function, const char *name)
{
	if (!*function)
		*function = dlsym(RTLD_NEXT, name);
	return *function;
}

__attribute__((constructor)) static void begin(void)
{
	const char *fd = getenv("FAILING_FD");
	void *room;

	tell = getenv("FAILING_TRACE") != NULL;
	if (!fd)
		return;
	room = mmap(NULL, sizeof(*failing), PROT_READ | PROT_WRITE, MAP_SHARED,
		    atoi(fd), 0);
	close(atoi(fd));
	unsetenv("FAILING_FD");
	unsetenv("LD_PRELOAD");
	if (room != MAP_FAILED)
		failing = room;
}

static void show(void)
{
	void *frame[40];
	int count;

	tell = false; /* it allocates, too */
	count = backtrace(frame, 40);
	backtrace_symbols_fd(frame, count, STDERR_FILENO);
}

/* Does this one fail? */
static bool fails(void)
{
	if (!failing || __atomic_add_fetch(&failing->count, 1,
					   __ATOMIC_RELAXED) != failing->at)
		return false;
	if (tell)
		show();
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	static void *next;

	return fails() ? NULL
		       : ((void *(*)(size_t))behind(&next, "malloc"))(size);
}

void *calloc(size_t count, size_t size)
{
	static void *next;

	return fails() ? NULL
		       : ((void *(*)(size_t, size_t))behind(&next, "calloc"))(
				 count, size);
}

void *realloc(void *old, size_t size)
{
	static void *next;

	return fails() ? NULL
		       : ((void *(*)(void *, size_t))behind(&next, "realloc"))(
				 old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	static void *next;

	return fails() ? NULL
		       : ((void *(*)(size_t, size_t))behind(
				 &next, "aligned_alloc"))(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
	return aligned_alloc(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	static void *next;

	return fails() ? ENOMEM
		       : ((int (*)(void **, size_t, size_t))behind(
				 &next, "posix_memalign"))(memory, alignment,
							   size);
}

/* A sanitizer's would not ask malloc(). */
char *strndup(const char *text, size_t most)
{
	size_t size = strnlen(text, most);
	char *copy = malloc(size + 1);

	if (!copy)
		return NULL;
	copy[size] = '\0';
	return memcpy(copy, text, size);
}

char *strdup(const char *text)
{
	return strndup(text, strlen(text));
}
