# SPDX-License-Identifier: GPL-2.0-only
"""Programs that come and go: seen however short they live, in whatever mount, and nothing of them stays."""

import contextlib
import os
import subprocess
import tempfile
import time

from harness import expect, expect_equal, test
from interpreters import Interpreter, two
from target import Target
from tracer import Tracer, rule

RULES = [rule("lived", file="lives.py"), rule("crc32", module="zlib")]
SHORT = 40

# Under a chroot command of its own, a target's children would be in another namespace than its script.
on_host = lambda interpreter: not interpreter.root
host = Interpreter("host", os.path.realpath("/usr/bin/python3"))


def expect_all(tracer, numbers, what):
    for name in ("lived", "crc32"):
        seen = [alert for alert in tracer.alerts if alert["rule"]["name"] == name]
        expect_equal(len(seen), len(numbers), "%s of %s: %s" % (name, what, tracer.messages[-2:]))
    seen = sorted(int(alert["args"]["number"]) for alert in tracer.alerts if alert["rule"]["name"] == "lived")
    expect_equal(seen, sorted(numbers), "numbers")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])


@test("interpreter", where=two, alone="a tracer that gets no processor in time loses a call, and says so")
def execs_of_oneself(interpreter):
    """Without any fork before, again and again."""
    with Target(interpreter, "lives.py") as target:
        with Tracer(RULES, target.pid) as tracer:
            target.ask("chain", number=SHORT, timeout=120)
            time.sleep(0.2)
    expect_all(tracer, list(range(SHORT + 1)), "the chain")


@test("interpreter", where=two, alone="a tracer that gets no processor in time loses a call, and says so")
def short_lives(interpreter):
    with Target(interpreter, "lives.py") as target:
        program = [target.hello["executable"], target.hello["script"]]
        with Tracer(RULES, target.pid) as tracer:
            expect_equal(target.ask("spawn", programs=[program] * SHORT, timeout=120), [0] * SHORT, "statuses")
    expect_all(tracer, list(range(SHORT)), "the programs")


@test("interpreter", where=on_host, alone="a tracer that gets no processor in time loses a call, and says so")
def short_lives_of_another_interpreter(interpreter):
    """One of which no process was known: the first may live too short to be looked at, and is counted then."""
    with Target(host, "lives.py") as target:
        program = [*interpreter.argv, target.hello["script"]]
        with Tracer(RULES, target.pid) as tracer:
            expect_equal(target.ask("spawn", programs=[program] * SHORT, timeout=120), [0] * SHORT, "statuses")
    unseen = tracer.summary.get("programs_unseen", 0)
    seen = [int(alert["args"]["number"]) for alert in tracer.alerts if alert["rule"]["name"] == "lived"]
    expect_equal(len(seen) + unseen, SHORT, "programs seen, and counted as unseen: %s" % tracer.messages[-2:])
    expect(unseen <= 2, "%d were not seen", unseen)
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])


@contextlib.contextmanager
def images(count, size="64m"):
    """Fresh mounts of one image, the host's own files: each with another device, as containers have."""
    with tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size, "none", folder], check=True)
        mounts = []
        try:
            for number in range(count):
                upper, work, root = (os.path.join(folder, str(number), name) for name in ("upper", "work", "root"))
                for path in (upper, work, root):
                    os.makedirs(path)
                subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                                "lowerdir=/,upperdir=%s,workdir=%s" % (upper, work), root], check=True)
                mounts.append(root)
            yield mounts
        finally:
            for root in mounts:
                subprocess.run(["umount", root], stderr=subprocess.DEVNULL)
            subprocess.run(["umount", "--lazy", folder], check=True)


def in_image(root):
    return ["chroot", root, *host.argv]


@test(alone="a tracer that gets no processor in time loses a call, and says so")
def short_lives_in_fresh_containers():
    """Each in another mount of the image: its interpreter is known from the host's, or from the first."""
    with images(20) as mounts, Target(host, "lives.py") as target:
        programs = [in_image(root) + [target.hello["script"]] for root in mounts]
        with Tracer(RULES, target.pid) as tracer:
            expect_equal(target.ask("spawn", programs=programs, timeout=120), [0] * len(programs), "statuses")
            for root in mounts:
                subprocess.run(["umount", root], check=True)
    expect_all(tracer, list(range(len(mounts))), "the programs")


def descriptors(process):
    return len(os.listdir("/proc/%d/fd" % process.pid))


class InImage(Interpreter):
    """A program that is run in one of the mounts; the place of its script there is the host's."""

    def __init__(self, root):
        super().__init__("image", host.argv[0])
        self.argv = in_image(root)
        self.root = root


@test()
def containers_of_one_image():
    """Many at once: each call is an alert once, one set of probes is hit, and a mount is free when its processes have ended."""
    n = 12
    with images(n) as mounts, contextlib.ExitStack() as stack:
        targets = [stack.enter_context(Target(InImage(root), "lives.py")) for root in mounts]
        with Tracer(RULES, *(target.pid for target in targets)) as tracer:
            all_at_once = descriptors(tracer.process)
            for target in targets:
                target.ask("here", n=5)
            for target in targets[:-1]:
                expect_equal(target.end(), 0, "status")
            for root in mounts[:-1]:
                subprocess.run(["umount", root], check=True)
            targets[-1].ask("here", n=5)
            late = descriptors(tracer.process)
    expect_all(tracer, list(range(5)) * (n + 1), "the calls")
    expect(tracer.summary["matches"] == tracer.summary["alerts"], "matches: %s", tracer.messages[-1])
    expect(all_at_once - late <= 2 * n, "%d descriptors for %d containers, %d for one", all_at_once, n, late)
