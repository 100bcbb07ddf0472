# SPDX-License-Identifier: GPL-2.0-only
"""How long a thread of the target is held while the tracer attaches, against the number of modules loaded."""

import time

import table
from tracer import ROOT, Tracer

MODULES = (0, 200, 800, 3000)
WIDTHS = (12, 26, 30, 24, 24)


def longest_gap(bench, target, rules):
    """Seconds from start to ready, and the longest gap in ns while it started, worked and ended."""
    target.send("gaps", seconds=3.0)
    tracer, ready = None, None
    if rules:
        start = time.monotonic()
        tracer = Tracer(target.pid, rules, bench.path("alerts.json"))
        tracer.wait_ready()
        ready = time.monotonic() - start
        time.sleep(0.5)
        tracer.stop()
    return ready, target.answer()["longest"]


def measure(bench, target):
    table.heading("Longest time that a busy thread of the target stood still while the whole pack was attached and taken away")
    table.row("modules", "untraced (scheduling)", "traced: median (range)", "start to ready", widths=WIDTHS)
    loaded = 0
    for modules in MODULES:
        count = target.do("modules", count=modules - loaded)["count"]
        loaded = modules
        idle = [longest_gap(bench, target, None)[1] for _ in range(3)]
        busy = [longest_gap(bench, target, ROOT + "/rules") for _ in range(max(3, bench.pairs))]
        gaps = [gap / 1e6 for _, gap in busy]
        readies = [ready for ready, _ in busy]
        if modules == MODULES[-1]:
            table.quote(f"longest time that a thread stood still while the pack was attached to {count:,} modules",
                        table.short(gaps, unit=" ms"), "20 ms")
            table.quote("start to ready there", table.short(readies, unit=" s"), "1 s")
        table.row(count, table.spread([gap / 1e6 for gap in idle], unit=" ms"), table.spread(gaps, unit=" ms"),
                  table.spread(readies, unit=" s"), widths=WIDTHS)
