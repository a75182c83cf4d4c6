#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of tests/fixtures/checks.tsv in every kind of input.

checks.py make KIND FILE     tar, oci, oci-archive, docker-archive, getfattr, debugfs (commands; bodies and values go
                             beside FILE), tree (FILE is a directory; values that no call stores are marked, and what is too long for
                             that is left out)
checks.py patch IMAGE        the marks in an EROFS image become the values
checks.py codes COLUMN       "NAME CODE", a line each, sorted
checks.py values             "NAME VALUE", a line each
"""
import json
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import oci  # noqa: E402

COLUMNS = ("name", "value", "mode", "type", "body", "archive", "disk", "live", "dump")


def rows():
    with open(os.path.join(HERE, "fixtures", "checks.tsv"), encoding="ascii") as table:
        lines = [line.rstrip("\n") for line in table]
    return [dict(zip(COLUMNS, line.split("\t"))) for line in lines if not line.startswith("#")]


# What only archives have: copies that differ, a path that comes twice, one that leads out.
RECIPE_MORE = '''x
+ schily @A
+ libarchive lib64:@B
file conflicting-copies mode=0755 body=x
x
+ schily @A
file conflicting-entries mode=0755 body=x
x
+ schily @A
file ./conflicting-entries mode=0755 body=x
x
+ schily @A
file ../path-leads-out mode=0755 body=x
'''
MORE = {
    "archive": (("conflicting-copies", "conflicting-copies"), ("conflicting-entries", "conflicting-entries"),
                ("path-leads-out", "path-leads-out")),
    "dump": (("conflicting-entries", "conflicting-entries"), ("conflicting-entries", "rootid-set")),
}


def make_tar(more=RECIPE_MORE):
    recipe = ""
    for row in rows():
        if row["archive"] == "absent":
            continue
        recipe += f'x\n+ schily hex:{row["value"]}\n{row["type"]} {row["name"]} mode=0{int(row["mode"], 8):o}'
        recipe += f' body="{row["body"]}"\n' if row["type"] == "file" else "\n"
    with tempfile.TemporaryDirectory() as there:
        path = os.path.join(there, "recipe")
        with open(path, "w", encoding="ascii") as out:
            out.write(recipe + more + "end\n")
        return subprocess.run([sys.executable, os.path.join(HERE, "maketar.py"), path], check=True,
                              stdout=subprocess.PIPE).stdout


def make_store(kind, path):
    store = oci.Store()
    image = store.image([make_tar()])
    store.named(image, "x")
    if kind == "oci":
        store.write(path)
        return
    if kind == "docker-archive":
        manifest = json.loads(store.files[oci.blob_path(image["digest"])])
        store.files["manifest.json"] = json.dumps([{
            "Config": oci.blob_path(manifest["config"]["digest"]), "RepoTags": ["x:latest"],
            "Layers": [oci.blob_path(layer["digest"]) for layer in manifest["layers"]]}]).encode()
    store.archive(path)


def make_dump(path):
    with open(path, "w", encoding="ascii") as out:
        for row in rows():
            out.write(f'# file: {row["name"]}\nsecurity.capability=0x{row["value"]}\n\n')
        for value in rows()[0]["value"], "0100000300200000000000000000000000000000a0860100":
            out.write(f"# file: conflicting-entries\nsecurity.capability=0x{value}\n\n")


def make_commands(path):
    with open(path, "w", encoding="ascii") as out:
        for row in rows():
            name, body, value = row["name"], f'{path}.{row["name"]}.body', f'{path}.{row["name"]}.value'
            with open(body, "w", encoding="ascii") as file:
                file.write(row["body"])
            with open(value, "wb") as file:
                file.write(bytes.fromhex(row["value"]))
            out.write(f"mkdir {name}\n" if row["type"] == "dir" else f"write {body} {name}\n")
            kind = "040" if row["type"] == "dir" else "010"
            out.write(f'sif {name} mode {kind}{row["mode"]}\nea_set -f {value} {name} security.capability\n')


def mark(number):
    return struct.pack("<6I", 0x03000001, 0x2000, 0, 0, 0, 7000000 + number)


def make_tree(path):
    for i, row in enumerate(rows()):
        full, value = os.path.join(path, row["name"]), bytes.fromhex(row["value"])
        if len(value) > len(mark(i)):
            continue
        if row["type"] == "dir":
            os.mkdir(full)
        else:
            with open(full, "w", encoding="ascii") as out:
                out.write(row["body"])
        if row["live"].startswith("error") or row["name"] == "rootid-zero":
            value = mark(i)
        os.setxattr(full, "security.capability", value)
        os.chmod(full, int(row["mode"], 8))


def patch(path):
    """Before the value are the entry's header, whose last two bytes are its size, and "capability"."""
    with open(path, "r+b") as file:
        image = bytearray(file.read())
        for i, row in enumerate(rows()):
            at = image.find(mark(i))
            if at < 0:
                continue
            value = bytes.fromhex(row["value"])
            assert image[at - 10:at] == b"capability" and image.find(mark(i), at + 1) < 0
            image[at:at + len(value)] = value
            image[at - 12:at - 10] = struct.pack("<H", len(value))
        image[1032] &= 0xfe  # the superblock's checksum is not there any more
        file.seek(0)
        file.write(image)


def codes(column):
    for row in rows():
        for code in row[column].split(","):
            if code not in ("-", "absent"):
                yield row["name"], code
    yield from MORE.get(column, ())


def main():
    what = sys.argv[1]
    if what == "make":
        kind, path = sys.argv[2:]
        if kind == "tar" or kind == "plain-tar":
            with open(path, "wb") as out:
                out.write(make_tar(RECIPE_MORE if kind == "tar" else ""))
        else:
            {"getfattr": make_dump, "debugfs": make_commands, "tree": make_tree}.get(
                kind, lambda to: make_store(kind, to))(path)
    elif what == "patch":
        patch(sys.argv[2])
    elif what == "codes":
        print(*sorted(" ".join(pair) for pair in codes(sys.argv[2])), sep="\n")
    else:
        print(*(f'{row["name"]} {row["value"]}' for row in rows()), sep="\n")


main()
