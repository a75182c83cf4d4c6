#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""idmapped.py FROM TO NAMESPACE: mounts a directory a second time, with the id map of a user namespace."""
import ctypes
import os
import struct
import sys

OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
OPEN_TREE_CLONE, AT_EMPTY_PATH, IDMAP, MOVE_EMPTY_PATH = 1, 0x1000, 0x100000, 4

libc = ctypes.CDLL(None, use_errno=True)


def call(number, *args):
    result = libc.syscall(ctypes.c_long(number), *args)
    if result < 0:
        sys.exit("an id map for a mount: " + os.strerror(ctypes.get_errno()))
    return result


source, target, namespace = (os.fsencode(arg) for arg in sys.argv[1:])
with open(namespace) as user:
    tree = call(OPEN_TREE, -100, source, OPEN_TREE_CLONE)
    attributes = struct.pack("QQQQ", IDMAP, 0, 0, user.fileno())
    call(MOUNT_SETATTR, tree, b"", AT_EMPTY_PATH, attributes, ctypes.c_size_t(len(attributes)))
    call(MOVE_MOUNT, tree, b"", -100, target, MOVE_EMPTY_PATH)
