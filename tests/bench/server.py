# SPDX-License-Identifier: GPL-2.0-only
"""
A Flask application under gunicorn with two workers, driven by wrk: requests a second and time per request.

Rounds: in each, every variant has its turn, and its ratio is to the untraced one of the same round.
"""

import os
import re
import shutil
import socket
import statistics
import subprocess
import time
import urllib.request

import table
from tracer import ROOT, Tracer, TracerError

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"  # the one that Debian's gunicorn and Flask are for
WORKERS = 2
CONNECTIONS = 8


def wrk(url, seconds, *options, script_arguments=()):
    """Requests a second."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", *options, url, "--", *script_arguments]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise TracerError("the application answered with errors")
    return float(re.search(r"Requests/sec:\s*([\d.]+)", said).group(1))


QUOTED = {
    "phrude-trace, auto, none called": ("the same, `auto`, watched functions that are not called", "1.02x"),
    "phrude-trace, auto": ("the same, `auto`, `rules/phrude.yaml`", "1.02x"),
    "phrude-trace, auto, whole pack": ("the same, `auto`, the whole pack", "1.02x"),
    "phrude-trace, --no-arm": ("the same, `--no-arm` (that is `frame`): every call is a hit", "3x"),
    "settrace, matches only": ("the same, an in-process settrace tracer that looks for matches only", ""),
    "settrace, every call": ("the same, one that collects every call", "7x to 20x"),
}


class Server:
    def __init__(self, settrace=None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/shop/3?title=bench"
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        if settrace:
            environment["BENCH_SETTRACE"] = settrace
        self.process = subprocess.Popen([PYTHON, shutil.which("gunicorn"), "-b", f"127.0.0.1:{port}", "-w", str(WORKERS),
                                         "--log-level", "error", "wsgi:app"], cwd=HERE, env=environment)
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(self.url, timeout=5).read()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def pids(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [self.process.pid, *map(int, file.read().split())]

    def requests_per_second(self, seconds):
        return wrk(self.url, seconds)

    def close(self):
        self.process.terminate()
        self.process.wait(20)


def traced(bench, server, seconds, rules, options):
    tracer = Tracer(server.pids(), rules, bench.path("alerts.json"), options=options)
    try:
        line = tracer.wait_ready()
        server.requests_per_second(1)  # functions run for the first time
        return server.requests_per_second(seconds), line.split("probes: ")[1]
    finally:
        tracer.stop()


def measure(bench, _target):
    if not all(map(shutil.which, ("gunicorn", "wrk"))):
        table.heading("Flask under gunicorn")
        table.note("not measured: install gunicorn and wrk")
        return
    pack = os.path.join(ROOT, "rules")
    variants = (("phrude-trace, auto, none called", bench.match_rules, ()), ("phrude-trace, auto", bench.rules, ()),
                ("phrude-trace, auto, whole pack", pack, ()),
                ("phrude-trace, --no-arm", bench.rules, ("--no-arm",)))
    in_process = (("settrace, matches only", "match"), ("settrace, every call", "every"))
    plain, servers = Server(), {name: Server(mode) for name, mode in in_process}
    rates = {name: [] for name in ["untraced", *(v[0] for v in variants), *servers]}
    probes = {}
    seconds = max(3, int(bench.seconds))
    try:
        plain.requests_per_second(2)
        for _ in range(bench.pairs):
            rates["untraced"].append(plain.requests_per_second(seconds))
            for name, rules, options in variants:
                rate, probes[name] = traced(bench, plain, seconds, rules, options)
                rates[name].append(rate)
            for name, server in servers.items():
                rates[name].append(server.requests_per_second(seconds))
    finally:
        for server in (plain, *servers.values()):
            server.close()
    table.quote(f"Flask under gunicorn, {WORKERS} workers, driven by wrk; a request takes",
                f"{1000 * WORKERS / statistics.median(rates['untraced']):.2f} ms untraced")
    table.heading(f"Flask under gunicorn, {WORKERS} workers, driven by wrk: {bench.pairs} rounds of {seconds} s")
    table.row("tracer", "requests/s", "ms a request and worker", "time, of untraced: median (range)", widths=(34, 22, 26, 36))
    for name, found in rates.items():
        ratios = [base / rate for base, rate in zip(rates["untraced"], found)]
        middle = sorted(found)[len(found) // 2]
        if name in QUOTED:
            table.quote(*QUOTED[name][:1], table.short(ratios), QUOTED[name][1])
        table.row(name, f"{middle:.0f}", f"{1000 * WORKERS / middle:.2f}", table.spread(ratios, unit="x"),
                  widths=(34, 22, 26, 36))
    for name, what in probes.items():
        table.note(f"{name}: {what}")
