# SPDX-License-Identifier: GPL-2.0-only
"""Stacks with more callers than an alert shows: both ends and the request are there, and conditions are about all callers."""

import subprocess
import time

from harness import Skip, expect, expect_equal, test
from interpreters import few
from target import ENVIRONMENT, Target
from tracer import Tracer, pack, rule, yaml

# Callers that are shown: the innermost ones, the mark for what is left out, the outermost ones.
INNER, OUTER = 96, 32
GAP = {"function": "…", "file": None, "line": None}
# How callers are many, how many below the request's and how many above.
STACKS = [("recurse", 20, 0), ("recurse", 150, 0), ("recurse", 500, 0), ("recurse", 990, 0), ("recurse", 30, 400),
          ("recurse", 200, 200), ("recurse", 4000, 100), ("by_turns", 600, 50), ("generators", 200, 20), ("coroutines", 200, 20),
          ("constructors", 200, 60)]
# From a stack that is shown whole to one that is not.
BOUNDARY = [("recurse", n, 0) for n in range(INNER - 12, INNER + OUTER + 4)]


def of(func, **where):
    """Rules of which it is known what they do with the stacks above."""
    conditions = {
        "all": None,
        # nothing of the kind is there
        "only": {"func": {"only": ["nowhere", "@<template>"]}},
        "allow": {"func": {"allow": ["nowhere"]}},
        # in the middle of a deep stack
        "only it": {"func": {"only": ["in_the_middle"]}},
        "allow it": {"func": {"allow": ["in_the_middle"]}},
        "disallow it": {"func": {"allow": ["bottom"], "disallow": ["in_the_middle"]}},
        "disallow": {"func": {"allow": ["bottom"], "disallow": ["nowhere"]}},
        "none but": {"func": {"only": [{"not": {"function": ["in_the_middle"]}}]}},
    }
    return [rule(func, name=name, **where, **({"condition": c} if c else {})) for name, c in conditions.items()]


FIRE = {"all", "allow", "only it", "disallow it"}


def trace(interpreter, kind, rules, stacks):
    with Target(interpreter, "deep.py") as target:
        with Tracer(rules, target.pid, kind=kind) as tracer:
            truth = [target.ask("call", way=way, n=n, m=m, marker="/%d" % i) for i, (way, n, m) in enumerate(stacks)]
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    return tracer, truth


def check(alert, truth, marker):
    callers, names = alert["callers"], [caller["function"] for caller in alert["callers"]]
    expect_equal(alert["request"] and alert["request"]["path"], marker, "path")
    # Several of the functions have one line table (equal ones are one object up to 3.10).
    missing = [caller for caller in callers if not caller["line"] and caller != GAP]
    expect(not missing, "lines are missing: %s", missing[:3])
    if len(truth) <= INNER + OUTER:
        expect_equal(names, truth, "callers")
        expect_equal(alert["truncated"], False, "truncated")
        return
    expect_equal(names, truth[:INNER] + ["…"] + truth[-OUTER:], "callers")
    expect_equal(callers[INNER], GAP, "the mark")
    expect_equal(alert["truncated"], True, "truncated")


@test("kind", kinds=("usdt", "frame", "arm", "direct"), where=few)
def both_ends(interpreter, kind):
    rules = of("crc32", module="zlib") if kind == "direct" else of("watched", file="deep.py")
    for stacks in (STACKS, BOUNDARY):
        tracer, truth = trace(interpreter, kind, rules, stacks)
        expect_equal(tracer.by_rule(), {name: len(stacks) for name in FIRE}, "alerts by rule")
        alerts = [alert for alert in tracer.alerts if alert["rule"]["name"] == "all"]
        for i, (alert, callers) in enumerate(zip(alerts, truth)):
            try:
                check(alert, callers, "/%d" % i)
            except AssertionError as error:
                raise AssertionError("%s %d %d: %s" % (*stacks[i], error)) from None
        expect_equal(tracer.summary.get("cut_stack", 0), 0, "stacks of which something is not known")
        expect_equal(tracer.summary.get("cut_middle", 0), sum(len(callers) > INNER + OUTER for callers in truth),
                     "stacks that are not shown whole")


@test("interpreter")
def dismissed(interpreter):
    """What a condition has kept from being reported is not sent again, deep as it is; what differs in the middle only is."""
    rules = [rule("watched", file="deep.py", condition={"func": {"only": ["in_the_middle"]}})]
    with Target(interpreter, "deep.py") as target:
        with Tracer(rules, target.pid) as tracer:
            for middle in ["elsewhere"] * 10 + ["in_the_middle"] * 3 + ["elsewhere"] * 3:
                target.ask("call", way="recurse", n=200, m=200, marker="/", middle=middle)
                time.sleep(0.05)  # what is not reported teaches the kernel side a moment later
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal(len(tracer.alerts), 3, "alerts")
    expect(tracer.summary.get("dismissed", 0) >= 5, "dismissed: %d", tracer.summary.get("dismissed", 0))


@test("interpreter", where=lambda interpreter: interpreter.name.startswith("debian"))
def a_view_that_recurses(interpreter):
    """The pack says nothing of generated code, and what is reported has its request."""
    if subprocess.run([*interpreter.argv, "-c", "import flask"], stderr=subprocess.DEVNULL, env=ENVIRONMENT).returncode:
        raise Skip("python3-flask is not installed")
    depths = [10, 150, 500, 900]
    with Target(interpreter, "deep.py") as target:
        target.ask("flask", depths=[1])  # imports are not what this is about
        with Tracer(pack("lists", "secrets") + yaml([rule("getenv", file="os.py", name="all")]), target.pid) as tracer:
            target.ask("flask", depths=depths)
    expect_equal([(alert["rule"]["name"], alert["request"] and alert["request"]["path"]) for alert in tracer.alerts
                  if alert["args"].get("key") == "TOKEN"], [("all", "/%d" % n) for n in depths], "alerts")
    expect_equal({alert["rule"]["name"] for alert in tracer.alerts}, {"all"}, "rules")


@test("interpreter")
def too_many_functions(interpreter):
    """What cannot be judged is reported, and counted."""
    tracer, truth = trace(interpreter, None, of("watched", file="deep.py"), [("many", 600, 0)])
    expect_equal(set(tracer.by_rule()), FIRE | {"only", "disallow"}, "rules that report")
    expect_equal(tracer.summary.get("cut_stack"), 1, "stacks of which something is not known")
    check(tracer.alerts[0], truth[0], "/0")


@test("interpreter", where=lambda interpreter: interpreter.version >= (3, 11))
def deeper_than_is_followed(interpreter):
    """Reported, with the innermost callers."""
    tracer, truth = trace(interpreter, None, of("watched", file="deep.py"), [("recurse", 20000, 0)])
    expect_equal(set(tracer.by_rule()), FIRE | {"only", "none but", "allow it", "disallow"}, "rules that report")
    expect_equal(tracer.summary.get("cut_stack"), 1, "stacks of which something is not known")
    expect_equal([caller["function"] for caller in tracer.alerts[0]["callers"][:INNER]], truth[0][:INNER], "callers")
