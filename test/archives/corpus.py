# SPDX-License-Identifier: Apache-2.0
"""corpus - the archives of a table, made from what it says of them"""
import bz2
import gzip
import lzma
import subprocess
from pathlib import Path

from store import mktar

HERE = Path(__file__).resolve().parent


def zst(data):
    return subprocess.run(['zstd', '-qc'], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def names_for(host):
    """What the expressions of a table may call."""
    return {**vars(mktar), 'host': str(host), 'gz': gzip.compress,
            'bz2': bz2.compress, 'xz': lzma.compress, 'zst': zst,
            'xz9': lambda data: lzma.compress(data, preset=9),
            'up': '../' * 5}


def archives_of(how, expression, host):
    """The archives of a row, the lowest first; one of an ACI."""
    value = eval(expression, names_for(host))
    end = mktar.end
    if how == 'raw':
        return [value]
    if how == 'aci':
        return [mktar.manifest() + mktar.rootfs + value + end]
    return [layer + end for layer in
            (value if isinstance(value, tuple) else (value,))]


def rows_of(name, wanted=()):
    """NAME ROW HOW ARCHIVE STATUS SAID SEEN of each line of a table."""
    with open(HERE / name, encoding='utf-8') as table:
        rows = [line.rstrip('\n').split('\t') for line in table
                if line.strip() and not line.startswith('#')]
    return [row for row in rows if not wanted or row[0] in wanted]
