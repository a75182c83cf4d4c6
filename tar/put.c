/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes members of tar streams: what need not change as it was read. */
#include "form/form.h"
#include "tar/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------ new records ------------------------------ */

/* A value as its key has it: raw, or base64 without the padding. */
static size_t put_record(uint8_t *out, const char *key, size_t key_size,
			 bool base64, const struct tar_value *value)
{
	char text[FORM_BASE64_SIZE(sizeof(value->bytes))];

	if (!base64)
		return tar_record_put(out, key, key_size, value->bytes,
				      value->size);
	form_base64(value->bytes, value->size, text);
	return tar_record_put(out, key, key_size, (const uint8_t *)text,
			      strcspn(text, "="));
}

/* The key as it is written in the archive, which may be in URL form. */
static size_t put_again(uint8_t *out, const uint8_t *record,
			const struct tar_copy *c, const struct tar_value *value)
{
	const char *end = memchr(record, '=', c->size_of_record);
	const char *key = memchr(record, ' ', c->size_of_record);

	key++;
	return put_record(out, key, (size_t)(end - key), c->base64, value);
}

/* ----------------------------- changed headers --------------------------- */

/* struct body - the new body of an extended header */
struct body {
	uint8_t *bytes;
	size_t size;
};

static void append(struct body *b, const uint8_t *from, size_t size)
{
	memcpy(b->bytes + b->size, from, size);
	b->size += size;
}

static bool of_part(const struct tar_copy *c, const struct tar_part *p)
{
	return !c->earlier && c->at > p->at &&
	       c->at < p->at + TAR_BLOCK + p->body;
}

static bool part_changes(const struct tar_member *m,
			 const struct tar_change *change,
			 const struct tar_part *p)
{
	for (size_t i = 0; i < m->copies; i++)
		if (change->action[i] != TAR_KEEP && of_part(&m->copy[i], p))
			return true;
	return false;
}

/* Room for every record to grow to the longest value. */
static size_t room_of(const struct tar_member *m, const struct tar_part *p)
{
	return p->body + (m->copies + 1) * TAR_RECORD_SIZE(160, 64) +
	       2 * TAR_BLOCK;
}

static void copy_records(struct body *b, const struct tar_member *m,
			 const struct tar_change *change,
			 const struct tar_part *p)
{
	size_t at = p->at + TAR_BLOCK, end = at + p->body;

	/* Behind a NUL nothing is read, so what is added goes before it. */
	while (end > at && !m->head[end - 1])
		end--;
	for (size_t i = 0; i < m->copies; i++) {
		const struct tar_copy *c = &m->copy[i];

		if (!of_part(c, p) || change->action[i] == TAR_KEEP)
			continue;
		append(b, m->head + at, c->at - at);
		if (change->action[i] == TAR_SET)
			b->size +=
				put_again(b->bytes + b->size, m->head + c->at,
					  c, &change->value[i]);
		at = c->at + c->size_of_record;
	}
	append(b, m->head + at, end - at);
}

static int write_header(struct out *out, const uint8_t *header,
			const struct body *b)
{
	uint8_t block[TAR_BLOCK];
	size_t padded = (size_t)tar_padded(b->size);
	int error;

	memcpy(block, header, TAR_BLOCK);
	tar_put_number(block + AT_SIZE, b->size);
	tar_put_sum(block);
	memset(b->bytes + b->size, 0, padded - b->size);
	error = out_write(out, block, TAR_BLOCK);
	return error ? error : out_write(out, b->bytes, padded);
}

static bool own(const struct tar_part *p)
{
	return p->type == 'x' || p->type == 'X';
}

static size_t own_headers(const struct tar_member *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->parts; i++)
		n += own(&m->part[i]);
	return n;
}

/*
 * A header that says nothing any more is left out, unless that brought another
 * one into effect: of several the last one counts, or the first.
 */
static bool left_out(const struct tar_member *m, const struct tar_part *p)
{
	return own(p) && own_headers(m) == 1;
}

static int put_part(const struct tar_member *m, const struct tar_change *change,
		    const struct tar_part *p, bool add, struct out *out)
{
	struct body b = {.bytes = malloc(room_of(m, p))};
	int error = 0;

	if (!b.bytes)
		return -ENOMEM;
	copy_records(&b, m, change, p);
	if (add)
		b.size += put_record(b.bytes + b.size, TAR_SCHILY,
				     strlen(TAR_SCHILY), false, &change->added);
	if (b.size > TAR_HEADER_MAX)
		error = -E2BIG;
	else if (b.size || !left_out(m, p))
		error = write_header(out, m->head + p->at, &b);
	free(b.bytes);
	return error;
}

/* -------------------------------- new headers ---------------------------- */

static void new_header(uint8_t block[TAR_BLOCK], char type, uint64_t size)
{
	memset(block, 0, TAR_BLOCK);
	memcpy(block + AT_MODE, "0000644", 8);
	memcpy(block + AT_UID, "0000000", 8);
	memcpy(block + AT_GID, "0000000", 8);
	memcpy(block + AT_MTIME, "00000000000", SIZE_LONG);
	if (size >> 33)
		block[AT_SIZE] = 0x80;
	tar_put_number(block + AT_SIZE, size);
	block[AT_TYPE] = (uint8_t)type;
	memcpy(block + AT_MAGIC, "ustar", 6);
	memcpy(block + AT_VERSION, "00", 2);
}

/* As others name them, who must not be told apart by it: by the entry. */
static void name_header(uint8_t block[TAR_BLOCK], const char *path)
{
	const char *base = path + strlen(path);
	char name[SIZE_NAME];

	while (base > path && base[-1] == '/')
		base--;
	while (base > path && base[-1] != '/')
		base--;
	snprintf(name, sizeof(name), "PaxHeaders/%s", base);
	memcpy(block + AT_NAME, name, strlen(name));
}

static int put_new(const struct tar_member *m, const struct tar_value *value,
		   struct out *out)
{
	uint8_t header[TAR_BLOCK], bytes[2 * TAR_BLOCK];
	struct body b = {.bytes = bytes};

	new_header(header, 'x', 0);
	name_header(header, m->path);
	b.size =
		put_record(bytes, TAR_SCHILY, strlen(TAR_SCHILY), false, value);
	return write_header(out, header, &b);
}

/* -------------------------- what is made from nothing --------------------- */

/* A blob named by its SHA-512 has a path that is longer than the field. */
static int put_long_path(struct out *out, const char *path)
{
	size_t len = strlen(path);
	struct body b = {.bytes = malloc(len + 3 * TAR_BLOCK)};
	uint8_t header[TAR_BLOCK];
	int error;

	if (!b.bytes)
		return -ENOMEM;
	new_header(header, 'x', 0);
	name_header(header, "path");
	b.size = tar_record_put(b.bytes, "path", 4, (const uint8_t *)path, len);
	error = write_header(out, header, &b);
	free(b.bytes);
	return error;
}

int tar_put_file(struct out *out, const char *path, uint64_t size)
{
	size_t len = strlen(path);
	uint8_t header[TAR_BLOCK];
	int error = len > SIZE_NAME ? put_long_path(out, path) : 0;

	new_header(header, '0', size);
	memcpy(header + AT_NAME, path, len > SIZE_NAME ? SIZE_NAME : len);
	tar_put_sum(header);
	return error ? error : out_write(out, header, TAR_BLOCK);
}

int tar_put_zeros(struct out *out, uint64_t size)
{
	static const uint8_t zero[2 * TAR_BLOCK];

	return out_write(out, zero, (size_t)size);
}

int tar_put_padding(struct out *out, uint64_t size)
{
	return tar_put_zeros(out, tar_padded(size) - size);
}

int tar_put_marker(struct out *out)
{
	return tar_put_zeros(out, 2 * TAR_BLOCK);
}

int tar_put_broken(struct out *out)
{
	uint8_t header[TAR_BLOCK];

	new_header(header, 'x', TAR_BLOCK);
	memcpy(header + AT_NAME, "incomplete", 10);
	tar_put_sum(header);
	return out_write(out, header, TAR_BLOCK);
}

/* --------------------------------- members ------------------------------- */

/*
 * An added record goes into each extended header of the entry, since readers
 * take the first or the last of them; without any there is a new one.
 */
static bool adds_to(const struct tar_member *m, const struct tar_change *change,
		    const struct tar_part *p)
{
	if (!change->add || !own(p))
		return false;
	for (size_t i = 0; i < m->copies; i++)
		if (!m->copy[i].base64 && of_part(&m->copy[i], p) &&
		    change->action[i] != TAR_DROP)
			return false;
	return true;
}

static bool adds_before(const struct tar_member *m,
			const struct tar_change *change, size_t part)
{
	return change->add && part + 1 == m->parts && !m->stray &&
	       own_headers(m) == 0;
}

int tar_put_head(const struct tar_member *m, const struct tar_change *change,
		 struct out *out)
{
	size_t done = 0;
	int error = 0;

	for (size_t i = 0; change && i < m->parts && !error; i++) {
		const struct tar_part *p = &m->part[i];
		bool add = adds_to(m, change, p);
		bool before = adds_before(m, change, i);

		if (!add && !before && !part_changes(m, change, p))
			continue;
		error = out_write(out, m->head + done, p->at - done);
		done = p->at;
		if (!error && before)
			error = put_new(m, &change->added, out);
		if (!error && !before) {
			error = put_part(m, change, p, add, out);
			done = p->at + TAR_BLOCK + (size_t)tar_padded(p->body);
		}
	}
	if (!error)
		error = out_write(out, m->head + done, m->head_size - done);
	return error;
}

/* ------------------------------ one value for all ------------------------ */

/* What Go reads last before the entry has to be an 'x', or it makes an entry of
 * what comes behind that, and the value is lost. */
static bool lost(const struct tar_member *m)
{
	bool behind = false;

	for (size_t i = 0; i < m->parts; i++) {
		char type = m->part[i].type;

		if (type == 'x')
			behind = false;
		else if (type == 'X' || (type == 'g' && own_headers(m)))
			behind = true;
	}
	return behind;
}

static bool is_lacking(const struct tar_member *m, struct tar_change *change)
{
	bool lacking = own_headers(m) == 0;

	change->add = true;
	for (size_t i = 0; i < m->parts; i++)
		lacking |= adds_to(m, change, &m->part[i]);
	return lacking;
}

static bool has_global(const struct tar_member *m)
{
	for (size_t i = 0; i < m->copies; i++)
		if (m->copy[i].in == 'g')
			return true;
	return false;
}

const char *tar_change_to(const struct tar_member *m,
			  const struct tar_value *value,
			  struct tar_change *change)
{
	for (size_t i = 0; i < m->copies; i++) {
		change->action[i] = TAR_KEEP;
		if (m->copy[i].in == 'g')
			continue;
		change->action[i] = value ? TAR_SET : TAR_DROP;
		if (value)
			change->value[i] = *value;
	}
	change->add = value && is_lacking(m, change);
	if (!value)
		return has_global(m) ? "a global header of the archive states "
				       "it for other members too"
				     : NULL;
	change->added = *value;
	if (m->type == 'V' || m->type == 'A')
		return "some readers give what it states to the member that "
		       "follows";
	if (lost(m))
		return "not all readers take what is in the kinds of headers "
		       "that it has";
	return NULL;
}
