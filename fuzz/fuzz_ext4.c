/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of ext file systems: it does not crash and comes to an end, what it
 * hands over is whole, and reading twice shows the same. fuzz_ext4.seeds makes
 * the images.
 */
#include "extfields.h"
#include "images.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct images_form form = {extfields_find, extfields_mend};

	(void)argc, (void)argv;
	images_load(&form);
	return 0;
}

/* One file is one entry. */
static void read_singles(const struct disk *disk, const struct seen *all,
			 unsigned which)
{
	struct seen one = {.count = 0};

	if (all->paths) {
		const char *path = all->path[which % all->paths];

		must(ext_find(disk, path, seen_take, &one) == 0);
		must(one.count == 1);
		seen_forget(&one);
	}
	must(ext_inode(disk, 11 + which % 16, seen_take, &one) == 0);
	must(one.count == 1);
	seen_forget(&one);
}

static void read_image(const struct disk *disk, unsigned how)
{
	struct seen first = {.count = 0};

	scan_twice(ext_scan, disk, how, &first);
	read_singles(disk, &first, how >> 2);
	seen_forget(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	images_each(data, size, read_image);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
			       unsigned seed)
{
	return images_mutate(data, size, room, seed);
}
