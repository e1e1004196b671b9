#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""readme.py - what README.md and a manual page show is what is seen

usage: test/readme.py [--print] FILE

To be run in the demo's shell (test/demo --shell).  Each line of FILE's indented
blocks (of a page: its literal displays) that begins with "# " is typed at a
terminal, in their order, the question answered with yes.  What then is on the screen has to be what the
lines below it say, where "..." is any number of lines, and where these may
differ: digests, fingerprints, UUIDs, versions, sizes, times, addresses,
processes.  With --print it prints the blocks anew.

Exit status: 0 all is as shown, 1 something is not.
"""
import os
import pty
import re
import select
import subprocess
import sys
import time

SAME = [
    (r'\x1b\[K', '\n'),
    (r'\x1b\[[0-9;]*m', ''),
    (r'(Downloading ACI: .*\n+)+(?=Downloading ACI: )', ''),
    (r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'UUID'),
    (r'([0-9A-F]{4} ){5} ([0-9A-F]{4} ){4}[0-9A-F]{4}', 'FINGERPRINT'),
    (r'sha512-[0-9a-f]{12,}', 'ID'),
    (r'(?m)/sha512/[0-9a-f]{2}(?=/|$)', '/sha512/XX'),
    (r'\b[0-9a-f]{40,}\b', 'HEX'),
    (r'(?m)^[0-9a-f]{8}(?=\s)', 'SHORT'),
    (r'v?[0-9]+\.[0-9]+\.[0-9]+(?![.0-9])', 'VERSION'),
    (r'[0-9]+ (minute|second|hour)s? ago|now', 'AGO'),
    (r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC', 'TIME'),
    (r'172\.16\.28\.\d+', 'ADDRESS'),
    (r'pid=\d+', 'pid=N'),
    (r'fd[0-9a-f]{2}:[0-9a-f:]+', 'ADDRESS6'),
    (r'[0-9.]+ ?[KM](i?B)', r'SIZE'),
    (r'\[=+\]', '[BAR]'),
    (r'[ \t]+', ' '),
    (r'(?m) $', ''),
    (r'\n\n+', '\n'),
]


def plain(text):
    for pattern, to in SAME:
        text = re.sub(pattern, to, text)
    return text.strip('\n')


def lines(path):
    """Its lines, those of a page's displays indented as in README.md."""
    display = False
    for line in open(path, encoding='utf-8'):
        if path.endswith('.md'):
            yield line
        elif line.startswith(('.Bd', '.Ed')):
            display = line.startswith('.Bd')
        else:
            yield '    ' * display + line.replace('\\e', '\\')


def blocks(path):
    """The commands and what follows each: [(command, shown)]."""
    found, inside = [], False
    for line in lines(path):
        inside = line.startswith('    # ') or (
            inside and line.startswith('    '))
        if not inside:
            continue
        line = line[4:].rstrip('\n')
        if line.startswith('# '):
            found.append([line[2:], []])
        elif found and found[-1][0].endswith('\\'):
            found[-1][0] = found[-1][0][:-1] + line.strip()
        elif found:
            found[-1][1].append(line)
    return found


class Shell:
    """One shell at a terminal, whose prompt says that a command is done."""
    PROMPT = '\x02ready\x03'
    QUESTION = '(yes/no)? '

    def __init__(self):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ.update(PS1=self.PROMPT, PS2='', TERM='dumb')
            os.execvp('bash', ['bash', '--norc', '--noprofile', '--noediting'])
        subprocess.run(['stty', 'rows', '24', 'cols', '80', '-echo'],
                       stdin=self.master, check=True)
        self.until(self.PROMPT)
        self.run('set +m')

    def until(self, *words, limit=60):
        """What is seen until one of the words is, and which."""
        seen, end = '', time.monotonic() + limit
        while time.monotonic() < end:
            if select.select([self.master], [], [], 0.2)[0]:
                seen += os.read(self.master, 65536).decode()
            for word in words:
                if word in seen:
                    return seen.replace('\r', '').replace(self.PROMPT, ''), word
        raise SystemExit(f'neither of {words} after {limit} s:\n{seen}')

    def run(self, command):
        os.write(self.master, (command + '\n').encode())
        seen, word = self.until(self.PROMPT, self.QUESTION)
        if word == self.QUESTION:
            os.write(self.master, b'yes\n')
            seen += 'yes\n' + self.until(self.PROMPT)[0]
        return seen


def alike(want, got):
    """Is got what want shows, "..." of which stands for any lines?"""
    pattern = ''.join(
        '(?:.*\n)*?' if line in ('...', '…') else re.escape(line) + '\n'
        for line in want.split('\n')) if want else ''
    return re.fullmatch(pattern, got + '\n' if got else '') is not None


def main():
    printing = sys.argv[1] == '--print'
    wrong, shell = 0, Shell()
    for command, shown in blocks(sys.argv[-1]):
        if command.startswith('sudo '):
            continue
        got = shell.run(command)
        if printing:
            got = re.sub(r'.*\x1b\[K(?=.)', '', got).replace('\x1b[K', '')
            print(f'    # {command}')
            print(re.sub('(?m)^(?=.)', '    ', got.expandtabs()), end='')
        elif not alike(plain('\n'.join(shown)), plain(got)):
            wrong += 1
            print(f'# {command}\n--- shown\n' + plain('\n'.join(shown)) +
                  '\n+++ seen\n' + plain(got) + '\n')
        else:
            print(f'as shown: {command}')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
