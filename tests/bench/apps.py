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

    def rate(self, seconds, mix):
        return server.wrk(self.url, seconds, "-s", MIX, script_arguments=mix)

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def traced(bench, app, seconds, mix):
    tracer = Tracer(app.pids(), os.path.join(ROOT, "rules"), bench.path("alerts.json"))
    try:
        tracer.wait_ready()
        warm = app.rate(2, mix)  # functions run for the first time, what is benign is learnt
        rate = app.rate(seconds, mix)
        bench.last_requests = 2 * warm + seconds * rate
        return rate
    finally:
        tracer.stop()
        bench.last = tracer.counters()


MIXES = {
    "its own work": ("own",),
    "with requests to another server": (),
}


def measure_app(bench, app, name, what, seconds):
    ratios, rates, mix = [], [], MIXES[what]
    app.rate(2, mix)
    for _ in range(bench.pairs):
        before, with_tracer, after = app.rate(seconds, mix), traced(bench, app, seconds, mix), app.rate(seconds, mix)
        rates.append(with_tracer)
        ratios.append((before + after) / 2 / with_tracer)
    table.row(f"{name}, {what}", f"{sorted(rates)[len(rates) // 2]:.0f}", table.spread(ratios, unit="x"), "<= 1.02x",
              widths=WIDTHS)
    each = {key: bench.last[key] / max(1, bench.last_requests) for key in ("matches", "alerts")}
    table.quote(f"{TITLES[name]} application, {what}, the whole pack ({each['matches']:.1f} matches and "
                f"{each['alerts']:.1f} alerts a request)", table.short(ratios), "1.02x")
    table.note("  its last run: " + ", ".join(f"{key} {value}" for key, value in bench.last.items()))


TITLES = {"flask": "Flask", "django": "Django", "fastapi": "FastAPI", "aiohttp": "aiohttp", "tornado": "Tornado", "bottle": "Bottle"}
WIDTHS = (42, 12, 36, 10)


def measure(bench, _target):
    seconds = max(4, int(bench.seconds))
    table.heading(f"Applications under the whole pack, visitors' requests by wrk: {bench.pairs} rounds of {seconds} s")
    table.row("application", "requests/s", "time, of untraced: median (range)", "budget", widths=WIDTHS)
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
        try:
            for what in MIXES:
                measure_app(bench, app, name, what, seconds)
        except TracerError as error:
            table.row(name, "not measured:", str(error).splitlines()[0])
        finally:
            app.close()
