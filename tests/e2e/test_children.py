# SPDX-License-Identifier: GPL-2.0-only
"""Children are traced from their first call on, however they come into being."""

from harness import expect, expect_equal, test
from target import Target
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
