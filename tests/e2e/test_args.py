# SPDX-License-Identifier: GPL-2.0-only
"""The exact function, arguments and callers of each call, as the target itself tells them."""

from harness import expect, expect_equal, test
from interpreters import few_or_embedded
from target import Target
from tracer import Tracer, rule

NAMES = ["posonly", "kwonly", "everything", "nothing", "captured", "rebound", "nested", "method", "of_class", "static",
         "prop", "__init__", "overridden", "generator", "delegating", "coroutine", "agenerator", "<lambda>",
         "recursion", "many"]
RULES = [rule(name, file="targets/args.py") for name in NAMES]
GETENV = [
    {"name": "getenv", "args": {"key": "PHRUDE_NO_SUCH", "default": None}},
    {"name": "getenv", "args": {"key": "PHRUDE_NO_SUCH", "default": "fallback"}},
]
# Of a deep stack: the innermost callers that are shown, the outermost ones, and what stands between.
INNER, OUTER = 96, 32
GAP = {"function": "…", "file": None, "line": None}


def same_call(alert, record, what):
    """The alert says of the call what the target said."""
    function = alert["function"]
    expect_equal(function["name"], record["name"], what + ": name")
    expect_equal(alert["args"], record["args"], what + ": args")
    expect(list(alert["args"]) in record["orders"], "%s: order of args is %s", what, list(alert["args"]))
    expect_equal(function["file"], record["file"], what + ": file")
    expect_equal(function["line"], record["line"], what + ": line")
    expect_equal(function["module"], None, what + ": module")
    # Before 3.11 a code object does not know it.
    if record["qualname"] or function["qualname"]:
        expect_equal(function["qualname"], record["qualname"] or function["qualname"], what + ": qualname")
    expect_equal(alert["process"]["tid"], record["tid"], what + ": tid")
    expect_equal(alert["callers"], record["callers"], what + ": callers")
    expect_equal(alert["truncated"], False, what + ": truncated")


@test("kind", kinds=("usdt", "frame", "arm"), embedded=True)
def every_kind_of_parameter(interpreter, kind):
    with Target(interpreter, "args.py") as target:
        with Tracer(RULES + [rule("getenv", file="os.py")], target.pid, kind=kind) as tracer:
            records = target.ask("direct")
        getenv = [alert for alert in tracer.alerts if alert["rule"]["name"] == "getenv"]
        alerts = [alert for alert in tracer.alerts if alert["rule"]["name"] != "getenv"]
        expect_equal([alert["function"]["name"] for alert in alerts], [record["name"] for record in records],
                     "functions called")
        for index, (alert, record) in enumerate(zip(alerts, records)):
            same_call(alert, record, "call %d, of %s" % (index, record["name"]))
            facts(alert, target, interpreter, kind)
        expect_equal([{"name": alert["function"]["name"], "args": alert["args"]} for alert in getenv], GETENV, "getenv")
        # A frozen module counts as its file, however it is called.
        expect(all(a["function"]["file"].endswith(("/os.py", "<frozen os>")) for a in getenv), "the file of getenv")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])


@test("kind", kinds=("call",), embedded=True)
def every_kind_of_parameter_through_call(interpreter, kind):
    with Target(interpreter, "args.py") as target:
        with Tracer(RULES, target.pid, kind=kind) as tracer:
            records = target.ask("through")
        expect_equal([alert["function"]["name"] for alert in tracer.alerts], [record["name"] for record in records],
                     "functions called")
        for index, (alert, record) in enumerate(zip(tracer.alerts, records)):
            same_call(alert, record, "call %d, of %s" % (index, record["name"]))
            facts(alert, target, interpreter, kind)


def facts(alert, target, interpreter, kind):
    process = alert["process"]
    hello = target.hello
    expect_equal(alert["probe"], kind, "probe")
    expect_equal(process["pid"], target.pid, "pid")
    expect_equal(process["ppid"], hello["ppid"], "ppid")
    expect_equal(process["uid"], 0, "uid")
    expect(process["exe"].endswith(hello["exe"]), "exe is %r, expected %r", process["exe"], hello["exe"])
    expect_equal(process["cmdline"], hello["cmdline"], "cmdline")
    expect_equal(process["python"], interpreter.full_version, "python")
    expect_equal(process["container"], None, "container")
    expect_equal(alert["request"], None, "request")


@test("kind", kinds=("usdt", "frame", "arm"))
def deep_stack(interpreter, kind):
    with Target(interpreter, "args.py") as target:
        with Tracer([rule("bottom", file="args.py")], target.pid, kind=kind) as tracer:
            records = target.ask("descend", n=300)
            shallow = target.ask("descend", n=50)
    expect_equal(len(tracer.alerts), 2, "alerts")
    deep, other = tracer.alerts
    callers = records[-1]["callers"]
    expect(len(callers) > 300, "the target is %d deep", len(callers))
    expect_equal(deep["callers"], callers[:INNER] + [GAP] + callers[-OUTER:], "callers")
    expect_equal(deep["truncated"], True, "truncated")
    expect_equal(other["callers"], shallow[-1]["callers"], "callers of the shallow one")
    expect_equal(other["truncated"], False, "truncated of the shallow one")


@test("kind", embedded=True, where=few_or_embedded)
def fifty_threads(interpreter, kind):
    """Each hit is its own thread's."""
    with Target(interpreter, "args.py") as target:
        with Tracer([rule("worker", file="args.py")], target.pid, kind=kind) as tracer:
            tids = target.ask("threads", n=50, rounds=20, through_call=kind == "call")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal(len(tracer.alerts), 1000, "alerts")
    expect_equal(len(set(tids)), 50, "threads")
    seen = set()
    for alert in tracer.alerts:
        expect_equal(alert["process"]["tid"], alert["args"]["tid"], "tid")
        expect_equal(alert["process"]["pid"], target.pid, "pid")
        expect_equal(alert["callers"][0]["function"], "work", "caller")
        seen.add((alert["args"]["tid"], alert["args"]["number"]))
    expect_equal(seen, {(tid, number) for tid in tids for number in range(20)}, "calls seen")


@test("kind")
def nothing_not_watched(interpreter, kind):
    rules = RULES + [rule("nothing", file="arg.py", name="other file"), rule("zork", file="args.py")]
    with Target(interpreter, "args.py") as target:
        with Tracer(rules, target.pid, kind=kind) as tracer:
            target.ask("unwatched")
    expect_equal(tracer.alerts, [], "alerts")
    expect_equal([tracer.summary[key] for key in ("matches", "alerts", "lost")], [0, 0, 0], "matches, alerts, lost")


@test("kind", kinds=("usdt", "frame"), where=lambda interpreter: interpreter.version >= (3, 11))
def class_and_method(interpreter, kind):
    """Class.method is the end of the qualified name; since 3.11 a code object has one."""
    rules = [rule("Base.overridden", file="args.py"), rule("Derived.overridden", file="args.py"),
             rule("ved.overridden", file="args.py"), rule("Derived.method", file="args.py"),
             rule("enclosing.<locals>.nested", file="args.py")]
    with Target(interpreter, "args.py") as target:
        with Tracer(rules, target.pid, kind=kind) as tracer:
            target.ask("direct")
    expect_equal(tracer.by_rule(), {"Base.overridden": 1, "Derived.overridden": 1, "enclosing.<locals>.nested": 1},
                 "alerts by rule")
