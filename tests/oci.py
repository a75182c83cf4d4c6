#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes stores of container images, good and bad ones, and verifies any.

oci.py make DIR         all of them: layouts are directories, archives are files
oci.py layers DIR       layouts for who reads layers at once: many of them, ones that hide, ones with much to say
oci.py verify PATH...   every digest, size and reference of a store
"""
import base64
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

OCI = 'application/vnd.oci.image.'
DOCKER = 'application/vnd.docker.'
CAP = '\x01\x00\x00\x02\x00\x20' + '\x00' * 14


def digest(data, algorithm='sha256'):
    return algorithm + ':' + hashlib.new(algorithm, data).hexdigest()


def blob_path(d):
    return 'blobs/' + d.replace(':', '/')


def layer_tar(*names):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.PAX_FORMAT) as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            info.mode = 0o755
            info.pax_headers = {'SCHILY.xattr.security.capability': CAP}
            tar.addfile(info, io.BytesIO(name.encode()))
    return out.getvalue()


def zstd(data):
    return subprocess.run(['zstd', '-qc'], input=data, check=True, stdout=subprocess.PIPE).stdout


class Store:
    """Files by name; what make() returns is written as it is."""

    def __init__(self, algorithm='sha256'):
        self.files = {}
        self.links = {}
        self.fifos = []
        self.algorithm = algorithm
        self.manifests = []
        self.files['oci-layout'] = b'{"imageLayoutVersion":"1.0.0"}'

    def blob(self, data, media_type=None, **more):
        d = digest(data, self.algorithm)
        self.files[blob_path(d)] = data
        return {**({'mediaType': media_type} if media_type else {}), 'digest': d, 'size': len(data), **more}

    def document(self, value, media_type=None, **more):
        return self.blob(json.dumps(value).encode(), media_type, **more)

    def config(self, tars, arch='amd64', **more):
        return {'created': '2020-01-01T00:00:00Z', 'architecture': arch, 'os': 'linux', 'config': {},
                'rootfs': {'type': 'layers', 'diff_ids': [digest(t, self.algorithm) for t in tars]},
                'history': [{'created': '2020-01-01T00:00:00Z', 'created_by': 'x'} for _ in tars], **more}

    def image(self, tars, pack=gzip, style=OCI, arch='amd64', layer_more=(), annotations=None, **more):
        """The descriptor of a manifest with these layers."""
        pack = {gzip: lambda t: gzip.compress(t, mtime=0), None: lambda t: t, 'zstd': zstd}.get(pack, pack)
        first = pack(tars[0])[:4] if tars else b''
        suffix = 'gzip' if first[:2] == b'\x1f\x8b' else 'zstd' if first == b'\x28\xb5\x2f\xfd' else ''
        if style == OCI:
            types = OCI + 'manifest.v1+json', OCI + 'config.v1+json', OCI + 'layer.v1.tar' + '+' * bool(suffix) + suffix
        else:
            types = (DOCKER + 'distribution.manifest.v2+json', DOCKER + 'container.image.v1+json',
                     DOCKER + 'image.rootfs.diff.tar' + '.' * bool(suffix) + suffix)
        layers = [{**self.blob(pack(t), types[2]), **dict(layer_more)} for t in tars]
        manifest = {'schemaVersion': 2, 'mediaType': types[0],
                    'config': self.document(self.config(tars, arch), types[1]), 'layers': layers}
        if annotations:
            manifest['annotations'] = annotations
        return self.document(manifest, types[0], **more)

    def named(self, descriptor, name, **annotations):
        self.manifests.append({**descriptor, 'annotations': {**descriptor.get('annotations', {}), **annotations,
                                                             'org.opencontainers.image.ref.name': name}})

    def index(self, manifests, **more):
        return self.document({'schemaVersion': 2, 'mediaType': OCI + 'index.v1+json', 'manifests': manifests},
                             OCI + 'index.v1+json', **more)

    def finish(self):
        if self.manifests and 'index.json' not in self.files:
            self.files['index.json'] = json.dumps({'schemaVersion': 2, 'manifests': self.manifests}).encode()

    def write(self, path):
        self.finish()
        for name, data in self.files.items():
            full = os.path.join(path, name)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, 'wb') as out:
                out.write(data)
        for name, target in self.links.items():
            full = os.path.join(path, name)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            os.symlink(target, full)
        for name in self.fifos:
            os.mkfifo(os.path.join(path, name))

    def archive(self, path, mode='w', names=None):
        self.finish()
        with tarfile.open(path, mode, format=tarfile.GNU_FORMAT) as tar:
            for name in names or list(self.files) + list(self.links):
                info = tarfile.TarInfo(name)
                info.mode = 0o600
                if name in self.links:
                    info.type = tarfile.SYMTYPE
                    info.linkname = self.links[name]
                    tar.addfile(info)
                else:
                    info.size = len(self.files[name])
                    tar.addfile(info, io.BytesIO(self.files[name]))


A, B, C = layer_tar('a'), layer_tar('b', 'b2'), layer_tar('c')

# --------------------------------- good ones --------------------------------


def simple(**more):
    s = Store(more.pop('algorithm', 'sha256'))
    s.named(s.image([A, B], **more), 'x')
    return s


def shared():
    """x and y have the layer A, x2 is another name of x."""
    s = Store()
    x = s.image([A, B])
    s.named(x, 'x')
    s.named(s.image([A, C]), 'y')
    s.named(x, 'x2')
    s.files['README'] = b'not a blob\n'
    return s


def nested():
    """An index of two platforms and an attestation; another name of one of the two.

    Not compressed, so that all digests are known.
    """
    s = Store()
    amd = s.image([A, B], None, platform={'os': 'linux', 'architecture': 'amd64'})
    arm = s.image([A, C], None, arch='arm64', platform={'os': 'linux', 'architecture': 'arm64', 'variant': 'v8'})
    statement = s.blob(b'{}', 'application/vnd.in-toto+json')
    config = s.document({**s.config([b'{}']), 'architecture': 'unknown', 'os': 'unknown'}, OCI + 'config.v1+json')
    attestation = s.document(
        {'schemaVersion': 2, 'config': config, 'layers': [statement]}, OCI + 'manifest.v1+json',
        platform={'os': 'unknown', 'architecture': 'unknown'},
        annotations={'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': amd['digest']})
    s.named(s.index([amd, arm, attestation]), 'multi')
    s.named(arm, 'arm')
    return s


def other_kinds():
    """An image, and by the same name a manifest that has another media type in the index."""
    s = Store()
    s.named(s.image([A], None), 'x')
    s.named({**s.image([B], None), 'mediaType': 'application/x'}, 'x')
    return s


def disguised():
    """Images that are called attestations, by an annotation or the platform, and can be run all the same."""
    s = Store()
    s.named(s.image([A], None), 'x', **{'vnd.docker.reference.type': 'attestation-manifest'})
    s.named(s.image([B], None, platform={'os': 'unknown', 'architecture': 'unknown'}), 'y')
    return s


def lazy():
    """What speaks of the bytes of a layer, a manifest with its data inside, and one with a subject."""
    s = Store()
    m = s.image([A], layer_more={'annotations': {'containerd.io/snapshot/stargz/toc.digest': 'sha256:' + '0' * 64,
                                                 'containerd.io/uncompressed': digest(A), 'kept': 'yes'}})
    s.named({**m, 'data': base64.b64encode(s.files[blob_path(m['digest'])]).decode()}, 'x')
    empty = s.blob(b'{}', 'application/vnd.oci.empty.v1+json')
    s.named(s.document({'schemaVersion': 2, 'config': empty, 'layers': [empty],
                        'subject': {k: m[k] for k in ('mediaType', 'digest', 'size')}}, OCI + 'manifest.v1+json'), 's')
    return s


def foreign():
    s = Store()
    layers = [s.blob(gzip.compress(A, mtime=0), OCI + 'layer.v1.tar+gzip'),
              s.blob(b'secret', OCI + 'layer.v1.tar+gzip+encrypted'),
              {'mediaType': DOCKER + 'image.rootfs.foreign.diff.tar.gzip', 'digest': digest(b'far'), 'size': 3,
               'urls': ['https://example.com/far']},
              s.blob(b'chart', 'application/vnd.cncf.helm.chart.content.v1.tar+gzip')]
    config = s.document(s.config([A, b'?', b'??', b'???']), OCI + 'config.v1+json')
    s.named(s.document({'schemaVersion': 2, 'config': config, 'layers': layers}, OCI + 'manifest.v1+json'), 'x')
    return s


def docker_old():
    """As docker did it for years: a directory a layer, and a layer of two images is there once."""
    s = Store()
    s.files = {'1/VERSION': b'1.0', '1/layer.tar': A, '2/layer.tar': B, '3/VERSION': b'1.0', '4/layer.tar': C}
    s.links = {'3/layer.tar': '../1/layer.tar'}
    entries = []
    for tag, tars, layers in (('x', [A, B], ['1/layer.tar', '2/layer.tar']), ('y', [A, C], ['3/layer.tar', '4/layer.tar'])):
        config = json.dumps(s.config(tars)).encode()
        name = digest(config)[7:] + '.json'
        s.files[name] = config
        entries.append({'Config': name, 'RepoTags': ['docker.io/library/%s:latest' % tag], 'Layers': layers})
    s.files['manifest.json'] = json.dumps(entries).encode()
    s.files['repositories'] = b'{}'
    return s


def docker_new():
    """As docker does it now: a layout besides, that names an image of another platform which is not there."""
    s = Store()
    m = s.image([A, B], pack=None)
    gone = {'mediaType': OCI + 'manifest.v1+json', 'digest': digest(b'gone'), 'size': 4}
    for tag in 'one', 'two':
        s.named(m, tag, **{'io.containerd.image.name': 'docker.io/library/x:' + tag})
    s.named(gone, 'three')
    manifest = json.loads(s.files[blob_path(m['digest'])])
    s.files['manifest.json'] = json.dumps([{
        'Config': blob_path(manifest['config']['digest']), 'RepoTags': ['x:one', 'x:two'],
        'Layers': [blob_path(l['digest']) for l in manifest['layers']],
        'LayerSources': {l['digest']: l for l in manifest['layers']}}]).encode()
    return s


def two_faced():
    """An archive whose index names an image that manifest.json does not."""
    s = docker_new()
    s.named(s.image([C], pack=None), 'other', **{'io.containerd.image.name': 'docker.io/library/x:two'})
    return s


def unlisted():
    """An archive whose manifest.json names an image that its index does not."""
    s = docker_new()
    s.manifests = []
    s.named(s.image([C], pack=None), 'other')
    return s


def half_gone():
    """An archive whose index names a manifest that is there without its config."""
    s = docker_new()
    config = {'mediaType': OCI + 'config.v1+json', 'digest': digest(b'no'), 'size': 2}
    s.named(s.document({'schemaVersion': 2, 'config': config, 'layers': []}, OCI + 'manifest.v1+json'), 'gone')
    return s


def empty():
    s = Store()
    s.named(s.image([]), 'x')
    return s


def docker_links():
    """As skopeo does it: layers by their diff_ids, and links to them; x and y share one."""
    s = docker_old()
    names = {'1/layer.tar': digest(A)[7:] + '.tar', '2/layer.tar': digest(B)[7:] + '.tar',
             '3/layer.tar': digest(A)[7:] + '.tar', '4/layer.tar': digest(C)[7:] + '.tar'}
    s.links = {}
    for old, new in names.items():
        s.files[new] = s.files.pop(old, s.files.get(new))
        s.links[old] = '../' + new
    entries = json.loads(s.files['manifest.json'])
    for entry in entries:
        entry['Layers'] = [names[l] for l in entry['Layers']]
    s.files['manifest.json'] = json.dumps(entries).encode()
    return s


# --------------------------------- bad ones ---------------------------------


def pick(s, part):
    """The name of the blob that is the manifest, the config or the first layer of the first image."""
    descriptor = s.manifests[0]
    if part != 'manifest':
        manifest = json.loads(s.files[blob_path(descriptor['digest'])])
        descriptor = manifest['config'] if part == 'config' else manifest['layers'][0]
    return blob_path(descriptor['digest'])


def flipped(part):
    s = simple()
    name = pick(s, part)
    data = bytearray(s.files[name])
    data[len(data) // 2] ^= 1
    s.files[name] = bytes(data)
    return s


def longer(part):
    s = simple()
    s.files[pick(s, part)] += b' '
    return s


def missing(part):
    s = simple()
    del s.files[pick(s, part)]
    return s


def linked(part):
    s = simple()
    name = pick(s, part)
    s.files['../outside-' + part] = s.files.pop(name)
    s.links[name] = '../../../outside-' + part
    return s


def fifo(part):
    s = simple()
    s.fifos.append('pipe')
    name = pick(s, part)
    del s.files[name]
    s.fifos.append(name)
    return s


def with_index(text):
    s = simple()
    s.finish()
    s.files['index.json'] = text if isinstance(text, bytes) else json.dumps(text).encode()
    return s


def itself():
    """No index can have its own digest; nor is index.json a blob by another name."""
    s = simple()
    s.finish()
    own = digest(s.files['index.json'])
    s.links[blob_path(own)] = '../../index.json'
    s.files['index.json'] = json.dumps({'manifests': [
        {'mediaType': OCI + 'index.v1+json', 'digest': own, 'size': len(s.files['index.json'])}]}).encode()
    return s


def config_size():
    s = Store()
    m = json.loads(s.files[blob_path(s.image([A])['digest'])])
    m['config']['size'] = 1
    s.named(s.document(m, OCI + 'manifest.v1+json'), 'x')
    return s


def sizeless():
    """Descriptors that do not say a size, and are followed all the same."""
    s = Store()
    m = json.loads(s.files[blob_path(s.image([A, B])['digest'])])
    for descriptor in m['config'], *m['layers']:
        del descriptor['size']
    named = s.document(m, OCI + 'manifest.v1+json')
    del named['size']
    s.named(named, 'x')
    return s


def flipped_name():
    """Sound data under the name of another."""
    s = simple()
    name = pick(s, 'layer')
    s.files[name] = s.files[name][:4] + b'\1' + s.files[name][5:]
    return s


def linked_blobs():
    s = simple()
    s.finish()
    for name in [n for n in s.files if n.startswith('blobs/')]:
        s.files['../outside/' + name] = s.files.pop(name)
    s.links['blobs'] = '../outside/blobs'
    return s


def deep(levels):
    s = Store()
    m = s.image([A])
    for _ in range(levels):
        m = s.index([m])
    s.named(m, 'x')
    return s


def wide():
    """Few blobs, and 20 to the power of 6 images."""
    s = Store()
    m = s.image([A])
    for _ in range(6):
        m = s.index([m] * 20)
    s.named(m, 'x')
    return s


def both_kinds():
    s = Store()
    m = s.image([A])
    value = json.loads(s.files[blob_path(m['digest'])])
    value['manifests'] = []
    s.named(s.document(value, OCI + 'manifest.v1+json'), 'x')
    return s


def wrong_ids():
    s = Store()
    m = json.loads(s.files[blob_path(s.image([A])['digest'])])
    m['config'] = s.document(s.config([A, B]), OCI + 'config.v1+json')
    s.named(s.document(m, OCI + 'manifest.v1+json'), 'x')
    return s


def typed(document, *steps, value):
    """A config, a manifest or an index that has a value of another type, reached by the steps."""
    s = Store()
    m = json.loads(s.files[blob_path(s.image([A])['digest'])])
    config = s.config([A], config={'User': '1000'})
    documents = {'config': config, 'manifest': m}

    def put():
        at = documents[document]
        for step in steps[:-1]:
            at = at[step]
        at[steps[-1]] = value
    if document == 'config':
        put()
    m['config'] = s.document(config, OCI + 'config.v1+json')
    if document == 'manifest':
        put()
    s.named(s.document(m, OCI + 'manifest.v1+json'), 'x')
    s.finish()
    if document == 'index':
        documents['index'] = json.loads(s.files['index.json'])
        put()
        s.files['index.json'] = json.dumps(documents['index']).encode()
    return s


def entry_typed(key, value):
    s = docker_old()
    entries = json.loads(s.files['manifest.json'])
    entries[1][key] = value
    s.files['manifest.json'] = json.dumps(entries).encode()
    return s


def wrong_id():
    s = Store()
    m = json.loads(s.files[blob_path(s.image([A])['digest'])])
    m['config'] = s.document(s.config([B]), OCI + 'config.v1+json')
    s.named(s.document(m, OCI + 'manifest.v1+json'), 'x')
    return s


def docker_spelt(**more):
    s = docker_old()
    entries = json.loads(s.files['manifest.json'])
    entries[0].update(more)
    s.files['manifest.json'] = json.dumps(entries).encode()
    return s


def spelt(change):
    """An image in whose index, manifest and config keys are written otherwise."""
    s = Store()
    m = json.loads(s.files[blob_path(s.image([A], None)['digest'])])
    config = json.loads(s.files[blob_path(m['config']['digest'])])
    index = {'schemaVersion': 2}
    change(index, m, config)
    m['config'] = s.document(config, OCI + 'config.v1+json')
    s.named(s.document(m, OCI + 'manifest.v1+json'), 'x')
    s.files['index.json'] = json.dumps({'manifests': s.manifests, **index}, ensure_ascii=False).encode()
    return s


def other_case(i, m, c):
    m['Layers'], m['layers'] = m['layers'], []
    c['rootfs']['diff_ids'] = []


def long_s(i, m, c):
    i['manife\u017ft\u017f'] = []


def both_digests(i, m, c):
    m['layers'][0]['DIGEST'] = 'sha256:' + '0' * 64


def algorithm(name):
    return with_index({'manifests': [{'mediaType': OCI + 'manifest.v1+json', 'digest': name, 'size': 3}]})


def docker_layers(layers, link=None):
    s = docker_old()
    entries = json.loads(s.files['manifest.json'])
    entries[0]['Layers'] = layers
    s.files['manifest.json'] = json.dumps(entries).encode()
    if link:
        s.links.update(link)
    return s


def many_members():
    s = simple()
    s.finish()
    for i in range(70000):
        s.files['f%d' % i] = b''
    return s


def twice():
    """The same name twice: what comes later counts."""
    s = simple()
    s.finish()
    good = s.files['index.json']
    return s, [('index.json', b'{}'), ('index.json', good)]


# Which document, how the member is reached, and what it has there.
TYPED = {
    'user-null': ('config', 'config', 'User', None),
    'user-number': ('config', 'config', 'User', 1000),
    'user-list': ('config', 'config', 'User', ['1000']),
    'user-true': ('config', 'config', 'User', True),
    'config-text': ('config', 'config', 'User=1000'),
    'ids-object': ('config', 'rootfs', 'diff_ids', {}),
    'os-number': ('config', 'os', 1),
    'layer-type-number': ('manifest', 'layers', 0, 'mediaType', 1),
    'layer-size-text': ('manifest', 'layers', 0, 'size', '1'),
    'layers-object': ('manifest', 'layers', {'0': {}}),
    'config-type-null': ('manifest', 'config', 'mediaType', None),
    'config-type-list': ('manifest', 'config', 'mediaType', []),
    'name-number': ('index', 'manifests', 0, 'annotations', 'org.opencontainers.image.ref.name', 3),
    'manifests-object': ('index', 'manifests', {'a': {}}),
    'platform-text': ('index', 'manifests', 0, 'platform', 'linux/amd64'),
}

LAYOUTS = {
    'with:colon': simple,
    'simple': simple,
    'plain': lambda: simple(pack=None),
    'zstd': lambda: simple(pack='zstd'),
    'docker-types': lambda: simple(style=DOCKER),
    'sha512': lambda: simple(algorithm='sha512'),
    'shared': shared, 'nested': nested, 'disguised': disguised,
    'other-kinds': other_kinds, 'lazy': lazy, 'foreign': foreign, 'empty': empty,
    'deep8': lambda: deep(8), 'deep9': lambda: deep(9), 'wide': wide,
    'itself': itself, 'both-kinds': both_kinds, 'wrong-ids': wrong_ids, 'wrong-id': wrong_id,
    'config-size': config_size, 'sizeless': sizeless, 'flipped-name': flipped_name, 'linked-blobs': linked_blobs,
    'other-case': lambda: spelt(other_case), 'long-s': lambda: spelt(long_s), 'digests': lambda: spelt(both_digests),
    'platform-case': lambda: spelt(lambda i, m, c: m['layers'][0].update(platform={'OS': 'linux'})),
    'user-case': lambda: spelt(lambda i, m, c: c['config'].update(User='1', user='0')),
    'ids-case': lambda: spelt(lambda i, m, c: c['rootfs'].update(Diff_IDs=[])),
    'no-list': lambda: spelt(lambda i, m, c: i.update(manifests='x')),
    'md5': lambda: algorithm('md5:' + '0' * 32),
    'upper': lambda: algorithm('sha256:' + 'A' * 64),
    'climbing': lambda: algorithm('sha256:../../../etc/passwd'),
    'depth100': lambda: with_index(b'[' * 100 + b']' * 100),
    'depth5000': lambda: with_index(b'[' * 5000 + b']' * 5000),
    'large': lambda: with_index(b'{"manifests":[]' + b' ' * (5 << 20) + b'}'),
    'duplicates': lambda: with_index(b'{"manifests":[],"manifests":[]}'),
    'no-json': lambda: with_index(b'hello'),
    'no-digest': lambda: with_index({'manifests': [{'mediaType': OCI + 'manifest.v1+json'}]}),
    **{name: lambda row=row: typed(*row[:-1], value=row[-1]) for name, row in TYPED.items()},
    'size': lambda: with_index({'manifests': [{**simple().manifests[0], 'size': 1}]}),
    **{'%s-%s' % (how.__name__, part): lambda how=how, part=part: how(part)
       for how in (flipped, longer, missing, linked, fifo) for part in ('manifest', 'config', 'layer')},
}

ARCHIVES = {
    'oci.tar': (simple, 'w'), 'oci.tar.gz': (simple, 'w:gz'), 'oci.tar.xz': (simple, 'w:xz'),
    'nested.tar': (nested, 'w'), 'shared.tar': (shared, 'w'), 'flipped-layer.tar': (lambda: flipped('layer'), 'w'),
    'sha512.tar': (lambda: simple(algorithm='sha512'), 'w'),
    'many.tar': (many_members, 'w'),
    'docker-old.tar': (docker_old, 'w'), 'docker-old.tar.gz': (docker_old, 'w:gz'), 'docker-new.tar': (docker_new, 'w'),
    'docker-links.tar': (docker_links, 'w'), 'two-faced.tar': (two_faced, 'w'),
    'half-gone.tar': (half_gone, 'w'), 'unlisted.tar': (unlisted, 'w'),
    'dotdot.tar': (lambda: docker_layers(['../1/layer.tar', '2/layer.tar']), 'w'),
    'outside.tar': (lambda: docker_layers(['5/layer.tar', '2/layer.tar'], {'5/layer.tar': '../../1/layer.tar'}), 'w'),
    'loop.tar': (lambda: docker_layers(['5', '2/layer.tar'], {'5': '6', '6': '5'}), 'w'),
    'tags-case.tar': (lambda: docker_spelt(repoTags=[]), 'w'),
    'sources.tar': (lambda: docker_spelt(LayerSources={'x': {'URLs': []}}), 'w'),
    'fewer.tar': (lambda: docker_layers(['1/layer.tar']), 'w'),
    'no-layer.tar': (lambda: docker_layers(['1/layer.tar', 'nowhere']), 'w'),
    'tag-number.tar': (lambda: entry_typed('RepoTags', ['y', 7]), 'w'),
    'config-number.tar': (lambda: entry_typed('Config', 7), 'w'),
    'wrong-layer.tar': (lambda: docker_layers(['2/layer.tar', '1/layer.tar']), 'w'),
}


def make(name, path):
    if name in LAYOUTS:
        LAYOUTS[name]().write(path)
    elif name == 'twice.tar':
        s, last = twice()
        del s.files['index.json']
        s.archive(path)
        with tarfile.open(path, 'a', format=tarfile.GNU_FORMAT) as tar:
            for member, data in last:
                info = tarfile.TarInfo(member)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    elif name == 'cut.tar':
        simple().archive(path)
        os.truncate(path, 1500)
    else:
        maker, mode = ARCHIVES[name]
        maker().archive(path, mode)


# ------------------------------ layers at once -----------------------------


def entries_tar(entries, payload=0):
    """A layer of (name, type, link, has the attribute), and of a file that does not become smaller."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.PAX_FORMAT) as tar:
        for name, kind, link, has in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            if has:
                info.pax_headers = {'SCHILY.xattr.security.capability': CAP}
            tar.addfile(info)
        if payload:
            info = tarfile.TarInfo('payload')
            info.size = payload
            data = b''.join(hashlib.sha512(b'%d %d' % (i, len(entries))).digest() for i in range(payload // 64))
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def files(*names, has=True):
    return [(name, tarfile.REGTYPE, '', has) for name in names]


def hiding():
    base = files('a/x', 'a/y', 'b/x', 'b/y', 'c', 'd', 'e/f', 'g') + [('link', tarfile.LNKTYPE, 'c', False)]
    middle = files('a/.wh.x', 'b/.wh..wh..opq', has=False) + files('b/z') + [('late', tarfile.LNKTYPE, 'd', False)]
    top = files('.wh.c', 'd', has=False) + files('e') + [('again', tarfile.LNKTYPE, 'g', False)]
    return [entries_tar(each, 192 << 10) for each in (base, middle, top)]


def many_layers():
    return [layer_tar('layer%d' % (i % 37), 'all') for i in range(40)]


def much_to_say():
    names = ['/'.join(['n' * 200] * 19 + ['%06d' % i]) for i in range(2600)]
    return [entries_tar(files(*names[k:], has=False) + files('k%d' % k, names[k])) for k in range(3)]


def at_once(directory):
    for name, tars, pack in (('hiding', hiding(), gzip), ('many', many_layers(), None), ('much', much_to_say(), gzip)):
        s = Store()
        s.named(s.image(tars, pack), 'x')
        s.write(os.path.join(directory, name))


# ---------------------------------- verifying -------------------------------


def read(path):
    """All files by name, links resolved."""
    files, links = {}, {}
    if os.path.isdir(path):
        for root, _, names in os.walk(path):
            for name in names:
                full = os.path.join(root, name)
                with open(full, 'rb') as data:
                    files[os.path.relpath(full, path)] = data.read()
        return files
    with tarfile.open(path) as tar:
        for member in tar:
            if member.isreg():
                files[member.name] = tar.extractfile(member).read()
            elif member.issym():
                links[member.name] = os.path.normpath(os.path.join(os.path.dirname(member.name), member.linkname))
    for name, target in links.items():
        assert target in files, 'a link that leads nowhere: %s -> %s' % (name, target)
        files[name] = files[target]
    return files


def unpacked(data):
    if data[:2] == b'\x1f\x8b':
        return gzip.decompress(data)
    if data[:4] == b'\x28\xb5\x2f\xfd':
        return subprocess.run(['zstd', '-dqc'], input=data, check=True, stdout=subprocess.PIPE).stdout
    return data


def same(a, b, what):
    assert a == b, '%s: %s, not %s' % (what, a, b)


class Verifier:
    def __init__(self, path):
        self.files = read(path)

    def blob(self, descriptor):
        name = blob_path(descriptor['digest'])
        data = self.files[name]
        same(digest(data, name.split('/')[1]), descriptor['digest'], name)
        same(len(data), descriptor.get('size', len(data)), name + ' size')
        if 'data' in descriptor:
            same(base64.b64decode(descriptor['data']), data, name + ' data')
        return data

    def layer(self, data, diff_id):
        same(digest(unpacked(data), diff_id.split(':')[0]), diff_id, 'diff_id')

    def config(self, data, layers):
        config = json.loads(data)
        ids = config['rootfs']['diff_ids']
        same(len(ids), layers, 'diff_ids')
        if 'history' in config:
            same(sum(not h.get('empty_layer') for h in config['history']), layers, 'history')
        return ids

    def manifest(self, descriptor, sparse):
        if sparse and blob_path(descriptor['digest']) not in self.files:
            return
        value = json.loads(self.blob(descriptor))
        for child in value.get('manifests', []):
            self.manifest(child, sparse)
            about = child.get('annotations', {}).get('vnd.docker.reference.digest')
            assert about is None or blob_path(about) in self.files, about
        if 'subject' in value:
            self.blob(value['subject'])
        if 'config' not in value:
            return
        config = self.blob(value['config'])
        if b'rootfs' not in config:
            return
        for layer, diff_id in zip(value['layers'], self.config(config, len(value['layers']))):
            if 'urls' in layer:
                continue
            data = self.blob(layer)
            if 'layer.v1.tar' in layer['mediaType'] and 'encrypted' not in layer['mediaType']:
                self.layer(data, diff_id)

    def entry(self, entry):
        data = self.files[entry['Config']]
        name = os.path.basename(entry['Config']).split('.')[0]
        if len(name) == 64:
            same(digest(data)[7:], name, entry['Config'])
        ids = self.config(data, len(entry['Layers']))
        for layer, diff_id in zip(entry['Layers'], ids):
            self.layer(self.files[layer], diff_id)
        for diff_id, source in entry.get('LayerSources', {}).items():
            assert diff_id in ids, diff_id
            self.blob(source)

    def all(self):
        entries = json.loads(self.files.get('manifest.json', b'[]'))
        for descriptor in json.loads(self.files.get('index.json', b'{}')).get('manifests', []):
            self.manifest(descriptor, bool(entries))
        for entry in entries:
            self.entry(entry)
        for name, data in self.files.items():
            assert '.vfscap' not in name, name
            if name.startswith('blobs/'):
                same(digest(data, name.split('/')[1]).split(':')[1], name.split('/')[2], name)


if __name__ == '__main__':
    if sys.argv[1] == 'make':
        for each in [*LAYOUTS, *ARCHIVES, 'twice.tar', 'cut.tar']:
            make(each, os.path.join(sys.argv[2], each))
    elif sys.argv[1] == 'layers':
        at_once(sys.argv[2])
    else:
        for each in sys.argv[2:]:
            try:
                Verifier(each).all()
            except Exception:
                print(each, file=sys.stderr)
                raise
