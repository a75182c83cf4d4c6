/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of an entry itself, and whether a body follows. */
#include "tar/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* GNU tar has times there, eleven digits and a NUL, in base 256, or nothing. */
static bool is_time(const uint8_t *field)
{
	int64_t ignored;

	size_t i = 0;

	if (!field[0])
		return true;
	if (field[0] & 0x80)
		return tar_number(field, SIZE_LONG, &ignored) == 0;
	while (i < SIZE_LONG - 1 && field[i] >= '0' && field[i] <= '7')
		i++;
	return i == SIZE_LONG - 1 && !field[i];
}

/*
 * Only POSIX headers have a prefix. What others have there is one to some
 * readers, and so is what star(1) has behind a shorter one. The times in an
 * incremental archive of GNU tar have to pass: it is Python alone that takes
 * them for a directory.
 */
static bool prefix_unsure(const uint8_t *block)
{
	const uint8_t *prefix = block + AT_PREFIX;

	if (memcmp(block + AT_MAGIC, "ustar", 6) == 0)
		return memcmp(block + AT_STAR, "tar", 4) == 0 &&
		       memchr(prefix, 0, SIZE_STAR_PREFIX + 1) == NULL;
	if (memcmp(block + AT_MAGIC, "ustar  ", 8) == 0)
		return !is_time(prefix) || !is_time(prefix + SIZE_LONG);
	return *prefix;
}

/* A field that ends with a NUL, or with its size; returns its length. */
static size_t copy_field(char *to, const uint8_t *field, size_t size)
{
	size_t len = strnlen((const char *)field, size);

	memcpy(to, field, len);
	to[len] = '\0';
	return len;
}

static void header_names(struct tar *t, const uint8_t *block)
{
	const uint8_t *prefix = block + AT_PREFIX;
	char *path = t->own_path;

	if (tar_posix(block) && *prefix) {
		path += copy_field(path, prefix, SIZE_PREFIX);
		*path++ = '/';
	}
	copy_field(path, block + AT_NAME, SIZE_NAME);
	copy_field(t->own_link, block + AT_LINK, SIZE_NAME);
}

static int take_names(struct tar *t, const uint8_t *block)
{
	int error;

	if (prefix_unsure(block))
		return tar_fail(
			t, -EBADMSG,
			"what stands where another kind of header has the "
			"beginning of the path: readers would name the "
			"entry differently");
	if (t->paths.said[TAR_SAY_SPARSE] && !t->sparse)
		return tar_fail(
			t, -EBADMSG,
			"the name of a sparse file, but nothing else of "
			"one: readers would name the entry differently");
	header_names(t, block);
	error = tar_names_take(&t->paths, t->own_path, &t->path);
	if (!error)
		error = tar_names_take(&t->links, t->own_link, &t->link);
	t->member.path = t->path ? t->path : t->own_path;
	t->member.link = t->link ? t->link : t->own_link;
	return error ? tar_said_twice(t, error) : 0;
}

static unsigned type_mode(char type)
{
	switch (type) {
	case '2':
		return S_IFLNK;
	case '3':
		return S_IFCHR;
	case '4':
		return S_IFBLK;
	case '5':
	case 'D':
		return S_IFDIR;
	case '6':
		return S_IFIFO;
	default:
		return S_IFREG;
	}
}

static int64_t number_or(const uint8_t *field, size_t size, int64_t otherwise)
{
	int64_t number;

	if (tar_number(field, size, &number) != 0 || number < 0)
		return otherwise;
	return number;
}

/* Before there was a type for directories, they ended with a slash. */
static char type_of(const uint8_t *block, const char *path)
{
	size_t len = strlen(path);
	char type = (char)block[AT_TYPE];

	if (type != '\0' && type != '0')
		return type;
	return len && path[len - 1] == '/' ? '5' : '0';
}

static int disagree(struct tar *t)
{
	return tar_fail(t, -EBADMSG,
			"what is no file claims a size, and readers disagree "
			"whether a body follows");
}

/*
 * Links, devices and directories have no body, whatever size they claim; but
 * there are archives where they do, as pax allows for hard links. A header
 * comes next or it does not: so all readers find what follows, or fail. Where
 * some of them would find other entries than others, nothing is right. The
 * directory of an incremental archive always has one: what was in it.
 */
static int take_body(struct tar *t, const uint8_t *block, uint64_t size)
{
	struct tar_member *m = &t->member;
	size_t len = strlen(m->path);
	bool slash = len && m->path[len - 1] == '/';
	const uint8_t *data;
	ssize_t n;

	m->body = size;
	if (size == 0 || m->type == 'D' ||
	    (!slash && !strchr("123456V", m->type)))
		return 0;
	if (t->size_said || m->type == 'V' || !strchr("123456", m->type) ||
	    (m->type == '5' && strchr("07", block[AT_TYPE])))
		return disagree(t);
	n = in_peek(t->in, TAR_BLOCK, &data);
	if (n < 0)
		return tar_source_failed(t, (int)n);
	if (n < TAR_BLOCK || (!tar_zero(data) && !tar_sum_right(data)))
		return 0;
	m->body = 0;
	return m->type == '1' && tar_posix(block) && t->extended ? disagree(t)
								 : 0;
}

/* An old GNU sparse file has its map in blocks after its header. */
static int take_sparse(struct tar *t, size_t header)
{
	size_t flag = header + AT_SPARSE_MORE;

	if (t->head[header + AT_TYPE] != 'S')
		return 0;
	if (t->head[flag] && memcmp(t->head + header + AT_MAGIC, "ustar ", 6))
		return tar_fail(t, -EBADMSG,
				"a sparse file of GNU tar under another magic: "
				"readers disagree over its blocks");
	while (t->head[flag]) {
		int error = tar_take(t, TAR_BLOCK);

		if (error)
			return error;
		flag = t->member.head_size - TAR_BLOCK + AT_BLOCK_MORE;
	}
	return 0;
}

/*
 * A volume's label and an ACL of Solaris are entries to some readers; others
 * give what stands before them to the entry that follows.
 */
static int take_unsure(struct tar *t, char type)
{
	if (type != 'V' && type != 'A')
		return 0;
	for (size_t i = 0; i < t->member.parts; i++)
		if (t->part[i].type != 'g')
			return tar_fail(
				t, -EBADMSG,
				"headers before a volume label or an ACL "
				"of Solaris: readers disagree which entry "
				"they belong to");
	return 0;
}

int tar_take_entry(struct tar *t, size_t header)
{
	struct tar_member *m = &t->member;
	const uint8_t *block;
	int64_t size;
	int error;

	if (!t->size_said &&
	    (tar_number(t->head + header + AT_SIZE, SIZE_LONG, &size) != 0 ||
	     size < 0))
		return tar_fail(
			t, -EBADMSG,
			"the size in a header is no number that a file can "
			"have");
	error = take_unsure(t, (char)t->head[header + AT_TYPE]);
	if (!error)
		error = take_sparse(t, header);
	/* The head moves no more. */
	block = t->head + header;
	if (!error)
		error = tar_add_part(t, (char)block[AT_TYPE], header, 0);
	if (!error)
		error = take_names(t, block);
	if (error)
		return error;
	m->type = type_of(block, m->path);
	m->mode = type_mode(m->type) |
		  ((unsigned)number_or(block + AT_MODE, 8, 0) & 07777);
	return take_body(t, block, t->size_said ? t->size : (uint64_t)size);
}

static uint32_t id_of(const uint8_t *field)
{
	int64_t id = number_or(field, SIZE_ID, UINT32_MAX);

	return id > UINT32_MAX ? UINT32_MAX : (uint32_t)id;
}

void tar_owner(const struct tar_member *m, uint32_t *uid, uint32_t *gid)
{
	const uint8_t *block = m->head + m->part[m->parts - 1].at;

	*uid = id_of(block + AT_UID);
	*gid = id_of(block + AT_GID);
}
