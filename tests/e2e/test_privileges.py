# SPDX-License-Identifier: GPL-2.0-only
"""It works with exactly the capabilities that the README names."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from harness import expect, expect_equal, test
from interpreters import HERE, Interpreter
from target import Target
from tracer import BINARY, Tracer, command, rule, yaml

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))


ROUNDS = 5


def names(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)["rule"]["name"] for line in file.read().split("\n")[:-1]]


def appear(path, name, count):
    """Are there so many alerts of the rule soon?"""
    deadline = time.monotonic() + 3
    while names(path).count(name) < count:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@test("interpreter", where=lambda interpreter: not interpreter.embedded)
def privileges_that_suffice(interpreter):
    """As any user with those capabilities that the README names, and no others."""
    with open(os.path.join(HERE, "..", "..", "README.md"), encoding="utf-8") as file:
        text = file.read()
    capabilities = re.findall("CAP_[A-Z_]+", text[text.index("as root or with"):text.index("before Linux 6.6")])
    expect(len(capabilities) == 4, "the README names %s", capabilities)
    if re.search(r"uprobe_multi +yes", command("doctor").output) is None:
        capabilities.append("CAP_SYS_ADMIN")
    only = "-all" + "".join(",+" + name[4:].lower() for name in capabilities)
    with tempfile.TemporaryDirectory() as folder, Target(interpreter, "native.py") as target:
        os.chmod(folder, 0o755)
        program, rules = shutil.copy(BINARY, folder), os.path.join(folder, "rules.yaml")
        with open(rules, "w", encoding="utf-8") as file:
            file.write(yaml([rule("crc32", module="zlib"), rule("plain", file="native.py")]))
        alerts = os.path.join(folder, "alerts")
        with open(alerts, "w", encoding="utf-8") as file:
            tracer = subprocess.Popen(["setpriv", "--reuid=1077", "--regid=1077", "--clear-groups", "--inh-caps=" + only,
                                       "--ambient-caps=" + only, program, "--pid", str(target.pid), "--rules", rules,
                                       "--format", "json"], stdout=file, stderr=subprocess.PIPE, text=True)
        said = tracer.stderr.readline()
        expect("ready: " in said, "it said: %s", said)
        # Without a priority of its own, on a machine that is busy, it may come too late to arm a function at its first run, and says
        # so; then it is armed soon after.
        for rounds in range(1, ROUNDS + 1):
            before = names(alerts).count("plain")
            expected = target.ask("one_of_each", n=20)
            if appear(alerts, "plain", before + expected["plain"]):
                break
        tracer.send_signal(signal.SIGINT)
        _, errors = tracer.communicate(timeout=30)
        found = names(alerts)
    summary = dict(word.rsplit(" ", 1) for word in errors.split("summary: ")[1].strip().split(", "))
    expect_equal(summary["lost"], summary.get("lost_arm", "0"), "lost; it said: %s" % errors)
    expect_equal(found.count("crc32"), rounds * expected["crc32"], "crc32")
    expect(found.count("plain") - before == expected["plain"], "plain: never all of a round; it said: %s", errors)
    if "lost_arm" not in summary:
        expect_equal(found.count("plain"), rounds * expected["plain"], "plain")


def kernel_says(pid):
    """What the kernel says of each thread of a process, and of those that it started: {line of status: value}."""
    threads = []
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="utf-8") as file:
        processes = [pid, *map(int, file.read().split())]
    for process in processes:
        for tid in os.listdir("/proc/%d/task" % process):
            with open("/proc/%d/task/%s/status" % (process, tid), encoding="utf-8") as file:
                threads.append(dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line))
    return threads


@test()
def what_is_not_needed_is_given_up():
    """By each thread and the process that reads for it, and for good."""
    with open(os.path.join(HERE, "..", "..", "docs", "service.md"), encoding="utf-8") as file:
        text = file.read()
    text = text[text.index("## What it may do"):]
    numbers = {"CAP_DAC_OVERRIDE": 1, "CAP_DAC_READ_SEARCH": 2, "CAP_NET_BIND_SERVICE": 10, "CAP_SYS_PTRACE": 19, "CAP_SYS_ADMIN": 21,
               "CAP_SYS_NICE": 23, "CAP_SYS_RESOURCE": 24, "CAP_PERFMON": 38, "CAP_BPF": 39}
    expect_equal(set(re.findall("CAP_[A-Z_]+", text)), set(numbers), "what docs/service.md names")
    kept = sum(1 << number for number in numbers.values())
    with Target(host, "load.py") as target, Tracer([rule("watched", file="load.py")], target.pid) as tracer:
        target.ask("watched", command="x")
        threads = kernel_says(tracer.process.pid)
    expect(len(threads) > 3 and len({thread["Tgid"] for thread in threads}) > 1, "%d threads", len(threads))
    for thread in threads:
        for line in "CapPrm", "CapEff", "CapBnd":
            expect(not int(thread[line], 16) & ~kept, "%s of %s is %s", line, thread["Name"], thread[line])
        expect_equal([thread[line] for line in ("CapAmb", "CapInh", "NoNewPrivs", "Seccomp")], ["0" * 16, "0" * 16, "1", "2"],
                     "what %s may not" % thread["Name"])
    expect_equal([alert["args"]["command"] for alert in tracer.alerts], ["x"], "alerts")


@test()
def a_program_that_is_started_has_all():
    """What root has who starts it, set-user-id programs included."""
    script = "import re; print(*re.findall(r'^(CapEff|CapBnd|NoNewPrivs|Seccomp):\\t(.*)', open('/proc/self/status').read(), re.M))"
    alone = subprocess.run([host.argv[0], "-c", script], stdout=subprocess.PIPE, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        rules = os.path.join(folder, "rules.yaml")
        with open(rules, "w", encoding="utf-8") as file:
            file.write(yaml([rule("getenv", file="os.py")]))
        done = subprocess.run([BINARY, "run", "--rules", rules, "--user", "root", "--output", os.path.join(folder, "alerts"), "--", host.argv[0],
                               "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    expect_equal((done.returncode, done.stdout), (0, alone), "status and output; it said: " + done.stderr)
