# SPDX-License-Identifier: GPL-2.0-only
"""`targets` of a configuration: processes are traced for what they are, those that there are and those that come."""

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import uuid

from harness import expect, expect_equal, test
from interpreters import HERE, Interpreter, few
from target import ENVIRONMENT, Target
from tracer import BINARY, rule, yaml

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
NOBODY = 65534
ALONE = "it hears of each program that is started on the machine, and counts what it could not follow"
RULES = yaml([rule("watched", file="load.py"), rule("watched", file="early.py", name="early")])


class Service:
    """A tracer with a configuration, whose `targets` and `exclude` are given.  As a context manager it is ready, and has ended after."""

    def __init__(self, text, rules=RULES, wrapper=()):
        self.folder = tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-")
        self.output = os.path.join(self.folder.name, "alerts.json")
        for name, content in (("rules.yaml", rules),
                              ("config.yaml", "rules: rules.yaml\noutput: alerts.json\nformat: json\n" + text)):
            with open(os.path.join(self.folder.name, name), "w") as file:
                file.write(content)
        self.process = subprocess.Popen([*wrapper, BINARY, "--config", os.path.join(self.folder.name, "config.yaml")],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.messages = []
        self._reader = threading.Thread(target=self._read, daemon=True)

    def _read(self):
        for line in self.process.stderr:
            self.messages.append(line.rstrip("\n"))

    def __enter__(self):
        self._reader.start()
        deadline = time.monotonic() + 60
        while not any(" ready: " in line for line in list(self.messages)):
            if self.process.poll() is not None:
                self._reader.join(10)
            expect(self.process.poll() is None and time.monotonic() < deadline, "not ready (status %s): %s", self.process.returncode,
                   self.messages)
            time.sleep(0.005)
        return self

    def __exit__(self, kind, error, trace):
        self.process.send_signal(signal.SIGKILL if kind else signal.SIGINT)
        self.process.wait(60)
        self._reader.join(10)
        self.process.stdout.close()
        self.process.stderr.close()
        if kind:
            return
        expect_equal(self.process.returncode, 0, "status (%s)" % self.messages)
        self.summary = dict(re.findall(r"([a-z_]+) (\d+)", self.messages[-1]))
        expect_equal(self.summary.get("lost"), "0", "lost: %s" % self.messages[-1])
        with open(self.output) as file:
            self.alerts = [json.loads(line) for line in file]
        self.folder.cleanup()

    def seen(self):
        """Of each alert its target and the argument."""
        return [(alert["target"], alert["args"]["command"]) for alert in self.alerts]


def token():
    """What stands in the command line of a test's own processes only."""
    return "token-" + uuid.uuid4().hex


def targets(**matches):
    return "targets:\n" + "".join("  - { name: %s, match: %s }\n" % pair for pair in matches.items())


def early(interpreter, *arguments, wrapper=(), **popen):
    """Runs a short life to its end."""
    folder = interpreter.place(os.path.join(HERE, "targets"))
    done = subprocess.run([*wrapper, *interpreter.argv, os.path.join(folder, "early.py"), *arguments], env=ENVIRONMENT,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, **popen)
    expect_equal((done.returncode, done.stderr), (0, b""), "status and errors")


@test("interpreter", where=few, alone=ALONE)
def those_there_are_and_those_that_come(interpreter):
    mine = token()
    with Target(interpreter, "load.py", mine) as old, Target(interpreter, "load.py", "other") as other:
        with Service(targets(shop='{ cmdline: "%s" }' % mine)) as service:
            old.ask("watched", command="old")
            with Target(interpreter, "load.py", mine) as new:
                new.ask("watched", command="new")
            with Target(interpreter, "load.py", "another") as another:
                another.ask("watched", command="another")
            other.ask("watched", command="other")
    expect(" ready: 1 process traced" in service.messages[-2], "it said: %s", service.messages[-2])
    expect_equal(service.seen(), [("shop", "old"), ("shop", "new")], "alerts")


@test("interpreter", where=few, alone=ALONE)
def from_the_first_line_on(interpreter):
    """Of an interpreter that was seen before nothing is missed, however short a process lives."""
    mine = token()
    with Target(interpreter, "load.py", mine):
        with Service(targets(shop='{ cmdline: "%s" }' % mine)) as service:
            for number in range(20):
                early(interpreter, str(number), mine)
                early(interpreter, "not mine", "x")
    expect_equal(service.seen(), [("shop", str(number)) for number in range(20)], "alerts")


@test("interpreter", where=few, alone=ALONE)
def an_interpreter_nobody_ran_before(interpreter):
    """Nothing is known of it yet: the first process may be seen late, and that is said; those after it are not."""
    mine = token()
    with Service(targets(shop='{ cmdline: "%s" }' % mine)) as service:
        with Target(interpreter, "load.py", mine) as first:
            first.ask("watched", command="first")
            early(interpreter, "second", mine)
    expect_equal(service.seen(), [("shop", "first"), ("shop", "second")], "alerts")


@test(alone=ALONE)
def the_first_that_fits():
    """And nobody who is excluded.  A user is one by number and by name."""
    mine = token()
    text = targets(nobody='{ user: [nobody, 4000000], cmdline: "%s" }' % mine,
                   rest='{ exe: ["/nowhere", "%s*"], cmdline: "%s" }' % (host.argv[0][:-2], mine))
    with Target(host, "load.py", mine), Service(text + "exclude: [{ cmdline: 'quiet.*%s' }]\n" % mine) as service:
        early(host, "root", mine)
        early(host, "nobody", mine, user=NOBODY, group=NOBODY)
        early(host, "number", mine, user=4000000)
        early(host, "quiet", mine)
        early(host, "root again", mine)
    expect_equal(service.seen(), [("rest", "root"), ("nobody", "nobody"), ("nobody", "number"), ("rest", "root again")], "alerts")


@test(alone=ALONE)
def what_a_process_becomes():
    """Who execs is chosen anew."""
    mine = token()
    script = os.path.join(host.place(os.path.join(HERE, "targets")), "early.py")
    # What stands behind is of the program that it execs.
    with Target(host, "load.py", mine), Service(targets(shop="{ cmdline: '^[^ ]+ [^ ]+\\.py [a-zP ]*%s' }" % mine)) as service:
        early(host, "fits", mine, host.argv[0], script, "fits no more", "x")
        early(host, "fits not", "x", host.argv[0], script, "fits now", mine)
        early(host, "no Python", mine, "/bin/sh", "-c", "exec '%s' '%s' 'by a shell' %s" % (host.argv[0], script, mine))
        subprocess.run(["sh", "-c", "'%s' '%s' 'in a shell' %s; :" % (host.argv[0], script, mine)], check=True, env=ENVIRONMENT)
    expect_equal(service.seen(), [("shop", "fits"), ("shop", "fits now"), ("shop", "no Python"), ("shop", "by a shell"),
                                  ("shop", "in a shell")], "alerts")


@test(alone=ALONE)
def programs_of_shells():
    """A shell that fits nothing has forked already when it is let go of, and what it runs fits."""
    mine, numbers = token(), [str(number) for number in range(48)]
    script = os.path.join(host.place(os.path.join(HERE, "targets")), "early.py")
    # Of an interpreter that nobody has run the first may be over before it is looked at: this one has.
    with Target(host, "load.py", "99", mine), Service(targets(shop="{ cmdline: '^[^ ]+ [^ ]+\\.py [0-9]+ %s' }" % mine)) as service:
        for first in range(0, len(numbers), 6):
            shells = [subprocess.Popen(["sh", "-c", "'%s' '%s' %s %s; :" % (host.argv[0], script, number, mine)], env=ENVIRONMENT)
                      for number in numbers[first:first + 6]]
            expect_equal([shell.wait(60) for shell in shells], [0] * len(shells), "statuses")
    expect_equal(sorted(service.seen(), key=lambda seen: int(seen[1])), [("shop", number) for number in numbers], "alerts")
    expect(" lost 0" in service.messages[-1], "it said: %s", service.messages[-1])


@test(alone=ALONE)
def a_tracer_that_stands_still():
    """What starts meanwhile goes on after a tenth of a second; what was not seen of it for that is counted."""
    mine = token()
    for key, missed in (("", 0), (", user: root", 3)):
        with Target(host, "load.py", mine), Service(targets(all="{ cmdline: %s%s }" % (mine, key))) as service:
            early(host, "before", mine)
            service.process.send_signal(signal.SIGSTOP)
            for number in range(3):
                start = time.monotonic()
                early(host, "meanwhile", mine)
                expect(time.monotonic() - start < 5, "a start took %.1f s", time.monotonic() - start)
            service.process.send_signal(signal.SIGCONT)
            early(host, "after", mine)
        expect_equal([said for _, said in service.seen()], ["before"] + ["meanwhile"] * (3 - missed) + ["after"], "alerts%s" % key)
        expect_equal(int(service.summary.get("programs_unseen", 0)), missed, "programs_unseen%s (%s)" % (key, service.messages))


def entries(pid, name):
    """The keys in a map of a tracer, but for the process that reads them."""
    ids = set()
    for number in os.listdir("/proc/%d/fdinfo" % pid):
        with contextlib.suppress(FileNotFoundError), open("/proc/%d/fdinfo/%s" % (pid, number)) as file:
            ids.update(re.findall(r"map_id:\s+(\d+)", file.read()))
    own = [json.loads(subprocess.check_output(["bpftool", "-j", "map", "show", "id", number])) for number in sorted(ids)]
    number, = (entry["id"] for entry in own if entry["name"] == name)
    with subprocess.Popen(["bpftool", "-j", "map", "dump", "id", str(number)], stdout=subprocess.PIPE) as dump:
        keys = {str(entry["key"]) for entry in json.load(dump.stdout)}
    # The tracer has just been told of that one, too.
    return keys - {str(["0x%02x" % byte for byte in dump.pid.to_bytes(4, "little")])}


@test(alone="it counts what the kernel keeps of a tracer, and starts programs as fast as it can")
def nothing_is_left_of_those_that_went():
    mine = token()
    with Target(host, "load.py", mine), Service(targets(shop='{ cmdline: "%s" }' % mine)) as service:
        def kept():
            pid = service.process.pid
            return entries(pid, "procs"), entries(pid, "shares"), len(os.listdir("/proc/%d/fd" % pid))

        def go_by(number):
            for _ in range(number):
                early(host, "x", mine)
                subprocess.run(["true", mine], check=True)
            return lasting(kept)

        # Some probes of an interpreter are put on when they are needed first.
        before = go_by(20)
        after = go_by(60)
        # One process, whose share has two entries.
        expect_equal([len(keys) for keys in after[:2]], [1, 2], "processes, shares")
        expect(after[2] <= before[2] + 2, "%d descriptors became %d", before[2], after[2])
    expect_equal(len(service.alerts), 80, "alerts")


def lasting(kept, seconds=8):
    """What is there now and is still there when all else has been forgotten: programs start meanwhile, these looks among them."""
    then = kept()
    time.sleep(seconds)
    now = kept()
    return then[0] & now[0], then[1] & now[1], now[2]


@test(alone=ALONE)
def nobody_fits():
    """It waits for one, and ends as it is asked to."""
    with Service(targets(shop='{ cmdline: "%s" }' % token())) as service:
        early(host, "x", "y")
    expect(" ready: 0 processes traced" in service.messages[0], "it said: %s", service.messages[0])
    expect_equal(service.alerts, [], "alerts")


@test(alone=ALONE)
def named_on_the_command_line():
    """Then `targets` do not matter."""
    with Target(host, "load.py", "x") as target, Target(host, "load.py", "fits") as other:
        with tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-") as folder:
            with open(os.path.join(folder, "rules.yaml"), "w") as file:
                file.write(RULES)
            with open(os.path.join(folder, "config.yaml"), "w") as file:
                file.write("rules: rules.yaml\n" + targets(shop="{ cmdline: fits }"))
            tracer = subprocess.Popen([BINARY, "--config", os.path.join(folder, "config.yaml"), "--pid", str(target.pid),
                                       "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            with contextlib.ExitStack() as stack:
                stack.callback(tracer.kill)
                expect("ready: pid %d" % target.pid in tracer.stderr.readline(), "not ready")
                other.ask("watched", command="other")
                target.ask("watched", command="named")
                tracer.send_signal(signal.SIGINT)
                output, _ = tracer.communicate(timeout=30)
    alerts = [json.loads(line) for line in output.splitlines()]
    expect_equal([(alert["args"]["command"], "target" in alert) for alert in alerts], [("named", False)], "alerts")
