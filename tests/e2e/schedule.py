# SPDX-License-Identifier: GPL-2.0-only
"""
Runs cases side by side, each in a process and a session of its own, then those that need the machine for themselves.

What a case prints is shown in one piece when it has ended. Nothing that it started outlives it.
"""

import collections
import inspect
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import processes
from harness import FOLDER, Skip

# More end no sooner: the kernel puts uprobes on, and takes them off, one at a time.
JOBS = min(4, 2 * (os.cpu_count() or 1))
# Of the tests that took longest, so many are named at the end.
SLOWEST = 15

Outcome = collections.namedtuple("Outcome", "sign text")


def attempt(case, verbose):
    """Returns ("PASS", ""), ("SKIP", why) or ("FAIL", what failed, in lines)."""
    try:
        case.function(*case.arguments)
        return Outcome("PASS", "")
    except Skip as reason:
        return Outcome("SKIP", str(reason))
    except BaseException as error:
        said = [str(error) or type(error).__name__]
        place = traceback.extract_tb(error.__traceback__)
        source = inspect.getfile(inspect.unwrap(case.function))
        for entry in place if verbose else [e for e in place if e.filename == source][-1:]:
            said.append("     %s:%d in %s: %s" % (entry.filename, entry.lineno, entry.name, entry.line))
        return Outcome("FAIL", "\n".join(said))


class Worker:
    """A process that runs one case."""

    def __init__(self, case, verbose):
        self.case = case
        self.output = os.memfd_create("output")
        self.outcome = os.memfd_create("outcome")
        self.folder = tempfile.mkdtemp(dir=FOLDER)
        os.chmod(self.folder, 0o755)  # tests under another user have theirs below
        self.start = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._work(verbose)
        self.descriptor = os.pidfd_open(self.pid)

    def _work(self, verbose):
        try:
            processes.die_with_parent()
            os.setsid()
            os.dup2(self.output, 1)
            os.dup2(self.output, 2)
            tempfile.tempdir = self.folder
            outcome = attempt(self.case, verbose)
            sys.stdout.flush()
            with open(self.outcome, "w", errors="backslashreplace", closefd=False) as file:
                json.dump(outcome, file)
        finally:
            os._exit(0)

    def left(self):
        """Seconds until its time is over."""
        return self.start + self.case.limit - time.monotonic()

    def kill(self):
        """Ends it and all that it has started; returns what outlives even that."""
        return processes.end(lambda: processes.of_tree(self.pid))

    def end(self):
        """To be called once, after it has ended or when its time is over.  Returns the outcome."""
        hung = not select.select([self.descriptor], [], [], 0)[0]
        remain = self.kill() if hung else processes.end(lambda: processes.of_session(self.pid))
        self.seconds, self.busy, status = time.monotonic() - self.start, 0, None
        if not any(process.pid == self.pid for process in remain):
            _, status, usage = os.wait4(self.pid, 0)
            self.busy = usage.ru_utime + usage.ru_stime
        self.printed = _contents(self.output).strip()
        said = _contents(self.outcome)
        if hung:
            outcome = Outcome("FAIL", "it did not end within %d s and was killed" % self.case.limit)
        elif said:
            outcome = Outcome(*json.loads(said))
        else:
            outcome = Outcome("FAIL", "its process ended with wait status %d" % status)
        if remain:
            outcome = Outcome("FAIL", "%s; processes that cannot be killed: %s" % (
                outcome.text or outcome.sign, ", ".join("%d %s" % (process.pid, process.name) for process in remain)))
        os.close(self.descriptor)
        _remove(self.folder)
        return outcome


def _contents(descriptor):
    with open(descriptor, "rb") as file:
        file.seek(0)
        return file.read().decode(errors="backslashreplace")


def _remove(folder):
    """Removes it, after what a test that was killed has left mounted there."""
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
        places = [line.split()[1] for line in file if line.split()[1].startswith(folder + "/")]
    for place in reversed(places):
        place = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), place)
        subprocess.run(["umount", "--lazy", place], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.rmtree(folder, ignore_errors=True)


class Run:
    """The counts of a run, and what is to be said at its end."""

    def __init__(self, verbose):
        self.verbose = verbose
        self.counts = collections.Counter()
        self.failed = {}  # by name: what failed
        self.times = []  # (seconds, CPU seconds, case)

    def done(self, worker, outcome):
        """Says how it ended."""
        case = worker.case
        self.times.append((worker.seconds, worker.busy, case))
        if worker.printed:
            print("%s printed:\n%s" % (case.name, worker.printed))
        self.counts[outcome.sign] += 1
        if outcome.sign == "FAIL":
            self.failed[case.name] = outcome.text
        print("%s %s%s" % (outcome.sign, case.name, ": " + outcome.text if outcome.text else
                           " (%.1f s)" % worker.seconds), flush=True)

    def side_by_side(self, cases, jobs):
        waiting, running = collections.deque(cases), []
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    running.append(Worker(waiting.popleft(), self.verbose))
                ended, _, _ = select.select([worker.descriptor for worker in running], [], [],
                                            max(0, min(worker.left() for worker in running)))
                for worker in list(running):
                    if worker.descriptor in ended or worker.left() <= 0:
                        running.remove(worker)
                        self.done(worker, worker.end())
        except BaseException:
            for worker in running:
                print("ENDED %s" % worker.case.name, flush=True)
                worker.kill()
            raise

    def say_times(self, elapsed, jobs):
        by_interpreter = collections.Counter()
        for seconds, _, case in self.times:
            by_interpreter[str(case.arguments[0]) if case.arguments else "no interpreter"] += seconds
        print("%d s, with %d at once; the tests' own sum %d s, of which %d s on a processor; the slowest:" % (
            elapsed, jobs, sum(t[0] for t in self.times), sum(t[1] for t in self.times)))
        for seconds, busy, case in sorted(self.times, key=lambda t: -t[0])[:SLOWEST]:
            print("%7.1f s (%.1f s on a processor)%s %s" % (seconds, busy, ", alone," if case.alone else "", case.name))
        print("by interpreter: " + ", ".join("%s %d s" % pair for pair in by_interpreter.most_common()))


def wait_for(pid):
    """Until that process has ended, whose parent need not be this one."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    select.select([descriptor], [], [])
    os.close(descriptor)


def run(cases, missing, jobs, beside=None, verbose=False):
    """
    Runs the cases; prints a line for each; True if none failed.  beside: the pid of something else that runs meanwhile
    and keeps the machine busy.
    """
    run = Run(verbose)
    start = time.monotonic()
    for name, reason in missing:
        print("SKIP interpreter %s: %s" % (name, reason), flush=True)
        run.counts["SKIP"] += 1
    os.makedirs(FOLDER, exist_ok=True)
    try:
        run.side_by_side([case for case in cases if not case.alone], jobs)
        if beside:
            wait_for(beside)
        run.side_by_side([case for case in cases if case.alone], 1)
    finally:
        _remove(FOLDER)
    if len(cases) > 1:
        run.say_times(time.monotonic() - start, jobs)
    for name, text in run.failed.items():
        print("failed: %s: %s" % (name, text))
    print("%d passed, %d failed, %d skipped" % (run.counts["PASS"], run.counts["FAIL"], run.counts["SKIP"]), flush=True)
    return not run.counts["FAIL"] and run.counts["PASS"] > 0
