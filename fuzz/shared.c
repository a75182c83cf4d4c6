/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives in memory, and what is in them. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void must_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: must be: %s\n", file, line, what);
	abort();
}

/* A pipe that has room for all of it, so that nobody needs to wait. */
int memory_pipe(const void *data, size_t size)
{
	int fds[2];

	must(pipe(fds) == 0);
	must(fcntl(fds[1], F_SETPIPE_SZ, FUZZ_MAX) >= FUZZ_MAX);
	must(write(fds[1], data, size) == (ssize_t)size);
	close(fds[1]);
	return fds[0];
}

int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	must(fd >= 0);
	must(write(fd, data, size) == (ssize_t)size);
	must(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

void fd_path(int fd, char path[FD_PATH_SIZE])
{
	snprintf(path, FD_PATH_SIZE, "/proc/self/fd/%d", fd);
}

uint64_t take_number(struct take *take, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size && take->size; i++, take->size--)
		number |= (uint64_t)*take->data++ << 8 * i;
	return number;
}

char *take_text(struct take *take)
{
	size_t size = strnlen((const char *)take->data, take->size);
	char *text = strndup((const char *)take->data, size);

	must(text);
	size += size < take->size;
	take->data += size;
	take->size -= size;
	return text;
}

void archive_in_open(struct archive_in *a, const uint8_t *data, size_t size,
		     bool piped)
{
	a->fd = piped ? memory_pipe(data, size) : memory_file(data, size);
	must(in_fd(&a->in, a->fd, 0, UINT64_MAX) == 0);
	must(tar_open(&a->tar, a->in) == 0);
}

void archive_in_close(struct archive_in *a)
{
	tar_close(a->tar);
	in_close(a->in);
	close(a->fd);
}

void text_add(struct text *t, const void *bytes, size_t size)
{
	if (t->size + size > t->room) {
		t->room = 2 * (t->size + size);
		t->bytes = realloc(t->bytes, t->room);
		must(t->bytes);
	}
	if (size)
		memcpy(t->bytes + t->size, bytes, size);
	t->size += size;
}

bool text_equal(const struct text *a, const struct text *b)
{
	return a->size == b->size &&
	       (!a->size || memcmp(a->bytes, b->bytes, a->size) == 0);
}

void describe_entry(struct text *t, const struct tar_member *m)
{
	uint32_t uid = 0, gid = 0;

	if (!m->stray)
		tar_owner(m, &uid, &gid);

	uint64_t numbers[] = {m->stray, (uint8_t)m->type, m->mode, uid,
			      gid,	m->body};

	text_add(t, numbers, sizeof(numbers));
	if (m->stray)
		return;
	text_add(t, m->path, strlen(m->path) + 1);
	text_add(t, m->link, strlen(m->link) + 1);
}

void describe(struct text *t, const struct tar_member *m)
{
	describe_entry(t, m);
	text_add(t, m->head, m->head_size);
	for (size_t i = 0; i < m->copies; i++) {
		const struct tar_copy *c = &m->copy[i];
		uint64_t numbers[] = {(uint8_t)c->in, c->base64,
				      c->broken,      c->earlier,
				      c->at,	      c->size,
				      c->applied,     c->size_of_record};

		text_add(t, numbers, sizeof(numbers));
		text_add(t, c->value, c->size);
	}
}
