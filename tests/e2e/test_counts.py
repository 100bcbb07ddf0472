# SPDX-License-Identifier: GPL-2.0-only
"""Every call is one hit and one alert, and nothing else is."""

from harness import expect, expect_equal, test
from interpreters import few, two
from target import Target
from tracer import Tracer, rule

PYTHON = ["plain", "keyword", "star", "outer", "inner", "recurse", "key", "raises", "gen", "genclosed", "delegating",
          "__init__", "method", "of_class", "static", "prop", "__call__", "__getitem__", "__enter__", "__exit__",
          "__eq__", "<lambda>", "generators", "one_round"]
RULES = [rule(name, file="targets/counts.py") for name in PYTHON] + [rule("compiled", file="<string>")]
C_FUNCTIONS = [rule("max", module="builtins"), rule("getpid", module="posix"), rule("time", module="time"),
               rule("bytearray", module="builtins"), rule("deque", module="collections")]


def complete(tracer):
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal(tracer.summary["alerts"], len(tracer.alerts), "the summary's alerts")


@test("kind", kinds=("usdt", "frame", "arm"), embedded=True)
def alerts_are_the_calls(interpreter, kind):
    with Target(interpreter, "counts.py") as target:
        with Tracer(RULES, target.pid, kind=kind) as tracer:
            counts = target.ask("go", n=30)
    complete(tracer)
    expect_equal(tracer.by_rule(), counts, "alerts by function")
    expect_equal({alert["probe"] for alert in tracer.alerts}, {kind}, "probe")
    expect("%s %d" % (kind, len(RULES)) in tracer.ready_line, "ready line: %s", tracer.ready_line)


def hits_of_200_rounds(interpreter, kind, resuming):
    """All else being equal, n rounds more are as many hits more as they make Python calls. Returns both."""
    watched = [rule("one_round", file="counts.py")]
    with Target(interpreter, "counts.py") as target:
        target.ask("go", n=3, resuming=resuming)
        hits = {}
        for rounds in (0, 20, 220):
            with Tracer(watched, target.pid, kind=kind) as tracer:
                counts = target.ask("go", n=rounds, resuming=resuming)
            complete(tracer)
            expect_equal(tracer.summary["matches"], rounds, "matches")
            hits[rounds] = tracer.summary["hits"]
    return hits[220] - hits[20], 200 * sum(counts.values()) // 220


@test("kind", kinds=("usdt", "frame"))
def hits_are_the_calls(interpreter, kind):
    expect_equal(*hits_of_200_rounds(interpreter, kind, False), "hits of 200 rounds")


@test("kind", kinds=("usdt", "frame"))
def resumptions_are_no_hits(interpreter, kind):
    """A generator is one hit, at its start, however often it is resumed."""
    expect_equal(*hits_of_200_rounds(interpreter, kind, True), "hits of 200 rounds")


@test("kind", kinds=("usdt", "frame", "arm"))
def coroutines_and_threads(interpreter, kind):
    rules = [rule(name, file="counts.py") for name in ("coro", "agen", "many", "plain")]
    with Target(interpreter, "counts.py") as target:
        with Tracer(rules, target.pid, kind=kind) as tracer:
            counts = target.ask("concurrent", n=25)
    complete(tracer)
    expect_equal(tracer.by_rule(), counts, "alerts by function")


@test("kind", kinds=("call",), embedded=True)
def calls_of_every_kind_of_callable(interpreter, kind):
    rules = [rule(name, file="counts.py") for name in ("plain", "method", "of_class", "static")] + C_FUNCTIONS
    with Target(interpreter, "counts.py") as target:
        with Tracer(rules, target.pid, kind=kind) as tracer:
            counts = target.ask("through_call", n=25)
    complete(tracer)
    expect_equal(tracer.by_rule(), counts, "alerts by function")
    expect_equal({alert["probe"] for alert in tracer.alerts}, {"call"}, "probe")


@test("interpreter")
def auto_mixes_kinds(interpreter):
    """Python functions and C functions in one rule file; however a call is noticed, it is one alert."""
    rules = [rule("plain", file="counts.py"), rule("method", file="counts.py"), *C_FUNCTIONS]
    with Target(interpreter, "counts.py") as target:
        with Tracer(rules, target.pid) as tracer:
            counts = target.ask("through_call", n=25)
            again = target.ask("go", n=5)
    complete(tracer)
    expected = {name: counts.get(name, 0) for name in [entry["name"] for entry in rules]}
    expected["plain"] += again["plain"]
    expected["method"] += again["method"]
    expect_equal(tracer.by_rule(), expected, "alerts by function")


@test("interpreter")
def two_targets_at_once(interpreter):
    with Target(interpreter, "counts.py") as one, Target(interpreter, "counts.py") as other, \
            Target(interpreter, "counts.py") as third:
        with Tracer([rule("plain", file="counts.py")], one.pid, other.pid) as tracer:
            one.send("go", n=20)
            other.send("go", n=50)
            third.send("go", n=70)
            expected = {one.pid: one.answer(30)["plain"], other.pid: other.answer(30)["plain"]}
            third.answer(30)
    complete(tracer)
    got = {}
    for alert in tracer.alerts:
        got[alert["process"]["pid"]] = got.get(alert["process"]["pid"], 0) + 1
    expect_equal(got, expected, "alerts by process")


@test("interpreter")
def several_rules_for_one_function(interpreter):
    """Each rule that fits has its alert; a rule for a namesake elsewhere has none."""
    rules = [rule("plain", file="counts.py", name="one"), rule("plain", file="targets/counts.py", name="two"),
             rule("plain", file="ounts.py", name="not a whole component"),
             rule("plain", file="other/counts.py", name="another folder"),
             rule("lain", file="counts.py", name="another function")]
    with Target(interpreter, "counts.py") as target:
        with Tracer(rules, target.pid) as tracer:
            expected = target.ask("go", n=3)["plain"]
    complete(tracer)
    expect_equal(tracer.by_rule(), {"one": expected, "two": expected}, "alerts by rule")
    expect_equal(tracer.summary["matches"] in (expected, 2 * expected), True, "matches are hits or alerts")


WORKERS = {"threads": 8, "children": 4}
CALLS = 8350


FLOOD = "its alerts are lost where the tracer gets no processor for long"


def hundred_thousand(interpreter, what, rules, kind=None, wait=0):
    """Eight threads and four forked children make them, no faster than alerts can be written (40,000 a second)."""
    calls = dict({"crc32": 0, "audit": 0, "plain": 0}, **{what: CALLS})
    with Target(interpreter, "native.py") as target:
        with Tracer(rules, target.pid, kind=kind, count=True) as tracer:
            statuses = target.ask("burst", calls=calls, step=250, pause=0.1, wait=wait, **WORKERS)
    expect_equal(statuses, [0] * WORKERS["children"], "statuses of the children")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal(tracer.summary["alerts"], CALLS * 12, "alerts by the summary")
    expect_equal(sorted(tracer.counts.values()), [CALLS] * 4 + [CALLS * 8], "alerts by process")
    expect_equal({name for name, _ in tracer.counts}, {rules[0]["name"].encode()}, "names")
    expect_equal(tracer.counts[rules[0]["name"].encode(), b"%d" % target.pid], CALLS * 8, "alerts of the target itself")


@test("interpreter", where=two, alone=FLOOD)
def hundred_thousand_of_a_c_function(interpreter):
    hundred_thousand(interpreter, "crc32", [rule("crc32", module="zlib")])


@test("interpreter", where=two, alone=FLOOD)
def hundred_thousand_audit_events(interpreter):
    hundred_thousand(interpreter, "audit", [{"name": "event", "audit": "phrude.test", "level": "info"}])


@test("kind", kinds=("usdt", "frame", "arm"), where=few, alone=FLOOD)
def hundred_thousand_python_calls(interpreter, kind):
    """Two of these kinds are put on a child when its fork is reported: it waits for that."""
    hundred_thousand(interpreter, "plain", [rule("plain", file="native.py")], kind=kind, wait=1)
