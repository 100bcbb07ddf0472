# SPDX-License-Identifier: GPL-2.0-only
"""What happens to the file or the reader that alerts go to while the tracer is at work: moved, deleted, full, shared, gone."""

import glob
import json
import os
import pty
import select
import signal
import socket
import subprocess
import tempfile
import time

from harness import expect, expect_equal, test
from interpreters import Interpreter
from target import Target
from tracer import BINARY, rule, yaml

SOON = 8  # a busy machine takes its time; all of this takes less than two seconds
host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
RULES = yaml([rule("watched", file="load.py", value={"command": "$func_args[command]"})])


def wait_for(what, condition):
    deadline = time.monotonic() + 10
    while not condition():
        expect(time.monotonic() < deadline, "%s", what)
        time.sleep(0.02)


class Tracing:
    """A tracer of a target, which writes to .file, or to `stdout` if that is given; `rotate`: a mapping in YAML."""

    def __init__(self, target, folder, *options, stdout=None, rotate=None, **popen):
        self.target = target
        self.folder = folder
        self.file = os.path.join(folder, "alerts")
        rules = os.path.join(tempfile.gettempdir(), "rules.yaml")
        with open(rules, "w") as file:
            file.write(RULES)
        words = [BINARY, "--pid", str(target.pid), "--rules", rules, "--format", "json", *options]
        if rotate:
            config = os.path.join(tempfile.gettempdir(), "config.yaml")
            with open(config, "w") as file:
                file.write("outputs: [{ type: file, path: %s, rotate: %s }]\n" % (self.file, rotate))
            words += ["--config", config]
        elif not stdout:
            words += ["--output", self.file]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL,
                                        stdout=stdout or subprocess.DEVNULL, stderr=subprocess.PIPE, **popen)
        self.said = []
        self.unread = b""
        self.calls = 0
        self.wait_said("ready: ")

    def wait_said(self, *words):
        """Reads messages until one has all the words."""
        deadline = time.monotonic() + 20
        while True:
            while b"\n" not in self.unread:
                left = max(0, deadline - time.monotonic())
                data = select.select([self.process.stderr], [], [], left)[0] and os.read(self.process.stderr.fileno(), 1 << 16)
                expect(data, "it did not say %r but: %s", words, self.said)
                self.unread += data
            line, self.unread = self.unread.split(b"\n", 1)
            self.said.append(line.decode())
            if all(word in self.said[-1] for word in words):
                return

    def call(self, command, times=1):
        """So many calls by that name, with long stacks if there are many."""
        deep = times // 100
        for _ in range(deep):
            self.target.ask("watched", command=command, depth=99)
        for _ in range(times % 100):
            self.target.ask("watched", command=command)
        self.calls += times

    def alerts(self, path=None):
        """What stands there, by lines; what is none is an error, but for a last one that is just being written."""
        with open(path or self.file) as file:
            whole = file.read().rpartition("\n")[0]
        return [json.loads(line)["value"]["command"] for line in whole.split("\n") if whole]

    def wait_alert(self, command, path=None):
        wait_for("no alert %s: %s" % (command, self.said),
                 lambda: os.path.exists(path or self.file) and command in self.alerts(path))

    def end(self, status=0, number=signal.SIGINT):
        """Ends it; returns its counters."""
        start = time.monotonic()
        if number:
            self.process.send_signal(number)
        try:
            _, rest = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            raise AssertionError("it did not end") from None
        expect(time.monotonic() - start < SOON, "the end took %.1f s", time.monotonic() - start)
        self.said += (self.unread + rest).decode().splitlines()
        expect_equal(self.process.returncode, status, "status; it said: %s" % self.said)
        summary = next(line for line in self.said if "summary: " in line).split("summary: ")[1]
        return {key: int(number) for key, number in (word.rsplit(" ", 1) for word in summary.strip().split(", "))}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


def nothing_lost(tracing, summary, found):
    expect_equal((summary["alerts"], summary["lost"]), (tracing.calls, 0), "alerts, lost")
    expect_equal(len(found), tracing.calls, "alerts found")


@test()
def moved_deleted_and_replaced():
    """The next alert is in the file that has the name, without any signal; none is lost."""
    with tempfile.TemporaryDirectory() as folder, Target(host, "load.py") as target, Tracing(target, folder) as tracing:
        tracing.call("one")
        tracing.wait_alert("one")
        os.rename(tracing.file, tracing.file + ".1")
        tracing.call("two")
        tracing.wait_alert("two")
        expect_equal(tracing.alerts(tracing.file + ".1"), ["one"], "what is in the old one")
        expect_equal(os.stat(tracing.file).st_mode & 0o7777, 0o600, "mode of the new one")
        # As logrotate's `create` does.
        os.rename(tracing.file, tracing.file + ".2")
        os.close(os.open(tracing.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640))
        tracing.call("three")
        tracing.wait_alert("three")
        deleted = tracing.alerts()
        os.unlink(tracing.file)
        tracing.call("four")
        tracing.wait_alert("four")
        # As its `copytruncate` does.
        copied = tracing.alerts()
        os.truncate(tracing.file, 0)
        tracing.call("five")
        tracing.wait_alert("five")
        expect_equal(tracing.alerts(), ["five"], "what is in a file that was cut")
        # Nothing is called, and the file is there all the same.
        os.unlink(tracing.file)
        wait_for("no new file", lambda: os.path.exists(tracing.file))
        found = tracing.alerts(tracing.file + ".1") + tracing.alerts(tracing.file + ".2") + deleted + copied + ["five"]
        nothing_lost(tracing, tracing.end(), found)


@test()
def rotated_by_signal():
    """SIGHUP and SIGUSR1, while the target calls; every alert is in one of the files."""
    with tempfile.TemporaryDirectory() as folder, Target(host, "load.py") as target, Tracing(target, folder) as tracing:
        for round, number in enumerate([signal.SIGHUP, signal.SIGUSR1] * 3):
            tracing.call("busy", 300)
            wait_for("no file", lambda: os.path.exists(tracing.file))
            os.rename(tracing.file, "%s.%d" % (tracing.file, round))
            tracing.process.send_signal(number)
            tracing.call("busy", 300)
            # More than that at a time is for who measures rates.
            wait_for("not all alerts", lambda: sum(len(tracing.alerts(path)) for path in glob.glob(tracing.file + "*")) == tracing.calls)
        tracing.call("last")
        tracing.wait_alert("last")
        summary = tracing.end()
        nothing_lost(tracing, summary, sum((tracing.alerts(path) for path in glob.glob(tracing.file + "*")), []))
        expect(sum("is opened anew" in line for line in tracing.said) >= 1, "it said: %s", tracing.said)


@test()
def a_name_that_is_refused():
    """What somebody put there is not written to; alerts go on into the file that they have, until there is none."""
    with tempfile.TemporaryDirectory() as folder, Target(host, "load.py") as target, Tracing(target, folder) as tracing:
        tracing.call("one")
        tracing.wait_alert("one")
        os.rename(tracing.file, tracing.file + ".1")
        with open(os.path.join(folder, "victim"), "w"):
            pass
        os.symlink("victim", tracing.file)
        tracing.call("two")
        tracing.wait_alert("two", tracing.file + ".1")
        tracing.wait_said("it is a symbolic link")
        # Now there is nowhere to go: they wait.
        os.unlink(tracing.file + ".1")
        tracing.call("three")
        tracing.wait_said("alerts cannot be written")
        expect_equal(os.path.getsize(os.path.join(folder, "victim")), 0, "size of what the link leads to")
        os.unlink(tracing.file)
        tracing.wait_alert("three")
        tracing.wait_said("can be written again; 0 were lost")
        tracing.call("four")
        summary = tracing.end()
        expect_equal(tracing.alerts(), ["three", "four"], "alerts in the new file")
        expect_equal((summary["alerts"], summary["lost"]), (4, 0), "alerts, lost")


@test()
def signals_without_a_file():
    """There is nothing to open anew; it goes on."""
    reader, writer = os.pipe()
    with Target(host, "load.py") as target, Tracing(target, "", stdout=writer) as tracing:
        os.close(writer)
        for number in (signal.SIGHUP, signal.SIGUSR1):
            tracing.process.send_signal(number)
            tracing.wait_said(number.name, "no file to open anew")
        tracing.call("one")
        expect_equal(tracing.end()["alerts"], 1, "alerts")
        expect_equal(os.read(reader, 1 << 16).count(b"\n"), 1, "lines")
    os.close(reader)


def in_terminal(path):
    """A session of its own with that terminal."""
    os.setsid()
    os.close(os.open(path, os.O_RDWR))


@test()
def the_terminal_that_it_was_started_in():
    """Once that is gone SIGHUP asks it to end; before, to open its file anew."""
    master, slave = pty.openpty()
    with tempfile.TemporaryDirectory() as folder, Target(host, "load.py") as target:
        name = os.ttyname(slave)
        with Tracing(target, folder, preexec_fn=lambda: in_terminal(name)) as tracing:
            os.close(slave)
            tracing.process.send_signal(signal.SIGHUP)
            tracing.wait_said("SIGHUP", "is opened anew")
            tracing.call("one")
            os.close(master)  # the kernel sends it
            expect_equal(tracing.end(number=None)["alerts"], 1, "alerts")
            expect_equal(tracing.alerts(), ["one"], "alerts in the file")


def socket_pair():
    reader, writer = socket.socketpair()
    return reader.detach(), writer.detach()


@test()
def a_reader_who_has_gone():
    """It ends at once and says so, whether there is an alert to write or not."""
    for pair in (os.pipe, socket_pair, pty.openpty):
        for calls in (0, 1, 900):
            reader, writer = pair()
            with Target(host, "load.py") as target, Tracing(target, "", stdout=writer) as tracing:
                os.close(writer)
                tracing.call("one", calls)
                os.close(reader)
                summary = tracing.end(status=1, number=None)
                expect(any("whoever reads the alerts has gone" in line for line in tracing.said), "it said: %s", tracing.said)
                expect_equal(summary["alerts"], calls, "alerts")


@test()
def a_reader_of_run_who_has_gone():
    """The tracer ends; the program that it started goes on as if nothing were."""
    reader, writer = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        rules, done = os.path.join(folder, "rules.yaml"), os.path.join(folder, "done")
        with open(rules, "w") as file:
            file.write(RULES)
        tracer = subprocess.Popen(
            [BINARY, "run", "--rules", rules, "--", *host.argv, "-c",
             "import sys, time; sys.stdin.read(); open(%r, 'w').write('done')" % done],
            stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.PIPE, text=True)
        os.close(writer)
        try:
            expect("ready" in tracer.stderr.readline(), "not ready")
            # The program holds the other end of the pipe as well, and is none who reads it.
            os.close(reader)
            expect_equal(tracer.wait(SOON), 1, "status")
            tracer.stdin.close()
            wait_for("the program did not end in its own way",
                     lambda: os.path.exists(done) and os.path.getsize(done))
        finally:
            tracer.kill()
            tracer.wait()
            tracer.stderr.close()


@test()
def another_reader_of_a_fifo():
    """One who has gone may come back."""
    with tempfile.TemporaryDirectory() as folder, Target(host, "load.py") as target:
        fifo = os.path.join(folder, "alerts")
        os.mkfifo(fifo)
        first = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        with Tracing(target, folder) as tracing:
            tracing.call("one")
            wait_for("no alert in the FIFO", lambda: select.select([first], [], [], 0)[0])
            expect_equal(os.read(first, 1 << 16).count(b"\n"), 1, "lines of the first reader")
            os.close(first)
            tracing.call("two")
            tracing.wait_said("alerts cannot be written", "Broken pipe")
            second = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
            tracing.wait_said("can be written again; 0 were lost")
            expect_equal(json.loads(os.read(second, 1 << 16))["value"]["command"], "two", "the second reader's alert")
            expect_equal(tracing.end()["lost"], 0, "lost")
            os.close(second)


class Disk:
    """A small disk with little room left."""

    def __init__(self, room):
        self.path = tempfile.mkdtemp()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "none", self.path], check=True)
        self.ballast = os.path.join(self.path, "ballast")
        with open(self.ballast, "wb") as file:
            file.write(bytes((4 << 20) - room))

    def free(self):
        os.unlink(self.ballast)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        subprocess.run(["umount", "--lazy", self.path], check=True)
        os.rmdir(self.path)


@test()
def a_full_disk():
    """What fits into memory waits for room, more is lost and counted; no line is mixed with another."""
    for times, exact in ((60, True), (900, False)):
        with Disk(16384) as disk, Target(host, "load.py") as target, Tracing(target, disk.path) as tracing:
            tracing.call("before", times)
            tracing.wait_said("alerts cannot be written", "No space left")
            with open(tracing.file) as file:
                expect(not file.read().endswith("\n"), "the disk was full between two lines: try another size")
            disk.free()
            tracing.wait_said("can be written again")
            tracing.call("after")
            tracing.wait_alert("after")
            summary = tracing.end()
            found = tracing.alerts()
            lost = summary.get("lost_unwritten", 0)
            expect_equal((summary["alerts"], summary["lost"], summary["alerts"] - lost),
                         (tracing.calls, lost, len(found)), "alerts, lost, alerts in the file")
            expect_equal(bool(lost), not exact, "was something lost: %s" % summary)


@test()
def a_disk_that_stays_full():
    """It ends with a failure; the next one begins a line of its own."""
    with Disk(16384) as disk, Target(host, "load.py") as target:
        with Tracing(target, disk.path) as tracing:
            tracing.call("before", 50)
            tracing.wait_said("alerts cannot be written")
            summary = tracing.end(status=1)
            expect(any("could not be written" in line and "No space left" in line for line in tracing.said[-1:]),
                   "it said: %s", tracing.said)
            with open(tracing.file) as file:
                lines = file.read().split("\n")
            expect(lines[-1], "the disk was full between two lines: try another size")
            expect_equal(summary["alerts"], 50, "alerts")
            expect_equal(summary["lost_unwritten"], 50 - len(lines) + 1, "lost (%s)" % summary)
        disk.free()
        with Tracing(target, disk.path) as tracing:
            tracing.call("next")
            tracing.end()
        with open(tracing.file) as file:
            after = file.read().split("\n")
        expect_equal(after[:len(lines)], lines, "what was there")
        expect_equal(json.loads(after[len(lines)])["value"]["command"], "next", "the next alert")


@test()
def two_tracers_of_a_full_disk():
    """They append to one file, which is full in between: each alert is on a line of its own, or counted."""
    with Disk(65536) as disk, Target(host, "load.py") as target, Target(host, "load.py") as other:
        with Tracing(target, disk.path) as one, Tracing(other, disk.path) as two:
            for tracing in (one, two, one, two):
                tracing.call("before", 45)
            one.wait_said("alerts cannot be written")
            two.wait_said("alerts cannot be written")
            disk.free()
            one.wait_said("can be written again")
            two.wait_said("can be written again")
            one.call("after", 300)
            two.call("after", 300)
            expect_equal([tracing.end()["lost"] for tracing in (one, two)], [0, 0], "lost")
        found, torn = [], []
        with open(one.file) as file:
            for line in file.read().splitlines():
                try:
                    found.append(json.loads(line)["process"]["pid"])
                except ValueError:
                    torn.append(line)
        expect_equal([found.count(t.pid) for t in (target, other)], [one.calls, two.calls], "alerts of each")
        # The beginning of an alert that is whole further down, behind what the other one wrote.
        expect(len(torn) <= 2, "%d lines are none: %s", len(torn), torn)


@test()
def two_tracers_of_one_file():
    with tempfile.TemporaryDirectory() as folder, Target(host, "load.py") as target, Target(host, "load.py") as other:
        with Tracing(target, folder) as one, Tracing(other, folder) as two:
            for _ in range(10):
                for tracing in (one, two):
                    tracing.target.send("watched", command="x", depth=99)
                for tracing in (one, two):
                    tracing.target.answer(30)
                    tracing.calls += 100
            for tracing in (one, two):
                expect_equal(tracing.end()["lost"], 0, "lost")
            expect_equal(len(one.alerts()), one.calls + two.calls, "alerts")


@test()
def a_file_that_may_not_grow():
    """As by `ulimit -f`: the signal for it does not end the tracer."""
    with tempfile.TemporaryDirectory() as folder, Target(host, "load.py") as target:
        with Tracing(target, folder, preexec_fn=_limit_files) as tracing:
            tracing.call("one", 100)
            tracing.wait_said("alerts cannot be written", "File too large")
            tracing.end(status=1)


def _limit_files():
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))
