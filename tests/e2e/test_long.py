# SPDX-License-Identifier: GPL-2.0-only
"""What takes minutes for each interpreter: with PHRUDE_LONG_TESTS only, but for a short storm."""

import os
import time

from harness import expect, expect_equal, test
from target import Target
from test_cpython import INTERPRETERS
from test_survival import killed_under_load
from tracer import Tracer, rule

LONG = bool(os.environ.get("PHRUDE_LONG_TESTS"))
SECONDS = 120 if LONG else 3
RULES = [rule("before", file="storm.py"), rule("after", file="storm.py"), rule("Thing.method", file="storm.py", name="method"),
         rule("Thing.__init__", file="storm.py", name="__init__")]


@test("interpreter", where=lambda interpreter: LONG and interpreter.name in INTERPRETERS,
      alone="it loads the machine", limit=1800)
def killed_200_times(interpreter):
    killed_under_load(interpreter, 200)


@test("interpreter", where=lambda interpreter: interpreter.name in (INTERPRETERS if LONG else ("debian-3.11",)),
      alone="it loads the machine", limit=900)
def storm(interpreter):
    """Attached while 64 threads run; from then on they call, import and fork, and no call is missed."""
    with Target(interpreter, "storm.py") as target:
        rules = RULES + [rule("late", file="storm_%d_%d.py" % (n, k), name="late %d %d" % (n, k))
                         for n in range(64) for k in range(20)]
        target.ask("start", threads=64)
        with Tracer(rules, target.pid, count=True) as tracer:
            target.ask("go")
            time.sleep(SECONDS)
            outcome = target.ask("stop", timeout=300)
    expect_equal(outcome["wrong"], 0, "wrong results")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.summary)
    found = {}
    for (name, _), number in tracer.counts.items():
        name = name.decode().split()[0]
        found[name] = found.get(name, 0) + number
    found.pop("before", None)
    found.setdefault("late", 0)
    expect(outcome["counts"]["after"] > 50 * SECONDS, "only %s", outcome["counts"])
    expect_equal(found, outcome["counts"], "alerts by function")
