/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries and blocks through a pipe, from a process that is not trusted. */
#include "disk/inside.h"
#include "jail/jail.h"
#include "stream/stream.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How each message begins. */
enum message { MESSAGE_ENTRY = 'e', MESSAGE_BLOCK = 'b', MESSAGE_END = '.' };

/* struct head - of an entry; its path, reason and value follow */
struct head {
	uint8_t what, has_path, has_reason, has_value, deleted, script;
	uint32_t error, generation, mode, uid, gid, links, partition;
	uint32_t path_size, reason_size, value_size;
	uint64_t inode;
};

/* struct block_head - of a block; what it was and what it is follow */
struct block_head {
	uint64_t at;
	uint32_t size;
};

/** BLOCK_MAX - the largest block of a file system */
#define BLOCK_MAX 65536

/* A reason is a sentence. */
#define REASON_MAX 1024

/* -------------------------------- inside --------------------------------- */

struct sender {
	const struct inside *inside;
	struct out *out;
};

static int put_message(struct sender *s, enum message message, const void *head,
		       size_t size)
{
	uint8_t byte = (uint8_t)message;
	int error = out_write(s->out, &byte, 1);

	return error ? error : out_write(s->out, head, size);
}

static uint32_t size_of(const char *text, size_t most)
{
	size_t size = text ? strlen(text) : 0;

	return (uint32_t)(size < most ? size : most);
}

static int send_entry(void *ctx, const struct disk_entry *e)
{
	struct sender *s = ctx;
	struct head h;
	int error;

	memset(&h, 0, sizeof(h)); /* its gaps go through the pipe too */
	h.what = (uint8_t)e->what;
	h.has_path = e->path != NULL;
	h.has_reason = e->reason != NULL;
	h.has_value = e->value != NULL;
	h.deleted = e->deleted;
	h.script = e->script;
	h.error = (uint32_t)e->error;
	h.generation = e->generation;
	h.mode = e->mode;
	h.uid = e->uid;
	h.gid = e->gid;
	h.links = e->links;
	h.partition = e->partition;
	h.path_size = size_of(e->path, DISK_PATH_MAX);
	h.reason_size = size_of(e->reason, REASON_MAX);
	h.value_size =
		(uint32_t)(e->size < DISK_VALUE_MAX ? e->size : DISK_VALUE_MAX);
	h.inode = e->inode;
	error = put_message(s, MESSAGE_ENTRY, &h, sizeof(h));
	if (!error)
		error = out_write(s->out, e->path, h.path_size);
	if (!error)
		error = out_write(s->out, e->reason, h.reason_size);
	return error ? error : out_write(s->out, e->value, h.value_size);
}

static int send_block(void *ctx, uint64_t at, const uint8_t *old,
		      const uint8_t *new, size_t size)
{
	struct sender *s = ctx;
	struct block_head h;
	int error;

	memset(&h, 0, sizeof(h));
	h.at = at;
	h.size = (uint32_t)size;
	error = put_message(s, MESSAGE_BLOCK, &h, sizeof(h));
	if (!error)
		error = out_write(s->out, old, size);
	return error ? error : out_write(s->out, new, size);
}

/* struct tail - how the work ended */
struct tail {
	int32_t result;
	char why[DISK_WHY_SIZE];
};

static int work_inside(void *ctx, int fd)
{
	struct sender s = {.inside = ctx};
	const struct inside_out out = {
		.entry = send_entry, .block = send_block, .ctx = &s};
	struct tail tail;
	int error = out_fd(&s.out, fd);

	if (error)
		return error;
	memset(&tail, 0, sizeof(tail));
	tail.result = s.inside->work(s.inside->work_ctx, &out, tail.why);
	error = put_message(&s, MESSAGE_END, &tail, sizeof(tail));
	return error ? error : out_finish(s.out);
}

/* -------------------------------- outside -------------------------------- */

/* What is not a message makes the process one that has gone wrong. */
#define BROKEN (-EPROTO)

struct receiver {
	const struct inside *inside;
	struct in *in;
	char *text;	/* the path, then the reason */
	uint8_t *bytes; /* the value, or both blocks */
	bool stopped;	/* what was called has asked for it */
	struct tail tail;
	char *why;
};

static int get(struct receiver *r, void *to, size_t size)
{
	uint8_t *at = to;

	while (size) {
		const uint8_t *data;
		ssize_t n = in_peek(r->in, 1, &data);

		if (n <= 0)
			return BROKEN;
		if ((size_t)n > size)
			n = (ssize_t)size;
		memcpy(at, data, (size_t)n);
		in_consume(r->in, (size_t)n);
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

/* A text of @size bytes that holds no NUL. */
static int get_text(struct receiver *r, char *to, size_t size)
{
	int error = get(r, to, size);

	to[size] = '\0';
	return error || strlen(to) == size ? error : BROKEN;
}

static bool head_right(const struct head *h)
{
	return h->what <= DISK_NOTICE && h->has_path <= 1 &&
	       h->has_reason <= 1 && h->has_value <= 1 && h->deleted <= 1 &&
	       h->script <= 1 && h->error < 4096 &&
	       h->path_size <= DISK_PATH_MAX && h->reason_size <= REASON_MAX &&
	       h->value_size <= DISK_VALUE_MAX && !(h->has_value && h->error);
}

static int get_entry(struct receiver *r)
{
	char *path = r->text, *reason = path + DISK_PATH_MAX + 1;
	struct disk_entry e;
	struct head h;

	if (get(r, &h, sizeof(h)) || !head_right(&h) ||
	    get_text(r, path, h.path_size) ||
	    get_text(r, reason, h.reason_size) ||
	    get(r, r->bytes, h.value_size))
		return BROKEN;
	e = (struct disk_entry){
		.what = h.what,
		.path = h.has_path ? path : NULL,
		.error = (int)h.error,
		.reason = h.has_reason ? reason : NULL,
		.value = h.has_value ? r->bytes : NULL,
		.size = h.value_size,
		.inode = h.inode,
		.generation = h.generation,
		.mode = h.mode,
		.uid = h.uid,
		.gid = h.gid,
		.links = h.links,
		.deleted = h.deleted,
		.script = h.script,
		.partition = h.partition,
	};
	return r->inside->entry(r->inside->ctx, &e);
}

static int get_block(struct receiver *r)
{
	uint8_t *old = r->bytes, *new = old + BLOCK_MAX;
	struct block_head h;

	if (get(r, &h, sizeof(h)) || h.size == 0 || h.size > BLOCK_MAX ||
	    get(r, old, h.size) || get(r, new, h.size))
		return BROKEN;
	return r->inside->block(r->inside->ctx, h.at, old, new, h.size);
}

static int get_message(struct receiver *r, bool *end)
{
	uint8_t message;
	int error;

	if (get(r, &message, 1))
		return BROKEN;
	*end = message == MESSAGE_END;
	if (*end)
		return get(r, &r->tail, sizeof(r->tail));
	if (message == MESSAGE_ENTRY && r->inside->entry)
		error = get_entry(r);
	else if (message == MESSAGE_BLOCK && r->inside->block)
		error = get_block(r);
	else
		error = BROKEN;
	r->stopped = error && error != BROKEN;
	return error;
}

static int receive(struct receiver *r, int fd)
{
	bool end = false;
	int error = in_fd(&r->in, fd, 0, UINT64_MAX);

	r->text = malloc(DISK_PATH_MAX + 1 + REASON_MAX + 1);
	r->bytes = malloc(2 * BLOCK_MAX);
	if (!r->text || !r->bytes)
		error = -ENOMEM;
	while (!error && !end)
		error = get_message(r, &end);
	in_close(r->in);
	free(r->text);
	free(r->bytes);
	return error;
}

/* What came of the work, by what it said and by how its process ended. */
static int result_of(struct receiver *r, int error, struct jail *jail)
{
	char how[JAIL_WHY_SIZE] = "it does not say what it should";
	int end;

	if (error)
		kill(jail->pid, SIGKILL);
	end = jail_end(jail, how);
	if (r->stopped || error == -ENOMEM)
		return error;
	if (error || end) {
		snprintf(r->why, DISK_WHY_SIZE, "%s", how);
		return -EIO;
	}
	r->tail.why[DISK_WHY_SIZE - 1] = '\0';
	memcpy(r->why, r->tail.why, DISK_WHY_SIZE);
	return r->tail.result;
}

int inside_run(const struct inside *inside, char why[DISK_WHY_SIZE])
{
	struct receiver r = {.inside = inside, .why = why};
	struct jail jail;
	int error = jail_start(&jail, inside->fd, work_inside,
			       (void *)(uintptr_t)inside);

	*why = '\0';
	if (error) {
		snprintf(why, DISK_WHY_SIZE,
			 "no process to read it in can be begun: %s",
			 strerror(-error));
		return error;
	}
	error = receive(&r, jail.fd);
	return result_of(&r, error, &jail);
}
