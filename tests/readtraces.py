#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of what readers make of archives, from what readers.sh has run: readtraces.py DIRECTORY

In it are gnu/ and bsd/ with NAME.trace of strace, NAME.status and the tree NAME/ of what was unpacked, and the files
go and python of readtar. A value counts that is the last one a reader tries to set, whatever the kernel says to it.
"""
import os
import re
import sys

ABSENT, NONE, EMPTY = "absent", "-", "empty"
CALL = re.compile(rb"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
STRING = rb'"((?:\\x[0-9a-f]{2})*)"(?:\.\.\.)?'
SET = re.compile(rb'^(?:' + STRING + rb'|\d+<([^>]*)>), ' + STRING + rb', (?:' + STRING + rb'|NULL|0x[0-9a-f]+), (\d+)')
REMOVED = re.compile(rb'^(?:AT_FDCWD(?:<[^>]*>)?, )?' + STRING)
ATTRIBUTE = b"security.capability"
LONG = 64  # bytes of a value that are shown


def text(escaped):
    return bytes.fromhex(escaped.replace(b"\\x", b"").decode())


def normal(path):
    """As it is below the root: no "." and no doubled slashes."""
    parts = [part for part in path.split(b"/") if part not in (b"", b".")]
    return b"/".join(parts) or b"."


def short(value, size):
    if size == 0:
        return EMPTY
    return value.hex() if size <= LONG else f"{value[:8].hex()}...{size}"


def traced(directory, name):
    """PATH: value, as the last attempts were; what is removed has none any more."""
    top = os.path.realpath(os.path.join(directory, name)).encode() + b"/"
    found = {}
    with open(os.path.join(directory, name + ".trace"), "rb") as trace:
        for line in trace:
            call = CALL.match(line)
            if not call:
                continue
            if call[1] in (b"unlink", b"unlinkat", b"rmdir"):
                path = REMOVED.match(call[2])
                if path and call[3] == b"0":
                    found.pop(normal(text(path[1])), None)
            elif call[1].endswith(b"setxattr"):
                one = SET.match(call[2])
                if not one:
                    sys.exit(f"{directory}/{name}.trace: cannot read {line!r}")
                path = text(one[1] if one[1] is not None else one[2])
                if text(one[3]) == ATTRIBUTE:
                    path = path[len(top):] if path.startswith(top) else path
                    found[normal(path)] = short(text(one[4] or b""), int(one[5]))
    return found


def unpacked(directory, name):
    """All paths that are there, and whether each is a directory."""
    top = os.path.join(directory, name).encode()
    found = {b".": True}
    for where, directories, files in os.walk(top):
        for kind in (directories, files):
            for entry in kind:
                path = os.path.join(where, entry)
                found[normal(path[len(top):])] = os.path.isdir(path) and not os.path.islink(path)
    return found


def extracted(directory, name):
    values, there = traced(directory, name), unpacked(directory, name)
    found = {path: values.get(path, NONE) for path, is_directory in there.items()}
    found.update(values)
    with open(os.path.join(directory, name + ".status"), encoding="ascii") as status:
        return found, status.read().strip(), {path for path in there if not there[path]} | set(values)


def listed(path):
    """What readtar said: FIXTURE: ({PATH: value}, status); several entries of one path are joined by commas."""
    found = {}
    with open(path, encoding="ascii", errors="replace") as lines:
        for line in lines:
            name, kind, *rest = line.rstrip("\n").split("\t")
            entries = found.setdefault(name, [{}, ""])
            if kind == "=":
                entries[1] = "0" if rest[0] == "0" else "1"
                continue
            where, first, second = rest
            entries[0].setdefault(normal(bytes.fromhex(where)), []).append((bytes.fromhex(kind), first, second))
    return found


def abbreviated(digits):
    return digits if len(digits) <= 2 * LONG else f"{digits[:16]}...{len(digits) // 2}"


def go_value(kind, records, xattrs):
    one = abbreviated(records)
    if records != xattrs:
        one += "|" + abbreviated(xattrs)
    return (kind.decode() + ":" if kind in (b"g", b"X") else "") + one


def python_value(_, schily, libarchive):
    if libarchive == NONE:
        return abbreviated(schily)
    return ("" if schily == NONE else abbreviated(schily) + "+") + "libarchive:" + abbreviated(libarchive)


def escaped(path):
    return "".join(chr(byte) if 32 < byte < 127 and byte not in b"\\" else f"\\{byte:03o}" for byte in path)


def main(top):
    by_library = [(listed(os.path.join(top, "go")), go_value), (listed(os.path.join(top, "python")), python_value)]
    for name in sorted(file[:-len(".tar")] for file in os.listdir(os.path.join(top, "archives"))):
        columns, statuses, paths = [], [], set()
        for reader in ("gnu", "bsd"):
            values, status, seen = extracted(os.path.join(top, reader), name)
            columns.append(values)
            statuses.append(status)
            paths |= seen
        for entries, value in by_library:
            found, status = entries.get(name, [{}, "1"])
            columns.append({path: ",".join(value(*one) for one in all_of) for path, all_of in found.items()})
            statuses.append(status)
            paths |= set(found)
        for path in sorted(paths):
            print(name, escaped(path), *(column.get(path, ABSENT) for column in columns), sep="\t")
        print(name, "=", *statuses, sep="\t")


main(sys.argv[1])
