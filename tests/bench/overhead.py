# SPDX-License-Identifier: GPL-2.0-only
"""Time per request and per call, traced against untraced, nothing matching.

Runs come in pairs: untraced, attach, traced, detach, in one process, so that what drifts (clock
frequency, caches, neighbours on the machine) falls on both alike.  The ratio is taken pair by pair.
It is the processor time of the application, which is what its capacity depends on.
"""

import statistics

import table
from target import WorkloadError
from tracer import Tracer, TracerError

LOOPS = (
    ("http", "Flask requests over HTTP (werkzeug's server)"),
    ("flask", "Flask requests without a server (the WSGI application in a loop)"),
    ("calls", "call-bound loop (one trivial Python call after the other)"),
)


QUOTED = {
    ("http", "phrude-trace, frame"): "Flask by itself over HTTP, `frame`",
    ("http", "phrude-trace, call"): "the same, `call`",
    ("calls", "phrude-trace, frame"): "a loop that does nothing but call a function, `frame`",
    ("calls", "phrude-trace, auto"): "the same, `auto`",
}


class Settrace:
    """The in-process tracer, switched on and off inside the target."""

    def __init__(self, target, mode):
        self.target = target
        self.mode = mode

    def __enter__(self):
        self.target.do("settrace", mode=self.mode)

    def __exit__(self, *exc):
        self.target.do("settrace", mode="off")


class Attached:
    """phrude-trace with one probe kind."""

    def __init__(self, target, kind, bench):
        self.target, self.kind, self.bench = target, kind, bench

    def __enter__(self):
        self.tracer = Tracer(self.target.pid, self.bench.rules, self.bench.path("alerts.json"), probe=self.kind)
        self.tracer.wait_ready()

    def __exit__(self, *exc):
        self.tracer.stop()


def pairs(bench, target, loop, tracer):
    """[(untraced ns, traced ns)], one for each pair."""
    results = []
    for _ in range(bench.pairs):
        untraced = target.ns_each(loop, bench.seconds)
        with tracer:
            target.ns_each(loop, 0.5)  # until functions are armed each call is a hit, for 0.2 s or so
            traced = target.ns_each(loop, bench.seconds)
        results.append((untraced, traced))
    return results


def tracers(bench, target):
    budget = {"http": "<= 3x", "flask": "(<= 3x of the whole application)", "calls": "none (about 10x is expected)"}
    every_call = {kind: budget for kind in ("usdt", "frame")}
    for kind in bench.kinds:
        yield f"phrude-trace, {kind}", Attached(target, kind, bench), every_call.get(kind, {})
    watched_only = "<= 1.02x with probes on watched functions only"
    yield "phrude-trace, auto", Attached(target, None, bench), {"http": watched_only}
    yield "settrace, matches only", Settrace(target, "match"), {}
    yield "settrace, every call", Settrace(target, "every"), {"http": "none (7x - 20x is expected)"}


def measure(bench, target):
    print(f"\nRules: {bench.rules_name}. Nothing matches. Pairs of runs, untraced and traced: {bench.pairs} of {bench.seconds:g} s.")
    for loop, title in LOOPS:
        try:
            if loop == "flask":
                title += f", {target.do('count_calls')['count']} Python calls each"
            target.ns_each(loop, 0)
        except WorkloadError as error:
            table.heading(title)
            table.note(f"not measured, this Flask does not run here: {error}")
            continue
        table.heading(title)
        table.row("tracer", "untraced", "traced / untraced, median (range)", "budget")
        for name, tracer, budgets in tracers(bench, target):
            try:
                results = pairs(bench, target, loop, tracer)
            except TracerError as error:
                table.row(name, "not available:", str(error).splitlines()[0])
                continue
            untraced = table.time_text(statistics.median(result[0] for result in results))
            ratios = [traced / plain for plain, traced in results]
            table.row(name, untraced, table.spread(ratios, unit="x"), budgets.get(loop, "none"))
            if (loop, name) in QUOTED:
                table.quote(QUOTED[loop, name], table.short(ratios), "3x" if "frame" in name and loop == "http" else "")
