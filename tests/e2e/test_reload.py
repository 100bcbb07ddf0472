# SPDX-License-Identifier: GPL-2.0-only
"""Rules, and what processes are like that are traced, are read anew: by SIGHUP, and when the files change."""

import collections
import contextlib
import json
import os
import signal
import time

from harness import expect, expect_equal, test
from interpreters import Interpreter, few
from target import Target
from test_discover import ALONE, Service, targets, token
from tracer import Tracer, rule, yaml

LONG = bool(os.environ.get("PHRUDE_LONG_TESTS"))
host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
STEADY = rule("steady", file="reload.py")
ACCESS = rule("access", module="os")
WANTED = rule("wanted", file="reload.py")
UNWANTED = rule("unwanted", file="reload.py")


def said(messages, what, number, timeout=30):
    """Waits until it has said so many times what begins so; the last such line."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = [line for line in list(messages) if line.startswith("phrude-trace: " + what)]
        if len(found) >= number:
            return found[number - 1]
        time.sleep(0.005)
    raise AssertionError("it did not say %r %d times: %s" % (what, number, messages[-4:]))


def write(path, rules):
    """As an editor that is careful does."""
    with open(path + ".new", "w") as file:
        file.write(rules if isinstance(rules, str) else yaml(rules))
    os.rename(path + ".new", path)


class Reloads:
    """Has a tracer that goes by files in its folder read them anew."""

    def __init__(self, tracer):
        self.tracer = tracer
        self.path = os.path.join(tracer.folder.name, "rules.yaml")
        self.number = 0

    def __call__(self, rules):
        write(self.path, rules)
        self.number += 1
        self.tracer.process.send_signal(signal.SIGHUP)
        return said(self.tracer.messages, "reloaded: ", self.number)


def numbers(tracer, name, key="number"):
    return [alert["args"][key] for alert in tracer.alerts if alert["rule"]["name"] == name]


def read_alerts(service, name):
    with open(os.path.join(service.folder.name, name)) as file:
        return [json.loads(line) for line in file]


@test("interpreter", where=few)
def none_missed_and_none_doubled(interpreter):
    """What both policies watch, while they take turns: under calls from three threads."""
    rounds = 100 if LONG else 6
    with Target(interpreter, "reload.py") as target:
        with Tracer([STEADY, ACCESS, UNWANTED], target.pid) as tracer:
            reload = Reloads(tracer)
            target.ask("start", threads=3)
            for number in range(rounds):
                reload([dict(STEADY, level="warn"), ACCESS, WANTED] if number % 2 else [ACCESS, UNWANTED, STEADY])
                time.sleep(0.02)
            calls = target.ask("stop")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    seen = collections.defaultdict(list)
    for alert in tracer.alerts:
        if alert["rule"]["name"] == "steady":
            seen[str(alert["args"]["thread"])].append(alert["args"]["number"])
    expect_equal({thread: len(list_) for thread, list_ in seen.items()}, calls, "calls of each thread that were seen")
    for thread, list_ in seen.items():
        expect_equal(list_, list(range(calls[thread])), "calls of thread %s" % thread)
    expect_equal(tracer.by_rule()["access"], sum(calls.values()), "calls of a C function")
    expect({alert["rule"]["level"] for alert in tracer.alerts if alert["rule"]["name"] == "steady"} == {"info", "warn"},
           "both rules had their turn")


@test("interpreter")
def what_is_new(interpreter):
    """Functions that are there, that come later, that are in modules not imported yet; in C, and audit events."""
    new = [WANTED, rule("made", file="reload.py"), ACCESS, rule("crc32", module="zlib"), rule("a2b_hex", module="binascii"),
           dict(name="opened", audit="os.system", level="info")]
    with Target(interpreter, "reload.py") as target:
        with Tracer([STEADY], target.pid) as tracer:
            reload = Reloads(tracer)
            target.ask("call", name="wanted", number=1)
            reload(new)
            target.ask("call", name="wanted", number=2)
            target.ask("make", name="made", number=3)
            target.ask("load", module="zlib", function="crc32", text="x")
            target.ask("load", module="os", function="system", text=":")
            reload(new + [STEADY])
            target.ask("load", module="binascii", function="a2b_hex", text="00")
            target.ask("call", name="wanted", number=4)
            target.ask("fork", name="wanted", number=5)
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal(numbers(tracer, "wanted"), [2, 4, 5], "calls of what was there")
    expect_equal(numbers(tracer, "made"), [3], "calls of what came later")
    for name in ("crc32", "opened", "a2b_hex"):
        expect_equal(tracer.by_rule().get(name), 1, "alerts of %s" % name)


@test("interpreter", where=few)
def what_goes(interpreter):
    """And comes again."""
    with Target(interpreter, "reload.py") as target:
        with Tracer([WANTED, ACCESS, STEADY], target.pid) as tracer:
            reload = Reloads(tracer)
            for number in range(2):
                target.ask("call", name="wanted", number=number)
                reload([STEADY])
                target.ask("call", name="wanted", number=-1)
                target.ask("load", module="os", function="access", text="/", mode=os.F_OK)
                reload([WANTED, STEADY])
    expect_equal(numbers(tracer, "wanted"), [0, 1], "calls that were seen")
    expect_equal(tracer.by_rule(), {"wanted": 2}, "alerts")
    expect_equal(tracer.summary["matches"], 2, "matches")


@test("interpreter")
def children(interpreter):
    """Those that were forked before go by the new rules as well, and so do those of a process that is being renewed."""
    with Target(interpreter, "reload.py") as target:
        with Tracer([STEADY], target.pid) as tracer:
            reload = Reloads(tracer)
            waiting = [target.ask("start_fork", name="wanted", number=number) for number in range(5)]
            reload([WANTED])
            for pid, write_end in waiting:
                expect_equal(target.ask("go_on", pid=pid, write=write_end), 0, "status of a child")
    expect_equal(sorted(numbers(tracer, "wanted")), list(range(5)), "calls")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])


@test("interpreter")
def a_verdict_is_of_its_rules(interpreter):
    """Matches that a condition has kept from being reported end in the kernel; another condition asks again."""
    quiet = dict(WANTED, condition={"arg.number": {"allow": [{"exact": "7"}]}})
    with Target(interpreter, "reload.py") as target:
        with Tracer([quiet], target.pid) as tracer:
            reload = Reloads(tracer)
            for _ in range(8):
                target.ask("call", name="wanted", number=7)
                time.sleep(0.1)  # it is read, and the kernel side told
            reload([WANTED])
            for _ in range(3):
                target.ask("call", name="wanted", number=7)
            reload([quiet])
            for _ in range(4):
                target.ask("call", name="wanted", number=7)
                time.sleep(0.1)
    expect_equal(numbers(tracer, "wanted"), [7] * 3, "alerts")
    expect(tracer.summary.get("dismissed"), "none ended in the kernel: %s", tracer.messages[-1])


@test()
def a_bad_file_changes_nothing():
    with Target(host, "reload.py") as target:
        with Tracer([STEADY, WANTED], target.pid) as tracer:
            path = os.path.join(tracer.folder.name, "rules.yaml")
            for number, text in enumerate(("- nonsense", "{", "", "- { name: x, func: f, file: a.py, level: info, foo: 1 }", None)):
                if text is None:
                    os.unlink(path)
                else:
                    write(path, text)
                tracer.process.send_signal(signal.SIGHUP)
                line = said(tracer.messages, "error: not reloaded (SIGHUP)", number + 1)
                expect("what was in force stays in force" in line, "it said: %s", line)
                target.ask("call", name="wanted", number=number)
    expect_equal(numbers(tracer, "wanted"), list(range(5)), "calls")
    expect(any("rules.yaml:1:" in line for line in tracer.messages), "it does not say where: %s", tracer.messages)


@test()
def many_at_once():
    """A burst of signals, while the processes are being renewed: what is in force at last is what is in the files at last."""
    with contextlib.ExitStack() as stack:
        all_ = [stack.enter_context(Target(host, "reload.py")) for _ in range(8)]
        with Tracer([STEADY], *[target.pid for target in all_]) as tracer:
            path = os.path.join(tracer.folder.name, "rules.yaml")
            for number in range(60):
                write(path, [WANTED if number % 2 else UNWANTED, STEADY])
                tracer.process.send_signal(signal.SIGHUP)
                time.sleep(0.002 * (number % 5))
            write(path, [WANTED, STEADY, ACCESS])
            tracer.process.send_signal(signal.SIGHUP)
            said(tracer.messages, "reloaded: 3 rules", 1)
            for number, target in enumerate(all_):
                target.ask("call", name="wanted", number=number)
                target.ask("call", name="unwanted", number=number)
    expect_equal(sorted(numbers(tracer, "wanted")), list(range(8)), "calls")
    expect_equal(tracer.by_rule(), {"wanted": 8}, "alerts")


@test()
def the_end_amid_it():
    """Asked to end, or killed, while it reloads: the targets go on."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with contextlib.ExitStack() as stack:
            all_ = [stack.enter_context(Target(host, "reload.py")) for _ in range(6)]
            for target in all_:
                target.ask("start", threads=2)
            tracer = Tracer([STEADY], *[target.pid for target in all_]).wait_ready()
            write(os.path.join(tracer.folder.name, "rules.yaml"), [WANTED, ACCESS])
            tracer.process.send_signal(signal.SIGHUP)
            time.sleep(0.03)
            if number == signal.SIGKILL:
                tracer.kill()
            else:
                tracer.stop(number)
                expect_equal(tracer.status, 0, "status")
            for target in all_:
                expect(target.ask("stop")["0"] > 0, "it does not go on")


@test("interpreter", where=few, alone=ALONE)
def changes_of_files(interpreter):
    """Without being asked, where a configuration names the files: also as a ConfigMap changes, by one rename of a link."""
    mine = token()
    with Target(interpreter, "reload.py", mine) as target:
        with Service(targets(shop='{ cmdline: "%s" }' % mine), yaml([STEADY])) as service:
            folder = service.folder.name
            for number, rules in enumerate(([WANTED], [UNWANTED])):
                os.mkdir(os.path.join(folder, "..%d" % number))
                write(os.path.join(folder, "..%d" % number, "rules.yaml"), rules)
            os.symlink("..0", os.path.join(folder, "..data"))
            os.unlink(os.path.join(folder, "rules.yaml"))
            os.symlink("..data/rules.yaml", os.path.join(folder, "rules.yaml"))
            said(service.messages, "reloaded: ", 1)
            target.ask("call", name="wanted", number=1)
            os.symlink("..1", os.path.join(folder, "..data_tmp"))
            os.rename(os.path.join(folder, "..data_tmp"), os.path.join(folder, "..data"))
            said(service.messages, "reloaded: ", 2)
            target.ask("call", name="wanted", number=2)
            target.ask("call", name="unwanted", number=3)
            target.ask("call", name="wanted", number=4)
    expect_equal([(alert["target"], alert["rule"]["name"], alert["args"]["number"]) for alert in service.alerts],
                 [("shop", "wanted", 1), ("shop", "unwanted", 3)], "alerts")


@test(alone=ALONE)
def other_files():
    """A configuration that names other rules: they are read, once, and watched from then on."""
    mine = token()
    with Target(host, "reload.py", mine) as target:
        with Service(targets(shop='{ cmdline: "%s" }' % mine), yaml([STEADY])) as service:
            folder, configured = service.folder.name, targets(shop='{ cmdline: "%s" }' % mine)
            write(os.path.join(folder, "other.yaml"), [WANTED])
            write(os.path.join(folder, "config.yaml"), "rules: other.yaml\noutput: alerts.json\nformat: json\n" + configured)
            said(service.messages, "reloaded: ", 1)
            target.ask("call", name="wanted", number=1)
            time.sleep(4)
            expect_equal(sum("reloaded" in line for line in service.messages), 1, "reloads")
            write(os.path.join(folder, "other.yaml"), [UNWANTED])
            said(service.messages, "reloaded: ", 2)
            target.ask("call", name="wanted", number=2)
            target.ask("call", name="unwanted", number=3)
    expect_equal([alert["args"]["number"] for alert in service.alerts], [1, 3], "calls that were seen")


@test(alone=ALONE)
def who_is_traced():
    """Targets that are others now: who fits no more is let go of, who fits is attached to, and a name is another one."""
    mine, other = token(), token()
    rules = "rules: rules.yaml\noutput: alerts.json\nformat: json\n"
    with Target(host, "load.py", mine) as first, Target(host, "load.py", other) as second:
        with Service(targets(shop='{ cmdline: "%s" }' % mine)) as service:
            path = os.path.join(service.folder.name, "config.yaml")
            first.ask("watched", command="1")
            second.ask("watched", command="2")
            write(path, rules + targets(rest='{ cmdline: "%s|%s" }' % (mine, other)))
            said(service.messages, "reloaded: ", 1)
            first.ask("watched", command="3")
            second.ask("watched", command="4")
            write(path, rules + targets(rest='{ cmdline: "%s" }' % other))
            said(service.messages, "reloaded: ", 2)
            first.ask("watched", command="5")
            second.ask("watched", command="6")
            with Target(host, "load.py", other) as third, Target(host, "load.py", mine) as fourth:
                third.ask("watched", command="7")
                fourth.ask("watched", command="8")
    expect(not any("next start" in line for line in service.messages), "it warns: %s", service.messages)
    expect_equal(service.seen(), [("shop", "1"), ("rest", "3"), ("rest", "4"), ("rest", "6"), ("rest", "7")], "alerts")


@test(alone=ALONE)
def what_a_reload_does_not_change():
    """It is said, and does not keep the rest from changing."""
    mine = token()
    with Target(host, "load.py", mine) as target:
        with Service(targets(shop='{ cmdline: "%s" }' % mine)) as service:
            write(os.path.join(service.folder.name, "config.yaml"),
                  "rules: rules.yaml\noutput: alerts.json\nformat: json\nrate: 20000\n" + targets(rest='{ cmdline: "%s" }' % mine))
            line = said(service.messages, "warning: ", 1)
            expect("config.yaml" in line and "counts from the next start on" in line, "it said: %s", line)
            said(service.messages, "reloaded: ", 1)
            target.ask("watched", command="1")
    expect_equal(service.seen(), [("rest", "1")], "alerts")


@test(alone=ALONE)
def outputs_of_a_service():
    """Without being asked: what is in the file at last is where alerts go."""
    mine = token()
    rules = "rules: rules.yaml\nformat: json\noutputs:\n  - { type: file, name: %s, path: %s }\n"
    with Target(host, "load.py", mine) as target:
        with Service(targets(shop='{ cmdline: "%s" }' % mine)) as service:
            path = os.path.join(service.folder.name, "config.yaml")
            target.ask("watched", command="1")
            time.sleep(0.5)
            write(path, rules % ("x", "no/such/folder") + targets(shop='{ cmdline: "%s" }' % mine))
            line = said(service.messages, "error: outputs: ", 1)
            expect("no/such/folder" in line, "it said: %s", line)
            said(service.messages, "error: not reloaded (the files have changed)", 1)
            target.ask("watched", command="2")
            time.sleep(3)
            expect_equal(sum("not reloaded" in line for line in service.messages), 1, "tries with the same files")
            write(path, rules % ("x", "other.json") + targets(rest='{ cmdline: "%s" }' % mine))
            said(service.messages, "reloaded: ", 1)
            target.ask("watched", command="3")
            deadline = time.monotonic() + 10
            while not read_alerts(service, "other.json"):
                expect(time.monotonic() < deadline, "no alert there")
                time.sleep(0.05)
            other = read_alerts(service, "other.json")
    expect_equal(service.seen(), [("shop", "1"), ("shop", "2")], "alerts of the former output")
    expect_equal([(alert["target"], alert["args"]["command"]) for alert in other], [("rest", "3")], "alerts of the other one")
