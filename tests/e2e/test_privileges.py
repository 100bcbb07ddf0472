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
from interpreters import HERE
from target import Target
from tracer import BINARY, command, rule, yaml


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
