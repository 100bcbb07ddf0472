# SPDX-License-Identifier: GPL-2.0-only
"""Processes that change their user or their cgroup, and fit another target then, or one now, or none any more."""

import contextlib
import itertools
import json
import os
import time

from harness import Skip, expect, expect_equal, test
from interpreters import two
from target import Target
from test_discover import ALONE, Service, entries, host, targets, token
from test_kube import Node, hierarchies
from tracer import rule, yaml

RULES = yaml([rule("watched", file="become.py"), rule("watched", file="early.py", name="early")])
OTHER, WEB = 4000001, 4000002
NUMBERS = itertools.count()


def service(mine, text="", wrapper=(), **matches):
    """Targets of what has the word in its command line, and what is said of each."""
    return Service(text + targets(**{name: '{ cmdline: "%s", %s }' % (mine, match) for name, match in matches.items()}), RULES,
                   wrapper)


def written(tracer):
    with contextlib.suppress(FileNotFoundError), open(tracer.output) as file:
        return file.read()
    return ""


def seen_soon(tracer, target, seconds=15):
    """Has it call until a call is seen."""
    deadline = time.monotonic() + seconds
    while True:
        word = "soon %d." % next(NUMBERS)
        target.ask("watched", command=word)
        time.sleep(0.1)
        if word in written(tracer):
            return
        expect(time.monotonic() < deadline, "it is not traced: %s", tracer.messages)


def unseen_soon(tracer, target, seconds=15):
    """And until one is not."""
    deadline = time.monotonic() + seconds
    while True:
        word = "soon %d." % next(NUMBERS)
        target.ask("watched", command=word)
        time.sleep(0.3)
        if word not in written(tracer):
            return
        expect(time.monotonic() < deadline, "it is still traced")


def settled(tracer, target, name, seconds=15):
    """And until it is told of as that target's."""
    deadline = time.monotonic() + seconds
    while True:
        word = "soon %d." % next(NUMBERS)
        target.ask("watched", command=word)
        time.sleep(0.1)
        lines = [json.loads(line) for line in written(tracer).splitlines() if word in line]
        if lines and lines[0]["target"] == name:
            return
        expect(time.monotonic() < deadline, "it is not %s's: %s", name, lines)


def told(tracer):
    """Does this kernel tell of users that change?  Else that is looked for, and noticed some seconds late."""
    return not any("has no kprobes" in line for line in tracer.messages)


def said(tracer):
    """But for those that were looked for to come, or to stay away."""
    return [(name, word) for name, word in tracer.seen() if not word.startswith("soon")]


@test("interpreter", where=two, alone=ALONE)
def taken_up_when_it_drops_its_privileges(interpreter):
    """As gunicorn, which is root while it imports its application."""
    mine = token()
    with Target(interpreter, "become.py", mine) as target, service(mine, web="user: %d" % WEB) as tracer:
        target.ask("watched", command="as root")
        target.ask("become", user=WEB)
        seen_soon(tracer, target)
        for number in range(20):
            target.ask("watched", command=str(number))
    expect_equal([pair for pair in said(tracer) if pair[1] != "as %d" % WEB], [("web", str(number)) for number in range(20)], "alerts")
    expect_equal(tracer.summary.get("changes_late", "0"), "0" if told(tracer) else "1", "late changes")


@test("interpreter", where=two, alone=ALONE)
def another_target(interpreter):
    """It fits one before and another one after: no call is missed, and where the kernel tells, each is told of as that target's
    whose it was."""
    mine = token()
    with Target(interpreter, "become.py", mine) as target:
        with service(mine, root="user: root", web="user: %d" % WEB, other="user: %d" % OTHER) as tracer:
            target.ask("watched", command="root")
            target.ask("pretend", user=WEB)
            target.ask("watched", command="web")
            settled(tracer, target, "web")
            for number in range(20):
                target.ask("pretend", user=0)
                time.sleep(0.2 * (number % 3))
                target.ask("pretend", user=OTHER if number % 2 else WEB)
            settled(tracer, target, "other")
    calls = ["root", "as %d" % WEB, "web"]
    for number in range(20):
        calls += ["as 0", "as %d" % (OTHER if number % 2 else WEB)]
    expect_equal([word for _, word in said(tracer)], calls, "calls")
    if told(tracer):
        expect_equal(said(tracer)[:3], list(zip(("root", "web", "web"), calls)), "the first change")


@test(alone=ALONE)
def let_go_of():
    """Who fits no more has a second in which he may come back, and is let go of then; and is taken up again."""
    mine = token()
    with Target(host, "become.py", mine) as target, service(mine, root="user: root") as tracer:
        target.ask("watched", command="first")
        target.ask("pretend", user=WEB)
        target.ask("pretend", user=0)
        time.sleep(2.5)
        target.ask("watched", command="for a moment")
        target.ask("pretend", user=WEB)
        unseen_soon(tracer, target)
        target.ask("watched", command="not mine")
        # Before it is forgotten.
        target.ask("pretend", user=0)
        seen_soon(tracer, target)
        target.ask("watched", command="again")
        target.ask("pretend", user=WEB)
        unseen_soon(tracer, target)
        time.sleep(5)
        expect(str(["0x%02x" % byte for byte in target.pid.to_bytes(4, "little")]) not in entries(tracer.process.pid, "procs"), "it is kept")
        target.ask("pretend", user=0)
        seen_soon(tracer, target)
        target.ask("watched", command="and again")
    expect_equal([word for _, word in said(tracer) if not word.startswith("as ")], ["first", "for a moment", "again", "and again"],
                 "alerts")


@test(alone=ALONE)
def threads():
    """A process is of its first thread's user, whatever one of the others becomes by a system call of its own."""
    mine = token()
    with Target(host, "become.py", mine) as target, service(mine, root="user: root", web="user: %d" % WEB) as tracer:
        target.ask("in_thread", user=WEB)
        time.sleep(3.5)
        target.ask("watched", command="still")
        target.ask("raw", user=WEB)
        settled(tracer, target, "web")
        target.ask("watched", command="the first")
    expect_equal(said(tracer), [("root", "in a thread"), ("root", "after it"), ("root", "still"), ("web", "the first")], "alerts")


@test("interpreter", where=two, alone=ALONE)
def a_child(interpreter):
    """Of one that is traced, and of one that is not."""
    mine = token()
    with Target(interpreter, "become.py", mine) as target:
        with service(mine, root="user: root", web="user: %d" % WEB) as tracer:
            expect_equal(target.ask("children", user=WEB, count=50), [0] * 50, "statuses")
    expect_equal(sorted(word for _, word in tracer.seen()), sorted("child %d" % number for number in range(50)), "calls")
    if told(tracer):
        expect_equal({name for name, _ in tracer.seen()}, {"web"}, "whose they are")
    with Target(interpreter, "become.py", mine) as target, service(mine, web="user: %d" % WEB) as tracer:
        pid = target.ask("child", user=WEB, calls=600)
        expect_equal(target.ask("wait", pid=pid), 0, "status")
        target.ask("watched", command="as root")
    numbers = [int(word.split()[1]) for _, word in tracer.seen()]
    # Its first calls are made before it is known.
    expect(numbers and numbers[0] < 500, "calls that were seen: %s", numbers)
    expect_equal(numbers, list(range(numbers[0], 600)), "calls after the first that was seen")


@test(alone=ALONE)
def a_storm():
    """Users that change as fast as they can: who fits in each of them is traced all the time, and nothing grows."""
    mine, rounds = token(), 3000
    with Target(host, "become.py", mine) as target, Target(host, "become.py", token()) as other:
        with service(mine, root="user: root", web="user: %d" % WEB, other="user: %d" % OTHER) as tracer:
            before = len(os.listdir("/proc/%d/fd" % tracer.process.pid))
            for _ in range(4):
                other.send("switch", users=[0, OTHER, WEB], rounds=20000)
                target.ask("switch", users=[0, WEB, OTHER], rounds=rounds)
                other.answer(60)
            settled(tracer, target, "root")
            target.ask("watched", command="then")
            if told(tracer):
                time.sleep(3)
                expect_equal(entries(tracer.process.pid, "changes"), set(), "what is kept")
            expect(len(os.listdir("/proc/%d/fd" % tracer.process.pid)) <= before + 1, "descriptors")
    calls = ["%d as %d" % (number, (0, WEB, OTHER)[number % 3]) for number in range(rounds)] * 4
    expect_equal([word for _, word in said(tracer)], [*calls, "then"], "calls")


@test(alone=ALONE)
def fits_at_times_only():
    """It is kept, or taken up, and never in the tracer's way."""
    mine = token()
    with Target(host, "become.py", mine) as target, service(mine, web="user: %d" % WEB) as tracer:
        target.ask("switch", users=[0, WEB], rounds=100000)
        target.ask("pretend", user=WEB)
        seen_soon(tracer, target)
        target.ask("watched", command="then")
    expect_equal(said(tracer)[-1], ("web", "then"), "the last alert")


def hierarchy():
    """By which targets are chosen."""
    found = hierarchies()
    if not found:
        raise Skip("no cgroup hierarchy is mounted of which targets are chosen")
    return found.get("v1") or found["v2"]


def moved(place, pid):
    with open(os.path.join(place, "cgroup.procs"), "w") as file:
        file.write(str(pid))


@test("interpreter", where=two, alone=ALONE)
def moved_by_a_service_manager(interpreter):
    """`unit`, `cgroup` and `container` are what it is in now."""
    mine, ident, names = token(), "c0ffee" + os.urandom(29).hex(), ("box", "named", "shop")
    with Node() as node:
        slices = [node.cgroup(hierarchy(), "/phrude-test.slice/" + name)
                  for name in ("idle.scope", "shop.service", "docker-%s.scope" % ident, "named")]
        with Target(interpreter, "become.py", mine) as target:
            moved(slices[0], target.pid)
            with service(mine, shop="unit: shop.service", box="container: c0ffee", named='cgroup: "*test.slice/named"') as tracer:
                target.ask("watched", command="nobody's")
                moved(slices[1], target.pid)
                seen_soon(tracer, target)
                for number, (place, name) in enumerate(zip(slices[2:] + slices[1:2], names)):
                    # One in whose second there was no other is told of at once.
                    time.sleep(4)
                    moved(place, target.pid)
                    target.ask("watched", command="%s %d" % (name, number))
                moved(slices[0], target.pid)
                unseen_soon(tracer, target)
    expect_equal(said(tracer), [(name, "%s %d" % (name, number)) for number, name in enumerate(names)], "alerts")
    expect_equal({alert["process"]["container"] for alert in tracer.alerts if alert["target"] == "box"}, {ident}, "container")
    expect_equal(tracer.summary.get("changes_late", "0"), "0", "late changes")


@test(alone=ALONE)
def moved_all_the_time():
    """Between cgroups of different targets: no call is missed, and nothing is left of who has gone."""
    mine = token()
    with Node() as node:
        places = [node.cgroup(hierarchy(), "/phrude-test.slice/" + name) for name in ("one.service", "two.service", "none.scope")]
        with Target(host, "become.py", mine) as target, service(mine, one="unit: one.service", two="unit: two.service") as tracer:
            moved(places[0], target.pid)
            seen_soon(tracer, target)
            before = len(os.listdir("/proc/%d/fd" % tracer.process.pid))
            for number in range(2000):
                moved(places[number % 2], target.pid)
                target.ask("watched", command="call %d" % number)
            # Others come and go, and what they fork.
            for number in range(30):
                with Target(host, "become.py", token() if number % 2 else mine) as other:
                    moved(places[number % 3], other.pid)
                    other.ask("children", user=WEB, count=2)
                    moved(places[2], other.pid)
            time.sleep(4)
            expect_equal(entries(tracer.process.pid, "changes"), set(), "what is kept")
            expect_equal(len(entries(tracer.process.pid, "procs")), 1, "processes that are known")
            expect(len(os.listdir("/proc/%d/fd" % tracer.process.pid)) <= before + 1, "descriptors")
            settled(tracer, target, "two")
    calls = [pair for pair in said(tracer) if pair[1].startswith("call ")]
    expect_equal([word for _, word in calls], ["call %d" % number for number in range(2000)], "calls")
    expect({name for name, _ in calls} <= {"one", "two"}, "whose they are: %s", calls)


@test(alone=ALONE)
def changed_by_a_reload():
    """What is told of follows the configuration."""
    mine = token()
    with Target(host, "become.py", mine) as target, service(mine, all="user: [root, %d, %d]" % (WEB, OTHER)) as tracer:
        config = os.path.join(tracer.folder.name, "config.yaml")
        with open(config) as file:
            text = file.read()

        def reload(new, number):
            with open(config, "w") as file:
                file.write(new)
            deadline = time.monotonic() + 20
            while sum(" reloaded: " in line for line in tracer.messages) < number:
                expect(time.monotonic() < deadline, "not reloaded: %s", tracer.messages)
                time.sleep(0.05)

        reload(text.split("targets:")[0] + targets(plain='{ cmdline: "%s" }' % mine), 1)
        target.ask("pretend", user=WEB)
        target.ask("watched", command="plain")
        reload(text.split("targets:")[0] + targets(web='{ cmdline: "%s", user: %d }' % (mine, WEB),
                                                   root='{ cmdline: "%s" }' % mine), 2)
        target.ask("watched", command="web")
        target.ask("pretend", user=0)
        settled(tracer, target, "root")
        target.ask("watched", command="root")
    expect_equal([pair for pair in said(tracer) if not pair[1].startswith("as ")], [("plain", "plain"), ("web", "web"), ("root", "root")],
                 "alerts")
