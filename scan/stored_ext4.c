/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stored bytes of files on a mounted ext2, ext3 or ext4: from its device. */
#include "scan/stored.h"

#include "disk/disk.h"

#include <errno.h>
#include <string.h>

struct wanted {
	const struct stored_file *file;
	uint8_t *buf;
	struct stored_answer *answer;
	int error;
};

/* Without a generation to compare, the type alone tells. */
static bool is_it(const struct stored_file *file, const struct disk_entry *e)
{
	uint32_t generation;

	if (e->inode != file->stat.st_ino || e->deleted || !e->mode ||
	    (e->mode & S_IFMT) != (file->stat.st_mode & S_IFMT))
		return false;
	return stored_generation(file, &generation) != 0 ||
	       generation == e->generation;
}

/*
 * Notices of a file system speak of one that is not in use, such as that its
 * journal is to be recovered: here it is.
 */
static int take(void *ctx, const struct disk_entry *e)
{
	struct wanted *w = ctx;

	if (e->what == DISK_NOTICE)
		return 0;
	w->error = -e->error;
	w->answer->reason = "it cannot be read from the device that the file "
			    "system is on; run again, or look at its image";
	if (e->error && e->error != ENODATA)
		return 0;
	if (e->what != DISK_ENTRY || !is_it(w->file, e)) {
		w->error = -ESTALE;
		w->answer->reason = "the device has another file there: it was "
				    "changed just now; run again";
		return 0;
	}
	if (e->error)
		return 0;
	/* Larger than any that a file can be executed with, cut or not. */
	w->answer->size = e->size < STORED_ROOM ? e->size : STORED_ROOM;
	memcpy(w->buf, e->value, w->answer->size);
	w->answer->value = w->buf;
	w->answer->reason = NULL;
	return 0;
}

int stored_ext4(const struct stored_fs *fs, const struct stored_file *file,
		uint8_t *buf, struct stored_answer *answer)
{
	const struct disk disk = {.fd = fs->device, .size = fs->size};
	struct wanted w = {
		.file = file,
		.buf = buf,
		.answer = answer,
		.error = -EIO,
	};
	int error = ext_inode(&disk, file->stat.st_ino, take, &w);
	return error ? error : w.error;
}
