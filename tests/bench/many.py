# SPDX-License-Identifier: GPL-2.0-only
"""What many processes of one interpreter cost: until they are traced, while they are, and until they are let go of."""

import os
import subprocess
import time

import table
from tracer import ROOT, Tracer

COUNTS = (1, 30, 100, 300)
WIDTHS = (12, 12, 12, 26, 18, 14)
# As a service that waits for requests: it has modules loaded, and does nothing.
IDLE = """\
import asyncio, ctypes, email.message, http.server, json, logging, pickle, sqlite3, ssl, subprocess, urllib.request, time
print("up", flush=True)
time.sleep(3600)
"""


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024


def start(python, count):
    processes = [subprocess.Popen([*python, "-c", IDLE], stdout=subprocess.PIPE) for _ in range(count)]
    for process in processes:
        process.stdout.readline()
    return processes


def end(processes):
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def attach(bench, pids):
    """Seconds to ready, its own processor time, descriptors, MiB, seconds to its end."""
    began = time.monotonic()
    tracer = Tracer(pids, ROOT + "/rules", bench.path("alerts.json"))
    try:
        tracer.wait_ready(300)
        ready, pid = time.monotonic() - began, tracer.process.pid
        used = processor_seconds(pid), len(os.listdir(f"/proc/{pid}/fd")), resident_mib(pid)
        began = time.monotonic()
    finally:
        tracer.stop(300)
    return ready, *used, time.monotonic() - began


def measure(bench, target):
    table.heading("Many idle processes of one interpreter, under the whole pack")
    table.row("processes", "ready", "ended", "processor time to ready", "descriptors", "resident", widths=WIDTHS)
    processes = []
    try:
        for count in COUNTS:
            processes += start(bench.python, count - len(processes))
            ready, processor, descriptors, resident, ended = attach(bench, [process.pid for process in processes])
            table.row(count, f"{ready:.2f} s", f"{ended:.2f} s", f"{processor:.2f} s", descriptors, f"{resident:.0f} MiB",
                      widths=WIDTHS)
        table.quote(f"{COUNTS[-1]} processes of one interpreter: all of them traced, and let go of",
                    f"{ready:.1f} s, {ended:.1f} s", "5 s, 2 s")
    finally:
        end(processes)
