# SPDX-License-Identifier: GPL-2.0-only
"""A process that makes more matches than anybody can take loses its own, and nobody else's."""

import re

from harness import expect, expect_equal, test
from target import Target
from tracer import Tracer, command, rule

RULES = [rule("noisy", file="targets/flood.py"), rule("quiet", file="targets/flood.py", level="alert")]
SOME = ("debian-3.11", "pyenv-3.8", "pyenv-3.13", "sid-3.15")
THREADS, SECONDS, PACE = 8, 6, 50


def some(interpreter):
    return interpreter.name in SOME


def refused(summary):
    return sum(summary.get("lost_" + key, 0) for key in ("rate", "share", "ring_full"))


@test("kind", kinds=("frame", "arm"), where=some, alone="it floods the machine")
def flood_beside_a_neighbour(interpreter, kind):
    """Eight threads flood; the neighbour's calls are all reported, and the flood's loss is counted."""
    with Target(interpreter, "flood.py") as noisy, Target(interpreter, "flood.py") as quiet:
        with Tracer(RULES, noisy.pid, quiet.pid, kind=kind, count=True) as tracer:
            noisy.ask("flood", n=THREADS)
            expected = quiet.ask("pace", seconds=SECONDS, rate=PACE)
            calls = noisy.ask("ebb")
    summary = tracer.summary
    counts = {name.decode(): number for (name, _), number in tracer.counts.items()}
    expect_equal(counts["quiet"], expected, "the neighbour's alerts: %s" % tracer.messages[-1])
    expect_equal(summary["matches"], calls + expected, "matches")
    expect_equal(summary["alerts"] + refused(summary) + summary.get("lost_slots", 0), summary["matches"],
                 "alerts and losses: %s" % tracer.messages[-1])
    expect_equal(summary["lost"], refused(summary) + summary.get("lost_slots", 0), "lost")
    expect(summary.get("lost_rate", 0) + summary.get("lost_share", 0) > 0, "nothing was refused: %s", summary)
    said = [line for line in tracer.messages if "matches in the last" in line]
    expect(said and all("pid %d:" % noisy.pid in line for line in said), "warnings: %s", said)
    expect(len(said) <= 4, "%d warnings", len(said))


@test("interpreter", where=some, alone="it floods the machine")
def rate(interpreter):
    """What --rate allows, at most: a second's worth at once, and the rest as time passes."""
    with Target(interpreter, "flood.py") as noisy:
        with Tracer(RULES, noisy.pid, options=["--rate", "1000"], count=True) as tracer:
            noisy.ask("flood", n=1)
            noisy.ask("pace", seconds=3, rate=1)
            calls = noisy.ask("ebb")
    summary = tracer.summary
    expect_equal(summary["alerts"] + refused(summary), summary["matches"], "alerts and losses")
    expect(summary["matches"] >= calls, "matches: %s, calls: %d", summary, calls)
    expect(3000 < summary["alerts"] < 8000, "alerts: %d", summary["alerts"])
    expect(re.search("pid %d: [0-9]+ matches in the last 1 s" % noisy.pid, "\n".join(tracer.messages)), "no warning: %s",
           tracer.messages)


@test("interpreter", where=some, alone="it floods the machine")
def a_burst_is_reported(interpreter):
    """What a busy process does in a moment is no flood."""
    with Target(interpreter, "flood.py") as target:
        with Tracer(RULES, target.pid, count=True) as tracer:
            target.ask("burst", n=10000)
    expect_equal((tracer.summary["alerts"], tracer.summary["lost"]), (10000, 0), "alerts, lost: %s" % tracer.messages[-1])


@test()
def rates_that_are_none():
    for value in ("", "x", "-1", "1e3", "99999999999"):
        ended = command("--pid", 1, "--rate", value, "--rules", "/dev/null")
        expect(ended.status == 2 and "--rate takes matches a second" in ended.errors, "%r: %s", value, ended)
