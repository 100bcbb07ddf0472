# SPDX-License-Identifier: GPL-2.0-only
"""Rules that targets have of their own."""

import contextlib
import os
import subprocess
import time

from harness import expect, expect_equal, test
from interpreters import two
from target import Target
from test_changes import WEB, hierarchy, moved
from test_discover import ALONE, Service, early, host, token
from test_kube import Node
from test_reload import said, write
from tracer import BINARY, rule, yaml

COMMON = [rule("watched", file="early.py", name="common")]
ONE = [rule("watched", file="become.py", name="one"),
       rule("access", module="os", name="one's", condition={"arg": {"allow": ["/quiet"]}})]
TWO = [rule("other", file="become.py", name="two"), rule("access", module="os", name="two's")]


def service(mine, text="", own=(("one", ONE), ("two", TWO)), common=COMMON):
    """Targets of what has the word in its command line, some with rules in files of their name."""
    lists = dict(own)
    lines = "".join("  - { name: %s, match: { cmdline: '%s %s.*' }%s }\n" % (
        name, mine, name, ", rules: %s.yaml" % name if name in lists else "") for name in ("one", "two", "rest"))
    tracer = Service(text + "targets:\n" + lines, yaml(common))
    for name, rules in lists.items():
        write(os.path.join(tracer.folder.name, name + ".yaml"), rules)
    return tracer


def seen(tracer):
    """Of each alert target, rule and argument."""
    return [(alert["target"], alert["rule"]["name"], alert["args"].get("command") or alert["args"].get("path")) for alert in tracer.alerts]


@test("interpreter", where=two, alone=ALONE)
def each_by_its_own(interpreter):
    """What one reports another one does not, and what conditions of one keep from being reported another one does report."""
    mine = token()
    with Target(interpreter, "become.py", mine, "one") as one, Target(interpreter, "become.py", mine, "two") as two:
        with service(mine) as tracer:
            with Target(interpreter, "become.py", mine, "two") as late:
                for target in (one, two, late):
                    target.ask("watched", command="w")
                    target.ask("other", command="o")
                # Often enough for the kernel to have learned what each is worth.
                one.ask("access", path="/quiet", times=10)
                two.ask("access", path="/quiet", times=3)
                one.ask("access", path="/loud")
                one.ask("children", user=WEB, count=2)
                early(interpreter, "common", mine + " rest")
                early(interpreter, "not one's", mine + " one")
    expect_equal(sorted(seen(tracer)), sorted([
        ("one", "one", "w"), ("two", "two", "o"), ("two", "two", "o"), *[("two", "two's", "/quiet")] * 3, ("one", "one's", "/loud"),
        ("one", "one", "child 0"), ("one", "one", "child 1"), ("rest", "common", "common")]), "alerts")


@test(alone=ALONE)
def a_process_changes_its_rules_with_its_target():
    mine = token()
    with Node() as node:
        places = [node.cgroup(hierarchy(), "/phrude-test.slice/" + name) for name in ("one.service", "two.service")]
        text = "targets:\n" + "".join("  - { name: %s, match: { cmdline: '%s', unit: %s.service }, rules: %s.yaml }\n" % (
            name, mine, name, name) for name in ("one", "two"))
        tracer = Service(text, yaml(COMMON))
        for name, rules in (("one", ONE), ("two", TWO)):
            write(os.path.join(tracer.folder.name, name + ".yaml"), rules)
        with Target(host, "become.py", mine) as target:
            moved(places[0], target.pid)
            with tracer:
                expected = []
                for number in range(6):
                    target.ask("watched", command="w%d" % number)
                    target.ask("access", path="/quiet")
                    target.ask("other", command="o%d" % number)
                    expected += [("two", "two's", "/quiet"), ("two", "two", "o%d" % number)] if number % 2 else [
                        ("one", "one", "w%d" % number)]
                    moved(places[(number + 1) % 2], target.pid)
                    # What is told of a change is handled at once, if there was no other in its second.
                    time.sleep(2.5)
    expect_equal(seen(tracer), expected, "alerts")


@test(alone=ALONE)
def probes_of_others_are_not_paid_for():
    """Where each call of a process costs a trap, that is for those whose rules need it."""
    mine = token()
    with Target(host, "become.py", mine, "one") as one, Target(host, "become.py", mine, "two") as two:
        with service(mine, "no-arm: true\n", own=(("one", ONE[:1]), ("two", TWO[1:]))) as tracer:
            one.ask("watched", command="w")
            two.ask("work", times=20000)
            two.ask("access", path="/x")
    expect_equal(sorted(seen(tracer)), [("one", "one", "w"), ("two", "two's", "/x")], "alerts")
    expect(int(tracer.summary["hits"]) < 5000, "hits: %s", tracer.summary["hits"])


@test("interpreter", where=two, alone=ALONE)
def reloaded(interpreter):
    """One list, while the others stay; and targets that take turns with their lists."""
    mine = token()
    with Target(interpreter, "become.py", mine, "one") as one, Target(interpreter, "become.py", mine, "two") as two:
        with service(mine) as tracer:
            expected = []

            def call(word, one_watches, two_watches):
                for target, name, rules in ((one, "one", one_watches), (two, "two", two_watches)):
                    target.ask("watched", command="w " + word)
                    target.ask("other", command="o " + word)
                    expected.extend((name, rule, rule_word) for rule, rule_word in (("one", "w " + word), ("two", "o " + word),
                                                                                    ("both", "w " + word)) if rule in rules)

            call("first", ["one"], ["two"])
            write(os.path.join(tracer.folder.name, "one.yaml"), [*ONE, rule("other", file="become.py", name="two")])
            said(tracer.messages, "reloaded: ", 1)
            call("one has more", ["one", "two"], ["two"])
            config = os.path.join(tracer.folder.name, "config.yaml")
            with open(config) as file:
                text = file.read()
            write(config, text.replace("rules: one.yaml", "rules: X").replace("rules: two.yaml", "rules: [one.yaml]").replace(
                "rules: X", "rules: two.yaml"))
            said(tracer.messages, "reloaded: ", 2)
            call("the other way round", ["two"], ["one", "two"])
            write(os.path.join(tracer.folder.name, "two.yaml"), "- nonsense")
            said(tracer.messages, "error: not reloaded", 1)
            call("nothing has changed", ["two"], ["one", "two"])
    expect_equal(seen(tracer), expected, "alerts")


@test()
def checked():
    """All lists, with their places."""
    tracer = service("x", own=(("one", ONE), ("two", "- nonsense\n- { name: x }\n")))
    path = os.path.join(tracer.folder.name, "config.yaml")
    done = subprocess.run([BINARY, "check", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    expect_equal((done.returncode, done.stdout), (2, ""), "status and output")
    expect("/two.yaml:1:3: " in done.stderr and "/two.yaml:2:" in done.stderr, "it said: %s", done.stderr)
    write(os.path.join(tracer.folder.name, "two.yaml"), TWO)
    done = subprocess.run([BINARY, "check", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    expect_equal((done.returncode, done.stdout, done.stderr), (0, path + ": 5 rules, no errors\n", ""), "status and output")
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(tracer.folder.name, "rules.yaml"))
    with open(path) as file:
        text = file.read().replace("rules: rules.yaml\n", "")
    write(path, text)
    done = subprocess.run([BINARY, "--config", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    expect_equal(done.returncode, 2, "status")
    expect('target "rest" has no `rules`, and there are none for all' in done.stderr, "it said: %s", done.stderr)
