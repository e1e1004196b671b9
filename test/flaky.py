#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""flaky - a web server, over TLS, whose answers break off

usage: flaky.py ADDRESS PORT CERT KEY DIR LOG

/HOW/NAME is the file NAME of DIR, served as HOW says (the functions below);
whole and steady if there is no such function.  LOG gets a line for each
request: the path, and those of the headers below that it has.  At port 3128
is a proxy.
"""

import hashlib
import http.server
import os
import re
import socket
import ssl
import sys
import threading
import time

ADDRESS, PORT, CERT, KEY, DIR, LOG = sys.argv[1:]
LOGGED = ["Range", "If-Range", "If-None-Match", "Authorization", "Cookie"]
CUT = 200_000  # bytes, after which an answer breaks off
BEHAVIOURS = {}  # name: how such a path is answered
counts = {}  # path: how often it was asked for


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def log(self):
        words = [self.path] + [
            f"{name}={self.headers[name]}" for name in LOGGED
            if self.headers[name] is not None]
        with open(LOG, "a", encoding="latin-1") as log:
            log.write(" ".join(words) + "\n")

    def answer(self, status, body=b"", cut=None, **headers):
        """Sends no more than the first cut bytes of the body."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None and cut < len(body):
            self.close_connection = True

    def whole(self, body, cut=None, etag=None, **headers):
        """All of it, or what is asked for by Range and If-Range."""
        etag = etag or '"%s"' % hashlib.md5(body).hexdigest()
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        first = int(asked[1]) if asked else 0
        if self.headers["If-Range"] not in (None, etag):
            first = 0
        if first >= len(body) > 0:
            self.answer(416, Content_Range=f"bytes */{len(body)}")
        elif first > 0:
            self.answer(206, body[first:], cut, ETag=etag, **headers,
                        Content_Range=f"bytes {first}-{len(body) - 1}"
                                      f"/{len(body)}")
        else:
            self.answer(200, body, cut, ETag=etag, **headers)

    def do_GET(self):
        self.log()
        how, _, name = self.path[1:].partition("/")
        self.count = counts[self.path] = counts.get(self.path, 0) + 1
        try:
            with open(os.path.join(DIR, os.path.basename(name)), "rb") as file:
                body = file.read()
        except OSError:
            return self.answer(404)
        return BEHAVIOURS.get(how, Handler.whole)(self, body)


def behaviour(how):
    BEHAVIOURS[how.__name__.replace("_", "-")] = how
    return how


@behaviour
def breaks(self, body):
    """always, after CUT bytes"""
    self.whole(body, CUT)


@behaviour
def breaks_once(self, body):
    """the first time only"""
    self.whole(body, CUT if self.count == 1 else None)


@behaviour
def breaks_down(self, body):
    """and is out of order the second time"""
    if self.count == 2:
        self.answer(503)
    else:
        self.whole(body, CUT if self.count == 1 else None)


@behaviour
def changes(self, body):
    """is another image the second time"""
    if self.count == 1:
        body = bytes(len(body))
    self.whole(body, CUT if self.count == 1 else None)


@behaviour
def weak(self, body):
    """has an ETag that stands for more than these very bytes"""
    self.whole(body, CUT, etag='W/"1"')


@behaviour
def nameless(self, body):
    """has no ETag"""
    self.answer(200, body, CUT)


@behaviour
def ignores(self, body):
    """knows nothing of ranges"""
    self.answer(200, body, CUT if self.count == 1 else None, ETag='"1"')


@behaviour
def another_part(self, body):
    """sends a part that was not asked for"""
    if self.count == 1:
        self.answer(200, body, CUT, ETag='"1"')
    else:
        self.answer(206, body[CUT + 1:], ETag='"1"', Content_Range=
                    f"bytes {CUT + 1}-{len(body) - 1}/{len(body)}")


@behaviour
def another_image(self, body):
    """sends a part of something else"""
    if self.count == 1:
        self.answer(200, body, CUT, ETag='"1"')
    else:
        self.answer(206, body[CUT:], ETag='"2"', Content_Range=
                    f"bytes {CUT}-{len(body) - 1}/{len(body)}")


@behaviour
def stalls(self, body):
    """sends the beginning, and then nothing for long"""
    if self.headers["Range"]:
        return self.whole(body)
    self.answer(200, body, CUT, ETag='"%s"' % hashlib.md5(body).hexdigest())
    self.wfile.flush()
    return time.sleep(20)


@behaviour
def drips(self, body):
    """sends 2000 bytes a second"""
    self.answer(200, body, 0)
    for first in range(0, 100_000, 1000):
        self.wfile.write(body[first:first + 1000])
        self.wfile.flush()
        time.sleep(0.5)


@behaviour
def defers(self, body):
    """202 for the signature, once"""
    if self.path.endswith(".asc") and self.count == 1:
        self.answer(202, b"not yet")
    else:
        self.whole(body)


@behaviour
def defers_on(self, body):
    """202 for the signature, always"""
    if self.path.endswith(".asc"):
        self.answer(202)
    else:
        self.whole(body)


def proxy(listener):
    """Speaks CONNECT, and logs all of it."""
    for client in iter(lambda: listener.accept()[0], None):
        head = client.recv(65536)
        target = head.split(b" ")[1].decode()
        with open(LOG, "a", encoding="latin-1") as log:
            log.write(" ".join(["CONNECT", target] + [
                line for line in head.decode("latin-1").split("\r\n")
                if line.lower().startswith("authorization")]) + "\n")
        host, port = target.rsplit(":", 1)
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for ends in (client, server), (server, client):
            threading.Thread(target=pump, args=ends, daemon=True).start()


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request, client_address):
        try:
            with context.wrap_socket(request, server_side=True) as tls:
                super().finish_request(tls, client_address)
        except OSError:
            pass


threading.Thread(target=proxy, daemon=True,
                 args=[socket.create_server((ADDRESS, 3128))]).start()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERT, KEY)
Server((ADDRESS, int(PORT)), Handler).serve_forever()
