#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes EROFS images from recipes, byte for byte: nothing here asks whether they make sense.

makeerofs.py RECIPE >IMAGE
makeerofs.py [-p PROGRAM] -d DIRECTORY RECIPE...    each as DIRECTORY/NAME.erofs

The language is described in tests/fixtures/erofs/README.
"""
import os
import stat
import struct
import sys

SUPER = 1024
SLOT = 32
VALUES = {
    "v1": "010000010020000000000000",
    "v2": "0100000200200000000000000000000000000000",  # cap_net_raw=ep
    "kill": "0100000220000000000000000000000000000000",  # cap_kill=ep
    "v3": "0100000300200000000000000000000000000000a0860100",
    "zero": "010000030020000000000000000000000000000000000000",
    "flags": "0300000200200000000000000000000000000000",
    "flags3": "050000030020000000000000000000000000000000000000",
    "foreign": "0300000300200000000000000000000000000000a0860100",
    "revision": "0100000400200000000000000000000000000000",
    "short": "01000002",
    "long": "0100000300200000000000000000000000000000a086010000",
    "empty": "",
}
TYPES = {
    "file": stat.S_IFREG | 0o755, "dir": stat.S_IFDIR | 0o755, "link": stat.S_IFLNK | 0o777,
    "fifo": stat.S_IFIFO | 0o644, "char": stat.S_IFCHR | 0o644, "block": stat.S_IFBLK | 0o644,
    "socket": stat.S_IFSOCK | 0o644,
}
LAYOUTS = {"plain": 0, "full": 1, "inline": 2, "compact": 3, "chunks": 4}
SUPERBLOCK = {  # offset and form
    "magic": (0, "<I"), "checksum": (4, "<I"), "compat": (8, "<I"), "blkszbits": (12, "<B"), "extslots": (13, "<B"),
    "root": (14, "<H"), "inos": (16, "<Q"), "blocks": (36, "<I"), "meta": (40, "<I"), "shared": (44, "<I"),
    "volume": (64, "16s"), "incompat": (80, "<I"), "devices": (86, "<H"), "devices_at": (88, "<H"),
    "dirblkbits": (90, "<B"), "prefixes": (91, "<B"), "prefixes_at": (92, "<I"), "packed": (96, "<Q"),
    "filter_reserved": (104, "<B"), "root8": (112, "<Q"), "metabox": (128, "<Q"),
}
COMPACT = {
    "format": (0, "<H"), "icount": (2, "<H"), "mode": (4, "<H"), "links": (6, "<H"), "size": (8, "<I"),
    "start": (16, "<I"), "ino": (20, "<I"), "uid": (24, "<H"), "gid": (26, "<H"),
}
EXTENDED = {
    "format": (0, "<H"), "icount": (2, "<H"), "mode": (4, "<H"), "start_hi": (6, "<H"), "size": (8, "<Q"),
    "start": (16, "<I"), "ino": (20, "<I"), "uid": (24, "<I"), "gid": (28, "<I"), "links": (44, "<I"),
}
SUM, PLAIN_PREFIXES, FRAGMENTS, PREFIXES = 1, 0x10, 0x20, 0x40


def value(word):
    """HEX, a name of VALUES, "text", or one of them *N times."""
    end = word.rfind('"') + 1
    word, times = word[:end] + word[end:].partition("*")[0], word[end:].partition("*")[2]
    if end:
        return word[1:-1].encode().decode("unicode_escape").encode("latin-1") * int(times or 1)
    return bytes.fromhex(VALUES.get(word, word)) * int(times or 1)


def options(words):
    return dict(word.partition("=")[::2] for word in words)


def put(buf, fields, at, name, number):
    offset, form = fields[name]
    if form == "16s":
        struct.pack_into(form, buf, at + offset, value(number))
        return
    struct.pack_into(form, buf, at + offset, int(str(number), 0) & (1 << 8 * struct.calcsize(form)) - 1)


def up(number, step):
    return (number + step - 1) // step * step


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc


def entry(index, name, body, said):
    """An attribute; @said: name_len and value_size that are not so."""
    name_len, size = said.get("name_len", str(len(name))), said.get("value_size", str(len(body)))
    head = struct.pack("<BBH", int(name_len, 0), int(index, 0), int(size, 0))
    whole = head + name + body
    return whole.ljust(up(len(whole), 4), b"\0")


class Inode:
    def __init__(self, kind, path, words):
        self.kind, self.path, self.said = kind, path, options(words)
        self.shared, self.inline, self.dirents, self.names = [], b"", [], 1
        self.nid = self.start = self.attributes_size = 0
        self.data, self.tail = b"", None
        self.extended = self.said.get("form") == "extended"

    def attributes(self, image):
        """Header, shared ids, entries."""
        if not self.shared and not self.inline and "filter" not in self.said:
            return b""
        ids = b"".join(struct.pack("<I", image.shared_id(name)) for name in self.shared)
        count = int(self.said.get("shared", len(self.shared)))
        head = struct.pack("<IB7x", int(self.said.get("filter", "0"), 0), count)
        return head + ids + self.inline

    def size(self):
        return (64 if self.extended else 32) + self.attributes_size

    def layout(self):
        return self.said.get("layout") or ("plain" if self.tail is None else "inline")

    def bytes(self, image, names):
        fields, attributes = (EXTENDED if self.extended else COMPACT), self.attributes(image)
        buf = bytearray(64 if self.extended else 32)
        numbers = {
            "format": LAYOUTS[self.layout()] << 1 | self.extended, "mode": TYPES[self.kind], "links": names,
            "icount": (len(attributes) - 12) // 4 + 1 if attributes else 0, "size": len(self.data),
            "start": self.start, "uid": 0, "gid": 0, "ino": self.nid,
        }
        for name, number in numbers.items():
            put(buf, fields, 0, name, self.said.get(name, number))
        for name in self.said:
            if name in fields and name not in numbers:
                put(buf, fields, 0, name, self.said[name])
        return bytes(buf) + attributes


class Image:
    def __init__(self, program):
        self.program, self.bits, self.super, self.sum = program, 12, {}, True
        self.inodes, self.names, self.shared, self.prefixes = [], [], {}, []
        self.table, self.late, self.cuts, self.ids = None, [], [], {}
        self.add("dir", "/", [])

    # ------------------------------- statements ----------------------------

    def add(self, kind, path, words):
        inode = Inode(kind, path, words)
        if path == "/" and self.inodes:
            self.inodes[0] = inode
            self.names[0] = ("/", inode)
            return inode
        self.inodes.append(inode)
        if "nameless" not in inode.said:
            self.names.append((path, inode))
        if inode.said.get("data", "program") != "program":
            inode.data = value(inode.said["data"])
        if inode.said.get("data") == "program":
            inode.data = self.program
            inode.said.setdefault("layout", "plain")
        return inode

    def find(self, path):
        for name, inode in self.names:
            if name == path:
                return inode
        for inode in self.inodes:
            if inode.path == path:
                return inode
        raise SystemExit("no inode " + path)

    def statement(self, words):
        word, rest = words[0], words[1:]
        if word in TYPES:
            self.add(word, rest[0], rest[1:])
        elif word == "hard":
            target = self.find(rest[1])
            target.names += 1
            self.names.append((rest[0], target))
        elif word == "+":
            self.attribute(self.inodes[-1], rest)
        elif word == "dirent":
            name = value(rest[0]) if rest[0][0] == '"' else rest[0].encode()
            self.inodes[-1].dirents.append((name, options(rest[1:])))
        elif word == "blocks":
            self.bits = int(rest[0])
        elif word == "super":
            self.super.update(options(rest))
        elif word == "nosum":
            self.sum = False
        elif word == "shared":
            self.shared[rest[0]] = entry(rest[1], value(rest[2]), value(rest[3]), options(rest[4:]))
        elif word == "prefixes":
            self.table = (rest[0], options(rest[1:]))
        elif word == "prefix":
            self.prefixes.append((int(rest[0], 0), value(rest[1]), options(rest[2:])))
        elif word == "put":
            self.late.append((rest[0], int(rest[1], 0), value(rest[2])))
        elif word == "cut":
            self.cuts.append(int(rest[0], 0))
        else:
            raise SystemExit("no statement " + word)

    def attribute(self, inode, words):
        if words[0] == "shared":
            inode.shared += words[1:]
        elif words[0] == "raw":
            inode.inline += value(words[1])
        else:
            inode.inline += entry(words[0], value(words[1]), value(words[2]), options(words[3:]))

    # --------------------------------- layout ------------------------------

    def shared_id(self, name):
        return int(name[1:], 0) if name[0] == "#" else self.ids.get(name, 0)

    def children(self, directory):
        prefix = directory.rstrip("/") + "/"
        for name, inode in self.names:
            if name != "/" and name.startswith(prefix) and "/" not in name[len(prefix):]:
                yield name[len(prefix):].encode(), {"to": inode.path}

    def dirents(self, inode):
        """All entries in the order of their names."""
        parent = os.path.dirname(inode.path)
        found = [(b".", {"to": inode.path}), (b"..", {"to": parent})] if "bare" not in inode.said else []
        return sorted(found + list(self.children(inode.path)) + inode.dirents, key=lambda e: e[0])

    def blocks_of(self, entries):
        """The blocks that a directory is made of."""
        room, block, size = 1 << self.bits, [], 0
        for one in entries:
            if size + 12 + len(one[0]) > room:
                yield block
                block, size = [], 0
            block.append(one)
            size += 12 + len(one[0])
        if block:
            yield block

    def directory(self, inode):
        """What it says, with the numbers of inodes as far as they are known."""
        data = b""
        for block in self.blocks_of(self.dirents(inode)):
            data = data.ljust(up(len(data), 1 << self.bits), b"\0")
            at, head, names = 12 * len(block), b"", b""
            for name, said in block:
                nid = int(said["nid"], 0) if "nid" in said else self.find(said["to"]).nid
                offset = int(said["nameoff"], 0) if "nameoff" in said else at + len(names)
                head += struct.pack("<QHBB", nid, offset, int(said.get("type", "0")), 0)
                names += name
            data += head + names
        return data

    def prefix_table(self):
        table = b""
        for base, infix, said in self.prefixes:
            table = table.ljust(up(len(table), 4), b"\0")
            table += struct.pack("<HB", int(said.get("size", len(infix) + 1)), base) + infix
        return table

    def tail_of(self, inode):
        """How many bytes go behind the inode, or None where they have blocks of their own."""
        tail = len(inode.data) % (1 << self.bits)
        wanted = inode.said.get("layout", "inline")
        if wanted != "inline" or not tail or inode.size() + tail > (1 << self.bits):
            return None
        return tail

    def place(self, at):
        for inode in self.inodes:
            inode.attributes_size = len(inode.attributes(self))
            if inode.kind == "dir" and "data" not in inode.said:
                inode.data = self.directory(inode)
            inode.tail = self.tail_of(inode)
            at = up(at, SLOT)
            end = at + inode.size()
            if inode.tail and end % (1 << self.bits) + inode.tail > 1 << self.bits:
                at = up(at, 1 << self.bits)
            inode.nid = at // SLOT
            at += inode.size() + (inode.tail or 0)
        return at

    def place_shared(self, at):
        for name, body in self.shared.items():
            self.ids[name] = (at - self.shared_at) // 4
            at += len(body)
        return at

    def place_blocks(self, at):
        """Data that is no tail; the program is there once."""
        placed = {}
        at = up(at, 1 << self.bits)
        for inode in self.inodes:
            body = inode.data[:len(inode.data) - (inode.tail or 0)]
            if not body:
                continue
            if body not in placed or inode.kind == "dir":
                placed[body] = at
                at = up(at + len(body), 1 << self.bits)
            inode.start = placed[body] >> self.bits
        return at

    # ---------------------------------- bytes ------------------------------

    def write(self, at, data):
        if len(self.out) < at + len(data):
            self.out.extend(bytes(at + len(data) - len(self.out)))
        self.out[at:at + len(data)] = data

    def add_packed(self):
        packed = Inode("file", "packed", ["layout=plain"])
        packed.data = bytes(int(self.table[1].get("at", "0"), 0)) + self.prefix_table()
        self.inodes.append(packed)
        return packed

    def make(self):
        where = self.table[0] if self.table else None
        packed = self.add_packed() if where == "packed" else None
        first = SUPER + 128 + 16 * int(self.super.get("extslots", "0"), 0)
        end = self.place(first)
        self.shared_at = up(end, 1 << self.bits)
        end = self.place_shared(self.shared_at)
        table_at = up(end, 4) if where in ("plain", "bare") else int(self.table[1].get("at", "0"), 0) if packed else 0
        if where in ("plain", "bare"):
            end = table_at + len(self.prefix_table())
        end = self.place_blocks(end)
        for inode in self.inodes:  # by now all numbers are known
            if inode.kind == "dir" and "data" not in inode.said:
                inode.data = self.directory(inode)
        self.out = bytearray(up(end, 1 << self.bits))
        for inode in self.inodes:
            self.write_inode(inode)
        for name, body in self.shared.items():
            self.write(self.shared_at + 4 * self.ids[name], body)
        if where in ("plain", "bare"):
            self.write(table_at, self.prefix_table())
        self.write_super(packed, where, table_at)
        return self.finish()

    def write_inode(self, inode):
        at = inode.nid * SLOT
        tail = inode.tail or 0
        names = 2 if inode.kind == "dir" else inode.names
        self.write(at, inode.bytes(self, names))
        if tail:
            self.write(at + inode.size(), inode.data[-tail:])
        if len(inode.data) > tail:
            self.write(inode.start << self.bits, inode.data[:len(inode.data) - tail])

    def write_super(self, packed, where, table_at):
        numbers = {
            "magic": 0xe0f5e1e2, "compat": self.sum * SUM | (where == "plain") * PLAIN_PREFIXES, "blkszbits": self.bits,
            "root": self.inodes[0].nid, "inos": len(self.inodes), "blocks": len(self.out) >> self.bits,
            "shared": self.shared_at >> self.bits, "prefixes": len(self.prefixes), "prefixes_at": table_at >> 2,
            "packed": packed.nid if packed else 0,
            "incompat": (FRAGMENTS if packed else 0) | (PREFIXES if self.prefixes else 0),
        }
        numbers.update({name: number for name, number in self.super.items() if name != "checksum"})
        for name, number in numbers.items():
            put(self.out, SUPERBLOCK, SUPER, name, number)

    def finish(self):
        for where, offset, body in self.late:
            base = {"super": SUPER, "image": 0, "shared": self.shared_at}.get(where)
            self.write((self.find(where).nid * SLOT if base is None else base) + offset, body)
        if self.sum:
            block = 1 << self.bits
            summed = self.out[SUPER:block if block > SUPER else SUPER + block]
            put(self.out, SUPERBLOCK, SUPER, "checksum", self.super.get("checksum", crc32c(summed)))
        for size in self.cuts:
            del self.out[size:]
        return bytes(self.out)


def words_of(line):
    """Split at spaces; a bare # and what follows it is comment."""
    words = line.split()
    return words[:next((i for i, word in enumerate(words) if word == "#"), len(words))]


def repeated(lines):
    """All statements, those up to "done" as often as "repeat" says."""
    lines = iter(lines)
    for words in lines:
        if words[:1] != ["repeat"]:
            yield words
            continue
        body = list(iter(lambda: next(lines), ["done"]))
        for i in range(int(words[1])):
            yield from ([word.replace("{i}", str(i)) for word in one] for one in body)


def make(recipe, program):
    image = Image(program)
    with open(recipe, encoding="ascii") as lines:
        for words in repeated([words_of(line) for line in lines]):
            if words:
                image.statement(words)
    return image.make()


def main():
    args, program = sys.argv[1:], b"no program"
    if args[:1] == ["-p"]:
        with open(args[1], "rb") as file:
            program = file.read()
        args = args[2:]
    if args[:1] != ["-d"]:
        sys.stdout.buffer.write(make(args[0], program))
        return
    for recipe in args[2:]:
        name = os.path.splitext(os.path.basename(recipe))[0]
        with open(os.path.join(args[1], name + ".erofs"), "wb") as out:
            out.write(make(recipe, program))


if __name__ == "__main__":
    main()
