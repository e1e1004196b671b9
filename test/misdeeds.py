# SPDX-License-Identifier: Apache-2.0
"""misdeeds - how hostile.py answers what it is asked

Each behaviour is a function of an Exchange (hostile.py), which has the request
and sends the answer; of a connection, if it is one before TLS.
"""

import gzip
import socket
import ssl
import struct
import time

DOMAIN = 'hostile.example'
PATIENCE = 20  # seconds until a flood or a silence ends
BEHAVIOURS = {}  # name: what answers a request
WIRES = {}  # name: what answers a connection, before TLS
CONTEXTS = {}  # name: certificate, and what else is odd about TLS


def does(function):
    """The behaviour of that name."""
    BEHAVIOURS[function.__name__.replace('_', '-').strip('-')] = function
    return function


def says(name, text):
    """The behaviour that answers everything with the same bytes."""
    BEHAVIOURS[name] = lambda x: x.send(text)


def leads(name, where, status='302 Found'):
    """The behaviour that sends everybody to the same place."""
    BEHAVIOURS[name] = lambda x: x.redirect(
        where.replace('HOST', x.host), status=status)


@does
def honest(x):
    name = x.path.rpartition('/')[2]
    if x.target.endswith('?ac-discovery=1'):
        x.page(x.tag())
    elif name in x.files:
        x.answer(x.files[name])
    else:
        x.answer('nothing', '404 Not Found')


@does
def elsewhere(x):
    """Where redirects lead that should have taken nothing along."""
    honest(x)


def wire(function):
    WIRES[function.__name__.replace('_', '-')] = function
    return function


# Connections and TLS

@wire
def hang_up(connection):
    pass


@wire
def reset_at_once(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack('ii', 1, 0))


@wire
def mute(connection):
    connection.settimeout(PATIENCE)
    while connection.recv(65536):
        pass


@wire
def plain_on_tls(connection):
    connection.recv(65536)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')


@wire
def no_tls(connection):
    connection.recv(65536)
    connection.sendall(b'\x00\xffSSH-2.0-OpenSSH_9.2\r\n' * 20)


@wire
def alert(connection):
    connection.recv(65536)
    connection.sendall(b'\x15\x03\x03\x00\x02\x02\x28')  # handshake_failure


@wire
def unknown_name(connection):
    connection.recv(65536)
    connection.sendall(b'\x15\x03\x03\x00\x02\x02\x70')


@wire
def half_a_hello(connection):
    connection.recv(65536)
    connection.sendall(b'\x16\x03\x03\x10\x00\x02\x00\x0f\xfc\x03\x03')


@wire
def endless_hello(connection):
    connection.recv(65536)
    # A hello of 16 MiB less one, in records of 16 KiB.
    record = b'\x16\x03\x03\x40\x00' + bytes(16384)
    connection.sendall(b'\x16\x03\x03\x00\x04\x02\xff\xff\xff')
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        connection.sendall(record)


def tls(name, certificate='good', **settings):
    """TLS with another certificate, versions, ciphers or demands."""
    CONTEXTS[name] = (certificate, settings)
    BEHAVIOURS[name] = honest


tls('expired', 'expired')
tls('wrong-host', 'wrong-host')
tls('too-deep', 'too-deep')
tls('self-signed', 'self-signed')
tls('unknown-authority', 'unknown-authority')
tls('no-authority', 'no-authority')
tls('short-key', 'short-key', ciphers='ALL:@SECLEVEL=0')
tls('sha1', 'sha1', ciphers='ALL:@SECLEVEL=0')
tls('tls1-0', version=ssl.TLSVersion.TLSv1, ciphers='ALL:@SECLEVEL=0')
tls('tls1-1', version=ssl.TLSVersion.TLSv1_1, ciphers='ALL:@SECLEVEL=0')
tls('no-cipher', version=ssl.TLSVersion.TLSv1_2,
    ciphers='aNULL:eNULL:@SECLEVEL=0')
tls('who-are-you', version=ssl.TLSVersion.TLSv1_2, verify=True)


@does
def no_farewell(x):
    """The end of the body is the end of TLS, and nobody says so."""
    x.send('HTTP/1.1 200 OK\r\n\r\n')
    x.send(x.tag() if x.method == 'GET' else '')
    x.rude = True


@does
def no_farewell_needed(x):
    honest(x)
    x.rude = True


@does
def reset_midway(x):
    x.answer(bytes(1000), length=100000)
    time.sleep(0.2)
    x.reset()


# Heads

says('http-0-9', 'hello, this is no HTTP\n')
says('http-2', 'HTTP/2 200\r\nContent-Length: 5\r\n\r\nhello')
says('http-9', 'HTTP/9.9 200 OK\r\nContent-Length: 5\r\n\r\nhello')
says('ssh', 'SSH-2.0-OpenSSH_9.2p1\r\n')
says('binary', bytes(range(256)) * 16)
says('no-answer', '')
says('half-a-status', 'HTTP/1.1 20')
says('half-a-head', 'HTTP/1.1 200 OK\r\nContent-Le')
says('status-text', 'HTTP/1.1 abc OK\r\n\r\nhello')
says('status-0', 'HTTP/1.1 000 None\r\n\r\nhello')
says('status-99999', 'HTTP/1.1 99999 OK\r\n\r\nhello')
says('status-escapes',
     'HTTP/1.1 404 \x1b[31mred\x07\x00\r\nContent-Length: 0\r\n\r\n')
says('header-escapes',
     'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n'
     'X-A: \x1b]0;owned\x07\x9b2J\r\nServer: \xff\xfe\r\n\r\nhello')
says('header-zero', 'HTTP/1.1 200 OK\r\nX-A: a\x00b\r\n'
     'Content-Length: 5\r\n\r\nhello')
says('header-without-colon',
     'HTTP/1.1 200 OK\r\nhello\r\nContent-Length: 5\r\n\r\nhello')
says('header-folded', 'HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\n\tc\r\n'
     'Content-Length: 5\r\n\r\nhello')
says('bare-newlines', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello')
says('long-header', 'HTTP/1.1 200 OK\r\nX-A: ' + 'a' * 300000 +
     '\r\nContent-Length: 5\r\n\r\nhello')
says('long-status', 'HTTP/1.1 200 ' + 'a' * 300000 + '\r\n\r\nhello')
says('two-lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n'
     'Content-Length: 50\r\n\r\nhello')
says('two-lengths-in-one',
     'HTTP/1.1 200 OK\r\nContent-Length: 5, 50\r\n\r\nhello')
says('length-negative', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello')
says('length-text', 'HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello')
says('length-too-great', 'HTTP/1.1 200 OK\r\nContent-Length: '
     '99999999999999999999\r\n\r\nhello')
says('length-and-chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n'
     'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n')
says('first-hints', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'
     'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
says('other-protocol', 'HTTP/1.1 101 Switching Protocols\r\n'
     'Upgrade: h2c\r\nConnection: Upgrade\r\n\r\nhello')


@does
def header_flood(x):
    x.flood('HTTP/1.1 200 OK\r\n', 'X-A: 0123456789\r\n' * 100)


@does
def header_drip(x):
    x.drip('HTTP/1.1 200 OK\r\n' + 'X-A: a\r\n' * 100)


@does
def continue_flood(x):
    x.flood('HTTP/1.1 100 Continue\r\n\r\n' * 100)


@does
def processing_drip(x):
    for _ in range(PATIENCE):
        x.send('HTTP/1.1 102 Processing\r\n\r\n')
        time.sleep(1)


@does
def second_answer(x):
    """Whoever keeps the connection finds an answer that nobody asked for."""
    evil = x.tag('https://evil.example/x.{ext}')
    x.answer('nothing', '404 Not Found')
    x.send(f'HTTP/1.1 200 OK\r\nContent-Length: {len(evil)}\r\n\r\n{evil}')
    x.read()


# Bodies

@does
def truncated(x):
    x.answer(b'only this', length=1000)


@does
def longer_than_said(x):
    x.answer(b'hello and more', length=5)


@does
def large_as_said(x):
    x.answer(b'', length=1 << 40)


@does
def endless(x):
    x.flood('HTTP/1.1 200 OK\r\n\r\n', bytes(65536))


@does
def endless_chunks(x):
    x.flood('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
            b'10000\r\n' + bytes(65536) + b'\r\n')


@does
def tiny_chunks(x):
    x.flood('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
            '1\r\na\r\n' * 5000)


@does
def body_drip(x):
    x.send('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')
    x.drip(b'a' * 100)


@does
def stall(x):
    x.answer(b'hello', length=100000)
    x.wait()


@does
def silence(x):
    x.wait()


CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
says('chunks-cut', CHUNKED + '5\r\nhello\r\n')
says('chunk-cut', CHUNKED + '50\r\nhello')
says('chunk-size-text', CHUNKED + 'zz\r\nhello\r\n0\r\n\r\n')
says('chunk-size-negative', CHUNKED + '-5\r\nhello\r\n0\r\n\r\n')
says('chunk-size-great', CHUNKED + 'ffffffffffffffff\r\nhello\r\n0\r\n\r\n')
says('chunk-size-long', CHUNKED + '0' * 100000 + '5\r\nhello\r\n0\r\n\r\n')
says('chunk-not-ended', CHUNKED + '5\r\nhelloXX0\r\n\r\n')
says('chunks-that-are-none', CHUNKED + 'hello')


@does
def trailer_flood(x):
    x.flood(CHUNKED + '5\r\nhello\r\n0\r\n', 'X-A: 0123456789\r\n' * 100)


BOMB = gzip.compress(bytes(64 << 20), 9)  # 64 MiB in 64 KiB


@does
def content_bomb(x):
    x.answer(BOMB, '200 OK', 'Content-Encoding: gzip')


@does
def transfer_bomb(x):
    x.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n')
    x.send(b'%x\r\n' % len(BOMB) + BOMB + b'\r\n0\r\n\r\n')


@does
def many_encodings(x):
    x.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: ' + 'gzip, ' * 1000 +
           'chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n')


@does
def content_encoded(x):
    """A page that is only one for those who decode it."""
    x.answer(gzip.compress(x.tag().encode()), '200 OK',
             'Content-Encoding: gzip')


# Statuses

for number, text in ((201, 'Created'), (204, 'No Content'),
                     (205, 'Reset Content'), (207, 'Multi-Status'),
                     (300, 'Multiple Choices'), (304, 'Not Modified'),
                     (305, 'Use Proxy'), (306, 'Unused'),
                     (400, 'Bad Request'), (401, 'Unauthorized'),
                     (403, 'Forbidden'), (407, 'Proxy Authentication'),
                     (410, 'Gone'), (416, 'Range Not Satisfiable'),
                     (429, 'Too Many Requests'), (451, 'Legal Reasons'),
                     (500, 'Internal Server Error'), (503, 'Unavailable'),
                     (511, 'Network Authentication'), (599, 'None'),
                     (999, 'None')):
    says(f'status-{number}', f'HTTP/1.1 {number} {text}\r\n'
         'WWW-Authenticate: Basic realm="x"\r\nRetry-After: 99999999\r\n'
         'Content-Range: bytes */5\r\nContent-Length: '
         f'{0 if number in (204, 205, 304) else 5}\r\n\r\n'
         f'{"" if number in (204, 205, 304) else "hello"}')
says('part-unasked', 'HTTP/1.1 206 Partial Content\r\n'
     'Content-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\nworld')


@does
def error_endless(x):
    x.flood('HTTP/1.1 500 Oops\r\n\r\n', bytes(65536))


@does
def error_page(x):
    """As servers answer that say "not found" with a 200."""
    x.answer('<html><head><title>Not found</title></head></html>', '200 OK',
             'Content-Type: text/html')


# Redirects

leads('to-itself', 'https://HOST/app')
leads('to-nowhere', '')
leads('to-http', 'http://HOST/x.aci')
leads('to-http-elsewhere', 'http://elsewhere.hostile.example/x.aci')
leads('to-user', 'https://me:secret@elsewhere.hostile.example/x.aci')
leads('to-elsewhere', 'https://elsewhere.hostile.example/app.aci')
leads('to-elsewhere-301', 'https://elsewhere.hostile.example/app.aci',
      '301 Moved')
leads('to-elsewhere-307', 'https://elsewhere.hostile.example/app.aci',
      '307 Temporary')
leads('to-elsewhere-308', 'https://elsewhere.hostile.example/app.aci',
      '308 Permanent')
leads('to-no-scheme', '//elsewhere.hostile.example/app.aci')
leads('to-three-slashes', 'https:///elsewhere.hostile.example/app.aci')
leads('to-backslashes', 'https:\\\\elsewhere.hostile.example\\app.aci')
leads('to-return', 'https://elsewhere.hostile.example/\r\tX-Evil: 1')
leads('to-encoded-newline',
      'https://elsewhere.hostile.example/none%0d%0aX-Evil:%201')
leads('to-escapes', 'https://elsewhere.hostile.example/\x1b[2J\x07')
leads('to-not-ascii', 'https://elsewhere.hostile.example/\xc3\xa4')
leads('to-bidi', 'https://elsewhere.hostile.example/\xe2\x80\xaeica.x')
leads('to-blank', 'https://elsewhere.hostile.example/a b.aci')
leads('to-port-0', 'https://HOST:0/')
leads('to-port-99999', 'https://HOST:99999/')
leads('to-smtp', 'https://HOST:25/')
leads('to-long', 'https://elsewhere.hostile.example/' + 'a' * 10000)
leads('to-long-user', f'https://me:{"a" * 1900}@elsewhere.hostile.example/')
leads('to-huge', 'https://elsewhere.hostile.example/' + 'a' * 1000000)
leads('to-metadata', 'https://169.254.169.254/latest/meta-data')
leads('to-loopback', 'https://127.0.0.1/')
leads('to-loopback-6', 'https://[::1]/')
leads('to-loopback-decimal', 'https://2130706433/')
leads('to-loopback-mapped', 'https://[::ffff:127.0.0.1]/')
leads('to-localhost', 'https://localhost/')
for scheme in ('file:///etc/passwd', 'gopher://HOST:70/_x', 'ftp://HOST/x',
               'dict://HOST/x', 'scp://HOST/x', 'ldap://HOST/x',
               'smb://HOST/x', 'data:text/plain,x', 'javascript:x'):
    leads('to-' + scheme.partition(':')[0], scheme)
says('no-location', 'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n')
says('two-locations',
     'HTTP/1.1 302 Found\r\n'
     'Location: https://elsewhere.hostile.example/none\r\n'
     'Location: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n')


@does
def to_port(x):
    if x.port == 443:
        x.redirect(f'https://{x.host}:8443{x.target}')
    else:
        honest(x)


@does
def to_and_fro(x):
    """Away, and back to where the credentials are for."""
    if not x.path.startswith('/back'):
        x.redirect('https://back.hostile.example/')
    else:
        honest(x)


@does
def back(x):
    x.redirect('https://to-and-fro.hostile.example/back/app.aci')


def hops(name, count):
    """The behaviour that redirects so often: to /x, /xx, /xxx and so on."""
    def behaviour(x):
        done = len(x.path) - 1 if x.path.strip('x') == '/' else 0
        if done < count:
            x.redirect('/' + 'x' * (done + 1))
        else:
            x.answer('hello')
    BEHAVIOURS[name] = behaviour


hops('ten-hops', 10)
hops('eleven-hops', 11)


@does
def hops_with_cookies(x):
    if x.count == 1:
        x.redirect(x.target, 'Set-Cookie: a=b; Path=/',
                   f'Set-Cookie: c=d; Domain={DOMAIN}')
    else:
        x.answer('hello')


@does
def endless_redirect(x):
    """The body of a redirect, which nobody reads."""
    x.flood('HTTP/1.1 302 Found\r\n'
            'Location: https://elsewhere.hostile.example/app.aci\r\n\r\n',
            bytes(65536))


@does
def slow_hops(x):
    time.sleep(0.4)
    x.redirect(f'/{x.count}{x.path}')
