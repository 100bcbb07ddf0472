# SPDX-License-Identifier: GPL-2.0-only
"""What containers of one image cost: until they are traced, for each hit, and whether their mounts are free when they have ended."""

import contextlib
import os
import statistics
import subprocess
import tempfile
import time

import many
import table
from tracer import ROOT, Tracer

COUNTS = (1, 30)
# Of one that is hit, with as many others traced beside it.
BESIDE = (1, 40)
COME_AND_GO = 60
CALLS = 20000
WIDTHS = (12, 12, 12, 26, 18, 14)
# Of each batch the processor time of a call: by a probe that covers all processes.
HIT = """\
import os, sys, time
print("up", flush=True)
for line in sys.stdin:
    started = time.thread_time_ns()
    for _ in range(%d):
        os.access("/", os.F_OK)
    print((time.thread_time_ns() - started) / %d, flush=True)
""" % (CALLS, CALLS)
RULES = """\
- name: Access
  func: access
  module: os
  level: info
  condition: { arg.path: { allow: [{ exact: "/" }] } }
"""


@contextlib.contextmanager
def mounted(count):
    """Overlay mounts of one image, the host's own files, as containers have them."""
    with tempfile.TemporaryDirectory(prefix="phrude-bench-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", folder], check=True)
        roots = []
        try:
            for number in range(count):
                upper, work, root = (os.path.join(folder, str(number), name) for name in ("upper", "work", "root"))
                for path in (upper, work, root):
                    os.makedirs(path)
                subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                                f"lowerdir=/,upperdir={upper},workdir={work}", root], check=True)
                roots.append(root)
            yield roots
        finally:
            for root in roots:
                subprocess.run(["umount", root], stderr=subprocess.DEVNULL)
            subprocess.run(["umount", "--lazy", folder], check=True)


def start(python, root, program, **pipes):
    process = subprocess.Popen(["chroot", root, *python, "-c", program], stdout=subprocess.PIPE, **pipes)
    process.stdout.readline()
    return process


def cost_of_hit(bench, roots):
    """ns of a call that is hit and not wanted, traced in the first of these containers and in all others as well."""
    idle = [start(bench.python, root, many.IDLE) for root in roots[1:]]
    hit = start(bench.python, roots[0], HIT, stdin=subprocess.PIPE)
    rules = bench.path("access.yaml")
    with open(rules, "w", encoding="utf-8") as file:
        file.write(RULES)
    tracer = Tracer([hit.pid] + [process.pid for process in idle], rules, bench.path("alerts.json"))
    try:
        tracer.wait_ready(120)
        times = []
        for _ in range(12):
            hit.stdin.write(b"\n")
            hit.stdin.flush()
            times.append(float(hit.stdout.readline()))
        # The first ones teach the kernel side what is dismissed.
        return statistics.median(times[2:])
    finally:
        tracer.stop(60)
        hit.stdin.close()
        many.end([hit, *idle])


def come_and_go(bench):
    """Containers that start, are traced and end, one after the other under one tracer; how many mounts were free at once."""
    free = 0
    with mounted(COME_AND_GO) as roots:
        first = start(bench.python, "/", many.IDLE)
        tracer = Tracer([first.pid], ROOT + "/rules", bench.path("alerts.json"))
        try:
            tracer.wait_ready(60)
            before = len(os.listdir(f"/proc/{tracer.process.pid}/fd"))
            for root in roots:
                many.end([start(bench.python, root, many.IDLE)])
                free += subprocess.run(["umount", root], stderr=subprocess.DEVNULL).returncode == 0
            time.sleep(2)
            return free, len(os.listdir(f"/proc/{tracer.process.pid}/fd")) - before
        finally:
            tracer.stop(60)
            many.end([first])


def measure(bench, target):
    table.heading("Containers of one image (overlay mounts), under the whole pack")
    table.row("containers", "ready", "ended", "processor time to ready", "descriptors", "resident", widths=WIDTHS)
    with mounted(max(*COUNTS, *BESIDE)) as roots:
        for count in COUNTS:
            processes = [start(bench.python, root, many.IDLE) for root in roots[:count]]
            try:
                ready, processor, descriptors, resident, ended = many.attach(bench, [process.pid for process in processes])
            finally:
                many.end(processes)
            table.row(count, f"{ready:.2f} s", f"{ended:.2f} s", f"{processor:.2f} s", descriptors, f"{resident:.0f} MiB",
                      widths=WIDTHS)
        hits = [cost_of_hit(bench, roots[:count]) for count in BESIDE]
    table.note("a call that is hit and not wanted: " + ", ".join(
        f"{table.time_text(ns)} with {count} traced" for ns, count in zip(hits, BESIDE)))
    free, more = come_and_go(bench)
    table.note(f"{COME_AND_GO} came and went: {free} mounts free at once, {more} descriptors more")
    table.quote(f"a hit with {BESIDE[1]} containers traced, of one with 1", f"{hits[1] / hits[0]:.2f}x", "1x")
    table.quote(f"mounts free, of {COME_AND_GO} containers that came and went", str(free), str(COME_AND_GO))
