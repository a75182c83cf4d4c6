#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes tar archives from recipes, byte for byte: nothing here asks whether they make sense.

maketar.py RECIPE >ARCHIVE
maketar.py -d DIRECTORY RECIPE...    each as DIRECTORY/NAME.tar

The language is described in tests/fixtures/tar/README.
"""
import base64
import os
import re
import sys

BLOCK = 512

VALUES = {
    "A": "0100000200200000000000000000000000000000",  # cap_net_raw=ep
    "B": "0100000200040000000000000000000000000000",  # cap_net_bind_service=ep
    "C": "0100000201000000000000000000000000000000",  # cap_chown=ep
    "V1": "010000010020000000000000",
    "V3": "0100000300200000000000000000000000000000e8030000",
}
KEYS = {
    b"schily": b"SCHILY.xattr.security.capability",
    b"libarchive": b"LIBARCHIVE.xattr.security.capability",
}
TYPES = {
    "file": "0", "oldfile": "\0", "hardlink": "1", "symlink": "2", "char": "3", "block": "4", "dir": "5",
    "fifo": "6", "contiguous": "7", "sparse": "S", "volume": "V", "multivolume": "M", "dumpdir": "D",
}
MAGICS = {"ustar": b"ustar\00000", "gnu": b"ustar  \0", "v7": b"", "star": b"ustar\00000"}
FIELDS = {  # offset and size
    "name": (0, 100), "mode": (100, 8), "uid": (108, 8), "gid": (116, 8), "size": (124, 12), "mtime": (136, 12),
    "chksum": (148, 8), "type": (156, 1), "link": (157, 100), "magic": (257, 8), "uname": (265, 32),
    "gname": (297, 32), "devmajor": (329, 8), "devminor": (337, 8), "prefix": (345, 155),
}
NUMBERS = ("mode", "uid", "gid", "size", "mtime", "chksum", "devmajor", "devminor")


# ---------------------------------- values ---------------------------------

WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+')
ESCAPE = re.compile(rb"\\([0-7]{3}|.)")


def words(line):
    """Split at spaces that are not in quotes; from a bare # on all is comment."""
    found = []
    for match in WORD.finditer(line):
        if match.group().startswith("#"):
            break
        found.append(match.group())
    return found


def unescape(match):
    code = match.group(1)
    if len(code) == 3:
        return bytes([int(code, 8)])
    return {b"n": b"\n", b"t": b"\t", b"0": b"\0"}.get(code, code)


def plain(word):
    """A word as it is: quotes taken off, in quotes \\n, \\t, \\ooo, \\\\ and \\"."""
    out = b""
    for piece in re.findall(r'"(?:[^"\\]|\\.)*"|[^"]+', word):
        data = piece.encode("utf-8", "surrogateescape")
        out += ESCAPE.sub(unescape, data[1:-1]) if piece[0] == '"' else data
    return out


def value(word):
    """One value: hex:HEX, lib64:HEX, lib64pad:HEX or either of @NAME, fill:N, from:FILE, @NAME, or the word itself."""
    if word.startswith("@"):
        return bytes.fromhex(VALUES[word[1:]])
    kind, colon, rest = word.partition(":")
    if colon and kind == "hex":
        return bytes.fromhex(rest)
    if colon and kind in ("lib64", "lib64pad"):
        encoded = base64.b64encode(value(rest if rest.startswith("@") else "hex:" + rest))
        return encoded if kind == "lib64pad" else encoded.rstrip(b"=")
    if colon and kind == "fill":
        return b"v" * int(rest)
    if colon and kind == "from":
        with open(rest, "rb") as file:
            return file.read()
    return plain(word)


def joined(list_of_words):
    """Values one after another; pad:N fills up with NULs to a multiple of N."""
    out = b""
    for word in list_of_words:
        if re.fullmatch(r"pad:\d+", word):
            out += bytes(-len(out) % int(word[4:]))
        else:
            out += value(word)
    return out


# ---------------------------------- headers --------------------------------

def base256(number, size):
    """GNU's form of numbers: the first bit says so, and a negative number's others are ones."""
    data = (number % (1 << (8 * size))).to_bytes(size, "big")
    return bytes([data[0] | 0x80]) + data[1:]


def number(word, size):
    if word.startswith("b256:"):
        return base256(int(word[5:], 0), size)
    if re.fullmatch(r"[0-9]+", word):
        # As everywhere in C: a 0 in front makes it octal.
        n = int(word, 8) if word.startswith("0") else int(word)
        return b"%0*o\0" % (size - 1, n)
    return value(word)


def header(fields):
    """A header block; chksum may be bad, signed or a number."""
    block = bytearray(BLOCK)
    magic = fields.get("magic", "ustar")
    known = dict(fields, magic="")
    if magic == "v7":
        for name in ("uname", "gname", "devmajor", "devminor", "prefix"):
            known.pop(name, None)
    for name, word in known.items():
        if name in ("chksum", "magic", "raw"):
            continue
        at, size = FIELDS[name]
        data = number(word, size) if name in NUMBERS else word if isinstance(word, bytes) else value(word)
        block[at:at + size] = data[:size].ljust(size, b"\0")
    block[257:265] = (MAGICS[magic] if magic in MAGICS else value(magic)).ljust(8, b"\0")[:8]
    if "raw" in fields:  # raw=OFFSET:HEX
        at, data = fields["raw"].split(":")
        data = bytes.fromhex(data)
        block[int(at):int(at) + len(data)] = data
    block[148:156] = b" " * 8
    chksum = fields.get("chksum", "")
    total = sum(block)
    if chksum == "signed":
        total = sum(byte - 256 if byte > 127 else byte for byte in block)
    elif chksum == "bad":
        total += 1
    if chksum in ("", "signed", "bad"):
        block[148:156] = b"%06o\0 " % total
    else:
        block[148:156] = number(chksum, 8)[:8].ljust(8, b"\0")
    return bytes(block)


def record(line_words):
    """+ [len=TEXT] [end=VALUE] KEY VALUE...: the length is right unless given."""
    length, end = None, b"\n"
    while line_words and re.match(r"(len|end)=", line_words[0]):
        name, _, word = line_words.pop(0).partition("=")
        if name == "len":
            length = plain(word)
        else:
            end = plain(word)
    key = plain(line_words[0])
    rest = b" " + KEYS.get(key, key) + b"=" + joined(line_words[1:]) + end
    if length is None:
        size = len(rest) + 1
        while size != len(rest) + len(str(size)):
            size = len(rest) + len(str(size))
        length = b"%d" % size
    return length + rest


def sparse_map(fields):
    """map=OFFSET:SIZE,... of an old GNU sparse file: the header's own part, and the blocks behind it."""
    pairs = [part.split(":") for part in fields.pop("map").split(",")]
    entries = [number(at, 12) + number(size, 12) for at, size in pairs]
    more = fields.pop("more", "")  # claims a block more than there are
    here, rest = entries[:4], entries[4:]
    tail = b"".join(here).ljust(96, b"\0") + bytes([bool(rest) or more == "yes"])
    tail += number(fields.pop("realsize", "0"), 12)
    fields["raw"] = "386:" + tail.hex()
    blocks = b""
    while rest:
        here, rest = rest[:21], rest[21:]
        blocks += (b"".join(here).ljust(504, b"\0") + bytes([bool(rest)])).ljust(BLOCK, b"\0")
    return blocks


# ---------------------------------- recipes --------------------------------

class Recipe:
    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            self.lines = [(n, line.strip()) for n, line in enumerate(file, 1)]
        self.lines = [(n, line) for n, line in self.lines if line and not line.startswith("#")]

    def chunks(self):
        """All bytes but for what cut says."""
        return self.statements(self.lines, None)

    def statements(self, lines, count):
        at = 0
        while at < len(lines):
            line_number, line = lines[at]
            at += 1
            more = []
            try:
                if words(line)[0] == "repeat":
                    block, at = self.block(lines, at)
                    yield from self.repeat(int(words(line)[1]), block)
                    continue
                while at < len(lines) and re.match(r"\+(raw)?(\s|$)", lines[at][1]):
                    more.append(lines[at][1])
                    at += 1
                if count is not None:
                    line = line.replace("{i}", str(count))
                    more = [text.replace("{i}", str(count)) for text in more]
                yield self.statement(words(line), more)
            except (KeyError, ValueError, IndexError) as error:
                sys.exit(f"{self.path}:{line_number}: {type(error).__name__} {error}: {line}")

    def block(self, lines, at):
        start = at
        while lines[at][1] != "done":
            at += 1
        return lines[start:at], at + 1

    def repeat(self, times, block):
        """Nothing of it is kept: {i} counts from 0."""
        if any("{i}" in line for _, line in block):
            for i in range(times):
                yield from self.statements(block, i)
            return
        once = b"".join(self.statements(block, None))
        together = max(1, min(times, (1 << 20) // max(1, len(once))))
        for _ in range(times // together):
            yield once * together
        yield once * (times % together)

    def statement(self, line, more):
        what = line[0]
        if what == "cut":
            return b""
        if what == "end":
            return bytes(BLOCK * int(line[1] if len(line) > 1 else 2))
        if what == "zeros":
            return bytes(int(line[1]))
        if what in ("raw", "text"):
            return joined(line[1:])
        return self.entry(what, line[1:], more)

    def entry(self, what, line, more):
        fields = {"name": b"", "mode": "0644", "uid": "0", "gid": "0", "size": "", "mtime": "0", "type": b""}
        body = b""
        extended = what in ("x", "g", "X")
        if extended or what in ("L", "K"):
            fields["type"] = what.encode()
            fields["name"] = b"PaxHeaders/head" if extended else b"././@LongLink"
            if what in ("L", "K"):
                fields["magic"] = "gnu"
                body = value(line.pop(0)) + b"\0"
        elif what == "entry":
            fields["type"] = value(line.pop(0))
            fields["name"] = plain(line.pop(0))
        else:
            fields["type"] = TYPES[what].encode()
            fields["name"] = plain(line.pop(0))
            if what in ("sparse", "multivolume", "dumpdir", "volume"):
                fields["magic"] = "gnu"
            if what == "dir":
                fields["mode"] = "0755"
        padded = True
        for word in line:
            name, _, text = word.partition("=")
            if name == "body":
                body = value(text)
            elif name == "pad":
                padded = text != "no"
            elif name in FIELDS or name in ("raw", "map", "realsize", "more"):
                fields[name] = text
            else:
                raise ValueError(f"no field {name}")
        for text in more:
            first, *rest = words(text)
            if first == "+" and extended:
                body += record(rest)
            else:
                body = joined(["hex:" + body.hex()] + rest)
        blocks = sparse_map(fields) if "map" in fields else b""
        if fields["size"] == "":
            fields["size"] = str(len(body))
        padding = bytes(-len(body) % BLOCK) if padded else b""
        return header(fields) + blocks + body + padding

    def limit(self):
        """How many bytes the archive has; cut -N takes from the end."""
        cuts = [int(words(line)[1]) for _, line in self.lines if words(line)[0] == "cut"]
        if not cuts:
            return None
        return cuts[-1] if cuts[-1] >= 0 else sum(map(len, self.chunks())) + cuts[-1]

    def write(self, out):
        left = self.limit()
        for chunk in self.chunks():
            if left is not None:
                chunk = chunk[:left]
                left -= len(chunk)
            out.write(chunk)


def main():
    arguments = sys.argv[1:]
    if len(arguments) >= 2 and arguments[0] == "-d":
        for path in arguments[2:]:
            name = os.path.basename(path)
            name = name[:-len(".recipe")] if name.endswith(".recipe") else name
            with open(os.path.join(arguments[1], name + ".tar"), "wb") as out:
                Recipe(path).write(out)
    elif len(arguments) == 1:
        Recipe(arguments[0]).write(sys.stdout.buffer)
    else:
        sys.exit(__doc__.strip())


if __name__ == "__main__":
    main()
