# SPDX-License-Identifier: GPL-2.0-only
"""How tests are run: side by side, alone, killed; what their output is, and what is left of them."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import processes
from harness import expect, expect_equal, test
from interpreters import HERE

START = """
import os, subprocess, sys, time
sys.path.insert(0, %r)
import harness, schedule
from harness import Skip, expect
cases = []

def case(alone=None, limit=60):
    def add(function):
        cases.append(harness.Case(function.__name__, function, (), alone, limit))
    return add

def wait(path):
    while not os.path.exists(path):
        time.sleep(0.01)

def child(seconds=600, **options):
    print("child", subprocess.Popen(["sleep", str(seconds)], **options).pid, flush=True)
""" % HERE
END = "\nsys.exit(0 if schedule.run(cases, [], 2) else 1)\n"


class Script:
    """A run of its own, of the cases in the text; in a folder of its own."""

    def __init__(self, text):
        self.folder = tempfile.TemporaryDirectory()
        with open(os.path.join(self.folder.name, "script.py"), "w") as file:
            file.write(START + text + END)
        self.process = subprocess.Popen([sys.executable, "script.py"], cwd=self.folder.name, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def wait_for_file(self, name):
        while not os.path.exists(os.path.join(self.folder.name, name)):
            expect(self.process.poll() is None, "it has ended")
            time.sleep(0.01)

    def end(self):
        """Returns all that it printed, and its status."""
        text = self.process.stdout.read()
        self.process.stdout.close()
        status = self.process.wait()
        self.folder.cleanup()
        return text, status


def lines(text):
    """But for those that have times in them."""
    return [line for line in text.splitlines() if re.match(r"(PASS|FAIL|SKIP|failed:|\d+ passed)", line)]


def nothing_left(text):
    """No child that was told of lives."""
    children = {int(pid) for pid in re.findall(r"^child (\d+)$", text, re.M)}
    expect(children, "no child in: %s", text)
    expect_equal([p for p in processes.alive() if p.pid in children], [], "what is left")


@test()
def side_by_side_and_alone():
    """Each of two needs the other at the same time; the one that is alone sees neither."""
    text, status = Script("""
@case(alone="it says so")
def last():
    expect(os.path.exists("one") and os.path.exists("two"), "it was first")
@case()
def one():
    print("1a"), open("one", "w"), wait("two"), print("1b")
@case()
def two():
    print("2a"), open("two", "w"), wait("one"), print("2b")
@case()
def none():
    raise Skip("a reason")
""").end()
    expect_equal(status, 0, "status of: " + text)
    expect("one printed:\n1a\n1b\nPASS one (" in text and "two printed:\n2a\n2b\nPASS two (" in text, "%s", text)
    expect_equal(text.splitlines()[-1], "3 passed, 0 failed, 1 skipped", "last line")
    expect("SKIP none: a reason\n" in text, "%s", text)


@test()
def what_hangs_is_killed():
    """With all that it started, also in another session; it is named, and the others go on."""
    text, status = Script("""
@case(limit=1)
def hangs():
    child(), child(start_new_session=True), time.sleep(600)
@case()
def other():
    pass
@case(alone="once more, in the end", limit=1)
def stays():
    child(), wait("/no such file")
""").end()
    expect_equal(status, 1, "status")
    hangs, stays = ("%s: it did not end within 1 s and was killed" % name for name in ("hangs", "stays"))
    expect_equal([re.sub(r" \(.*", "", line) for line in lines(text)], [
        "PASS other", "FAIL " + hangs, "FAIL " + stays, "failed: " + hangs, "failed: " + stays,
        "1 passed, 2 failed, 0 skipped"], "lines")
    nothing_left(text)


@test()
def what_is_left_behind_is_ended():
    text, status = Script("""
@case()
def leaves():
    child()
""").end()
    expect_equal((status, lines(text)[-1]), (0, "1 passed, 0 failed, 0 skipped"), "status, last line of: " + text)
    nothing_left(text)


@test()
def no_second_try():
    text, status = Script("""
@case()
def flaky():
    first = not os.path.exists("tried")
    open("tried", "w")
    expect(not first, "a race")
""").end()
    expect_equal((status, lines(text)),
                 (1, ["FAIL flaky: a race", "failed: flaky: a race", "0 passed, 1 failed, 0 skipped"]), "status, lines")


@test()
def what_dies_has_failed():
    text, status = Script("""
@case()
def dies():
    os.abort()
@case()
def exits():
    sys.exit(0)
""").end()
    expect_equal((status, lines(text)[-1]), (1, "0 passed, 2 failed, 0 skipped"), "status, last line")
    expect("dies: its process ended with wait status %d" % signal.SIGABRT in text, "%s", text)


@test()
def interrupted():
    """^C ends all that runs, and names it."""
    script = Script("""
@case()
def runs():
    child(stdout=subprocess.DEVNULL), open("here", "w"), time.sleep(600)
""")
    script.wait_for_file("here")
    worker, = [p.pid for p in processes.alive() if p.parent == script.process.pid]
    expect_equal(len(processes.of_session(worker)), 2, "processes of the test")
    script.process.send_signal(signal.SIGINT)
    text, status = script.end()
    expect(status != 0, "status")
    expect("ENDED runs\n" in text, "%s", text)
    expect_equal(processes.of_session(worker), [], "what is left")
