#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What Python's tarfile makes of archives: one line an entry,
FIXTURE, type flag, PATH, the SCHILY value of its pax_headers, the LIBARCHIVE one; then a line "=" with how it ended."""
import os
import sys
import tarfile

KEY = "xattr.security.capability"


def shown(headers, family):
    value = headers.get(f"{family}.{KEY}")
    if value is None:
        return "-"
    return value.encode("utf-8", "surrogateescape").hex() or "empty"


def entries(path, fixture):
    with tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as archive:
        for member in archive:
            name = member.name.encode("utf-8", "surrogateescape")
            print(fixture, member.type.hex(), name.hex(), shown(member.pax_headers, "SCHILY"),
                  shown(member.pax_headers, "LIBARCHIVE"), sep="\t")


for argument in sys.argv[1:]:
    name = os.path.basename(argument)[:-len(".tar")]
    status = "0"
    try:
        entries(argument, name)
    except Exception as error:  # what else than its own errors it raises is a result, too
        status = f"{type(error).__name__}: {error}".replace("\n", " ")
    print(name, "=", status, sep="\t")
