# SPDX-License-Identifier: GPL-2.0-only
"""--max-cpu-percent: what probes cost a process is known, is said where it is too much, and is given up where that is wanted."""

import os
import signal
import tempfile
import time

from harness import expect, expect_equal, test
from interpreters import Interpreter, two
from target import Target
from test_config import files
from test_control import place, status
from test_metrics import checked, get
from tracer import Tracer, command, rule, yaml

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
RULES = [rule("quiet", file="targets/flood.py", level="info")]
DEAR, LITTLE = 3000, 20  # calls a second: some 2% of a CPU, and next to nothing
LIMIT = 0.5


def said(tracer, *words):
    return [line for line in list(tracer.messages) if all(word in line for word in words)]


def wait_said(tracer, seconds, *words):
    deadline = time.monotonic() + seconds
    while not said(tracer, *words):
        expect(time.monotonic() < deadline, "it does not say %s: %s", words, tracer.messages[-5:])
        time.sleep(0.1)
    return said(tracer, *words)[0]


def costs(at):
    return {entry["pid"]: entry["cpu"] for entry in status(at)["targets"]}


@test("interpreter", alone="what it measures is time", where=two)
def one_that_pays_too_much_is_spared(interpreter):
    with Target(interpreter, "flood.py") as target, Target(interpreter, "flood.py") as other, place() as at, \
            Tracer(RULES, target.pid, other.pid, options=["--max-cpu-percent", str(LIMIT), "--shed", "info", "--control", at,
                                                          "--metrics", "127.0.0.1:0"]) as tracer:
        other.send("pace", seconds=60, rate=LITTLE)
        target.send("pace", seconds=22, rate=DEAR)
        over = wait_said(tracer, 20, "pid %d" % target.pid, "max_cpu_percent")
        expect('"quiet"' in over, "it does not say what costs: %s", over)
        wait_said(tracer, 5, "pid %d" % target.pid, "not watched any more", '"quiet"')
        by_process = costs(at)
        expect(by_process[target.pid] > LIMIT / 100 > by_process[other.pid] > 0, "costs are %s", by_process)
        samples = checked(get(tracer.messages, "/metrics")[1])
        expect_equal((samples["targets_over"], samples["functions_shed"]), (1, 1), "metrics of it")
        dear = target.answer(60)
        # It calls little by now: what it was spared comes back, and nothing before is counted twice.
        missed = status(at)["counters"]["lost"]["lost_shed"]
        expect(dear / 10 < missed < dear, "%d of %d calls were missed", missed, dear)
        target.send("pace", seconds=34, rate=LITTLE)
        back = wait_said(tracer, 34, "pid %d" % target.pid, "watched again", '"quiet"')
        expect(int(back.split("; ")[1].split()[0]) >= missed, "what it says was missed: %s", back)
        rest = target.answer(60)
        neighbour = other.answer(90)
    expect_equal(len(said(tracer, "max_cpu_percent")), 1, "times that it says that it is too much")
    expect_equal(said(tracer, "pid %d" % other.pid, "not watched"), [], "what it says of the other one")
    lost = tracer.summary["lost_shed"]
    expect_equal(tracer.summary["lost"], lost, "all that is lost")
    by_process = {pid: sum(alert["process"]["pid"] == pid for alert in tracer.alerts) for pid in (target.pid, other.pid)}
    expect_equal(by_process[other.pid], neighbour, "alerts of the other one")
    expect_equal(by_process[target.pid], dear + rest - lost, "alerts and what was shed")
    last = [alert for alert in tracer.alerts if alert["process"]["pid"] == target.pid][-1]
    expect_equal(last["args"]["number"], rest - 1, "the last call that was seen")


@test(alone="what it measures is time")
def without_leave_nothing_is_given_up():
    with Target(host, "flood.py") as target, Tracer(RULES, target.pid, options=["--max-cpu-percent", str(LIMIT)]) as tracer:
        target.send("pace", seconds=14, rate=DEAR)
        wait_said(tracer, 20, "pid %d" % target.pid, "max_cpu_percent")
        calls = target.answer(60)
    expect_equal((tracer.summary["alerts"], tracer.summary["lost"]), (calls, 0), "alerts, lost")
    expect_equal(said(tracer, "not watched any more"), [], "what it says")


@test(alone="what it measures is time")
def rules_that_matter_are_kept():
    """Those of a higher level stay, however dear; and it is said that nothing else is left."""
    rules = [rule("quiet", file="targets/flood.py", level="info"), rule("quiet", file="flood.py", name="important", level="warn")]
    with Target(host, "flood.py") as target, \
            Tracer(rules, target.pid, options=["--max-cpu-percent", str(LIMIT), "--shed", "info"]) as tracer:
        target.send("pace", seconds=16, rate=DEAR)
        wait_said(tracer, 20, "pid %d" % target.pid, "no rule of level info is left")
        calls = target.answer(60)
    expect_equal((tracer.summary["matches"], tracer.summary["lost"]), (calls, 0), "matches, lost")
    expect_equal(tracer.by_rule(), {"quiet": calls, "important": calls}, "alerts")


@test()
def as_keys_of_a_file():
    for keys, status_wanted, *words in (
            ("max_cpu_percent: 5\nshed: info\n", 0),
            ("max_cpu_percent: 0.1\n", 0),
            ("max_cpu_percent: lots\nshed: alert\n", 2, "config.yaml:2:18: ", "config.yaml:3:7: "),
            ("max_cpu_percent: 0\n", 2, "config.yaml:2:18: ")):
        with files("rules: rules.yaml\n%stargets:\n  - { name: all, match: {} }\n" % keys) as path:
            ended = command("check", path)
            expect_equal(ended.status, status_wanted, "status of %r (%s)" % (keys, ended.errors))
            for word in words:
                expect(word in ended.errors, "%s is not in what it says: %s", word, ended.errors)
    with files("rules: rules.yaml\nshed: info\ntargets:\n  - { name: all, match: {} }\n") as path:
        ended = command("--config", path)
        expect_equal(ended.status, 2, "status of one that sheds without a limit")
        expect("max_cpu_percent" in ended.errors, "it says %s", ended.errors)


@test(alone="what it measures is time")
def rules_that_come_to_matter():
    """Of a target of a configuration; a reload that raises the level of what was given up has it watched again at once."""
    with tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-") as folder, Target(host, "flood.py") as target:
        path = os.path.join(folder, "config.yaml")
        with open(path, "w") as file:
            file.write('targets:\n  - { name: shop, match: { cmdline: "targets/flood[.]py" } }\nmax_cpu_percent: %s\nshed: info\n'
                       "metrics: { listen: 127.0.0.1:0 }\n" % LIMIT)
        with Tracer(RULES, options=["--config", path], count=True) as tracer:
            target.send("pace", seconds=30, rate=DEAR)
            wait_said(tracer, 20, "pid %d (target shop): its probes" % target.pid)
            wait_said(tracer, 5, "pid %d (target shop): not watched any more" % target.pid)
            expect(checked(get(tracer.messages, "/metrics")[1])['functions_shed{target="shop"}'] == 1, "it is not in its target's metrics")
            with open(os.path.join(tracer.folder.name, "rules.yaml"), "w") as file:
                file.write(yaml([rule("quiet", file="targets/flood.py", name="loud", level="alert")]))
            tracer.process.send_signal(signal.SIGHUP)
            wait_said(tracer, 10, "reloaded: ")
            wait_said(tracer, 5, "pid %d (target shop): watched again" % target.pid)
            calls = target.answer(60)
    seen = {name.decode(): number for (name, pid), number in tracer.counts.items() if int(pid) == target.pid}
    expect_equal(sorted(seen), ["loud", "quiet"], "rules that have reported")
    expect_equal(sum(seen.values()), calls - tracer.summary["lost_shed"], "alerts and what was given up")
