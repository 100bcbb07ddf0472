# SPDX-License-Identifier: GPL-2.0-only
"""Children are traced from their first call on, however they come into being."""

import os
import subprocess

from harness import expect, expect_equal, test
from interpreters import HERE
from target import ENVIRONMENT, Target
from tracer import Tracer, rule


@test("interpreter", where=lambda interpreter: "lib" not in interpreter.name and "dlopen" not in interpreter.name)
def every_child(interpreter):
    with Target(interpreter, "native.py") as target:
        with Tracer([rule("crc32", module="zlib")], target.pid) as tracer:
            expected = target.ask("children", n=10, timeout=120)
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal(tracer.by_rule(), {"crc32": expected}, "alerts")
    pids = {alert["process"]["pid"] for alert in tracer.alerts}
    expect(target.pid not in pids and len(pids) == 11, "alerts of %d processes", len(pids))


@test("interpreter", where=lambda interpreter: "lib" not in interpreter.name and "dlopen" not in interpreter.name)
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
