/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of squashfs: it does not crash and comes to an end, what it hands
 * over is whole, and reading twice shows the same. fuzz_squashfs.seeds makes the
 * images.
 */
#include "images.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	images_load(NULL);
	return 0;
}

static void read_image(const struct disk *disk, unsigned how)
{
	struct seen first = {.count = 0};

	scan_twice(squashfs_scan, disk, how, &first);
	seen_forget(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	images_each(data, size, read_image);
	return 0;
}
