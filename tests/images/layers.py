#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the layers of a store hold, by Python's own tar reader: "DIGEST PATH VALUE", a line each.

layers.py PATH [REF]     a layout or an archive; of a docker archive, DIGEST is the diff_id
"""
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

KEY = 'SCHILY.xattr.security.capability'


def read(path):
    if os.path.isdir(path):
        return lambda name: open(os.path.join(path, name), 'rb').read()
    tar = tarfile.open(path)

    def member(name):
        info = tar.getmember(name)
        if info.issym():
            return member(os.path.normpath(os.path.join(os.path.dirname(name), info.linkname)))
        return tar.extractfile(info).read()
    return member


def unpacked(data):
    if data[:2] == b'\x1f\x8b':
        return gzip.decompress(data)
    if data[:4] == b'\x28\xb5\x2f\xfd':
        return subprocess.run(['zstd', '-qdc'], input=data, check=True, stdout=subprocess.PIPE).stdout
    return data


def blob(get, descriptor):
    return get('blobs/' + descriptor['digest'].replace(':', '/'))


def oci_layers(get, descriptor):
    try:
        value = json.loads(blob(get, descriptor))
    except KeyError:  # docker save names what it leaves out
        return
    for child in value.get('manifests', []):
        yield from oci_layers(get, child)
    for layer in value.get('layers', []):
        kind = layer['mediaType']
        if 'encrypted' not in kind and ('layer.v1.tar' in kind or 'rootfs.diff.tar' in kind):
            yield layer['digest'], blob(get, layer)


def docker_layers(get):
    for entry in json.loads(get('manifest.json')):
        for name in entry['Layers']:
            data = get(name)
            yield 'sha256:' + hashlib.sha256(unpacked(data)).hexdigest(), data


def layers(path, ref):
    get = read(path)
    try:
        index = json.loads(get('index.json'))
    except (FileNotFoundError, KeyError):
        yield from docker_layers(get)
        return
    for descriptor in index['manifests']:
        if ref in (None, descriptor.get('annotations', {}).get('org.opencontainers.image.ref.name')):
            yield from oci_layers(get, descriptor)


def main(path, ref=None):
    seen = set()
    for digest, data in layers(path, ref):
        if digest in seen:
            continue
        seen.add(digest)
        with tarfile.open(fileobj=io.BytesIO(unpacked(data))) as tar:
            for member in tar:
                value = member.pax_headers.get(KEY)
                if value is not None:
                    print(digest, member.name, value.encode('utf-8', 'surrogateescape').hex())


main(*sys.argv[1:])
