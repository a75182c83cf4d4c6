/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stored bytes of files on a mounted btrfs: the item of the attribute. */
#include "scan/stored.h"

#include "change/change.h"
#include "vfscap.h"

#include <errno.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

/* The hash of VFSCAP_XATTR that its items are ordered by: crc32c from ~1 on,
 * without an inversion at the end. */
#define NAME_HASH UINT64_C(0x7c3650b1)

/* An item is one or more of these, as names can have one hash: where something
 * else is, how long the value and the name are, then the two, name first. */
#define DIR_ITEM sizeof(struct btrfs_dir_item)

static size_t le16(const uint8_t *p)
{
	return (size_t)p[0] | (size_t)p[1] << 8;
}

static int find_name(const uint8_t *item, size_t size,
		     struct stored_answer *answer)
{
	const size_t want = strlen(VFSCAP_XATTR);

	while (size) {
		size_t value, name;

		if (size < DIR_ITEM)
			return -EBADMSG;
		value = le16(item + offsetof(struct btrfs_dir_item, data_len));
		name = le16(item + offsetof(struct btrfs_dir_item, name_len));
		item += DIR_ITEM;
		size -= DIR_ITEM;
		if (size < name + value)
			return -EBADMSG;
		if (name == want && memcmp(item, VFSCAP_XATTR, want) == 0) {
			answer->value = item + name;
			answer->size = value;
			return 0;
		}
		item += name + value;
		size -= name + value;
	}
	return -ENODATA;
}

/* What was found is a header and the item, @size bytes at most. */
static int read_item(const uint8_t *found, size_t size, uint64_t inode,
		     struct stored_answer *answer)
{
	struct btrfs_ioctl_search_header h;

	if (size < sizeof(h))
		return -EBADMSG;
	memcpy(&h, found, sizeof(h));
	if (h.objectid != inode || h.type != BTRFS_XATTR_ITEM_KEY ||
	    h.offset != NAME_HASH || h.len > size - sizeof(h))
		return -EBADMSG;
	return find_name(found + sizeof(h), h.len, answer);
}

int stored_btrfs(int dirfd, const struct stored_file *file, uint8_t *buf,
		 struct stored_answer *answer)
{
	struct btrfs_ioctl_search_args_v2 *args = (void *)buf;
	const size_t room = STORED_ROOM - sizeof(*args);
	int error;

	*args = (struct btrfs_ioctl_search_args_v2){
		.key =
			{
				.min_objectid = file->stat.st_ino,
				.max_objectid = file->stat.st_ino,
				.min_type = BTRFS_XATTR_ITEM_KEY,
				.max_type = BTRFS_XATTR_ITEM_KEY,
				.min_offset = NAME_HASH,
				.max_offset = NAME_HASH,
				.max_transid = UINT64_MAX,
				.nr_items = 1,
			},
		.buf_size = room,
	};
	privilege_raise(CAP_SYS_ADMIN);
	error = ioctl(dirfd, BTRFS_IOC_TREE_SEARCH_V2, args) != 0 ? -errno : 0;
	privilege_lower(CAP_SYS_ADMIN);
	if (error)
		return error;
	if (args->key.nr_items == 0)
		return -ENODATA;
	/* Of bytes in some headers, of longer numbers in others. */
	return read_item((const uint8_t *)args->buf, room, file->stat.st_ino,
			 answer);
}
