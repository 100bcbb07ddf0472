# SPDX-License-Identifier: GPL-2.0-only
"""A target that does not answer, or has no end, costs neither the tracer's time nor its memory, nor other targets' alerts."""

import os
import signal
import tempfile
import time

from fuse import FuseFile
from harness import expect, expect_equal, test
from interpreters import few
from target import Target
from tracer import Tracer, command, rule, yaml

GETPID = rule("getpid", module="posix")
# Modules that nobody imports, so that they are looked for again and again.
LATE = [rule("thing", module="x%07d" % number, name="late %d" % number) for number in range(10)]
# What the tracer may ever have in memory, in KiB.
MEMORY = 60 * 1024


def old(interpreter):
    """PyInterpreterState begins with `next`, and the target sees the files of this machine."""
    return (3, 9) <= interpreter.version <= (3, 11) and not interpreter.root


def most_memory(pid):
    with open("/proc/%d/status" % pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


def check_end(tracer, asked, seconds):
    """It was asked to end then."""
    took = time.monotonic() - asked
    expect(took < seconds, "it took %.1f s to end", took)
    expect_equal(tracer.status, 0, "status")


def alone(pid):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(yaml([GETPID, *LATE]))
        file.flush()
        return command("--pid", pid, "--rules", file.name)


@test("interpreter", where=old)
def modules_that_never_arrive(interpreter):
    with Target(interpreter, "deaf.py") as bad, Target(interpreter, "deaf.py") as good:
        bad.ask("hide")
        # Alone: it says so, and ends.
        start = time.monotonic()
        ended = alone(bad.pid)
        expect(time.monotonic() - start < 15, "it took %.1f s", time.monotonic() - start)
        expect_equal(ended.status, 3, "status; it said: %s" % ended.errors)
        expect("pid %d: its memory does not answer (0x" % bad.pid in ended.errors, "it said: %s", ended.errors)
        # Beside one that does answer.
        with Tracer([GETPID, *LATE], bad.pid, good.pid) as tracer:
            good.ask("call", times=200)
            asked = time.monotonic()
        check_end(tracer, asked, 3)
        expect_equal(sum(alert["process"]["pid"] == good.pid for alert in tracer.alerts), 200, "alerts")
        expect(tracer.summary.get("looks_given_up", 0) >= 1, "summary: %s", tracer.summary)


@test("interpreter", where=old)
def modules_in_a_file_that_is_never_read(interpreter):
    with FuseFile() as file, Target(interpreter, "deaf.py") as good:
        bad = Target(interpreter, "deaf.py")
        bad.ask("hide", path=file.path)
        try:
            # The reader that is left behind cannot be killed; the tracer ends all the same.
            with Tracer([GETPID, *LATE], bad.pid, good.pid) as tracer:
                good.ask("call", times=200)
                asked = time.monotonic()
            check_end(tracer, asked, 3)
            expect(file.asked.is_set(), "nobody read the file")
        finally:
            bad.end()
        expect_equal(sum(alert["process"]["pid"] == good.pid for alert in tracer.alerts), 200, "alerts")
        expect(tracer.summary.get("looks_given_up", 0) >= 1, "summary: %s", tracer.summary)


@test("interpreter", where=old)
def one_that_goes_deaf_later(interpreter):
    with Target(interpreter, "deaf.py") as bad, Target(interpreter, "deaf.py") as good:
        with Tracer([GETPID, *LATE], bad.pid, good.pid) as tracer:
            bad.ask("call", times=3)
            child = bad.ask("fork_and", what="hide")
            bad.ask("hide")
            for _ in range(100):
                if sum("does not answer" in line for line in tracer.messages) >= 2:
                    break
                time.sleep(0.1)  # the next look is due within a second
            bad.ask("call", times=50)
            good.ask("call", times=200)
            os.kill(child, signal.SIGKILL)
            asked = time.monotonic()
        check_end(tracer, asked, 3)
        pids = [alert["process"]["pid"] for alert in tracer.alerts]
        expect_equal(pids.count(good.pid), 200, "alerts")
        # What is probed goes on being traced.
        expect_equal(pids.count(bad.pid), 53, "alerts of the deaf one")
        expect_equal(pids.count(child), 2, "alerts of its child")
        expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
        expect(tracer.summary.get("looks_given_up", 0) >= 2, "summary: %s", tracer.summary)
        said = [line for line in tracer.messages if "does not answer" in line]
        expect_equal(len(said), 2, "it said: %s" % said)


@test("interpreter", where=old)
def names_without_an_end(interpreter):
    with Target(interpreter, "deaf.py") as bad, Target(interpreter, "deaf.py") as good:
        bad.ask("loop", names=60000)
        start = time.monotonic()
        with Tracer([GETPID, *LATE], bad.pid, good.pid) as tracer:
            took = time.monotonic() - start
            expect(took < 12, "it took %.1f s to be ready", took)
            for _ in range(5):
                good.ask("call", times=100)
            time.sleep(2.5)  # looks for what is imported late, one a second
            good.ask("call", times=100)
            asked = time.monotonic()
        check_end(tracer, asked, 3)
        expect_equal(sum(alert["process"]["pid"] == good.pid for alert in tracer.alerts), 600, "alerts")
        expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])


@test("interpreter", where=lambda interpreter: few(interpreter) and "arm" in interpreter.kinds)
def memory_full_of_code(interpreter):
    with Target(interpreter, "deaf.py") as bad:
        bad.ask("pretend", megabytes=96)
        with Tracer([rule("watched", file="deaf.py")], bad.pid, kind="arm") as tracer:
            bad.ask("run", times=100)
            most = most_memory(tracer.process.pid)
            asked = time.monotonic()
        check_end(tracer, asked, 10)
        expect(most < MEMORY, "it had %d KiB", most)
        expect_equal(len(tracer.alerts), 100, "alerts, said %s" % tracer.messages)
