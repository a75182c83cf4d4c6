/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tar archives in memory, built and read. */
#include "archived.h"
#include "form/form.h"
#include "suite.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct tar_value value_a = {{1, 0, 0, 2, 0, 0x20}, 20};
const struct tar_value value_b = {{1, 0, 0, 2, 0, 4}, 20};
const struct tar_value value_long = {
	{1, 0, 0, 3, 0, 0x20, [20] = 0xa0, 0x86, 1, 0}, 24};

/* -------------------------------- building -------------------------------- */

/* Twice as much at a time: a sanitizer's realloc() copies all there is. */
static void make_room(struct bytes *b, size_t size)
{
	size_t wanted = b->size + size + 1;

	if (malloc_usable_size(b->data) < wanted)
		b->data = realloc(b->data, 2 * wanted);
}

void add_bytes(struct bytes *b, const void *data, size_t size)
{
	make_room(b, size);
	if (size)
		memcpy(b->data + b->size, data, size);
	b->size += size;
}

void add_zeros(struct bytes *b, size_t size)
{
	make_room(b, size);
	memset(b->data + b->size, 0, size);
	b->size += size;
}

void add_header(struct bytes *b, char type, const char *name, uint64_t size)
{
	uint8_t *block;

	add_zeros(b, TAR_BLOCK);
	block = last_header(b);
	memcpy(block + AT_NAME, name, strnlen(name, SIZE_NAME));
	memcpy(block + AT_MODE, "0000755", 7);
	memcpy(block + AT_UID, "0000012", 7);
	memcpy(block + AT_GID, "0000013", 7);
	if (size >> 33)
		block[AT_SIZE] = 0x80;
	tar_put_number(block + AT_SIZE, size);
	memcpy(block + AT_MTIME, "00000000000", 11);
	block[AT_TYPE] = (uint8_t)type;
	memcpy(block + AT_MAGIC, "ustar\00000", 8);
	tar_put_sum(block);
}

uint8_t *last_header(struct bytes *b)
{
	return b->data + b->size - TAR_BLOCK;
}

void add_padding(struct bytes *b)
{
	add_zeros(b, (size_t)tar_padded(b->size) - b->size);
}

void add_extended(struct bytes *b, char type, struct bytes body)
{
	add_header(b, type, "PaxHeaders/x", body.size);
	add_bytes(b, body.data, body.size);
	add_padding(b);
	free(body.data);
}

void add_record(struct bytes *body, const char *key, const void *value,
		size_t size)
{
	uint8_t *record = malloc(TAR_RECORD_SIZE(strlen(key), size));
	size_t n = tar_record_put(record, key, strlen(key), value, size);

	add_bytes(body, record, n);
	free(record);
}

void add_text(struct bytes *body, const char *key, const char *text)
{
	add_record(body, key, text, strlen(text));
}

void add_value(struct bytes *body, const char *key,
	       const struct tar_value *value)
{
	char text[FORM_BASE64_SIZE(sizeof(value->bytes))];

	if (strcmp(key, SCHILY) == 0) {
		add_record(body, key, value->bytes, value->size);
		return;
	}
	form_base64(value->bytes, value->size, text);
	add_record(body, key, text, strcspn(text, "="));
}

void add_file(struct bytes *b, const char *name, size_t size)
{
	struct bytes some = bytes_some(size);

	add_header(b, '0', name, size);
	add_bytes(b, some.data, size);
	add_padding(b);
	free(some.data);
}

void add_capable(struct bytes *b, const char *name, const char *key,
		 const struct tar_value *value, size_t size)
{
	struct bytes body = {0};

	add_value(&body, key, value);
	add_extended(b, 'x', body);
	add_file(b, name, size);
}

void add_end(struct bytes *b)
{
	add_zeros(b, 2 * TAR_BLOCK);
}

/* -------------------------------- reading --------------------------------- */

void reading_open(struct reading *r, struct bytes archive)
{
	r->fd = bytes_file(archive.data, archive.size);
	expect(in_fd(&r->in, r->fd, 0, UINT64_MAX) == 0, "in_fd");
	expect(tar_open(&r->tar, r->in) == 0, "tar_open");
}

void reading_close(struct reading *r)
{
	tar_close(r->tar);
	in_close(r->in);
	close(r->fd);
}

int reading_next(struct reading *r)
{
	return tar_next(r->tar, &r->member);
}

int read_whole(struct bytes archive, char why[256])
{
	struct reading r;
	int more, members = 0;

	reading_open(&r, archive);
	while ((more = reading_next(&r)) > 0)
		members++;
	if (why)
		snprintf(why, 256, "%s", tar_why(r.tar));
	expect(!*tar_why(r.tar) == !more, "%d: \"%s\"", more, tar_why(r.tar));
	reading_close(&r);
	return more < 0 ? more : 1 + members;
}

void refuses(struct bytes archive, const char *words)
{
	char why[256];
	int got = read_whole(archive, why);

	expect(got == -EBADMSG, "%d, not refused: %s", got, words);
	expect(strstr(why, words) != NULL, "\"%s\" is not about \"%s\"", why,
	       words);
	free(archive.data);
}

/* -------------------------------- writing --------------------------------- */

static void put_one(struct reading *r, decide_fn *decide, void *ctx,
		    struct out *out)
{
	size_t room = r->member->copies + 1;
	struct tar_change change = {
		.action = calloc(room, sizeof(*change.action)),
		.value = calloc(room, sizeof(*change.value)),
	};
	bool changed = decide && decide(r->member, &change, ctx);
	struct tar_where where;
	int error = tar_put(r->tar, r->member, changed ? &change : NULL, out,
			    &where);

	expect(!error, "%s", tar_why(r->tar));
	free(change.action);
	free(change.value);
}

struct bytes rewritten(struct bytes archive, decide_fn *decide, void *ctx)
{
	int fd = bytes_file("", 0), more;
	struct tar_where where;
	struct reading r;
	struct out *out;

	reading_open(&r, archive);
	expect(out_fd(&out, fd) == 0, "out_fd");
	while ((more = reading_next(&r)) > 0)
		put_one(&r, decide, ctx, out);
	expect(more == 0, "%s", tar_why(r.tar));
	expect(tar_put_rest(r.tar, out, &where) == 0, "%s", tar_why(r.tar));
	expect(out_finish(out) == 0, "%s", out_why(out));
	out_close(out);
	reading_close(&r);
	return bytes_of(fd);
}

bool copy_is(const struct tar_copy *c, const struct tar_value *value)
{
	return c->size == value->size &&
	       memcmp(c->value, value->bytes, value->size) == 0;
}
