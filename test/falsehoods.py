# SPDX-License-Identifier: Apache-2.0
"""falsehoods - what hostile.py has for an answer: good HTTP, and nothing else

As a module of hostile.py it has the behaviours of misdeeds.py, too.
"""

from misdeeds import (BEHAVIOURS, CONTEXTS, DOMAIN, PATIENCE, WIRES, does,
                      endless, error_page, header_flood, honest, says)


def tags(name, *values):
    """The behaviour that names these templates on its page."""
    BEHAVIOURS[name] = lambda x: x.page(''.join(
        x.tag(value.replace('HOST', x.host)) for value in values))


def signs(name, signature):
    """An honest image with that in place of its signature."""
    def behaviour(x):
        if x.path.endswith(('.asc', '.sig')):
            x.answer(signature if isinstance(signature, bytes)
                     else x.files[signature])
        else:
            honest(x)
    BEHAVIOURS[name] = behaviour


def gives(name, body):
    """The behaviour whose every file is the same, and good HTTP."""
    BEHAVIOURS[name] = lambda x: x.answer(
        x.files[body] if isinstance(body, str) else body)


# Pages

tags('tag-http', 'http://HOST/x.{ext}')
tags('tag-file', 'file:///etc/passwd')
tags('tag-user', 'https://me:secret@HOST/x.{ext}')
tags('tag-brace', 'https://HOST/{secret}.{ext}')
tags('tag-escapes', 'https://HOST/\x1b[2J\x07.{ext}')
tags('tag-newline', 'https://HOST/x&#10;GET&#32;/.{ext}')
tags('tag-zero', 'https://HOST/\x00.{ext}')
tags('tag-bidi', 'https://HOST/\xe2\x80\xae.{ext}')
tags('tag-long', 'https://HOST/' + 'a' * 3000 + '.{ext}')
tags('tags-long',
     *(f'https://HOST/{n}' + 'a' * 2000 + '.{ext}' for n in range(10, 26)))


@does
def tag_of_another(x):
    x.page(x.tag().replace(x.host, 'example.com', 1))


@does
def tag_of_a_neighbour(x):
    x.page(x.tag().replace(f'{x.host} ', f'{x.host}/ap ', 1))


@does
def tag_in_body(x):
    x.answer(f'<html><head></head><body>{x.tag()}</body></html>')


@does
def tag_in_comment(x):
    x.page(f'<!-- {x.tag()} -->')


@does
def tag_in_script(x):
    x.page(f'<script>document.write({x.tag()!r})</script>')


@does
def refresh(x):
    x.page('<meta http-equiv=refresh content="0; '
           'url=https://elsewhere.hostile.example/">')


@does
def base(x):
    x.page('<base href="https://elsewhere.hostile.example/">' +
           x.tag('/x.{ext}'))


@does
def picture(x):
    """A page, whatever it is called."""
    x.answer(x.tag(), '200 OK', 'Content-Type: image/png')


@does
def page_of_2_mib(x):
    x.answer(x.tag() + ' ' * (2 << 20))


@does
def page_of_zeros(x):
    x.answer(bytes(1000000))


def nests(name, unit, before='', after=''):
    """A page of nothing but that."""
    BEHAVIOURS[name] = lambda x: x.answer(
        '<head>' + before + unit * (1000000 // len(unit)) + after)


nests('nested-divs', '<div>')
nests('nested-tables', '<table><tr><td>')
nests('nested-formats', '<b><p>')
nests('nested-drawings', '<svg>')
nests('nested-templates', '<template>')
nests('comments', '<!---->')
nests('comment-without-end', 'a', '<!--')
nests('references', '&amp;', '<title>')
nests('less-thans', '<')
nests('metas', '<meta name=a content="b c">')
nests('quotes', '"', '<meta name=')


@does
def attributes(x):
    x.answer('<head><meta ' + ''.join(f'a{n}=' for n in range(130000)))


@does
def thousand_tags(x):
    x.page(''.join(x.tag(f'https://{x.host}/{n}.{{ext}}')
                   for n in range(1000)))


# Caches and parts

for name, etag in (('etag-escapes', '"a\x1b[2J\x07b"'),
                   ('etag-not-ascii', '"\xff"'), ('etag-empty', '""'),
                   ('etag-unquoted', 'abc'), ('etag-long', f'"{"a" * 60000}"'),
                   ('etag-weak', 'W/"a"')):
    says(name, f'HTTP/1.1 200 OK\r\nETag: {etag}\r\n'
         'Content-Length: 5\r\n\r\nhello')
for name, control in (('age-negative', 'max-age=-1'),
                      ('age-great', 'max-age=99999999999999999999'),
                      ('age-text', 'max-age=\x1b'),
                      ('age-twice', 'max-age=5, max-age=500')):
    says(name, f'HTTP/1.1 200 OK\r\nCache-Control: {control}\r\n'
         'Content-Length: 5\r\n\r\nhello')
says('names-a-file', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n'
     'Content-Disposition: attachment; filename="../../../../etc/x"\r\n'
     'Content-Location: file:///etc/passwd\r\n'
     'Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
     'Digest: sha-512=AAAA\r\nLast-Modified: never\r\n\r\nhello')

WHOLE = bytes(range(250)) * 400  # 100,000 bytes


def parts(name, status, *headers, body=WHOLE[50000:], length=None):
    """Breaks off in the middle, and has that for whoever wants the rest."""
    def behaviour(x):
        if 'range' not in x.headers:
            x.answer(WHOLE[:50000], '200 OK', 'ETag: "1"', length=len(WHOLE))
        else:
            x.answer(body, status, 'ETag: "1"', *headers, length=length)
    BEHAVIOURS[name] = behaviour


def part(name, content_range, **answer):
    parts(name, '206 Partial Content', f'Content-Range: {content_range}',
          **answer)


REST = 'bytes 50000-99999/100000'
part('part', REST)
part('part-of-unknown', 'bytes 50000-99999/*')
part('part-too-early', 'bytes 40000-99999/100000', body=WHOLE[40000:])
part('part-too-late', 'bytes 60000-99999/100000', body=WHOLE[60000:])
part('part-of-part', 'bytes 50000-59999/100000', body=WHOLE[50000:60000])
part('part-of-more', 'bytes 50000-99999/200000')
part('part-shorter', REST, body=WHOLE[:100])
part('part-longer', REST, body=WHOLE)
part('part-cut', REST, body=WHOLE[:100], length=50000)
part('part-negative', 'bytes -1-99999/100000')
part('part-too-great', 'bytes 50000-18446744073709551615/18446744073709551616')
part('part-escapes', 'bytes \x1b[2J-99999/100000')
part('part-of-lines', 'lines 50000-99999/100000')
part('part-empty', 'bytes 50000-49999/100000', body=b'')
parts('part-nameless', '206 Partial Content')
parts('part-of-several', '206 Partial Content',
      'Content-Type: multipart/byteranges; boundary=x')
parts('part-refused', '416 Range Not Satisfiable',
      'Content-Range: bytes */50000')
parts('part-unavailable', '503 Service Unavailable')
parts('part-not-modified', '304 Not Modified', body=b'')
parts('part-elsewhere', '302 Found',
      'Location: https://elsewhere.hostile.example/app.aci')
parts('part-by-http', '302 Found',
      'Location: http://elsewhere.hostile.example/app.aci')


@does
def part_of_another(x):
    if 'range' not in x.headers:
        x.answer(WHOLE[:50000], '200 OK', 'ETag: "1"', length=len(WHOLE))
    else:
        x.answer(WHOLE[50000:], '206 Partial Content', 'ETag: "2"',
                 f'Content-Range: {REST}')


@does
def part_endless(x):
    if 'range' not in x.headers:
        x.answer(WHOLE[:50000], '200 OK', 'ETag: "1"', length=len(WHOLE))
    else:
        x.flood('HTTP/1.1 206 Partial Content\r\nETag: "1"\r\n'
                f'Content-Range: {REST}\r\nTransfer-Encoding: chunked\r\n\r\n',
                b'10000\r\n' + bytes(65536) + b'\r\n')


@does
def bit_by_bit(x):
    """Ten bytes at a time."""
    first = int(x.headers.get('range', 'bytes=0-')[6:-1])
    x.answer(WHOLE[first:first + 10],
             '206 Partial Content' if first else '200 OK', 'ETag: "1"',
             f'Content-Range: bytes {first}-99999/100000',
             length=len(WHOLE) - first)


@does
def not_modified(x):
    """With a body, which such an answer has not."""
    if 'if-none-match' in x.headers:
        x.send('HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n'
               'Content-Length: 5\r\n\r\nhello')
    else:
        x.answer(x.files['app.aci'], '200 OK', 'ETag: "1"')


@does
def modified_unnoticed(x):
    """The old ETag for something else."""
    if 'if-none-match' in x.headers:
        x.answer(b'hello', '200 OK', 'ETag: "1"')
    else:
        x.answer(x.files['app.aci'], '200 OK', 'ETag: "1"')


# Credentials and proxies

@does
def wants_credentials(x):
    if 'authorization' in x.headers:
        honest(x)
    else:
        x.answer('', '401 Unauthorized', 'WWW-Authenticate: Basic realm="x"')


@does
def wants_more(x):
    """Whatever libcurl might know to answer."""
    x.answer('', '401 Unauthorized', 'WWW-Authenticate: Negotiate',
             'WWW-Authenticate: NTLM',
             'WWW-Authenticate: Digest realm="x", nonce="y"')


@does
def proxy_refuses(x):
    x.answer('', '403 Forbidden')


@does
def proxy_wants_password(x):
    x.answer('', '407 Proxy Authentication Required',
             'Proxy-Authenticate: Basic realm="x"')


@does
def proxy_answers(x):
    """In the place of the host that was wanted."""
    x.send('HTTP/1.1 200 OK\r\n\r\n')
    x.wire.recv(65536)
    x.answer(x.tag())


@does
def proxy_leads(x):
    x.redirect('https://elsewhere.hostile.example/app.aci')


@does
def proxy_flood(x):
    header_flood(x)


# Signatures

signs('signature-page', b'<html><head><title>Login</title></head></html>\n')
signs('signature-empty', b'')
signs('signature-zeros', bytes(500))
signs('signature-2-mib', bytes(2 << 20))
signs('signature-text', b'trust me\n')
signs('signature-escapes', b'\x1b[2J\x1b]0;owned\x07\n')
signs('signature-is-the-image', 'app.aci')
signs('signature-is-a-key', 'key.gpg')
signs('signature-is-a-secret-key', 'secret.gpg')
signs('signature-of-another', 'other.aci.asc')
signs('signature-by-another', 'stranger.asc')
signs('signature-clear', 'clear.asc')
signs('signature-inline', 'inline.asc')
signs('signature-twice', 'twice.asc')


@does
def signature_cut(x):
    if x.path.endswith('.asc'):
        x.answer(x.files['app.aci.asc'][:-200])
    else:
        honest(x)


@does
def signature_endless(x):
    if x.path.endswith('.asc'):
        endless(x)
    else:
        honest(x)


@does
def signature_elsewhere(x):
    if x.path.endswith('.asc'):
        x.redirect('https://elsewhere.hostile.example' + x.path)
    else:
        honest(x)


@does
def signature_by_http(x):
    if x.path.endswith('.asc'):
        x.redirect('http://elsewhere.hostile.example' + x.path)
    else:
        honest(x)


def defers(name, then):
    """Has the signature ready later, and then does that."""
    def behaviour(x):
        if not x.path.endswith('.asc'):
            honest(x)
        elif x.count == 1:
            x.answer('later', '202 Accepted', 'Retry-After: 99999999')
        else:
            then(x)
    BEHAVIOURS[name] = behaviour


defers('deferred', honest)
defers('deferred-for-ever', lambda x: x.answer('later', '202 Accepted'))
defers('deferred-then-gone', lambda x: x.answer('', '404 Not Found'))
defers('deferred-then-page', error_page)
defers('deferred-then-endless', endless)
defers('deferred-then-http', lambda x: x.redirect(
    'http://elsewhere.hostile.example/app.aci.asc'))


@does
def accepted(x):
    x.answer('later', '202 Accepted', f'Location: https://{x.host}/later')


@does
def accepted_endless(x):
    x.flood('HTTP/1.1 202 Accepted\r\n\r\n', bytes(65536))


@does
def unsigned(x):
    if x.path.endswith(('.asc', '.sig')):
        x.answer('nothing', '404 Not Found')
    else:
        honest(x)


@does
def image_page(x):
    """An image with a good signature, and a page in place of the image."""
    if x.path.endswith('.aci'):
        x.answer('<html><head><title>Login</title></head></html>')
    else:
        honest(x)


@does
def image_changed(x):
    if x.path.endswith('.aci'):
        x.answer(x.files['other.aci'])
    else:
        honest(x)


@does
def image_cut(x):
    """Honest about the length of the part that it has."""
    if x.path.endswith('.aci'):
        x.answer(x.files['app.aci'][:-100])
    else:
        honest(x)


gives('image-empty', b'')
gives('image-zeros', bytes(100000))
gives('image-text', b'hello\n' * 1000)
gives('image-bomb', 'bomb.aci')
gives('image-gzip-cut', 'cut.aci')

# Keys

gives('key-page', b'<html><head><title>Login</title></head></html>\n')
gives('key-empty', b'')
gives('key-zeros', bytes(1000))
gives('key-text', b'trust me\n')
gives('key-escapes', b'\x1b[2J\x1b]0;owned\x07\n')
gives('key-20-mib', bytes(20 << 20))
gives('key-secret', 'secret.gpg')
gives('key-several', 'several.gpg')
gives('key-is-a-signature', 'app.aci.asc')
gives('key-cut', 'cut.gpg')
gives('key-expired', 'expired.gpg')
