# SPDX-License-Identifier: GPL-2.0-only
"""What a module does first, as it is imported, is seen: over all interpreters more than a thousand imports are tried."""

import glob
import signal
import time

from harness import expect, expect_equal, test
from interpreters import few
from target import Target
from tracer import Tracer, rule

TRIALS = 3
SPAWNS = 20


@test("interpreter", where=few, alone="a tracer that gets no processor in time loses an import, and says so")
def first_act_of_a_module(interpreter):
    tried = 0
    for _ in range(TRIALS):
        with Target(interpreter, "late.py") as target:
            waiting = target.ask("waiting")
            rules = [rule(function, module=module, name=module) for module, function in waiting]
            expect("_posixsubprocess" in dict(waiting), "subprocess is imported already: %s", waiting)
            with Tracer(rules, target.pid) as tracer:
                spawns = target.ask("race", modules=[module for module, _ in waiting], spawns=SPAWNS)
        expected = {module: 1 for module, _ in waiting}
        expected["_posixsubprocess"] = spawns
        expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
        expect_equal(tracer.by_rule(), expected, "alerts")
        tried += sum(expected.values())
    expect(tried >= 84, "only %d imports were tried", tried)


@test("interpreter", alone="a tracer that gets no processor in time loses an import, and says so")
def copies_of_a_module(interpreter):
    """A virtual environment has files of its own: what is found in one copy of a module is not all."""
    with Target(interpreter, "late.py") as target:
        module, function = target.ask("in_files")[0]
        with Tracer([rule(function, module=module, name=module)], target.pid) as tracer:
            expected = target.ask("call", module=module)
            for _ in range(2):
                expected += target.ask("call_copy", module=module)
    if not tracer.summary.get("lost_import"):
        expect_equal(tracer.by_rule(), {module: expected}, "alerts")


def wait_stopped(pid):
    while any(open(path).read().rpartition(")")[2].split()[0] != "T" for path in glob.glob("/proc/%d/task/*/stat" % pid)):
        time.sleep(0.001)


# Before, a function that was not armed at its first run is armed at a later one, and nothing is looked at.
@test("interpreter", where=lambda interpreter: interpreter.version >= (3, 12))
def looked_at_anew(interpreter):
    """A process of which a C function was found late is looked at once more, as a function could not be armed in time."""
    with Target(interpreter, "late.py") as target:
        module, function = target.ask("waiting")[0]
        rules = [rule(function, module=module, name="late"), rule("<module>", file="later.py", name="module")]
        with Tracer(rules, target.pid) as tracer:
            target.ask("bring_in", name="early", text="import %s" % module)
            tracer.process.send_signal(signal.SIGSTOP)
            wait_stopped(tracer.process.pid)
            target.ask("bring_in", name="later", text="")
            tracer.process.send_signal(signal.SIGCONT)
            time.sleep(0.5)
            expected = target.ask("call", module=module)
    expect(tracer.summary.get("lost_arm"), "nothing failed to be armed: %s", tracer.messages[-1])
    expect_equal(tracer.by_rule().get("late", 0), expected, "alerts")
