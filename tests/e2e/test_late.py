# SPDX-License-Identifier: GPL-2.0-only
"""What a module does first, as it is imported, is seen: over all interpreters more than a thousand imports are tried."""

from harness import expect, expect_equal, test
from target import Target
from tracer import Tracer, rule

TRIALS = 3
SPAWNS = 20


@test("interpreter", alone="a tracer that gets no processor in time loses an import, and says so")
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
