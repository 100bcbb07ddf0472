# SPDX-License-Identifier: GPL-2.0-only
"""Files that the tracer moves away by itself, at their size or age: while it is killed, with another tracer, on a full disk."""

import contextlib
import glob
import json
import os
import random
import signal
import tempfile
import time

from harness import expect, expect_equal, test
from interpreters import Interpreter
from target import Target
from test_rotation import Disk, Tracing, nothing_lost, wait_for

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))


@contextlib.contextmanager
def traced(rotate, folder=None):
    with contextlib.ExitStack() as stack:
        folder = folder or stack.enter_context(tempfile.TemporaryDirectory())
        target = stack.enter_context(Target(host, "load.py"))
        yield target, stack.enter_context(Tracing(target, folder, rotate=rotate))


def old_files(path):
    """Those that were moved away, the oldest first."""
    return sorted((name for name in glob.glob(glob.escape(path) + ".*") if name.rsplit(".", 1)[1].isdigit()),
                  key=lambda name: -int(name.rsplit(".", 1)[1]))


def all_alerts(tracing):
    return [command for path in [*old_files(tracing.file), tracing.file] for command in tracing.alerts(path)]


def burst(target, numbers):
    """Asks for them all at once; the answers are to be read."""
    for number in numbers:
        target.send("watched", command=str(number))


@test()
def by_size():
    """So many are kept, each of its size and its owner's alone; the next run goes on with the file."""
    with tempfile.TemporaryDirectory() as folder, Target(host, "load.py") as target:
        calls = 0
        for _ in range(2):
            with Tracing(target, folder, rotate="{ size: 8K, keep: 3 }") as tracing:
                for number in range(calls, calls + 50):
                    tracing.call(str(number))
                calls += 50
                expect_equal(tracing.end()["lost"], 0, "lost")
        found = all_alerts(tracing)
        expect_equal(old_files(tracing.file), ["%s.%d" % (tracing.file, n) for n in (3, 2, 1)], "files")
        expect_equal(found, [str(number) for number in range(calls - len(found), calls)], "alerts, in order")
        largest = max(map(len, open(tracing.file + ".1")))
        for path in old_files(tracing.file):
            expect(8192 <= os.path.getsize(path) < 8192 + largest + 100, "%s has %d bytes", path, os.path.getsize(path))
            expect_equal(os.stat(path).st_mode & 0o7777, 0o600, "mode of %s" % path)
        expect_equal(os.stat(tracing.file).st_mode & 0o7777, 0o600, "mode of the last one")


@test()
def by_age():
    """Also while nothing is written; counted from the birth of the file, whoever made it."""
    with tempfile.TemporaryDirectory() as folder, Target(host, "load.py") as target:
        with Tracing(target, folder, rotate="{ age: 1h, keep: 2 }") as tracing:
            tracing.call("one")
            tracing.end()
        expect_equal(old_files(tracing.file), [], "files")
        time.sleep(3.1)
        with Tracing(target, folder, rotate="{ age: 3s, keep: 2 }") as tracing:
            wait_for("it is not moved away", lambda: os.path.exists(tracing.file + ".1"))
            expect_equal(tracing.alerts(tracing.file + ".1"), ["one"], "what is in the old one")
            time.sleep(4)
            expect(not os.path.exists(tracing.file + ".2"), "an empty file was moved away")
            tracing.call("two")
            tracing.wait_alert("two")
            expect_equal(tracing.end()["lost"], 0, "lost")


def are_all_there(tracing):
    try:
        return sum(len(tracing.alerts(path)) for path in glob.glob(tracing.file + "*")) == tracing.calls
    except FileNotFoundError:  # one is just being moved
        return False


@test()
def with_signals_and_whoever_else_moves_it():
    with traced("{ size: 4K, keep: 1000 }") as (target, tracing):
        for round, number in enumerate([signal.SIGHUP, signal.SIGUSR1] * 3):
            tracing.call("busy", 100)
            wait_for("no file", lambda: os.path.exists(tracing.file))
            os.rename(tracing.file, "%s.moved%d" % (tracing.file, round))
            tracing.process.send_signal(number)
            tracing.call("busy", 100)
            # More than that at a time is for who measures rates.
            wait_for("not all alerts", lambda: are_all_there(tracing))
        summary = tracing.end()
        expect(len(old_files(tracing.file)) >= 2, "files: %s", old_files(tracing.file))
        nothing_lost(tracing, summary, sum((tracing.alerts(path) for path in glob.glob(tracing.file + "*")), []))


@test()
def what_is_in_the_way():
    """A link at a name that it would take: nothing is moved, all goes on into the file."""
    with traced("{ size: 1K, keep: 2 }") as (target, tracing):
        victim = os.path.join(os.path.dirname(tracing.file), "victim")
        with open(victim, "w") as file:
            file.write("mine")
        os.symlink("victim", tracing.file + ".1")
        tracing.call("x", 10)
        tracing.wait_said("cannot be rotated", "alerts.1 is no regular file")
        expect_equal(open(victim).read(), "mine", "what the link leads to")
        expect(os.path.islink(tracing.file + ".1"), "the link is no link any more")
        os.unlink(tracing.file + ".1")
        wait_for("it was not tried again", lambda: tracing.call("x") or os.path.exists(tracing.file + ".1"))
        summary = tracing.end()
        nothing_lost(tracing, summary, all_alerts(tracing))
        expect_equal(summary["not_rotated"], 1, "not rotated")


def whole_and_cut(path):
    """Numbers of the alerts that stand there, and lines that are none."""
    numbers, cut = [], []
    with open(path) as file:
        for line in file.read().splitlines():
            try:
                numbers.append(int(json.loads(line)["value"]["command"]))
            except ValueError:
                cut.append(line)
    return numbers, cut


@test()
def killed_while_it_rotates():
    """SIGKILL at any moment: of each run its first alerts are there, in order and once; only a line that was just being written is cut."""
    rounds, calls = 20, 60
    with tempfile.TemporaryDirectory() as folder, Target(host, "load.py") as target:
        for round in range(rounds):
            with Tracing(target, folder, rotate="{ size: 1K, keep: 1000 }") as tracing:
                files = len(old_files(tracing.file))
                burst(target, range(round * calls, (round + 1) * calls))
                wait_for("nothing is rotated", lambda: len(old_files(tracing.file)) > files)
                time.sleep(random.uniform(0, 0.01))
                tracing.process.kill()
                tracing.process.wait()
                for _ in range(calls):
                    target.answer(30)
        with Tracing(target, folder, rotate="{ size: 1K, keep: 1000 }") as tracing:
            tracing.call(str(rounds * calls), 3)
            expect_equal(tracing.end()["lost"], 0, "lost")
        found, cut = [], []
        for path in [*old_files(tracing.file), tracing.file]:
            numbers, others = whole_and_cut(path)
            found += numbers
            cut += others
        expect(len(cut) <= rounds, "lines that are cut: %s", cut)
        for round in range(rounds):
            own = [number for number in found if number // calls == round]
            expect_equal(own, list(range(round * calls, round * calls + len(own))), "alerts of round %d" % round)
            expect(own, "no alerts of round %d", round)
        expect_equal(found, sorted(found), "the order of the files")
        expect_equal(found[-3:], [rounds * calls] * 3, "the last run's")


@test()
def with_another_tracer():
    """They take turns: none of either's alerts is lost, doubled or cut, and no file is moved away that has not its size."""
    with tempfile.TemporaryDirectory() as folder, Target(host, "load.py") as target, Target(host, "load.py") as other:
        with Tracing(target, folder, rotate="{ size: 4K, keep: 1000 }") as one, \
                Tracing(other, folder, rotate="{ size: 4K, keep: 1000 }") as two:
            for tracing, name in ((one, "a"), (two, "b")):
                burst(tracing.target, ["%s%d" % (name, number) for number in range(300)])
            for tracing in (one, two):
                for _ in range(300):
                    tracing.target.answer(30)
            for tracing in (one, two):
                expect_equal(tracing.end()["lost"], 0, "lost")
            found = all_alerts(one)
            for name in "ab":
                expect_equal(sorted(command for command in found if command.startswith(name)),
                             sorted("%s%d" % (name, number) for number in range(300)), "alerts of %s" % name)
            sizes = [os.path.getsize(path) for path in old_files(one.file)]
            expect(min(sizes) >= 4096, "sizes of the files: %s", sizes)


@test()
def on_a_small_disk():
    """What is kept fits, whatever was written."""
    with Disk(96 << 10) as disk, traced("{ size: 16K, keep: 2 }", disk.path) as (target, tracing):
        for number in range(300):
            tracing.call(str(number))
        summary = tracing.end()
        expect_equal((summary["alerts"], summary["lost"]), (300, 0), "alerts, lost")
        found = all_alerts(tracing)
        expect_equal(found, [str(number) for number in range(300 - len(found), 300)], "alerts, in order")
        expect(len(found) > 40, "%d are left", len(found))


@test()
def on_a_full_disk():
    """No line is cut by a rotation; what waits is written once there is room."""
    with Disk(32 << 10) as disk, traced("{ size: 4K, keep: 100 }", disk.path) as (target, tracing):
        tracing.call("before", 60)
        tracing.wait_said("alerts cannot be written", "No space left")
        for path in old_files(tracing.file):
            expect(len(tracing.alerts(path)) >= 1, "%s is empty", path)
        disk.free()
        tracing.wait_said("can be written again; 0 were lost")
        tracing.call("after", 20)
        nothing_lost(tracing, tracing.end(), all_alerts(tracing))
