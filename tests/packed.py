#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of converted archives ask: another reader of tar than that of the tools, which only looks at blocks.

packed.py write OUT DIRECTORY [NAME=HEX]...     an archive of the directory, by Python's tarfile; NAME is one file more
packed.py insert ARCHIVE OUT NAME=HEX...        with an extended header before all headers of each member of that name
packed.py check OLD NEW [VALUE=NEWVALUE]...     silent where every copy of a value became what is said, or stayed, and
                                                nothing else differs; a value is v1, v2, v3:ROOTID, none or hex
packed.py names ARCHIVE...                      a line an entry: ARCHIVE, path and SCHILY value in hex
packed.py sizes OUT                             an archive with extended headers of all sizes around some blocks
packed.py memory MIB COMMAND...                 runs it; says so where it was more
"""
import base64
import io
import os
import resource
import subprocess
import sys
import tarfile

BLOCK = 512
ATTRIBUTE = b"xattr.security.capability"
RAW = b"SCHILY." + ATTRIBUTE
BASE64 = b"LIBARCHIVE." + ATTRIBUTE


# ---------------------------------- values ---------------------------------

def unshort(word):
    if word == "none":
        return None
    if word == "v1":
        return bytes.fromhex("010000010020000000000000")
    if word == "v2":
        return bytes.fromhex("0100000200200000000000000000000000000000")
    if word.startswith("v3:"):
        return bytes.fromhex("0100000300200000000000000000000000000000") + int(word[3:]).to_bytes(4, "little")
    return bytes.fromhex(word)


# ---------------------------------- reading --------------------------------

class Part:
    """A header block and what follows it."""

    def __init__(self, data, at):
        self.block = data[at:at + BLOCK]
        self.type = self.block[156:157]
        field = self.block[124:136]
        if field[0] & 0x80:
            self.size = int.from_bytes(field[1:], "big")
        else:
            self.size = int(field.rstrip(b"\0 ").decode() or "0", 8)
        if self.type in b"123456":  # a claim: nothing follows in the archives of this test
            self.size = 0
        total = sum(self.block[:148]) + sum(self.block[156:]) + 8 * 32
        stated = int(self.block[148:156].split(b"\0")[0].strip() or b"0", 8)
        if total != stated:
            raise ValueError(f"offset {at}: its checksum is {stated}, not {total}")
        self.body = data[at + BLOCK:at + BLOCK + self.size]
        self.end = at + BLOCK + -(-self.size // BLOCK) * BLOCK
        self.padding = data[at + BLOCK + self.size:self.end]
        if self.end > len(data):
            raise ValueError(f"offset {at}: cut off")

    def records(self):
        found, at = [], 0
        while at < len(self.body) and self.body[at:at + 1] != b"\0":
            space = self.body.index(b" ", at)
            end = at + int(self.body[at:space])
            if end > len(self.body) or self.body[end - 1:end] != b"\n":
                raise ValueError(f"a record of {end - at} bytes has another end: {self.body[at:at + 40]}")
            key, _, value = self.body[space + 1:end - 1].partition(b"=")
            found.append((key, value))
            at = end
        return found


class Member:
    def __init__(self, parts):
        self.parts, self.entry = parts[:-1], parts[-1]

    def name(self):
        name = self.entry.block[:100].split(b"\0")[0]
        prefix = self.entry.block[345:500].split(b"\0")[0]
        if self.entry.block[257:263] == b"ustar\0" and prefix:
            name = prefix + b"/" + name
        for part in self.parts:
            if part.type == b"L":
                name = part.body.rstrip(b"\0")
        return dict(self.records()).get(b"path", name)

    def records(self):
        return [r for part in self.parts if part.type in b"xX" for r in part.records()]


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    members, parts, at = [], [], 0
    while at < len(data) and data[at:at + BLOCK].strip(b"\0"):
        part = Part(data, at)
        parts.append(part)
        at = part.end
        if part.type not in b"xXgLK":
            members.append(Member(parts))
            parts = []
    if parts:
        raise ValueError("headers without an entry")
    return members, data[at:]


# ---------------------------------- comparing ------------------------------

def value_of(key, value):
    return value if key == RAW else base64.b64decode(value + b"=" * (-len(value) % 4))


def becomes(record, table):
    """What it is to be; None: gone."""
    key, value = record
    if key not in (RAW, BASE64) or value_of(key, value) not in table:
        return record
    new = table[value_of(key, value)]
    if new is None:
        return None
    return key, new if key == RAW else base64.b64encode(new).rstrip(b"=")


def without_size(block):
    return block[:124] + block[136:148] + block[156:]


def compare_header(old, new, table):
    """Of an extended header whose records are to be others."""
    wanted = [r for r in (becomes(r, table) for r in old.records()) if r]
    if new.records() != wanted:
        yield f"its records are {new.records()}, not {wanted}"
    if without_size(old.block) != without_size(new.block):
        yield "more of its block changed than size and checksum"
    if new.padding.strip(b"\0"):
        yield "its padding is not zero"


def compare_member(old, new, table):
    new_parts = list(new.parts)
    for part in old.parts:
        extended = part.type in b"xXg"
        wanted = [becomes(r, table) for r in part.records()] if extended else []
        if extended and wanted and not any(wanted):
            continue  # it says nothing any more
        if not new_parts:
            yield "a header is missing"
            return
        now = new_parts.pop(0)
        if not extended or wanted == part.records():
            if (part.block, part.body, part.padding) != (now.block, now.body, now.padding):
                yield f"its header {part.type} changed without need"
        else:
            yield from compare_header(part, now, table)
    if new_parts:
        yield "it has a header more"
    if old.entry.block != new.entry.block:
        yield "its own header block changed"
    if (old.entry.body, old.entry.padding) != (new.entry.body, new.entry.padding):
        yield "its body changed"


def check(old_path, new_path, *words):
    table = dict((unshort(old), unshort(new)) for old, new in (word.split("=") for word in words))
    (old, old_rest), (new, new_rest) = read(old_path), read(new_path)
    if len(old) != len(new):
        print(f"{len(new)} members, not {len(old)}")
    if old_rest != new_rest:
        print("what follows the last member changed")
    for one, other in zip(old, new):
        for line in compare_member(one, other, table):
            print(f"{one.name().decode(errors='replace')}: {line}")


def names(*paths):
    for path in paths:
        fixture = os.path.basename(path)[:-len(".tar")]
        for member in read(path)[0]:
            value = dict(member.records()).get(RAW)
            print(fixture, member.name().rstrip(b"/").hex(), "-" if value is None else value.hex(), sep="\t")


# ---------------------------------- writing --------------------------------

def text(value):
    """tarfile takes texts: so bytes that are no UTF-8 come through."""
    return value.decode("utf-8", "surrogateescape")


def write(out, directory, *more):
    with tarfile.open(out, "w", format=tarfile.PAX_FORMAT, encoding="utf-8", errors="surrogateescape") as archive:
        def with_attribute(info):
            path = os.path.join(directory, info.name)
            if info.isreg() or info.islnk():
                try:
                    value = os.getxattr(path, "security.capability")
                    info.pax_headers = {RAW.decode(): text(value)}
                except OSError:
                    pass
            return info
        for name in sorted(os.listdir(directory)):
            archive.add(os.path.join(directory, name), arcname=name, filter=with_attribute)
        for word in more:
            name, _, value = word.partition("=")
            info = tarfile.TarInfo(name)
            info.mode, info.size = 0o755, 5
            info.pax_headers = {RAW.decode(): text(bytes.fromhex(value))}
            archive.addfile(info, io.BytesIO(b"more\n"))


def header_of(body):
    info = tarfile.TarInfo("PaxHeaders/inserted")
    info.type, info.size = tarfile.XHDTYPE, len(body)
    return info.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % BLOCK)


def record(key, value):
    rest = b" " + key + b"=" + value + b"\n"
    size = len(rest) + 1
    while size != len(rest) + len(str(size)):
        size = len(rest) + len(str(size))
    return b"%d" % size + rest


def insert(path, out, *words):
    values = dict(word.encode().split(b"=") for word in words)
    members, rest = read(path)
    with open(out, "wb") as file:
        for member in members:
            if member.name() in values:
                file.write(header_of(record(RAW, unshort(values.pop(member.name()).decode()))))
            for part in member.parts + [member.entry]:
                file.write(part.block + part.body + part.padding)
        file.write(rest)
    if values:
        sys.exit(f"no member {values}")


def sizes(out):
    """The attribute's record first, in the middle and last, of revisions that grow and shrink."""
    value = unshort("v2")
    with open(out, "wb") as file:
        for blocks in (1, 2, 3):
            for size in range(blocks * BLOCK - 40, blocks * BLOCK + 41, 4):
                filler = size - len(record(RAW, value)) - len(record(b"comment", b"")) - 2
                records = [record(b"comment", b"c" * filler), record(b"mtime", b"1.5")]
                records.insert(size // 4 % 3, record(RAW, value))
                file.write(header_of(b"".join(records)))
                info = tarfile.TarInfo(f"member{blocks}.{size}")
                info.size = size - BLOCK + 40
                body = b"b" * info.size
                file.write(info.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % BLOCK))
        file.write(bytes(2 * BLOCK))


# ---------------------------------- running --------------------------------

def memory(mib, *command):
    status = subprocess.call(command)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    if most > int(mib):
        print(f"{most:.0f} MiB, more than {mib}", file=sys.stderr)
        sys.exit(99)
    sys.exit(status)


def main():
    commands = {f.__name__: f for f in (write, insert, check, names, sizes, memory)}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__.strip())
    commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
