#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether fcapinspect says of odd archives what readers do to them: archives.py READERS.TSV DIRECTORY

In DIRECTORY are NAME.json and NAME.status, fcapinspect's output and exit status. One line each:
refused NAME            we do not read what a reader takes
hidden NAME PATH ...    a reader gives a path a value that we do not show
renamed NAME PATH ...   the same, but we show it for a path that this reader has not
differs NAME PATH ...   a reader gives it another one than we say
"""
import json
import os
import re
import sys

WHO = ("gnu", "bsd", "go", "python")
NONE = ("-", "absent")
LONG = 64  # bytes of a value that the table shows


def unescape(text):
    return re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), text.encode("utf-8", "surrogateescape"))


def short(digits):
    return "empty" if digits == "" else digits if len(digits) <= 2 * LONG else f"...{len(digits) // 2}"


def load_table(path):
    found = {}
    with open(path, encoding="ascii") as table:
        for line in table:
            if not line.startswith(("#", "fixture\t")):
                name, where, *values = line.rstrip("\n").split("\t")
                found.setdefault(name, {})[where] = values
    return found


def measured(who, text):
    """What a reader leaves a path with: the last of its entries. Go's entries for headers are no files."""
    text = text.split(",")[-1]
    if who == "go":
        text = "absent" if text.startswith(("g:", "X:")) else text.split("|")[0]
    if who == "python":
        text = "-" if text.startswith("libarchive:") else text.split("+libarchive:")[0]
    return "..." + text.split("...")[1] if "..." in text else text


def predicted(record):
    """What we say of an entry: a value for each reader."""
    if "copies" in record:
        return {who: short(copy["raw"]) for copy in record["copies"] for who in copy["applied"]}
    # A hard link has its target's value, by that name.
    if record["raw"] is None or "link" in record:
        return {}
    return {who: short(record["raw"]) for who in WHO}


def shown(record):
    """All values that a look at the record can find."""
    values = {short(copy["raw"]) for copy in record.get("copies", ())}
    return values | ({short(record["raw"])} if record["raw"] is not None else set())


def load_records(path):
    with open(path, "rb") as lines:
        return [json.loads(line) for line in lines]


def compare_value(name, where, who, failed, value, records):
    """One path with one reader: the last entry counts, as it does on a disk."""
    say = predicted(records[-1]).get(who, "-") if records else "absent"
    if value == say or (value in NONE and (say in NONE or failed)):
        return ""
    if value not in NONE and not any(value in shown(record) for record in records):
        return f"hidden {name} {where} {who}: {value}"
    return f"differs {name} {where} {who}: {value}, we say {say}"


def renamed(line, who, rows, records):
    """What is hidden is for a path that we do not have; is there one that the reader does not have?"""
    _, _, where, _, value = line.split(" ", 4)
    others = [unescape(path) for path, values in rows.items()
              if path not in ("=", where) and measured(WHO[who], values[who]) == "absent"]
    there = any(unescape(record["rel"]) in others and value in shown(record) for record in records)
    return line.replace("hidden", "renamed", 1) if there else line


def compare(name, rows, records):
    failed = [status != "0" for status in rows["="]]
    for where, values in rows.items():
        if where == "=":
            continue
        same = [record for record in records if unescape(record["rel"]) == unescape(where)]
        for i, who in enumerate(WHO):
            line = compare_value(name, where, who, failed[i], measured(who, values[i]), same)
            if line.startswith("hidden") and not same:
                line = renamed(line, i, rows, records)
            if line:
                print(line)


def main(table, directory):
    for name, rows in load_table(table).items():
        with open(os.path.join(directory, name + ".status"), encoding="ascii") as status:
            status = status.read().strip()
        if status == "0":
            compare(name, rows, load_records(os.path.join(directory, name + ".json")))
        elif status != "3":
            print("status", name, status)
        elif "0" in rows["="]:
            print("refused", name)


main(*sys.argv[1:])
