# SPDX-License-Identifier: GPL-2.0-only
"""Armed functions: all of their calls are seen, no others cost anything, and nothing stays behind."""

import signal
import time

import processes
from harness import expect, expect_equal, test
from interpreters import few
from target import Target
from tracer import Tracer, rule

WATCHED = [rule("watched", file="arm.py")]
LATE = [rule("watched", file="latecomer.py")]
KINDS = [rule(name, file="arm.py") for name in
         ("static", "of_class", "prop", "__init__", "nested", "decorated", "closure")]


def complete(tracer):
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])


def armed(test_each="kind", **options):
    return test(test_each, kinds=("arm",), **options)


@armed()
def every_kind_of_function(interpreter, kind):
    with Target(interpreter, "arm.py") as target:
        with Tracer(KINDS, target.pid, kind=kind) as tracer:
            expected = target.ask("every_kind", n=100)
    complete(tracer)
    expect_equal(tracer.by_rule(), expected, "alerts by function")


@armed()
def other_functions_cost_nothing(interpreter, kind):
    """Once the target has made a call, and its probes have gone."""
    with Target(interpreter, "arm.py") as target:
        with Tracer(WATCHED, target.pid, kind=kind) as tracer:
            target.ask("call_other", n=1000)
            time.sleep(0.5)
            target.ask("call_other", n=200000)
            expected = target.ask("call", n=100)
    complete(tracer)
    expect_equal(tracer.by_rule(), expected, "alerts by function")
    expect(tracer.summary["hits"] < 20000, "%d hits", tracer.summary["hits"])


@armed()
def functions_that_come_late(interpreter, kind):
    """What a module's body calls, what is imported again, replaced, made anew from one code object."""
    with Target(interpreter, "arm.py") as target:
        with Tracer(LATE, target.pid, kind=kind) as tracer:
            expected = target.ask("import_late", n=50)
    complete(tracer)
    expect_equal(tracer.by_rule(), expected, "alerts by function")


@armed()
def a_tracer_that_comes_too_late(interpreter, kind):
    """What is not armed in time is lost where it is noticed once only; else its later runs are noticed, and nothing is lost."""
    with Target(interpreter, "arm.py") as target:
        with Tracer(LATE, target.pid, kind=kind) as tracer:
            before = target.ask("import_late", n=1)["watched"]
            tracer.wait_alerts(before)
            tracer.process.send_signal(signal.SIGSTOP)
            while set(processes.thread_states(tracer.process.pid)) != {"T"}:
                time.sleep(0.001)
            during = target.ask("import_late", n=1)["watched"]
            tracer.process.send_signal(signal.SIGCONT)
    summary, alerts = tracer.summary, tracer.by_rule()["watched"]
    expect_equal(summary["lost"], summary.get("lost_arm", 0), "lost: %s" % tracer.messages[-1])
    if interpreter.version <= (3, 10):
        expect_equal((alerts, summary["lost"]), (before + during, 0), "alerts, lost")
    else:
        expect(before < alerts < before + during, "%d alerts of %d and %d calls", alerts, before, during)
        expect(summary["lost"] > 0, "nothing is said to be lost: %s", tracer.messages[-1])


@armed()
def tracing_and_monitoring(interpreter, kind):
    """What the target itself does to its code takes no call away, and adds none."""
    with Target(interpreter, "arm.py") as target:
        with Tracer(WATCHED, target.pid, kind=kind) as tracer:
            expected = target.ask("switches", n=20)
    complete(tracer)
    expect_equal(tracer.by_rule(), expected, "alerts by function")


@armed()
def threads(interpreter, kind):
    with Target(interpreter, "arm.py") as target:
        with Tracer(WATCHED, target.pid, kind=kind) as tracer:
            expected = target.ask("threads", n=500, count=8)
    complete(tracer)
    expect_equal(tracer.by_rule(), expected, "alerts by function")


@armed()
def forks(interpreter, kind):
    """Children from their first instruction on, with a function of their own."""
    with Target(interpreter, "arm.py") as target:
        with Tracer(WATCHED, target.pid, kind=kind) as tracer:
            target.ask("call_other", n=100)
            time.sleep(0.3)
            expected = target.ask("forks", n=200, count=4)
            tracer.wait_alerts(expected["watched"])
    complete(tracer)
    expect_equal(tracer.by_rule(), expected, "alerts by function")


@armed()
def two_tracers(interpreter, kind):
    """One that leaves takes nothing from the other."""
    with Target(interpreter, "arm.py") as target:
        with Tracer(WATCHED, target.pid, kind=kind) as one:
            with Tracer(WATCHED, target.pid, kind=kind) as other:
                both = target.ask("call", n=100)["watched"]
            alone = target.ask("call", n=100)["watched"]
    complete(one)
    complete(other)
    expect_equal(other.by_rule(), {"watched": both}, "alerts of the one that left")
    expect_equal(one.by_rule(), {"watched": both + alone}, "alerts of the one that stayed")


@armed(where=few)
def killed_and_attached_again(interpreter, kind):
    with Target(interpreter, "arm.py") as target:
        for _ in range(5):
            tracer = Tracer(WATCHED, target.pid, kind=kind).wait_ready()
            target.send("call", n=2000)
            time.sleep(0.01)
            tracer.kill()
            target.answer(30)
        with Tracer(WATCHED, target.pid, kind=kind) as tracer:
            expected = target.ask("call", n=100)
    complete(tracer)
    expect_equal(tracer.by_rule(), expected, "alerts by function")


@armed(alone="what is put back at the end has half a second")
def nothing_stays(interpreter, kind):
    """The instruction is armed while the tracer is there, and what it was some calls after it has left."""
    with Target(interpreter, "arm.py") as target:
        before = target.ask("opcode")
        tracer = Tracer(WATCHED, target.pid, kind=kind).wait_ready()
        target.ask("call", n=50)
        during = target.ask("opcode")
        tracer.process.send_signal(2)
        while tracer.process.poll() is None:
            target.ask("call", n=50)
        tracer.wait()
        target.ask("call", n=50)
        after = target.ask("opcode")
    expect(before != during, "it was not armed: %d", during)
    expect_equal(after, before, "the instruction")


@test("interpreter")
def forbidden(interpreter):
    with Target(interpreter, "arm.py") as target:
        before = target.ask("opcode")
        with Tracer(WATCHED, target.pid, options=["--no-arm"]) as tracer:
            expected = target.ask("call", n=100)
            expect_equal(target.ask("opcode"), before, "the instruction")
    expect_equal(tracer.by_rule(), expected, "alerts by function")
    expect("arm" not in tracer.ready_line.split("probes:")[1], "ready line: %s", tracer.ready_line)
