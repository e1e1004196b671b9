# SPDX-License-Identifier: Apache-2.0
"""generate - archives made by chance, the same for the same seed

Sequences of entries over few names, so that they meet one another, with header
fields changed in some; and what tar makes of those that were accepted.
"""
import contextlib
import random
import subprocess

from store import as_line, mktar

NAMES = ('a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/f', 'l', 'l/a', 'l/x')
ODD_NAMES = ('..', '../x', 'd/../a', 'd//a', 'd/.', '/etc/x', 'a/', '.', '',
             'a\nb', '\x1b[2J', 'n' * 120, 'é', '.wh.a', 'd/.wh..wh..opq',
             'd/.wh.b', '.wh..wh..opq', '.wh.', 'd/' * 130 + 'x')
KEYS = ('path', 'linkpath', 'size', 'uid', 'mtime', 'SCHILY.xattr.user.x',
        'SCHILY.xattr.trusted.overlay.opaque', 'GNU.sparse.map', 'comment',
        'SCHILY.xattr.security.capability', 'GNU.sparse.realsize')
NUMBERS = (0, 1, 511, 512, 513, 0o7777777, 2**21, 2**31, 2**32 - 1, 2**32,
           2**60, 2**63 - 1, -1, -2**31)
FIELDS = ((0, 100), (100, 8), (108, 8), (116, 8), (124, 12), (136, 12),
          (156, 1), (157, 100), (257, 8), (329, 8), (337, 8), (345, 155))


def name_of(chance, top):
    odd = chance.random() < 0.04
    name = chance.choice(ODD_NAMES if odd else NAMES)
    return name if odd and chance.random() < 0.3 else top + name


def link_of(chance, top, host):
    return chance.choice((
        host, host + '/secret', '../' * 5 + 'host', '..', '/', 'd', 'l', 'a',
        top + chance.choice(NAMES), top + chance.choice(NAMES)))


def entry(chance, top, host):
    kind = chance.choices('0152346', (40, 12, 25, 12, 2, 2, 3))[0]
    fields = {'mode': chance.choice((0o755, 0o644, 0, 0o4755, 0o7777)),
              'uid': chance.choice((0, 0, 5, 65534)),
              'mtime': chance.choice((0, 7, 10**9))}
    if kind in '12':
        fields['link'] = link_of(
            chance, top if kind == '1' else '', host)
    if kind in '34':
        fields.update(major=chance.randrange(300), minor=chance.randrange(300))
    data = ''
    if kind == '0':
        data = 'x' * chance.choice((0, 1, 5, 511, 512, 513, 2000))
    name = name_of(chance, top)
    if chance.random() < 0.1:
        return mktar.longname(name) + mktar.h('x', kind, data, **fields)
    return mktar.h(name, kind, data, **fields)


def extended(chance, top, host):
    value = chance.choice((
        top + chance.choice(NAMES), host, str(chance.choice(NUMBERS)), 'y',
        '', '0,1', 'a\0b', '1.5'))
    return mktar.pax({chance.choice(KEYS): value},
                     chance.choices('xg', (5, 1))[0])


def summed(block):
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    return block[:148] + b'%06o\0 ' % total + block[156:]


def changed(chance, data):
    """Some header of it with another field, and mostly the right sum."""
    at = 512 * chance.randrange(len(data) // 512)
    block = bytearray(data[at:at + 512])
    offset, length = chance.choice(FIELDS)
    how = chance.randrange(4)
    if how == 0:
        block[offset + chance.randrange(length)] ^= 1 << chance.randrange(8)
    elif how == 1 and length > 1:
        block[offset:offset + length] = mktar.number(
            chance.choice(NUMBERS), length)[:length].ljust(length, b'\0')
    elif how == 2:
        block[offset:offset + length] = chance.randbytes(length)
    else:
        block[offset:offset + length] = bytes(length)
    block = bytes(block)
    if chance.random() < 0.9:
        block = summed(block)
    return data[:at] + block + data[at + 512:]


def body(chance, top, host):
    data = b''
    for _ in range(chance.randrange(1, 9)):
        if chance.random() < 0.08:
            data += extended(chance, top, host)
        data += entry(chance, top, host)
    if chance.random() < 0.3:
        data = changed(chance, data)
    return data


def archives(seed, host):
    """How to store it ("raw" or "layers"), and the archives."""
    chance = random.Random(seed)
    if chance.random() < 0.4:
        return 'layers', [body(chance, '', host) + mktar.end
                          for _ in range(chance.randrange(1, 4))]
    data = mktar.manifest() + mktar.rootfs + body(chance, 'rootfs/', host)
    if chance.random() < 0.05:
        return 'raw', [changed(chance, data) + mktar.end]
    return 'raw', [data + mktar.end]


# What others make of it ---------------------------------------------------

# Both leave the umask and the present to directories that no entry names.
TARS = (('tar', '--numeric-owner', '--xattrs', '--xattrs-include=user.*',
         '-xpf'), ('bsdtar', '--numeric-owner', '-xpf'))


def plain(found):
    """Without what the store adds, or leaves to whoever extracts."""
    kept = {}
    for name, what in found.items():
        if name in ('.', 'dev', 'proc', 'sys'):
            continue
        # Attributes of implied directories; attributes at all are bsdtar's
        # own matter; a device may be there or not.
        kept[name] = '/' if what.startswith('/') else what
    return kept


@contextlib.contextmanager
def outside(directory):
    """Where they extract: a tmpfs, which gives no inode number twice.

    GNU tar makes absolute and climbing symbolic links last of all, where it
    had put a file to hold the place, which it knows by inode and time: when
    that was removed for a later entry of the same name, and ext4 gave the
    same inode to that, the link takes its place.  Of two such links of one
    name it makes the first, where bsdtar and we have the last (seed 7001907).
    """
    directory.mkdir()
    subprocess.run(('mount', '-t', 'tmpfs', 'tmpfs', directory), check=True)
    try:
        out = directory / 'b/c/d'
        out.mkdir(parents=True)
        yield out
    finally:
        subprocess.run(('umount', '-l', directory), check=True)
        directory.rmdir()


def compare(directory, how, layers, found, listing):
    """Is what is there what the tars extract?  One archive, no whiteouts."""
    if len(layers) > 1 or any(b'.wh.' in layer for layer in layers):
        return
    # bsdtar sets attributes that the store keeps out, or that cannot be read.
    foreign = any(word in layer for layer in layers
                  for word in (b'xattr.trusted', b'xattr.security'))
    for tar in TARS[:1] if foreign else TARS:
        (directory / 'in/tar').write_bytes(layers[0])
        with outside(directory / 'a') as out:
            root = out if how == 'layers' else out / 'rootfs'
            done = subprocess.run((*tar, directory / 'in/tar', '-C', out),
                                  capture_output=True, check=False)
            got = (plain(listing(root)) if done.returncode == 0
                   else plain(found))
        if got != plain(found):
            raise AssertionError(f'{tar[0]}: {as_line(got)}; here: '
                                 f'{as_line(plain(found))}')
