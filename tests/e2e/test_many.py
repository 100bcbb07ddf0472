# SPDX-License-Identifier: GPL-2.0-only
"""Many processes of one interpreter: all of them are seen, and each costs little more than none."""

import contextlib
import os

from harness import expect, expect_equal, test
from interpreters import two
from target import Target
from tracer import Tracer, rule

MANY = 40
RULES = [rule("crc32", module="zlib"), rule("call_all_ways", file="native.py")]
# Of the tracer's own processor time, s: what is worked out of the interpreter's file takes twice as long.
EACH_MAX = 0.08
# Links that stay until a process enters a function; beside those, files that are kept open.
DESCRIPTORS_EACH, DESCRIPTORS_MORE = 2, 8


def processor_seconds(pid):
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def spent(pids):
    """What a tracer of them has used when it is ready: processor time, descriptors."""
    with Tracer(RULES, *pids) as tracer:
        return processor_seconds(tracer.process.pid), descriptors(tracer.process.pid)


@test("interpreter", where=two,
      alone="forty processes, and what they cost is measured")
def all_of_them(interpreter):
    with contextlib.ExitStack() as stack:
        targets = [stack.enter_context(Target(interpreter, "native.py")) for _ in range(MANY)]
        pids = [target.pid for target in targets]
        one, many = spent(pids[:1]), spent(pids)
        expect(many[0] - one[0] < (MANY - 1) * EACH_MAX, "%.2f s for one, %.2f s for %d", one[0], many[0], MANY)
        expect(many[1] - one[1] <= MANY * DESCRIPTORS_EACH + DESCRIPTORS_MORE, "descriptors: %d for one, %d for %d", one[1],
               many[1], MANY)
        with Tracer(RULES, *pids) as tracer:
            expected = [target.ask("call_all_ways", n=2) for target in targets]
        expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
        expect_equal(tracer.by_rule(), {"crc32": sum(expected), "call_all_ways": MANY}, "alerts")
        for pid, count in zip(pids, expected):
            of_it = [alert["rule"]["name"] for alert in tracer.alerts if alert["process"]["pid"] == pid]
            expect_equal((of_it.count("crc32"), of_it.count("call_all_ways")), (count, 1), "alerts of pid %d" % pid)
        # What was put on them is gone: they go on, and a tracer of one of them sees what it does.
        with Tracer(RULES, pids[0]) as tracer:
            for target in targets:
                target.ask("call_all_ways", n=1)
        expect_equal(tracer.by_rule(), {"crc32": 6, "call_all_ways": 1}, "alerts of one")
