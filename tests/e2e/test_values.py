# SPDX-License-Identifier: GPL-2.0-only
"""Objects of every form are decoded as the contract says; hostile ones do no harm."""

import os
import subprocess
import tempfile

from harness import expect, expect_equal, test
from interpreters import few
from target import Target
from tracer import BINARY, Tracer, rule, yaml

PROBE = [rule("probe", file="targets/values.py", value={"v": "$func_args[value]"})]


@test("kind")
def every_form(interpreter, kind):
    with Target(interpreter, "values.py") as target:
        with Tracer([{k: v for k, v in PROBE[0].items() if k != "value"}], target.pid, kind=kind) as tracer:
            expected = target.ask("show", through_call=kind == "call")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal(len(tracer.alerts), len(expected), "alerts")
    wrong = []
    for alert, (name, value) in zip(tracer.alerts, expected):
        got = alert["args"].get("value", "absent")
        if repr(got) != repr(value) or type(got) is not type(value):
            wrong.append("%s is %.60s, expected %.60s" % (name, ascii(got), ascii(value)))
        elif alert["truncated"]:
            wrong.append("%s is said to be truncated" % name)
    expect(not wrong, "%d wrong: %s", len(wrong), "; ".join(wrong[:8]))


@test("kind", where=few)
def more_than_any_bound(interpreter, kind):
    """Cut, said to be, and the next call is whole again."""
    with Target(interpreter, "values.py") as target:
        with Tracer(PROBE, target.pid, kind=kind) as tracer:
            cases = target.ask("huge", through_call=kind == "call")
    expect_equal(len(tracer.alerts), len(cases) + 1, "alerts")
    starts = {"str": "x" * 4096, "ucs4": "\U0001f600" * 1024, "bytes": "b'" + "y" * 4096, "list": "[0, 1, 2, 3, ",
              "deep": "[[[[", "dict": "{0: '" + "v" * 50 + "', 1: '", "set": "{0, 1, 2, ", "int": "",
              "list of long": "['" + "z" * 4096}
    for name, alert in zip(cases, tracer.alerts):
        got = alert["args"]["value"]
        expect(alert["truncated"] is True, "%s is not said to be truncated", name)
        expect(isinstance(got, str) and got.startswith(starts[name]), "%s is %.100r", name, got)
        expect("\u2026" in got, "%s shows no cut: ...%s", name, ascii(got[-40:]))
        expect(len(got) < 1_000_000, "%s has %d characters", name, len(got))
    last = tracer.alerts[-1]
    expect_equal((last["args"]["value"], last["truncated"]), ("after", False), "the call after")
    for text in ("str", "ucs4"):
        expect(tracer.alerts[cases.index(text)]["args"]["value"].endswith("\u2026"), "%s ends in no cut", text)


@test("kind", kinds=("usdt", "frame", "arm"))
def hostile_names_of_callers(interpreter, kind):
    with Target(interpreter, "values.py") as target:
        with Tracer([rule("watched", file="values.py")], target.pid, kind=kind) as tracer:
            # CPython 3.9 encodes the names for its own USDT probe, which fails for a lone surrogate, and the call with
            # it: a reason to prefer frame, see the next test.
            expected = target.ask("names", surrogates=kind != "usdt" or interpreter.version >= (3, 15))
            target.ask("long_names")
    expect_equal(len(tracer.alerts), len(expected) + 2, "alerts")
    for alert, (name, filename) in zip(tracer.alerts, expected):
        caller = alert["callers"][0]
        expect_equal((caller["function"], caller["file"]), (name, filename), "caller")
        expect_equal(alert["callers"][1]["function"], "names", "its caller")
    for alert in tracer.alerts[-2:]:
        caller = alert["callers"][0]
        expect(caller["function"].endswith("\u2026") or caller["file"].endswith("\u2026"), "no cut in the long names")
        expect_equal(alert["truncated"], True, "truncated")
        expect_equal(alert["callers"][1]["function"], "long_names", "its caller")


@test("interpreter")
def surrogates_in_names_by_default(interpreter):
    """Being traced by what is chosen for it does no harm to a program with such names."""
    with Target(interpreter, "values.py") as target:
        with Tracer([rule("watched", file="values.py")], target.pid) as tracer:
            expected = target.ask("names")
    expect_equal(len(tracer.alerts), len(expected), "alerts")


@test("kind", kinds=("usdt", "frame", "arm"))
def names_of_code_objects(interpreter, kind):
    rules = [rule("getsecret", file="values.py"), rule("probe", file="values.py"), rule("something_else", file="values.py"),
             rule("caf\xe9\u65e5", file="values.py")]
    with Target(interpreter, "values.py") as target:
        with Tracer(rules, target.pid, kind=kind) as tracer:
            target.ask("disguised")
    expect_equal([(alert["rule"]["name"], alert["args"]["value"]) for alert in tracer.alerts],
                 [("getsecret", "by its code's name"), ("probe", "by its own name still"), ("getsecret", "a lambda"),
                  ("caf\xe9\u65e5", "not ASCII")], "alerts")


@test("interpreter")
def templates(interpreter):
    values = {"plain": "$func_args[command]", "around": "ran <$func_args[command]> twice: $func_args[command]!",
              "none": "no argument", "unknown": "$func_args[no_such]"}
    with Target(interpreter, "values.py") as target:
        with Tracer([rule("watched", file="values.py", level="alert", id="PT-1", tags=["attack.T1059.006", "CWE-78"],
                          value=values)], target.pid) as tracer:
            target.ask("names", surrogates=False)
    alert = tracer.alerts[0]
    expect_equal(alert["value"], {"plain": "id", "around": "ran <id> twice: id!", "none": "no argument", "unknown": ""},
                 "value")
    expect_equal(alert["rule"], {"name": "watched", "id": "PT-1", "level": "alert",
                                 "tags": ["attack.T1059.006", "CWE-78"]}, "rule")


@test("interpreter", where=lambda interpreter: interpreter.name in ("debian-3.11", "sid-3.15"))
def text_for_a_terminal(interpreter):
    """The readable form of hostile names and values holds nothing that a terminal would obey."""
    with Target(interpreter, "values.py") as target, tempfile.TemporaryDirectory() as folder:
        path, output = os.path.join(folder, "rules.yaml"), os.path.join(folder, "alerts")
        with open(path, "w") as file:
            file.write(yaml([rule("watched", file="values.py"), *PROBE]))
        process = subprocess.Popen([BINARY, "--pid", str(target.pid), "--rules", path, "--format", "text", "--output",
                                    output], stderr=subprocess.PIPE, text=True)
        try:
            while "ready" not in process.stderr.readline():
                expect(process.poll() is None, "phrude-trace ended")
            target.ask("names")
            target.ask("show")
        finally:
            process.send_signal(2)
            process.communicate(timeout=30)
        with open(output, encoding="utf-8", newline="") as file:
            text = file.read()
    bad = sorted({character for character in text if character != "\n" and (
        ord(character) < 0x20 or 0x7f <= ord(character) < 0xa0 or character == "\u202e")})
    expect_equal(bad, [], "characters of control in the text")
    expect("watched" in text and "values.py" in text and "/etc/passwd" in text, "the text lacks what it should say")
