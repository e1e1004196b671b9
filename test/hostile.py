#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hostile - a server that does what no server should

usage: hostile.py ADDRESS DIR [MODULE]

Serves https at the ports 443 and 8443 of ADDRESS, and http at 80 and 8080. The
first label of a host's name is the behaviour: what is asked of
truncated.hostile.example is answered by truncated() of MODULE (misdeeds). What
each is good for is in a table (hostile.tsv). DIR holds the certificates
(NAME.pem, and NAME.key where it is not server.key) and in files/ what an
honest server would have; it gets the file requests, a line for each, of words
separated by tabs: BEHAVIOUR SCHEME PORT TARGET AUTHORIZATION COOKIE.
"""

import importlib
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time

DEEDS = importlib.import_module(sys.argv[3] if len(sys.argv) > 3
                                else 'misdeeds')
DOMAIN, PATIENCE = DEEDS.DOMAIN, DEEDS.PATIENCE
PORTS = {443: 'https', 8443: 'https', 80: 'http', 8080: 'http'}


class Exchange:
    """A request, and the connection that waits for an answer."""

    counts = {}  # how often a name was asked for a target
    lock = threading.Lock()

    def __init__(self, wire, name, port, server):
        self.wire, self.name, self.port = wire, name, port
        self.server, self.files = server, server.files
        self.host = f'{name}.{DOMAIN}'
        self.rude = False  # no farewell in the end

    def read(self):
        """The next request of the connection; False: there is none."""
        head = b''
        while b'\r\n\r\n' not in head:
            more = self.wire.recv(65536)
            if not more:
                return False
            head += more
        first, *lines = head.decode('latin-1').split('\r\n')
        self.method, self.target = first.split(' ')[:2]
        self.path = self.target.partition('?')[0]
        self.headers = {key.lower(): value.strip() for key, _, value in
                        (line.partition(':') for line in lines)}
        with self.lock:
            key = self.name, self.target
            self.counts[key] = self.count = self.counts.get(key, 0) + 1
        self.log()
        return True

    def log(self):
        words = (self.name, PORTS[self.port], str(self.port), self.target,
                 self.headers.get('authorization', '-'),
                 self.headers.get('cookie', '-'))
        os.write(self.server.requests, ('\t'.join(words) + '\n').encode())

    def send(self, data):
        self.wire.sendall(data.encode('latin-1') if isinstance(data, str)
                          else data)

    def answer(self, body=b'', status='200 OK', *headers, length=None):
        """All of an answer; length: what is said of the body's."""
        if isinstance(body, str):
            body = body.encode('latin-1')
        size = len(body) if length is None else length
        self.send('\r\n'.join((
            f'HTTP/1.1 {status}', *headers, f'Content-Length: {size}',
            'Connection: close', '', '')))
        if self.method != 'HEAD':
            self.send(body)

    def page(self, head):
        self.answer(f'<!DOCTYPE html><html><head>{head}</head></html>')

    def tag(self, value=None, name='ac-discovery'):
        value = value or f'https://{self.host}/x.{{ext}}'
        return f'<meta name="{name}" content="{self.host} {value}">'

    def redirect(self, where, *headers, status='302 Found'):
        self.answer('', status, f'Location: {where}', *headers)

    def flood(self, *data):
        """The last of data again and again, until nobody takes it."""
        for part in data:
            self.send(part)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.send(data[-1])

    def drip(self, data):
        for byte in data if isinstance(data, bytes) else data.encode():
            self.send(bytes([byte]))
            time.sleep(0.2)

    def wait(self):
        """Silence, until the other end goes."""
        self.wire.settimeout(PATIENCE)
        self.wire.recv(1)

    def reset(self):
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack('ii', 1, 0))
        self.rude = True


class Server:
    def __init__(self, address, directory):
        self.address, self.directory = address, directory
        self.requests = os.open(f'{directory}/requests', os.O_WRONLY |
                                os.O_APPEND | os.O_CREAT, 0o644)
        self.files = {}
        for entry in os.scandir(f'{directory}/files'):
            with open(entry.path, 'rb') as file:
                self.files[entry.name] = file.read()

    def context(self, name):
        """What TLS is like with that behaviour."""
        certificate, settings = DEEDS.CONTEXTS.get(name, ('good', {}))
        stem = f'{self.directory}/{certificate}'
        key = f'{stem}.key'
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.set_ciphers(settings.get('ciphers', 'DEFAULT'))
        made.load_cert_chain(f'{stem}.pem', key if os.path.exists(key)
                             else f'{self.directory}/server.key')
        if 'version' in settings:
            made.minimum_version = ssl.TLSVersion.TLSv1
            made.maximum_version = settings['version']
        if 'verify' in settings:
            made.verify_mode = ssl.CERT_REQUIRED
            made.load_verify_locations(f'{stem}.pem')
        return made

    def serve(self, connection, port):
        name = named(connection)
        if name in DEEDS.WIRES:
            DEEDS.WIRES[name](connection)
            return
        if PORTS[port] == 'https':
            connection = self.context(name).wrap_socket(connection,
                                                        server_side=True)
        x = Exchange(connection, name, port, self)
        if x.read():
            DEEDS.BEHAVIOURS[name](x)
        if PORTS[port] == 'https' and not x.rude:
            connection = connection.unwrap()
        connection.close()

    def guarded(self, connection, port):
        """That a client has gone is to be expected of this server's."""
        with connection:
            try:
                self.serve(connection, port)
            except OSError:
                pass

    def listen(self, port):
        server = socket.create_server((self.address, port), backlog=64)
        while True:
            connection, _ = server.accept()
            connection.settimeout(PATIENCE)
            threading.Thread(target=self.guarded, args=(connection, port),
                             daemon=True).start()


def named(connection):
    """The behaviour that a client's first bytes name, which stay unread."""
    seen = connection.recv(4096, socket.MSG_PEEK)
    found = re.search(rb'([a-z0-9-]+)\.' + re.escape(DOMAIN).encode(), seen)
    return found.group(1).decode() if found else 'honest'


if __name__ == '__main__':
    threads = [threading.Thread(target=Server.listen, args=(server, port))
               for server in [Server(*sys.argv[1:3])] for port in PORTS]
    for thread in threads:
        thread.start()
