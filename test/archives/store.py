# SPDX-License-Identifier: Apache-2.0
"""store - images put into a store, and what came of it

A Place is a directory of its own with a store, files of a host around it that
no image may touch, and the archive that is tried.
"""
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

TEST = Path(__file__).resolve().parent.parent
BIN = os.environ.get('RKT_BIN', str(TEST.parent / 'bin'))
KINDS = ('erofs', 'tree')
TIME = 1_000_000_000
CONTROL = re.compile(rb'[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]')
EXT4_FIRST, EXT4_LAST = -(1 << 31), (1 << 34) - (1 << 31) - 1
TYPES = {stat.S_IFIFO: '|', stat.S_IFSOCK: '!', stat.S_IFCHR: 'c',
         stat.S_IFBLK: 'b'}


def load_mktar():
    loader = SourceFileLoader('mktar', str(TEST / 'mktar'))
    module = module_from_spec(spec_from_loader('mktar', loader))
    loader.exec_module(module)
    return module


mktar = load_mktar()


# What is there ------------------------------------------------------------

def shown(data):
    """Bytes as a word: what is no plain ASCII, or is a mark here, escaped."""
    return ''.join(chr(c) if 0x20 < c < 0x7f and c not in b'\\=|{}'
                   else f'\\x{c:02x}' for c in data)


def short(text):
    """For tables: what is long without its middle."""
    return text if len(text) <= 240 else f'{text[:100]}...{text[-100:]}'


def content(path, size):
    if size > 24:
        digest = hashlib.sha256()
        with open(path, 'rb') as file:
            # A sparse file may have an end that nobody wants to wait for.
            for block in iter(lambda: file.read(1 << 20), b''):
                digest.update(block)
                if file.tell() >= 1 << 26:
                    break
        return f'#{size}:{digest.hexdigest()[:8]}'
    with open(path, 'rb') as file:
        return shown(file.read())


def xattrs(path):
    return {name: os.getxattr(path, name, follow_symlinks=False)
            for name in os.listxattr(path, follow_symlinks=False)}


def attributes(status, path, mode):
    """Those that are not as mktar gives them unless told."""
    words = []
    is_link = stat.S_ISLNK(status.st_mode)
    if not is_link and stat.S_IMODE(status.st_mode) != mode:
        words.append(f'{stat.S_IMODE(status.st_mode):o}')
    if status.st_uid or status.st_gid:
        words.append(f'{status.st_uid}:{status.st_gid}')
    if status.st_mtime_ns:
        seconds, rest = divmod(status.st_mtime_ns, 10 ** 9)
        words.append(f't{seconds}' + (f'.{rest:09}' if rest else ''))
    if not is_link:
        words += [f'{name}={shown(value)}'
                  for name, value in sorted(xattrs(path).items())]
    return '{' + ','.join(words) + '}' if words else ''


def describe(path, status):
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFDIR:
        what = '/'
    elif kind == stat.S_IFREG:
        what = '=' + content(path, status.st_size)
    elif kind == stat.S_IFLNK:
        what = '->' + shown(os.readlink(path))
    else:
        what = TYPES[kind]
        if kind in (stat.S_IFCHR, stat.S_IFBLK):
            what += f'{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}'
    return what + attributes(status, path, 0o755)


def listing(root):
    """{name: all that is to be known of it} of what is below root."""
    root = os.fsencode(root)
    found, first = {}, {}
    paths = [root]
    while paths:
        path = paths.pop(0)
        status = os.lstat(path)
        name = shown(os.path.relpath(path, root))
        same = first.setdefault((status.st_dev, status.st_ino), name)
        found[name] = ('==' + same if same != name
                       else describe(path, status))
        if stat.S_ISDIR(status.st_mode):
            paths += sorted(os.path.join(path, n) for n in os.listdir(path))
    return found


def as_line(found):
    """Without the root, and the places that the store adds, if plain."""
    hidden = {'.': '/', 'dev': '/', 'proc': '/', 'sys': '/'}
    return short(' '.join(name + what for name, what in sorted(found.items())
                          if hidden.get(name) != what)) or '-'


def ext4_time(match):
    seconds = int(match[1])
    if EXT4_FIRST <= seconds <= EXT4_LAST:
        return match[0]
    return f't{max(EXT4_FIRST, min(seconds, EXT4_LAST))}'


def on_ext4(found):
    """Of times that it cannot have, the kernel makes the first or last."""
    return {name: re.sub(r'(?<=[{,])t(-?[0-9]+)(\.[0-9]+)?', ext4_time, what)
            for name, what in found.items()}


def without_devices(found):
    """The unpacked tree leaves them out; their other names too."""
    gone = {name for name, what in found.items() if what[0] in 'cb'}
    return {name: what for name, what in found.items() if name not in gone
            and not (what.startswith('==') and what[2:] in gone)}


def snapshot(*roots):
    """Everything, even when it was changed: to be compared with a later one."""
    found = {}
    for root in roots:
        paths = [os.fsencode(root)]
        while paths:
            path = paths.pop()
            try:
                status = os.lstat(path)
            except FileNotFoundError:
                continue
            what = [status.st_mode, status.st_uid, status.st_gid,
                    status.st_nlink, status.st_ino, status.st_size,
                    status.st_mtime_ns, status.st_ctime_ns]
            what.append(str(xattrs(path)))
            if stat.S_ISREG(status.st_mode):
                with open(path, 'rb') as file:
                    what.append(hashlib.sha256(file.read()).digest())
            elif stat.S_ISLNK(status.st_mode):
                what.append(os.readlink(path))
            elif stat.S_ISDIR(status.st_mode):
                names = os.listdir(path)
                paths += [os.path.join(path, name) for name in names]
            found[path] = what
    return found


def differences(before, after):
    return sorted(os.fsdecode(path) for path in before.keys() | after.keys()
                  if before.get(path) != after.get(path))


# The host around it -------------------------------------------------------

def make_host(path):
    """What an image could want to read, replace, or change."""
    (path / 'dir').mkdir(parents=True)
    for name, text in (('secret', 'secret\n'), ('su', '#!/bin/sh\nid\n'),
                       ('passwd', 'root:x:0:0::/:/bin/sh\n'),
                       ('dir/inner', 'inner\n')):
        (path / name).write_text(text)
    os.link(path / 'secret', path / 'dir/same')
    os.symlink('secret', path / 'link')
    os.symlink('dir', path / 'dirlink')
    os.mkfifo(path / 'fifo')
    os.chmod(path / 'secret', 0o600)
    os.chown(path / 'su', 7, 8)
    os.chmod(path / 'su', 0o4755)
    os.setxattr(path / 'passwd', 'user.note', b'mine')
    for at, dirs, files in os.walk(path, topdown=False):
        for name in dirs + files:
            os.utime(os.path.join(at, name), (TIME, TIME),
                     follow_symlinks=False)
    os.utime(path, (TIME, TIME))


class Place:
    """One store and the host around it, below directory."""

    def __init__(self, directory):
        self.path = Path(directory)
        self.host = self.path / 'host'
        self.cas = self.path / 'lib/cas'
        for name in ('lib', 'run', 'conf', 'system', 'in'):
            (self.path / name).mkdir(parents=True)
        os.chmod(self.path, 0o755)
        make_host(self.host)
        self.env = {'PATH': f'{BIN}:{os.environ["PATH"]}',
                    'RKT_DIR': str(self.path / 'lib'),
                    'RKT_RUN': str(self.path / 'run'),
                    'RKT_CONF': str(self.path / 'conf'),
                    'RKT_SYSTEM_CONF': str(self.path / 'system'),
                    **{name: value for name, value in os.environ.items()
                       if name.endswith('SAN_OPTIONS')}}
        self.kind, self.key, self.error, self.cost = '', '', b'', (0, 0)
        # What is there already is to stay as it is.
        self.record_aci(mktar.manifest(name='example.com/other') +
                        mktar.rootfs + mktar.h('rootfs/a', data='a') +
                        mktar.end)
        if self.put('erofs') != 0:
            raise RuntimeError(self.error)
        self.before = self.snapshot()

    def snapshot(self):
        return snapshot(self.host, self.path / 'lib')

    def run(self, *words, **more):
        return subprocess.run(words, env=self.env, check=False,
                              capture_output=True, **more)

    # Records of what is tried

    def record_aci(self, data):
        file = self.path / 'in/aci'
        file.write_bytes(data)
        self.record = {'v': 1, 'image': 'x', 'fetch': {'aci': str(file)}}

    def record_layers(self, layers):
        """As aci-fetch and aci-convert would say of an image of these."""
        fetched, ids = [], []
        for number, data in enumerate(layers):
            file = self.path / f'in/layer{number}'
            file.write_bytes(data)
            digest = 'sha256-' + hashlib.sha256(data).hexdigest()
            ids.append(digest)
            fetched.append({'digest': digest, 'size': len(data),
                            'path': str(file), 'mediaType':
                            'application/vnd.oci.image.layer.v1.tar'})
        manifest = mktar.manifest()[512:].rstrip(b'\0')
        file = self.path / 'in/manifest'
        file.write_bytes(manifest)
        digest = 'sha512-' + hashlib.sha512(manifest).hexdigest()
        self.record = {'v': 1, 'image': 'x',
                       'fetch': {'layers': fetched},
                       'convert': {'manifest': str(file), 'digest': digest,
                                   'layers': ids}}

    # The store

    def put(self, kind):
        """The exit status; key, error and cost (seconds, KiB) besides."""
        cost = self.path / 'cost'
        # Not our own child: it would begin with as much memory as we have.
        done = self.run('time', '-q', '-o', cost, '-f', '%U %S %M', 'cas-put',
                        '--insecure', '-q', f'--render={kind}',
                        input=json.dumps(self.record).encode() + b'\n')
        # Of the processor: others may be using it too.
        user, system, memory = cost.read_text().split()
        self.cost = float(user) + float(system), int(memory)
        self.kind, self.error = kind, done.stderr
        self.key = done.stdout.decode().strip()
        return done.returncode

    def said(self):
        """The one line, without whose it is and of what."""
        lines = self.error.split(b'\n')
        if len(lines) > 2 or (self.error and lines[-1]):
            return f'not one line: {self.error!r}'
        if CONTROL.search(self.error):
            return f'control bytes: {self.error!r}'
        text = lines[0].decode(errors='backslashreplace')
        text = text.removeprefix('cas-put: ').removeprefix('x: ')
        return short(text.replace(str(self.host), 'HOST')) or '-'

    def seen(self):
        """What a pod would see of the image."""
        done = self.run('cas-store', 'mount', self.key)
        root = done.stdout.decode().strip()
        if done.returncode != 0:
            raise RuntimeError(f'mount: {done.stderr!r}')
        try:
            return listing(root)
        finally:
            if self.kind == 'erofs':
                self.run('cas-store', 'umount', self.key)

    def remove(self):
        self.run('cas-store', 'rm', self.key)
        if 'convert' in self.record:
            # How its layers were transported is remembered until then.
            self.run('cas-store', 'gc', '--grace-period=0s')

    def harm(self):
        """What is not as before: of the host, and of the store."""
        found = differences(self.before, self.snapshot())
        # Directories of the store stay, and know when they were changed.
        return [path for path in found
                if not path.startswith(f'{self.cas}')
                or path.startswith(f'{self.cas}/tmp/')
                or not os.path.isdir(path)]

    def nodes(self):
        return [name for name, what in listing(self.cas).items()
                if what[0] in 'cb']

    def close(self):
        self.run('umount', '-lR', self.path / 'run/mnt')
        shutil.rmtree(self.path)
