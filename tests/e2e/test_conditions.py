# SPDX-License-Identifier: GPL-2.0-only
"""Conditions on live calls: a match like one that was not reported is dismissed in the kernel, and never one unlike it."""

import collections

from harness import expect, expect_equal, test
from interpreters import few
from target import Target
from tracer import Tracer, rule

# What is seen of the first teaches the kernel side what to dismiss of the others.
CALLS_BEFORE = 300
CALLS_AFTER = 1200
CALLS = CALLS_BEFORE + CALLS_AFTER

# Of each function: the condition of its rule, and which calls it lets through.
ON_PYTHON = {
    "exact": ({"arg.key": {"only": [{"exact": "secret"}]}}, lambda c, k, d: k == "secret"),
    "allow": ({"arg.key": {"allow": [{"exact": "plain"}]}}, lambda c, k, d: k != "plain"),
    "caller": ({"caller": {"allow": ["by_friend"]}}, lambda c, k, d: c == "by_stranger"),
    "callers": ({"func": {"disallow": ["by_stranger"]}, "arg.key": {"allow": [{"prefix": "p"}]}},
                lambda c, k, d: c == "by_stranger" or not k.startswith("p")),
    # Where an argument has no such item, nothing is asked of it.
    "item": ({"arg.detail[shell]": {"only": ["True"]}}, lambda c, k, d: d != "{'shell': False}"),
    "number": ({"arg.detail[1]": {"only": [{"gt": 1}]}}, lambda c, k, d: d != "('plain', 1)"),
    "excepted": ({"except": [{"arg.key": [{"exact": "plain"}], "func": ["by_friend"]}]},
                 lambda c, k, d: k != "plain" or c != "by_friend"),
}
# No request is known: what would ask for one is not dismissed, but asked again each time.
ADDRESS = {"remote_addr": {"disallow": ["10.0.0.1"]}, "arg.key": {"allow": [{"exact": "plain"}]}}


def matching(counts, wanted):
    return sum(n for name, n in counts.items() if wanted(*name.split(" ", 2)))


def check(interpreter, kind, rules, wanted, functions):
    """Returns how many matches were dismissed."""
    with Target(interpreter, "conditions.py") as target:
        target.ask("calls", n=50, seed=1)
        with Tracer(rules, target.pid, kind=kind) as tracer:
            counts = collections.Counter(target.ask("calls", n=CALLS_BEFORE, seed=2))
            tracer.wait_alerts(sum(matching(counts, test) for test in wanted.values()))
            counts.update(target.ask("calls", n=CALLS_AFTER, seed=3))
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal(tracer.by_rule(), {name: matching(counts, test) for name, test in wanted.items()}, "alerts by rule")
    expect_equal(tracer.summary["matches"], CALLS * functions, "matches")
    return tracer.summary.get("dismissed", 0)


BURST = "more matches at once than a tracer that gets no processor can take"


@test("kind", kinds=("usdt", "frame", "arm"), where=few, alone=BURST)
def of_every_kind(interpreter, kind):
    rules = [rule(name, file="targets/conditions.py", condition=what[0]) for name, what in ON_PYTHON.items()]
    dismissed = check(interpreter, kind, rules, {name: what[1] for name, what in ON_PYTHON.items()}, len(ON_PYTHON))
    expect(dismissed > CALLS, "dismissed: %d", dismissed)


@test("interpreter")
def several_rules_on_one_function(interpreter):
    """What one rule does not report another may."""
    names = ("exact", "item", "caller")
    rules = [rule("several", file="targets/conditions.py", name=name, condition=ON_PYTHON[name][0]) for name in names]
    check(interpreter, None, rules, {name: ON_PYTHON[name][1] for name in names}, 1)


@test("interpreter")
def on_the_request(interpreter):
    rules = [rule("address", file="targets/conditions.py", condition=ADDRESS)]
    expect_equal(check(interpreter, None, rules, {"address": lambda c, k, d: k != "plain"}, 1), 0, "dismissed")


@test("interpreter", alone=BURST)
def on_functions_in_c(interpreter):
    rules = [rule("crc32", module="zlib", condition={"arg": {"only": [{"exact": "secret"}]}, "func": {"disallow": ["x"]}})]
    dismissed = check(interpreter, None, rules, {"crc32": lambda c, k, d: k == "secret"}, 1)
    expect(dismissed > CALLS // 4, "dismissed: %d", dismissed)


@test("kind", kinds=("usdt", "frame", "arm"))
def of_a_class(interpreter, kind):
    """A method of that name in another class is not even looked at, where code objects know their class."""
    with Target(interpreter, "conditions.py") as target:
        with Tracer([rule("One.method", file="conditions.py")], target.pid, kind=kind) as tracer:
            target.ask("methods", n=50)
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    names = collections.Counter(alert["function"]["qualname"] for alert in tracer.alerts)
    expect_equal(names["One.method"], 50, "alerts of the class")
    if interpreter.version >= (3, 11):
        expect_equal(names["methods.<locals>.local.<locals>.One.method"], 50, "alerts of the local class")
        expect_equal(tracer.summary["matches"], 100, "matches")
