/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stores any bytes in the attribute of a file on xfs, past setxattr(2):
 * helper_xfsattr DIR FILE, a directory on the file system and a file, with the
 * bytes on standard input.
 */
#include <fcntl.h>
#include <linux/ioctl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct request {
	uint32_t fd;
	const void *path;
	uint32_t flags;
	const void *in;
	uint32_t in_size;
	void *out;
	uint32_t *out_size;
};

struct op {
	uint32_t opcode;
	int32_t error;
	const char *name;
	const void *value;
	uint32_t size;
	uint32_t flags;
};

struct set {
	struct request file;
	uint32_t ops;
	struct op *op;
};

#define FD_TO_HANDLE _IOWR('X', 106, struct request)
#define ATTRMULTI_BY_HANDLE _IOW('X', 123, struct set)

int main(int argc, char **argv)
{
	static uint8_t value[1 << 16];
	uint8_t handle[24];
	uint32_t handle_size = sizeof(handle);
	size_t size = fread(value, 1, sizeof(value), stdin);
	struct op op = {2, 0, "capability", value, (uint32_t)size, 8};
	struct request of_file = {.out = handle, .out_size = &handle_size};
	struct set set = {{.in = handle, .in_size = sizeof(handle)}, 1, &op};
	int dir = argc == 3 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
	int file = argc == 3 ? open(argv[2], O_RDONLY) : -1;

	of_file.fd = (uint32_t)file;
	if (dir < 0 || file < 0 || ioctl(dir, FD_TO_HANDLE, &of_file) != 0 ||
	    ioctl(dir, ATTRMULTI_BY_HANDLE, &set) != 0) {
		perror("helper_xfsattr");
		return 1;
	}
	if (op.error)
		fprintf(stderr, "helper_xfsattr: error %d\n", op.error);
	return op.error != 0;
}
