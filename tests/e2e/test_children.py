# SPDX-License-Identifier: GPL-2.0-only
"""Children are traced from their first call on, however they come into being."""

import os
import subprocess
import time

from harness import expect, expect_equal, test
from interpreters import HERE, few, two
from target import ENVIRONMENT, Target
from tracer import Tracer, rule

LIFE = 4


@test("interpreter", where=lambda interpreter: "lib" not in interpreter.name and "dlopen" not in interpreter.name)
def every_child(interpreter):
    with Target(interpreter, "native.py") as target:
        with Tracer([rule("crc32", module="zlib")], target.pid) as tracer:
            expected = target.ask("children", n=10, timeout=120)
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal(tracer.by_rule(), {"crc32": expected}, "alerts")
    pids = {alert["process"]["pid"] for alert in tracer.alerts}
    expect(target.pid not in pids and len(pids) == 11, "alerts of %d processes", len(pids))


def now():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@test("interpreter", where=two, alone="a child that gets no processor calls before its probes are there, which is counted")
def forked_while_it_is_being_attached_to(interpreter):
    """All that was forked since the command was given is traced; what was there before is spoken of."""
    for kind in (None, "frame"):
        with Target(interpreter, "lives.py") as target:
            target.send("breed", pause=0.1, life=LIFE)
            time.sleep(0.3)
            began = now()
            with Tracer([rule("lived", file="lives.py")], target.pid, kind=kind) as tracer:
                ready = now()
                time.sleep(0.3)
                target.send("nothing")
                born = target.answer(60)
                target.answer(60)
        seen = {int(alert["args"]["number"]) for alert in tracer.alerts}
        expected = {number for number, birth in enumerate(born) if birth > began and birth + LIFE > ready}
        late = {number for number in expected if born[number] < ready}
        missed = {number: (born[number] - began, ready - began) for number in sorted(expected - seen)}
        expect(late and len(expected) < len(born), "%d children were born while it attached", len(late))
        # A look at each is taken to arm it; where there have been too many they are put off, and counted.
        expect(len(missed) <= tracer.summary.get("looks_put_off", 0), "%s: %d not seen, %s of them: %s", kind, len(missed),
               list(missed.items())[:2], tracer.messages[-1])
        expect(tracer.summary["forks_late"] >= len(late), "%d late: %s", len(late), tracer.messages[-1])
        expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
        expect(any("had started before" in message for message in tracer.messages), "older ones: %s", tracer.messages)


@test("interpreter", where=few)
def functions_of_what_is_execed(interpreter):
    """Programs of the same interpreter, started by one that is traced: none of their calls is missed."""
    for kind in (None, "arm"):
        with Target(interpreter, "spawn.py") as target:
            with Tracer([rule("watched", file="inside.py")], target.pid, kind=kind) as tracer:
                expected = target.ask("execs", programs=3, count=100)
                expected += target.ask("pools", workers=2, tasks=4, count=50)
        expect_equal(tracer.by_rule(), {"watched": expected}, "alerts")
        expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
        script = os.path.join(interpreter.place(os.path.join(HERE, "targets")), "spawn.py")
        tracer = Tracer([rule("watched", file="inside.py")], kind=kind, run=[*interpreter.argv, script, "execs", "3", "100"],
                        popen={"env": ENVIRONMENT, "stdout": subprocess.DEVNULL}).wait()
        expect_equal((tracer.status, tracer.by_rule()), (0, {"watched": 300}), "status, alerts under run")
        expect_equal(tracer.summary["lost"], 0, "lost under run: %s" % tracer.messages[-1])
