# SPDX-License-Identifier: GPL-2.0-only
"""spool: what cannot be sent is sent later, whatever becomes of the tracer."""

import json
import os
import re

from harness import expect, expect_equal, test
from interpreters import Interpreter
from outputs import Folder, start, tracing, wait_for
from target import Target
from test_output_http import console, receiver, webhook

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
SPOOL = {"path": "spool", "size": "256K"}


def calls(server):
    return [alert["args"]["command"] for body in server.bodies() for alert in body]


def put(folder):
    """Records that are in the spool, as the tracer's own numbers have them."""
    names = sorted(name for name in os.listdir(folder / "spool") if name.endswith(".alerts"))
    count = 0
    for name in names:
        with open(os.path.join(folder / "spool", name), "rb") as file:
            count += file.read().count(b"PrS1")
    return count


@test()
def killed():
    """SIGKILL while nobody receives: the next tracer sends all, in order, and its own after them."""
    with Folder() as folder, receiver(folder) as server, Target(host, "load.py") as target:
        away = dict(webhook(server, spool=SPOOL), url="https://localhost:1/hook")
        tracer = start(folder, target, away)
        for number in range(20):
            target.ask("watched", command=str(number))
        wait_for(lambda: put(folder) == 20, "the alerts in the spool")
        tracer.kill()
        tracer.wait()
        expect_equal(server.requests, [], "requests")
        # Part of a record, as if it had been killed a moment earlier.
        name = max(name for name in os.listdir(folder / "spool") if name.endswith(".alerts"))
        with open(os.path.join(folder / "spool", name), "r+b") as file:
            file.truncate(os.path.getsize(file.name) - 9)
        with tracing(folder, target, webhook(server, spool=SPOOL)) as tracer:
            target.ask("watched", command="after")
            wait_for(lambda: len(calls(server)) >= 20, "the alerts")
        expect_equal(calls(server), [*map(str, range(19)), "after"], "calls")
        expect("19 alerts of an earlier run are sent first" in tracer.errors and "spooled" not in tracer.errors, "it said: %s",
               tracer.errors)
        with tracing(folder, target, webhook(server, spool=SPOOL)):
            target.ask("watched", command="last")
            wait_for(lambda: "last" in calls(server), "the alert")
        expect_equal(calls(server), [*map(str, range(19)), "after", "last"], "calls, none of them twice")


@test()
def ended_and_to_the_console():
    """What is left at the end is said, and no failure; a console that comes back has each alert once."""
    with Folder() as folder, console(folder) as (url, report), Target(host, "load.py") as target:
        output = {"type": "console", "url": url, "key_file": "key", "spool": SPOOL}
        with tracing(folder, target, {**output, "url": "http://127.0.0.1:1"}) as tracer:
            target.ask("watched", command="x", depth=9)
            wait_for(lambda: put(folder) == 10, "the alerts in the spool")
        expect_equal(tracer.returncode, 0, "status (%s)" % tracer.errors)
        expect("alerts 10, lost 0, spooled 10" in tracer.errors, "it said: %s", tracer.errors)
        expect("they are kept in its spool" in tracer.errors, "it said: %s", tracer.errors)
        with tracing(folder, target, output) as tracer:
            wait_for(lambda: report()["total"] == 10, "the alerts")
        expect("lost 0" in tracer.errors and "spooled" not in tracer.errors, "it said: %s", tracer.errors)


@test()
def full():
    """The oldest go first; what is dropped and what arrives are all there were."""
    with Folder() as folder, receiver(folder) as server, Target(host, "load.py") as target:
        away = dict(webhook(server, spool=SPOOL), url="https://localhost:1/hook")
        with tracing(folder, target, away, {"type": "file", "path": "all"}) as tracer:
            for number in range(10):
                target.ask("watched", command=str(number), depth=39)
            wait_for(lambda: folder.read("all").count("\n") == 400, "the alerts in the file")
        dropped = int(re.search(r"lost_spool (\d+)", tracer.errors)[1])
        left = int(re.search(r"spooled (\d+)", tracer.errors)[1])
        expect_equal(dropped + left, 400, "alerts (%s)" % tracer.errors)
        size = sum(entry.stat().st_size for entry in os.scandir(folder / "spool"))
        expect(size <= 256 * 1024 + 16, "the spool has %d bytes", size)
        with tracing(folder, target, webhook(server, spool=SPOOL)):
            wait_for(lambda: len(calls(server)) >= left, "the alerts")
        ids = [json.loads(line)["id"] for line in folder.read("all").splitlines()]
        expect_equal([alert["id"] for body in server.bodies() for alert in body], ids[dropped:], "alerts")
