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
static int open_pipe(const uint8_t *data, size_t size)
{
	int fds[2];

	must(pipe(fds) == 0);
	must(fcntl(fds[1], F_SETPIPE_SZ, FUZZ_MAX) >= FUZZ_MAX);
	must(write(fds[1], data, size) == (ssize_t)size);
	close(fds[1]);
	return fds[0];
}

static int open_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);

	must(fd >= 0);
	must(write(fd, data, size) == (ssize_t)size);
	return fd;
}

void archive_in_open(struct archive_in *a, const uint8_t *data, size_t size,
		     bool piped)
{
	a->fd = piped ? open_pipe(data, size) : open_file(data, size);
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
