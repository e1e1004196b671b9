#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""manifests - give each manifest of a table to the tool that reads its kind

usage: manifests.py TABLE DIR

An image's goes into an archive, for "aci-make --check"; a pod's is a file, for
"pod-prepare --pod-manifest".  A row that is wrong is told; the last line is
"INVALID VALID WRONG", how many rows there were of each.
"""
import copy
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor


def place(pointer):
    return [p.replace("~1", "/").replace("~0", "~")
            for p in pointer.split("/")[1:]]


def edit(manifest, pointer, value):
    """Sets, appends or removes one member; returns the whole."""
    parts = place(pointer)
    if not parts:
        return json.loads(value)
    at = manifest
    for part in parts[:-1]:
        at = at[int(part) if isinstance(at, list) else part]
    last = parts[-1]
    if isinstance(at, list):
        if last == "-":
            at.append(json.loads(value))
        elif value == "~":
            del at[int(last)]
        else:
            at[int(last)] = json.loads(value)
    elif value == "~":
        del at[last]
    else:
        at[last] = json.loads(value)
    return manifest


def command(manifest, is_pod, path):
    """Writes the manifest, and returns who is to read it."""
    data = json.dumps(manifest).encode()
    if is_pod:
        with open(path, "wb") as file:
            file.write(data)
        return ["pod-prepare", "--images", "--pod-manifest=" + path]
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo("manifest")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
        info = tarfile.TarInfo("rootfs")
        info.type, info.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(info)
    return ["aci-make", "--check", path]


def judge(number, line, bases, directory):
    """None, or what is wrong with how the row was taken."""
    base, want, *edits = line.split("\t")
    manifest = copy.deepcopy(bases[base])
    for pointer, value in zip(edits[::2], edits[1::2]):
        manifest = edit(manifest, pointer, value)
    is_pod = base == "pod" or (
        base == "none" and manifest["acKind"] != "ImageManifest")
    path = os.path.join(directory, str(number))
    done = subprocess.run(command(manifest, is_pod, path),
                          stdin=subprocess.DEVNULL, capture_output=True,
                          check=False)
    os.unlink(path)
    told = done.stderr.decode("utf-8", "replace")
    if want == "-":
        good = done.returncode == 0 and told == ""
    else:
        good = (done.returncode == 65 and told.count("\n") == 1 and
                told[:-1].isprintable() and
                re.search(r"[ :]" + re.escape(want) + ": ", told))
    return None if good else f"{number}: {line}\n\t{done.returncode} {told}"


def main():
    bases, rows = {}, []
    with open(sys.argv[1], encoding="utf-8") as table:
        for number, line in enumerate(table.read().split("\n")[:-1], 1):
            if line.startswith("="):
                name, text = line[1:].split("\t")
                bases[name] = json.loads(text)
            elif not line.startswith("#"):
                rows.append((number, line))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [w for w in pool.map(
            lambda row: judge(*row, bases, sys.argv[2]), rows) if w]
    sys.stdout.write("".join(wrong))
    valid = sum(line.split("\t")[1] == "-" for _, line in rows)
    print(len(rows) - valid, valid, len(wrong))


main()
