# SPDX-License-Identifier: Apache-2.0
"""pods - what a pod costs: to enter, to join, to keep, to list, to collect"""
import os
import re
import statistics
import subprocess
import time
from pathlib import Path

from peers import TRUE_IMAGE, bundle, measure, over, sh, table, timed

ENTER_GATE, JOIN_GATE = 1.3, 0.4
LIST_GATE, GC_GATE = 1.0, 0.3
MEMORY_GATE, INIT_KIB, EXTRA_PROCESSES = 1.0, 200, 1
PODS, SLEEPERS = 1000, 40

SLEEP_IMAGE = TRUE_IMAGE + """
    busybox_aci "$TMPDIR/sleep.aci" -n example.com/sleep \\
        -x '["/bin/sleep","100000"]'
    put_aci "$TMPDIR/sleep.aci" >/dev/null
"""
CRUN = ["crun", "--cgroup-manager=cgroupfs"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def work_dir():
    return Path(os.environ["TMPDIR"])


def word(*argv):
    return subprocess.run(argv, check=True, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL).stdout.strip()


def rkt_start(count):
    """UUIDs of pods that sleep."""
    return word("sh", "-c", f"seq {count} | xargs -P 2 -n 1 sh -c "
                "'exec rkt run --detach example.com/sleep'").split()


def rkt_kill(pods):
    for pod in pods:
        kill(Path(f"/var/lib/rkt/pods/run/{pod}/pid").read_text().split()[0])


def kill(pid):
    """Of no child of ours, so that there is nobody to be asked but /proc."""
    os.kill(int(pid), 9)
    while True:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state.split()[0] == "Z":
            return
        time.sleep(0.001)


def collect():
    for _ in range(2):
        sh("rkt gc --grace-period=0s", **QUIET)


def crun_start(path, names):
    for name in names:
        subprocess.run([*CRUN, "run", "--detach", "--bundle", str(path), name],
                       check=True, stdin=subprocess.DEVNULL, **QUIET)


def crun_pid(name):
    return re.search(r'"pid": (\d+)', word("crun", "state", name))[1]


def crun_end(names):
    for name in names:
        kill(crun_pid(name))
        subprocess.run([*CRUN, "delete", name], check=True)


def sleeper():
    """Without rules for devices: not every machine lets crun load them."""
    return bundle(work_dir(), work_dir() / "busybox",
                  args=("/bin/sleep", "100000"), devices=False)


def bench_enter(rounds):
    sh(SLEEP_IMAGE)
    root = str(work_dir() / "busybox")
    prepared = []

    def prepare(number):
        prepared.append(word("rkt", "prepare", "example.com/true"))
        if number % 10 == 9:
            collect()

    prepare(0)
    times = measure({
        "bwrap": ["bwrap", "--bind", root, "/", "--proc", "/proc", "--dev",
                  "/dev", "--unshare-pid", "--unshare-ipc", "--unshare-uts",
                  "--die-with-parent", "/bin/true"],
        "pod-enter": lambda: ["pod-enter", prepared[-1]],
    }, rounds, prepare)
    middle = table(f"a prepared pod, host's network, {rounds} rounds", times,
                   ["bwrap"])
    slow = over("pod-enter / bwrap", middle["pod-enter"], middle["bwrap"],
                ENTER_GATE)
    crun_start(sleeper(), ["bench"])
    pods = rkt_start(1)
    times = measure({
        "crun exec": [*CRUN, "exec", "bench", "/bin/true"],
        "pod-enter --join": ["pod-enter", "--join", pods[0], "/bin/true"],
    }, rounds, lambda _: None)
    middle = table(f"true in what runs, {rounds} rounds", times, ["crun exec"])
    rkt_kill(pods)
    crun_end(["bench"])
    return slow + over("pod-enter --join / crun exec",
                       middle["pod-enter --join"], middle["crun exec"],
                       JOIN_GATE)


class Memory:
    """The world's own group of the controller, v1's or v2's."""

    def __init__(self):
        self.dir = work_dir() / "memory"
        self.dir.mkdir()
        sh("mount -t cgroup -o memory memory $TMPDIR/memory 2>/dev/null || "
           "mount --bind /sys/fs/cgroup $TMPDIR/memory")
        self.is_v1 = (self.dir / "memory.usage_in_bytes").exists()

    def files(self):
        """What is cached of files on disks."""
        text = (self.dir / "memory.stat").read_text()
        return sum(map(int, re.findall(r"^(?:in)?active_file (\d+)", text,
                                       re.M)))

    def used(self):
        """KiB, with all of the kernel's but what it can do without."""
        os.sync()
        reclaim = self.dir / ("memory.force_empty" if self.is_v1 else
                              "memory.reclaim")
        count = self.dir / ("memory.usage_in_bytes" if self.is_v1 else
                            "memory.current")
        least = None
        for _ in range(4):
            try:
                reclaim.write_text("0" if self.is_v1 else "1G")
            except OSError:
                pass  # less than that was there to be reclaimed
            time.sleep(0.2)  # for what RCU frees
            now = (int(count.read_text()) - self.files()) // 1024
            least = now if least is None else min(least, now)
        return least


def status(pid, field):
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+)", text, re.M)[1])


def crun_attended(path, names):
    """Containers, each with the crun that waits for it to end."""
    attending = [subprocess.Popen([*CRUN, "run", "--bundle", str(path), name],
                                  stdin=subprocess.DEVNULL, **QUIET)
                 for name in names]
    for name in names:
        while subprocess.run(["crun", "state", name], **QUIET).returncode:
            time.sleep(0.01)
    return attending


def crun_attended_end(attending, names):
    for name, process in zip(names, attending):
        kill(crun_pid(name))
        process.wait()


def processes():
    return {entry for entry in os.listdir("/proc") if entry.isdigit()}


def bench_memory(rounds):
    sh(SLEEP_IMAGE)
    memory, path = Memory(), sleeper()
    names = [f"bench-{number}" for number in range(SLEEPERS)]
    each = {"rkt": [], "crun": [], "crun, detached": []}
    for number in range(-1, rounds):
        before = memory.used()
        attending = crun_attended(path, names)
        theirs = (memory.used() - before) / SLEEPERS
        crun_attended_end(attending, names)
        before = memory.used()
        crun_start(path, names)
        detached = (memory.used() - before) / SLEEPERS
        crun_end(names)
        before, alone = memory.used(), processes()
        pods = rkt_start(SLEEPERS)
        ours = (memory.used() - before) / SLEEPERS
        extra = len(processes() - alone) / SLEEPERS - 1
        init = Path(f"/var/lib/rkt/pods/run/{pods[0]}/pid").read_text()
        init = init.split()[0]
        resident, held = status(init, "VmRSS"), status(init, "VmData")
        rkt_kill(pods)
        collect()
        if number >= 0:  # the first has what both only need once
            each["crun"].append(theirs)
            each["crun, detached"].append(detached)
            each["rkt"].append(ours)
    sh("umount $TMPDIR/memory")
    middle = {name: statistics.median(kib) for name, kib in each.items()}
    print(f"\na detached pod of one app that sleeps, of {SLEEPERS}, {rounds} "
          f"rounds: {middle['rkt']:.0f} KiB; crun's container with the crun "
          f"that waits for it {middle['crun']:.0f} "
          f"(x {middle['rkt'] / middle['crun']:.2f}), with nobody who would "
          f"learn how it ended {middle['crun, detached']:.0f} "
          f"(x {middle['rkt'] / middle['crun, detached']:.2f})"
          f"\nbesides the app {extra:.0f} process, pod-init: {resident} KiB "
          f"resident, data {held} KiB")
    return (over("a pod's memory / crun's", middle["rkt"], middle["crun"],
                 MEMORY_GATE) +
            over("pod-init's KiB", resident, 1, INIT_KIB) +
            over("processes besides the app's", extra, 1, EXTRA_PROCESSES))


def bench_pods(rounds):
    sh(SLEEP_IMAGE)
    path = sleeper()
    names = [f"bench-{number}" for number in range(PODS)]
    crun_start(path, names)
    pods = rkt_start(PODS)
    times = measure({"crun list": [*CRUN, "list"],
                     "rkt list": ["rkt", "list"]}, rounds, lambda _: None)
    middle = table(f"a list of {PODS} that run, {rounds} rounds", times,
                   ["crun list"])
    slow = over("rkt list / crun list", middle["rkt list"],
                middle["crun list"], LIST_GATE)
    for name in names:
        kill(crun_pid(name))
    rkt_kill(pods)
    took = {"crun delete": [timed([*CRUN, "delete", name])
                            for name in names[:PODS // 2]]}
    took["rkt gc"] = [sum(timed(["rkt", "gc", "--grace-period=0s"])
                          for _ in range(2)) / PODS]
    took["crun delete"] += [timed([*CRUN, "delete", name])
                            for name in names[PODS // 2:]]
    middle = table(f"each of {PODS} that ended, rkt's by two gc of all", took,
                   ["crun delete"])
    assert not word("rkt", "list", "--no-legend")
    return slow + over("rkt gc / crun delete", middle["rkt gc"],
                       middle["crun delete"], GC_GATE)
