# SPDX-License-Identifier: GPL-2.0-only
"""Sub-interpreters: their calls are seen like all others, whichever lock they have."""

import tempfile

from harness import expect, expect_equal, test
from interpreters import few
from target import Target
from tracer import Tracer, command, rule, yaml

# Functions of C modules that come with a sub-interpreter are `direct` with each of them.
RULES = [rule("watched", file="inside.py")]
NATIVE = [rule("BZ2Compressor.compress", module="_bz2", name="compress")]
LOCKS = (3, 12)  # from here on each may have a lock of its own


def complete(tracer, expected):
    """
    Interpreters that start at once import dozens of modules at once, each of which the tracer has a tenth of a second for. On a busy
    machine it says how often that was not enough; nothing else is lost.
    """
    seen, late = tracer.by_rule(), tracer.summary.get("lost_import", 0)
    expect_equal(tracer.summary["lost"], late, "lost: %s" % tracer.messages[-1])
    missing = expected.get("compress", 0) - seen.pop("compress", 0)
    expect(0 <= missing <= late, "%d calls after an import are missing: %s", missing, tracer.messages[-1])
    expect_equal(seen, {"watched": expected["watched"]}, "alerts, and the summary is %s" % tracer.summary)


def wanted(kind, expected):
    return {name: number for name, number in expected.items() if name == "watched" or not kind}


@test("interpreter", where=few, alone="a tracer that gets no processor in time loses an import, and says so")
def that_come_and_go(interpreter):
    """Made after attaching, several at once."""
    for kind in (None, "arm", "frame"):
        with Target(interpreter, "within.py") as target:
            with Tracer(RULES + ([] if kind else NATIVE), target.pid, kind=kind) as tracer:
                for _ in range(3):
                    expected = target.ask("come_and_go", count=4, calls=500)
                expected = {name: 3 * number for name, number in expected.items()}
            complete(tracer, wanted(kind, expected))


@test("interpreter", where=few, alone="a tracer that gets no processor in time loses an import, and says so")
def that_are_there(interpreter):
    """Made before attaching: where they may run at once nothing can be armed, which is said, and another kind sees all."""
    for kind in (None, "arm", "frame"):
        with Target(interpreter, "within.py") as target:
            target.ask("keep", count=4)
            if kind == "arm" and interpreter.version >= LOCKS:
                with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                    file.write(yaml(RULES))
                    file.flush()
                    ended = command("--pid", target.pid, "--rules", file.name, "--probe", "arm")
                expect_equal(ended.status, 3, "status")
                expect("sub-interpreters" in ended.errors, "it said: %s", ended.errors)
                continue
            with Tracer(RULES + ([] if kind else NATIVE), target.pid, kind=kind) as tracer:
                first = target.ask("use_kept", calls=300)
                more = target.ask("come_and_go", count=2, calls=300)
            said = any("cannot be armed" in line for line in tracer.messages)
            expect_equal(said, not kind and interpreter.version >= LOCKS, "said: %s" % tracer.messages)
            armed = "arm" in tracer.ready_line.split("probes:")[1]
            expect_equal(armed, kind == "arm" or not kind and interpreter.version < LOCKS, "armed: %s" % tracer.ready_line)
            complete(tracer, wanted(kind, {name: first[name] + more[name] for name in first}))
