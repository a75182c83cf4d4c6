/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that go through sources, sinks, pipes and command line tools. */
#include "streamed.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct bytes bytes_some(size_t size)
{
	struct bytes b = {malloc(size + 1), size};
	uint64_t state = 1;

	for (size_t i = 0; i < size;) {
		unsigned kind = suite_below(&state, 3);
		size_t run = suite_below(&state, 200);

		for (; run && i < size; run--, i++)
			b.data[i] = kind == 0 ? (uint8_t)suite_random(&state)
				    : kind == 1 && i > 900 ? b.data[i - 900]
							   : 'a';
	}
	return b;
}

struct bytes bytes_joined(struct bytes a, struct bytes b)
{
	struct bytes both = {malloc(a.size + b.size + 1), a.size + b.size};

	memcpy(both.data, a.data, a.size);
	memcpy(both.data + a.size, b.data, b.size);
	return both;
}

static void write_all(int fd, const uint8_t *data, size_t size, size_t piece)
{
	while (size) {
		ssize_t n = write(fd, data, size < piece ? size : piece);

		if (n < 0)
			return;
		data += n;
		size -= (size_t)n;
	}
}

int bytes_file(const void *data, size_t size)
{
	int fd = memfd_create("bytes", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	write_all(fd, data, size, SIZE_MAX);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

struct bytes bytes_of(int fd)
{
	struct bytes b = {NULL, 0};
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	b.size = (size_t)st.st_size;
	b.data = malloc(b.size + 1);
	ck_assert_int_eq(pread(fd, b.data, b.size, 0), (ssize_t)b.size);
	close(fd);
	return b;
}

int bytes_pipe(const void *data, size_t size)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	fflush(NULL);
	if (fork() == 0) {
		close(fds[0]);
		write_all(fds[1], data, size, 7001);
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

struct bytes bytes_tool(const char *command, struct bytes input)
{
	int from = bytes_file(input.data, input.size), to = bytes_file("", 0);
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(from, 0);
		dup2(to, 1);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "%s: %d", command, status);
	close(from);
	return bytes_of(to);
}

bool tool_there(const char *name)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", name);
	return system(command) == 0;
}

int in_all(struct in *in, struct bytes *got)
{
	size_t room = 0;
	const uint8_t *data;
	ssize_t n;

	*got = (struct bytes){malloc(1), 0};
	while ((n = in_peek(in, 1, &data)) > 0) {
		if (room < got->size + (size_t)n) {
			room = 2 * (got->size + (size_t)n);
			got->data = realloc(got->data, room);
		}
		memcpy(got->data + got->size, data, (size_t)n);
		got->size += (size_t)n;
		in_consume(in, (size_t)n);
	}
	expect(in_offset(in) == got->size, "offset");
	expect(in_peek(in, 1, &data) == n, "not the same again");
	return (int)n;
}

struct bytes bytes_compressed(const struct codec *codec, int level,
			      struct bytes plain, size_t piece)
{
	int fd = bytes_file("", 0);
	struct out *file, *out;

	ck_assert_int_eq(out_fd(&file, fd), 0);
	ck_assert_int_eq(codec->writer(&out, file, level), 0);
	for (size_t at = 0; at < plain.size; at += piece) {
		size_t left = plain.size - at;

		expect(out_write(out, plain.data + at,
				 left < piece ? left : piece) == 0,
		       "%s", out_why(out));
	}
	ck_assert_int_eq(out_finish(out), 0);
	ck_assert_uint_eq(out_offset(out), plain.size);
	out_close(out);
	ck_assert_int_eq(out_finish(file), 0);
	out_close(file);
	return bytes_of(fd);
}

int bytes_decompressed(const struct codec *codec, struct bytes packed,
		       struct bytes *plain, char why[256])
{
	int fd = bytes_file(packed.data, packed.size), error;
	struct in *file, *in;

	expect(in_fd(&file, fd, 0, UINT64_MAX) == 0, "in_fd");
	expect(codec->reader(&in, file) == 0, "reader");
	error = in_all(in, plain);
	snprintf(why, 256, "%s", in_why(in));
	expect(!error == !*why, "%d but \"%s\"", error, why);
	in_close(in);
	in_close(file);
	close(fd);
	return error;
}
