# SPDX-License-Identifier: GPL-2.0-only
"""Pages of a target that are not there: those that can be had are, and those that never come hold nobody up."""

import collections
import os
import time

from harness import expect, expect_equal, test
from target import Target
from tracer import Tracer, rule

WATCHED = rule("watched", file="targets/pages.py")
BARE = [WATCHED, rule("Unpickler", module="_pickle"), dict(name="bare", audit="pages.bare", level="info")]
SOME = ("debian-3.11", "pyenv-3.8", "pyenv-3.11", "pyenv-3.13", "sid-3.15")
HOSTILE, CALLS, NEIGHBOUR = 12, 4, 200
IN_TIME = "a page is waited for for some milliseconds, and who fetches it needs a processor"


def some(interpreter):
    return interpreter.name in SOME


def ended_within(tracer, seconds):
    """On a machine that has nothing else to do."""
    start = time.monotonic()
    seconds *= max(1, os.getloadavg()[0] / os.cpu_count())
    tracer.stop()
    took = time.monotonic() - start
    expect(took < seconds, "it took %.1f s to end", took)
    expect_equal(tracer.status, 0, "status")


def memory_never_arrives(interpreter, kind, hostile):
    with Target(interpreter, "pages.py") as target, Target(interpreter, "pages.py") as neighbour:
        tracer = Tracer([WATCHED], target.pid, neighbour.pid, kind=kind).wait_ready()
        try:
            children = target.ask("hostile", n=hostile, calls=CALLS)
            neighbour.ask("calls", n=NEIGHBOUR)
            target.ask("called", n=hostile)
            ended_within(tracer, 2)
        finally:
            target.ask("end")
    alerts = collections.Counter(alert["process"]["pid"] for alert in tracer.alerts)
    expect_equal(alerts[neighbour.pid], NEIGHBOUR, "alerts of the neighbour")
    # The probes of a kind that is on one process each may come after the calls.
    for pid in children if kind == "arm" else ():
        expect(alerts[pid] >= 2 * CALLS, "pid %d: %d alerts", pid, alerts[pid])
    hidden = [alert for alert in tracer.alerts if alert["process"]["pid"] in children]
    for alert in hidden:
        expect(alert["truncated"], "an alert that says nothing of it: %s", alert)
    shown = {str(alert["args"]) for alert in hidden}
    expect(kind != "arm" or any("<unreadable>" in text for text in shown), "arguments: %s", shown)
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect(tracer.summary.get("cut_unreadable", 0) >= len(hidden), "summary: %s", tracer.summary)
    expect(not hidden or tracer.summary.get("fetch_failed", 0) > 0, "summary: %s", tracer.summary)


@test("interpreter", where=some)
def memory_that_never_arrives(interpreter):
    """A dozen processes sit there, and nobody else notices."""
    memory_never_arrives(interpreter, "arm", HOSTILE)


@test("interpreter", where=some)
def memory_that_never_arrives_by_frames(interpreter):
    """Fewer: each has probes of its own, and the kernel takes away one after the other."""
    memory_never_arrives(interpreter, "frame", 2)


@test("interpreter", where=some, alone=IN_TIME)
def pages_not_there_yet(interpreter):
    """A child has none of the interpreter's file-backed pages until it touches them; nothing of its calls is missing."""
    with Target(interpreter, "pages.py") as target:
        with Tracer(BARE, target.pid) as tracer:
            pids = target.ask("bare", n=20)
    expect_equal(tracer.by_rule(), {"watched": 20, "Unpickler": 20, "bare": 20}, "alerts: %s" % tracer.messages[-1])
    expect_equal({alert["process"]["pid"] for alert in tracer.alerts}, set(pids), "processes")
    expect_equal([alert for alert in tracer.alerts if alert["truncated"]], [], "alerts with something missing")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    shown = {str(alert["args"]) for alert in tracer.alerts if alert["rule"]["name"] == "watched"}
    expect(all("slice" in text for text in shown), "arguments: %s", shown)


@test("interpreter", where=some, alone=IN_TIME)
def pages_not_there_yet_by_frames(interpreter):
    """In the process itself: a child's probes of this kind may come later than its calls."""
    with Target(interpreter, "pages.py") as target:
        with Tracer([WATCHED], target.pid, kind="frame") as tracer:
            target.ask("bare_calls", n=20)
    expect_equal(tracer.by_rule(), {"watched": 20}, "alerts: %s" % tracer.messages[-1])
    expect_equal([alert for alert in tracer.alerts if alert["truncated"]], [], "alerts with something missing")
    expect(all("slice" in str(alert["args"]) for alert in tracer.alerts), "arguments")
