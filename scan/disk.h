/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk images as inputs: what those who write them share with the backends.
 */
#ifndef SCAN_DISK_H
#define SCAN_DISK_H

#include "disk/disk.h"
#include "scan/scan.h"

/**
 * scan_disk_size() - the bytes of an open regular file or block device
 * Return: 0; -ESPIPE of anything else; or a negated errno.
 */
int scan_disk_size(int fd, uint64_t *size);

/**
 * scan_disk_record() - an entry of a disk image as a record
 * @path: room for its path, SCAN_DISK_PATH bytes
 */
#define SCAN_DISK_PATH (DISK_PATH_MAX + 2)
struct scan_record scan_disk_record(const struct scan_input *input,
				    const struct disk_entry *entry, char *path);

#endif /* SCAN_DISK_H */
