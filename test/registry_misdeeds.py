# SPDX-License-Identifier: Apache-2.0
"""registry_misdeeds - the behaviours of hostile.py as a registry

Each is a function of an Exchange (hostile.py).  What none of them changes is an
image of two layers, app:1 of whatever repository.
"""

import gzip
import hashlib
import io
import json
import tarfile
import threading

DOMAIN = 'hostile.example'
PATIENCE = 20
BEHAVIOURS = {}
WIRES = {}
CONTEXTS = {}

OCI = 'application/vnd.oci.image.'
DOCKER = 'application/vnd.docker.distribution.manifest.'
MANIFEST, INDEX = OCI + 'manifest.v1+json', OCI + 'index.v1+json'
NO_DIGEST = 'sha256:' + '0123456789abcdef' * 4


def digest(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


def encode(value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def layer(number):
    """A tar of one file, whose bytes do not shrink."""
    text = b''.join(hashlib.sha512(bytes([number, i])).digest()
                    for i in range(200))
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode='w') as archive:
        info = tarfile.TarInfo(f'file{number}')
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    return tar.getvalue()


LAYERS = [layer(0), layer(1)]
PACKED = [gzip.compress(data, mtime=0) for data in LAYERS]


def blob(data, kind):
    return {'mediaType': OCI + kind, 'digest': digest(data),
            'size': len(data)}


class Image:
    """What a registry has; the arguments change the documents."""

    def __init__(self, manifest=None, config=None):
        self.config = {
            'os': 'linux', 'architecture': 'amd64', 'config': {},
            'rootfs': {'type': 'layers',
                       'diff_ids': [digest(data) for data in LAYERS]}}
        if config:
            self.config = config(self.config) or self.config
        data = encode(self.config)
        self.manifest = {
            'schemaVersion': 2, 'mediaType': MANIFEST,
            'config': blob(data, 'config.v1+json'),
            'layers': [blob(p, 'layer.v1.tar+gzip') for p in PACKED]}
        if manifest:
            self.manifest = manifest(self.manifest) or self.manifest
        self.document = encode(self.manifest)
        self.blobs = {digest(part): part for part in (data, *PACKED)}
        self.documents = {digest(self.document): (self.document, MANIFEST)}
        self.first = self.document, MANIFEST

    def index(self, *entries, kind=INDEX, **more):
        """Puts an index of these entries in front."""
        made = encode({'schemaVersion': 2, 'mediaType': kind,
                       'manifests': list(entries), **more})
        self.documents[digest(made)] = self.first = made, kind
        return self

    def entry(self, document=None, kind=MANIFEST, arch='amd64', **more):
        data = document or self.document
        return {'mediaType': kind, 'digest': digest(data), 'size': len(data),
                'platform': {'os': 'linux', 'architecture': arch}, **more}

    def serve(self, x):
        _, kind, name = x.path.rsplit('/', 2)
        data, media = self.blobs.get(name), 'application/octet-stream'
        if kind == 'manifests':
            data, media = (self.first if not name.startswith('sha')
                           else self.documents.get(name, (None, None)))
        if data is None:
            x.answer('nothing', '404 Not Found')
        else:
            x.answer(data, '200 OK', f'Content-Type: {media}')


IMAGE = Image()


def part(x):
    """Which part of the image is asked for: "top", "config", "layer"."""
    if '/manifests/' in x.path:
        return 'top'
    return 'layer' if x.path.rsplit('/')[-1] in map(digest, PACKED) \
        else 'config'


def does(function):
    """The behaviour of that name."""
    BEHAVIOURS[function.__name__.replace('_', '-').strip('-')] = function
    return function


def has(name, image):
    BEHAVIOURS[name] = image.serve


def instead(name, where, how):
    """how(x) in place of that part of the image."""
    BEHAVIOURS[name] = lambda x: (how if part(x) == where
                                  else IMAGE.serve)(x)


def manifest(name, change):
    """An image whose manifest is changed, or another value."""
    has(name, Image(manifest=change))


def config(name, change):
    has(name, Image(config=change))


def document(name, data, kind=MANIFEST):
    """In place of the manifest."""
    instead(name, 'top', lambda x: x.answer(
        data, '200 OK', f'Content-Type: {kind}'))


has('good', IMAGE)


@does
def elsewhere(x):
    """Where redirects and challenges lead, and what is found there."""
    if x.path == '/token':
        x.answer('{"token": "elsewhere"}')
    else:
        IMAGE.serve(x)


@does
def nothing(x):
    """What is asked for it serves, and should be asked for nothing."""
    elsewhere(x)


# Documents

document('empty', b'')
document('page', b'<html></html>', 'text/html; charset=utf-8')
document('page-as-manifest', b'<html></html>')
document('array', b'[]')
document('twice', b'{"schemaVersion": 2, "schemaVersion": 2}')
document('trailing', IMAGE.document + b'{}')
document('not-utf8', IMAGE.document.replace(b'gzip', b'gz\xffp'))
document('deep', b'[' * 100000 + b']' * 100000)
document('crowd', b'[' + b'{},' * 1300000 + b'{}]')
document('huge', b' ' * (4 * 1024 * 1024) + IMAGE.document)
document('schema1', b'{"schemaVersion": 1, "fsLayers": []}',
         DOCKER + 'v1+prettyjws')
document('schema1-as-2', b'{"schemaVersion": 1, "fsLayers": []}')
document('octets', IMAGE.document, 'application/octet-stream')
document('no-type', IMAGE.document.replace(MANIFEST.encode(), b'?'),
         'application/json')
document('control-type', IMAGE.document, 'a/b\x1b[2J')
document('as-index', IMAGE.document, INDEX)
document('as-docker', IMAGE.document, DOCKER + 'v2+json')


@does
def endless(x):
    x.send('HTTP/1.1 200 OK\r\n'
           f'Content-Type: {MANIFEST}\r\nConnection: close\r\n\r\n')
    x.flood(b' ' * 65536)


instead('not-modified', 'top', lambda x: x.answer('', '304 Not Modified'))
instead('moved-away', 'top', lambda x: x.answer('', '410 Gone'))


@does
def cut_off(x):
    if part(x) != 'top':
        IMAGE.serve(x)
        return
    x.answer(IMAGE.document[:100], '200 OK', f'Content-Type: {MANIFEST}',
             length=len(IMAGE.document))


instead('other-digest', 'top', lambda x: x.answer(
    IMAGE.document, '200 OK', f'Content-Type: {MANIFEST}',
    f'Docker-Content-Digest: {NO_DIGEST}'))
instead('odd-digest', 'top', lambda x: x.answer(
    IMAGE.document, '200 OK', f'Content-Type: {MANIFEST}',
    'Docker-Content-Digest: ../../etc/passwd', 'ETag: "../../x"'))
instead('flood-of-headers', 'top', lambda x: x.answer(
    IMAGE.document, '200 OK', *[f'X-{i}: {"x" * 1000}' for i in range(100)]))
instead('by-digest', 'top', lambda x: x.answer(
    Image(manifest=lambda m: {**m, 'annotations': {}}).document, '200 OK',
    f'Content-Type: {MANIFEST}'))

# Manifests

manifest('no-version', lambda m: m.pop('schemaVersion') and None)
manifest('version-3', lambda m: {**m, 'schemaVersion': 3})
manifest('other-case', lambda m: {**m, 'Layers': m.pop('layers')})
manifest('both-cases', lambda m: {**m, 'Layers': []})
manifest('both-kinds', lambda m: {**m, 'manifests': []})
manifest('other-type', lambda m: {**m, 'mediaType': DOCKER + 'v2+json'})
manifest('type-number', lambda m: {**m, 'mediaType': 7})
manifest('no-config', lambda m: m.pop('config') and None)
manifest('no-layers', lambda m: m.pop('layers') and None)
manifest('layers-object', lambda m: {**m, 'layers': {}})
manifest('layers-null', lambda m: {**m, 'layers': [None]})
manifest('many-layers', lambda m: {**m, 'layers': m['layers'] * 65})


def first(name, **change):
    """A manifest whose first layer is changed."""
    def edit(m):
        m['layers'][0].update(change)
    manifest(name, edit)


first('digest-md5', digest='md5:' + '0' * 32)
first('digest-path', digest='sha256:' + '../' * 21 + '.')
first('digest-upper', digest='sha256:' + 'A' * 64)
first('digest-query', digest=NO_DIGEST[:-4] + '?a=b')
first('digest-nul', digest=NO_DIGEST[:-1] + '\0')
first('size-negative', size=-1)
first('size-huge', size=2 ** 63)
first('size-fraction', size=1.5)
first('size-text', size='12')
first('size-most', size=2 ** 63 - 1)
first('foreign', mediaType='application/vnd.docker.image.rootfs.foreign.diff'
      '.tar.gzip', urls=[f'https://nothing.{DOMAIN}/layer'])
first('not-to-distribute', mediaType=OCI + 'layer.nondistributable.v1.tar',
      urls=[f'https://nothing.{DOMAIN}/layer'])
first('encrypted', mediaType=OCI + 'layer.v1.tar+gzip+encrypted')
first('with-urls', urls=[f'https://nothing.{DOMAIN}/layer'])
manifest('size-missing', lambda m: m['layers'][0].pop('size') and None)
manifest('artifact', lambda m: m['config'].update(
    mediaType='application/vnd.cncf.helm.config.v1+json'))
manifest('config-huge', lambda m: m['config'].update(size=5000000))
MANY = [bytes([i]) * 20000 for i in range(128)]
MANY_IMAGE = Image(
    manifest=lambda m: {**m, 'layers': [blob(b, 'layer.v1.tar')
                                        for b in MANY]},
    config=lambda c: {**c, 'rootfs': {
        'type': 'layers', 'diff_ids': [digest(b) for b in MANY]}})
MANY_IMAGE.blobs.update((digest(b), b) for b in MANY)
has('most-layers', MANY_IMAGE)
manifest('no-layer', lambda m: {**m, 'layers': []})
manifest('same-layers', lambda m: {**m, 'layers': m['layers'][:1] * 2})

# Indexes

has('index', Image().index(IMAGE.entry()))
has('index-of-others', Image().index(
    IMAGE.entry(arch='arm64'), IMAGE.entry(arch='s390x')))
has('index-nameless', Image().index(IMAGE.entry(platform=None)))
has('index-empty', Image().index())
has('index-of-many', Image().index(*[IMAGE.entry()] * 1025))
has('index-with-layers', Image().index(IMAGE.entry(), layers=[]))
has('index-of-text', Image().index('x'))
has('index-digest', Image().index(
    {**IMAGE.entry(), 'digest': NO_DIGEST}))
has('index-path', Image().index(
    {**IMAGE.entry(), 'digest': 'sha256:' + '../' * 21 + '.'}))
has('index-size', Image().index({**IMAGE.entry(), 'size': 10}))
has('index-short', Image().index({**IMAGE.entry(), 'size': 100000}))
has('index-huge', Image().index({**IMAGE.entry(), 'size': 2 ** 40}))


@does
def index_lies(x):
    """Its entry is called a manifest, and is an index."""
    image = Image()
    inner = encode({'schemaVersion': 2, 'mediaType': INDEX, 'manifests': []})
    image.documents[digest(inner)] = inner, INDEX
    image.index(image.entry(inner)).serve(x)


def nested(levels):
    image = Image().index(IMAGE.entry())
    for _ in range(levels - 1):
        image.index(image.entry(image.first[0], INDEX))
    return image


has('index-in-index', nested(2))
has('index-tower', nested(5))
BEHAVIOURS['index-changes'] = lambda x: Image().index(
    IMAGE.entry(), annotations={'n': str(x.count)}).serve(x)

# Configurations

config('config-array', lambda c: b'[]')
config('config-text', lambda c: b'text')
config('config-arm', lambda c: {**c, 'architecture': 'arm64'})
config('config-windows', lambda c: {**c, 'os': 'windows'})
config('config-case', lambda c: {**c, 'Rootfs': c.pop('rootfs')})
config('config-fewer', lambda c: c['rootfs']['diff_ids'].pop() and None)
config('config-more', lambda c: c['rootfs']['diff_ids'].append(NO_DIGEST))
config('config-id', lambda c: {**c, 'rootfs': {
    'type': 'layers', 'diff_ids': ['sha256:x', 'sha256:y']}})
config('config-crowd', lambda c: b'[' + b'{},' * 1300000 + b'{}]')
instead('config-other', 'config', lambda x: x.answer(
    encode(IMAGE.config).replace(b'linux', b'Linux')))
instead('config-longer', 'config', lambda x: x.answer(
    encode(IMAGE.config) + b' '))
instead('config-shorter', 'config', lambda x: x.answer(
    encode(IMAGE.config)[:-1]))

# Layers


def wanted(x):
    return IMAGE.blobs[x.path.rsplit('/', 1)[-1]]


instead('layer-other', 'layer', lambda x: x.answer(bytes(len(wanted(x)))))
instead('layer-longer', 'layer', lambda x: x.answer(wanted(x) + b'\0'))
instead('layer-shorter', 'layer', lambda x: x.answer(wanted(x)[:-1]))
instead('layer-empty', 'layer', lambda x: x.answer(b''))
instead('layer-gone', 'layer', lambda x: x.answer('', '404 Not Found'))
instead('layer-broken', 'layer', lambda x: x.answer(
    wanted(x)[:5000], length=len(wanted(x))))
instead('layer-500', 'layer', lambda x: x.answer(
    '', '500 Internal Server Error'))
instead('layer-429', 'layer', lambda x: x.answer(
    '', '429 Too Many Requests', 'Retry-After: 1'))
instead('layer-204', 'layer', lambda x: x.answer('', '204 No Content'))


@does
def layer_stalls(x):
    """Half of a layer, and then nothing."""
    if part(x) != 'layer':
        IMAGE.serve(x)
        return
    x.send('HTTP/1.1 200 OK\r\n'
           f'Content-Length: {len(wanted(x))}\r\n\r\n')
    x.send(wanted(x)[:5000])
    x.wait()


TOGETHER = threading.Barrier(2, timeout=5)


@does
def layers_together(x):
    """No layer before both have been asked for."""
    if part(x) == 'layer':
        try:
            TOGETHER.wait()
        except threading.BrokenBarrierError:
            x.answer('', '500 Internal Server Error')
            return
    IMAGE.serve(x)


def breaks_once(name, rest):
    """Half a layer, and then rest(data) from there on."""
    def layer(x):
        data, etag = wanted(x), 'ETag: "x"'
        if x.count == 1:
            x.answer(data[:5000], '200 OK', etag, length=len(data))
        elif x.headers.get('range') != 'bytes=5000-':
            x.answer('', '500 Internal Server Error')
        else:
            x.answer(rest(data), '206 Partial Content', etag,
                     f'Content-Range: bytes 5000-{len(data) - 1}/{len(data)}')
    instead(name, 'layer', layer)


breaks_once('layer-once-more', lambda data: data[5000:])
breaks_once('layer-other-rest', lambda data: bytes(len(data) - 5000))

# Redirects


def leads(name, where, to):
    instead(name, where, lambda x: x.redirect(to.replace(
        'PATH', x.path).replace('HOST', x.host),
        status='307 Temporary Redirect'))


def guarded(x, serve):
    """Only for who has the password."""
    if x.headers.get('authorization', '').startswith('Basic '):
        serve(x)
    else:
        x.answer('', '401 Unauthorized', 'WWW-Authenticate: Basic realm="x"')


def private(name, where, to):
    """A redirect that only those with credentials come to."""
    leads(name, where, to)
    inner = BEHAVIOURS[name]
    BEHAVIOURS[name] = lambda x: guarded(x, inner)


ELSEWHERE = f'https://elsewhere.{DOMAIN}'
private('blob-elsewhere', 'layer', ELSEWHERE + 'PATH')
private('manifest-elsewhere', 'top', ELSEWHERE + 'PATH')
private('other-port', 'layer', f'https://elsewhere.{DOMAIN}:8443PATH')
private('blob-by-http', 'layer', f'http://elsewhere.{DOMAIN}PATH')
leads('blob-file', 'layer', 'file:///etc/passwd')
leads('blob-user', 'layer', f'https://u:p@elsewhere.{DOMAIN}PATH')
leads('blob-loop', 'layer', 'https://HOSTPATH')


@does
def moved_challenge(x):
    """Sends to where one is asked for a password."""
    guarded(x, lambda x: x.redirect(
        f'https://asks.{DOMAIN}{x.path}') if part(x) == 'layer'
        else IMAGE.serve(x))


@does
def asks(x):
    x.answer('', '401 Unauthorized', 'WWW-Authenticate: Bearer realm="'
             f'https://elsewhere.{DOMAIN}/token",service="x"')


# Challenges and tokens


def challenges(name, *headers, token=None):
    """Wants the token of its own server, at /token."""
    def behaviour(x):
        if x.path == '/token':
            if callable(token):
                token(x)
            else:
                x.answer('{"token": "good"}' if token is None else token)
        elif x.headers.get('authorization') == 'Bearer good':
            IMAGE.serve(x)
        else:
            x.answer('', '401 Unauthorized', *(
                'WWW-Authenticate: ' + header.replace('HOST', x.host)
                for header in headers))
    BEHAVIOURS[name] = behaviour


REALM = 'Bearer realm="https://HOST/token",service="x"'
challenges('bearer', REALM)
challenges('bearer-lower', REALM.replace('Bearer', 'bEARER'))
challenges('bearer-query', REALM.replace('/token', '/token?a=b'))
challenges('bearer-scope', REALM + ',scope="repository:other/secret:pull,push'
           ' registry:catalog:*"')
challenges('bearer-bare', 'Bearer realm=https://HOST/token')
challenges('bearer-and-basic', 'Basic realm="x"', REALM)
challenges('bearer-in-list', 'Negotiate YWJj==, ' + REALM + ', Basic')
challenges('bearer-escaped', REALM.replace('/token', r'/to\ken'))
challenges('unasked', *())
challenges('basic-refused', 'Basic realm="x"')
challenges('negotiate', 'Negotiate YWJj')
challenges('no-realm', 'Bearer service="x"')
challenges('empty-realm', 'Bearer realm=""')
challenges('realm-twice', REALM + ',realm="https://elsewhere"')
challenges('bearer-twice', REALM, REALM)
challenges('no-quote', 'Bearer realm="https://HOST/token')
challenges('no-value', 'Bearer realm=')
challenges('no-comma', REALM + ' scope="x"')
challenges('no-scheme', 'realm="https://HOST/token"')
challenges('long-realm', f'Bearer realm="https://HOST/{"x" * 3000}"')
challenges('control-realm', 'Bearer realm="https://HOST/\x01token"')
challenges('realm-http', 'Bearer realm="http://HOST/token"')
challenges('realm-file', 'Bearer realm="file:///etc/passwd"')
challenges('realm-user', 'Bearer realm="https://u:p@HOST/token"')
challenges('realm-fragment', 'Bearer realm="https://HOST/token#x"')
challenges('realm-relative', 'Bearer realm="/token"')
challenges('realm-elsewhere', f'Bearer realm="{ELSEWHERE}/token"')
challenges('realm-other-port', 'Bearer realm="https://HOST:8443/token"')
challenges('token-access', REALM, token='{"access_token": "good"}')
challenges('token-both', REALM,
           token='{"token": "good", "access_token": "good"}')
challenges('token-two', REALM,
           token='{"token": "good", "access_token": "bad"}')
challenges('token-none', REALM, token='{"expires_in": 60}')
challenges('token-empty', REALM, token='{"token": ""}')
challenges('token-number', REALM, token='{"token": 7}')
challenges('token-line', REALM, token=r'{"token": "good\r\nX-Evil: 1"}')
challenges('token-blank', REALM, token='{"token": "good x"}')
challenges('token-nul', REALM, token=r'{"token": "good\u0000"}')
challenges('token-long', REALM, token='{"token": "%s"}' % ('x' * 20000))
challenges('token-case', REALM, token='{"Token": "good"}')
challenges('token-twice', REALM, token='{"token": "good", "token": "bad"}')
challenges('token-array', REALM, token='["good"]')
challenges('token-page', REALM, token='<html>')
challenges('token-nothing', REALM, token='')
challenges('token-huge', REALM, token=' ' * 300000 + '{"token": "good"}')
challenges('token-useless', REALM, token='{"token": "bad"}')
challenges('token-401', REALM, token=lambda x: x.answer(
    '', '401 Unauthorized', 'WWW-Authenticate: Basic realm="x"'))
challenges('token-403', REALM, token=lambda x: x.answer('', '403 Forbidden'))
challenges('token-500', REALM, token=lambda x: x.answer(
    '', '500 Internal Server Error'))
challenges('token-moved', REALM, token=lambda x: x.redirect(
    f'{ELSEWHERE}/token'))
challenges('token-by-http', REALM, token=lambda x: x.redirect(
    f'http://elsewhere.{DOMAIN}/token'))


@does
def token_expires(x):
    """A token is good for one request, and then for another."""
    if x.path == '/token':
        x.answer('{"token": "t%d"}' % x.count)
    elif x.headers.get('authorization') == (
            'Bearer t1' if part(x) == 'top' else 'Bearer t2'):
        IMAGE.serve(x)
    else:
        x.answer('', '401 Unauthorized',
                 'WWW-Authenticate: ' + REALM.replace('HOST', x.host))


@does
def forbidden(x):
    x.answer('{"errors": [{"code": "DENIED", "message": "\\u001b[2J"}]}',
             '403 Forbidden')


@does
def busy(x):
    x.answer('', '429 Too Many Requests')


@does
def moved_token(x):
    """The registry is right; only the blobs want to know again, elsewhere."""
    guarded(x, lambda x: x.answer(
        '', '401 Unauthorized', 'WWW-Authenticate: Bearer realm="'
        f'{ELSEWHERE}/token"') if part(x) == 'layer' else IMAGE.serve(x))
