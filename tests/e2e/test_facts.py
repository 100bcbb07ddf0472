# SPDX-License-Identifier: GPL-2.0-only
"""Who a process is: in every alert, however short the process lived; and never another's."""

import os
import time

from harness import expect, expect_equal, test
from interpreters import Interpreter, few
from target import Target
from tracer import Tracer, rule

RULES = [rule("lived", file="lives.py")]
LONG = bool(os.environ.get("PHRUDE_LONG_TESTS"))
FORKS = 1000 if LONG else 300
SPAWNS = 200 if LONG else 60
EXECS = 10

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))


class Seen:
    """What /proc says of a target."""

    def __init__(self, pid):
        self.exe = os.readlink("/proc/%d/exe" % pid)
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            self.cmdline = file.read().decode().split("\0")[:-1]


def check(tracer, interpreter, seen, words):
    """All alerts are of that executable; words: by the number that the function was called with, the command line."""
    numbers = sorted(int(alert["args"]["number"]) for alert in tracer.alerts)
    expect_equal(numbers, sorted(words), "numbers: %s" % tracer.messages[-1])
    for alert in tracer.alerts:
        process = alert["process"]
        expect_equal(process["exe"], seen.exe, "exe of %s" % alert["args"])
        expect_equal(process["cmdline"], words[int(alert["args"]["number"])], "command line of %s" % alert["args"])
        expect_equal(process["python"], interpreter.full_version, "python")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect("facts_late" not in tracer.summary, "%s", tracer.messages[-1])


@test("interpreter", where=few)
def forks_that_end_at_once(interpreter):
    with Target(interpreter, "lives.py") as target:
        seen = Seen(target.pid)
        with Tracer(RULES, target.pid) as tracer:
            target.ask("fork", n=FORKS, timeout=120)
    check(tracer, interpreter, seen, {number: seen.cmdline for number in range(FORKS)})


@test("interpreter", where=few)
def programs_that_end_at_once(interpreter):
    """Each has its own command line, not that of who started it."""
    with Target(interpreter, "lives.py") as target:
        seen = Seen(target.pid)
        program = [target.hello["executable"], target.hello["script"]]
        with Tracer(RULES, target.pid) as tracer:
            expect_equal(target.ask("spawn", programs=[program] * SPAWNS, timeout=200), [0] * SPAWNS, "statuses")
    check(tracer, interpreter, seen, {number: [*program, "short", str(number)] for number in range(SPAWNS)})


@test("interpreter", where=few, alone="a tracer that gets no processor in time loses a call, and says so")
def a_process_that_execs_again_and_again(interpreter):
    with Target(interpreter, "lives.py") as target:
        seen = Seen(target.pid)
        program = [target.hello["executable"], target.hello["script"], "chain"]
        with Tracer(RULES, target.pid) as tracer:
            target.ask("chain", number=EXECS, timeout=120)
            time.sleep(0.2)
    words = {number: [*program, str(number)] for number in range(EXECS)}
    check(tracer, interpreter, seen, {EXECS: seen.cmdline, **words})


@test(alone="looks at interpreters that are new are put off on a busy machine")
def hostile_programs():
    """Long command lines, long paths, names with anything in them, and none."""
    names = ["x" * 200 + "\n\x1b[2J%d" % number for number in range(19)]
    with Target(host, "lives.py") as target:
        script = target.hello["script"]
        exe = os.readlink("/proc/%d/exe" % target.pid)
        with Tracer(RULES, target.pid) as tracer:
            argv = [exe, script, "later", "1", "y" * 100000]
            expect_equal(target.ask("deep", argv=argv, names=[]), 0, "status")
            expect_equal(target.ask("deep", argv=[exe, script, "later", "2", "", "\n\x1b"], names=names[:2]), 0, "status")
            expect_equal(target.ask("deep", argv=[exe, script, "later", "3"] + ["z"] * 3000, names=names), 0, "status")
            expect_equal(target.ask("nowhere", argv=[exe, script, "later", "4"]), 0, "status")
    alerts = {int(alert["args"]["number"]): alert for alert in tracer.alerts}
    expect_equal(sorted(alerts), [1, 2, 3, 4], "alerts: %s" % tracer.messages[-2:])
    for number, alert in alerts.items():
        process = alert["process"]
        words = process["cmdline"]
        if number == 1:
            expect_equal(words[:4], [exe, script, "later", "1"], "words")
            expect(words[4] == "y" * (len(words[4]) - 1) + "…" and 10000 < len(words[4]) < 17000, "%d", len(words[4]))
            expect(alert["truncated"], "a command line that is cut is truncated")
        elif number == 2:
            expect_equal(words[3:], ["2", "", "\n\x1b"], "words")
            expect(process["exe"].endswith("/%s/%s/python3" % tuple(names[:2])), "exe is %r", process["exe"])
            expect_equal(alert["truncated"], False, "truncated")
        elif number == 3:
            expect(900 < len(words) < 2000 and words[-1] == "z…", "%d words, the last %r", len(words), words[-1])
            expect(process["exe"].startswith("…/x") and process["exe"].endswith("/%s/python3" % names[-1]),
                   "exe is %r", process["exe"])
            expect(3700 < len(process["exe"]) <= 4096, "exe has %d bytes", len(process["exe"]))
            expect(alert["truncated"], "a path that is cut is truncated")
        elif number == 4:
            expect_equal(process["exe"], "/memfd:python (deleted)", "exe")
            expect_equal(words, [exe, script, "later", "4"], "words")
