#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What no program can store on a btrfs: btrfs.py plant IMAGE | collide

plant: in an image that is not mounted, every attribute user.vfscap_storing is called security.capability from then on.
Both names have 19 bytes, so that nothing moves; the key of the item, which holds the hash of the name, and the checksum
of the node change with it. The attribute must be the only one of its inode, or the order of keys might be another one.

collide: prints a name of an attribute that has the same hash as security.capability, with \\x escapes.
"""
import struct
import sys

OLD, NEW = b"user.vfscap_storing", b"security.capability"
XATTR_ITEM = 24
HEADER, ITEM, DIR_ITEM = 101, 25, 30

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def crc32c(data, crc):
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc


def name_hash(name):
    return crc32c(name, 0xFFFFFFFE)


def collide():
    """The four last bytes of a name can give it any hash: the table backwards says which."""
    top = {value >> 24: index for index, value in enumerate(TABLE)}
    for number in range(1000):
        prefix = b"user.%d" % number
        crc, indices = name_hash(NEW), []
        for _ in range(4):
            index = top[crc >> 24]
            indices.insert(0, index)
            crc = (crc ^ TABLE[index]) << 8 & 0xFFFFFFFF
        crc, tail = name_hash(prefix), []
        for index in indices:
            tail.append((crc ^ index) & 0xFF)
            crc = crc >> 8 ^ TABLE[index]
        name = prefix + bytes(tail)
        if all(32 < byte < 127 and byte not in b"\\'\"" for byte in tail):
            assert name_hash(name) == name_hash(NEW)
            return name.decode()
    raise SystemExit("no name found")


def patch_node(node):
    """Renames in one leaf; how many."""
    count, = struct.unpack_from("<I", node, 96)
    renamed = 0
    for i in range(count):
        at = HEADER + i * ITEM
        kind = node[at + 8]
        start, size = struct.unpack_from("<II", node, at + 17)
        name = HEADER + start + DIR_ITEM
        if kind != XATTR_ITEM or node[name:name + len(OLD)] != OLD:
            continue
        node[name:name + len(NEW)] = NEW
        struct.pack_into("<Q", node, at + 9, name_hash(NEW))
        renamed += 1
    if renamed:
        struct.pack_into("<I", node, 0, crc32c(node[32:], 0xFFFFFFFF) ^ 0xFFFFFFFF)
    return renamed


def plant(path):
    with open(path, "r+b") as image:
        data = bytearray(image.read())
    super_block = data[0x10000:0x11000]
    assert super_block[0x40:0x48] == b"_BHRfS_M"
    sector, size = struct.unpack_from("<II", super_block, 0x90)
    fsid = super_block[0x20:0x30]
    assert super_block[0xC4:0xC6] == b"\0\0", "checksums are crc32c"
    renamed, at = 0, data.find(OLD)
    with open(path, "r+b") as image:
        while at >= 0:
            # The node that it is in begins at the last sector before it that has a header.
            start = at // sector * sector
            while data[start + 32:start + 48] != fsid and start > at - size:
                start -= sector
            node = data[start:start + size]
            if node[32:48] == fsid and node[100] == 0:
                renamed += patch_node(node)
                image.seek(start)
                image.write(node)
                at = data.find(OLD, start + size)
            else:
                at = data.find(OLD, at + 1)
    print(renamed)


if sys.argv[1:] == ["collide"]:
    print(collide())
elif len(sys.argv) == 3 and sys.argv[1] == "plant":
    plant(sys.argv[2])
else:
    raise SystemExit(__doc__)
