# SPDX-License-Identifier: GPL-2.0-only
"""What one hit costs the calling thread, by kind of probe and by what becomes of it."""

import json
import statistics

import many
import table
from tracer import Tracer, TracerError

EVERY = {"func": "watched_call", "file": "bench/workload.py"}
# kind, call of the workload, rule
KINDS = (
    ("arm", "python", EVERY),
    ("direct", "c", {"func": "crc32", "module": "zlib"}),
    ("audit", "audit", {"audit": "bench.event"}),
    ("usdt", "python", EVERY),
    ("frame", "python", EVERY),
)
OUTCOMES = (
    ("not wanted by its arguments", {"arg": {"only": ["nothing like this"]}}),
    ("not wanted by its callers", {"func": {"only": ["nobody"]}}),
    ("reported", None),
)
# What the request's body is -> what that is called.
IN_REQUESTS = {"none": "reported, in a request", "bytes": "the same, JSON of 70 bytes", "form": "the same, a form of Werkzeug's"}
WIDTHS = (14, 34, 16, 36)


def cost(bench, target, kind, what, rule, untraced, **how):
    rules = bench.path("hits.yaml")
    with open(rules, "w") as file:
        json.dump([dict(rule, name="x", level="info")], file)
    tracer = Tracer(target.pid, rules, bench.path("hits.json"), probe=kind)
    try:
        tracer.wait_ready()
        target.do("hits", which=what, batches=5, size=50, **how)
        return [time - untraced for time in target.do("hits", which=what, batches=100, size=50, **how)["times"]]
    finally:
        tracer.stop()


def show(kind, outcome, times):
    if (kind, outcome) in QUOTED:
        table.quote(QUOTED[kind, outcome], table.time_text(statistics.median(times)), "25 us" if outcome == "reported" else "")
    table.row(kind, outcome, table.time_text(statistics.median(times)),
              f"p5 {table.time_text(table.percentile(times, 5))}, p95 {table.time_text(table.percentile(times, 95))}",
              widths=WIDTHS)


QUOTED = {
    ("arm", "not wanted by its arguments"): "a call of a watched Python function that its rule's conditions refuse by its "
                                            "arguments",
    ("arm", "not wanted by its callers"): "the same by its callers, of which there are 20",
    ("arm", "reported"): "one match of a Python function, 20 callers and 3 arguments",
    ("arm", "reported, in a request"): "the same in an HTTP request, which is captured with it",
    ("direct", "not wanted by its arguments"): "a function in C (`zlib.crc32`), refused by its arguments",
    ("direct", "reported"): "the same, reported",
    ("direct", "of a process not traced"): "the same in a process that is not traced: the trap, and that nobody asked for it",
    ("frame", "of another function"): "`frame`: a call of any other Python function",
}


def passed_by(bench, target, untraced):
    """A process of the same file that nobody traces: its calls meet the probe, and what is left of a hit is the trap."""
    idle = many.start(bench.python, 1)
    rules = bench.path("hits.yaml")
    try:
        with open(rules, "w") as file:
            json.dump([{"name": "x", "func": "crc32", "module": "zlib", "level": "info"}], file)
        tracer = Tracer(idle[0].pid, rules, bench.path("hits.json"), probe="direct")
        try:
            tracer.wait_ready()
            return [time - untraced for time in target.do("hits", which="c", batches=100, size=50)["times"]]
        finally:
            tracer.stop()
    finally:
        many.end(idle)


def measure(bench, target):
    table.heading("Cost of one hit to the calling thread (20-frame stack)")
    table.row("kind", "what becomes of it", "median", "spread", widths=WIDTHS)
    for kind, what, rule in KINDS:
        untraced = {name: statistics.median(target.do("hits", which=name, batches=60, size=50)["times"])
                    for name in (what, "unwatched")}
        try:
            # A lambda stands around the call: two Python calls.
            times = [time / 2 for time in cost(bench, target, kind, "unwatched", rule, untraced["unwatched"])]
            show(kind, "of another function", times) if kind in ("usdt", "frame") else None
            for outcome, condition in OUTCOMES:
                full = dict(rule, condition=condition) if condition else rule
                show(kind, outcome, cost(bench, target, kind, what, full, untraced[what]))
            show(kind, "of a process not traced", passed_by(bench, target, untraced[what])) if kind == "direct" else None
            for request in IN_REQUESTS:
                show(kind, IN_REQUESTS[request], cost(bench, target, kind, what, rule, untraced[what], in_request=request))
        except TracerError as error:
            table.row(kind, "not available:", str(error).splitlines()[0], widths=WIDTHS)
