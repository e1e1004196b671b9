# SPDX-License-Identifier: Apache-2.0
"""peers - commands that are timed one after the other, and their table"""
import json
import mmap
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

TEST = Path(__file__).resolve().parent.parent
BIN = os.environ.get("RKT_BIN", str(TEST.parent / "bin"))

# What the bats files know, for bash outside of bats; $1 is their directory.
HELPERS = """
    BATS_TEST_TMPDIR=$TMPDIR BATS_FILE_TMPDIR=$TMPDIR WEB=$TMPDIR/web
    bats_require_minimum_version() { :; }
    . "$1/helpers.bash"
    . "$1/web.bash"
    RKT_DIR=/var/lib/rkt RKT_CONF=/etc/rkt
"""
TRUE_IMAGE = HELPERS + """
    busybox_aci "$TMPDIR/true.aci" -n example.com/true -x '["/bin/true"]'
    put_aci "$TMPDIR/true.aci" >/dev/null
    mkdir -p "$TMPDIR"/busybox/{dev,proc,sys}
"""


def sh(script, **kwargs):
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script, "bench", str(TEST)],
        check=True, text=True, stdin=subprocess.DEVNULL, **kwargs)


def timed(argv):
    """Seconds from the start of a process to its end; it must succeed."""
    null = os.open("/dev/null", os.O_RDWR)
    said = os.memfd_create("said")
    begin = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[
        (os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1),
        (os.POSIX_SPAWN_DUP2, said, 2)])
    _, status = os.waitpid(pid, 0)
    end = time.perf_counter()
    if status != 0:
        text = os.pread(said, 65536, 0).decode(errors="replace")
        sys.exit(f"bench: {' '.join(argv)}: status {status:#x}\n{text}")
    os.close(null)
    os.close(said)
    return end - begin


def measure(cases, rounds, after_round):
    """What each took; a round has one of each, every time in another order."""
    names = list(cases)
    times = {name: [] for name in names}
    for number in range(-2, rounds):
        for place in range(len(names)):
            name = names[(number + place) % len(names)]
            os.sync()  # or who syncs pays for what others left unwritten
            argv = cases[name]
            took = timed(argv() if callable(argv) else argv)
            if number >= 0:
                times[name].append(took)
        after_round(number)
    return times


def hold_memory(gigabytes):
    """Keeps free memory this machine's, for as long as what it returns lives.

    A virtual machine's host takes back free blocks of 2 MiB, and a page of such
    a block then costs more than all that is measured here, by chance.  So a
    page of each 64 stays taken."""
    page, every = mmap.PAGESIZE, 64 * mmap.PAGESIZE
    held = mmap.mmap(-1, gigabytes << 30,
                     flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    held.madvise(mmap.MADV_NOHUGEPAGE)
    for at in range(0, len(held), page):
        held[at] = 1
    for at in range(0, len(held), every):
        held.madvise(mmap.MADV_DONTNEED, at + page, every - page)
    return held


def table(title, times, against):
    print(f"\n{title}")
    heads = "".join(f"  {'/' + name:>12}" for name in against)
    print(f"{'ms':24}{'min':>10}{'median':>10}{'max':>10}{heads}")
    middle = {name: statistics.median(t) for name, t in times.items()}
    for name, took in times.items():
        ratios = "".join(f"  {middle[name] / middle[other]:12.2f}"
                         for other in against)
        print(f"{name:24}{min(took) * 1e3:10.2f}{middle[name] * 1e3:10.2f}"
              f"{max(took) * 1e3:10.2f}{ratios}")
    return middle


def bundle(work, root, net=False, args=("/bin/true",), devices=True):
    """What crun is given: its own default, less the terminal; with a network
    of its own users of its own too, as a pod has them."""
    path = work / ("bundle-net" if net else "bundle-" + Path(args[0]).name)
    if path.exists():
        return path
    path.mkdir()
    subprocess.run(["crun", "spec"], cwd=path, check=True)
    config = json.loads((path / "config.json").read_text())
    config["process"]["terminal"] = False
    config["process"]["args"] = list(args)
    if not devices:
        del config["linux"]["resources"]
    config["root"] = {"path": str(root), "readonly": True}
    if net:
        config["linux"]["namespaces"].append({"type": "user"})
        for kind in "uidMappings", "gidMappings":
            config["linux"][kind] = [
                {"containerID": 0, "hostID": 1000000000, "size": 65536}]
    if not net:
        config["linux"]["namespaces"] = [
            space for space in config["linux"]["namespaces"]
            if space["type"] != "network"]
        # A fresh sysfs needs a network namespace of one's own.
        config["mounts"] = [mount for mount in config["mounts"]
                            if mount["type"] != "sysfs"]
    (path / "config.json").write_text(json.dumps(config))
    return path


def over(what, took, peer, gate):
    """A line if there is more than the gate, else none."""
    ratio = took / peer
    return [f"{what}: {ratio:.3f}, gate {gate}"] if ratio > gate else []
