# SPDX-License-Identifier: GPL-2.0-only
"""--rate-limit: what is beyond it is held back, and one alert stands for it.  No match is missing from the sum."""

import json
import os
import time

from harness import expect, expect_equal, test
from interpreters import Interpreter, few
from target import Target
from test_config import beside, files, read
from test_control import status
from test_metrics import configured, wait_for
from test_reload import Reloads
from tracer import Tracer, command, rule

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
QUIET = rule("quiet", file="targets/flood.py", value={"n": "<$func_args[number]>"})
NOISY = rule("noisy", file="targets/flood.py")


def stands_for(alert):
    return alert.get("repeated", {"count": 1})["count"]


def complete(tracer):
    """Every match that was delivered is an alert, or one stands for it."""
    rolled_up = [alert for alert in tracer.alerts if "repeated" in alert]
    held_back = sum(map(stands_for, rolled_up))
    for alert in rolled_up:
        expect_equal(list(alert["repeated"]), ["count", "since", "until"], "keys of repeated")
        expect(alert["time"] >= alert["repeated"]["since"] <= alert["repeated"]["until"], "its times are %s", alert)
    expect_equal(tracer.summary["alerts"], len(tracer.alerts), "alerts in the summary")
    expect_equal(tracer.summary.get("suppressed", 0), held_back, "suppressed in the summary")
    expect_equal(tracer.summary.get("rolled_up", 0), len(rolled_up), "rolled_up in the summary")
    expect_equal(sum(map(stands_for, tracer.alerts)), tracer.summary["matches"] - tracer.summary["lost"], "matches that alerts stand for")


@test("interpreter")
def one_stands_for_all(interpreter):
    with Target(interpreter, "flood.py") as target:
        with Tracer([QUIET], target.pid, options=["--rate-limit", "1/h,burst=5"]) as tracer:
            target.ask("burst", n=500)
    complete(tracer)
    expect_equal([alert["args"]["number"] for alert in tracer.alerts], list(range(6)), "arguments")
    expect_equal([stands_for(alert) for alert in tracer.alerts], [1] * 5 + [495], "matches that they stand for")
    last = tracer.alerts[-1]
    expect_equal(last["value"], {"n": "<5>"}, "value of the one that was held back")
    expect_equal(last["callers"], tracer.alerts[0]["callers"], "its callers")
    expect(last["callers"][0]["line"], "the line of its caller is not known")
    expect(last["time"] == last["repeated"]["since"] < last["repeated"]["until"], "its times are %s", last)


def quiet_in(tracer):
    """The processes of which there are alerts of the rule by that name, up to now."""
    lines = [line for line in read(tracer.output).splitlines(True) if '"name":"quiet"' in line and line.endswith("\n")]
    return {json.loads(line)["process"]["pid"] for line in lines}


@test("interpreter", where=few, alone="loads the machine")
def a_flood_keeps_nobody_back(interpreter):
    """Other rules of that target, and that rule of others, are told of at once."""
    with Target(interpreter, "flood.py") as target, Target(interpreter, "flood.py") as other:
        with Tracer([QUIET, NOISY], target.pid, other.pid, options=["--rate-limit", "10/s,burst=20"]) as tracer:
            target.ask("flood", n=2)
            tracer.wait_alerts(21)
            before = time.monotonic()
            other.ask("burst", n=1)
            other.ask("flood", n=1)
            # What floods may have no room of its own for a call at times, which is counted.
            while time.monotonic() < before + 5 and quiet_in(tracer) != {target.pid, other.pid}:
                target.ask("burst", n=1)
                time.sleep(0.05)
            told = quiet_in(tracer)
            other.ask("ebb")
            target.ask("ebb")
    complete(tracer)
    expect_equal(told, {target.pid, other.pid}, "whose other calls were told of within 5 s")
    own = [alert for alert in tracer.alerts if alert["rule"]["name"] == "noisy" and alert["process"]["pid"] == other.pid]
    expect(own and "repeated" not in own[0], "the first alert of the other's flood is %s", own[:1])


@test()
def after_ten_seconds():
    """--count counts what is written."""
    with Target(host, "flood.py") as target:
        tracer = Tracer([QUIET], target.pid, options=["--rate-limit", "1/h,burst=2", "--count", "3"]).wait_ready()
        since = time.monotonic()
        target.ask("burst", n=10)
        tracer.wait()
        took = time.monotonic() - since
    complete(tracer)
    expect_equal([stands_for(alert) for alert in tracer.alerts], [1, 1, 8], "matches that alerts stand for")
    expect(9.9 < took < 15, "the last one came after %.1f s", took)


@test()
def enough_before_it_is_written():
    """What is held back when there are alerts enough is lost, and is said to be."""
    with Target(host, "flood.py") as target:
        rules = [QUIET, rule("noisy", file="targets/flood.py")]
        tracer = Tracer(rules, target.pid, options=["--rate-limit", "1/h,burst=1", "--count", "2"]).wait_ready()
        target.ask("burst", n=10)
        target.ask("flood", n=1)
        tracer.wait()
        target.ask("ebb")
    expect_equal([alert["rule"]["name"] for alert in tracer.alerts], ["quiet", "noisy"], "alerts")
    expect_equal((tracer.summary["suppressed"], tracer.summary["lost_held"]), (9, 9), "held back, and lost of it")


@test()
def a_reload_and_an_end():
    """What is held back is written when rules are reloaded, and when its process has ended."""
    with Target(host, "flood.py") as target, Target(host, "flood.py") as other:
        with Tracer([QUIET], target.pid, other.pid, options=["--rate-limit", "1/h,burst=1"]) as tracer:
            reloads = Reloads(tracer)
            target.ask("burst", n=4)
            tracer.wait_alerts(1)
            reloads([QUIET, rule("added", file="targets/flood.py")])
            tracer.wait_alerts(2, timeout=5)
            other.ask("burst", n=3)
            tracer.wait_alerts(3)
            other.end()
            tracer.wait_alerts(4, timeout=5)
            # It is the rule's place still: a reload lets no further burst through.
            target.ask("burst", n=2)
    complete(tracer)
    expect_equal([(alert["process"]["pid"] == target.pid, stands_for(alert)) for alert in tracer.alerts],
                 [(True, 1), (True, 3), (False, 1), (False, 2), (True, 2)], "whose, and for how many")


@test()
def of_a_target():
    """Processes of one target share a limit; /metrics and `status` say what was held back."""
    with files("") as path, Target(host, "load.py", path) as target, Target(host, "load.py", path) as other, \
            Target(host, "load.py", path, "short") as short:
        with open(path, "w") as file:
            file.write("""
rules: rules.yaml
targets:
  - { name: here, match: { cmdline: "load.py %s$" } }
  - { name: short, match: { cmdline: "load.py %s short$" } }
outputs:
  - { type: file, path: all.jsonl, format: json }
rate_limit: { per_rule: 1/h, burst: 2 }
metrics: { listen: "127.0.0.1:0" }
control: { socket: control.sock }
""" % (path, path))
        with configured(path) as (_, messages):
            samples = wait_for(messages, 'targets{state="traced"}', 3)
            expect_equal(samples['suppressed_total{rule="urgent",target="here"}'], 0, "held back before the first")
            for number in range(3):
                target.ask("watched", command=str(number))
                other.ask("watched", command=str(number))
            for name in ("urgent", "watched"):
                samples = wait_for(messages, 'suppressed_total{rule="%s",target="here"}' % name, 4)
            expect_equal(samples['alerts_total{rule="urgent",level="alert",target="here"}'], 2, "alerts")
            found = status(beside(path, "control.sock"))
            expect_equal(found["counters"]["counted"]["suppressed"], 8, "held back, as `status` says")
            expect_equal(sorted((entry["rule"], entry["target"], entry["alerts"], entry["suppressed"]) for entry in found["alerts"]),
                         [("urgent", "here", 2, 4), ("urgent", "short", 0, 0), ("watched", "here", 2, 4), ("watched", "short", 0, 0)],
                         "of each rule and target")
            for number in range(5):
                short.ask("watched", command=str(number))
            wait_for(messages, 'suppressed_total{rule="urgent",target="short"}', 3)
            short.end()
            wait_for(messages, 'rolled_up_total', 4, seconds=5)
        alerts = [json.loads(line) for line in read(beside(path, "all.jsonl")).splitlines()]
    expect_equal(sorted((alert["rule"]["name"], alert["target"], alert["repeated"]["count"]) for alert in alerts if "repeated" in alert),
                 [("urgent", "here", 4), ("urgent", "short", 3), ("watched", "here", 4), ("watched", "short", 3)],
                 "alerts that stand for others")


@test()
def mistakes_in_a_file():
    with files("rules: rules.yaml\nrate_limit: { per_rule: 10/d }\n") as path:
        ended = command("check", path)
    expect_equal(ended.status, 2, "status")
    expect("%s:2:25: `per_rule` takes a number of alerts in a second" % path in ended.errors + ended.output, "it says: %s", ended)
