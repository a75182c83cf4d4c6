/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reader of disk images handed over. */
#include "disklist.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct disk_list list;

struct disk disk_list_open(const char *image)
{
	struct disk disk = {.fd = open(image, O_RDONLY | O_CLOEXEC)};
	off_t size = lseek(disk.fd, 0, SEEK_END);

	expect(size >= 0, "%s: it cannot be read", image);
	disk.size = (uint64_t)size;
	return disk;
}

struct disk_list *disk_list_begin(void)
{
	for (size_t i = 0; i < list.count; i++) {
		free((void *)(uintptr_t)list.entry[i].path);
		free((void *)(uintptr_t)list.entry[i].reason);
		free((void *)(uintptr_t)list.entry[i].value);
	}
	list.count = 0;
	return &list;
}

int disk_list_take(void *ctx, const struct disk_entry *entry)
{
	struct disk_entry *e;

	expect(!ctx, "another context");
	expect(list.count < ROWS(list.entry), "too many entries");
	e = &list.entry[list.count++];
	*e = *entry;
	e->path = entry->path ? strdup(entry->path) : NULL;
	e->reason = entry->reason ? strdup(entry->reason) : NULL;
	e->value = NULL;
	if (entry->value)
		e->value = memcpy(malloc(entry->size + 1), entry->value,
				  entry->size);
	expect(!entry->value == (entry->what != DISK_ENTRY || entry->error),
	       "a value and an error");
	expect(entry->reason || !entry->error || entry->error == ENODATA,
	       "an error without a reason");
	return 0;
}

const struct disk_entry *disk_list_at(const struct disk_list *l,
				      const char *path)
{
	const struct disk_entry *found = NULL;

	for (size_t i = 0; i < l->count; i++) {
		if (!l->entry[i].path || strcmp(l->entry[i].path, path) != 0)
			continue;
		ck_assert_msg(!found, "%s is there twice", path);
		found = &l->entry[i];
	}
	return found;
}

size_t disk_list_says(const struct disk_list *l, enum disk_what what, int error,
		      const char *text)
{
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct disk_entry *e = &l->entry[i];

		count += e->what == what && e->error == error && e->reason &&
			 strstr(e->reason, text);
	}
	return count;
}
