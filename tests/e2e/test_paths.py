# SPDX-License-Identifier: GPL-2.0-only
"""What stands for a path is shown and matched as that path, whoever makes it and wherever it is."""

from harness import expect, expect_equal, test
from interpreters import few
from target import Target
from tracer import Tracer, rule

PROBE = [rule("probe", file="targets/paths.py")]


def compare(tracer, expected):
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal(len(tracer.alerts), len(expected), "alerts")
    wrong = []
    for alert, (name, value) in zip(tracer.alerts, expected):
        got = alert["args"].get("value", "absent")
        if got != value:
            wrong.append("%s is %.100s, expected %.100s" % (name, ascii(got), ascii(value)))
        elif alert["truncated"]:
            wrong.append("%s is said to be truncated" % name)
    expect(not wrong, "%d wrong: %s", len(wrong), "; ".join(wrong[:8]))


@test("kind")
def every_form(interpreter, kind):
    with Target(interpreter, "paths.py") as target:
        with Tracer(PROBE, target.pid, kind=kind) as tracer:
            expected = target.ask("show", through_call=kind == "call")
    compare(tracer, expected)


@test("kind", where=few)
def rubbish_in_them(interpreter, kind):
    """Each call is one alert, whatever somebody has put into the slots of a path, and nothing is taken for a path that is none."""
    with Target(interpreter, "paths.py") as target:
        with Tracer(PROBE, target.pid, kind=kind) as tracer:
            n = target.ask("broken", through_call=kind == "call")
    expect_equal(len(tracer.alerts), n, "alerts")
    got = [alert["args"]["value"] for alert in tracer.alerts]
    expect_equal(got[:3], ["CLASS:PosixPath", "CLASS:PosixPath", "\u2026"], "values")
    if interpreter.version >= (3, 12):
        # Of the last, any part behind what is seen may begin anew at the root.
        expect_equal(got[3:6], ["<unreadable>", "<unreadable>", "\u2026"], "what it is made of")
        expect_equal(tracer.alerts[5]["truncated"], True, "truncated")
    expect_equal(got[-1], "after", "the call after")


@test("kind", where=few)
def more_classes_than_are_looked_at(interpreter, kind):
    """What one event may cost is bounded; what was left out is said, and known after some more."""
    with Target(interpreter, "paths.py") as target:
        with Tracer(PROBE, target.pid, kind=kind) as tracer:
            n = target.ask("classes", through_call=kind == "call")
    expect_equal(len(tracer.alerts), n, "alerts")
    shown = "[%s]" % ", ".join("CLASS:Class%d" % number for number in range(60))
    expect_equal({alert["args"]["value"] for alert in tracer.alerts}, {shown}, "values")
    expect_equal([tracer.alerts[0]["truncated"], tracer.alerts[-1]["truncated"]], [True, False], "truncated, first and last")


@test("interpreter")
def functions_in_c(interpreter):
    rules = [rule("open", module="_io", name="io"), rule("open", module="posix", name="posix")]
    with Target(interpreter, "paths.py") as target:
        with Tracer(rules, target.pid) as tracer:
            expected = target.ask("natives")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    place, got = expected[0][1], {}
    for alert in tracer.alerts:
        call = [alert["rule"]["name"], alert["args"].get("file", alert["args"].get("path"))]
        caller = next(c["function"] for c in alert["callers"] if c["function"] in ("natives", "read_text", "write_text"))
        if call[1] == place:
            got.setdefault(caller, []).append(call)
    expect_equal(got.get("natives"), expected, "paths")
    # Up to 3.9 it opens it by os.open().
    expect_equal(got["read_text"][0], expected[0], "that of a method of pathlib")
    expect_equal({alert["probe"] for alert in tracer.alerts}, {"direct"}, "probe")


@test("interpreter")
def a_program_and_its_directory(interpreter):
    with Target(interpreter, "paths.py") as target:
        with Tracer([rule("run", file="subprocess.py")], target.pid) as tracer:
            target.ask("run")
    expect_equal([alert["args"]["popenargs"] for alert in tracer.alerts], ["(['/bin/echo', 'x'],)"], "arguments of run")
    expect("'cwd': '/tmp'" in tracer.alerts[0]["args"]["kwargs"], "keywords are %s", tracer.alerts[0]["args"]["kwargs"])


@test("interpreter")
def audit_events(interpreter):
    with Target(interpreter, "paths.py") as target:
        with Tracer([{"name": "path", "audit": "phrude.path", "level": "info"}], target.pid) as tracer:
            expected = target.ask("audited")
    expect_equal([alert["args"] for alert in tracer.alerts], [{"0": value, "1": 1} for value in expected], "arguments")


@test("kind", kinds=("usdt", "frame", "arm"))
def conditions(interpreter, kind):
    """Patterns see the path's text, and what the kernel refuses by itself is what user space refuses."""
    sensitive = {"arg.value": {"only": [{"under": "/etc"}]}}
    with Target(interpreter, "paths.py") as target:
        with Tracer([rule("probe", file="targets/paths.py", condition=sensitive),
                     rule("probe", file="targets/paths.py", name="all but", condition={
                         "arg": {"allow": [{"exact": "/harmless/file"}]}})], target.pid, kind=kind) as tracer:
            # What it has reported of these is what it has seen of those that were refused before.
            target.ask("repeat", n=20)
            tracer.wait_alerts(4)
            target.ask("repeat", n=980)
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal([(alert["rule"]["name"], alert["args"]["value"]) for alert in tracer.alerts],
                 [(name, "/etc/shadow") for _ in range(4) for name in ("probe", "all but")], "alerts")
    expect_equal(tracer.summary["matches"], 2006, "matches")
    expect(tracer.summary.get("dismissed", 0) > 1000, "dismissed in the kernel: %s", tracer.messages[-1])
