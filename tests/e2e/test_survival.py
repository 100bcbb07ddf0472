# SPDX-License-Identifier: GPL-2.0-only
"""Whatever becomes of the tracer, the target goes on as if it had never been there; and the other way round."""

import os
import random
import signal
import time

from harness import expect, expect_equal, test
from interpreters import few, few_or_embedded, two
from target import Target
from tracer import Tracer, rule

WATCHED = [rule("watched", file="load.py"), rule("work", file="load.py"), rule("total", file="load.py"),
           rule("dumps", file="json/__init__.py")]
LOAD = "the target loads the machine, and kills come at random moments of an attachment"


def killed_under_load(interpreter, times):
    seed = int.from_bytes(os.urandom(4), "little")
    choose = random.Random(seed)
    with Target(interpreter, "load.py") as target:
        untraced = target.ask("rounds", n=2)
        expect_equal(len(untraced), 1, "digests of the untraced run")
        target.ask("start")
        attached = 0
        for number in range(times):
            tracer = Tracer(WATCHED, target.pid, kind=choose.choice(interpreter.kinds))
            # A third of them while they are still attaching.
            if choose.random() < 0.67:
                tracer.wait_ready()
                attached += 1
            time.sleep(choose.random() * 0.1)
            expect(tracer.process.poll() is None, "phrude-trace ended by itself: %s", tracer.messages[-3:])
            tracer.kill()
            tracer.folder.cleanup()
        outcome = target.ask("stop")
        expect(outcome["rounds"] > 0, "no round was done")
        expect_equal(outcome["digests"], untraced, "digests after %d kills (seed %d)" % (times, seed))
        # And it can still be traced, with nothing counted twice.
        with Tracer([rule("one_round", file="load.py")], target.pid) as tracer:
            expect_equal(target.ask("rounds", n=5), untraced, "digest afterwards")
        expect_equal(tracer.by_rule(), {"one_round": 5}, "alerts afterwards")


@test("interpreter", where=few, alone=LOAD)
def killed_again_and_again(interpreter):
    """50 times everywhere with PHRUDE_LONG_TESTS."""
    killed_under_load(interpreter, 50 if os.environ.get("PHRUDE_LONG_TESTS") else 12 if few(interpreter) else 5)


@test("interpreter", where=two, alone=LOAD)
def two_tracers_again_and_again(interpreter):
    """Four times two at once while threads call, import and fork, ended in one way or the other."""
    seed = int.from_bytes(os.urandom(4), "little")
    choose = random.Random(seed)
    mixed = WATCHED + [rule("crc32", module="zlib"), {"name": "import", "audit": "import", "level": "info"}]
    with Target(interpreter, "load.py") as target:
        untraced = target.ask("rounds", n=1)
        before = sorted(os.listdir("/proc/%d/fd" % target.pid))
        target.ask("storm")
        for _ in range(4):
            kind = choose.choice(interpreter.kinds)
            tracers = [Tracer(mixed, target.pid), Tracer(WATCHED, target.pid, kind=kind)]
            for tracer in tracers:
                if choose.random() < 0.8:
                    tracer.wait_ready()
            time.sleep(choose.random() * 0.1)
            choose.shuffle(tracers)
            for tracer in tracers:
                expect(tracer.process.poll() is None, "phrude-trace ended by itself: %s", tracer.messages[-3:])
                if tracer.ready_line and choose.random() < 0.5:
                    tracer.count = True
                    tracer.stop()
                    expect_equal(tracer.status, 0, "status after ^C (seed %d)" % seed)
                else:
                    tracer.kill()
                    tracer.folder.cleanup()
        outcome = target.ask("calm")
        expect(min(outcome["rounds"], outcome["imports"], outcome["forks"]) > 0, "what was done: %s", outcome)
        expect_equal(outcome["wrong"], [], "wrong results (seed %d)" % seed)
        expect_equal(outcome["digests"], untraced, "digests (seed %d)" % seed)
        expect_equal(sorted(os.listdir("/proc/%d/fd" % target.pid)), before, "open files")
        with Tracer([rule("one_round", file="load.py")], target.pid) as tracer:
            expect_equal(target.ask("rounds", n=5), untraced, "digest afterwards")
        expect_equal(tracer.by_rule(), {"one_round": 5}, "alerts afterwards")


@test("kind", embedded=True, where=few_or_embedded)
def same_results_traced(interpreter, kind):
    with Target(interpreter, "load.py") as target:
        untraced = target.ask("rounds", n=2)
        with Tracer(WATCHED, target.pid, kind=kind) as tracer:
            expect_equal(target.ask("rounds", n=5), untraced, "digest")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])


@test("kind", where=few)
def forking(interpreter, kind):
    """Children come, work and go; whatever is told of them bears their own pid."""
    with Target(interpreter, "load.py") as target:
        with Tracer([rule("watched", file="load.py")], target.pid, kind=kind) as tracer:
            outcome = target.ask("fork", children=8)
    expect_equal((outcome["here"], outcome["statuses"]), (True, [0] * 8), "results")
    for alert in tracer.alerts:
        role = alert["args"]["command"]
        if role in ("parent", "child"):
            pids = [target.pid] if role == "parent" else outcome["pids"]
            expect(alert["process"]["pid"] in pids, "pid %d of the %s", alert["process"]["pid"], role)
    if kind != "call":
        parents = [alert for alert in tracer.alerts if alert["args"]["command"] == "parent"]
        expect_equal(len(parents), 8, "alerts of the parent")


@test("interpreter", where=few)
def forking_during_attach(interpreter):
    """Processes come and go while the tracer attaches and detaches."""
    with Target(interpreter, "load.py") as target:
        for _ in range(3):
            target.send("fork", children=12)
            with Tracer(WATCHED, target.pid):
                pass
            outcome = target.answer(60)
            expect_equal((outcome["here"], outcome["statuses"]), (True, [0] * 12), "results")


@test("interpreter")
def spawning(interpreter):
    with Target(interpreter, "load.py") as target:
        untraced = target.ask("spawn", n=1)
        with Tracer(WATCHED, target.pid) as tracer:
            expect_equal(target.ask("spawn", n=4), untraced, "output of the programs")
    expect_equal(tracer.status, 0, "status")


@test("kind", where=few)
def execing(interpreter, kind):
    """The process becomes another program, three times over; the tracer does not take the new one for the old."""
    with Target(interpreter, "load.py") as target:
        untraced = target.ask("rounds", n=1)
        with Tracer([rule("watched", file="load.py")], target.pid, kind=kind) as tracer:
            for _ in range(3):
                hello = target.ask("execute")
                expect_equal(hello["pid"], target.pid, "pid")
                expect_equal(target.ask("rounds", n=1), untraced, "digest")
    expect(all(alert["process"]["pid"] == target.pid for alert in tracer.alerts), "an alert of another process")


@test("interpreter", where=few)
def ending(interpreter):
    """The target ends, in one way or another: as it would have, and phrude-trace with it, status 0."""
    for how in ("exit", "os._exit", "exception", "SIGTERM", "SIGKILL", "SIGSEGV"):
        statuses = []
        for traced in (False, True):
            target = Target(interpreter, "load.py")
            tracer = Tracer([rule("watched", file="load.py")], target.pid).wait_ready() if traced else None
            target.send("end", how=how)
            statuses.append(target.end())
        tracer.wait(15)
        expect_equal(tracer.status, 0, "status of phrude-trace at %s" % how)
        expect_equal(statuses[1], statuses[0], "status of the target at %s" % how)
        expect_equal(tracer.by_rule(), {"watched": 1}, "alerts at %s" % how)


@test("interpreter", where=few)
def many_attachments(interpreter):
    """On and off, by each kind in turn: same results, and the target's open files stay as they were."""
    with Target(interpreter, "load.py") as target:
        untraced = target.ask("rounds", n=2)
        before = sorted(os.listdir("/proc/%d/fd" % target.pid))
        for number in range(6):
            with Tracer(WATCHED, target.pid, kind=interpreter.kinds[number % len(interpreter.kinds)]):
                expect_equal(target.ask("rounds", n=1), untraced, "digest")
            expect_equal(sorted(os.listdir("/proc/%d/fd" % target.pid)), before, "open files")


@test("interpreter", where=lambda interpreter: interpreter.name in ("debian-3.11", "sid-3.15"),
      alone="how long it takes to end is measured")
def tracer_ended_by_signals(interpreter):
    with Target(interpreter, "load.py") as target:
        target.ask("start")
        for number in (signal.SIGINT, signal.SIGTERM):
            tracer = Tracer(WATCHED, target.pid).wait_ready()
            tracer.wait_alerts(20)
            start = time.monotonic()
            tracer.stop(number)
            expect_equal(tracer.status, 0, "status after signal %d" % number)
            expect(time.monotonic() - start < 5, "it took %.1f s to end", time.monotonic() - start)
            expect_equal(tracer.summary["alerts"], len(tracer.alerts), "the summary's alerts")
        expect_equal(len(target.ask("stop")["digests"]), 1, "digests")
