# SPDX-License-Identifier: GPL-2.0-only
"""The applications of tests/attacks under the whole pack, driven by wrk with visitors' requests: paired ratios."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import server
import table
from tracer import ROOT, Tracer, TracerError

ATTACKS = os.path.join(ROOT, "tests", "attacks")
sys.path.insert(0, ATTACKS)
import run  # noqa: E402

MIX = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mix.lua")


class App:
    def __init__(self, name, upstream):
        self.folder = tempfile.mkdtemp(prefix="phrude-app-", dir="/var/lib")
        port = run.free_port()
        self.url = "http://127.0.0.1:%d/" % port
        self.process = subprocess.Popen(
            run.commands(port)[name], cwd=os.path.join(ATTACKS, "apps"), stdin=subprocess.DEVNULL, start_new_session=True,
            env=dict(os.environ, UPSTREAM=upstream, DATA=self.folder, PYTHONDONTWRITEBYTECODE="1"))
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(self.url, timeout=5).read()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    self.close()
                    raise
                time.sleep(0.1)

    def pids(self):
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as file:
            return [self.process.pid, *map(int, file.read().split())]

    def rate(self, seconds):
        return server.wrk(self.url, seconds, "-s", MIX)

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def traced(bench, app, seconds):
    tracer = Tracer(app.pids(), os.path.join(ROOT, "rules"), bench.path("alerts.json"))
    try:
        tracer.wait_ready()
        warm = app.rate(2)  # functions run for the first time, what is benign is learnt
        rate = app.rate(seconds)
        bench.last_requests = 2 * warm + seconds * rate
        return rate
    finally:
        tracer.stop()
        bench.last = tracer.counters()


def measure(bench, _target):
    seconds = max(4, int(bench.seconds))
    table.heading(f"Applications under the whole pack, visitors' requests by wrk: {bench.pairs} rounds of {seconds} s")
    table.row("application", "requests/s", "time, of untraced: median (range)", "budget", widths=(26, 18, 36, 10))
    if not shutil.which("wrk"):
        table.note("not measured: install wrk")
        return
    upstream = run.upstream()
    for name in run.commands(0):
        try:
            app = App(name, upstream)
        except OSError as error:
            table.row(name, "not measured:", str(error))
            continue
        ratios, rates = [], []
        try:
            app.rate(2)
            for _ in range(bench.pairs):
                before, with_tracer, after = app.rate(seconds), traced(bench, app, seconds), app.rate(seconds)
                rates.append(with_tracer)
                ratios.append((before + after) / 2 / with_tracer)
        except TracerError as error:
            table.row(name, "not measured:", str(error).splitlines()[0])
            continue
        finally:
            app.close()
        table.row(name, f"{sorted(rates)[len(rates) // 2]:.0f}", table.spread(ratios, unit="x"), "<= 1.02x",
                  widths=(26, 18, 36, 10))
        table.quote(f"{name.capitalize()} application, mixed requests, the whole pack "
                    f"({bench.last['matches'] / max(1, bench.last_requests):.1f} matches and "
                    f"{bench.last['alerts'] / max(1, bench.last_requests):.1f} alerts a request)", table.short(ratios),
                    "1.02x")
        table.note("  its last run: " + ", ".join(f"{key} {value}" for key, value in bench.last.items()))
