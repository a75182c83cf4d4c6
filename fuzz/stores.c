/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stores of images made of text. */
#include "stores.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "%% "

/* ---------------------------------- files --------------------------------- */

/* Where the next file begins, or the end. */
static const uint8_t *next_mark(const uint8_t *at, const uint8_t *end)
{
	for (; at < end; at++)
		if ((size_t)(end - at) >= strlen(MARK) &&
		    memcmp(at, MARK, strlen(MARK)) == 0)
			return at;
	return end;
}

static void expand(const struct store_files *files, const uint8_t *at,
		   const uint8_t *end, struct text *t)
{
	for (; at < end; at++) {
		size_t digit = at + 1 < end ? (size_t)at[1] - '0' : 10;
		char number[24];

		if (digit > 9 || (*at != '@' && *at != '#')) {
			text_add(t, at, 1);
			continue;
		}
		snprintf(number, sizeof(number), "%zu", files->size[digit]);
		at++;
		if (at[-1] == '@')
			text_add(t, files->digest[digit],
				 strlen(files->digest[digit]));
		else
			text_add(t, number, strlen(number));
	}
}

/* One whose name is a digit is a blob. */
static void name_blob(struct store_files *files, struct store_file *f,
		      const char *algorithm)
{
	size_t digit = (size_t)(*f->name - '0');
	char *digest = files->digest[digit];

	files->size[digit] = f->text.size;
	digest_bytes(algorithm, f->text.bytes, f->text.size, digest);
	snprintf(f->name, sizeof(f->name), "blobs/%s/%.110s", algorithm,
		 strchr(digest, ':') + 1);
}

static bool known(const struct store_files *files, const char *name)
{
	for (size_t i = 0; i + 1 < files->count; i++)
		if (strcmp(files->file[i].name, name) == 0)
			return true;
	return false;
}

/* false where it cannot be one more. What begins with a name that is the magic of
 * a compression is taken for that. */
static bool add_file(struct store_files *files, const uint8_t *at,
		     const uint8_t *end)
{
	const uint8_t *line = memchr(at, '\n', (size_t)(end - at));
	struct store_file *f = &files->file[files->count];
	size_t size = line ? (size_t)(line - at) : 0;

	if (!size || size > 99 || memchr(at, 0, size) || codec_find(at, size))
		return false;
	*f = (struct store_file){.name = ""};
	files->count++;
	memcpy(f->name, at, size);
	text_add(&f->text, "", 0);
	expand(files, line + 1, end, &f->text);
	if (isdigit((unsigned char)*f->name) && (size == 1 || size == 2))
		name_blob(files, f, size == 1 ? "sha256" : "sha512");
	return !known(files, f->name);
}

bool store_files(struct store_files *files, const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size, *at = next_mark(data, end);
	bool good = at < end;

	*files = (struct store_files){.fd = -1};
	for (int i = 0; i < 10; i++)
		strcpy(files->digest[i], "sha256:0");
	while (good && at < end && files->count < STORE_FILES) {
		const uint8_t *next = next_mark(at + strlen(MARK), end);

		good = add_file(files, at + strlen(MARK), next);
		at = next;
	}
	if (!good)
		store_forget(files);
	return good;
}

void store_forget(struct store_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->file[i].text.bytes);
	if (files->fd >= 0)
		close(files->fd);
	files->count = 0;
	files->fd = -1;
}

/* --------------------------------- archive -------------------------------- */

/* A name with "->" in it is a symbolic link, one with "=>" a hard link. */
static void add_member(struct text *t, const struct store_file *f)
{
	uint8_t block[2 * TAR_BLOCK] = {0};
	const char *link = strstr(f->name, "->"), *hard = strstr(f->name, "=>");
	size_t size = link || hard ? 0 : f->text.size;

	if (!link)
		link = hard;
	memcpy(block, f->name,
	       link ? (size_t)(link - f->name) : strnlen(f->name, 100));
	if (link)
		memcpy(block + AT_LINK, link + 2, strnlen(link + 2, 100));
	memcpy(block + AT_MODE, "0000644", 8);
	memcpy(block + AT_UID, "0000000", 8);
	memcpy(block + AT_GID, "0000000", 8);
	tar_put_number(block + AT_SIZE, size);
	tar_put_number(block + AT_MTIME, 0);
	memcpy(block + AT_MAGIC, "ustar\00000", 8);
	block[AT_TYPE] = hard ? '1' : link ? '2' : '0';
	tar_put_sum(block);
	text_add(t, block, TAR_BLOCK);
	text_add(t, f->text.bytes, size);
	text_add(t, block + TAR_BLOCK, (size_t)tar_padded(size) - size);
}

void store_archive_of(struct store_files *files, char path[STORE_PATH_SIZE])
{
	static const uint8_t end[2 * TAR_BLOCK];
	struct text t = {0};

	for (size_t i = 0; i < files->count; i++)
		add_member(&t, &files->file[i]);
	text_add(&t, end, sizeof(end));
	files->fd = memory_file(t.bytes, t.size);
	fd_path(files->fd, path);
	free(t.bytes);
}

/* -------------------------------- directory ------------------------------- */

static char dir[] = "/dev/shm/vfscap-fuzz.XXXXXX";
static int dirfd = -1;
static char written[STORE_FILES][128];
static size_t n_written;

static const char *const folders[] = {"blobs", "blobs/sha256", "blobs/sha512"};

static void empty(void)
{
	while (n_written)
		unlinkat(dirfd, written[--n_written], 0);
}

static void remove_directory(void)
{
	empty();
	for (size_t i = 3; i--;)
		unlinkat(dirfd, folders[i], AT_REMOVEDIR);
	rmdir(dir);
}

static void make_directory(void)
{
	must(mkdtemp(dir) && atexit(remove_directory) == 0);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dirfd >= 0);
	for (size_t i = 0; i < 3; i++)
		must(mkdirat(dirfd, folders[i], 0755) == 0);
}

/* Names that only an archive can have are another matter. */
static bool plain(const char *name)
{
	return *name != '/' && *name != '.' && !strstr(name, "//") &&
	       !strstr(name, "/.") && !strstr(name, "->") &&
	       !strstr(name, "=>");
}

static bool write_file(const struct store_file *f)
{
	int fd;

	if (!plain(f->name))
		return false;
	fd = openat(dirfd, f->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0644);
	if (fd < 0)
		return false;
	strcpy(written[n_written++], f->name);
	must(write(fd, f->text.bytes, f->text.size) == (ssize_t)f->text.size);
	close(fd);
	return true;
}

const char *store_directory_of(struct store_files *files)
{
	if (dirfd < 0)
		make_directory();
	empty();
	for (size_t i = 0; i < files->count; i++)
		if (!write_file(&files->file[i]))
			return NULL;
	return dir;
}
